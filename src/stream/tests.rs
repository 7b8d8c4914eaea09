use futures::executor::block_on;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::*;
use crate::Limits;
use crate::block::{BlockId, BlockKind, RelationshipKind};
use crate::error::{Error, ErrorKind, Stage};
use crate::part::{PartHead, Warning};

/// A word with an id, on a page, that names others.
fn block(id: &str, page: u32, names: &[&str]) -> Block {
    let block = Block::new(BlockId::from(id), BlockKind::Word).with_page(page);
    match names {
        [] => block,
        names => block.with_relationship(RelationshipKind::Child, names.iter().copied()),
    }
}

fn expected(pages: Option<u32>) -> Expected {
    let limits = Limits::PART;
    Expected { pages, partial: false, warnings: Vec::new(), verified: true, allow_cut_end: false, limits }
}

/// Reads all blocks of one part; the account, or the error at the end.
fn read(records: Vec<Block>, expected: Expected) -> Result<Completeness> {
    let parts = vec![Ok(Part::new(PartHead::default(), records))];
    let mut stream = BlockStream::new(stream::iter(parts).boxed(), expected);
    block_on(stream.by_ref().try_collect::<Vec<_>>())?;
    Ok(stream.completeness().unwrap().clone())
}

fn blocks(parts: Vec<Vec<Block>>, pages: Option<u32>) -> BlockStream {
    let parts = parts.into_iter().map(|records| Ok(Part::new(PartHead::default(), records)));
    BlockStream::new(stream::iter(parts.collect::<Vec<_>>()).boxed(), expected(pages))
}

fn pages(parts: Vec<Vec<Block>>, pages: Option<u32>) -> (Vec<(u32, usize)>, Option<Error>, PageStream) {
    let mut stream = PageStream::new(blocks(parts, pages));
    let mut came = Vec::new();
    let mut failed = None;
    while let Some(page) = block_on(stream.next()) {
        match page {
            Ok(page) => came.push((page.number, page.blocks.len())),
            Err(error) => failed = Some(error),
        }
    }
    (came, failed, stream)
}

fn account(parts: Vec<Vec<Block>>, pages: Option<u32>) -> Completeness {
    let mut stream = blocks(parts, pages);
    block_on(stream.by_ref().try_collect::<Vec<_>>()).unwrap();
    stream.completeness().unwrap().clone()
}

#[test]
fn streams_go_anywhere() {
    fn anywhere<T: Send + Unpin + 'static>() {}
    anywhere::<BlockStream>();
    anywhere::<PageStream>();
    anywhere::<ExpenseStream>();
    anywhere::<LendingStream>();
}

#[test]
fn references_may_go_forward_over_parts() {
    let seen = account(
        vec![vec![block("page", 1, &["a", "b"]), block("a", 1, &[])], vec![block("b", 1, &["a"])]],
        Some(1),
    );
    assert_eq!((seen.unresolved_count, seen.parts, seen.records), (0, 2, 3));
}

#[test]
fn missing_ids_are_told() {
    let seen = account(
        vec![vec![
            block("a", 1, &["gone", "away"]),
            block("b", 2, &["later"]),
            block("c", 3, &[]),
            block("later", 3, &[]),
        ]],
        Some(3),
    );
    assert_eq!(seen.unresolved, [BlockId::from("away"), BlockId::from("gone")]);
    assert_eq!(seen.unresolved_count, 2, "what came on a later page did come");
}

#[test]
fn a_flood_of_missing_ids_is_counted_but_not_kept() {
    let names: Vec<_> = (0..5_000).map(|number| format!("id-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let late = names[4_321];
    let parts = || vec![vec![block("a", 1, &names), block(late, 2, &[])]];
    let seen = account(parts(), Some(2));
    let mut missing: Vec<_> = names.iter().map(|name| BlockId::from(*name)).collect();
    missing.retain(|id| *id != late);
    missing.sort();
    assert_eq!((seen.unresolved.as_slice(), seen.unresolved_count), (&missing[..1_000], 4_999));
    assert_eq!(account(parts(), Some(2)), seen, "the same whenever it is read");
    let (came, failed, _) = pages(parts(), Some(2));
    assert!(
        came.is_empty() && failed.unwrap().to_string().contains("a page before page 2 names a block of it")
    );
}

#[test]
fn missing_ids_have_a_limit_over_all_pages() {
    let blocks =
        || vec![block("a", 1, &["x"]), block("b", 2, &["y"]), block("c", 3, &["z"]), block("d", 4, &[])];
    let within = |most: usize| {
        let limits = Limits::PART.page_blocks(most);
        read(blocks(), Expected { limits, ..expected(Some(4)) })
    };
    assert_eq!(within(3).unwrap().unresolved_count, 3);
    let error = within(2).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Assemble));
    assert!(
        error.to_string().contains("more than 2 ids that no block has: raise Limits::page_blocks"),
        "{error}"
    );
}

#[test]
fn warnings_have_a_limit_over_all_parts() {
    let within = |most: usize| {
        let part = |pages: &[u32]| {
            let head = PartHead { warnings: vec![Warning::new("W", pages)], ..PartHead::default() };
            Ok(Part::new(head, Vec::new()))
        };
        let parts = vec![part(&[1]), part(&[1]), part(&[1, 2])];
        let expected = Expected { limits: Limits::PART.items(most), ..expected(None) };
        let mut stream = BlockStream::new(stream::iter(parts).boxed(), expected);
        let read = block_on(stream.by_ref().try_collect::<Vec<_>>());
        read.map(|_| stream.completeness().unwrap().warnings.clone())
    };
    assert_eq!(within(5).unwrap(), [Warning::new("W", [1]), Warning::new("W", [1, 2])]);
    let error = within(4).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Assemble));
    assert!(error.to_string().contains("more than 4 warnings and pages that they name: raise Limits::items"));
}

#[test]
fn an_account_is_written_as_json() {
    let expected = Expected { warnings: vec![Warning::new("W", [2])], ..expected(Some(2)) };
    let seen = read(vec![block("a", 1, &["gone"]), block("b", 2, &[])], expected).unwrap();
    let written = serde_json::json!({
        "pages_expected": 2, "pages_seen": 2, "missing_pages": [], "parts": 1, "verified": 1, "records": 2,
        "unresolved": ["gone"], "unresolved_count": 1, "duplicates": 0, "partial": false,
        "warnings": [{"ErrorCode": "W", "Pages": [2]}], "model_version": null,
    });
    assert_eq!(serde_json::to_value(&seen).unwrap(), written);
}

#[test]
fn a_record_that_is_buffered_may_still_be_refused() {
    let blocks = vec![block("a", 1, &[]), block("b", 1, &[]), block("c", 1, &[])];
    let parts = vec![Ok(Part::new(PartHead::default(), blocks))];
    let expected = Expected { limits: Limits::PART.page_blocks(1), ..expected(None) };
    let mut stream = BlockStream::new(stream::iter(parts).boxed(), expected);
    assert!(block_on(stream.next()).unwrap().is_ok());
    let (least, _) = stream.size_hint();
    assert_eq!((least, block_on(stream.count())), (1, 1), "the error at the second, and no third");
}

#[test]
fn a_last_page_that_is_cut_short_is_an_error() {
    let parts = || vec![vec![block("page", 1, &["a", "b"]), block("a", 1, &[])]];
    let error = block_on(blocks(parts(), Some(1)).try_collect::<Vec<_>>()).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::Assemble));
    assert!(error.to_string().contains("names 1 ids that no block of it has"), "{error}");
    assert!(error.to_string().contains("Otherwise read with allow_cut_end"), "{error}");

    let allowed = Expected { allow_cut_end: true, ..expected(Some(1)) };
    let seen = read(parts().concat(), allowed).unwrap();
    assert_eq!(seen.unresolved, [BlockId::from("b")]);
}

#[test]
fn a_partial_success_excuses_a_cut_end_only_of_the_pages_that_it_names() {
    let seen = |named: &[u32]| {
        let warnings = vec![Warning::new("W", named)];
        let partial = Expected { partial: true, warnings, ..expected(Some(2)) };
        read(vec![block("page", 2, &["a", "b"]), block("a", 2, &[])], partial)
    };
    let error = seen(&[1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert!(error.to_string().contains("the last page names 1 ids"), "{error}");
    assert_eq!(seen(&[1, 2]).unwrap().unresolved, [BlockId::from("b")]);
    assert_eq!(seen(&[]).unwrap().unresolved_count, 1, "which pages it means is not said");
}

#[test]
fn pages_that_are_scattered_are_not_taken_for_cut_short() {
    let parts = vec![vec![block("a", 1, &[]), block("b", 2, &[]), block("c", 1, &["a"])]];
    let seen = account(parts, Some(2));
    assert_eq!(
        (seen.records, seen.unresolved_count),
        (3, 1),
        "page 1 was left behind, so its id is unresolved"
    );
}

#[test]
fn a_partial_success_excuses_the_pages_that_it_names() {
    let missing = |named: &[u32]| {
        let warnings = vec![Warning::new("W", named)];
        let partial = Expected { partial: true, warnings, ..expected(Some(3)) };
        read(vec![block("a", 1, &[])], partial).map(|seen| seen.missing_pages)
    };
    assert_eq!(missing(&[2, 3]).unwrap(), [2, 3]);
    assert_eq!(missing(&[]).unwrap(), [2, 3], "which pages it means is not said");
    assert!(missing(&[2]).unwrap_err().to_string().contains("page 3"));
}

#[test]
fn a_page_that_nobody_excuses_is_told_behind_any_number_of_others() {
    let named: Vec<u32> = (2..=1_500).collect();
    let partial =
        Expected { partial: true, warnings: vec![Warning::new("W", named)], ..expected(Some(1_501)) };
    let error = read(vec![block("a", 1, &[])], partial).unwrap_err();
    assert!(error.to_string().contains("1500 of 1501 pages never came, the first is page 1501"), "{error}");
}

#[test]
fn page_0_is_as_good_as_none() {
    let parts = vec![vec![block("a", 0, &[]), block("b", 2, &[]), block("c", 0, &[])]];
    let (came, failed, _) = pages(parts, Some(2));
    assert_eq!((came.as_slice(), failed.is_none()), ([(1, 1), (2, 2)].as_slice(), true));
}

#[test]
fn blocks_without_an_id_are_no_duplicates() {
    let seen = account(vec![vec![block("", 1, &[]), block("", 1, &[])]], Some(1));
    assert_eq!((seen.duplicates, seen.records), (0, 2));
}

#[test]
fn duplicate_ids_are_counted() {
    let seen = account(vec![vec![block("a", 1, &[]), block("b", 1, &[]), block("a", 1, &[])]], Some(1));
    assert_eq!((seen.duplicates, seen.records), (1, 3));
}

#[test]
fn missing_pages_end_in_an_error() {
    let mut stream = blocks(vec![vec![block("a", 1, &[]), block("c", 3, &[])]], Some(u32::MAX));
    let error = block_on(stream.by_ref().try_collect::<Vec<_>>()).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::Assemble));
    assert!(
        error.to_string().contains("4294967293 of 4294967295 pages never came, the first is page 2"),
        "{error}"
    );
    assert!(block_on(stream.next()).is_none() && stream.is_terminated() && stream.completeness().is_none());
}

#[test]
fn pages_beyond_the_expected_do_not_make_up_for_missing_ones() {
    let parts = vec![vec![block("a", 1, &[]), block("b", 7, &[])]];
    let error = block_on(blocks(parts, Some(2)).try_collect::<Vec<_>>()).unwrap_err();
    assert!(error.to_string().contains("1 of 2 pages never came, the first is page 2"), "{error}");
}

#[test]
fn the_parts_tell_how_many_pages_there_are_if_nobody_else_does() {
    let mut head = PartHead { pages: Some(2), model_version: Some("1.0".into()), ..PartHead::default() };
    head.warnings = vec![Warning::new("W", [2]), Warning::new("W", [2])];
    let parts = vec![Ok(Part::new(head, vec![block("a", 1, &[])]))];
    let mut partial = expected(None);
    partial.partial = true;
    let mut stream = BlockStream::new(stream::iter(parts).boxed(), partial);
    block_on(stream.by_ref().try_collect::<Vec<_>>()).unwrap();
    let seen = stream.completeness().unwrap();
    assert_eq!((seen.pages_expected, seen.missing_pages.as_slice()), (Some(2), [2].as_slice()));
    assert_eq!((seen.warnings.len(), seen.model_version.as_deref()), (1, Some("1.0")));
}

#[test]
fn blocks_without_a_page_are_on_the_page_before_or_the_first() {
    let unpaged = |id: &str| Block::new(BlockId::from(id), BlockKind::Line);
    let (came, failed, _) = pages(vec![vec![unpaged("a"), unpaged("b")]], Some(1));
    assert_eq!((came.as_slice(), failed.is_none()), ([(1, 2)].as_slice(), true));
    let (came, ..) =
        pages(vec![vec![block("a", 1, &[]), unpaged("b"), block("c", 2, &[]), unpaged("d")]], Some(2));
    assert_eq!(came, [(1, 2), (2, 2)]);
}

#[test]
fn pages_go_over_parts() {
    let parts = vec![
        vec![block("a", 1, &["b"])],
        vec![],
        vec![block("b", 1, &[]), block("c", 2, &[])],
        vec![block("d", 2, &[])],
    ];
    let (came, failed, stream) = pages(parts, Some(2));
    assert_eq!((came.as_slice(), failed.is_none()), ([(1, 2), (2, 2)].as_slice(), true));
    assert!(stream.is_terminated() && stream.completeness().is_some());
}

#[test]
fn a_page_that_comes_back_is_an_error_for_pages_only() {
    let parts = || vec![vec![block("a", 1, &[]), block("b", 2, &[]), block("c", 1, &[])]];
    let (came, failed, stream) = pages(parts(), Some(2));
    let failed = failed.unwrap();
    assert_eq!((failed.kind(), failed.stage()), (ErrorKind::Malformed, Stage::Assemble));
    assert!(failed.to_string().contains("a block of page 1 comes after page 2"), "{failed}");
    assert_eq!(came, [(1, 1)], "page 2 is not known to be whole");
    assert!(stream.is_terminated());
    assert_eq!(account(parts(), Some(2)).records, 3);
}

#[test]
fn a_reference_that_leaves_its_page_is_an_error_for_pages_only() {
    let parts = || vec![vec![block("a", 1, &["b"]), block("b", 2, &[])]];
    let (_, failed, _) = pages(parts(), Some(2));
    assert!(failed.unwrap().to_string().contains("a page before page 2 names a block of it"));
    assert_eq!(account(parts(), Some(2)).unresolved_count, 0);
}

#[test]
fn an_error_ends_the_stream() {
    let broken = || Err(Error::new(ErrorKind::Transport, Stage::Fetch, "broken"));
    let part = || Ok(Part::new(PartHead::default(), vec![block("a", 1, &[]), block("b", 2, &[])]));
    let parts = || stream::iter(vec![part(), broken(), part()]).boxed();
    let mut stream = BlockStream::new(parts(), expected(None));
    let came: Vec<_> = block_on(stream.by_ref().map(|block| block.is_ok()).collect());
    assert_eq!(came, [true, true, false]);
    assert!(format!("{stream:?}").contains("failed"));

    let mut stream = PageStream::new(BlockStream::new(parts(), expected(None)));
    let came: Vec<_> = block_on(stream.by_ref().map(|page| page.is_ok()).collect());
    assert_eq!(came, [true, false], "the page that was being read is not given");
}
