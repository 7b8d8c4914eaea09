//! The recorded responses as documents.

use std::collections::HashSet;

use inkseal::block::BoundingBox;
use inkseal::document::{Document, Merged};

use super::build::{read, texts};
use crate::recorded::responses;

fn recorded(name: &str) -> Document {
    let found = responses("blocks").into_iter().find(|(file, _)| file.ends_with(&format!("/{name}")));
    Document::from_json(&found.unwrap().1).unwrap()
}

/// Of how many parts each of the joined tables is, and how many rows and columns it has.
fn joined(document: &Document) -> Vec<(usize, u32, u32)> {
    let shape = |table: &inkseal::document::JoinedTable<'_>| {
        (table.parts().len(), table.row_count(), table.column_count())
    };
    document.joined_tables().iter().map(shape).collect()
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_tables_that_go_on() {
    // A statement of two tables; the second continues on two more pages. Neither has a header.
    let document = recorded("gib_multi_page_table_merge.json");
    assert_eq!(joined(&document), [(1, 10, 3), (3, 59, 3)]);
    let rows = document.joined_tables()[1].texts(Merged::Once);
    assert_eq!((rows[0][1].trim(), rows[7][0].trim()), ("Description Long 2", "2/13/2020"));
    // Two pages of two tables with a line above them; none continues.
    assert_eq!(joined(&recorded("gib_multi_page_tables.json")), [(1, 3, 3), (1, 5, 4), (1, 3, 3), (1, 5, 4)]);
    // Two tables that continue, with a line between them.
    assert_eq!(joined(&recorded("gib_multi_tables_multi_page_sample.json")), [(2, 8, 2), (2, 8, 2)]);
}

/// The order of these without LAYOUT is Textract's: tables that fill their columns as prose does, and notes around them.
#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_tables_are_read_in_rows() {
    for name in ["gib_multi_page_tables.json", "test_table_merged_text.json"] {
        let document = recorded(name);
        for page in document.pages() {
            assert!(page.layout().is_empty() && page.tables().count() > 0, "{name}");
            assert_eq!(texts(page.reading_order()), texts(page.lines()), "{name}");
        }
    }
    // The rows of a table next to an address are not read in turns with its lines.
    let mut json = serde_json::to_value(recorded("test_document_to_markdown_sample-invoice.json")).unwrap();
    let blocks = json["Blocks"].as_array_mut().unwrap();
    blocks.retain(|block| !block["BlockType"].as_str().unwrap().starts_with("LAYOUT_"));
    let document = read(&json);
    let lines = texts(document.page(1).unwrap().reading_order());
    let at = |text: &str| lines.iter().position(|line| *line == text).unwrap();
    assert_eq!(at("$93.50") - at("Invoice Number"), 9);
    assert_eq!(at("admin@slicedinvoices.com") - at("From:"), 5);
}

/// Also where Textract has recorded them as a table.
#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_columns_are_read_one_after_the_other() {
    let first =
        ["This section has two", "within one paragraph.", "A horizontally separate", "it after the left"];
    let second = ["Two columns, both", "preserved.", "A glooming peace", "infallible,"];
    for (name, ends) in [("test-multicol-response.json", first), ("test-multicol-response-2.json", second)] {
        let document = recorded(name);
        let lines = texts(document.page(1).unwrap().reading_order());
        let at = |text: &str| lines.iter().position(|line| line.starts_with(text)).unwrap();
        assert!(ends.map(at).is_sorted(), "{name}");
    }
    let document = recorded("test-twocol-header-footer-response.json");
    assert_ne!(texts(document.page(1).unwrap().reading_order()), texts(document.lines()));
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_pages_hold_together() {
    let (mut words, mut phrases, mut fields) = (0, 0, 0);
    for (file, bytes) in responses("blocks") {
        let document = Document::from_json(&bytes).unwrap();
        assert_eq!(
            (document.unresolved().count(), document.duplicate_count()),
            (document.unresolved_count(), 0),
            "{file}"
        );
        for page in document.pages() {
            let lines = page.reading_order();
            let ids: HashSet<_> = lines.iter().map(|line| line.index()).collect();
            assert_eq!(
                (ids.len(), lines.len()),
                (lines.len(), page.lines().count()),
                "{file}: every line once"
            );
            let mut seen = HashSet::new();
            for word in lines.iter().flat_map(|line| line.words()) {
                assert!(seen.insert(word.index()), "{file}: a word of two lines");
                assert_eq!(word.page_number(), page.number(), "{file}");
            }
            words += seen.len();

            let with_place = page.words().filter(|word| word.geometry().is_some()).count();
            assert_eq!(page.within(&BoundingBox::PAGE).words().count(), with_place, "{file}");
            for table in page.tables() {
                assert!(!table.is_scattered() && table.unplaced_cells().count() == 0, "{file}");
            }
        }
        // Two words that follow each other, here and there.
        for line in document.lines().step_by(40) {
            let text: Vec<_> = line.words().skip(1).take(2).map(|word| word.text()).collect();
            let text = text.join(" ");
            if text.is_empty() {
                continue;
            }
            let found = document.search(&text, 1);
            assert_eq!(found.first().map(|found| found.distance()), Some(0), "{file}");
            phrases += 1;
        }
        for field in document.fields().filter(|field| !field.key().trim_matches([':', ' ']).is_empty()) {
            let (nearest, similarity) = document.nearest_field(&field.key()).unwrap();
            assert!(similarity == 1.0 && nearest.is_named(&field.key()), "{file}");
            fields += 1;
        }
    }
    assert!(words > 10_000 && phrases > 100 && fields > 100, "{words} {phrases} {fields}");
}
