//! Many documents into sealed jobs: the settings.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{Stream, StreamExt};

use super::budget::Budget;
use super::document::Document;
use super::journal::{DocumentState, Journal, JournalError};
use super::quota::Quota;
use super::submissions::Submissions;
use crate::clients::Clients;
use crate::error::{ErrorKind, Result};
use crate::job::{CompletedJob, Family, RunningJob, SecureJob, WaitOptions};
use crate::resource::JobId;

/// The default [`window`](Submitter::window): how many documents a run holds at most.
pub const DEFAULT_WINDOW: usize = 1000;

/// The default [`max_attempts`](Submitter::max_attempts): how many transient failures a document may have. Throttled
/// requests do not count.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 12;

/// The shortest and the longest pause before a document is tried again, before jitter.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest pause after throttling: the budget, which gives the turns, has slowed down already.
pub(super) const LONGEST_THROTTLED_PAUSE: Duration = Duration::from_secs(20);

/// Starts a sealed job for each of many documents, at the pace that the account's quotas allow.
///
/// ```no_run
/// use std::sync::Arc;
/// use futures::TryStreamExt;
/// use inkseal::fleet::{FileJournal, Outcome, Submitter, list_prefix};
/// use inkseal::resource::{Bucket, KmsKey};
/// use inkseal::{Clients, Feature, SecureJob};
///
/// # async fn example(clients: Clients, key: KmsKey) -> inkseal::Result<()> {
/// let journal = Arc::new(FileJournal::open("run.journal").await?);
/// let results: Bucket = "amzn-s3-demo-results".parse()?;
/// let submitter = Submitter::new(&clients, journal, move |document| {
///     SecureJob::analysis(document.object().clone())
///         .feature(Feature::Tables)
///         .output_bucket(results.clone())
///         .kms_key(key.clone())
///         .build()
/// });
/// let documents = list_prefix(&clients, "amzn-s3-demo-source".parse()?, "scans/");
/// let mut outcomes = submitter.try_submit(documents);
/// while let Some(outcome) = outcomes.try_next().await? {
///     match outcome {
///         Outcome::Submitted { job, .. } => println!("{}", job.id()),
///         Outcome::Failed { error, .. } => eprintln!("{error}"),
///         other => eprintln!("{other:?}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # The steps of a document
///
/// It comes out of the stream, at most [`window`](Self::window) documents ahead of the outcomes. The journal is asked
/// what is known of it, and the template makes its job. It waits its turn among the documents of other
/// [tags](Document::tagged), then for a place in the [`Budget`]. A durable record says that it is about to be started,
/// and with which token, before the request is sent. Its outcome comes out when it has a job, and that is durable, or
/// when it has failed.
///
/// # Turns between tags
///
/// Documents of different tags are started in turn, one each, however many of each are waiting. That reaches as far as
/// the window: if a stream gives a million documents of one tag before the first of another, the window is full of the
/// one. In that case give each tenant its own stream, and submit `futures::stream::select_all` of them.
///
/// # What fails
///
/// A document that fails is an [`Outcome::Failed`](super::Outcome::Failed), and the run continues. Throttled starts
/// are repeated until they succeed, other transient failures up to [`max_attempts`](Self::max_attempts) times, after a
/// pause with full jitter. Only a journal that fails ends the run.
///
/// The journal records as failed, and later runs [skip](Self::retry_failed), what is about the document: Textract
/// refused it, or the template did. A failure that is about the configuration is reported, and the next run tries the
/// document again: expired credentials and missing permissions ([`AccessDenied`](ErrorKind::AccessDenied)),
/// [`UnusableKey`](ErrorKind::UnusableKey), [`InsecureTransport`](ErrorKind::InsecureTransport),
/// [`NotClean`](ErrorKind::NotClean), and all that is found before the request is sent, such as a key in another
/// Region.
///
/// # After a crash
///
/// Submit the same documents with the same journal and template. What was completed is skipped; what was started comes
/// out as [`Outcome::Resumed`](super::Outcome::Resumed), without a request; what was about to be started is started
/// with the same token, which within seven days is the same job and costs nothing more. Documents that the stream gave
/// to the earlier run and does not give again are resumed from the journal.
///
/// **A journal belongs to one template**: nobody asks again what the work on a completed document was. The
/// operation is part of a [document's id](Document::id), so one journal can serve several operations.
///
/// # Several runs at once
///
/// Runs of one process that share a journal, as the same `Arc`, leave each other's documents alone: while one of them
/// holds a document, the others do not resume it from the journal, and count it in
/// [`duplicates`](super::Tally::duplicates) if their stream gives it. A run that is no longer polled still holds its
/// documents until it is dropped. Of several processes only one may run on a journal at a time for each operation: the
/// lock of a [`FileJournal`](super::FileJournal) ensures that, and whoever implements [`Journal`] has to.
#[must_use]
pub struct Submitter<F: Family> {
    pub(super) clients: Clients,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) template: Arc<Template<F>>,
    pub(super) budget: Budget,
    pub(super) window: usize,
    pub(super) max_attempts: u32,
    pub(super) wait: Option<Arc<Wait<F>>>,
    pub(super) retry_failed: Arc<dyn Fn(ErrorKind) -> bool + Send + Sync>,
}

pub(super) type Template<F> = dyn Fn(&Document) -> Result<SecureJob<F>> + Send + Sync;
pub(super) type Wait<F> = dyn Fn(RunningJob<F>) -> BoxFuture<'static, Result<CompletedJob<F>>> + Send + Sync;

impl<F: Family> Submitter<F> {
    /// A submitter with a budget of [`Quota::us_east_1`]. The template makes a document's job, and returns an error for a
    /// document that is to have none.
    ///
    /// The journal is shared, so that several submitters and whoever reads completions can write to it.
    pub fn new(
        clients: &Clients,
        journal: Arc<dyn Journal>,
        template: impl Fn(&Document) -> Result<SecureJob<F>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            clients: clients.clone(),
            journal,
            template: Arc::new(template),
            budget: Budget::new(Quota::us_east_1(F::API)),
            window: DEFAULT_WINDOW,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            wait: None,
            retry_failed: Arc::new(|_| false),
        }
    }

    /// The pace and the number of concurrent jobs. Share one budget between all submitters of one family in one
    /// account and Region.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// How many documents a run holds at most, from the stream to the outcome; at least 1. Defaults to
    /// [`DEFAULT_WINDOW`]. A document takes 1 to 4 KB.
    pub fn window(mut self, documents: usize) -> Self {
        self.window = documents.max(1);
        self
    }

    /// How many transient failures a document may have in a run; with the last it is given up. At least 1. Defaults to
    /// [`DEFAULT_MAX_ATTEMPTS`], which outlasts about ten minutes.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Which documents that failed in an earlier run are tried again, by the kind of their error. Defaults to none.
    ///
    /// Transient failures are never recorded, so every run retries them, and so are failures of the
    /// [configuration](Self#what-fails).
    ///
    /// For [`JobFailed`](ErrorKind::JobFailed) this alone is not enough: within seven days the same work has the same
    /// token, and Textract gives the same failed job again and announces nothing a second time. Let the template
    /// [salt](crate::Idempotency::Salted) the jobs that are to run again, or wait the seven days.
    pub fn retry_failed(mut self, retry: impl Fn(ErrorKind) -> bool + Send + Sync + 'static) -> Self {
        self.retry_failed = Arc::new(retry);
        self
    }

    /// Waits for every job, so that its end frees its place in the budget, is recorded, and comes out as
    /// [`Outcome::Ended`](super::Outcome::Ended). The run then also holds as many jobs as the budget allows.
    ///
    /// A wait that ends in a transient error, such as a deadline, leaves the job's place to the
    /// [maximum age](Budget#the-maximum-age) and the document to the next run.
    pub fn wait_with<W>(mut self, wait: impl Fn(RunningJob<F>) -> W + Send + Sync + 'static) -> Self
    where
        W: Future<Output = Result<CompletedJob<F>>> + Send + 'static,
    {
        self.wait = Some(Arc::new(move |job| wait(job).boxed()));
        self
    }

    /// Waits for every job by polling; see [`wait_with`](Self::wait_with).
    ///
    /// The polls share the Get rate of the clients, which is the narrowest quota of all: see the
    /// [limits](super#where-each-limit-bites).
    pub fn wait_by_polling(self, options: WaitOptions) -> Self {
        let clients = self.clients.clone();
        self.wait_with(move |job| {
            let (clients, options) = (clients.clone(), options.clone());
            async move { job.wait_with(&clients, &options).await }
        })
    }

    /// Starts a job for each document of the stream.
    ///
    /// Nothing happens unless the outcomes are polled, and dropping them ends the run: nothing more is sent, and what was
    /// about to be sent is in the journal.
    ///
    /// # Cancel safety
    ///
    /// As [`Submissions`].
    pub fn submit<S>(&self, documents: S) -> Submissions<F>
    where
        S: Stream<Item = Document> + Send + 'static,
    {
        self.try_submit(documents.map(Ok))
    }

    /// As [`submit`](Self::submit), for a stream that can fail, such as a [`Listing`](super::Listing). Its errors come out as
    /// [`Outcome::SourceFailed`](super::Outcome::SourceFailed).
    ///
    /// # Cancel safety
    ///
    /// As [`Submissions`].
    pub fn try_submit<S>(&self, documents: S) -> Submissions<F>
    where
        S: Stream<Item = Result<Document>> + Send + 'static,
    {
        Submissions::new(Arc::new(self.clone()), documents.boxed())
    }

    /// Records that the job of a document has ended, and frees its place in the budget; for applications that learn of
    /// the end otherwise than by [`wait_with`](Self::wait_with). A `failure` is the [kind](crate::Error::kind) of
    /// error that it ended with.
    ///
    /// It needs the very document that was submitted: its [id](Document::id) covers the version and the tag, and a
    /// [completion](crate::notify::Completion) has neither the version nor the document's tag. A journal cannot be
    /// searched by job, so keep a map from the job ids to the documents of the outcomes:
    ///
    /// ```no_run
    /// # async fn example(submitter: inkseal::fleet::Submitter<inkseal::Analysis>, documents: Vec<inkseal::fleet::Document>,
    /// #     completion: inkseal::notify::Completion) -> inkseal::Result<()> {
    /// use std::collections::HashMap;
    /// use futures::{TryStreamExt, stream};
    /// use inkseal::fleet::Outcome;
    ///
    /// let mut documents_of_jobs = HashMap::new();
    /// let mut outcomes = submitter.submit(stream::iter(documents));
    /// while let Some(outcome) = outcomes.try_next().await? {
    ///     if let Outcome::Submitted { document, job, .. } | Outcome::Resumed { document, job } = outcome {
    ///         documents_of_jobs.insert(job.id().clone(), document);
    ///     }
    /// }
    /// // And when a completion comes:
    /// if let Some(document) = documents_of_jobs.get(&completion.job_id) {
    ///     submitter.finished(document, &completion.job_id, None).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it could not be recorded. The place is free all the same.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future once it was polled frees the place and does not take the record back, but whether the record
    /// is durable is not known: call it again.
    pub async fn finished(
        &self,
        document: &Document,
        job: &JobId,
        failure: Option<ErrorKind>,
    ) -> Result<(), JournalError> {
        self.budget.finished(job);
        let state = match failure {
            None => DocumentState::Completed,
            Some(kind) => DocumentState::Failed(kind),
        };
        self.journal.record(document.id(F::API), document, state).await
    }

    /// Has the next run start a document as if nothing were known of it.
    ///
    /// If it has a job already, the work is paid for again, unless the token is the same and less than seven days old.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it could not be recorded.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future once it was polled does not take the record back, but whether the record is durable is not
    /// known: call it again.
    pub async fn start_anew(&self, document: &Document) -> Result<(), JournalError> {
        self.journal.record(document.id(F::API), document, DocumentState::Accepted).await
    }
}

impl<F: Family> Clone for Submitter<F> {
    fn clone(&self) -> Self {
        let Self { clients, journal, template, budget, window, max_attempts, wait, retry_failed } = self;
        Self {
            clients: clients.clone(),
            journal: Arc::clone(journal),
            template: Arc::clone(template),
            budget: budget.clone(),
            window: *window,
            max_attempts: *max_attempts,
            wait: wait.clone(),
            retry_failed: Arc::clone(retry_failed),
        }
    }
}

impl<F: Family> fmt::Debug for Submitter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submitter")
            .field("api", &F::API)
            .field("budget", &self.budget)
            .field("window", &self.window)
            .field("max_attempts", &self.max_attempts)
            .field("waits", &self.wait.is_some())
            .finish_non_exhaustive()
    }
}
