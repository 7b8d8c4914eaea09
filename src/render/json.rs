//! A JSON document, whose shape is documented at [`Format::Json`](super::Format::Json).

use serde::Serialize;

use super::Render;
use super::canvas::Canvas;
use super::element::{self, Element, Role, elements};
use super::line::Escape;
use super::table::roles;
use super::tiles::{Tile, tiles};
use crate::block::{BlockKind, BoundingBox};
use crate::document::flow::{Content, Flow, PlacedTable};
use crate::document::{AskedQuery, Cell, Field, Page, Token};

/// Text within a string.
struct Json;

impl Escape for Json {
    fn escape(&self, text: &str, _: bool, out: &mut String) {
        let quoted = written(text);
        out.push_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default());
    }

    fn mark(&self, mark: &str, out: &mut String) {
        self.escape(mark, false, out);
    }
}

/// A value as JSON. Strings, numbers and what consists of them can always be written.
fn written(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Writes the comma before an item of a list that is not the first one.
fn next(canvas: &mut Canvas) {
    if !canvas.text().ends_with('[') {
        canvas.push(",");
    }
}

pub(super) fn page(render: &Render, canvas: &mut Canvas, page: Page<'_>, flow: &Flow<'_>) {
    let is_first = canvas.take_due().is_none();
    canvas.push(if is_first { "{\"pages\":[" } else { "," });
    canvas.push(&format!("{{\"number\":{},\"elements\":[", page.number()));
    for element in elements(render, flow) {
        write_element(render, canvas, flow, &element);
    }
    canvas.push("],\"queries\":[");
    if !render.is_hidden(&BlockKind::Query) {
        page.queries().for_each(|query| write_query(render, canvas, &query));
    }
    canvas.push("]}");
}

/// What comes after the last page.
pub(super) fn end(canvas: &mut Canvas) {
    if !canvas.is_started() {
        canvas.push("{\"pages\":[");
    }
    canvas.push("]}");
}

fn open(canvas: &mut Canvas, role: Role) {
    next(canvas);
    canvas.push(&format!("{{\"type\":\"{}\"", role.name()));
}

fn close(canvas: &mut Canvas, place: Option<BoundingBox>) {
    let place = place.map(|place| {
        let BoundingBox { width, height, left, top } = place;
        Place { left, top, width, height }
    });
    canvas.push(&format!(",\"box\":{}}}", written(&place)));
}

/// Where an element is, in ratios of the page.
#[derive(Serialize)]
struct Place {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

/// Writes an element, unless everything in it is hidden.
fn write_element<'d>(render: &Render, canvas: &mut Canvas, flow: &Flow<'d>, element: &Element<'_, 'd>) {
    let role = element.role;
    let begin = |canvas: &mut Canvas| {
        open(canvas, role);
        canvas.push(",\"text\":\"");
    };
    let mut begun = false;
    match role {
        Role::List => {
            for piece in &element.pieces {
                let is_item = render.lines(canvas, &Json, element::lines(piece, flow), " ", |canvas| {
                    begin_list(canvas, role, "items", &mut begun);
                    canvas.push("\"");
                });
                canvas.push(if is_item { "\"" } else { "" });
            }
            canvas.push(if begun { "]" } else { "" });
        }
        Role::KeyValue => {
            for piece in &element.pieces {
                if let Content::Field(field) = &piece.content {
                    write_field(render, canvas, field, &mut begun);
                }
            }
            canvas.push(if begun { "]" } else { "" });
        }
        Role::Table => {
            for piece in &element.pieces {
                if let Content::Table(table) = &piece.content {
                    begun |= write_table(render, canvas, table);
                }
            }
        }
        Role::Signature | Role::Selection => {
            for piece in &element.pieces {
                if let Content::Token(token) = &piece.content {
                    begun |= write_token(render, canvas, *token, begin);
                }
            }
        }
        _ => {
            let between = if role == Role::Lines { "\\n" } else { " " };
            begun = render.lines(canvas, &Json, element.lines(flow), between, begin);
            canvas.push(if begun { "\"" } else { "" });
        }
    }
    if begun {
        close(canvas, element.place());
    }
}

/// Opens an element with a list, if it is not open yet, for its next item.
fn begin_list(canvas: &mut Canvas, role: Role, list: &str, begun: &mut bool) {
    if !std::mem::replace(begun, true) {
        open(canvas, role);
        canvas.push(&format!(",\"{list}\":["));
    }
    next(canvas);
}

fn write_token(
    render: &Render,
    canvas: &mut Canvas,
    token: Token<'_>,
    begin: impl FnOnce(&mut Canvas),
) -> bool {
    let is_shown = render.tokens(canvas, &Json, [token], begin);
    if is_shown {
        canvas.push("\"");
        if let Token::Selection(element) = token {
            let selected = element.status().map(|_| element.is_selected());
            canvas.push(&format!(",\"selected\":{}", written(&selected)));
        }
    }
    is_shown
}

/// Writes tokens as a string.
fn write_tokens<'d>(render: &Render, canvas: &mut Canvas, tokens: impl IntoIterator<Item = Token<'d>>) {
    canvas.push("\"");
    render.tokens(canvas, &Json, tokens, |_| {});
    canvas.push("\"");
}

fn write_field(render: &Render, canvas: &mut Canvas, field: &Field<'_>, begun: &mut bool) {
    let (mut key, mut value) = (canvas.aside(), canvas.aside());
    let has_key = render.tokens(&mut key, &Json, field.key_tokens(), |_| {});
    let has_value = render.tokens(&mut value, &Json, field.value_tokens(), |_| {});
    if !(has_key || has_value) {
        return;
    }
    begin_list(canvas, Role::KeyValue, "fields", begun);
    canvas.push("{\"key\":\"");
    canvas.append(key);
    canvas.push("\",\"value\":\"");
    canvas.append(value);
    canvas.push("\"");
    if field.selection_element().is_some() && !render.is_hidden(&BlockKind::SelectionElement) {
        canvas.push(&format!(",\"selected\":{}", written(&field.is_selected())));
    }
    canvas.push(&format!(",\"confidence\":{}}}", written(&field.structure_confidence())));
}

/// Writes a table except its end; returns whether there is anything of it.
fn write_table(render: &Render, canvas: &mut Canvas, placed: &PlacedTable<'_>) -> bool {
    let PlacedTable { table, titles, footers } = placed;
    let is_nothing = table.row_count() == 0 && titles.is_empty() && footers.is_empty();
    if is_nothing {
        return false;
    }
    open(canvas, Role::Table);
    canvas.push(&format!(",\"rows\":{},\"columns\":{}", table.row_count(), table.column_count()));
    for (name, captions) in [("titles", titles), ("footers", footers)] {
        canvas.push(&format!(",\"{name}\":["));
        for caption in captions {
            let begin = |canvas: &mut Canvas| {
                next(canvas);
                canvas.push("\"");
            };
            let is_shown = render.tokens(canvas, &Json, caption.iter().copied(), begin);
            canvas.push(if is_shown { "\"" } else { "" });
        }
        canvas.push("]");
    }
    canvas.push(",\"cells\":[");
    for (row, tiles) in (1..).zip(tiles(table)) {
        for (column, tile) in (1..).zip(tiles) {
            if let Tile::Cell { cell, rows, columns } = tile {
                write_cell(render, canvas, &cell, [row, column, rows, columns]);
            }
        }
    }
    canvas.push("]");
    true
}

fn write_cell(render: &Render, canvas: &mut Canvas, cell: &Cell<'_>, extent: [u32; 4]) {
    let [row, column, rows, columns] = extent;
    next(canvas);
    canvas
        .push(&format!("{{\"row\":{row},\"column\":{column},\"row_span\":{rows},\"column_span\":{columns}"));
    let in_header = cell.is_column_header().then_some("column-header");
    let roles: Vec<_> = in_header.into_iter().chain(roles(cell)).collect();
    canvas.push(&format!(",\"roles\":{},\"text\":", written(&roles)));
    write_tokens(render, canvas, cell.tokens());
    canvas.push("}");
}

fn write_query(render: &Render, canvas: &mut Canvas, query: &AskedQuery<'_>) {
    next(canvas);
    let (text, alias) = (written(&query.text()), written(&query.alias()));
    canvas.push(&format!("{{\"text\":{text},\"alias\":{alias},\"answers\":["));
    for answer in query.answers().filter(|_| !render.is_hidden(&BlockKind::QueryResult)) {
        next(canvas);
        canvas.push("{\"text\":\"");
        canvas.push_from(*answer, |out| Json.escape(answer.text().unwrap_or_default(), false, out));
        canvas.push(&format!("\",\"confidence\":{}}}", written(&answer.confidence())));
    }
    canvas.push("]}");
}
