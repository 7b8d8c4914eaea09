//! A message while it is processed.

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
/// Dropping it does neither: its message becomes visible again when its visibility ends, so that work that was cancelled is
/// done by another worker.
#[must_use = "dropped, its message comes again"]
pub struct Delivery {
    completion: Completion,
    message_id: String,
    receive_count: u32,
    lease: Lease,
}

/// A message that is not a completion, and was left in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableDelivery {
    /// Its id in SQS.
    pub message_id: String,
    /// Approximately how often it was received.
    pub receive_count: u32,
    /// Why it is not one.
    pub why: UnreadableMessage,
}

/// The result of processing a delivery.
#[derive(Debug)]
#[non_exhaustive]
pub struct Processed<T, E> {
    /// The result of the work.
    pub result: Result<T, E>,
    /// Whether the message could be deleted or given back. If not, it comes again when its visibility ends, and if the
    /// work was done, it will be done again.
    pub message: Result<()>,
}

/// The longest pause before a message whose work failed comes again.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The right to a message, until its visibility ends.
pub(super) struct Lease {
    pub(super) client: aws_sdk_sqs::Client,
    pub(super) queue: QueueUrl,
    pub(super) handle: String,
    pub(super) visibility: Duration,
    /// The earliest time at which the visibility can have begun.
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

    /// Approximately how often it was received; 1 the first time.
    pub fn receive_count(&self) -> u32 {
        self.receive_count
    }

    /// Until when nobody else receives it, unless its visibility is extended.
    pub fn invisible_until(&self) -> Instant {
        self.lease.since + self.lease.visibility
    }

    /// Deletes the message: its work is done.
    ///
    /// # Errors
    ///
    /// As SQS answers. It is not an error if another worker has received the message in the meantime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the message, which then comes again when its visibility ends.
    pub async fn delete(self) -> Result<()> {
        self.lease.delete().await
    }

    /// As [`delete`](Self::delete), for a delivery that is shared.
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

    /// Does some work while the message is kept invisible, and then deletes it; or, if the work fails, has it come
    /// again after a pause: a quarter of the [visibility](super::CompletionsBuilder::visibility) the first time, twice
    /// as long each further time, at least 1 second and at most 15 minutes.
    ///
    /// How long an outage may last before a message goes to the dead-letter queue depends on the queue's
    /// `maxReceiveCount`. With 5, as in the stack of this crate's policies, and the default visibility of 60 seconds,
    /// the pauses are 15, 30, 60 and 120 seconds: the fifth and last attempt begins 225 seconds after the first
    /// failure, besides the duration of the attempts. If that fails too, the message goes to the dead letters after
    /// another 240 seconds. For longer outages raise `maxReceiveCount` or the visibility.
    ///
    /// The visibility is extended when a third of it is over. If that fails, it is tried again after another third;
    /// meanwhile the work continues, as another worker that gets the message does no harm. SQS keeps no message
    /// invisible for more than 12 hours in all.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the work at its current await, and leaves the message to come again when its visibility
    /// ends; so it does if the work is done but the message was not deleted yet.
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
            Err(_) => self.lease.extend(pause(self.lease.visibility, self.receive_count)).await,
        };
        Processed { result, message }
    }
}

/// How long a message stays invisible whose work has failed after it was received this many times.
fn pause(visibility: Duration, receive_count: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(receive_count.saturating_sub(1));
    (visibility / 4).saturating_mul(doubled).clamp(Duration::from_secs(1), LONGEST_PAUSE)
}

impl Lease {
    fn next_beat(&self) -> Instant {
        self.since + self.visibility / 3
    }

    /// Extends the visibility; if that fails, waits for the next beat.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = |visibility: u64| {
            [1, 2, 3, 4, 5, 40, u32::MAX]
                .map(|count| pause(Duration::from_secs(visibility), count).as_secs_f64())
        };
        assert_eq!(pauses(60), [15.0, 30.0, 60.0, 120.0, 240.0, 900.0, 900.0]);
        assert_eq!(pauses(3), [1.0, 1.5, 3.0, 6.0, 12.0, 900.0, 900.0]);
        assert_eq!(pauses(12 * 60 * 60), [900.0; 7]);
    }
}
