//! Workers and what they file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inkseal::emulator::{Emulator, Fault, Response};
use inkseal::fleet::{Filed, Filing, Worked, Worker, WorkerTally};
use inkseal::notify::{Completion, Completions, Received};
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::{Clients, Error, ErrorKind, Render, Seal, SealedStore, SecureJob};
use serde_json::{Value, json};

use crate::notify::{announced, queue, started, topic, with_queue};
use crate::support::{account, clients, emulator, input, key, seal};

const SECOND: Duration = Duration::from_secs(1);
const SINK: &str = "amzn-s3-demo-sink";

fn completions(emulator: &Emulator, clients: &Clients) -> Completions {
    Completions::builder(queue(emulator), topic()).visibility(30 * SECOND).connect(clients).unwrap()
}

async fn filing(clients: &Clients) -> Filing {
    let location = format!("s3://{SINK}/clean").parse().unwrap();
    let store = SealedStore::open(clients, location, key(), account()).await.unwrap();
    let redactor = Redactor::builder(PatternDetector::new()).others(Operator::token()).build().unwrap();
    Filing::redacted(store, Render::markdown(), redactor)
}

/// The keys of all objects in the sink.
async fn keys(emulator: &Emulator) -> Vec<String> {
    let s3 = aws_sdk_s3::Client::new(&emulator.sdk_config());
    let listed = s3.list_objects_v2().bucket(SINK).send().await.unwrap();
    listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
}

fn handler(
    clients: Clients,
    seal: Seal,
    filing: Filing,
) -> impl Fn(Completion) -> futures::future::BoxFuture<'static, Result<(), Error>> {
    move |completion| {
        let (clients, seal, filing) = (clients.clone(), seal.clone(), filing.clone());
        Box::pin(async move { filing.file_completed(&completion, &seal, &clients).await.map(drop) })
    }
}

#[tokio::test(start_paused = true)]
async fn workers_file_every_document_whole_and_once() {
    let emulator = with_queue()
        .bucket(SINK)
        .fault(Fault::ConnectionReset.on("GetObject").every(5))
        .fault(Fault::InternalError.on("PutObject").every(7))
        .build()
        .unwrap();
    let clients = clients(&emulator);
    let mut jobs = Vec::new();
    for number in 0..40 {
        jobs.push(started(&clients, &number.to_string()).await);
    }
    let seal = jobs[0].seal().clone();
    let filing = filing(&clients).await;
    let workers = (0..3).map(|_| {
        let worker = Worker::new(completions(&emulator, &clients)).parallel(4).until_idle(90 * SECOND);
        let handler = handler(clients.clone(), seal.clone(), filing.clone());
        async move { worker.run(handler, std::future::pending()).await.unwrap() }
    });
    let tallies = futures::future::join_all(workers).await;
    assert_eq!(tallies.iter().map(|tally| tally.done).sum::<u64>(), 40, "{tallies:?}");
    let keys = keys(&emulator).await;
    for job in &jobs {
        let of_job: Vec<_> = keys.iter().filter(|key| key.contains(job.id().as_str())).collect();
        assert_eq!(of_job.len(), 4, "three pages and the manifest: {of_job:?}");
        let manifest = emulator.object(SINK, &format!("clean/{}/manifest.json", job.id())).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!((&manifest["files"], &manifest["redaction"]["pages"]), (&3.into(), &3.into()));
        assert_eq!(manifest["input"], job.input().to_string());
        assert_eq!((&manifest["is_partial"], &manifest["missing_pages"]), (&json!(false), &json!([])));
    }
    assert_eq!(keys.len(), 160);
    assert_eq!(emulator.queue_counts("done").map(|counts| (counts.visible, counts.in_flight)), Some((0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_changes_nothing_and_a_crash_leaves_no_manifest() {
    let emulator = emulator().bucket(SINK).build().unwrap();
    let clients = clients(&emulator);
    let job = crate::support::complete(crate::support::analysis(), &clients).await;
    let filing = filing(&clients).await;
    emulator.inject(Fault::AccessDenied.on("PutObject").key("/00002.md"));
    assert_eq!(filing.file(&job, &clients).await.unwrap_err().kind(), ErrorKind::AccessDenied);
    assert!(keys(&emulator).await.iter().all(|key| !key.ends_with("manifest.json")));
    emulator.clear_faults();
    assert!(matches!(filing.file(&job, &clients).await, Ok(Filed::Whole { files: 3, .. })));
    let before: Vec<_> =
        keys(&emulator).await.into_iter().map(|key| (emulator.object(SINK, &key), key)).collect();
    assert_eq!(filing.file(&job, &clients).await.unwrap(), Filed::Already);
    let after: Vec<_> =
        keys(&emulator).await.into_iter().map(|key| (emulator.object(SINK, &key), key)).collect();
    assert!(before == after && before.len() == 4);
    // Two at the same time: both of them succeed.
    let other = seal(SecureJob::text_detection(input()));
    let other = crate::support::complete(other, &clients).await;
    let (one, two) = tokio::join!(filing.file(&other, &clients), filing.file(&other, &clients));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(keys(&emulator).await.len(), 8);
}

/// Their results can only be rendered as JSON.
#[tokio::test(start_paused = true)]
async fn invoices_and_mortgage_packages_are_filed_too() {
    let email = "jane@example.com";
    let invoice = |index: u32| {
        let total =
            json!({"Type": {"Text": "OTHER"}, "ValueDetection": {"Text": email}, "PageNumber": index});
        json!({"ExpenseIndex": index, "SummaryFields": [total], "LineItemGroups": []})
    };
    let invoices = json!({"DocumentMetadata": {"Pages": 2}, "ExpenseDocuments": [invoice(1), invoice(2)]});
    let field = json!({"Type": "EMAIL", "ValueDetections": [{"Text": email, "Confidence": 99.0}]});
    let slip = json!({"Page": 1, "Extractions": [{"LendingDocument": {"LendingFields": [field]}}]});
    let package = json!({"DocumentMetadata": {"Pages": 1}, "Results": [slip]});
    let recorded = |response: Value| Response::recorded(response.to_string()).unwrap();
    let emulator =
        with_queue().bucket(SINK).response(recorded(invoices)).response(recorded(package)).build().unwrap();
    let clients = clients(&emulator);
    let of_invoices = seal(announced(SecureJob::expense(input()))).start(&clients).await.unwrap();
    let of_package = seal(announced(SecureJob::lending(input()))).start(&clients).await.unwrap();
    let store = SealedStore::open(&clients, format!("s3://{SINK}/plain").parse().unwrap(), key(), account());
    let plain = Filing::unredacted(store.await.unwrap(), Render::markdown());
    let filings = [(filing(&clients).await, "clean"), (plain, "plain")];
    let mut received = Vec::new();
    while received.len() < 2 {
        received.extend(completions(&emulator, &clients).receive().await.unwrap());
    }
    for received in received {
        let Received::Completion(delivery) = received else { panic!("{received:?}") };
        for (filing, _) in &filings {
            let filed = filing.file_completed(delivery.completion(), of_invoices.seal(), &clients).await;
            assert!(matches!(filed, Ok(Filed::Whole { .. })), "{filed:?}");
        }
    }
    for (_, folder) in &filings {
        let object = |name: String| -> Value {
            let object = emulator.object(SINK, &format!("{folder}/{name}")).expect(&name);
            serde_json::from_slice(&object).unwrap()
        };
        let said = |text: &Value| text.as_str().unwrap() == email;
        for file in ["00001", "00002"] {
            let invoice = object(format!("{}/{file}.json", of_invoices.id()));
            assert_eq!(said(&invoice["SummaryFields"][0]["ValueDetection"]["Text"]), *folder == "plain");
        }
        let slip = object(format!("{}/00001.json", of_package.id()));
        let fields = &slip["Extractions"][0]["LendingDocument"]["LendingFields"];
        assert_eq!(said(&fields[0]["ValueDetections"][0]["Text"]), *folder == "plain");
        for (job, api, files) in
            [(of_invoices.id(), "StartExpenseAnalysis", 2), (of_package.id(), "StartLendingAnalysis", 1)]
        {
            let manifest = object(format!("{job}/manifest.json"));
            assert_eq!((&manifest["api"], &manifest["files"]), (&json!(api), &json!(files)));
            assert_eq!(
                (&manifest["format"], manifest.get("redaction").is_some()),
                (&json!("json"), *folder == "clean")
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_or_panics_costs_nobody_else() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    for number in 0..3 {
        started(&clients, &number.to_string()).await;
    }
    emulator.publish(crate::notify::TOPIC, "no completion").unwrap();
    let (calls, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    let handler = move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        assert_ne!(call, 0, "a handler of a test panics before it has a future");
        async move {
            match call {
                1 => panic!("a handler of a test panics"),
                2 => Err(inkseal::Error::from("No".parse::<inkseal::resource::Bucket>().unwrap_err())),
                _ => Ok(()),
            }
        }
    };
    let observed = Arc::clone(&seen);
    let worker = Worker::new(completions(&emulator, &clients)).parallel(2).until_idle(200 * SECOND);
    let worker = worker.on_worked(move |worked| {
        observed.fetch_add(usize::from(matches!(worked, Worked::Failed { .. })), Ordering::SeqCst);
    });
    let tally = worker.run(handler, std::future::pending()).await.unwrap();
    assert_eq!((tally.done, tally.failed, tally.unreadable), (3, 3, 3));
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    assert_eq!(emulator.queue_counts("done").unwrap().dead, 1, "what is no completion");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_brings_to_an_end_what_is_worked_on_and_no_more() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    for number in 0..6 {
        started(&clients, &number.to_string()).await;
    }
    let handler = |_| async {
        tokio::time::sleep(100 * SECOND).await;
        Ok(())
    };
    let worker = Worker::new(completions(&emulator, &clients)).parallel(2);
    let tally = worker.run(handler, tokio::time::sleep(50 * SECOND)).await.unwrap();
    assert_eq!((tally.done, tally.failed), (2, 0));
    assert_eq!(emulator.queue_counts("done").unwrap().visible, 4);
    emulator.inject(Fault::AccessDenied.on("ReceiveMessage"));
    let error = worker.run(handler, std::future::pending()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
}

/// An outage is not an idle queue.
#[tokio::test(start_paused = true)]
async fn an_outage_that_outlasts_the_idle_time_is_an_error() {
    let fault = Fault::ConnectionReset.on("ReceiveMessage");
    let emulator = with_queue().fault(fault).build().unwrap();
    let worker = Worker::new(completions(&emulator, &clients(&emulator))).until_idle(60 * SECOND);
    let handler = |_| async { Ok(()) };
    let error = worker.run(handler, std::future::pending()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Transport, true));
    // Whoever asks for the end gets it, outage or not.
    let tally = worker.run(handler, tokio::time::sleep(30 * SECOND)).await.unwrap();
    assert_eq!(tally, WorkerTally::default());

    emulator.clear_faults();
    emulator.inject(Fault::Throttle.on("ReceiveMessage").times(3));
    started(&clients(&emulator), "a").await;
    let tally = worker.run(handler, std::future::pending()).await.unwrap();
    assert_eq!((tally.done, tally.failed), (1, 0), "an outage that is over does not count");
    assert_eq!(serde_json::to_value(tally).unwrap(), json!({"done": 1, "failed": 0, "unreadable": 0}));
}
