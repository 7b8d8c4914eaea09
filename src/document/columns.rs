//! Reading order where Textract was not asked for the layout: down one column of text, then down the next.
//!
//! Textract gives lines from top to bottom, across columns. A page is taken to have columns where lines begin at
//! one place again and again, hardly any line crosses the gutter before it, and what stands on both sides is prose: lines
//! that fill most of their column. Labels and values of a form, or the cells of a table, do not, and stay in rows.
//!
//! Where many lines cross, as on a page of which only a part has columns, longer columns are wanted, and only such parts
//! are read by column.

use super::Line;
use crate::block::BoundingBox;

/// The fewest lines that make a column.
const LEAST_LINES: usize = 3;
/// The fewest lines that make a column which is only a part of the page's height.
const LEAST_BAND_LINES: usize = 5;
/// The least width of a column, in page widths.
const LEAST_WIDTH: f32 = 0.12;
/// How far apart, in page widths, lines may begin that begin at one place.
const SAME_EDGE: f32 = 0.005;
/// Which share of its column a line of prose fills, at least half of the time.
const FILLED: f32 = 0.6;
/// Columns within columns.
const DEPTH: u32 = 3;

/// A line with its place, and the lines without one that come after it.
struct Item<'l, 'd> {
    lines: &'l [Line<'d>],
    place: BoundingBox,
}

/// The lines, column by column. Each is there once; where there are no columns, the order is Textract's.
pub(super) fn by_columns<'d>(lines: &[Line<'d>]) -> Vec<Line<'d>> {
    let place = |line: &Line<'_>| line.bounding_box().filter(is_sane);
    let mut ordered = Vec::with_capacity(lines.len());
    let mut items = Vec::with_capacity(lines.len());
    for lines in lines.chunk_by(|_, next| place(next).is_none()) {
        match lines.first().and_then(place) {
            Some(place) => items.push(Item { lines, place }),
            None => ordered.extend(lines),
        }
    }
    // Where text stands on its side, left and right are not those of the page.
    let upright = items.iter().filter(|item| item.place.width >= item.place.height).count();
    let items: Vec<_> = items.iter().collect();
    if upright * 2 >= items.len() {
        order(&items, DEPTH, &mut ordered);
    } else {
        ordered.extend(items.iter().flat_map(|item| item.lines));
    }
    ordered
}

fn is_sane(place: &BoundingBox) -> bool {
    [place.left, place.top, place.width, place.height].iter().all(|number| number.is_finite())
}

fn order<'d>(items: &[&Item<'_, 'd>], depth: u32, ordered: &mut Vec<Line<'d>>) {
    let Some(gutter) = gutter(items, depth) else {
        ordered.extend(items.iter().flat_map(|item| item.lines));
        return;
    };
    // What crosses the gutter, such as a title, ends the columns above it.
    let is_across = |item: &Item<'_, '_>| side(item, gutter.edge) == Side::Across;
    for band in items.chunk_by(|one, next| !is_across(one) && !is_across(next)) {
        let is_long = || columns(band, gutter.edge, depth).is_some_and(|columns| columns.is_band());
        if gutter.is_everywhere || is_long() {
            order(&on(band, gutter.edge, Side::Left), depth - 1, ordered);
            ordered.extend(on(band, gutter.edge, Side::Across).iter().flat_map(|item| item.lines));
            order(&on(band, gutter.edge, Side::Right), depth - 1, ordered);
        } else {
            ordered.extend(band.iter().flat_map(|item| item.lines));
        }
    }
}

/// Where the last column begins.
struct Gutter {
    edge: f32,
    /// Whether all that it parts is in columns, and not only what is long enough for that.
    is_everywhere: bool,
}

#[derive(PartialEq)]
enum Side {
    Left,
    Right,
    Across,
}

fn side(item: &Item<'_, '_>, gutter: f32) -> Side {
    if item.place.left >= gutter - SAME_EDGE {
        Side::Right
    } else if item.place.right() <= gutter {
        Side::Left
    } else {
        Side::Across
    }
}

fn on<'i, 'l, 'd>(items: &[&'i Item<'l, 'd>], edge: f32, wanted: Side) -> Vec<&'i Item<'l, 'd>> {
    items.iter().copied().filter(|item| side(item, edge) == wanted).collect()
}

/// What stands on both sides of a gutter.
struct Columns<'i, 'l, 'd> {
    left: Vec<&'i Item<'l, 'd>>,
    right: Vec<&'i Item<'l, 'd>>,
}

impl Columns<'_, '_, '_> {
    fn is_band(&self) -> bool {
        self.left.len().min(self.right.len()) >= LEAST_BAND_LINES
    }
}

/// The columns beside a gutter, if they are such: the right one is the last and so one of prose, the left one may be
/// several.
fn columns<'i, 'l, 'd>(items: &[&'i Item<'l, 'd>], edge: f32, depth: u32) -> Option<Columns<'i, 'l, 'd>> {
    // Most places fail here, so that what is left of them is rarely looked at.
    let right = on(items, edge, Side::Right);
    if !is_prose(&right) {
        return None;
    }
    let left = on(items, edge, Side::Left);
    let are_columns = beside(&left, &right) && (is_prose(&left) || gutter(&left, depth - 1).is_some());
    are_columns.then_some(Columns { left, right })
}

/// Of all places where the last column may begin the one that the fewest lines cross.
fn gutter(items: &[&Item<'_, '_>], depth: u32) -> Option<Gutter> {
    if depth == 0 || items.len() < 2 * LEAST_LINES {
        return None;
    }
    let edges = edges(items);
    let mut best: Option<(usize, f32)> = None;
    for &edge in &edges {
        let across = items.iter().filter(|item| side(item, edge) == Side::Across).count();
        let is_better = across * 3 <= items.len() && best.is_none_or(|(least, _)| across < least);
        if is_better && columns(items, edge, depth).is_some() {
            best = Some((across, edge));
        }
    }
    if let Some((_, edge)) = best {
        return Some(Gutter { edge, is_everywhere: true });
    }
    // Else the one with the most lines in columns.
    let mut best: Option<(usize, f32)> = None;
    for edge in edges {
        let bands = items.split(|item| side(item, edge) == Side::Across);
        let long = bands.filter(|band| band.len() >= 2 * LEAST_BAND_LINES);
        let in_columns =
            long.filter(|band| columns(band, edge, depth).is_some_and(|columns| columns.is_band()));
        let lines = in_columns.map(<[_]>::len).sum();
        if lines > 0 && best.is_none_or(|(most, _)| lines > most) {
            best = Some((lines, edge));
        }
    }
    best.map(|(_, edge)| Gutter { edge, is_everywhere: false })
}

/// Where several lines begin, from left to right.
fn edges(items: &[&Item<'_, '_>]) -> Vec<f32> {
    let mut lefts: Vec<_> = items.iter().map(|item| item.place.left).collect();
    lefts.sort_unstable_by(f32::total_cmp);
    let enough = LEAST_LINES.max(items.len() / 20);
    let clusters = lefts.chunk_by(|a, b| b - a <= SAME_EDGE).filter(|cluster| cluster.len() >= enough);
    // The first one is the left edge of the text.
    clusters.filter_map(|cluster| cluster.first().copied()).skip(1).collect()
}

/// Whether at least half of the lower one of two columns stands beside the other one.
fn beside(left: &[&Item<'_, '_>], right: &[&Item<'_, '_>]) -> bool {
    let extent = |items: &[&Item<'_, '_>]| {
        let top = items.iter().map(|item| item.place.top).reduce(f32::min)?;
        let bottom = items.iter().map(|item| item.place.bottom()).reduce(f32::max)?;
        Some((top, bottom))
    };
    let (Some(left), Some(right)) = (extent(left), extent(right)) else { return false };
    let shared = left.1.min(right.1) - left.0.max(right.0);
    shared * 2.0 >= (left.1 - left.0).min(right.1 - right.0)
}

/// Whether these lines are a column of prose.
fn is_prose(items: &[&Item<'_, '_>]) -> bool {
    if items.len() < LEAST_LINES {
        return false;
    }
    let left = items.iter().map(|item| item.place.left).fold(f32::INFINITY, f32::min);
    let right = items.iter().map(|item| item.place.right()).fold(f32::NEG_INFINITY, f32::max);
    let width = right - left;
    let filled = items.iter().filter(|item| item.place.width >= FILLED * width).count();
    width >= LEAST_WIDTH && filled * 2 >= items.len()
}
