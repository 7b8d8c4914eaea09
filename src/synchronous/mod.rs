//! Textract's synchronous operations: one page in, its result in the answer.
//!
//! [`DetectDocumentText`], [`AnalyzeDocument`], [`AnalyzeExpense`] and [`AnalyzeId`] read a document of one page (an
//! identity document of two) that is sent with the request or lies in S3, and answer within seconds. Whatever is longer
//! is for a [`SecureJob`](crate::SecureJob).
//!
//! ```no_run
//! use inkseal::synchronous::{AnalyzeDocument, Input};
//! use inkseal::{Clients, Feature, Query};
//!
//! # async fn example(clients: Clients, scan: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
//! let analyzed = AnalyzeDocument::new(Input::bytes(scan)?)
//!     .features([Feature::Forms, Feature::Tables])
//!     .query(Query::new("What is the total?")?)
//!     .send(&clients)
//!     .await?;
//! println!("{}", analyzed.document.to_markdown());
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked before a call
//!
//! [`Input::bytes`] looks at the size and the first bytes, so that what Textract would refuse is not sent: see
//! [`Input`]. What an analysis asks for is checked as for a job, but that [15 queries](MAX_QUERIES_A_PAGE) a page are
//! the most.
//!
//! # The seal
//!
//! There is nothing to seal: a synchronous call writes no object, so it has no output bucket and no KMS key, and no
//! parameter to name them. The document and the result travel within the request and its answer, over TLS, under the
//! [`TransportPolicy`](crate::TransportPolicy) of the [`Clients`](crate::Clients). What becomes of the result then is the
//! caller's: it is in memory, and nowhere else. A document in S3 is read by Textract with the caller's own permissions on
//! the object and its key. The one thing that leaves the answer is a [`HumanLoop`], which hands the document to reviewers.
//!
//! Unlike jobs, calls have no token: one that is sent again is read, and paid for, again.
//!
//! Follows "Processing Documents Synchronously" and "Set Quotas in Amazon Textract" in the Amazon Textract developer guide.

mod calls;
mod format;
mod human_loop;
mod image;
mod input;

pub use self::calls::{AnalyzeDocument, AnalyzeExpense, AnalyzeId, AnalyzedDocument, DetectDocumentText};
pub use self::format::Format;
pub use self::human_loop::{ContentClassifier, HumanLoop, HumanLoopActivation};
pub use self::input::Input;

/// The most bytes of a document that is sent with a call: 10 MB, before they are put into base64.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The most pixels that an image may have on a side.
pub const MAX_PIXELS_A_SIDE: u32 = 10_000;

/// How many queries a call may ask of a page (see *Set Quotas in Amazon Textract*: synchronous operations).
pub const MAX_QUERIES_A_PAGE: usize = 15;
