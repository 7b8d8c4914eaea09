//! Where something is redacted, for images.

use std::collections::HashSet;

use super::PiiType;
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
    /// The entities of which something is in the list.
    placed: HashSet<usize>,
}

impl Regions {
    pub(super) fn add(&mut self, page: u32, geometry: &Geometry, member: MemberId, plan: &Plan) {
        self.placed.extend(plan.entities_of(member).map(|(entity, _)| entity));
        if let Some(pii_type) = plan.type_of(member).cloned() {
            self.list.push(RedactedRegion { page, pii_type, geometry: Some(geometry.clone()) });
        }
    }

    /// Where the words stand that are touched, and whatever else says something that is.
    pub(super) fn of_blocks(&mut self, document: &Document, members: &[Option<MemberId>], plan: &Plan) {
        let member_of = |index: u32| members.get(index as usize).copied().flatten();
        // The words without a place that have that of their line.
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
                // An answer may have no place: see the end.
                (_, None) => {}
            }
        }
    }

    /// All of them, with one without a place for each entity that is nowhere among them, nor anything that says the same on
    /// its page: an image would be left with it.
    pub(super) fn end(mut self, plan: &Plan) -> Vec<RedactedRegion> {
        let nowhere = |(page, pii_type): (u32, &PiiType)| RedactedRegion {
            page,
            pii_type: pii_type.clone(),
            geometry: None,
        };
        let unplaced: Vec<_> = plan.unplaced(&self.placed).map(nowhere).collect();
        self.list.extend(unplaced);
        self.list
    }
}
