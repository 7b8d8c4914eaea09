//! Tables that go on on the next page.

use std::collections::HashSet;

use super::{Document, Merged, Page, Slot, Table};
use crate::block::{BlockKind, BoundingBox};

/// By how much the left edges and the widths of a table and of what goes on with it may differ, in page widths.
const SAME_PLACE: f32 = 0.02;

/// The top and the bottom of a page, in page heights, in which running headers and footers stand where Textract was not
/// asked for the layout, which tells them.
const MARGIN: f32 = 0.06;

/// A table, with those on the next pages that go on with it: one, for a table that does not go on.
///
/// ```
/// use inkseal::document::{Document, Merged};
///
/// # fn example(document: &Document) {
/// for statement in document.joined_tables() {
///     println!("{} rows on {} pages", statement.row_count(), statement.parts().len());
///     for row in statement.texts(Merged::Once) {
///         println!("{}", row.join(" | "));
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JoinedTable<'d> {
    parts: Vec<Part<'d>>,
}

#[derive(Clone, Debug)]
struct Part<'d> {
    table: Table<'d>,
    /// The header that is repeated from the part before.
    repeated: u32,
}

impl<'d> JoinedTable<'d> {
    /// The tables as they stand on their pages, in order.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = &Table<'d>> {
        self.parts.iter().map(|part| &part.table)
    }

    /// How many rows there are; a header that is repeated on the next page counts once.
    pub fn row_count(&self) -> u32 {
        self.parts.iter().map(|part| part.table.row_count() - part.repeated).sum()
    }

    /// How many columns the widest part has.
    pub fn column_count(&self) -> u32 {
        self.parts.iter().map(|part| part.table.column_count()).max().unwrap_or(0)
    }

    /// The rows of all parts, each column by column, without the headers that are repeated.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Slot<'d>>> + '_ {
        self.parts.iter().flat_map(|part| part.table.rows().skip(part.repeated as usize))
    }

    /// The texts of all rows.
    pub fn texts(&self, merged: Merged) -> Vec<Vec<String>> {
        let rows = self.parts.iter().map(|part| part.table.texts(merged).split_off(part.repeated as usize));
        rows.flatten().collect()
    }

    /// Without some of its parts; what comes after one of those has its header again. `None` where nothing is left.
    pub(crate) fn retain(mut self, keep: impl Fn(&Table<'d>) -> bool) -> Option<Self> {
        let mut follows = true;
        self.parts.retain_mut(|part| {
            let is_kept = keep(&part.table);
            if !follows {
                part.repeated = 0;
            }
            follows = is_kept;
            is_kept
        });
        (!self.parts.is_empty()).then_some(self)
    }

    fn last(&self) -> Option<&Table<'d>> {
        self.parts.last().map(|part| &part.table)
    }
}

impl Document {
    /// The tables, each joined with those that go on with it on the next pages.
    ///
    /// A table goes on with the first one of the next page where no line stands between them, but for running headers and
    /// footers and a title that is repeated, and both have the same headers, or as many columns, the same left edge and the same width, to within 2 % of
    /// the page.
    pub fn joined_tables(&self) -> Vec<JoinedTable<'_>> {
        let mut joined: Vec<JoinedTable<'_>> = Vec::new();
        let mut before: Option<Page<'_>> = None;
        for page in self.pages() {
            let mut may_go_on = before.is_some_and(|before| {
                before.number().checked_add(1) == Some(page.number())
                    && ends_with_table(before, joined.last())
            });
            let mut tables: Vec<_> = page.tables().collect();
            tables.sort_by(|a, b| top(a).total_cmp(&top(b)));
            for table in tables {
                let part = may_go_on
                    .then(|| joined.last()?.last())
                    .flatten()
                    .and_then(|last| follows(last, &table, page));
                match (part, joined.last_mut()) {
                    (Some(repeated), Some(open)) => open.parts.push(Part { table, repeated }),
                    _ => joined.push(JoinedTable { parts: vec![Part { table, repeated: 0 }] }),
                }
                may_go_on = false;
            }
            before = Some(page);
        }
        joined
    }
}

fn top(table: &Table<'_>) -> f32 {
    table.bounding_box().map_or(0.0, |place| place.top)
}

/// Whether the last table that was found is on this page, and below it there is nothing.
fn ends_with_table(page: Page<'_>, last: Option<&JoinedTable<'_>>) -> bool {
    let Some(table) = last.and_then(JoinedTable::last).filter(|table| table.page_number() == page.number())
    else {
        return false;
    };
    table.bounding_box().is_some_and(|place| !lines_of(page, table).any(|line| line.top >= place.bottom()))
}

/// How many rows of header the table repeats, if it goes on with the one before.
fn follows(before: &Table<'_>, table: &Table<'_>, page: Page<'_>) -> Option<u32> {
    let (old, new) = (before.bounding_box()?, table.bounding_box()?);
    if lines_of(page, table).any(|line| line.bottom() <= new.top) {
        return None;
    }
    // A title of its own begins another table, too.
    let titles = |table: &Table<'_>| table.titles().map(|title| title.text()).collect::<Vec<_>>();
    let title = titles(table);
    if !title.is_empty() && titles(before) != title {
        return None;
    }
    let columns = before.column_count() == table.column_count();
    // Cell by cell, each where it begins, and how far it reaches.
    let headers = |table: &Table<'_>| -> Vec<(u32, u32, u32, String)> {
        let cells = table.header_rows().flat_map(|row| table.row(row)).filter_map(|slot| slot.start());
        cells.map(|cell| (cell.column(), cell.row_span(), cell.column_span(), cell.text())).collect()
    };
    let header = headers(table);
    let repeated = columns && !header.is_empty() && headers(before) == header;
    let near = |a: f32, b: f32| (a - b).abs() <= SAME_PLACE;
    if repeated {
        Some(table.header_rows().end - 1)
    } else {
        // A header of its own begins another table.
        (columns && header.is_empty() && near(old.left, new.left) && near(old.width, new.width)).then_some(0)
    }
}

/// Where the lines are that are neither in the table nor in a running header or footer.
fn lines_of<'d>(page: Page<'d>, table: &Table<'d>) -> impl Iterator<Item = BoundingBox> {
    let running = |kind: &BlockKind| {
        matches!(kind, BlockKind::LayoutHeader | BlockKind::LayoutFooter | BlockKind::LayoutPageNumber)
    };
    // The lines of running headers and footers, and the elements that they were found in.
    let mut without: HashSet<u32> = HashSet::new();
    let mut has_layout = false;
    for element in page.layout_elements() {
        has_layout = true;
        if running(element.kind()) {
            element.lines_beyond(&mut without);
        }
    }
    let captions = table.titles().chain(table.footers()).flat_map(|caption| caption.content());
    let words: HashSet<u32> = table
        .cells()
        .flat_map(|cell| cell.tokens())
        .chain(captions)
        .map(|token| token.block_ref().index())
        .collect();
    page.lines().filter_map(move |line| {
        let place = line.bounding_box()?;
        let in_margin = !has_layout && (place.bottom() <= MARGIN || place.top >= 1.0 - MARGIN);
        let skip = in_margin
            || without.contains(&line.index())
            || line.words().any(|word| words.contains(&word.index()));
        (!skip).then_some(place)
    })
}
