//! Which documents the runs of this process hold.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::document::DocumentId;
use super::journal::Journal;

/// The documents of all runs of this process, each with the address of its journal.
static HELD: Mutex<BTreeSet<(usize, DocumentId)>> = Mutex::new(BTreeSet::new());

/// The documents of one run between the stream and the outcomes.
///
/// A journal hands out what is pending whoever holds it, so runs that share one in a process share this too: none of
/// them takes a document that another holds.
pub(super) struct Held {
    /// Kept alive, so that no other journal gets its address meanwhile.
    journal: Arc<dyn Journal>,
    documents: HashSet<DocumentId>,
}

impl Held {
    pub(super) fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, documents: HashSet::new() }
    }

    /// Takes a document; `false` if this run or another one on the same journal holds it already.
    pub(super) fn insert(&mut self, id: DocumentId) -> bool {
        let is_new = all().insert((self.address(), id));
        if is_new {
            self.documents.insert(id);
        }
        is_new
    }

    pub(super) fn remove(&mut self, id: DocumentId) {
        if self.documents.remove(&id) {
            all().remove(&(self.address(), id));
        }
    }

    pub(super) fn clear(&mut self) {
        let address = self.address();
        let mut all = all();
        for id in self.documents.drain() {
            all.remove(&(address, id));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.documents.len()
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.journal).addr()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.clear();
    }
}

fn all() -> MutexGuard<'static, BTreeSet<(usize, DocumentId)>> {
    // Nothing that can panic leaves the set half changed.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::document::Document;
    use crate::fleet::journal::MemoryJournal;
    use crate::job::Api;

    #[test]
    fn a_document_is_held_by_one_run_of_a_journal() {
        let id = Document::new("s3://abc/k".parse().unwrap()).id(Api::StartDocumentAnalysis);
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        let (mut one, mut two) = (Held::new(Arc::clone(&journal)), Held::new(journal));
        let mut elsewhere = Held::new(Arc::new(MemoryJournal::new()));
        assert!(one.insert(id) && !one.insert(id) && !two.insert(id));
        assert!(elsewhere.insert(id), "another journal knows nothing of it");
        two.remove(id);
        assert!(!two.insert(id), "only the run that holds it lets go of it");
        one.remove(id);
        assert!(two.insert(id) && !one.insert(id));
        drop(two);
        assert!(one.insert(id));
        one.clear();
        assert_eq!((one.len(), elsewhere.len()), (0, 1));
    }
}
