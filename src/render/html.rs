//! HTML fragments.

use super::Render;
use super::canvas::Canvas;
use super::element::{self, Element, Role, elements};
use super::line::Escape;
use super::table::roles;
use super::tiles::{Tile, tiles};
use crate::document::flow::{Content, Flow, PlacedTable};
use crate::document::{Cell, Field, Table, Token};

/// Text in which nothing is read as markup.
struct Html;

impl Escape for Html {
    fn escape(&self, text: &str, _: bool, out: &mut String) {
        // A word has no line breaks in it; if one does, it keeps them, and in Markdown they do not end the markup.
        match text.find(is_break) {
            None => drop(html_escape::encode_text_to_string(text, out)),
            Some(_) => {
                for part in text.split_inclusive(is_break) {
                    let plain = part.trim_end_matches(is_break);
                    html_escape::encode_text_to_string(plain, out);
                    let breaks = part.get(plain.len()..).unwrap_or_default();
                    breaks.chars().for_each(|character| push_reference(character, out));
                }
            }
        }
    }

    fn mark(&self, mark: &str, out: &mut String) {
        self.escape(mark, false, out);
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\u{c}' | '\r')
}

/// Writes a character as a reference, for HTML and Markdown that must not interpret it.
pub(super) fn push_reference(character: char, out: &mut String) {
    out.push_str(&format!("&#{};", u32::from(character)));
}

pub(super) fn page(render: &Render, canvas: &mut Canvas, number: u32, flow: &Flow<'_>) {
    if canvas.take_due().is_some() {
        canvas.push("\n");
    }
    let mut body = canvas.aside();
    for element in elements(render, flow) {
        write_element(render, &mut body, flow, &element);
    }
    canvas.push(&format!("<section data-page=\"{number}\">"));
    let is_blank = body.is_empty();
    canvas.append(body);
    canvas.push(if is_blank { "</section>" } else { "\n</section>" });
}

fn write_element<'d>(render: &Render, canvas: &mut Canvas, flow: &Flow<'d>, element: &Element<'_, 'd>) {
    let (open, close) = match element.role {
        Role::Title => ("<h1>", "</h1>"),
        Role::SectionHeader => ("<h2>", "</h2>"),
        Role::Header => ("<header>", "</header>"),
        Role::Footer => ("<footer>", "</footer>"),
        Role::PageNumber => ("<p class=\"page-number\">", "</p>"),
        Role::Figure => ("<figure>", "</figure>"),
        Role::Text | Role::Lines => ("<p>", "</p>"),
        Role::Signature => ("<p class=\"signature\">", "</p>"),
        Role::Selection => ("<p class=\"selection\">", "</p>"),
        Role::List => ("<ul>", "</ul>"),
        Role::KeyValue => ("<dl>", "</dl>"),
        Role::Table => ("", ""),
    };
    let mut inner = canvas.aside();
    match element.role {
        Role::List => {
            for piece in &element.pieces {
                let lines = element::lines(piece, flow);
                wrap(&mut inner, "\n<li>", "</li>", |canvas| {
                    render.lines(canvas, &Html, lines, " ", |_| {});
                });
            }
        }
        _ => {
            let between = if element.role == Role::Lines { "<br>\n" } else { " " };
            render.lines(&mut inner, &Html, element.lines(flow), between, |_| {});
        }
    }
    for piece in &element.pieces {
        match &piece.content {
            Content::Lines(_) => {}
            Content::Field(field) => write_field(render, &mut inner, field),
            Content::Token(token) => write_tokens(render, &mut inner, [*token]),
            Content::Table(table) => write_placed(render, &mut inner, table),
        }
    }
    if inner.is_empty() {
        return;
    }
    if element.role == Role::Table {
        canvas.append(inner);
        return;
    }
    canvas.push("\n");
    canvas.push(open);
    canvas.append(inner);
    if matches!(element.role, Role::List | Role::KeyValue) {
        canvas.push("\n");
    }
    canvas.push(close);
}

/// Writes two tags and what is between them, if there is anything.
fn wrap(canvas: &mut Canvas, open: &str, close: &str, write: impl FnOnce(&mut Canvas)) {
    let mut inner = canvas.aside();
    write(&mut inner);
    if !inner.is_empty() {
        canvas.push(open);
        canvas.append(inner);
        canvas.push(close);
    }
}

fn write_tokens<'d>(render: &Render, canvas: &mut Canvas, tokens: impl IntoIterator<Item = Token<'d>>) {
    render.tokens(canvas, &Html, tokens, |_| {});
}

fn write_field(render: &Render, canvas: &mut Canvas, field: &Field<'_>) {
    let (mut key, mut value) = (canvas.aside(), canvas.aside());
    write_tokens(render, &mut key, field.key_tokens());
    write_tokens(render, &mut value, field.value_tokens());
    if !(key.is_empty() && value.is_empty()) {
        canvas.push("\n<dt>");
        canvas.append(key);
        canvas.push("</dt><dd>");
        canvas.append(value);
        canvas.push("</dd>");
    }
}

/// A table, its titles as the caption and its footers after it.
fn write_placed(render: &Render, canvas: &mut Canvas, placed: &PlacedTable<'_>) {
    let mut caption = canvas.aside();
    for title in &placed.titles {
        let between = if caption.is_empty() { "" } else { "<br>\n" };
        render.tokens(&mut caption, &Html, title.iter().copied(), |canvas| canvas.push(between));
    }
    if placed.table.row_count() > 0 {
        canvas.push("\n");
        write_table(render, canvas, &placed.table, Some(caption));
    } else {
        wrap(canvas, "\n<p class=\"table-title\">", "</p>", |canvas| canvas.append(caption));
    }
    for footer in &placed.footers {
        wrap(canvas, "\n<p class=\"table-footer\">", "</p>", |canvas| {
            write_tokens(render, canvas, footer.iter().copied());
        });
    }
}

/// A table, in which merged cells span rows and columns.
pub(super) fn write_table(render: &Render, canvas: &mut Canvas, table: &Table<'_>, caption: Option<Canvas>) {
    canvas.push("<table>");
    if let Some(caption) = caption {
        wrap(canvas, "\n<caption>", "</caption>", |canvas| canvas.append(caption));
    }
    let header = render.header_rows(table);
    let rows = tiles(table);
    // The rows of the head: those of the header, and the titles above it. A cell that is in both head and body has to stay
    // whole, so then there is no head.
    let head = if header.is_empty() { 0 } else { header.end.saturating_sub(1) };
    let reaches_out = |row: usize, tile: &Tile<'_>| matches!(tile, Tile::Cell { rows, .. } if row < head as usize && row + *rows as usize > head as usize);
    let is_parted = head > 0
        && !rows.iter().enumerate().any(|(row, tiles)| tiles.iter().any(|tile| reaches_out(row, tile)));
    canvas.push(if is_parted { "\n<thead>" } else { "\n<tbody>" });
    let count = rows.len();
    for (row, tiles) in (1..).zip(rows) {
        canvas.push("\n<tr>");
        for tile in tiles {
            let name = if header.contains(&row) { "th" } else { "td" };
            match tile {
                Tile::Cell { cell, rows, columns } => {
                    canvas.push("<");
                    canvas.push(name);
                    push_attributes(canvas, &cell, name, rows, columns);
                    canvas.push(">");
                    write_tokens(render, canvas, cell.tokens());
                    canvas.push(&format!("</{name}>"));
                }
                Tile::Covered => {}
                Tile::Empty => canvas.push(&format!("<{name}></{name}>")),
            }
        }
        canvas.push("</tr>");
        if is_parted && row == head {
            canvas.push("\n</thead>");
            if (row as usize) < count {
                canvas.push("\n<tbody>");
            }
        }
    }
    if !(is_parted && head as usize >= count) {
        canvas.push("\n</tbody>");
    }
    canvas.push("\n</table>");
}

fn push_attributes(canvas: &mut Canvas, cell: &Cell<'_>, name: &str, rows: u32, columns: u32) {
    if name == "th" {
        canvas.push(" scope=\"col\"");
    }
    for (name, span) in [("rowspan", rows), ("colspan", columns)] {
        if span > 1 {
            canvas.push(&format!(" {name}=\"{span}\""));
        }
    }
    let classes: Vec<_> = roles(cell).collect();
    if !classes.is_empty() {
        canvas.push(&format!(" class=\"{}\"", classes.join(" ")));
    }
}
