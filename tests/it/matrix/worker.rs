//! A worker that files what finished jobs found, redacted.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use inkseal::emulator::{Emulator, Fault};
use inkseal::fleet::{Filing, Worker};
use inkseal::notify::{Completion, Completions};
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::resource::JobId;
use inkseal::{Clients, Error, Render, SealedStore};

use super::{Case, Gone, Way};
use crate::notify::{queue, started, topic, with_queue};
use crate::support::{account, clients, key};

pub const WAY: Way = Way {
    heading: "A finished job, filed by a worker",
    calls: &[RECEIVE, "ListObjectsV2", "GetObject", "PutObject", "ChangeMessageVisibility", "DeleteMessage"],
    special: || {
        let message = |fault: Fault| Case::of(RECEIVE, fault.on("Notification"));
        vec![
            ("message twice", message(Fault::DuplicateMessage)),
            ("message late", message(Fault::LateMessage(20 * SECOND))),
            ("wrong key on one part", Case::of("GetObject", Fault::WrongKey.key("/2"))),
            ("part missing in the middle", Case::of("ListObjectsV2", Fault::MissingPart(2))),
        ]
    },
    go: |case| Box::pin(go(case)),
};

const RECEIVE: &str = "ReceiveMessage";
const SECOND: Duration = Duration::from_secs(1);
const SINK: &str = "amzn-s3-demo-sink";

/// Calls that take so long that a message has to be kept invisible for longer.
async fn go(case: Case) -> Gone {
    let emulator = with_queue().bucket(SINK).latency(4 * SECOND).build().unwrap();
    let clients = clients(&emulator);
    case.fault.clone().into_iter().for_each(|rule| emulator.inject(rule));
    let (out, result) = match work(&emulator, &clients).await {
        Ok(()) => (filed(&emulator), Ok(())),
        Err(error) => (Vec::new(), Err(error)),
    };
    Gone::of(&emulator, case.call, out, result)
}

/// Works until the job is filed, for twenty minutes at most; then it is why not, that counts.
async fn work(emulator: &Emulator, clients: &Clients) -> Result<(), Error> {
    let seal = started(clients, "one").await.seal().clone();
    let location = format!("s3://{SINK}/clean").parse()?;
    let store = SealedStore::open(clients, location, key(), account()).await?;
    let redactor = Redactor::builder(PatternDetector::new()).others(Operator::token()).build()?;
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
fn filed(emulator: &Emulator) -> Vec<String> {
    let file = |key: String| {
        let text = String::from_utf8(emulator.object(SINK, &key).unwrap().to_vec()).unwrap();
        let name = key.rsplit('/').next().unwrap_or_default().to_owned();
        if name == "manifest.json" { name } else { format!("{name}: {text}") }
    };
    emulator.object_keys(SINK).into_iter().map(file).collect()
}
