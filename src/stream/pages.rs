//! Blocks page by page.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{FusedStream, Stream};

use super::account::page_of;
use super::{BlockStream, Completeness, State};
use crate::block::Block;
use crate::error::{Error, ErrorKind, Result, Stage};

/// The blocks of one page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PageBlocks {
    /// The number of the page, from 1.
    pub number: u32,
    /// Its blocks, in the order of the response.
    pub blocks: Vec<Block>,
}

/// The pages of a document, in order, each with its blocks.
///
/// It holds the blocks of one page in addition to what its [`BlockStream`] holds, and is fused and accountable like that.
///
/// A page can be given before the whole document was read because of how Textract writes: blocks come in page order,
/// and name no block of another page. A page that comes back, or a block that an earlier page has named, ends the stream in
/// an error of kind [`Malformed`](ErrorKind::Malformed); such a response can still be read as a [`BlockStream`]. A block of an
/// earlier page that is named later is no longer known and counts as unresolved; on the last page that is an error of kind
/// [`Incomplete`](ErrorKind::Incomplete), unless [`Output::allow_cut_end`](crate::Output::allow_cut_end) is set.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use inkseal::{Document, Render};
///
/// # async fn example(job: inkseal::CompletedJob<inkseal::Analysis>, clients: inkseal::Clients) -> inkseal::Result<()> {
/// let mut pages = job.pages(&clients);
/// while let Some(page) = pages.try_next().await? {
///     let page = Document::from(page); // a document of one page, with its tables and fields
///     println!("{}", page.to_markdown());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// As [`BlockStream`]: dropping a `next()` loses nothing, and dropping the stream ends every request that is under
/// way.
pub struct PageStream {
    blocks: BlockStream,
    page: Option<PageBlocks>,
}

impl PageStream {
    pub(crate) fn new(blocks: BlockStream) -> Self {
        Self { blocks, page: None }
    }

    /// The account of what was expected and seen, once the stream has ended; `None` before that and after an error.
    pub fn completeness(&self) -> Option<&Completeness> {
        self.blocks.completeness()
    }

    /// Takes in a block, and gives the page before it if it begins another.
    fn take(&mut self, block: Block) -> Result<Option<PageBlocks>> {
        let number = self.number_of(&block);
        if let State::Open(account) = &self.blocks.state {
            if account.crossing() > 0 {
                return Err(out_of_order(format!("a page before page {number} names a block of it")));
            }
            // The account counts blocks of the same id once.
            let is_full = |page: &PageBlocks| {
                page.number == number && page.blocks.len() >= account.limits().page_blocks
            };
            if self.page.as_ref().is_some_and(is_full) {
                return Err(account.limits().page_too_large(number));
            }
        }
        match &mut self.page {
            Some(page) if page.number == number => {
                page.blocks.push(block);
                Ok(None)
            }
            Some(page) if page.number > number => {
                Err(out_of_order(format!("a block of page {number} comes after page {}", page.number)))
            }
            page => Ok(page.replace(PageBlocks { number, blocks: vec![block] })),
        }
    }

    fn number_of(&self, block: &Block) -> u32 {
        page_of(block, self.page.as_ref().map(|page| page.number))
    }
}

fn out_of_order(what: String) -> Error {
    let message = format!("{what}, so the document cannot be read page by page: read the blocks instead");
    Error::new(ErrorKind::Malformed, Stage::Assemble, message)
}

impl Stream for PageStream {
    type Item = Result<PageBlocks>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<PageBlocks>>> {
        let this = self.get_mut();
        loop {
            let taken = match ready!(Pin::new(&mut this.blocks).poll_next(context)) {
                Some(Ok(block)) => this.take(block),
                Some(Err(error)) => Err(error),
                None => return Poll::Ready(this.page.take().map(Ok)),
            };
            match taken {
                Ok(None) => {}
                Ok(Some(page)) => return Poll::Ready(Some(Ok(page))),
                Err(error) => {
                    // A page that may not be whole is not given.
                    this.page = None;
                    this.blocks.fail();
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl FusedStream for PageStream {
    fn is_terminated(&self) -> bool {
        self.blocks.is_terminated() && self.page.is_none()
    }
}

impl fmt::Debug for PageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { blocks, page } = self;
        f.debug_struct("PageStream")
            .field("blocks", blocks)
            .field("page", &page.as_ref().map(|page| page.number))
            .finish()
    }
}
