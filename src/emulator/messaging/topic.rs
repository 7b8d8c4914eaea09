//! Topics, and how they write a message for each of their queues.

use std::sync::Arc;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::super::Inner;
use super::message_id;
use super::queue::{Message, later};

/// A topic.
#[derive(Debug, Default)]
pub(super) struct Topic {
    pub(super) subscriptions: Vec<Subscription>,
}

/// A queue that a topic sends to. It is confirmed from the start, as both belong to the same account.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) arn: String,
    /// The ARN of the queue.
    pub(super) endpoint: String,
    pub(super) owner: String,
    pub(super) raw: bool,
}

impl Subscription {
    pub(super) fn new(topic: &str, endpoint: String, owner: &str, raw: bool) -> Self {
        Self { arn: format!("{topic}:{}", message_id()), endpoint, owner: owner.to_owned(), raw }
    }
}

/// The envelope that SNS puts a message into, with its members in the order of SNS.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: &'a str,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: String,
    signature_version: &'static str,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: String,
}

impl Inner {
    /// Sends a message to every queue of a topic, as if at the instant `at`. The message's id; none if there is no such
    /// topic.
    pub(in super::super) fn publish(
        &self,
        operation: &str,
        topic: &str,
        subject: Option<&str>,
        message: &str,
        at: Instant,
    ) -> Option<String> {
        let mut state = self.messaging.lock();
        let subscriptions = state.subscriptions(topic)?.to_vec();
        let id = message_id();
        let region = topic.split(':').nth(3).unwrap_or_default();
        for Subscription { arn, endpoint, raw, .. } in subscriptions {
            let body: Arc<str> = if raw {
                message.into()
            } else {
                let envelope = Envelope {
                    r#type: "Notification",
                    message_id: &id,
                    topic_arn: topic,
                    subject,
                    message,
                    timestamp: timestamp(self.messaging.millis(at)),
                    signature_version: "1",
                    signature: signature(&id, message),
                    signing_cert_url: format!(
                        "https://sns.{region}.amazonaws.com/SimpleNotificationService-emulated.pem"
                    ),
                    unsubscribe_url: format!(
                        "https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}"
                    ),
                };
                serde_json::to_string(&envelope).unwrap_or_default().into()
            };
            let delay = state.queues.get(&endpoint).map(|held| held.queue.settings.delay).unwrap_or_default();
            let message = Message::new(message_id().into(), body, at);
            state.deliver(&self.faults, operation, &endpoint, message, later(at, delay));
        }
        Some(id)
    }
}

/// A string that looks like a signature but is fake: there is no certificate to verify one with.
fn signature(id: &str, message: &str) -> String {
    aws_smithy_types::base64::encode(Sha256::digest(format!("{id} {message}")))
}

/// `2026-01-02T03:04:05.006Z`.
fn timestamp(millis: u64) -> String {
    let seconds = i64::try_from(millis / 1000).unwrap_or(i64::MAX);
    let whole = DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_milliseconds() {
        assert_eq!(timestamp(1_334_238_258_007), "2012-04-12T13:44:18.007Z");
        assert_eq!(timestamp(1_334_238_258_000), "2012-04-12T13:44:18.000Z");
    }
}
