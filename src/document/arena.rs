//! The document: all its blocks in one list, their references resolved once, and the pages that they make up.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::{BlockRef, Page};
use crate::block::{Block, BlockId, BlockKind, RelationshipKind};
use crate::part::{JobStatus, PartHead, Warning};

/// A document as Textract read it: pages, and on them lines, words, tables, fields, queries, signatures and
/// the layout.
///
/// It owns its [`Block`]s, in the order of the response, and changes none of them. All that is read from it
/// ([`Page`], [`Line`](super::Line), [`Table`](super::Table), ...) borrows. References between blocks are
/// resolved once, when it is made, in linear time; one that leads nowhere is kept and
/// [reported](Self::unresolved), and what it names is left out.
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
    /// The blocks that the ids of all relationships name, in order, or [`NOWHERE`], or [`REPEATED`].
    targets: Vec<u32>,
    /// In order of their numbers.
    pages: Vec<PageEntry>,
    /// For each block, its place in `pages`.
    page_of: Vec<u32>,
    /// Blocks whose id a later block of the same page has, in order.
    superseded: Vec<u32>,
    unresolved: usize,
    unfollowed: usize,
}

#[derive(Clone)]
pub(super) struct PageEntry {
    pub(super) number: u32,
    pub(super) blocks: Places,
}

/// The places of a page's blocks. Textract writes page after page; what is scattered gets a list.
#[derive(Clone)]
pub(super) enum Places {
    Range(Range<u32>),
    List(Vec<u32>),
}

/// Stands for a reference that leads nowhere.
const NOWHERE: u32 = u32::MAX;

/// Stands for a reference that its relationship has already, or to a block that is named too often: followed each time, a
/// few of them would make a word fill the memory.
const REPEATED: u32 = u32::MAX - 1;

/// The most relationships that a block is reached by. In the recorded responses a word has four: its line, its cell or field,
/// and a title. What many more name is made up: as many fields with one value, as many cells with one word, make of each byte
/// of it as many in what is read from them.
const MOST_NAMED: u8 = 64;

/// Where a block stands in the list. More blocks than that do not fit into memory.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NOWHERE)
}

impl Document {
    /// A document of these blocks, with nothing known beside them.
    pub fn from_blocks(blocks: Vec<Block>) -> Self {
        Self::new(PartHead::default(), blocks)
    }

    pub(super) fn new(head: PartHead, blocks: Vec<Block>) -> Self {
        Self::beginning_at(1, head, blocks)
    }

    /// A document whose first page has this number, where the blocks tell none.
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

    /// The blocks themselves, and what was said of the document.
    pub fn into_part(self) -> crate::part::Part<Block> {
        crate::part::Part::new(self.head, self.blocks)
    }

    /// The pages that any block stands on, in order of their numbers.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = Page<'_>> + DoubleEndedIterator + Clone {
        self.pages.iter().map(|entry| Page::new(self, entry))
    }

    /// The page with this number, from 1.
    pub fn page(&self, number: u32) -> Option<Page<'_>> {
        let index = self.pages.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.pages.get(index).map(|entry| Page::new(self, entry))
    }

    /// How many pages Textract says that the document has; blank ones count. Responses to calls about one page each,
    /// saved together, say 1: then it is the number of the last page.
    pub fn pages_expected(&self) -> Option<u32> {
        let last = self.pages.last().map(|entry| entry.number);
        self.head.pages.map(|pages| pages.max(last.unwrap_or_default()))
    }

    /// Whether the last response names a token for a next one: what was saved is then not the whole document.
    pub fn is_cut_short(&self) -> bool {
        self.head.next_token.is_some()
    }

    /// The state of the job, where the document comes from one.
    pub fn status(&self) -> Option<&JobStatus> {
        self.head.status.as_ref()
    }

    /// Why the job failed, in Textract's words.
    pub fn status_message(&self) -> Option<&str> {
        self.head.status_message.as_deref()
    }

    /// What Textract warned of.
    pub fn warnings(&self) -> &[Warning] {
        &self.head.warnings
    }

    /// The version of the model that read the document.
    pub fn model_version(&self) -> Option<&str> {
        self.head.model_version.as_deref()
    }

    /// The references that lead nowhere: the block that has each, and the id that no block has.
    pub fn unresolved(&self) -> impl Iterator<Item = (BlockRef<'_>, &BlockId)> {
        let has_any = self.unresolved > 0;
        self.blocks().filter(move |_| has_any).flat_map(|block| {
            let ids = block.block().relationships().flat_map(|relationship| relationship.ids());
            let targets = self.targets_of(block.index()).iter();
            ids.zip(targets).filter(|(_, target)| **target == NOWHERE).map(move |(id, _)| (block, id))
        })
    }

    /// How many references lead nowhere.
    pub fn unresolved_count(&self) -> usize {
        self.unresolved
    }

    /// How many references are not followed, as their block is named by 64 relationships already. Textract's responses have
    /// none: up to four name a block. Followed all the same, a few bytes of each would make what is read from the
    /// document many times as long as the response.
    pub fn unfollowed_count(&self) -> usize {
        self.unfollowed
    }

    /// How many blocks have an id that a later block of their page has too. Of these only the last counts as
    /// a line, a word, a table, ...; [`blocks`](Self::blocks) gives them all.
    pub fn duplicate_count(&self) -> usize {
        self.superseded.len()
    }

    pub(super) fn head(&self) -> &PartHead {
        &self.head
    }

    /// What is known of it beside its blocks, to be changed.
    pub(crate) fn head_mut(&mut self) -> &mut PartHead {
        &mut self.head
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

    /// The blocks that relationships of one kind name, but for those that are not there.
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
        // By hand, as every line and cell is read through here, and the adapters for it take twice as long.
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

/// Which pages there are, and which of them each block stands on.
///
/// A block that names no page stands on that of the block before it. Synchronous responses name none, or all
/// name page 1, and have one PAGE block each: where several were saved together, each of these begins the
/// next page.
fn paginate(blocks: &[Block], first: u32) -> Pagination {
    let mut pages: Vec<PageEntry> = Vec::new();
    let mut page_of = Vec::with_capacity(blocks.len());
    let mut starts = Vec::with_capacity(blocks.len() + 1);
    let mut end = 0;
    starts.push(0);
    // By number, from the time that a page comes back or comes too late.
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut current: Option<(u32, usize)> = None;
    // The PAGE blocks by number, and by how much the numbers are too low since they began anew.
    let mut heads: HashMap<u32, &BlockId> = HashMap::new();
    let (mut shift, mut highest) = (0, 0);
    for (index, block) in blocks.iter().enumerate() {
        let is_page = *block.kind() == BlockKind::Page;
        let sent = block.page().filter(|page| *page > 0);
        if let Some(sent) = sent.filter(|_| is_page)
            && heads.get(&sent.saturating_add(shift)).is_some_and(|head| *head != block.id())
        {
            shift = highest;
        }
        let number = match (sent, current) {
            (Some(sent), _) => sent.saturating_add(shift),
            (None, None) => first,
            (None, Some((number, _))) if is_page => number.saturating_add(1),
            (None, Some((number, _))) => number,
        };
        if is_page {
            heads.insert(number, block.id());
        }
        highest = highest.max(number);
        let index = place(index);
        let page = match current {
            Some((current, page)) if current == number => page,
            _ => *places.entry(number).or_insert_with(|| {
                pages.push(PageEntry { number, blocks: Places::Range(index..index) });
                pages.len() - 1
            }),
        };
        if let Some(entry) = pages.get_mut(page) {
            entry.blocks.push(index);
        }
        page_of.push(place(page));
        end += block.relationships().map(|relationship| relationship.ids().len()).sum::<usize>();
        starts.push(place(end));
        current = Some((number, page));
    }
    if !pages.is_sorted_by_key(|entry| entry.number) {
        let mut order: Vec<u32> = (0..place(pages.len())).collect();
        order.sort_unstable_by_key(|page| pages.get(*page as usize).map(|entry| entry.number));
        let mut rank = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(rank) = rank.get_mut(*old as usize) {
                *rank = place(new);
            }
        }
        pages.sort_by_key(|entry| entry.number);
        for page in &mut page_of {
            *page = rank.get(*page as usize).copied().unwrap_or(*page);
        }
    }
    Pagination { pages, page_of, starts }
}

/// What one walk over all blocks tells: they are too many to be walked over twice for nothing.
struct Pagination {
    pages: Vec<PageEntry>,
    page_of: Vec<u32>,
    starts: Vec<u32>,
}

impl Places {
    fn push(&mut self, index: u32) {
        match self {
            Self::Range(range) if range.end == index => range.end = index + 1,
            Self::Range(range) => *self = Self::List(range.clone().chain([index]).collect()),
            Self::List(list) => list.push(index),
        }
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + Clone + '_ {
        let (range, list) = match self {
            Self::Range(range) => (range.clone(), &[][..]),
            Self::List(list) => (0..0, list.as_slice()),
        };
        range.chain(list.iter().copied())
    }

    /// Which one of them it is, from 0.
    pub(super) fn rank(&self, index: u32) -> Option<usize> {
        match self {
            Self::Range(range) => range.contains(&index).then(|| (index - range.start) as usize),
            Self::List(list) => list.binary_search(&index).ok(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }
}

/// Finds what ids name: first among the blocks of the same page, whose table is small enough to stay in the
/// cache, and then, as no recorded response needs it, in the whole document.
struct Resolver<'b> {
    blocks: &'b [Block],
    starts: Vec<u32>,
    targets: Vec<u32>,
    superseded: Vec<u32>,
    /// For each block, the relationship that last named it, and how many did.
    named_by: Vec<(u32, u8)>,
    relationships: u32,
    unfollowed: usize,
}

impl<'b> Resolver<'b> {
    fn new(blocks: &'b [Block], starts: Vec<u32>) -> Self {
        let end = starts.last().copied().unwrap_or_default() as usize;
        let (targets, named_by) = (vec![NOWHERE; end], vec![(0, 0); blocks.len()]);
        Self { blocks, starts, targets, superseded: Vec::new(), named_by, relationships: 0, unfollowed: 0 }
    }

    fn resolve(mut self, pages: &[PageEntry]) -> Self {
        let mut by_id = HashMap::with_hasher(RandomState::default());
        let mut missed = Vec::new();
        for page in pages {
            by_id.clear();
            // To clear a table takes as long as it is large, so that of a long page is not kept for many short ones.
            by_id.shrink_to(4 * page.blocks.len());
            by_id.reserve(page.blocks.len());
            for index in page.blocks.iter() {
                if let Some(id) = self.id(index) {
                    // The last block of an id is the one that counts.
                    self.superseded.extend(by_id.insert(id, index));
                }
            }
            for index in page.blocks.iter() {
                if !self.look_up(index, &by_id) {
                    missed.push(index);
                }
            }
        }
        if !missed.is_empty() && pages.len() > 1 {
            by_id.clear();
            by_id.extend((0..place(self.blocks.len())).filter_map(|index| Some((self.id(index)?, index))));
            for index in missed {
                self.look_up(index, &by_id);
            }
        }
        self.superseded.sort_unstable();
        self
    }

    /// The id of a block that has one.
    fn id(&self, index: u32) -> Option<&'b BlockId> {
        self.blocks.get(index as usize).map(Block::id).filter(|id| !id.is_empty())
    }

    /// Resolves what is not resolved yet of a block; tells whether all of it is.
    fn look_up(&mut self, index: u32, by_id: &HashMap<&BlockId, u32, RandomState>) -> bool {
        let index = index as usize;
        let (Some(block), Some(start)) = (self.blocks.get(index), self.starts.get(index)) else {
            return true;
        };
        let mut targets = self.targets.get_mut(*start as usize..).unwrap_or_default().iter_mut();
        let mut found_all = true;
        for relationship in block.relationships() {
            self.relationships += 1;
            for (id, target) in relationship.ids().iter().zip(&mut targets) {
                let is_new = *target == NOWHERE;
                if is_new {
                    *target = by_id.get(id).copied().unwrap_or(NOWHERE);
                    found_all &= *target != NOWHERE;
                }
                if let Some((named_by, times)) = self.named_by.get_mut(*target as usize) {
                    if *named_by == self.relationships {
                        *target = REPEATED;
                    } else if is_new && *times == MOST_NAMED {
                        *target = REPEATED;
                        self.unfollowed += 1;
                    } else if is_new {
                        *times += 1;
                    }
                    *named_by = self.relationships;
                }
            }
        }
        found_all
    }
}

/// Two are the same where they have the same blocks, in the same order, and the same was said of them.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head && self.blocks == other.blocks
    }
}

/// Shows how much there is, and nothing of what it says.
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
