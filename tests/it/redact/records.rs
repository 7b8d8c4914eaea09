//! Records that are not documents of blocks, and where in them something was redacted.

use std::collections::BTreeMap;

use inkseal::ErrorKind;
use inkseal::block::{Block, BlockKind};
use inkseal::document::{ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::redact::{EncryptionKey, Operator, PiiType, Redactable, Redacted};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Planted, document, lines, place, stage};

/// Redacted with a detector that finds nothing: only the values that Textract itself labels as personal go.
async fn trusted<T: Redactable>(record: T) -> Redacted<T> {
    stage(Planted::default()).build().unwrap().redact(record).await.unwrap().0
}

/// An identity document with these fields and lines.
fn card(fields: &[(&str, &str)], text: &[&str]) -> IdentityDocument {
    let field =
        |(kind, value): (&str, &str)| json!({"Type": {"Text": kind}, "ValueDetection": {"Text": value}});
    let fields: Vec<_> = fields.iter().copied().map(field).collect();
    record(json!({"IdentityDocumentFields": fields, "Blocks": lines(1, text)}))
}

fn words(card: &IdentityDocument) -> Vec<&str> {
    card.blocks().iter().filter(|block| *block.kind() == BlockKind::Word).filter_map(Block::text).collect()
}

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
    assert_eq!(redacted.places_on(5).unwrap().len(), 1);
    assert_eq!(redacted.page_numbers(), [2, 3, 5]);
    assert_eq!(redacted.places_on(4).unwrap_err().kind(), ErrorKind::InvalidInput);

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

    // If a word says the same, its place is known after all.
    let identity: IdentityDocument = record(json!({"DocumentIndex": 1, "IdentityDocumentFields": [
        {"Type": {"Text": "LAST_NAME"}, "ValueDetection": {"Text": "Jane Doe"}},
    ], "Blocks": lines(1, &["Jane Doe"])}));
    assert_eq!(without_jane(identity).await.places_on(1).unwrap().len(), 2);

    // A word without a place, in a line without one.
    let mut blocks = lines(1, &["Dear Jane Doe,"]);
    blocks.iter_mut().for_each(|block| drop(block.as_object_mut().unwrap().remove("Geometry")));
    let redacted = without_jane(document(json!(blocks))).await;
    assert_eq!(redacted.places_on(1).unwrap_err().kind(), ErrorKind::Leak);
    assert_eq!(redacted.places_on(2).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// A value without a place is missing from the image of its own page, and from no other.
#[tokio::test]
async fn a_value_without_a_place_is_on_the_page_of_its_field() {
    let field = |page: Option<u32>, place: Option<Value>| json!({"PageNumber": page, "ValueDetection": {"Text": "Jane Doe", "Geometry": place}});
    let placed = || field(Some(2), Some(place(0.1, 0.1, 0.2)));
    let expense = |second: Value| -> ExpenseDocument { record(json!({"SummaryFields": [placed(), second]})) };
    let key = EncryptionKey::new([4; 32]);
    let redactor = stage(Planted::name("Jane Doe")).others(Operator::encrypt(key.clone()));
    let redactor = redactor.trust_fields(false).build().unwrap().for_document("d");
    let (redacted, report) = redactor.redact(expense(field(Some(5), None))).await.unwrap();
    assert_eq!(redacted.places_on(2).unwrap().len(), 1);
    assert_eq!(redacted.places_on(5).unwrap_err().kind(), ErrorKind::Leak);
    assert_eq!(report.by_page(), BTreeMap::from([(2, 1), (5, 1)]));
    let value = redacted.summary_fields()[1].value().unwrap();
    assert_eq!(key.decrypt("d", 5, value).unwrap(), "Jane Doe");
    assert!(key.decrypt("d", 2, value).is_err());
    // Values that are kept are counted on their pages, too.
    let kept = stage(Planted::name("Jane Doe")).others(Operator::keep()).build().unwrap();
    let (_, report) = kept.redact(expense(field(Some(5), None))).await.unwrap();
    assert_eq!(report.by_page(), BTreeMap::from([(2, 1), (5, 1)]));

    // A field that names no page may be on any of them, unless one of them says the same.
    let other =
        json!({"PageNumber": 5, "ValueDetection": {"Text": "Total", "Geometry": place(0.5, 0.5, 0.1)}});
    let alone: ExpenseDocument =
        record(json!({"SummaryFields": [other, field(None, None)], "Blocks": lines(3, &["Total"])}));
    let redacted = without_jane(alone).await;
    for page in [3, 5] {
        assert_eq!(redacted.places_on(page).unwrap_err().kind(), ErrorKind::Leak);
    }
    let redacted = without_jane(expense(field(None, None))).await;
    assert_eq!(redacted.places_on(2).unwrap().len(), 1);
}

/// The values of an identity document have the places of the words that say them.
#[tokio::test]
async fn declared_values_are_found_in_the_words() {
    // AnalyzeID drops accents.
    let fields = [("FIRST_NAME", "GARCIA"), ("LAST_NAME", "MARIA")];
    let redacted = trusted(card(&fields, &["2 GARCÍA", "María García"])).await;
    assert_eq!(words(&redacted), ["2", "[NAME]", "[NAME]", "[NAME]"]);
    assert_eq!(redacted.places_on(1).unwrap().len(), 3);

    // Short ones are found as words.
    let fields = [("CITY_IN_ADDRESS", "BIGTOWN"), ("STATE_IN_ADDRESS", "MA"), ("CLASS", "MA")];
    let redacted = trusted(card(&fields, &["BIGTOWN, MA, 02801", "MADE"])).await;
    assert_eq!(words(&redacted), ["[ADDRESS]", "[ADDRESS]", "02801", "MADE"]);
    assert_eq!(redacted.places_on(1).unwrap().len(), 2);
    let redacted = trusted(card(&fields, &["BIGTOWN MADE"])).await;
    assert_eq!(redacted.places_on(1).unwrap_err().kind(), ErrorKind::Leak);

    // A detection that says more has their places too.
    let whole = stage(Planted::of([(PiiType::Address, "BIGTOWN, MA, 02801")])).build().unwrap();
    let (redacted, _) = whole.redact(card(&fields, &["BIGTOWN, MA, 02801"])).await.unwrap();
    assert_eq!(words(&redacted), ["[ADDRESS]", "", ""]);
    assert_eq!(redacted.places_on(1).unwrap().len(), 3);
}

/// A normalised value is not printed, so it needs no place if the value as it is printed is redacted too.
#[tokio::test]
async fn a_normalized_value_needs_no_place() {
    let born = |text: &[&str]| -> IdentityDocument {
        let value = json!({"Text": "10/08/1982", "NormalizedValue": {"Value": "1982-10-08T00:00:00", "ValueType": "Date"}});
        let field = json!({"Type": {"Text": "DATE_OF_BIRTH"}, "ValueDetection": value});
        record(json!({"IdentityDocumentFields": [field], "Blocks": lines(1, text)}))
    };
    assert_eq!(trusted(born(&["DOB 10/08/1982"])).await.places_on(1).unwrap().len(), 1);
    assert_eq!(trusted(born(&["DOB"])).await.places_on(1).unwrap_err().kind(), ErrorKind::Leak);
    let other_form = stage(Planted::of([(PiiType::DateTime, "1982-10-08")])).trust_fields(false);
    let (redacted, _) = other_form.build().unwrap().redact(born(&["DOB 10/08/1982"])).await.unwrap();
    assert_eq!(redacted.places_on(1).unwrap_err().kind(), ErrorKind::Leak);
}

#[tokio::test]
async fn fields_that_textract_labels_as_personal() {
    let field = |kind: &str, value: &str| json!({"Type": kind, "ValueDetections": [{"Text": value}]});
    let lending: LendingResult =
        record(json!({"Page": 1, "Extractions": [{"LendingDocument": {"LendingFields": [
            field("CO-BORROWER_SSN", "75395184613"),
            field("PAYEE_NAME", "Jon Stiles"),
            field("BORROWER_ADDRESS", "1 Elm Street"),
            field("EMPLOYER_NAME", "Any Company"),
            field("LOAN_TERM_(IN_MONTHS)", "360"),
        ]}}]}));
    let json = serde_json::to_string(&*trusted(lending).await).unwrap();
    assert!(["CO-BORROWER_SSN", "LOAN_TERM_(IN_MONTHS)"].iter().all(|kind| json.contains(kind)), "{json}");
    let said =
        ["75395184613", "Jon Stiles", "1 Elm Street", "Any Company", "360"].map(|value| json.contains(value));
    assert_eq!(said, [false, false, false, true, true], "{json}");

    let field = |kind: &str, group: &str, value: &str| json!({"Type": {"Text": kind}, "ValueDetection": {"Text": value}, "GroupProperties": [{"Types": [group]}]});
    let expense: ExpenseDocument = record(json!({"SummaryFields": [
        field("NAME", "RECEIVER_BILL_TO", "Ann Roe"),
        field("NAME", "VENDOR", "Any Company"),
        field("STREET", "RECEIVER_BILL_TO", "2 Oak Road"),
        field("ZIP_CODE", "VENDOR_REMIT_TO", "94105"),
    ]}));
    let redacted = trusted(expense).await;
    let values: Vec<_> = redacted.summary_fields().iter().map(|field| field.value().unwrap()).collect();
    assert_eq!(values, ["[NAME]", "Any Company", "[ADDRESS]", "[ADDRESS]"]);
}

/// The lines of an address are next to those of another one on the page.
#[tokio::test]
async fn an_address_is_found_line_by_line() {
    let value = json!({"Text": "1 Elm Street\nSmallville", "Geometry": place(0.1, 0.1, 0.2)});
    let field = json!({"Type": {"Text": "RECEIVER_ADDRESS"}, "PageNumber": 1, "ValueDetection": value});
    let text = ["From: To:", "2 Oak Road 1 Elm Street", "Metropolis Smallville"];
    let expense: ExpenseDocument = record(json!({"SummaryFields": [field], "Blocks": lines(1, &text)}));
    let redacted = trusted(expense).await;
    let lines: Vec<_> = redacted.blocks().iter().filter(|block| *block.kind() == BlockKind::Line).collect();
    let lines: Vec<_> = lines.into_iter().filter_map(Block::text).collect();
    assert_eq!(lines, ["From: To:", "2 Oak Road [ADDRESS]", "Metropolis [ADDRESS]"]);
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
    // What the detector finds, and what Textract itself labels.
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

    // What is found only in the last one is swept from the first one too.
    let last = super::Told(|text: &str| {
        let found = if text.contains("!") { Planted::name("Jane Doe").find(text) } else { Vec::new() };
        Box::pin(async move { Ok(inkseal::redact::Detection::new(found)) })
            as futures::future::BoxFuture<'static, _>
    });
    let redactor = stage(last).sweep(true).build().unwrap();
    let (redacted, _) = redactor.redact_all([expense("Jane Doe"), expense("Jane Doe!")]).await.unwrap();
    assert_eq!(redacted[0].summary_fields()[0].value(), Some("to [NAME]"));
}
