//! One process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::JournalError;
use super::read::{io_error, private};

/// How often, and after which pause, the lock of a journal is tried again. A journal that was just dropped may still
/// be writing its last records.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The lock of a journal, held for as long as this lives.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the journal at this path, which has to be canonical: under two names it would have two locks.
    /// The lock is on its own file, as a compaction puts another file in the journal's place.
    pub(super) fn take(path: &Path) -> Result<Self, JournalError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let opened = private().write(true).create(true).truncate(false).open(&beside);
        let file = opened.map_err(|source| io_error(path, "locked", source))?;
        let mut tries_left = LOCK_TRIES;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if tries_left > 0 => {
                    tries_left -= 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::InUse { path: path.to_owned() });
                }
                Err(TryLockError::Error(source)) => return Err(io_error(path, "locked", source)),
            }
        }
    }
}
