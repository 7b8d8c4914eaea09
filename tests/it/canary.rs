//! No document text in anything meant for logs: errors, `Debug`, and our tracing output at every level.

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};

use aws_smithy_types::base64;
use futures::{Stream, StreamExt};
use inkseal::document::Document;
use inkseal::emulator::{Emulator, Fault, Response};
use inkseal::redact::{ComprehendDetector, PiiDetector};
use inkseal::render::{Format, Render};
use inkseal::synchronous::{
    AnalyzeDocument, AnalyzeExpense, AnalyzeId, DetectDocumentText, HumanLoop, Input,
};
use inkseal::{Error, SecureJob, Text};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt};

use crate::support::{RESULTS, clients, complete, emulator, input, seal};

const CANARY: &str = "Jane-Canary-Doe";

/// Everything that was shown in a run.
#[derive(Clone, Default)]
pub struct Shown(Arc<Mutex<Vec<u8>>>);

impl Shown {
    pub fn show(&self, what: impl Debug) {
        use io::Write;
        writeln!(self.0.lock().unwrap(), "{what:?} {what:#?}").unwrap();
    }

    pub fn show_error(&self, error: &Error) {
        self.show(error);
        let mut next: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = next {
            self.show(error.to_string());
            next = error.source();
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn check(&self) {
        let shown = self.text();
        assert!(shown.len() > 1_000 && shown.contains("request"), "the run was shown: {} bytes", shown.len());
        for canary in ["Canary", &base64::encode(CANARY)] {
            assert!(!shown.contains(canary), "{}", &shown[shown.find(canary).unwrap().saturating_sub(300)..]);
        }
    }
}

impl io::Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows everything that a stream yields, and its state after each item.
async fn drain<T: Debug>(shown: &Shown, mut records: impl Stream<Item = inkseal::Result<T>> + Unpin + Debug) {
    while let Some(record) = records.next().await {
        match record {
            Ok(record) => shown.show(record),
            Err(error) => shown.show_error(&error),
        }
        shown.show(&records);
    }
}

/// Shows our tracing at all levels, while the guard lives.
pub fn listen(shown: &Shown) -> tracing::subscriber::DefaultGuard {
    let writer = {
        let shown = shown.clone();
        move || shown.clone()
    };
    // The SDK's own targets do log bodies at TRACE, as the crate's documentation says; ours must not.
    let ours = tracing_subscriber::filter::filter_fn(|metadata| metadata.target().starts_with("inkseal"));
    let layer =
        fmt::layer().with_writer(writer).with_ansi(false).with_span_events(fmt::format::FmtSpan::FULL);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(layer.with_filter(ours)))
}

/// Runs a response through its family, well and with faults.
async fn run(response: Value) -> Shown {
    let shown = Shown::default();
    let _guard = listen(&shown);
    let lending = response.get("Results").is_some();
    let expense = response.get("ExpenseDocuments").is_some();
    let emulator = emulator().response(Response::recorded(response.to_string()).unwrap()).build().unwrap();
    let clients = clients(&emulator);
    macro_rules! drain {
        ($job:expr, $records:ident) => {{
            let job = complete(seal($job), &clients).await;
            shown.show(&job);
            drain(&shown, job.output(&clients).$records()).await;
            drain(&shown, job.output(&clients).via_api().$records()).await;
            for fault in [Fault::WrongKey, Fault::TruncatedBody, Fault::AccessDenied] {
                emulator.inject(fault.on("GetObject"));
                drain(&shown, job.output(&clients).$records()).await;
                emulator.clear_faults();
            }
            for key in emulator.object_keys(RESULTS) {
                let body = emulator.object(RESULTS, &key).unwrap();
                let half = body.slice(..body.len() * 2 / 3);
                emulator.put_object_under_key(RESULTS, &key, half, crate::support::KEY).unwrap();
            }
            drain(&shown, job.output(&clients).$records()).await;
        }};
    }
    match (expense, lending) {
        (true, _) => drain!(SecureJob::expense(input()), documents),
        (_, true) => drain!(SecureJob::lending(input()), results),
        _ => {
            drain!(SecureJob::text_detection(input()), blocks);
            drain!(SecureJob::analysis(input()).feature(inkseal::Feature::Forms), pages);
        }
    }
    shown
}

fn detection() -> Value {
    json!({"Text": CANARY, "Confidence": 99.0, "Geometry": {"BoundingBox": {"Left": 0.1}}, "SelectionStatus": "SELECTED"})
}

fn expense_document() -> Value {
    json!({
        "ExpenseIndex": 1,
        "SummaryFields": [{"Type": {"Text": "TOTAL"}, "LabelDetection": detection(), "ValueDetection": detection()}],
        "LineItemGroups": [{"LineItems": [{"LineItemExpenseFields": [
            {"Type": {"Text": "ITEM"}, "LabelDetection": detection(), "ValueDetection": detection()},
        ]}]}],
        "Blocks": [{"BlockType": "WORD", "Id": "b", "Text": CANARY}],
    })
}

#[tokio::test(start_paused = true)]
async fn blocks_show_no_text() {
    let block = |kind: &str, id: &str| {
        json!({
            "BlockType": kind, "Id": id, "Text": CANARY, "Page": 1, "Confidence": 99.0,
            "Query": {"Text": CANARY, "Alias": CANARY, "Pages": ["1"]},
            "EntityTypes": ["KEY"], "Relationships": [{"Type": "CHILD", "Ids": ["missing"]}],
        })
    };
    let kinds = ["PAGE", "LINE", "WORD", "QUERY", "QUERY_RESULT", "KEY_VALUE_SET", "CELL", "NEW_KIND"];
    let blocks: Vec<_> = kinds.iter().map(|kind| block(kind, kind)).collect();
    run(json!({"DocumentMetadata": {"Pages": 1}, "Blocks": blocks})).await.check();
}

#[tokio::test(start_paused = true)]
async fn expense_documents_show_no_text() {
    run(json!({"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [expense_document()]})).await.check();
}

#[tokio::test(start_paused = true)]
async fn lending_results_show_no_text() {
    let lending = json!({
        "LendingFields": [{"Type": "NAME", "KeyDetection": detection(), "ValueDetections": [detection()]}],
        "SignatureDetections": [{"Confidence": 99.0}],
    });
    let said = json!([{"Value": CANARY, "Confidence": 99.0}]);
    let class = json!({"PageType": said, "PageNumber": said});
    let result = json!({"Page": 1, "PageClassification": class, "Extractions": [
        {"LendingDocument": lending}, {"ExpenseDocument": expense_document()}, {"IdentityDocument": identity_document()},
    ]});
    run(json!({"DocumentMetadata": {"Pages": 1}, "Results": [result]})).await.check();
}

fn identity_document() -> Value {
    json!({"IdentityDocumentFields": [{
        "Type": {"Text": "FIRST_NAME"},
        "ValueDetection": {"Text": CANARY, "NormalizedValue": {"Value": CANARY, "ValueType": "Date"}},
    }]})
}

#[tokio::test(start_paused = true)]
async fn synchronous_calls_show_no_text_and_no_bytes() {
    let shown = Shown::default();
    let _guard = listen(&shown);
    let block = json!({"BlockType": "LINE", "Id": "b", "Text": CANARY});
    let recorded = |response: Value| Response::recorded(response.to_string()).unwrap();
    let emulator = emulator()
        .response(recorded(json!({"Blocks": [block]})))
        .response(recorded(json!({"ExpenseDocuments": [expense_document()]})))
        .response(recorded(json!({"IdentityDocuments": [identity_document()]})))
        .build()
        .unwrap();
    let clients = clients(&emulator);
    // At a multiple of three bytes, so that its base64 would show too.
    let scan = Input::bytes(format!("%PDF-1.7\n{CANARY}")).unwrap();
    shown.show(&scan);
    for unread in [CANARY.to_owned(), format!("%PDF-/Encrypt 1 0 R {CANARY}"), format!("GIF89a{CANARY}")] {
        shown.show_error(&Input::bytes(unread).unwrap_err());
    }
    let review = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/a".parse().unwrap();
    let query = inkseal::Query::new(CANARY).unwrap().alias(CANARY).unwrap();
    let detect = DetectDocumentText::new(scan.clone());
    let analyze = AnalyzeDocument::new(scan.clone()).query(query);
    let analyze = analyze.human_loop(HumanLoop::new("a".parse().unwrap(), review));
    let expense = AnalyzeExpense::new(scan.clone());
    let id = AnalyzeId::new(scan.clone()).back(scan).unwrap();
    macro_rules! show {
        ($call:ident) => {{
            shown.show(&$call);
            match $call.clone().send(&clients).await {
                Ok(answer) => shown.show(answer),
                Err(error) => shown.show_error(&error),
            }
        }};
    }
    for fault in [None, Some(Fault::AccessDenied), Some(Fault::TruncatedBody), Some(Fault::ConnectionReset)] {
        for operation in ["DetectDocumentText", "AnalyzeDocument", "AnalyzeExpense", "AnalyzeID"] {
            if let Some(fault) = &fault {
                emulator.inject(fault.clone().on(operation));
            }
        }
        show!(detect);
        show!(analyze);
        show!(expense);
        show!(id);
        emulator.clear_faults();
    }
    shown.show(emulator.requests());
    shown.check();
}

#[test]
fn views_of_a_document_show_no_text() {
    let block = |kind: &str, id: &str, related: Value| {
        json!({
            "BlockType": kind, "Id": id, "Text": CANARY, "Confidence": 99.0, "RowIndex": 1, "ColumnIndex": 1,
            "Query": {"Text": CANARY, "Alias": CANARY}, "EntityTypes": ["KEY"], "Relationships": related,
        })
    };
    let child = json!([{"Type": "CHILD", "Ids": ["w", "missing"]}]);
    let json = json!({"DocumentMetadata": {"Pages": 1}, "StatusMessage": CANARY, "Blocks": [
        block("PAGE", "p", child.clone()),
        block("LINE", "l", child.clone()),
        block("WORD", "w", json!(null)),
        block("KEY_VALUE_SET", "k", json!([{"Type": "CHILD", "Ids": ["w"]}, {"Type": "VALUE", "Ids": ["w"]}])),
        block("TABLE", "t", json!([{"Type": "CHILD", "Ids": ["c"]}, {"Type": "TABLE_TITLE", "Ids": ["w"]}])),
        block("CELL", "c", child.clone()),
        block("QUERY", "q", json!([{"Type": "ANSWER", "Ids": ["w"]}])),
        block("LAYOUT_TEXT", "y", json!([{"Type": "CHILD", "Ids": ["l"]}])),
        block("SELECTION_ELEMENT", "x", json!(null)),
        block("SIGNATURE", "s", json!(null)),
    ]});
    let shown = Shown::default();
    let document = Document::from_json(json.to_string().as_bytes()).unwrap();
    shown.show(("a request", &document));
    shown.show((document.blocks().collect::<Vec<_>>(), document.unresolved().collect::<Vec<_>>()));
    for page in document.pages() {
        shown.show((page, page.layout(), page.reading_order()));
        shown.show((page.lines().collect::<Vec<_>>(), page.words().collect::<Vec<_>>()));
        shown.show((page.selection_elements().collect::<Vec<_>>(), page.signatures().collect::<Vec<_>>()));
        for table in page.tables() {
            shown.show((table.rows().collect::<Vec<_>>(), table.titles().collect::<Vec<_>>(), &table));
        }
        for field in page.fields() {
            shown.show((field, field.key_tokens().collect::<Vec<_>>(), field.values().collect::<Vec<_>>()));
        }
        for query in page.queries() {
            shown.show((query, query.answers().collect::<Vec<_>>()));
        }
    }
    shown.show(document.joined_tables());
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Csv, Format::Json] {
        let render = Render::to(format);
        let rendering = render.document_with_map(&document);
        assert!(rendering.text().contains(CANARY), "{format:?}");
        shown.show((rendering.spans(), &rendering, render.page_writer(), render));
    }
    for broken in [format!(r#"{{"Blocks": [{{"Text": 1, "Id": "{CANARY}"}}]}}"#), format!("[{CANARY}")] {
        shown.show_error(&Document::from_json(broken.as_bytes()).unwrap_err());
    }
    shown.check();
}

#[tokio::test(start_paused = true)]
async fn the_detection_of_personal_data_shows_no_text() {
    let shown = Shown::default();
    let _guard = listen(&shown);
    let builder = Emulator::builder().pii("NAME", CANARY);
    shown.show(&builder);
    let emulator = builder.build().unwrap();
    let detector = ComprehendDetector::new(&clients(&emulator)).unwrap().attempts(2).contains_first(true);
    shown.show(&detector);
    let text = CANARY.repeat(20_000);
    let found = detector.detect(&text).await.unwrap();
    assert_eq!(found.spans.len(), 20_000);
    shown.show((&found.spans[0], found.requests, found.billed_units));
    shown.show((&emulator, emulator.requests()));
    for fault in [
        Fault::Throttle,
        Fault::AccessDenied,
        Fault::InternalError,
        Fault::ConnectionReset,
        Fault::Latency(std::time::Duration::from_secs(600)),
    ] {
        for operation in ["ContainsPiiEntities", "DetectPiiEntities"] {
            emulator.inject(fault.clone().on(operation));
            let error = detector.detect(&text).await.unwrap_err();
            shown.show((error.to_string(), &error));
            shown.show_error(std::error::Error::source(&error).unwrap().downcast_ref().unwrap());
            emulator.clear_faults();
        }
    }
    shown.check();
}

#[test]
fn text_itself_shows_its_length_only() {
    assert_eq!(format!("{:?}", Text::from(CANARY)), "Text(15 bytes)");
}
