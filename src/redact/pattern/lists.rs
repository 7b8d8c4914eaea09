//! What is always found, and what never is.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;
use foldhash::fast::FixedState;

use crate::redact::{CodePoints, PiiSpan, PiiType};
use crate::{Error, Result};

/// Words that are always found.
pub(super) struct Deny {
    words: AhoCorasick,
    types: Vec<PiiType>,
    lengths: Vec<usize>,
}

impl Deny {
    /// Letters of ASCII match in any case; others as they are written, and all large or all small.
    pub(super) fn any_case(words: &[(PiiType, String)]) -> Result<Self> {
        let variants = words.iter().flat_map(|(pii_type, word)| {
            let mut variants = vec![word.clone()];
            if !word.is_ascii() {
                variants.extend([word.to_lowercase(), word.to_uppercase()]);
            }
            variants.into_iter().map(|word| (pii_type.clone(), word))
        });
        Self::new(variants.collect(), true)
    }

    /// As they are written.
    pub(super) fn exact(words: &[(PiiType, String)]) -> Result<Self> {
        Self::new(words.to_vec(), false)
    }

    fn new(words: Vec<(PiiType, String)>, any_case: bool) -> Result<Self> {
        if words.iter().any(|(_, word)| word.trim().is_empty()) {
            return Err(Error::invalid("a word of the deny list is empty"));
        }
        let patterns = words.iter().map(|(_, word)| word);
        let automaton = AhoCorasick::builder().ascii_case_insensitive(any_case).build(patterns);
        let automaton = automaton
            .map_err(|_| Error::invalid("the deny list is too large: split it over several detectors"))?;
        let (types, lengths) =
            words.into_iter().map(|(pii_type, word)| (pii_type, word.chars().count())).unzip();
        Ok(Self { words: automaton, types, lengths })
    }

    /// Those of its words that stand in a text as whole words.
    pub(super) fn find(&self, text: &str, points: &CodePoints<'_>, spans: &mut Vec<PiiSpan>) {
        for found in self.words.find_overlapping_iter(text) {
            let word = found.pattern().as_usize();
            let (Some(pii_type), Some(length)) = (self.types.get(word), self.lengths.get(word)) else {
                continue;
            };
            if is_whole(text, found.start(), found.end())
                && let Some(begin) = points.of_byte(found.start())
            {
                spans.push(PiiSpan::new(pii_type.clone(), begin..begin + length, 1.0));
            }
        }
    }
}

/// Whether no letter or digit stands beside a letter or digit at either end of a range.
fn is_whole(text: &str, begin: usize, end: usize) -> bool {
    let (Some(before), Some(word), Some(behind)) = (text.get(..begin), text.get(begin..end), text.get(end..))
    else {
        return false;
    };
    let ends = |edge: Option<char>, beside: Option<char>| {
        !(edge.is_some_and(char::is_alphanumeric) && beside.is_some_and(char::is_alphanumeric))
    };
    ends(word.chars().next(), before.chars().next_back())
        && ends(word.chars().next_back(), behind.chars().next())
}

/// Texts that are never found, whatever recogniser finds them. Letters of ASCII match in any case.
#[derive(Default)]
pub(super) struct Allow(HashSet<String, FixedState>);

impl Allow {
    pub(super) fn of(texts: Vec<String>) -> Self {
        Self(texts.iter().map(|text| key(text)).collect())
    }

    pub(super) fn has(&self, text: &str, points: &CodePoints<'_>, span: &PiiSpan) -> bool {
        !self.0.is_empty()
            && points
                .to_bytes(span.range())
                .and_then(|bytes| text.get(bytes))
                .is_some_and(|data| self.0.contains(&key(data)))
    }
}

fn key(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}
