//! What an OCR reads on the pages of a document, in the shape in which Textract writes it.

use serde_json::{Value, json};

use super::response::Response;
use super::synthetic::uuid;
use crate::block::{PageSize, PixelBox};
use crate::text::Text;

/// What an OCR reads in a document, page by page: it becomes a [`Response`] of text detection.
///
/// Each page has its PAGE block, then its LINE blocks, then their WORD blocks, all in the order in which they were
/// given and with unique ids. A line has the text of its words with spaces between them, the mean of their confidences,
/// and the box around them. See "Lines and Words of Text" in the Amazon Textract developer guide.
///
/// ```
/// use inkseal::Document;
/// use inkseal::block::{PageSize, PixelBox};
/// use inkseal::emulator::{Response, Scan, ScannedPage, ScannedWord};
///
/// let dear = ScannedWord::new("Dear", PixelBox { left: 85, top: 110, width: 40, height: 22 }, 96.2);
/// let jane = ScannedWord::new("Jane,", PixelBox { left: 135, top: 110, width: 51, height: 22 }, 91.8);
/// let first = ScannedPage::new(PageSize::new(850, 1100)?).line([dear, jane]);
/// let blank = ScannedPage::new(PageSize::new(850, 1100)?);
///
/// let response = Response::from(Scan::new().page(first).page(blank));
/// assert_eq!((response.pages(), response.items()), (2, 5));
/// # Ok::<(), inkseal::block::InvalidPageSize>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scan {
    pages: Vec<ScannedPage>,
}

impl Scan {
    /// A document without pages so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page after the others.
    pub fn page(mut self, page: ScannedPage) -> Self {
        self.pages.push(page);
        self
    }
}

impl FromIterator<ScannedPage> for Scan {
    fn from_iter<I: IntoIterator<Item = ScannedPage>>(pages: I) -> Self {
        Self { pages: pages.into_iter().collect() }
    }
}

/// A page of a [`Scan`]: the size of its image, and the lines on it.
#[derive(Clone, Debug)]
pub struct ScannedPage {
    size: PageSize,
    lines: Vec<Vec<ScannedWord>>,
}

impl ScannedPage {
    /// A page with nothing on it so far. The places of its words are in pixels of an image of this size.
    pub fn new(size: PageSize) -> Self {
        Self { size, lines: Vec::new() }
    }

    /// Adds a line below the others, with these words from its beginning to its end.
    ///
    /// Blank words, which some OCRs give for rules and pictures, are left out, and so is a line of nothing else.
    pub fn line(mut self, words: impl IntoIterator<Item = ScannedWord>) -> Self {
        let words: Vec<_> = words.into_iter().filter(|word| !word.text.trim().is_empty()).collect();
        if !words.is_empty() {
            self.lines.push(words);
        }
        self
    }
}

/// A word of a [`ScannedPage`]. Its `Debug` does not show the text.
#[derive(Clone, Debug)]
pub struct ScannedWord {
    text: Text,
    place: PixelBox,
    confidence: f32,
    handwritten: bool,
}

impl ScannedWord {
    /// A printed word, the box around it in pixels, and the OCR's confidence in its text, 0 to 100.
    ///
    /// The part of the place that is beyond the page is cut off. A confidence out of range becomes the nearest one in
    /// range, and one that is not a number becomes 0.
    pub fn new(text: impl Into<Text>, place: PixelBox, confidence: f32) -> Self {
        let confidence = if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 100.0) };
        Self { text: text.into(), place, confidence, handwritten: false }
    }

    /// Sets the `TextType` of the word to `HANDWRITING` instead of `PRINTED`.
    pub fn handwritten(mut self) -> Self {
        self.handwritten = true;
        self
    }
}

impl From<Scan> for Response {
    fn from(scan: Scan) -> Self {
        let pages = scan.pages.len();
        let mut ids = Ids { seed: fastrand::u64(..), page: 0, block: 0 };
        let blocks: Vec<Value> = scan.pages.iter().flat_map(|page| blocks_of(page, &mut ids)).collect();
        let recorded = json!({"DocumentMetadata": {"Pages": pages}, "Blocks": blocks});
        Self::recorded(recorded.to_string()).unwrap_or_else(|error| Self::failed(error.to_string()))
    }
}

/// The ids of blocks, page by page.
struct Ids {
    seed: u64,
    page: u32,
    block: usize,
}

impl Ids {
    fn next(&mut self) -> String {
        self.block += 1;
        String::from_utf8_lossy(&uuid(self.seed, self.page, self.block)).into_owned()
    }
}

/// The PAGE, then its lines, then their words.
fn blocks_of(page: &ScannedPage, ids: &mut Ids) -> Vec<Value> {
    (ids.page, ids.block) = (ids.page.saturating_add(1), 0);
    let whole = Edges { left: 0, top: 0, right: page.size.width(), bottom: page.size.height() };
    let (id, number) = (ids.next(), ids.page);
    let (mut lines, mut words) = (Vec::with_capacity(page.lines.len()), Vec::new());
    let mut children = Vec::with_capacity(page.lines.len());
    for line in &page.lines {
        let id = ids.next();
        let placed: Vec<_> = line.iter().map(|word| (ids.next(), whole.cut(word.place), word)).collect();
        let around = placed.iter().map(|(_, place, _)| *place).reduce(Edges::around).unwrap_or(whole);
        let texts: Vec<_> = line.iter().map(|word| word.text.as_str()).collect();
        let confidences: f64 = line.iter().map(|word| f64::from(word.confidence)).sum();
        lines.push(json!({
            "BlockType": "LINE",
            "Confidence": confidences / line.len() as f64,
            "Geometry": around.geometry(page.size),
            "Id": id,
            "Page": number,
            "Relationships": [{"Type": "CHILD", "Ids": placed.iter().map(|(id, ..)| id).collect::<Vec<_>>()}],
            "Text": texts.join(" "),
        }));
        words.extend(placed.into_iter().map(|(id, place, word)| {
            json!({
                "BlockType": "WORD",
                "Confidence": word.confidence,
                "Geometry": place.geometry(page.size),
                "Id": id,
                "Page": number,
                "Text": word.text.as_str(),
                "TextType": if word.handwritten { "HANDWRITING" } else { "PRINTED" },
            })
        }));
        children.push(id);
    }
    let mut block =
        json!({"BlockType": "PAGE", "Geometry": whole.geometry(page.size), "Id": id, "Page": number});
    if !children.is_empty() {
        block["Relationships"] = json!([{"Type": "CHILD", "Ids": children}]);
    }
    [vec![block], lines, words].concat()
}

/// An upright rectangle, given by the columns and rows at which it begins and ends.
#[derive(Clone, Copy)]
struct Edges {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Edges {
    /// The part of these pixels that is on this page.
    fn cut(self, pixels: PixelBox) -> Self {
        Self {
            left: pixels.left.min(self.right),
            top: pixels.top.min(self.bottom),
            right: pixels.right().min(self.right),
            bottom: pixels.bottom().min(self.bottom),
        }
    }

    fn around(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// In ratios. Textract computes them in single precision and writes them in double, hence their many digits.
    fn geometry(self, page: PageSize) -> Value {
        let ratio = |pixels: u32, of: u32| (f64::from(pixels) / f64::from(of)) as f32;
        let (left, right) = (ratio(self.left, page.width()), ratio(self.right, page.width()));
        let (top, bottom) = (ratio(self.top, page.height()), ratio(self.bottom, page.height()));
        let point = |x: f32, y: f32| json!({"X": x, "Y": y});
        json!({
            "BoundingBox": {"Height": bottom - top, "Left": left, "Top": top, "Width": right - left},
            "Polygon": [point(left, top), point(right, top), point(right, bottom), point(left, bottom)],
        })
    }
}
