//! SNS and SQS: messages, their visibility and their end, and the messages of jobs.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use aws_sdk_textract::types::NotificationChannel;
use inkseal::emulator::{Delivery, EmulatedQueue, Error, Fault, FaultRule, QueueCounts, Response, Service};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::support::on_tokio_time;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:completions";
const SECOND: Duration = Duration::from_secs(1);

fn fleet(delivery: Delivery) -> EmulatorBuilder {
    let queue = EmulatedQueue::new("jobs").visibility_timeout(60 * SECOND).dead_letter_after(3);
    sealed().topic(TOPIC).queue(queue).subscribe(TOPIC, "jobs", delivery)
}

/// A client of SQS and the URL of the queue that it asks.
struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Queue {
    fn new(emulator: &Emulator, name: &str) -> Self {
        let none = aws_sdk_s3::config::retry::RetryConfig::disabled();
        let config = emulator.sdk_config().to_builder().retry_config(none).build();
        Self { sqs: aws_sdk_sqs::Client::new(&config), url: emulator.queue_url(name).unwrap() }
    }

    async fn send(&self, body: &str) {
        self.sqs.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
    }

    /// Up to ten messages, after this wait at the most.
    async fn receive(&self, wait: i32) -> Vec<Message> {
        let receive = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        receive.wait_time_seconds(wait).send().await.unwrap().messages.unwrap_or_default()
    }

    async fn delete(&self, message: &Message) {
        let delete = self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle(message));
        delete.send().await.unwrap();
    }

    async fn change(&self, message: &Message, seconds: i32) -> Result<(), String> {
        let change = self.sqs.change_message_visibility().queue_url(&self.url).visibility_timeout(seconds);
        match change.receipt_handle(handle(message)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.code().unwrap_or_default().to_owned()),
        }
    }
}

fn handle(message: &Message) -> &str {
    message.receipt_handle().unwrap()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap()).collect()
}

fn attribute(message: &Message, name: MessageSystemAttributeName) -> u64 {
    message.attributes().unwrap()[&name].parse().unwrap()
}

fn counts(emulator: &Emulator) -> [usize; 4] {
    let QueueCounts { visible, in_flight, delayed, dead, .. } = emulator.queue_counts("jobs").unwrap();
    [visible, in_flight, delayed, dead]
}

#[tokio::test(start_paused = true)]
async fn messages_are_received_hidden_and_deleted() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let sent =
        queue.sqs.send_message().queue_url(&queue.url).message_body("hello world").send().await.unwrap();
    assert_eq!(sent.md5_of_message_body(), Some("5eb63bbbe01eeed093cb22bb8f5acdc3"));
    assert_eq!(counts(&emulator), [1, 0, 0, 0]);

    let first = queue.receive(0).await;
    assert_eq!(bodies(&first), ["hello world"]);
    assert_eq!(first[0].message_id(), sent.message_id());
    assert_eq!(first[0].md5_of_body(), sent.md5_of_message_body());
    assert_eq!(attribute(&first[0], MessageSystemAttributeName::ApproximateReceiveCount), 1);
    let at = attribute(&first[0], MessageSystemAttributeName::SentTimestamp);
    assert_eq!(counts(&emulator), [0, 1, 0, 0]);
    assert!(queue.receive(0).await.is_empty());

    tokio::time::advance(60 * SECOND).await;
    let second = queue.receive(0).await;
    assert_eq!(attribute(&second[0], MessageSystemAttributeName::ApproximateReceiveCount), 2);
    assert_eq!(attribute(&second[0], MessageSystemAttributeName::SentTimestamp), at);
    let first_received = attribute(&second[0], MessageSystemAttributeName::ApproximateFirstReceiveTimestamp);
    assert!(
        (at..at + 10).contains(&first_received),
        "by tokio's clock, as the sending: {first_received} {at}"
    );
    assert_ne!(handle(&first[0]), handle(&second[0]));
    // It is accepted, and has no effect.
    queue.delete(&first[0]).await;
    assert_eq!(counts(&emulator), [0, 1, 0, 0]);
    queue.delete(&second[0]).await;
    assert_eq!(counts(&emulator), [0; 4]);
    queue.delete(&second[0]).await;
}

#[tokio::test(start_paused = true)]
async fn visibility_is_changed_while_a_message_is_in_flight() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    queue.send("a").await;
    let old = queue.receive(0).await.remove(0);
    for _ in 0..5 {
        tokio::time::advance(50 * SECOND).await;
        queue.change(&old, 60).await.unwrap();
    }
    assert_eq!(counts(&emulator), [0, 1, 0, 0]);
    queue.change(&old, 0).await.unwrap();
    assert_eq!(counts(&emulator), [1, 0, 0, 0]);
    assert_eq!(queue.change(&old, 1).await.unwrap_err(), "AWS.SimpleQueueService.MessageNotInflight");
    let new = queue.receive(0).await.remove(0);
    assert_eq!(queue.change(&old, 1).await.unwrap_err(), "InvalidParameterValue");
    assert_eq!(queue.change(&new, 43_201).await.unwrap_err(), "InvalidParameterValue");
    queue.change(&new, 43_200).await.unwrap();
    queue.delete(&new).await;
    assert_eq!(queue.change(&new, 1).await.unwrap_err(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn a_receive_waits_until_there_is_a_message() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let begun = Instant::now();
    assert!(queue.receive(20).await.is_empty());
    assert_eq!(begun.elapsed().as_secs(), 20);

    // Another client sends one.
    let begun = Instant::now();
    let later = async {
        tokio::time::sleep(7 * SECOND).await;
        queue.send("sent").await;
    };
    let (received, ()) = tokio::join!(queue.receive(20), later);
    assert_eq!((bodies(&received), begun.elapsed().as_secs()), (vec!["sent"], 7));

    // The time of the receiver that had it ends.
    queue.change(&received[0], 5).await.unwrap();
    let begun = Instant::now();
    let received = queue.receive(20).await;
    assert_eq!((bodies(&received), begun.elapsed().as_secs()), (vec!["sent"], 5));

    // The receiver that has it gives it back.
    let begun = Instant::now();
    let back = async {
        tokio::time::sleep(3 * SECOND).await;
        queue.change(&received[0], 0).await.unwrap();
    };
    let (again, ()) = tokio::join!(queue.receive(20), back);
    assert_eq!((bodies(&again), begun.elapsed().as_secs()), (vec!["sent"], 3));
}

#[tokio::test(start_paused = true)]
async fn the_sdk_waits_as_long_as_the_queue_does() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let sqs = aws_sdk_sqs::Client::new(&on_tokio_time(&emulator.sdk_config()));
    let url = emulator.queue_url("jobs").unwrap();
    // The SDK's protection against stalled streams would give up after a little more than five seconds.
    let received = sqs.receive_message().queue_url(url).wait_time_seconds(20).send().await.unwrap();
    assert!(received.messages().is_empty());
    assert_eq!(emulator.count("ReceiveMessage"), 1);
}

#[tokio::test(start_paused = true)]
async fn many_receivers_wait_and_each_message_wakes_one() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let receivers = futures::future::join_all((0..20).map(|_| queue.receive(20)));
    let sender = async {
        for number in 0..10 {
            tokio::time::sleep(SECOND).await;
            queue.send(&number.to_string()).await;
        }
    };
    // One receiver gives up while it is the one that watches the clock.
    let impatient = tokio::time::timeout(SECOND / 2, queue.receive(20));
    let (given_up, received, ()) = tokio::join!(impatient, receivers, sender);
    assert!(given_up.is_err());
    let received: Vec<String> =
        received.iter().flat_map(|messages| bodies(messages)).map(str::to_owned).collect();
    assert_eq!(received.len(), 10);
    assert_eq!(received.iter().collect::<HashSet<_>>().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn messages_that_nobody_deletes_end_in_the_dead_letter_queue() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    queue.send("poison").await;
    for _ in 0..3 {
        assert_eq!(bodies(&queue.receive(20).await), ["poison"]);
        tokio::time::advance(60 * SECOND).await;
    }
    assert_eq!(counts(&emulator), [1, 0, 0, 0]);
    assert!(queue.receive(0).await.is_empty());
    assert_eq!(counts(&emulator), [0, 0, 0, 1]);
    let dead = Queue::new(&emulator, "jobs-dead").receive(0).await;
    assert_eq!(bodies(&dead), ["poison"]);
    let source = &dead[0].attributes().unwrap()[&MessageSystemAttributeName::DeadLetterQueueSourceArn];
    assert_eq!(source, "arn:aws:sqs:us-east-1:111122223333:jobs");
}

#[tokio::test(start_paused = true)]
async fn batches_tell_of_each_entry() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
    };
    let send = |entries: Vec<SendMessageBatchRequestEntry>| {
        queue.sqs.send_message_batch().queue_url(&queue.url).set_entries(Some(entries)).send()
    };
    let sent = send(vec![entry("a", "one"), entry("b", "\u{1}"), entry("c", "two")]).await.unwrap();
    assert_eq!(sent.successful().iter().map(|entry| entry.id()).collect::<Vec<_>>(), ["a", "c"]);
    let failed = &sent.failed()[0];
    assert_eq!((failed.id(), failed.code(), failed.sender_fault()), ("b", "InvalidMessageContents", true));
    let code = |name: &str| format!("AWS.SimpleQueueService.{name}");
    assert_eq!(refused(send(vec![]).await), code("EmptyBatchRequest"));
    assert_eq!(refused(send(vec![entry("a", "x"), entry("a", "y")]).await), code("BatchEntryIdsNotDistinct"));
    assert_eq!(refused(send(vec![entry("a b", "x")]).await), code("InvalidBatchEntryId"));
    let many = (0..11).map(|id| entry(&id.to_string(), "x")).collect();
    assert_eq!(refused(send(many).await), code("TooManyEntriesInBatchRequest"));
    let large = "x".repeat(600_000);
    assert_eq!(
        refused(send(vec![entry("a", &large), entry("b", &large)]).await),
        code("BatchRequestTooLong")
    );

    let received = queue.receive(0).await;
    assert_eq!(bodies(&received), ["one", "two"]);
    let change = ChangeMessageVisibilityBatchRequestEntry::builder().visibility_timeout(0);
    let change = queue
        .sqs
        .change_message_visibility_batch()
        .queue_url(&queue.url)
        .entries(change.clone().id("0").receipt_handle(handle(&received[0])).build().unwrap())
        .entries(change.id("1").receipt_handle("none").build().unwrap());
    let changed = change.send().await.unwrap();
    assert_eq!((changed.successful().len(), changed.failed()[0].code()), (1, "ReceiptHandleIsInvalid"));
    assert_eq!(counts(&emulator), [1, 1, 0, 0]);
    let delete = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let entries =
        vec![delete("0", handle(&received[0])), delete("1", handle(&received[1])), delete("2", "x")];
    let deleted = queue.sqs.delete_message_batch().queue_url(&queue.url).set_entries(Some(entries));
    let deleted = deleted.send().await.unwrap();
    assert_eq!((deleted.successful().len(), deleted.failed().len()), (2, 1));
    assert_eq!(counts(&emulator), [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn queues_are_made_changed_listed_and_deleted() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let Queue { sqs, url } = Queue::new(&emulator, "jobs");
    let create = |name: &str, timeout: &str| {
        sqs.create_queue().queue_name(name).attributes(QueueAttributeName::VisibilityTimeout, timeout).send()
    };
    let other = create("other", "5").await.unwrap().queue_url.unwrap();
    assert_eq!(create("other", "5").await.unwrap().queue_url(), Some(other.as_str()));
    assert_eq!(refused(create("other", "6").await), "QueueAlreadyExists");
    assert_eq!(refused(create("a b", "6").await), "InvalidParameterValue");
    assert_eq!(refused(create("another", "43201").await), "InvalidAttributeValue");
    let got = sqs.get_queue_url().queue_name("other").send().await.unwrap();
    assert_eq!(got.queue_url(), Some(other.as_str()));
    let listed = sqs.list_queues().send().await.unwrap();
    assert_eq!(listed.queue_urls().len(), 3);
    let listed = sqs.list_queues().queue_name_prefix("jobs").max_results(1).send().await.unwrap();
    assert_eq!(listed.queue_urls(), [url.as_str()]);
    let token = listed.next_token().unwrap();
    let listed =
        sqs.list_queues().queue_name_prefix("jobs").max_results(1).next_token(token).send().await.unwrap();
    assert_eq!((listed.queue_urls(), listed.next_token()), (&[format!("{url}-dead")][..], None));

    let policy = json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:jobs-dead", "maxReceiveCount": "2"});
    let set = |name: QueueAttributeName, value: &str| {
        sqs.set_queue_attributes().queue_url(&other).attributes(name, value).send()
    };
    set(QueueAttributeName::RedrivePolicy, &policy.to_string()).await.unwrap();
    set(QueueAttributeName::Policy, "{}").await.unwrap();
    let nowhere = policy.to_string().replace("jobs-dead", "none");
    assert_eq!(refused(set(QueueAttributeName::RedrivePolicy, &nowhere).await), "InvalidParameterValue");
    assert_eq!(refused(set(QueueAttributeName::QueueArn, "x").await), "InvalidAttributeName");
    assert_eq!(refused(set(QueueAttributeName::DelaySeconds, "901").await), "InvalidAttributeValue");
    let get = sqs.get_queue_attributes().queue_url(&other).attribute_names(QueueAttributeName::All);
    let attributes = get.send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "5");
    assert_eq!(attributes[&QueueAttributeName::QueueArn], "arn:aws:sqs:us-east-1:111122223333:other");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    let redrive: Value = serde_json::from_str(&attributes[&QueueAttributeName::RedrivePolicy]).unwrap();
    assert_eq!(redrive["maxReceiveCount"], 2);

    sqs.send_message().queue_url(&other).message_body("x").send().await.unwrap();
    sqs.purge_queue().queue_url(&other).send().await.unwrap();
    assert_eq!(emulator.queue_counts("other").unwrap().visible, 0);
    let again = sqs.purge_queue().queue_url(&other).send().await;
    assert_eq!(refused(again), "AWS.SimpleQueueService.PurgeQueueInProgress");
    sqs.delete_queue().queue_url(&other).send().await.unwrap();
    assert_eq!(emulator.queue_url("other"), None);
    assert_eq!(refused(create("other", "5").await), "AWS.SimpleQueueService.QueueDeletedRecently");
    tokio::time::advance(60 * SECOND).await;
    create("other", "5").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_sqs_refuses() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let Queue { sqs, url } = Queue::new(&emulator, "jobs");
    let receive = || sqs.receive_message().queue_url(&url);
    let none = url.replace("jobs", "none");
    let missing = receive().set_queue_url(Some(none.clone())).send().await;
    assert!(missing.as_ref().unwrap_err().as_service_error().unwrap().is_queue_does_not_exist());
    assert_eq!(refused(missing), "AWS.SimpleQueueService.NonExistentQueue");
    let elsewhere = url.replace("111122223333", "444455556666");
    let missing = receive().set_queue_url(Some(elsewhere)).send().await;
    assert_eq!(refused(missing), "AWS.SimpleQueueService.NonExistentQueue");
    assert_eq!(refused(receive().set_queue_url(Some("jobs".to_owned())).send().await), "InvalidAddress");
    for (most, wait, visibility) in [(0, 0, 0), (11, 0, 0), (1, 21, 0), (1, -1, 0), (1, 0, 43_201)] {
        let receive =
            receive().max_number_of_messages(most).wait_time_seconds(wait).visibility_timeout(visibility);
        assert_eq!(refused(receive.send().await), "InvalidParameterValue", "{most} {wait} {visibility}");
    }
    let delete = sqs.delete_message().queue_url(&url).receipt_handle("no handle").send().await;
    assert!(delete.as_ref().unwrap_err().as_service_error().unwrap().is_receipt_handle_is_invalid());
    let send = || sqs.send_message().queue_url(&url);
    assert_eq!(refused(send().message_body("").send().await), "MissingParameter");
    assert_eq!(refused(send().message_body("\u{fffe}").send().await), "InvalidMessageContents");
    assert_eq!(refused(send().message_body("x".repeat(1_048_577)).send().await), "InvalidParameterValue");
    assert_eq!(refused(send().message_body("x").delay_seconds(901).send().await), "InvalidParameterValue");

    // A handle of another queue is not valid for this one.
    send().message_body("x").send().await.unwrap();
    let message = receive().send().await.unwrap().messages.unwrap().remove(0);
    let dead = emulator.queue_url("jobs-dead").unwrap();
    let delete = sqs.delete_message().queue_url(dead).receipt_handle(handle(&message)).send().await;
    assert_eq!(refused(delete), "ReceiptHandleIsInvalid");
}

#[tokio::test(start_paused = true)]
async fn faults_latency_and_the_log_know_sqs() {
    let emulator = fleet(Delivery::Raw).latency(SECOND).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let receive = || queue.sqs.receive_message().queue_url(&queue.url).send();
    let with = |fault: &str| {
        emulator.clear_faults();
        emulator.inject(fault.parse::<FaultRule>().unwrap());
    };
    with("throttle@ReceiveMessage");
    assert_eq!(refused(receive().await), "RequestThrottled");
    with("throttle:other");
    let begun = Instant::now();
    receive().await.unwrap();
    assert_eq!(begun.elapsed(), SECOND);
    with("internal-error:jobs");
    assert_eq!(refused(receive().await), "InternalFailure");
    with("service-unavailable");
    assert_eq!(refused(receive().await), "ServiceUnavailable");
    with("access-denied");
    assert_eq!(refused(receive().await), "AccessDenied");
    with("throttle~2");
    let every_second = [receive().await.is_ok(), receive().await.is_ok(), receive().await.is_ok()];
    assert_eq!(every_second, [true, false, true]);
    assert_eq!(emulator.count("ReceiveMessage"), 8);
    assert!(emulator.requests().iter().all(|request| request.service == Service::Sqs));

    // The SDK retries what SQS throttles.
    with("throttle*2");
    let sqs = aws_sdk_sqs::Client::new(&emulator.sdk_config());
    sqs.receive_message().queue_url(&queue.url).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn messages_come_twice_late_never_and_in_any_order() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let queue = Queue::new(&emulator, "jobs");
    let with = |fault: FaultRule| {
        emulator.clear_faults();
        emulator.inject(fault);
    };
    with(Fault::DuplicateMessage.every(3));
    for body in ["a", "b", "c"] {
        queue.send(body).await;
    }
    let received = queue.receive(0).await;
    assert_eq!(bodies(&received), ["a", "b", "c", "c"]);
    assert_eq!(received[2].message_id(), received[3].message_id());
    for message in &received {
        queue.delete(message).await;
    }
    assert_eq!(counts(&emulator), [0; 4], "each copy is deleted by a handle of its own");

    with(Fault::LostMessage.on("SendMessage").key("jobs"));
    queue.send("lost").await;
    assert_eq!(counts(&emulator), [0; 4]);
    emulator.publish(TOPIC, "published").unwrap();
    assert_eq!(counts(&emulator), [1, 0, 0, 0], "the rule is for another operation");
    queue.delete(&queue.receive(0).await[0]).await;

    with(Fault::LateMessage(5 * SECOND).into());
    queue.send("late").await;
    assert_eq!(counts(&emulator), [0, 0, 1, 0]);
    let begun = Instant::now();
    queue.delete(&queue.receive(20).await[0]).await;
    assert_eq!(begun.elapsed().as_secs(), 5);

    with(Fault::OutOfOrderMessage.percent(50));
    let sent: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    for body in &sent {
        queue.send(body).await;
        tokio::time::advance(SECOND).await;
    }
    let received = queue.receive(0).await;
    let mut sorted = bodies(&received);
    assert_ne!(sorted, sent);
    sorted.sort_unstable();
    assert_eq!(sorted, sent, "all of them, once");
}

fn channel() -> NotificationChannel {
    let role = "arn:aws:iam::111122223333:role/textract";
    NotificationChannel::builder().sns_topic_arn(TOPIC).role_arn(role).build().unwrap()
}

impl Clients {
    async fn start_notified(&self, tag: Option<&str>) -> String {
        let start = self.textract.start_document_text_detection().document_location(location("scan.pdf"));
        let start = start.output_config(output()).kms_key_id(KEY).set_job_tag(tag.map(str::to_owned));
        start.notification_channel(channel()).send().await.unwrap().job_id.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_says_when_it_ends() {
    let emulator = fleet(Delivery::Envelope).job_duration(90 * SECOND).build().unwrap();
    let (clients, queue) = (Clients::new(&emulator), Queue::new(&emulator, "jobs"));
    let begun = Instant::now();
    let id = clients.start_notified(Some("batch-7")).await;
    for _ in 0..4 {
        assert!(queue.receive(20).await.is_empty());
    }
    let received = queue.receive(20).await;
    assert_eq!(begun.elapsed().as_secs(), 90, "as soon as the job ends");
    let keys = emulator.object_keys("results");
    assert!(keys.contains(&format!("textract_output/{id}/1")), "the parts are there by then: {keys:?}");

    let envelope: Value = serde_json::from_str(received[0].body().unwrap()).unwrap();
    let message: Value = serde_json::from_str(envelope["Message"].as_str().unwrap()).unwrap();
    let at = message["Timestamp"].as_u64().unwrap();
    assert_eq!(at, attribute(&received[0], MessageSystemAttributeName::SentTimestamp));
    let expected = json!({
        "JobId": id,
        "Status": "SUCCEEDED",
        "API": "StartDocumentTextDetection",
        "JobTag": "batch-7",
        "Timestamp": at,
        "DocumentLocation": {"S3ObjectName": "scan.pdf", "S3Bucket": "documents"},
    });
    assert_eq!(message, expected);
    assert_eq!((&envelope["Type"], &envelope["TopicArn"]), (&json!("Notification"), &json!(TOPIC)));
    let mut members: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    members.sort();
    let expected = [
        "Message",
        "MessageId",
        "Signature",
        "SignatureVersion",
        "SigningCertURL",
        "Timestamp",
        "TopicArn",
        "Type",
        "UnsubscribeURL",
    ];
    assert_eq!(members, expected);
    assert_eq!(envelope["Timestamp"].as_str().unwrap().len(), "2026-01-02T03:04:05.006Z".len());

    tokio::time::advance(59 * SECOND).await;
    assert_eq!(counts(&emulator), [0, 1, 0, 0], "once");
}

#[tokio::test(start_paused = true)]
async fn jobs_that_fail_say_so_and_tokens_start_nothing_twice() {
    let emulator = fleet(Delivery::Raw).response(Response::failed("no")).build().unwrap();
    let (clients, queue) = (Clients::new(&emulator), Queue::new(&emulator, "jobs"));
    let id = clients.start_notified(None).await;
    let received = queue.receive(0).await;
    let message: Value = serde_json::from_str(received[0].body().unwrap()).unwrap();
    assert_eq!((&message["JobId"], &message["Status"]), (&json!(id), &json!("FAILED")));
    assert_eq!(message.get("JobTag"), None);

    let start = || {
        let start = clients.textract.start_document_text_detection().document_location(location("scan.pdf"));
        start.notification_channel(channel()).client_request_token("one").send()
    };
    assert_eq!(start().await.unwrap().job_id, start().await.unwrap().job_id);
    assert_eq!(queue.receive(0).await.len(), 1);
    // A job without a channel sends no message.
    clients
        .textract
        .start_document_text_detection()
        .document_location(location("scan.pdf"))
        .send()
        .await
        .unwrap();
    assert!(queue.receive(1).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn completions_come_in_the_order_of_their_ends_whenever_they_are_asked_for() {
    let builder = fleet(Delivery::Raw).object("documents", "short.pdf", &b"%PDF-1.7"[..]);
    let short = Response::from(inkseal::emulator::Synthetic::pages(1)).with_duration(10 * SECOND);
    let emulator = builder.job_duration(100 * SECOND).response_for("short.pdf", short).build().unwrap();
    let (clients, queue) = (Clients::new(&emulator), Queue::new(&emulator, "jobs"));
    let start = |key: &str| {
        let start = clients.textract.start_document_text_detection().document_location(location(key));
        start.notification_channel(channel()).send()
    };
    let long = start("scan.pdf").await.unwrap().job_id.unwrap();
    // A receiver that is already waiting learns of a job that ends before all others.
    let begun = Instant::now();
    let starting = async {
        tokio::time::sleep(SECOND).await;
        start("short.pdf").await.unwrap().job_id.unwrap()
    };
    let (received, short) = tokio::join!(queue.receive(20), starting);
    assert_eq!(begun.elapsed().as_secs(), 11);
    assert!(received[0].body().unwrap().contains(&short));

    let second = start("short.pdf").await.unwrap().job_id.unwrap();
    tokio::time::advance(200 * SECOND).await;
    let received = queue.receive(0).await;
    let order: Vec<_> = received.iter().map(|message| message.body().unwrap()).collect();
    assert_eq!(order.len(), 3);
    assert!(order[0].contains(&second) && order[2].contains(&long), "{order:?}");
    assert!(order[1].contains(&short), "whose receiver never deleted it");
}

#[tokio::test(start_paused = true)]
async fn a_message_for_no_topic_is_an_error() {
    let emulator = fleet(Delivery::Raw).build().unwrap();
    let error = emulator.publish(&TOPIC.replace("completions", "none"), "x").unwrap_err();
    assert!(matches!(error, Error::UnknownTopic { arn } if arn.ends_with(":none")));
    assert_eq!(counts(&emulator), [0; 4]);
}

#[test]
fn what_cannot_be_set_up() {
    let build = |builder: EmulatorBuilder| builder.build().unwrap_err();
    assert!(matches!(build(sealed().topic("completions")), Error::InvalidTopicArn { .. }));
    for queue in [
        EmulatedQueue::new("a b"),
        EmulatedQueue::new(""),
        EmulatedQueue::new("jobs").visibility_timeout(43_201 * SECOND),
        EmulatedQueue::new("jobs").visibility_timeout(SECOND / 2),
        EmulatedQueue::new("jobs").dead_letter_after(0),
        EmulatedQueue::new("q".repeat(80)).dead_letter_after(1),
    ] {
        let error = build(sealed().queue(queue));
        assert!(matches!(error, Error::InvalidQueue { .. }), "{error}");
    }
    let error = build(sealed().topic(TOPIC).subscribe(TOPIC, "jobs", Delivery::Raw));
    assert!(matches!(error, Error::UnknownSubscriber { .. }));
}
