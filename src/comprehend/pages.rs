//! From a finished Textract job to the input of a Comprehend job.

use futures::TryStreamExt;
use futures::stream::{self, StreamExt};
use tracing::{Instrument, info, info_span};

use super::input::{ComprehendInput, DocumentLimits, InputFormat};
use crate::block::Block;
use crate::clients::Clients;
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{CompletedJob, Family};
use crate::render::Render;
use crate::resource::S3Location;
use crate::store::{SealedStore, Unredacted};

/// How many pages are stored at the same time.
const PARALLEL: usize = 8;

/// How many bytes of lines a file gets before the next is begun.
const FILE_BYTES: usize = 4 * 1024 * 1024;

/// What [`CompletedJob::comprehend_input`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreparedInput {
    /// The input of a Comprehend job.
    pub input: ComprehendInput,
    /// How many documents it has: the pages that are not blank.
    pub documents: u64,
    /// The pages without text, of which nothing was written: Comprehend takes no empty document.
    pub blank_pages: Vec<u32>,
}

impl PreparedInput {
    /// The page that a result of a job over this input is about, by the file and the line that it names; `None` for what this
    /// input has not.
    ///
    /// ```
    /// # fn example(prepared: inkseal::comprehend::PreparedInput) {
    /// assert_eq!(prepared.page_of("page-000012.txt", None), Some(12));
    /// # }
    /// ```
    pub fn page_of(&self, file: &str, line: Option<u64>) -> Option<u32> {
        let name = file.rsplit('/').next()?.strip_suffix(".txt")?;
        match self.input.format() {
            InputFormat::OneDocPerFile => name.strip_prefix("page-")?.parse().ok(),
            InputFormat::OneDocPerLine => {
                let first: u32 = name.strip_prefix("pages-")?.parse().ok()?;
                first.checked_add(line?.try_into().ok()?)
            }
        }
    }
}

impl<F: Family<Record = Block>> CompletedJob<F> {
    /// Writes the text of each page as a document for a Comprehend job, under the seal of a store: with
    /// [`store`](Self::store), that of this very job.
    ///
    /// Each page is rendered as [text](Render::text), and is one document: a file `files/page-000001.txt`, or a line of a file
    /// `lines/pages-000001.txt`, which is named for its first page. In a line, a space stands for every line break of the page,
    /// so that offsets are the same in both. [`PreparedInput::page_of`] leads back from a result to its page. Some pages are
    /// held at a time, or 4 MB of lines.
    ///
    /// **What is written is not redacted.** Who may read the input of the Comprehend job may read the documents.
    ///
    /// Take the limits of the operation that is to follow, as in `Entities::LIMITS`. A page beyond them is an error rather than
    /// cut, for half of a page has other entities than the whole.
    ///
    /// ```no_run
    /// # use inkseal::{Analysis as Analyzed, Clients, CompletedJob};
    /// use inkseal::comprehend::{Analysis, ComprehendJob, InputFormat, PiiOffsets};
    /// use inkseal::redact::Language;
    ///
    /// # async fn example(textract: CompletedJob<Analyzed>, clients: Clients) -> inkseal::Result<()> {
    /// let store = textract.store(&clients, "texts".parse()?)?;
    /// let prepared =
    ///     textract.comprehend_input(&clients, &store, InputFormat::OneDocPerFile, PiiOffsets::LIMITS).await?;
    /// let role = "arn:aws:iam::111122223333:role/comprehend-reads-texts".parse()?;
    /// let job = ComprehendJob::pii_offsets(prepared.input, role, Language::English)
    ///     .output("s3://amzn-s3-demo-results/pii".parse()?, store.seal().kms_key().clone())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a page or a document beyond the limits, or no page with text; what the
    /// [stream of pages](Self::pages) and [`SealedStore::put`] can fail with, among it
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) where this was done before and the store does not
    /// [replace](SealedStore::replacing). What was written until then stays.
    pub async fn comprehend_input(
        &self,
        clients: &Clients,
        store: &SealedStore,
        format: InputFormat,
        limits: DocumentLimits,
    ) -> Result<PreparedInput> {
        let span = info_span!("comprehend_input", job = %self.id());
        async move {
            let folder = folder_of(store, format)?;
            let mut count = Count { limits, documents: 0, bytes: 0, blank: Vec::new() };
            let pages = self.pages(clients).map_ok(|page| {
                let number = page.number;
                (number, Render::text().document(&Document::from(page)))
            });
            let texts = pages.map(|page| {
                let (number, text) = page?;
                Ok(count.admit(number, &text)?.then_some((number, text)))
            });
            match format {
                InputFormat::OneDocPerFile => put_files(texts, store).await?,
                InputFormat::OneDocPerLine => put_lines(texts, store).await?,
            }
            let Count { documents, blank: blank_pages, .. } = count;
            if documents == 0 {
                return Err(invalid(
                    "no page of the document has text, and Comprehend takes no job without any".to_owned(),
                ));
            }
            info!(documents, blank = blank_pages.len(), "prepared");
            Ok(PreparedInput { input: ComprehendInput::folder(&folder, format), documents, blank_pages })
        }
        .instrument(span)
        .await
    }
}

/// Folders of their own, so that what was written in one format is not read in the other.
fn folder_of(store: &SealedStore, format: InputFormat) -> Result<S3Location> {
    let prefix = format!("{}{}", store.folder(), subfolder(format)).parse()?;
    Ok(S3Location::new(store.seal().bucket().clone(), prefix))
}

fn subfolder(format: InputFormat) -> &'static str {
    match format {
        InputFormat::OneDocPerFile => "files",
        InputFormat::OneDocPerLine => "lines",
    }
}

/// A page that has text, by its number; `None` for a blank one.
type PageText = Option<(u32, String)>;

async fn put_files(texts: impl stream::Stream<Item = Result<PageText>>, store: &SealedStore) -> Result<()> {
    let puts = texts.try_filter_map(|text| async move { Ok(text) }).map_ok(|(number, text)| async move {
        let name = format!("{}/page-{number:06}.txt", subfolder(InputFormat::OneDocPerFile));
        store.put(&name, Unredacted::text(text)).await
    });
    puts.try_buffer_unordered(PARALLEL).try_for_each(|_| async { Ok(()) }).await
}

async fn put_lines(texts: impl stream::Stream<Item = Result<PageText>>, store: &SealedStore) -> Result<()> {
    let mut file = Lines::default();
    let mut texts = std::pin::pin!(texts);
    while let Some(text) = texts.try_next().await? {
        // A gap in the pages begins a file, so that its name and a line always tell the page.
        let follows = text.as_ref().is_some_and(|(number, _)| file.next == Some(*number));
        if !follows || file.text.len() >= FILE_BYTES {
            std::mem::take(&mut file).put(store).await?;
        }
        if let Some((number, text)) = text {
            file.push(number, &text);
        }
    }
    file.put(store).await
}

/// A file of lines that is being written.
#[derive(Default)]
struct Lines {
    first: u32,
    /// The page that would come next; none where there is no line yet.
    next: Option<u32>,
    text: String,
}

impl Lines {
    fn push(&mut self, number: u32, text: &str) {
        if self.next.is_none() {
            self.first = number;
        }
        self.text.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        self.text.push('\n');
        self.next = Some(number.saturating_add(1));
    }

    async fn put(self, store: &SealedStore) -> Result<()> {
        if self.next.is_none() {
            return Ok(());
        }
        let name = format!("{}/pages-{:06}.txt", subfolder(InputFormat::OneDocPerLine), self.first);
        store.put(&name, Unredacted::text(self.text)).await.map(drop)
    }
}

struct Count {
    limits: DocumentLimits,
    documents: u64,
    bytes: u64,
    blank: Vec<u32>,
}

impl Count {
    /// Whether the page is a document, and not beyond the limits.
    fn admit(&mut self, number: u32, text: &str) -> Result<bool> {
        if text.trim().is_empty() {
            self.blank.push(number);
            return Ok(false);
        }
        let DocumentLimits { document_bytes, documents, total_bytes } = self.limits;
        self.documents = self.documents.saturating_add(1);
        self.bytes = self.bytes.saturating_add(text.len() as u64);
        if text.len() > document_bytes {
            let bytes = text.len();
            return Err(invalid(format!(
                "page {number} has {bytes} bytes of text, and a document may have {document_bytes}"
            )));
        }
        if self.documents > documents || self.bytes > total_bytes {
            return Err(invalid(format!(
                "the pages up to {number} are more than a job takes: {documents} documents and {total_bytes} bytes"
            )));
        }
        Ok(true)
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidInput, Stage::Store, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_kept() {
        let limits = DocumentLimits::new(5, 2, 8);
        let count = || Count { limits, documents: 0, bytes: 0, blank: Vec::new() };
        let mut all = count();
        assert!(all.admit(1, "abcde").unwrap());
        assert!(!all.admit(2, " \n").unwrap());
        assert!(all.admit(3, "abc").unwrap());
        assert_eq!((all.documents, all.bytes, all.blank.as_slice()), (2, 8, &[2][..]));
        assert!(all.admit(4, "a").is_err());
        let error = count().admit(1, "abcdef").unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Store));
        assert!(!error.to_string().contains("abcdef"));
        let mut total = Count { limits: DocumentLimits::new(5, 9, 8), ..count() };
        assert!(total.admit(1, "abcde").unwrap() && total.admit(2, "abcd").is_err());
    }

    #[test]
    fn results_lead_back_to_pages() {
        let prepared = |format| {
            let input = ComprehendInput::folder(&"s3://abc/in".parse().unwrap(), format);
            PreparedInput { input, documents: 3, blank_pages: Vec::new() }
        };
        let files = prepared(InputFormat::OneDocPerFile);
        assert_eq!(files.page_of("page-000012.txt", None), Some(12));
        assert_eq!(files.page_of("in/page-1000012.txt", None), Some(1_000_012));
        assert_eq!(files.page_of("pages-000012.txt", Some(1)), None);
        let lines = prepared(InputFormat::OneDocPerLine);
        assert_eq!(lines.page_of("pages-000012.txt", Some(3)), Some(15));
        assert_eq!(lines.page_of("pages-000012.txt", None), None);
        assert_eq!(lines.page_of("pages-4294967295.txt", Some(1)), None);
        assert_eq!(lines.page_of("other.txt", Some(1)), None);
    }
}
