//! Against moto's server, whose SQS, SNS, S3 and KMS were written by others. `tests/moto/run.py` starts it and makes
//! the resources that are used here.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use inkseal::document::Document;
use inkseal::notify::{Completions, CompletionsBuilder, Received, UnreadableMessage};
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::{Clients, ErrorKind, Render, SealedStore};

use crate::support::bucket;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name}: run this by tests/moto/run.py"))
}

async fn clients() -> Clients {
    let keys = Credentials::new("any", "any", Some("any".into()), None, "moto");
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .endpoint_url(variable("INKSEAL_MOTO"))
        .credentials_provider(SharedCredentialsProvider::new(keys));
    Clients::new(&config.load().await).unwrap()
}

fn completions(queue: &str) -> CompletionsBuilder {
    let topic = variable("INKSEAL_MOTO_TOPIC").parse().unwrap();
    let builder = Completions::builder(variable(queue).parse().unwrap(), topic);
    builder.visibility(Duration::from_secs(3)).long_poll(Duration::from_secs(1))
}

/// Everything that a queue gives until a long poll comes back empty.
async fn drain(completions: &Completions) -> Vec<Received> {
    let mut all = Vec::new();
    loop {
        let received = completions.receive().await.unwrap();
        if received.is_empty() {
            return all;
        }
        all.extend(received);
    }
}

#[tokio::test]
#[ignore = "needs tests/moto/run.py"]
async fn moto_delivers_again_what_was_not_acknowledged() {
    let clients = clients().await;
    for (queue, raw) in [("INKSEAL_MOTO_QUEUE", false), ("INKSEAL_MOTO_RAW_QUEUE", true)] {
        let builder = completions(queue);
        let completions = if raw { builder.raw_delivery() } else { builder }.connect(&clients).unwrap();
        let mut first = drain(&completions).await;
        assert_eq!(first.len(), 2, "{queue}");
        let at = first.iter().position(|received| matches!(received, Received::Completion(_))).unwrap();
        let Received::Completion(delivery) = first.remove(at) else { unreachable!() };
        let completion = delivery.completion();
        assert_eq!((completion.tag.as_ref().unwrap().as_str(), delivery.receive_count()), ("scans", 1));
        assert_eq!(completion.document.to_string(), "s3://amzn-s3-demo-source/in/scan.pdf");
        match &first[0] {
            Received::Unreadable(message) => assert_eq!(message.why, UnreadableMessage::NotJson),
            Received::Completion(delivery) => panic!("{delivery:?}"),
            other => panic!("{other:?}"),
        }

        // Neither deleted nor given back: it comes again when its visibility ends.
        drop(delivery);
        assert!(drain(&completions).await.is_empty(), "it is invisible");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut again = drain(&completions).await;
        again.retain(|received| matches!(received, Received::Completion(_)));
        let Some(Received::Completion(delivery)) = again.pop() else { panic!("it does not come again") };
        assert_eq!(delivery.receive_count(), 2);

        // The work takes longer than the visibility, but nobody else gets the message, and when it is done the message
        // is gone.
        let work = tokio::time::sleep(Duration::from_secs(5));
        let processed = delivery.process(async {
            work.await;
            Ok::<_, ()>(())
        });
        let others = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            drain(&completions).await
        };
        let (processed, others) = tokio::join!(processed, others);
        processed.message.unwrap();
        let is_completion = |received: &Received| matches!(received, Received::Completion(_));
        assert!(!others.iter().any(is_completion), "{others:?}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert!(drain(&completions).await.is_empty(), "deleted, and the other one in the dead-letter queue");
    }
}

#[tokio::test]
#[ignore = "needs tests/moto/run.py"]
async fn moto_seals_what_is_put() {
    let clients = clients().await;
    let location = format!("s3://{}/redacted", bucket()).parse().unwrap();
    let key = variable("INKSEAL_MOTO_KEY").parse().unwrap();
    let owner = "123456789012".parse().unwrap();
    let store = SealedStore::open(&clients, location, key, owner).await.unwrap();
    let redactor = Redactor::builder(PatternDetector::new()).others(Operator::token()).build().unwrap();
    let letter = include_bytes!("../../examples/letter/letter.json");
    let (letter, _) = Document::from_json(letter).unwrap().redact(&redactor).await.unwrap();
    assert!(!store.has("letter.txt").await.unwrap());
    store.put("letter.txt", letter.render(&Render::text())).await.unwrap();
    assert!(store.has("letter.txt").await.unwrap(), "it is there, under the key");
    let error = store.put("letter.txt", letter.render(&Render::text())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}
