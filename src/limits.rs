//! How much of foreign input is read.

use crate::error::{Error, ErrorKind, Stage};

/// How much of an output, or of a saved document, is read before it is considered hostile.
///
/// Anyone who can write to the output bucket decides what is read from it, and a few bytes of JSON can demand much memory:
/// `{},` makes a block of 176 bytes. Each limit is far above what Textract writes, so that only made-up responses exceed
/// one. Input within all limits is read in time and memory linear in its bytes. Input beyond one is an error of kind
/// [`Malformed`](ErrorKind::Malformed) that names the limit, how much it allows, and the method here that raises it.
///
/// ```
/// use inkseal::{Document, Limits};
///
/// let json = br#"{"Blocks": [{"Id": "a"}, {"Id": "b"}]}"#;
/// let error = Document::from_json_within(json, &Limits::SAVED.records(1)).unwrap_err();
/// let source = std::error::Error::source(&error).expect("what is wrong with the JSON");
/// assert_eq!(source.to_string(), "more than 1 records (Limits::records raises that) at byte 25");
/// # Ok::<(), inkseal::Error>(())
/// ```
///
/// | limit | [`PART`](Self::PART) | [`SAVED`](Self::SAVED) | what Textract writes |
/// | --- | --- | --- | --- |
/// | [`part_bytes`](Self::part_bytes) | 16 MiB | not used | below 1 MB per part |
/// | [`parts`](Self::parts) | 100,000 | not used | one for each 1,000 blocks |
/// | [`records`](Self::records) | 100,000 | 10,000,000 | 1,000 blocks per part; about a million in 3,000 pages |
/// | [`references`](Self::references) | 1,000,000 | 40,000,000 | one to four per block |
/// | [`items`](Self::items) | 500,000 | 100,000,000 | some 20 per kilobyte |
/// | [`page_blocks`](Self::page_blocks) | 1,000,000 | not used | some thousand per page |
///
/// Three limits are fixed, because the depth of the call stack and the time to follow references depend on them: 127 lists
/// and objects within each other, as in `serde_json`; 64 relationships that name the same block, of which Textract's
/// responses have up to four (see [`Document::unfollowed_count`](crate::Document::unfollowed_count)); and 64 places in a
/// table for each of its cells (see [`Table::is_scattered`](crate::document::Table::is_scattered)).
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
    /// The limits for a job's output, and for one response.
    pub const PART: Self = Self {
        part_bytes: crate::output::DEFAULT_MAX_PART_BYTES,
        parts: 100_000,
        records: 100_000,
        references: 1_000_000,
        items: 500_000,
        page_blocks: 1_000_000,
    };

    /// The limits for a saved document, which may hold the responses of 3,000 pages, the most that Textract reads.
    pub const SAVED: Self =
        Self { records: 10_000_000, references: 40_000_000, items: 100_000_000, ..Self::PART };

    /// The largest part to read, in bytes.
    #[must_use]
    pub const fn part_bytes(self, bytes: usize) -> Self {
        Self { part_bytes: bytes, ..self }
    }

    /// The most parts of an output.
    #[must_use]
    pub const fn parts(self, parts: usize) -> Self {
        Self { parts, ..self }
    }

    /// The most records: blocks, expense or identity documents, lending results.
    #[must_use]
    pub const fn records(self, records: usize) -> Self {
        Self { records, ..self }
    }

    /// The most ids in the relationships of all blocks, and the most relationships.
    #[must_use]
    pub const fn references(self, references: usize) -> Self {
        Self { references, ..self }
    }

    /// The most items of all other lists that are kept: warnings and the pages that they name, types of entities, pages of
    /// queries, responses of an array; and, in records that are not blocks, anything in a list: fields, points, ids. In an
    /// array of responses with such records, anything in a list of a response counts.
    ///
    /// It holds for each part of an output, and once more for the different warnings of all parts of a stream.
    #[must_use]
    pub const fn items(self, items: usize) -> Self {
        Self { items, ..self }
    }

    /// The most blocks of one page of a stream, which keeps account of them: those that came, and those that were only named.
    /// It is also the most ids that all pages may name and no block has.
    #[must_use]
    pub const fn page_blocks(self, blocks: usize) -> Self {
        Self { page_blocks: blocks, ..self }
    }

    /// A part of the output is larger than allowed.
    pub(crate) fn part_too_large(&self) -> Error {
        let message = format!(
            "the part is larger than {} bytes: raise max_part_bytes, or Limits::part_bytes",
            self.part_bytes
        );
        Error::new(ErrorKind::Malformed, Stage::Fetch, message)
    }

    /// The output has more parts than allowed.
    pub(crate) fn too_many_parts(&self) -> Error {
        let message = format!("the output has more than {} parts: raise Limits::parts", self.parts);
        Error::new(ErrorKind::Malformed, Stage::List, message)
    }

    /// A part that the SDK has read holds more records than allowed.
    pub(crate) fn too_many_records(&self) -> Error {
        let message = format!("the part has more than {} records: raise Limits::records", self.records);
        Error::new(ErrorKind::Malformed, Stage::Fetch, message)
    }

    /// A page of a stream has, or names, more blocks than allowed.
    pub(crate) fn page_too_large(&self, page: u32) -> Error {
        let message = format!(
            "page {page} has or names more than {} blocks: raise Limits::page_blocks",
            self.page_blocks
        );
        Error::new(ErrorKind::Malformed, Stage::Assemble, message)
    }

    /// The pages of a stream have named more ids that no block has than allowed.
    pub(crate) fn too_many_unresolved(&self) -> Error {
        let message = format!(
            "the pages name more than {} ids that no block has: raise Limits::page_blocks",
            self.page_blocks
        );
        Error::new(ErrorKind::Malformed, Stage::Assemble, message)
    }

    /// The parts of an output have more warnings, with the pages that they name, than allowed.
    pub(crate) fn too_many_warnings(&self) -> Error {
        let message = format!(
            "the output has more than {} warnings and pages that they name: raise Limits::items",
            self.items
        );
        Error::new(ErrorKind::Malformed, Stage::Assemble, message)
    }
}

/// The limits for an output: [`Limits::PART`].
impl Default for Limits {
    fn default() -> Self {
        Self::PART
    }
}
