//! Where in the file the last record of each document is.

use std::collections::HashMap;

use super::line::Record;
use crate::fleet::document::DocumentId;

/// 24 bytes for each document, plus the overhead of a hash table: 29 to 57 in all.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<DocumentId, Spot>);

/// The place of a line, and what kind of record it holds, in 8 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot(u64);

/// What has to be known about a record without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// Accepted, or about to be started.
    Pending,
    Completed,
    Other,
}

impl Spot {
    fn new(place: u64, is: Is) -> Self {
        let is = match is {
            Is::Pending => 0,
            Is::Completed => 1,
            Is::Other => 2,
        };
        // No file has more than 2^62 bytes.
        Self(place << 2 | is)
    }

    pub(super) fn place(self) -> u64 {
        self.0 >> 2
    }

    pub(super) fn is(self) -> Is {
        match self.0 & 3 {
            0 => Is::Pending,
            1 => Is::Completed,
            _ => Is::Other,
        }
    }
}

impl Index {
    /// Takes in the record at this place.
    pub(super) fn add(&mut self, place: u64, record: &Record) {
        let is = match record {
            Record::Accepted { .. } | Record::Starting { .. } => Is::Pending,
            Record::Completed { .. } => Is::Completed,
            Record::Journal { .. } | Record::Started { .. } | Record::Failed { .. } => Is::Other,
        };
        if let Some(id) = record.id() {
            self.0.insert(id, Spot::new(place, is));
        }
    }

    pub(super) fn get(&self, id: DocumentId) -> Option<Spot> {
        self.0.get(&id).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn pending(&self) -> Vec<DocumentId> {
        let pending = self.0.iter().filter(|(_, spot)| spot.is() == Is::Pending);
        pending.map(|(id, _)| *id).collect()
    }

    /// The places of the last records, in the order of the file.
    pub(super) fn places(&self) -> Vec<u64> {
        let mut places: Vec<u64> = self.0.values().map(|spot| spot.place()).collect();
        places.sort_unstable();
        places
    }
}
