//! Recorded expense, identity and lending responses come out as they went in.

use std::collections::BTreeSet;
use std::fmt::Debug;

use inkseal::document::{ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::part::Record;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::recorded::{compare, responses};

/// Puts a canary into everything that the document itself says, and counts how often.
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
    // As text, since the numbers of a `Value` are those of an f64.
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
