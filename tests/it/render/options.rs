//! The options of renderings.

use inkseal::block::BlockKind;
use inkseal::document::{Document, Merged};
use inkseal::render::{Format, HeaderRule, Render, TableStyle};
use serde_json::json;

use super::build::Build;
use super::readers::{FORMATS, check_map, csv, html, markdown};

/// A table of these texts, at this height of the page.
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
    build.block("SIGNATURE", json!({}));
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
    // Two cells at one place, of which only the last is in the grid; and a line with a lost word.
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

/// Before they were TABLE_TITLE and TABLE_FOOTER, titles and footers of tables were TITLE and FOOTER.
#[test]
fn hiding_titles_and_footers_leaves_their_tables() {
    for (kind, hidden) in [
        ("TABLE_TITLE", BlockKind::TableTitle),
        ("TITLE", BlockKind::Title),
        ("TABLE_FOOTER", BlockKind::TableFooter),
        ("FOOTER", BlockKind::Footer),
    ] {
        let mut build = Build::new();
        build.page();
        let words = [build.word("Prices"), build.word("7")];
        let cells = [build.cell([1, 1, 1, 1], &[], &words[..1]), build.cell([2, 1, 1, 1], &[], &words[1..])];
        let caption = build.caption(kind, &words[..1]);
        let relationships = json!([{"Type": "CHILD", "Ids": cells}, {"Type": kind, "Ids": [caption]}]);
        build.block("TABLE", json!({"Relationships": relationships}));
        assert_eq!(Render::csv().hide([hidden]).document(&build.document()), "Prices\n7\n", "{kind}");
    }
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

/// Even if it is in the key, or is the whole key.
#[test]
fn a_check_box_goes_with_its_label() {
    let labels = [("Discussions", [0.2, 0.1, 0.2, 0.02]), ("Pulls", [0.2, 0.2, 0.2, 0.02])];
    for is_placed in [true, false] {
        let mut build = Build::new();
        build.page();
        build.line("Tabs", [0.1, 0.05, 0.3, 0.02]);
        for (index, (label, place)) in labels.into_iter().enumerate() {
            let label = build.line(label, place);
            let before = is_placed.then_some([0.15, place[1], 0.02, 0.02]);
            let selection = build.selection(index == 0, before);
            if index == 0 {
                let key = [vec![selection], label.words].concat();
                build.field(&key, &[], is_placed.then_some([0.15, 0.1, 0.25, 0.02]));
            } else {
                build.field(&[selection], &label.words, before);
            }
        }
        build.line("Below", [0.1, 0.3, 0.3, 0.02]);
        assert_eq!(build.document().to_text(), "Tabs\n[X] Discussions\n[ ] Pulls\nBelow");
    }
}

/// In the right one of two columns, whose lines are level with those of the left one.
#[test]
fn a_mark_by_itself_is_put_above_what_is_under_it() {
    let mut build = Build::new();
    build.page();
    for (column, left) in [("left", 0.1), ("right", 0.55)] {
        for row in 0..6_u8 {
            build
                .line(&format!("{column} {row} with words"), [left, 0.1 + 0.03 * f32::from(row), 0.35, 0.02]);
        }
    }
    build.selection(true, Some([0.6, 0.095, 0.02, 0.001]));
    let text = build.document().to_text();
    assert!(text.contains("left 5 with words\n\n[X]\n\nright 0 with words"), "{text}");
}

/// Textract may not say whether a check box is selected.
#[test]
fn a_check_box_without_a_status_is_null_in_json() {
    let mut build = Build::new();
    build.page();
    let key = build.line("Married", [0.1, 0.1, 0.2, 0.02]);
    let unknown = build.block("SELECTION_ELEMENT", json!({}));
    build.field(&key.words, &[unknown], None);
    build.layout("LAYOUT_KEY_VALUE", &[key.id]);
    let json: serde_json::Value = serde_json::from_str(&build.document().to_json()).unwrap();
    let field = json["pages"][0]["elements"][0]["fields"][0].as_object().unwrap();
    assert_eq!((&field["value"], field.get("selected")), (&json!("[ ]"), Some(&json!(null))));
}

#[test]
fn spans_lead_to_blocks_of_other_copies_of_the_document() {
    let mut build = Build::new();
    build.page().line("first", [0.1, 0.1, 0.2, 0.02]);
    build.page().line("second", [0.3, 0.1, 0.2, 0.02]);
    let document = build.document();
    let whole = Render::text().document_with_map(&document);
    for (text, span) in ["first", "second"].into_iter().zip(whole.spans()) {
        let word = span.block_in(&document).unwrap().as_word().unwrap();
        assert_eq!((word.text(), word.page_number()), (text, span.page));
    }
    // As a page by itself, whose blocks have other places.
    let blocks = document.page(2).unwrap().blocks().map(|block| block.block().clone()).collect();
    let second = Document::from_blocks(blocks);
    let rendering = Render::text().document_with_map(&second);
    let [span] = rendering.spans() else { panic!("one word") };
    assert_eq!(span.block_in(&document).unwrap().block().text(), Some("second"));
    assert_eq!(span.block_in(&second).unwrap().block().text(), Some("second"));
    assert!(whole.spans()[0].block_in(&second).is_none(), "it is not there");
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

/// A cell that is in the header and below keeps its rows together.
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
    assert_eq!(rendering.text(), "\"'=1+1\",\"'-5\",\"'@a,b\"\n\"x\",\"'+\",\"a=b\"\n");
    check_map(&document, Format::Csv, &rendering);
}

/// Some spreadsheets separate cells by semicolons or tabs.
#[test]
fn formulas_are_guarded_in_other_locales() {
    let rows: &[&[&str]] = &[&["a", "x;=1", "y;=1+1;z"], &["u;;\"+2", "v; @sum \";-3", "1;2 a-b =c"]];
    let document = table(rows);
    let rendering = Render::csv().guard_formulas(true).document_with_map(&document);
    check_map(&document, Format::Csv, &rendering);
    assert_eq!(csv(rendering.text())[0], ["a", "x;'=1", "y;'=1+1;z"]);
    assert_eq!(csv(rendering.text())[1], ["u;;\"'+2", "v; '@sum \";'-3", "1;2 a-b =c"]);
    for delimiter in [b',', b';', b'\t'] {
        let mut reader = ::csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
        for record in reader.from_reader(rendering.text().as_bytes()).records() {
            let record = record.unwrap();
            let is_formula =
                |cell: &str| cell.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@']);
            assert!(!record.iter().any(is_formula), "{record:?}");
        }
    }
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
