//! The results of each family over its Get operation, for readers that may not read the bucket.

use futures::{Stream, StreamExt};
use inkseal::emulator::{Fault, Response, Synthetic};
use inkseal::{Error, SecureJob};
use serde::Serialize;
use serde_json::json;

use super::{Case, Gone, Way};
use crate::support::{clients, complete, emulator, input, seal};

pub const WAY: Way = Way {
    heading: "The results of a job over the Get operations",
    calls: &[TEXT, ANALYSIS, EXPENSE, LENDING, SUMMARY],
    special,
    go: |case| Box::pin(go(case)),
};

const TEXT: &str = "GetDocumentTextDetection";
const ANALYSIS: &str = "GetDocumentAnalysis";
const EXPENSE: &str = "GetExpenseAnalysis";
const LENDING: &str = "GetLendingAnalysis";
const SUMMARY: &str = "GetLendingAnalysisSummary";

fn special() -> Vec<(&'static str, Case)> {
    vec![
        ("job expired", Case::of(ANALYSIS, Fault::ExpiredJob)),
        ("job expired while it is read", Case::of(ANALYSIS, Fault::ExpiredJob.on(ANALYSIS).nth(2))),
        ("summary expired", Case::of(SUMMARY, Fault::ExpiredJob)),
    ]
}

/// Reads what a job found that came to its end undisturbed.
async fn go(case: Case) -> Gone {
    let response: Response = match case.call {
        TEXT | ANALYSIS => Synthetic::pages(3).blocks_per_page(600).into(),
        EXPENSE => expenses(),
        _ => loans(),
    };
    let emulator = emulator().response(response).build().unwrap();
    let clients = clients(&emulator);
    macro_rules! output {
        ($job:expr) => {{
            let job = complete(seal($job), &clients).await;
            emulator.clear_requests();
            case.fault.into_iter().for_each(|rule| emulator.inject(rule));
            job.output(&clients).via_api()
        }};
    }
    let (out, result) = match case.call {
        TEXT => read(output!(SecureJob::text_detection(input())).blocks()).await,
        ANALYSIS => {
            read(output!(SecureJob::analysis(input()).feature(inkseal::Feature::Layout)).blocks()).await
        }
        EXPENSE => read(output!(SecureJob::expense(input())).documents()).await,
        LENDING => read(output!(SecureJob::lending(input())).results()).await,
        SUMMARY => match output!(SecureJob::lending(input())).summary().await {
            Ok(summary) => (vec![serde_json::to_string(&summary).unwrap()], Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        },
        other => panic!("{other} is no column"),
    };
    Gone::of(&emulator, case.call, out, result)
}

fn recorded(response: serde_json::Value) -> Response {
    Response::recorded(response.to_string()).unwrap()
}

/// 45 of them, which make three parts.
pub fn expenses() -> Response {
    let document = |index| json!({"ExpenseIndex": index, "SummaryFields": [{"PageNumber": index}]});
    let documents: Vec<_> = (1..=45).map(document).collect();
    recorded(json!({"DocumentMetadata": {"Pages": 45}, "ExpenseDocuments": documents}))
}

/// 40 pages, which make two parts.
pub fn loans() -> Response {
    let kind = json!([{"Value": "PAYSLIPS", "Confidence": 99.0}]);
    let page = |page| json!({"Page": page, "PageClassification": {"PageType": kind}});
    let pages: Vec<_> = (1..=40).map(page).collect();
    recorded(json!({"DocumentMetadata": {"Pages": 40}, "Results": pages}))
}

/// The records up to an error.
pub async fn read<T: Serialize>(
    records: impl Stream<Item = inkseal::Result<T>>,
) -> (Vec<String>, Result<(), Error>) {
    let mut records = std::pin::pin!(records);
    let mut out = Vec::new();
    while let Some(record) = records.next().await {
        match record {
            Ok(record) => out.push(serde_json::to_string(&record).unwrap()),
            Err(error) => return (out, Err(error)),
        }
    }
    (out, Ok(()))
}
