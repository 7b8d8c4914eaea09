//! What a run has done, recorded for the next run.

mod compact;
mod error;
mod file;
mod index;
mod kind;
mod line;
mod lock;
mod memory;
mod read;

use std::fmt;
use std::time::SystemTime;

use futures::future::BoxFuture;

pub use self::error::JournalError;
pub use self::file::{Compacted, FileJournal};
pub(in crate::fleet) use self::line::now;
pub use self::memory::MemoryJournal;
use super::document::{Document, DocumentId};
use crate::error::ErrorKind;
use crate::resource::{ClientRequestToken, JobId};

/// How far a document has come.
///
/// ```text
/// Accepted ──> Starting ──> Started ──> Completed
///     │            │            └─────> Failed
///     └────────────┴──────────────────> Failed
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentState {
    /// It came out of the stream of documents.
    Accepted,
    /// Its Start request was about to be sent, with this token. Whether it was sent, and whether it started a job, is
    /// not known; sending it again with the same token gives the same job, for seven days.
    Starting {
        /// The client request token of the request.
        token: ClientRequestToken,
        /// When that was recorded, in whole seconds.
        at: SystemTime,
    },
    /// Textract has accepted it.
    Started {
        /// The job.
        job: JobId,
        /// The client request token that it was started with.
        token: ClientRequestToken,
        /// When that was recorded, in whole seconds.
        at: SystemTime,
    },
    /// Its job was reported to have ended well, wholly or in part.
    Completed,
    /// It was refused before there was a job, for a reason that is [about the document](super::Submitter#what-fails),
    /// or its job has failed.
    Failed(ErrorKind),
}

impl fmt::Debug for DocumentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("Accepted"),
            // A token that the caller chose may say anything.
            Self::Starting { token: _, at } => {
                f.debug_struct("Starting").field("at", at).finish_non_exhaustive()
            }
            Self::Started { job, token: _, at } => {
                f.debug_struct("Started").field("job", job).field("at", at).finish_non_exhaustive()
            }
            Self::Completed => f.write_str("Completed"),
            Self::Failed(kind) => f.debug_tuple("Failed").field(kind).finish(),
        }
    }
}

/// What a journal knows of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// How far it has come.
    pub state: DocumentState,
    /// The document itself, if it has no job yet.
    pub document: Option<Document>,
}

impl Entry {
    /// An entry of a document in this state. The document itself is for
    /// [`Accepted`](DocumentState::Accepted) and [`Starting`](DocumentState::Starting).
    pub fn new(state: DocumentState, document: Option<Document>) -> Self {
        Self { state, document }
    }
}

/// Where a [`Submitter`](super::Submitter) records what it does, so that a run can be resumed after a crash.
///
/// An implementation keeps these promises:
///
/// - **`record` returns when the record is durable.** The record that a start is about to be sent is written before the start is
///   sent, and no start is sent without it.
/// - **The latest record of a document is what is known of it.** Any state can follow any other.
/// - **A failure stays.** After a record that failed, nothing can be said about what is durable, so the run ends.
/// - **One process at a time.** [`pending`](Self::pending) hands out documents whoever works on them, so no two processes may run a
///   submitter of the same operation on one journal at the same time; see
///   [several runs at once](super::Submitter#several-runs-at-once).
///
/// The trait is object safe; its futures are boxed, which costs nothing compared with a write to a disk.
pub trait Journal: Send + Sync {
    /// Records how far a document has come, and returns when that is durable.
    ///
    /// # Cancel safety
    ///
    /// The submitter drops the future if its run ends, and assumes that a record that was begun may be durable. An
    /// implementation then writes it wholly or not at all, and never takes it back.
    fn record<'a>(
        &'a self,
        id: DocumentId,
        document: &'a Document,
        state: DocumentState,
    ) -> BoxFuture<'a, Result<(), JournalError>>;

    /// What is known of a document; `None` if it was never recorded.
    ///
    /// # Cancel safety
    ///
    /// An implementation may be dropped at any await, and leaves no lock taken.
    fn look(&self, id: DocumentId) -> BoxFuture<'_, Result<Option<Entry>, JournalError>>;

    /// The documents that are [`Accepted`](DocumentState::Accepted) or [`Starting`](DocumentState::Starting), in any order.
    ///
    /// An earlier run took them from its stream and did not start them, or does not know whether it did.
    ///
    /// # Cancel safety
    ///
    /// An implementation may be dropped at any await, and leaves no lock taken.
    fn pending(&self) -> BoxFuture<'_, Result<Vec<DocumentId>, JournalError>>;
}
