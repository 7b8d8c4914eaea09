//! What a worker files: the results of a job, each as its own object, and a manifest when all of them are there.

mod results;

use futures::TryStreamExt;
use serde::Serialize;

pub use self::results::Fileable;
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Analysis, Api, CompletedJob, Expense, Lending, Seal, TextDetection};
use crate::notify::Completion;
use crate::part::Warning;
use crate::redact::{RedactionReport, Redactor};
use crate::render::{Format, Render};
use crate::resource::JobId;
use crate::store::SealedStore;
use crate::store::sealed::{Object, Sealed};

/// Files the results of jobs in a [`SealedStore`], redacted or not, in bounded memory.
///
/// | family | its files | in the format |
/// | --- | --- | --- |
/// | text detection, analysis | the pages, by their numbers | that of the [`Render`] |
/// | expense | the invoices and receipts, in order | JSON, in Textract's shape |
/// | lending | the results, in order, one per page; the summary stays in the job's output | JSON, in Textract's shape |
///
/// They are the objects `JOB_ID/00001.md` and so on, and when all of them are there, `JOB_ID/manifest.json`. **Files
/// without a manifest are not complete**, and readers have to leave them alone.
///
/// The manifest names the job, its document, the pages that Textract could not read, its warnings, and the redaction
/// in numbers. **The name of the document is not redacted**: it is the key of an object, which should hold nothing
/// personal.
///
/// **One place for one filing**: a manifest says that a job is filed there, however it was filed.
///
/// All names follow from the job, and files replace those of an earlier attempt, which had the same content. So a
/// second delivery of a completion changes nothing, two workers on the same job do no harm, and a crash leaves files
/// without a manifest, which the next attempt replaces. With tokens, pseudonyms and types the bytes are the same too;
/// what is encrypted differs with each attempt.
///
/// ```no_run
/// use inkseal::fleet::{Filed, Filing};
/// use inkseal::redact::{PatternDetector, Redactor};
/// use inkseal::{Analysis, Clients, CompletedJob, Render};
///
/// # async fn example(job: CompletedJob<Analysis>, clients: Clients) -> inkseal::Result<()> {
/// let store = job.store(&clients, "filed".parse()?)?;
/// let filing = Filing::redacted(store, Render::markdown(), Redactor::builder(PatternDetector::new()).build()?);
/// match filing.file(&job, &clients).await? {
///     Filed::Whole { files, .. } => println!("{files} pages and a manifest"),
///     already => println!("{already:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Filing {
    files: SealedStore,
    manifests: SealedStore,
    render: Render,
    redactor: Option<Redactor>,
}

/// How the filing of a job ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Filed {
    /// Its files and its manifest were written.
    #[non_exhaustive]
    Whole {
        /// How many files, without the manifest.
        files: u64,
    },
    /// Nothing was written: an earlier delivery, or another worker, had filed it.
    Already,
}

/// What is filed last, and says that everything is there. For a job that was announced, `input` is what the
/// announcement says.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    job_id: &'a JobId,
    api: Api,
    input: String,
    files: u64,
    format: &'static str,
    is_partial: bool,
    /// The first 1,000 pages that Textract could not read.
    missing_pages: &'a [u32],
    warnings: &'a [Warning],
    #[serde(skip_serializing_if = "Option::is_none")]
    redaction: Option<&'a RedactionReport>,
}

/// A manifest as JSON: serialised before it is put, so that a failure is an error and not an empty object.
struct WrittenManifest(Vec<u8>);

impl WrittenManifest {
    fn new(manifest: &Manifest<'_>) -> Result<Self> {
        serde_json::to_vec(manifest).map(Self).map_err(Error::unwritten)
    }
}

impl Sealed for WrittenManifest {
    fn into_object(self) -> Object {
        Object { body: self.0, content_type: Format::Json.media_type() }
    }
}

impl Filing {
    /// Files the results as the redactor leaves them. What it encrypts is bound to the job's id as the name of the
    /// document.
    pub fn redacted(store: SealedStore, render: Render, redactor: Redactor) -> Self {
        Self { redactor: Some(redactor), ..Self::unredacted(store, render) }
    }

    /// Files the results as they are: sealed, and not redacted.
    pub fn unredacted(store: SealedStore, render: Render) -> Self {
        Self { files: store.clone().replacing(), manifests: store.unreplacing(), render, redactor: None }
    }

    /// Files the job of a completion, of any family, whose output is under this seal.
    ///
    /// # Errors
    ///
    /// As [`Completion::job`] and [`file`](Self::file).
    ///
    /// # Cancel safety
    ///
    /// As [`file`](Self::file).
    pub async fn file_completed(
        &self,
        completion: &Completion,
        seal: &Seal,
        clients: &Clients,
    ) -> Result<Filed> {
        match completion.api {
            Api::StartDocumentTextDetection => {
                self.file(&completion.job::<TextDetection>(seal)?, clients).await
            }
            Api::StartDocumentAnalysis => self.file(&completion.job::<Analysis>(seal)?, clients).await,
            Api::StartExpenseAnalysis => self.file(&completion.job::<Expense>(seal)?, clients).await,
            Api::StartLendingAnalysis => self.file(&completion.job::<Lending>(seal)?, clients).await,
        }
    }

    /// Files a job.
    ///
    /// # Errors
    ///
    /// Those of the stream of its results, of the redaction and of the store. Files may have been put then, but not
    /// the manifest.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave files without a manifest, which the next attempt replaces, or all of them: file
    /// the job again.
    pub async fn file<F: Fileable>(&self, job: &CompletedJob<F>, clients: &Clients) -> Result<Filed> {
        let manifest = format!("{}/manifest.json", job.id());
        if self.manifests.has(&manifest).await? {
            return Ok(Filed::Already);
        }
        let mut results = F::results(job, clients);
        let format = F::format(&self.render);
        let mut files = 0;
        let (report, completeness) = match &self.redactor {
            Some(redactor) => {
                let mut results = F::redact(results, &redactor.for_document(job.id().as_str()));
                while let Some(result) = results.try_next().await? {
                    files += 1;
                    let name =
                        format!("{}/{:05}.{}", job.id(), F::number(&result, files), format.extension());
                    self.files.put(&name, F::redacted(result, &self.render)?).await?;
                }
                (Some(results.report().clone()), F::completeness_of_redacted(&results).cloned())
            }
            None => {
                while let Some(result) = results.try_next().await? {
                    files += 1;
                    let name =
                        format!("{}/{:05}.{}", job.id(), F::number(&result, files), format.extension());
                    self.files.put(&name, F::unredacted(result, &self.render)?).await?;
                }
                (None, F::completeness(&results).cloned())
            }
        };
        let account = completeness.ok_or_else(|| {
            Error::new(ErrorKind::Incomplete, Stage::Store, "the results ended without an account of them")
        })?;
        let written = WrittenManifest::new(&Manifest {
            job_id: job.id(),
            api: F::API,
            input: job.input().to_string(),
            files,
            format: format.as_str(),
            is_partial: account.partial,
            missing_pages: &account.missing_pages,
            warnings: &account.warnings,
            redaction: report.as_ref(),
        })?;
        match self.manifests.put(&manifest, written).await {
            Ok(_) => Ok(Filed::Whole { files }),
            // Of two attempts at the same time, the other one was first.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Filed::Already),
            Err(error) => Err(error),
        }
    }
}
