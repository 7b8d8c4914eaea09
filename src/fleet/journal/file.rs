//! A journal in a file.

use std::fmt;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::channel::oneshot;
use futures::future::{BoxFuture, ready};
use tokio::runtime::Handle;
use tracing::info;

use super::index::{Index, Is, Spot};
use super::line::Record;
use super::lock::Lock;
use super::read::{encode, first_line, io_error, private, read, record_at, sync_folder};
use super::{DocumentState, Entry, Journal, JournalError, compact};
use crate::fleet::document::{Document, DocumentId};

/// A journal in a file that survives a crash at any byte.
///
/// ```no_run
/// use inkseal::fleet::FileJournal;
///
/// # async fn example() -> inkseal::Result<()> {
/// let journal = FileJournal::open("run.journal").await?;
/// println!("{} documents are known", journal.len());
/// # Ok(())
/// # }
/// ```
///
/// # The file
///
/// One line of JSON for each record, with a checksum, only ever appended to. The first line names the version of the
/// format. A last line without a line end was cut off by a crash and is removed; it was never reported as durable.
/// Anything else that does not fit is [`JournalError::Broken`] with the number of the line, and nothing is repaired by
/// guessing.
///
/// **The file holds the keys of documents**, in the records of those that were accepted and about to be started, and
/// keys may say something about people. It is created readable by its owner only (mode 0600, on Unix). Nothing in it
/// is ever logged. [`compact`](Self::compact) removes the keys of all documents that have a job or have ended.
///
/// # When it is durable
///
/// Always: `record` returns after `fdatasync`. All records that arrive during one sync are written and synchronised
/// together by the next (group commit), so the number of records per second is that of the syncs times that of the
/// documents under way. `cargo bench --bench fleet` measures it on a disk. After a write that failed, every later one
/// fails too, since the operating system may forget what it could not write.
///
/// # Size
///
/// On the disk about 0.9 KB for a document that was accepted, started and completed, with a key of 60 bytes; after a
/// compaction 0.1 KB, and 0.3 KB if its job is not known to have ended. In memory 29 to 57 bytes for each document,
/// independently of its key, and half as much again for a moment while the table grows. Opening reads the file once,
/// line by line.
///
/// # One at a time
///
/// A file next to it with `.lock` at the end of its name is locked for as long as the journal is open, and stays when
/// it is closed. Symbolic links are followed first, so a journal has one lock under all names but hard links. The lock
/// is the operating system's: it is released when the process ends. A journal that is dropped while it writes releases
/// it once it has written; opening waits half a second for that. On a network file system the lock is as reliable as
/// that file system's locks.
///
/// It works on the blocking threads of the tokio runtime, and without a runtime on the caller's thread.
pub struct FileJournal(Arc<Inner>);

struct Inner {
    path: PathBuf,
    state: Mutex<State>,
    reader: Mutex<File>,
    _lock: Lock,
}

struct State {
    index: Index,
    /// Records that wait to be written, and their callers.
    waiting: Vec<Waiting>,
    /// The file to write to, and its length; `None` while a commit is under way, and after one that failed.
    writer: Option<Writer>,
    failed: bool,
    /// How many times the file was synchronised.
    commits: u64,
}

struct Waiting {
    record: Record,
    done: oneshot::Sender<Result<(), JournalError>>,
}

struct Writer {
    file: File,
    end: u64,
}

/// The result of a [compaction](FileJournal::compact).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// The size of the file before, in bytes.
    pub before: u64,
    /// The size of the file after, in bytes.
    pub after: u64,
    /// The documents in it.
    pub documents: usize,
}

impl FileJournal {
    /// Opens a journal, or makes one if there is no file.
    ///
    /// # Errors
    ///
    /// [`InUse`](JournalError::InUse) if it is open already, [`Broken`](JournalError::Broken) and
    /// [`Version`](JournalError::Version) if it cannot be read, and [`Io`](JournalError::Io).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future lets the opening finish in the background and then closes the journal: open it
    /// again.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        blocking(move || Self::open_blocking(path)).await
    }

    /// Rewrites a journal that is not open with only the last record of each document, which has no key if the
    /// document has a job or has ended.
    ///
    /// The new file takes the place of the old one in one step: a crash leaves the one or the other. It needs room for
    /// both.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`Io`](JournalError::Io) if there is no file.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future lets the compaction finish in the background, during which the journal is in use:
    /// the file is the old one or the new one, each complete.
    pub async fn compact(path: impl Into<PathBuf>) -> Result<Compacted, JournalError> {
        let path = path.into();
        blocking(move || {
            let path = path.canonicalize().map_err(|source| io_error(&path, "read", source))?;
            let lock = Lock::take(&path)?;
            let (reader, index, before) = read(&path)?;
            let documents = index.len();
            let after = compact::rewrite(&path, reader, &index)?;
            drop(lock);
            info!(before, after, documents, "compacted the journal");
            Ok(Compacted { before, after, documents })
        })
        .await
    }

    /// How many documents it knows of.
    pub fn len(&self) -> usize {
        self.0.state().index.len()
    }

    /// Whether it knows of none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn open_blocking(path: PathBuf) -> Result<Self, JournalError> {
        let open = |path: &Path| private().read(true).append(true).create(true).open(path);
        // It has to exist before it has a canonical path. What is read and written is opened again under the lock, as
        // another process may put a compacted file in its place until then.
        let path = open(&path)
            .and_then(|_| path.canonicalize())
            .map_err(|source| io_error(&path, "opened", source))?;
        let lock = Lock::take(&path)?;
        let opened = |source| io_error(&path, "opened", source);
        let written = |source| io_error(&path, "written", source);
        let mut file = open(&path).map_err(opened)?;
        let (mut reader, index, whole) = read(&path)?;
        let length = file.metadata().map_err(opened)?.len();
        if whole < length {
            info!(bytes = length - whole, "removed a line that a crash had cut off");
            file.set_len(whole).map_err(written)?;
        }
        let mut end = whole;
        if whole == 0 {
            let line = first_line(&path)?;
            file.write_all(&line).map_err(written)?;
            end = line.len() as u64;
        }
        // A process that was killed may have written records without synchronising them, and they are relied on from
        // now on.
        file.sync_all().map_err(written)?;
        sync_folder(&path).map_err(written)?;
        reader.rewind().map_err(opened)?;
        info!(documents = index.len(), "opened the journal");
        let writer = Some(Writer { file, end });
        let state = State { index, waiting: Vec::new(), writer, failed: false, commits: 0 };
        Ok(Self(Arc::new(Inner { path, state: Mutex::new(state), reader: Mutex::new(reader), _lock: lock })))
    }
}

impl Journal for FileJournal {
    fn record<'a>(
        &'a self,
        id: DocumentId,
        document: &'a Document,
        state: DocumentState,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        let record = Record::new(id, document, state);
        let (done, told) = oneshot::channel();
        let writer = {
            let mut state = self.0.state();
            if state.failed {
                return Box::pin(ready(Err(JournalError::Failed)));
            }
            state.waiting.push(Waiting { record, done });
            state.writer.take()
        };
        if let Some(writer) = writer {
            let commit = Commit { inner: Arc::clone(&self.0), writer: Some(writer) };
            // It finishes even if nobody waits any more: what was given to the journal is written.
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn_blocking(move || commit.run())),
                Err(_) => commit.run(),
            }
        }
        Box::pin(async move { told.await.unwrap_or(Err(JournalError::Failed)) })
    }

    fn look(&self, id: DocumentId) -> BoxFuture<'_, Result<Option<Entry>, JournalError>> {
        let spot = self.0.state().index.get(id);
        match spot {
            None => Box::pin(ready(Ok(None))),
            Some(spot) if spot.is() == Is::Completed => {
                Box::pin(ready(Ok(Some(Entry { state: DocumentState::Completed, document: None }))))
            }
            Some(spot) => {
                let inner = Arc::clone(&self.0);
                Box::pin(blocking(move || inner.entry_at(spot)))
            }
        }
    }

    fn pending(&self) -> BoxFuture<'_, Result<Vec<DocumentId>, JournalError>> {
        let pending = self.0.state().index.pending();
        Box::pin(ready(Ok(pending)))
    }
}

/// A commit under way, which has exclusive use of the file.
struct Commit {
    inner: Arc<Inner>,
    writer: Option<Writer>,
}

impl Commit {
    /// Writes the waiting records, and those that arrive meanwhile, until there are none.
    fn run(mut self) {
        while let Some(writer) = &mut self.writer {
            let batch = std::mem::take(&mut self.inner.state().waiting);
            let places = match self.inner.write(writer, &batch) {
                Ok(places) => places,
                Err(error) => {
                    drop(self);
                    return tell(batch, &Err(error));
                }
            };
            let mut state = self.inner.state();
            state.commits += 1;
            for (place, waiting) in places.into_iter().zip(&batch) {
                state.index.add(place, &waiting.record);
            }
            if state.waiting.is_empty() {
                state.writer = self.writer.take();
                drop(state);
                // A caller that is answered may close the journal and open it again, so nothing of it is held any more.
                drop(self);
                return tell(batch, &Ok(()));
            }
            drop(state);
            tell(batch, &Ok(()));
        }
    }
}

impl Drop for Commit {
    /// A commit that did not finish, because a write failed or the runtime shut down, is the end of the journal.
    fn drop(&mut self) {
        if self.writer.is_some() {
            let mut state = self.inner.state();
            state.failed = true;
            // Callers that wait notice it as the other end is dropped.
            state.waiting.clear();
        }
    }
}

impl Inner {
    /// Appends the records with one write and one sync, and returns their places.
    fn write(&self, writer: &mut Writer, batch: &[Waiting]) -> Result<Vec<u64>, JournalError> {
        let mut lines = Vec::new();
        let mut places = Vec::with_capacity(batch.len());
        for waiting in batch {
            let place = writer.end + lines.len() as u64;
            encode(&self.path, &waiting.record, place, &mut lines)?;
            places.push(place);
        }
        let failed = |source| io_error(&self.path, "written", source);
        writer.file.write_all(&lines).map_err(failed)?;
        writer.file.sync_data().map_err(failed)?;
        writer.end += lines.len() as u64;
        Ok(places)
    }

    fn entry_at(&self, spot: Spot) -> Result<Option<Entry>, JournalError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let record = record_at(&self.path, &mut reader, spot.place())?;
        Ok(record.entry())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(batch: Vec<Waiting>, outcome: &Result<(), JournalError>) {
    for waiting in batch {
        // A caller that has gone away needs no answer.
        let _ = waiting.done.send(outcome.clone());
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (documents, commits) = {
            let state = self.0.state();
            (state.index.len(), state.commits)
        };
        f.debug_struct("FileJournal")
            .field("path", &self.0.path)
            .field("documents", &documents)
            .field("commits", &commits)
            .finish()
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    match Handle::try_current() {
        // It fails only if the runtime shuts down.
        Ok(runtime) => runtime.spawn_blocking(work).await.unwrap_or(Err(JournalError::Failed)),
        Err(_) => work(),
    }
}

#[cfg(test)]
#[path = "file/tests.rs"]
mod tests;
