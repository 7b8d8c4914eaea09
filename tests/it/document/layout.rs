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
    let last = response.line("In no element");
    // A line that two elements have stands where the first has it.
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
    assert!(!last.is_empty());
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
    let document = response.document();
    let element = document.page(1).unwrap().layout()[0];
    assert_eq!(element.table().unwrap().id().to_string(), table);
    assert!(element.fields().is_empty());
    assert_eq!(document.fields().next().unwrap().id().to_string(), key);
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
