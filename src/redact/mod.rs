//! Redaction: a stage between a stream and a store that fails closed.
//!
//! A [`PiiDetector`] finds personal data in a text; [`PatternDetector`] needs no network, `ComprehendDetector` asks Amazon
//! Comprehend, [`UnionDetector`] asks several, and an application brings its own. A [`Redactor`] shows it the rendering of
//! each page, and behind that all other text that the page has; follows what it finds back to the words; and puts in their
//! place what its [`Operator`]s say, in words, lines, answers, questions, fields and normalised values alike. Then it looks
//! for what was detected in all that is about to come out: if any of it is left, that is an error, and no output. What comes
//! out is [`Redacted`], which nothing else makes, and a [`RedactionReport`] in numbers.
//!
//! # What is not looked for elsewhere
//!
//! What was detected is redacted where it was detected, and wherever else on its page it stands: in whatever case, form of
//! composition and spacing. Strings of fewer than three characters are redacted only where they were detected and in
//! answers and values that say nothing else, and those of fewer than eight not within longer words or numbers. Ids of blocks
//! and tokens of the next page are not text, and come out as they are.

mod blur;
mod builder;
mod claims;
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
