//! What the ids in a document refer to.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::pagination::PageEntry;
use super::place;
use crate::block::{Block, BlockId};

/// In place of a reference to an id that no block has.
pub(super) const NOWHERE: u32 = u32::MAX;

/// In place of a reference that its relationship already has, or to a block that is named too often: if each of these were
/// followed, a few of them would make one word fill the memory.
pub(super) const REPEATED: u32 = u32::MAX - 1;

/// The most relationships that a block is reached by. In the recorded responses a word has four: its line, its cell or field,
/// and a title. A response with many more was made up: if a thousand fields have one value, or a thousand cells one word,
/// each byte of it becomes a thousand bytes of what is read from them.
const MOST_NAMED: u8 = 64;

/// Finds the blocks that ids name: first among those of the same page, whose table is small enough to stay in the
/// cache, and then, which no recorded response needs, in the whole document.
pub(super) struct Resolver<'b> {
    blocks: &'b [Block],
    pub(super) starts: Vec<u32>,
    pub(super) targets: Vec<u32>,
    pub(super) superseded: Vec<u32>,
    /// For each block, the relationship that named it last, and how many have named it.
    named_by: Vec<(u32, u8)>,
    relationships: u32,
    pub(super) unfollowed: usize,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(blocks: &'b [Block], starts: Vec<u32>) -> Self {
        let end = starts.last().copied().unwrap_or_default() as usize;
        let (targets, named_by) = (vec![NOWHERE; end], vec![(0, 0); blocks.len()]);
        Self { blocks, starts, targets, superseded: Vec::new(), named_by, relationships: 0, unfollowed: 0 }
    }

    pub(super) fn resolve(mut self, pages: &[PageEntry]) -> Self {
        let mut by_id = HashMap::with_hasher(RandomState::default());
        let mut missed = Vec::new();
        for page in pages {
            by_id.clear();
            // Clearing a table takes time in proportion to its capacity, so that of a long page is not kept for many short ones.
            by_id.shrink_to(4 * page.blocks.len());
            by_id.reserve(page.blocks.len());
            for index in page.blocks.iter() {
                if let Some(id) = self.id(index) {
                    // Of several blocks with one id, the last counts.
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

    /// Resolves the references of a block that are not resolved yet; returns whether all of them are now.
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
