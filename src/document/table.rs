//! Tables: cells in a grid, merged cells, roles, titles and footers.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Deref;

use super::node::views;
use super::search::fold;
use super::text::{joined, joined_texts};
use super::{BlockRef, Document, Token};
use crate::block::{BlockKind, EntityType, RelationshipKind};

/// A table.
///
/// Rows and columns count from 1, as Textract's do. A merged cell takes the place of the cells that it consists of, and has
/// their text:
///
/// ```
/// use inkseal::document::{Document, Merged};
///
/// let document = Document::from_json(br#"{"Blocks": [
///     {"BlockType": "TABLE", "Id": "t", "Relationships": [
///         {"Type": "CHILD", "Ids": ["1", "2", "3", "4"]}, {"Type": "MERGED_CELL", "Ids": ["m"]}]},
///     {"BlockType": "CELL", "Id": "1", "RowIndex": 1, "ColumnIndex": 1, "Relationships": [{"Type": "CHILD", "Ids": ["a"]}]},
///     {"BlockType": "CELL", "Id": "2", "RowIndex": 1, "ColumnIndex": 2},
///     {"BlockType": "CELL", "Id": "3", "RowIndex": 2, "ColumnIndex": 1, "Relationships": [{"Type": "CHILD", "Ids": ["b"]}]},
///     {"BlockType": "CELL", "Id": "4", "RowIndex": 2, "ColumnIndex": 2},
///     {"BlockType": "MERGED_CELL", "Id": "m", "RowIndex": 1, "ColumnIndex": 1, "RowSpan": 1, "ColumnSpan": 2,
///      "Relationships": [{"Type": "CHILD", "Ids": ["1", "2"]}]},
///     {"BlockType": "WORD", "Id": "a", "Text": "Total"}, {"BlockType": "WORD", "Id": "b", "Text": "7"}
/// ]}"#)?;
/// let table = document.tables().next().expect("a table");
/// assert_eq!(table.texts(Merged::Once), [["Total", ""], ["7", ""]]);
/// assert_eq!(table.texts(Merged::Repeated), [["Total", "Total"], ["7", ""]]);
/// assert_eq!(table.cell(1, 2).map(|cell| cell.column_span()), Some(2));
/// # Ok::<(), inkseal::Error>(())
/// ```
///
/// It derefs to its block. The grid is made together with the table, in time linear in its cells.
#[derive(Clone)]
pub struct Table<'d> {
    block: BlockRef<'d>,
    cells: Vec<Cell<'d>>,
    unplaced: Vec<Cell<'d>>,
    grid: Grid,
}

/// Which cell is at which place.
#[derive(Clone, Default)]
struct Grid {
    rows: u32,
    columns: u32,
    /// Row by row, places in the list of cells.
    slots: Vec<Place>,
    /// Whether the cells do not make a grid, so that each has a row of its own.
    is_scattered: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Place {
    #[default]
    Empty,
    Start(u32),
    Covered(u32),
}

/// What is at a place of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Slot<'d> {
    /// A cell, merged or not, that begins here.
    Cell(Cell<'d>),
    /// A part of a cell that begins further up or to the left.
    Covered(Cell<'d>),
    /// No cell.
    Empty,
}

/// Whether the text of a merged cell is given at its first place only, or at all that it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Merged {
    /// At the first place; the others are empty.
    #[default]
    Once,
    /// At every place, so that each row can be read alone.
    Repeated,
}

views! {
    /// A cell of a table: a single one, or one merged from several.
    Cell;
    /// The title or footer of a table, within it or outside.
    TableCaption;
}

impl<'d> Cell<'d> {
    /// The row in which it begins, from 1; 0 if Textract sent none.
    pub fn row(&self) -> u32 {
        self.row_index().unwrap_or_default()
    }

    /// The column in which it begins, from 1; 0 if Textract sent none.
    pub fn column(&self) -> u32 {
        self.column_index().unwrap_or_default()
    }

    /// The number of rows that it spans, at least 1.
    pub fn row_span(&self) -> u32 {
        self.block().row_span().unwrap_or(1).max(1)
    }

    /// The number of columns that it spans, at least 1.
    pub fn column_span(&self) -> u32 {
        self.block().column_span().unwrap_or(1).max(1)
    }

    /// Whether it was merged from several cells.
    pub fn is_merged(&self) -> bool {
        *self.kind() == BlockKind::MergedCell
    }

    /// The cells that a merged cell consists of.
    pub fn parts(&self) -> impl Iterator<Item = Cell<'d>> + use<'d> {
        let children = self.is_merged().then(|| self.children());
        children.into_iter().flatten().filter(|part| *part.kind() == BlockKind::Cell).map(Cell)
    }

    /// Its words, selection elements and signatures; those of all its parts if it is merged.
    pub fn tokens(&self) -> impl Iterator<Item = Token<'d>> + use<'d> {
        let own = (!self.is_merged()).then_some(self.0);
        own.into_iter().chain(self.parts().map(|part| part.0)).flat_map(|block| block.content())
    }

    /// Its words, joined by one space, with `[X]` or `[ ]` for a check box.
    pub fn text(&self) -> String {
        if self.is_merged() {
            joined_texts(self.parts().map(|part| joined(part.content())))
        } else {
            joined(self.content())
        }
    }

    /// Whether it or one of its parts has this role.
    pub fn has_role(&self, role: &EntityType) -> bool {
        self.has_entity_type(role) || self.parts().any(|part| part.has_entity_type(role))
    }

    /// Whether it is in the header of its table.
    pub fn is_column_header(&self) -> bool {
        self.has_role(&EntityType::ColumnHeader)
    }

    /// Whether it is the title of a section of its table.
    pub fn is_section_title(&self) -> bool {
        self.has_role(&EntityType::TableSectionTitle)
    }

    /// Whether it is a summary of its table.
    pub fn is_summary(&self) -> bool {
        self.has_role(&EntityType::TableSummary)
    }

    /// Whether it holds a title of its table.
    pub fn is_title(&self) -> bool {
        self.has_role(&EntityType::TableTitle)
    }

    /// Whether it holds a footer of its table.
    pub fn is_footer(&self) -> bool {
        self.has_role(&EntityType::TableFooter)
    }
}

impl<'d> TableCaption<'d> {
    /// Its words, joined by one space.
    pub fn text(&self) -> String {
        joined(self.content())
    }

    /// Whether it is outside of the grid: none of its words is in a cell.
    pub fn is_floating(&self, table: &Table<'_>) -> bool {
        let own: HashSet<u32> = self.content().map(|token| token.block_ref().index()).collect();
        let mut in_cells = table.cells().flat_map(|cell| cell.tokens());
        !in_cells.any(|token| own.contains(&token.block_ref().index()))
    }
}

impl<'d> Table<'d> {
    pub(super) fn new(block: BlockRef<'d>) -> Self {
        let of_kind = |related: RelationshipKind, kind: BlockKind| {
            block.related(related).filter(move |cell| *cell.kind() == kind).map(Cell)
        };
        let is_placed = |cell: &Cell<'_>| cell.row() > 0 && cell.column() > 0;
        let (mut cells, mut unplaced): (Vec<_>, Vec<_>) =
            of_kind(RelationshipKind::Child, BlockKind::Cell).partition(is_placed);
        let (merged, misplaced): (Vec<_>, Vec<_>) =
            of_kind(RelationshipKind::MergedCell, BlockKind::MergedCell).partition(is_placed);
        unplaced.extend(misplaced);
        let single = cells.len();
        cells.extend(merged);
        let grid = Grid::new(&cells, single);
        Self { block, cells, unplaced, grid }
    }

    /// The number of rows.
    pub fn row_count(&self) -> u32 {
        self.grid.rows
    }

    /// The number of columns.
    pub fn column_count(&self) -> u32 {
        self.grid.columns
    }

    /// The cell at this row and column, both from 1: the merged cell, if one covers the place.
    pub fn cell(&self, row: u32, column: u32) -> Option<Cell<'d>> {
        self.slot(row, column).cell()
    }

    /// What is at this row and column, both from 1.
    pub fn slot(&self, row: u32, column: u32) -> Slot<'d> {
        match self.grid.get(row, column) {
            Place::Empty => Slot::Empty,
            Place::Start(index) => {
                self.cells.get(index as usize).map_or(Slot::Empty, |cell| Slot::Cell(*cell))
            }
            Place::Covered(index) => {
                self.cells.get(index as usize).map_or(Slot::Empty, |cell| Slot::Covered(*cell))
            }
        }
    }

    /// What is in a row, from 1, column by column.
    pub fn row(&self, row: u32) -> impl ExactSizeIterator<Item = Slot<'d>> + '_ {
        let end = if (1..=self.row_count()).contains(&row) { self.column_count() } else { 0 };
        (0..end).map(move |column| self.slot(row, column + 1))
    }

    /// The rows, each column by column.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Vec<Slot<'d>>> + '_ {
        (0..self.row_count()).map(|row| self.row(row + 1).collect())
    }

    /// The single cells, in the order of the response.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'d>> + '_ {
        self.cells.iter().chain(&self.unplaced).copied().filter(|cell| !cell.is_merged())
    }

    /// The merged cells, in the order of the response.
    pub fn merged_cells(&self) -> impl Iterator<Item = Cell<'d>> + '_ {
        self.cells.iter().chain(&self.unplaced).copied().filter(Cell::is_merged)
    }

    /// The cells without a row or without a column, which are nowhere in the grid. Textract sends none.
    pub fn unplaced_cells(&self) -> impl Iterator<Item = Cell<'d>> + '_ {
        self.unplaced.iter().copied()
    }

    /// The cells that begin somewhere in the grid, row by row: all except the unplaced ones, the parts of merged ones, and
    /// those whose place a later cell also takes.
    pub(super) fn shown_cells(&self) -> impl Iterator<Item = Cell<'d>> + '_ {
        let starts = self.grid.slots.iter().filter_map(|place| match place {
            Place::Start(index) => Some(*index as usize),
            Place::Empty | Place::Covered(_) => None,
        });
        starts.filter_map(|index| self.cells.get(index).copied())
    }

    /// The texts of all places, row by row.
    pub fn texts(&self, merged: Merged) -> Vec<Vec<String>> {
        let text = |slot: Slot<'_>| match slot {
            Slot::Cell(cell) => cell.text(),
            Slot::Covered(cell) if merged == Merged::Repeated => cell.text(),
            Slot::Covered(_) | Slot::Empty => String::new(),
        };
        self.rows().map(|row| row.into_iter().map(text).collect()).collect()
    }

    /// The rows that are the header, from 1: those at the beginning in which at least nine of ten columns have a cell of
    /// the role COLUMN_HEADER. Rows of titles above them are skipped.
    pub fn header_rows(&self) -> std::ops::Range<u32> {
        // A merged cell is asked once for all places that it covers.
        let mut asked = HashMap::new();
        let mut covered = |row: u32, role: EntityType| {
            let mut has_role = |cell: Cell<'d>| {
                let answer = asked.entry((cell.index(), role.clone()));
                *answer.or_insert_with(|| cell.has_role(&role))
            };
            let have = self.row(row).filter(|slot| slot.cell().is_some_and(&mut has_role)).count();
            have > 0 && have * 10 >= self.column_count() as usize * 9
        };
        let first = (1..=self.row_count()).find(|row| !covered(*row, EntityType::TableTitle)).unwrap_or(1);
        let mut rest = first..=self.row_count();
        let end = rest.find(|row| !covered(*row, EntityType::ColumnHeader)).unwrap_or(self.row_count() + 1);
        first..end
    }

    /// The header of a column, from 1: the texts of its header cells, top to bottom, joined by one space.
    pub fn header(&self, column: u32) -> Option<String> {
        self.header_within(self.header_rows(), column)
    }

    fn header_within(&self, rows: std::ops::Range<u32>, column: u32) -> Option<String> {
        let mut last = None;
        let cells = rows.filter_map(|row| self.cell(row, column));
        // A header that spans rows counts once.
        let cells: Vec<_> = cells.filter(|cell| last.replace(*cell) != Some(*cell)).collect();
        (!cells.is_empty()).then(|| joined_texts(cells.iter().map(Cell::text)))
    }

    /// The number of the column with this header, from 1, apart from case, Unicode form and the space around it.
    pub fn column_named(&self, header: &str) -> Option<u32> {
        let wanted = fold(header);
        let rows = self.header_rows();
        let header = |column| self.header_within(rows.clone(), column);
        (1..=self.column_count()).find(|column| header(*column).is_some_and(|text| fold(&text) == wanted))
    }

    /// The places of the column with this header, below the header.
    pub fn column(&self, header: &str) -> Option<Vec<Slot<'d>>> {
        let column = self.column_named(header)?;
        Some((self.header_rows().end..=self.row_count()).map(|row| self.slot(row, column)).collect())
    }

    /// The titles, within the table or outside.
    pub fn titles(&self) -> impl Iterator<Item = TableCaption<'d>> + use<'d> {
        self.block
            .related_by(|kind| matches!(kind, RelationshipKind::TableTitle | RelationshipKind::Title))
            .map(TableCaption)
    }

    /// The footers, within the table or outside.
    pub fn footers(&self) -> impl Iterator<Item = TableCaption<'d>> + use<'d> {
        self.block
            .related_by(|kind| matches!(kind, RelationshipKind::TableFooter | RelationshipKind::Footer))
            .map(TableCaption)
    }

    /// Whether Textract classed it as structured: it has plain rows and columns.
    pub fn is_structured(&self) -> bool {
        self.has_entity_type(&EntityType::StructuredTable)
    }

    /// Whether Textract classed it as semi-structured: its rows or columns are not all alike. Old responses class no table.
    pub fn is_semi_structured(&self) -> bool {
        self.has_entity_type(&EntityType::SemiStructuredTable)
    }

    /// Whether its cells do not make a grid, because they claim far more places than there are cells, or repeat a long text
    /// at very many places: then each has a row of its own.
    pub fn is_scattered(&self) -> bool {
        self.grid.is_scattered
    }
}

impl<'d> Slot<'d> {
    /// The cell that covers this place, even if it begins elsewhere.
    pub fn cell(&self) -> Option<Cell<'d>> {
        match self {
            Self::Cell(cell) | Self::Covered(cell) => Some(*cell),
            Self::Empty => None,
        }
    }

    /// The cell that begins here.
    pub fn start(&self) -> Option<Cell<'d>> {
        match self {
            Self::Cell(cell) => Some(*cell),
            Self::Covered(_) | Self::Empty => None,
        }
    }
}

/// How many places a table may have for each of its cells, beyond [`FREE_PLACES`]. Textract sends a cell for each place; a
/// table that claims many more was made up, so that a few bytes fill the memory.
const PLACES_A_CELL: u64 = 64;
const FREE_PLACES: u64 = 256;

/// How many bytes of text a table may have at all its places together, beyond [`PLACES_A_CELL`] times those of its cells. The
/// text of a cell can be repeated at each place that it covers, and one large cell with a long text would make far more.
const FREE_TEXT: u64 = 64 * 1024;

/// Whether the text of the cells at all their places would be far longer than once.
fn repeats_too_much(cells: &[Cell<'_>], area: impl Fn(&Cell<'_>) -> u64) -> bool {
    // Nearly no table has a cell that large, and those without one need not be read.
    if cells.iter().all(|cell| area(cell) <= PLACES_A_CELL) {
        return false;
    }
    let (mut once, mut everywhere) = (0_u64, 0_u64);
    for cell in cells {
        let text = cell.tokens().map(|token| token.text().len() as u64 + 1).sum();
        once = once.saturating_add(text);
        everywhere = everywhere.saturating_add(text.saturating_mul(area(cell)));
    }
    everywhere > once.saturating_mul(PLACES_A_CELL).saturating_add(FREE_TEXT)
}

impl Grid {
    /// The grid of these cells, of which the first `single` are not merged.
    fn new(cells: &[Cell<'_>], single: usize) -> Self {
        let (single_cells, merged_cells) = cells.split_at_checked(single).unwrap_or((cells, &[]));
        let last = |index: u32, span: u32| index.saturating_add(span - 1);
        let rows = single_cells.iter().map(|cell| last(cell.row(), cell.row_span())).max().unwrap_or(0);
        let columns =
            single_cells.iter().map(|cell| last(cell.column(), cell.column_span())).max().unwrap_or(0);
        // A merged cell cannot claim more than there is.
        let area = |cell: &Cell<'_>| {
            u64::from(cell.row_span().min(rows)) * u64::from(cell.column_span().min(columns))
        };
        let spanned = cells.iter().map(&area);
        let claimed = spanned.fold(0_u64, u64::saturating_add).max(u64::from(rows) * u64::from(columns));
        let most = cells.len() as u64 * PLACES_A_CELL + FREE_PLACES;
        if claimed > most || repeats_too_much(cells, area) {
            let rows = u32::try_from(single_cells.len()).unwrap_or(u32::MAX);
            return Self {
                rows,
                columns: 1,
                slots: (0..rows).map(Place::Start).collect(),
                is_scattered: true,
            };
        }
        let slots = vec![Place::Empty; rows as usize * columns as usize];
        let mut grid = Self { rows, columns, slots, is_scattered: false };
        for (index, cell) in (0..).zip(single_cells) {
            grid.set(cell.row(), cell.column(), Place::Start(index));
        }
        for (index, cell) in (0..).zip(single_cells) {
            grid.cover(cell, index);
        }
        for (index, cell) in (single as u32..).zip(merged_cells) {
            for part in cell.parts() {
                grid.set(part.row(), part.column(), Place::Covered(index));
            }
            grid.set(cell.row(), cell.column(), Place::Start(index));
            grid.cover(cell, index);
        }
        grid
    }

    fn index(&self, row: u32, column: u32) -> Option<usize> {
        let inside = (1..=self.rows).contains(&row) && (1..=self.columns).contains(&column);
        inside.then(|| (row as usize - 1) * self.columns as usize + column as usize - 1)
    }

    fn get(&self, row: u32, column: u32) -> Place {
        self.index(row, column).and_then(|index| self.slots.get(index)).copied().unwrap_or_default()
    }

    fn set(&mut self, row: u32, column: u32, place: Place) {
        if let Some(slot) = self.index(row, column).and_then(|index| self.slots.get_mut(index)) {
            *slot = place;
        }
    }

    /// Gives a cell the places that it spans and no other cell has.
    fn cover(&mut self, cell: &Cell<'_>, index: u32) {
        for row in cell.row()..cell.row().saturating_add(cell.row_span().min(self.rows)) {
            for column in cell.column()..cell.column().saturating_add(cell.column_span().min(self.columns)) {
                if self.get(row, column) == Place::Empty {
                    self.set(row, column, Place::Covered(index));
                }
            }
        }
    }
}

impl<'d> Deref for Table<'d> {
    type Target = BlockRef<'d>;

    fn deref(&self) -> &BlockRef<'d> {
        &self.block
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { block, cells, unplaced, grid } = self;
        f.debug_struct("Table")
            .field("block", block)
            .field("rows", &grid.rows)
            .field("columns", &grid.columns)
            .field("cells", &cells.len())
            .field("unplaced", &unplaced.len())
            .finish()
    }
}

impl Document {
    /// The tables that have a column with this header, in any case; see [`Table::column_named`].
    pub fn tables_with_column<'d>(&'d self, header: &str) -> impl Iterator<Item = Table<'d>> + use<'d> {
        let header = header.to_owned();
        self.tables().filter(move |table| table.column_named(&header).is_some())
    }
}
