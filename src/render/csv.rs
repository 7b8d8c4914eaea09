//! The tables as CSV.

use std::collections::HashMap;

use csv_core::{QuoteStyle, Terminator, WriterBuilder};

use super::canvas::{Canvas, Separator};
use super::table::Rows;
use super::text::Plain;
use super::{Render, Rendering};
use crate::document::flow::{Content, Flow};
use crate::document::{Document, Slot, Table};

pub(super) fn page(render: &Render, canvas: &mut Canvas, flow: &Flow<'_>) {
    for table in tables(render, flow) {
        write_table(render, canvas, table.column_count(), table.rows());
    }
}

/// A whole document, whose tables are joined with their continuations on the next pages.
pub(super) fn joined(render: &Render, document: &Document, with_map: bool) -> Rendering {
    let mut canvas = Canvas::new(with_map);
    // In reading order and without what is left out, as page by page.
    let mut order = HashMap::new();
    for page in document.pages() {
        for table in tables(render, &Flow::without(page, &render.hidden)) {
            order.insert(table.index(), order.len());
        }
    }
    let place = |table: &Table<'_>| order.get(&table.index()).copied();
    let kept =
        document.joined_tables().into_iter().filter_map(|joined| joined.retain(|part| place(part).is_some()));
    let mut joined: Vec<_> = kept
        .map(|joined| {
            let first = joined.parts().next().and_then(place);
            (first, joined)
        })
        .collect();
    joined.sort_by_key(|(place, _)| *place);
    for (_, table) in joined {
        write_table(render, &mut canvas, table.column_count(), table.rows());
    }
    canvas.take()
}

fn tables<'f, 'd>(render: &Render, flow: &'f Flow<'d>) -> impl Iterator<Item = &'f Table<'d>> {
    let pieces = flow.pieces.iter().filter(|piece| !render.is_left_out(piece));
    pieces.filter_map(|piece| match &piece.content {
        Content::Table(placed) => Some(&placed.table),
        Content::Lines(_) | Content::Field(_) | Content::Token(_) => None,
    })
}

fn write_table<'d>(
    render: &Render,
    canvas: &mut Canvas,
    columns: u32,
    rows: impl Iterator<Item = Vec<Slot<'d>>>,
) {
    let rows = Rows::new(render, canvas, &Plain, rows, render.merged).rows;
    if rows.is_empty() {
        return;
    }
    canvas.separate(Separator::Paragraph);
    if canvas.take_due().is_some() {
        canvas.push("\n");
    }
    for mut row in rows {
        row.resize_with(columns as usize, || canvas.aside());
        write_row(render, canvas, row);
    }
}

fn write_row(render: &Render, canvas: &mut Canvas, row: Vec<Canvas>) {
    let mut writer = WriterBuilder::new();
    writer.terminator(Terminator::Any(b'\n'));
    if render.guard_formulas {
        writer.quote_style(QuoteStyle::Always);
    }
    let mut writer = writer.build();
    let mut buffer = Vec::new();
    for (index, cell) in row.into_iter().enumerate() {
        if index > 0 {
            push(canvas, &mut buffer, MOST_OF_A_MARK, |buffer| writer.delimiter(buffer).1);
        }
        let formulas = if render.guard_formulas { formulas(cell.text()) } else { Vec::new() };
        let field = guarded(cell.text(), &formulas);
        // Twice as long if it is all quotation marks, with one before it.
        buffer.resize(2 + 2 * field.len(), 0);
        let (_, _, end) = writer.field(field.as_bytes(), &mut buffer);
        let written = text(&buffer, end);
        let is_quoted = written.len() > field.len();
        let quotes: Vec<usize> = field.match_indices('"').map(|(at, _)| at).collect();
        canvas.append_as(cell, written, |at| {
            let at = at + GUARD.len() * formulas.partition_point(|formula| *formula <= at);
            if is_quoted { 1 + at + quotes.partition_point(|quote| *quote < at) } else { at }
        });
    }
    push(canvas, &mut buffer, MOST_OF_A_MARK, |buffer| writer.terminator(buffer).1);
}

/// What keeps a spreadsheet from reading a formula behind it.
const GUARD: &str = "'";

/// Where in a cell a spreadsheet may begin to read a formula: at its beginning, and behind a character that separates cells
/// in some locales. In these, quotation marks enclose the first cell of a row at most.
fn formulas(text: &str) -> Vec<usize> {
    let mut formulas = Vec::new();
    let mut is_beginning = true;
    for (at, character) in text.char_indices() {
        let is_break = matches!(character, '\t' | '\r' | '\n');
        if (is_beginning && matches!(character, '=' | '+' | '-' | '@')) || (at == 0 && is_break) {
            formulas.push(at);
        }
        let is_skipped = is_beginning && matches!(character, ' ' | '"');
        is_beginning = is_skipped || is_break || character == ';';
    }
    formulas
}

/// The text with a guard before each formula.
fn guarded(text: &str, formulas: &[usize]) -> String {
    let mut guarded = String::with_capacity(text.len() + GUARD.len() * formulas.len());
    let mut rest = (0, text);
    for formula in formulas {
        let (before, behind) = rest.1.split_at_checked(formula - rest.0).unwrap_or((rest.1, ""));
        guarded.push_str(before);
        guarded.push_str(GUARD);
        rest = (*formula, behind);
    }
    guarded.push_str(rest.1);
    guarded
}

/// The most bytes of what ends a field or a row: both quotation marks of an empty one, and the end itself.
const MOST_OF_A_MARK: usize = 8;

/// Writes what `write` puts into the buffer; it returns how many bytes that are.
fn push(canvas: &mut Canvas, buffer: &mut Vec<u8>, most: usize, write: impl FnOnce(&mut [u8]) -> usize) {
    buffer.resize(most, 0);
    let end = write(buffer);
    canvas.push(text(buffer, end));
}

/// What was written; it is UTF-8, as fields are written whole.
fn text(buffer: &[u8], end: usize) -> &str {
    std::str::from_utf8(buffer.get(..end).unwrap_or_default()).unwrap_or_default()
}
