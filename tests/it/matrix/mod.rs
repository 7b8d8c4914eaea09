//! Every fault at every call that the crate makes: the complete result, or the one error that the table names.
//!
//! The tables are `src/emulator/outcomes.md`, which the documentation of the emulator includes. A test compares them with what
//! happens: `cargo test --test it matrix::every_fault -- --nocapture` prints them, and with `INKSEAL_UPDATE=1` writes them anew.

mod columns;
mod comprehend;
mod documents;
mod family;
mod get;
mod sealed;
mod synchronous;
mod training;
mod worker;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{Stream, StreamExt};
use inkseal::emulator::{
    Emulator, EmulatorBuilder, FamilyQuotas, Fault, FaultRule, Quotas, Response, Synthetic,
};
use inkseal::{Clients, CompletedJob, Error, Family};
use serde::Serialize;
use serde_json::json;

use crate::support::{DOCUMENT, on_tokio_time};

/// One way through the crate, which is one chapter of the tables.
pub struct Route {
    heading: &'static str,
    /// The calls that are made, in their order: the columns.
    calls: &'static [&'static str],
    /// What strikes one call only, the output, or the job itself, each with its name in the table.
    special: fn() -> Vec<(&'static str, Case)>,
    run: fn(Case) -> BoxFuture<'static, Run>,
}

const ROUTES: [Route; 17] = [
    sealed::ROUTE,
    family::TEXT,
    family::EXPENSE,
    family::LENDING,
    get::ROUTE,
    synchronous::ROUTE,
    worker::ROUTE,
    comprehend::FILES,
    comprehend::COPIES,
    comprehend::ARCHIVE,
    comprehend::LABELS,
    comprehend::STARTS,
    comprehend::POLLS,
    comprehend::STOPS,
    training::CLASSIFIER,
    training::RECOGNIZER,
    documents::ROUTE,
];

/// What is different from an undisturbed run, besides a fault.
#[derive(Clone, Copy)]
pub struct Setup {
    emulator: fn(EmulatorBuilder) -> EmulatorBuilder,
    /// Whether the job's token belongs to another job already.
    token_is_taken: bool,
    /// Whether a job of Comprehend has nothing to read, and so fails.
    is_failing: bool,
}

const UNCHANGED: Setup = Setup { emulator: |emulator| emulator, token_is_taken: false, is_failing: false };

/// One run of a route.
#[derive(Clone)]
pub struct Case {
    /// The call that is struck.
    call: &'static str,
    fault: Option<FaultRule>,
    setup: Setup,
    /// Whether nothing reveals that something is missing: the one case that is neither complete nor an error.
    is_silent: bool,
}

impl Case {
    fn undisturbed(call: &'static str) -> Self {
        Self { call, fault: None, setup: UNCHANGED, is_silent: false }
    }

    fn of(call: &'static str, fault: impl Into<FaultRule>) -> Self {
        Self { fault: Some(fault.into()), ..Self::undisturbed(call) }
    }

    fn silent(call: &'static str, fault: impl Into<FaultRule>) -> Self {
        Self { is_silent: true, ..Self::of(call, fault) }
    }

    fn with(call: &'static str, emulator: fn(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        Self { setup: Setup { emulator, ..UNCHANGED }, ..Self::undisturbed(call) }
    }

    fn with_taken_token(call: &'static str) -> Self {
        Self { setup: Setup { token_is_taken: true, ..UNCHANGED }, ..Self::undisturbed(call) }
    }

    fn failing(call: &'static str) -> Self {
        Self { setup: Setup { is_failing: true, ..UNCHANGED }, ..Self::undisturbed(call) }
    }

    /// The emulator of this run, with its fault.
    fn build(&self, emulator: EmulatorBuilder) -> Emulator {
        let emulator = (self.setup.emulator)(emulator);
        self.fault.clone().into_iter().fold(emulator, EmulatorBuilder::fault).build().unwrap()
    }
}

/// What a run gave.
pub struct Run {
    /// The output, up to an error if there was one.
    out: Vec<String>,
    /// What the job says of itself, if that is not an unqualified success.
    remark: Option<&'static str>,
    result: Result<(), Error>,
    /// How often the call of the case was made.
    calls: u64,
    /// Whether the fault of the case, if there is one, changed anything.
    is_struck: bool,
}

impl Run {
    fn of(emulator: &Emulator, call: &str, out: Vec<String>, result: Result<(), Error>) -> Self {
        let is_struck = emulator.idle_faults().is_empty();
        Self { out, remark: None, result, calls: emulator.count(call), is_struck }
    }

    fn remarking(self, remark: Option<&'static str>) -> Self {
        Self { remark, ..self }
    }
}

/// What a completed job says of itself, besides its success.
fn remark<F: Family>(job: &CompletedJob<F>) -> Option<&'static str> {
    let is_warned = job.warnings().iter().any(|warning| warning.pages.contains(&2));
    (job.is_partial() && is_warned).then_some("partial, and says so")
}

/// Faults of any call.
fn of_calls() -> Vec<Fault> {
    let (moment, long) = (Duration::from_secs(2), Duration::from_secs(30));
    vec![
        Fault::Latency(moment),
        Fault::Latency(Duration::from_secs(3600)),
        Fault::Throttle,
        Fault::LimitExceeded,
        Fault::InternalError,
        Fault::ServiceUnavailable,
        Fault::ConnectionReset,
        Fault::LostAnswer,
        Fault::SlowBody(moment),
        Fault::SlowBody(long),
        Fault::TruncatedBody,
        Fault::WrongLength,
        Fault::AccessDenied,
        Fault::ClockSkew,
    ]
}

#[test]
fn every_fault_has_one_outcome() {
    // A thread for each route, and a clock.
    let tables = |route: Route| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(route.tables())
    };
    let tables = std::thread::scope(|scope| {
        let routes = ROUTES.map(|route| scope.spawn(move || tables(route)));
        routes.map(|route| route.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let tables = tables.concat();
    println!("{tables}");
    compare(&tables);
}

impl Route {
    async fn tables(&self) -> String {
        let mut tables = String::new();
        let mut right = HashMap::new();
        for call in self.calls {
            let run = self.run(Case::undisturbed(call)).await;
            run.result.unwrap();
            assert!(run.remark.is_none(), "{call}: nothing is wrong with an undisturbed job");
            assert!(!run.out.is_empty() && run.calls > 0, "{call} is made, and something comes out");
            right.insert(*call, run.out);
        }

        writeln!(tables, "## {}\n", self.heading).unwrap();
        for (when, is_once) in [("Once, at the first call", true), ("At every call", false)] {
            writeln!(tables, "{when}:\n\n| fault | `{}` |", self.calls.join("` | `")).unwrap();
            writeln!(tables, "| --- |{}", " --- |".repeat(self.calls.len())).unwrap();
            for fault in of_calls() {
                let mut cells = Vec::new();
                for call in self.calls {
                    let rule = fault.clone().on(*call);
                    let rule = if is_once { rule.nth(1) } else { rule };
                    cells.push(self.outcome(Case::of(call, rule), &right[call]).await);
                }
                if cells.iter().any(Option::is_some) {
                    let cells: Vec<_> =
                        cells.into_iter().map(|cell| cell.unwrap_or_else(|| "—".to_owned())).collect();
                    writeln!(tables, "| {fault} | {} |", cells.join(" | ")).unwrap();
                }
            }
            tables.push('\n');
        }
        let special = (self.special)();
        if !special.is_empty() {
            writeln!(
                tables,
                "Of one call, of the output, or of the job itself:\n\n| fault | outcome |\n| --- | --- |"
            )
            .unwrap();
            for (name, case) in special {
                let outcome = self.outcome(case.clone(), &right[case.call]).await;
                writeln!(tables, "| {name} | {} |", outcome.unwrap_or_else(|| panic!("{name} strikes")))
                    .unwrap();
            }
            tables.push('\n');
        }
        tables
    }

    /// The outcome of a run: `whole`, or the kind and the stage of its error; nothing if the fault had nothing to strike. A run
    /// that succeeds with another result, or gives something wrong before its error, has no outcome and fails the test.
    async fn outcome(&self, case: Case, right: &[String]) -> Option<String> {
        let Case { call, is_silent, .. } = case;
        let what = format!("{}: {:?} at {call}", self.heading, case.fault.as_ref().map(ToString::to_string));
        let run = self.run(case).await;
        assert!(run.calls > 0, "{what}: the call was made");
        if !run.is_struck {
            run.result.unwrap_or_else(|error| panic!("{what}: did nothing, and yet {error}"));
            assert!(run.out == right, "{what}: did nothing");
            return None;
        }
        Some(match run.result {
            Ok(()) if is_silent => {
                assert!(
                    run.out.len() < right.len() && right.starts_with(&run.out),
                    "{what}: a shorter result"
                );
                "**shorter**".to_owned()
            }
            Ok(()) => {
                assert!(run.out == right, "{what}: a run that succeeds gives the complete result");
                run.remark.map_or("whole".to_owned(), |remark| format!("whole ({remark})"))
            }
            Err(error) => {
                assert!(right.starts_with(&run.out), "{what}: what comes before an error is right");
                format!("`{:?}` at {:?}", error.kind(), error.stage())
            }
        })
    }

    async fn run(&self, case: Case) -> Run {
        let a_day = Duration::from_secs(24 * 3600);
        tokio::time::timeout(a_day, (self.run)(case)).await.expect("every run comes to an end")
    }
}

fn compare(tables: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emulator/outcomes.md");
    if std::env::var_os("INKSEAL_UPDATE").is_some_and(|update| !update.is_empty()) {
        std::fs::write(&path, tables).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differences: Vec<_> = written
        .lines()
        .zip(tables.lines())
        .filter(|(written, found)| written != found)
        .map(|(written, found)| format!("written {written}\nfound   {found}"))
        .collect();
    assert!(
        differences.is_empty(),
        "the outcomes are others than outcomes.md says:\n{}",
        differences.join("\n")
    );
    assert_eq!(written.lines().count(), tables.lines().count());
}

/// Clients whose SDK measures slow bodies by tokio's clock, as the emulator does.
fn clients(emulator: &Emulator) -> Clients {
    Clients::builder().get_rate(1000.0).connect(&on_tokio_time(&emulator.sdk_config())).unwrap()
}

/// Reads records up to an error.
async fn read<T: Serialize>(
    records: impl Stream<Item = inkseal::Result<T>>,
    out: &mut Vec<String>,
) -> Result<(), Error> {
    let mut records = std::pin::pin!(records);
    while let Some(record) = records.next().await {
        out.push(serde_json::to_string(&record?).unwrap());
    }
    Ok(())
}

fn recorded(response: serde_json::Value) -> Response {
    Response::recorded(response.to_string()).unwrap()
}

/// Three pages in four parts.
fn pages() -> Response {
    Synthetic::pages(3).blocks_per_page(40).into()
}

/// 45 documents in three parts.
fn expenses() -> Response {
    let document = |index| json!({"ExpenseIndex": index, "SummaryFields": [{"PageNumber": index}]});
    let documents: Vec<_> = (1..=45).map(document).collect();
    recorded(json!({"DocumentMetadata": {"Pages": 45}, "ExpenseDocuments": documents}))
}

/// 70 pages in three parts.
fn loans() -> Response {
    let kind = json!([{"Value": "PAYSLIPS", "Confidence": 99.0}]);
    let page = |page| json!({"Page": page, "PageClassification": {"PageType": kind}});
    let pages: Vec<_> = (1..=70).map(page).collect();
    recorded(json!({"DocumentMetadata": {"Pages": 70}, "Results": pages}))
}

const LIST: &str = "ListObjectsV2";
const GET: &str = "GetObject";

/// What can be wrong with the parts in the bucket, of any family. What becomes of a missing last part depends on the family.
fn of_parts() -> [(&'static str, Case); 7] {
    [
        ("wrong key on one part", Case::of(GET, Fault::WrongKey.key("/2"))),
        ("one part not under a KMS key", Case::of(GET, Fault::NotEncrypted.key("/2"))),
        ("first part missing", Case::of(LIST, Fault::MissingPart(1))),
        ("part missing in the middle", Case::of(LIST, Fault::MissingPart(2))),
        ("part that is listed and not found", Case::of(GET, Fault::MissingPart(2).on(GET))),
        ("one part too many", Case::of(LIST, Fault::ExtraPart)),
        ("record twice", Case::of(LIST, Fault::DuplicateBlock)),
    ]
}

/// An account that may run no job of Textract.
fn without_jobs(emulator: EmulatorBuilder) -> EmulatorBuilder {
    let none = FamilyQuotas { concurrent_jobs: Some(0), ..FamilyQuotas::default() };
    let quotas = Quotas { text: none, analysis: none, expense: none, lending: none, ..Quotas::default() };
    emulator.quotas(quotas)
}

fn failing(emulator: EmulatorBuilder) -> EmulatorBuilder {
    emulator.response_for(DOCUMENT, Response::failed("no page can be read"))
}

fn partial(emulator: EmulatorBuilder, response: Response) -> EmulatorBuilder {
    emulator.response_for(DOCUMENT, response.with_warning("PAGE_CHARACTERS_EXCEEDED", [2]))
}
