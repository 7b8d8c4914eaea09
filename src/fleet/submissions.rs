//! Many documents into sealed jobs: the run.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{BoxStream, FusedStream, FuturesUnordered, Stream, StreamExt};
use tracing::info;

use super::budget::Permit;
use super::document::{Document, DocumentId};
use super::held::Held;
use super::journal::JournalError;
use super::outcome::{Outcome, Tally};
use super::steps::{self, Armed, Event, Passing, Queued, Step};
use super::submitter::Submitter;
use super::turns::FairQueue;
use crate::error::Result;
use crate::job::{Family, RunningJob};
use crate::resource::JobTag;

/// The outcomes of a run, as they come, which is not the order of the documents.
///
/// The stream ends when every document has its outcome. It ends early, with a [`JournalError`], only if the journal
/// fails. **Nothing happens unless it is polled**, and the budget's pace is kept only if it is polled promptly.
///
/// # Cancel safety
///
/// Dropping a `next()` of the stream loses nothing. Dropping the stream ends the run: nothing more is sent, and its
/// places in the budget come free, except those of jobs that were started. The journal has the token of a request that
/// was under way, so the next run finds out whether it started a job: submit again with the same journal, and no
/// document is lost and none has two jobs.
#[must_use = "nothing is started unless the outcomes are polled"]
pub struct Submissions<F: Family> {
    submitter: Arc<Submitter<F>>,
    documents: Option<BoxStream<'static, Result<Document>>>,
    leftovers: Leftovers,
    held: Held,
    queue: FairQueue<Option<JobTag>, Queued<F>>,
    /// Between the queue and `armed`.
    arming: FuturesUnordered<Step<F>>,
    armed: VecDeque<Armed<F>>,
    place: Option<BoxFuture<'static, Permit>>,
    turn: Option<BoxFuture<'static, ()>>,
    steps: FuturesUnordered<Step<F>>,
    /// How many of the steps wait for a job to end.
    waits: usize,
    ready: VecDeque<Outcome<F>>,
    tally: Tally,
    ended: bool,
    /// Why it ended early; comes out after the outcomes that are known already.
    failure: Option<JournalError>,
}

/// How many rounds a poll makes before it lets other tasks run: a run that skips a million documents always has more to do.
const ROUNDS: usize = 64;

/// The documents that an earlier run left without a job. They come before those of the stream.
enum Leftovers {
    Unknown,
    Known(vec::IntoIter<DocumentId>),
}

impl<F: Family> Submissions<F> {
    pub(super) fn new(submitter: Arc<Submitter<F>>, documents: BoxStream<'static, Result<Document>>) -> Self {
        let steps: FuturesUnordered<Step<F>> = FuturesUnordered::new();
        let journal = Arc::clone(&submitter.journal);
        steps.push(async move { journal.pending().await.map(Event::Leftovers) }.boxed());
        let held = Held::new(Arc::clone(&submitter.journal));
        Self {
            submitter,
            documents: Some(documents),
            leftovers: Leftovers::Unknown,
            held,
            queue: FairQueue::default(),
            arming: FuturesUnordered::new(),
            armed: VecDeque::new(),
            place: None,
            turn: None,
            steps,
            waits: 0,
            ready: VecDeque::new(),
            tally: Tally::default(),
            ended: false,
            failure: None,
        }
    }

    /// The numbers of documents so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// How many documents it holds now, between the stream and the outcomes.
    pub fn held(&self) -> usize {
        self.held.len() + self.ready.len()
    }

    /// Takes in the events of the steps.
    fn poll_steps(&mut self, context: &mut Context<'_>) -> Result<bool, JournalError> {
        let mut moved = false;
        loop {
            let event = match self.steps.poll_next_unpin(context) {
                Poll::Ready(Some(event)) => event,
                _ => match self.arming.poll_next_unpin(context) {
                    Poll::Ready(Some(event)) => event,
                    _ => return Ok(moved),
                },
            };
            self.take(event?);
            moved = true;
        }
    }

    fn take(&mut self, event: Event<F>) {
        match event {
            Event::Leftovers(ids) => self.leftovers = Leftovers::Known(ids.into_iter()),
            Event::Gone(id) => {
                self.held.remove(id);
                self.tally.taken_up = self.tally.taken_up.saturating_sub(1);
            }
            Event::Skipped(id) => {
                self.held.remove(id);
                self.tally.skipped += 1;
            }
            Event::Queued(queued) => self.queue.push(queued.document.tag().cloned(), queued),
            Event::Again(queued) => self.queue.push_again(queued.document.tag().cloned(), queued),
            Event::Later(queued, pause, passing) => {
                match passing {
                    Passing::Throttled => self.tally.throttled += 1,
                    Passing::LimitExceeded => self.tally.limit_exceeded += 1,
                    Passing::Broken => self.tally.broken += 1,
                }
                self.steps.push(
                    async move {
                        tokio::time::sleep(pause).await;
                        Ok(Event::Again(queued))
                    }
                    .boxed(),
                );
            }
            Event::Armed(armed) => self.armed.push_back(armed),
            Event::Out(id, outcome) => {
                self.held.remove(id);
                self.come_out(outcome);
            }
            Event::Ended(outcome) => {
                self.waits = self.waits.saturating_sub(1);
                self.come_out(outcome);
            }
        }
    }

    fn come_out(&mut self, outcome: Outcome<F>) {
        match &outcome {
            Outcome::Submitted { document, job, .. } => {
                self.tally.submitted += 1;
                self.wait_for(document.clone(), job.clone());
            }
            Outcome::Resumed { document, job } => {
                self.tally.resumed += 1;
                self.wait_for(document.clone(), job.clone());
            }
            Outcome::Ended { result, .. } => match result {
                Ok(_) => self.tally.completed += 1,
                Err(_) => self.tally.failed += 1,
            },
            Outcome::Failed { .. } => self.tally.failed += 1,
            Outcome::Undecided { .. } => self.tally.undecided += 1,
            Outcome::SourceFailed { .. } => {}
        }
        self.ready.push_back(outcome);
    }

    fn wait_for(&mut self, document: Document, job: RunningJob<F>) {
        if let Some(wait) = self.submitter.wait.clone() {
            self.waits += 1;
            self.steps.push(steps::wait(Arc::clone(&self.submitter), wait, document, job).boxed());
        }
    }

    /// Takes documents in while the window has room.
    fn poll_documents(&mut self, context: &mut Context<'_>) -> bool {
        let mut moved = false;
        // Jobs that an earlier run started take no place in the budget, so those waited for are bounded here.
        let most_waits = self.submitter.budget.quota().concurrent_jobs() as usize;
        while self.held() < self.submitter.window && self.waits <= most_waits {
            let Leftovers::Known(leftovers) = &mut self.leftovers else { break };
            if let Some(id) = leftovers.next() {
                moved = true;
                if self.held.insert(id) {
                    self.tally.taken_up += 1;
                    self.take_in(id, None);
                }
                continue;
            }
            let Some(documents) = &mut self.documents else { break };
            match documents.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(document))) => {
                    self.tally.taken += 1;
                    let id = document.id(F::API);
                    if self.held.insert(id) {
                        self.take_in(id, Some(document));
                    } else {
                        self.tally.duplicates += 1;
                    }
                }
                Poll::Ready(Some(Err(error))) => self.come_out(Outcome::SourceFailed { error }),
                Poll::Ready(None) => self.documents = None,
                Poll::Pending => break,
            }
            moved = true;
        }
        moved
    }

    fn take_in(&mut self, id: DocumentId, document: Option<Document>) {
        self.steps.push(steps::take_in(Arc::clone(&self.submitter), id, document).boxed());
    }

    /// Gives places in the budget to the documents whose turn it is.
    fn poll_places(&mut self, context: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.queue.is_empty() && self.arming.len() + self.armed.len() < self.ahead() {
            let budget = &self.submitter.budget;
            let place = self.place.get_or_insert_with(|| {
                let budget = budget.clone();
                async move { budget.place().await }.boxed()
            });
            let Poll::Ready(permit) = place.poll_unpin(context) else { break };
            self.place = None;
            let Some(queued) = self.queue.pop() else { break };
            self.arming.push(steps::arm(Arc::clone(&self.submitter), queued, permit).boxed());
            moved = true;
        }
        moved
    }

    /// How many documents may be ready to be started before their turn: enough to record half a second's worth
    /// together, and few enough that a new tag does not wait long.
    fn ahead(&self) -> usize {
        let half_a_second = (self.submitter.budget.quota().starts_per_second() / 2.0).ceil() as usize;
        half_a_second.saturating_add(2)
    }

    /// Sends starts at the budget's pace.
    fn poll_turns(&mut self, context: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.armed.is_empty() {
            let budget = &self.submitter.budget;
            let turn = self.turn.get_or_insert_with(|| {
                let budget = budget.clone();
                async move { budget.turn().await }.boxed()
            });
            if turn.poll_unpin(context).is_pending() {
                break;
            }
            self.turn = None;
            if let Some(armed) = self.armed.pop_front() {
                self.steps.push(steps::start(Arc::clone(&self.submitter), armed).boxed());
            }
            moved = true;
        }
        moved
    }

    fn is_done(&self) -> bool {
        self.documents.is_none()
            && self.steps.is_empty()
            && self.queue.is_empty()
            && self.arming.is_empty()
            && self.armed.is_empty()
    }

    /// Lets go of everything, so that nothing more is sent.
    fn end(&mut self) {
        self.ended = true;
        self.documents = None;
        self.queue = FairQueue::default();
        self.armed.clear();
        (self.place, self.turn) = (None, None);
        (self.steps, self.arming) = (FuturesUnordered::new(), FuturesUnordered::new());
        self.held.clear();
        info!(tally = ?self.tally, "the run has ended");
    }
}

/// Everything that is pinned in it is in its own box.
impl<F: Family> Unpin for Submissions<F> {}

impl<F: Family> Stream for Submissions<F> {
    type Item = Result<Outcome<F>, JournalError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        for _ in 0..ROUNDS {
            if let Some(outcome) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(outcome)));
            }
            if this.ended {
                return Poll::Ready(this.failure.take().map(Err));
            }
            let mut moved = match this.poll_steps(context) {
                Ok(moved) => moved,
                Err(error) => {
                    this.failure = Some(error);
                    this.end();
                    continue;
                }
            };
            moved |= this.poll_turns(context);
            moved |= this.poll_places(context);
            moved |= this.poll_documents(context);
            if this.is_done() && this.ready.is_empty() {
                this.end();
            } else if !moved {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<F: Family> FusedStream for Submissions<F> {
    fn is_terminated(&self) -> bool {
        self.ended && self.ready.is_empty() && self.failure.is_none()
    }
}

impl<F: Family> fmt::Debug for Submissions<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submissions")
            .field("held", &self.held())
            .field("waits", &self.waits)
            .field("tally", &self.tally)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
