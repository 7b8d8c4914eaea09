//! Receiving from a queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use super::delivery::{Delivery, Lease, UnreadableDelivery};
use super::message::Completion;
use crate::backoff::Backoff;
use crate::clients::{Clients, send};
use crate::error::{Error, Result, Stage};
use crate::resource::{QueueUrl, TopicArn};

/// Completions from a queue that a topic delivers to. Cheap to clone; clones share only the client, so any number of
/// tasks and machines may receive from the same queue.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients, seal: inkseal::Seal) -> inkseal::Result<()> {
/// use futures::TryStreamExt;
/// use inkseal::notify::{Completions, Received};
/// use inkseal::{Analysis, CompletedJob};
///
/// let completions = Completions::builder(
///     "https://sqs.us-east-1.amazonaws.com/111122223333/textract-done".parse()?,
///     "arn:aws:sns:us-east-1:111122223333:textract-done".parse()?,
/// )
/// .connect(&clients)?;
/// let mut received = completions.stream();
/// while let Some(received) = received.try_next().await? {
///     match received {
///         Received::Completion(delivery) => {
///             let job: CompletedJob<Analysis> = delivery.completion().job(&seal)?;
///             let processed = delivery.process(read(&job, &clients)).await;
///             processed.message?; // deleted, or visible again
///         }
///         Received::Unreadable(message) => println!("left for the dead-letter queue: {}", message.why),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// # async fn read(_: &inkseal::CompletedJob<inkseal::Analysis>, _: &inkseal::Clients) -> inkseal::Result<()> { Ok(()) }
/// ```
#[derive(Clone)]
pub struct Completions {
    client: aws_sdk_sqs::Client,
    settings: Arc<CompletionsBuilder>,
}

/// Settings for [`Completions`].
#[derive(Clone, Debug)]
pub struct CompletionsBuilder {
    queue: QueueUrl,
    /// `None` if any topic is accepted.
    topic: Option<TopicArn>,
    is_raw: bool,
    visibility: Duration,
    long_poll: Duration,
    most: i32,
}

/// A received message.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// The end of a job.
    Completion(Delivery),
    /// Something else. It is left in the queue, whose redrive policy finally moves it to the dead-letter queue.
    Unreadable(UnreadableDelivery),
}

/// The most messages that SQS returns for one request.
const MOST: usize = 10;
/// The longest time that SQS keeps a message invisible.
const LONGEST_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);
const LONGEST_POLL: Duration = Duration::from_secs(20);

impl CompletionsBuilder {
    /// The subscription delivers raw messages, without the envelope that says which topic they were published to.
    #[must_use]
    pub fn raw_delivery(mut self) -> Self {
        self.is_raw = true;
        self
    }

    /// How long a received message stays invisible to others unless that is extended, in whole seconds, 3 seconds to
    /// 12 hours. Defaults to 60 seconds.
    ///
    /// While a delivery is [processed](Delivery::process), it is extended three times in that time. If a worker dies,
    /// another one receives its messages after that time. The pauses after work that failed are [multiples of a
    /// quarter](Delivery::process) of it.
    #[must_use]
    pub fn visibility(mut self, visibility: Duration) -> Self {
        self.visibility = visibility;
        self
    }

    /// How long a request waits for messages, in whole seconds, 0 to 20. Defaults to 20.
    #[must_use]
    pub fn long_poll(mut self, wait: Duration) -> Self {
        self.long_poll = wait;
        self
    }

    /// How many messages a request may return, 1 to 10. Defaults to 10. All of them become invisible together, so take
    /// few if you process one after the other.
    #[must_use]
    pub fn most(mut self, messages: usize) -> Self {
        self.most = i32::try_from(messages).unwrap_or(i32::MAX);
        self
    }

    /// The receiver.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a setting is out of its range, or the clients have none for SQS.
    pub fn connect(self, clients: &Clients) -> Result<Completions> {
        if !(Duration::from_secs(3)..=LONGEST_VISIBILITY).contains(&self.visibility) {
            return Err(Error::invalid("the visibility of messages is not between 3 seconds and 12 hours"));
        }
        if self.long_poll > LONGEST_POLL {
            return Err(Error::invalid("a long poll takes at most 20 seconds"));
        }
        if !(1..=10).contains(&self.most) {
            return Err(Error::invalid("a request returns 1 to 10 messages"));
        }
        let client = clients.sqs().ok_or_else(|| {
            Error::invalid("the clients have no SQS client: give one with `ClientsBuilder::sqs`")
        })?;
        Ok(Completions { client: client.clone(), settings: Arc::new(self) })
    }
}

impl Completions {
    /// Settings for completions that this topic delivers to this queue.
    pub fn builder(queue: QueueUrl, topic: TopicArn) -> CompletionsBuilder {
        CompletionsBuilder { topic: Some(topic), ..Self::of_any_topic(queue) }
    }

    /// Settings for completions of any topic that delivers to this queue: only for a queue whose policy lets a single
    /// topic, and nobody else, send to it.
    pub fn of_any_topic(queue: QueueUrl) -> CompletionsBuilder {
        CompletionsBuilder {
            queue,
            topic: None,
            is_raw: false,
            visibility: Duration::from_secs(60),
            long_poll: LONGEST_POLL,
            most: 10,
        }
    }

    /// The queue.
    pub fn queue(&self) -> &QueueUrl {
        &self.settings.queue
    }

    /// Receives once: up to ten messages, or none after the long poll.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), [`AccessDenied`](crate::ErrorKind::AccessDenied) and others as SQS answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no message: those of a request that is under way stay invisible until their
    /// visibility ends, and come again then.
    pub async fn receive(&self) -> Result<Vec<Received>> {
        self.receive_most(MOST).await
    }

    /// As [`receive`](Self::receive), with at most this many messages.
    pub(crate) async fn receive_most(&self, messages: usize) -> Result<Vec<Received>> {
        let CompletionsBuilder { queue, visibility, long_poll, most, .. } = &*self.settings;
        let most = i32::try_from(messages).unwrap_or(i32::MAX).clamp(1, *most);
        let call = self
            .client
            .receive_message()
            .queue_url(queue.as_str())
            .max_number_of_messages(most)
            .visibility_timeout(seconds(*visibility))
            .wait_time_seconds(seconds(*long_poll))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        // Taken before the request: the messages cannot have been invisible for longer than since this.
        let asked = Instant::now();
        let output = send(Stage::Wait, "ReceiveMessage", call.send()).await?;
        let messages = output.messages.unwrap_or_default();
        debug!(messages = messages.len(), "received");
        Ok(messages.into_iter().map(|message| self.read(message, asked)).collect())
    }

    fn read(&self, message: Message, asked: Instant) -> Received {
        let count = message
            .attributes
            .as_ref()
            .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
            .and_then(|count| count.parse().ok())
            .unwrap_or(1);
        let id = message.message_id.unwrap_or_default();
        let body = message.body.as_deref().unwrap_or_default();
        let completion = match self.settings.is_raw {
            true => Completion::from_raw(body),
            false => Completion::from_envelope(body, self.settings.topic.as_ref()),
        };
        match completion {
            Ok(completion) => {
                let lease = Lease {
                    client: self.client.clone(),
                    queue: self.settings.queue.clone(),
                    handle: message.receipt_handle.unwrap_or_default(),
                    visibility: self.settings.visibility,
                    since: asked,
                };
                Received::Completion(Delivery::new(completion, id, count, lease))
            }
            Err(why) => {
                warn!(message_id = id, receive_count = count, %why, "left for the dead-letter queue");
                Received::Unreadable(UnreadableDelivery { message_id: id, receive_count: count, why })
            }
        }
    }

    /// Receives for ever, one request after the other, each only when all messages of the previous one were taken.
    /// Requests that fail transiently are repeated with pauses of up to half a minute; the stream ends after any other
    /// error.
    ///
    /// # Cancel safety
    ///
    /// Dropping a `next()` of the stream loses nothing. Dropping the stream leaves the messages that it had received
    /// and not handed out to come again when their visibility ends.
    pub fn stream(&self) -> BoxStream<'static, Result<Received>> {
        let completions = self.clone();
        let batches = stream::try_unfold(completions, |completions| async move {
            let received = completions.receive_until_answered().await?;
            Ok::<_, Error>(Some((stream::iter(received.into_iter().map(Ok)), completions)))
        });
        batches.try_flatten().boxed()
    }

    async fn receive_until_answered(&self) -> Result<Vec<Received>> {
        let mut backoff = Backoff::of_receiving();
        loop {
            match self.receive().await {
                Err(error) if error.is_retryable() => {
                    let pause = backoff.pause();
                    warn!(kind = ?error.kind(), ?pause, "receiving again");
                    sleep(pause).await;
                }
                received => return received,
            }
        }
    }
}

/// In whole seconds, as SQS takes them, rounded down.
pub(super) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

impl fmt::Debug for Completions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The SDK's client prints its whole configuration, so it is not shown.
        f.debug_struct("Completions").field("settings", &self.settings).finish_non_exhaustive()
    }
}
