//! The starts of the other families; that of an analysis is on the way of the sealed job.

use inkseal::SecureJob;
use inkseal::emulator::EmulatorBuilder;

use super::{Case, Gone, Way, set};
use crate::support::{clients, emulator, input, seal};

pub const WAY: Way = Way {
    heading: "The start of a job of another family",
    calls: &[TEXT, EXPENSE, LENDING],
    special: || vec![("too many jobs", set(TEXT, without_jobs))],
    go: |case| Box::pin(go(case)),
};

const TEXT: &str = "StartDocumentTextDetection";
const EXPENSE: &str = "StartExpenseAnalysis";
const LENDING: &str = "StartLendingAnalysis";

fn without_jobs(emulator: EmulatorBuilder) -> EmulatorBuilder {
    use inkseal::emulator::{FamilyQuotas, Quotas};
    let text = FamilyQuotas { concurrent_jobs: Some(0), ..FamilyQuotas::default() };
    emulator.quotas(Quotas { text, ..Quotas::default() })
}

async fn go(case: Case) -> Gone {
    let emulator = case.fault.clone().into_iter().fold(case.set(emulator()), EmulatorBuilder::fault);
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let started = match case.call {
        TEXT => seal(SecureJob::text_detection(input())).start(&clients).await.map(drop),
        EXPENSE => seal(SecureJob::expense(input())).start(&clients).await.map(drop),
        LENDING => seal(SecureJob::lending(input())).start(&clients).await.map(drop),
        other => panic!("{other} is no column"),
    };
    let (out, result) = match started {
        Ok(()) => (vec![case.call.to_owned()], Ok(())),
        Err(error) => (Vec::new(), Err(error)),
    };
    Gone::of(&emulator, case.call, out, result)
}
