//! From a finished Textract job to the input of a Comprehend job.

use futures::TryStreamExt;
use futures::stream::{self, StreamExt};
use tracing::{Instrument, info, info_span};

use super::input::{ComprehendInput, DocumentLimits, InputFormat};
use super::operation::DocumentAnalysis;
use crate::block::Block;
use crate::clients::Clients;
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{CompletedJob, Digest, Family};
use crate::render::Render;
use crate::resource::{JobId, S3Location};
use crate::store::{SealedStore, Unredacted};
use crate::stream::Completeness;

/// How many pages are stored concurrently.
const PARALLEL: usize = 8;

/// How many bytes of lines a file gets before the next one is begun.
const FILE_BYTES: usize = 4 * 1024 * 1024;

/// What [`CompletedJob::comprehend_input`] wrote.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PreparedInput {
    /// The input of a Comprehend job.
    pub input: ComprehendInput,
    /// How many documents it has: the pages that are not blank.
    pub documents: u64,
    /// The pages without text, for which nothing was written: Comprehend does not accept empty documents.
    pub blank_pages: Vec<u32>,
    /// How much of the Textract job was read. **Check its missing pages**: a partial success ends well without them,
    /// and they are neither documents nor blank.
    pub completeness: Completeness,
}

impl PreparedInput {
    /// The page that a result is about, by the file and the line that it names; `None` for a name that is not of this
    /// input's form.
    ///
    /// It uses only the last segment of the name and the line, and knows neither folders nor which pages were blank:
    /// use it only for results of a job over this very input.
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
    /// Each page is rendered as [text](Render::text), and is one document: a file `{job}/files/page-000001.txt`, or a
    /// line of a file `{job}/lines/pages-000001.txt`, which is named after its first page. The folder with the
    /// Textract job's id keeps the documents of two jobs apart, in any store. In a line, every line break of the page
    /// (LF, CR, VT, FF, NEL, U+2028 or U+2029) is replaced by a space, so that offsets are the same in both.
    /// [`PreparedInput::page_of`] finds the page of a result. A few pages are held at a time, or 4 MB of lines.
    ///
    /// The input includes a digest of the pages, which goes into the [derived token](crate::Idempotency::Derived) of a
    /// job over it: other text is other work.
    ///
    /// **What is written is not redacted.** Whoever may read the input of the Comprehend job may read the documents.
    ///
    /// `A` is the analysis that is to follow. A page beyond its [limits](DocumentAnalysis::LIMITS) is an error and is
    /// not cut, since half of a page has other entities than the whole.
    ///
    /// ```no_run
    /// # use inkseal::{Analysis, Clients, CompletedJob};
    /// use inkseal::comprehend::{ComprehendJob, InputFormat, PiiOffsets};
    /// use inkseal::redact::Language;
    ///
    /// # async fn example(textract: CompletedJob<Analysis>, clients: Clients) -> inkseal::Result<()> {
    /// let store = textract.store(&clients, "texts".parse()?)?;
    /// let format = InputFormat::OneDocPerFile;
    /// let prepared = textract.comprehend_input::<PiiOffsets>(&clients, &store, format).await?;
    /// assert!(prepared.completeness.missing_pages.is_empty());
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
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a page or a document beyond the limits, or if no page has text;
    /// the errors of the [stream of pages](Self::pages) and of [`SealedStore::put`], including
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if this was done before and the store does not
    /// [replace](SealedStore::replacing). What was written until then stays.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave some of the input written, each object complete: prepare it again, with a store
    /// that [replaces](SealedStore::replacing).
    pub async fn comprehend_input<A: DocumentAnalysis>(
        &self,
        clients: &Clients,
        store: &SealedStore,
        format: InputFormat,
    ) -> Result<PreparedInput> {
        self.comprehend_input_with_limits(clients, store, format, A::LIMITS).await
    }

    /// As [`comprehend_input`](Self::comprehend_input), with your own limits: if several analyses are to follow, or AWS has
    /// raised those of the account.
    ///
    /// # Errors
    ///
    /// As [`comprehend_input`](Self::comprehend_input).
    ///
    /// # Cancel safety
    ///
    /// As [`comprehend_input`](Self::comprehend_input).
    pub async fn comprehend_input_with_limits(
        &self,
        clients: &Clients,
        store: &SealedStore,
        format: InputFormat,
        limits: DocumentLimits,
    ) -> Result<PreparedInput> {
        let span = info_span!("comprehend_input", job = %self.id());
        async move {
            let names = Names::new(self.id(), format);
            let folder = names.folder(store)?;
            let mut count = Count::new(limits);
            let mut pages = self.pages(clients);
            let texts = (&mut pages).map(|page| {
                let page = page?;
                let number = page.number;
                let text = Render::text().document(&Document::from(page));
                Ok(count.admit(number, &text)?.then_some((number, text)))
            });
            match format {
                InputFormat::OneDocPerFile => put_files(texts, store, &names).await?,
                InputFormat::OneDocPerLine => put_lines(texts, store, &names).await?,
            }
            let completeness = pages.completeness().cloned().ok_or_else(unaccounted)?;
            let Count { documents, blank: blank_pages, content, .. } = count;
            if documents == 0 {
                return Err(invalid(
                    "no page of the document has text, and Comprehend takes no job without any".to_owned(),
                ));
            }
            let missing = completeness.missing_pages.len();
            info!(documents, blank = blank_pages.len(), missing, "prepared");
            let input = ComprehendInput::folder(&folder, format).with_content(content.finish());
            Ok(PreparedInput { input, documents, blank_pages, completeness })
        }
        .instrument(span)
        .await
    }
}

/// The names of objects in their own folder, so that what was written for one job, or in one format, is not read with
/// another.
struct Names {
    /// Below the folder of the store, without a slash at its end.
    subfolder: String,
}

impl Names {
    fn new(job: &JobId, format: InputFormat) -> Self {
        let format = match format {
            InputFormat::OneDocPerFile => "files",
            InputFormat::OneDocPerLine => "lines",
        };
        Self { subfolder: format!("{job}/{format}") }
    }

    fn folder(&self, store: &SealedStore) -> Result<S3Location> {
        let prefix = format!("{}{}", store.folder(), self.subfolder).parse()?;
        Ok(S3Location::new(store.seal().bucket().clone(), prefix))
    }

    fn page(&self, number: u32) -> String {
        format!("{}/page-{number:06}.txt", self.subfolder)
    }

    fn pages(&self, first: u32) -> String {
        format!("{}/pages-{first:06}.txt", self.subfolder)
    }
}

/// A page with text, and its number; `None` for a blank one.
type PageText = Option<(u32, String)>;

async fn put_files(
    texts: impl stream::Stream<Item = Result<PageText>>,
    store: &SealedStore,
    names: &Names,
) -> Result<()> {
    let puts = texts
        .try_filter_map(|text| async move { Ok(text) })
        .map_ok(|(number, text)| async move { store.put(&names.page(number), Unredacted::text(text)).await });
    puts.try_buffer_unordered(PARALLEL).try_for_each(|_| async { Ok(()) }).await
}

async fn put_lines(
    texts: impl stream::Stream<Item = Result<PageText>>,
    store: &SealedStore,
    names: &Names,
) -> Result<()> {
    let mut file = Lines::default();
    let mut texts = std::pin::pin!(texts);
    while let Some(text) = texts.try_next().await? {
        // A gap in the pages begins a new file, so that its name and a line always identify the page.
        let follows = text.as_ref().is_some_and(|(number, _)| file.next == Some(*number));
        if !follows || file.text.len() >= FILE_BYTES {
            std::mem::take(&mut file).put(store, names).await?;
        }
        if let Some((number, text)) = text {
            file.push(number, &text);
        }
    }
    file.put(store, names).await
}

/// A file of lines that is being written.
#[derive(Default)]
struct Lines {
    first: u32,
    /// The page that would come next; `None` if there is no line yet.
    next: Option<u32>,
    text: String,
}

impl Lines {
    fn push(&mut self, number: u32, text: &str) {
        if self.next.is_none() {
            self.first = number;
        }
        self.text.extend(text.chars().map(|c| if breaks_lines(c) { ' ' } else { c }));
        self.text.push('\n');
        self.next = Some(number.saturating_add(1));
    }

    async fn put(self, store: &SealedStore, names: &Names) -> Result<()> {
        if self.next.is_none() {
            return Ok(());
        }
        store.put(&names.pages(self.first), Unredacted::text(self.text)).await.map(drop)
    }
}

/// Comprehend documents LF, CR and both. A reader that knows Unicode's other line breaks would count one line more,
/// and take every page after it for the next one.
fn breaks_lines(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

struct Count {
    limits: DocumentLimits,
    documents: u64,
    bytes: u64,
    blank: Vec<u32>,
    /// The digest of the number and the text of every document.
    content: Digest,
}

impl Count {
    fn new(limits: DocumentLimits) -> Self {
        Self { limits, documents: 0, bytes: 0, blank: Vec::new(), content: Digest::new("comprehend_input") }
    }

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
        self.content.field("page", Some(&number.to_string())).field("text", Some(text));
        Ok(true)
    }
}

/// The stream ended well, but does not say what it contained.
fn unaccounted() -> Error {
    let message = "the pages of the job came without an account of them: read them again";
    Error::new(ErrorKind::Incomplete, Stage::Store, message)
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
        let count = || Count::new(limits);
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

    fn completeness() -> Completeness {
        Completeness {
            pages_expected: Some(3),
            pages_seen: 3,
            missing_pages: Vec::new(),
            parts: 1,
            verified: 1,
            records: 3,
            unresolved: Vec::new(),
            unresolved_count: 0,
            duplicates: 0,
            partial: false,
            warnings: Vec::new(),
            model_version: None,
        }
    }

    #[test]
    fn a_page_is_one_line_whatever_its_breaks() {
        let mut lines = Lines::default();
        lines.push(7, "a\nb\rc\u{b}d\u{c}e\u{85}f\u{2028}g\u{2029}h\ti");
        assert_eq!((lines.first, lines.text.as_str()), (7, "a b c d e f g h\ti\n"));
    }

    #[test]
    fn other_text_is_other_content() {
        let content = |pages: &[(u32, &str)]| {
            let mut count = Count::new(DocumentLimits::new(9, 9, 99));
            pages.iter().for_each(|(number, text)| assert!(count.admit(*number, text).unwrap()));
            count.content.finish()
        };
        let one = content(&[(1, "a"), (2, "b")]);
        assert_eq!(one, content(&[(1, "a"), (2, "b")]));
        for other in [&[(1, "a"), (2, "c")][..], &[(1, "a"), (3, "b")], &[(1, "ab")], &[(1, "a")]] {
            assert_ne!(one, content(other));
        }
    }

    #[test]
    fn results_lead_back_to_pages() {
        let prepared = |format| {
            let input = ComprehendInput::folder(&"s3://abc/in".parse().unwrap(), format);
            PreparedInput { input, documents: 3, blank_pages: Vec::new(), completeness: completeness() }
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
