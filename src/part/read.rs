//! How parts are read: the head here, and each kind of record by its own reader or by serde.

use serde::de::DeserializeOwned;

use super::{JobStatus, Part, PartHead, Warning};
use crate::json::{Cursor, Fault, ParseError, ParseErrorKind, Step};
use crate::{Limits, Text};

/// Reads the head of a part. `list` is called at the value of the member `list_key`, and must read it.
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

/// As [`parse_with`], for one response or an array of them. `list` gets the index of the response, from 0.
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

/// Calls `take` with the offset and the bytes of each response in saved bytes, which hold one response or an array.
pub(super) fn each_response(
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

/// One response, and nothing after it.
#[inline(always)]
fn whole_response<'a>(
    cursor: &mut Cursor<'a>,
    list_key: &'static str,
    list: &mut impl FnMut(&mut Cursor<'a>) -> Step<()>,
) -> Step<PartHead> {
    let head = response(cursor, list_key, list)?;
    // Bytes that are not JSON are reported as such.
    cursor.end()?;
    match head {
        Some(head) => Ok(head),
        None => cursor.fail_at(0, ParseErrorKind::NotAResponse),
    }
}

/// A response; `None` if it has none of the members by which a response is recognized.
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
            // Of several members, such as the one that counts and others that are null, the last that is not null.
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

/// Reads a part whose records, in the member `list_key`, are read by serde. The list or records of it may be null.
///
/// # Errors
///
/// [`ParseError`] as for [`Record::parse_part`](super::Record::parse_part); a record of the wrong shape is reported as a
/// fault of `list_key`.
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

/// Reads a part that has a single record instead of a list, in the member `key`; null is no record.
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
    // Serde would accept a list for a struct.
    if cursor.peek() != Some(b'{') {
        return cursor.unexpected(field, expected);
    }
    let start = cursor.offset();
    let object = cursor.kept_value()?;
    // The message of serde's error may quote the document.
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
        assert_eq!(
            error.to_string(),
            "more than 100000 records (Limits::records raises that) at byte 300012"
        );
    }
}
