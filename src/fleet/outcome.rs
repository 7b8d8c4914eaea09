//! What became of a document.

use std::time::SystemTime;

use super::document::Document;
use crate::error::{Error, Result};
use crate::job::{CompletedJob, Family, RunningJob};
use crate::resource::{ClientRequestToken, JobId};

/// What became of a document, or of the stream that documents come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<F: Family> {
    /// Its job was started now.
    Submitted {
        /// The document.
        document: Document,
        /// Its job.
        job: RunningJob<F>,
        /// How many Start requests it took, from 1; throttled ones count.
        attempts: u32,
    },
    /// Its job was started before, as the journal says, and is not known to have ended. No request was sent.
    Resumed {
        /// The document.
        document: Document,
        /// Its job.
        job: RunningJob<F>,
    },
    /// Its job was waited for; only where the submitter [waits](super::Submitter::wait_with).
    Ended {
        /// The document.
        document: Document,
        /// Its job, or why the wait ended without one.
        result: Result<CompletedJob<F>>,
    },
    /// It has no job, and this run does not try again.
    Failed {
        /// The document.
        document: Document,
        /// Why.
        error: Error,
        /// How many Start requests it took, from 0; throttled ones count.
        attempts: u32,
    },
    /// It may have a job already that cannot be had again. Nothing was sent, as that could pay for the work twice.
    Undecided {
        /// The document.
        document: Document,
        /// Why.
        doubt: Doubt,
    },
    /// The stream of documents gave an error instead of a document. The run goes on with what comes after it.
    SourceFailed {
        /// Why.
        error: Error,
    },
}

impl<F: Family> Outcome<F> {
    /// The document; none where the stream of documents failed.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Submitted { document, .. }
            | Self::Resumed { document, .. }
            | Self::Ended { document, .. }
            | Self::Failed { document, .. }
            | Self::Undecided { document, .. } => Some(document),
            Self::SourceFailed { .. } => None,
        }
    }
}

/// Why a document is not simply started.
///
/// The caller decides: look for its output in the bucket, or in CloudTrail for the token, and either leave it or have it
/// started anew by the next run with [`start_anew`](super::Submitter::start_anew).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// An earlier run was about to start it, longer ago than Textract remembers a token (seven days, less an hour to
    /// spare). If the request was sent then, another with the same token would be a second job.
    TokenExpired {
        /// The token of the request.
        token: ClientRequestToken,
        /// When it was about to be sent.
        since: SystemTime,
    },
    /// An earlier run started it, or was about to, with another token than it would get now: the template has changed, or
    /// the key that an alias stands for.
    WorkChanged {
        /// The token of the earlier request.
        token: ClientRequestToken,
        /// The earlier job, where its start was answered.
        job: Option<JobId>,
    },
}

/// How a run stands: numbers of documents since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Taken from the stream of documents.
    pub taken: u64,
    /// Taken up from the journal, where an earlier run had left them without a job.
    pub taken_up: u64,
    /// Started now.
    pub submitted: u64,
    /// Started before.
    pub resumed: u64,
    /// Not looked at again, as the journal says that they have ended: completed, or failed for good.
    pub skipped: u64,
    /// In the stream again while they were under way.
    pub duplicates: u64,
    /// Reported as failed.
    pub failed: u64,
    /// Reported as undecided.
    pub undecided: u64,
    /// Ended well, where the submitter waits.
    pub completed: u64,
    /// Start requests that were throttled.
    pub throttled: u64,
    /// Start requests that met too many concurrent jobs.
    pub limit_exceeded: u64,
    /// Start requests that failed in another way that passes.
    pub broken: u64,
}
