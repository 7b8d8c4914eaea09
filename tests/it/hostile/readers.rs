//! The same faults for every reader of JSON.

use inkseal::block::Block;
use inkseal::document::{Document, ExpenseDocument, IdentityDocument, LendingResult, LendingSummary};
use inkseal::notify::{Completion, UnreadableMessage};
use inkseal::part::{ParseError, ParseErrorKind, Record};

/// Reads bytes, and drops the result.
type Read = fn(&[u8]) -> Result<(), ParseError>;

/// Every reader of responses, with the member that holds its records.
const READERS: [(&str, &str, Read); 6] = [
    ("blocks", "Blocks", |bytes| Block::parse_part(bytes).map(drop)),
    ("saved blocks", "Blocks", |bytes| Block::parse_saved(bytes).map(drop)),
    ("expenses", "ExpenseDocuments", |bytes| ExpenseDocument::parse_part(bytes).map(drop)),
    ("identities", "IdentityDocuments", |bytes| IdentityDocument::parse_saved(bytes).map(drop)),
    ("lending results", "Results", |bytes| LendingResult::parse_part(bytes).map(drop)),
    ("lending summary", "Summary", |bytes| LendingSummary::parse_part(bytes).map(drop)),
];

/// What no reader accepts anywhere in a response: the value, the offset of the fault in it, and what the fault is.
fn refused_everywhere() -> Vec<(Vec<u8>, usize, &'static str)> {
    vec![
        (b"NaN".into(), 0, "malformed JSON, expected a value"),
        (b"Infinity".into(), 0, "malformed JSON, expected a value"),
        (b"-Infinity".into(), 1, "malformed JSON, expected a digit"),
        (b"nan".into(), 0, "malformed JSON, expected null"),
        (b"0x10".into(), 1, "malformed JSON, expected a comma or the end of the object"),
        (b"1e999".into(), 0, "number out of range"),
        (b"-1e999".into(), 0, "number out of range"),
        ("9".repeat(400).into(), 0, "number out of range"),
        (br#""\ud800""#.into(), 1, "malformed JSON, expected a pair of surrogates"),
        (br#""\udc00\ud800""#.into(), 1, "malformed JSON, expected a pair of surrogates"),
        (br#""\ud800\u0041""#.into(), 1, "malformed JSON, expected a pair of surrogates"),
        (b"\"\xff\"".into(), 1, "invalid UTF-8"),
        (b"\"a\xed\xa0\x80\"".into(), 2, "invalid UTF-8"),
        (b"\"\xc0\x80\"".into(), 1, "invalid UTF-8"),
        (b"\"\0\"".into(), 1, "malformed JSON, expected no control character within a text"),
        ("[".repeat(10_000).into(), 126, "nested too deeply"),
        (r#"{"a":"#.repeat(10_000).into(), 126 * 5, "nested too deeply"),
    ]
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for (reader, list, read) in READERS {
        for (value, behind, message) in refused_everywhere() {
            let before = format!(r#"{{"{list}":null,"Unknown":"#);
            let error = read(&[before.as_bytes(), &value, b"}"].concat()).unwrap_err();
            let shown = String::from_utf8_lossy(&value[..value.len().min(20)]);
            assert_eq!(error.kind().to_string(), message, "{reader}: {shown}");
            assert_eq!(error.offset(), before.len() + behind, "{reader}: {shown}");
        }
    }
}

#[test]
fn what_is_no_json_within_a_record_is_refused_too() {
    for (reader, list, read) in READERS {
        let (open, close) = if list == "Summary" { ("", "") } else { ("[", "]") };
        for (value, _, message) in refused_everywhere() {
            let before = format!(r#"{{"{list}":{open}{{"Unknown":"#);
            let error =
                read(&[before.as_bytes(), &value, b"}", close.as_bytes(), b"}"].concat()).unwrap_err();
            let shown = String::from_utf8_lossy(&value[..value.len().min(20)]);
            assert_eq!(error.kind().to_string(), message, "{reader}: {shown}");
            assert!(error.offset() >= before.len(), "{reader}: {shown}: {error}");
        }
    }
}

/// Of a block the last of two members counts, as in `serde_json`'s own values; the other records are read by serde, which
/// accepts no member twice.
#[test]
fn a_member_that_is_there_twice() {
    let twice = br#"{"Blocks":[{"Id":"a","Id":"b","Page":1,"Page":2}]}"#;
    let block = Block::parse_part(twice).unwrap().records.remove(0);
    assert_eq!((block.id().to_string(), block.page()), ("b".to_owned(), Some(2)));
    for (reader, json) in [
        ("expenses", r#"{"ExpenseDocuments":[{"ExpenseIndex":1,"ExpenseIndex":2}]}"#),
        ("identities", r#"{"IdentityDocuments":[{"DocumentIndex":1,"DocumentIndex":2}]}"#),
        ("lending results", r#"{"Results":[{"Page":1,"Page":2}]}"#),
        ("lending summary", r#"{"Summary":{"DocumentGroups":[],"DocumentGroups":[]}}"#),
    ] {
        let (_, list, read) = READERS.into_iter().find(|(name, ..)| *name == reader).unwrap();
        let error = read(json.as_bytes()).unwrap_err();
        assert!(
            matches!(error.kind(), ParseErrorKind::WrongType { field, .. } if field == list),
            "{reader}: {error}"
        );
    }
}

/// Numbers of pages, rows and spans are whole, and fit a `u32`; they are read as they were written.
#[test]
fn numbers_at_their_ends() {
    for member in ["Page", "RowIndex", "ColumnIndex", "RowSpan", "ColumnSpan"] {
        let read =
            |value: &str| Block::parse_part(format!(r#"{{"Blocks":[{{"{member}":{value}}}]}}"#).as_bytes());
        for value in ["0", "4294967295", "4294967295.0", "4.294967295e9", "0e5"] {
            assert!(read(value).is_ok(), "{member} {value}");
        }
        for value in ["-1", "-0.0", "4294967296", "1.5", "1e10", "99999999999999999999", "true", "\"1\""] {
            let error = read(value).unwrap_err();
            assert!(
                matches!(error.kind(), ParseErrorKind::WrongType { field, .. } if field == member),
                "{member} {value}: {error}"
            );
        }
        assert_eq!(read("1e999").unwrap_err().kind(), ParseErrorKind::NumberOutOfRange);
    }
    let page = |page: &str| format!(r#"{{"Results":[{{"Page":{page}}}]}}"#);
    for (value, expected) in [
        ("4294967295", Some(Some(u32::MAX))),
        ("0", Some(Some(0))),
        ("4294967296", None),
        ("-1", None),
        ("1.5", None),
    ] {
        let read = LendingResult::parse_part(page(value).as_bytes()).ok().map(|part| part.records[0].page);
        assert_eq!(read, expected, "{value}");
    }
}

/// Within a record the depth is the same as elsewhere: a right answer up to 127 lists and objects, an error beyond.
#[test]
fn as_deep_as_may_be() {
    let deep = |depth: usize| {
        format!(r#"{{"Blocks":[{{"Id":"a","X":{}{}}}]}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert_eq!(Block::parse_part(deep(124).as_bytes()).unwrap().records.len(), 1);
    assert_eq!(Block::parse_part(deep(125).as_bytes()).unwrap_err().kind(), ParseErrorKind::TooDeep);
    assert_eq!(Document::from_json(deep(124).as_bytes()).unwrap().blocks().len(), 1);
}

#[test]
fn messages_of_a_queue() {
    let completion = r#"{"JobId":"1","Status":"SUCCEEDED","API":"StartDocumentAnalysis","Timestamp":1,
        "DocumentLocation":{"S3ObjectName":"a.pdf","S3Bucket":"amzn-s3-demo-source"}"#;
    assert!(Completion::from_raw(&format!("{completion}}}")).is_ok());
    let more = |more: &str| Completion::from_raw(&format!("{completion},{more}}}")).unwrap_err();
    for (json, expected) in [
        (r#""JobTag":"\ud800""#.to_owned(), UnreadableMessage::NotJson),
        (r#""JobTag":NaN"#.to_owned(), UnreadableMessage::NotJson),
        (r#""JobTag":1e999"#.to_owned(), UnreadableMessage::NotJson),
        (format!(r#""X":{}"#, "[".repeat(100_000)), UnreadableMessage::NotJson),
        (format!(r#""JobTag":{}{}"#, "[".repeat(100), "]".repeat(100)), UnreadableMessage::Member("JobTag")),
        (format!(r#""JobTag":{}"#, "9".repeat(400)), UnreadableMessage::NotJson),
        (format!(r#""JobTag":"{}""#, "a".repeat(100_000)), UnreadableMessage::Member("JobTag")),
        (r#""JobId":"2""#.to_owned(), UnreadableMessage::NotJson),
    ] {
        let shown = &json[..json.len().min(30)];
        assert_eq!(more(&json), expected, "{shown}");
    }
    for timestamp in ["-1", "1.5", "18446744073709551616", "\"1\"", "null"] {
        let json = completion.replace(r#""Timestamp":1"#, &format!(r#""Timestamp":{timestamp}"#)) + "}";
        assert_eq!(Completion::from_raw(&json), Err(UnreadableMessage::Member("Timestamp")), "{timestamp}");
    }
    let far = completion.replace(r#""Timestamp":1"#, &format!(r#""Timestamp":{}"#, u64::MAX)) + "}";
    assert!(matches!(Completion::from_raw(&far), Ok(_) | Err(UnreadableMessage::Member("Timestamp"))));

    // An envelope in an envelope is not a completion, however many there are.
    let mut nested = format!("{completion}}}");
    for _ in 0..3 {
        nested = serde_json::json!({"Type": "Notification", "TopicArn": "t", "Message": nested}).to_string();
    }
    assert_eq!(Completion::from_envelope(&nested, None), Err(UnreadableMessage::Member("DocumentLocation")));
    let large = " ".repeat(1024 * 1024 + 1);
    let expected = UnreadableMessage::TooLarge { bytes: large.len() };
    assert_eq!(Completion::from_raw(&large), Err(expected));
    assert_eq!(Completion::from_envelope(&large, None), Err(expected));
    assert!(expected.to_string().contains("1048577 bytes, SQS delivers at most 1048576"));
}
