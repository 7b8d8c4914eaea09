//! Detectors, which find personal data in a text.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::PiiType;
use super::members::is_capitals;
use crate::error::{Error, ErrorKind};

/// Finds personal data: text in, spans out.
///
/// The redaction stage needs nothing but this trait, so an application can bring its own detector: a model, a
/// service, a list of names. It is object-safe; `Arc<D>`, `Box<D>` and `&D` are detectors too.
///
/// What a detector returns is not trusted: the stage fails, and lets nothing out, if a span ends beyond the text, is empty,
/// is out of order, or has an invalid score or type. A type is a name in capitals, as it may be written in place of what
/// was found.
///
/// ```
/// use inkseal::redact::{Detection, DetectorError, PiiDetector, PiiSpan, PiiType};
///
/// /// Finds the names of known customers.
/// struct Customers(Vec<String>);
///
/// impl PiiDetector for Customers {
///     fn name(&self) -> &'static str {
///         "customers"
///     }
///
///     fn detect<'a>(&'a self, text: &'a str) -> futures::future::BoxFuture<'a, Result<Detection, DetectorError>> {
///         Box::pin(async move {
///             let found = self.0.iter().flat_map(|name| text.match_indices(name.as_str()));
///             let spans = found.map(|(at, name)| {
///                 let begin = text[..at].chars().count();
///                 PiiSpan::new(PiiType::Name, begin..begin + name.chars().count(), 1.0)
///             });
///             Ok(Detection::sorted(spans.collect()))
///         })
///     }
/// }
/// ```
pub trait PiiDetector: Send + Sync {
    /// Its name in reports: a word that says nothing of any document.
    fn name(&self) -> &'static str;

    /// Finds personal data in a text, which may hold several pages.
    ///
    /// The spans are in order of where they begin; they may overlap.
    ///
    /// # Errors
    ///
    /// A [`DetectorError`] if not all of the text could be examined: a detector that returns what it has found so far
    /// would let the rest out.
    ///
    /// # Cancel safety
    ///
    /// An implementation must tolerate being dropped at any await: the stage drops the future when its
    /// [time](super::RedactorBuilder::timeout) is over, and when nobody waits for the record any more. It must then leave no task
    /// running and no lock held; what it has asked a service for may be billed.
    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>>;

    /// How many bytes of text it prefers at once. The stage puts pages together up to that, or gives a single page if it
    /// is 0, the default.
    fn batch_bytes(&self) -> usize {
        0
    }
}

macro_rules! pointers {
    ($($pointer:ty),+) => {
        $(impl<D: PiiDetector + ?Sized> PiiDetector for $pointer {
            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
                (**self).detect(text)
            }

            fn batch_bytes(&self) -> usize {
                (**self).batch_bytes()
            }
        })+
    };
}

pointers!(&D, Box<D>, Arc<D>);

/// A stretch of text that is personal data.
///
/// Its offsets count Unicode code points from 0, as Amazon Comprehend's do: neither bytes nor UTF-16 units.
/// [`CodePoints`] converts them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PiiSpan {
    /// The type of personal data.
    pub pii_type: PiiType,
    /// Its first code point.
    pub begin: usize,
    /// The code point after its last.
    pub end: usize,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// The detector that found it, if several were asked.
    pub detector: Option<&'static str>,
}

impl PiiSpan {
    /// A span over these code points.
    pub fn new(pii_type: PiiType, code_points: Range<usize>, score: f32) -> Self {
        Self { pii_type, begin: code_points.start, end: code_points.end, score, detector: None }
    }

    /// Its code points.
    pub fn range(&self) -> Range<usize> {
        self.begin..self.end
    }
}

/// What a detector found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The spans, in order of where they begin.
    pub spans: Vec<PiiSpan>,
    /// The requests that it took; 0 for a detector that makes none.
    pub requests: u64,
    /// The units that are billed for them: for Amazon Comprehend, 100 characters each, and at least 3 units per request.
    pub billed_units: u64,
}

impl Detection {
    /// A detection that cost nothing, of spans in order.
    pub fn new(spans: Vec<PiiSpan>) -> Self {
        Self { spans, ..Self::default() }
    }

    /// Like [`new`](Self::new), from spans in any order.
    pub fn sorted(mut spans: Vec<PiiSpan>) -> Self {
        spans.sort_by_key(PiiSpan::range_key);
        Self::new(spans)
    }
}

impl PiiSpan {
    /// Sorts by the beginning, and of the same beginning the longest first.
    pub(super) fn range_key(&self) -> (usize, std::cmp::Reverse<usize>) {
        (self.begin, std::cmp::Reverse(self.end))
    }
}

/// Why a detector could not examine all of a text.
///
/// Its message is a constant, so that it cannot repeat the text.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DetectorError {
    message: &'static str,
    source: Option<Error>,
}

impl DetectorError {
    /// An error with this message.
    pub fn new(message: &'static str) -> Self {
        Self { message, source: None }
    }

    /// The kind of the crate's own error behind it, if there is one.
    pub fn kind(&self) -> Option<ErrorKind> {
        self.source.as_ref().map(Error::kind)
    }

    /// The crate's own error behind it, or itself.
    pub(super) fn into_source(mut self) -> Result<Error, Self> {
        self.source.take().ok_or(self)
    }
}

impl From<Error> for DetectorError {
    fn from(error: Error) -> Self {
        Self { message: "the detection service failed", source: Some(error) }
    }
}

/// Converts offsets between the code points of a text and its bytes.
///
/// It is made in one pass over the text. A code point is converted to its byte in constant time, and a byte to its code point
/// by a binary search.
///
/// ```
/// use inkseal::redact::CodePoints;
///
/// let text = "नमस्ते 👋 Jane";
/// let points = CodePoints::of(text);
/// let bytes = points.to_bytes(9..13).expect("within the text");
/// assert_eq!(&text[bytes.clone()], "Jane");
/// assert_eq!(points.of_bytes(bytes), Some(9..13));
/// ```
#[derive(Clone, Debug)]
pub struct CodePoints<'t> {
    text: &'t str,
    /// The byte of every 64th code point; empty for ASCII, of which each is a byte.
    marks: Vec<usize>,
    len: usize,
}

const STEP: usize = 64;

impl<'t> CodePoints<'t> {
    /// The code points of a text.
    pub fn of(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { text, marks: Vec::new(), len: text.len() };
        }
        let mut marks = Vec::with_capacity(text.len() / STEP);
        let mut len = 0;
        for (byte, _) in text.char_indices() {
            if len % STEP == 0 {
                marks.push(byte);
            }
            len += 1;
        }
        Self { text, marks, len }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The byte at which a code point begins; the length of the text for the one after the last.
    pub fn to_byte(&self, code_point: usize) -> Option<usize> {
        if code_point >= self.len {
            return (code_point == self.len).then_some(self.text.len());
        }
        let Some(mark) = self.marks.get(code_point / STEP) else { return Some(code_point) };
        let (offset, _) = self.text.get(*mark..)?.char_indices().nth(code_point % STEP)?;
        Some(mark + offset)
    }

    /// The bytes of a range of code points; `None` if it ends beyond the text, or before it begins.
    pub fn to_bytes(&self, code_points: Range<usize>) -> Option<Range<usize>> {
        if code_points.start > code_points.end {
            return None;
        }
        Some(self.to_byte(code_points.start)?..self.to_byte(code_points.end)?)
    }

    /// The code point that begins at a byte; `None` if none does.
    pub fn of_byte(&self, byte: usize) -> Option<usize> {
        if byte == self.text.len() {
            return Some(self.len);
        }
        if self.marks.is_empty() {
            return (byte < self.text.len()).then_some(byte);
        }
        let index = self.marks.partition_point(|mark| *mark <= byte).checked_sub(1)?;
        let between = self.text.get(*self.marks.get(index)?..byte)?;
        Some(index * STEP + between.chars().count())
    }

    /// The code points of a range of bytes; `None` if it does not lie on their borders.
    pub fn of_bytes(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        if bytes.start > bytes.end {
            return None;
        }
        Some(self.of_byte(bytes.start)?..self.of_byte(bytes.end)?)
    }
}

/// Why spans are nonsense, if they are, in words that say nothing of the text.
pub(super) fn nonsense(spans: &[PiiSpan], len: usize) -> Option<&'static str> {
    let is_within = |span: &PiiSpan| span.begin < span.end && span.end <= len;
    if !spans.iter().all(is_within) {
        Some("a span is empty or ends beyond the text")
    } else if !spans.iter().all(|span| (0.0..=1.0).contains(&span.score)) {
        Some("a score is not between 0 and 1")
    } else if !spans.iter().all(|span| is_capitals(span.pii_type.as_str())) {
        Some("a type is not a name in capitals of up to 64 letters, digits and underscores")
    } else if !spans.is_sorted_by_key(|span| span.begin) {
        Some("the spans are not in order")
    } else {
        None
    }
}

impl fmt::Debug for dyn PiiDetector + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PiiDetector({})", self.name())
    }
}
