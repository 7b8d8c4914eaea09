//! Jobs that were started, and jobs that have ended: values to keep, store and pass on.

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
/// **Protect a stored job like configuration.** Its output is verified against the [`seal`](Self::seal) that was stored with
/// it: anyone who can change the job can change the seal. A process that knows the right seal should compare it first.
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

/// A job that has succeeded, completely or in part, and whose output can be read.
///
/// Plain data like a [`RunningJob`]. Textract keeps its own copy of results for seven days; the objects in the output
/// bucket stay as long as the bucket keeps them.
///
/// # Permissions
///
/// Reading the output needs `s3:ListBucket` on the bucket (it can be limited to the prefix by `s3:prefix`), `s3:GetObject` on the
/// objects, and `kms:Decrypt` and `kms:DescribeKey` on the key; [`via_api`](crate::Output::via_api) needs the Get operation, such as
/// `textract:GetDocumentAnalysis`, in place of those of S3. The feature `policy` writes the policy: `Scope::reader`.
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

/// What is known about the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    token: ClientRequestToken,
}

/// What is known about the end.
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

    /// The client request token that the job was started with.
    pub fn token(&self) -> &ClientRequestToken {
        &self.start.token
    }
}

impl<F: Family> CompletedJob<F> {
    /// A job that has ended according to its completion message.
    pub(crate) fn notified(id: JobId, input: S3Object, seal: Seal) -> Self {
        let end = End { pages: None, partial: false, warnings: Vec::new() };
        Self { id, input, seal, end, family: PhantomData }
    }

    /// The number of pages of the document, if Textract said it. A completion message does not.
    pub fn page_count(&self) -> Option<u32> {
        self.end.pages
    }

    /// Whether Textract could not read some pages (`PARTIAL_SUCCESS`); the [`warnings`](Self::warnings) name them.
    ///
    /// **`false` if only a message reported the end**, which does not say it:
    /// [`Completeness::partial`](crate::Completeness::partial) knows after reading.
    pub fn is_partial(&self) -> bool {
        self.end.partial
    }

    /// Textract's warnings.
    ///
    /// **Empty if only a message reported the end**, which has none:
    /// [`Completeness::warnings`](crate::Completeness::warnings) has them after reading.
    pub fn warnings(&self) -> &[Warning] {
        &self.end.warnings
    }
}

/// What running and completed jobs have in common, and how both are stored.
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

            /// The document that the job reads.
            pub fn input(&self) -> &S3Object {
                &self.input
            }

            /// Where the output goes, and under which key.
            pub fn seal(&self) -> &Seal {
                &self.seal
            }

            /// The operation that started the job.
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

        // Derived, these would require traits of the family that it need not have.
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
