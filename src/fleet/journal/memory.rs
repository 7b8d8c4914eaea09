//! A journal that lasts as long as the process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, ready};

use super::{DocumentState, Entry, Journal, JournalError};
use crate::fleet::document::{Document, DocumentId};

/// A journal in memory: for tests, and for runs that begin anew after a crash.
///
/// A run that begins anew still starts nothing twice within seven days, as equal work has an equal token; it only asks
/// Textract again for what an earlier run knew. It keeps about 500 bytes for each document.
#[derive(Default)]
pub struct MemoryJournal {
    entries: Mutex<HashMap<DocumentId, Entry>>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, use_entries: impl FnOnce(&mut HashMap<DocumentId, Entry>) -> T) -> T {
        use_entries(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Journal for MemoryJournal {
    fn record<'a>(
        &'a self,
        id: DocumentId,
        document: &'a Document,
        state: DocumentState,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        let document = is_pending(&state).then(|| document.clone());
        self.with(|entries| entries.insert(id, Entry { state, document }));
        Box::pin(ready(Ok(())))
    }

    fn look(&self, id: DocumentId) -> BoxFuture<'_, Result<Option<Entry>, JournalError>> {
        let found = self.with(|entries| entries.get(&id).cloned());
        Box::pin(ready(Ok(found)))
    }

    fn pending(&self) -> BoxFuture<'_, Result<Vec<DocumentId>, JournalError>> {
        let pending = self.with(|entries| {
            let pending = entries.iter().filter(|(_, entry)| is_pending(&entry.state));
            pending.map(|(id, _)| *id).collect()
        });
        Box::pin(ready(Ok(pending)))
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let documents = self.with(|entries| entries.len());
        f.debug_struct("MemoryJournal").field("documents", &documents).finish()
    }
}

fn is_pending(state: &DocumentState) -> bool {
    matches!(state, DocumentState::Accepted | DocumentState::Starting { .. })
}
