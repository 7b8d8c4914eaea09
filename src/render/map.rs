//! A rendering, and the blocks that its stretches come from.

use std::fmt;
use std::ops::Range;

use crate::block::BlockId;
use crate::document::{BlockRef, Document};

/// A rendering, with a map from its bytes to the blocks that they show.
///
/// ```
/// use inkseal::document::Document;
/// use inkseal::render::Render;
///
/// let document = Document::from_json(br#"{"Blocks": [
///     {"BlockType": "LINE", "Id": "l", "Text": "Jane Doe", "Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
///     {"BlockType": "WORD", "Id": "a", "Text": "Jane"},
///     {"BlockType": "WORD", "Id": "b", "Text": "Doe",
///      "Geometry": {"BoundingBox": {"Left": 0.25, "Top": 0.5, "Width": 0.125, "Height": 0.0625}}}
/// ]}"#)?;
/// let rendering = Render::text().document_with_map(&document);
/// assert_eq!(rendering.text(), "Jane Doe");
/// let doe = rendering.overlapping(5..8).next().expect("a word");
/// assert_eq!((doe.block.to_string().as_str(), doe.page), ("b", 1));
/// let place = doe.block_in(&document).and_then(|word| word.bounding_box()).expect("the word has a place");
/// assert_eq!((place.left, place.top), (0.25, 0.5));
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Rendering {
    text: String,
    spans: Vec<Span>,
}

/// A stretch of a rendering, and the block whose text it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Span {
    /// Its bytes in the rendering, escapes included.
    pub range: Range<usize>,
    /// The word, selection element or signature. For text of a line that is not one of its words, it is the line; for an
    /// answer, which only JSON has, it is the answer.
    pub block: BlockId,
    /// The page that the block is on, from 1.
    pub page: u32,
    /// The place of the block in its document, which identifies it even if blocks have no ids.
    pub(crate) index: u32,
}

/// Two are equal if they map the same bytes to the same block, even in another copy of its document.
impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        let Self { range, block, page, index: _ } = self;
        *range == other.range && *block == other.block && *page == other.page
    }
}

impl Eq for Span {}

impl Span {
    /// The block in the document that was rendered, or in another copy of it, such as the whole document of pages that
    /// were rendered one by one: the one at the same place in the document, if it has the same id, and otherwise the last
    /// one with this id on this page. A block without an id is only found in the document that was rendered.
    pub fn block_in<'d>(&self, document: &'d Document) -> Option<BlockRef<'d>> {
        let is_it = |block: &BlockRef<'d>| *block.block().id() == self.block;
        let in_place = document.block_ref(self.index).filter(|block| block.page_number() == self.page);
        let on_page =
            || document.page(self.page)?.blocks().rfind(|block| !self.block.is_empty() && is_it(block));
        in_place.filter(is_it).or_else(on_page)
    }

    /// The span with both its ends at other places.
    pub(super) fn moved(self, place: impl Fn(usize) -> usize) -> Self {
        Self { range: place(self.range.start)..place(self.range.end), ..self }
    }
}

impl Rendering {
    pub(super) fn new(text: String, spans: Vec<Span>) -> Self {
        Self { text, spans }
    }

    /// The rendering.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rendering, without the map.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The blocks that its stretches come from, in order; no two overlap. What is between them does not come from a block:
    /// spaces, separators, markup.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The spans that share a byte with this range.
    pub fn overlapping(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = &Span> {
        let first = self.spans.partition_point(|span| span.range.end <= range.start);
        let rest = self.spans.get(first..).unwrap_or_default();
        let count = rest.partition_point(|span| span.range.start < range.end);
        rest.get(..if range.is_empty() { 0 } else { count }).unwrap_or_default().iter()
    }

    /// Appends another rendering, such as that of the next page.
    pub fn append(&mut self, other: Self) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.spans.extend(other.spans.into_iter().map(|span| span.moved(|at| offset + at)));
    }
}

/// Shows how long it is, and none of its text.
impl fmt::Debug for Rendering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, spans } = self;
        f.debug_struct("Rendering").field("bytes", &text.len()).field("spans", &spans.len()).finish()
    }
}
