//! A worker that files what finished jobs found, redacted.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use inkseal::emulator::{Emulator, Fault};
use inkseal::fleet::{Filing, Worker};
use inkseal::notify::{Completion, Completions};
use inkseal::redact::{Operator, PatternDetector, PiiType, Redactor};
use inkseal::resource::JobId;
use inkseal::{Clients, Error, Render, SealedStore};

use super::{Case, GET, LIST, Route, Run, Setup, UNCHANGED, clients, failing, of_parts, pages, partial};
use crate::notify::{queue, started, topic, with_queue};
use crate::support::{account, key};

pub const ROUTE: Route = Route {
    heading: "A finished job, filed by a worker",
    calls: &[RECEIVE, "HeadObject", LIST, GET, "PutObject", "ChangeMessageVisibility", "DeleteMessage"],
    special: || {
        let message = |fault: Fault| Case::of(RECEIVE, fault.on("Notification"));
        let manifest = "manifest.json";
        let mut cases = vec![
            ("message twice", message(Fault::DuplicateMessage)),
            ("message late", message(Fault::LateMessage(20 * SECOND))),
            ("job `FAILED`", Case::with(RECEIVE, failing)),
            ("job `PARTIAL_SUCCESS`", Case::with(RECEIVE, |emulator| partial(emulator, pages()))),
            ("last part missing", Case::of(LIST, Fault::MissingPart(4))),
            (
                "wrong key on the put of the manifest",
                Case::of(PUT, Fault::WrongKey.on(PUT).key(manifest).times(1)),
            ),
            (
                "message twice, and a wrong key on the manifest",
                Case {
                    setup: Setup {
                        emulator: |emulator| emulator.fault(Fault::DuplicateMessage.on("Notification")),
                        ..UNCHANGED
                    },
                    ..Case::of("HeadObject", Fault::WrongKey.on("HeadObject").key(manifest))
                },
            ),
        ];
        cases.extend(of_parts());
        cases
    },
    run: |case| Box::pin(run(case)),
};

const PUT: &str = "PutObject";
const RECEIVE: &str = "ReceiveMessage";
const SECOND: Duration = Duration::from_secs(1);
const SINK: &str = "amzn-s3-demo-sink";
/// A word of the pages.
const NAME: &str = "account";

/// The calls take so long that a message has to be kept invisible for longer than it first is.
async fn run(case: Case) -> Run {
    let emulator = (case.setup.emulator)(with_queue().bucket(SINK).latency(4 * SECOND)).build().unwrap();
    let clients = clients(&emulator);
    case.fault.clone().into_iter().for_each(|rule| emulator.inject(rule));
    let result = work(&emulator, &clients).await;
    let Filed { mut files, manifest, is_partial } = filed(&emulator);
    match (&result, manifest) {
        (Ok(()), manifest) => files.push(manifest.expect("a manifest")),
        // Whoever fails has filed nothing that counts, unless only what comes after the manifest failed.
        (Err(_), manifest) => {
            assert!(
                manifest.is_none() || ["DeleteMessage", "HeadObject"].contains(&case.call),
                "{}",
                case.call
            );
            files.clear();
        }
    }
    Run::of(&emulator, case.call, files, result).remarking(is_partial.then_some("partial, and says so"))
}

/// Works until the job is filed, for twenty minutes at most; then it is why not, that counts.
async fn work(emulator: &Emulator, clients: &Clients) -> Result<(), Error> {
    let seal = started(clients, "one").await.seal().clone();
    let location = format!("s3://{SINK}/clean").parse()?;
    let store = SealedStore::open(clients, location, key(), account()).await?;
    let detector = PatternDetector::builder().deny(PiiType::Name, [NAME]).build().unwrap();
    let redactor = Redactor::builder(detector).others(Operator::token()).build()?;
    let filing = Filing::redacted(store, Render::markdown(), redactor);
    let completions = Completions::builder(queue(emulator), topic()).visibility(30 * SECOND);
    let completions = completions.connect(clients)?;

    let last: Arc<Mutex<Option<Error>>> = Arc::default();
    let handler = |completion: Completion| {
        let (clients, seal, filing, last) = (clients.clone(), seal.clone(), filing.clone(), last.clone());
        async move {
            let failed = filing.file_completed(&completion, &seal, &clients).await.err();
            let result = match failed {
                Some(_) => "no id".parse::<JobId>().map(drop).map_err(Error::from),
                None => Ok(()),
            };
            *last.lock().unwrap() = failed;
            result
        }
    };
    let worker = Worker::new(completions.clone()).until_idle(200 * SECOND);
    let tally = worker.run(handler, tokio::time::sleep(1200 * SECOND)).await?;
    let last = last.lock().unwrap().take();
    match last {
        Some(error) => Err(error),
        None if tally.done > 0 => Ok(()),
        None => completions.receive().await.map(|_| ()),
    }
}

/// What was filed, without the id of the job.
struct Filed {
    files: Vec<String>,
    manifest: Option<String>,
    is_partial: bool,
}

fn filed(emulator: &Emulator) -> Filed {
    let mut filed = Filed { files: Vec::new(), manifest: None, is_partial: false };
    for key in emulator.object_keys(SINK) {
        let text = String::from_utf8(emulator.object(SINK, &key).unwrap().to_vec()).unwrap();
        assert!(!text.contains(NAME), "{key} is redacted");
        let name = key.rsplit('/').next().unwrap_or_default();
        if name != "manifest.json" {
            filed.files.push(format!("{name}: {text}"));
            continue;
        }
        let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let warnings = std::mem::take(&mut manifest["warnings"]);
        let is_partial = std::mem::take(&mut manifest["is_partial"]) == true;
        assert_eq!(is_partial, warnings.as_array().is_some_and(|warnings| !warnings.is_empty()));
        manifest["job_id"].take();
        // What comes twice is redacted, and counted, twice.
        assert!(manifest["redaction"].take().is_object());
        (filed.manifest, filed.is_partial) = (Some(manifest.to_string()), is_partial);
    }
    filed
}
