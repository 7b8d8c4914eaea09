//! Parts: the content of one object of the output bucket, or of one `Get` response.

mod read;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::names::names;
use crate::{Limits, Text, tolerant};

pub use crate::json::{ParseError, ParseErrorKind};

use self::read::each_response;
pub(crate) use self::read::{parse_part_with_serde, parse_saved_with, parse_single_with_serde, parse_with};

/// One object of the output bucket, or one response of Textract: its head, and its list of records.
///
/// ```
/// use inkseal::block::Block;
/// use inkseal::part::{JobStatus, Part, Record};
///
/// let body = br#"{"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 1}, "Blocks": [{"Id": "a"}]}"#;
/// let part: Part<Block> = Record::parse_part(body)?;
/// assert_eq!(part.head.status, Some(JobStatus::Succeeded));
/// assert_eq!(part.head.pages, Some(1));
/// assert_eq!(part.records.len(), 1);
/// # Ok::<(), inkseal::part::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Part<T> {
    /// The job and the document that the part is about.
    pub head: PartHead,
    /// The blocks, expense documents, identity documents or lending results, in order.
    pub records: Vec<T>,
}

impl<T> Part<T> {
    /// A part made of these.
    pub fn new(head: PartHead, records: Vec<T>) -> Self {
        Self { head, records }
    }

    /// The responses to one request as a single one: all records in order, every different warning, the largest number
    /// of pages and the first version of the model that any of them gives, and the token of the last one.
    ///
    /// # Errors
    ///
    /// [`MixedStatuses`] if they give different states of the job: then they are not all of the same job after its end.
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Result<Self, MixedStatuses> {
        let (mut heads, mut all) = (Vec::new(), Vec::new());
        for Self { head, records } in parts {
            heads.push(head);
            if all.is_empty() {
                all = records;
            } else {
                all.extend(records);
            }
        }
        Ok(Self::new(PartHead::joined(heads)?, all))
    }
}

/// Responses to be joined give different states of the job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one response says {first}, another {other}: only responses of one finished job can be joined")]
#[non_exhaustive]
pub struct MixedStatuses {
    /// The state that the first of them gives.
    pub first: JobStatus,
    /// The other state.
    pub other: JobStatus,
}

impl PartHead {
    /// What several heads say together; see [`Part::join`].
    pub(crate) fn joined(heads: Vec<Self>) -> Result<Self, MixedStatuses> {
        let mut joined = Self::default();
        let mut warned = HashSet::new();
        for head in heads {
            let Self { pages, status, status_message, warnings, next_token, model_version } = head;
            match (&joined.status, status) {
                (Some(first), Some(other)) if *first != other => {
                    return Err(MixedStatuses { first: first.clone(), other });
                }
                (_, status) => joined.status = joined.status.take().or(status),
            }
            joined.pages = joined.pages.max(pages);
            joined.status_message = joined.status_message.take().or(status_message);
            joined.model_version = joined.model_version.take().or(model_version);
            joined.next_token = next_token;
            joined.warnings.extend(warnings.into_iter().filter(|warning| warned.insert(warning.clone())));
        }
        Ok(joined)
    }
}

/// What a part says about the job and the document, in addition to its records. Members that were null or absent
/// are empty.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PartHead {
    /// The number of pages of the whole document (`DocumentMetadata.Pages`).
    pub pages: Option<u32>,
    /// The state of the job.
    pub status: Option<JobStatus>,
    /// Why a job failed, in Textract's words.
    pub status_message: Option<Text>,
    /// What went wrong, and on which pages.
    pub warnings: Vec<Warning>,
    /// How to ask for the next response.
    pub next_token: Option<Text>,
    /// The version of the model that read the document, whichever member it came in
    /// (`AnalyzeDocumentModelVersion` and its like).
    pub model_version: Option<String>,
}

names! {
    /// The state of a Textract job.
    pub enum JobStatus {
        /// It is running.
        InProgress = "IN_PROGRESS",
        /// It is done.
        Succeeded = "SUCCEEDED",
        /// It has ended without a result.
        Failed = "FAILED",
        /// It is done, but not for every page; the warnings name the others.
        PartialSuccess = "PARTIAL_SUCCESS",
    }
}

/// Something that went wrong on some pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Warning {
    /// Textract's code for it.
    #[serde(rename = "ErrorCode", deserialize_with = "tolerant::or_default")]
    pub code: String,
    /// The pages that it concerns, 1-based.
    #[serde(deserialize_with = "pages")]
    pub pages: Vec<u32>,
}

impl Warning {
    /// A warning with this code about these pages, 1-based.
    pub fn new(code: impl Into<String>, pages: impl Into<Vec<u32>>) -> Self {
        Self { code: code.into(), pages: pages.into() }
    }
}

fn pages<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    Ok(tolerant::list(deserializer)?.unwrap_or_default())
}

/// An item of a part's list: a block, an expense document, an identity document, a lending result. In the parts of a
/// lending summary, the summary is the only record.
///
/// This trait is sealed: the crate implements it for everything that Textract lists.
pub trait Record: sealed::Sealed + Sized + Send + 'static {
    /// Reads a part from the bytes of an object of the output bucket or the body of a `Get` response.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if the bytes are not JSON, not a Textract response, or not of its shape, or hold more than
    /// [`Limits::PART`] allows.
    fn parse_part(bytes: &[u8]) -> Result<Part<Self>, ParseError> {
        Self::parse_part_within(bytes, &Limits::PART)
    }

    /// Reads a part as [`parse_part`](Self::parse_part) does, within these limits.
    ///
    /// # Errors
    ///
    /// As [`parse_part`](Self::parse_part).
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError>;

    /// Reads saved responses: one, as in [`parse_part`](Self::parse_part), or an array of them. [`Part::join`] makes a single
    /// part of them.
    ///
    /// # Errors
    ///
    /// [`ParseError`] as for [`parse_part`](Self::parse_part); all responses together may hold what [`Limits::SAVED`]
    /// allows.
    fn parse_saved(bytes: &[u8]) -> Result<Vec<Part<Self>>, ParseError> {
        Self::parse_saved_within(bytes, &Limits::SAVED)
    }

    /// Reads saved responses as [`parse_saved`](Self::parse_saved) does, within these limits.
    ///
    /// # Errors
    ///
    /// As [`parse_saved`](Self::parse_saved).
    fn parse_saved_within(bytes: &[u8], limits: &Limits) -> Result<Vec<Part<Self>>, ParseError> {
        let mut parts: Vec<Part<Self>> = Vec::new();
        let mut left = limits.records;
        each_response(bytes, limits, |offset, response| {
            let part = Self::parse_part_within(response, &limits.records(left)).map_err(|error| {
                // The limit is that of all responses together.
                error.of_all(limits.records).behind(offset)
            })?;
            left = left.saturating_sub(part.records.len());
            parts.push(part);
            Ok(())
        })?;
        Ok(parts)
    }

    /// The page that it is on, 1-based, if it says so.
    fn page(&self) -> Option<u32>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}
