//! No document text in anything that is meant for logs: errors, `Debug`, and our tracing output at every level.

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};

use futures::{Stream, StreamExt};
use inkseal::emulator::{Fault, Response};
use inkseal::{Error, SecureJob, Text};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt};

use crate::support::{RESULTS, clients, complete, emulator, input, seal};

const CANARY: &str = "Jane-Canary-Doe";

/// Everything that was shown in a run.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<u8>>>);

impl Shown {
    fn show(&self, what: impl Debug) {
        use io::Write;
        writeln!(self.0.lock().unwrap(), "{what:?} {what:#?}").unwrap();
    }

    fn show_error(&self, error: &Error) {
        self.show(error);
        let mut next: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = next {
            self.show(error.to_string());
            next = error.source();
        }
    }

    fn check(&self) {
        let shown = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(shown.len() > 1_000 && shown.contains("request"), "the run was shown: {} bytes", shown.len());
        assert!(!shown.contains("Canary"), "{}", &shown[shown.find("Canary").unwrap().saturating_sub(300)..]);
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

/// Shows all that a stream gives, and what there is of it at its end.
async fn drain<T: Debug>(shown: &Shown, mut records: impl Stream<Item = inkseal::Result<T>> + Unpin + Debug) {
    while let Some(record) = records.next().await {
        match record {
            Ok(record) => shown.show(record),
            Err(error) => shown.show_error(&error),
        }
        shown.show(&records);
    }
}

/// Runs a response through its family, well and with faults, with our tracing at its most talkative.
async fn run(response: Value) -> Shown {
    let shown = Shown::default();
    let writer = {
        let shown = shown.clone();
        move || shown.clone()
    };
    // The SDK's own targets do log bodies at TRACE, as the crate's documentation says; ours must not.
    let ours = tracing_subscriber::filter::filter_fn(|metadata| metadata.target().starts_with("inkseal"));
    let layer =
        fmt::layer().with_writer(writer).with_ansi(false).with_span_events(fmt::format::FmtSpan::FULL);
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(layer.with_filter(ours)));

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
                emulator.put_object_under_key(RESULTS, &key, half, crate::support::KEY);
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
    let identity = json!({"IdentityDocumentFields": [{
        "Type": {"Text": "FIRST_NAME"},
        "ValueDetection": {"Text": CANARY, "NormalizedValue": {"Value": CANARY, "ValueType": "Date"}},
    }]});
    let lending = json!({
        "LendingFields": [{"Type": "NAME", "KeyDetection": detection(), "ValueDetections": [detection()]}],
        "SignatureDetections": [{"Confidence": 99.0}],
    });
    let said = json!([{"Value": CANARY, "Confidence": 99.0}]);
    let class = json!({"PageType": said, "PageNumber": said});
    let result = json!({"Page": 1, "PageClassification": class, "Extractions": [
        {"LendingDocument": lending}, {"ExpenseDocument": expense_document()}, {"IdentityDocument": identity},
    ]});
    run(json!({"DocumentMetadata": {"Pages": 1}, "Results": [result]})).await.check();
}

#[test]
fn text_itself_shows_its_length_only() {
    assert_eq!(format!("{:?}", Text::from(CANARY)), "Text(15 bytes)");
}
