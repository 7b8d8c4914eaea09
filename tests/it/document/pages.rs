//! Which block is on which page.

use inkseal::Block;
use inkseal::block::{BlockId, BlockKind, RelationshipKind};
use inkseal::document::Document;
use serde_json::{Value, json};

use super::build::{Response, links, read, texts};

#[test]
fn synchronous_responses_saved_together_are_pages() {
    let response = |text: &str| {
        let mut response = Response::new();
        let line = response.line(text);
        let mut json = response.json();
        // The ids of all of them are the same, as may well be for two pages of one scan.
        let page = json!({"BlockType": "PAGE", "Id": "p", "Relationships": links([("CHILD", vec![line])])});
        json["Blocks"].as_array_mut().unwrap().insert(0, page);
        json
    };
    let document = read(&Value::Array(vec![response("one"), response("two"), response("three")]));
    assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(texts(document.page(2).unwrap().lines()), ["two"]);
    assert_eq!(texts(document.lines()), ["one", "two", "three"]);
    assert_eq!((document.duplicate_count(), document.unresolved_count()), (0, 0));
    let words: Vec<_> = document.lines().flat_map(|line| line.words()).map(|word| word.text()).collect();
    assert_eq!(words, ["one", "two", "three"], "each line has the word of its own page");
    assert_eq!(document.search("three", 0)[0].page_number(), 3);
}

#[test]
fn so_are_those_that_all_call_themselves_the_first_page() {
    let response = |name: &str, pages: u32| {
        let page = |page: u32| {
            let id = format!("{name}{page}");
            [
                json!({"BlockType": "PAGE", "Id": id, "Page": page}),
                json!({"BlockType": "LINE", "Text": id, "Page": page}),
            ]
        };
        json!({"Blocks": (1..=pages).flat_map(page).collect::<Vec<_>>()})
    };
    let document = read(&json!([response("a", 1), response("b", 2), response("c", 1)]));
    let lines: Vec<_> = document.pages().map(|page| (page.number(), texts(page.lines()))).collect();
    assert_eq!(lines, [(1, vec!["a1"]), (2, vec!["b1"]), (3, vec!["b2"]), (4, vec!["c1"])]);
    assert_eq!(document.blocks().last().and_then(|block| block.block().page()), Some(1), "as it was sent");

    // The same part twice is the same page.
    let document = read(&json!([response("a", 2), response("a", 2)]));
    assert_eq!((document.pages().len(), document.duplicate_count()), (2, 2));
}

#[test]
fn blocks_may_come_out_of_page_order() {
    let mut response = Response::new().page(3);
    response.line("three");
    let mut response = response.page(1);
    response.line("one");
    response.add("LINE", json!({"Text": "more of three", "Page": 3}));
    response.add("LINE", json!({"Text": "more of one", "Page": 1}));
    let document = response.document();
    assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(document.pages().rev().map(|page| page.number()).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(texts(document.page(1).unwrap().lines()), ["one", "more of one"]);
    assert_eq!(texts(document.page(3).unwrap().lines()), ["three", "more of three"]);
    assert!(document.page(2).is_none() && document.page(0).is_none());
    let numbers: Vec<_> = document.blocks().map(|block| block.page_number()).collect();
    assert_eq!(numbers, [3, 3, 3, 1, 1, 1, 3, 1]);
}

#[test]
fn references_from_one_page_to_another_are_followed() {
    let mut response = Response::new().page(1);
    response.add("KEY_VALUE_SET", json!({"Id": "v", "EntityTypes": ["VALUE"]}));
    let value = response.word("Jane");
    let value = links([("CHILD", vec![value])]);
    let value = response.add("KEY_VALUE_SET", json!({"EntityTypes": ["VALUE"], "Relationships": value}));
    let mut response = response.page(2);
    let key = response.word("Name");
    let key = links([("VALUE", vec![value, "nowhere".into()]), ("CHILD", vec![key])]);
    response.add("KEY_VALUE_SET", json!({"EntityTypes": ["KEY"], "Relationships": key}));
    let document = response.document();
    let field = document.field("name").unwrap();
    assert_eq!((field.value().as_str(), field.page_number()), ("Jane", 2));
    assert_eq!(field.value_tokens().next().unwrap().block_ref().page_number(), 1);
    assert_eq!(document.unresolved_count(), 1);
}

#[test]
fn a_page_that_is_zero_is_none() {
    let document = read(&json!({"Blocks": [
        {"BlockType": "LINE", "Text": "a", "Page": 0}, {"BlockType": "LINE", "Text": "b", "Page": null}
    ]}));
    assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_long_document_is_read_as_a_short_one() {
    let mut blocks = Vec::new();
    for page in 1..=3_000_u32 {
        let id = |kind: &str, index: u32| BlockId::from(format!("{kind}-{page}-{index}").as_str());
        let block = |kind, name: &str, index| Block::new(id(name, index), kind).with_page(page);
        let lines: Vec<_> = (0..9).map(|line| id("line", line)).collect();
        blocks.push(block(BlockKind::Page, "page", 0).with_relationship(RelationshipKind::Child, lines));
        for line in 0..9 {
            let words: Vec<_> = (0..2).map(|word| id("word", line * 2 + word)).collect();
            let text = format!("line {line}");
            blocks.push(
                block(BlockKind::Line, "line", line)
                    .with_text(text)
                    .with_relationship(RelationshipKind::Child, words),
            );
            blocks.push(block(BlockKind::Word, "word", line * 2).with_text("line"));
            blocks.push(block(BlockKind::Word, "word", line * 2 + 1).with_text(line.to_string()));
        }
        blocks.push(
            block(BlockKind::LayoutText, "text", 0)
                .with_relationship(RelationshipKind::Child, [id("line", 3)]),
        );
        blocks.push(block(BlockKind::Signature, "signature", 0));
    }
    assert_eq!(blocks.len(), 90_000);
    let document = Document::from_blocks(blocks);
    assert_eq!((document.pages().len(), document.unresolved_count()), (3_000, 0));
    assert_eq!((document.lines().count(), document.words().count()), (27_000, 54_000));
    for page in document.pages() {
        let lines = page.reading_order();
        assert_eq!((lines.len(), lines[0].text()), (9, "line 3"));
        assert!(lines.iter().all(|line| line.words().count() == 2));
    }
    let found = document.search("line 8", 0);
    assert_eq!(found.len(), 3_000);
    assert!(found.is_sorted_by_key(|found| found.page_number()));
    assert_eq!(document.joined_tables().len(), 0);
}

#[test]
fn blocks_are_found_by_their_id() {
    let mut response = Response::new().page(1);
    response.add("WORD", json!({"Id": "w", "Text": "first"}));
    let mut response = response.page(2);
    response.add("WORD", json!({"Id": "w", "Text": "last"}));
    response.add("WORD", json!({"Id": "", "Text": "nameless"}));
    let document = response.document();
    let found = |id: &str| document.block_by_id(&BlockId::from(id)).and_then(|block| block.as_word());
    assert_eq!(found("w").map(|word| (word.text(), word.page_number())), Some(("last", 2)));
    assert!(found("v").is_none() && found("").is_none());
}
