//! The strings that were detected, and where else they appear.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use unicode_normalization::char::decompose_canonical;

use super::PiiType;
use crate::document::is_hidden;
use crate::error::{Error, ErrorKind, Result, Stage};

/// Strings of at least this many characters are searched for.
///
/// Shorter ones are everywhere: the age 7 is no reason to take every 7 from a page.
const SEARCHED: usize = 3;

/// Strings of at least this many characters are found within longer words too.
const DISTINCTIVE: usize = 8;

/// A string that was detected.
#[derive(Clone)]
pub(super) struct Needle {
    /// As it is [searched for](key).
    pub(super) text: String,
    pub(super) pii_type: PiiType,
    /// How many letters and digits it has, or signs if it has neither.
    length: usize,
}

/// Detected strings, each once, and the search for them: in any case and spacing, and with or without accents.
#[derive(Clone, Default)]
pub(super) struct Needles {
    list: Vec<Needle>,
    known: HashMap<String, usize>,
    /// One after the other for the whole list. Each has strings whose number has fewer binary digits than that of the one before.
    finders: Vec<Finder>,
}

/// The search for consecutive strings of the list.
#[derive(Clone)]
struct Finder {
    places: Range<usize>,
    automaton: AhoCorasick,
}

impl Needles {
    /// Adds a detected string.
    pub(super) fn add(&mut self, text: &str, pii_type: &PiiType) {
        let text = key(text);
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        let signs = text.chars().filter(|c| *c != ' ').count();
        // Signs alone appear between all words, except for a row of them as in a password.
        let length = if letters > 0 || signs >= DISTINCTIVE {
            letters.max(signs * usize::from(letters == 0))
        } else {
            1
        };
        if signs > 0 && !self.known.contains_key(&text) {
            self.known.insert(text.clone(), self.list.len());
            self.list.push(Needle { text, pii_type: pii_type.clone(), length });
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for Needle { text, pii_type, length: _ } in &other.list {
            self.add(text, pii_type);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The needle that a text as a whole is.
    pub(super) fn get(&self, text: &str) -> Option<&Needle> {
        self.list.get(*self.known.get(&key(text))?)
    }

    /// Prepares the search.
    ///
    /// A sweep adds strings with every page. A single automaton would be rebuilt each time; instead the new strings get their
    /// own, merged with the last automata that have about as many strings or fewer. Over all calls each string is built into
    /// as many automata as the logarithm of the number of strings, and a search runs no more than that.
    ///
    /// # Errors
    ///
    /// [`Leak`](ErrorKind::Leak) if there are more strings than can be searched for: what cannot be checked does not
    /// come out.
    pub(super) fn prepare(&mut self) -> Result<()> {
        let end = self.list.len();
        let mut start = self.finders.last().map_or(0, |finder| finder.places.end);
        if start == end {
            return Ok(());
        }
        let digits = |count: usize| count.checked_ilog2();
        while let Some(last) = self.finders.pop_if(|last| digits(last.places.len()) <= digits(end - start)) {
            start = last.places.start;
        }
        let patterns = self.list.iter().skip(start).map(|needle| needle.text.as_bytes());
        // This kind takes a few kilobytes; every page has its own.
        let automaton = AhoCorasickBuilder::new().kind(Some(AhoCorasickKind::ContiguousNFA)).build(patterns);
        let too_many =
            |_| Error::new(ErrorKind::Leak, Stage::Redact, "too many detected strings to search for");
        self.finders.push(Finder { places: start..end, automaton: automaton.map_err(too_many)? });
        Ok(())
    }

    /// Every place at which they appear in a text, overlapping ones too.
    pub(super) fn standing<'a>(&'a self, text: &Folded) -> impl Iterator<Item = (Range<usize>, &'a Needle)> {
        self.standing_folded(text).map(move |(range, needle)| (text.to_original(range), needle))
    }

    fn standing_folded<'a>(&'a self, text: &Folded) -> impl Iterator<Item = (Range<usize>, &'a Needle)> {
        let searched = self.finders.last().map_or(0, |last| last.places.end);
        debug_assert_eq!(searched, self.list.len(), "strings are made ready before they are searched for");
        let founds = self.finders.iter().flat_map(move |finder| {
            let founds = finder.automaton.find_overlapping_iter(&text.text);
            founds.map(move |found| (finder.places.start + found.pattern().as_usize(), found.range()))
        });
        let needles = founds.filter_map(|(place, range)| Some((range, self.list.get(place)?)));
        needles.filter(move |(range, needle)| needle.stands(&text.text, range.clone()))
    }

    /// Where they appear in a text, each place once, with the needle: of two that overlap the one that begins first, then
    /// the longer; and what the other covers beyond it.
    pub(super) fn find<'a>(&'a self, text: &Folded) -> Vec<(Range<usize>, &'a Needle)> {
        // The longest from each start.
        let mut longest: BTreeMap<usize, (usize, &Needle)> = BTreeMap::new();
        for (range, needle) in self.standing_folded(text) {
            let best = longest.entry(range.start).or_insert((range.end, needle));
            if range.end > best.0 {
                *best = (range.end, needle);
            }
        }
        let mut behind = 0;
        let mut places = Vec::new();
        for (start, (end, needle)) in longest {
            let rest = start.max(behind)..end;
            behind = behind.max(end);
            let said = text.text.get(rest.clone()).unwrap_or_default();
            let first = rest.start + (said.len() - said.trim_start().len());
            let is_whole = rest.start == start;
            if is_whole || needle.is_said_in(said) {
                places.push((text.to_original(if is_whole { rest } else { first..end }), needle));
            }
        }
        places
    }
}

impl Needle {
    /// Whether it is too short to be searched for.
    pub(super) fn is_short(&self) -> bool {
        self.length < SEARCHED
    }

    /// Whether a part of it says anything: a letter or digit, or, of a string of signs alone, a sign.
    pub(super) fn is_said_in(&self, part: &str) -> bool {
        let has_letters = self.text.chars().any(char::is_alphanumeric);
        part.chars().any(|c| c.is_alphanumeric() || !(has_letters || c.is_whitespace()))
    }

    /// Whether it appears there by itself, and not as a part of a longer word or number.
    fn stands(&self, text: &str, range: Range<usize>) -> bool {
        !self.is_short() && (self.length >= DISTINCTIVE || is_apart(text, range))
    }

    /// Where it appears as whole words in a text, however short it is. The signs around it do not count.
    pub(super) fn as_words<'a>(&'a self, text: &'a Folded) -> impl Iterator<Item = Range<usize>> {
        let found = text.text.match_indices(bare(&self.text)).filter(|(_, found)| !found.is_empty());
        let found = found.map(|(at, found)| at..at + found.len());
        let found = found.filter(move |range| is_apart(&text.text, range.clone()));
        found.map(move |range| text.to_original(range))
    }
}

/// Whether a place in a text is not a part of a longer word or number.
pub(super) fn is_apart(text: &str, range: Range<usize>) -> bool {
    let parts = |one: Option<char>, other: Option<char>| {
        let both = |is: fn(char) -> bool| one.is_some_and(is) && other.is_some_and(is);
        !both(char::is_alphabetic) && !both(char::is_numeric)
    };
    let (before, after) = (text.get(..range.start), text.get(range.end..));
    let mut own = text.get(range).unwrap_or_default().chars();
    let first = own.next();
    parts(first, before.and_then(|before| before.chars().next_back()))
        && parts(own.next_back().or(first), after.and_then(|after| after.chars().next()))
}

/// A folded text without the signs at its ends; of signs alone, nothing.
pub(super) fn bare(folded: &str) -> &str {
    folded.trim_matches(|c: char| !c.is_alphanumeric())
}

/// A text as tokens, pseudonyms and allowed texts are compared: no capitals, letters separate from their marks, nothing that does
/// not show, one space for all white space between two words and none at the ends.
pub(super) fn fold(text: &str) -> String {
    Folded::new(text, is_dot_of_i).text.trim().to_owned()
}

/// A text as it is searched for: as [`fold`] has it, without accents. Textract itself drops them: AnalyzeID says GARCIA of a
/// card on which it reads GARCÍA.
pub(super) fn key(text: &str) -> String {
    Folded::of(text).text.trim().to_owned()
}

/// Whether this is the dot that the small i of a Turkish capital keeps: İ is i here.
fn is_dot_of_i(c: char, before: &str) -> bool {
    c == '\u{307}' && before.ends_with('i')
}

/// Whether this is one of the combining diacritical marks, as of Latin, Greek and Cyrillic. Those of other scripts, such as the
/// vowels of Devanagari, make another word. The iota below a Greek vowel is a letter in capitals.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}') && c != '\u{345}'
}

/// The end of a place in a text, extended over accents and characters that do not show directly after it: [`Folded`] counts
/// them to what comes before.
pub(super) fn end_with_accents(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    end + rest.find(|c: char| !(is_hidden(c) || is_accent(c))).unwrap_or(rest.len())
}

/// A text as strings are searched for, and the way back to its bytes.
pub(super) struct Folded {
    pub(super) text: String,
    /// In order; the last one is the end.
    steps: Vec<Step>,
}

/// Where a stretch of the text begins, here and in the original: of ASCII, byte for byte, or of what one character became.
struct Step {
    here: usize,
    there: usize,
    is_one: bool,
}

impl Folded {
    pub(super) fn of(original: &str) -> Self {
        Self::new(original, |c, _| is_accent(c))
    }

    /// Folds a text, and drops the characters that are to be dropped after what comes before them.
    fn new(original: &str, is_dropped: impl Fn(char, &str) -> bool) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut steps: Vec<Step> = Vec::new();
        for (there, c) in original.char_indices() {
            let is_space = c.is_whitespace();
            if is_hidden(c) || (is_space && text.ends_with(' ')) {
                continue;
            }
            let (here, is_one) = (text.len(), !c.is_ascii());
            match c {
                _ if is_space => text.push(' '),
                _ if c.is_ascii() => text.push(c.to_ascii_lowercase()),
                _ => decompose_canonical(c, |part| {
                    // Through the capital, so that ς is σ, ß is ss and ı is i, as in a heading; and to that through the small
                    // one, so that ẞ is ß.
                    let capitals = part.to_lowercase().flat_map(char::to_uppercase);
                    for small in capitals.flat_map(char::to_lowercase) {
                        if !is_dropped(small, &text) {
                            text.push(small);
                        }
                    }
                }),
            }
            let goes_on = |last: &Step| !last.is_one && !is_one && here - last.here == there - last.there;
            // What became nothing belongs to what comes before it.
            if text.len() > here && !steps.last().is_some_and(goes_on) {
                steps.push(Step { here, there, is_one });
            }
        }
        steps.push(Step { here: text.len(), there: original.len(), is_one: true });
        Self { text, steps }
    }

    /// The bytes of the original that a range comes from. Characters of which it has a part are in it whole, and so are the
    /// accents directly after it.
    pub(super) fn to_original(&self, range: Range<usize>) -> Range<usize> {
        let step = |at: usize| self.steps.partition_point(|step| step.here <= at).saturating_sub(1);
        let place = |at: usize, is_end: bool| {
            let index = step(at);
            match (self.steps.get(index), self.steps.get(index + 1)) {
                (Some(step), Some(next)) if step.is_one && is_end && at > step.here => next.there,
                (Some(step), _) if step.is_one => step.there,
                (Some(step), _) => step.there + (at - step.here),
                (None, _) => 0,
            }
        };
        place(range.start, false)..place(range.end, true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(needles: &[&str], text: &str) -> Vec<String> {
        let mut list = Needles::default();
        needles.iter().for_each(|needle| list.add(needle, &PiiType::Name));
        list.prepare().unwrap();
        list.find(&Folded::of(text)).into_iter().map(|(range, _)| text[range].to_owned()).collect()
    }

    #[test]
    fn white_space_and_case_do_not_matter() {
        let text = "Jane Doe, JANE\u{a0}\n  DOE; jane\tdoe";
        assert_eq!(found(&["Jane  Doe"], text), ["Jane Doe", "JANE\u{a0}\n  DOE", "jane\tdoe"]);
    }

    #[test]
    fn nor_do_accents_apart_and_what_does_not_show() {
        let text = "JOSÉ MUÑOZ, Jose\u{301} Mun\u{303}oz; Jo\u{ad}sé \u{200b}Muñoz.";
        assert_eq!(
            found(&["José Muñoz"], text),
            ["JOSÉ MUÑOZ", "Jose\u{301} Mun\u{303}oz", "Jo\u{ad}sé \u{200b}Muñoz"]
        );
        assert_eq!(found(&["İzmir Ⱥb"], "x İZMİR ȺB y İzmi\u{307}r Ⱥb"), ["İZMİR ȺB", "İzmi\u{307}r Ⱥb"]);
        assert_eq!(found(&["Straße Ισμήνης"], "STRASSE ΙΣΜΉΝΗΣ"), ["STRASSE ΙΣΜΉΝΗΣ"]);
        assert_eq!(found(&["Straße"], "STRAẞE"), ["STRAẞE"]);
        assert_eq!(found(&["jose"], "José!"), ["José"], "a character is found whole");
    }

    /// Textract drops accents from fields, and text may have several on a letter, in any order.
    #[test]
    fn accents_do_not_matter() {
        let text = "GARCÍA, Garci\u{301}a; maria MARI\u{301}A";
        assert_eq!(found(&["GARCIA", "María"], text), ["GARCÍA", "Garci\u{301}a", "maria", "MARI\u{301}A"]);
        let viet = ["Vi\u{1ec7}t", "Vi\u{ea}\u{323}t", "Vie\u{302}\u{323}t", "Vie\u{323}\u{302}t", "VIET"];
        for needle in viet {
            assert_eq!(found(&[needle], &viet.join(" ")), viet, "{needle}");
        }
        assert_eq!(
            found(&["Jose"], "Jose\u{301}\u{323}! Jose\u{301}"),
            ["Jose\u{301}\u{323}", "Jose\u{301}"]
        );
        assert_eq!(found(&["Jose"], "Jose\u{301}x \u{301}Jose \u{301} x"), ["Jose"]);
        assert_eq!(found(&["Jose x"], "Jose \u{301} x"), ["Jose \u{301} x"]);
        assert_eq!(found(&["Τῷ Ἕλληνι"], "ΤΩΙ ΕΛΛΗΝΙ"), ["ΤΩΙ ΕΛΛΗΝΙ"]);
        let text = "Jose\u{301}\u{ad}\u{345}";
        assert_eq!(end_with_accents(text, 4), text.len() - 2);
        assert_eq!(end_with_accents(text, 3), 3);
        // Of other scripts marks make another word.
        assert_eq!(found(&["कमला"], "कमल कमली कमला"), ["कमला"]);
        // Tokens and pseudonyms keep them apart.
        assert_ne!(fold("García"), fold("Garcia"));
        assert_eq!(fold("García"), fold("GARCI\u{301}A"));
    }

    #[test]
    fn short_strings_are_found_as_words_on_request() {
        let found = |needle: &str, text: &str| {
            let mut list = Needles::default();
            list.add(needle, &PiiType::Address);
            let needle = list.get(needle).unwrap();
            assert!(needle.is_short());
            needle.as_words(&Folded::of(text)).map(|range| text[range].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("MA", "MARY, MA, (ma)BIGTOWN,MA,02801 mä"), ["MA", "ma", "MA", "mä"]);
        assert_eq!(found("MA,", "in MA 02801"), ["MA"]);
        assert_eq!(found("7", "7 17 7b"), ["7", "7"]);
        assert_eq!(found("--", "-- a"), [""; 0]);
    }

    #[test]
    fn every_character_is_folded_at_once() {
        for character in '\0'..=char::MAX {
            for fold in [fold, key] {
                let folded = fold(&format!("a{character}b"));
                assert_eq!(fold(&folded), folded, "{}", character.escape_unicode());
            }
        }
    }

    /// The sizes of the finders after strings came in batches of these sizes.
    fn sizes_after(batches: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut list = Needles::default();
        let mut names = Vec::new();
        for size in batches {
            let first = names.len();
            names.extend((first..first + size).map(|number| format!("name number {number:05}")));
            names.iter().for_each(|name| list.add(name, &PiiType::Name));
            list.prepare().unwrap();
        }
        assert_eq!(list.find(&Folded::of(&names.join(" "))).len(), names.len());
        list.prepare().unwrap();
        list.finders.iter().map(|finder| finder.places.len()).collect()
    }

    #[test]
    fn strings_that_come_one_by_one_are_found_as_those_at_once() {
        assert_eq!(sizes_after([100]), [100]);
        assert_eq!(sizes_after([1; 100]), [64, 32, 4]);
        for batches in [[1; 40].to_vec(), (1..40).collect(), (1..40).rev().collect(), vec![7, 1, 90, 3, 60]] {
            let sizes = sizes_after(batches);
            assert!(sizes.is_sorted_by(|one, next| one.ilog2() > next.ilog2()), "{sizes:?}");
        }
    }

    #[test]
    fn short_strings_stand_by_themselves() {
        assert_eq!(found(&["Jane"], "Janet Jane-Ann (jane) xJane"), ["Jane", "jane"]);
        assert_eq!(found(&["7", "42"], "7 42 742"), [""; 0]);
        assert_eq!(found(&["जेन"], "जेन जेनी"), ["जेन"]);
        assert_eq!(found(&["1234"], "ACC1234 12345"), ["1234"]);
        assert_eq!(found(&["!@#$%^&*", "!@#"], "x!@#$%^&*y !@#"), ["!@#$%^&*"]);
    }

    #[test]
    fn long_ones_are_found_anywhere() {
        assert_eq!(found(&["jane@example.com"], "xjane@example.comx"), ["jane@example.com"]);
    }

    #[test]
    fn signs_beyond_an_overlap_are_found_where_there_is_nothing_else() {
        assert_eq!(
            found(&["!!!!!!!! ????????", "???????? ########"], "!!!!!!!! ???????? ########").concat(),
            "!!!!!!!! ????????########"
        );
        assert_eq!(found(&["Mary Ann", "Ann !"], "Mary Ann !"), ["Mary Ann"]);
    }

    #[test]
    fn what_begins_within_no_match_is_found() {
        assert_eq!(found(&["ann mary", "mary"], "joann mary"), ["mary"]);
        assert_eq!(found(&["jane", "jane do"], "jane doe"), ["jane"]);
    }

    proptest! {
        #[test]
        fn ranges_lead_back(text in "[ab \\t\\n\u{a0}éÉ\u{301}\u{ad}]{0,40}", needle in "[abé][ abé]{6,9}[abé]") {
            for place in found(&[&needle], &text) {
                prop_assert_eq!(key(&place), key(&needle));
            }
            let planted = format!("{text} {} {text}", needle.replace(' ', " \n ").to_uppercase());
            let is_long = needle.chars().filter(|c| *c != ' ').count() >= DISTINCTIVE;
            prop_assert!(!is_long || !found(&[&needle], &planted).is_empty());
        }
    }
}
