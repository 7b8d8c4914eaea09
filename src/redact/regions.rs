//! Where something is redacted, for images.

use std::collections::HashSet;

use super::plan::Plan;
use super::redacted::RedactedRegion;
use super::sheet::MemberId;
use crate::block::{BlockKind, Geometry};
use crate::document::flow::stretches;
use crate::document::{Document, Word};

/// The regions of a record.
#[derive(Default)]
pub(super) struct Regions {
    list: Vec<RedactedRegion>,
    /// The entities that have a place in the list, each with the page.
    placed: HashSet<(usize, u32)>,
}

impl Regions {
    pub(super) fn add(&mut self, page: u32, geometry: &Geometry, member: MemberId, plan: &Plan) {
        self.placed.extend(plan.entities_of(member).map(|(entity, _)| (entity, page)));
        if let Some(pii_type) = plan.type_of(member).cloned() {
            self.list.push(RedactedRegion { page, pii_type, geometry: Some(geometry.clone()) });
        }
    }

    /// Adds the places of the words that are touched, and of all other blocks that are.
    pub(super) fn of_blocks(&mut self, document: &Document, members: &[Option<MemberId>], plan: &Plan) {
        let member_of = |index: u32| members.get(index as usize).copied().flatten();
        // The words without a place for which that of their line is taken.
        let mut by_line = HashSet::new();
        for line in document.blocks().filter_map(|block| block.as_line()) {
            let Some(member) = member_of(line.index()).filter(|member| plan.touches(*member)) else {
                continue;
            };
            let is_touched = |index| member_of(index).is_some_and(|member| plan.touches(member));
            let is_unplaced = |word: &Word<'_>| is_touched(word.index()) && word.block().geometry().is_none();
            let unplaced: Vec<u32> = line.words().filter(is_unplaced).map(|word| word.index()).collect();
            let says_more = stretches(line).iter().any(|(_, word)| word.is_none());
            let is_alone = !line.words().any(|word| is_touched(word.index()));
            let counts = says_more || is_alone || !unplaced.is_empty();
            if let Some(geometry) = line.block().geometry().filter(|_| counts) {
                self.add(line.page_number(), geometry, member, plan);
                by_line.extend(unplaced);
            }
        }
        for block in document.blocks() {
            let Some(member) = member_of(block.index()).filter(|member| plan.touches(*member)) else {
                continue;
            };
            let page = block.page_number();
            match (block.block().kind(), block.block().geometry()) {
                (BlockKind::Line, _) => {}
                (_, Some(geometry)) => self.add(page, geometry, member, plan),
                (BlockKind::Word, None) if !by_line.contains(&block.index()) => {
                    let pii_type = plan.type_of(member).cloned();
                    self.list.extend(pii_type.map(|pii_type| RedactedRegion {
                        page,
                        pii_type,
                        geometry: None,
                    }));
                }
                // An answer may have no place: see `end`.
                (_, None) => {}
            }
        }
    }

    /// All regions of a record of these pages. An entity that is printed at a place that is not known gets a region without
    /// geometry, on its page or on all pages, as images would still show it.
    pub(super) fn end(mut self, plan: &Plan, pages: &[u32]) -> Vec<RedactedRegion> {
        for (page, pii_type) in plan.unplaced(&self.placed) {
            let pages = page.as_ref().map_or(pages, std::slice::from_ref);
            self.list.extend(pages.iter().map(|page| RedactedRegion {
                page: *page,
                pii_type: pii_type.clone(),
                geometry: None,
            }));
        }
        self.list
    }
}
