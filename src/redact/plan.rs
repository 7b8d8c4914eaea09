//! From what was detected to what the members say instead.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::PiiType;
use super::claims::Claims;
use super::look::Hits;
use super::needles::{Folded, Needle, Needles, fold};
use super::operator::{Entity, Put};
use super::redactor::Progress;
use super::report::SWEEP;
use super::secret::EncryptionKey;
use super::sheet::{LastWord, MemberId, Piece, Sheet};
use crate::error::Result;

/// Something that was detected on a sheet.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) pii_type: PiiType,
    /// Bytes of the sheet's text.
    pub(super) range: Range<usize>,
    pub(super) detector: &'static str,
}

/// What is to become of the members.
#[derive(Default)]
pub(super) struct Plan {
    entities: Vec<Planned>,
    marks: HashMap<MemberId, Vec<Mark>>,
    /// What operators put in, but for masks and nothing.
    pub(super) written: HashSet<String>,
    /// What was encrypted with each key.
    sealed: Vec<(EncryptionKey, Sealed)>,
}

/// What was encrypted: by page and words.
type Sealed = HashMap<(u32, String), String>;

/// An entity, and what is put in its place.
struct Planned {
    pii_type: PiiType,
    /// As it is folded.
    text: String,
    page: u32,
    put: Put,
}

/// A part of a member that an entity touches.
#[derive(Clone, Debug)]
struct Mark {
    own: Range<usize>,
    words: Range<usize>,
    letters_before: usize,
    entity: usize,
    /// Whether it is where the entity begins.
    is_first: bool,
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

    /// The type of what a member has of personal data first.
    pub(super) fn type_of(&self, member: MemberId) -> Option<&PiiType> {
        self.entities_of(member).next().map(|(_, pii_type)| pii_type)
    }

    /// The entities of which nothing stands at a place that is known, nor anything that says the same on their page.
    pub(super) fn unplaced(&self, placed: &HashSet<usize>) -> impl Iterator<Item = (u32, &PiiType)> {
        let place = |entity: &Planned| (entity.page, entity.text.clone());
        let known: HashSet<_> =
            placed.iter().filter_map(|entity| self.entities.get(*entity)).map(place).collect();
        let unknown = self.entities.iter().filter(move |entity| !known.contains(&place(entity)));
        unknown.map(|entity| (entity.page, &entity.pii_type))
    }

    /// Plans for what was detected on a sheet, and for the other places on it where the same strings stand.
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
        for hit in hits {
            let is_blank = |text: &str| text.trim().is_empty();
            if sheet.text.get(hit.range.clone()).is_none_or(is_blank) {
                continue;
            }
            let found = Found { pii_type: &hit.pii_type, range: &hit.range, detector: hit.detector };
            self.entity(progress, found, sheet, &mut words, &taken)?;
        }
        let is_hit = |range: &Range<usize>| {
            let first = hits.partition_point(|hit| hit.range.end < range.end);
            hits.get(first).is_some_and(|hit| hit.range.start <= range.start)
        };
        let mut words = LastWord::default();
        for (range, needle) in needles.find(&folded) {
            if !is_hit(&range) {
                self.sweep(progress, sheet, needle, &range, &mut words, &taken)?;
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
        progress.report.enter(sheet.page, pii_type, detector, operator.name());
        let kept_from = operator
            .kept_from(said, |end| taken.is_detected(end))
            .filter(|from| !taken.claims.meet(&(range.start + from..range.end)));
        let text = fold(said);
        let entity = Entity { pii_type, said, text: &text, document: progress.document, kept_from };
        let put = operator.put(&entity, progress.tokens)?;
        if let Put::Text(text) = &put {
            self.written.extend((!text.is_empty()).then(|| text.clone()));
        }
        let number = self.entities.len();
        for (index, Piece { member, own, words, letters_before }) in
            sheet.pieces(range, words).into_iter().enumerate()
        {
            let words = if progress.settings.keep_rest_of_words { own.clone() } else { words };
            let mark = Mark { own, words, letters_before, entity: number, is_first: index == 0 };
            self.marks.entry(member).or_default().push(mark);
        }
        self.entities.push(Planned { pii_type: pii_type.clone(), text, page: sheet.page, put });
        Ok(())
    }

    /// Plans for a line, whose text repeats that of its words, and for what else was detected in it. `words` are the
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
        let covered = self.covered(line, text);
        let is_covered = |range: &Range<usize>| {
            let first = covered.partition_point(|place| place.end < range.end);
            covered.get(first).is_some_and(|place| place.start <= range.start)
        };
        let folded = Folded::of(text);
        let mut places = needles.find(&folded);
        places.retain(|(range, _)| !is_covered(range));
        if places.is_empty() {
            return Ok(());
        }
        // By itself it is a text like any other.
        let mut sheet = Sheet::new(page);
        sheet.show(text, line, 0, false);
        let taken = Taken::of(progress, text, &folded, &[], needles, covered);
        let mut last = LastWord::default();
        for (range, needle) in places {
            self.sweep(progress, &sheet, needle, &range, &mut last, &taken)?;
        }
        Ok(())
    }

    /// What of a member is marked, and the white space between.
    fn covered(&self, member: MemberId, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<_> =
            self.marks.get(&member).into_iter().flatten().map(|mark| mark.words.clone()).collect();
        places.sort_unstable_by_key(|place| (place.start, place.end));
        let mut covered: Vec<Range<usize>> = Vec::new();
        for place in places {
            match covered.last_mut() {
                Some(last) if place.start <= last.end || is_space(text.get(last.end..place.start)) => {
                    last.end = last.end.max(place.end);
                }
                _ => covered.push(place),
            }
        }
        covered
    }

    /// What a member says instead.
    ///
    /// # Errors
    ///
    /// As encryption.
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

    /// The first marks that are one thing: those that overlap, and the words of one entity with only white space between.
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
                // What is masked is masked within what is encrypted.
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

    /// What stands for a run of marks of which some are to be encrypted: under each of their keys what the member said there,
    /// with a `*` for every character that is another's, so that nobody reads with a key what is not for them.
    fn encrypted(&mut self, run: &[Mark], place: &Range<usize>, old: &str) -> Result<Vec<String>> {
        let entities = &self.entities;
        let seal = |mark: &Mark| match entities.get(mark.entity) {
            Some(Planned { put: Put::Encrypt { key, document }, page, .. }) => Some((key, document, *page)),
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

/// An entity where it stands on a sheet.
struct Found<'a> {
    pii_type: &'a PiiType,
    range: &'a Range<usize>,
    detector: &'static str,
}

/// What the detections of a text take from it, which no mask may leave.
struct Taken<'a> {
    needles: &'a Needles,
    claims: Claims,
}

impl<'a> Taken<'a> {
    /// What is taken of a text: what was detected in it, `whole` as it was before one cut off another; what stands in it
    /// that was detected elsewhere; and these other places.
    fn of(
        progress: &Progress<'_>,
        text: &str,
        folded: &Folded,
        whole: &[(PiiType, Range<usize>)],
        needles: &'a Needles,
        mut places: Vec<Range<usize>>,
    ) -> Self {
        let mut taken = Self { needles, claims: Claims::default() };
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
        taken.claims = Claims::of(places);
        taken
    }

    /// Whether a text is, or has in it, something that was detected.
    fn is_detected(&self, text: &str) -> bool {
        self.needles.get(text).is_some() || !self.needles.find(&Folded::of(text)).is_empty()
    }
}

fn is_space(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.chars().all(char::is_whitespace))
}
