//! The options of renderings.

use inkseal::block::BlockKind;
use inkseal::document::{Document, Merged};
use inkseal::render::{Format, HeaderRule, Render, TableStyle};

use super::build::Build;
use super::readers::{FORMATS, check_map, html, markdown};

/// A table of these texts, whose cells begin at these heights of the page.
fn add_table(build: &mut Build, header: bool, rows: &[&[&str]], top: f32) {
    let mut cells = Vec::new();
    for (row, texts) in (1..).zip(rows) {
        for (column, text) in (1..).zip(*texts) {
            let words: Vec<_> =
                text.split(' ').filter(|word| !word.is_empty()).map(|word| build.word(word)).collect();
            let roles: &[&str] = if header && row == 1 { &["COLUMN_HEADER"] } else { &[] };
            cells.push(build.cell([row, column, 1, 1], roles, &words));
        }
    }
    build.table([&cells, &[], &[], &[]], Some([0.1, top, 0.8, 0.2]));
}

fn table(rows: &[&[&str]]) -> Document {
    let mut build = Build::new();
    build.page();
    add_table(&mut build, true, rows, 0.1);
    build.document()
}

#[test]
fn formats_have_names() {
    for format in FORMATS {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!(format!("{:>6}|", Format::Csv), "   csv|");
    let error = "Markdown".parse::<Format>().unwrap_err();
    assert_eq!(error.to_string(), "unknown format; expected text, markdown, html, csv or json");
}

#[test]
fn what_is_hidden_leaves_no_trace() {
    let mut build = Build::new();
    build.page();
    let header = build.line("hidden header", [0.1, 0.01, 0.3, 0.02]);
    let text = build.line("shown text", [0.1, 0.2, 0.3, 0.02]);
    let item = build.line("hidden item", [0.1, 0.3, 0.3, 0.02]);
    let key = build.line("hidden key", [0.1, 0.4, 0.3, 0.02]);
    let figure = build.line("hidden figure", [0.1, 0.5, 0.3, 0.02]);
    build.layout("LAYOUT_HEADER", &[header.id]);
    build.layout("LAYOUT_TEXT", &[text.id]);
    let item = build.layout("LAYOUT_TEXT", &[item.id]);
    build.layout("LAYOUT_LIST", &[item]);
    let selection = build.selection(true, Some([0.5, 0.4, 0.02, 0.02]));
    build.field(&key.words, &[selection], None);
    build.layout("LAYOUT_KEY_VALUE", &[key.id]);
    build.layout("LAYOUT_FIGURE", &[figure.id]);
    add_table(&mut build, false, &[&["hidden cell"]], 0.6);
    build.block("SIGNATURE", serde_json::json!({}));
    build.selection(false, None);
    let document = build.document();
    let hidden = [
        BlockKind::LayoutHeader,
        BlockKind::LayoutList,
        BlockKind::LayoutKeyValue,
        BlockKind::LayoutFigure,
        BlockKind::Table,
        BlockKind::Signature,
        BlockKind::SelectionElement,
    ];
    let rendered = |format| Render::to(format).hide(hidden.clone()).document(&document);
    assert_eq!(rendered(Format::Text), "shown text");
    assert_eq!(rendered(Format::Markdown), "shown text");
    assert_eq!(rendered(Format::Html), "<section data-page=\"1\">\n<p>shown text</p>\n</section>");
    assert_eq!(rendered(Format::Csv), "");
    let json: serde_json::Value = serde_json::from_str(&rendered(Format::Json)).unwrap();
    assert_eq!(json["pages"][0]["elements"].as_array().unwrap().len(), 1);

    // Words that are hidden leave no element behind either.
    for format in [Format::Text, Format::Markdown] {
        assert_eq!(Render::to(format).hide(hidden.clone()).hide([BlockKind::Word]).document(&document), "");
    }
    let html = Render::html().hide(hidden.clone()).hide([BlockKind::Word]).document(&document);
    assert_eq!(html, "<section data-page=\"1\"></section>");
}

#[test]
fn fields_are_hidden_with_their_kind() {
    let mut build = Build::new();
    build.page();
    let key = build.line("Name: Jane", [0.1, 0.1, 0.3, 0.02]);
    let note = build.line("in block letters", [0.1, 0.2, 0.3, 0.02]);
    build.field(&key.words[..1], &key.words[1..], None);
    build.layout("LAYOUT_KEY_VALUE", &[key.id, note.id]);
    let document = build.document();
    assert_eq!(Render::text().document(&document), "Name: Jane\nin block letters");
    assert_eq!(Render::text().hide([BlockKind::KeyValueSet]).document(&document), "in block letters");
}

#[test]
fn what_is_hidden_is_hidden_wherever_it_stands() {
    let mut build = Build::new();
    build.page();
    // A field without LAYOUT, and one of an old kind of block.
    let key = build.line("Name: Jane", [0.1, 0.1, 0.3, 0.02]);
    build.field(&key.words[..1], &key.words[1..], None);
    let old = build.line("Age: 42", [0.1, 0.15, 0.3, 0.02]);
    build.block("KEY", serde_json::json!({"Relationships": [{"Type": "CHILD", "Ids": old.words}]}));
    // Two cells at one place, of which only the last is in the grid; and a line of which a word is lost.
    let cells = build.line("secret cell 123", [0.1, 0.2, 0.3, 0.02]);
    let cell = |build: &mut Build, word: &String| build.cell([1, 1, 1, 1], &[], std::slice::from_ref(word));
    let below = cell(&mut build, &cells.words[0]);
    let above = cell(&mut build, &cells.words[1]);
    build.block("TABLE", serde_json::json!({"Relationships": [{"Type": "CHILD", "Ids": [below, above]}]}));
    build.lose(&cells.words[2]);
    build.line("shown", [0.1, 0.9, 0.3, 0.02]);
    let document = build.document();
    let hide = |kinds: &[BlockKind]| Render::text().hide(kinds.iter().cloned()).document(&document);
    assert!(hide(&[]).contains("Jane") && hide(&[]).contains("secret") && hide(&[]).contains("123"));
    assert_eq!(hide(&[BlockKind::KeyValueSet, BlockKind::Table]), "shown");
    assert_eq!(hide(&[BlockKind::Key, BlockKind::Table]), "shown");

    // A figure within a paragraph, and a paragraph within a list.
    let mut build = Build::new();
    build.page();
    let [figure, item, text] = ["figure", "item", "text"].map(|text| build.line(text, [0.1, 0.1, 0.3, 0.02]));
    let figure = build.layout("LAYOUT_FIGURE", &[figure.id]);
    build.layout("LAYOUT_TEXT", &[figure, text.id]);
    let item = build.layout("LAYOUT_TEXT", &[item.id]);
    build.layout("LAYOUT_LIST", &[item]);
    let document = build.document();
    assert_eq!(Render::text().hide([BlockKind::LayoutFigure]).document(&document), "text\n\nitem");
    assert_eq!(Render::text().hide([BlockKind::LayoutText]).document(&document), "");
}

#[test]
fn a_line_of_another_page_is_rendered_there_alone() {
    let mut build = Build::new();
    build.page();
    let line = build.line("once", [0.1, 0.1, 0.3, 0.02]);
    build.page();
    build.layout("LAYOUT_TEXT", &[line.id]);
    assert_eq!(build.document().to_text(), "once");
}

#[test]
fn check_boxes_are_no_link_definitions() {
    let mut build = Build::new();
    build.page();
    let value = build.line("https://example.com", [0.3, 0.1, 0.3, 0.02]);
    let selection = build.selection(true, Some([0.1, 0.1, 0.02, 0.02]));
    build.field(&[selection], &value.words, None);
    build.layout("LAYOUT_KEY_VALUE", &[value.id]);
    let found = markdown(&build.document().to_markdown());
    assert_eq!(found.texts, ["[X] https://example.com"]);
}

#[test]
fn marks_are_escaped_but_in_text_and_markdown() {
    let mut build = Build::new();
    build.page();
    build.selection(true, None);
    let document = build.document();
    let render = |format| Render::to(format).selection("<b>\"x\"</b>", "").document(&document);
    assert_eq!(render(Format::Markdown), "<b>\"x\"</b>");
    assert!(render(Format::Html).contains("<p class=\"selection\">&lt;b&gt;\"x\"&lt;/b&gt;</p>"));
    let json: serde_json::Value = serde_json::from_str(&render(Format::Json)).unwrap();
    assert_eq!(json["pages"][0]["elements"][0]["text"], "<b>\"x\"</b>");
}

#[test]
fn words_of_several_parts_stay_what_they_are() {
    let mut build = Build::new();
    build.page();
    for (top, text) in [(0.1, "1. one"), (0.3, "- two"), (0.5, "# three"), (0.7, "a\n\nb"), (0.9, "x ##")] {
        build.line_of(&[text], Some([0.1, top, 0.3, 0.02]));
    }
    let words = build.line_of(&[" four ", "\tfive\n"], None).words;
    let cell = build.cell([1, 1, 1, 1], &["COLUMN_HEADER"], &words);
    build.table([&[cell], &[], &[], &[]], None);
    let document = build.document();
    let found = markdown(&document.to_markdown());
    assert_eq!(found.texts, ["1. one", "- two", "# three", "a\n\nb", "x ##"]);
    assert_eq!(found.tables, [[[" four  \tfive\n"]]]);
    let styled = Render::markdown().table_style(TableStyle::Html).document(&document);
    assert!(styled.ends_with("<tr><th scope=\"col\"> four  &#9;five&#10;</th></tr>\n</thead>\n</table>"));
}

#[test]
fn table_styles() {
    let document = table(&[&["Item", "Price"], &["Pear", "1|2"], &["", ""], &["Quince", ""]]);
    let text = |style| Render::text().table_style(style).document(&document);
    assert_eq!(text(TableStyle::Plain), "Item\tPrice\nPear\t1|2\n\t\nQuince\t");
    assert_eq!(text(TableStyle::Aligned), "Item    Price\nPear    1|2\n        \nQuince  ");
    let markdown = |style| Render::markdown().table_style(style).document(&document);
    let plain = "| Item | Price |\n| --- | --- |\n| Pear | 1\\|2 |\n|  |  |\n| Quince |  |";
    assert_eq!(markdown(TableStyle::Plain), plain);
    let aligned =
        "| Item   | Price |\n| ------ | ----- |\n| Pear   | 1\\|2  |\n|        |       |\n| Quince |       |";
    assert_eq!(markdown(TableStyle::Aligned), aligned);
    assert!(!markdown(TableStyle::Html).contains("\n\n"));
    assert_eq!(html(&markdown(TableStyle::Html)).tables[0][1], ["Pear", "1|2"]);
    assert_eq!(html(&text(TableStyle::Html)).tables[0][0], ["Item", "Price"]);
}

#[test]
fn rows_of_one_empty_cell_are_no_blank_lines() {
    let document = table(&[&["a"], &[""], &[""], &[""], &["b"], &[""]]);
    assert_eq!(document.to_text(), "a\nb");
    assert_eq!(document.to_csv(), "a\n\"\"\n\"\"\n\"\"\nb\n\"\"\n");
    let document = table(&[&[""]]);
    assert_eq!(document.to_text(), "");
}

#[test]
fn header_rules() {
    let document = table(&[&["a", "b"], &["c", "d"]]);
    let rows = |rule| Render::markdown().header_rule(rule).document(&document);
    assert_eq!(rows(HeaderRule::Never), "|  |  |\n| --- | --- |\n| a | b |\n| c | d |");
    assert_eq!(rows(HeaderRule::FirstRow), "| a | b |\n| --- | --- |\n| c | d |");
    let html = |rule| Render::html().header_rule(rule).document(&document);
    assert!(!html(HeaderRule::Never).contains("<th"));
    assert!(html(HeaderRule::FirstRow).contains("<thead>\n<tr><th scope=\"col\">a</th>"));
}

/// A cell that stands in the header and below keeps its rows together.
#[test]
fn a_header_cell_that_reaches_out_of_the_header() {
    let mut build = Build::new();
    build.page();
    let words = [build.word("a"), build.word("b"), build.word("c")];
    let cells = [
        build.cell([1, 1, 2, 1], &["COLUMN_HEADER"], &words[..1]),
        build.cell([1, 2, 1, 1], &["COLUMN_HEADER"], &words[1..2]),
        build.cell([2, 2, 1, 1], &[], &words[2..]),
    ];
    build.table([&cells, &[], &[], &[]], None);
    let rendered = Render::html().header_rule(HeaderRule::FirstRow).document(&build.document());
    assert!(!rendered.contains("thead"));
    assert!(rendered.contains("<tr><th scope=\"col\" rowspan=\"2\">a</th><th scope=\"col\">b</th></tr>"));
    assert_eq!(html(&rendered).tables, [[["a", "b"], ["", "c"]]]);
}

#[test]
fn merged_cells_are_repeated_where_asked() {
    let mut build = Build::new();
    build.page();
    let words = [build.word("x"), build.word("y")];
    let cells = [
        build.cell([1, 1, 1, 1], &[], &words[..1]),
        build.cell([1, 2, 1, 1], &[], &[]),
        build.cell([2, 1, 1, 1], &[], &words[1..]),
        build.cell([2, 2, 1, 1], &[], &[]),
    ];
    let merged = build.merged([1, 1, 1, 2], &[], &cells[..2]);
    build.table([&cells, &[merged], &[], &[]], None);
    let document = build.document();
    for (format, text) in [(Format::Text, "x\tx\ny\t"), (Format::Csv, "x,x\ny,\n")] {
        let rendering = Render::to(format).merged(Merged::Repeated).document_with_map(&document);
        assert_eq!(rendering.text(), text);
        check_map(&document, format, &rendering);
        assert_eq!(rendering.spans().len(), 3);
    }
    assert!(
        Render::html().merged(Merged::Repeated).document(&document).contains("<td colspan=\"2\">x</td></tr>")
    );
}

#[test]
fn formulas_are_guarded_where_asked() {
    let document = table(&[&["=1+1", "-5", "@a,b"], &["x", "+", "a=b"]]);
    assert_eq!(document.to_csv(), "=1+1,-5,\"@a,b\"\nx,+,a=b\n");
    let rendering = Render::csv().guard_formulas(true).document_with_map(&document);
    assert_eq!(rendering.text(), "'=1+1,'-5,\"'@a,b\"\nx,'+,a=b\n");
    check_map(&document, Format::Csv, &rendering);
}

#[test]
fn tables_are_joined_where_asked() {
    let mut build = Build::new();
    build.page();
    add_table(&mut build, true, &[&["n", "m"], &["1", "2"]], 0.7);
    build.page();
    add_table(&mut build, true, &[&["n", "m"], &["3", "4"]], 0.1);
    add_table(&mut build, true, &[&["other"], &["5"]], 0.5);
    let document = build.document();
    assert_eq!(document.to_csv(), "n,m\n1,2\n\nn,m\n3,4\n\nother\n5\n");
    let joined = Render::csv().join_tables(true);
    assert_eq!(joined.document(&document), "n,m\n1,2\n3,4\n\nother\n5\n");
    check_map(&document, Format::Csv, &joined.document_with_map(&document));
    assert_eq!(joined.hide([BlockKind::Table]).document(&document), "");
    assert_eq!(Render::html().join_tables(true).document(&document), document.to_html());
}
