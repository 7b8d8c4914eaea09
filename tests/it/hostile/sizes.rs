//! A hundred megabytes in one place.

use inkseal::block::Block;
use inkseal::comprehend::{DEFAULT_MAX_OUTPUT_BYTES, DEFAULT_MAX_RECORD_BYTES};
use inkseal::document::{Document, ExpenseDocument, LendingResult};
use inkseal::part::{ParseErrorKind, Record};
use inkseal::redact::ImageRedaction;
use inkseal::synchronous::Input;
use inkseal::{DEFAULT_MAX_PART_BYTES, ErrorKind, Limits};

const LARGE: usize = 100_000_000;

fn response(before: &str, fill: u8, after: &str) -> Vec<u8> {
    let mut bytes = before.as_bytes().to_vec();
    bytes.resize(before.len() + LARGE, fill);
    bytes.extend_from_slice(after.as_bytes());
    bytes
}

#[test]
fn texts_are_read() {
    let bytes = response(r#"{"Blocks":[{"BlockType":"WORD","Id":"w","Text":""#, b'a', r#""}]}"#);
    let document = Document::from_json(&bytes).unwrap();
    let word = document.words().next().unwrap();
    assert_eq!(word.text().len(), LARGE);
    assert_eq!(
        format!("{:?}", word.block().text().map(inkseal::Text::from)),
        format!("Some(Text({LARGE} bytes))")
    );
}

#[test]
fn texts_of_other_records_are_read() {
    let bytes =
        response(r#"{"ExpenseDocuments":[{"SummaryFields":[{"ValueDetection":{"Text":""#, b'a', r#""}}]}]}"#);
    let part = ExpenseDocument::parse_part(&bytes).unwrap();
    assert_eq!(part.records[0].summary_fields()[0].value().map(str::len), Some(LARGE));
}

/// An id, a name, a value that is not kept: each is read, though it is far longer than usual.
#[test]
fn names_and_what_nobody_wants_are_read() {
    let bytes = response(r#"{"Blocks":[{"BlockType":"WORD","Id":""#, b'7', r#""}]}"#);
    assert_eq!(Block::parse_part(&bytes).unwrap().records[0].id().to_string().len(), LARGE);
    let bytes = response(r#"{"Results":[{"Unknown":""#, b'a', r#""}]}"#);
    assert_eq!(LendingResult::parse_part(&bytes).unwrap().records.len(), 1);
}

#[test]
fn what_breaks_at_the_end_is_told_there() {
    let bytes = response(r#"{"Blocks":[{"Text":""#, b'a', "\\ud800\"}]}");
    let error = Block::parse_part(&bytes).unwrap_err();
    assert_eq!(error.offset(), r#"{"Blocks":[{"Text":""#.len() + LARGE);
    let bytes = response(r#"{"Blocks":[{"Text":""#, b'a', "");
    let error = Block::parse_part(&bytes).unwrap_err();
    assert_eq!(
        (error.offset(), error.kind()),
        (bytes.len(), ParseErrorKind::Malformed { expected: "the end of the text" })
    );
}

/// Only opening brackets: the limit of the depth is met at once.
#[test]
fn nesting_is_refused_at_its_beginning() {
    let error = Block::parse_part(&response(r#"{"Unknown":"#, b'[', "")).unwrap_err();
    assert_eq!((error.offset(), error.kind()), (137, ParseErrorKind::TooDeep));
    let error = Document::from_json(&vec![b'['; LARGE]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

/// The document of a call has a limit that is checked before anything is read. Bytes that only begin as an image are read once
/// at most.
#[test]
fn what_is_no_document_is_refused() {
    let mut bytes = vec![0; LARGE];
    assert_eq!(Input::bytes(bytes.clone()).unwrap_err().kind(), ErrorKind::UnsupportedDocument);
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    assert!(ImageRedaction::new().redact(&bytes, []).is_err());
    bytes[..4].copy_from_slice(b"II*\0");
    assert!(ImageRedaction::new().redact(&bytes, []).is_err());
    bytes[..4].copy_from_slice(b"\xff\xd8\xff\xe0");
    assert!(ImageRedaction::new().redact(&bytes[..LARGE / 10], []).is_err());
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    assert_eq!(Limits::default(), Limits::PART);
    assert_eq!(
        Limits::PART,
        Limits::PART.part_bytes(DEFAULT_MAX_PART_BYTES).parts(100_000).page_blocks(1_000_000)
    );
    assert_eq!(Limits::PART, Limits::PART.records(100_000).references(1_000_000).items(500_000));
    assert_eq!(Limits::SAVED, Limits::PART.records(10_000_000).references(40_000_000).items(100_000_000));
    assert_eq!((DEFAULT_MAX_PART_BYTES, DEFAULT_MAX_RECORD_BYTES), (16 << 20, 64 << 20));
    assert_eq!(DEFAULT_MAX_OUTPUT_BYTES, 64 << 30);
}
