//! What parsers of Markdown, HTML, CSV and JSON read in a rendering.

use std::collections::HashMap;

use inkseal::block::BlockKind;
use inkseal::document::{BlockRef, Document, Merged};
use inkseal::render::{Format, Render, Rendering};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

pub const FORMATS: [Format; 5] = [Format::Text, Format::Markdown, Format::Html, Format::Csv, Format::Json];

/// The texts of a table, row by row.
pub type Grid = Vec<Vec<String>>;

/// What a reader finds: the texts outside of tables, and the tables.
#[derive(Debug, Default)]
pub struct Found {
    pub texts: Vec<String>,
    pub tables: Vec<Grid>,
}

/// Reads Markdown. At a line break within a paragraph a new text begins. The blank rows at the head of a table are left
/// out, as the first one may only be there because Markdown requires a header.
pub fn markdown(text: &str) -> Found {
    let mut found = Found::default();
    let mut in_table = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Table(_)) => {
                in_table = true;
                found.tables.push(Vec::new());
            }
            Event::End(TagEnd::Table) => {
                in_table = false;
                without_blank_head(found.tables.last_mut().unwrap());
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                found.tables.last_mut().unwrap().push(Vec::new());
            }
            Event::Start(Tag::TableCell) => {
                found.tables.last_mut().unwrap().last_mut().unwrap().push(String::new());
            }
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Item) | Event::HardBreak => {
                assert!(!in_table);
                found.texts.push(String::new());
            }
            Event::Text(text) if in_table => {
                let row = found.tables.last_mut().unwrap().last_mut().unwrap();
                row.last_mut().unwrap().push_str(&text);
            }
            Event::Text(text) => found.texts.last_mut().unwrap().push_str(&text),
            Event::Start(Tag::List(None)) | Event::End(_) => {}
            other => panic!("markup that was not meant: {:?}", std::mem::discriminant(&other)),
        }
    }
    // A list item that holds a paragraph begins twice.
    found.texts.retain(|text| !text.is_empty());
    found
}

fn without_blank_head(table: &mut Grid) {
    let blank = table.iter().take_while(|row| row.iter().all(String::is_empty)).count();
    table.drain(..blank);
}

/// Reads HTML, and checks that it is made of the elements that are documented.
pub fn html(text: &str) -> Found {
    let html = Html::parse_fragment(text);
    let mut found = Found::default();
    let sections = Selector::parse("html > section").unwrap();
    let text_of = |element: ElementRef<'_>| element.text().collect::<String>();
    for element in html.select(&Selector::parse("*").unwrap()) {
        match element.value().name() {
            "html" | "section" | "br" | "ul" | "dl" | "thead" | "tbody" | "tr" | "th" | "td" => {}
            "table" => found.tables.push(grid_of(element)),
            "h1" | "h2" | "p" | "li" | "header" | "footer" | "figure" | "dt" | "dd" | "caption" => {
                found.texts.push(text_of(element));
            }
            other => panic!("an element that was not meant: {other}"),
        }
        for (name, _) in element.value().attrs() {
            assert!(["class", "scope", "rowspan", "colspan", "data-page"].contains(&name), "{name}");
        }
    }
    assert_eq!(html.select(&sections).count(), html.select(&Selector::parse("section").unwrap()).count());
    found
}

/// The texts of a table, at the first place of each cell, as browsers lay it out.
fn grid_of(table: ElementRef<'_>) -> Grid {
    let mut cells: HashMap<(usize, usize), String> = HashMap::new();
    let (mut height, mut width) = (0, 0);
    for part in table.select(&Selector::parse("thead, tbody").unwrap()) {
        let first = height;
        let rows: Vec<_> = part.select(&Selector::parse("tr").unwrap()).collect();
        height += rows.len();
        for (row, line) in (first..).zip(&rows) {
            let mut column = 0;
            for cell in line.child_elements() {
                while cells.contains_key(&(row, column)) {
                    column += 1;
                }
                let span = |name| cell.value().attr(name).map_or(1, |span| span.parse().unwrap());
                let (rows, columns): (usize, usize) = (span("rowspan"), span("colspan"));
                assert!(row + rows <= height, "a cell reaches out of its part of the table");
                for (line, at) in (row..row + rows).flat_map(|row| (0..columns).map(move |at| (row, at))) {
                    let text = if (line, at) == (row, 0) { cell.text().collect() } else { String::new() };
                    assert_eq!(cells.insert((line, column + at), text), None, "two cells at one place");
                }
                width = width.max(column + columns);
            }
        }
    }
    assert_eq!(cells.len(), height * width, "every place is somebody's");
    (0..height).map(|row| (0..width).map(|column| cells.remove(&(row, column)).unwrap()).collect()).collect()
}

/// Reads CSV: the records of all tables.
pub fn csv(text: &str) -> Grid {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Reads JSON: the texts and tables of all pages.
pub fn json(text: &str) -> Found {
    let json: Value = serde_json::from_str(text).unwrap();
    assert!(!text.contains('\n'), "it is compact");
    let mut found = Found::default();
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    for element in
        json["pages"].as_array().unwrap().iter().flat_map(|page| page["elements"].as_array().unwrap())
    {
        let place = &element["box"];
        assert!(place.is_null() || place["left"].is_number() && place["height"].is_number());
        match element["type"].as_str().unwrap() {
            "list" => found.texts.extend(element["items"].as_array().unwrap().iter().map(string)),
            "key-value" => {
                for field in element["fields"].as_array().unwrap() {
                    found.texts.extend([string(&field["key"]), string(&field["value"])]);
                }
            }
            "table" => {
                let number = |value: &Value| value.as_u64().unwrap() as usize;
                let (rows, columns) = (number(&element["rows"]), number(&element["columns"]));
                let mut grid = vec![vec![String::new(); columns]; rows];
                let mut covered = vec![vec![false; columns]; rows];
                for cell in element["cells"].as_array().unwrap() {
                    let [row, column] = ["row", "column"].map(|name| number(&cell[name]) - 1);
                    grid[row][column] = string(&cell["text"]);
                    for line in &mut covered[row..row + number(&cell["row_span"])] {
                        for place in &mut line[column..column + number(&cell["column_span"])] {
                            assert!(!std::mem::replace(place, true), "two cells at one place");
                        }
                    }
                }
                let captions = ["titles", "footers"].map(|name| element[name].as_array().unwrap());
                found.texts.extend(captions.into_iter().flatten().map(string));
                found.tables.extend((rows > 0).then_some(grid));
            }
            _ => found.texts.push(string(&element["text"])),
        }
    }
    found
}

/// The text that a span of the rendering shows, without escapes.
fn unescape(format: Format, shown: &str) -> String {
    match format {
        Format::Markdown => {
            let mut text = String::new();
            let mut rest = shown;
            while let Some(character) = rest.chars().next() {
                let escaped = rest.get(1..).and_then(|after| after.chars().next());
                let reference = rest.strip_prefix("&#").and_then(|after| after.split_once(';'));
                match (character, escaped, reference) {
                    ('\\', Some(escaped), _) => {
                        assert!(escaped.is_ascii_punctuation());
                        text.push(escaped);
                        rest = &rest[2..];
                    }
                    ('&', _, Some((number, after))) if number.parse::<u8>().is_ok() => {
                        text.push(number.parse::<u8>().unwrap().into());
                        rest = after;
                    }
                    _ => {
                        text.push(character);
                        rest = &rest[character.len_utf8()..];
                    }
                }
            }
            text
        }
        Format::Html => html_escape::decode_html_entities(shown).into_owned(),
        Format::Csv => shown.replace("\"\"", "\""),
        Format::Json => serde_json::from_str(&format!("\"{shown}\"")).unwrap(),
        _ => shown.to_owned(),
    }
}

/// Checks that the map leads back: its spans are in order and apart, and show the text of their blocks. Guards of CSV are
/// not compared.
pub fn check_map(document: &Document, format: Format, rendering: &Rendering) {
    let blocks: HashMap<(u32, String), BlockRef<'_>> =
        document.blocks().map(|block| ((block.page_number(), block.id().to_string()), block)).collect();
    let mut end = 0;
    for span in rendering.spans() {
        assert!(span.range.start >= end && span.range.end > span.range.start, "{span:?}");
        end = span.range.end;
        let shown = rendering.text().get(span.range.clone()).expect("a span within the text");
        let said = unescape(format, shown);
        let block = blocks[&(span.page, span.block.to_string())];
        assert!(span.block_in(document) == Some(block));
        let plain = |text: &str| if format == Format::Csv { text.replace('\'', "") } else { text.to_owned() };
        match block.kind() {
            BlockKind::Word | BlockKind::QueryResult => {
                assert_eq!(plain(&said), plain(block.text().unwrap()))
            }
            BlockKind::Line => assert!(block.text().unwrap().contains(&said)),
            BlockKind::SelectionElement => assert!(["[X]", "[ ]"].contains(&&*said)),
            BlockKind::Signature => assert_eq!(said, "[SIGNATURE]"),
            other => panic!("a span of {other}"),
        }
    }
}

/// How many spans lead to each block.
pub fn uses(rendering: &Rendering) -> HashMap<(u32, String), usize> {
    let mut uses = HashMap::new();
    for span in rendering.spans() {
        *uses.entry((span.page, span.block.to_string())).or_default() += 1;
    }
    uses
}

/// The words of texts, regardless of lines and paragraphs.
pub fn words<'t>(texts: impl IntoIterator<Item = &'t String>) -> Vec<&'t str> {
    texts.into_iter().flat_map(|text| text.split_whitespace()).collect()
}

/// The texts of a table, with single spaces. A signature has no text in the model, but one in renderings.
fn plain(table: &Grid) -> Grid {
    let plain = |text: &String| words([&text.replace("[SIGNATURE]", " ")]).join(" ");
    table.iter().map(|row| row.iter().map(plain).collect()).collect()
}

/// Checks that every format renders the document, leads back to it, and is read as the same.
pub fn check_all(document: &Document) {
    for format in FORMATS {
        let render = Render::to(format);
        let rendering = render.document_with_map(document);
        assert_eq!(rendering.text(), render.document(document), "{format}");
        check_map(document, format, &rendering);

        let mut writer = render.page_writer();
        let mut by_page = Rendering::default();
        document.pages().for_each(|page| by_page.append(writer.page(page)));
        by_page.append(writer.end());
        assert!(by_page == rendering, "page by page {format} is another");
    }
    let read = [
        ("markdown", markdown(&document.to_markdown())),
        ("html", html(&document.to_html())),
        ("json", json(&document.to_json())),
    ];
    let tables: Vec<_> = document.tables().filter(|table| table.row_count() > 0).collect();
    for (format, found) in &read {
        assert_eq!(found.tables.len(), tables.len(), "{format}");
        let mut left: Vec<_> = found.tables.iter().collect();
        for (index, table) in tables.iter().enumerate() {
            let mut texts = table.texts(Merged::Once);
            if *format == "markdown" {
                without_blank_head(&mut texts);
            }
            let same = left.iter().position(|read| plain(read) == plain(&texts));
            let same = same.unwrap_or_else(|| panic!("table {index} is read otherwise in {format}"));
            left.remove(same);
        }
    }
    let [_, (_, html), (_, json)] = &read;
    assert_eq!(html.tables, json.tables);
    let rows: Grid = html.tables.iter().flatten().cloned().collect();
    assert_eq!(csv(&document.to_csv()), rows, "csv");
}
