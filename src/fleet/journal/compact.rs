//! The last record of each document, in their own file.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use super::JournalError;
use super::index::Index;
use super::read::{encode, first_line, io_error, private, record_at, sync_folder};

/// Replaces the journal with one that has only the last record of each document, and returns its size.
pub(super) fn rewrite(path: &Path, mut from: File, index: &Index) -> Result<u64, JournalError> {
    let failed = |source| io_error(path, "written", source);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // What a crash left of an earlier attempt is overwritten.
    let file = private().write(true).create(true).truncate(true).open(&beside).map_err(failed)?;
    let mut to = BufWriter::new(file);
    let mut line = first_line(path)?;
    to.write_all(&line).map_err(failed)?;
    let mut end = line.len() as u64;
    for place in index.places() {
        let record = record_at(path, &mut from, place)?;
        line.clear();
        encode(path, &record, end, &mut line)?;
        to.write_all(&line).map_err(failed)?;
        end += line.len() as u64;
    }
    let file = to.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    drop((file, from));
    fs::rename(&beside, path).map_err(failed)?;
    sync_folder(path).map_err(failed)?;
    Ok(end)
}
