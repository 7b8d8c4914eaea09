//! Amazon Textract jobs that cannot be configured insecurely.
//!
//! Textract can write its results to your own S3 bucket, encrypted with your own KMS key. Both are optional parameters, no
//! IAM condition can force them, and the results are full of personal data. This crate makes the sealed path the only path:
//!
//! 1. **A job that is not sealed does not compile.** [`SecureJob`] has no `build` without an output bucket *and* a KMS key.
//!    Names such as `alias/aws/s3` are refused; with the feature `kms`, KMS is also asked whether the key is customer-managed.
//! 2. **What was asked for is what happened.** For every object read from the bucket, S3 must report that it is encrypted with
//!    `aws:kms` under *this* key and, if the job names an account, that this account owns the bucket. A mismatch is an error
//!    before a byte is parsed.
//! 3. **Blocks arrive as a stream** in bounded memory and in order, from many parts of the output bucket at once, or over
//!    the Get operations if the reader may not read the bucket.
//! 4. **Nothing is lost silently.** A stream that ends without an error has seen every part and every page, except pages that
//!    Textract reports as unreadable (and, for expense results, a missing last part, which nothing reveals). Warnings, partial
//!    success and unresolved references are reported in its `Completeness`.
//! 5. **Document text never reaches a log, an error or a `{:?}`.**
//! 6. **A document, not a pile of blocks**: tables, forms, queries and the layout, rendered as text, Markdown, HTML, CSV and
//!    JSON, with a map from every range of a rendering back to its words.
//! 7. **It runs on a laptop** with no AWS account: the real SDK clients talk to the `emulator`. Only `posture` needs a live account.
//!
//! # In five minutes
//!
//! Add the crate with its emulator for now (until the first release, use `path` instead of `version`):
//!
//! ```toml
//! [dependencies]
//! inkseal = { version = "0.1", features = ["emulator"] }
//! futures = "0.3"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! This is a whole program. It needs no AWS account and no network: the emulator stands where AWS would, behind the real SDK clients, and
//! refuses what AWS refuses.
//!
//! ```
//! use futures::TryStreamExt;
//! use inkseal::emulator::{Emulator, Synthetic};
//! use inkseal::{Clients, Feature, SecureJob};
//!
//! const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
//!
//! # /*
//! #[tokio::main]
//! # */
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = Emulator::builder()
//!         .kms_key(KEY)
//!         .bucket("amzn-s3-demo-results")
//!         .object("amzn-s3-demo-source", "scan.pdf", "%PDF-1.7")
//!         .response(Synthetic::pages(3))
//!         .build()?;
//!     let clients = Clients::new(&emulator.sdk_config())?;
//!
//!     let job = SecureJob::analysis("s3://amzn-s3-demo-source/scan.pdf".parse()?)
//!         .features([Feature::Tables, Feature::Forms])
//!         .output_bucket("amzn-s3-demo-results".parse()?) // without this line,
//!         .kms_key(KEY.parse()?) // or this one, it does not compile
//!         .expected_bucket_owner("111122223333".parse()?)
//!         .build()?;
//!
//!     let completed = job.start(&clients).await?.wait(&clients).await?;
//!     let mut pages = completed.pages(&clients);
//!     while let Some(page) = pages.try_next().await? {
//!         println!("page {}: {} blocks", page.number, page.blocks.len());
//!     }
//! #   assert_eq!(pages.completeness().map(|seen| seen.pages_seen), Some(3));
//!     Ok(())
//! }
//! ```
//!
//! On AWS, only the clients change. Add `aws-config = "1"` and the feature `kms`, move the feature `emulator` to your dev-dependencies, and
//! use your own buckets and key. The feature `policy` writes the permissions that the job needs; [`SecureJob::start`] lists them.
//! Everything asynchronous runs in a tokio runtime.
//!
//! ```no_run
//! # async fn example() -> inkseal::Result<()> {
//! let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
//! let clients = inkseal::Clients::new(&config)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go from here
//!
//! | to | read |
//! | --- | --- |
//! | read tables, forms and queries | [`document`]: `Document::read(completed.blocks(&clients)).await?` |
//! | render text, Markdown, HTML, CSV or JSON | [`render`] |
//! | remove personal data | [`redact`], and [`SealedStore`] to keep the rest |
//! | read one page at once, without a job | [`synchronous`] |
//! | read thousands of documents | [`fleet`], and [`notify`] to learn when they are done |
//! | set up roles, keys, buckets and queues | `policy` (feature) |
//! | check a live account | `posture` (feature) |
//! | run Comprehend's own jobs and models | `comprehend` |
//! | audit every call | [`audit`] |
//! | test your own code | `emulator` (feature) |
//! | see it in a service, a Lambda function, a test | the [`cookbook`](cookbook/index.html) |
//! | handle errors | [`ErrorKind`], and the table of outcomes in `emulator` |
//! | know what it defends, and what it cannot | SECURITY.md in the repository |
//!
//! # Data flow
//!
//! ```text
//! configure   SecureJob        input -> output bucket -> KMS key -> build()
//!     |       resource         names that are parsed once and never checked again
//! start       RunningJob       OutputConfig, KMSKeyId and ClientRequestToken on every request
//!     |
//! wait        CompletedJob     backoff and deadline; one rate of Get calls for all waits of a client; or notify: SNS and SQS
//!     |
//! fetch       Output           list, check for gaps, N objects in flight, verify each
//!     |
//! parse       block            bytes -> blocks; no AWS type, no text in Debug
//!     |
//! stream      BlockStream, PageStream, ExpenseStream, LendingStream; a Completeness at the end
//!     |
//! document    pages, lines, tables, fields, queries, layout; expense, identity, lending
//!     |
//! render      text, Markdown, HTML, CSV, JSON, and the map back to the words
//!     |
//! redact      PiiDetector -> spans -> words -> Redacted; images through geometry
//!     |
//! store       SealedStore: back to S3 under the same bucket-and-key rule
//! ```
//!
//! # Features
//!
//! Text, documents, rendering, redaction by patterns, sealed stores, and submitting with a journal are always there.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `comprehend` | Amazon Comprehend as a detector of personal data, and its jobs under your keys; on by default |
//! | `image` | redaction burned into PNG, JPEG and TIFF images |
//! | `kms` | `DescribeKey` before the start: the key is customer-managed, enabled and symmetric; aliases resolve to ARNs |
//! | `policy` | the IAM, key, bucket, topic, queue and endpoint policies that a job needs, and the CloudFormation stack of them |
//! | `posture` | checks of a live account against the security pillar of the Well-Architected IDP lens; enables `kms` |
//! | `sqs` | completions from SNS and SQS, and the workers of the [`fleet`] |
//! | `emulator` | Textract, Comprehend, S3, KMS, SNS and SQS at the HTTP seam, for tests and demonstrations |
//!
//! Features are additive, with one exception: with `kms`, starting a job first asks KMS about the key, for which the caller needs
//! `kms:DescribeKey`. The answer is kept for five minutes. [`Clients`] that were made from ready SDK clients without one for KMS do not ask.
//!
//! # Limits
//!
//! Whoever can write to the output bucket, send to the queue or supply an image decides what this crate reads. Any such input is either
//! read in time and memory linear in its size, or is an error that names the limit, its value and, if it can be set, the method that
//! raises it. Excess references are not an error; they are skipped and counted.
//!
//! | what is read | limits |
//! | --- | --- |
//! | a job's output, saved responses | [`Limits`]: by [`Output::limits`], [`Document::from_json_within`], [`Record::parse_part_within`](part::Record::parse_part_within) |
//! | references within a document | 64 relationships reach a block: [`Document::unfollowed_count`] |
//! | the cells of a table | 64 places for each: [`Table::is_scattered`](document::Table::is_scattered) |
//! | the output of Comprehend's jobs | `max_record_bytes`, `max_bytes` and `max_files` of `ComprehendOutput` |
//! | a completion message | 1 MiB, the most that SQS delivers |
//! | the document of a [`synchronous`] call | 10 MB and 10,000 pixels a side, as Textract has it |
//! | an image to redact | `most_pixels` of `ImageRedaction` for each page; 3,000 pages; regions that cover a page 64 times over |
//! | the journal of a [`fleet`] | 16 KiB a line |
//!
//! Each limit is above what AWS writes, or is AWS's own. No input can make the crate panic: it has no `unsafe`, and its lints forbid
//! operations that panic, from `unwrap` to indexing, unless the code states why they cannot.
//!
//! # Logs
//!
//! The crate logs through [`tracing`](https://docs.rs/tracing): a span for each job and each request, with names and ids
//! only. **The SDK's own targets log requests and bodies at TRACE**, and `Debug` of the SDK's types shows their text. Keep the
//! `aws_*` and `hyper` targets above TRACE in production, and do not print what you convert to the SDK's types.
#![forbid(unsafe_code)]
// docs.rs shows next to each item which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]
#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]
// No input may end in a panic. Code that provably cannot panic says why.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::get_unwrap
    )
)]

pub mod audit;
mod backoff;
pub mod block;
mod clients;
#[cfg(feature = "comprehend")]
pub mod comprehend;
#[cfg(all(any(doc, doctest), feature = "policy", feature = "emulator", feature = "sqs"))]
pub mod cookbook;
pub mod document;
#[cfg(feature = "emulator")]
#[cfg_attr(
    not(test),
    expect(
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a tool for tests, which indexes JSON that it made itself, and strings at positions that it has found"
    )
)]
pub mod emulator;
mod error;
pub mod fleet;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod job;
mod json;
mod key;
mod limits;
mod names;
pub mod notify;
mod output;
pub mod part;
#[cfg(feature = "policy")]
pub mod policy;
#[cfg(feature = "posture")]
pub mod posture;
pub mod redact;
pub mod render;
pub mod resource;
mod sdk;
mod store;
pub mod stream;
pub mod synchronous;
mod text;
mod tolerant;

pub use block::Block;
pub use clients::{Clients, ClientsBuilder, DEFAULT_GET_RATE, Refusal, TransportPolicy, VpcEndpoints};
pub use document::Document;
pub use error::{Error, ErrorKind, Result, Stage};
pub use job::{
    Adapter, Analysis, CompletedJob, Expense, Family, Feature, Idempotency, Lending, NotificationChannel,
    Pages, Progress, Query, RunningJob, Seal, SecureJob, TextDetection, WaitOptions,
};
pub use limits::Limits;
pub use output::{DEFAULT_MAX_PART_BYTES, DEFAULT_PARALLEL, Output};
pub use render::Render;
pub use store::{SealedStore, Storable, Unredacted};
pub use stream::{BlockStream, Completeness, ExpenseStream, LendingStream, PageBlocks, PageStream};
pub use text::Text;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
