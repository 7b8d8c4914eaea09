//! Redaction: a stage between a stream and a store that fails closed.
//!
//! A [`PiiDetector`] finds personal data in a text. [`PatternDetector`] needs no network, `ComprehendDetector` asks Amazon
//! Comprehend, [`UnionDetector`] asks several detectors, and an application can bring its own. A [`Redactor`] gives its detector
//! the rendering of each page, followed by any text of the page that the rendering does not show. It maps each finding back to
//! words, and replaces these as its [`Operator`]s say: in words, lines, answers, questions, fields and normalised values alike.
//! Finally it searches the outgoing data for every detected string; if one remains, the result is an error and nothing is
//! emitted. The output is a [`Redacted`], which nothing else makes, and a [`RedactionReport`] in numbers.
//!
//! # What is not searched for elsewhere
//!
//! A detected string is redacted where it was detected, and wherever else it appears on its page: in any case and spacing, and
//! with or without accents. Strings of fewer than three characters are redacted only where they were detected, in
//! answers and values that say nothing else, and, if Textract itself labels them as personal in an identity document, as words of
//! it. Those of fewer than eight are not redacted within longer words or numbers. Ids of blocks and tokens of the next page are not
//! text, and come out as they are.

mod blur;
mod builder;
#[cfg(feature = "comprehend")]
mod comprehend;
mod declared;
mod detector;
#[cfg(feature = "image")]
mod image;
mod leak;
mod look;
mod members;
mod needles;
mod operator;
mod overlap;
mod pattern;
mod pii;
mod plan;
mod ranges;
mod record;
mod redacted;
mod redactor;
mod regions;
mod report;
mod secret;
mod sheet;
mod stream;
mod union;
mod unit;

pub use self::builder::{DEFAULT_DETECTION_TIMEOUT, DEFAULT_DETECTIONS, RedactorBuilder};
#[cfg(feature = "comprehend")]
pub use self::comprehend::{ComprehendDetector, Language};
pub use self::detector::{CodePoints, Detection, DetectorError, PiiDetector, PiiSpan};
#[cfg(feature = "image")]
pub use self::image::{ExifOrientation, ImageError, ImageFormat, ImageRedaction, RedactedImage};
pub use self::operator::Operator;
pub use self::pattern::{PatternDetector, PatternDetectorBuilder, Recognizer};
pub use self::pii::PiiType;
pub use self::record::Redactable;
pub use self::redacted::{Redacted, RedactedRegion, RedactedText};
pub use self::redactor::Redactor;
pub use self::report::{Count, RedactionReport};
pub use self::secret::{EncryptionKey, PseudonymKey};
pub use self::stream::{RedactedBlocks, RedactedPages, RedactedStream};
pub use self::union::UnionDetector;
