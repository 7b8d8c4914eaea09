//! What holds for every member of every type: null means absent, an empty list stays, and no text shows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::part::Record;

/// All text of a document in these tests begins with this; nothing else does.
const CANARY: &str = "canary";

fn geometry() -> Value {
    json!({
        "BoundingBox": {"Width": 0.125, "Height": 0.25, "Left": 0.5, "Top": 0.0},
        "Polygon": [{"X": 0.5, "Y": 0.0}, {"X": 1.0, "Y": 0.25}]
    })
}

fn expense() -> Value {
    let field = json!({
        "Type": {"Text": "TOTAL", "Confidence": 99.5},
        "LabelDetection": {"Text": "canary label", "Geometry": geometry(), "Confidence": 98.5},
        "ValueDetection": {"Text": "canary value", "Geometry": geometry(), "Confidence": 97.5},
        "PageNumber": 2,
        "Currency": {"Code": "USD", "Confidence": 96.5},
        "GroupProperties": [{"Types": ["VENDOR"], "Id": "g-1"}]
    });
    json!({
        "ExpenseIndex": 1,
        "SummaryFields": [field],
        "LineItemGroups": [{"LineItemGroupIndex": 1, "LineItems": [{"LineItemExpenseFields": [field]}]}],
        "Blocks": [{"BlockType": "WORD", "Text": "canary word", "Id": "w-1", "Page": 2}]
    })
}

fn identity() -> Value {
    json!({
        "DocumentIndex": 1,
        "IdentityDocumentFields": [{
            "Type": {"Text": "DATE_OF_BIRTH", "Confidence": 99.5},
            "ValueDetection": {
                "Text": "canary date",
                "NormalizedValue": {"Value": "canary normalized", "ValueType": "Date"},
                "Confidence": 98.5
            }
        }],
        "Blocks": [{"BlockType": "WORD", "Text": "canary word", "Id": "w-1", "Page": 1}]
    })
}

fn lending() -> Value {
    let detection = json!({
        "Text": "canary detection",
        "SelectionStatus": "SELECTED",
        "Geometry": geometry(),
        "Confidence": 97.5
    });
    json!({
        "Page": 3,
        "PageClassification": {
            "PageType": [{"Value": "PAYSLIPS", "Confidence": 99.5}],
            "PageNumber": [{"Value": "canary 7", "Confidence": 98.5}]
        },
        "Extractions": [
            {"LendingDocument": {
                "LendingFields": [
                    {"Type": "PAY_DATE", "KeyDetection": detection, "ValueDetections": [detection]}
                ],
                "SignatureDetections": [{"Confidence": 80.5, "Geometry": geometry()}]
            }},
            {"ExpenseDocument": expense()},
            {"IdentityDocument": identity()}
        ]
    })
}

fn summary() -> Value {
    json!({
        "DocumentGroups": [{
            "Type": "CHECKS",
            "SplitDocuments": [{"Index": 1, "Pages": [1, 2]}],
            "DetectedSignatures": [{"Page": 1}],
            "UndetectedSignatures": [{"Page": 2}]
        }],
        "UndetectedDocumentTypes": ["W_2", "1003"]
    })
}

/// The pointers to everything in a value, except the value itself.
fn pointers(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect()
            }
            _ => return,
        };
        for (name, value) in inner {
            let at = format!("{at}/{name}");
            walk(value, &at, found);
            found.push(at);
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => unreachable!(),
    }
    value
}

fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(whole: &Value) {
    let read = |value: &Value| serde_json::from_value::<T>(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(read(whole)).unwrap(), *whole);
    assert!(!format!("{:#?}", read(whole)).contains(CANARY));

    let pointers = pointers(whole);
    assert!(pointers.len() > 10);
    for pointer in &pointers {
        let removed = without(whole, pointer);
        // A coordinate that was not sent is 0; everything else stays absent.
        if !["/X", "/Y", "/Width", "/Height", "/Left", "/Top"].iter().any(|name| pointer.ends_with(name)) {
            assert_eq!(serde_json::to_value(read(&removed)).unwrap(), removed, "{pointer}");
        }
        let mut nulled = whole.clone();
        *nulled.pointer_mut(pointer).unwrap() = Value::Null;
        assert_eq!(read(&nulled), read(&removed), "{pointer}");

        let mut changed = whole.clone();
        match changed.pointer_mut(pointer).unwrap() {
            Value::Array(items) => items.clear(),
            Value::Object(members) => drop(members.insert("Hint".into(), json!([null, {"Text": 1}]))),
            _ => continue,
        }
        let expected = if changed.pointer(pointer).unwrap().is_array() { &changed } else { whole };
        assert_eq!(serde_json::to_value(read(&changed)).unwrap(), *expected, "{pointer}");
    }
}

#[test]
fn every_member_may_be_null_or_absent_and_no_text_shows() {
    check::<ExpenseDocument>(&expense());
    check::<IdentityDocument>(&identity());
    check::<LendingResult>(&lending());
    check::<LendingSummary>(&summary());
}

#[test]
fn whole_numbers_are_numbers() {
    let json = r#"{"Type": {"Confidence": 99}, "ValueDetection": {"Confidence": 0}, "PageNumber": 2.0}"#;
    let field: ExpenseField = serde_json::from_str(json).unwrap();
    assert_eq!(field.kind.unwrap().confidence, Some(99.0));
    assert_eq!(field.value_detection.unwrap().confidence, Some(0.0));
    assert_eq!(field.page_number, Some(2));
}

#[test]
fn numbers_are_in_range() {
    for json in
        [r#"{"Type": {"Confidence": 1e39}}"#, r#"{"ValueDetection": {"Geometry": {"RotationAngle": -1e39}}}"#]
    {
        assert!(serde_json::from_str::<ExpenseField>(json).is_err(), "{json}");
        let part = format!(r#"{{"ExpenseDocuments": [{{"SummaryFields": [{json}]}}]}}"#);
        assert!(ExpenseDocument::parse_part(part.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn a_date_is_one_in_both_spellings() {
    for spelling in ["DATE", "Date"] {
        let sent = json!({"Value": "2023-10-06T00:00:00", "ValueType": spelling});
        let mut value: NormalizedValue = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(value.value_type, Some(NormalizedValueType::Date));
        assert_eq!(serde_json::to_value(&value).unwrap(), sent);
        value.value_type = Some("Amount".into());
        assert_eq!(serde_json::to_value(&value).unwrap()["ValueType"], "Amount");
    }
    let other: NormalizedValue = serde_json::from_value(json!({"ValueType": "date"})).unwrap();
    assert_eq!(serde_json::to_value(other).unwrap(), json!({"ValueType": "date"}));
}

#[test]
fn parts_of_both_kinds() {
    let bytes =
        json!({"JobStatus": "SUCCEEDED", "ExpenseDocuments": [expense(), null, expense()]}).to_string();
    let part = ExpenseDocument::parse_part(bytes.as_bytes()).unwrap();
    assert_eq!(part.records.iter().map(Record::page).collect::<Vec<_>>(), [Some(2), Some(2)]);

    let bytes = json!({"DocumentMetadata": {"Pages": 3}, "Results": [lending()]}).to_string();
    let part = LendingResult::parse_part(bytes.as_bytes()).unwrap();
    assert_eq!((part.head.pages, part.records[0].page()), (Some(3), Some(3)));

    let bytes = json!({"DocumentMetadata": {"Pages": 1}, "AnalyzeIDModelVersion": "1.0",
        "IdentityDocuments": [identity(), {}, null]});
    let part = IdentityDocument::parse_part(bytes.to_string().as_bytes()).unwrap();
    assert_eq!(part.head.model_version.as_deref(), Some("1.0"));
    assert_eq!(part.records.iter().map(Record::page).collect::<Vec<_>>(), [Some(1), None]);

    let bytes = json!({"JobStatus": "SUCCEEDED", "Summary": summary()}).to_string();
    let part = LendingSummary::parse_part(bytes.as_bytes()).unwrap();
    assert_eq!((part.records.len(), part.records[0].page()), (1, None));

    let bytes = json!({"Results": [{"Page": "canary"}]}).to_string();
    let error = LendingResult::parse_part(bytes.as_bytes()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(CANARY));
}

#[test]
fn the_page_of_an_expense_document() {
    let page = |json: Value| serde_json::from_value::<ExpenseDocument>(json).unwrap().page();
    assert_eq!(page(json!({"ExpenseIndex": 7})), None);
    assert_eq!(page(json!({"Blocks": [{"BlockType": "PAGE", "Id": "p", "Page": 4}]})), Some(4));
    let items = json!([{"LineItems": [{"LineItemExpenseFields": [{}, {"PageNumber": 5}]}]}]);
    assert_eq!(page(json!({"SummaryFields": [{}], "LineItemGroups": items})), Some(5));
}

#[test]
fn summary_fields_in_groups() {
    let field = |kind: &str, groups: Value| json!({"Type": {"Text": kind}, "GroupProperties": groups});
    let receipt: ExpenseDocument = serde_json::from_value(json!({"SummaryFields": [
        field("NAME", json!([{"Types": ["VENDOR"], "Id": "v"}])),
        field("CITY", json!([{"Types": ["RECEIVER"], "Id": "r"}, {"Types": ["RECEIVER_SHIP_TO"], "Id": "r"}])),
        field("TOTAL", json!(null)),
        field("STREET", json!([{"Types": ["VENDOR"], "Id": "v"}, {"Types": null, "Id": "s"}, {"Types": ["X"]}])),
    ]}))
    .unwrap();
    let groups = receipt.summary_groups();
    let found: Vec<_> = groups
        .iter()
        .map(|group| {
            let kinds = group.fields().iter().filter_map(|field| field.kind());
            (group.id(), group.types(), kinds.collect::<Vec<_>>())
        })
        .collect();
    let expected = [
        ("v", vec!["VENDOR"], vec!["NAME", "STREET"]),
        ("r", vec!["RECEIVER", "RECEIVER_SHIP_TO"], vec!["CITY"]),
        ("s", vec![], vec!["STREET"]),
    ];
    assert_eq!(found, expected);
    assert!(groups[1].has_type("RECEIVER_SHIP_TO") && !groups[0].has_type("RECEIVER"));
    assert!(groups[0].field("STREET").is_some() && groups[0].field("CITY").is_none());
    assert!(ExpenseDocument::default().summary_groups().is_empty());
}

#[test]
fn the_likeliest_page_type() {
    let page_type = |types: Value| {
        let result = json!({"PageClassification": {"PageType": types}});
        let result: LendingResult = serde_json::from_value(result).unwrap();
        result.page_type().map(str::to_owned)
    };
    assert_eq!(page_type(json!([])), None);
    assert_eq!(page_type(json!([{"Value": "W_2"}])).as_deref(), Some("W_2"));
    let types = json!([
        {"Value": "W_2", "Confidence": 40},
        {"Value": "CHECKS", "Confidence": 60},
        {"Value": "1003", "Confidence": 60}
    ]);
    assert_eq!(page_type(types).as_deref(), Some("CHECKS"));
}

#[test]
fn pages_of_a_summary_are_whole_however_they_are_written() {
    let read = |pages: Value| {
        let group = json!({"Type": "CHECKS", "SplitDocuments": [{"Index": 1.0, "Pages": pages}]});
        serde_json::from_value::<LendingSummary>(json!({"DocumentGroups": [group]}))
    };
    assert_eq!(read(json!([2.0, null, 1])).unwrap().pages_of("CHECKS"), [1, 2]);
    assert!(read(json!([1.5])).is_err() && read(json!([-1])).is_err());
    assert!(read(json!(null)).unwrap().pages_of("CHECKS").is_empty());
}
