//! A job from its start to the redacted pages in another bucket.

use std::time::Duration;

use futures::TryStreamExt;
use inkseal::emulator::{Delivery, EmulatedQueue, Emulator, Fault};
use inkseal::notify::{Completions, Inbox};
use inkseal::redact::{ComprehendDetector, PiiType, Redactor};
use inkseal::render::Render;
use inkseal::{Error, Feature, Idempotency, SealedStore, SecureJob, WaitOptions};

use super::{Case, GET, LIST, Route, Run, clients, failing, of_parts, pages, partial, remark, without_jobs};
use crate::notify::{TOPIC, announced, queue, topic};
use crate::support::{account, emulator, input, key, seal};

pub const ROUTE: Route = Route {
    heading: "A sealed job, from its start to redacted pages in a bucket",
    calls: &[
        "DescribeKey",
        START,
        "GetDocumentAnalysis",
        RECEIVE,
        LIST,
        GET,
        "DetectPiiEntities",
        PUT,
        HEAD,
        "DeleteMessage",
    ],
    special,
    run: |case| Box::pin(run(case)),
};

const START: &str = "StartDocumentAnalysis";
const RECEIVE: &str = "ReceiveMessage";
const PUT: &str = "PutObject";
const HEAD: &str = "HeadObject";
const SINK: &str = "amzn-s3-demo-sink";
/// A word of the pages.
const NAME: &str = "account";

fn special() -> Vec<(&'static str, Case)> {
    let message = |fault: Fault| Case::of(RECEIVE, fault.on("Notification"));
    let failing_by_queue = Case { call: RECEIVE, ..Case::with(RECEIVE, failing) };
    let mut cases = vec![
        ("token of another job", Case::with_taken_token(START)),
        ("no room for a job", Case::with(START, without_jobs)),
        ("job `FAILED`", Case::with(START, failing)),
        ("job `FAILED`, as a message says", failing_by_queue),
        ("job `PARTIAL_SUCCESS`", Case::with(START, |emulator| partial(emulator, pages()))),
        ("job expired", Case::of("GetDocumentAnalysis", Fault::ExpiredJob.on("GetDocumentAnalysis"))),
        ("last part missing", Case::of(LIST, Fault::MissingPart(4))),
        ("wrong key on a put", Case::of(PUT, Fault::WrongKey.on(PUT).nth(2))),
        ("a put not under a KMS key", Case::of(PUT, Fault::NotEncrypted.on(PUT).nth(2))),
        ("wrong key on a check for an object", Case::of(HEAD, Fault::WrongKey.on(HEAD).nth(2))),
        (
            "an object that is checked for not under a KMS key",
            Case::of(HEAD, Fault::NotEncrypted.on(HEAD).nth(2)),
        ),
        ("message lost", message(Fault::LostMessage)),
        ("message twice", message(Fault::DuplicateMessage)),
        ("message late", message(Fault::LateMessage(Duration::from_secs(20)))),
    ];
    cases.extend(of_parts());
    cases
}

/// An account with everything that the job needs.
async fn run(case: Case) -> Run {
    let emulator = emulator()
        .bucket(SINK)
        .topic(TOPIC)
        .queue(EmulatedQueue::new("done"))
        .subscribe(TOPIC, "done", Delivery::Envelope)
        .job_duration(Duration::from_secs(5))
        .pii(PiiType::Name, NAME);
    let emulator = case.build(emulator);
    let mut said = None;
    let result = redact(&emulator, &case, &mut said).await;
    Run::of(&emulator, case.call, sink(&emulator), result).remarking(said)
}

/// Starts the job, waits for it by polling or by the queue, and puts its pages into the sink, redacted.
async fn redact(emulator: &Emulator, case: &Case, said: &mut Option<&'static str>) -> Result<(), Error> {
    let clients = clients(emulator);
    let job = |feature| announced(SecureJob::analysis(input()).feature(feature));
    let mut wanted = job(Feature::Layout);
    if case.setup.token_is_taken {
        let token = Idempotency::Token("one".parse()?);
        seal(job(Feature::Tables).idempotency(token.clone())).start(&clients).await?;
        wanted = wanted.idempotency(token);
    }
    let running = seal(wanted).start(&clients).await?;

    let second = Duration::from_secs(1);
    let mut options = WaitOptions::default().poll_between(second, 5 * second).deadline(600 * second);
    let completions = Completions::builder(queue(emulator), topic()).visibility(30 * second);
    if case.call.ends_with("Message") {
        options = options.notified_by(&Inbox::open(completions.connect(&clients)?));
    }
    let completed = running.wait_with(&clients, &options).await?;
    *said = remark(&completed);
    assert_eq!(emulator.jobs().len(), 1, "an answer that was lost makes no second job");

    let store = SealedStore::open(&clients, format!("s3://{SINK}/clean").parse()?, key(), account()).await?;
    let store = store.replacing();
    let redactor = Redactor::builder(ComprehendDetector::new(&clients)?).build()?;
    let mut pages = completed.pages(&clients).redact(&redactor);
    while let Some(page) = pages.try_next().await? {
        let name = format!("{}.md", page.number);
        if !store.has(&name).await? {
            store.put(&name, page.into_document().render(&Render::markdown())).await?;
        }
        assert!(store.has(&name).await? || case.call == HEAD, "what was put is there");
    }
    assert!(pages.completeness().is_some_and(|account| account.missing_pages.is_empty()));
    Ok(())
}

/// The pages in the sink.
fn sink(emulator: &Emulator) -> Vec<String> {
    let keys = emulator.object_keys(SINK).into_iter();
    let page = |key: String| {
        let text = String::from_utf8(emulator.object(SINK, &key).unwrap().to_vec()).unwrap();
        assert!(!text.contains(NAME), "{key} is redacted");
        format!("{key}: {text}")
    };
    keys.map(page).collect()
}
