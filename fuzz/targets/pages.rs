//! Pages, put together from parts: nothing is lost, nothing is out of order, and how the parts were cut does not matter.
//!
//! An input is lines. `id page child child ...` is a block, whose page may be `-`; an id that begins with `p` makes it a PAGE
//! block. `--` begins the next part, and `= pages status` is the head of a part. The first line may be the end of the job, as
//! `job 3 partial 2 3`.
//!
//! A part that says that its job runs, or has failed, ends the streams: nothing comes after what came before it.
//!
//! The account of a stream is worked out here from its documentation, over whole pages at a time; the stream keeps it block by
//! block. [`is_saved_together`] says when a stream of pages and a [`Document`] number pages differently.

#![no_main]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::StreamExt;
use futures::executor::block_on;
use inkseal::block::{Block, BlockId, BlockKind, RelationshipKind};
use inkseal::part::{JobStatus, Part, PartHead, Warning};
use inkseal::{Completeness, Document, ErrorKind, fuzzing};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let script = Script::read(text);
    let blocks_of = |parts: &[Part<Block>]| parts.iter().flat_map(|part| part.records.clone()).collect();
    let blocks: Vec<Block> = blocks_of(&script.parts);
    documents(&script, &blocks);
    match script.failed_part() {
        Some(failed) => failed_stream(&script, &blocks_of(&script.parts[..failed])),
        None => {
            stream_of_blocks(&script, &blocks);
            stream_of_pages(&script, &blocks);
        }
    }
});

/// What an input says.
#[derive(Default)]
struct Script {
    pages: Option<u32>,
    partial: bool,
    warnings: Vec<Warning>,
    parts: Vec<Part<Block>>,
}

impl Script {
    fn read(text: &str) -> Self {
        let mut script = Self { parts: vec![Part::new(PartHead::default(), Vec::new())], ..Self::default() };
        for (number, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let Some(first) = words.next() else { continue };
            let Some(part) = script.parts.last_mut() else { continue };
            match first {
                "job" if number == 0 => {
                    for word in words {
                        match word.parse() {
                            Ok(page) if script.pages.is_none() => script.pages = Some(page),
                            Ok(page) => script.warnings.push(Warning::new("W", [page])),
                            Err(_) => script.partial = true,
                        }
                    }
                }
                "--" => script.parts.push(Part::new(PartHead::default(), Vec::new())),
                "=" => {
                    part.head.pages = words.next().and_then(|pages| pages.parse().ok());
                    part.head.status = words.next().map(JobStatus::from);
                    part.head.model_version = words.next().map(str::to_owned);
                    part.head.next_token = words.next().map(Into::into);
                }
                id => part.records.push(block(id, words)),
            }
        }
        script
    }

    fn stream(&self) -> inkseal::BlockStream {
        fuzzing::blocks(self.parts.clone(), self.pages, self.partial, self.warnings.clone())
    }

    /// The first part that says that the job is not done, or has failed: it ends a stream.
    fn failed_part(&self) -> Option<usize> {
        let is_failed =
            |part: &Part<Block>| matches!(part.head.status, Some(JobStatus::Failed | JobStatus::InProgress));
        self.parts.iter().position(is_failed)
    }

    /// Whether the end of the job, or a part of its output, says that some pages could not be read.
    fn is_partial(&self) -> bool {
        self.partial || self.parts.iter().any(|part| part.head.status == Some(JobStatus::PartialSuccess))
    }

    fn pages_expected(&self) -> Option<u32> {
        self.parts.iter().map(|part| part.head.pages).chain([self.pages]).max().flatten()
    }
}

fn block<'t>(id: &str, mut words: impl Iterator<Item = &'t str>) -> Block {
    let kind = if id.starts_with('p') { BlockKind::Page } else { BlockKind::Line };
    let id = BlockId::from(if id == "-" { "" } else { id });
    let mut block = Block::new(id, kind);
    block.set_page(words.next().and_then(|page| page.parse().ok()));
    // Two ids in each relationship.
    let ids: Vec<&str> = words.collect();
    for (index, ids) in ids.chunks(2).enumerate() {
        let kind = if index % 2 == 0 { RelationshipKind::Child } else { RelationshipKind::Value };
        block = block.with_relationship(kind, ids.iter().copied());
    }
    block
}

/// Successive blocks of one page.
struct Run<'b> {
    number: u32,
    blocks: Vec<&'b Block>,
}

impl Run<'_> {
    /// The ids that its blocks have: a block without an id cannot be named.
    fn ids(&self) -> HashSet<&BlockId> {
        self.blocks.iter().map(|block| block.id()).filter(|id| !id.is_empty()).collect()
    }

    /// The ids that its blocks name and none of them has.
    fn named(&self) -> BTreeSet<&BlockId> {
        let ids = self.ids();
        let named = self.blocks.iter().flat_map(|block| block.relationships().flat_map(|names| names.ids()));
        named.filter(|id| !ids.contains(id)).collect()
    }
}

/// A block that names no page, or page 0, is on the page before it, and the first one on page 1.
fn runs(blocks: &[Block]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for block in blocks {
        let before = runs.last().map(|run| run.number);
        let number = block.page().filter(|page| *page > 0).or(before).unwrap_or(1);
        match runs.last_mut() {
            Some(run) if run.number == number => run.blocks.push(block),
            _ => runs.push(Run { number, blocks: vec![block] }),
        }
    }
    runs
}

fn stream_of_blocks(script: &Script, blocks: &[Block]) {
    let mut stream = script.stream();
    let mut came = Vec::new();
    let mut failed = None;
    while let Some(item) = block_on(stream.next()) {
        match item {
            Ok(block) => came.push(block),
            Err(error) => failed = Some(error),
        }
    }
    assert_eq!(came, blocks, "every block, in order");
    let runs = runs(blocks);
    let is_incomplete = is_incomplete(script, &runs);
    match (stream.completeness(), failed) {
        (Some(account), None) => {
            assert!(!is_incomplete);
            check_account(script, &runs, account);
        }
        (None, Some(error)) => {
            assert_eq!((error.kind(), is_incomplete), (ErrorKind::Incomplete, true), "{error}");
        }
        _ => panic!("a stream ends with an account or an error"),
    }
}

/// The blocks before the part that reports a failure, and then the error.
fn failed_stream(script: &Script, before: &[Block]) {
    let mut stream = script.stream();
    let mut came = Vec::new();
    let mut errors = Vec::new();
    while let Some(item) = block_on(stream.next()) {
        match item {
            Ok(block) => came.push(block),
            Err(error) => errors.push(error.kind()),
        }
    }
    assert_eq!((came.as_slice(), errors.as_slice()), (before, [ErrorKind::Malformed].as_slice()));
    assert!(stream.completeness().is_none());
    let mut pages = fuzzing::pages(script.stream());
    let mut errors = Vec::new();
    while let Some(page) = block_on(pages.next()) {
        errors.extend(page.err().map(|error| error.kind()));
    }
    assert_eq!(errors, [ErrorKind::Malformed]);
}

fn missing(script: &Script, runs: &[Run<'_>]) -> Vec<u32> {
    let seen: BTreeSet<u32> = runs.iter().map(|run| run.number).collect();
    // Whole lists of four billion pages are not worked out here.
    let expected = script.pages_expected().unwrap_or_default().min(3_000);
    (1..=expected).filter(|page| !seen.contains(page)).collect()
}

fn is_incomplete(script: &Script, runs: &[Run<'_>]) -> bool {
    let is_named = |page: &u32| script.warnings.iter().any(|warning| warning.pages.contains(page));
    let is_excused = |page: &u32| script.is_partial() && (script.warnings.is_empty() || is_named(page));
    let is_missing = missing(script, runs).iter().any(|page| !is_excused(page))
        || (script.pages_expected() > Some(3_000) && !(script.is_partial() && script.warnings.is_empty()));
    let mut numbers = HashSet::new();
    let comes_back = runs.iter().any(|run| !numbers.insert(run.number));
    let is_cut = runs.last().is_some_and(|run| !run.named().is_empty() && !is_excused(&run.number));
    is_missing || (is_cut && !comes_back)
}

fn check_account(script: &Script, runs: &[Run<'_>], account: &Completeness) {
    let all: usize = runs.iter().map(|run| run.blocks.len()).sum();
    assert_eq!((account.records, account.parts), (all as u64, script.parts.len() as u32));
    assert_eq!((account.pages_expected, account.verified), (script.pages_expected(), 0));
    let numbers: BTreeSet<u32> = runs.iter().map(|run| run.number).collect();
    assert_eq!(account.pages_seen, numbers.len() as u32);
    assert_eq!(account.missing_pages[..], missing(script, runs)[..account.missing_pages.len()]);
    assert!(
        account.missing_pages.len() == missing(script, runs).len() || account.missing_pages.len() == 1_000
    );
    let with_id = |run: &Run<'_>| run.blocks.iter().filter(|block| !block.id().is_empty()).count();
    let repeated: usize = runs.iter().map(|run| with_id(run) - run.ids().len()).sum();
    assert_eq!(account.duplicates, repeated as u64);
    // Named by a page, and neither on it nor on a later one.
    let mut unresolved = BTreeSet::new();
    for (index, run) in runs.iter().enumerate() {
        let later: HashSet<&BlockId> = runs[index..].iter().flat_map(Run::ids).collect();
        unresolved.extend(run.named().into_iter().filter(|id| !later.contains(id)));
    }
    assert_eq!(account.unresolved_count, unresolved.len() as u64);
    assert!(account.unresolved.iter().eq(unresolved.into_iter().take(1_000)));
}

fn stream_of_pages(script: &Script, blocks: &[Block]) {
    let mut stream = fuzzing::pages(script.stream());
    let mut came = Vec::new();
    let mut failed = None;
    while let Some(item) = block_on(stream.next()) {
        match item {
            Ok(page) => came.push(page),
            Err(error) => failed = Some(error),
        }
    }
    let runs = runs(blocks);
    assert!(came.len() <= runs.len());
    for (page, run) in came.iter().zip(&runs) {
        assert_eq!(page.number, run.number);
        assert!(page.blocks.iter().eq(run.blocks.iter().copied()), "a page has its blocks, in order");
    }
    // The first page that does not come after the one before it, or has a block that an earlier page named.
    let out_of_order = runs.windows(2).position(|pair| pair[1].number < pair[0].number);
    let is_crossing = |index: &usize| {
        let ids = runs[*index].ids();
        runs[..*index].iter().any(|run| run.named().iter().any(|id| ids.contains(*id)))
    };
    let crossing = (0..runs.len()).find(is_crossing);
    let stop = out_of_order.map(|before| before + 1).into_iter().chain(crossing).min();
    match (failed, stop) {
        (None, None) => {
            assert_eq!(came.len(), runs.len(), "every page");
            assert!(stream.completeness().is_some());
            pages_of_document(script, blocks, &came);
        }
        (Some(error), Some(stop)) => {
            assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
            assert!(came.len() < stop.max(1) + 1 && came.len() + 1 >= stop, "{} of {stop}", came.len());
        }
        (Some(error), None) => {
            assert_eq!(error.kind(), ErrorKind::Incomplete, "{error}");
            assert!(is_incomplete(script, &runs), "{error}");
        }
        (None, Some(stop)) => panic!("page {stop} of the stream is out of order, without an error"),
    }
    if stream.completeness().is_none() {
        assert!(came.len() < runs.len().max(1), "the last page is given once all is known to be there");
    }
}

/// Whether there are PAGE blocks as in synchronous responses that were saved together, each about a page 1: a document counts
/// each as the next page, and a stream, which only a job has, goes by the numbers.
fn is_saved_together(blocks: &[Block]) -> bool {
    let mut heads: BTreeMap<u32, &BlockId> = BTreeMap::new();
    let mut is_first = true;
    for block in blocks {
        if *block.kind() == BlockKind::Page {
            match block.page().filter(|page| *page > 0) {
                Some(page) if *heads.entry(page).or_insert(block.id()) != block.id() => return true,
                None if !is_first => return true,
                _ => {}
            }
        }
        is_first = false;
    }
    // The number of a PAGE block without one is that of its page.
    blocks
        .first()
        .is_some_and(|block| block.page().is_none_or(|page| page == 0) && *block.kind() == BlockKind::Page)
}

fn pages_of_document(script: &Script, blocks: &[Block], pages: &[inkseal::PageBlocks]) {
    for page in pages {
        let document = Document::from(page.clone());
        assert!(document.blocks().map(|block| block.block()).eq(&page.blocks));
        if !is_saved_together(&page.blocks) {
            assert_eq!(document.pages().map(|page| page.number()).collect::<Vec<_>>(), [page.number]);
        }
    }
    let Ok(document) = Document::from_parts(script.parts.clone()) else { return };
    if is_saved_together(blocks) {
        return;
    }
    assert_eq!(document.pages().len(), pages.len());
    for (one, other) in document.pages().zip(pages) {
        assert_eq!(one.number(), other.number);
        assert!(one.blocks().map(|block| block.block()).eq(&other.blocks));
    }
}

fn documents(script: &Script, blocks: &[Block]) {
    let joined = Document::from_parts(script.parts.clone());
    let statuses: BTreeSet<&JobStatus> =
        script.parts.iter().filter_map(|part| part.head.status.as_ref()).collect();
    let Ok(document) = joined else {
        assert!(statuses.len() > 1, "only different states of the job are an error");
        return;
    };
    assert!(statuses.len() <= 1);
    // Every block once, on one page, and those of a page in the order of the response.
    assert!(document.blocks().map(|block| block.block()).eq(blocks));
    let numbers: Vec<u32> = document.pages().map(|page| page.number()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers.first() != Some(&0), "{numbers:?}");
    let mut places: Vec<u32> = Vec::new();
    for page in document.pages() {
        let own: Vec<u32> = page.blocks().map(|block| block.index()).collect();
        assert!(own.is_sorted());
        places.extend(own);
    }
    places.sort_unstable();
    assert!(places.into_iter().eq(0..blocks.len() as u32));
    // An id that no block has is unresolved, once for each time that it is named.
    let ids: HashSet<&BlockId> = blocks.iter().map(Block::id).filter(|id| !id.is_empty()).collect();
    let named = blocks.iter().flat_map(|block| block.relationships().flat_map(|names| names.ids()));
    let nowhere = named.filter(|id| !ids.contains(id)).count();
    assert_eq!((document.unresolved_count(), document.unresolved().count()), (nowhere, nowhere));
    for block in document.blocks() {
        for child in block.children() {
            assert!(block.block().children().any(|id| id == child.id()));
        }
    }
    // However it was cut, and after a round trip through its own JSON.
    let whole = Part::join(script.parts.clone()).expect("parts of one job");
    assert_eq!(Document::from(whole), document);
    let json = serde_json::to_vec(&document).expect("a document");
    let again = Document::from_json(&json).expect("what was written");
    assert_eq!(again.into_part().records, document.clone().into_part().records);
    let saved: Vec<Document> = script.parts.iter().cloned().map(Document::from).collect();
    let saved = serde_json::to_vec(&saved).expect("documents");
    let again = Document::from_json(&saved).expect("an array of what was written");
    assert!(again.blocks().map(|block| block.block()).eq(blocks));
    let of = |document: &Document| -> Vec<_> {
        document.pages().map(|page| (page.number(), page.blocks().count())).collect()
    };
    assert_eq!(of(&again), of(&document));
}
