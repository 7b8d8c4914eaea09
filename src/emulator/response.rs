//! Textract's answers: recorded responses, or synthetic pages.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::Error;
use super::synthetic::{Pages, Synthetic};

/// What a response holds, according to its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `Blocks`, of text detection and analysis.
    Blocks,
    /// `ExpenseDocuments`.
    Expense,
    /// `IdentityDocuments`.
    Identity,
    /// `Results` of lending analysis.
    Lending,
}

impl Shape {
    pub(super) const ALL: [Self; 4] = [Self::Lending, Self::Expense, Self::Identity, Self::Blocks];

    /// The member that holds the list.
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Blocks => "Blocks",
            Self::Expense => "ExpenseDocuments",
            Self::Identity => "IdentityDocuments",
            Self::Lending => "Results",
        }
    }
}

/// The two ways in which Textract writes a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As in the answers of `Get` operations: without nulls.
    Api,
    /// As in the parts in the output bucket: members in alphabetical order, with nulls.
    Part,
}

/// The members of every block in the parts of an output bucket; null if they do not apply.
const BLOCK_MEMBERS: [&str; 17] = [
    "BlockType",
    "ColumnIndex",
    "ColumnSpan",
    "Confidence",
    "EntityTypes",
    "Geometry",
    "Hint",
    "Id",
    "Page",
    "PageClassification",
    "Query",
    "Relationships",
    "RowIndex",
    "RowSpan",
    "SelectionStatus",
    "Text",
    "TextType",
];

/// How a job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Partial,
    Failed,
}

/// What a job finds in a document, and how the job ends.
///
/// ```
/// use inkseal::emulator::{Response, Shape};
///
/// let response = Response::recorded(br#"{"DocumentMetadata": {"Pages": 1}, "Blocks": []}"#)?;
/// assert_eq!(response.shape(), Some(Shape::Blocks));
/// let partial = response.with_warning("PAGE_CHARACTERS_EXCEEDED", [2]);
/// # Ok::<(), inkseal::emulator::Error>(())
/// ```
#[derive(Clone)]
pub struct Response {
    content: Content,
    pub(super) outcome: Outcome,
    pub(super) status_message: Option<String>,
    /// The `Warnings`, as JSON.
    warnings: Vec<String>,
    pub(super) model_version: Arc<str>,
    pub(super) duration: Option<Duration>,
}

#[derive(Clone)]
enum Content {
    Nothing,
    Recorded(Arc<Recorded>),
    Synthetic(Arc<Pages>),
}

struct Recorded {
    shape: Shape,
    pages: u32,
    /// Each item as the API writes it, and as a part does.
    items: Vec<(Box<str>, Box<str>)>,
}

impl Response {
    /// Reads a recorded response: the JSON of an answer of `GetDocumentAnalysis` and its siblings or of a synchronous
    /// operation, or of a part in an output bucket. Nulls and members that the recorder added do no harm.
    ///
    /// The job ends with a recorded `JobStatus` of `FAILED` or `PARTIAL_SUCCESS`, with its `StatusMessage` and its
    /// `Warnings`. Numbers in items keep their text.
    ///
    /// # Errors
    ///
    /// [`Error::NotAResponse`] if the bytes are not JSON, or hold none of `Blocks`, `ExpenseDocuments`,
    /// `IdentityDocuments` and `Results`, or the job was still `IN_PROGRESS`. The reason never quotes the document.
    pub fn recorded(json: impl AsRef<[u8]>) -> Result<Self, Error> {
        let not = |reason: String| Error::NotAResponse { reason };
        let place =
            |e: serde_json::Error| not(format!("no JSON object at line {}, column {}", e.line(), e.column()));
        let json = json.as_ref();
        let members: BTreeMap<String, &RawValue> = serde_json::from_slice(json).map_err(place)?;
        let present = |name: &str| members.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null");
        let text = |name: &str| present(name).and_then(|raw| serde_json::from_str::<String>(raw).ok());
        let (outcome, status_message) = match text("JobStatus").as_deref() {
            None | Some("SUCCEEDED") => (Outcome::Succeeded, None),
            Some("PARTIAL_SUCCESS") => (Outcome::Partial, text("StatusMessage")),
            Some("FAILED") => return Ok(Self::failed(text("StatusMessage").unwrap_or_default())),
            Some(status) => return Err(not(format!("JobStatus is {status}; record a job that has ended"))),
        };
        let mut shapes = Shape::ALL.into_iter();
        // A recorder may write the missing lists as nulls; only if all lists are null does one of them count.
        let shape = shapes.clone().find(|shape| present(shape.list()).is_some());
        let shape =
            shape.or_else(|| shapes.find(|shape| members.contains_key(shape.list()))).ok_or_else(|| {
                let lists = "Blocks, ExpenseDocuments, IdentityDocuments or Results";
                not(format!("no {lists}; give the answer of a Get, Analyze or Detect call"))
            })?;
        let list: Vec<&RawValue> = match present(shape.list()) {
            Some(raw) => {
                serde_json::from_str(raw).map_err(|_| not(format!("{} is not a list", shape.list())))?
            }
            None => Vec::new(),
        };
        let mut items = Vec::with_capacity(list.len());
        for (index, raw) in list.iter().enumerate() {
            let item = item(shape, raw);
            items.push(item.map_err(|_| not(format!("{}[{index}] is not an object", shape.list())))?);
        }
        #[derive(serde::Deserialize)]
        struct Metadata {
            #[serde(rename = "Pages")]
            pages: Option<u32>,
        }
        let metadata = present("DocumentMetadata").and_then(|raw| serde_json::from_str::<Metadata>(raw).ok());
        let pages = metadata.and_then(|metadata| metadata.pages).unwrap_or(1);
        let warnings = present("Warnings").and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw).ok());
        let model = members.keys().filter(|name| name.ends_with("ModelVersion")).find_map(|name| text(name));
        Ok(Self {
            outcome,
            status_message,
            warnings: warnings.unwrap_or_default().iter().map(|raw| raw.get().to_owned()).collect(),
            model_version: model.map_or_else(|| "1.0".into(), Arc::from),
            ..Self::of(Content::Recorded(Arc::new(Recorded { shape, pages, items })))
        })
    }

    /// A job that fails with this `StatusMessage`. It fits all four families; a synchronous call is answered with
    /// `BadDocumentException`.
    pub fn failed(message: impl Into<String>) -> Self {
        let message = Some(message.into());
        Self { outcome: Outcome::Failed, status_message: message, ..Self::of(Content::Nothing) }
    }

    /// Makes the job end with `PARTIAL_SUCCESS`, and adds a warning about these pages, counted from 1.
    pub fn with_warning(mut self, code: &str, pages: impl IntoIterator<Item = u32>) -> Self {
        self.outcome = Outcome::Partial;
        let pages: Vec<u32> = pages.into_iter().collect();
        self.warnings.push(serde_json::json!({"ErrorCode": code, "Pages": pages}).to_string());
        self
    }

    /// Makes the jobs of this response take this long, instead of the emulator's job duration.
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// What the response holds; none if the job fails before it has a result.
    pub fn shape(&self) -> Option<Shape> {
        match &self.content {
            Content::Nothing => None,
            Content::Recorded(recorded) => Some(recorded.shape),
            Content::Synthetic(_) => Some(Shape::Blocks),
        }
    }

    /// How many blocks, expense documents, identity documents or lending results it holds.
    pub fn items(&self) -> u64 {
        match &self.content {
            Content::Nothing => 0,
            Content::Recorded(recorded) => recorded.items.len() as u64,
            Content::Synthetic(pages) => pages.blocks(),
        }
    }

    /// How many pages the document has.
    pub fn pages(&self) -> u32 {
        match &self.content {
            Content::Nothing => 0,
            Content::Recorded(recorded) => recorded.pages,
            Content::Synthetic(pages) => pages.pages(),
        }
    }

    /// Whether it can answer a job or a call of this shape. One that fails can answer all.
    pub(super) fn fits(&self, wanted: Shape) -> bool {
        self.shape().is_none_or(|shape| shape == wanted)
    }

    fn of(content: Content) -> Self {
        Self {
            content,
            outcome: Outcome::Succeeded,
            status_message: None,
            warnings: Vec::new(),
            model_version: "1.0".into(),
            duration: None,
        }
    }

    /// The `Warnings` as a JSON list, if there are any.
    pub(super) fn warnings(&self) -> Option<String> {
        (!self.warnings.is_empty()).then(|| format!("[{}]", self.warnings.join(",")))
    }

    /// The length of what [`write_items`](Self::write_items) writes.
    pub(super) fn items_len(&self, style: Style, range: Range<u64>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        match &self.content {
            Content::Nothing => 0,
            Content::Recorded(recorded) => {
                let items = recorded.slice(&range);
                let length: usize = items.iter().map(|item| pick(style, item).len() + 1).sum();
                (length - 1) as u64
            }
            Content::Synthetic(pages) => pages.len(style, range),
        }
    }

    /// Appends the items of this range, with commas between them.
    pub(super) fn write_items(&self, style: Style, range: Range<u64>, out: &mut Vec<u8>) {
        match &self.content {
            Content::Nothing => {}
            Content::Recorded(recorded) => {
                for (index, item) in recorded.slice(&range).iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(pick(style, item).as_bytes());
                }
            }
            Content::Synthetic(pages) => pages.write(style, range, out),
        }
    }

    /// The items of the first pages, as the API writes them, for a synchronous answer.
    ///
    /// Blocks are without `Page`, which Textract leaves out if a document has only one page.
    pub(super) fn first_pages(&self, pages: usize) -> Result<Vec<String>, serde_json::Error> {
        let shape = self.shape();
        let items: Vec<&str> = match &self.content {
            Content::Nothing => Vec::new(),
            Content::Recorded(recorded) => recorded.items.iter().map(|(item, _)| &**item).collect(),
            Content::Synthetic(made) => {
                let mut list = vec![b'['];
                made.write(Style::Api, 0..made.blocks_of_a_page(), &mut list);
                list.push(b']');
                let items: Vec<&RawValue> = serde_json::from_slice(&list)?;
                return items.into_iter().map(|item| without_page(item.get())).collect();
            }
        };
        let mut first = Vec::with_capacity(items.len());
        for item in items {
            let page = match shape {
                // One per page.
                Some(Shape::Identity) => first.len() + 1,
                Some(Shape::Expense) => expense_page(item)?,
                _ => page_of(item)?,
            };
            if page <= pages {
                first.push(if shape == Some(Shape::Blocks) { without_page(item)? } else { item.to_owned() });
            }
        }
        Ok(first)
    }

    /// What a summary says about each page of a lending response, in order.
    pub(super) fn lending_pages(&self) -> Vec<LendingPage> {
        let Content::Recorded(recorded) = &self.content else { return Vec::new() };
        let pages = recorded.items.iter().enumerate().filter_map(|(index, (item, _))| {
            let item: serde_json::Value = serde_json::from_str(item).ok()?;
            let page = item["Page"].as_u64().and_then(|page| u32::try_from(page).ok());
            let kind = item["PageClassification"]["PageType"][0]["Value"].as_str()?;
            let signatures = item["Extractions"][0]["LendingDocument"]["SignatureDetections"].as_array();
            Some(LendingPage {
                page: page.unwrap_or(u32::try_from(index).ok()?.saturating_add(1)),
                kind: kind.to_owned(),
                signed: signatures.map(|signatures| !signatures.is_empty()),
            })
        });
        pages.collect()
    }
}

/// What the summary of a loan file says about one of its pages.
pub(super) struct LendingPage {
    pub(super) page: u32,
    pub(super) kind: String,
    /// Whether it is signed; none if it was not searched for signatures. Textract expects one on few pages, the
    /// emulator on every page with a list of them.
    pub(super) signed: Option<bool>,
}

impl Recorded {
    fn slice(&self, range: &Range<u64>) -> &[(Box<str>, Box<str>)] {
        let bound = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(self.items.len());
        &self.items[bound(range.start)..bound(range.end).max(bound(range.start))]
    }
}

/// The page of an item; the first if it names none.
fn page_of(item: &str) -> Result<usize, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Item {
        #[serde(rename = "Page")]
        page: Option<usize>,
    }
    Ok(serde_json::from_str::<Item>(item)?.page.unwrap_or(1))
}

/// The page of an expense document: that of the first of its fields that names one.
fn expense_page(item: &str) -> Result<usize, serde_json::Error> {
    let item: serde_json::Value = serde_json::from_str(item)?;
    let items = &item["LineItemGroups"][0]["LineItems"][0]["LineItemExpenseFields"];
    let fields = [&item["SummaryFields"], items].into_iter().filter_map(|list| list.as_array()).flatten();
    let page = fields.filter_map(|field| field["PageNumber"].as_u64()).next();
    Ok(page.and_then(|page| usize::try_from(page).ok()).unwrap_or(1))
}

/// An item without its `Page`. Its numbers keep their text.
fn without_page(item: &str) -> Result<String, serde_json::Error> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(item)?;
    members.remove("Page");
    serde_json::to_string(&members)
}

fn pick(style: Style, item: &(Box<str>, Box<str>)) -> &str {
    match style {
        Style::Api => &item.0,
        Style::Part => &item.1,
    }
}

/// One item in both styles.
fn item(shape: Shape, raw: &RawValue) -> Result<(Box<str>, Box<str>), serde_json::Error> {
    let mut members: BTreeMap<String, Option<&RawValue>> = BTreeMap::new();
    let found: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get())?;
    members.extend(found.into_iter().map(|(name, raw)| (name, (raw.get() != "null").then_some(raw))));
    let api =
        serde_json::to_string(&members.iter().filter(|(_, raw)| raw.is_some()).collect::<BTreeMap<_, _>>())?;
    if shape == Shape::Blocks {
        for name in BLOCK_MEMBERS {
            members.entry(name.to_owned()).or_default();
        }
    }
    Ok((api.into(), serde_json::to_string(&members)?.into()))
}

impl From<Synthetic> for Response {
    fn from(synthetic: Synthetic) -> Self {
        Self::of(Content::Synthetic(Arc::new(Pages::new(synthetic))))
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("shape", &self.shape())
            .field("items", &self.items())
            .field("pages", &self.pages())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
