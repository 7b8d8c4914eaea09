//! Why a journal cannot go on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a journal cannot be opened, read or written. It ends a run: without a journal nothing more may be started.
///
/// It names files and lines, and nothing of a document.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be opened, read, written or synchronised.
    #[error("the journal {} cannot be {doing}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `opened`, `read`, `written`.
        doing: &'static str,
        /// Why it failed.
        source: Arc<io::Error>,
    },
    /// Another process, or another part of this one, has the journal open.
    #[error("the journal {} is in use: two runs on one journal would start documents twice", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line is not what was written. A line that a crash has cut off at the end of the file is not this: it is taken away.
    #[error(
        "line {line} of the journal {} is broken, {reason}: restore the file, or set it aside and begin anew, which gives \
         the documents of the last seven days the jobs that they have",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file is a journal of a later version of this crate.
    #[error("the journal {} is of version {found}, and this crate reads version {known}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that the file names.
        found: u32,
        /// The version that can be read.
        known: u32,
    },
    /// An earlier write failed, so nothing can be said of what is durable. Open the journal again.
    #[error("the journal has failed before, and what of it is durable is not known: open it again")]
    Failed,
    /// A journal of the caller's own has failed.
    #[error("the journal failed")]
    Other {
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl JournalError {
    /// The failure of a journal of one's own.
    pub fn other(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Other { source: Arc::new(source) }
    }
}
