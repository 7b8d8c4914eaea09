//! Every fault at every call of a sealed job's way: the whole right result, or the one error that the table names.
//!
//! The table is `src/emulator/outcomes.md`, which the documentation of the emulator shows. A test holds it against what happens;
//! `INKSEAL_UPDATE=1 cargo test --test it matrix` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use inkseal::emulator::{
    Delivery, EmulatedQueue, Emulator, EmulatorBuilder, FamilyQuotas, Fault, FaultRule, Quotas, Response,
    Synthetic,
};
use inkseal::notify::{Completions, Inbox};
use inkseal::redact::{ComprehendDetector, PiiType, Redactor};
use inkseal::render::Render;
use inkseal::{Clients, Error, Feature, SealedStore, SecureJob, WaitOptions};

use crate::notify::{TOPIC, announced, queue, topic};
use crate::support::{DOCUMENT, account, emulator, input, key, seal};

/// The calls of a job's way, in their order.
const CALLS: [&str; 9] = [
    "DescribeKey",
    "StartDocumentAnalysis",
    "GetDocumentAnalysis",
    "ReceiveMessage",
    "ListObjectsV2",
    "GetObject",
    "DetectPiiEntities",
    "PutObject",
    "DeleteMessage",
];

const SINK: &str = "amzn-s3-demo-sink";
/// A word of the pages.
const NAME: &str = "account";

/// What strikes any call.
fn of_calls() -> Vec<Fault> {
    let wait = Duration::from_secs(2);
    vec![
        Fault::Latency(wait),
        Fault::Throttle,
        Fault::InternalError,
        Fault::ServiceUnavailable,
        Fault::ConnectionReset,
        Fault::SlowBody(wait),
        Fault::TruncatedBody,
        Fault::WrongLength,
        Fault::AccessDenied,
        Fault::ClockSkew,
    ]
}

/// What strikes one of them only, and what the table calls it.
fn of_one_call() -> Vec<(&'static str, FaultRule)> {
    vec![
        ("job expired", Fault::ExpiredJob.on("GetDocumentAnalysis")),
        ("wrong key on one part", Fault::WrongKey.key("/2")),
        ("one part not under a KMS key", Fault::NotEncrypted.key("/2")),
        ("wrong key on a put", Fault::WrongKey.on("PutObject").nth(2)),
        ("a put not under a KMS key", Fault::NotEncrypted.on("PutObject").nth(2)),
        ("first part missing", Fault::MissingPart(1).into()),
        ("part missing in the middle", Fault::MissingPart(2).into()),
        ("last part missing", Fault::MissingPart(4).into()),
        ("part too many", Fault::ExtraPart.into()),
        ("block twice", Fault::DuplicateBlock.into()),
        ("message lost", Fault::LostMessage.on("Notification")),
        ("message twice", Fault::DuplicateMessage.on("Notification")),
        ("message late", Fault::LateMessage(Duration::from_secs(20)).on("Notification")),
    ]
}

/// An account with everything of a job's way in it.
fn account_with(fault: Option<FaultRule>) -> EmulatorBuilder {
    let emulator = emulator()
        .bucket(SINK)
        .topic(TOPIC)
        .queue(EmulatedQueue::new("done"))
        .subscribe(TOPIC, "done", Delivery::Envelope)
        .job_duration(Duration::from_secs(5))
        .pii(PiiType::Name, NAME);
    fault.into_iter().fold(emulator, EmulatorBuilder::fault)
}

/// A job from its start to the redacted pages in the sink, waited for by polling or by the queue.
async fn way(emulator: &Emulator, by_queue: bool) -> Result<(), Error> {
    let clients = Clients::builder().get_rate(1000.0).connect(&emulator.sdk_config())?;
    let job = seal(announced(SecureJob::analysis(input()).feature(Feature::Layout)));
    let running = job.start(&clients).await?;
    let second = Duration::from_secs(1);
    let mut options = WaitOptions::default().poll_between(second, 5 * second).deadline(600 * second);
    let completions = Completions::builder(queue(emulator), topic()).visibility(30 * second);
    if by_queue {
        options = options.notified_by(&Inbox::open(completions.connect(&clients)?));
    }
    let completed = running.wait_with(&clients, &options).await?;
    let store = SealedStore::open(&clients, format!("s3://{SINK}/clean").parse()?, key(), account()).await?;
    let store = store.replacing();
    let redactor = Redactor::builder(ComprehendDetector::new(&clients)?).build()?;
    let mut pages = completed.pages(&clients).redact(&redactor);
    while let Some(page) = pages.try_next().await? {
        let name = format!("{}.md", page.number);
        store.put(&name, page.into_document().render(&Render::markdown())).await?;
    }
    assert!(pages.completeness().is_some_and(|account| account.missing_pages.is_empty()));
    Ok(())
}

/// What is in the sink: the pages, without what names the job.
fn sink(emulator: &Emulator) -> Vec<(String, Bytes)> {
    let keys = emulator.object_keys(SINK).into_iter();
    keys.map(|key| (key.clone(), emulator.object(SINK, &key).unwrap())).collect()
}

/// What comes of a run: `whole`, or the kind and the stage of its error. A right result that is not whole, a wrong one, and one that
/// is there in spite of what it was not sealed with are no outcome.
async fn outcome(emulator: &Emulator, by_queue: bool, right: &[(String, Bytes)]) -> String {
    let result = tokio::time::timeout(Duration::from_secs(3600), way(emulator, by_queue)).await;
    match result.expect("a job comes to its end") {
        Ok(()) => {
            assert_eq!(sink(emulator), right, "a run that succeeds has stored what it should");
            "whole".to_owned()
        }
        Err(error) => {
            for (key, page) in sink(emulator) {
                let found = right.iter().find(|(known, _)| *known == key);
                assert!(found.is_some_and(|(_, right)| *right == page), "{key} is not what it should be");
            }
            said(&error)
        }
    }
}

fn said(error: &Error) -> String {
    format!("`{:?}` at {:?}", error.kind(), error.stage())
}

fn by_queue(call: &str) -> bool {
    call.ends_with("Message")
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_one_outcome() {
    let undisturbed = account_with(None).build().unwrap();
    way(&undisturbed, false).await.unwrap();
    let right = sink(&undisturbed);
    assert!(
        right.len() == 3
            && right.iter().all(|(_, page)| page.windows(NAME.len()).all(|text| text != NAME.as_bytes()))
    );

    let mut tables = String::new();
    for (heading, is_once) in [("Once, at the first call", true), ("At every call", false)] {
        writeln!(tables, "{heading}:\n\n| fault | `{}` |", CALLS.join("` | `")).unwrap();
        writeln!(tables, "| --- |{}", " --- |".repeat(CALLS.len())).unwrap();
        for fault in of_calls() {
            write!(tables, "| {fault} |").unwrap();
            for call in CALLS {
                let rule = fault.clone().on(call);
                let emulator = account_with(Some(if is_once { rule.nth(1) } else { rule })).build().unwrap();
                write!(tables, " {} |", outcome(&emulator, by_queue(call), &right).await).unwrap();
                assert!(emulator.count(call) > 0, "{call} is on the way");
            }
            tables.push('\n');
        }
        tables.push('\n');
    }
    tables.push_str(
        "Of one call, of the output, or of the job itself:\n\n| fault | outcome |\n| --- | --- |\n",
    );
    for (name, rule) in of_one_call() {
        let by_queue = name.starts_with("message");
        let emulator = account_with(Some(rule)).build().unwrap();
        writeln!(tables, "| {name} | {} |", outcome(&emulator, by_queue, &right).await).unwrap();
    }
    for (name, emulator) in others() {
        writeln!(tables, "| {name} | {} |", outcome(&emulator, false, &right).await).unwrap();
    }
    compare(&tables);
}

/// What is not a fault of the emulator's, but its setting or the job's own end.
fn others() -> Vec<(&'static str, Emulator)> {
    let no_jobs = Quotas {
        analysis: FamilyQuotas { concurrent_jobs: Some(0), ..FamilyQuotas::default() },
        ..Quotas::default()
    };
    let partial =
        Response::from(Synthetic::pages(3).blocks_per_page(40)).with_warning("PAGE_CHARACTERS_EXCEEDED", [2]);
    vec![
        ("too many jobs", account_with(None).quotas(no_jobs)),
        ("job `FAILED`", account_with(None).response_for(DOCUMENT, Response::failed("no page can be read"))),
        ("job `PARTIAL_SUCCESS`", account_with(None).response_for(DOCUMENT, partial)),
    ]
    .into_iter()
    .map(|(name, emulator)| (name, emulator.build().unwrap()))
    .collect()
}

fn compare(tables: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emulator/outcomes.md");
    if std::env::var_os("INKSEAL_UPDATE").is_some() {
        std::fs::write(&path, tables).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (written, found) in written.lines().zip(tables.lines()) {
        assert_eq!(written, found);
    }
    assert_eq!(written.lines().count(), tables.lines().count());
}
