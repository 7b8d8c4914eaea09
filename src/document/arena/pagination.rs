//! Which blocks are on which page.

use std::collections::HashMap;
use std::ops::Range;

use super::place;
use crate::block::{Block, BlockId, BlockKind};

#[derive(Clone)]
pub(in crate::document) struct PageEntry {
    pub(in crate::document) number: u32,
    pub(in crate::document) blocks: Places,
}

/// The places of a page's blocks. Textract writes page after page; a page whose blocks are scattered gets a list.
#[derive(Clone)]
pub(in crate::document) enum Places {
    Range(Range<u32>),
    List(Vec<u32>),
}

/// The result of one walk over all blocks: there are too many of them to walk twice without need.
pub(super) struct Pagination {
    pub(super) pages: Vec<PageEntry>,
    pub(super) page_of: Vec<u32>,
    pub(super) starts: Vec<u32>,
}

/// Finds out which pages there are, and which of them each block is on.
///
/// A block that does not name a page is on the page of the block before it. In synchronous responses either no block
/// names a page or all name page 1, and each response has one PAGE block: if several were saved together, each PAGE
/// block begins the next page.
pub(super) fn paginate(blocks: &[Block], first: u32) -> Pagination {
    let mut pages: Vec<PageEntry> = Vec::new();
    let mut page_of = Vec::with_capacity(blocks.len());
    let mut starts = Vec::with_capacity(blocks.len() + 1);
    let mut end = 0;
    starts.push(0);
    // By number, from the first page that comes back or comes out of order.
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

impl Places {
    fn push(&mut self, index: u32) {
        match self {
            Self::Range(range) if range.end == index => range.end = index + 1,
            Self::Range(range) => *self = Self::List(range.clone().chain([index]).collect()),
            Self::List(list) => list.push(index),
        }
    }

    pub(in crate::document) fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + Clone + '_ {
        let (range, list) = match self {
            Self::Range(range) => (range.clone(), &[][..]),
            Self::List(list) => (0..0, list.as_slice()),
        };
        range.chain(list.iter().copied())
    }

    /// Which one of them it is, from 0.
    pub(in crate::document) fn rank(&self, index: u32) -> Option<usize> {
        match self {
            Self::Range(range) => range.contains(&index).then(|| (index - range.start) as usize),
            Self::List(list) => list.binary_search(&index).ok(),
        }
    }

    pub(in crate::document) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }
}
