//! What was rendered, and where each stretch of it comes from.

use std::fmt;
use std::ops::Range;

use crate::block::BlockId;

/// A rendering, with the way back from its bytes to the blocks that they show.
///
/// ```
/// use inkseal::document::Document;
/// use inkseal::render::Render;
///
/// let document = Document::from_json(br#"{"Blocks": [
///     {"BlockType": "LINE", "Id": "l", "Text": "Jane Doe", "Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
///     {"BlockType": "WORD", "Id": "a", "Text": "Jane"}, {"BlockType": "WORD", "Id": "b", "Text": "Doe"}
/// ]}"#)?;
/// let rendering = Render::text().document_with_map(&document);
/// assert_eq!(rendering.text(), "Jane Doe");
/// let doe = rendering.overlapping(5..8).next().expect("a word");
/// assert_eq!((doe.block.to_string().as_str(), doe.page), ("b", 1));
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
    /// The word, selection element or signature. Where a line says more than its words do, it is the line; for an answer,
    /// which only JSON has, it is that.
    pub block: BlockId,
    /// The page that the block stands on, from 1.
    pub page: u32,
    /// The place of the block in its document, which tells it even where blocks have no ids.
    pub(crate) index: u32,
}

/// Two are the same where they lead from the same bytes to the same block, be it in another copy of its document.
impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        let Self { range, block, page, index: _ } = self;
        *range == other.range && *block == other.block && *page == other.page
    }
}

impl Eq for Span {}

impl Rendering {
    pub(super) fn new(text: String, spans: Vec<Span>) -> Self {
        Self { text, spans }
    }

    /// What was rendered.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was rendered, without the map.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Where its stretches come from, in their order; none overlaps another. What is between them comes from no block:
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

    /// Appends another rendering, as that of the next page.
    pub fn append(&mut self, other: Self) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.spans.extend(
            other
                .spans
                .into_iter()
                .map(|span| Span { range: span.range.start + offset..span.range.end + offset, ..span }),
        );
    }
}

/// Shows how long it is, and nothing of what it says.
impl fmt::Debug for Rendering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, spans } = self;
        f.debug_struct("Rendering").field("bytes", &text.len()).field("spans", &spans.len()).finish()
    }
}
