//! The cells of a table, written aside, and their roles.

use super::Render;
use super::canvas::Canvas;
use super::line::Escape;
use crate::document::{Cell, Merged, Slot};

/// The rows of a table as text, each cell on a canvas of its own.
pub(super) struct Rows {
    pub(super) rows: Vec<Vec<Canvas>>,
}

/// The most characters that a column is padded to.
const WIDEST: usize = 200;

impl Rows {
    pub(super) fn new<'d>(
        render: &Render,
        canvas: &Canvas,
        escape: &impl Escape,
        rows: impl Iterator<Item = Vec<Slot<'d>>>,
        merged: Merged,
    ) -> Self {
        let cell = |slot: Slot<'_>| {
            let mut aside = canvas.aside();
            if let Some(cell) = shown(slot, merged) {
                render.tokens(&mut aside, escape, cell.tokens(), |_| {});
            }
            aside
        };
        Self { rows: rows.map(|row| row.into_iter().map(cell).collect()).collect() }
    }

    /// The widths of the columns, in characters, for padding: a cell wider than the limit sticks out and does not widen every row.
    pub(super) fn widths(&self) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column| {
            self.rows.iter().filter_map(|row: &Vec<Canvas>| row.get(column)).map(Canvas::width).max()
        };
        (0..columns).map(|column| width(column).unwrap_or(0).min(WIDEST)).collect()
    }
}

/// The cell that is written at a place.
pub(super) fn shown(slot: Slot<'_>, merged: Merged) -> Option<Cell<'_>> {
    match slot {
        Slot::Covered(_) if merged == Merged::Once => None,
        slot => slot.cell(),
    }
}

/// The roles of a cell besides that in the header, by their names in HTML and JSON.
pub(super) fn roles(cell: &Cell<'_>) -> impl Iterator<Item = &'static str> {
    let roles = [
        (cell.is_title(), "title"),
        (cell.is_section_title(), "section-title"),
        (cell.is_summary(), "summary"),
        (cell.is_footer(), "footer"),
    ];
    roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role)
}
