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

/// Completions from a queue that a topic delivers to. Cheap to clone; clones share nothing but the client, so that any number of
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
    /// None where any will do.
    topic: Option<TopicArn>,
    is_raw: bool,
    visibility: Duration,
    long_poll: Duration,
    most: i32,
}

/// What was received.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// The end of a job.
    Completion(Delivery),
    /// Something else. It is left in the queue, whose redrive policy moves it to the dead-letter queue in the end.
    Unreadable(UnreadableDelivery),
}

/// The most messages that one request gives, by SQS.
const MOST: usize = 10;
/// The longest that a message can be invisible, by SQS.
const LONGEST_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);
const LONGEST_POLL: Duration = Duration::from_secs(20);

impl CompletionsBuilder {
    /// The subscription delivers raw messages, without the envelope that says which topic they were published to.
    #[must_use]
    pub fn raw_delivery(mut self) -> Self {
        self.is_raw = true;
        self
    }

    /// How long a received message stays invisible to others unless it is extended, in whole seconds, 3 seconds to 12 hours; 60
    /// seconds unless given.
    ///
    /// While a delivery is [processed](Delivery::process) it is extended thrice in that time. A worker that dies leaves
    /// it to the next after that time.
    #[must_use]
    pub fn visibility(mut self, visibility: Duration) -> Self {
        self.visibility = visibility;
        self
    }

    /// How long a request waits for messages, in whole seconds, 0 to 20; 20 unless given.
    #[must_use]
    pub fn long_poll(mut self, wait: Duration) -> Self {
        self.long_poll = wait;
        self
    }

    /// How many messages a request may give, 1 to 10; 10 unless given. All of them become invisible together, so who works one
    /// after the other takes few.
    #[must_use]
    pub fn most(mut self, messages: usize) -> Self {
        self.most = i32::try_from(messages).unwrap_or(i32::MAX);
        self
    }

    /// The receiver.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where a setting is out of its range, or the clients hold none for SQS.
    pub fn connect(self, clients: &Clients) -> Result<Completions> {
        if !(Duration::from_secs(3)..=LONGEST_VISIBILITY).contains(&self.visibility) {
            return Err(Error::invalid("the visibility of messages is not between 3 seconds and 12 hours"));
        }
        if self.long_poll > LONGEST_POLL {
            return Err(Error::invalid("a long poll takes 20 seconds at the most"));
        }
        if !(1..=10).contains(&self.most) {
            return Err(Error::invalid("a request gives 1 to 10 messages"));
        }
        let client = clients.sqs().ok_or_else(|| {
            Error::invalid("the clients hold none for SQS: give one with `ClientsBuilder::sqs`")
        })?;
        Ok(Completions { client: client.clone(), settings: Arc::new(self) })
    }
}

impl Completions {
    /// Settings for completions that this topic delivers to this queue.
    pub fn builder(queue: QueueUrl, topic: TopicArn) -> CompletionsBuilder {
        CompletionsBuilder { topic: Some(topic), ..Self::of_any_topic(queue) }
    }

    /// Settings for completions of whatever topic delivers to this queue: where its policy lets one only, and nobody else, send
    /// to it.
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
    /// visibility ends, and then come again.
    pub async fn receive(&self) -> Result<Vec<Received>> {
        self.receive_most(MOST).await
    }

    /// As [`receive`](Self::receive), and no more messages than these.
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
        // Before the request: what is invisible has been so for at most as long as this says.
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

    /// Receives for ever, one request after the other and each only when all of the one before was taken. Requests that fail
    /// in a way that can pass are repeated with pauses of up to half a minute; the stream ends after any other error.
    ///
    /// # Cancel safety
    ///
    /// Dropping a `next()` of the stream loses nothing. Dropping the stream leaves what it had received and not given
    /// to come again when its visibility ends.
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

/// In whole seconds, as SQS takes them, and no longer than asked for.
pub(super) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

impl fmt::Debug for Completions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The SDK's client prints its whole configuration, so it is not shown.
        f.debug_struct("Completions").field("settings", &self.settings).finish_non_exhaustive()
    }
}
