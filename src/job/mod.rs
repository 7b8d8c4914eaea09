//! Textract jobs whose output is sealed: in the caller's own bucket, under the caller's own KMS key.
//!
//! A job goes through three types: a [`SecureJob`] is configured and cannot be built unsealed, starting it
//! gives a [`RunningJob`], and waiting for that a [`CompletedJob`], whose output can be read. Each of the last two can
//! be stored with serde and resumed by another process.

mod analysis;
mod builder;
mod family;
mod options;
mod running;
mod seal;
mod start;
mod token;
mod wait;

pub use self::analysis::{Adapter, Analysis, Feature, MAX_QUERIES_PER_PAGE, Pages, Query, UnknownFeature};
pub use self::builder::{HasBucket, HasKey, NeedsBucket, NeedsKey, SecureJobBuilder};
pub(crate) use self::family::GetPage;
pub use self::family::{Api, Expense, Family, Lending, TextDetection};
pub use self::options::{Idempotency, NotificationChannel};
pub use self::running::{CompletedJob, RunningJob};
pub use self::seal::Seal;
pub(crate) use self::start::Prepared;
pub use self::start::SecureJob;
#[cfg(feature = "comprehend")]
pub(crate) use self::token::Digest;
#[cfg(feature = "comprehend")]
pub(crate) use self::wait::{Look, said_on_one_line};
pub use self::wait::{Progress, WaitOptions};
