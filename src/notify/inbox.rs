//! One receiver for the waits of a process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::TryStreamExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::delivery::Delivery;
use super::message::Completion;
use super::queue::{Completions, Received};
use crate::resource::JobId;

/// How many completions are kept for waits that have not begun yet.
const MOST_EARLY: usize = 1_000;

/// How long a wait that has its completion waits for its message to be deleted.
const TO_DELETE: Duration = Duration::from_secs(10);

/// Receives completions for the [waits](crate::WaitOptions::notified_by) of one process, so that none of them has to ask Textract.
/// Cheap to clone; it receives until the last clone is dropped.
///
/// A completion that a wait takes is deleted from the queue. One that no wait of this process has asked for is kept
/// for as long as it is invisible to others, as its wait may be about to begin, and then comes again. So give each
/// process that waits its own queue, subscribed to the same topic, with a redrive policy for completions that nobody
/// waits for. For work that any machine may do, receive from [`Completions`] instead.
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
///
/// # Cancel safety
///
/// Dropping a wait leaves its completion to the next wait for the same job. Dropping the last clone ends the receiving, and
/// leaves the messages that no wait took to come again.
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
    waiting: HashMap<JobId, Vec<oneshot::Sender<Arc<Delivery>>>>,
    /// The completions whose wait has not begun, or was dropped.
    early: HashMap<JobId, Arc<Delivery>>,
}

/// A wait for the completion of a job. If it is dropped before it has taken that, the next wait gets it.
struct Wait<'i> {
    shared: &'i Shared,
    job: &'i JobId,
    later: Option<oneshot::Receiver<Arc<Delivery>>>,
    delivery: Option<Arc<Delivery>>,
}

impl Inbox {
    /// Begins to receive, on the tokio runtime that this is called in.
    ///
    /// # Panics
    ///
    /// If it is called outside of a tokio runtime.
    pub fn open(completions: Completions) -> Self {
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(receive(completions, Arc::clone(&shared)));
        Self(Arc::new(Receiver { shared, task }))
    }

    /// Whether it still receives. It stops for good if the queue does not exist or may not be read; waits then
    /// continue by asking Textract.
    pub fn is_open(&self) -> bool {
        !self.0.task.is_finished()
    }

    /// The completion of a job. Pending for ever if none comes.
    pub(crate) async fn completion(&self, job: &JobId) -> Completion {
        Wait::begin(&self.0.shared, job).end().await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<'i> Wait<'i> {
    fn begin(shared: &'i Shared, job: &'i JobId) -> Self {
        // Under one lock, or a completion could slip through between the two.
        let mut post = shared.post();
        let delivery = post.early.remove(job);
        let later = delivery.is_none().then(|| {
            let (sender, receiver) = oneshot::channel();
            post.waiting.entry(job.clone()).or_default().push(sender);
            receiver
        });
        drop(post);
        Self { shared, job, later, delivery }
    }

    async fn end(mut self) -> Completion {
        if let Some(later) = &mut self.later {
            self.delivery = later.await.ok();
            self.later = None;
        }
        // From an inbox that has stopped receiving, nothing comes any more.
        let Some(delivery) = &self.delivery else { return std::future::pending().await };
        let completion = delivery.completion().clone();
        // If that fails, the message comes again when nobody waits for it any more.
        match timeout(TO_DELETE, delivery.acknowledge()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(kind = ?error.kind(), "the message of a completion could not be deleted"),
            Err(_) => warn!("the message of a completion could not be deleted in time"),
        }
        self.delivery = None;
        completion
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let mut post = self.shared.post();
        if let Some(mut later) = self.later.take() {
            later.close();
            self.delivery = self.delivery.take().or(later.try_recv().ok());
            post.forget_dropped(self.job);
        }
        if let Some(delivery) = self.delivery.take() {
            post.keep(delivery);
        }
    }
}

impl Shared {
    fn post(&self) -> MutexGuard<'_, Post> {
        // Nothing that can panic leaves the post half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    /// Hands a delivery to the waits for it; without one, keeps it, or lets it come again.
    fn hand_over(&mut self, delivery: Delivery) {
        // Others can receive these again, so they are let go.
        let now = Instant::now();
        self.early.retain(|_, early| early.invisible_until() > now);
        let delivery = Arc::new(delivery);
        let senders = self.waiting.remove(&delivery.completion().job_id).unwrap_or_default();
        let taken = senders.into_iter().map(|sender| sender.send(Arc::clone(&delivery)).is_ok());
        if taken.filter(|taken| *taken).count() == 0 {
            debug!("a completion came before its wait");
            self.keep(delivery);
        }
    }

    /// Removes the waits for a job that were dropped.
    fn forget_dropped(&mut self, job: &JobId) {
        if let Some(senders) = self.waiting.get_mut(job) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                self.waiting.remove(job);
            }
        }
    }

    /// Keeps a delivery for a later wait.
    fn keep(&mut self, delivery: Arc<Delivery>) {
        if self.early.len() < MOST_EARLY {
            self.early.entry(delivery.completion().job_id.clone()).or_insert(delivery);
        }
    }
}

async fn receive(completions: Completions, shared: Arc<Shared>) {
    let mut received = completions.stream();
    loop {
        match received.try_next().await {
            Ok(Some(Received::Completion(delivery))) => shared.post().hand_over(delivery),
            Ok(Some(Received::Unreadable(_))) => {}
            Ok(None) => return,
            Err(error) => {
                warn!(kind = ?error.kind(), code = error.code(), "no completions can be received");
                return;
            }
        }
    }
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
