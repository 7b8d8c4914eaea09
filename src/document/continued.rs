//! Tables that continue on the next page.

use std::collections::HashSet;
use std::ops::Range;

use super::{Document, Merged, Page, Slot, Table};
use crate::block::{BlockKind, BoundingBox};

/// By how much the left edges and the widths of a table and its continuation may differ, in page widths.
const SAME_PLACE: f32 = 0.02;

/// The top and the bottom of a page, in page heights, that hold running headers and footers if Textract was not asked for
/// the layout, which names them.
const MARGIN: f32 = 0.06;

/// A table with its continuations on the next pages; a table that is not continued has one part.
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
    /// How many rows it begins with that repeat the header.
    repeated: u32,
}

impl<'d> JoinedTable<'d> {
    /// The tables as they are on their pages, in order; at least one.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = &Table<'d>> {
        self.parts.iter().map(|part| &part.table)
    }

    /// The number of rows; a header that is repeated on the next page counts once.
    pub fn row_count(&self) -> u32 {
        self.parts.iter().map(|part| part.table.row_count() - part.repeated).sum()
    }

    /// The number of columns of the widest part.
    pub fn column_count(&self) -> u32 {
        self.parts.iter().map(|part| part.table.column_count()).max().unwrap_or(0)
    }

    /// The rows of all parts, each column by column, without repeated headers.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Slot<'d>>> + '_ {
        self.parts.iter().flat_map(|part| part.table.rows().skip(part.repeated as usize))
    }

    /// The texts of all rows.
    pub fn texts(&self, merged: Merged) -> Vec<Vec<String>> {
        let rows = self.parts.iter().map(|part| part.table.texts(merged).split_off(part.repeated as usize));
        rows.flatten().collect()
    }

    /// The rows that are the header, from 1: those of the first part. See [`Table::header_rows`].
    pub fn header_rows(&self) -> Range<u32> {
        self.parts.first().map_or(1..1, |first| first.table.header_rows())
    }

    /// The number of the column with this header, from 1, by the header of the first part: see
    /// [`Table::column_named`].
    pub fn column_named(&self, header: &str) -> Option<u32> {
        self.parts.first()?.table.column_named(header)
    }

    /// The places below the header of the column with this header, through all parts, without repeated headers.
    pub fn column(&self, header: &str) -> Option<Vec<Slot<'d>>> {
        let column = self.column_named(header)? as usize;
        let rows = self.rows().skip(self.header_rows().end.saturating_sub(1) as usize);
        Some(rows.map(|row| row.get(column - 1).copied().unwrap_or(Slot::Empty)).collect())
    }

    /// Without some of its parts; the part after one of those has its header again. `None` if no part is left.
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

/// The titles and the header of a table. For a table with continuations, the last that any part has: a part without one
/// continues under that of the parts before it.
#[derive(Default)]
struct Heading {
    titles: Vec<String>,
    /// Cell by cell: its column, the rows and columns that it spans, and its text.
    header: Vec<(u32, u32, u32, String)>,
}

impl Heading {
    fn of(table: &Table<'_>) -> Self {
        let cells = table.header_rows().flat_map(|row| table.row(row)).filter_map(|slot| slot.start());
        Self {
            titles: table.titles().map(|title| title.text()).collect(),
            header: cells
                .map(|cell| (cell.column(), cell.row_span(), cell.column_span(), cell.text()))
                .collect(),
        }
    }

    fn continued_by(&mut self, next: Self) {
        let Self { titles, header } = next;
        if !titles.is_empty() {
            self.titles = titles;
        }
        if !header.is_empty() {
            self.header = header;
        }
    }
}

impl Document {
    /// The tables, each joined with its continuations on the next pages.
    ///
    /// A table continues in the first one of the next page if
    ///
    /// - no line is between them, except running headers and footers,
    /// - the second one has no title, or the same as the first,
    /// - both have the same number of columns, and
    /// - the second one has the same header as the first; or none, and the same left edge and width to within 2 % of the
    ///   page.
    ///
    /// The title and the header of the first are the last that any of its parts so far has: a page without a header may
    /// be between two pages with the same one.
    pub fn joined_tables(&self) -> Vec<JoinedTable<'_>> {
        let mut joined: Vec<JoinedTable<'_>> = Vec::new();
        let mut heading = Heading::default();
        let mut before: Option<Page<'_>> = None;
        for page in self.pages() {
            let mut may_continue = before.is_some_and(|before| {
                before.number().checked_add(1) == Some(page.number())
                    && ends_with_table(before, joined.last())
            });
            let mut tables: Vec<_> = page.tables().collect();
            tables.sort_by(|a, b| top(a).total_cmp(&top(b)));
            for table in tables {
                let own = Heading::of(&table);
                let repeated = may_continue
                    .then(|| joined.last()?.last())
                    .flatten()
                    .and_then(|last| follows(last, &heading, &table, &own, page));
                match (repeated, joined.last_mut()) {
                    (Some(repeated), Some(open)) => {
                        open.parts.push(Part { table, repeated });
                        heading.continued_by(own);
                    }
                    _ => {
                        joined.push(JoinedTable { parts: vec![Part { table, repeated: 0 }] });
                        heading = own;
                    }
                }
                may_continue = false;
            }
            before = Some(page);
        }
        joined
    }
}

fn top(table: &Table<'_>) -> f32 {
    table.bounding_box().map_or(0.0, |place| place.top)
}

/// Whether the last table that was found is on this page, with nothing below it.
fn ends_with_table(page: Page<'_>, last: Option<&JoinedTable<'_>>) -> bool {
    let Some(table) = last.and_then(JoinedTable::last).filter(|table| table.page_number() == page.number())
    else {
        return false;
    };
    table.bounding_box().is_some_and(|place| !lines_of(page, table).any(|line| line.top >= place.bottom()))
}

/// How many header rows the table repeats, if it continues the one before, whose heading is `heading`.
fn follows(
    before: &Table<'_>,
    heading: &Heading,
    table: &Table<'_>,
    own: &Heading,
    page: Page<'_>,
) -> Option<u32> {
    let (old, new) = (before.bounding_box()?, table.bounding_box()?);
    if lines_of(page, table).any(|line| line.bottom() <= new.top) {
        return None;
    }
    // A different title or header begins another table.
    let is_other = !own.titles.is_empty() && own.titles != heading.titles
        || !own.header.is_empty() && own.header != heading.header;
    if is_other || before.column_count() != table.column_count() {
        return None;
    }
    let near = |a: f32, b: f32| (a - b).abs() <= SAME_PLACE;
    if own.header.is_empty() {
        (near(old.left, new.left) && near(old.width, new.width)).then_some(0)
    } else {
        Some(table.header_rows().end - 1)
    }
}

/// The places of the lines that are neither in the table nor in a running header or footer.
fn lines_of<'d>(page: Page<'d>, table: &Table<'d>) -> impl Iterator<Item = BoundingBox> {
    let running = |kind: &BlockKind| {
        matches!(kind, BlockKind::LayoutHeader | BlockKind::LayoutFooter | BlockKind::LayoutPageNumber)
    };
    // The lines of running headers and footers, and the elements that they are in.
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
