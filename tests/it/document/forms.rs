//! Form fields and queries.

use inkseal::document::{ExpenseDocument, LendingSummary};
use serde_json::json;

use super::build::{Response, at, links, read};

#[test]
fn confidences_of_structure_and_of_text_are_apart() {
    let mut response = Response::new().page(1);
    let sure = response.add("WORD", json!({"Text": "Jane", "Confidence": 99}));
    let unsure = response.add("WORD", json!({"Text": "Doe", "Confidence": 31.5}));
    let key = response.add("WORD", json!({"Text": "Name", "Confidence": 12}));
    let place = at([0.5, 0.25, 0.25, 0.125]);
    let children = links([("CHILD", vec![sure, unsure])]);
    let value =
        json!({"EntityTypes": ["VALUE"], "Confidence": 60, "Relationships": children, "Geometry": place});
    let value = response.add("KEY_VALUE_SET", value);
    let links = links([("VALUE", vec![value]), ("CHILD", vec![key])]);
    response.add("KEY_VALUE_SET", json!({"EntityTypes": ["KEY"], "Confidence": 70, "Relationships": links}));
    let document = response.document();
    let field = document.fields().next().unwrap();
    assert_eq!(field.structure_confidence(), Some(60.0));
    assert_eq!(field.text_confidence(), Some(31.5));
    assert_eq!(field.confidence(), Some(70.0), "that of the key's block");
    let place = field.value_box().unwrap();
    assert_eq!((place.left, place.top, place.width, place.height), (0.5, 0.25, 0.25, 0.125));
    assert_eq!(field.is_selected(), None);
}

#[test]
fn check_boxes() {
    let mut response = Response::new().page(1);
    let mut field = |key: &str, status: serde_json::Value| {
        let element = response.add("SELECTION_ELEMENT", json!({"SelectionStatus": status, "Confidence": 88}));
        let value = json!({"EntityTypes": ["VALUE"], "Relationships": links([("CHILD", vec![element])])});
        let value = response.add("KEY_VALUE_SET", value);
        let key = response.words(key);
        let links = links([("VALUE", vec![value]), ("CHILD", key)]);
        response.add("KEY_VALUE_SET", json!({"EntityTypes": ["KEY"], "Relationships": links}));
    };
    field("Yes", json!("SELECTED"));
    field("No", json!("NOT_SELECTED"));
    field("Perhaps", json!(null));
    let document = response.document();
    let fields: Vec<_> =
        document.fields().map(|field| (field.key(), field.value(), field.is_selected())).collect();
    let expected = [("Yes", "[X]", Some(true)), ("No", "[ ]", Some(false)), ("Perhaps", "[ ]", None)];
    assert_eq!(fields, expected.map(|(key, value, selected)| (key.into(), value.into(), selected)));
    assert_eq!(document.field("yes").unwrap().text_confidence(), Some(88.0));
    assert_eq!(document.selection_elements().count(), 3);
}

#[test]
fn of_several_fields_the_surest_is_given() {
    let mut response = Response::new().page(1);
    for (key, value, confidence) in [
        ("Name:", "first", 50.0),
        ("NAME", "second", 91.0),
        ("name :", "third", 91.0),
        ("Full name", "fourth", 99.0),
    ] {
        let value = response.words(value);
        let value = json!({"EntityTypes": ["VALUE"], "Relationships": links([("CHILD", value)])});
        let value = response.add("KEY_VALUE_SET", value);
        let key = response.words(key);
        let links = links([("VALUE", vec![value]), ("CHILD", key)]);
        let key = json!({"EntityTypes": ["KEY"], "Confidence": confidence, "Relationships": links});
        response.add("KEY_VALUE_SET", key);
    }
    let document = response.document();
    assert_eq!(document.field(" name").unwrap().value(), "second");
    assert_eq!(document.fields_containing("NAME").count(), 4);
    for nothing in ["", " ", "\u{200b}"] {
        assert_eq!(document.fields_containing(nothing).count(), 0);
    }
    assert_eq!(document.fields_containing("full").map(|field| field.value()).collect::<Vec<_>>(), ["fourth"]);
    assert!(document.field("nam").is_none());
    let page = document.page(1).unwrap();
    assert_eq!(page.field("name"), document.field("name"));
    assert_eq!(page.fields_containing("FULL").map(|field| field.value()).collect::<Vec<_>>(), ["fourth"]);
    let (nearest, similarity) = document.nearest_field("ful name").unwrap();
    assert_eq!(nearest.value(), "fourth");
    assert!((similarity - 8.0 / 9.0).abs() < 1e-6);
}

#[test]
fn old_responses_have_keys_and_values_of_their_own_kinds() {
    let document = read(&json!({"Blocks": [
        {"BlockType": "KEY", "Id": "k", "Relationships": [
            {"Type": "CHILD", "Ids": ["1"]}, {"Type": "VALUE", "Ids": ["v", "u"]}]},
        {"BlockType": "VALUE", "Id": "v", "Relationships": [{"Type": "CHILD", "Ids": ["2"]}]},
        {"BlockType": "VALUE", "Id": "u", "Relationships": [{"Type": "CHILD", "Ids": ["3"]}]},
        {"BlockType": "WORD", "Id": "1", "Text": "Address"}, {"BlockType": "WORD", "Id": "2", "Text": "Main"},
        {"BlockType": "WORD", "Id": "3", "Text": "Street"}
    ]}));
    let fields: Vec<_> = document.fields().map(|field| (field.key(), field.value())).collect();
    assert_eq!(fields, [("Address".to_owned(), "Main Street".to_owned())]);
}

#[test]
fn a_field_without_a_value_is_one() {
    let document = read(&json!({"Blocks": [
        {"BlockType": "KEY_VALUE_SET", "EntityTypes": ["KEY"], "Id": "k", "Confidence": 40,
         "Relationships": [{"Type": "VALUE", "Ids": ["gone"]}]},
        {"BlockType": "KEY_VALUE_SET", "Id": "neither"}
    ]}));
    let field = document.fields().next().unwrap();
    assert_eq!((field.key(), field.value(), field.values().count()), (String::new(), String::new(), 0));
    assert_eq!((field.structure_confidence(), field.text_confidence()), (Some(40.0), None));
    assert_eq!(document.fields().count(), 1);
    for nothing in ["", ":", " : ", "\u{200b}"] {
        assert!(document.field(nothing).is_none(), "a field without a key is not looked for by name");
    }
}

#[test]
fn fields_and_queries_of_a_page() {
    let mut response = Response::new().page(1);
    response.field("Name:", "Jane");
    let mut response = response.page(2);
    response.field("Name:", "John");
    let question = |alias: Option<&str>| json!({"Query": {"Text": "Who?", "Alias": alias}});
    response.add("QUERY", question(Some("WHO")));
    response.add("QUERY", question(None));
    let document = response.document();
    let [one, two] = [1, 2].map(|page| document.page(page).unwrap());
    assert_eq!(document.field("name").unwrap().value(), "Jane", "both are as sure, and it is the first");
    assert_eq!([one, two].map(|page| page.field("name").unwrap().value()), ["Jane", "John"]);
    assert_eq!([one, two].map(|page| page.fields_containing("nam").count()), [1, 1]);
    assert_eq!([one, two].map(|page| page.query("WHO").count()), [0, 1]);
    assert_eq!([one, two].map(|page| page.query("Who?").count()), [0, 2]);
}

/// The results outlive the text that was looked for.
#[test]
fn lookups_do_not_hold_the_text() {
    let mut response = Response::new().page(1);
    response.line("a line");
    response.field("Name:", "Jane");
    let cells = response.cells(&[&["Head"], &["1"]], true);
    response.table(cells);
    response.add("QUERY", json!({"Query": {"Text": "Who?"}}));
    let document = response.document();
    let text = |text: &str| text.to_owned();
    let lines = document.lines_containing(&text("line"));
    let fields = document.fields_containing(&text("name"));
    let tables = document.tables_with_column(&text("head"));
    let queries = document.query(&text("Who?"));
    assert_eq!((lines.count(), fields.count(), tables.count(), queries.count()), (1, 1, 1, 1));
    let receipt: ExpenseDocument =
        serde_json::from_value(json!({"SummaryFields": [{"Type": {"Text": "TOTAL"}}]})).unwrap();
    let totals = receipt.summary(&text("TOTAL"));
    let summary: LendingSummary =
        serde_json::from_value(json!({"DocumentGroups": [{"Type": "CHECKS"}]})).unwrap();
    let groups = summary.groups_of(&text("CHECKS"));
    assert_eq!((totals.count(), groups.count()), (1, 1));
}

#[test]
fn all_answers_to_a_query() {
    let query = |id: &str, page: u32, alias: Option<&str>, answers: &[&str]| {
        json!({"BlockType": "QUERY", "Id": id, "Page": page, "Query": {"Text": "What is the total?", "Alias": alias},
               "Relationships": [{"Type": "ANSWER", "Ids": answers}]})
    };
    let answer = |id: &str, page: u32, text: &str, confidence: f32| json!({"BlockType": "QUERY_RESULT", "Id": id, "Page": page, "Text": text, "Confidence": confidence});
    let document = read(&json!({"Blocks": [
        query("q", 1, Some("TOTAL"), &["a", "b", "c", "gone"]),
        answer("a", 1, "7", 20.0), answer("b", 1, "8", 90.0), answer("c", 1, "9", 90.0),
        query("r", 2, Some("TOTAL"), &["d"]), answer("d", 2, "10", 5.0),
        query("s", 2, None, &[])
    ]}));
    let answers = document.query("TOTAL").flat_map(|query| query.answers());
    let answers: Vec<_> = answers.map(|answer| (answer.text().unwrap(), answer.page_number())).collect();
    assert_eq!(answers, [("8", 1), ("9", 1), ("7", 1), ("10", 2)]);
    assert_eq!(document.query("What is the total?").count(), 3, "no alias is that");
    assert_eq!(document.query("total").count(), 0);
    assert!(document.queries().last().unwrap().answer().is_none());
    assert!(document.queries().next().unwrap().answer().unwrap().geometry().is_none());
}
