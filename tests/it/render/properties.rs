//! What holds for every document, no matter what it contains and how broken it is.

use std::collections::HashSet;

use inkseal::block::BlockKind;
use inkseal::document::{Document, Merged};
use inkseal::render::{Format, Render, TableStyle};
use proptest::collection::vec;
use proptest::prelude::*;

use super::build::Build;
use super::readers::{FORMATS, check_all, check_map, csv, html, json, markdown, uses, words};

/// A plan for a page, by numbers that are taken modulo the number of things.
#[derive(Clone, Debug)]
struct Plan {
    /// The lines: their words, and whether they have a place.
    lines: Vec<(Vec<String>, bool)>,
    /// Elements of the layout: their kind, and which lines, or elements before them, they have.
    layout: Vec<(usize, Vec<usize>)>,
    tables: Vec<TablePlan>,
    /// Form fields: which words are the key and the value, and whether it has a check box.
    fields: Vec<(Vec<usize>, Vec<usize>, Option<bool>)>,
    loose: Vec<String>,
    signatures: usize,
    /// Which words and lines are lost.
    lost: Vec<usize>,
}

#[derive(Clone, Debug)]
struct TablePlan {
    columns: usize,
    /// The words of the cells: new ones, and that of a line.
    cells: Vec<(Vec<String>, Option<usize>)>,
    /// Rectangles: the first row and column, and how many of them.
    merged: Vec<[usize; 4]>,
    /// The rows with the role of a header, from the first on.
    header: usize,
    title: Vec<String>,
}

const KINDS: [&str; 10] = [
    "LAYOUT_TEXT",
    "LAYOUT_TITLE",
    "LAYOUT_SECTION_HEADER",
    "LAYOUT_LIST",
    "LAYOUT_KEY_VALUE",
    "LAYOUT_TABLE",
    "LAYOUT_HEADER",
    "LAYOUT_FIGURE",
    "LAYOUT_PAGE_NUMBER",
    "LAYOUT_HOLOGRAM",
];

/// Words that mean something in one of the formats, and any others. None is blank, as no word is.
fn word() -> impl Strategy<Value = String> {
    let nasty = proptest::sample::select(vec![
        "|",
        "*",
        "_",
        "-",
        "+",
        "=",
        "===",
        "---",
        ":--",
        ":-:",
        "--:",
        "-:",
        "#",
        "##",
        "1.",
        "12)",
        ">",
        ">>",
        "```",
        "~~~",
        "~~",
        "***",
        "___",
        "[x]",
        "[X]:",
        "[a](b)",
        "![i](j)",
        "<b>",
        "</td>",
        "<!--",
        "-->",
        "<table>",
        "]]>",
        "&amp;",
        "&#42;",
        "&lt;b",
        "&",
        "\\",
        "\\|",
        "a\\",
        "\"",
        "\"\"",
        "'",
        ",",
        ";",
        "\"a\"",
        "=1+1",
        "@x",
        "-5",
        "https://x.y/_z_",
        "www.x.y",
        "a@b.c",
        "{}",
        "{{",
        "\"}]}",
        "\u{1}",
        "\u{7f}",
        "שלום",
        "مرحبا",
        "हिन्दी",
        "e\u{301}",
        "\u{301}",
        "👩‍👩‍👧",
        "日本語",
        "\u{a0}x",
        "x\u{2003}",
        "\u{2028}y",
        "\u{200f}",
        "x y",
        " x",
        "y ",
        "a\nb",
        "\n\nc",
        "d\t",
        "\re",
        "\u{b}f",
        "*a*",
        "_a_",
        "__b__",
        "a_b_c",
        "`c`",
        "~d~",
        "x:",
        "x：",
        "$5$",
        "^1^",
    ]);
    prop_oneof![
        3 => "[a-z]{1,6}",
        4 => nasty.prop_map(str::to_owned),
        3 => "[-|*_<>&\"'#+1.:\\[\\]x`~ \\\\\n\t😀éא]{1,6}".prop_filter("not blank", |word| !word.trim().is_empty()),
    ]
}

fn table() -> impl Strategy<Value = TablePlan> {
    let cells = vec((vec(word(), 0..3), proptest::option::weighted(0.3, 0..20_usize)), 0..16);
    let merged = vec([0..5_usize, 0..5_usize, 1..4_usize, 1..4_usize], 0..4);
    (1..5_usize, cells, merged, 0..3_usize, vec(word(), 0..3)).prop_map(
        |(columns, cells, merged, header, title)| TablePlan { columns, cells, merged, header, title },
    )
}

fn page() -> impl Strategy<Value = Plan> {
    let fields = (vec(0..40_usize, 0..3), vec(0..40_usize, 0..3), proptest::option::of(any::<bool>()));
    (
        vec((vec(word(), 1..5), any::<bool>()), 0..10),
        prop_oneof![Just(Vec::new()), vec((0..KINDS.len(), vec(0..20_usize, 1..5)), 1..6)],
        vec(table(), 0..3),
        vec(fields, 0..4),
        vec(word(), 0..3),
        0..2_usize,
        vec(0..100_usize, 0..3),
    )
        .prop_map(|(lines, layout, tables, fields, loose, signatures, lost)| Plan {
            lines,
            layout,
            tables,
            fields,
            loose,
            signatures,
            lost,
        })
}

fn add_page(build: &mut Build, plan: &Plan) {
    build.page();
    let mut lines = Vec::new();
    for (index, (words, is_placed)) in (0_u8..).zip(&plan.lines) {
        let column = f32::from(index % 2);
        let place = [0.1 + 0.4 * column, 0.05 * f32::from(index), 0.3, 0.02];
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        lines.push(build.line_of(&words, is_placed.then_some(place)));
    }
    let mut elements: Vec<String> = lines.iter().map(|line| line.id.clone()).collect();
    for (kind, ids) in &plan.layout {
        let ids: Vec<_> =
            ids.iter().filter_map(|id| elements.get(id % elements.len().max(1))).cloned().collect();
        let element = build.layout(KINDS[*kind], &ids);
        elements.push(element);
    }
    // A word is in one cell, one key or one value.
    let mut free: Vec<String> = lines.iter().flat_map(|line| line.words.clone()).collect();
    let mut take = |index: usize| (!free.is_empty()).then(|| free.remove(index % free.len()));
    for plan in &plan.tables {
        add_table(build, plan, &mut take);
    }
    for (key, value, selected) in &plan.fields {
        let key: Vec<_> = key.iter().filter_map(|index| take(*index)).collect();
        let mut value: Vec<_> = value.iter().filter_map(|index| take(*index)).collect();
        value.extend(selected.map(|selected| build.selection(selected, None)));
        build.field(&key, &value, None);
    }
    for text in &plan.loose {
        build.word(text);
    }
    for _ in 0..plan.signatures {
        build.block("SIGNATURE", serde_json::json!({}));
    }
    for lost in &plan.lost {
        let all: Vec<_> = lines.iter().flat_map(|line| line.words.iter().chain([&line.id])).collect();
        if let Some(id) = all.get(lost % 50) {
            build.lose(id);
        }
    }
}

fn add_table(build: &mut Build, plan: &TablePlan, take: &mut impl FnMut(usize) -> Option<String>) {
    let mut cells: Vec<([usize; 2], String)> = Vec::new();
    for (index, (words, shared)) in plan.cells.iter().enumerate() {
        let [row, column] = [index / plan.columns, index % plan.columns];
        let mut ids: Vec<_> = words.iter().map(|word| build.word(word)).collect();
        ids.extend(shared.and_then(&mut *take));
        let roles: &[&str] = if row < plan.header { &["COLUMN_HEADER"] } else { &[] };
        cells.push(([row, column], build.cell([row as u32 + 1, column as u32 + 1, 1, 1], roles, &ids)));
    }
    // No two merged cells share a cell: each word is to be written once.
    let mut taken = HashSet::new();
    let mut merged = Vec::new();
    for [row, column, rows, columns] in plan.merged.iter().copied() {
        let inside = |at: [usize; 2]| {
            (row..row + rows).contains(&at[0]) && (column..column + columns).contains(&at[1])
        };
        let parts: Vec<_> = cells
            .iter()
            .filter(|(at, _)| inside(*at))
            .filter(|(at, _)| taken.insert(*at))
            .map(|(_, id)| id.clone())
            .collect();
        let at = [row + 1, column + 1, rows, columns].map(|number| number as u32);
        merged.push(build.merged(at, &[], &parts));
    }
    let title: Vec<_> = plan.title.iter().map(|word| build.word(word)).collect();
    let title = build.caption("TABLE_TITLE", &title);
    let cells: Vec<_> = cells.into_iter().map(|(_, id)| id).collect();
    build.table([&cells, &merged, &[title], &[]], Some([0.1, 0.3, 0.5, 0.2]));
}

fn pages() -> impl Strategy<Value = Vec<Plan>> {
    vec(page(), 0..3)
}

fn built(pages: &[Plan]) -> Document {
    let mut build = Build::new();
    pages.iter().for_each(|plan| add_page(&mut build, plan));
    build.document()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_leads_back_and_is_read_as_the_same(pages in pages()) {
        let document = built(&pages);
        check_all(&document);
        let rendering = Render::markdown().table_style(TableStyle::Html).document_with_map(&document);
        for span in rendering.spans() {
            prop_assert!(rendering.text().get(span.range.clone()).is_some());
        }
        prop_assert_eq!(html(&document.to_html()).tables, html(&html_tables(rendering.text())).tables);
    }

    #[test]
    fn every_word_is_in_the_text_once(pages in pages()) {
        let document = built(&pages);
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
            let uses = uses(&Render::to(format).document_with_map(&document));
            for word in document.words() {
                let count = uses.get(&(word.page_number(), word.id().to_string())).copied();
                prop_assert_eq!(count, Some(1), "{} in {}", word.id(), format);
            }
        }
    }

    #[test]
    fn all_formats_say_the_same_in_one_order(pages in pages()) {
        let document = built(&pages);
        let [markdown, html, json] =
            [markdown(&document.to_markdown()), html(&document.to_html()), json(&document.to_json())];
        // The colon between a key and its value is of Markdown alone.
        let plain = |texts: &[String]| words(texts).concat().replace(':', "");
        prop_assert_eq!(plain(&html.texts), plain(&json.texts));
        prop_assert_eq!(plain(&markdown.texts), plain(&html.texts));
    }

    #[test]
    fn text_has_at_most_one_blank_line(mut pages in pages()) {
        for plan in &mut pages {
            let plain = |word: &mut String| *word = word.replace(['\n', '\r'], "n");
            plan.lines.iter_mut().flat_map(|(words, _)| words).for_each(plain);
            plan.loose.iter_mut().for_each(plain);
            for table in &mut plan.tables {
                table.cells.iter_mut().flat_map(|(words, _)| words).chain(&mut table.title).for_each(plain);
            }
        }
        let text = built(&pages).to_text();
        prop_assert!(!text.contains("\n\n\n") && !text.starts_with('\n') && !text.ends_with('\n'));
    }

    #[test]
    fn csv_is_as_others_write_it(pages in pages(), guard in any::<bool>(), repeat in any::<bool>()) {
        let document = built(&pages);
        let merged = if repeat { Merged::Repeated } else { Merged::Once };
        let render = Render::csv().guard_formulas(guard).merged(merged);
        let rendering = render.document_with_map(&document);
        check_map(&document, Format::Csv, &rendering);
        let style = if guard { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary };
        let mut writer = ::csv::WriterBuilder::new().flexible(true).quote_style(style).from_writer(Vec::new());
        csv(rendering.text()).iter().for_each(|row| writer.write_record(row).unwrap());
        let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        // Blank lines are between tables, and in quotes.
        prop_assert_eq!(rendering.text().replace("\n\n", "\n"), written.replace("\n\n", "\n"));
        if guard {
            let is_formula = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            prop_assert!(!csv(rendering.text()).iter().flatten().any(is_formula));
            // Some spreadsheets separate cells otherwise.
            for delimiter in [b';', b'\t'] {
                let mut reader = ::csv::ReaderBuilder::new();
                let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
                for record in reader.from_reader(rendering.text().as_bytes()).records() {
                    let is_formula = |cell: &str| cell.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@']);
                    prop_assert!(!record.unwrap().iter().any(is_formula));
                }
            }
        }
    }

    #[test]
    fn what_is_hidden_leaves_the_rest_as_it_is(pages in pages(), kind in 0..KINDS.len()) {
        let document = built(&pages);
        let kind = BlockKind::from(KINDS[kind]);
        let hidden = contained(&document, &kind);
        for format in FORMATS {
            let render = Render::to(format).hide([kind.clone(), BlockKind::Signature]);
            let rendering = render.document_with_map(&document);
            check_map(&document, format, &rendering);
            let all = uses(&Render::to(format).document_with_map(&document));
            let shown = uses(&rendering);
            prop_assert!(shown.keys().all(|block| all.contains_key(block)));
            // CSV has no words outside of tables, and leaves out tables that share a word with what is hidden.
            for word in document.words().filter(|_| format != Format::Csv) {
                let count = shown.get(&(word.page_number(), word.id().to_string())).copied();
                let expected = (!hidden.contains(&word.index())).then_some(1);
                prop_assert_eq!(count, expected, "{} in {}", word.id(), format);
            }
        }
    }
}

/// The blocks of this kind, and those that they contain.
fn contained(document: &Document, kind: &BlockKind) -> HashSet<u32> {
    let mut rest: Vec<_> = document.blocks().filter(|block| block.kind() == kind).collect();
    let mut contained = HashSet::new();
    while let Some(block) = rest.pop() {
        if contained.insert(block.index()) {
            rest.extend(block.children());
        }
    }
    contained
}

/// The tables that Markdown has as HTML, as CommonMark reads them.
fn html_tables(text: &str) -> String {
    use pulldown_cmark::{Event, Parser};
    let mut html = String::new();
    for event in Parser::new(text) {
        if let Event::Html(part) = event {
            html += &part;
        }
    }
    format!("<section>{html}</section>")
}
