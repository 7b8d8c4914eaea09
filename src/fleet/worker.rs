//! Workers: completions in, and a handler for each.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument, info, info_span, warn};

use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::notify::{Completion, Completions, Delivery, Received, UnreadableDelivery};

/// Processes the completions of a queue: [several at a time](Self::parallel), on any number of machines, which share
/// only the queue.
///
/// Each completion is handled in its own task, and its message is kept invisible meanwhile. If the handler succeeds,
/// the message is deleted; if it fails or panics, or the machine dies, the message comes again, to this worker or
/// another, until the queue's redrive policy moves it to the dead-letter queue. [`Delivery::process`] says after which
/// pauses.
///
/// Completions of jobs that failed come to the handler too. A handler that asks for the job ([`Completion::job`]), or
/// files it, then fails each time, so that the message ends up in the dead-letter queue, where somebody will see it. A
/// handler that keeps its own account of such jobs returns `Ok` if the error's kind is
/// [`JobFailed`](ErrorKind::JobFailed).
///
/// **At least once**: a handler can run twice for one job, even at the same time. [`Filing`](super::Filing) does no
/// harm then.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients, seal: inkseal::Seal, completions: inkseal::notify::Completions,
/// #     filing: inkseal::fleet::Filing) -> inkseal::Result<()> {
/// use inkseal::fleet::Worker;
///
/// let worker = Worker::new(completions).parallel(8);
/// let interrupted = async { drop(tokio::signal::ctrl_c().await) };
/// let handler = move |completion: inkseal::notify::Completion| {
///     let (clients, seal, filing) = (clients.clone(), seal.clone(), filing.clone());
///     async move {
///         filing.file_completed(&completion, &seal, &clients).await.map(drop)
///     }
/// };
/// let tally = worker.run(handler, interrupted).await?;
/// println!("{} done, {} failed", tally.done, tally.failed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Worker {
    completions: Completions,
    parallel: usize,
    idle: Option<Duration>,
    observer: Option<Observer>,
}

type Observer = Arc<dyn Fn(&Worked) + Send + Sync>;

/// The end of the work on a message.
#[derive(Debug)]
#[non_exhaustive]
pub enum Worked {
    /// The handler succeeded.
    #[non_exhaustive]
    Done {
        /// What it was given.
        completion: Completion,
        /// How long it took.
        took: Duration,
        /// Why the message could not be deleted, if it could not: the work will be done again.
        not_deleted: Option<Error>,
    },
    /// The handler failed. The message comes again.
    #[non_exhaustive]
    Failed {
        /// What it was given.
        completion: Completion,
        /// Approximately how often the message was received.
        receive_count: u32,
        /// Why.
        error: Error,
    },
    /// The message is not a completion. It is left for the dead-letter queue.
    Unreadable(UnreadableDelivery),
}

/// The numbers of a run of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorkerTally {
    /// Completions whose handler succeeded.
    pub done: u64,
    /// Runs of a handler that failed; a completion that comes again can count again.
    pub failed: u64,
    /// Messages that are not completions; one that comes again counts again.
    pub unreadable: u64,
}

impl Worker {
    /// A worker that handles these completions one at a time.
    pub fn new(completions: Completions) -> Self {
        Self { completions, parallel: 1, idle: None, observer: None }
    }

    /// How many completions are handled at a time; at least 1. Defaults to 1. No more than that are received.
    #[must_use]
    pub fn parallel(mut self, completions: usize) -> Self {
        self.parallel = completions.max(1);
        self
    }

    /// Ends [`run`](Self::run) when nothing was received and nothing was handled for this long. The queue can still
    /// have messages that are invisible.
    ///
    /// If the last request that was answered failed, [`run`](Self::run) ends with that error: an outage does not look
    /// like an empty queue. Choose a time longer than the [long poll](crate::notify::CompletionsBuilder::long_poll).
    #[must_use]
    pub fn until_idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Calls `observer` for each message. It runs between requests to the queue, so it must not block.
    #[must_use]
    pub fn on_worked(mut self, observer: impl Fn(&Worked) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Works until `shutdown` is ready: then nothing more is received, and the handlers that are running are brought
    /// to their end.
    ///
    /// It has to be polled inside a tokio runtime, on which the handlers run.
    ///
    /// # Errors
    ///
    /// Any error of [`Completions::receive`] that is not [retryable](Error::is_retryable). Retryable ones are repeated
    /// until one is answered; only if the worker falls [idle](Self::until_idle) before that, the last of them is
    /// returned. The handlers that are running are brought to their end first.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends receiving and every handler at once, and leaves the messages that were being handled
    /// to come again when their visibility ends. To let the handlers finish, use `shutdown`. Handlers are
    /// dropped at any await, so it must be safe to repeat what they do.
    pub async fn run<H, W>(&self, handler: H, shutdown: impl Future<Output = ()>) -> Result<WorkerTally>
    where
        H: Fn(Completion) -> W,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let mut shutdown = pin!(shutdown);
        let mut running =
            Running { tasks: JoinSet::new(), tally: WorkerTally::default(), observer: self.observer.clone() };
        let mut receiving: Option<BoxFuture<'_, Result<Vec<Received>>>> = None;
        let mut pauses = Backoff::of_receiving();
        let mut active = Instant::now();
        // The error of the last request, until one succeeds.
        let mut outage: Option<Error> = None;
        let ended = loop {
            let room = self.parallel.saturating_sub(running.tasks.len());
            if receiving.is_none() && room > 0 {
                receiving = Some(Box::pin(self.completions.receive_most(room)));
            }
            // An instant that cannot be represented never comes.
            let idle = self.idle.and_then(|idle| active.checked_add(idle));
            let mut idle = pin!(idle.map(sleep_until));
            let event = poll_fn(|context| {
                if shutdown.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Shutdown);
                }
                if let Poll::Ready(Some(ended)) = running.tasks.poll_join_next(context) {
                    return Poll::Ready(Event::Ended(ended.ok()));
                }
                // It is kept while tasks end: dropped, it could take messages with it.
                if let Some(Poll::Ready(received)) = receiving.as_mut().map(|it| it.as_mut().poll(context)) {
                    return Poll::Ready(Event::Received(received));
                }
                match idle.as_mut().as_pin_mut() {
                    Some(idle) if running.tasks.is_empty() => idle.poll(context).map(|()| Event::Idle),
                    _ => Poll::Pending,
                }
            });
            match event.await {
                Event::Shutdown => break Ok(()),
                Event::Idle => break outage.map_or(Ok(()), Err),
                Event::Ended(worked) => {
                    active = Instant::now();
                    running.ended(worked);
                }
                Event::Received(Ok(received)) => {
                    receiving = None;
                    outage = None;
                    pauses = Backoff::of_receiving();
                    for received in received {
                        active = Instant::now();
                        match received {
                            Received::Completion(delivery) => running.start(delivery, &handler),
                            Received::Unreadable(message) => running.tell(Worked::Unreadable(message)),
                        }
                    }
                }
                Event::Received(Err(error)) if error.is_retryable() => {
                    let pause = pauses.pause();
                    warn!(kind = ?error.kind(), ?pause, "receiving again");
                    outage = Some(error);
                    receiving = Some(Box::pin(async move {
                        sleep(pause).await;
                        self.completions.receive_most(room).await
                    }));
                }
                Event::Received(Err(error)) => break Err(error),
            }
        };
        drop(receiving);
        while let Some(ended) = running.tasks.join_next().await {
            running.ended(ended.ok());
        }
        info!(done = running.tally.done, failed = running.tally.failed, "the worker ends");
        ended.map(|()| running.tally)
    }
}

/// What a worker waits for.
enum Event {
    Shutdown,
    Idle,
    Ended(Option<Worked>),
    Received(Result<Vec<Received>>),
}

/// The tasks that are running, and the tally of those that have ended.
struct Running {
    tasks: JoinSet<Worked>,
    tally: WorkerTally,
    observer: Option<Observer>,
}

impl Running {
    fn start<W>(&mut self, delivery: Delivery, handler: impl Fn(Completion) -> W)
    where
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let completion = delivery.completion().clone();
        let span = info_span!("work", job = %completion.job_id, api = %completion.api);
        // What a handler does before it returns its future happens in this loop, where a panic would end all work.
        let Ok(work) = catch_unwind(AssertUnwindSafe(|| handler(completion.clone()))) else {
            let receive_count = delivery.receive_count();
            return self.tell(Worked::Failed { completion, receive_count, error: stopped() });
        };
        let task = async move {
            let began = Instant::now();
            let receive_count = delivery.receive_count();
            // In its own task, as a panic must not take the message with it.
            let work = AbortOnDrop(tokio::spawn(work.in_current_span()));
            let processed = delivery.process(work.end()).await;
            match processed.result {
                Ok(()) => {
                    Worked::Done { completion, took: began.elapsed(), not_deleted: processed.message.err() }
                }
                Err(error) => Worked::Failed { completion, receive_count, error },
            }
        };
        self.tasks.spawn(task.instrument(span));
    }

    /// Counts a task that has ended. Nothing is known of one that panicked itself; its message comes again.
    fn ended(&mut self, worked: Option<Worked>) {
        match worked {
            Some(worked) => self.tell(worked),
            None => self.tally.failed += 1,
        }
    }

    fn tell(&mut self, worked: Worked) {
        match &worked {
            Worked::Done { took, not_deleted, completion } => {
                self.tally.done += 1;
                let is_deleted = not_deleted.is_none();
                info!(job = %completion.job_id, ?took, is_deleted, "done");
            }
            Worked::Failed { completion, receive_count, error } => {
                self.tally.failed += 1;
                // Not the error itself, which can name objects.
                let (kind, stage) = (error.kind(), error.stage());
                let (code, request_id) = (error.code(), error.request_id());
                warn!(job = %completion.job_id, receive_count, ?kind, ?stage, code, request_id, "failed");
            }
            Worked::Unreadable(_) => self.tally.unreadable += 1,
        }
        if let Some(observer) = &self.observer {
            observer(&worked);
        }
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<Result<()>>);

impl AbortOnDrop {
    async fn end(mut self) -> Result<()> {
        (&mut self.0).await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Service, Stage::Wait, "the handler panicked, or the runtime is shutting down")
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("completions", &self.completions)
            .field("parallel", &self.parallel)
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
