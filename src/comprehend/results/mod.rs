//! The output of a completed job, read in bounded memory and verified while it is read.

mod archive;
mod folder;
mod object;
mod record;
mod split;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream, FusedStream, Stream, StreamExt};
use tracing::{Instrument, Span, info_span};

use self::archive::OutputArchive;
use self::folder::OutputFolder;
use self::object::SealedObject;
pub use self::record::{
    ClassScore, Classification, DetectedEntity, DocumentError, DocumentResult, DocumentSentiment, JsonResult,
    KeyPhrase, LanguageScore, Mention, PiiEntity, Record, RedactedLine, SentimentScores, SentimentType,
    TargetedEntity, TopicRecord,
};
use self::record::{Place, Unreadable};
use self::split::{Broken, Splitter};
use super::operation::DocumentAnalysis;
use super::running::{Completed, CompletedComprehendJob, StartedJob};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;

/// The default size of the largest record that is read, in bytes. A document of 1 MB can have entities on every word.
pub const DEFAULT_MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;

/// The default maximum of output that is read, in bytes after unpacking: several times the 5 GB of input that a job takes.
pub const DEFAULT_MAX_OUTPUT_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// The default maximum of output files that are read: as many as the input may have.
pub const DEFAULT_MAX_OUTPUT_FILES: u64 = 1_000_000;

/// How to read the output of a [`CompletedComprehendJob`].
///
/// ```no_run
/// # use inkseal::Clients;
/// # use inkseal::comprehend::{CompletedComprehendJob, Entities};
/// # async fn example(job: CompletedComprehendJob<Entities>, clients: Clients) -> inkseal::Result<()> {
/// use futures::TryStreamExt;
///
/// let mut documents = job.results(&clients).max_record_bytes(1 << 20).stream();
/// while let Some(document) = documents.try_next().await? {
///     match document.outcome {
///         Ok(entities) => println!("{}: {} entities", document.file, entities.len()),
///         Err(error) => println!("{}: {}", document.file, error.code),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until a stream of it is polled"]
pub struct ComprehendOutput<A: DocumentAnalysis> {
    job: CompletedComprehendJob<A>,
    clients: Clients,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    record_bytes: usize,
    bytes: u64,
    files: u64,
}

impl Limits {
    fn too_many_bytes(&self) -> Error {
        let message = format!("the output has more than {} bytes: raise max_bytes", self.bytes);
        Error::new(ErrorKind::Malformed, Stage::Fetch, message)
    }

    /// The error for the object, or the folder, of this key.
    fn too_many_files(&self, key: &str) -> Error {
        let message = format!("the output has more than {} files: raise max_files", self.files);
        Error::new(ErrorKind::Malformed, Stage::Fetch, message).at_object(key)
    }
}

impl<A: DocumentAnalysis> StartedJob<A, Completed> {
    /// The output of the job, to be read with these clients.
    pub fn results(&self, clients: &Clients) -> ComprehendOutput<A> {
        let limits = Limits {
            record_bytes: DEFAULT_MAX_RECORD_BYTES,
            bytes: DEFAULT_MAX_OUTPUT_BYTES,
            files: DEFAULT_MAX_OUTPUT_FILES,
        };
        ComprehendOutput { job: self.clone(), clients: clients.clone(), limits }
    }
}

impl<A: DocumentAnalysis> ComprehendOutput<A> {
    /// The largest record to read, in bytes. Defaults to [`DEFAULT_MAX_RECORD_BYTES`].
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.limits.record_bytes = bytes;
        self
    }

    /// The most bytes of output to read, after unpacking. Defaults to [`DEFAULT_MAX_OUTPUT_BYTES`]. A small archive
    /// can unpack to very many.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// The most files of output to read. Defaults to [`DEFAULT_MAX_OUTPUT_FILES`].
    pub fn max_files(mut self, files: u64) -> Self {
        self.limits.files = files;
        self
    }

    /// The results, in the order of the output.
    ///
    /// Every object is verified, like those of Textract's output, before a byte of it is read: S3 has to say that it
    /// is encrypted with `aws:kms` and the job's key, and, if the job names the account, that this account owns the
    /// bucket. One record and what arrives over the wire are held at a time. A connection that breaks off is resumed.
    ///
    /// The stream is fused, and ends after an error; if it ends without one, it has seen the whole output.
    ///
    /// # Errors
    ///
    /// Those of its items: [`NotSealed`](ErrorKind::NotSealed); [`Incomplete`](ErrorKind::Incomplete) if there is no
    /// output, or its listing breaks off; [`Malformed`](ErrorKind::Malformed) for an archive that is cut off or
    /// continues after its end, a record that cannot be read, an object that was replaced meanwhile, or more than the
    /// limits allow; [`AccessDenied`](ErrorKind::AccessDenied), [`NotFound`](ErrorKind::NotFound) and
    /// [`Transport`](ErrorKind::Transport).
    pub fn stream(self) -> ResultStream<A::Record> {
        let span = info_span!("job", api = A::API, job = %self.job.id());
        let pump = Pump { step: Step::Open(Box::new(self)), span: span.clone() };
        let records = stream::try_unfold(pump, move |mut pump| {
            let span = pump.span.clone();
            async move { Ok(pump.next().await?.map(|record| (record, pump))) }.instrument(span)
        });
        ResultStream { records: Some(records.boxed()) }
    }
}

/// The results of a job, in the order of the output. See [`ComprehendOutput::stream`].
///
/// # Cancel safety
///
/// Dropping a `next()` of the stream loses nothing. Dropping the stream ends the request that is under way; another
/// stream of the same job gives the whole output.
pub struct ResultStream<T> {
    /// `None` at the end and after an error.
    records: Option<BoxStream<'static, Result<T>>>,
}

impl<T> Stream for ResultStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let Some(records) = &mut self.records else { return Poll::Ready(None) };
        let polled = records.poll_next_unpin(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.records = None;
        }
        polled
    }
}

impl<T> FusedStream for ResultStream<T> {
    fn is_terminated(&self) -> bool {
        self.records.is_none()
    }
}

impl<T> fmt::Debug for ResultStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultStream").field("ended", &self.records.is_none()).finish()
    }
}

/// Reads one record after another.
struct Pump<A: DocumentAnalysis> {
    step: Step<A>,
    span: Span,
}

enum Step<A: DocumentAnalysis> {
    Open(Box<ComprehendOutput<A>>),
    Read(Box<Reading>),
}

/// The file that is being read.
struct Reading {
    source: Source,
    limits: Limits,
    file: Option<File>,
    ready: VecDeque<Vec<u8>>,
}

struct File {
    name: String,
    splitter: Splitter,
    records: u64,
    ended: bool,
}

enum Source {
    Folder(OutputFolder),
    Archive(OutputArchive),
}

impl<A: DocumentAnalysis> Pump<A> {
    async fn next(&mut self) -> Result<Option<A::Record>> {
        loop {
            match &mut self.step {
                Step::Open(output) => self.step = Step::Read(Box::new(open(output).await?)),
                Step::Read(reading) => return reading.next().await,
            }
        }
    }
}

/// Finds the output, and opens it if it is an archive.
async fn open<A: DocumentAnalysis>(output: &ComprehendOutput<A>) -> Result<Reading> {
    let ComprehendOutput { job, clients, limits } = output;
    let elsewhere = |what: &str| {
        let message = format!("the service does not say where the output is: {what}");
        Error::new(ErrorKind::Malformed, Stage::List, message)
    };
    let seal: &Seal = job.seal().output().ok_or_else(|| elsewhere("the job has none"))?;
    let key = job.output_key().ok_or_else(|| elsewhere("it names none in the job's bucket and prefix"))?;
    let own = format!("-{}", job.id().as_ref());
    if !key.split('/').any(|segment| segment.ends_with(&own)) {
        return Err(elsewhere("what it names is not of this job").at_object(key));
    }
    let source = if key.ends_with(".tar.gz") {
        let object = SealedObject::open(clients, seal, key).await?;
        Source::Archive(OutputArchive::new(object, *limits)?)
    } else {
        let folder = format!("{}/", key.trim_end_matches('/'));
        Source::Folder(OutputFolder::new(clients, seal, folder, *limits))
    };
    Ok(Reading { source, limits: *limits, file: None, ready: VecDeque::new() })
}

impl Reading {
    async fn next<R: Record>(&mut self) -> Result<Option<R>> {
        loop {
            let Some(file) = &mut self.file else {
                let Some(name) = self.source.next_file().await? else { return Ok(None) };
                let splitter = Splitter::new(R::FRAMING, self.limits.record_bytes);
                self.file = Some(File { name, splitter, records: 0, ended: false });
                continue;
            };
            if let Some(bytes) = self.ready.pop_front() {
                let place = Place { file: &file.name, number: file.records };
                let record = R::read(place, &bytes)
                    .map_err(|Unreadable| file.unreadable("is not one of this analysis"))?;
                file.records += 1;
                match record {
                    Some(record) => return Ok(Some(record)),
                    None => continue,
                }
            }
            if file.ended {
                self.file = None;
                continue;
            }
            let split = match self.source.next_piece().await? {
                Some(piece) => file.splitter.take(&piece, &mut self.ready),
                None => {
                    file.ended = true;
                    file.splitter.finish(&mut self.ready)
                }
            };
            split.map_err(|broken| match broken {
                Broken::TooLong => {
                    let most = self.limits.record_bytes;
                    file.unreadable(&format!("has more than {most} bytes: raise max_record_bytes"))
                }
                Broken::NotARecord => file.unreadable("is not a JSON object"),
                Broken::Unfinished => file.unreadable("is cut off"),
            })?;
        }
    }
}

impl File {
    fn unreadable(&self, why: &str) -> Error {
        let number = self.records;
        let message = format!("a record at or after number {number} of a file of the output {why}");
        Error::new(ErrorKind::Malformed, Stage::Parse, message).at_object(&self.name)
    }
}

impl Source {
    async fn next_file(&mut self) -> Result<Option<String>> {
        match self {
            Self::Folder(folder) => folder.next_file().await,
            Self::Archive(archive) => archive.next_file().await,
        }
    }

    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => folder.next_piece().await,
            Self::Archive(archive) => archive.next_piece().await,
        }
    }
}
