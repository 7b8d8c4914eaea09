//! The members of the JSON that is read, by name, and how a `Value` is read by them: a null counts as missing, and the
//! nulls in lists are left out.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::odd_json::Shape;
use Shape::{Count, List, Name, Number, Object, Quoted, Text};

const KINDS: Shape =
    Name(&["WORD", "LINE", "CELL", "PAGE", "TABLE", "KEY_VALUE_SET", "QUERY", "LAYOUT_TEXT", "NEW"]);
const IDS: Shape =
    Name(&["w-1", "", "e8e502cb-b9b2-4271-aab7-e384b6d99c61", "9e47e1ad-0055-4480-b985-b2da48f1f137"]);
const GEOMETRY: Shape = Object(&[
    ("BoundingBox", Object(&[("Width", Number), ("Height", Number), ("Left", Number), ("Top", Number)])),
    ("Polygon", List(&Object(&[("X", Number), ("Y", Number)]))),
    ("RotationAngle", Number),
]);
const BLOCK: Shape = Object(&[
    ("BlockType", KINDS),
    ("Confidence", Number),
    ("Text", Text),
    ("TextType", Name(&["PRINTED", "HANDWRITING"])),
    ("RowIndex", Count),
    ("ColumnIndex", Count),
    ("RowSpan", Count),
    ("ColumnSpan", Count),
    ("Geometry", GEOMETRY),
    ("Id", IDS),
    ("Relationships", List(&Object(&[("Type", Name(&["CHILD", "VALUE", "ANSWER"])), ("Ids", List(&IDS))]))),
    ("EntityTypes", List(&Name(&["KEY", "VALUE", "COLUMN_HEADER"]))),
    ("SelectionStatus", Name(&["SELECTED", "NOT_SELECTED"])),
    ("Page", Count),
    ("Query", Object(&[("Text", Text), ("Alias", Text), ("Pages", List(&Text))])),
]);

/// The versions of models, by the operation that reports them.
pub const VERSIONS: [&str; 5] = [
    "AnalyzeDocumentModelVersion",
    "DetectDocumentTextModelVersion",
    "AnalyzeExpenseModelVersion",
    "AnalyzeLendingModelVersion",
    "AnalyzeIDModelVersion",
];

/// A response of Textract with blocks.
pub const RESPONSE: Shape = Object(&[
    ("DocumentMetadata", Object(&[("Pages", Count)])),
    ("JobStatus", Name(&["SUCCEEDED", "PARTIAL_SUCCESS", "FAILED"])),
    ("StatusMessage", Text),
    ("Warnings", List(&Object(&[("ErrorCode", Text), ("Pages", List(&Count))]))),
    ("Blocks", List(&BLOCK)),
    ("NextToken", Text),
    ("AnalyzeDocumentModelVersion", Name(&["1.0"])),
    ("AnalyzeIDModelVersion", Name(&["2.0"])),
]);

/// A completion message.
pub const COMPLETION: Shape = Object(&[
    ("JobId", Name(&["8b3c1f", "../x", ""])),
    ("Status", Name(&["SUCCEEDED", "FAILED", "ERROR"])),
    ("API", Name(&["StartDocumentAnalysis", "StartExpenseAnalysis", "StartSomething"])),
    ("JobTag", Name(&["scans", "a:b", "a b"])),
    ("Timestamp", Count),
    (
        "DocumentLocation",
        Object(&[("S3ObjectName", Name(&["scan.pdf", "in/a b.pdf"])), ("S3Bucket", Name(&["abc", "No"]))]),
    ),
]);

/// The envelope in which SNS delivers it.
pub const ENVELOPE: Shape = Object(&[
    ("Type", Name(&["Notification", "SubscriptionConfirmation"])),
    ("MessageId", Text),
    (
        "TopicArn",
        Name(&["arn:aws:sns:us-east-1:111122223333:done", "arn:aws:sns:us-east-1:111122223333:other"]),
    ),
    ("Message", Quoted(&COMPLETION)),
    ("Timestamp", Text),
    ("JobId", Text),
]);

/// A value is not what its member should have.
#[derive(Debug)]
pub struct Wrong;

pub type Read<T> = Result<T, Wrong>;

/// A member that is not null.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|value| !value.is_null())
}

fn as_text(value: &Value) -> Read<String> {
    value.as_str().map(str::to_owned).ok_or(Wrong)
}

pub fn text(value: &Value, name: &str) -> Read<Option<String>> {
    member(value, name).map(as_text).transpose()
}

/// A number as the nearest `f32`, by way of an `f64`.
pub fn float(value: &Value, name: &str) -> Read<Option<f32>> {
    let as_float = |value: &Value| {
        let number = value.as_f64().ok_or(Wrong)? as f32;
        if number.is_finite() { Ok(number) } else { Err(Wrong) }
    };
    member(value, name).map(as_float).transpose()
}

/// A whole number from 0 on that fits into a `u32`, even if it is written as 2.0. `-0` is not one.
fn as_count(value: &Value) -> Read<u32> {
    let number = value.as_f64().ok_or(Wrong)?;
    let is_count = number.fract() == 0.0 && number.is_sign_positive() && number <= f64::from(u32::MAX);
    if is_count { Ok(number as u32) } else { Err(Wrong) }
}

pub fn count(value: &Value, name: &str) -> Read<Option<u32>> {
    member(value, name).map(as_count).transpose()
}

/// A list whose items are read by `item`, without those that are null.
pub fn list<T>(value: &Value, name: &str, item: impl FnMut(&Value) -> Read<T>) -> Read<Option<Vec<T>>> {
    let Some(value) = member(value, name) else { return Ok(None) };
    let items = value.as_array().ok_or(Wrong)?.iter().filter(|item| !item.is_null());
    items.map(item).collect::<Read<_>>().map(Some)
}

pub fn texts(value: &Value, name: &str) -> Read<Option<Vec<String>>> {
    list(value, name, as_text)
}

pub fn counts(value: &Value, name: &str) -> Read<Option<Vec<u32>>> {
    list(value, name, as_count)
}

/// A list of objects.
pub fn objects<T>(
    value: &Value,
    name: &str,
    mut item: impl FnMut(&Value) -> Read<T>,
) -> Read<Option<Vec<T>>> {
    list(value, name, |value| if value.is_object() { item(value) } else { Err(Wrong) })
}

pub fn object<'v>(value: &'v Value, name: &str) -> Read<Option<&'v Value>> {
    match member(value, name) {
        Some(object) if !object.is_object() => Err(Wrong),
        object => Ok(object),
    }
}

/// Whether any object in this JSON has a member twice, of which a `Value` would keep only the last one. Also true of
/// what a `Value` cannot be read from.
pub fn has_twice(json: &[u8]) -> bool {
    serde_json::from_slice::<Unique>(json).is_err()
}

/// Any value in which no object has a member twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
                Ok(Unique)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
                while items.next_element::<Unique>()?.is_some() {}
                Ok(Unique)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
                let mut names = HashSet::new();
                while let Some(name) = members.next_key::<String>()? {
                    if !names.insert(name) {
                        return Err(de::Error::custom("a member comes twice"));
                    }
                    members.next_value::<Unique>()?;
                }
                Ok(Unique)
            }
        }

        deserializer.deserialize_any(Walk)
    }
}
