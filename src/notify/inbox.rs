//! One receiver for the waits of a process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::TryStreamExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::delivery::Delivery;
use super::message::Completion;
use super::queue::{Completions, Received};
use crate::resource::JobId;

/// How many completions are kept for waits that have not begun yet.
const MOST_EARLY: usize = 1_000;

/// Receives completions for the [waits](crate::WaitOptions::notified_by) of one process, so that none of them has to ask Textract.
/// Cheap to clone; it receives until the last clone is dropped.
///
/// A completion that a wait takes is deleted from the queue. One that no wait of this process has asked for is kept for as long as
/// it is invisible to others, as its wait may be about to begin, and then comes again: so give each process that waits a
/// queue of its own, subscribed to the same topic, with a redrive policy for what nobody waits for. For work that any machine may
/// take up receive from [`Completions`] instead.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients, jobs: Vec<inkseal::RunningJob<inkseal::Analysis>>) -> inkseal::Result<()> {
/// use futures::future::try_join_all;
/// use inkseal::WaitOptions;
/// use inkseal::notify::{Completions, Inbox};
///
/// let completions = Completions::builder(
///     "https://sqs.us-east-1.amazonaws.com/111122223333/this-process".parse()?,
///     "arn:aws:sns:us-east-1:111122223333:textract-done".parse()?,
/// );
/// let inbox = Inbox::open(completions.connect(&clients)?);
/// let options = WaitOptions::default().notified_by(&inbox);
/// let completed = try_join_all(jobs.iter().map(|job| job.wait_with(&clients, &options))).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Inbox(Arc<Receiver>);

struct Receiver {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared(Mutex<Post>);

#[derive(Default)]
struct Post {
    waiting: HashMap<JobId, Vec<oneshot::Sender<Completion>>>,
    early: HashMap<JobId, Delivery>,
}

impl Inbox {
    /// Begins to receive, on the tokio runtime that this is called in.
    pub fn open(completions: Completions) -> Self {
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(receive(completions, Arc::clone(&shared)));
        Self(Arc::new(Receiver { shared, task }))
    }

    /// Whether it still receives. It ends for good where the queue is not there or may not be read; waits then go on by asking
    /// Textract.
    pub fn is_open(&self) -> bool {
        !self.0.task.is_finished()
    }

    /// The completion of a job. Pending for ever where none comes.
    pub(crate) async fn completion(&self, job: &JobId) -> Completion {
        // Under one lock, or a completion could pass between the two.
        let early_or_later = {
            let mut post = self.0.shared.post();
            match post.early.remove(job) {
                Some(delivery) => Ok(delivery),
                None => {
                    let (sender, receiver) = oneshot::channel();
                    post.waiting.entry(job.clone()).or_default().push(sender);
                    Err(receiver)
                }
            }
        };
        let later = match early_or_later {
            Ok(delivery) => return accept(delivery).await,
            Err(later) => later,
        };
        match later.await {
            Ok(completion) => completion,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn post(&self) -> MutexGuard<'_, Post> {
        // Nothing that can panic leaves the post half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    /// Hands a delivery to whoever waits for it, and gives it back to be deleted; else keeps it, or lets it come again.
    fn hand_over(&mut self, delivery: Delivery) -> Option<Delivery> {
        // Those that nobody waits for any more, or that others can receive by now, are let go.
        self.waiting.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        let now = Instant::now();
        self.early.retain(|_, early| early.invisible_until() > now);
        let completion = delivery.completion();
        let senders = self.waiting.remove(&completion.job_id).unwrap_or_default();
        let taken = senders.into_iter().map(|sender| sender.send(completion.clone()).is_ok());
        if taken.filter(|taken| *taken).count() > 0 {
            return Some(delivery);
        }
        if self.early.len() < MOST_EARLY {
            debug!("a completion came before its wait");
            self.early.insert(completion.job_id.clone(), delivery);
        }
        None
    }
}

async fn receive(completions: Completions, shared: Arc<Shared>) {
    let mut received = completions.stream();
    loop {
        match received.try_next().await {
            Ok(Some(Received::Completion(delivery))) => {
                let taken = shared.post().hand_over(delivery);
                if let Some(delivery) = taken {
                    accept(delivery).await;
                }
            }
            Ok(Some(Received::Unreadable(_))) => {}
            Ok(None) => return,
            Err(error) => {
                warn!(kind = ?error.kind(), code = error.code(), "no completions can be received");
                return;
            }
        }
    }
}

/// Deletes a message that was taken. Where that fails it comes again, and nobody waits for it then.
async fn accept(delivery: Delivery) -> Completion {
    let completion = delivery.completion().clone();
    if let Err(error) = delivery.delete().await {
        warn!(kind = ?error.kind(), "the message of a completion could not be deleted");
    }
    completion
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let post = self.0.shared.post();
        f.debug_struct("Inbox")
            .field("waiting", &post.waiting.len())
            .field("early", &post.early.len())
            .finish_non_exhaustive()
    }
}
