//! Queues and topics before the emulator runs, and the counts that tests see.

use std::time::Duration;

use tokio::time::Instant;

use super::super::{Error, checks};
use super::queue::{LONGEST_IN_FLIGHT, Redrive, Settings};
use super::topic::Subscription;
use super::{Messaging, attributes};

/// A queue before the emulator runs. A name alone means a standard queue with SQS's defaults, in the emulator's Region
/// and account.
///
/// ```
/// use std::time::Duration;
///
/// use inkseal::emulator::{Delivery, EmulatedQueue, Emulator};
///
/// let topic = "arn:aws:sns:us-east-1:111122223333:completions";
/// let queue = EmulatedQueue::new("jobs").visibility_timeout(Duration::from_secs(60)).dead_letter_after(3);
/// let emulator = Emulator::builder().topic(topic).queue(queue).subscribe(topic, "jobs", Delivery::Envelope).build()?;
/// assert_eq!(emulator.queue_url("jobs-dead").as_deref(), Some("http://127.0.0.1/111122223333/jobs-dead"));
/// # Ok::<(), inkseal::emulator::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct EmulatedQueue {
    name: String,
    visibility: Option<Duration>,
    max_receives: Option<u32>,
}

impl EmulatedQueue {
    /// A queue of this name: 1 to 80 letters, digits, hyphens and underscores of ASCII.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), visibility: None, max_receives: None }
    }

    /// How long a received message stays invisible to others, in whole seconds up to 12 hours. Defaults to 30 seconds.
    pub fn visibility_timeout(mut self, timeout: Duration) -> Self {
        self.visibility = Some(timeout);
        self
    }

    /// Moves messages that were received this often, 1 to 1,000 times, to a queue named `NAME-dead`, which is created
    /// along with this one.
    pub fn dead_letter_after(mut self, receives: u32) -> Self {
        self.max_receives = Some(receives);
        self
    }
}

impl From<&str> for EmulatedQueue {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for EmulatedQueue {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// How a topic writes messages into a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// In SNS's JSON envelope, which includes the topic's ARN.
    #[default]
    Envelope,
    /// As they were published (`RawMessageDelivery`).
    Raw,
}

/// How many messages of a queue are in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueCounts {
    /// Messages that can be received.
    pub visible: usize,
    /// Messages that were received, and are neither deleted nor visible again.
    pub in_flight: usize,
    /// Messages that were sent and cannot be received yet.
    pub delayed: usize,
    /// Messages in the dead-letter queue, wherever they came from. A message moves there when it would be received once
    /// too often, not before.
    pub dead: usize,
}

/// The queues, topics and subscriptions that a builder collects.
#[derive(Debug, Default)]
pub(in super::super) struct Setup {
    pub(in super::super) topics: Vec<String>,
    pub(in super::super) queues: Vec<EmulatedQueue>,
    pub(in super::super) subscriptions: Vec<(String, String, Delivery)>,
}

impl Setup {
    pub(in super::super) fn build(self, account: &str, region: &str) -> Result<Messaging, Error> {
        let messaging = Messaging::new(account);
        let mut state = messaging.lock();
        for arn in self.topics {
            if !checks::topic(&arn) {
                return Err(Error::InvalidTopicArn { arn });
            }
            state.topics.entry(arn).or_default();
        }
        for EmulatedQueue { name, visibility, max_receives } in self.queues {
            let wrong = |reason| Err(Error::InvalidQueue { name: name.clone(), reason });
            if !attributes::is_queue_name(&name) {
                return wrong("names have 1 to 80 letters, digits, hyphens and underscores");
            }
            if visibility.is_some_and(|timeout| timeout > LONGEST_IN_FLIGHT || timeout.subsec_nanos() > 0) {
                return wrong("a visibility timeout is 0 to 43,200 whole seconds");
            }
            let arn = messaging.queue_arn(region, &name);
            let mut settings = Settings::default();
            settings.visibility = visibility.unwrap_or(settings.visibility);
            if let Some(max_receives) = max_receives {
                let dead = format!("{name}-dead");
                if !attributes::is_queue_name(&dead) {
                    return wrong(
                        "the name of its dead-letter queue, with `-dead` at the end, would be too long",
                    );
                }
                if !(1..=1000).contains(&max_receives) {
                    return wrong("messages go to the dead-letter queue after 1 to 1,000 receives");
                }
                let target = messaging.queue_arn(region, &dead);
                state.add_queue(target.clone(), &dead, Settings::default(), Instant::now());
                settings.redrive = Some(Redrive { target, max_receives });
            }
            state.add_queue(arn, &name, settings, Instant::now());
        }
        for (topic, queue, delivery) in self.subscriptions {
            let endpoint = messaging.queue_arn(region, &queue);
            if !state.queues.contains_key(&endpoint) {
                return Err(Error::UnknownSubscriber { topic, queue });
            }
            let Some(held) = state.topics.get_mut(&topic) else {
                return Err(Error::UnknownSubscriber { topic, queue });
            };
            let raw = delivery == Delivery::Raw;
            held.subscriptions.push(Subscription::new(&topic, endpoint, account, raw));
        }
        drop(state);
        Ok(messaging)
    }
}
