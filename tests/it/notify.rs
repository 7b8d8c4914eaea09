//! Completions: received, kept, acknowledged, and waited for.

use std::time::Duration;

use futures::TryStreamExt;
use inkseal::emulator::{Delivery, EmulatedQueue, Emulator, EmulatorBuilder, Fault, QueueCounts, Response};
use inkseal::job::{NeedsBucket, NeedsKey, SecureJobBuilder};
use inkseal::notify::{Completions, CompletionsBuilder, Inbox, Received, UnreadableMessage};
use inkseal::resource::{QueueUrl, RoleArn, TopicArn};
use inkseal::{
    Analysis, Clients, CompletedJob, ErrorKind, Family, Feature, NotificationChannel, RunningJob, SecureJob,
    WaitOptions,
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{DOCUMENT, SOURCE, clients, emulator, input, seal};

pub const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:textract-done";
const SECOND: Duration = Duration::from_secs(1);

pub fn topic() -> TopicArn {
    TOPIC.parse().unwrap()
}

pub fn with_queue() -> EmulatorBuilder {
    let queue = EmulatedQueue::new("done").dead_letter_after(3);
    emulator().topic(TOPIC).queue(queue).subscribe(TOPIC, "done", Delivery::Envelope).job_duration(5 * SECOND)
}

pub fn queue(emulator: &Emulator) -> QueueUrl {
    emulator.queue_url("done").unwrap().parse().unwrap()
}

fn builder(emulator: &Emulator) -> CompletionsBuilder {
    Completions::builder(queue(emulator), topic()).visibility(30 * SECOND)
}

/// A job whose end is announced on the topic.
pub fn announced<F: Family>(
    job: SecureJobBuilder<F, NeedsBucket, NeedsKey>,
) -> SecureJobBuilder<F, NeedsBucket, NeedsKey> {
    let role: RoleArn = "arn:aws:iam::111122223333:role/textract-publish".parse().unwrap();
    job.notification_channel(NotificationChannel::new(topic(), role))
}

pub async fn started(clients: &Clients, salt: &str) -> RunningJob<Analysis> {
    let job = announced(SecureJob::analysis(input()).feature(Feature::Layout));
    seal(job.job_tag("scans".parse().unwrap()).idempotency(inkseal::Idempotency::Salted(salt.to_owned())))
        .start(clients)
        .await
        .unwrap()
}

async fn one(completions: &Completions) -> inkseal::notify::Delivery {
    let mut received = completions.receive().await.unwrap();
    assert_eq!(received.len(), 1);
    match received.pop() {
        Some(Received::Completion(delivery)) => delivery,
        other => panic!("{other:?}"),
    }
}

/// Visible, in flight, dead.
fn counts(emulator: &Emulator) -> [usize; 3] {
    let QueueCounts { visible, in_flight, dead, .. } = emulator.queue_counts("done").unwrap();
    [visible, in_flight, dead]
}

#[tokio::test(start_paused = true)]
async fn a_completion_and_the_seal_lead_to_the_output_without_a_call() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    let job = started(&clients, "a").await;
    let delivery = one(&builder(&emulator).connect(&clients).unwrap()).await;
    let completion = delivery.completion();
    assert_eq!((completion.job_id.as_str(), completion.api), (job.id().as_str(), job.api()));
    assert_eq!((&completion.document, completion.tag.as_ref().unwrap().as_str()), (job.input(), "scans"));
    let completed: CompletedJob<Analysis> = completion.job(job.seal()).unwrap();
    let document = inkseal::Document::read(completed.blocks(&clients)).await.unwrap();
    assert_eq!(document.pages().count(), 3);
    delivery.delete().await.unwrap();
    assert_eq!(counts(&emulator), [0, 0, 0]);
    assert_eq!(emulator.count("GetDocumentAnalysis"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_processed_stays_invisible_and_is_deleted() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    started(&clients, "a").await;
    let completions = builder(&emulator).connect(&clients).unwrap();
    let delivery = one(&completions).await;
    let processed = delivery.process(async {
        tokio::time::sleep(300 * SECOND).await;
        Ok::<_, ()>(7)
    });
    let others = async {
        let mut seen = 0;
        for _ in 0..14 {
            seen += completions.receive().await.unwrap().len();
        }
        seen
    };
    let (processed, seen) = tokio::join!(processed, others);
    assert_eq!((processed.result, processed.message.is_ok(), seen), (Ok(7), true, 0));
    assert_eq!(counts(&emulator), [0, 0, 0]);
    // Every third of the visibility.
    assert!((29..=30).contains(&emulator.count("ChangeMessageVisibility")));
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_fails_is_tried_again_and_the_work_goes_on() {
    let fault = Fault::InternalError.on("ChangeMessageVisibility").times(4);
    let emulator = with_queue().fault(fault).build().unwrap();
    let clients = clients(&emulator);
    started(&clients, "a").await;
    let completions = builder(&emulator).connect(&clients).unwrap();
    let work = async {
        tokio::time::sleep(100 * SECOND).await;
        Ok::<_, ()>(())
    };
    let processed = one(&completions).await.process(work).await;
    assert!(processed.result.is_ok() && processed.message.is_ok());
    assert_eq!(counts(&emulator), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_comes_again_later_each_time_and_dies_in_the_end() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    started(&clients, "a").await;
    let completions = builder(&emulator).connect(&clients).unwrap();
    let mut delivery = one(&completions).await;
    // A quarter of the visibility, in whole seconds, and twice as long each further time.
    for (count, pause) in [(1, 7), (2, 15), (3, 30)] {
        assert_eq!(delivery.receive_count(), count);
        let failed = Instant::now();
        let processed = delivery.process(async { Err::<(), _>("no") }).await;
        assert_eq!((processed.result, processed.message.is_ok()), (Err("no"), true));
        if count == 3 {
            break;
        }
        delivery = one(&completions).await;
        assert_eq!(failed.elapsed().as_secs(), pause);
    }
    tokio::time::sleep(30 * SECOND).await;
    assert!(completions.receive().await.unwrap().is_empty());
    assert_eq!(emulator.queue_counts("done").unwrap().dead, 1);
}

#[tokio::test(start_paused = true)]
async fn cancelled_work_comes_again_when_its_visibility_ends() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    started(&clients, "a").await;
    let completions = builder(&emulator).connect(&clients).unwrap();
    let work = one(&completions).await.process(std::future::pending::<Result<(), ()>>());
    assert!(tokio::time::timeout(60 * SECOND, work).await.is_err());
    assert_eq!(counts(&emulator)[1], 1, "in flight");
    let again = loop {
        if let Some(Received::Completion(delivery)) = completions.receive().await.unwrap().pop() {
            break delivery;
        }
    };
    assert_eq!(again.receive_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn other_messages_are_left_for_the_dead_letter_queue_and_reported() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    let other = "arn:aws:sns:us-east-1:111122223333:other".parse().unwrap();
    emulator.publish(TOPIC, "Jane Doe").unwrap();
    let completions = builder(&emulator).connect(&clients).unwrap();
    let of_other = Completions::builder(queue(&emulator), other).visibility(30 * SECOND);
    let of_other = of_other.connect(&clients).unwrap();
    let why = |received: &[Received]| match received {
        [Received::Unreadable(message)] => message.why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(&of_other.receive().await.unwrap()), UnreadableMessage::OtherTopic);
    tokio::time::sleep(30 * SECOND).await;
    let received = completions.receive().await.unwrap();
    assert_eq!(why(&received), UnreadableMessage::NotJson);
    assert!(!format!("{received:?}").contains("Jane"));
    tokio::time::sleep(30 * SECOND).await;
    assert_eq!(completions.receive().await.unwrap().len(), 1);
    tokio::time::sleep(30 * SECOND).await;
    assert!(completions.receive().await.unwrap().is_empty());
    assert_eq!(counts(&emulator), [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_waits_out_what_passes_and_ends_at_what_does_not() {
    use futures::{StreamExt, TryStreamExt};
    let emulator = with_queue().fault(Fault::Throttle.on("ReceiveMessage").times(12)).build().unwrap();
    let clients = clients(&emulator);
    started(&clients, "a").await;
    let mut received = builder(&emulator).connect(&clients).unwrap().stream();
    assert!(matches!(received.try_next().await.unwrap(), Some(Received::Completion(_))));
    emulator.inject(Fault::AccessDenied.on("ReceiveMessage"));
    let error = received.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(received.next().await.is_none());
    emulator.clear_faults();
    let nowhere: QueueUrl = "http://127.0.0.1/111122223333/nowhere".parse().unwrap();
    let nowhere = Completions::builder(nowhere, topic()).connect(&clients).unwrap();
    assert_eq!(nowhere.receive().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn many_waits_are_served_by_one_receiver_and_ask_nothing() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    let options = WaitOptions::default().notified_by(&inbox);
    let mut jobs = Vec::new();
    for number in 0..50 {
        jobs.push(started(&clients, &number.to_string()).await);
    }
    // Half of the waits begin after the completions came.
    let (now, later) = jobs.split_at(25);
    let waits = |jobs: &[RunningJob<Analysis>]| {
        let waits: Vec<_> = jobs
            .iter()
            .map(|job| {
                let (job, clients, options) = (job.clone(), clients.clone(), options.clone());
                async move { job.wait_with(&clients, &options).await }
            })
            .collect();
        futures::future::try_join_all(waits)
    };
    assert_eq!(waits(now).await.unwrap().len(), 25);
    tokio::time::sleep(10 * SECOND).await;
    let completed = waits(later).await.unwrap();
    assert_eq!(completed[3].id(), later[3].id());
    assert_eq!(emulator.count("GetDocumentAnalysis"), 0);
    tokio::time::sleep(SECOND).await;
    assert_eq!(counts(&emulator), [0, 0, 0], "all of them deleted");
    // The same one twice: its message is gone, and a wait that begins again asks Textract itself in the end.
    let begun = Instant::now();
    assert!(later[0].wait_with(&clients, &options).await.is_ok());
    assert!((300..=900).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(emulator.count("GetDocumentAnalysis"), 1);
    assert!(inbox.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_is_asked_why() {
    let response = inkseal::emulator::Response::failed("INVALID_IMAGE");
    let emulator = with_queue().response(response).build().unwrap();
    let clients = clients(&emulator);
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    let job = started(&clients, "a").await;
    let error = job.wait_with(&clients, &WaitOptions::default().notified_by(&inbox)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert_eq!(emulator.count("GetDocumentAnalysis"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_never_comes_costs_time_and_not_the_result() {
    let emulator = emulator().job_duration(5 * SECOND).queue(EmulatedQueue::new("done")).build().unwrap();
    let clients = clients(&emulator);
    let job = crate::support::analysis().start(&clients).await.unwrap();
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    assert!(job.wait_with(&clients, &WaitOptions::default().notified_by(&inbox)).await.is_ok());
    emulator.inject(Fault::AccessDenied.on("ReceiveMessage"));
    tokio::time::sleep(60 * SECOND).await;
    assert!(!inbox.is_open());
    assert!(job.wait_with(&clients, &WaitOptions::default().notified_by(&inbox)).await.is_ok());
}

#[test]
fn settings_that_cannot_be() {
    let emulator = with_queue().build().unwrap();
    let clients = clients(&emulator);
    for settings in [
        builder(&emulator).visibility(SECOND),
        builder(&emulator).visibility(50_000 * SECOND),
        builder(&emulator).long_poll(21 * SECOND),
        builder(&emulator).most(0),
        builder(&emulator).most(11),
    ] {
        assert_eq!(settings.connect(&clients).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_was_notified_knows_of_its_missing_pages() {
    let block = |page: u32| json!({"BlockType": "PAGE", "Id": format!("p{page}"), "Page": page});
    let response = json!({"DocumentMetadata": {"Pages": 3}, "Blocks": [block(1), block(2)]});
    let response = Response::recorded(response.to_string()).unwrap();
    let emulator = with_queue().response_for(DOCUMENT, response.with_warning("UNSUPPORTED_PAGE", [3]));
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let job = started(&clients, "a").await;
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    let options = WaitOptions::default().notified_by(&inbox);
    let completed = job.wait_with(&clients, &options).await.unwrap();
    assert_eq!(emulator.count("GetDocumentAnalysis"), 0, "only the parts can tell");
    let mut pages = completed.pages(&clients);
    while pages.try_next().await.unwrap().is_some() {}
    let account = pages.completeness().unwrap();
    assert!(account.partial);
    assert_eq!((account.pages_seen, &account.missing_pages[..]), (2, &[3][..]));
}

/// What anyone who may publish could publish.
fn forged(job: &RunningJob<Analysis>, status: &str) -> String {
    json!({
        "JobId": job.id().as_str(),
        "Status": status,
        "API": "StartDocumentAnalysis",
        "Timestamp": 1_700_000_000_000_u64,
        "DocumentLocation": {"S3ObjectName": DOCUMENT, "S3Bucket": SOURCE},
    })
    .to_string()
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_job_failed_is_a_reason_to_look_and_no_more() {
    let emulator = with_queue().job_duration(100 * SECOND).build().unwrap();
    let clients = clients(&emulator);
    let job = started(&clients, "a").await;
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    emulator.publish(TOPIC, &forged(&job, "FAILED")).unwrap();
    job.wait_with(&clients, &WaitOptions::default().notified_by(&inbox)).await.unwrap();
    assert!(
        emulator.count("GetDocumentAnalysis") > 1,
        "it is still running, and is polled until it has ended"
    );

    let failed = Response::failed("no page can be read");
    let fault = Fault::Throttle.on("GetDocumentAnalysis").times(3);
    let emulator = with_queue().response_for(DOCUMENT, failed).fault(fault).build().unwrap();
    let clients = self::clients(&emulator);
    let job = started(&clients, "a").await;
    let inbox = Inbox::open(builder(&emulator).connect(&clients).unwrap());
    let options = WaitOptions::default().notified_by(&inbox);
    let error = job.wait_with(&clients, &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed, "a poll that is throttled is repeated");
}
