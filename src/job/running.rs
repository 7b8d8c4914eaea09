//! Jobs that were started, and jobs that have ended: values to keep, store and hand over.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::family::{Api, Family};
use super::seal::Seal;
use crate::part::Warning;
use crate::resource::{ClientRequestToken, JobId, S3Object};

/// A job that was started and may not have ended yet.
///
/// It is plain data: serialise it, and another process can wait for the job and read its output under the same seal.
///
/// **Keep a stored job as safe as configuration.** What its output is verified against is the [`seal`](Self::seal) that it was
/// stored with: whoever can change the one can change the other. A process that knows what the seal has to be compares
/// it first.
///
/// ```
/// use inkseal::{Analysis, RunningJob};
///
/// let saved = r#"{
///     "api": "StartDocumentAnalysis",
///     "id": "270c1cc5e1d0ea2fbc59d97cb69a72a5495da75851976b14a1784ca90fc180e3",
///     "input": "s3://amzn-s3-demo-source/scan.pdf",
///     "seal": {
///         "bucket": "amzn-s3-demo-results",
///         "prefix": "textract_output",
///         "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
///     },
///     "start": { "token": "scan-1" }
/// }"#;
/// let job: RunningJob<Analysis> = serde_json::from_str(saved)?;
/// assert_eq!(job.input().key(), "scan.pdf");
/// assert!(serde_json::from_str::<RunningJob<inkseal::Expense>>(saved).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(
    try_from = "SavedRunningJob",
    into = "SavedRunningJob",
    bound(serialize = "F: Family", deserialize = "F: Family")
)]
pub struct RunningJob<F> {
    id: JobId,
    input: S3Object,
    seal: Seal,
    start: Start,
    family: PhantomData<fn() -> F>,
}

/// A job that has ended well, wholly or in part, and whose output can be read.
///
/// Plain data like a [`RunningJob`]. Textract keeps its own copy of results for seven days; the objects in the output
/// bucket stay as long as the bucket keeps them.
#[derive(Serialize, Deserialize)]
#[serde(
    try_from = "SavedCompletedJob",
    into = "SavedCompletedJob",
    bound(serialize = "F: Family", deserialize = "F: Family")
)]
pub struct CompletedJob<F> {
    id: JobId,
    input: S3Object,
    seal: Seal,
    end: End,
    family: PhantomData<fn() -> F>,
}

/// What is known of the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    token: ClientRequestToken,
}

/// What is known of the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    pages: Option<u32>,
    partial: bool,
    warnings: Vec<Warning>,
}

/// The stored job is of another family than the type it is read into.
#[derive(Debug, thiserror::Error)]
#[error("the job was started by {found}, not by {wanted}: read it into that family's type")]
struct OtherFamily {
    found: Api,
    wanted: Api,
}

impl<F: Family> RunningJob<F> {
    pub(super) fn new(id: JobId, input: S3Object, seal: Seal, token: ClientRequestToken) -> Self {
        Self { id, input, seal, start: Start { token }, family: PhantomData }
    }

    /// The job as it has ended.
    pub(super) fn completed(
        &self,
        pages: Option<u32>,
        partial: bool,
        warnings: Vec<Warning>,
    ) -> CompletedJob<F> {
        CompletedJob {
            id: self.id.clone(),
            input: self.input.clone(),
            seal: self.seal.clone(),
            end: End { pages, partial, warnings },
            family: PhantomData,
        }
    }

    /// The client request token that it was started with.
    pub fn token(&self) -> &ClientRequestToken {
        &self.start.token
    }
}

impl<F: Family> CompletedJob<F> {
    /// A job that has ended, by what its completion message says.
    pub(crate) fn notified(id: JobId, input: S3Object, seal: Seal) -> Self {
        let end = End { pages: None, partial: false, warnings: Vec::new() };
        Self { id, input, seal, end, family: PhantomData }
    }

    /// The pages of the document, where Textract said how many.
    pub fn page_count(&self) -> Option<u32> {
        self.end.pages
    }

    /// Whether Textract could not read some pages (`PARTIAL_SUCCESS`); the [`warnings`](Self::warnings) name them.
    pub fn is_partial(&self) -> bool {
        self.end.partial
    }

    /// What Textract warned of.
    pub fn warnings(&self) -> &[Warning] {
        &self.end.warnings
    }
}

/// What both kinds of jobs have, and how both are stored.
macro_rules! job {
    ($name:ident, $saved:ident, $rest:ident: $type:ty) => {
        /// The stored form. Its members keep a job of one family, or of one state, from being taken for another.
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $saved {
            api: Api,
            id: JobId,
            input: S3Object,
            seal: Seal,
            $rest: $type,
        }

        impl<F: Family> $name<F> {
            /// The id that Textract gave the job.
            pub fn id(&self) -> &JobId {
                &self.id
            }

            /// The document that it reads.
            pub fn input(&self) -> &S3Object {
                &self.input
            }

            /// Where its output goes, and under which key.
            pub fn seal(&self) -> &Seal {
                &self.seal
            }

            /// The operation that started it.
            pub fn api(&self) -> Api {
                F::API
            }
        }

        impl<F: Family> TryFrom<$saved> for $name<F> {
            type Error = OtherFamily;

            fn try_from(saved: $saved) -> Result<Self, OtherFamily> {
                let $saved { api, id, input, seal, $rest } = saved;
                if api != F::API {
                    return Err(OtherFamily { found: api, wanted: F::API });
                }
                Ok(Self { id, input, seal, $rest, family: PhantomData })
            }
        }

        impl<F: Family> From<$name<F>> for $saved {
            fn from(job: $name<F>) -> Self {
                let $name { id, input, seal, $rest, family: _ } = job;
                Self { api: F::API, id, input, seal, $rest }
            }
        }

        // Derived, these would ask the family for what it need not have.
        impl<F> Clone for $name<F> {
            fn clone(&self) -> Self {
                let Self { id, input, seal, $rest, family } = self;
                Self {
                    id: id.clone(),
                    input: input.clone(),
                    seal: seal.clone(),
                    $rest: $rest.clone(),
                    family: *family,
                }
            }
        }

        impl<F> PartialEq for $name<F> {
            fn eq(&self, other: &Self) -> bool {
                (&self.id, &self.input, &self.seal, &self.$rest)
                    == (&other.id, &other.input, &other.seal, &other.$rest)
            }
        }

        impl<F: Family> fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self { id, input, seal, $rest, family: _ } = self;
                f.debug_struct(stringify!($name))
                    .field("api", &F::API)
                    .field("id", id)
                    .field("input", input)
                    .field("seal", seal)
                    .field(stringify!($rest), $rest)
                    .finish()
            }
        }
    };
}

job!(RunningJob, SavedRunningJob, start: Start);
job!(CompletedJob, SavedCompletedJob, end: End);
