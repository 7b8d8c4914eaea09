//! The four families from end to end: small responses of our own, and every recorded one.

use futures::{Stream, TryStreamExt};
use inkseal::emulator::{Response, Shape};
use inkseal::{Clients, SecureJob};
use serde::Serialize;
use serde_json::{Value, json};

use crate::recorded::{compare, responses};
use crate::support::{clients, complete, emulator, input, seal};

/// Runs a response as a sealed job of its family, and returns what the stream yields, which must be the same over the API.
async fn streamed(response: Response) -> Vec<Value> {
    let shape = response.shape().unwrap();
    let emulator = emulator().response(response).build().unwrap();
    let clients = clients(&emulator);
    let (from_bucket, from_api) = match shape {
        Shape::Blocks => {
            let output = complete(seal(SecureJob::text_detection(input())), &clients).await.output(&clients);
            (values(output.clone().blocks()).await, values(output.via_api().blocks()).await)
        }
        Shape::Expense => {
            let output = complete(seal(SecureJob::expense(input())), &clients).await.output(&clients);
            (values(output.clone().documents()).await, values(output.via_api().documents()).await)
        }
        Shape::Lending => {
            let output = complete(seal(SecureJob::lending(input())), &clients).await.output(&clients);
            (values(output.clone().results()).await, values(output.via_api().results()).await)
        }
        other => panic!("a new shape: {other:?}"),
    };
    assert_eq!(from_bucket, from_api);
    from_bucket
}

async fn values<T: Serialize>(records: impl Stream<Item = inkseal::Result<T>>) -> Vec<Value> {
    // Through the text, as a number of a `Value` is an f64 and a record's is an f32.
    let text = |record: T| serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    records.map_ok(text).try_collect().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn expense_documents_come_as_documents() {
    let document = |index: u32| {
        json!({
            "ExpenseIndex": index,
            "SummaryFields": [{
                "Type": {"Text": "TOTAL", "Confidence": 99.5},
                "ValueDetection": {"Text": "12.50", "Confidence": 98.0},
                "PageNumber": index,
            }],
            "LineItemGroups": [],
        })
    };
    let documents: Vec<_> = (1..=45).map(document).collect();
    let response = json!({"DocumentMetadata": {"Pages": 45}, "ExpenseDocuments": documents.clone()});
    let response = Response::recorded(response.to_string()).unwrap();
    assert_eq!(streamed(response).await, documents);
}

#[tokio::test(start_paused = true)]
async fn lending_results_come_from_their_own_folder() {
    let result = |page: u32| {
        json!({
            "Page": page,
            "PageClassification": {
                "PageType": [{"Value": "PAYSLIPS", "Confidence": 99.0}],
                "PageNumber": [{"Value": "undetected", "Confidence": 100.0}],
            },
            "Extractions": [{"LendingDocument": {"LendingFields": [{"Type": "NET_PAY"}]}}],
        })
    };
    let results: Vec<_> = (1..=70).map(result).collect();
    let response = json!({"DocumentMetadata": {"Pages": 70}, "Results": results.clone()});
    let response = Response::recorded(response.to_string()).unwrap();
    let emulator = emulator().response(response.clone()).build().unwrap();
    let clients: Clients = clients(&emulator);
    let job = complete(seal(SecureJob::lending(input())), &clients).await;
    let mut stream = job.results(&clients);
    while stream.try_next().await.unwrap().is_some() {}
    let seen = stream.completeness().unwrap();
    assert_eq!((seen.pages_seen, seen.parts, seen.verified), (70, 3, 3));
    assert_eq!(streamed(response).await, results);
}

#[tokio::test(start_paused = true)]
async fn a_lending_page_that_never_came_is_missed() {
    let response = json!({"DocumentMetadata": {"Pages": 3}, "Results": [{"Page": 1}, {"Page": 3}]});
    let emulator = emulator().response(Response::recorded(response.to_string()).unwrap()).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::lending(input())), &clients).await;
    let result: Result<Vec<_>, _> = job.results(&clients).try_collect().await;
    assert_eq!(result.unwrap_err().kind(), inkseal::ErrorKind::Incomplete);
}

#[tokio::test(start_paused = true)]
async fn a_document_without_blocks_is_a_document() {
    let response = json!({"DocumentMetadata": {"Pages": 0}, "Blocks": []});
    assert_eq!(streamed(Response::recorded(response.to_string()).unwrap()).await, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
#[ignore = "needs INKSEAL_CORPUS"]
async fn every_recorded_response_streams_as_it_was_recorded() {
    let mut skipped = std::collections::BTreeSet::new();
    for (kind, list) in [("blocks", "Blocks"), ("expense", "ExpenseDocuments"), ("lending", "Results")] {
        for (name, json) in responses(kind) {
            let recorded: Value = serde_json::from_slice(&json).unwrap();
            let came = streamed(Response::recorded(&json).unwrap()).await;
            compare(&recorded[list], &Value::Array(came), &name, &mut skipped);
        }
    }
    // What these recordings hold beyond the API, and nothing else.
    let beyond = ["Hint", "PageClassification", "SearchKey", "childText"];
    assert!(skipped.iter().all(|name| beyond.contains(&name.as_str())), "{skipped:?}");
}
