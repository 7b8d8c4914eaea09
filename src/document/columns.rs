//! Reading order where Textract was not asked for the layout: down one column of text, then down the next.
//!
//! Textract gives lines from top to bottom, across columns. A page is taken to have columns if lines begin at
//! one place again and again, hardly any line crosses the gutter before it, and both sides of it are prose: lines
//! that fill most of their column. The labels and values of a form are not, and stay in rows; so do the cells of a
//! recorded table, which is one item even if its lines look like prose.
//!
//! If many lines cross, as on a page of which only a part has columns, longer columns are required, and only such parts
//! are read by column. Lines far above or below the columns stay in order, too.

use std::collections::HashMap;
use std::ops::Range;

use super::{Line, Table};
use crate::block::BoundingBox;

/// The fewest lines that make a column.
const LEAST_LINES: usize = 3;
/// The fewest lines that make a column which is only a part of the page's height.
const LEAST_BAND_LINES: usize = 5;
/// The least width of a column, in page widths.
const LEAST_WIDTH: f32 = 0.12;
/// How far apart, in page widths, lines may begin that begin at one place.
const SAME_EDGE: f32 = 0.005;
/// The share of its column that a line of prose fills, at least half of the time.
const FILLED: f32 = 0.6;
/// The depth of columns within columns.
const DEPTH: u32 = 3;
/// The gap, in line heights, from which on a line that is beyond the other column does not belong to its own.
const APART: f32 = 3.0;
/// The fewest words of a cell that can be the beginning of a sentence which the cell below continues.
const LEAST_WORDS: usize = 3;

/// A line with its place, or the lines of a table with theirs, and the lines without one that come after it.
struct Item<'l, 'd> {
    lines: &'l [(usize, Line<'d>)],
    place: BoundingBox,
    /// The height of its first line that has a place.
    line_height: f32,
}

impl<'l, 'd> Item<'l, 'd> {
    fn of(lines: &'l [(usize, Line<'d>)]) -> Option<Self> {
        let places = || lines.iter().filter_map(|(_, line)| place(line));
        let place = places().reduce(|one, other| one.union(&other)).filter(is_sane)?;
        Some(Self { lines, place, line_height: places().next()?.height })
    }
}

/// The lines, column by column. Each is there once; if there are no columns, the order is Textract's, with the lines of
/// a table together.
pub(super) fn by_columns<'t, 'd: 't>(
    lines: &[Line<'d>],
    table_of: impl Fn(Line<'d>) -> Option<&'t Table<'d>>,
) -> Vec<Line<'d>> {
    let lines = tables_together(lines, table_of);
    let mut ordered = Vec::with_capacity(lines.len());
    let mut items = Vec::with_capacity(lines.len());
    for lines in lines.chunk_by(|(group, _), (next_group, next)| group == next_group || place(next).is_none())
    {
        match Item::of(lines) {
            Some(item) => items.push(item),
            None => ordered.extend(lines.iter().map(|(_, line)| *line)),
        }
    }
    // If the text is on its side, left and right are not those of the page.
    let places: Vec<_> = lines.iter().filter_map(|(_, line)| place(line)).collect();
    let upright = places.iter().filter(|place| place.width >= place.height).count();
    let items: Vec<_> = items.iter().collect();
    if upright * 2 >= places.len() {
        order(&items, DEPTH, &mut ordered);
    } else {
        put(&items, &mut ordered);
    }
    ordered
}

fn place(line: &Line<'_>) -> Option<BoundingBox> {
    line.bounding_box().filter(is_sane)
}

fn is_sane(place: &BoundingBox) -> bool {
    [place.left, place.top, place.width, place.height].iter().all(|number| number.is_finite())
}

/// The lines, each with a number that it shares with the other lines of its table; these are together at the place of the
/// first one. Columns of text that were recorded as a table are lines like any others.
fn tables_together<'t, 'd: 't>(
    lines: &[Line<'d>],
    table_of: impl Fn(Line<'d>) -> Option<&'t Table<'d>>,
) -> Vec<(usize, Line<'d>)> {
    let mut numbered: Vec<_> = lines.iter().copied().enumerate().collect();
    let mut tables: HashMap<u32, (&Table<'d>, Vec<usize>)> = HashMap::new();
    for (number, line) in &numbered {
        if let Some(table) = table_of(*line) {
            tables.entry(table.index()).or_insert_with(|| (table, Vec::new())).1.push(*number);
        }
    }
    for (table, numbers) in tables.into_values() {
        let lines: Vec<_> = numbers.iter().filter_map(|number| numbered.get(*number).copied()).collect();
        if is_text(table, &lines) {
            continue;
        }
        let first = numbers.first().copied().unwrap_or_default();
        for number in numbers {
            if let Some((number, _)) = numbered.get_mut(number) {
                *number = first;
            }
        }
    }
    numbered.sort_by_key(|(number, _)| *number);
    numbered
}

/// Whether a table is columns of text that Textract took for one: its lines are columns of prose, and in a third of its
/// cells or more a sentence of the cell above continues, in small letters.
fn is_text<'d>(table: &Table<'d>, lines: &[(usize, Line<'d>)]) -> bool {
    let items: Vec<_> = lines.chunks(1).filter_map(Item::of).collect();
    if gutter(&items.iter().collect::<Vec<_>>(), DEPTH).is_none() {
        return false;
    }
    let (mut filled, mut continued) = (0_usize, 0_usize);
    for column in 1..=table.column_count() {
        let cells = (1..=table.row_count()).filter_map(|row| table.slot(row, column).start());
        let mut is_unfinished = false;
        for text in cells.map(|cell| cell.text()).filter(|text| !text.is_empty()) {
            filled += 1;
            continued += usize::from(is_unfinished && text.starts_with(char::is_lowercase));
            is_unfinished = text.split(' ').count() >= LEAST_WORDS && !text.ends_with(['.', '!', '?', ':']);
        }
    }
    continued > 0 && continued * 3 >= filled
}

fn put<'d>(items: &[&Item<'_, 'd>], ordered: &mut Vec<Line<'d>>) {
    ordered.extend(items.iter().flat_map(|item| item.lines).map(|(_, line)| *line));
}

fn order<'d>(items: &[&Item<'_, 'd>], depth: u32, ordered: &mut Vec<Line<'d>>) {
    let Some(gutter) = gutter(items, depth) else { return put(items, ordered) };
    // What crosses the gutter, such as a title, ends the columns above it.
    let is_across = |item: &Item<'_, '_>| side(item, gutter.edge) == Side::Across;
    for band in items.chunk_by(|one, next| !is_across(one) && !is_across(next)) {
        let is_long = || columns(band, gutter.edge, depth).is_some_and(|columns| columns.is_band());
        if gutter.is_everywhere || is_long() {
            let [above, columns, below] = parted(band, gutter.edge);
            put(&above, ordered);
            order(&on(&columns, gutter.edge, Side::Left), depth - 1, ordered);
            put(&on(&columns, gutter.edge, Side::Across), ordered);
            order(&on(&columns, gutter.edge, Side::Right), depth - 1, ordered);
            put(&below, ordered);
        } else {
            put(band, ordered);
        }
    }
}

/// The items of a band that are above its columns, in them, and below them.
///
/// One column may be longer than the other, and all its lines belong to it. Only a line that is beyond the other column
/// and also apart from the rest of its own does not, such as a note below both.
fn parted<'i, 'l, 'd>(band: &[&'i Item<'l, 'd>], edge: f32) -> [Vec<&'i Item<'l, 'd>>; 3] {
    let (left, right) = (on(band, edge, Side::Left), on(band, edge, Side::Right));
    let (Some(one), Some(other)) = (extent(&left), extent(&right)) else {
        return [Vec::new(), band.to_vec(), Vec::new()];
    };
    let shared = one.start.max(other.start)..one.end.min(other.end);
    let (left, right) = (column(left, &shared), column(right, &shared));
    let [mut above, mut within, mut below] = [Vec::new(), Vec::new(), Vec::new()];
    for item in band.iter().copied() {
        let column = if side(item, edge) == Side::Right { &right } else { &left };
        if item.place.top < column.start {
            above.push(item);
        } else if item.place.top < column.end {
            within.push(item);
        } else {
            below.push(item);
        }
    }
    [above, within, below]
}

/// The height at which a column begins, and that at which something below it does: nowhere, unless there is something apart
/// from it, beyond the height that it shares with the other column.
fn column(mut items: Vec<&Item<'_, '_>>, shared: &Range<f32>) -> Range<f32> {
    items.sort_by(|a, b| a.place.top.total_cmp(&b.place.top));
    let mut column = f32::NEG_INFINITY..f32::INFINITY;
    let mut bottom = f32::INFINITY;
    for item in items {
        let top = item.place.top;
        let is_apart = top - bottom > APART * item.line_height;
        if is_apart && bottom <= shared.start {
            column.start = top;
        } else if is_apart && top >= shared.end {
            column.end = top;
            break;
        }
        bottom = if bottom.is_finite() { bottom.max(item.place.bottom()) } else { item.place.bottom() };
    }
    column
}

/// Where the last column begins.
struct Gutter {
    edge: f32,
    /// Whether everything that it parts is in columns, and not only the bands that are long enough.
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

/// What is on both sides of a gutter.
struct Columns<'i, 'l, 'd> {
    left: Vec<&'i Item<'l, 'd>>,
    right: Vec<&'i Item<'l, 'd>>,
}

impl Columns<'_, '_, '_> {
    fn is_band(&self) -> bool {
        self.left.len().min(self.right.len()) >= LEAST_BAND_LINES
    }
}

/// The columns on both sides of a gutter, if they are columns: the right one is the last and must be prose, the left one
/// may consist of several.
fn columns<'i, 'l, 'd>(items: &[&'i Item<'l, 'd>], edge: f32, depth: u32) -> Option<Columns<'i, 'l, 'd>> {
    // Most places fail here, so the left side is rarely examined.
    let right = on(items, edge, Side::Right);
    if !is_prose(&right) {
        return None;
    }
    let left = on(items, edge, Side::Left);
    let are_columns = beside(&left, &right) && (is_prose(&left) || gutter(&left, depth - 1).is_some());
    are_columns.then_some(Columns { left, right })
}

/// The place where the last column begins: of all candidates, the one that the fewest lines cross.
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
    // Otherwise, that with the most lines in columns.
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

/// The places where several lines begin, from left to right.
fn edges(items: &[&Item<'_, '_>]) -> Vec<f32> {
    let mut lefts: Vec<_> = items.iter().map(|item| item.place.left).collect();
    lefts.sort_unstable_by(f32::total_cmp);
    let enough = LEAST_LINES.max(items.len() / 20);
    let clusters = lefts.chunk_by(|a, b| b - a <= SAME_EDGE).filter(|cluster| cluster.len() >= enough);
    // The first one is the left edge of the text.
    clusters.filter_map(|cluster| cluster.first().copied()).skip(1).collect()
}

/// Whether at least half of the shorter one of two columns is next to the other one.
fn beside(left: &[&Item<'_, '_>], right: &[&Item<'_, '_>]) -> bool {
    let (Some(left), Some(right)) = (extent(left), extent(right)) else { return false };
    let shared = left.end.min(right.end) - left.start.max(right.start);
    shared * 2.0 >= (left.end - left.start).min(right.end - right.start)
}

/// From the top of the first item to the bottom of the last.
fn extent(items: &[&Item<'_, '_>]) -> Option<Range<f32>> {
    let top = items.iter().map(|item| item.place.top).reduce(f32::min)?;
    let bottom = items.iter().map(|item| item.place.bottom()).reduce(f32::max)?;
    Some(top..bottom)
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
