//! The document: all its blocks in one list, their references resolved once, and the pages that they make up.

mod pagination;
mod resolver;

use std::fmt;

pub(super) use self::pagination::PageEntry;
use self::pagination::{Pagination, paginate};
use self::resolver::{NOWHERE, REPEATED, Resolver};
use super::{BlockRef, Page};
use crate::block::{Block, BlockId, RelationshipKind};
use crate::part::{JobStatus, PartHead, Warning};

/// A document as Textract read it: pages, and on them lines, words, tables, fields, queries, signatures and
/// the layout.
///
/// It owns its [`Block`]s, in the order of the response, and changes none of them. Everything that is read from it
/// ([`Page`], [`Line`](super::Line), [`Table`](super::Table), ...) borrows from it. References between blocks are
/// resolved once, when it is made, in linear time; one to an id that no block has is kept and
/// [reported](Self::unresolved), and left out of what is read.
///
/// It is made from saved responses ([`from_json`](Self::from_json)), from the stream of a job
/// ([`read`](Self::read)), from parts ([`from_parts`](Self::from_parts)), and from one page of a
/// [`PageStream`](crate::PageStream), which keeps memory bounded however long the document is:
///
/// ```
/// use inkseal::document::Document;
///
/// let json = br#"{"DocumentMetadata": {"Pages": 1}, "Blocks": [
///     {"BlockType": "PAGE", "Id": "p", "Relationships": [{"Type": "CHILD", "Ids": ["l"]}]},
///     {"BlockType": "LINE", "Id": "l", "Text": "Hello world", "Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
///     {"BlockType": "WORD", "Id": "a", "Text": "Hello", "Confidence": 99.5},
///     {"BlockType": "WORD", "Id": "b", "Text": "world", "Confidence": 98.7}
/// ]}"#;
/// let document = Document::from_json(json)?;
/// let line = document.lines().next().expect("a line");
/// assert_eq!(line.text(), "Hello world");
/// assert_eq!(line.words().map(|word| word.text()).collect::<Vec<_>>(), ["Hello", "world"]);
/// assert!(!format!("{document:?}").contains("Hello"));
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone)]
pub struct Document {
    head: PartHead,
    blocks: Vec<Block>,
    /// For each block, where its ids begin in `targets`; one more at the end.
    starts: Vec<u32>,
    /// The blocks that the ids of all relationships name, in order; or [`NOWHERE`] or [`REPEATED`].
    targets: Vec<u32>,
    /// In order of their numbers.
    pages: Vec<PageEntry>,
    /// For each block, its place in `pages`.
    page_of: Vec<u32>,
    /// Blocks whose id a later block of the same page also has, in order.
    superseded: Vec<u32>,
    unresolved: usize,
    unfollowed: usize,
}

/// The place of a block in the list, as the `u32` that fits any number of blocks in memory.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NOWHERE)
}

impl Document {
    /// A document of these blocks, without status, warnings or other metadata.
    pub fn from_blocks(blocks: Vec<Block>) -> Self {
        Self::new(PartHead::default(), blocks)
    }

    pub(super) fn new(head: PartHead, blocks: Vec<Block>) -> Self {
        Self::beginning_at(1, head, blocks)
    }

    /// A document whose first page has this number, if the blocks do not name one.
    pub(crate) fn beginning_at(first: u32, head: PartHead, blocks: Vec<Block>) -> Self {
        let Pagination { pages, page_of, starts } = paginate(&blocks, first);
        let Resolver { starts, targets, superseded, unfollowed, .. } =
            Resolver::new(&blocks, starts).resolve(&pages);
        let unresolved = targets.iter().filter(|target| **target == NOWHERE).count();
        Self { head, blocks, starts, targets, pages, page_of, superseded, unresolved, unfollowed }
    }

    /// Every block, in the order of the response.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = BlockRef<'_>> + Clone {
        (0..place(self.blocks.len())).map(|index| BlockRef::new(self, index))
    }

    /// The blocks themselves, and the metadata of the document.
    pub fn into_part(self) -> crate::part::Part<Block> {
        crate::part::Part::new(self.head, self.blocks)
    }

    /// The pages that have any block, in order of their numbers.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = Page<'_>> + DoubleEndedIterator + Clone {
        self.pages.iter().map(|entry| Page::new(self, entry))
    }

    /// The page with this number, from 1.
    pub fn page(&self, number: u32) -> Option<Page<'_>> {
        let index = self.pages.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.pages.get(index).map(|entry| Page::new(self, entry))
    }

    /// The number of pages that Textract reports for the document; blank ones count. Responses to calls about one page
    /// each, saved together, report 1: then it is the number of the last page.
    pub fn pages_expected(&self) -> Option<u32> {
        let last = self.pages.last().map(|entry| entry.number);
        self.head.pages.map(|pages| pages.max(last.unwrap_or_default()))
    }

    /// Whether the last response has a token for the next one, so that what was saved is not the whole document.
    pub fn is_cut_short(&self) -> bool {
        self.head.next_token.is_some()
    }

    /// The status of the job, if the document comes from one.
    pub fn status(&self) -> Option<&JobStatus> {
        self.head.status.as_ref()
    }

    /// Why the job failed, in Textract's words.
    pub fn status_message(&self) -> Option<&str> {
        self.head.status_message.as_deref()
    }

    /// Textract's warnings.
    pub fn warnings(&self) -> &[Warning] {
        &self.head.warnings
    }

    /// The version of the model that read the document.
    pub fn model_version(&self) -> Option<&str> {
        self.head.model_version.as_deref()
    }

    /// The references that could not be resolved: the block that has each, and the id that no block has.
    pub fn unresolved(&self) -> impl Iterator<Item = (BlockRef<'_>, &BlockId)> {
        let has_any = self.unresolved > 0;
        self.blocks().filter(move |_| has_any).flat_map(|block| {
            let ids = block.block().relationships().flat_map(|relationship| relationship.ids());
            let targets = self.targets_of(block.index()).iter();
            ids.zip(targets).filter(|(_, target)| **target == NOWHERE).map(move |(id, _)| (block, id))
        })
    }

    /// The number of references that could not be resolved.
    pub fn unresolved_count(&self) -> usize {
        self.unresolved
    }

    /// The number of references that are not followed because 64 relationships already name their block. Textract's
    /// responses have none: there, at most four name a block. If they were followed, a few bytes each could make what is
    /// read from the document many times as long as the response.
    pub fn unfollowed_count(&self) -> usize {
        self.unfollowed
    }

    /// The number of blocks whose id a later block of their page also has. Of blocks with the same id only the last counts
    /// as a line, a word, a table, ...; [`blocks`](Self::blocks) gives them all.
    pub fn duplicate_count(&self) -> usize {
        self.superseded.len()
    }

    pub(super) fn head(&self) -> &PartHead {
        &self.head
    }

    /// Its metadata, to be changed.
    pub(crate) fn head_mut(&mut self) -> &mut PartHead {
        &mut self.head
    }

    /// The block with this id; of several the last, even if another page has one. It takes time in proportion to the
    /// number of blocks. An empty id is not an id.
    ///
    /// ```
    /// use inkseal::block::BlockId;
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [{"BlockType": "LINE", "Id": "l", "Text": "Hello"}]}"#)?;
    /// let line = document.block_by_id(&BlockId::from("l")).and_then(|block| block.as_line());
    /// assert_eq!(line.map(|line| line.text()), Some("Hello"));
    /// assert!(document.block_by_id(&BlockId::from("m")).is_none());
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn block_by_id(&self, id: &BlockId) -> Option<BlockRef<'_>> {
        let index = self.blocks.iter().rposition(|block| block.id() == id && !id.is_empty())?;
        self.block_ref(place(index))
    }

    pub(crate) fn block_at(&self, index: u32) -> Option<&Block> {
        self.blocks.get(index as usize)
    }

    pub(crate) fn block_ref(&self, index: u32) -> Option<BlockRef<'_>> {
        self.block_at(index).map(|_| BlockRef::new(self, index))
    }

    pub(crate) fn is_superseded(&self, index: u32) -> bool {
        !self.superseded.is_empty() && self.superseded.binary_search(&index).is_ok()
    }

    pub(super) fn page_entry_of(&self, index: u32) -> Option<&PageEntry> {
        self.pages.get(*self.page_of.get(index as usize)? as usize)
    }

    /// The targets of all ids that a block lists, in order.
    fn targets_of(&self, index: u32) -> &[u32] {
        let index = index as usize;
        match self.starts.get(index..index + 2) {
            Some([start, end]) => self.targets.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The blocks that relationships of one kind name, without those that are missing.
    pub(super) fn related<'d, W>(
        &'d self,
        block: BlockRef<'d>,
        wanted: W,
    ) -> impl Iterator<Item = BlockRef<'d>> + use<'d, W>
    where
        W: Fn(&RelationshipKind) -> bool,
    {
        let mut relationships = block.block().relationships();
        let mut rest = self.targets_of(block.index());
        let mut targets = [].iter();
        // Written by hand, as every line and cell is read through here and iterator adapters take twice as long.
        std::iter::from_fn(move || {
            loop {
                if let Some(target) = targets.find(|target| **target < REPEATED) {
                    return Some(BlockRef::new(self, *target));
                }
                let relationship = relationships.next()?;
                let (own, others) = rest.split_at_checked(relationship.ids().len()).unwrap_or((rest, &[]));
                rest = others;
                targets = if wanted(relationship.kind()) { own.iter() } else { [].iter() };
            }
        })
    }
}

/// Two are equal if they have the same blocks, in the same order, and the same metadata.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head && self.blocks == other.blocks
    }
}

/// Shows counts and metadata, and no text of the document.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("pages", &self.pages.len())
            .field("blocks", &self.blocks.len())
            .field("unresolved", &self.unresolved)
            .field("unfollowed", &self.unfollowed)
            .field("duplicates", &self.superseded.len())
            .field("head", &self.head)
            .finish()
    }
}
