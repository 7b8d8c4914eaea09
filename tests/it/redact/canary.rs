//! Strings in every text member of every family, in many scripts, split in every way: after redaction they are gone.

use futures::TryStreamExt;
use inkseal::document::{Document, ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::emulator::{Emulator, Response};
use inkseal::part::Record;
use inkseal::redact::{
    ComprehendDetector, Operator, PiiDetector, PiiType, PseudonymKey, Redactable, Redactor,
};
use inkseal::render::{Format, Render};
use inkseal::{Feature, SecureJob};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Planted, lines};
use crate::canary::{Shown, listen};
use crate::support::{clients, complete, emulator, input, seal};

/// Each consists of two words that appear nowhere else.
const CANARIES: [&str; 6] = [
    "Zyxwva Qanary",
    "ज़ोयाक कनारीज़",
    "زينبة كناريا",
    "🦜👩🏽‍🚀qu 🐤🇨🇭quar",
    "Zoe\u{308}k Ka\u{301}nariq",
    "X4ZQ7 998-76-5432-1",
];

fn operators() -> [Operator; 5] {
    let key = PseudonymKey::new([5; 32]).unwrap();
    [
        Operator::mask(),
        Operator::replace_with_type(),
        Operator::remove(),
        Operator::token(),
        Operator::pseudonym(key),
    ]
}

fn redactor(detector: impl PiiDetector + 'static, operator: Operator) -> Redactor {
    Redactor::builder(detector).others(operator).build().unwrap()
}

/// Nothing of the canaries is in what was written.
fn check(what: &str, written: &str) {
    let words = CANARIES.iter().flat_map(|canary| canary.split(' ').chain([*canary]));
    for word in words {
        assert!(!written.contains(word), "{word} is in {what}");
    }
}

fn check_value(what: &str, value: &impl Serialize) {
    check(what, &serde_json::to_string(value).unwrap());
}

fn check_document(document: &Document) {
    check_value("JSON", document);
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Csv, Format::Json] {
        check(format.as_str(), &Render::to(format).document(document));
    }
}

/// Blocks with a canary in every text member, in a cell, a field, an answer, a question, an alias, a caption; over two
/// words, over two lines, over two cells; in a line that says more than its words; in blocks that come twice.
fn blocks(canary: &str) -> Value {
    let (first, second) = canary.split_once(' ').unwrap();
    let child = |ids: &[&str]| json!([{"Type": "CHILD", "Ids": ids}]);
    let mut blocks = vec![json!({"BlockType": "PAGE", "Id": "page", "Page": 1, "Text": canary})];
    let text = [format!("Dear {canary}, hello"), format!("end {first}"), format!("{second} begin")];
    blocks.extend(lines(1, &text.each_ref().map(String::as_str)));
    blocks.extend(json!([
        {"BlockType": "LINE", "Id": "more", "Page": 1, "Text": format!("more {canary} here"), "Relationships": child(&["nowhere", "here"])},
        {"BlockType": "WORD", "Id": "here", "Page": 1, "Text": "here"},
        {"BlockType": "WORD", "Id": "twice", "Page": 1, "Text": canary},
        {"BlockType": "WORD", "Id": "twice", "Page": 1, "Text": "harmless"},
        {"BlockType": "LINE", "Id": "line twice", "Page": 1, "Text": canary},
        {"BlockType": "LINE", "Id": "line twice", "Page": 1, "Text": "harmless"},
        {"BlockType": "WORD", "Page": 1, "Text": canary},
        {"BlockType": "WORD", "Page": 1, "Text": "no id"},
        {"BlockType": "WORD", "Id": "a", "Page": 1, "Text": first},
        {"BlockType": "WORD", "Id": "b", "Page": 1, "Text": second},
        {"BlockType": "WORD", "Id": "c", "Page": 1, "Text": canary},
        {"BlockType": "TABLE", "Id": "table", "Page": 1, "Relationships": [
            {"Type": "CHILD", "Ids": ["one", "two"]}, {"Type": "TABLE_TITLE", "Ids": ["title"]}]},
        {"BlockType": "TABLE_TITLE", "Id": "title", "Page": 1, "Text": canary, "Relationships": child(&["c"])},
        {"BlockType": "CELL", "Id": "one", "Page": 1, "RowIndex": 1, "ColumnIndex": 1, "Relationships": child(&["a"])},
        {"BlockType": "CELL", "Id": "two", "Page": 1, "RowIndex": 1, "ColumnIndex": 2, "Text": canary, "Relationships": child(&["b"])},
        {"BlockType": "KEY_VALUE_SET", "Id": "key", "Page": 1, "EntityTypes": ["KEY"], "Text": canary,
         "Relationships": [{"Type": "CHILD", "Ids": ["k"]}, {"Type": "VALUE", "Ids": ["value"]}]},
        {"BlockType": "KEY_VALUE_SET", "Id": "value", "Page": 1, "EntityTypes": ["VALUE"], "Relationships": child(&["v", "w"])},
        {"BlockType": "WORD", "Id": "k", "Page": 1, "Text": "Name:"},
        {"BlockType": "WORD", "Id": "v", "Page": 1, "Text": first},
        {"BlockType": "WORD", "Id": "w", "Page": 1, "Text": second},
        {"BlockType": "QUERY", "Id": "q", "Page": 1, "Text": canary,
         "Query": {"Text": format!("Is {canary} here?"), "Alias": canary, "Pages": [canary]},
         "Relationships": [{"Type": "ANSWER", "Ids": ["r", "far"]}]},
        {"BlockType": "QUERY_RESULT", "Id": "r", "Page": 1, "Text": format!("yes,\n{first}\n{second}.")},
        {"BlockType": "QUERY_RESULT", "Id": "alone", "Page": 1, "Text": canary},
        {"BlockType": "QUERY_RESULT", "Id": "far", "Page": 2, "Text": canary},
        {"BlockType": "SIGNATURE", "Id": "s", "Page": 1, "Text": canary},
        {"BlockType": "LAYOUT_TEXT", "Id": "t", "Page": 1, "Text": canary},
        {"BlockType": "SOMETHING_NEW", "Id": "n", "Page": 1, "Text": canary},
    ]).as_array().unwrap().clone());
    json!({
        "JobStatus": "SUCCEEDED", "StatusMessage": format!("read for {canary}"), "DocumentMetadata": {"Pages": 2},
        "Warnings": [{"ErrorCode": format!("said {canary}"), "Pages": [1]}], "Blocks": blocks,
    })
}

fn expense(canary: &str) -> Value {
    let detection = || json!({"Text": format!("for {canary}"), "Confidence": 99.0});
    let field = || {
        json!({
            "Type": {"Text": format!("type {canary}")}, "LabelDetection": detection(), "ValueDetection": detection(),
            "Currency": {"Code": canary}, "GroupProperties": [{"Types": [canary], "Id": canary}],
        })
    };
    json!({
        "ExpenseIndex": 1, "SummaryFields": [field()],
        "LineItemGroups": [{"LineItems": [{"LineItemExpenseFields": [field()]}]}],
        "Blocks": blocks(canary)["Blocks"],
    })
}

fn identity(canary: &str) -> Value {
    json!({
        "DocumentIndex": 1,
        "IdentityDocumentFields": [
            {"Type": {"Text": "SOMETHING"}, "ValueDetection": {"Text": canary, "NormalizedValue": {"Value": canary, "ValueType": "Date"}}},
            {"Type": {"Text": canary}, "ValueDetection": {"Text": canary}},
        ],
        "Blocks": blocks(canary)["Blocks"],
    })
}

fn lending(canary: &str) -> Value {
    let detection = || json!({"Text": canary, "Confidence": 99.0});
    json!({
        "Page": 1,
        "PageClassification": {"PageType": [{"Value": canary}], "PageNumber": [{"Value": canary}]},
        "Extractions": [
            {"LendingDocument": {"LendingFields": [
                {"Type": "BORROWER", "KeyDetection": detection(), "ValueDetections": [detection(), detection()]},
                {"Type": canary, "ValueDetections": [detection()]},
            ]}},
            {"ExpenseDocument": expense(canary)},
            {"IdentityDocument": identity(canary)},
        ],
    })
}

/// Every canary, all of them planted.
fn planted() -> Planted {
    Planted::of(CANARIES.map(|canary| (PiiType::Name, canary)))
}

async fn redacted<T>(shown: &Shown, record: T, what: &str)
where
    T: Redactable + Clone + Serialize + std::fmt::Debug,
{
    let json = serde_json::to_string(&record).unwrap();
    assert!(json.len() > 100 && CANARIES.iter().any(|canary| json.contains(canary)), "{what} has no canary");
    for operator in operators() {
        let (redacted, report) = redactor(planted(), operator).redact(record.clone()).await.unwrap();
        check_value(what, &redacted);
        check_value("report", &report);
        assert!(report.entities() > 5, "{what}");
        shown.show((&redacted, redacted.as_ref(), redacted.regions(), &report));
    }
}

#[tokio::test]
async fn every_member_of_every_family() {
    let shown = Shown::default();
    let _guard = listen(&shown);
    for canary in CANARIES {
        for operator in operators() {
            let document = Document::from_json(blocks(canary).to_string().as_bytes()).unwrap();
            let redactor = redactor(planted(), operator);
            let (document, report) = document.redact(&redactor).await.unwrap();
            check_document(&document);
            shown.show((&document, document.as_ref(), &report, &redactor));
            document.blocks().for_each(|block| shown.show(block.block()));
        }
        let one = |records: &str, record: Value| json!({records: [record]}).to_string();
        let json = one("ExpenseDocuments", expense(canary));
        for part in ExpenseDocument::parse_saved(json.as_bytes()).unwrap() {
            for record in part.records {
                redacted(&shown, record, "expense").await;
            }
        }
        let json = one("IdentityDocuments", identity(canary));
        for part in IdentityDocument::parse_saved(json.as_bytes()).unwrap() {
            for record in part.records {
                redacted(&shown, record, "identity").await;
            }
        }
        let json = one("Results", lending(canary));
        for part in LendingResult::parse_saved(json.as_bytes()).unwrap() {
            for record in part.records {
                redacted(&shown, record, "lending").await;
            }
        }
    }
    check("what was shown", &shown.text());
}

fn with_canaries() -> inkseal::emulator::EmulatorBuilder {
    CANARIES.into_iter().fold(emulator(), |emulator, canary| emulator.pii(PiiType::Name, canary))
}

/// A hundred pages of text, so that it is cut for requests, with canaries all over them.
fn long() -> Value {
    let mut blocks = Vec::new();
    for page in 1..=100 {
        blocks.push(json!({"BlockType": "PAGE", "Id": format!("page {page}"), "Page": page}));
        let text: Vec<String> = (0..40)
            .map(|line| {
                let number = page * 40 + line;
                let canary = CANARIES[number as usize % CANARIES.len()];
                let filler = "lorem ipsum ".repeat(number as usize % 7);
                format!("{filler}{canary} dolor")
            })
            .collect();
        blocks.extend(lines(page, &text.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    json!({"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 100}, "Blocks": blocks})
}

fn run(emulator: inkseal::emulator::EmulatorBuilder, response: &Value) -> Emulator {
    emulator.response(Response::recorded(response.to_string()).unwrap()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn over_parts_and_request_cuts_with_comprehend() {
    let shown = Shown::default();
    let _guard = listen(&shown);
    // Parts of thirty blocks cut pages, and words from their lines.
    let emulator = run(with_canaries().blocks_per_part(30), &long());
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::analysis(input()).feature(Feature::Forms)), &clients).await;
    let redactor = redactor(ComprehendDetector::new(&clients).unwrap(), Operator::token());
    let mut pages = job.pages(&clients).redact(&redactor);
    let mut count = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        shown.show(&page);
        check_document(&page.into_document());
        count += 1;
    }
    shown.show(&pages);
    assert_eq!((count, pages.report().entities()), (100, 4_000));
    assert!(pages.report().requests() < 10, "pages are put together");
    // One document is one text of more than a request holds.
    let whole = Document::read(job.blocks(&clients)).await.unwrap();
    let (whole, report) = whole.redact(&redactor).await.unwrap();
    check_document(&whole);
    assert_eq!(report.entities(), 4_000);
    check("what was shown", &shown.text());
}

#[tokio::test(start_paused = true)]
async fn errors_of_every_kind_say_nothing() {
    use inkseal::emulator::Fault;
    let shown = Shown::default();
    let _guard = listen(&shown);
    let emulator = run(with_canaries(), &blocks(CANARIES[0]));
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::analysis(input()).feature(Feature::Forms)), &clients).await;
    let detector = || ComprehendDetector::new(&clients).unwrap().attempts(1);
    for fault in [Fault::AccessDenied, Fault::Throttle, Fault::InternalError, Fault::ConnectionReset] {
        emulator.inject(fault.on("DetectPiiEntities"));
        let redactor = redactor(detector(), Operator::remove());
        let error = job.pages(&clients).redact(&redactor).try_next().await.unwrap_err();
        shown.show_error(&error);
        emulator.clear_faults();
    }
    // A leak: a kind of block is not text that could be redacted.
    let mut leaky = blocks(CANARIES[0]);
    leaky["Blocks"][0]["BlockType"] = CANARIES[0].into();
    let document = Document::from_json(leaky.to_string().as_bytes()).unwrap();
    let error = document.redact(&redactor(planted(), Operator::mask())).await.unwrap_err();
    assert_eq!(error.kind(), inkseal::ErrorKind::Leak);
    shown.show_error(&error);
    check("what was shown", &shown.text());
}
