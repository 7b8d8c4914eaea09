//! Workers: completions in, and whatever is to be done with each.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument, info, info_span, warn};

use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::notify::{Completion, Completions, Delivery, Received, UnreadableDelivery};

/// Works off the completions of a queue: as many at a time as it is told, on as many machines as there are, which share nothing but
/// the queue.
///
/// Each completion is handled in a task of its own, and its message is kept invisible meanwhile. Where the handler succeeds the
/// message is deleted; where it fails or panics, or the machine dies, the message comes again, to this worker or another, until the
/// queue's redrive policy moves it to the dead-letter queue.
///
/// Completions of jobs that failed come to the handler too. One that asks for the job ([`Completion::job`]), or files it, then fails each
/// time, so that the message ends in the dead-letter queue, where somebody looks. A handler that keeps account of such jobs itself gives
/// `Ok` where the error's kind is [`JobFailed`](ErrorKind::JobFailed).
///
/// **At least once**: a handler can run twice for one job, at the same time too. [`Filing`](super::Filing) is one that does no harm then.
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

/// What became of a message.
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
        /// Why the message could not be deleted, if so: the work will be done again.
        not_deleted: Option<Error>,
    },
    /// The handler failed. The message comes again.
    #[non_exhaustive]
    Failed {
        /// What it was given.
        completion: Completion,
        /// How often the message was received, about.
        receive_count: u32,
        /// Why.
        error: Error,
    },
    /// The message is no completion. It is left for the dead-letter queue.
    Unreadable(UnreadableDelivery),
}

/// What a worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerTally {
    /// Completions whose handler succeeded.
    pub done: u64,
    /// Runs of a handler that failed; a completion that comes again can count again.
    pub failed: u64,
    /// Messages that are no completions; one that comes again counts again.
    pub unreadable: u64,
}

impl Worker {
    /// A worker on these completions, one at a time.
    pub fn new(completions: Completions) -> Self {
        Self { completions, parallel: 1, idle: None, observer: None }
    }

    /// How many completions are worked on at a time; at least 1, and 1 unless given. No more than that are received.
    #[must_use]
    pub fn parallel(mut self, completions: usize) -> Self {
        self.parallel = completions.max(1);
        self
    }

    /// Ends [`run`](Self::run) when nothing was received and nothing was worked on for this long. The queue can still have messages
    /// that are invisible.
    #[must_use]
    pub fn until_idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Calls `observer` for each message. It runs between receiving, so it must not block.
    #[must_use]
    pub fn on_worked(mut self, observer: impl Fn(&Worked) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Works until `shutdown` is ready: then nothing more is received, and what is worked on is brought to its end.
    ///
    /// It has to be polled inside a tokio runtime, on which the handlers run.
    ///
    /// # Errors
    ///
    /// What [`Completions::receive`] fails with, but for what can pass. What was being worked on is brought to its end first.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends receiving and every handler at once, and leaves the messages of what was being worked
    /// on to come again when their visibility ends. To let handlers come to their end use `shutdown`. Handlers are
    /// dropped at any await, so what they do must bear being done again.
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
        let ended = loop {
            let room = self.parallel.saturating_sub(running.tasks.len());
            if receiving.is_none() && room > 0 {
                receiving = Some(Box::pin(self.completions.receive_most(room)));
            }
            // What is beyond all time never comes.
            let idle = self.idle.and_then(|idle| active.checked_add(idle));
            let mut idle = pin!(idle.map(sleep_until));
            let event = poll_fn(|context| {
                if shutdown.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Shutdown);
                }
                if let Poll::Ready(Some(ended)) = running.tasks.poll_join_next(context) {
                    return Poll::Ready(Event::Ended(ended.ok()));
                }
                // It goes on while tasks end: dropped, it could take messages with it.
                if let Some(Poll::Ready(received)) = receiving.as_mut().map(|it| it.as_mut().poll(context)) {
                    return Poll::Ready(Event::Received(received));
                }
                match idle.as_mut().as_pin_mut() {
                    Some(idle) if running.tasks.is_empty() => idle.poll(context).map(|()| Event::Shutdown),
                    _ => Poll::Pending,
                }
            });
            match event.await {
                Event::Shutdown => break Ok(()),
                Event::Ended(worked) => {
                    active = Instant::now();
                    running.ended(worked);
                }
                Event::Received(Ok(received)) => {
                    receiving = None;
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
    Ended(Option<Worked>),
    Received(Result<Vec<Received>>),
}

/// The tasks on their way, and what became of those that are over.
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
        // What a handler does before its future is on this loop, where a panic would end the work of all.
        let Ok(work) = catch_unwind(AssertUnwindSafe(|| handler(completion.clone()))) else {
            let receive_count = delivery.receive_count();
            return self.tell(Worked::Failed { completion, receive_count, error: stopped() });
        };
        let task = async move {
            let began = Instant::now();
            let receive_count = delivery.receive_count();
            // In a task of its own, as a panic must not take the message with it.
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

    /// Takes up what has ended; nothing is known of a task that panicked itself, whose message comes again.
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
                // Not the error itself, which names objects.
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
