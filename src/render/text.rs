//! Plain text.

use super::canvas::{Canvas, Separator};
use super::line::Escape;
use super::table::{Rows, shown};
use super::{Render, TableStyle, html};
use crate::block::BlockKind;
use crate::document::flow::{Content, Flow, PlacedTable};
use crate::document::{Table, Token};

pub(super) struct Plain;

impl Escape for Plain {
    fn escape(&self, text: &str, _: bool, out: &mut String) {
        out.push_str(text);
    }
}

pub(super) fn page(render: &Render, canvas: &mut Canvas, flow: &Flow<'_>) {
    let mut group = None;
    for piece in flow.pieces.iter().filter(|piece| !render.is_left_out(piece)) {
        // Without the layout nothing is known about paragraphs.
        let is_line = *piece.kind == BlockKind::Line;
        let follows = group
            .replace((piece.group, is_line))
            .is_some_and(|(group, was_line)| group == piece.group || (is_line && was_line));
        canvas.separate(if follows { Separator::Line } else { Separator::Paragraph });
        let open = |canvas: &mut Canvas| render.text_separator(canvas);
        match &piece.content {
            Content::Lines(lines) => {
                render.lines(canvas, &Plain, flow.lines(lines), &render.line_separator, open);
            }
            Content::Field(field) => {
                render.field(canvas, [&Plain, &Plain], field, open);
            }
            Content::Token(token) => {
                render.tokens(canvas, &Plain, [*token], open);
            }
            Content::Table(table) => write_table(render, canvas, table),
        }
    }
}

fn write_table(render: &Render, canvas: &mut Canvas, placed: &PlacedTable<'_>) {
    let captions = |canvas: &mut Canvas, captions: &[Vec<Token<'_>>]| {
        for caption in captions {
            let tokens = caption.iter().copied();
            render.tokens(canvas, &Plain, tokens, |canvas| render.text_separator(canvas));
            canvas.separate(Separator::Line);
        }
    };
    captions(canvas, &placed.titles);
    let table = &placed.table;
    if render.table_style == TableStyle::Html && table.row_count() > 0 {
        render.text_separator(canvas);
        html::write_table(render, canvas, table, None);
    } else if render.table_style == TableStyle::Aligned {
        write_aligned(render, canvas, table);
    } else {
        write_plain(render, canvas, table);
    }
    canvas.separate(Separator::Line);
    captions(canvas, &placed.footers);
}

/// A row whose cells are all empty is written like any other, except that of a single cell: it would be a blank line.
fn write_plain(render: &Render, canvas: &mut Canvas, table: &Table<'_>) {
    for row in table.rows() {
        let is_single = row.len() == 1;
        if !is_single {
            render.text_separator(canvas);
        }
        let mut is_empty = true;
        for (column, slot) in row.into_iter().enumerate() {
            if column > 0 {
                canvas.push(&render.cell_separator);
            }
            let tokens = shown(slot, render.merged).into_iter().flat_map(|cell| cell.tokens());
            let open = |canvas: &mut Canvas| {
                if is_single {
                    render.text_separator(canvas);
                }
            };
            is_empty &= !render.tokens(canvas, &Plain, tokens, open);
        }
        if !(is_single && is_empty) {
            canvas.separate(Separator::Line);
        }
    }
}

/// As plain, with every column as wide as its widest cell; the widths have to be known first.
fn write_aligned(render: &Render, canvas: &mut Canvas, table: &Table<'_>) {
    let rows = Rows::new(render, canvas, &Plain, table.rows(), render.merged);
    let widths = rows.widths();
    for row in rows.rows {
        if row.len() == 1 && row.iter().all(Canvas::is_empty) {
            continue;
        }
        render.text_separator(canvas);
        let last = row.len().saturating_sub(1);
        for (column, cell) in row.into_iter().enumerate() {
            let padding = widths.get(column).map_or(0, |width| width.saturating_sub(cell.width()));
            canvas.append(cell);
            if column < last {
                (0..padding).for_each(|_| canvas.push(" "));
                canvas.push("  ");
            }
        }
        canvas.separate(Separator::Line);
    }
}

impl Render {
    /// Writes the separator that is due.
    fn text_separator(&self, canvas: &mut Canvas) {
        match canvas.take_due() {
            None => {}
            Some(Separator::Line) => canvas.push("\n"),
            Some(Separator::Paragraph) => canvas.push(&self.paragraph_separator),
            Some(Separator::Page) => canvas.push(&self.page_separator),
        }
    }

    /// Whether the separator of pages marks each of them, even blank ones.
    pub(super) fn marks_pages(&self) -> bool {
        !self.page_separator.trim_matches(['\n', '\r', ' ']).is_empty()
    }
}
