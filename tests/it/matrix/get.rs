//! The results of each family over its Get operation, for readers that may not read the bucket.

use inkseal::SecureJob;
use inkseal::emulator::{Fault, Response, Synthetic};

use super::{Case, Route, Run, clients, expenses, loans, read};
use crate::support::{complete, emulator, input, seal};

pub const ROUTE: Route = Route {
    heading: "The results of a job over the Get operations",
    calls: &[TEXT, ANALYSIS, EXPENSE, LENDING, SUMMARY],
    special,
    run: |case| Box::pin(run(case)),
};

const TEXT: &str = "GetDocumentTextDetection";
const ANALYSIS: &str = "GetDocumentAnalysis";
const EXPENSE: &str = "GetExpenseAnalysis";
const LENDING: &str = "GetLendingAnalysis";
const SUMMARY: &str = "GetLendingAnalysisSummary";

fn special() -> Vec<(&'static str, Case)> {
    let expired = |call| Case::of(call, Fault::ExpiredJob.on(call));
    let expired_later = |call| Case::of(call, Fault::ExpiredJob.on(call).nth(2));
    vec![
        ("text detection expired", expired(TEXT)),
        ("text detection expired while it is read", expired_later(TEXT)),
        ("analysis expired", expired(ANALYSIS)),
        ("analysis expired while it is read", expired_later(ANALYSIS)),
        ("expense analysis expired", expired(EXPENSE)),
        ("expense analysis expired while it is read", expired_later(EXPENSE)),
        ("lending analysis expired", expired(LENDING)),
        ("lending analysis expired while it is read", expired_later(LENDING)),
        ("summary expired", expired(SUMMARY)),
    ]
}

/// Reads what a job found that ended undisturbed.
async fn run(case: Case) -> Run {
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
    let mut out = Vec::new();
    let result = match case.call {
        TEXT => read(output!(SecureJob::text_detection(input())).blocks(), &mut out).await,
        ANALYSIS => {
            let job = SecureJob::analysis(input()).feature(inkseal::Feature::Layout);
            read(output!(job).blocks(), &mut out).await
        }
        EXPENSE => read(output!(SecureJob::expense(input())).documents(), &mut out).await,
        LENDING => read(output!(SecureJob::lending(input())).results(), &mut out).await,
        SUMMARY => {
            let summary = output!(SecureJob::lending(input())).summary().await;
            summary.map(|summary| out.push(serde_json::to_string(&summary).unwrap()))
        }
        other => panic!("{other} is not a column"),
    };
    Run::of(&emulator, case.call, out, result)
}
