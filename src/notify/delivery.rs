//! A message while it is worked on.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::message::{Completion, UnreadableMessage};
use super::queue::seconds;
use crate::clients::send;
use crate::error::{Result, Stage};
use crate::resource::QueueUrl;

/// A completion that was received, and the handle by which its message is deleted or given back.
///
/// Whoever drops it does neither: its message becomes visible again when its visibility ends, so that work which is cancelled is
/// done by another worker.
#[must_use = "dropped, its message comes again"]
pub struct Delivery {
    completion: Completion,
    message_id: String,
    receive_count: u32,
    lease: Lease,
}

/// A message that is no completion, and was left in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableDelivery {
    /// Its id in SQS.
    pub message_id: String,
    /// How often it was received, about.
    pub receive_count: u32,
    /// Why it is none.
    pub why: UnreadableMessage,
}

/// What came of the work on a delivery.
#[derive(Debug)]
#[non_exhaustive]
pub struct Processed<T, E> {
    /// What the work gave.
    pub result: Result<T, E>,
    /// Whether the message could be deleted or given back. If not it comes again when its visibility ends, and if the work was
    /// done it will be done again.
    pub message: Result<()>,
}

/// The right to a message, until its visibility ends.
pub(super) struct Lease {
    pub(super) client: aws_sdk_sqs::Client,
    pub(super) queue: QueueUrl,
    pub(super) handle: String,
    pub(super) visibility: Duration,
    /// When the visibility began at the earliest.
    pub(super) since: Instant,
}

impl Delivery {
    pub(super) fn new(completion: Completion, message_id: String, receive_count: u32, lease: Lease) -> Self {
        Self { completion, message_id, receive_count, lease }
    }

    /// What the message says.
    pub fn completion(&self) -> &Completion {
        &self.completion
    }

    /// Its id in SQS.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// How often it was received, about; 1 for the first time.
    pub fn receive_count(&self) -> u32 {
        self.receive_count
    }

    /// Until when nobody else receives it, unless it is extended.
    pub fn invisible_until(&self) -> Instant {
        self.lease.since + self.lease.visibility
    }

    /// Deletes the message: what it asks for is done.
    ///
    /// # Errors
    ///
    /// As SQS answers. That the message was received by another in the meantime is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the message, which then comes again when its visibility ends.
    pub async fn delete(self) -> Result<()> {
        self.lease.delete().await
    }

    /// As [`delete`](Self::delete), of one that is shared.
    pub(super) async fn acknowledge(&self) -> Result<()> {
        self.lease.delete().await
    }

    /// Makes the message visible again after some time, in whole seconds, up to 12 hours.
    ///
    /// # Errors
    ///
    /// As SQS answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the visibility as it was: the message comes again in either case.
    pub async fn release(mut self, after: Duration) -> Result<()> {
        self.lease.extend(after).await
    }

    /// Does some work while the message is kept invisible, and then deletes it; or, where the work fails, gives it back after 1
    /// second the first time, 2 the second, up to the visibility.
    ///
    /// The visibility is extended when a third of it is over. If that fails it is tried again after another third; meanwhile
    /// the work goes on, as another worker that gets the message does no harm. SQS lets no message be invisible for more than 12 hours in all.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the work where it stands, and leaves the message to come again when its visibility
    /// ends; so it does, though the work is done, where the message was about to be deleted.
    pub async fn process<T, E>(mut self, work: impl Future<Output = Result<T, E>>) -> Processed<T, E> {
        let result = {
            let mut work = std::pin::pin!(work);
            loop {
                let beat = sleep_until(self.lease.next_beat());
                match select(work.as_mut(), std::pin::pin!(beat)).await {
                    Either::Left((result, _)) => break result,
                    Either::Right(((), _)) => {}
                }
                let beat = self.lease.beat();
                match select(work.as_mut(), std::pin::pin!(beat)).await {
                    Either::Left((result, _)) => break result,
                    Either::Right(((), _)) => {}
                }
            }
        };
        let message = match &result {
            Ok(_) => self.lease.delete().await,
            Err(_) => {
                let doubled = 2_u64.saturating_pow(self.receive_count.saturating_sub(1));
                let after = Duration::from_secs(doubled).min(self.lease.visibility);
                self.lease.extend(after).await
            }
        };
        Processed { result, message }
    }
}

impl Lease {
    fn next_beat(&self) -> Instant {
        self.since + self.visibility / 3
    }

    /// Extends the visibility, and where that fails puts it off.
    async fn beat(&mut self) {
        let visibility = self.visibility;
        match self.extend(visibility).await {
            Ok(()) => debug!("extended"),
            Err(error) => {
                warn!(kind = ?error.kind(), code = error.code(), "a message could not be kept invisible");
                self.since = Instant::now();
            }
        }
    }

    async fn extend(&mut self, visibility: Duration) -> Result<()> {
        let asked = Instant::now();
        let call = self
            .client
            .change_message_visibility()
            .queue_url(self.queue.as_str())
            .receipt_handle(&self.handle)
            .visibility_timeout(seconds(visibility));
        send(Stage::Wait, "ChangeMessageVisibility", call.send()).await?;
        self.since = asked;
        Ok(())
    }

    async fn delete(&self) -> Result<()> {
        let call = self.client.delete_message().queue_url(self.queue.as_str()).receipt_handle(&self.handle);
        send(Stage::Wait, "DeleteMessage", call.send()).await?;
        Ok(())
    }
}

// The handle lets whoever has it delete the message, so it is not shown.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { completion, message_id, receive_count, lease: _ } = self;
        f.debug_struct("Delivery")
            .field("completion", completion)
            .field("message_id", message_id)
            .field("receive_count", receive_count)
            .finish_non_exhaustive()
    }
}
