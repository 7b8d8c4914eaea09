//! Markdown: CommonMark with GitHub's tables.

use super::canvas::{Canvas, Separator};
use super::line::Escape;
use super::table::Rows;
use super::{HeaderRule, Render, TableStyle, html};
use crate::block::BlockKind;
use crate::document::flow::{Content, Flow, PlacedTable};
use crate::document::{Table, Token};

/// Text in which nothing is read as markup.
struct Markdown {
    /// Whether it is where a list, a heading, ... might begin, and not within a line or a cell.
    begins: bool,
}

const BEGUN: Markdown = Markdown { begins: false };
const BEGINNING: Markdown = Markdown { begins: true };

impl Escape for Markdown {
    fn escape(&self, text: &str, first: bool, out: &mut String) {
        let marker = if first && self.begins { marker(text) } else { None };
        let mut before = None;
        let mut rest = text.chars();
        let mut at = 0;
        while let Some(character) = rest.next() {
            let next = rest.clone().next();
            let is_markup = match character {
                '\\' | '*' | '`' | '[' | ']' | '<' | '|' | '~' => true,
                // Between letters it is not emphasis.
                '_' => {
                    !(before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric))
                }
                '&' => is_entity(rest.as_str()),
                '#' => before.is_none_or(char::is_whitespace) && is_end_of_heading(rest.as_str()),
                _ => false,
            };
            // Hardly any word has space in it. It must neither end the line nor be lost at the ends of the word.
            let is_space = match character {
                ' ' => before.is_none() || next.is_none(),
                _ => character.is_ascii_whitespace(),
            };
            if is_space {
                html::push_reference(character, out);
            } else {
                if is_markup || marker == Some(at) {
                    out.push('\\');
                }
                out.push(character);
            }
            before = Some(character);
            at += character.len_utf8();
        }
    }
}

/// Where the first word of a line has a character that would make it a marker of blocks: of a list, a quote, a rule, the
/// line below the header of a table. Those of headings are escaped everywhere.
fn marker(word: &str) -> Option<usize> {
    let word = word.split(char::is_whitespace).next().unwrap_or_default();
    let all = |is: fn(char) -> bool| !word.is_empty() && word.chars().all(is);
    let number = word.strip_suffix(['.', ')']).unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(number.len());
    }
    let is_marker = word.starts_with('>')
        || all(|character| matches!(character, '-' | ':'))
        || all(|character| character == '+')
        || all(|character| character == '=');
    is_marker.then_some(0)
}

/// Whether a number sign followed by this would open or close a heading.
fn is_end_of_heading(rest: &str) -> bool {
    let rest = rest.trim_start_matches('#');
    rest.is_empty() || rest.starts_with(char::is_whitespace)
}

/// Whether an ampersand followed by this would be a character reference.
fn is_entity(rest: &str) -> bool {
    let name = rest.strip_prefix('#').unwrap_or(rest);
    let length = name.bytes().take(LONGEST_ENTITY).take_while(u8::is_ascii_alphanumeric).count();
    length > 0 && name.as_bytes().get(length) == Some(&b';')
}

/// More than the longest name of a character, which has 31 letters.
const LONGEST_ENTITY: usize = 40;

pub(super) fn page(render: &Render, canvas: &mut Canvas, flow: &Flow<'_>) {
    let mut group = None;
    for piece in flow.pieces.iter().filter(|piece| !render.is_left_out(piece)) {
        let follows = group.replace(piece.group) == Some(piece.group);
        canvas.separate(if follows { Separator::Line } else { Separator::Paragraph });
        let is_list = *piece.kind == BlockKind::LayoutList;
        let prefix = match piece.kind {
            BlockKind::LayoutTitle => "# ",
            BlockKind::LayoutSectionHeader => "## ",
            BlockKind::LayoutList => "- ",
            _ => "",
        };
        let open = |canvas: &mut Canvas| {
            // The lines of a paragraph end in two spaces; list items do not need them.
            render.markdown_separator(canvas, if is_list { "\n" } else { "  \n" });
            canvas.push(prefix);
        };
        match &piece.content {
            Content::Lines(lines) => {
                let mut begun = false;
                for line in flow.lines(lines) {
                    let runs = line.iter().copied();
                    begun |= if begun {
                        render.runs(canvas, &BEGUN, runs, |canvas| canvas.push(" "))
                    } else {
                        render.runs(canvas, &BEGINNING, runs, open)
                    };
                }
            }
            Content::Field(field) => {
                render.field(canvas, [&BEGINNING, &BEGUN], field, open);
            }
            Content::Token(token) => {
                render.tokens(canvas, &BEGINNING, [*token], open);
            }
            Content::Table(table) => write_table(render, canvas, table),
        }
    }
}

fn write_table(render: &Render, canvas: &mut Canvas, placed: &PlacedTable<'_>) {
    captions(render, canvas, &placed.titles);
    let table = &placed.table;
    if table.row_count() > 0 {
        if render.table_style == TableStyle::Html {
            render.markdown_separator(canvas, "\n\n");
            html::write_table(render, canvas, table, None);
        } else {
            write_rows(render, canvas, table);
        }
        canvas.separate(Separator::Paragraph);
    }
    captions(render, canvas, &placed.footers);
}

fn captions(render: &Render, canvas: &mut Canvas, captions: &[Vec<Token<'_>>]) {
    for caption in captions {
        let tokens = caption.iter().copied();
        render.tokens(canvas, &BEGINNING, tokens, |canvas| render.markdown_separator(canvas, "\n\n"));
        canvas.separate(Separator::Paragraph);
    }
}

/// A GitHub table. It must have one row of headers: an empty one if the table has none, and the first row if there are
/// more, or titles above them.
fn write_rows(render: &Render, canvas: &mut Canvas, table: &Table<'_>) {
    let rows = Rows::new(render, canvas, &BEGUN, table.rows(), render.merged);
    let widths = rows.widths();
    let aligned = render.table_style == TableStyle::Aligned;
    let has_header = !render.header_rows(table).is_empty();
    let columns = widths.len();
    let mut rows = rows.rows.into_iter();
    let empty = || (0..columns).map(|_| canvas.aside()).collect();
    let header: Vec<Canvas> = if has_header { rows.next().unwrap_or_default() } else { empty() };
    render.markdown_separator(canvas, "\n\n");
    for (index, row) in std::iter::once(header).chain(rows).enumerate() {
        if index > 0 {
            canvas.push("\n");
        }
        canvas.push("|");
        for (column, cell) in row.into_iter().enumerate() {
            let width = widths.get(column).filter(|_| aligned).map_or(0, |width| *width.max(&3));
            let padding = width.saturating_sub(cell.width());
            canvas.push(" ");
            canvas.append(cell);
            (0..padding).for_each(|_| canvas.push(" "));
            canvas.push(" |");
        }
        if index == 0 {
            canvas.push("\n|");
            for width in &widths {
                canvas.push(" ");
                (0..if aligned { *width.max(&3) } else { 3 }).for_each(|_| canvas.push("-"));
                canvas.push(" |");
            }
        }
    }
}

impl Render {
    /// Writes the separator that is due; for that of lines, `line`.
    fn markdown_separator(&self, canvas: &mut Canvas, line: &str) {
        match canvas.take_due() {
            None => {}
            Some(Separator::Line) => canvas.push(line),
            Some(Separator::Paragraph) => canvas.push("\n\n"),
            Some(Separator::Page) => canvas.push(&self.page_separator),
        }
    }

    /// Which rows of a table are its header, from 1.
    pub(super) fn header_rows(&self, table: &Table<'_>) -> std::ops::Range<u32> {
        match self.header_rule {
            HeaderRule::Detected => table.header_rows(),
            HeaderRule::FirstRow => 1..2,
            HeaderRule::Never => 1..1,
        }
    }
}
