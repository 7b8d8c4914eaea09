//! Finding text in a document, and what is in a part of a page.
//!
//! Texts are compared without regard to case, Unicode form (composed or not, full-width, ligatures) and the space in
//! them, and by the number of edits between them: characters added, left out or replaced, as when a scan was misread.

mod edits;
mod fold;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::form::plain;
use super::{Document, Field, Line, Page, Table, Word};
use crate::block::{Block, BoundingBox, Orientation, PageSize, text_angle_of};

use self::edits::Edits;
pub(super) use self::fold::fold;
pub(crate) use self::fold::is_hidden;

/// A place where a phrase was found: words that follow each other in the reading order of one page.
#[derive(Clone, Debug)]
pub struct Match<'d> {
    page: u32,
    distance: usize,
    words: Vec<Word<'d>>,
    /// For each line that it touches, which of the words are in it.
    rows: Vec<(Option<Line<'d>>, Range<usize>)>,
}

impl<'d> Match<'d> {
    /// The words, in reading order; at least one.
    pub fn words(&self) -> &[Word<'d>] {
        &self.words
    }

    /// The number of the page, from 1.
    pub fn page_number(&self) -> u32 {
        self.page
    }

    /// The number of edits by which it differs from the phrase: characters added, left out or replaced. It is 0 if at most
    /// case and form differ.
    pub fn distance(&self) -> usize {
        self.distance
    }

    /// Its words as written on the page, joined by one space.
    pub fn text(&self) -> String {
        self.words.iter().map(Word::text).collect::<Vec<_>>().join(" ")
    }

    /// The lines that it touches, in reading order. A word may be in none.
    pub fn lines(&self) -> impl Iterator<Item = Line<'d>> + '_ {
        self.rows.iter().filter_map(|(line, _)| *line)
    }

    /// Where it is, in ratios of the page: for each line that it touches, the box around its words there. A line in
    /// which no word has a place has none.
    pub fn bounding_boxes(&self) -> Vec<BoundingBox> {
        let of_row = |words: &Range<usize>| {
            let words = self.words.get(words.clone()).unwrap_or_default();
            BoundingBox::union_all(words.iter().filter_map(|word| word.bounding_box()))
        };
        self.rows.iter().filter_map(|(_, words)| of_row(words)).collect()
    }

    /// How sure Textract is of its text, 0 to 100: the confidence of its least sure word.
    pub fn confidence(&self) -> Option<f32> {
        self.words.iter().filter_map(|word| word.confidence()).min_by(f32::total_cmp)
    }
}

/// A part of a page, and what is in it.
///
/// Something is in the region if the centre of its box is; a centre on the border counts. What has no box is in none.
#[derive(Clone, Copy, Debug)]
pub struct Region<'d> {
    page: Page<'d>,
    bounds: BoundingBox,
}

impl<'d> Region<'d> {
    /// The page that it is a part of.
    pub fn page(&self) -> Page<'d> {
        self.page
    }

    /// Where it is, in ratios of the page.
    pub fn bounds(&self) -> BoundingBox {
        self.bounds
    }

    fn holds(&self, bounds: Option<BoundingBox>) -> bool {
        bounds.is_some_and(|bounds| self.bounds.contains(bounds.center()))
    }

    /// The words in it, in the order of the response.
    pub fn words(&self) -> impl Iterator<Item = Word<'d>> + use<'d> {
        let region = *self;
        self.page.words().filter(move |word| region.holds(word.bounding_box()))
    }

    /// The lines in it, in the order of the response. A line that the border cuts is in it if its centre is.
    pub fn lines(&self) -> impl Iterator<Item = Line<'d>> + use<'d> {
        let region = *self;
        self.page.lines().filter(move |line| region.holds(line.bounding_box()))
    }

    /// The tables in it.
    pub fn tables(&self) -> impl Iterator<Item = Table<'d>> + use<'d> {
        let region = *self;
        self.page.tables().filter(move |table| region.holds(table.bounding_box()))
    }

    /// The form fields in it: by the centre of the box around key and value.
    pub fn fields(&self) -> impl Iterator<Item = Field<'d>> + use<'d> {
        let region = *self;
        let bounds = |field: &Field<'d>| {
            let values = field.values().filter_map(|value| value.bounding_box());
            BoundingBox::union_all(field.bounding_box().into_iter().chain(values))
        };
        self.page.fields().filter(move |field| region.holds(bounds(field)))
    }
}

impl<'d> Page<'d> {
    /// The places of a phrase on the page; see [`Document::search`].
    pub fn search(&self, phrase: &str, max_distance: usize) -> Vec<Match<'d>> {
        let mut edits = Edits::new(&fold(phrase), max_distance);
        let mut matches = find(*self, &mut edits);
        matches.sort_by_key(Match::distance);
        matches
    }

    /// The words of the page that are this one or nearly so; see [`Document::search_words`].
    pub fn search_words(&self, text: &str, max_distance: usize) -> Vec<(Word<'d>, usize)> {
        nearest_first(self.words(), Word::text, text, max_distance)
    }

    /// The lines of the page that are this text or nearly so; see [`Document::search_lines`].
    pub fn search_lines(&self, text: &str, max_distance: usize) -> Vec<(Line<'d>, usize)> {
        nearest_first(self.lines(), Line::text, text, max_distance)
    }

    /// The lines of the page that contain this text; see [`Document::lines_containing`].
    pub fn lines_containing(&self, text: &str) -> impl Iterator<Item = Line<'d>> + use<'d> {
        containing(self.lines(), text)
    }

    /// The form field of the page whose key is most similar to a phrase; see [`Document::nearest_field`].
    pub fn nearest_field(&self, phrase: &str) -> Option<(Field<'d>, f32)> {
        nearest_fields(self.fields(), phrase, 1).pop()
    }

    /// The form fields of the page whose keys are most similar to a phrase; see [`Document::nearest_fields`].
    pub fn nearest_fields(&self, phrase: &str, count: usize) -> Vec<(Field<'d>, f32)> {
        nearest_fields(self.fields(), phrase, count)
    }

    /// A part of the page, given in ratios of the page, and what is in it:
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [
    ///     {"BlockType": "WORD", "Id": "a", "Text": "Draft",
    ///      "Geometry": {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.1, "Height": 0.02}}},
    ///     {"BlockType": "WORD", "Id": "b", "Text": "signed",
    ///      "Geometry": {"BoundingBox": {"Left": 0.7, "Top": 0.9, "Width": 0.1, "Height": 0.02}}}
    /// ]}"#)?;
    /// let page = document.page(1).expect("a page");
    /// let lower_half = page.within(&BoundingBox::new(0.0, 0.5, 1.0, 0.5));
    /// assert_eq!(lower_half.words().map(|word| word.text()).collect::<Vec<_>>(), ["signed"]);
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn within(&self, bounds: &BoundingBox) -> Region<'d> {
        Region { page: *self, bounds: *bounds }
    }

    /// Which way up most of the text of the page is; see [`Orientation::of_words`]. `None` if no word shows it.
    pub fn orientation(&self) -> Option<Orientation> {
        Orientation::of_words(self.word_blocks())
    }

    /// The usual angle of the text of the page, in degrees clockwise from 0 up to, but not including, 360; see
    /// [`text_angle_of`]. `None` if no word shows it.
    pub fn text_angle(&self, size: PageSize) -> Option<f32> {
        text_angle_of(self.word_blocks(), size)
    }

    fn word_blocks(&self) -> impl Iterator<Item = &'d Block> + use<'d> {
        self.words().map(|word| word.block())
    }

    /// The words as people read them, each once, with the line that it is in; those in no line come last.
    fn words_in_order(&self) -> Vec<(Option<Line<'d>>, Word<'d>)> {
        let mut seen = HashSet::new();
        let mut words = Vec::new();
        for line in self.reading_order() {
            let new = line.words().filter(|word| seen.insert(word.index()));
            words.extend(new.map(|word| (Some(line), word)));
        }
        words.extend(self.words().filter(|word| !seen.contains(&word.index())).map(|word| (None, word)));
        words
    }
}

impl Document {
    /// The places of a phrase: whole words that follow each other in the reading order of a page, also from one line to
    /// the next, and that differ from the phrase by at most `max_distance` edits. An edit adds, leaves out or replaces a
    /// character; a space between words is one. Case and Unicode form make no difference.
    ///
    /// The best come first, those equally good in the order of the document. Of places that overlap only the best is
    /// given. Text that shares no character with the phrase is not found, however many edits are allowed; an empty phrase
    /// is not found at all.
    ///
    /// Punctuation belongs to words: allow one edit to find `Doe` in `Doe,`.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [
    ///     {"BlockType": "LINE", "Id": "1", "Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
    ///     {"BlockType": "LINE", "Id": "2", "Relationships": [{"Type": "CHILD", "Ids": ["c", "d"]}]},
    ///     {"BlockType": "WORD", "Id": "a", "Text": "to"}, {"BlockType": "WORD", "Id": "b", "Text": "Jane"},
    ///     {"BlockType": "WORD", "Id": "c", "Text": "DOE,"}, {"BlockType": "WORD", "Id": "d", "Text": "who"}
    /// ]}"#)?;
    /// let found = document.search("Jane Doe", 1);
    /// assert_eq!(found.len(), 1);
    /// assert_eq!((found[0].text(), found[0].distance()), ("Jane DOE,".to_owned(), 1));
    /// assert_eq!(found[0].lines().count(), 2);
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn search(&self, phrase: &str, max_distance: usize) -> Vec<Match<'_>> {
        let mut edits = Edits::new(&fold(phrase), max_distance);
        let mut matches: Vec<_> = self.pages().flat_map(|page| find(page, &mut edits)).collect();
        matches.sort_by_key(Match::distance);
        matches
    }

    /// The words that are this one or differ from it by at most `max_distance` edits, each with the number of edits: the
    /// best first, those equally good in the order of the document. A word that shares no character with it is never
    /// among them.
    ///
    /// For a text of several words see [`search`](Self::search).
    pub fn search_words(&self, text: &str, max_distance: usize) -> Vec<(Word<'_>, usize)> {
        nearest_first(self.words(), Word::text, text, max_distance)
    }

    /// The lines whose whole text is this or differs from it by at most `max_distance` edits, each with the number of
    /// edits: the best first, those equally good in the order of the document.
    pub fn search_lines(&self, text: &str, max_distance: usize) -> Vec<(Line<'_>, usize)> {
        nearest_first(self.lines(), Line::text, text, max_distance)
    }

    /// The lines that contain this text, also within a word, in the order of the document. No line contains an empty text.
    pub fn lines_containing<'d>(&'d self, text: &str) -> impl Iterator<Item = Line<'d>> + use<'d> {
        containing(self.lines(), text)
    }

    /// The form field whose key is most similar to a phrase, with the similarity: 1 if they are the same apart from case,
    /// Unicode form and a colon at the end, down to 0 for a key that shares nothing with it, which is not given. If
    /// several are equally similar, the one whose key Textract is surest of.
    ///
    /// The similarity is one minus the number of edits as a share of the characters of the longer of the two. That of a
    /// misread key is above 0.8 or so; one below 0.5 is most likely another field.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [
    ///     {"BlockType": "KEY_VALUE_SET", "EntityTypes": ["KEY"], "Id": "k", "Relationships": [
    ///         {"Type": "CHILD", "Ids": ["1", "2"]}]},
    ///     {"BlockType": "WORD", "Id": "1", "Text": "Full"}, {"BlockType": "WORD", "Id": "2", "Text": "Narne:"}
    /// ]}"#)?;
    /// let (field, similarity) = document.nearest_field("full name").expect("a field");
    /// assert_eq!(field.key(), "Full Narne:");
    /// assert_eq!(similarity, 0.8);
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn nearest_field(&self, phrase: &str) -> Option<(Field<'_>, f32)> {
        nearest_fields(self.fields(), phrase, 1).pop()
    }

    /// The at most `count` form fields whose keys are most similar to a phrase, each with the similarity, 0 to 1: the most
    /// similar first. See [`nearest_field`](Self::nearest_field).
    pub fn nearest_fields(&self, phrase: &str, count: usize) -> Vec<(Field<'_>, f32)> {
        nearest_fields(self.fields(), phrase, count)
    }
}

/// Words that may be a match, as places in the reading order.
struct Candidate {
    distance: usize,
    words: Range<usize>,
}

/// The places of the phrase on a page, in its reading order. Every character of the page is read once.
fn find<'d>(page: Page<'d>, edits: &mut Edits) -> Vec<Match<'d>> {
    edits.reset();
    if edits.is_empty() {
        return Vec::new();
    }
    let words = page.words_in_order();
    // If the phrase is long, most pages are too short for it.
    let bytes: usize = words.iter().map(|(_, word)| word.text().len() + 1).sum();
    if bytes.saturating_mul(fold::MOST_CHARACTERS_A_BYTE) < edits.shortest() {
        return Vec::new();
    }
    let mut candidates = Vec::new();
    for (place, (_, word)) in words.iter().enumerate() {
        let text = fold(word.text());
        if text.is_empty() {
            continue;
        }
        edits.step(' ');
        edits.begin(place);
        text.chars().for_each(|character| edits.step(character));
        if let Some((distance, first)) = edits.distance() {
            candidates.push(Candidate { distance, words: first..place + 1 });
        }
    }
    let matches = best_apart(candidates).into_iter();
    matches.filter_map(|found| Some(matched(page, words.get(found.words)?, found.distance))).collect()
}

/// The best candidates that share no words with each other, in their order on the page.
fn best_apart(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| (candidate.distance, candidate.words.start));
    let mut chosen: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let before = chosen.range(..candidate.words.end).next_back();
        if before.is_none_or(|(_, before)| before.words.end <= candidate.words.start) {
            chosen.insert(candidate.words.start, candidate);
        }
    }
    chosen.into_values().collect()
}

fn matched<'d>(page: Page<'d>, found: &[(Option<Line<'d>>, Word<'d>)], distance: usize) -> Match<'d> {
    let mut rows = Vec::new();
    let mut end = 0;
    // Words in no line are each a row.
    for row in found.chunk_by(|(one, _), (next, _)| one.is_some() && one == next) {
        let start = end;
        end += row.len();
        rows.push((row.first().and_then(|(line, _)| *line), start..end));
    }
    let words = found.iter().map(|(_, word)| *word).collect();
    Match { page: page.number(), distance, words, rows }
}

/// Those whose text is nearly this one, the nearest first.
fn nearest_first<'d, T>(
    items: impl Iterator<Item = T>,
    text_of: impl Fn(&T) -> &'d str,
    text: &str,
    max_distance: usize,
) -> Vec<(T, usize)> {
    let mut edits = Edits::new(&fold(text), max_distance);
    let near = items.filter_map(|item| {
        let distance = edits.distance_to(&fold(text_of(&item)))?;
        Some((item, distance))
    });
    let mut near: Vec<_> = near.collect();
    near.sort_by_key(|(_, distance)| *distance);
    near
}

fn containing<'d, I: Iterator<Item = Line<'d>>>(
    lines: I,
    text: &str,
) -> impl Iterator<Item = Line<'d>> + use<'d, I> {
    let text = fold(text);
    lines.filter(move |line| !text.is_empty() && fold(line.text()).contains(&text))
}

/// The fields of the most similar keys, best first.
fn nearest_fields<'d>(
    fields: impl Iterator<Item = Field<'d>>,
    phrase: &str,
    count: usize,
) -> Vec<(Field<'d>, f32)> {
    let phrase = plain(phrase);
    let length = phrase.chars().count();
    let confidence = |field: &Field<'d>| field.confidence().unwrap_or_default();
    let mut best: Vec<(Field<'d>, f64)> = Vec::new();
    for field in fields {
        let key = plain(&field.key());
        let least = if best.len() < count { 0.0 } else { best.last().map_or(1.0, |(_, least)| *least) };
        // They differ in at least as many characters as their lengths differ by.
        let other = key.chars().count();
        let most = length.min(other) as f64 / length.max(other).max(1) as f64;
        if most <= 0.0 || most < least {
            continue;
        }
        let similarity = strsim::normalized_levenshtein(&phrase, &key);
        if similarity <= 0.0 || similarity < least {
            continue;
        }
        let is_before = |(other, other_similarity): &(Field<'d>, f64)| {
            let by_similarity = similarity.total_cmp(other_similarity);
            let by_confidence = || confidence(&field).total_cmp(&confidence(other));
            by_similarity.then_with(by_confidence) != Ordering::Greater
        };
        best.insert(best.partition_point(is_before), (field, similarity));
        best.truncate(count);
    }
    best.into_iter().map(|(field, similarity)| (field, similarity as f32)).collect()
}
