//! Hostile shapes of any size: input that is made to take a reader a long time, or all the memory.
//!
//! The tests read each of them once; the benchmark `hostile` reads each at two sizes, and compares. Up to a size of 60,000 all
//! are within the limits, so that none is refused for its size.

use std::fmt::Write as _;

use inkseal::block::{BlockKind, parse_part};
use inkseal::document::{Document, ExpenseDocument, LendingResult, Merged};
use inkseal::part::Record;
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::render::{Render, TableStyle};

/// A shape, and how it is read.
pub struct Shape {
    pub name: &'static str,
    /// The bytes of a size; their number is in proportion to it.
    pub of: fn(usize) -> Vec<u8>,
    /// Reads them, and uses everything that can be read; or sees that they are refused.
    pub read: fn(&[u8]),
}

/// Every shape. Those that cannot be read are refused, in as little time.
pub const SHAPES: &[Shape] = &[
    // The parser.
    Shape { name: "lists in each other", of: |n| "[".repeat(64 * n).into(), read: no_part },
    Shape { name: "objects in each other", of: |n| r#"{"Blocks":"#.repeat(8 * n).into(), read: no_part },
    Shape { name: "a long text", of: |n| word_of(&"a ".repeat(50 * n)), read: document },
    Shape { name: "a long text, escaped", of: |n| word_of(&r"\u00e9".repeat(20 * n)), read: document },
    Shape {
        name: "a long text that never ends",
        of: |n| word_of(&"a".repeat(100 * n))[..50 * n].into(),
        read: no_part,
    },
    Shape { name: "a long number", of: |n| member("Confidence", &"9".repeat(50 * n)), read: no_part },
    Shape {
        name: "a long fraction",
        of: |n| member("Confidence", &format!("0.{}", "9".repeat(50 * n))),
        read: part,
    },
    Shape {
        name: "unknown members",
        of: |n| member("X", &list(n, |i| format!(r#"{{"k{i}":[null,1e3]}}"#))),
        read: part,
    },
    Shape {
        name: "one member again and again",
        of: |n| member("Id", &vec![r#""a""#; 8 * n].join(r#","Id":"#)),
        read: part,
    },
    Shape {
        name: "blocks again and again",
        of: |n| format!("{{{}}}", vec![r#""Blocks":[{"Id":"a"},{}]"#; 4 * n].join(",")).into(),
        read: part,
    },
    Shape {
        name: "relationships again and again",
        of: |n| member("Relationships", &vec![r#"[{"Ids":["a"]}]"#; 4 * n].join(r#","Relationships":"#)),
        read: part,
    },
    Shape {
        name: "points",
        of: |n| {
            member(
                "Geometry",
                &format!(r#"{{"Polygon":{}}}"#, list(4 * n, |i| format!(r#"{{"X":0.{i},"Y":0.5}}"#))),
            )
        },
        read: document,
    },
    Shape { name: "geometries that are spaced anew", of: spaced_geometries, read: part },
    Shape {
        name: "warnings",
        of: |n| {
            format!(r#"{{"Blocks":[],"Warnings":{}}}"#, list(4 * n, |i| format!(r#"{{"Pages":[{i}]}}"#)))
                .into()
        },
        read: part,
    },
    Shape {
        name: "entity types",
        of: |n| member("EntityTypes", &list(8 * n, |_| r#""X""#.to_owned())),
        read: part,
    },
    Shape {
        name: "responses in an array",
        of: |n| list(4 * n, |i| format!(r#"{{"Blocks":[{{"Id":"{i}"}}]}}"#)).into(),
        read: document,
    },
    Shape { name: "expense fields", of: |n| expenses(&list(8 * n, |_| "{}".to_owned())), read: expense },
    Shape {
        name: "nulls for expense fields",
        of: |n| expenses(&list(16 * n, |_| "null".to_owned())),
        read: expense,
    },
    Shape { name: "lending predictions", of: lending, read: lending_results },
    // References.
    Shape {
        name: "every id is the same",
        of: |n| lines_of(n, |_| ids(4, |_| "w0".to_owned())),
        read: document,
    },
    Shape {
        name: "no id is there",
        of: |n| lines_of(n, |i| ids(4, |j| format!("gone{i}-{j}"))),
        read: document,
    },
    Shape { name: "one block names many ids", of: one_names_all, read: document },
    Shape { name: "all blocks name all others", of: all_name_all, read: document },
    Shape {
        name: "all blocks have one id",
        of: |n| lines_of(n, |_| ids(1, |_| "l".to_owned())),
        read: document,
    },
    Shape { name: "a ring of blocks", of: |n| ring(n, "LINE"), read: document },
    Shape { name: "a ring of layout", of: |n| ring(n, "LAYOUT_LIST"), read: document },
    Shape { name: "a ring of cells", of: |n| ring(n, "CELL"), read: document },
    Shape { name: "a ring of keys", of: |n| ring(n, "KEY"), read: document },
    Shape { name: "headers nested in headers", of: nested_headers, read: document },
    // Pages.
    Shape {
        name: "pages from the last to the first",
        of: |n| pages(n, |i| 4_294_967_295 - i as u64),
        read: document,
    },
    Shape {
        name: "pages in turns",
        of: |n| pages(n, |i| if i % 2 == 0 { 1 } else { 4_294_967_295 }),
        read: document,
    },
    Shape { name: "page 0", of: |n| pages(n, |_| 0), read: document },
    Shape { name: "PAGE blocks of one number", of: page_blocks, read: document },
    // Tables and forms.
    Shape {
        name: "cells that claim all",
        of: |n| table(n, |i| (4_294_967_295 - i as u64 % 2, 1, 1_000_000_000, 1_000_000_000)),
        read: document,
    },
    Shape {
        name: "cells that lie over each other",
        of: |n| table(n, |i| (1 + i as u64 % 8, 1 + i as u64 / 8 % 8, 8, 8)),
        read: document,
    },
    Shape { name: "cells of row 0", of: |n| table(n, |_| (0, 0, 0, 0)), read: document },
    Shape { name: "a long text that spans many places", of: spanning_text, read: document },
    Shape { name: "a merged cell in many tables", of: shared_merged_cell, read: document },
    Shape { name: "a long word in many cells", of: shared_word, read: document },
    Shape { name: "a long value of many keys", of: |n| shared_value(n, 1), read: document },
    Shape { name: "a long value on another page", of: |n| shared_value(n, 2), read: document },
    Shape { name: "tables with no place", of: tables_with_no_place, read: document },
    Shape { name: "answers to one question", of: answers, read: document },
    // Lines.
    Shape { name: "lines in columns", of: columns, read: document },
    Shape { name: "a word in many lines", of: shared_word_of_lines, read: document },
    Shape { name: "words that their line does not say", of: unsaid_words, read: document },
    // Redaction.
    Shape { name: "addresses to redact", of: addresses, read: redacted },
    Shape { name: "one address again and again", of: same_address, read: redacted },
    Shape {
        name: "a long text to redact",
        of: |n| word_of(&"jane@example.com and so on ".repeat(4 * n)),
        read: redacted,
    },
];

fn part(bytes: &[u8]) {
    std::hint::black_box(parse_part(bytes).expect("a part"));
}

/// Bytes that are refused as a part.
fn no_part(bytes: &[u8]) {
    std::hint::black_box(parse_part(bytes).expect_err("an error"));
}

fn expense(bytes: &[u8]) {
    std::hint::black_box(ExpenseDocument::parse_saved(bytes).expect("expense documents"));
}

fn lending_results(bytes: &[u8]) {
    std::hint::black_box(LendingResult::parse_saved(bytes).expect("lending results"));
}

fn document(bytes: &[u8]) {
    let document = Document::from_json(bytes).expect("a document");
    std::hint::black_box(use_all_of(&document));
}

fn redacted(bytes: &[u8]) {
    let document = Document::from_json(bytes).expect("a document");
    let redactor =
        Redactor::builder(PatternDetector::new()).others(Operator::token()).build().expect("a stage");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (redacted, _) = runtime.block_on(document.redact(&redactor)).expect("a redacted document");
    assert!(!redacted.to_text().contains("@example.com"));
}

/// Reads everything that can be read from a document, once, and returns how many bytes of text that was.
pub fn use_all_of(document: &Document) -> usize {
    let mut bytes = document.unresolved().count();
    for page in document.pages() {
        bytes += page.reading_order().len() + page.layout().len();
        for line in page.lines() {
            bytes += line.text().len() + line.words().map(|word| word.text().len()).sum::<usize>();
        }
        for table in page.tables() {
            let texts = table.texts(Merged::Repeated);
            bytes += texts.iter().flatten().map(String::len).sum::<usize>();
            bytes += table.cells().chain(table.merged_cells()).map(|cell| cell.text().len()).sum::<usize>();
            bytes += usize::from(table.column_named("no such header").is_some());
            bytes += table.titles().chain(table.footers()).map(|caption| caption.text().len()).sum::<usize>();
        }
        for field in page.fields() {
            bytes += field.key().len() + field.value().len() + usize::from(field.value_box().is_some());
        }
        bytes += page.queries().map(|query| query.answers().len()).sum::<usize>();
        bytes += page.search("a phrase", 1).len();
    }
    bytes += document.joined_tables().iter().map(|table| table.texts(Merged::Once).len()).sum::<usize>();
    bytes += usize::from(document.nearest_field("a phrase").is_some());
    let repeated = Render::text().merged(Merged::Repeated).table_style(TableStyle::Aligned);
    let renders = [
        Render::text(),
        Render::markdown(),
        Render::html(),
        Render::json(),
        Render::csv().join_tables(true),
        repeated.hide([BlockKind::LayoutList]),
    ];
    bytes + renders.iter().map(|render| render.document_with_map(document).text().len()).sum::<usize>()
}

/// A response that is being written.
#[derive(Default)]
pub struct Blocks(String);

impl Blocks {
    /// Adds a block with more members, which begin with a comma.
    pub fn add(&mut self, kind: &str, id: &str, more: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        write!(self.0, r#"{comma}{{"BlockType":"{kind}","Id":"{id}"{more}}}"#).expect("a text");
    }

    fn words(&mut self, count: usize) {
        (0..count).for_each(|i| self.add("WORD", &format!("w{i}"), r#","Text":"abc""#));
    }

    pub fn response(self) -> Vec<u8> {
        format!(r#"{{"Blocks":[{}]}}"#, self.0).into_bytes()
    }
}

fn list(count: usize, item: impl FnMut(usize) -> String) -> String {
    format!("[{}]", (0..count).map(item).collect::<Vec<_>>().join(","))
}

fn ids(count: usize, mut id: impl FnMut(usize) -> String) -> String {
    list(count, |i| format!(r#""{}""#, id(i)))
}

/// The member with relationships of these kinds, to these lists of ids.
pub fn related<'a>(links: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let links: Vec<_> =
        links.into_iter().map(|(kind, ids)| format!(r#"{{"Type":"{kind}","Ids":{ids}}}"#)).collect();
    format!(r#","Relationships":[{}]"#, links.join(","))
}

fn named(prefix: &str, count: usize) -> String {
    ids(count, |i| format!("{prefix}{i}"))
}

fn one(id: &str) -> String {
    format!(r#"["{id}"]"#)
}

/// One block with one member.
fn member(name: &str, value: &str) -> Vec<u8> {
    format!(r#"{{"Blocks":[{{"BlockType":"LINE","{name}":{value}}}]}}"#).into()
}

fn word_of(text: &str) -> Vec<u8> {
    format!(r#"{{"Blocks":[{{"BlockType":"WORD","Id":"w","Text":"{text}"}}]}}"#).into()
}

fn spaced_geometries(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let space = " ".repeat(1 + i % 7);
        let corner = format!(r#"{{"X":{space}0.5,"Y":0.25}}"#);
        let corners = [corner.as_str(); 4].join(",");
        let bounds = r#"{"Width":0.1,"Height":0.1,"Left":0.1,"Top":0.1}"#;
        blocks.add("WORD", "", &format!(r#","Geometry":{{"BoundingBox":{bounds},"Polygon":[{corners}]}}"#));
    }
    blocks.response()
}

fn expenses(fields: &str) -> Vec<u8> {
    format!(r#"{{"ExpenseDocuments":[{{"SummaryFields":{fields}}}]}}"#).into()
}

fn lending(n: usize) -> Vec<u8> {
    let predictions = list(8 * n, |_| r#"{"Value":"A"}"#.to_owned());
    format!(r#"{{"Results":[{{"PageClassification":{{"PageType":{predictions}}}}}]}}"#).into()
}

fn lines_of(n: usize, names: impl Fn(usize) -> String) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.words(1);
    for i in 0..n {
        // All have the same id if they name it.
        let children = names(i);
        let id = if children == one("l") { "l".to_owned() } else { format!("l{i}") };
        blocks.add("LINE", &id, &format!(r#","Text":"abc"{}"#, related([("CHILD", children)])));
    }
    blocks.response()
}

fn one_names_all(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.words(n);
    blocks.add("PAGE", "p", &related([("CHILD", named("w", n))]));
    blocks.add("LINE", "l", &related([("CHILD", named("w", n))]));
    blocks.add("QUERY", "q", &related([("ANSWER", named("w", n))]));
    blocks.response()
}

/// As many as make their ids take bytes in proportion to `n`.
fn all_name_all(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    let count = (n as f64 * 20.0).sqrt() as usize;
    let kinds = [
        "LINE",
        "TABLE",
        "CELL",
        "MERGED_CELL",
        "KEY",
        "VALUE",
        "LAYOUT_LIST",
        "LAYOUT_TEXT",
        "QUERY",
        "WORD",
    ];
    for i in 0..count {
        let links = ["CHILD", "MERGED_CELL", "VALUE"].map(|kind| (kind, named("b", count)));
        let more = format!(r#","Text":"a","RowIndex":{},"ColumnIndex":1{}"#, 1 + i / 10, related(links));
        blocks.add(kinds[i % kinds.len()], &format!("b{i}"), &more);
    }
    blocks.response()
}

/// Each names the next one, the one before and itself.
fn ring(n: usize, kind: &str) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let near = [i, (i + 1) % n, (i + n - 1) % n];
        let near = || ids(3, |at| format!("b{}", near[at]));
        let links = related([("CHILD", near()), ("VALUE", near()), ("MERGED_CELL", near())]);
        blocks.add(kind, &format!("b{i}"), &format!(r#","Text":"a","RowIndex":1,"ColumnIndex":1{links}"#));
    }
    blocks.add("TABLE", "t", &related([("CHILD", named("b", n))]));
    blocks.response()
}

/// A chain of running headers, and the tables of two pages: to join them, what is between them is checked.
fn nested_headers(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for page in 1..=2 {
        for i in 0..n {
            let next = one(&format!("h{page}-{}", i + 1));
            let more = format!(r#","Page":{page}{}"#, related([("CHILD", next)]));
            blocks.add("LAYOUT_HEADER", &format!("h{page}-{i}"), &more);
        }
        let place = r#""Geometry":{"BoundingBox":{"Width":0.5,"Height":0.5,"Left":0.1,"Top":0.4}}"#;
        let cell = format!("c{page}");
        blocks.add(
            "TABLE",
            &format!("t{page}"),
            &format!(r#","Page":{page},{place}{}"#, related([("CHILD", one(&cell))])),
        );
        blocks.add("CELL", &cell, &format!(r#","Page":{page},"RowIndex":1,"ColumnIndex":1"#));
    }
    blocks.response()
}

fn pages(n: usize, number: impl Fn(usize) -> u64) -> Vec<u8> {
    let mut blocks = Blocks::default();
    (0..n)
        .for_each(|i| blocks.add("WORD", &format!("w{i}"), &format!(r#","Text":"a","Page":{}"#, number(i))));
    blocks.response()
}

fn page_blocks(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        blocks.add("PAGE", &format!("p{i}"), r#","Page":1"#);
        blocks.add("PAGE", &format!("q{i}"), r#","Page":4294967295"#);
    }
    blocks.response()
}

fn table(n: usize, place: impl Fn(usize) -> (u64, u64, u64, u64)) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.words(n);
    for i in 0..n {
        let (row, column, rows, columns) = place(i);
        let place =
            format!(r#""RowIndex":{row},"ColumnIndex":{column},"RowSpan":{rows},"ColumnSpan":{columns}"#);
        blocks.add(
            "CELL",
            &format!("c{i}"),
            &format!(",{place}{}", related([("CHILD", one(&format!("w{i}")))])),
        );
        let parts = related([("CHILD", one(&format!("c{i}")))]);
        blocks.add("MERGED_CELL", &format!("m{i}"), &format!(",{place}{parts}"));
    }
    blocks.add("TABLE", "t", &related([("CHILD", named("c", n)), ("MERGED_CELL", named("m", n))]));
    blocks.response()
}

/// A header over all columns, as long as there are columns: repeated at each, it would be as long as their square.
fn spanning_text(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let header = r#","EntityTypes":["COLUMN_HEADER"],"RowIndex":1"#;
        let content = if i == 0 { related([("CHILD", one("w"))]) } else { String::new() };
        blocks.add("CELL", &format!("c{i}"), &format!(r#"{header},"ColumnIndex":{}{content}"#, i + 1));
    }
    blocks.add("WORD", "w", &format!(r#","Text":"{}""#, "a".repeat(100 * n)));
    let span = format!(r#","RowIndex":1,"ColumnIndex":1,"RowSpan":1,"ColumnSpan":{n}"#);
    blocks.add("MERGED_CELL", "m", &format!("{span}{}", related([("CHILD", named("c", n))])));
    blocks.add("TABLE", "t", &related([("CHILD", named("c", n)), ("MERGED_CELL", one("m"))]));
    blocks.response()
}

fn shared_merged_cell(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.words(n);
    for i in 0..n {
        let place = r#","RowIndex":1,"ColumnIndex":1"#;
        blocks.add(
            "CELL",
            &format!("c{i}"),
            &format!("{place}{}", related([("CHILD", one(&format!("w{i}")))])),
        );
        blocks.add("TABLE", &format!("t{i}"), &related([("CHILD", one("c0")), ("MERGED_CELL", one("m"))]));
    }
    blocks.add(
        "MERGED_CELL",
        "m",
        &format!(r#","RowIndex":1,"ColumnIndex":1{}"#, related([("CHILD", named("c", n))])),
    );
    blocks.response()
}

fn shared_word(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.add("WORD", "w", &format!(r#","Text":"{}""#, "a".repeat(100 * n)));
    for i in 0..n {
        let place = format!(r#","RowIndex":{},"ColumnIndex":1"#, i + 1);
        blocks.add("CELL", &format!("c{i}"), &format!("{place}{}", related([("CHILD", one("w"))])));
    }
    blocks.add("TABLE", "t", &related([("CHILD", named("c", n))]));
    blocks.response()
}

/// Keys on page 1 with one value of as many words, on page 1 or 2, of which a table has the last.
fn shared_value(n: usize, page: u32) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let value = related([("VALUE", one("v"))]);
        blocks.add("KEY_VALUE_SET", &format!("k{i}"), &format!(r#","Page":1,"EntityTypes":["KEY"]{value}"#));
    }
    (0..n).for_each(|i| blocks.add("WORD", &format!("w{i}"), &format!(r#","Page":{page},"Text":"abc""#)));
    let content = related([("CHILD", named("w", n))]);
    blocks.add("KEY_VALUE_SET", "v", &format!(r#","Page":{page},"EntityTypes":["VALUE"]{content}"#));
    let last = related([("CHILD", one(&format!("w{}", n - 1)))]);
    blocks.add("CELL", "c", &format!(r#","Page":{page},"RowIndex":1,"ColumnIndex":1{last}"#));
    blocks.add("TABLE", "t", &format!(r#","Page":{page}{}"#, related([("CHILD", one("c"))])));
    blocks.response()
}

fn tables_with_no_place(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let place =
            format!(r#","Geometry":{{"BoundingBox":{{"Width":0.1,"Height":0.1,"Left":0.1,"Top":0.{i}}}}}"#);
        blocks.add("CELL", &format!("c{i}"), r#","RowIndex":1,"ColumnIndex":1"#);
        blocks.add(
            "TABLE",
            &format!("t{i}"),
            &format!("{place}{}", related([("CHILD", one(&format!("c{i}")))])),
        );
        blocks.add("SIGNATURE", &format!("s{i}"), &place);
    }
    blocks.response()
}

fn answers(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        blocks.add("QUERY_RESULT", &format!("a{i}"), r#","Text":"abc","Confidence":1"#);
        blocks.add("QUERY", &format!("q{i}"), &related([("ANSWER", one("a0"))]));
    }
    blocks.add("QUERY", "q", &related([("ANSWER", named("a", n))]));
    blocks.response()
}

fn columns(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let (left, top) = ([0.0, 0.33, 0.66][i % 3], (i / 3) as f64 / n as f64);
        let bounds = format!(r#"{{"Width":0.3,"Height":0.0001,"Left":{left},"Top":{top}}}"#);
        blocks.add(
            "LINE",
            &format!("l{i}"),
            &format!(r#","Text":"abc","Geometry":{{"BoundingBox":{bounds}}}"#),
        );
    }
    blocks.response()
}

fn shared_word_of_lines(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.add("WORD", "w", &format!(r#","Text":"{}""#, "a".repeat(100 * n)));
    (0..n).for_each(|i| {
        blocks.add("LINE", &format!("l{i}"), &format!(r#","Text":"aa"{}"#, related([("CHILD", one("w"))])))
    });
    blocks.response()
}

fn unsaid_words(n: usize) -> Vec<u8> {
    let mut blocks = Blocks::default();
    blocks.words(n);
    let said = "abc x ".repeat(n);
    blocks.add("LINE", "l", &format!(r#","Text":"{said}"{}"#, related([("CHILD", named("w", n))])));
    blocks.response()
}

/// Lines of one address each.
fn addresses(n: usize) -> Vec<u8> {
    lines_with(n, |i| format!("jane{i}@example.com"))
}

fn same_address(n: usize) -> Vec<u8> {
    lines_with(n, |_| "jane@example.com".to_owned())
}

fn lines_with(n: usize, text: impl Fn(usize) -> String) -> Vec<u8> {
    let mut blocks = Blocks::default();
    for i in 0..n {
        let said = format!(r#","Text":"{}""#, text(i));
        blocks.add("WORD", &format!("w{i}"), &said);
        blocks.add(
            "LINE",
            &format!("l{i}"),
            &format!("{said}{}", related([("CHILD", one(&format!("w{i}")))])),
        );
    }
    blocks.response()
}
