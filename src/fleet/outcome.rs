//! What became of a document.

use std::time::SystemTime;

use serde::Serialize;

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
        /// How many Start requests it took, from 1, throttled ones included.
        attempts: u32,
    },
    /// According to the journal its job was started by an earlier run, and it is not known to have ended. No request
    /// was sent.
    Resumed {
        /// The document.
        document: Document,
        /// Its job.
        job: RunningJob<F>,
    },
    /// Its job was waited for; only if the submitter [waits](super::Submitter::wait_with).
    Ended {
        /// The document.
        document: Document,
        /// Its job, or why the wait ended without one.
        result: Result<CompletedJob<F>>,
    },
    /// It was not started in this run and is not tried again in it. An earlier request may have a job: submit again
    /// with the same journal.
    Failed {
        /// The document.
        document: Document,
        /// Why.
        error: Error,
        /// How many Start requests it took, from 0, throttled ones included.
        attempts: u32,
    },
    /// It may already have a job, and starting it now would not give that one. Nothing was sent, as that could pay for
    /// the work twice.
    Undecided {
        /// The document.
        document: Document,
        /// Why.
        doubt: Doubt,
    },
    /// The stream of documents gave an error instead of a document. The run continues with what comes after it.
    SourceFailed {
        /// Why.
        error: Error,
    },
}

impl<F: Family> Outcome<F> {
    /// The document; `None` for an error of the stream of documents.
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
/// The caller decides: search the bucket for its output, or CloudTrail for the token, and either leave it or have the
/// next run start it anew with [`start_anew`](super::Submitter::start_anew).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// An earlier run was about to start it, longer ago than Textract remembers a token (seven days, less a margin of one
    /// hour). If the request was sent then, another with the same token would start a second job.
    TokenExpired {
        /// The token of the request.
        token: ClientRequestToken,
        /// When it was about to be sent.
        since: SystemTime,
    },
    /// An earlier run started it, or was about to, with another token than it would get now: the template has changed, or
    /// the alias of the key leads to another key.
    WorkChanged {
        /// The token of the earlier request.
        token: ClientRequestToken,
        /// The earlier job, if its start was answered.
        job: Option<JobId>,
    },
}

/// The progress of a run: numbers of documents since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tally {
    /// Taken from the stream of documents.
    pub taken: u64,
    /// Resumed from the journal, after an earlier run left them without a job.
    pub taken_up: u64,
    /// Started now.
    pub submitted: u64,
    /// Started by an earlier run.
    pub resumed: u64,
    /// Passed over, as the journal says that they have ended: completed, or failed for good.
    pub skipped: u64,
    /// In the stream while this run, or [another one of this process](super::Submitter#several-runs-at-once), held them
    /// already. Their outcome comes out of that run, once.
    pub duplicates: u64,
    /// Reported as failed.
    pub failed: u64,
    /// Reported as undecided.
    pub undecided: u64,
    /// Whose jobs succeeded, if the submitter waits.
    pub completed: u64,
    /// Start requests that were throttled.
    pub throttled: u64,
    /// Start requests that met too many concurrent jobs.
    pub limit_exceeded: u64,
    /// Attempts that failed transiently in another way.
    pub broken: u64,
}
