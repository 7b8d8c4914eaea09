//! The parser of blocks against `serde_json`: the same verdict, and the same values.
//!
//! A `serde_json::Value` is read once more here, member by member, and compared with the result of the parser: each block as
//! it is written, and the head of the response. The exemptions:
//!
//! - Of a member that comes twice a `Value` has the last only. The parser reads all of them, and may refuse an earlier one;
//!   what it accepts has the last one's value all the same, except for the version of the model, which may be an earlier one's.
//! - Of several members that give a version of the model any may count: a `Value` has lost their order.

#![no_main]

use inkseal::Document;
use inkseal::block::{Block, parse_part};
use inkseal::part::{ParseErrorKind, Part, PartHead, Record, Warning};
use inkseal_fuzz::members::{RESPONSE, Read, VERSIONS, Wrong};
use inkseal_fuzz::members::{count, counts, float, has_twice, object, objects, text, texts};
use inkseal_fuzz::{Input, odd_json};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    match Input::of(data) {
        Input::Text(json) => compare(json),
        Input::Tape(mut tape) => {
            if let Ok(json) = odd_json::write(&RESPONSE, &mut tape) {
                compare(&json);
            }
        }
    }
});

fn compare(json: &[u8]) {
    let shown = String::from_utf8_lossy(json);
    let parsed = parse_part(json);
    if let Err(error) = &parsed {
        assert!(error.offset() <= json.len(), "{error} of {}: {shown}", json.len());
    }
    let Ok(value) = serde_json::from_slice::<Value>(json) else {
        assert!(parsed.is_err(), "accepted, though malformed: {shown}");
        return;
    };
    match (&parsed, response(&value)) {
        (Ok(part), Ok(Some((head, blocks)))) => {
            compare_heads(&part.head, head, &value, has_twice(json));
            let written: Vec<_> = part.records.iter().map(written).collect();
            assert_eq!(written, blocks, "{shown}");
            there_and_back(part, json);
        }
        (Ok(_), Ok(None)) => panic!("accepted, though not a response: {shown}"),
        (Ok(_), Err(Wrong)) => panic!("accepted, though of the wrong shape: {shown}"),
        (Err(error), Ok(None)) => {
            let is_known = error.kind() == ParseErrorKind::NotAResponse || has_twice(json);
            assert!(is_known, "{error}: {shown}");
        }
        (Err(error), Ok(Some(_))) => assert!(has_twice(json), "refused ({error}): {shown}"),
        (Err(error), Err(Wrong)) => {
            use ParseErrorKind::{NumberOutOfRange, WrongType};
            assert!(matches!(error.kind(), WrongType { .. } | NumberOutOfRange), "{error}: {shown}");
        }
    }
}

/// As JSON, in which zeros keep their sign.
fn written(block: &Block) -> String {
    serde_json::to_value(block).expect("a block").to_string()
}

/// What is read can be written, and is then read the same by both parsers. Two responses in an array are each read as alone.
fn there_and_back(part: &Part<Block>, json: &[u8]) {
    let document = Document::from_json(json).expect("what a part is, a saved one is too");
    // A document names each different warning once.
    assert_eq!(document.into_part(), Part::join([part.clone()]).expect("one state of the job"));
    match Block::parse_saved(&[&b"["[..], json, b",", json, b"]"].concat()) {
        Ok(parts) => assert_eq!(parts, [part.clone(), part.clone()]),
        Err(error) => assert_eq!(error.kind(), ParseErrorKind::TooDeep, "as deep as one may be alone"),
    }
    for block in &part.records {
        let json = serde_json::to_string(block).expect("a block");
        let by_serde: Block = serde_json::from_str(&json).expect("what was written");
        let again = parse_part(format!("{{\"Blocks\":[{json}]}}").as_bytes()).expect("what was written");
        assert_eq!((&by_serde, again.records.as_slice()), (block, [block.clone()].as_slice()), "{json}");
    }
}

fn compare_heads(head: &PartHead, expected: Expected, json: &Value, has_twice: bool) {
    assert_eq!(head.pages, expected.pages);
    assert_eq!(head.status.as_ref().map(|status| status.as_str()), expected.status.as_deref());
    assert_eq!(head.status_message.as_deref(), expected.message.as_deref());
    assert_eq!(head.next_token.as_deref(), expected.token.as_deref());
    assert_eq!(head.warnings, expected.warnings);
    match (&head.model_version, expected.versions.as_slice()) {
        (None, []) => {}
        (Some(version), versions) if versions.contains(version) => {}
        _ => assert!(has_twice, "{json}"),
    }
}

/// The head of a response.
struct Expected {
    pages: Option<u32>,
    status: Option<String>,
    message: Option<String>,
    token: Option<String>,
    warnings: Vec<Warning>,
    versions: Vec<String>,
}

/// The head and the blocks of a response; `None` if it is not one.
fn response(value: &Value) -> Read<Option<(Expected, Vec<String>)>> {
    let Some(members) = value.as_object() else { return Ok(None) };
    let metadata = object(value, "DocumentMetadata")?;
    let warning = |value: &Value| {
        let code = text(value, "ErrorCode")?.unwrap_or_default();
        Ok(Warning::new(code, counts(value, "Pages")?.unwrap_or_default()))
    };
    let versions = VERSIONS.iter().map(|name| text(value, name)).collect::<Read<Vec<_>>>()?;
    let head = Expected {
        pages: metadata.map(|metadata| count(metadata, "Pages")).transpose()?.flatten(),
        status: text(value, "JobStatus")?,
        message: text(value, "StatusMessage")?,
        token: text(value, "NextToken")?,
        warnings: objects(value, "Warnings", warning)?.unwrap_or_default(),
        versions: versions.into_iter().flatten().collect(),
    };
    let blocks = objects(value, "Blocks", |value| Ok(block(value)?.to_string()))?.unwrap_or_default();
    let is_known = ["Blocks", "JobStatus", "DocumentMetadata"].iter().any(|name| members.contains_key(*name));
    Ok(is_known.then_some((head, blocks)))
}

/// An object of the members that are present.
fn object_of<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

/// A text that is written only if it is not empty.
fn said(text: Option<String>) -> Option<Value> {
    text.filter(|text| !text.is_empty()).map(Value::from)
}

/// A block as it should be written.
fn block(value: &Value) -> Read<Value> {
    let relationship = |value: &Value| {
        let ids = texts(value, "Ids")?.map(Value::from);
        Ok(object_of([("Type", said(text(value, "Type")?)), ("Ids", ids)]))
    };
    let query = |value: &Value| -> Read<Value> {
        Ok(object_of([
            ("Text", said(text(value, "Text")?)),
            ("Alias", text(value, "Alias")?.map(Value::from)),
            ("Pages", texts(value, "Pages")?.map(Value::from)),
        ]))
    };
    Ok(object_of([
        ("BlockType", said(text(value, "BlockType")?)),
        ("Confidence", float(value, "Confidence")?.map(Value::from)),
        ("Text", text(value, "Text")?.map(Value::from)),
        ("TextType", text(value, "TextType")?.map(Value::from)),
        ("RowIndex", count(value, "RowIndex")?.map(Value::from)),
        ("ColumnIndex", count(value, "ColumnIndex")?.map(Value::from)),
        ("RowSpan", count(value, "RowSpan")?.map(Value::from)),
        ("ColumnSpan", count(value, "ColumnSpan")?.map(Value::from)),
        ("Geometry", object(value, "Geometry")?.map(geometry).transpose()?),
        ("Id", said(text(value, "Id")?)),
        ("Relationships", objects(value, "Relationships", relationship)?.map(Value::from)),
        ("EntityTypes", texts(value, "EntityTypes")?.map(Value::from)),
        ("SelectionStatus", text(value, "SelectionStatus")?.map(Value::from)),
        ("Page", count(value, "Page")?.map(Value::from)),
        ("Query", object(value, "Query")?.map(query).transpose()?),
    ]))
}

fn geometry(value: &Value) -> Read<Value> {
    // An absent number is 0.
    let number = |value: &Value, name: &str| Ok(Some(Value::from(float(value, name)?.unwrap_or_default())));
    let bounds = |value: &Value| -> Read<Value> {
        Ok(object_of([
            ("Width", number(value, "Width")?),
            ("Height", number(value, "Height")?),
            ("Left", number(value, "Left")?),
            ("Top", number(value, "Top")?),
        ]))
    };
    let point = |value: &Value| Ok(object_of([("X", number(value, "X")?), ("Y", number(value, "Y")?)]));
    Ok(object_of([
        ("BoundingBox", object(value, "BoundingBox")?.map(bounds).transpose()?),
        ("Polygon", objects(value, "Polygon", point)?.map(Value::from)),
        ("RotationAngle", float(value, "RotationAngle")?.map(Value::from)),
    ]))
}
