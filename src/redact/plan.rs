//! From what was detected to what the members say instead.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::look::Hits;
use super::needles::{Folded, Needle, Needles, bare, end_with_accents, fold, is_apart, key};
use super::operator::{Entity, Put};
use super::ranges::Ranges;
use super::redactor::Progress;
use super::report::SWEEP;
use super::secret::EncryptionKey;
use super::sheet::{LastWord, MemberId, Piece, Printed, Sheet};
use super::{PiiType, declared};
use crate::error::Result;

/// Something that was detected on a sheet.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) pii_type: PiiType,
    /// Bytes of the sheet's text.
    pub(super) range: Range<usize>,
    pub(super) detector: &'static str,
}

/// The changes to the members.
#[derive(Default)]
pub(super) struct Plan {
    entities: Vec<Planned>,
    marks: HashMap<MemberId, Vec<Mark>>,
    /// What operators put in, except for masks and nothing.
    pub(super) written: HashSet<String>,
    /// What was encrypted with each key.
    sealed: Vec<(EncryptionKey, Sealed)>,
}

/// What was encrypted: by page and words.
type Sealed = HashMap<(u32, String), String>;

/// An entity, and what is put in its place.
struct Planned {
    pii_type: PiiType,
    /// What it says, as it is searched for and without the signs at its ends, unless it is signs alone.
    text: String,
    /// Where the members that it touches are printed, each once.
    printed: Vec<Printed>,
    put: Put,
}

/// A part of a member that an entity touches.
#[derive(Clone, Debug)]
struct Mark {
    own: Range<usize>,
    words: Range<usize>,
    letters_before: usize,
    entity: usize,
    /// Whether the entity begins with it.
    is_first: bool,
    /// The page that it is printed on; the first one of the record if none is known.
    page: u32,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Whether anything of a member is changed.
    pub(super) fn touches(&self, member: MemberId) -> bool {
        self.marks.contains_key(&member)
    }

    /// The entities that touch a member: for each its number and type.
    pub(super) fn entities_of(&self, member: MemberId) -> impl Iterator<Item = (usize, &PiiType)> {
        let marks = self.marks.get(&member).into_iter().flatten();
        marks.filter_map(|mark| Some((mark.entity, &self.entities.get(mark.entity)?.pii_type)))
    }

    /// The type of the first personal data in a member.
    pub(super) fn type_of(&self, member: MemberId) -> Option<&PiiType> {
        self.entities_of(member).next().map(|(_, pii_type)| pii_type)
    }

    /// The entities that are printed at a place that is not known, each with its page, or `None` for any page of the record.
    /// `placed` are the entities with a known place, each with the page. An entity is also placed if one of these contains what
    /// it says, on the same page.
    pub(super) fn unplaced(&self, placed: &HashSet<(usize, u32)>) -> Vec<(Option<u32>, &PiiType)> {
        let mut missing: Vec<(Option<u32>, &Planned)> = Vec::new();
        for (number, entity) in self.entities.iter().enumerate() {
            for printed in &entity.printed {
                match *printed {
                    Printed::On(page) if placed.contains(&(number, page)) => {}
                    Printed::On(page) => missing.push((Some(page), entity)),
                    Printed::As(member) if self.touches(member) => {}
                    Printed::As(_) | Printed::Somewhere => missing.push((None, entity)),
                    Printed::Nowhere => {}
                }
            }
        }
        if !missing.is_empty() {
            let said = self.said(placed, missing.iter().map(|&(_, entity)| entity.text.as_str()));
            let is_said = |page: Option<u32>, text: &str| {
                let pages = said.get(text);
                pages.is_some_and(|pages| page.is_none_or(|page| pages.contains(&page)))
            };
            missing.retain(|(page, entity)| !is_said(*page, &entity.text));
        }
        missing.into_iter().map(|(page, entity)| (page, &entity.pii_type)).collect()
    }

    /// The pages on which an entity with a known place contains each of these texts, as whole words.
    fn said<'t>(
        &self,
        placed: &HashSet<(usize, u32)>,
        texts: impl Iterator<Item = &'t str>,
    ) -> HashMap<&'t str, HashSet<u32>> {
        let texts: BTreeSet<&str> = texts.filter(|text| !text.is_empty()).collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        let mut said: HashMap<&str, HashSet<u32>> = HashMap::new();
        // If they cannot be searched for, none of them is known to be anywhere.
        let Ok(finder) = AhoCorasick::new(&texts) else { return said };
        for (entity, page) in placed {
            let text = self.entities.get(*entity).map_or("", |entity| entity.text.as_str());
            for found in finder.find_overlapping_iter(text).filter(|found| is_apart(text, found.range())) {
                if let Some(own) = texts.get(found.pattern().as_usize()) {
                    said.entry(*own).or_default().insert(*page);
                }
            }
        }
        said
    }

    /// Plans for what was detected on a sheet, and for the other places on it at which the same strings appear.
    pub(super) fn enter(
        &mut self,
        progress: &mut Progress<'_>,
        sheet: &Sheet,
        Hits { found: hits, whole, .. }: &Hits,
        needles: &Needles,
    ) -> Result<()> {
        let folded = Folded::of(&sheet.text);
        let taken = Taken::of(progress, &sheet.text, &folded, whole, needles, Vec::new());
        let mut words = LastWord::default();
        // Values without a place that are too short to be searched for: an image shows them as words.
        let mut short: Vec<&Needle> = Vec::new();
        for hit in hits {
            let said = sheet.text.get(hit.range.clone()).unwrap_or_default();
            if said.trim().is_empty() {
                continue;
            }
            let found = Found { pii_type: &hit.pii_type, range: &hit.range, detector: hit.detector };
            self.entity(progress, found, sheet, &mut words, &taken)?;
            let is_unplaced =
                self.entities.last().is_some_and(|entity| entity.printed == [Printed::Somewhere]);
            if hit.detector == declared::DETECTOR && is_unplaced {
                short.extend(needles.get(said).filter(|needle| needle.is_short()));
            }
        }
        let ends: Vec<usize> = hits.iter().map(|hit| end_with_accents(&sheet.text, hit.range.end)).collect();
        let is_hit = |range: &Range<usize>| {
            let first = ends.partition_point(|end| *end < range.end);
            hits.get(first).is_some_and(|hit| hit.range.start <= range.start)
        };
        let mut words = LastWord::default();
        for (range, needle) in needles.find(&folded) {
            if !is_hit(&range) {
                self.sweep(progress, sheet, needle, &range, &mut words, &taken)?;
            }
        }
        for needle in short {
            for range in needle.as_words(&folded) {
                let pieces = sheet.pieces(&range, &mut words);
                let is_new = |piece: &Piece| matches!(piece.printed, Printed::On(_)) && !self.covers(piece);
                if !pieces.is_empty() && pieces.iter().all(is_new) {
                    self.sweep(progress, sheet, needle, &range, &mut words, &taken)?;
                }
            }
        }
        // An answer or a value that repeats what was detected, however short that is.
        for stretch in sheet.stretches.iter().filter(|stretch| !stretch.is_word && !is_hit(&stretch.range)) {
            let text = sheet.text.get(stretch.range.clone()).unwrap_or_default();
            if let Some(needle) = needles.get(text).filter(|_| !self.touches(stretch.member)) {
                self.sweep(progress, sheet, needle, &stretch.range, &mut words, &taken)?;
            }
        }
        Ok(())
    }

    fn sweep(
        &mut self,
        progress: &mut Progress<'_>,
        sheet: &Sheet,
        needle: &Needle,
        range: &Range<usize>,
        words: &mut LastWord,
        taken: &Taken<'_>,
    ) -> Result<()> {
        let found = Found { pii_type: &needle.pii_type, range, detector: SWEEP };
        self.entity(progress, found, sheet, words, taken)
    }

    fn entity(
        &mut self,
        progress: &mut Progress<'_>,
        found: Found<'_>,
        sheet: &Sheet,
        words: &mut LastWord,
        taken: &Taken<'_>,
    ) -> Result<()> {
        let Found { pii_type, range, detector } = found;
        let said = sheet.text.get(range.clone()).unwrap_or_default();
        let operator = progress.settings.operator(pii_type);
        progress.report.enter(sheet.page_at(range), pii_type, detector, operator.name());
        let kept_from = operator
            .kept_from(said, |end| taken.is_detected(end))
            .filter(|from| !taken.places.meet(&(range.start + from..range.end)));
        let text = fold(said);
        let entity = Entity { pii_type, said, text: &text, document: progress.document, kept_from };
        let put = operator.put(&entity, progress.tokens)?;
        if let Put::Text(text) = &put {
            self.written.extend((!text.is_empty()).then(|| text.clone()));
        }
        let entity = self.entities.len();
        let mut all_printed: Vec<Printed> = Vec::new();
        for (index, piece) in sheet.pieces(range, words).into_iter().enumerate() {
            let Piece { member, own, words, letters_before, printed } = piece;
            let words = if progress.settings.keep_rest_of_words { own.clone() } else { words };
            let page = printed.page_or(sheet.page);
            let mark = Mark { own, words, letters_before, entity, is_first: index == 0, page };
            self.marks.entry(member).or_default().push(mark);
            if !all_printed.contains(&printed) {
                all_printed.push(printed);
            }
        }
        let text = key(said);
        let text = if bare(&text).is_empty() { text } else { bare(&text).to_owned() };
        self.entities.push(Planned { pii_type: pii_type.clone(), text, printed: all_printed, put });
        Ok(())
    }

    /// Whether all of a part of a member is an entity's.
    fn covers(&self, piece: &Piece) -> bool {
        let mut marks = self.marks.get(&piece.member).into_iter().flatten();
        marks.any(|mark| mark.own.start <= piece.own.start && piece.own.end <= mark.own.end)
    }

    /// Plans for a line, whose text repeats that of its words, and for anything else that was detected in it. `words` are the
    /// stretches of the line that words say, each with the member that does.
    pub(super) fn enter_line(
        &mut self,
        progress: &mut Progress<'_>,
        page: u32,
        (line, text): (MemberId, &str),
        words: &[(Range<usize>, MemberId)],
        needles: &Needles,
    ) -> Result<()> {
        for (range, word) in words {
            let moved = |place: &Range<usize>| place.start + range.start..place.end + range.start;
            let of_word =
                |mark: &Mark| Mark { own: moved(&mark.own), words: moved(&mark.words), ..mark.clone() };
            let marks: Vec<Mark> = self.marks.get(word).into_iter().flatten().map(of_word).collect();
            if !marks.is_empty() {
                self.marks.entry(line).or_default().extend(marks);
            }
        }
        // What is marked, with the white space between.
        let place = |mark: &Mark| mark.words.start..end_with_accents(text, mark.words.end);
        let marked = self.marks.get(&line).into_iter().flatten().map(place).collect();
        let covered = Ranges::joined(marked, |gap| is_space(text.get(gap)));
        let folded = Folded::of(text);
        let mut places = needles.find(&folded);
        // As on the sheet, signs beyond what is marked already are nothing to mark.
        places.retain(|(range, needle)| {
            let mut left = covered.gaps(range).into_iter();
            left.any(|gap| needle.is_said_in(text.get(gap).unwrap_or_default()))
        });
        if places.is_empty() {
            return Ok(());
        }
        // By itself it is a text like any other.
        let mut sheet = Sheet::new(page);
        sheet.show(text, line, false, Printed::On(page));
        let taken = Taken::of(progress, text, &folded, &[], needles, covered.into_vec());
        let mut last = LastWord::default();
        for (range, needle) in places {
            self.sweep(progress, &sheet, needle, &range, &mut last, &taken)?;
        }
        Ok(())
    }

    /// What a member says instead.
    ///
    /// # Errors
    ///
    /// Those of encryption.
    pub(super) fn rewrite(&mut self, member: MemberId, old: &str) -> Result<Option<String>> {
        let Some(mut marks) = self.marks.remove(&member) else { return Ok(None) };
        marks.sort_by_key(|mark| (mark.words.start, mark.own.start));
        let mut new = String::with_capacity(old.len());
        let (mut at, mut rest) = (0, marks.as_slice());
        while let [first, ..] = rest {
            let (run, place) = self.run(rest, old);
            new.push_str(old.get(at..first.words.start).unwrap_or_default());
            self.write_run(run, &place, old, &mut new)?;
            at = place.end;
            rest = rest.get(run.len()..).unwrap_or_default();
        }
        new.push_str(old.get(at..).unwrap_or_default());
        self.marks.insert(member, marks);
        Ok(Some(new))
    }

    /// The first marks that belong together: those that overlap, and the words of one entity with only white space between.
    fn run<'m>(&self, marks: &'m [Mark], old: &str) -> (&'m [Mark], Range<usize>) {
        let mut place = 0..0;
        let mut count = 0;
        let mut last: Option<&Mark> = None;
        for mark in marks {
            if let Some(last) = last {
                let goes_on = last.entity == mark.entity && self.joins(mark);
                let follows = goes_on && is_space(old.get(place.end..mark.words.start));
                if mark.words.start >= place.end && !follows {
                    break;
                }
            } else {
                place.start = mark.words.start;
            }
            place.end = place.end.max(mark.words.end);
            last = Some(mark);
            count += 1;
        }
        (marks.get(..count).unwrap_or_default(), place)
    }

    fn joins(&self, mark: &Mark) -> bool {
        self.entities.get(mark.entity).is_some_and(|entity| matches!(entity.put, Put::Text(_)))
    }

    fn write_run(&mut self, run: &[Mark], place: &Range<usize>, old: &str, new: &mut String) -> Result<()> {
        let start = new.len();
        for text in self.encrypted(run, place, old)? {
            if new.len() > start {
                new.push(' ');
            }
            new.push_str(&text);
        }
        let is_encrypted = new.len() > start;
        let mut masked = place.start;
        for mark in run {
            match self.entities.get(mark.entity).map(|entity| &entity.put) {
                Some(Put::Text(text)) if mark.is_first && !text.is_empty() => {
                    if new.len() > start {
                        new.push(' ');
                    }
                    new.push_str(text);
                }
                // Within what is encrypted, it is masked there.
                Some(Put::Mask { character, first_kept }) if !is_encrypted => {
                    let words = mark.words.start.max(masked)..mark.words.end;
                    let mut letter = mark.letters_before;
                    let skipped = old.get(mark.own.start..words.start).unwrap_or_default();
                    letter += skipped.chars().filter(|c| c.is_alphanumeric()).count();
                    for (at, c) in old.get(words.clone()).unwrap_or_default().char_indices() {
                        let is_letter = c.is_alphanumeric() && mark.own.contains(&(words.start + at));
                        let is_kept = c.is_whitespace() || (is_letter && letter >= *first_kept);
                        new.push(if is_kept { c } else { *character });
                        letter += usize::from(is_letter);
                    }
                    masked = masked.max(mark.words.end);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What replaces a run of marks of which some are to be encrypted: under each of their keys what the member said there,
    /// with a `*` for every character that is another's, so that nobody reads with a key what is not for them.
    fn encrypted(&mut self, run: &[Mark], place: &Range<usize>, old: &str) -> Result<Vec<String>> {
        let entities = &self.entities;
        let seal = |mark: &Mark| match entities.get(mark.entity) {
            Some(Planned { put: Put::Encrypt { key, document }, .. }) => Some((key, document, mark.page)),
            _ => None,
        };
        let mut keys: Vec<(&EncryptionKey, &String, u32)> = Vec::new();
        for (key, document, page) in run.iter().filter_map(seal) {
            if !keys.iter().any(|(known, ..)| known.is(key)) {
                keys.push((key, document, page));
            }
        }
        let mut written = Vec::with_capacity(keys.len());
        for (key, document, page) in keys {
            let is_own = |mark: &Mark| seal(mark).is_some_and(|(own, ..)| own.is(key));
            let others: Vec<_> = run.iter().filter(|mark| !is_own(mark)).map(|mark| &mark.own).collect();
            let text = old.get(place.clone()).unwrap_or_default();
            let is_others = |at: usize| others.iter().any(|own| own.contains(&(place.start + at)));
            let hide = |(at, c): (usize, char)| if is_others(at) && !c.is_whitespace() { '*' } else { c };
            // Whoever has the key gets back what the member said; a line says what its words do.
            let said = (page, text.char_indices().map(hide).collect::<String>());
            let known = match self.sealed.iter().position(|(known, _)| known.is(key)) {
                Some(known) => known,
                None => {
                    self.sealed.push((key.clone(), HashMap::new()));
                    self.sealed.len() - 1
                }
            };
            let Some((_, texts)) = self.sealed.get_mut(known) else { continue };
            let text = match texts.get(&said) {
                Some(text) => text.clone(),
                None => {
                    let text = key.encrypt(document, page, &said.1)?;
                    texts.insert(said, text.clone());
                    text
                }
            };
            self.written.insert(text.clone());
            written.push(text);
        }
        Ok(written)
    }
}

/// An entity at its place on a sheet.
struct Found<'a> {
    pii_type: &'a PiiType,
    range: &'a Range<usize>,
    detector: &'static str,
}

/// What the detections of a text take from it, which no mask may leave.
///
/// Of detections that overlap one is planned for, and another loses what they share. A mask that leaves the end of
/// what it covers must not leave what another would have taken.
struct Taken<'a> {
    needles: &'a Needles,
    places: Ranges,
}

impl<'a> Taken<'a> {
    /// What is taken of a text: what was detected in it, `whole` as it was before one cut off another; what appears in it
    /// that was detected elsewhere; and these other places.
    fn of(
        progress: &Progress<'_>,
        text: &str,
        folded: &Folded,
        whole: &[(PiiType, Range<usize>)],
        needles: &'a Needles,
        mut places: Vec<Range<usize>>,
    ) -> Self {
        let mut taken = Self { needles, places: Ranges::default() };
        if !progress.settings.keeps_ends() {
            return taken;
        }
        let own = |pii_type: &PiiType, range: Range<usize>| {
            let said = text.get(range.clone()).unwrap_or_default();
            let kept_from =
                progress.settings.operator(pii_type).kept_from(said, |end| taken.is_detected(end));
            range.start..kept_from.map_or(range.end, |from| range.start + from)
        };
        places.extend(whole.iter().map(|(pii_type, range)| own(pii_type, range.clone())));
        places.extend(needles.standing(folded).map(|(range, needle)| own(&needle.pii_type, range)));
        taken.places = Ranges::of(places);
        taken
    }

    /// Whether a text is or contains something that was detected.
    fn is_detected(&self, text: &str) -> bool {
        self.needles.get(text).is_some() || !self.needles.find(&Folded::of(text)).is_empty()
    }
}

fn is_space(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.chars().all(char::is_whitespace))
}
