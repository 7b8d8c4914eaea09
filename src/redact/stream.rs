//! Streams through the stage.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{FusedStream, FuturesOrdered, Stream};
use tokio::task::JoinHandle;

use super::look::Looked;
use super::record::Redactable;
use super::redacted::Redacted;
use super::redactor::{Memory, Redactor};
use super::report::RedactionReport;
use super::unit::Unit;
use crate::block::Block;
use crate::document::{Document, ExpenseDocument, LendingResult};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::stream::{BlockStream, Completeness, ExpenseStream, LendingStream, PageBlocks, PageStream};

/// What comes out of the stage, in order.
///
/// It is fused, and it fails closed: after an error nothing more comes out, and nothing of the pages that the error
/// names has come out. Pages are put together for the detector up to its [`batch_bytes`](super::PiiDetector::batch_bytes), and a
/// [bounded number](super::RedactorBuilder::parallel) of such batches is in memory, and with the detector, at the same time. It has
/// to be polled inside a tokio runtime, on which the detector runs.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use inkseal::redact::Redactor;
///
/// # async fn example(
/// #     job: inkseal::CompletedJob<inkseal::Expense>, redactor: Redactor, clients: inkseal::Clients,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let mut receipts = job.documents(&clients).redact(&redactor);
/// while let Some(receipt) = receipts.try_next().await? {
///     println!("{}", receipt.to_json()?.as_str());
/// }
/// println!("{} found, {} pages missing", receipts.report().entities(), receipts.completeness().map_or(0, |seen| seen.missing_pages.len()));
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Dropping a `next()` of the stream loses nothing. Dropping the stream ends every request and every detection that
/// is under way, and lets nothing more out.
pub struct RedactedStream<S, T> {
    source: S,
    redactor: Redactor,
    memory: Memory,
    /// The records of the next batch.
    pending: Vec<Unit<T>>,
    bytes: usize,
    looking: FuturesOrdered<BoxFuture<'static, Result<Batch<T>>>>,
    ready: VecDeque<Redacted<T>>,
    /// How the source ended.
    source_end: Option<Option<Error>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Complete,
    Failed,
}

struct Batch<T> {
    units: Vec<Unit<T>>,
    looked: Looked,
}

/// The most records of a batch, as pages may have next to no text.
const MOST_RECORDS: usize = 100;

/// A detection in a task of its own, which runs without being polled, and is aborted when this is dropped.
struct Running<T>(JoinHandle<Result<Batch<T>>>);

impl<T> Running<T> {
    /// Waits for the detection.
    async fn end(mut self) -> Result<Batch<T>> {
        let stopped = |_| {
            let message = "the detector panicked, or the runtime is shutting down";
            Error::new(ErrorKind::DetectorFailed, Stage::Redact, message)
        };
        (&mut self.0).await.map_err(stopped)?
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The pages of a document, redacted.
pub type RedactedPages = RedactedStream<PageStream, PageBlocks>;

impl<S, T> RedactedStream<S, T>
where
    S: Stream<Item = Result<T>> + Unpin,
    T: Redactable,
{
    fn new(source: S, redactor: &Redactor) -> Self {
        let unusable = redactor.check().err();
        Self {
            source,
            redactor: redactor.clone(),
            memory: Memory::default(),
            pending: Vec::new(),
            bytes: 0,
            looking: FuturesOrdered::new(),
            ready: VecDeque::new(),
            source_end: unusable.map(Some),
            state: State::Open,
        }
    }

    /// What was done so far, in numbers.
    pub fn report(&self) -> &RedactionReport {
        &self.memory.report
    }

    /// Takes from the source as long as there is room.
    fn fill(&mut self, context: &mut Context<'_>) {
        while self.source_end.is_none() && self.looking.len() < self.redactor.settings.parallel {
            match Pin::new(&mut self.source).poll_next(context) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(record))) => {
                    let unit = Unit::open(record);
                    let bytes = unit.bytes();
                    let most = self.redactor.batch_bytes();
                    if !self.pending.is_empty() && self.bytes + bytes > most {
                        self.look();
                    }
                    self.bytes += bytes;
                    self.pending.push(unit);
                    if self.bytes >= most || self.pending.len() >= MOST_RECORDS {
                        self.look();
                    }
                }
                Poll::Ready(Some(Err(error))) => self.source_end = Some(Some(error)),
                Poll::Ready(None) => {
                    self.look();
                    self.source_end = Some(None);
                }
            }
        }
    }

    /// Gives the pending records to the detector.
    fn look(&mut self) {
        let units = std::mem::take(&mut self.pending);
        self.bytes = 0;
        if units.is_empty() {
            return;
        }
        let redactor = self.redactor.clone();
        // In a task, so that a slow consumer costs the detector none of its time.
        let running = Running(tokio::spawn(async move {
            // Together, as a detector may charge for each text.
            let sheets: Vec<_> = units.iter().flat_map(|unit| &unit.sheets).collect();
            let looked = redactor.look_at_sheets(&sheets).await?;
            Ok(Batch { units, looked })
        }));
        self.looking.push_back(Box::pin(running.end()));
    }

    fn take(&mut self, batch: Batch<T>) -> Result<()> {
        let Batch { units, looked } = batch;
        let redacted = self.redactor.apply_all(units, looked, &mut self.memory)?;
        self.ready.extend(redacted);
        Ok(())
    }

    /// Ends the stream, and drops what it holds.
    fn end(&mut self, state: State) {
        self.state = state;
        self.pending.clear();
        self.ready.clear();
        self.looking = FuturesOrdered::new();
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Redacted<T>>>> {
        loop {
            if self.state != State::Open {
                return Poll::Ready(None);
            }
            if let Some(redacted) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(redacted)));
            }
            self.fill(context);
            if let Some(Some(error)) = self.source_end.as_mut() {
                let error = std::mem::replace(error, Error::invalid("the stream is over"));
                self.end(State::Failed);
                return Poll::Ready(Some(Err(error)));
            }
            if self.looking.is_empty() {
                if self.source_end.is_some() {
                    self.end(State::Complete);
                    continue;
                }
                return Poll::Pending;
            }
            let taken = match Pin::new(&mut self.looking).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(batch))) => self.take(batch),
                Poll::Ready(Some(Err(error))) => Err(error),
                Poll::Ready(None) => Ok(()),
            };
            if let Err(error) = taken {
                self.end(State::Failed);
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl<S, T> Stream for RedactedStream<S, T>
where
    S: Stream<Item = Result<T>> + Unpin,
    T: Redactable + Unpin,
{
    type Item = Result<Redacted<T>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<S, T> FusedStream for RedactedStream<S, T>
where
    S: Stream<Item = Result<T>> + Unpin,
    T: Redactable + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.state != State::Open
    }
}

impl<S: fmt::Debug, T> fmt::Debug for RedactedStream<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactedStream")
            .field("source", &self.source)
            .field("redactor", &self.redactor)
            .field("ready", &self.ready.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The blocks of a document, redacted page by page.
///
/// # Cancel safety
///
/// As [`RedactedStream`].
#[derive(Debug)]
pub struct RedactedBlocks {
    pages: RedactedPages,
    current: std::vec::IntoIter<Redacted<Block>>,
}

impl RedactedBlocks {
    /// What was done so far, in numbers.
    pub fn report(&self) -> &RedactionReport {
        self.pages.report()
    }

    /// As [`BlockStream::completeness`].
    pub fn completeness(&self) -> Option<&Completeness> {
        self.pages.completeness()
    }
}

impl Stream for RedactedBlocks {
    type Item = Result<Redacted<Block>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(block) = this.current.next() {
                return Poll::Ready(Some(Ok(block)));
            }
            match std::task::ready!(this.pages.poll(context)) {
                Some(Ok(page)) => this.current = page.into_blocks().collect::<Vec<_>>().into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl FusedStream for RedactedBlocks {
    fn is_terminated(&self) -> bool {
        self.current.len() == 0 && self.pages.is_terminated()
    }
}

impl BlockStream {
    /// The blocks through the redaction stage. It reads page by page, as a [`PageStream`] does, and ends in an error whenever
    /// that would.
    pub fn redact(self, redactor: &Redactor) -> RedactedBlocks {
        RedactedBlocks { pages: PageStream::new(self).redact(redactor), current: Vec::new().into_iter() }
    }
}

impl Document {
    /// The document through the redaction stage: [`Redactor::redact`].
    ///
    /// # Errors
    ///
    /// As [`Redactor::redact`].
    ///
    /// # Cancel safety
    ///
    /// As [`Redactor::redact`].
    pub async fn redact(self, redactor: &Redactor) -> Result<(Redacted<Self>, RedactionReport)> {
        redactor.redact(self).await
    }
}

macro_rules! streams {
    ($($source:ident of $record:ident),+) => {
        $(impl $source {
            /// Sends it through the redaction stage.
            pub fn redact(self, redactor: &Redactor) -> RedactedStream<Self, $record> {
                RedactedStream::new(self, redactor)
            }
        }

        impl RedactedStream<$source, $record> {
            /// The account of the stream behind it, once it has ended; `None` before that and after an error.
            pub fn completeness(&self) -> Option<&Completeness> {
                (self.state == State::Complete).then(|| self.source.completeness()).flatten()
            }
        })+
    };
}

streams!(PageStream of PageBlocks, ExpenseStream of ExpenseDocument, LendingStream of LendingResult);
