//! Making a document: from saved JSON, from parts, from a stream.

use futures::TryStreamExt;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Document;
use crate::Limits;
use crate::block::{self, Block};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::part::{JobStatus, MixedStatuses, Part, PartHead};
use crate::stream::{BlockStream, PageBlocks};

impl Document {
    /// A document from saved responses of text detection or document analysis: the JSON of one, as returned by the Get,
    /// Analyze and Detect operations and found in the objects of an output bucket, or an array of them, which are joined
    /// as by [`from_parts`](Self::from_parts).
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if the bytes are not such JSON, hold more than [`Limits::SAVED`] allows, or report
    /// different statuses of the job. A response without blocks is not an error: it makes a document without pages, whose
    /// [`status`](Self::status) says more.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        Self::from_json_within(json, &Limits::SAVED)
    }

    /// A document from saved responses, as [`from_json`](Self::from_json) but within other limits.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    pub fn from_json_within(json: &[u8], limits: &Limits) -> Result<Self> {
        let (heads, blocks) = block::parse_saved(json, limits)?;
        Ok(Self::new(PartHead::joined(heads)?, blocks))
    }

    /// A document from parts in their order, joined as by [`Part::join`].
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if the parts report different statuses of the job.
    pub fn from_parts(parts: impl IntoIterator<Item = Part<Block>>) -> Result<Self> {
        Ok(Part::join(parts)?.into())
    }

    /// The whole document of a job, in memory. For one that may not fit, use the [`PageStream`](crate::PageStream) and make
    /// a document of each page.
    ///
    /// ```no_run
    /// # async fn example(clients: &inkseal::Clients, job: inkseal::RunningJob<inkseal::Analysis>) -> inkseal::Result<()> {
    /// use futures::TryStreamExt;
    /// use inkseal::document::Document;
    ///
    /// let completed = job.wait(clients).await?;
    /// let document = Document::read(completed.blocks(clients)).await?;
    ///
    /// let mut pages = completed.pages(clients);
    /// while let Some(page) = pages.try_next().await? {
    ///     let document = Document::from(page);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the stream's items, and [`Malformed`](ErrorKind::Malformed) for more blocks than [`Limits::SAVED`] allows.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream and what was read so far. Nothing of the job is lost: read it again.
    pub async fn read(mut blocks: BlockStream) -> Result<Self> {
        let mut list: Vec<Block> = Vec::new();
        while let Some(block) = blocks.try_next().await? {
            if list.len() == Limits::SAVED.records {
                let message = format!(
                    "the document has more than {} blocks: read it page by page",
                    Limits::SAVED.records
                );
                return Err(Error::new(ErrorKind::Malformed, Stage::Assemble, message));
            }
            list.push(block);
        }
        let mut head = PartHead::default();
        if let Some(account) = blocks.completeness() {
            head.pages = account.pages_expected;
            head.status =
                Some(if account.partial { JobStatus::PartialSuccess } else { JobStatus::Succeeded });
            head.warnings = account.warnings.clone();
            head.model_version = account.model_version.clone();
        }
        Ok(Self::new(head, list))
    }
}

impl From<MixedStatuses> for Error {
    fn from(mixed: MixedStatuses) -> Self {
        Self::new(ErrorKind::Malformed, Stage::Assemble, "the responses are not of one job").caused_by(mixed)
    }
}

impl From<Part<Block>> for Document {
    fn from(part: Part<Block>) -> Self {
        Self::new(part.head, part.records)
    }
}

/// A document of one page, with the number that it has in its original document.
impl From<PageBlocks> for Document {
    fn from(page: PageBlocks) -> Self {
        Self::beginning_at(page.number, PartHead::default(), page.blocks)
    }
}

/// Writes the JSON of one response with all blocks, which [`from_json`](Document::from_json) reads.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Blocks<'d>(&'d Document);

        impl Serialize for Blocks<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.blocks().map(|block| block.block()))
            }
        }

        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Metadata {
            pages: u32,
        }

        let PartHead { pages: _, status, status_message, warnings, next_token, model_version } = self.head();
        let mut response = serializer.serialize_struct("Document", 7)?;
        if let Some(pages) = self.pages_expected() {
            response.serialize_field("DocumentMetadata", &Metadata { pages })?;
        }
        if let Some(status) = status {
            response.serialize_field("JobStatus", status)?;
        }
        if let Some(message) = status_message {
            response.serialize_field("StatusMessage", message)?;
        }
        if !warnings.is_empty() {
            response.serialize_field("Warnings", warnings)?;
        }
        response.serialize_field("Blocks", &Blocks(self))?;
        if let Some(token) = next_token {
            response.serialize_field("NextToken", token)?;
        }
        if let Some(version) = model_version {
            response.serialize_field("AnalyzeDocumentModelVersion", version)?;
        }
        response.end()
    }
}
