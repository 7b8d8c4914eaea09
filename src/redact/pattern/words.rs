//! Context words: the words near personal data that say what it is.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::fold::{Folded, is_word};

/// How many words before a match count.
const BEFORE: usize = 5;
/// How many words after a match count: forms say `12/05/1980 (DOB)`.
const BEHIND: usize = 2;
/// The most words of a phrase, and the most letters of a word. Longer ones are not words of a form.
const MOST_WORDS: usize = 5;
const MOST_LETTERS: usize = 24;
/// How far apart a word and its match, or two words between them, may be: a line of blanks ends a thought.
const MOST_GAP: usize = 24;

/// The subjects for which something is a context word: one bit each.
pub(super) type Subjects = u64;

/// Words and phrases, each with its subjects. Letters match in any case and without their accents.
#[derive(Clone, Default)]
pub(super) struct Lexicon {
    /// By the first word.
    phrases: HashMap<Box<[u8]>, Vec<Phrase>, FixedState>,
    /// For each first letter the lengths of these first words, one bit for each length, which rules out most words.
    lengths: [u32; 26],
}

#[derive(Clone)]
struct Phrase {
    rest: Vec<Box<[u8]>>,
    subjects: Subjects,
}

impl Lexicon {
    /// Adds a phrase: words, with anything between them.
    pub(super) fn add(&mut self, phrase: &str, subjects: Subjects) {
        let folded = Folded::of(phrase);
        let lower = folded.slice(0, folded.len()).to_ascii_lowercase();
        let mut words = lower.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty()).map(Box::from);
        let Some(first): Option<Box<[u8]>> = words.next() else { return };
        if let Some(lengths) =
            letter(first.first().copied().unwrap_or(0)).and_then(|at| self.lengths.get_mut(at))
        {
            *lengths |= 1 << first.len().min(31);
        }
        let rest = words.collect();
        self.phrases.entry(first).or_default().push(Phrase { rest, subjects });
    }

    /// The subjects of the phrases that begin with the word at `begin..end`, each with the end of the phrase.
    #[inline]
    pub(super) fn at<'l>(
        &'l self,
        text: &'l Folded<'_>,
        begin: usize,
        end: usize,
    ) -> impl Iterator<Item = (usize, Subjects)> + 'l {
        self.beginning_with(text, begin, end).iter().filter_map(move |phrase| {
            let mut at = end;
            for word in &phrase.rest {
                at = text.run(at, 3, |byte| !is_word(byte));
                if !text.is_start(at) || !text.has(at, word) {
                    return None;
                }
                at += word.len();
            }
            (!is_word(text.at(at)) || is_plural(text, at)).then_some((at, phrase.subjects))
        })
    }

    #[inline]
    fn beginning_with(&self, text: &Folded<'_>, begin: usize, end: usize) -> &[Phrase] {
        let lengths = letter(text.at(begin)).and_then(|at| self.lengths.get(at)).copied();
        let length = end - begin;
        if length > MOST_LETTERS || lengths.is_some_and(|lengths| lengths & (3 << (length - 1).min(30)) == 0)
        {
            return &[];
        }
        let mut buffer = [0; MOST_LETTERS];
        let Some(word) = buffer.get_mut(..length) else { return &[] };
        word.copy_from_slice(text.slice(begin, end));
        word.make_ascii_lowercase();
        let singular = word.strip_suffix(b"s");
        let found = self.phrases.get(&*word).or_else(|| self.phrases.get(singular?));
        found.map_or(&[], Vec::as_slice)
    }

    /// The subjects of the words around a match: five before it and two after it.
    pub(super) fn around(&self, text: &Folded<'_>, range: Range<usize>) -> Subjects {
        let mut subjects = 0;
        let mut begin = range.start;
        for _ in 0..BEFORE + MOST_WORDS {
            let Some(word) = word_before(text, begin) else { break };
            begin = word.start;
            for (end, more) in self.at(text, word.start, word.end) {
                if end <= range.start && words_between(text, end, range.start) < BEFORE {
                    subjects |= more;
                }
            }
        }
        let mut end = range.end;
        for _ in 0..BEHIND {
            let Some(word) = word_behind(text, end) else { break };
            end = word.end;
            self.at(text, word.start, word.end).for_each(|(_, more)| subjects |= more);
        }
        subjects
    }
}

fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_lowercase() - b'a'))
}

fn is_plural(text: &Folded<'_>, at: usize) -> bool {
    matches!(text.at(at), b's' | b'S') && !is_word(text.at(at + 1))
}

/// The word before an index, with at most a little between.
fn word_before(text: &Folded<'_>, index: usize) -> Option<Range<usize>> {
    let mut end = index;
    while end > 0 && !is_word(text.before(end)) && index - end < MOST_GAP {
        end -= 1;
    }
    let mut begin = end;
    while is_word(text.before(begin)) && end - begin <= MOST_LETTERS {
        begin -= 1;
    }
    (begin < end).then_some(begin..end)
}

fn word_behind(text: &Folded<'_>, index: usize) -> Option<Range<usize>> {
    let begin = text.run(index, MOST_GAP, |byte| !is_word(byte));
    let end = text.run(begin, MOST_LETTERS + 1, is_word);
    (begin < end && text.is_start(begin)).then_some(begin..end)
}

fn words_between(text: &Folded<'_>, begin: usize, end: usize) -> usize {
    (begin..end).filter(|index| text.is_start(*index)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Subjects = 1;
    const SECURITY: Subjects = 2;

    fn subjects(text: &str) -> Subjects {
        let mut lexicon = Lexicon::default();
        lexicon.add("card", CARD);
        lexicon.add("número de tarjeta", CARD);
        lexicon.add("social security", SECURITY);
        let at = text.find('#').expect("a mark");
        let folded = Folded::of(text);
        let mark = text[..at].chars().count();
        lexicon.around(&folded, folded.indexes(mark..mark + 1))
    }

    #[test]
    fn five_words_before_and_two_behind() {
        assert_eq!(subjects("card one two three four #"), CARD);
        assert_eq!(subjects("card one two three four five #"), 0);
        assert_eq!(subjects("social security one two three four #"), SECURITY);
        assert_eq!(subjects("# (card)"), CARD);
        assert_eq!(subjects("# one card"), CARD);
        assert_eq!(subjects("# one two card"), 0);
    }

    #[test]
    fn phrases_over_lines_in_any_case_and_without_accents() {
        assert_eq!(subjects("Social\nSECURITY\tNo.: #"), SECURITY);
        assert_eq!(subjects("NUMERO DE TARJETA #"), CARD);
        assert_eq!(subjects("Número  de tarjeta: #"), CARD);
        assert_eq!(subjects("e\u{301}l nu\u{301}mero de tarjeta: #"), CARD, "the accent apart");
        assert_eq!(subjects("social and security #"), 0);
        assert_eq!(subjects("Cards #"), CARD);
        assert_eq!(subjects("cardigan discard #"), 0);
        assert_eq!(subjects("👋 ñandú card #"), CARD);
    }
}
