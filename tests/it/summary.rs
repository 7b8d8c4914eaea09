//! The summary of a lending job, from the bucket and over the API.

use inkseal::document::{LendingResult, LendingSummary};
use inkseal::emulator::{Emulator, Fault, Response};
use inkseal::part::Record;
use inkseal::{Clients, CompletedJob, ErrorKind, Lending, SecureJob, Stage};
use serde_json::{Value, json};

use crate::recorded::responses;
use crate::support::{KEY, RESULTS, clients, complete, emulator, input, seal};

/// A page of this type with this many signatures; `None` if they are not searched for.
fn page(page: u32, kind: &str, signatures: Option<usize>) -> Value {
    let signatures = signatures.map(|count| vec![json!({"Confidence": 90.5}); count]);
    json!({
        "Page": page,
        "PageClassification": {"PageType": [{"Value": kind, "Confidence": 99.0}]},
        "Extractions": [{"LendingDocument": {"SignatureDetections": signatures}}],
    })
}

fn results() -> Value {
    json!({"DocumentMetadata": {"Pages": 6}, "Results": [
        page(1, "PAYSLIPS", None),
        page(2, "CHECKS", Some(2)),
        page(3, "CHECKS", Some(0)),
        page(4, "UNCLASSIFIED", None),
        page(5, "CHECKS", Some(1)),
        page(6, "PAYSLIPS", None),
    ]})
}

async fn completed(response: &Value) -> (Emulator, Clients, CompletedJob<Lending>) {
    let response = Response::recorded(response.to_string()).unwrap();
    let emulator = emulator().response(response).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::lending(input())), &clients).await;
    (emulator, clients, job)
}

fn key(job: &CompletedJob<Lending>, part: u32) -> String {
    format!("textract_output/{}/summaryResponse/{part}", job.id())
}

#[tokio::test(start_paused = true)]
async fn the_summary_tells_documents_and_signatures() {
    let (emulator, clients, job) = completed(&results()).await;
    emulator.clear_requests();
    let summary = job.summary(&clients).await.unwrap();
    assert_eq!(
        serde_json::to_value(&summary).unwrap(),
        json!({
            "DocumentGroups": [
                {
                    "Type": "PAYSLIPS",
                    "SplitDocuments": [{"Index": 1, "Pages": [1]}, {"Index": 2, "Pages": [6]}],
                    "DetectedSignatures": [],
                    "UndetectedSignatures": [],
                },
                {
                    "Type": "CHECKS",
                    "SplitDocuments": [{"Index": 1, "Pages": [2, 3]}, {"Index": 2, "Pages": [5]}],
                    "DetectedSignatures": [{"Page": 2}, {"Page": 5}],
                    "UndetectedSignatures": [{"Page": 3}],
                },
                {
                    "Type": "UNCLASSIFIED",
                    "SplitDocuments": [{"Index": 1, "Pages": [4]}],
                    "DetectedSignatures": [],
                    "UndetectedSignatures": [],
                },
            ],
            "UndetectedDocumentTypes": ["1003", "1005", "1008", "BANK_STATEMENT", "W_2"],
        })
    );
    assert_eq!(summary.pages_of("CHECKS"), [2, 3, 5]);
    assert_eq!(summary.pages_of("W_2"), [0; 0]);
    assert_eq!(summary.groups_of("PAYSLIPS").map(|group| group.split_documents().len()).sum::<usize>(), 2);
    assert_eq!(summary.signed_pages(), [2, 5]);
    assert_eq!(summary.pages_missing_a_signature(), [3]);

    let requests = emulator.requests();
    let operations: Vec<_> = requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["ListObjectsV2", "GetObject"]);
    assert_eq!(requests[1].key, Some(key(&job, 1)));
    assert!(requests[0].query.as_ref().unwrap().contains("summaryResponse"));
    for request in requests {
        assert_eq!(request.header("x-amz-expected-bucket-owner"), Some("111122223333"));
    }
}

#[tokio::test(start_paused = true)]
async fn over_the_api_it_is_the_same() {
    let (emulator, clients, job) = completed(&results()).await;
    let from_bucket = job.summary(&clients).await.unwrap();
    for operation in ["GetObject", "ListObjectsV2"] {
        emulator.inject(Fault::AccessDenied.on(operation));
    }
    emulator.clear_requests();
    assert_eq!(job.output(&clients).via_api().summary().await.unwrap(), from_bucket);
    let requests = emulator.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].operation, "GetLendingAnalysisSummary");
    assert_eq!(requests[0].body, Some(json!({"JobId": job.id().as_str()})));

    emulator.inject(Fault::ExpiredJob);
    let error = job.output(&clients).via_api().summary().await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotFound, Stage::Fetch));
    assert_eq!(error.operation(), Some("GetLendingAnalysisSummary"));
}

#[tokio::test(start_paused = true)]
async fn it_is_verified_and_limited_like_any_part() {
    let (emulator, clients, job) = completed(&results()).await;
    for fault in [Fault::WrongKey, Fault::NotEncrypted] {
        emulator.inject(fault.key("summaryResponse/1"));
        let error = job.summary(&clients).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::NotSealed, Stage::Verify));
        assert_eq!(error.object(), Some(&*key(&job, 1)));
        emulator.clear_faults();
    }
    let error = job.output(&clients).max_part_bytes(50).summary().await.unwrap_err();
    assert_eq!((error.kind(), error.object()), (ErrorKind::Malformed, Some(&*key(&job, 1))));

    emulator.inject(Fault::TruncatedBody.key("summaryResponse/1").times(2));
    job.summary(&clients).await.unwrap();
    emulator.inject(Fault::MissingPart(1).key("summaryResponse/1"));
    let error = job.summary(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::List));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_job_that_is_not_done_is_refused() {
    let (emulator, clients, job) = completed(&results()).await;
    for status in ["IN_PROGRESS", "FAILED"] {
        let body = json!({"JobStatus": status, "Summary": {"DocumentGroups": []}}).to_string();
        emulator.put_object_under_key(RESULTS, &key(&job, 2), body, KEY).unwrap();
        let error = job.summary(&clients).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Assemble), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_lies_in_the_folder_is_read_as_far_as_it_is_a_summary() {
    let (emulator, clients, job) = completed(&results()).await;
    let put = |part, body: &str| {
        emulator.put_object_under_key(RESULTS, &key(&job, part), body.to_owned(), KEY).unwrap();
    };
    let whole = job.summary(&clients).await.unwrap();
    for stranger in ["summaryResponse/notes", "summaryResponse/1.json", "summaryResponse/more/2"] {
        emulator
            .put_object(RESULTS, &format!("textract_output/{}/{stranger}", job.id()), "not ours")
            .unwrap();
    }
    assert_eq!(job.summary(&clients).await.unwrap(), whole);

    // A second part, should there ever be one, belongs to it.
    put(2, r#"{"Summary": {"DocumentGroups": [{"Type": "DEEDS", "SplitDocuments": null}, null]}}"#);
    let both = job.summary(&clients).await.unwrap();
    assert_eq!(both.document_groups().len(), whole.document_groups().len() + 1);
    assert_eq!(both.undetected_document_types(), whole.undetected_document_types());

    put(2, r#"{"JobStatus": "SUCCEEDED", "Summary": null, "Warnings": null}"#);
    assert_eq!(job.summary(&clients).await.unwrap(), whole);
    put(1, r#"{"JobStatus": "SUCCEEDED", "Summary": null}"#);
    let error = job.summary(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::Assemble));
    put(2, r#"{"Summary": {"DocumentGroups": null, "UndetectedDocumentTypes": null, "Hint": 1}}"#);
    assert_eq!(job.summary(&clients).await.unwrap(), LendingSummary::default());

    for broken in [r#"{"Summary": {"DocumentGroups": "Jane"}}"#, r#"{"Summary": ["Jane"]}"#, "{\"Jane\": 1}"]
    {
        put(2, broken);
        let error = job.summary(&clients).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Parse), "{broken}");
        assert_eq!(error.object(), Some(&*key(&job, 2)));
        assert!(!format!("{error:?} {error}").contains("Jane"));
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "needs INKSEAL_CORPUS"]
async fn the_summaries_of_recorded_files_name_every_page_once() {
    for (file, json) in responses("lending") {
        let results = LendingResult::parse_part(&json).unwrap().records;
        let (_emulator, clients, job) = completed(&serde_json::from_slice(&json).unwrap()).await;
        let summary = job.summary(&clients).await.unwrap();
        assert_eq!(job.output(&clients).via_api().summary().await.unwrap(), summary, "{file}");
        let groups = summary.document_groups().iter();
        let pages: usize = groups.map(|group| group.pages().count()).sum();
        assert_eq!(pages, results.len(), "{file}");
        for result in &results {
            let kind = result.page_type().unwrap();
            assert!(summary.pages_of(kind).contains(&result.page.unwrap()), "{file}");
        }
    }
}
