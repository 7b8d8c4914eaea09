//! Places that do not reveal how long a redacted word was.

use crate::block::{Block, BlockKind, BoundingBox, Geometry, PageSize, Point};
use crate::document::Document;

/// The columns and rows of the grid that places are widened to.
const CELLS: f32 = 10.0;

/// The new places, by index, of the blocks that are touched and of those that enclose them closely.
pub(super) fn places(document: &Document, is_touched: impl Fn(u32) -> bool) -> Vec<(u32, Geometry)> {
    let mut touched: Vec<bool> = document.blocks().map(|block| is_touched(block.index())).collect();
    // What contains a touched block, and what contains that in turn: lists of the layout have texts, which have lines.
    for _ in 0..3 {
        for block in document.blocks().filter(|block| encloses(block.block())) {
            let is_in = |index: u32| touched.get(index as usize).copied().unwrap_or_default();
            if block.children().any(|child| is_in(child.index()))
                && let Some(own) = touched.get_mut(block.index() as usize)
            {
                *own = true;
            }
        }
    }
    let blocks = document.blocks().zip(touched).filter(|(_, touched)| *touched);
    let places = blocks.filter_map(|(block, _)| Some((block.index(), blurred(block.block().geometry()?))));
    places.collect()
}

/// Whether a block is only as large as what it contains. Cells and tables have outlines of their own.
fn encloses(block: &Block) -> bool {
    let kind = block.kind();
    kind.is_layout()
        || matches!(kind, BlockKind::Line | BlockKind::Key | BlockKind::Value | BlockKind::KeyValueSet)
}

/// A place widened along its text to tenths of the page.
pub(super) fn blurred(geometry: &Geometry) -> Geometry {
    let Some(bounds) = geometry.bounds() else { return geometry.clone() };
    let widen = |start: f32, length: f32| {
        let first = (start * CELLS).floor() / CELLS;
        let last = ((start + length) * CELLS).ceil() / CELLS;
        (first, (last - first).max(1.0 / CELLS))
    };
    let mut place = bounds;
    // To the quarter turn, for which the shape of the page does not matter.
    let angle = geometry.text_angle(PageSize::SQUARE).unwrap_or_default();
    let is_upright = (45.0..135.0).contains(&angle.rem_euclid(180.0));
    if !is_upright {
        (place.left, place.width) = widen(bounds.left, bounds.width);
    } else {
        (place.top, place.height) = widen(bounds.top, bounds.height);
    }
    let BoundingBox { left, top, .. } = place;
    let corners =
        [(left, top), (place.right(), top), (place.right(), place.bottom()), (left, place.bottom())];
    let had_outline = !geometry.polygon.is_absent();
    Geometry {
        bounding_box: Some(place),
        polygon: if had_outline {
            corners.into_iter().map(|(x, y)| Point { x, y }).collect()
        } else {
            Default::default()
        },
        rotation_angle: geometry.rotation_angle,
    }
}
