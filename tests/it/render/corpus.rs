//! The recorded responses.

use std::collections::HashSet;

use inkseal::block::BlockKind;
use inkseal::document::{Document, Token};
use inkseal::render::Render;

use super::readers::{check_all, html, json, markdown, uses, words};
use crate::recorded::responses;

fn documents() -> impl Iterator<Item = (String, Document)> {
    let read = |(file, bytes): (String, Vec<u8>)| {
        let document = Document::from_json(&bytes).unwrap();
        (file, document)
    };
    responses("blocks").into_iter().map(read)
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn every_format_says_what_recorded_responses_do() {
    for (file, document) in documents() {
        println!("{file}");
        check_all(&document);
        let text = document.to_text();
        assert!(!text.contains("\n\n\n"));
    }
}

/// A word that several cells, or a cell and another table, have is in each of them.
#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn every_word_of_recorded_responses_is_in_the_text_once() {
    for (file, document) in documents() {
        let mut shared = HashSet::new();
        for page in document.pages() {
            let mut seen = HashSet::new();
            let cells = page.tables().flat_map(|table| table.cells().collect::<Vec<_>>());
            let tokens = cells.flat_map(|cell| cell.tokens()).map(|token: Token<'_>| token.block_ref());
            shared.extend(tokens.filter(|token| !seen.insert(token.index())).map(|token| token.index()));
        }
        let uses = uses(&Render::text().document_with_map(&document));
        for word in document.words().filter(|word| !word.text().is_empty()) {
            let count = uses.get(&(word.page_number(), word.id().to_string())).copied().unwrap_or_default();
            if count != 1 {
                assert!(
                    count > 0 && shared.contains(&word.index()),
                    "{file}: {count} of block {}",
                    word.index()
                );
            }
        }
    }
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn words_of_recorded_responses_are_in_one_order() {
    for (file, document) in documents() {
        let [markdown, html, json] =
            [markdown(&document.to_markdown()), html(&document.to_html()), json(&document.to_json())];
        // The colons between keys and values are of Markdown alone.
        let plain = |texts: &[String]| words(texts).concat().replace(':', "");
        assert_eq!(plain(&html.texts), plain(&json.texts), "{file}");
        assert_eq!(plain(&markdown.texts), plain(&html.texts), "{file}");
    }
}

/// These were recorded when titles and footers of tables were blocks of other kinds.
#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_tables_stay_when_titles_and_footers_are_hidden() {
    let is_old =
        |file: &str| file.ends_with("/in-table-footer.json") || file.ends_with("/in-table-title.json");
    for (file, document) in documents().filter(|(file, _)| is_old(file)) {
        assert!(
            document.tables().any(|table| table.titles().count() + table.footers().count() > 0),
            "{file}"
        );
        let render = Render::csv().hide([BlockKind::Title, BlockKind::Footer]);
        assert_eq!(render.document(&document), document.to_csv(), "{file}");
    }
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn a_recorded_check_box_in_a_key_is_before_its_label() {
    let is_screenshot = |file: &str| file.ends_with("/test_document_to_markdown_screenshot.json");
    let (_, document) = documents().find(|(file, _)| is_screenshot(file)).unwrap();
    assert!(document.to_text().contains("[ ] Discussions"));
}
