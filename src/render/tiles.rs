//! The cells of a table as rectangles that fill its grid.

use crate::document::{Cell, Slot, Table};

/// What is at a place of the grid.
#[derive(Clone, Copy)]
pub(super) enum Tile<'d> {
    /// A cell that begins here and has this many rows and columns to itself.
    Cell { cell: Cell<'d>, rows: u32, columns: u32 },
    /// A part of a cell that begins above or to the left.
    Covered,
    /// A place outside of any rectangle: of no cell, or of one whose places do not make a rectangle, for example because
    /// another cell is among them.
    Empty,
}

/// The rows of a table. The rectangles never overlap: a cell that does not have all places that it spans gets only one.
pub(super) fn tiles<'d>(table: &Table<'d>) -> Vec<Vec<Tile<'d>>> {
    let slots: Vec<Vec<Slot<'d>>> = table.rows().collect();
    let mut tiles: Vec<Vec<Tile<'d>>> = slots.iter().map(|row| vec![Tile::Empty; row.len()]).collect();
    for (row, line) in slots.iter().enumerate() {
        for (column, slot) in line.iter().enumerate() {
            let Some(cell) = slot.start() else { continue };
            let (rows, columns) = extent(&slots, cell, row, column);
            for (index, line) in tiles.iter_mut().skip(row).take(rows as usize).enumerate() {
                for (offset, tile) in line.iter_mut().skip(column).take(columns as usize).enumerate() {
                    let is_start = (index, offset) == (0, 0);
                    *tile = if is_start { Tile::Cell { cell, rows, columns } } else { Tile::Covered };
                }
            }
        }
    }
    tiles
}

/// The number of rows and columns that a cell has to itself, from its first place on.
fn extent(slots: &[Vec<Slot<'_>>], cell: Cell<'_>, row: usize, column: usize) -> (u32, u32) {
    let (rows, columns) = (cell.row_span(), cell.column_span());
    let is_in_place = (cell.row() as usize, cell.column() as usize) == (row + 1, column + 1);
    let has = |line: &Vec<Slot<'_>>, is_first: bool| {
        let own = line.get(column..).and_then(|rest| rest.get(..columns as usize));
        own.is_some_and(|own| {
            let rest = if is_first { own.get(1..).unwrap_or_default() } else { own };
            rest.iter().all(|slot| matches!(slot, Slot::Covered(other) if *other == cell))
        })
    };
    let own = slots.get(row..).and_then(|rest| rest.get(..rows as usize));
    let is_whole = is_in_place
        && own.is_some_and(|own| own.iter().enumerate().all(|(index, line)| has(line, index == 0)));
    if is_whole { (rows, columns) } else { (1, 1) }
}
