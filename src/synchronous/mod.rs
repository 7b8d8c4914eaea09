//! Textract's synchronous operations: one page in, its result in the answer.
//!
//! [`DetectDocumentText`], [`AnalyzeDocument`], [`AnalyzeExpense`] and [`AnalyzeId`] read a document of one page (an
//! identity document of two) that is sent with the request or is in S3, and answer within seconds. Longer documents
//! need a [`SecureJob`](crate::SecureJob).
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
//! [`Input::bytes`] checks the size and the first bytes, so that what Textract would refuse is not sent: see
//! [`Input`]. The features, queries and adapters of an analysis are checked as for a job, except that
//! [15 queries](MAX_QUERIES_PER_CALL) are the most.
//!
//! # The seal
//!
//! There is nothing to seal: a synchronous call writes no object, so it has no output bucket and no KMS key, and no
//! parameter to name them. The document and the result travel within the request and its answer, over TLS, under the
//! [`TransportPolicy`](crate::TransportPolicy) of the [`Clients`](crate::Clients). The result is then only in memory, and
//! the caller decides what becomes of it. Textract reads a document in S3 with the caller's own permissions on
//! the object and its key. Only a [`HumanLoop`] takes the document further: it hands it to reviewers.
//!
//! Unlike jobs, calls have no token: a call that is sent again is processed, and billed, again.
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

/// The most bytes of a document that is sent with a call: 10 MB, before base64 encoding.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The most pixels that an image may have on a side.
pub const MAX_PIXELS_PER_SIDE: u32 = 10_000;

/// The most queries that a call may ask, all of its only page (see *Set Quotas in Amazon Textract*: synchronous operations).
pub const MAX_QUERIES_PER_CALL: usize = 15;
