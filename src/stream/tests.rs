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
    let seen = account(vec![vec![block("a", 1, &names), block("b", 2, &[])]], Some(2));
    assert_eq!((seen.unresolved.len(), seen.unresolved_count), (1_000, 5_000));
}

#[test]
fn a_last_page_that_is_cut_short_is_an_error() {
    let parts = || vec![vec![block("page", 1, &["a", "b"]), block("a", 1, &[])]];
    let error = block_on(blocks(parts(), Some(1)).try_collect::<Vec<_>>()).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::Assemble));
    assert!(error.to_string().contains("names 1 blocks that never came"), "{error}");

    let parts = parts().into_iter().map(|records| Ok(Part::new(PartHead::default(), records)));
    let allowed = Expected { allow_cut_end: true, ..expected(Some(1)) };
    let mut stream = BlockStream::new(stream::iter(parts.collect::<Vec<_>>()).boxed(), allowed);
    block_on(stream.by_ref().try_collect::<Vec<_>>()).unwrap();
    assert_eq!(stream.completeness().unwrap().unresolved, [BlockId::from("b")]);
}

#[test]
fn pages_that_are_scattered_are_not_taken_for_cut_short() {
    let parts = vec![vec![block("a", 1, &[]), block("b", 2, &[]), block("c", 1, &["a"])]];
    let seen = account(parts, Some(2));
    assert_eq!(
        (seen.records, seen.unresolved_count),
        (3, 1),
        "told as unresolved, as page 1 was left behind"
    );
}

#[test]
fn a_partial_success_excuses_the_pages_that_it_names() {
    let read = |named: &[u32]| {
        let partial =
            Expected { partial: true, warnings: vec![Warning::new("W", named)], ..expected(Some(3)) };
        let part = Part::new(PartHead::default(), vec![block("a", 1, &[])]);
        let mut stream = BlockStream::new(stream::iter(vec![Ok(part)]).boxed(), partial);
        block_on(stream.by_ref().try_collect::<Vec<_>>())
            .map(|_| stream.completeness().unwrap().missing_pages.clone())
    };
    assert_eq!(read(&[2, 3]).unwrap(), [2, 3]);
    assert_eq!(read(&[]).unwrap(), [2, 3], "which pages it means is not said");
    assert!(read(&[2]).unwrap_err().to_string().contains("page 3"));
}

#[test]
fn a_page_that_nobody_excuses_is_told_behind_any_number_of_others() {
    let named: Vec<u32> = (2..=1_500).collect();
    let partial =
        Expected { partial: true, warnings: vec![Warning::new("W", named)], ..expected(Some(1_501)) };
    let part = Part::new(PartHead::default(), vec![block("a", 1, &[])]);
    let mut stream = BlockStream::new(stream::iter(vec![Ok(part)]).boxed(), partial);
    let error = block_on(stream.by_ref().try_collect::<Vec<_>>()).unwrap_err();
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
    assert!(failed.unwrap().to_string().contains("a block of page 2"));
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
