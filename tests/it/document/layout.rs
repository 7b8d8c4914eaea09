//! The layout, and the order in which people read.

use inkseal::block::BlockKind;
use serde_json::json;

use super::build::{Response, links, texts};

#[test]
fn items_of_a_list_are_in_it_and_nowhere_else() {
    let mut response = Response::new().page(1);
    let title = response.line("Title");
    let (one, two, own) = (response.line("One"), response.line("Two"), response.line("Own"));
    response.add("LAYOUT_TITLE", json!({"Relationships": links([("CHILD", vec![title])])}));
    let list = links([("CHILD", vec!["i".into(), own, "j".into()])]);
    response.add("LAYOUT_LIST", json!({"Relationships": list}));
    response.add("LAYOUT_TEXT", json!({"Id": "i", "Relationships": links([("CHILD", vec![one])])}));
    response.add("LAYOUT_TEXT", json!({"Id": "j", "Relationships": links([("CHILD", vec![two.clone()])])}));
    response.line("In no element");
    // A line that two elements have is where the first has it.
    let again = links([("CHILD", vec![two, "i".into()])]);
    response.add("LAYOUT_FOOTER", json!({"Relationships": again}));
    let document = response.document();
    let page = document.page(1).unwrap();

    let kinds: Vec<_> = page.layout().iter().map(|element| element.kind().clone()).collect();
    assert_eq!(kinds, [BlockKind::LayoutTitle, BlockKind::LayoutList, BlockKind::LayoutFooter]);
    assert_eq!(page.layout_elements().count(), 5);
    let list = page.layout()[1];
    assert_eq!(texts(list.all_lines()), ["One", "Own", "Two"]);
    assert_eq!((texts(list.lines()), list.elements().count()), (vec!["Own"], 2));
    assert_eq!(list.text(), "One Own Two");
    assert_eq!(texts(page.reading_order()), ["Title", "One", "Own", "Two", "In no element"]);
}

#[test]
fn an_element_is_the_place_of_a_table_or_of_fields() {
    let mut response = Response::new().page(1);
    let cells = response.cells(&[&["a", "b"], &["c", "d"]], true);
    let table = response.table(cells);
    let other = response.cells(&[&["x"]], false);
    response.table(other);
    let words: Vec<_> = response
        .document()
        .tables()
        .next()
        .into_iter()
        .flat_map(|table| table.cells().flat_map(|cell| cell.tokens()).collect::<Vec<_>>())
        .map(|token| token.block_ref().id().to_string())
        .collect();
    let line = response.add("LINE", json!({"Relationships": links([("CHILD", words)])}));
    response.add("LAYOUT_TABLE", json!({"Relationships": links([("CHILD", vec![line])])}));
    let key = response.field("Name:", "Jane");
    response.field("Age:", "42");
    let field =
        response.document().field("name").unwrap().key_tokens().next().unwrap().block_ref().id().to_string();
    let line = response.add("LINE", json!({"Relationships": links([("CHILD", vec![field])])}));
    response.add("LAYOUT_KEY_VALUE", json!({"Relationships": links([("CHILD", vec![line])])}));
    let document = response.document();
    let [of_table, of_field] = document.page(1).unwrap().layout()[..] else { panic!("two elements") };
    assert_eq!(of_table.table().unwrap().id().to_string(), table);
    assert!(of_table.fields().is_empty() && of_field.table().is_none());
    assert_eq!(of_field.fields().iter().map(|field| field.id().to_string()).collect::<Vec<_>>(), [key]);
}

#[test]
fn a_line_of_another_page_is_read_there() {
    let mut response = Response::new().page(1);
    let line = response.line("one");
    let mut response = response.page(2);
    let two = response.line("two");
    response.add("LAYOUT_TEXT", json!({"Relationships": links([("CHILD", vec![line, two])])}));
    let document = response.document();
    let read: Vec<_> = document.pages().map(|page| texts(page.reading_order())).collect();
    assert_eq!(read, [["one"], ["two"]]);
}

/// Two columns of prose, as Textract gives them: from top to bottom, across.
fn two_columns(response: &mut Response) {
    response.line_at("A title that goes across both of the columns below it", [0.1, 0.05, 0.8, 0.03]);
    for row in 0..8 {
        let top = 0.1 + row as f32 * 0.03;
        response.line_at(&format!("left {row} with enough words to fill it"), [0.1, top, 0.37, 0.02]);
        response
            .line_at(&format!("right {row} with enough words to fill it"), [0.53, top + 0.001, 0.37, 0.02]);
    }
    response.line_at("A footer that goes across both of the columns above", [0.1, 0.5, 0.8, 0.03]);
}

#[test]
fn without_layout_columns_are_read_one_after_the_other() {
    let mut response = Response::new().page(1);
    two_columns(&mut response);
    let document = response.document();
    let lines = texts(document.page(1).unwrap().reading_order());
    let first: Vec<_> =
        lines.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let expected = (0..8).map(|row| format!("left {row}")).chain((0..8).map(|row| format!("right {row}")));
    assert_eq!(first[1..17], expected.collect::<Vec<_>>());
    assert_eq!((first[0].as_str(), first[17].as_str(), first.len()), ("A title", "A footer", 18));
    // A phrase is found over the end of a line of a column, and not across the gutter.
    assert_eq!(document.search("fill it left 3", 0).len(), 1);
    assert_eq!(document.search("fill it right 3", 0).len(), 1);
    assert_eq!(document.search("left 3 with enough words to fill it right 3", 0).len(), 0);
}

#[test]
fn without_layout_a_form_stays_in_rows() {
    let mut response = Response::new().page(1);
    let mut expected = Vec::new();
    let rows = [
        ("Name:", "Jane Doe"),
        ("Date of birth:", "1/2/1970"),
        ("Street:", "Any Street 123"),
        ("City:", "Anytown"),
        ("Phone:", "555-0100"),
        ("Employer:", "Example Corp."),
        ("Since:", "2001"),
        ("Position:", "Engineer"),
    ];
    for (row, (key, value)) in (0_u8..).zip(rows) {
        let top = 0.1 + f32::from(row) * 0.04;
        response.line_at(key, [0.1, top, 0.011 * key.len() as f32, 0.02]);
        response.line_at(value, [0.5, top, 0.011 * value.len() as f32, 0.02]);
        expected.extend([key, value]);
    }
    assert_eq!(texts(response.document().page(1).unwrap().reading_order()), expected);
}

/// Cells that fill their columns as prose does.
#[test]
fn a_recorded_table_is_read_in_rows() {
    let mut response = Response::new().page(1);
    let mut expected = vec!["Two tables".to_owned()];
    response.line_at("Two tables", [0.1, 0.05, 0.2, 0.02]);
    for table in 1..=2_u8 {
        let mut cells = Vec::new();
        for row in 1..=5_u8 {
            for column in 1..=3_u8 {
                let text = format!("Table {table} value {row}.{column}");
                let top = 0.3 * f32::from(table) + 0.03 * f32::from(row);
                let place = [0.25 * f32::from(column) - 0.15, top, 0.2, 0.02];
                cells.push(response.cell_at(row.into(), column.into(), &text, place));
                expected.push(text);
            }
        }
        response.table(cells);
    }
    response.line_at("A note below", [0.1, 0.9, 0.2, 0.02]);
    expected.push("A note below".to_owned());
    assert_eq!(texts(response.document().page(1).unwrap().reading_order()), expected);
}

/// Textract gives their rows in turns.
#[test]
fn tables_next_to_each_other_are_read_one_after_the_other() {
    let mut response = Response::new().page(1);
    let (mut expected, mut cells) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for row in 1..=5_u8 {
        for (table, left) in [0.1, 0.6].into_iter().enumerate() {
            for column in 1..=2_u8 {
                let text = format!("Value {table}.{row}.{column}");
                let place = [left + 0.15 * f32::from(column - 1), 0.03 * f32::from(row), 0.12, 0.02];
                cells[table].push(response.cell_at(row.into(), column.into(), &text, place));
                expected[table].push(text);
            }
        }
    }
    cells.into_iter().for_each(|cells| drop(response.table(cells)));
    let document = response.document();
    assert_eq!(texts(document.page(1).unwrap().reading_order()), expected.concat());
    assert_eq!(document.to_text().matches("Value 0.5.2\n\nValue 1.1.1").count(), 1);
}

/// Textract may record one if the lines of both columns are level.
#[test]
fn columns_of_text_in_a_recorded_table_are_read_as_columns() {
    let mut response = Response::new().page(1);
    let columns = [
        [
            "Two households, both alike",
            "in dignity, lay their",
            "scene in fair Verona,",
            "and break to mutiny.",
            "Civil blood makes",
        ],
        [
            "hands unclean; a pair of",
            "lovers take their life",
            "whose pitiful overthrows",
            "bury the strife of old,",
            "and nothing could.",
        ],
    ];
    let mut cells = Vec::new();
    for row in 0..5 {
        for (column, texts) in (0_u8..).zip(columns) {
            let place = [0.1 + 0.45 * f32::from(column), 0.1 + 0.03 * row as f32, 0.3, 0.02];
            cells.push(response.cell_at(row as u32 + 1, u32::from(column) + 1, texts[row], place));
        }
    }
    response.table(cells);
    assert_eq!(texts(response.document().page(1).unwrap().reading_order()), columns.concat());
}

#[test]
fn a_longer_column_is_read_to_its_end_and_what_is_apart_from_it_is_not_of_it() {
    let mut response = Response::new().page(1);
    let mut expected = [Vec::new(), Vec::new()];
    for row in 0..12_u8 {
        for (column, left) in [0.1, 0.53].into_iter().enumerate() {
            if column == 0 || row < 8 {
                let text = format!("line {row} of column {column} with enough words");
                response.line_at(&text, [left, 0.1 + f32::from(row) * 0.03, 0.37, 0.02]);
                expected[column].push(text);
            }
        }
    }
    response.line_at("A note below both", [0.1, 0.8, 0.2, 0.02]);
    let document = response.document();
    let lines = texts(document.page(1).unwrap().reading_order());
    assert_eq!(lines[..20], expected.concat());
    assert_eq!(lines[20..], ["A note below both"]);
}

#[test]
fn the_reading_order_has_every_line_once() {
    let mut response = Response::new().page(1);
    two_columns(&mut response);
    response.line("without a place");
    let nowhere = json!({"BoundingBox": {"Left": -1e30, "Top": 0.2, "Width": 1e38, "Height": -4}});
    response.add("LINE", json!({"Text": "everywhere", "Geometry": nowhere}));
    let document = response.document();
    let mut lines = texts(document.page(1).unwrap().reading_order());
    let mut expected = texts(document.lines());
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}
