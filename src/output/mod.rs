//! The output of a completed job: from the parts in its bucket, or over the Get operations.

mod api;
mod fetch;
mod list;

#[cfg(feature = "comprehend")]
pub(crate) use self::fetch::get_verified;
pub(crate) use self::list::next_token;

use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tracing::{Instrument, Span, info_span};

use crate::Limits;
use crate::block::Block;
use crate::clients::Clients;
use crate::document::LendingSummary;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{CompletedJob, Expense, Family, Lending};
use crate::part::{Part, Record};
use crate::stream::{BlockStream, Expected, ExpenseStream, LendingStream, PageStream, check_done};

/// The default number of parts that are fetched at the same time.
pub const DEFAULT_PARALLEL: usize = 16;

/// The default size of the largest part that is read, in bytes. Parts of 1,000 blocks are below 1 MB.
pub const DEFAULT_MAX_PART_BYTES: usize = 16 * 1024 * 1024;

/// How to read the output of a [`CompletedJob`].
///
/// ```no_run
/// # use inkseal::{Analysis, Clients, CompletedJob};
/// # async fn example(job: CompletedJob<Analysis>, clients: Clients) -> inkseal::Result<()> {
/// use futures::TryStreamExt;
///
/// let mut blocks = job.output(&clients).parallel(32).blocks();
/// while let Some(block) = blocks.try_next().await? {
///     // …
/// }
/// println!("{:?}", blocks.completeness());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until a stream of it is polled"]
pub struct Output<F: Family> {
    job: CompletedJob<F>,
    clients: Clients,
    parallel: usize,
    limits: Limits,
    via_api: bool,
    allow_cut_end: bool,
}

impl<F: Family> CompletedJob<F> {
    /// The output of the job, to be read through these clients.
    pub fn output(&self, clients: &Clients) -> Output<F> {
        Output {
            job: self.clone(),
            clients: clients.clone(),
            parallel: DEFAULT_PARALLEL,
            limits: Limits::PART,
            via_api: false,
            allow_cut_end: false,
        }
    }
}

impl<F: Family<Record = Block>> CompletedJob<F> {
    /// The blocks of the document, in order; short for [`output`](Self::output) and [`blocks`](Output::blocks).
    ///
    /// # Permissions
    ///
    /// Those of the [output](CompletedJob#permissions).
    pub fn blocks(&self, clients: &Clients) -> BlockStream {
        self.output(clients).blocks()
    }

    /// The blocks of the document page by page; short for [`output`](Self::output) and [`pages`](Output::pages).
    ///
    /// # Permissions
    ///
    /// Those of the [output](CompletedJob#permissions).
    pub fn pages(&self, clients: &Clients) -> PageStream {
        self.output(clients).pages()
    }
}

impl<F: Family> Output<F> {
    /// How many parts to fetch at the same time; at least 1. Defaults to [`DEFAULT_PARALLEL`].
    ///
    /// A stream holds at most this many parts (of up to 1,000 blocks, some hundred kilobytes each) and one more.
    pub fn parallel(mut self, parts: usize) -> Self {
        self.parallel = parts.max(1);
        self
    }

    /// The largest part to read, in bytes. Defaults to [`DEFAULT_MAX_PART_BYTES`]. A larger one is an error, so that an
    /// object that was put in a part's place cannot exhaust the memory. Short for [`limits`](Self::limits) with only this
    /// limit changed.
    pub fn max_part_bytes(mut self, bytes: usize) -> Self {
        self.limits = self.limits.part_bytes(bytes);
        self
    }

    /// How much of the output to read before it is considered hostile. Defaults to [`Limits::PART`].
    ///
    /// It replaces all limits, also what [`max_part_bytes`](Self::max_part_bytes) set before.
    ///
    /// Answers to the Get operations are read by the SDK; they are held to [`Limits::parts`], [`Limits::records`],
    /// [`Limits::page_blocks`] and, for their warnings, [`Limits::items`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads over Textract's Get operations instead of the bucket, for callers that may not read the bucket.
    ///
    /// It is slower (one page after the other, within the Get rate), ends seven days after the job, and **what the
    /// objects in the bucket are encrypted with is not checked**: [`Completeness::verified`](crate::Completeness::verified)
    /// stays 0.
    pub fn via_api(mut self) -> Self {
        self.via_api = true;
        self
    }

    /// Lets the stream end without an error even if blocks of the last page name ids that no block of it has.
    ///
    /// Otherwise that is an error: a missing last part leaves no gap in the numbers, and if its first page began in the part
    /// before, no page is missing, so these ids are the only sign of it. On other pages unresolved ids are counted in
    /// [`Completeness`](crate::Completeness) and never an error.
    ///
    /// Two kinds of output are not checked for it: a partial success whose warnings name the last page, or no page at all, as
    /// then Textract itself says that the page need not be whole; and one in which a page comes back after another one. In
    /// these a missing last part goes unnoticed, unless a page is missing that the partial success does not explain.
    pub fn allow_cut_end(mut self) -> Self {
        self.allow_cut_end = true;
        self
    }

    /// What the stream will be checked against at its end.
    fn expected(&self) -> Expected {
        Expected {
            pages: self.job.page_count(),
            partial: self.job.is_partial(),
            warnings: self.job.warnings().to_vec(),
            verified: !self.via_api,
            allow_cut_end: self.allow_cut_end,
            limits: self.limits,
        }
    }

    fn span(&self) -> Span {
        info_span!("job", api = %F::API, job = %self.job.id())
    }

    /// The parts of the output, in order, each verified before it is parsed.
    fn parts(self) -> BoxStream<'static, Result<Part<F::Record>>> {
        if self.via_api {
            return api::parts::<F>(self.clients.clone(), self.job.id().clone(), self.limits, self.span())
                .boxed();
        }
        self.parts_in(F::FOLDER)
    }

    /// The parts in a folder below the job's own, in order, each verified before it is parsed.
    fn parts_in<T: Record>(self, folder: &str) -> BoxStream<'static, Result<Part<T>>> {
        let span = self.span();
        let parallel = self.parallel;
        let listing = {
            let (clients, seal) = (self.clients.clone(), self.job.seal().clone());
            let folder = format!("{}{}", seal.output_of(self.job.id()), folder);
            let limits = self.limits;
            async move { list::parts(&clients, &seal, &folder, &limits).await }.instrument(span.clone())
        };
        stream::once(listing)
            .map_ok(move |keys| {
                let reader = fetch::Reader {
                    clients: self.clients.clone(),
                    seal: self.job.seal().clone(),
                    limits: self.limits,
                    span: span.clone(),
                };
                stream::iter(keys).map(move |key| Ok(reader.clone().spawn(key)))
            })
            .try_flatten()
            .try_buffered(parallel)
            .boxed()
    }
}

impl<F: Family<Record = Block>> Output<F> {
    /// The blocks of the document, in the order of the parts.
    pub fn blocks(self) -> BlockStream {
        let expected = self.expected();
        BlockStream::new(self.parts(), expected)
    }

    /// The blocks of the document page by page, in the order of the pages.
    pub fn pages(self) -> PageStream {
        PageStream::new(self.blocks())
    }
}

impl Output<Expense> {
    /// The invoices and receipts of the document, in order.
    pub fn documents(self) -> ExpenseStream {
        let expected = self.expected();
        ExpenseStream::new(self.parts(), expected)
    }
}

impl Output<Lending> {
    /// The results of the mortgage package, one a page, in order.
    pub fn results(self) -> LendingStream {
        let expected = self.expected();
        LendingStream::new(self.parts(), expected)
    }

    /// The summary of the mortgage package: which documents it holds, on which pages, and which pages are signed.
    ///
    /// It is read from `summaryResponse/` below the job's own folder, where every object is verified like those of the
    /// results; or with [`via_api`](Self::via_api) by `GetLendingAnalysisSummary`.
    ///
    /// ```no_run
    /// # async fn example(job: inkseal::CompletedJob<inkseal::Lending>, clients: inkseal::Clients) -> inkseal::Result<()> {
    /// let summary = job.output(&clients).summary().await?;
    /// println!("pay slips on {:?}", summary.pages_of("PAYSLIPS"));
    /// println!("to be signed: {:?}", summary.pages_missing_a_signature());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed) if an object of it is not under the job's key;
    /// [`Incomplete`](ErrorKind::Incomplete) if there is no object, or the summary in it is null;
    /// [`Malformed`](ErrorKind::Malformed), also if an object says that the job runs or has failed;
    /// [`AccessDenied`](ErrorKind::AccessDenied), [`Transport`](ErrorKind::Transport) and, over the API,
    /// [`NotFound`](ErrorKind::NotFound) after seven days.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends every request that is under way, and loses nothing: reading changes nothing.
    pub async fn summary(self) -> Result<LendingSummary> {
        let parts = if self.via_api {
            let summary = api::summary(&self.clients, self.job.id());
            vec![summary.instrument(self.span()).await?]
        } else {
            self.parts_in::<LendingSummary>("summaryResponse/").try_collect().await?
        };
        for part in &parts {
            check_done(&part.head)?;
        }
        let summaries = parts.into_iter().flat_map(|part| part.records);
        summaries.reduce(LendingSummary::joined).ok_or_else(|| {
            Error::new(ErrorKind::Incomplete, Stage::Assemble, "the job's output holds no summary")
        })
    }
}

impl CompletedJob<Expense> {
    /// The invoices and receipts of the document; short for [`output`](Self::output) and
    /// [`documents`](Output::documents).
    pub fn documents(&self, clients: &Clients) -> ExpenseStream {
        self.output(clients).documents()
    }
}

impl CompletedJob<Lending> {
    /// The results of the mortgage package; short for [`output`](Self::output) and [`results`](Output::results).
    pub fn results(&self, clients: &Clients) -> LendingStream {
        self.output(clients).results()
    }

    /// The summary of the mortgage package; short for [`output`](Self::output) and [`summary`](Output::summary).
    ///
    /// # Errors
    ///
    /// As [`Output::summary`].
    ///
    /// # Cancel safety
    ///
    /// As [`Output::summary`].
    pub async fn summary(&self, clients: &Clients) -> Result<LendingSummary> {
        self.output(clients).summary().await
    }
}
