//! What does not occur in a good response: the document accepts it, and reports it.

use inkseal::document::{Document, Merged};
use inkseal::{ErrorKind, Stage};
use serde_json::json;

use super::build::{Response, links, read, texts};

#[test]
fn a_blank_page_has_nothing_on_it() {
    let document = Response::new().page(1).page(2).document();
    assert_eq!(document.pages().len(), 2);
    let page = document.page(2).unwrap();
    assert!(page.block().is_some() && page.blocks().count() == 1);
    assert_eq!(
        page.lines().count() + page.words().count() + page.tables().count() + page.fields().count(),
        0
    );
    assert!(page.reading_order().is_empty() && page.layout().is_empty());
    assert!(page.orientation().is_none() && page.search("a", 9).is_empty());
}

#[test]
fn a_page_may_have_words_and_no_line() {
    let mut response = Response::new().page(1);
    response.words("Jane Doe");
    let document = response.document();
    assert_eq!((document.lines().count(), document.words().count()), (0, 2));
    assert_eq!(document.search("jane doe", 0).len(), 1);
}

#[test]
fn a_response_without_blocks_is_a_document_without_pages() {
    let pages = json!({"DocumentMetadata": {"Pages": 0}});
    for json in [pages, json!({"Blocks": null}), json!({"Blocks": []}), json!({"Blocks": [null]}), json!([])]
    {
        let document = read(&json);
        assert_eq!((document.pages().len(), document.blocks().len()), (0, 0), "{json}");
        assert!(document.page(1).is_none() && document.joined_tables().is_empty());
    }
    assert_eq!(Document::from_json(b"{}").unwrap_err().kind(), ErrorKind::Malformed, "that is no response");
    let document = read(&json!({"JobStatus": "FAILED", "StatusMessage": "INVALID_IMAGE_TYPE"}));
    assert_eq!(document.status().map(|status| status.as_str()), Some("FAILED"));
}

#[test]
fn ids_that_no_block_has_are_reported() {
    let mut response = Response::new().page(1);
    let word = response.word("there");
    let id = json!({"Id": "l", "Text": "there gone", "Relationships": links([("CHILD", vec![word, "gone".into()])])});
    response.add("LINE", id);
    response.add(
        "LINE",
        json!({"Id": "m", "Relationships": [{"Type": "CHILD", "Ids": null}, {"Type": "CHILD"}]}),
    );
    let document = response.document();
    let unresolved: Vec<_> =
        document.unresolved().map(|(block, id)| (block.id().to_string(), id.to_string())).collect();
    assert_eq!(unresolved, [("l".to_owned(), "gone".to_owned())]);
    assert_eq!(document.unresolved_count(), 1);
    let words: Vec<_> = document.lines().flat_map(|line| line.words()).map(|word| word.text()).collect();
    assert_eq!(words, ["there"]);
}

#[test]
fn of_blocks_with_one_id_the_last_counts() {
    let mut response = Response::new().page(1);
    response.add("WORD", json!({"Id": "w", "Text": "first"}));
    response.add(
        "LINE",
        json!({"Id": "l", "Text": "first", "Relationships": links([("CHILD", vec!["w".into()])])}),
    );
    response.add("WORD", json!({"Id": "w", "Text": "last"}));
    response.add(
        "LINE",
        json!({"Id": "l", "Text": "last", "Relationships": links([("CHILD", vec!["w".into()])])}),
    );
    let document = response.document();
    assert_eq!(texts(document.lines()), ["last"]);
    assert_eq!(document.words().map(|word| word.text()).collect::<Vec<_>>(), ["last"]);
    assert_eq!((document.blocks().len(), document.duplicate_count(), document.unresolved_count()), (5, 2, 0));
    assert_eq!(document.lines().next().unwrap().words().next().unwrap().text(), "last");
    assert_eq!(texts(document.page(1).unwrap().reading_order()), ["last"]);
}

#[test]
fn blocks_without_an_id_all_count() {
    let document = read(&json!({"Blocks": [
        {"BlockType": "LINE", "Text": "one"}, {"BlockType": "LINE", "Id": "", "Text": "two"},
        {"BlockType": "LINE", "Id": "l", "Text": "three", "Relationships": [{"Type": "CHILD", "Ids": [""]}]}
    ]}));
    assert_eq!(texts(document.lines()), ["one", "two", "three"]);
    assert_eq!((document.duplicate_count(), document.unresolved_count()), (0, 1));
}

#[test]
fn relationships_that_go_round() {
    let mut response = Response::new().page(1);
    let line = response.line("in the list");
    let own = |ids: &[&str]| links([("CHILD", ids.iter().map(|id| (*id).to_owned()).collect())]);
    response.add("LAYOUT_LIST", json!({"Id": "self", "Relationships": own(&["self", &line])}));
    response.add("LAYOUT_LIST", json!({"Id": "one", "Relationships": own(&["two"])}));
    response.add("LAYOUT_LIST", json!({"Id": "two", "Relationships": own(&["one"])}));
    response.add("CELL", json!({"Id": "c", "RowIndex": 1, "ColumnIndex": 1, "Relationships": own(&["c"])}));
    let merged = json!({"Id": "m", "RowIndex": 1, "ColumnIndex": 1, "Relationships": own(&["m", "c"])});
    response.add("MERGED_CELL", merged);
    let all = links([("CHILD", vec!["c".into()]), ("MERGED_CELL", vec!["m".into()])]);
    response.add("TABLE", json!({"Relationships": all}));
    let key = links([("VALUE", vec!["k".into()]), ("CHILD", vec!["k".into()])]);
    response.add("KEY_VALUE_SET", json!({"Id": "k", "EntityTypes": ["KEY"], "Relationships": key}));
    let document = response.document();

    let page = document.page(1).unwrap();
    let outer: Vec<_> = page.layout().iter().map(|element| element.id().to_string()).collect();
    assert_eq!(outer, ["self", "one"]);
    assert_eq!(texts(page.layout()[0].all_lines()), ["in the list"]);
    assert!(page.layout()[1].all_lines().is_empty());
    assert_eq!(texts(page.reading_order()), ["in the list"]);
    let table = page.tables().next().unwrap();
    assert_eq!(table.texts(Merged::Repeated), [[""]]);
    assert_eq!(document.fields().map(|field| field.value()).collect::<Vec<_>>(), [""]);
}

#[test]
fn geometry_may_be_absent() {
    let mut response = Response::new().page(1);
    response.line("no place");
    let line = response.line("another");
    response.add("LAYOUT_TEXT", json!({"Relationships": links([("CHILD", vec![line])]), "Geometry": null}));
    let cells = response.cells(&[&["a", "b"]], true);
    response.table(cells);
    response.field("Name:", "Jane");
    let document = response.document();
    let page = document.page(1).unwrap();
    assert_eq!(texts(page.reading_order()), ["another", "no place"]);
    assert_eq!(page.tables().next().unwrap().texts(Merged::Once), [["a", "b"]]);
    assert_eq!(document.joined_tables().len(), 1);
    assert_eq!(document.field("name").unwrap().value_box(), None);
    assert_eq!(page.within(&inkseal::block::BoundingBox::PAGE).words().count(), 0);
}

#[test]
fn names_that_are_not_known_are_kept() {
    let mut response = Response::new().page(1);
    response.add("HOLOGRAM", json!({"Hint": {"a": [1]}, "EntityTypes": ["SHINY"]}));
    response.line("text");
    let document = response.document();
    assert_eq!(document.blocks().nth(1).unwrap().kind().as_str(), "HOLOGRAM");
    assert_eq!(document.lines().count(), 1);
}

#[test]
fn right_to_left_and_combining_text() {
    let mut response = Response::new().page(1);
    response.line("\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}");
    response.line("Jose\u{301} \u{92e}\u{94b}\u{939}\u{928} \u{645}\u{631}\u{62d}\u{628}\u{627}");
    response.field("\u{627}\u{644}\u{627}\u{633}\u{645}:", "\u{645}\u{62d}\u{645}\u{62f}");
    response.field("Pre\u{301}nom", "Jose\u{301}");
    let document = response.document();
    assert_eq!(
        document.lines().next().unwrap().text(),
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}"
    );
    assert_eq!(document.search("\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}", 0).len(), 1);
    assert_eq!(
        document.search("JOS\u{c9}", 0)[0].text(),
        "Jose\u{301}",
        "it is given as written on the page"
    );
    assert_eq!(
        document.search("\u{92e}\u{94b}\u{939}\u{928} \u{645}\u{631}\u{62d}\u{628}\u{627}", 0).len(),
        1
    );
    let value = document.field("\u{627}\u{644}\u{627}\u{633}\u{645}").map(|field| field.value());
    assert_eq!(value.as_deref(), Some("\u{645}\u{62d}\u{645}\u{62f}"));
    assert_eq!(document.field("pr\u{e9}nom").map(|field| field.value()).as_deref(), Some("Jose\u{301}"));
}

#[test]
fn parts_of_one_job_are_joined() {
    let part = |state: &str, page: u32, warned: u32| {
        json!({"JobStatus": state, "DocumentMetadata": {"Pages": 2}, "NextToken": null,
               "Warnings": [{"ErrorCode": "PAGE_CHARACTERS_EXCEEDED", "Pages": [warned]}],
               "AnalyzeDocumentModelVersion": "1.0",
               "Blocks": [{"BlockType": "PAGE", "Id": format!("p{page}"), "Page": page}]})
    };
    let document = read(&json!([part("PARTIAL_SUCCESS", 1, 3), part("PARTIAL_SUCCESS", 2, 4)]));
    assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(document.warnings().iter().flat_map(|warning| &warning.pages).collect::<Vec<_>>(), [&3, &4]);
    assert_eq!((document.pages_expected(), document.model_version()), (Some(2), Some("1.0")));

    let mixed = json!([part("SUCCEEDED", 1, 3), part("FAILED", 2, 4)]).to_string();
    let error = Document::from_json(mixed.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Assemble));
}

#[test]
fn saved_documents_come_out_as_they_went_in() {
    let mut response = Response::new().page(1);
    response.line_at("a line", [0.1, 0.1, 0.2, 0.02]);
    let document = response.document();
    let written = serde_json::to_value(&document).unwrap();
    assert_eq!(read(&written), document);
    assert_eq!(written["DocumentMetadata"]["Pages"], 1);
    assert_eq!(written["Blocks"][3]["Text"], "a line");
}

#[test]
fn an_id_that_is_named_again_and_again_is_followed_once() {
    let word = "x".repeat(1_000);
    let many = |id: &str| vec![id.to_owned(); 10_000];
    let document = read(&json!({"Blocks": [
        {"Id": "k", "BlockType": "KEY", "Relationships": links([("CHILD", many("w")), ("VALUE", many("v"))])},
        {"Id": "v", "BlockType": "VALUE", "Relationships": links([("CHILD", many("w"))])},
        {"Id": "w", "BlockType": "WORD", "Text": word},
        {"Id": "t", "BlockType": "TABLE", "Relationships": links([("MERGED_CELL", many("m"))])},
        {"Id": "m", "BlockType": "MERGED_CELL", "RowIndex": 1, "ColumnIndex": 1,
            "Relationships": links([("CHILD", many("v"))])},
    ]}));
    let field = document.fields().next().unwrap();
    assert_eq!((field.key(), field.value()), (word.clone(), word));
    assert_eq!(document.tables().next().unwrap().merged_cells().count(), 1);
    assert_eq!(document.unresolved_count(), 0);
}

#[test]
fn a_document_tells_whether_more_of_it_was_not_saved() {
    let first = json!({"NextToken": "t", "JobStatus": "SUCCEEDED", "Blocks": []});
    let last = json!({"JobStatus": "SUCCEEDED", "StatusMessage": "m", "Blocks": []});
    assert!(read(&json!([first, last, first])).is_cut_short());
    let whole = read(&json!([first, last]));
    assert!(!whole.is_cut_short());
    assert_eq!(whole.status_message(), Some("m"));
}

#[test]
fn an_image_without_a_page_number_and_one_with_are_two_pages() {
    let [a, b] =
        [json!({"Id": "a", "BlockType": "PAGE"}), json!({"Id": "b", "BlockType": "PAGE", "Page": 1})];
    for blocks in [[&a, &b], [&b, &a]] {
        let response = |block| json!({"DocumentMetadata": {"Pages": 1}, "Blocks": [block]});
        let document = read(&json!(blocks.map(response)));
        assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(document.pages_expected(), Some(2));
    }
}
