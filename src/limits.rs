//! How much is read of what others wrote.

use crate::error::{Error, ErrorKind, Stage};

/// How much of an output, or of a saved document, is read before it is taken to be hostile.
///
/// Whoever can write into the output bucket decides what is read from it, and a few bytes of JSON can ask for a great deal
/// of memory: `{},` makes a block of 176 bytes. Each limit is far above what Textract writes, so that only made-up responses meet
/// one, and what is within them all is read in time and memory linear in its bytes. What is not is an error of kind
/// [`Malformed`](ErrorKind::Malformed) that names the limit, how much it allows, and the method here that raises it.
///
/// ```
/// use inkseal::{Document, Limits};
///
/// let json = br#"{"Blocks": [{"Id": "a"}, {"Id": "b"}]}"#;
/// let error = Document::from_json_within(json, &Limits::SAVED.records(1)).unwrap_err();
/// let source = std::error::Error::source(&error).expect("what is wrong with the JSON");
/// assert_eq!(source.to_string(), "more than 1 records: raise Limits::records at byte 25");
/// # Ok::<(), inkseal::Error>(())
/// ```
///
/// | limit | [`PART`](Self::PART) | [`SAVED`](Self::SAVED) | what Textract writes |
/// | --- | --- | --- | --- |
/// | [`part_bytes`](Self::part_bytes) | 16 MiB | not used | below 1 MB a part |
/// | [`parts`](Self::parts) | 100,000 | not used | one for each 1,000 blocks |
/// | [`records`](Self::records) | 100,000 | 10,000,000 | 1,000 blocks a part; about a million in 3,000 pages |
/// | [`references`](Self::references) | 1,000,000 | 40,000,000 | one to four a block |
/// | [`items`](Self::items) | 500,000 | 100,000,000 | some 20 a kilobyte |
/// | [`page_blocks`](Self::page_blocks) | 1,000,000 | not used | some thousand a page |
///
/// Three are no settings, because the call stack and the time to follow references depend on them: 127 lists and objects
/// within each other, as in `serde_json`; 64 relationships that name one block, of which Textract's responses have up to four
/// (see [`Document::unfollowed_count`](crate::Document::unfollowed_count)); and 64 places in a table for each of its cells
/// (see [`Table::is_scattered`](crate::document::Table::is_scattered)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) part_bytes: usize,
    pub(crate) parts: usize,
    pub(crate) records: usize,
    pub(crate) references: usize,
    pub(crate) items: usize,
    pub(crate) page_blocks: usize,
}

impl Limits {
    /// Those of a job's output, and of one response.
    pub const PART: Self = Self {
        part_bytes: crate::output::DEFAULT_MAX_PART_BYTES,
        parts: 100_000,
        records: 100_000,
        references: 1_000_000,
        items: 500_000,
        page_blocks: 1_000_000,
    };

    /// Those of a saved document, which may hold the responses of 3,000 pages, the most that Textract reads.
    pub const SAVED: Self =
        Self { records: 10_000_000, references: 40_000_000, items: 100_000_000, ..Self::PART };

    /// The largest part to read, in bytes.
    pub const fn part_bytes(self, bytes: usize) -> Self {
        Self { part_bytes: bytes, ..self }
    }

    /// The most parts of an output.
    pub const fn parts(self, parts: usize) -> Self {
        Self { parts, ..self }
    }

    /// The most records: blocks, expense or identity documents, lending results.
    pub const fn records(self, records: usize) -> Self {
        Self { records, ..self }
    }

    /// The most ids in the relationships of all blocks, and the most relationships.
    pub const fn references(self, references: usize) -> Self {
        Self { references, ..self }
    }

    /// The most items of all other lists that are kept: warnings and the pages that they name, types of entities, pages of
    /// queries; and, in records that are no blocks, whatever stands in a list, be it a field, a point or an id.
    pub const fn items(self, items: usize) -> Self {
        Self { items, ..self }
    }

    /// The most blocks of one page of a stream, which keeps account of them: those that came, and those that were only named.
    pub const fn page_blocks(self, blocks: usize) -> Self {
        Self { page_blocks: blocks, ..self }
    }

    /// A part of the output is larger than it may be.
    pub(crate) fn part_too_large(&self) -> Error {
        let message = format!(
            "the part is larger than {} bytes: raise max_part_bytes, or Limits::part_bytes",
            self.part_bytes
        );
        Error::new(ErrorKind::Malformed, Stage::Fetch, message)
    }

    /// The output has more parts than it may have.
    pub(crate) fn too_many_parts(&self) -> Error {
        let message = format!("the output has more than {} parts: raise Limits::parts", self.parts);
        Error::new(ErrorKind::Malformed, Stage::List, message)
    }

    /// A part that the SDK has read holds more records than it may.
    pub(crate) fn too_many_records(&self) -> Error {
        let message = format!("the part has more than {} records: raise Limits::records", self.records);
        Error::new(ErrorKind::Malformed, Stage::Fetch, message)
    }

    /// A page of a stream has, or names, more blocks than it may.
    pub(crate) fn page_too_large(&self, page: u32) -> Error {
        let message = format!(
            "page {page} has or names more than {} blocks: raise Limits::page_blocks",
            self.page_blocks
        );
        Error::new(ErrorKind::Malformed, Stage::Assemble, message)
    }
}

/// Those of an output: [`Limits::PART`].
impl Default for Limits {
    fn default() -> Self {
        Self::PART
    }
}
