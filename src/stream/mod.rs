//! The streams of a job's output: in order, in bounded memory, and accountable at the end.

mod account;
mod pages;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{BoxStream, FusedStream, Stream};

pub use self::account::Completeness;
pub(crate) use self::account::{Account, Expected, check_done};
pub use self::pages::{PageBlocks, PageStream};
use crate::block::Block;
use crate::document::{ExpenseDocument, LendingResult};
use crate::error::Result;
use crate::part::{Part, Record};

/// The blocks of a document, in order.
pub type BlockStream = RecordStream<Block>;

/// The invoices and receipts of a document, in order.
pub type ExpenseStream = RecordStream<ExpenseDocument>;

/// The results of a mortgage package, one a page, in order.
pub type LendingStream = RecordStream<LendingResult>;

/// A stream of the records of a job's output.
///
/// It is `Send` and `'static`, and it is fused: after an error or the end it gives `None`. **A stream that ends without an
/// error has given every part and every page**: before the end it checks that no page of the document is missing and that
/// the last one is whole, and fails with [`Incomplete`](crate::ErrorKind::Incomplete) otherwise. The last page is whole if its
/// blocks name only each other, so there a reference to a block of an earlier page is an error, too; on other pages it counts
/// as unresolved. For the exemptions see [`Output::allow_cut_end`](crate::Output::allow_cut_end). Expense documents cannot be
/// checked by page: for them only the numbering of the parts is checked. An expense document or a lending result that comes
/// twice is [`Malformed`](crate::ErrorKind::Malformed); blocks that come twice are counted. The account of it all is its
/// [`completeness`](Self::completeness).
///
/// Nothing is fetched before the first poll. From then on parts are fetched ahead of the consumer, up to the window of
/// [`Output::parallel`](crate::Output::parallel), so a slow consumer holds the fetching back. It has to be polled inside a
/// tokio runtime, on which the parts are read.
///
/// ```no_run
/// use futures::TryStreamExt;
///
/// # async fn example(job: inkseal::CompletedJob<inkseal::Analysis>, clients: inkseal::Clients) -> inkseal::Result<()> {
/// let mut blocks = job.output(&clients).parallel(8).blocks();
/// while let Some(block) = blocks.try_next().await? {
///     println!("{} {:?}", block.id(), block.confidence());
/// }
/// let seen = blocks.completeness().expect("a stream that ended without an error has its account");
/// println!("{} blocks in {} parts, {} of them verified", seen.records, seen.parts, seen.verified);
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Dropping a `next()` of the stream loses nothing. Dropping the stream ends every request that is under way and
/// leaves no task behind: another stream of the same job gives the whole output.
pub struct RecordStream<T: Record> {
    parts: BoxStream<'static, Result<Part<T>>>,
    current: std::vec::IntoIter<T>,
    state: State,
}

enum State {
    Open(Box<Account>),
    Complete(Completeness),
    Failed,
}

/// A record that a stream keeps account of.
pub(crate) trait Accountable {
    /// Whether every page of a document has one, so that a missing page can be noticed.
    const PAGED: bool;

    fn enter(&self, account: &mut Account) -> Result<()>;
}

impl<T: Record> RecordStream<T> {
    pub(crate) fn new(parts: BoxStream<'static, Result<Part<T>>>, expected: Expected) -> Self {
        Self { parts, current: Vec::new().into_iter(), state: State::Open(Box::new(Account::new(expected))) }
    }

    /// The account of what was expected and seen, once the stream has ended; `None` before that and after an error.
    pub fn completeness(&self) -> Option<&Completeness> {
        match &self.state {
            State::Complete(completeness) => Some(completeness),
            State::Open(_) | State::Failed => None,
        }
    }

    /// Ends the stream as failed, and drops what was fetched ahead.
    fn fail(&mut self) {
        self.state = State::Failed;
        self.parts = Box::pin(futures::stream::empty());
        self.current = Vec::new().into_iter();
    }
}

impl<T: Record + Accountable + Unpin> Stream for RecordStream<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        loop {
            let State::Open(account) = &mut this.state else { return Poll::Ready(None) };
            if let Some(record) = this.current.next() {
                if let Err(error) = record.enter(account) {
                    this.fail();
                    return Poll::Ready(Some(Err(error)));
                }
                return Poll::Ready(Some(Ok(record)));
            }
            let part = ready!(this.parts.as_mut().poll_next(context));
            let entered =
                part.map(|part| part.and_then(|part| account.part(part.head).map(|()| part.records)));
            match entered {
                Some(Ok(records)) => this.current = records.into_iter(),
                Some(Err(error)) => {
                    this.fail();
                    return Poll::Ready(Some(Err(error)));
                }
                None => match account.close(T::PAGED) {
                    Ok(completeness) => this.state = State::Complete(completeness),
                    Err(error) => {
                        this.fail();
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // A record that is read may still be refused, which ends the stream.
        let least = usize::from(!self.current.as_slice().is_empty());
        (least, self.is_terminated().then_some(0))
    }
}

impl<T: Record + Accountable + Unpin> FusedStream for RecordStream<T> {
    fn is_terminated(&self) -> bool {
        !matches!(self.state, State::Open(_))
    }
}

impl<T: Record> fmt::Debug for RecordStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parts: _, current, state } = self;
        let state = match state {
            State::Open(_) => "open",
            State::Complete(_) => "complete",
            State::Failed => "failed",
        };
        f.debug_struct("RecordStream").field("buffered", &current.len()).field("state", &state).finish()
    }
}

impl Accountable for Block {
    const PAGED: bool = true;

    fn enter(&self, account: &mut Account) -> Result<()> {
        account.block(self)
    }
}

impl Accountable for ExpenseDocument {
    const PAGED: bool = false;

    fn enter(&self, account: &mut Account) -> Result<()> {
        account.record(self.page(), self.expense_index)
    }
}

impl Accountable for LendingResult {
    const PAGED: bool = true;

    fn enter(&self, account: &mut Account) -> Result<()> {
        // Each page has one.
        account.record(self.page, Some(1))
    }
}

#[cfg(test)]
mod tests;
