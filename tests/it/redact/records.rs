//! Records that are no documents of blocks, and where in them something was redacted.

use inkseal::ErrorKind;
use inkseal::document::{ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::redact::{Operator, PiiType, Redactable, Redacted};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Planted, document, lines, place, stage};

fn record<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

async fn without_jane<T: Redactable>(record: T) -> Redacted<T> {
    let redactor = stage(Planted::name("Jane Doe")).trust_fields(false).build().unwrap();
    redactor.redact(record).await.unwrap().0
}

fn pages<T>(redacted: &Redacted<T>) -> Vec<u32> {
    redacted.regions().iter().map(|region| region.page).collect()
}

#[tokio::test]
async fn regions_are_on_the_page_of_the_field() {
    let field = |page: u32| json!({"PageNumber": page, "ValueDetection": {"Text": "Jane Doe", "Geometry": place(0.1, 0.1, 0.2)}});
    let expense: ExpenseDocument = record(json!({"SummaryFields": [field(2), field(5)], "LineItemGroups": [
        {"LineItems": [{"LineItemExpenseFields": [field(3)]}]}
    ]}));
    let redacted = without_jane(expense).await;
    assert_eq!(pages(&redacted), [2, 5, 3]);
    assert_eq!((redacted.places_on(5).unwrap().len(), redacted.places_on(4).unwrap().len()), (1, 0));

    let detection = json!({"Text": "Jane Doe", "Geometry": place(0.1, 0.1, 0.2)});
    let lending: LendingResult = record(json!({"Page": 7, "Extractions": [
        {"LendingDocument": {"LendingFields": [{"Type": "BORROWER", "ValueDetections": [detection]}]}},
        {"ExpenseDocument": {"Blocks": lines(7, &["Dear Jane Doe,"])}},
    ]}));
    assert_eq!(pages(&without_jane(lending).await), [7, 7, 7]);
}

#[tokio::test]
async fn what_has_no_place_is_no_place_to_burn() {
    let identity: IdentityDocument = record(json!({"DocumentIndex": 1, "IdentityDocumentFields": [
        {"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "Jane Doe"}},
    ]}));
    let redacted = without_jane(identity).await;
    assert_eq!(redacted.identity_document_fields()[0].value(), Some("[NAME]"));
    assert_eq!(redacted.places_on(1).unwrap_err().kind(), ErrorKind::Leak);

    // Where a word says the same, it is known after all.
    let identity: IdentityDocument = record(json!({"DocumentIndex": 1, "IdentityDocumentFields": [
        {"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "Jane Doe"}},
    ], "Blocks": lines(1, &["Jane Doe"])}));
    assert_eq!(without_jane(identity).await.places_on(1).unwrap().len(), 2);

    // A word without a place, in a line that has none either.
    let mut blocks = lines(1, &["Dear Jane Doe,"]);
    blocks.iter_mut().for_each(|block| drop(block.as_object_mut().unwrap().remove("Geometry")));
    let redacted = without_jane(document(json!(blocks))).await;
    assert_eq!(redacted.places_on(1).unwrap_err().kind(), ErrorKind::Leak);
    assert_eq!(redacted.places_on(2).unwrap().len(), 0);
}

#[tokio::test]
async fn a_normalized_value_follows_its_text() {
    let born = || -> IdentityDocument {
        record(json!({"IdentityDocumentFields": [{
            "Type": {"Text": "DATE_OF_BIRTH"},
            "ValueDetection": {"Text": "10/08/1982",
                "NormalizedValue": {"Value": "1982-10-08T00:00:00", "ValueType": "Date"}},
        }]}))
    };
    // What the detector finds, and what Textract says that it is.
    let found = stage(Planted::of([(PiiType::DateTime, "10/08/1982")])).trust_fields(false);
    let trusted = stage(Planted::default());
    for redactor in [found, trusted] {
        let (redacted, report) = redactor.build().unwrap().redact(born()).await.unwrap();
        let json = serde_json::to_string(&*redacted).unwrap();
        assert!(!json.contains("1982") && json.contains("[DATE_TIME]"), "{json}");
        assert!(report.entities() > 0);
    }
}

#[tokio::test]
async fn records_of_one_document_are_redacted_together() {
    let expense = |name: &str| -> ExpenseDocument {
        record(json!({"SummaryFields": [{"ValueDetection": {"Text": format!("to {name}")}}]}))
    };
    let all = || [expense("Jane Doe"), expense("Ann Roe"), expense("Jane Doe")];
    let names = Planted::of([(PiiType::Name, "Jane Doe"), (PiiType::Name, "Ann Roe")]);
    let redactor = stage(names).others(Operator::token()).build().unwrap();
    let (redacted, report) = redactor.redact_all(all()).await.unwrap();
    let values: Vec<_> = redacted.iter().map(|one| one.summary_fields()[0].value().unwrap()).collect();
    assert_eq!(values, ["to NAME_1", "to NAME_2", "to NAME_1"]);
    assert_eq!((report.pages(), report.entities()), (3, 3));

    // What is found in the last one only is swept from the first one too.
    let last = super::Told(|text: &str| {
        let found = if text.contains("!") { Planted::name("Jane Doe").find(text) } else { Vec::new() };
        Box::pin(async move { Ok(inkseal::redact::Detection::new(found)) })
            as futures::future::BoxFuture<'static, _>
    });
    let redactor = stage(last).sweep(true).build().unwrap();
    let (redacted, _) = redactor.redact_all([expense("Jane Doe"), expense("Jane Doe!")]).await.unwrap();
    assert_eq!(redacted[0].summary_fields()[0].value(), Some("to [NAME]"));
}
