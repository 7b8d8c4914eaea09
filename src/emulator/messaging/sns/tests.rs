use super::super::super::{Delivery, EmulatedQueue, Emulator};
use super::*;
use http_body_util::BodyExt;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:completions";
const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:jobs";

fn emulator() -> Emulator {
    Emulator::builder().topic(TOPIC).queue(EmulatedQueue::new("jobs")).build().unwrap()
}

/// The answer to a form: its status and its XML.
async fn ask(emulator: &Emulator, service: &str, members: &[(&str, &str)]) -> (u16, String) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature={}",
        "0".repeat(64)
    );
    let request = Request::post("http://127.0.0.1/")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        .header("authorization", authorization);
    let response = emulator.inner.answer(request.body(Bytes::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The content of an element that occurs once.
fn inside<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

/// Takes one message out of the queue.
fn received(emulator: &Emulator) -> String {
    let received = emulator.inner.messaging.lock().take(QUEUE, Instant::now(), 1, None).unwrap();
    received.taken[0].1.body.to_string()
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_in_the_queue() {
    let emulator = emulator();
    let subscribe = [("Action", "Subscribe"), ("TopicArn", TOPIC), ("Protocol", "sqs"), ("Endpoint", QUEUE)];
    let (status, answer) = ask(&emulator, "sns", &subscribe).await;
    let subscription = inside(&answer, "SubscriptionArn").to_owned();
    assert_eq!(status, 200);
    assert!(subscription.starts_with(&format!("{TOPIC}:")) && subscription.len() == TOPIC.len() + 37);
    assert!(answer.starts_with("<SubscribeResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"));
    assert!(!inside(&answer, "RequestId").is_empty());
    let (_, again) = ask(&emulator, "sns", &subscribe).await;
    assert_eq!(inside(&again, "SubscriptionArn"), subscription);

    let message = "<a> & \"b\" ü";
    let publish = [("Action", "Publish"), ("TopicArn", TOPIC), ("Subject", "s & t"), ("Message", message)];
    let (_, answer) = ask(&emulator, "sns", &publish).await;
    let envelope: serde_json::Value = serde_json::from_str(&received(&emulator)).unwrap();
    assert_eq!(envelope["MessageId"], inside(&answer, "MessageId"));
    assert_eq!((&envelope["Message"], &envelope["Subject"]), (&json!(message), &json!("s & t")));

    let set = [
        ("Action", "SetSubscriptionAttributes"),
        ("SubscriptionArn", subscription.as_str()),
        ("AttributeName", "RawMessageDelivery"),
        ("AttributeValue", "true"),
    ];
    assert_eq!(ask(&emulator, "sns", &set).await.0, 200);
    ask(&emulator, "sns", &publish).await;
    assert_eq!(received(&emulator), message);
    let list = [("Action", "ListSubscriptionsByTopic"), ("TopicArn", TOPIC)];
    let (_, answer) = ask(&emulator, "sns", &list).await;
    assert_eq!((inside(&answer, "Endpoint"), inside(&answer, "Protocol")), (QUEUE, "sqs"));
    let get = [("Action", "GetSubscriptionAttributes"), ("SubscriptionArn", &subscription)];
    assert!(ask(&emulator, "sns", &get).await.1.contains("<key>RawMessageDelivery</key><value>true</value>"));

    ask(&emulator, "sns", &[("Action", "Unsubscribe"), ("SubscriptionArn", &subscription)]).await;
    ask(&emulator, "sns", &publish).await;
    assert_eq!(emulator.queue_counts("jobs").unwrap().visible, 0);
}

#[tokio::test(start_paused = true)]
async fn topics_are_made_and_listed_page_by_page() {
    let emulator = emulator();
    for number in 0..150 {
        let (_, answer) =
            ask(&emulator, "sns", &[("Action", "CreateTopic"), ("Name", &format!("t{number}"))]).await;
        assert_eq!(inside(&answer, "TopicArn"), TOPIC.replace("completions", &format!("t{number}")));
    }
    let (_, first) = ask(&emulator, "sns", &[("Action", "ListTopics")]).await;
    let token = inside(&first, "NextToken").to_owned();
    let (_, second) = ask(&emulator, "sns", &[("Action", "ListTopics"), ("NextToken", &token)]).await;
    assert_eq!([&first, &second].map(|page| page.matches("<TopicArn>").count()), [100, 51]);
    assert!(!second.contains("NextToken"));
    ask(&emulator, "sns", &[("Action", "DeleteTopic"), ("TopicArn", TOPIC)]).await;
    assert!(!emulator.inner.messaging.knows_topic(TOPIC));
}

type Members<'a> = Vec<(&'a str, &'a str)>;

fn to<'a>(topic: &'a str, message: &'a str) -> Members<'a> {
    vec![("Action", "Publish"), ("TopicArn", topic), ("Message", message)]
}

fn subscribe<'a>(protocol: &'a str, endpoint: &'a str) -> Members<'a> {
    vec![("Action", "Subscribe"), ("TopicArn", TOPIC), ("Protocol", protocol), ("Endpoint", endpoint)]
}

fn with<'a>(mut members: Members<'a>, name: &'a str, value: &'a str) -> Members<'a> {
    members.push((name, value));
    members
}

#[tokio::test(start_paused = true)]
async fn what_sns_refuses() {
    let emulator = emulator();
    let other = TOPIC.replace("completions", "none");
    let long = "x".repeat(LARGEST + 1);
    let cases = [
        (404, "NotFound", to(other.as_str(), "x")),
        (400, "InvalidParameter", to(TOPIC, "")),
        (400, "InvalidParameter", to(TOPIC, &long)),
        (400, "InvalidParameter", vec![("Action", "Publish"), ("Message", "x")]),
        (400, "InvalidParameter", with(to(TOPIC, "x"), "Subject", "a\nb")),
        (400, "InvalidParameter", with(to(TOPIC, "x"), "MessageStructure", "json")),
        (400, "InvalidParameter", vec![("Action", "CreateTopic"), ("Name", "a b")]),
        (400, "InvalidParameter", vec![("Action", "CreateTopic"), ("Name", "a.fifo")]),
        (400, "InvalidParameter", subscribe("http", "http://example.com")),
        (400, "InvalidParameter", subscribe("sqs", TOPIC)),
        (
            400,
            "InvalidParameter",
            with(
                with(subscribe("sqs", QUEUE), "Attributes.entry.1.key", "FilterPolicy"),
                "Attributes.entry.1.value",
                "{}",
            ),
        ),
        (404, "NotFound", vec![("Action", "ListSubscriptionsByTopic"), ("TopicArn", other.as_str())]),
        (404, "NotFound", vec![("Action", "GetSubscriptionAttributes"), ("SubscriptionArn", "a:b")]),
        (400, "InvalidAction", vec![("Action", "Ink")]),
        (400, "InvalidAction", vec![]),
    ];
    for (status, code, members) in cases {
        let (answered, xml) = ask(&emulator, "sns", &members).await;
        assert_eq!((answered, inside(&xml, "Code")), (status, code), "{xml}");
        assert_eq!(inside(&xml, "Type"), "Sender");
    }
    let (status, xml) = ask(&emulator, "s3", &to(TOPIC, "x")).await;
    assert_eq!((status, inside(&xml, "Code")), (400, "InvalidSignatureException"));
    for (fault, status, code) in [
        ("throttle@Publish", 429, "Throttled"),
        ("internal-error:completions", 500, "InternalError"),
        ("service-unavailable", 503, "ServiceUnavailable"),
        ("access-denied", 403, "AuthorizationError"),
    ] {
        emulator.clear_faults();
        emulator.inject(fault.parse::<super::super::super::FaultRule>().unwrap());
        let (answered, xml) = ask(&emulator, "sns", &to(TOPIC, "x")).await;
        assert_eq!((answered, inside(&xml, "Code")), (status, code));
    }
}

#[tokio::test(start_paused = true)]
async fn subscriptions_of_the_builder_are_as_those_of_a_request() {
    let builder = Emulator::builder().topic(TOPIC).queue("jobs").subscribe(TOPIC, "jobs", Delivery::Raw);
    let emulator = builder.build().unwrap();
    emulator.publish(TOPIC, "x").unwrap();
    assert_eq!(received(&emulator), "x");
    let subscribe = [
        ("Action", "Subscribe"),
        ("TopicArn", TOPIC),
        ("Protocol", "sqs"),
        ("Endpoint", QUEUE),
        ("Attributes.entry.1.key", "RawMessageDelivery"),
        ("Attributes.entry.1.value", "false"),
    ];
    let (status, xml) = ask(&emulator, "sns", &subscribe).await;
    assert_eq!((status, inside(&xml, "Code")), (400, "InvalidParameter"));
}
