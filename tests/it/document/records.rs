//! Recorded expense, identity and lending responses come out as they went in.

use std::collections::BTreeSet;
use std::fmt::Debug;

use inkseal::document::{ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::part::Record;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::recorded::{compare, responses};

/// Puts a canary into all text of the document itself, and counts how often.
fn mark(value: &mut Value) -> usize {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .map(|(name, value)| match (name.as_str(), value) {
                // A type's text is Textract's own word.
                ("Type", _) => 0,
                // A prediction's: what is printed on the page may be among them.
                ("Value", Value::String(text)) => {
                    text.insert_str(0, "canary ");
                    1
                }
                ("Text", Value::String(text)) => {
                    text.insert_str(0, "canary ");
                    1
                }
                ("NormalizedValue", value) => {
                    value["Value"] = "canary".into();
                    1
                }
                (_, value) => mark(value),
            })
            .sum(),
        Value::Array(items) => items.iter_mut().map(mark).sum(),
        _ => 0,
    }
}

fn check_record<T: Serialize + DeserializeOwned + Debug>(
    sent: &Value,
    read: &T,
    at: &str,
    skipped: &mut BTreeSet<String>,
) {
    // By way of a string, since the numbers of a `Value` are those of an f64.
    let written = serde_json::to_string(read).unwrap();
    compare(sent, &serde_json::from_str(&written).unwrap(), at, skipped);

    let mut marked = sent.clone();
    let marks = mark(&mut marked);
    let marked: T = serde_json::from_value(marked).unwrap();
    assert_eq!(serde_json::to_string(&marked).unwrap().matches("canary").count(), marks, "{at}");
    assert!(!format!("{marked:?}").contains("canary"), "a text of {at} shows in Debug");
}

fn check<T: Serialize + DeserializeOwned + Debug>(
    kind: &str,
    list: &str,
    parse: impl Fn(&[u8]) -> Vec<T>,
) -> usize {
    let mut skipped = BTreeSet::new();
    let mut count = 0;
    for (file, bytes) in responses(kind) {
        let sent: Value = serde_json::from_slice(&bytes).unwrap();
        let sent = sent[list].as_array().unwrap();
        let read = parse(&bytes);
        assert_eq!(sent.len(), read.len(), "{file}");
        for (i, (sent, read)) in sent.iter().zip(&read).enumerate() {
            check_record(sent, read, &format!("{file}/{i}"), &mut skipped);
        }
        count += read.len();
    }
    assert!(skipped.is_empty(), "members of {kind} that are not kept: {skipped:?}");
    count
}

fn parts<T: Record>(bytes: &[u8]) -> Vec<T> {
    T::parse_part(bytes).unwrap().records
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_expenses_come_out_as_they_went_in() {
    assert!(check("expense", "ExpenseDocuments", parts::<ExpenseDocument>) > 0);
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_lending_results_come_out_as_they_went_in() {
    assert!(check("lending", "Results", parts::<LendingResult>) > 0);
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_identity_documents_come_out_as_they_went_in() {
    assert!(check("id", "IdentityDocuments", parts::<IdentityDocument>) > 0);
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_summary_fields_are_in_their_groups() {
    let mut all = responses("expense").into_iter();
    let (_, bytes) = all.find(|(file, _)| file.ends_with("/analyzeExpenseResponse-multipage.json")).unwrap();
    let documents = parts::<ExpenseDocument>(&bytes);
    let [first, second] = &documents[..] else { panic!("two pages") };
    let kinds = |document: &ExpenseDocument| -> Vec<(String, Vec<String>)> {
        let groups = document.summary_groups();
        let kind = |field: &&inkseal::document::ExpenseField| field.kind().unwrap().to_owned();
        groups
            .iter()
            .map(|group| (group.types().concat(), group.fields().iter().map(kind).collect()))
            .collect()
    };
    let address = ["ADDRESS", "STREET", "CITY", "STATE", "ZIP_CODE"].map(str::to_owned).to_vec();
    let with = |more: &[&str]| -> Vec<String> {
        address.iter().cloned().chain(more.iter().map(|kind| (*kind).to_owned())).collect()
    };
    let vendor = |kinds: Vec<String>| ("VENDOR".to_owned(), kinds);
    assert_eq!(
        kinds(first),
        [
            ("RECEIVER".to_owned(), with(&["NAME", "NAME", "ADDRESS_BLOCK"])),
            vendor(with(&["ADDRESS_BLOCK"])),
            vendor(vec!["NAME".to_owned()]),
        ]
    );
    assert_eq!(kinds(second), [vendor(with(&["ADDRESS_BLOCK"])), vendor(vec!["NAME".to_owned()])]);
    let receiver = first.summary_groups().into_iter().find(|group| group.has_type("RECEIVER")).unwrap();
    assert!(receiver.field("CITY").is_some_and(|city| city.value().is_some()));
}
