//! The lines of a journal's file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use super::JournalError;
use super::index::Index;
use super::line::{LONGEST, Record, VERSION};

/// Reads the whole file: where the last record of each document is, and how many bytes the complete lines take.
pub(super) fn read(path: &Path) -> Result<(File, Index, u64), JournalError> {
    let opened = |source| io_error(path, "read", source);
    let file = OpenOptions::new().read(true).open(path).map_err(opened)?;
    let mut lines = BufReader::with_capacity(64 * 1024, file);
    let (mut index, mut place, mut number, mut line) = (Index::default(), 0, 0, Vec::new());
    loop {
        line.clear();
        let read = lines.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line).map_err(opened)?;
        number += 1;
        let broken = |reason| JournalError::Broken { path: path.to_owned(), line: number, reason };
        if line.last() != Some(&b'\n') {
            if read == LONGEST {
                return Err(broken("it is longer than any record"));
            }
            // What a crash left of the last line, or nothing. If it is the first line, it must be the beginning of
            // that: a file that is something else altogether is not emptied.
            if number == 1 && !first_line(path)?.starts_with(&line) {
                return Err(broken("it is not the first line of a journal"));
            }
            break;
        }
        line.pop();
        let record = Record::decode(place, &line).map_err(broken)?;
        match (&record, number) {
            (Record::Journal { version: VERSION }, 1) => {}
            (Record::Journal { version }, 1) => {
                let found = *version;
                return Err(JournalError::Version { path: path.to_owned(), found, known: VERSION });
            }
            (_, 1) => return Err(broken("it is not the first line of a journal")),
            (Record::Journal { .. }, _) => return Err(broken("it is the first line of a journal again")),
            _ => index.add(place, &record),
        }
        place += read as u64;
    }
    Ok((lines.into_inner(), index, place))
}

pub(super) fn first_line(path: &Path) -> Result<Vec<u8>, JournalError> {
    let mut line = Vec::new();
    encode(path, &Record::Journal { version: VERSION }, 0, &mut line)?;
    Ok(line)
}

/// The record whose line begins here.
pub(super) fn record_at(path: &Path, file: &mut File, place: u64) -> Result<Record, JournalError> {
    let failed = |source| io_error(path, "read", source);
    file.seek(SeekFrom::Start(place)).map_err(failed)?;
    let mut line = Vec::with_capacity(512);
    let mut lines = BufReader::with_capacity(1024, file).take(LONGEST as u64);
    lines.read_until(b'\n', &mut line).map_err(failed)?;
    line.pop();
    // This process has read or written it before, so somebody else has changed it since.
    Record::decode(place, &line).map_err(|_| {
        let changed = io::Error::new(io::ErrorKind::InvalidData, "a record has changed since it was written");
        io_error(path, "read", changed)
    })
}

pub(super) fn encode(
    path: &Path,
    record: &Record,
    place: u64,
    line: &mut Vec<u8>,
) -> Result<(), JournalError> {
    record.encode(place, line).map_err(|error| io_error(path, "written", error.into()))
}

pub(super) fn io_error(path: &Path, doing: &'static str, source: io::Error) -> JournalError {
    JournalError::Io { path: path.to_owned(), doing, source: Arc::new(source) }
}

/// Options for files that only their owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes it durable that a file of this name exists.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
