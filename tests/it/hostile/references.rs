//! References that go round, that are far too many, or that go from everything to everything.

use inkseal::Document;
use inkseal::document::{Merged, Slot};

use super::shapes::{Blocks, SHAPES, related, use_all_of};

fn read(blocks: Blocks) -> Document {
    Document::from_json(&blocks.response()).unwrap()
}

fn list(ids: &[&str]) -> String {
    format!("[{}]", ids.iter().map(|id| format!(r#""{id}""#)).collect::<Vec<_>>().join(","))
}

fn child(ids: &[&str]) -> String {
    related([("CHILD", list(ids))])
}

/// With any references, the text that is read from a document is a constant times as long as its JSON, and not the square of
/// that: each byte at most 64 times, in each of a dozen views.
#[test]
fn what_is_read_is_no_longer_than_some_times_what_was_sent() {
    for shape in SHAPES {
        for size in [30, 300] {
            let bytes = (shape.of)(size);
            let Ok(document) = Document::from_json(&bytes) else { continue };
            let read = use_all_of(&document);
            assert!(read <= 64 * 12 * bytes.len(), "{}: {read} of {} bytes", shape.name, bytes.len());
        }
    }
}

/// Up to 64 relationships reach a block; Textract's responses have up to four. The others are counted, and not followed.
#[test]
fn a_block_is_reached_so_often_and_no_more() {
    for keys in [1_usize, 64, 65, 1_000] {
        let mut blocks = Blocks::default();
        for i in 0..keys {
            let value = related([("VALUE", list(&["v"]))]);
            blocks.add("KEY_VALUE_SET", &format!("k{i}"), &format!(r#","EntityTypes":["KEY"]{value}"#));
        }
        blocks.add("KEY_VALUE_SET", "v", &format!(r#","EntityTypes":["VALUE"]{}"#, child(&["w"])));
        blocks.add("WORD", "w", r#","Text":"Jane""#);
        let document = read(blocks);
        assert_eq!(document.fields().count(), keys);
        let with_value = document.fields().filter(|field| field.value() == "Jane").count();
        assert_eq!(
            (with_value, document.unfollowed_count()),
            (keys.min(64), keys.saturating_sub(64)),
            "{keys}"
        );
        assert_eq!(document.unresolved_count(), 0, "the block is there");
    }
}

/// The same for a reference that is only found among the blocks of all pages, and is looked up twice.
#[test]
fn a_block_of_another_page_is_reached_as_often() {
    let mut blocks = Blocks::default();
    blocks.add("WORD", "w", r#","Page":2,"Text":"Jane""#);
    blocks.add("WORD", "here", r#","Page":1,"Text":"Doe""#);
    (0..64).for_each(|i| {
        blocks.add("LINE", &format!("l{i}"), &format!(r#","Page":1{}"#, child(&["here", "w"])))
    });
    let document = read(blocks);
    assert!(document.lines().all(|line| line.words().count() == 2));
    assert_eq!((document.unfollowed_count(), document.unresolved_count()), (0, 0));
}

#[test]
fn a_million_ids_of_one_block() {
    let mut blocks = Blocks::default();
    let ids = |id: &str| format!(r#"["{id}"{}]"#, format!(r#","{id}""#).repeat(499_999));
    blocks.add("LINE", "l", &related([("CHILD", ids("w")), ("OTHER", ids("gone"))]));
    blocks.add("WORD", "w", r#","Text":"Jane""#);
    let document = read(blocks);
    let line = document.lines().next().unwrap();
    assert_eq!(line.words().map(|word| word.text()).collect::<Vec<_>>(), ["Jane"]);
    assert_eq!((document.unresolved_count(), document.unfollowed_count()), (500_000, 0));
}

#[test]
fn a_million_relationships_of_one_block() {
    let mut blocks = Blocks::default();
    let links = (0..500_000).map(|_| ("CHILD", r#"["w"]"#.to_owned()));
    blocks.add("LINE", "l", &related(links));
    blocks.add("WORD", "w", r#","Text":"Jane""#);
    let document = read(blocks);
    assert_eq!(document.lines().next().unwrap().words().count(), 64);
    assert_eq!(document.unfollowed_count(), 500_000 - 64);
}

/// Blocks that name themselves and each other, in every pair of kinds.
#[test]
fn whatever_names_itself_or_each_other_comes_to_an_end() {
    const KINDS: [&str; 13] = [
        "PAGE",
        "LINE",
        "WORD",
        "TABLE",
        "CELL",
        "MERGED_CELL",
        "TABLE_TITLE",
        "KEY",
        "VALUE",
        "QUERY",
        "QUERY_RESULT",
        "LAYOUT_LIST",
        "LAYOUT_TEXT",
    ];
    const LINKS: [&str; 6] = ["CHILD", "VALUE", "MERGED_CELL", "ANSWER", "TITLE", "COMPLEX_FEATURES"];
    for one in KINDS {
        for other in KINDS {
            let mut blocks = Blocks::default();
            for (id, kind) in [("a", one), ("b", other)] {
                let links = related(LINKS.map(|link| (link, list(&["a", "b", ""]))));
                let more = format!(r#","Text":"said","RowIndex":1,"ColumnIndex":1{links}"#);
                blocks.add(kind, id, &more);
            }
            let document = read(blocks);
            assert!(use_all_of(&document) < 64 * 1024, "{one} {other}");
            assert_eq!(document.unresolved_count(), 12, "no block has an empty id: {one} {other}");
        }
    }
}

#[test]
fn what_goes_round_is_read_once() {
    let mut blocks = Blocks::default();
    blocks.add("PAGE", "p", &child(&["p", "l", "t"]));
    blocks.add("LINE", "l", &format!(r#","Text":"Jane"{}"#, child(&["p", "l", "w"])));
    blocks.add("WORD", "w", &format!(r#","Text":"Jane"{}"#, child(&["w", "l"])));
    blocks.add("TABLE", "t", &child(&["c", "t"]));
    blocks.add("CELL", "c", &format!(r#","RowIndex":1,"ColumnIndex":1{}"#, child(&["t", "c", "w"])));
    blocks.add("KEY", "k", &related([("VALUE", list(&["v", "k"])), ("CHILD", list(&["w"]))]));
    blocks.add("VALUE", "v", &related([("VALUE", list(&["k"])), ("CHILD", list(&["v", "k", "w"]))]));
    let document = read(blocks);
    assert_eq!(document.to_text(), "Jane");
    let table = document.tables().next().unwrap();
    assert_eq!(table.texts(Merged::Repeated), [["Jane"]]);
    let field = document.fields().next().unwrap();
    assert_eq!((field.key().as_str(), field.value().as_str()), ("Jane", "Jane Jane"));
}

#[test]
fn places_that_no_table_has() {
    let cell = |row: u64, column: u64, span: u64| {
        let mut blocks = Blocks::default();
        let span = format!(r#""RowSpan":{span},"ColumnSpan":{span}"#);
        blocks.add(
            "CELL",
            "c",
            &format!(r#","RowIndex":{row},"ColumnIndex":{column},{span}{}"#, child(&["w"])),
        );
        blocks.add("WORD", "w", r#","Text":"Jane""#);
        blocks.add("TABLE", "t", &child(&["c"]));
        read(blocks)
    };
    let most = u64::from(u32::MAX);
    for (row, column, span, scattered) in [
        (most, 1, 1, true),
        (1, most, 1, true),
        (most, most, most, true),
        (1, 1, 1_000_000_000, true),
        (1, 1, 0, false),
        (0, 0, most, false),
        (17, 17, 1, false),
    ] {
        let document = cell(row, column, span);
        let table = document.tables().next().unwrap();
        let at = format!("{row} {column} {span}");
        assert_eq!(table.is_scattered(), scattered, "{at}");
        assert!(u64::from(table.row_count()) * u64::from(table.column_count()) <= 64 + 256, "{at}");
        if scattered {
            assert_eq!(table.texts(Merged::Once), [["Jane"]], "{at}");
        }
        assert!(matches!(table.slot(0, 0), Slot::Empty) && table.cell(u32::MAX, u32::MAX).is_none(), "{at}");
        assert!(document.to_text().contains("Jane"), "{at}");
    }
}

/// A merged cell whose long text would be at very many places makes no grid; one as long as those of real tables does.
#[test]
fn a_long_text_at_many_places() {
    let spanning = |columns: usize, length: usize| {
        let mut blocks = Blocks::default();
        let ids: Vec<_> = (1..=columns).map(|column| format!("c{column}")).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        for (id, column) in ids.iter().zip(1..) {
            let content = if column == 1 { child(&["w"]) } else { String::new() };
            blocks.add("CELL", id, &format!(r#","RowIndex":1,"ColumnIndex":{column}{content}"#));
        }
        blocks.add("WORD", "w", &format!(r#","Text":"{}""#, "a".repeat(length)));
        let span = format!(r#","RowIndex":1,"ColumnIndex":1,"ColumnSpan":{columns}"#);
        blocks.add("MERGED_CELL", "m", &format!("{span}{}", child(&ids)));
        blocks.add("TABLE", "t", &related([("CHILD", list(&ids)), ("MERGED_CELL", list(&["m"]))]));
        let document = read(blocks);
        let table = document.tables().next().unwrap();
        let bytes: usize = table.texts(Merged::Repeated).iter().flatten().map(String::len).sum();
        (table.is_scattered(), bytes)
    };
    assert_eq!(spanning(12, 100_000), (false, 12 * 100_000));
    assert_eq!(spanning(500, 100), (false, 500 * 100));
    assert_eq!(spanning(500, 10_000), (true, 10_000));
}

#[test]
fn pages_of_any_number() {
    let mut blocks = Blocks::default();
    for (id, page) in [("a", 0_u64), ("b", 4_294_967_295), ("c", 4_294_967_294), ("d", 1)] {
        blocks.add("LINE", id, &format!(r#","Text":"{id}","Page":{page}"#));
        blocks.add("PAGE", &format!("p{id}"), &format!(r#","Page":{page}"#));
    }
    blocks.add("PAGE", "again", r#","Page":4294967295"#);
    let document = read(blocks);
    let numbers: Vec<_> = document.pages().map(|page| page.number()).collect();
    assert!(numbers.is_sorted() && numbers.contains(&u32::MAX) && !numbers.contains(&0), "{numbers:?}");
    assert_eq!(document.pages().flat_map(|page| page.lines()).count(), 4);
    assert!(document.page(0).is_none());
    assert!(document.joined_tables().is_empty());
}
