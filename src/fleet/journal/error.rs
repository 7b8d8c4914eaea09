//! Why a journal cannot go on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Stage};

/// Why a journal cannot be opened, read or written. It ends a run: without a journal nothing more may be started.
///
/// It names files and lines, and nothing from a document. `?` turns it into an [`Error`]: of the kind
/// [`InvalidInput`](ErrorKind::InvalidInput) for [`InUse`](Self::InUse) and [`Version`](Self::Version),
/// [`Malformed`](ErrorKind::Malformed) for [`Broken`](Self::Broken), and [`Application`](ErrorKind::Application) for
/// the others, with this as its source.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be opened, read, written or synchronised.
    #[error("the journal {} cannot be {doing}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `opened`, `locked`, `read`, `written`.
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
    /// A line is not what was written. A last line that a crash cut off is not such a line: it is removed.
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
    /// An earlier write failed, so nothing can be said about what is durable. Open the journal again.
    #[error("the journal failed earlier, and it is not known what is durable: open it again")]
    Failed,
    /// The caller's own journal failed.
    #[error("the journal failed")]
    Other {
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl JournalError {
    /// The failure of your own [`Journal`](super::Journal).
    pub fn other(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Other { source: Arc::new(source) }
    }
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        let (kind, stage) = match error {
            JournalError::InUse { .. } | JournalError::Version { .. } => {
                (ErrorKind::InvalidInput, Stage::Configure)
            }
            JournalError::Broken { .. } => (ErrorKind::Malformed, Stage::Configure),
            JournalError::Io { .. } | JournalError::Failed | JournalError::Other { .. } => {
                (ErrorKind::Application, Stage::Application)
            }
        };
        Self::new(kind, stage, "the journal cannot be used").caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn it_becomes_an_error_of_the_crate_that_keeps_it() {
        let path = PathBuf::from("run.journal");
        let source = Arc::new(io::Error::from(io::ErrorKind::StorageFull));
        for (error, kind) in [
            (JournalError::InUse { path: path.clone() }, ErrorKind::InvalidInput),
            (JournalError::Broken { path: path.clone(), line: 7, reason: "torn" }, ErrorKind::Malformed),
            (JournalError::Io { path, doing: "written", source }, ErrorKind::Application),
            (JournalError::Failed, ErrorKind::Application),
        ] {
            let said = error.to_string();
            let error = Error::from(error);
            assert_eq!((error.kind(), error.is_retryable()), (kind, false));
            assert_eq!(error.source().map(ToString::to_string), Some(said));
        }
    }
}
