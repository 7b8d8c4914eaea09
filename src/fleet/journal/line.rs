//! One record, one line.
//!
//! ```text
//! {"record":{"state":"completed","id":"…"},"sum":"0123456789abcdef"}
//! ```
//!
//! The sum is the first 8 bytes of a SHA-256 over the place of the line in the file and the bytes of the record, so a line
//! that was changed, moved, left out or inserted is noticed. It guards against faults, not against people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DocumentState, Entry, kind};
use crate::error::ErrorKind;
use crate::fleet::document::{Document, DocumentId};
use crate::resource::{ClientRequestToken, JobId, JobTag, S3Object};

/// The version of the format, which the first line names.
pub(super) const VERSION: u32 = 1;

/// More bytes than any line has: a key is up to 1,024 bytes, which JSON can write with six times as many.
pub(super) const LONGEST: usize = 16 * 1024;

const BEFORE: &[u8] = br#"{"record":"#;
const BETWEEN: &[u8] = br#","sum":""#;
const BEHIND: &[u8] = b"\"}";
const DIGITS: usize = 16;

/// What a line holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// The first line.
    Journal {
        version: u32,
    },
    Accepted {
        id: DocumentId,
        object: S3Object,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<JobTag>,
    },
    Starting {
        id: DocumentId,
        object: S3Object,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<JobTag>,
        token: ClientRequestToken,
        /// Seconds since 1970.
        at: u64,
    },
    Started {
        id: DocumentId,
        job: JobId,
        token: ClientRequestToken,
        at: u64,
    },
    Completed {
        id: DocumentId,
    },
    Failed {
        id: DocumentId,
        #[serde(with = "kind")]
        kind: ErrorKind,
    },
}

impl Record {
    pub(super) fn new(id: DocumentId, document: &Document, state: DocumentState) -> Self {
        let object = || document.object().clone();
        let tag = || document.tag().cloned();
        match state {
            DocumentState::Accepted => Self::Accepted { id, object: object(), tag: tag() },
            DocumentState::Starting { token, at } => {
                Self::Starting { id, object: object(), tag: tag(), token, at: seconds(at) }
            }
            DocumentState::Started { job, token, at } => Self::Started { id, job, token, at: seconds(at) },
            DocumentState::Completed => Self::Completed { id },
            DocumentState::Failed(kind) => Self::Failed { id, kind },
        }
    }

    /// The document that it is about; none for the first line.
    pub(super) fn id(&self) -> Option<DocumentId> {
        match self {
            Self::Journal { .. } => None,
            Self::Accepted { id, .. }
            | Self::Starting { id, .. }
            | Self::Started { id, .. }
            | Self::Completed { id }
            | Self::Failed { id, .. } => Some(*id),
        }
    }

    /// What it says about its document.
    pub(super) fn entry(self) -> Option<Entry> {
        let document = |object, tag: Option<JobTag>| {
            let document = Document::new(object);
            Some(match tag {
                Some(tag) => document.tagged(tag),
                None => document,
            })
        };
        let (state, document) = match self {
            Self::Journal { .. } => return None,
            Self::Accepted { object, tag, .. } => (DocumentState::Accepted, document(object, tag)),
            Self::Starting { object, tag, token, at, .. } => {
                (DocumentState::Starting { token, at: time(at) }, document(object, tag))
            }
            Self::Started { job, token, at, .. } => {
                (DocumentState::Started { job, token, at: time(at) }, None)
            }
            Self::Completed { .. } => (DocumentState::Completed, None),
            Self::Failed { kind, .. } => (DocumentState::Failed(kind), None),
        };
        Some(Entry { state, document })
    }

    /// The line at this place, with its line end.
    pub(super) fn encode(&self, place: u64, line: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let record = serde_json::to_vec(self)?;
        let sum = sum(place, &record);
        for bytes in [BEFORE, &record, BETWEEN, sum.as_bytes(), BEHIND, b"\n"] {
            line.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// The record of a line without its line end, or what is wrong with it.
    pub(super) fn decode(place: u64, line: &[u8]) -> Result<Self, &'static str> {
        const FRAME: &str = "it does not have the form of a record";
        let rest = line.strip_prefix(BEFORE).and_then(|line| line.strip_suffix(BEHIND)).ok_or(FRAME)?;
        let at = rest.len().checked_sub(DIGITS).ok_or(FRAME)?;
        let (rest, written) = rest.split_at_checked(at).ok_or(FRAME)?;
        let record = rest.strip_suffix(BETWEEN).ok_or(FRAME)?;
        if sum(place, record).as_bytes() != written {
            return Err("its checksum does not fit its bytes and its place in the file");
        }
        // What serde says about it could repeat the name of an object.
        serde_json::from_slice(record).map_err(|_| "its checksum is right, but this version cannot read it")
    }
}

fn sum(place: u64, record: &[u8]) -> String {
    let digest = Sha256::new().chain_update(place.to_le_bytes()).chain_update(record).finalize();
    digest.iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

/// The current time, as precisely as a journal keeps it.
pub(in crate::fleet) fn now() -> SystemTime {
    time(seconds(SystemTime::now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Api;
    use proptest::prelude::*;

    pub(super) fn records(key: &str, tag: Option<&str>, kind: ErrorKind) -> Vec<Record> {
        let document = Document::new(S3Object::new("amzn-s3-demo-source", key).unwrap());
        let document = match tag {
            Some(tag) => document.tagged(tag.parse().unwrap()),
            None => document,
        };
        let id = document.id(Api::StartDocumentAnalysis);
        let token: ClientRequestToken = "7".repeat(64).parse().unwrap();
        let job: JobId = "8".repeat(64).parse().unwrap();
        let at = time(1_700_000_000);
        let states = [
            DocumentState::Accepted,
            DocumentState::Starting { token: token.clone(), at },
            DocumentState::Started { job, token, at },
            DocumentState::Completed,
            DocumentState::Failed(kind),
        ];
        states.into_iter().map(|state| Record::new(id, &document, state)).collect()
    }

    #[test]
    fn the_longest_line_fits() {
        let key = "\\".repeat(1024);
        for record in records(&key, Some(&"t".repeat(64)), ErrorKind::UnsupportedDocument) {
            let mut line = Vec::new();
            record.encode(u64::MAX, &mut line).unwrap();
            assert!(line.len() < LONGEST);
        }
    }

    /// A right checksum is no reason to trust a record: anyone can compute it.
    #[test]
    fn hostile_records_with_a_right_checksum() {
        let decode = |record: &str| {
            let sum = sum(7, record.as_bytes());
            Record::decode(7, format!(r#"{{"record":{record},"sum":"{sum}"}}"#).as_bytes())
        };
        let id = "0".repeat(32);
        let completed = format!(r#""state":"completed","id":"{id}""#);
        assert!(decode(&format!("{{{completed}}}")).is_ok());
        for record in [
            format!(r#"{{{completed},"id":"{id}"}}"#),
            format!(r#"{{{completed},"more":1}}"#),
            format!(r#"{{{completed},"more":{}}}"#, "[".repeat(10_000)),
            format!(r#"{{"state":{}"#, "[".repeat(10_000)),
            r#"{"state":"completed","id":""}"#.to_owned(),
            r#"{"state":"completed","id":"\ud800"}"#.to_owned(),
            r#"{"state":"completed","id":NaN}"#.to_owned(),
            r#"{"state":"journal","version":4294967296}"#.to_owned(),
            r#"{"state":"journal","version":1e999}"#.to_owned(),
            format!(r#"{{"state":"journal","version":{}}}"#, "9".repeat(400)),
        ] {
            let shown = record.get(..60).unwrap_or(&record);
            assert!(decode(&record).is_err(), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_read_as_they_are_written(
            key in "[^\\p{Cc}#]{1,40}[a-z]",
            tag in prop::option::of("[a-z0-9:.]{1,64}"),
            place: u64,
        ) {
            for record in records(&key, tag.as_deref(), ErrorKind::NotFound) {
                let mut line = Vec::new();
                record.encode(place, &mut line).unwrap();
                prop_assert_eq!(line.pop(), Some(b'\n'));
                prop_assert!(!line.contains(&b'\n'));
                prop_assert_eq!(Record::decode(place, &line), Ok(record));
                prop_assert!(Record::decode(place ^ 1, &line).is_err(), "at another place");
            }
        }

        #[test]
        fn a_changed_byte_shows(at in 0usize..10_000, flip in 1u8..) {
            for record in records("scans/one.pdf", Some("a"), ErrorKind::NotFound) {
                let mut line = Vec::new();
                record.encode(99, &mut line).unwrap();
                line.pop();
                let at = at % line.len();
                line[at] ^= flip;
                prop_assert!(Record::decode(99, &line).is_err());
            }
        }

        #[test]
        fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Record::decode(0, &bytes).is_err());
        }
    }
}
