//! A line as its words, and the text that it has beyond them.

use std::collections::HashMap;
use std::ops::Range;

use super::Run;
use crate::document::{Line, Token, Word};

/// Whether the text of a line is just its words with a space between each two, as it nearly always is.
pub(super) fn is_said_by_words(line: Line<'_>) -> bool {
    let mut rest = line.text();
    let mut first = true;
    line.words().all(|word| {
        let after = if std::mem::take(&mut first) { Some(rest) } else { rest.strip_prefix(' ') };
        match after.and_then(|rest| rest.strip_prefix(word.text())) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        }
    }) && rest.is_empty()
}

/// The stretches of a line's text that are its words, each with the word, and those that are not.
pub(crate) fn stretches(line: Line<'_>) -> Vec<(Range<usize>, Option<Word<'_>>)> {
    let mut end = 0;
    if is_said_by_words(line) {
        let of_word = |(index, word): (usize, Word<'_>)| {
            let start = end + usize::from(index > 0);
            end = start + word.text().len();
            start..end
        };
        let ranges: Vec<_> = line.words().enumerate().map(of_word).collect();
        return ranges.into_iter().zip(line.words().map(Some)).collect();
    }
    let said = align(line).into_iter().map(|run| match run {
        Run::Token(Token::Word(word)) => Some(word),
        Run::Token(_) | Run::Rest { .. } => None,
    });
    // Words that are not in the text come last, and there is no text left for them.
    let range_of = |text: &str| {
        let start = end + line.text().get(end..).and_then(|rest| rest.find(text)).unwrap_or_default();
        end = start + text.len();
        start..end
    };
    line.text().split_whitespace().map(range_of).zip(said).collect()
}

/// Finds the words in the text of the line. What is not one of its words stays text of the line, and words that are not in
/// the text come last.
pub(super) fn align(line: Line<'_>) -> Vec<Run<'_>> {
    let words: Vec<Word<'_>> = line.words().collect();
    let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, word) in words.iter().enumerate().rev() {
        by_text.entry(word.text()).or_default().push(index);
    }
    let mut used = vec![false; words.len()];
    let mut runs = Vec::with_capacity(words.len());
    for text in line.text().split_whitespace() {
        let word = by_text.get_mut(text).and_then(Vec::pop).and_then(|index| {
            *used.get_mut(index)? = true;
            words.get(index)
        });
        runs.push(match word {
            Some(word) => Run::Token(Token::Word(*word)),
            None => Run::Rest { text, line },
        });
    }
    let unused = words.into_iter().zip(used).filter(|(_, used)| !used);
    runs.extend(unused.map(|(word, _)| Run::Token(Token::Word(word))));
    runs
}
