//! A job from its start to the redacted pages in another bucket.

use std::time::Duration;

use futures::TryStreamExt;
use inkseal::emulator::{
    Delivery, EmulatedQueue, Emulator, EmulatorBuilder, FamilyQuotas, Fault, FaultRule, Quotas, Response,
    Synthetic,
};
use inkseal::notify::{Completions, Inbox};
use inkseal::redact::{ComprehendDetector, PiiType, Redactor};
use inkseal::render::Render;
use inkseal::{Clients, Error, Feature, Idempotency, SealedStore, SecureJob, WaitOptions};

use super::{Case, Disturbance, Gone, NONE, Way, set};
use crate::notify::{TOPIC, announced, queue, topic};
use crate::support::{DOCUMENT, account, emulator, input, key, seal};

pub const WAY: Way = Way {
    heading: "A sealed job, from its start to redacted pages in a bucket",
    calls: &[
        "DescribeKey",
        START,
        "GetDocumentAnalysis",
        RECEIVE,
        "ListObjectsV2",
        "GetObject",
        "DetectPiiEntities",
        PUT,
        HEAD,
        "DeleteMessage",
    ],
    special,
    go: |case| Box::pin(go(case)),
};

const START: &str = "StartDocumentAnalysis";
const RECEIVE: &str = "ReceiveMessage";
const PUT: &str = "PutObject";
const HEAD: &str = "HeadObject";
const SINK: &str = "amzn-s3-demo-sink";
/// A word of the pages.
const NAME: &str = "account";

fn special() -> Vec<(&'static str, Case)> {
    let struck = |call: &'static str, rule: FaultRule| Case::of(call, rule);
    let get = |rule: FaultRule| struck("GetObject", rule);
    let list = |fault: Fault| struck("ListObjectsV2", fault.into());
    let message = |fault: Fault| struck(RECEIVE, fault.on("Notification"));
    let token_is_taken = Disturbance { token_is_taken: true, ..NONE };
    vec![
        (
            "token that stands for another job",
            Case { disturbance: token_is_taken, ..Case::undisturbed(START) },
        ),
        ("too many jobs", set(START, without_jobs)),
        (
            "job `FAILED`",
            set(START, |emulator| emulator.response_for(DOCUMENT, Response::failed("no page can be read"))),
        ),
        ("job `PARTIAL_SUCCESS`", set(START, partial)),
        ("job expired", struck("GetDocumentAnalysis", Fault::ExpiredJob.on("GetDocumentAnalysis"))),
        ("wrong key on one part", get(Fault::WrongKey.key("/2"))),
        ("one part not under a KMS key", get(Fault::NotEncrypted.key("/2"))),
        ("first part missing", list(Fault::MissingPart(1))),
        ("part missing in the middle", list(Fault::MissingPart(2))),
        ("last part missing", list(Fault::MissingPart(4))),
        ("part too many", list(Fault::ExtraPart)),
        ("block twice", list(Fault::DuplicateBlock)),
        ("wrong key on a put", struck(PUT, Fault::WrongKey.on(PUT).nth(2))),
        ("a put not under a KMS key", struck(PUT, Fault::NotEncrypted.on(PUT).nth(2))),
        ("wrong key on a look at an object", struck(HEAD, Fault::WrongKey.on(HEAD).nth(2))),
        (
            "an object that is looked at not under a KMS key",
            struck(HEAD, Fault::NotEncrypted.on(HEAD).nth(2)),
        ),
        ("message lost", message(Fault::LostMessage)),
        ("message twice", message(Fault::DuplicateMessage)),
        ("messages out of order", message(Fault::OutOfOrderMessage)),
        ("message late", message(Fault::LateMessage(Duration::from_secs(20)))),
    ]
}

fn without_jobs(emulator: EmulatorBuilder) -> EmulatorBuilder {
    let analysis = FamilyQuotas { concurrent_jobs: Some(0), ..FamilyQuotas::default() };
    emulator.quotas(Quotas { analysis, ..Quotas::default() })
}

fn partial(emulator: EmulatorBuilder) -> EmulatorBuilder {
    let response = Response::from(Synthetic::pages(3).blocks_per_page(40));
    emulator.response_for(DOCUMENT, response.with_warning("PAGE_CHARACTERS_EXCEEDED", [2]))
}

/// An account with everything of a job's way in it.
async fn go(case: Case) -> Gone {
    let emulator = emulator()
        .bucket(SINK)
        .topic(TOPIC)
        .queue(EmulatedQueue::new("done"))
        .subscribe(TOPIC, "done", Delivery::Envelope)
        .job_duration(Duration::from_secs(5))
        .pii(PiiType::Name, NAME);
    let emulator = case.fault.clone().into_iter().fold(case.set(emulator), EmulatorBuilder::fault);
    let emulator = emulator.build().unwrap();
    let result = run(&emulator, &case).await;
    Gone::of(&emulator, case.call, sink(&emulator), result)
}

/// Waited for by polling or by the queue.
async fn run(emulator: &Emulator, case: &Case) -> Result<(), Error> {
    let clients = Clients::builder().get_rate(1000.0).connect(&emulator.sdk_config())?;
    let job = |feature| announced(SecureJob::analysis(input()).feature(feature));
    let mut wanted = job(Feature::Layout);
    if case.disturbance.token_is_taken {
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
