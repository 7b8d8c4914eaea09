//! Parts: what one object of the output bucket, or one `Get` response, holds.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::{Cursor, Fault, Step};
use crate::names::names;
use crate::{Limits, Text, tolerant};

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
    /// What is said of the job and the document.
    pub head: PartHead,
    /// The blocks, expense documents, identity documents or lending results, in order.
    pub records: Vec<T>,
}

impl<T> Part<T> {
    /// A part made of these.
    pub fn new(head: PartHead, records: Vec<T>) -> Self {
        Self { head, records }
    }

    /// The responses to one request as a single one: all records in order, every different warning, the most pages that
    /// any of them tells, the first version of the model, and the token for a next one that the last of them has.
    ///
    /// # Errors
    ///
    /// [`MixedStatuses`] if they tell different states of the job: then they are not of one job, or not all of its end.
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

/// Responses that were to be joined tell different states of the job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one response says {first}, another {other}: only responses of one finished job can be joined")]
#[non_exhaustive]
pub struct MixedStatuses {
    /// The state that the first of them tells.
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

/// What a part says of the job and the document, beside its records. Members that were null or not there are
/// empty.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PartHead {
    /// The number of pages of the whole document (`DocumentMetadata.Pages`).
    pub pages: Option<u32>,
    /// The state of the job.
    pub status: Option<JobStatus>,
    /// Why a job failed, in Textract's words.
    pub status_message: Option<Text>,
    /// What went wrong on which pages.
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
        /// It runs.
        InProgress = "IN_PROGRESS",
        /// It is done.
        Succeeded = "SUCCEEDED",
        /// It is over without a result.
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

/// What a part's list holds: a block, an expense document, an identity document, a lending result. Of the parts of a
/// lending summary, the summary is the only record.
///
/// It is sealed: the crate knows all that Textract lists.
pub trait Record: sealed::Sealed + Sized + Send + 'static {
    /// Reads a part from the bytes of an object of the output bucket or the body of a `Get` response.
    ///
    /// # Errors
    ///
    /// [`ParseError`] where the bytes are not JSON, not a Textract response, or not of its shape, or hold more than
    /// [`Limits::PART`] allows.
    fn parse_part(bytes: &[u8]) -> Result<Part<Self>, ParseError> {
        Self::parse_part_within(bytes, &Limits::PART)
    }

    /// Reads a part as [`parse_part`](Self::parse_part) does, within limits of one's own.
    ///
    /// # Errors
    ///
    /// As [`parse_part`](Self::parse_part).
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError>;

    /// Reads saved responses: one, as in [`parse_part`](Self::parse_part), or an array of them. [`Part::join`] makes one
    /// of them.
    ///
    /// # Errors
    ///
    /// [`ParseError`] as for [`parse_part`](Self::parse_part); all responses together may hold what [`Limits::SAVED`]
    /// allows.
    fn parse_saved(bytes: &[u8]) -> Result<Vec<Part<Self>>, ParseError> {
        Self::parse_saved_within(bytes, &Limits::SAVED)
    }

    /// Reads saved responses as [`parse_saved`](Self::parse_saved) does, within limits of one's own.
    ///
    /// # Errors
    ///
    /// As [`parse_saved`](Self::parse_saved).
    fn parse_saved_within(bytes: &[u8], limits: &Limits) -> Result<Vec<Part<Self>>, ParseError> {
        let mut parts: Vec<Part<Self>> = Vec::new();
        let mut left = limits.records;
        each_response(bytes, limits, |offset, response| {
            let part = Self::parse_part_within(response, &limits.records(left)).map_err(|error| {
                // All of them together are more, and not those of this one.
                error.of_all(limits.records).behind(offset)
            })?;
            left = left.saturating_sub(part.records.len());
            parts.push(part);
            Ok(())
        })?;
        Ok(parts)
    }

    /// The page that it stands on, 1-based, where it says so.
    fn page(&self) -> Option<u32>;
}

/// Calls `take` with each response of saved bytes, which hold one or an array, and its offset.
fn each_response(
    bytes: &[u8],
    limits: &Limits,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut cursor = Cursor::new(bytes, limits.items);
    if cursor.peek() != Some(b'[') {
        return take(0, bytes);
    }
    let mut refused = None;
    let whole = cursor.list("response", |cursor| {
        cursor.item()?;
        let start = cursor.offset();
        let response = cursor.kept_value()?;
        take(start, response).map_err(|error| {
            refused = Some(error);
            Fault
        })
    });
    match (whole.and_then(|_| cursor.end()), refused) {
        (_, Some(error)) => Err(error),
        (Ok(()), None) => Ok(()),
        (Err(_), None) => Err(cursor.into_error()),
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Why bytes could not be read as a part. It tells where and what, but nothing that they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ParseError {
    offset: usize,
    kind: ParseErrorKind,
}

impl ParseError {
    pub(crate) fn new(offset: usize, kind: ParseErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The error, where `offset` more bytes stand before what was parsed.
    fn behind(self, offset: usize) -> Self {
        Self { offset: self.offset + offset, ..self }
    }

    /// The error, where the limit of records is that of several responses.
    fn of_all(mut self, records: usize) -> Self {
        if let ParseErrorKind::TooMany { what: "records", limit, .. } = &mut self.kind {
            *limit = records;
        }
        self
    }

    /// How many bytes stand before the fault.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What the fault is.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }
}

/// What is wrong with the bytes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes are not JSON, or end too early.
    #[error("malformed JSON, expected {expected}")]
    Malformed {
        /// What should stand there.
        expected: &'static str,
    },
    /// The bytes are JSON, but a member has a value of a type that Textract never gives it.
    #[error("`{field}` is not {expected}")]
    WrongType {
        /// The member.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A number is too large: for an `f64`, or where it is kept as an `f32`, for that.
    #[error("number out of range")]
    NumberOutOfRange,
    /// A text is not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// 128 lists and objects stand within each other.
    #[error("nested too deeply")]
    TooDeep,
    /// A part lists far more than Textract puts into one.
    #[error("more than {limit} {what}: raise Limits::{setter}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
        /// The method of [`Limits`] that raises the limit.
        setter: &'static str,
    },
    /// The JSON has none of the members by which a response of Textract is known: its list of records,
    /// `JobStatus`, `DocumentMetadata`.
    #[error("not a response of Textract")]
    NotAResponse,
}

/// Reads the head of a part; `list` is called at the value of the member `list_key`, which it must take.
#[inline(always)]
pub(crate) fn parse_with<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    list_key: &'static str,
    mut list: impl FnMut(&mut Cursor<'a>) -> Step<()>,
) -> Result<PartHead, ParseError> {
    let mut cursor = Cursor::new(bytes, limits.items);
    let head = whole_response(&mut cursor, list_key, &mut list);
    head.map_err(|_| cursor.into_error())
}

/// As [`parse_with`], for one response or an array of them. `list` is told which one of them it reads, from 0.
pub(crate) fn parse_saved_with<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    list_key: &'static str,
    mut list: impl FnMut(&mut Cursor<'a>, usize) -> Step<()>,
) -> Result<Vec<PartHead>, ParseError> {
    let mut cursor = Cursor::new(bytes, limits.items);
    let mut heads = Vec::new();
    let read = if cursor.peek() == Some(b'[') {
        let each = cursor.list("response", |cursor| {
            cursor.item()?;
            let (index, start) = (heads.len(), cursor.offset());
            match response(cursor, list_key, &mut |cursor| list(cursor, index))? {
                Some(head) => heads.push(head),
                None => return cursor.fail_at(start, ParseErrorKind::NotAResponse),
            }
            Ok(())
        });
        each.and_then(|_| cursor.end())
    } else {
        whole_response(&mut cursor, list_key, &mut |cursor| list(cursor, 0)).map(|head| heads.push(head))
    };
    read.map(|()| heads).map_err(|_| cursor.into_error())
}

/// One response, and nothing behind it.
#[inline(always)]
fn whole_response<'a>(
    cursor: &mut Cursor<'a>,
    list_key: &'static str,
    list: &mut impl FnMut(&mut Cursor<'a>) -> Step<()>,
) -> Step<PartHead> {
    let head = response(cursor, list_key, list)?;
    // What is no JSON is told as that.
    cursor.end()?;
    match head {
        Some(head) => Ok(head),
        None => cursor.fail_at(0, ParseErrorKind::NotAResponse),
    }
}

/// A response; `None` where it has no member by which it is known to be one.
#[inline(always)]
fn response<'a>(
    cursor: &mut Cursor<'a>,
    list_key: &'static str,
    list: &mut impl FnMut(&mut Cursor<'a>) -> Step<()>,
) -> Step<Option<PartHead>> {
    let mut head = PartHead::default();
    let mut known = false;
    if cursor.peek() == Some(b'{') {
        cursor.object("response", |cursor, name| {
            if name == list_key.as_bytes() {
                known = true;
                list(cursor)
            } else {
                member_of_head(cursor, name, &mut head, &mut known)
            }
        })?;
    } else {
        cursor.skip_value()?;
    }
    Ok(known.then_some(head))
}

fn member_of_head(cursor: &mut Cursor<'_>, name: &[u8], head: &mut PartHead, known: &mut bool) -> Step<()> {
    match name {
        b"DocumentMetadata" => {
            *known = true;
            head.pages = None;
            cursor.object("DocumentMetadata", |cursor, name| match name {
                b"Pages" => cursor.count_or_null("Pages").map(|pages| head.pages = pages),
                _ => cursor.skip_value(),
            })?;
        }
        b"JobStatus" => {
            *known = true;
            head.status = cursor.text("JobStatus")?.map(|name| JobStatus::from(&*name));
        }
        b"StatusMessage" => {
            head.status_message = cursor.text("StatusMessage")?.map(|text| Text::from(&*text))
        }
        b"NextToken" => head.next_token = cursor.text("NextToken")?.map(|text| Text::from(&*text)),
        b"Warnings" => head.warnings = warnings(cursor)?,
        b"AnalyzeDocumentModelVersion"
        | b"DetectDocumentTextModelVersion"
        | b"AnalyzeExpenseModelVersion"
        | b"AnalyzeLendingModelVersion"
        | b"AnalyzeIDModelVersion" => {
            // Of several, as in null ones beside the one that counts, the last that says something.
            if let Some(version) = cursor.text("ModelVersion")? {
                head.model_version = Some(version.into_owned());
            }
        }
        _ => cursor.skip_value()?,
    }
    Ok(())
}

fn warnings(cursor: &mut Cursor<'_>) -> Step<Vec<Warning>> {
    let mut warnings = Vec::new();
    cursor.list("Warnings", |cursor| {
        cursor.item()?;
        let mut warning = Warning::default();
        cursor.object("Warnings", |cursor, name| match name {
            b"ErrorCode" => {
                warning.code = cursor.text("ErrorCode")?.unwrap_or_default().into_owned();
                Ok(())
            }
            b"Pages" => {
                warning.pages.clear();
                cursor
                    .list("Pages", |cursor| {
                        cursor.item()?;
                        warning.pages.extend(cursor.count_or_null("Pages")?);
                        Ok(())
                    })
                    .map(drop)
            }
            _ => cursor.skip_value(),
        })?;
        warnings.push(warning);
        Ok(())
    })?;
    Ok(warnings)
}

const OF_RECORDS: &str = "a list of records of the usual shape";

/// Reads a part whose records are read by serde, from the member `list_key`. Nulls in and for the list are
/// tolerated.
///
/// # Errors
///
/// [`ParseError`] as for [`Record::parse_part`]; a record of another shape is reported as one of `list_key`.
pub(crate) fn parse_part_with_serde<T: DeserializeOwned>(
    bytes: &[u8],
    limits: &Limits,
    list_key: &'static str,
) -> Result<Part<T>, ParseError> {
    let mut records = Vec::new();
    let head = parse_with(bytes, limits, list_key, |cursor| {
        records.clear();
        cursor
            .list(list_key, |cursor| {
                if records.len() == limits.records {
                    return cursor.too_many("records", limits.records, "records");
                }
                records.push(object_with_serde(cursor, list_key, OF_RECORDS)?);
                Ok(())
            })
            .map(drop)
    })?;
    Ok(Part { head, records })
}

/// Reads a part that has one record instead of a list, in the member `key`; a null there is none.
///
/// # Errors
///
/// As [`parse_part_with_serde`].
pub(crate) fn parse_single_with_serde<T: DeserializeOwned>(
    bytes: &[u8],
    limits: &Limits,
    key: &'static str,
) -> Result<Part<T>, ParseError> {
    let mut record = None;
    let head = parse_with(bytes, limits, key, |cursor| {
        record = match cursor.take_null()? {
            true => None,
            false => Some(object_with_serde(cursor, key, "an object of the usual shape")?),
        };
        Ok(())
    })?;
    Ok(Part { head, records: record.into_iter().collect() })
}

fn object_with_serde<T: DeserializeOwned>(
    cursor: &mut Cursor<'_>,
    field: &'static str,
    expected: &'static str,
) -> Step<T> {
    // Serde takes a list for a struct.
    if cursor.peek() != Some(b'{') {
        return cursor.unexpected(field, expected);
    }
    let start = cursor.offset();
    let object = cursor.kept_value()?;
    // The words of serde's error may repeat what the document says.
    serde_json::from_slice(object)
        .or_else(|_| cursor.fail_at(start, ParseErrorKind::WrongType { field, expected }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(json: &str) -> Result<Part<serde_json::Value>, ParseError> {
        parse_part_with_serde(json.as_bytes(), &Limits::PART, "Results")
    }

    #[test]
    fn the_head_is_read_whole() {
        let part = part(
            r#" { "JobStatus": "PARTIAL_SUCCESS", "NextToken": "t", "StatusMessage": "m", "Unknown": [{}, 1e3, "x"],
            "Warnings": [{"ErrorCode": "PAGE_CHARACTERS_EXCEEDED", "Pages": [1, null, 2]}, null, {"Pages": null}],
            "DocumentMetadata": {"Pages": 12, "Other": 1}, "AnalyzeLendingModelVersion": "1.0",
            "AnalyzeIDModelVersion": null, "Results": [{"Page": 1}, null, {}] } "#,
        )
        .unwrap();
        assert_eq!(part.head.pages, Some(12));
        assert_eq!(part.head.status, Some(JobStatus::PartialSuccess));
        assert_eq!(part.head.status_message.as_deref(), Some("m"));
        assert_eq!(part.head.next_token.as_deref(), Some("t"));
        assert_eq!(part.head.model_version.as_deref(), Some("1.0"));
        let warnings = [Warning::new("PAGE_CHARACTERS_EXCEEDED", [1, 2]), Warning::default()];
        assert_eq!(part.head.warnings, warnings);
        assert_eq!(part.records, [serde_json::json!({"Page": 1}), serde_json::json!({})]);
    }

    #[test]
    fn nulls_are_tolerated() {
        let json = r#"{"JobStatus":null,"NextToken":null,"StatusMessage":null,"Warnings":null,"DocumentMetadata":null,
            "AnalyzeLendingModelVersion":null,"Results":null}"#;
        assert_eq!(part(json).unwrap(), Part::new(PartHead::default(), Vec::new()));
    }

    #[test]
    fn other_json_is_no_response() {
        for json in ["{}", "[]", "null", "1", "\"x\"", r#"{"Message":"no"}"#, r#"[{"Results":[]}]"#] {
            assert_eq!(part(json).unwrap_err().kind(), ParseErrorKind::NotAResponse, "{json}");
        }
        for json in ["", " ", "{", "[1", "{}x"] {
            assert!(matches!(part(json).unwrap_err().kind(), ParseErrorKind::Malformed { .. }), "{json}");
        }
    }

    #[test]
    fn errors_do_not_repeat_the_document() {
        let refused = |json: &[u8]| parse_part_with_serde::<u32>(json, &Limits::PART, "Results").unwrap_err();
        let error = refused(br#"{"Results":["Jane Doe"]}"#);
        assert_eq!(error.offset(), 12);
        let message = "`Results` is not a list of records of the usual shape at byte 12";
        assert_eq!(error.to_string(), message);
        let error = refused(br#"{"Results":[{"":"Jane Doe"}]}"#);
        assert_eq!(error.to_string(), message);
        let error = refused(br#"{"Results":[{"":"Jane Doe}"#);
        assert_eq!(error.to_string(), "malformed JSON, expected the end of the text at byte 26");
    }

    #[test]
    fn records_are_objects() {
        for record in ["[]", "[1,[],{}]", "\"x\"", "1", "true"] {
            let error = part(&format!(r#"{{"Results":[{{}},null,{record}]}}"#)).unwrap_err();
            let kind = ParseErrorKind::WrongType { field: "Results", expected: OF_RECORDS };
            assert_eq!((error.offset(), error.kind()), (20, kind), "{record}");
        }
    }

    #[test]
    fn records_have_a_limit() {
        let json = |records: usize| format!(r#"{{"Results":[{{}}{}]}}"#, ",{}".repeat(records - 1));
        let most = Limits::PART.records;
        assert_eq!(part(&json(most)).unwrap().records.len(), most);
        let error = part(&json(most + 1)).unwrap_err();
        assert_eq!(error.to_string(), "more than 100000 records: raise Limits::records at byte 300012");
    }
}
