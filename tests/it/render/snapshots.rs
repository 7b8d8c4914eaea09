//! What renderings look like.

use inkseal::document::Document;
use inkseal::render::Render;

use super::build::{Build, Made};
use super::readers::{FORMATS, check_all};
use crate::document::build::at;

/// A column of lines, the first of which is at this height of the page.
fn column<'t>(
    build: &mut Build,
    left: f32,
    width: f32,
    top: f32,
    lines: impl IntoIterator<Item = &'t str>,
) -> Vec<Made> {
    let tops = (0_u8..).map(|index| top + 0.03 * f32::from(index));
    lines.into_iter().zip(tops).map(|(line, top)| build.line(line, [left, top, width, 0.02])).collect()
}

fn layout(build: &mut Build, kind: &str, left: f32, top: f32, lines: &[&str]) -> String {
    let lines = column(build, left, 0.5, top, lines.iter().copied());
    let ids: Vec<_> = lines.into_iter().map(|line| line.id).collect();
    build.layout(kind, &ids)
}

fn check(name: &str, document: &Document) {
    check_all(document);
    let mut all = String::new();
    for format in FORMATS {
        all += &format!("======== {format}\n{}\n", Render::to(format).document(document));
    }
    insta::assert_snapshot!(name, all);
}

/// Every kind of element that a layout has, a question, and a nested list.
#[test]
fn a_page_with_layout() {
    let mut build = Build::new();
    build.page();
    layout(&mut build, "LAYOUT_HEADER", 0.1, 0.02, &["Any Company", "confidential"]);
    layout(&mut build, "LAYOUT_TITLE", 0.1, 0.1, &["Terms & <conditions>", "of #1"]);
    layout(&mut build, "LAYOUT_SECTION_HEADER", 0.1, 0.2, &["1. Scope #"]);
    layout(&mut build, "LAYOUT_TEXT", 0.1, 0.25, &["These terms apply to all *orders*", "- and to offers."]);
    let items = ["1) One, and", "• Two_three"];
    let items: Vec<_> = (0_u8..)
        .zip(items)
        .map(|(index, item)| {
            layout(&mut build, "LAYOUT_TEXT", 0.1, 0.33 + 0.05 * f32::from(index), &[item, "what follows"])
        })
        .collect();
    build.layout("LAYOUT_LIST", &items);

    let (name, jane) =
        (build.line("Name:", [0.1, 0.5, 0.1, 0.02]), build.line("Jane Doe", [0.3, 0.5, 0.2, 0.02]));
    let married = build.line("Married", [0.1, 0.53, 0.1, 0.02]);
    let loose = build.line("(in block letters)", [0.5, 0.53, 0.1, 0.02]);
    let box_ = build.selection(true, Some([0.3, 0.53, 0.02, 0.02]));
    build.field(&name.words, &jane.words, Some([0.1, 0.5, 0.1, 0.02]));
    build.field(&married.words, &[box_], None);
    build.layout("LAYOUT_KEY_VALUE", &[name.id, jane.id, married.id, loose.id]);

    let cells = ["Item", "Price", "Apple|pear", "\"1,50\""];
    let (mut ids, mut lines) = (Vec::new(), Vec::new());
    for (index, text) in (0_u8..).zip(cells) {
        let (row, column) = (index / 2, index % 2);
        let place = [0.1 + 0.2 * f32::from(column), 0.6 + 0.03 * f32::from(row), 0.1, 0.02];
        let line = build.line(text, place);
        let roles: &[&str] = if row == 0 { &["COLUMN_HEADER"] } else { &[] };
        ids.push(build.cell([u32::from(row) + 1, u32::from(column) + 1, 1, 1], roles, &line.words));
        lines.push(line.id);
    }
    build.table([&ids, &[], &[], &[]], Some([0.1, 0.6, 0.3, 0.05]));
    build.layout("LAYOUT_TABLE", &lines);

    layout(&mut build, "LAYOUT_FIGURE", 0.1, 0.7, &["Figure 1"]);
    layout(&mut build, "LAYOUT_FOOTER", 0.1, 0.95, &["www.example.com"]);
    layout(&mut build, "LAYOUT_PAGE_NUMBER", 0.5, 0.95, &["- 17 -"]);
    build.query("Who is it?", Some("NAME"), &[("J. Doe", 40.0), ("Jane \"Jo\" Doe", 90.5)]);
    build.query("Why?", None, &[]);
    let document = build.document();
    check("layout", &document);
}

#[test]
fn a_form_without_layout() {
    let mut build = Build::new();
    build.page();
    build.line("Membership form", [0.1, 0.05, 0.4, 0.03]);
    let name = build.line("Name: Jane Doe", [0.1, 0.15, 0.4, 0.02]);
    let lines = column(&mut build, 0.15, 0.1, 0.2, ["Student", "Other"]);
    build.line("# not a heading", [0.1, 0.35, 0.4, 0.02]);
    build.line("+ nor a list", [0.1, 0.38, 0.4, 0.02]);
    let boxes = [
        build.selection(true, Some([0.1, 0.2, 0.02, 0.02])),
        build.selection(false, Some([0.3, 0.23, 0.02, 0.02])),
    ];
    build.field(&name.words[..1], &name.words[1..], Some([0.1, 0.15, 0.1, 0.02]));
    build.field(&lines[0].words, &boxes[..1], Some([0.15, 0.2, 0.1, 0.02]));
    build.field(&lines[1].words, &boxes[1..], Some([0.15, 0.23, 0.1, 0.02]));
    // One that belongs to no field.
    build.selection(true, Some([0.1, 0.3, 0.02, 0.02]));
    check("form", &build.document());
}

/// A title and a footer outside of the cells, a title within, merged cells, and one that shares its rectangle.
#[test]
fn merged_cells() {
    let mut build = Build::new();
    build.page();
    let title = build.line("Table 1: sales", [0.1, 0.1, 0.4, 0.02]);
    let rows: [[&str; 3]; 6] = [
        ["All regions", "", ""],
        ["Region", "Q1", "Q2"],
        ["North", "=1+1", "2"],
        ["", "-3", "4"],
        ["Europe", "", ""],
        ["Total", "a, b", "say \"6\""],
    ];
    let mut cells = Vec::new();
    for (row, texts) in (0_u8..).zip(rows) {
        for (column, text) in (0_u8..).zip(texts) {
            let place = [0.1 + 0.2 * f32::from(column), 0.15 + 0.03 * f32::from(row), 0.15, 0.02];
            let words = if text.is_empty() { Vec::new() } else { build.line(text, place).words };
            let roles: &[&str] = match row {
                0 => &["TABLE_TITLE"],
                1 => &["COLUMN_HEADER"],
                4 => &["TABLE_SECTION_TITLE"],
                5 => &["TABLE_SUMMARY"],
                _ => &[],
            };
            cells.push(build.cell([u32::from(row) + 1, u32::from(column) + 1, 1, 1], roles, &words));
        }
    }
    let merged = [
        build.merged([1, 1, 1, 3], &["TABLE_TITLE"], &cells[..3]),
        build.merged([3, 1, 2, 1], &[], &[cells[6].clone(), cells[9].clone()]),
        build.merged([5, 1, 1, 3], &[], &cells[12..15]),
        // It claims a place that is another's.
        build.merged([5, 1, 2, 1], &[], &cells[15..16]),
    ];
    let footer = build.line("Source: own data", [0.1, 0.4, 0.4, 0.02]);
    let title = build.caption("TABLE_TITLE", &title.words);
    let footer = build.caption("TABLE_FOOTER", &footer.words);
    build.table([&cells, &merged[..3], &[title], &[footer]], Some([0.1, 0.15, 0.6, 0.2]));
    check("merged", &build.document());
}

#[test]
fn two_columns_without_layout() {
    let mut build = Build::new();
    build.page();
    build.line("A title that stands over both of the columns", [0.1, 0.05, 0.8, 0.03]);
    let left =
        ["The left column of text", "is read to its end before", "the right one is begun,", "as people do."];
    let right = [
        "The right column of text",
        "comes only then, and is",
        "as long as the left one",
        "or a little shorter.",
    ];
    for (index, (left, right)) in (0_u8..).zip(left.into_iter().zip(right)) {
        let top = 0.15 + 0.03 * f32::from(index);
        build.line(left, [0.1, top, 0.35, 0.02]);
        build.line(right, [0.55, top, 0.35, 0.02]);
    }
    check("columns", &build.document());
}

/// Most lines span the whole width of the page, and do not keep the others from being columns.
#[test]
fn columns_on_a_part_of_a_page() {
    let mut build = Build::new();
    build.page();
    let wide = [
        "It begins with lines that go over the whole of the page,",
        "of which there are as many",
        "as of the others together.",
    ];
    let mut top = 0.05;
    let mut next = || {
        top += 0.03;
        top
    };
    (0..3).for_each(|_| wide.iter().for_each(|line| drop(build.line(line, [0.1, next(), 0.8, 0.02]))));
    for row in 1..=5 {
        let top = next();
        build.line(&format!("left {row}"), [0.1, top, 0.35, 0.02]);
        build.line(&format!("right {row}"), [0.55, top, 0.35, 0.02]);
    }
    build.line("And it ends as it began, with a line over all of the page.", [0.1, next(), 0.8, 0.02]);
    // A row of two that is not in columns.
    let top = next();
    build.line("Place:", [0.1, top, 0.1, 0.02]);
    build.line("Date:", [0.55, top, 0.1, 0.02]);
    let text = build.document().to_text();
    let (_, text) = text.split_once("left 1").unwrap();
    let end = "And it ends as it began, with a line over all of the page.\nPlace:\nDate:";
    let rows = "\nleft 2\nleft 3\nleft 4\nleft 5\nright 1\nright 2\nright 3\nright 4\nright 5\n";
    assert_eq!(text, format!("{rows}{end}"));
}

/// Right to left, combining marks, and what is more than one code point.
#[test]
fn other_scripts() {
    let mut build = Build::new();
    build.page();
    layout(&mut build, "LAYOUT_TITLE", 0.1, 0.05, &["شركة أي"]);
    layout(&mut build, "LAYOUT_TEXT", 0.1, 0.15, &["שלום עולם 123", "अंतर्राष्ट्रीय हिन्दी"]);
    layout(&mut build, "LAYOUT_TEXT", 0.1, 0.25, &["e\u{301}te\u{301} 👩‍👩‍👧 日本語 _snake_case_"]);
    let words = build.line("كلمة \"x\"", [0.1, 0.4, 0.3, 0.02]).words;
    let cell = build.cell([1, 1, 1, 1], &["COLUMN_HEADER"], &words);
    build.table([&[cell], &[], &[], &[]], Some([0.1, 0.4, 0.3, 0.02]));
    check("scripts", &build.document());
}

#[test]
fn a_blank_page_between_two() {
    let mut build = Build::new();
    build.page().line("The first page.", [0.1, 0.1, 0.4, 0.02]);
    build.page();
    build.page().line("The third page.", [0.1, 0.1, 0.4, 0.02]);
    let document = build.document();
    check("blank", &document);
    let marked = Render::text().page_separator("\u{c}").document(&document);
    assert_eq!(marked, "The first page.\u{c}\u{c}The third page.");
}

#[test]
fn signatures() {
    let mut build = Build::new();
    build.page();
    let lines = column(&mut build, 0.1, 0.4, 0.1, ["Signed by the tenant:", "Date: 2024-03-01"]);
    let place = |place| serde_json::json!({"Confidence": 88.5, "Geometry": at(place)});
    build.block("SIGNATURE", place([0.1, 0.3, 0.2, 0.05]));
    let signed = build.block("SIGNATURE", place([0.3, 0.12, 0.2, 0.01]));
    build.field(&lines[0].words, &[signed], Some([0.1, 0.1, 0.3, 0.02]));
    check("signature", &build.document());
}
