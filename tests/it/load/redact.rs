//! The redaction stage, dropped at every poll.

use inkseal::document::Document;
use inkseal::emulator::Emulator;
use inkseal::redact::{ComprehendDetector, PiiType, Redactor};
use inkseal::{Clients, Error};
use serde_json::{Value, json};

use super::{cancelled, on_a_line};
use crate::redact::lines;

async fn account() -> (Emulator, Clients) {
    let emulator = Emulator::builder().pii(PiiType::Name, "Jane Doe").build().unwrap();
    let clients = on_a_line(&emulator);
    (emulator, clients)
}

fn redactor(clients: &Clients) -> Redactor {
    Redactor::builder(ComprehendDetector::new(clients).unwrap()).build().unwrap()
}

fn document() -> Document {
    let pages: Vec<Value> = (1..=3).flat_map(|page| lines(page, &["Dear Jane Doe"])).collect();
    Document::from_json(json!({"Blocks": pages}).to_string().as_bytes()).unwrap()
}

async fn redact(clients: &Clients) -> Result<String, Error> {
    let (redacted, _) = document().redact(&redactor(clients)).await?;
    let (all, _) = redactor(clients).redact_all([document(), document()]).await?;
    assert!(all.iter().all(|other| other.to_text() == redacted.to_text()));
    let found = redactor(clients).detect("Dear Jane Doe").await?;
    assert_eq!(found.spans.len(), 1);
    Ok(redacted.to_text().to_string())
}

#[tokio::test(start_paused = true)]
async fn what_was_not_redacted_can_be_redacted_again() {
    let (_, clients) = account().await;
    let right = redact(&clients).await.unwrap();
    assert!(right.contains("Dear") && !right.contains("Jane"), "{right}");
    let polls = cancelled(
        account,
        async |(_, clients)| redact(clients).await,
        async |(_, clients), first| {
            assert_eq!(redact(&clients).await.unwrap(), right);
            assert!(first.is_none_or(|first| first.unwrap() == right));
        },
    );
    assert!(polls.await > 5);
}
