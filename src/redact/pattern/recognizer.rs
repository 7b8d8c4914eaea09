//! The application's own recognisers.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use regex::Regex;

use super::fold::Folded;
use super::words::Lexicon;
use crate::redact::{CodePoints, PiiSpan, PiiType};
use crate::{Error, Result};

/// How much a context word near a match raises its score.
const RAISE: f32 = 0.35;
/// The length of a refused match, in bytes, up to which the next one may begin within it.
const LONGEST_OVERLAP: usize = 256;

/// The application's own recogniser: patterns, their context words, and a check.
///
/// Patterns are those of the [`regex`] crate, which never backtracks. They match anywhere in the text, so most should begin and
/// end with `\b`. A pattern's score is 0 to 1; a word of [`context`](Self::context) near a match, up to five words before it or
/// two after it, raises it by 0.35.
///
/// ```
/// use inkseal::redact::{PatternDetector, PiiType, Recognizer};
///
/// let policy = Recognizer::new("policy number", PiiType::from("POLICY_NUMBER"))
///     .pattern(r"\bPN-(\d{6})\b", 0.4)
///     .group(1)
///     .context(["policy", "insured"])
///     .validate(|digits| digits != "000000");
/// let detector = PatternDetector::builder().recognizer(policy).build()?;
///
/// let spans = detector.find("Policy: PN-123456, formerly PN-000000");
/// assert_eq!(spans.len(), 1);
/// assert_eq!(spans[0].range(), 11..17);
/// assert_eq!(spans[0].score, 0.75);
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone)]
pub struct Recognizer {
    name: String,
    pub(super) pii_type: PiiType,
    patterns: Vec<(String, f32)>,
    group: usize,
    context: Lexicon,
    validate: Option<Validate>,
}

type Validate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Recognizer {
    /// A recogniser for data of this type; its name appears in errors.
    pub fn new(name: impl Into<String>, pii_type: PiiType) -> Self {
        Self {
            name: name.into(),
            pii_type,
            patterns: Vec::new(),
            group: 0,
            context: Lexicon::default(),
            validate: None,
        }
    }

    /// Adds a pattern, with the score of what it matches, 0 to 1.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>, score: f32) -> Self {
        self.patterns.push((pattern.into(), score));
        self
    }

    /// Which capture group of its patterns is the data. Defaults to 0, the whole match.
    #[must_use]
    pub fn group(mut self, group: usize) -> Self {
        self.group = group;
        self
    }

    /// Adds context words and phrases. Their case and their accents do not matter.
    #[must_use]
    pub fn context(mut self, words: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        words.into_iter().for_each(|word| self.context.add(word.as_ref(), 1));
        self
    }

    /// A check that the data must pass, such as that of a check digit. Data that does not pass is not found.
    #[must_use]
    pub fn validate(mut self, validate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.validate = Some(Arc::new(validate));
        self
    }

    pub(super) fn compile(self) -> Result<Compiled> {
        let invalid = |what: &str| Error::invalid(format!("recognizer `{}`: {what}", self.name));
        if self.patterns.is_empty() {
            return Err(invalid("it has no pattern: add one"));
        }
        let mut patterns = Vec::with_capacity(self.patterns.len());
        for (pattern, score) in &self.patterns {
            if !(0.0..=1.0).contains(score) {
                return Err(invalid("the score of a pattern is not between 0 and 1"));
            }
            let regex = Regex::new(pattern).map_err(|error| {
                invalid("a pattern is not a regular expression of the regex crate").caused_by(error)
            })?;
            if regex.captures_len() <= self.group {
                return Err(invalid("a pattern has no capture group with the number that `group` sets"));
            }
            patterns.push((regex, *score));
        }
        Ok(Compiled { recognizer: self, patterns })
    }
}

/// Leaves out the patterns, which may contain what they look for, and the check.
impl fmt::Debug for Recognizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, pii_type, patterns, group, context: _, validate: _ } = self;
        f.debug_struct("Recognizer")
            .field("name", name)
            .field("pii_type", pii_type)
            .field("patterns", &patterns.len())
            .field("group", group)
            .finish_non_exhaustive()
    }
}

/// A recogniser whose patterns are compiled.
pub(super) struct Compiled {
    recognizer: Recognizer,
    patterns: Vec<(Regex, f32)>,
}

impl Compiled {
    pub(super) fn pii_type(&self) -> &PiiType {
        &self.recognizer.pii_type
    }

    /// Adds what it finds in a text.
    pub(super) fn find(
        &self,
        text: &str,
        folded: &Folded<'_>,
        points: &CodePoints<'_>,
        spans: &mut Vec<PiiSpan>,
    ) {
        for (pattern, score) in &self.patterns {
            let mut at = 0;
            while let Some((whole, range)) = self.next(pattern, text, at) {
                let is_right = text.get(range.clone()).is_some_and(|data| {
                    !data.is_empty()
                        && self.recognizer.validate.as_ref().is_none_or(|validate| validate(data))
                });
                // A refused match does not hide one that begins within it.
                let next = if is_right || whole.len() > LONGEST_OVERLAP { whole.end } else { whole.start };
                at = if next > whole.start { next } else { behind(text, whole.start) };
                if let Some(range) = points.of_bytes(range).filter(|_| is_right) {
                    let has_context =
                        self.recognizer.context.around(folded, folded.indexes(range.clone())) != 0;
                    let score = if has_context { (score + RAISE).min(1.0) } else { *score };
                    spans.push(PiiSpan::new(self.recognizer.pii_type.clone(), range, score));
                }
            }
        }
    }

    /// The next match from a byte on, and the data in it.
    fn next(&self, pattern: &Regex, text: &str, at: usize) -> Option<(Range<usize>, Range<usize>)> {
        if at > text.len() {
            return None;
        }
        if self.recognizer.group == 0 {
            return pattern.find_at(text, at).map(|whole| (whole.range(), whole.range()));
        }
        let captures = pattern.captures_at(text, at)?;
        let whole = captures.get(0)?.range();
        // If the group took no part in the match, there is no data.
        let data =
            captures.get(self.recognizer.group).map_or(whole.start..whole.start, |group| group.range());
        Some((whole, data))
    }
}

/// The byte after the character at a byte.
fn behind(text: &str, at: usize) -> usize {
    at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::super::PatternDetector;
    use super::*;
    use crate::ErrorKind;

    fn detector(recognizer: Recognizer) -> Result<PatternDetector> {
        PatternDetector::builder().types([PiiType::from("T")]).min_score(0.0).recognizer(recognizer).build()
    }

    fn ranges(recognizer: Recognizer, text: &str) -> Vec<(usize, usize)> {
        detector(recognizer)
            .expect("a detector")
            .find(text)
            .iter()
            .map(|span| (span.range().start, span.range().end))
            .collect()
    }

    fn new() -> Recognizer {
        Recognizer::new("test", PiiType::from("T"))
    }

    #[test]
    fn offsets_are_code_points() {
        assert_eq!(ranges(new().pattern(r"\bX\d+\b", 0.5), "👋 é X12"), [(4, 7)]);
        assert_eq!(ranges(new().pattern(r"ID (\d+)|none", 0.5).group(1), "👋 ID 12 none"), [(5, 7)]);
        assert_eq!(ranges(new().pattern(r"x*", 0.5), "axé"), [(1, 2)]);
    }

    #[test]
    fn a_refused_match_hides_none() {
        let even = |data: &str| data.len().is_multiple_of(2);
        assert_eq!(ranges(new().pattern(r"\d{2,3}", 0.5).validate(even), "123"), [(1, 3)]);
        assert_eq!(
            ranges(new().pattern(r"é{3}", 0.5).validate(|_| false), "éééé"),
            Vec::<(usize, usize)>::new()
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (recognizer, what) in [
            (new(), "no pattern"),
            (new().pattern("(", 0.5), "not a regular expression"),
            (new().pattern("a", 1.5), "score"),
            (new().pattern("a", f32::NAN), "score"),
            (new().pattern("a", 0.5).group(1), "group"),
        ] {
            let error = detector(recognizer).expect_err(what);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(format!("{error}").contains(what) && format!("{error}").contains("`test`"), "{error}");
        }
    }
}
