//! What is always found, and what never is.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use foldhash::fast::FixedState;
use unicode_normalization::UnicodeNormalization;

use crate::document::is_hidden;
use crate::redact::needles::{Folded, fold, key};
use crate::redact::{CodePoints, PiiSpan, PiiType};
use crate::{Error, Result};

/// Words and phrases that are always found.
pub(super) struct Deny {
    phrases: Vec<Phrase>,
    /// Finds them as the stage finds what was detected: in any case and spacing, with or without accents.
    automaton: AhoCorasick,
}

struct Phrase {
    pii_type: PiiType,
    /// As it is written, if it is found only so.
    exact: Option<String>,
}

impl Deny {
    /// Of phrases that are found in any case, and of some that are found as they are written; `None` without any.
    pub(super) fn of(any_case: &[(PiiType, String)], exact: &[(PiiType, String)]) -> Result<Option<Self>> {
        let keys: Vec<String> = any_case.iter().chain(exact).map(|(_, phrase)| key(phrase)).collect();
        if keys.iter().any(String::is_empty) {
            return Err(Error::invalid("a word of the deny list is empty"));
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::new(keys)
            .map_err(|_| Error::invalid("the deny list is too large: split it over several detectors"))?;
        let any_case =
            any_case.iter().map(|(pii_type, _)| Phrase { pii_type: pii_type.clone(), exact: None });
        let exact = exact.iter().map(|(pii_type, phrase)| {
            let written: String = as_written(phrase).collect();
            Phrase { pii_type: pii_type.clone(), exact: Some(written.trim().to_owned()) }
        });
        Ok(Some(Self { phrases: any_case.chain(exact).collect(), automaton }))
    }

    /// The places in a text where one of them is a whole word or several.
    pub(super) fn find(&self, text: &str, points: &CodePoints<'_>, spans: &mut Vec<PiiSpan>) {
        let folded = Folded::of(text);
        for found in self.automaton.find_overlapping_iter(&folded.text) {
            let Some(phrase) = self.phrases.get(found.pattern().as_usize()) else { continue };
            if !is_whole(&folded.text, found.range()) {
                continue;
            }
            let bytes = folded.to_original(found.range());
            let is_exact = |exact: &str| {
                text.get(bytes.clone()).is_some_and(|written| as_written(written).eq(exact.chars()))
            };
            if phrase.exact.as_deref().is_none_or(is_exact)
                && let Some(code_points) = points.of_bytes(bytes)
            {
                spans.push(PiiSpan::new(phrase.pii_type.clone(), code_points, 1.0));
            }
        }
    }
}

/// Whether a range is not part of a longer word: no letter or digit at its ends has another one as its neighbour.
fn is_whole(text: &str, range: Range<usize>) -> bool {
    let (Some(before), Some(word), Some(behind)) =
        (text.get(..range.start), text.get(range.clone()), text.get(range.end..))
    else {
        return false;
    };
    let is_apart = |edge: Option<char>, neighbour: Option<char>| {
        !(edge.is_some_and(char::is_alphanumeric) && neighbour.is_some_and(char::is_alphanumeric))
    };
    is_apart(word.chars().next(), before.chars().next_back())
        && is_apart(word.chars().next_back(), behind.chars().next())
}

/// A text in its own case and with its accents: letters apart from their marks, nothing that does not show, one space for all
/// white space between two words.
fn as_written(text: &str) -> impl Iterator<Item = char> {
    let shown = text.nfd().filter(|c| !is_hidden(*c)).map(|c| if c.is_whitespace() { ' ' } else { c });
    let mut before = None;
    shown.filter(move |c| before.replace(*c) != Some(' ') || *c != ' ')
}

/// Texts that are never found, whichever recogniser finds them. They are compared as those that the stage allows.
#[derive(Default)]
pub(super) struct Allow(HashSet<String, FixedState>);

impl Allow {
    pub(super) fn of(texts: &[String]) -> Self {
        Self(texts.iter().map(|text| fold(text)).collect())
    }

    pub(super) fn has(&self, text: &str, points: &CodePoints<'_>, span: &PiiSpan) -> bool {
        !self.0.is_empty()
            && points
                .to_bytes(span.range())
                .and_then(|bytes| text.get(bytes))
                .is_some_and(|data| self.0.contains(&fold(data)))
    }
}
