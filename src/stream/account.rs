//! The account that a stream keeps: what was expected, what came, and what is missing.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::Limits;
use crate::block::{Block, BlockId};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::part::{JobStatus, PartHead, Warning};

/// How many missing pages and unresolved ids are kept by name; beyond it they are only counted.
const MAX_NAMED: usize = 1_000;

/// What is known of the output before it is read.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) pages: Option<u32>,
    pub(crate) partial: bool,
    pub(crate) warnings: Vec<Warning>,
    /// Whether every part is verified before it comes here.
    pub(crate) verified: bool,
    /// Whether unresolved ids of the last page are no error.
    pub(crate) allow_cut_end: bool,
    pub(crate) limits: Limits,
}

/// What a stream has seen, at its end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Completeness {
    /// The pages of the document, as Textract gives their number. Where it gives none, no page can be told to be missing.
    pub pages_expected: Option<u32>,
    /// The different pages that came. For expense documents, the different first pages of those that name one.
    pub pages_seen: u32,
    /// The pages that did not come, in order: the first 1,000 of them. Only a partial success ends well with any. Not told for
    /// expense documents, as a page without one is nothing missing.
    pub missing_pages: Vec<u32>,
    /// The parts, or pages of the Get operation, that were read.
    pub parts: u32,
    /// The parts that were verified to be under the job's key: all of them from the bucket, none over the Get operations.
    pub verified: u32,
    /// The blocks, expense documents or lending results that came.
    pub records: u64,
    /// Ids that a block names and no block of its page, or of a later one, has. The first 1,000 of them.
    pub unresolved: Vec<BlockId>,
    /// How many such ids there are in all.
    pub unresolved_count: u64,
    /// Blocks whose id another block of the same page has.
    pub duplicates: u64,
    /// Whether Textract could not read some pages.
    pub partial: bool,
    /// What Textract warned of.
    pub warnings: Vec<Warning>,
    /// The version of the model that read the document.
    pub model_version: Option<String>,
}

/// Keeps the account while a stream runs, in memory bounded by the blocks of one page, and a few bytes for each page or other record.
#[derive(Debug)]
pub(crate) struct Account {
    expected: Expected,
    /// The warnings that are expected, or have come.
    warned: HashSet<Warning>,
    pages: BTreeSet<u32>,
    /// Of records that are no blocks: page and index of each.
    places: HashSet<(u32, u32)>,
    parts: u32,
    records: u64,
    duplicates: u64,
    model_version: Option<String>,
    page: Option<u32>,
    /// Whether a page came back after another. What it named and had is then not known any more.
    scattered: bool,
    /// The ids of the page that is being read: those it has, and those that are named but have not come.
    ids: HashMap<BlockId, Id>,
    /// The ids that pages before this one named and did not have.
    unresolved: HashSet<BlockId>,
    unresolved_beyond: u64,
    /// Of these, the ones that a later page had after all.
    crossing: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Present,
    Named,
}

impl Account {
    pub(crate) fn new(expected: Expected) -> Self {
        Self {
            warned: expected.warnings.iter().cloned().collect(),
            expected,
            pages: BTreeSet::new(),
            places: HashSet::new(),
            parts: 0,
            records: 0,
            duplicates: 0,
            model_version: None,
            page: None,
            scattered: false,
            ids: HashMap::new(),
            unresolved: HashSet::new(),
            unresolved_beyond: 0,
            crossing: 0,
        }
    }

    /// Enters what a part says of the job. No part may say less than the job, or another part, did.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) where it is of a job that has failed, or runs: whoever told that it is done was wrong.
    pub(crate) fn part(&mut self, head: PartHead) -> Result<()> {
        let PartHead { pages, status, status_message: _, warnings, next_token: _, model_version } = head;
        match status {
            Some(JobStatus::Failed | JobStatus::InProgress) => {
                let message = "a part of the output says that the job is not done, or has failed";
                return Err(Error::new(ErrorKind::Malformed, Stage::Assemble, message));
            }
            // A message that a job is done does not tell whether it is for every page.
            Some(JobStatus::PartialSuccess) => self.expected.partial = true,
            _ => {}
        }
        self.parts += 1;
        self.expected.pages = self.expected.pages.max(pages);
        self.model_version = self.model_version.take().or(model_version);
        for warning in warnings {
            if self.warned.insert(warning.clone()) {
                self.expected.warnings.push(warning);
            }
        }
        Ok(())
    }

    /// Enters a record that is no block; `index` is its number on its page, or in the document.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if it came before, as where a part was put beside those of Textract.
    pub(crate) fn record(&mut self, page: Option<u32>, index: Option<u32>) -> Result<()> {
        self.records += 1;
        self.pages.extend(page);
        match page.zip(index) {
            Some(place @ (page, _)) if !self.places.insert(place) => {
                let message =
                    format!("a result of page {page} came twice: is a part there that is not Textract's?");
                Err(Error::new(ErrorKind::Malformed, Stage::Assemble, message))
            }
            _ => Ok(()),
        }
    }

    /// Enters a block.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if its page has or names more blocks than it may.
    pub(crate) fn block(&mut self, block: &Block) -> Result<()> {
        self.records += 1;
        let page = page_of(block, self.page);
        if self.page != Some(page) {
            self.turn_page();
            self.page = Some(page);
            self.scattered |= !self.pages.insert(page);
        }
        // Nothing names a block without an id, nor is it a duplicate of another one.
        if !block.id().is_empty() {
            if self.ids.insert(block.id().clone(), Id::Present) == Some(Id::Present) {
                self.duplicates += 1;
            }
            if !self.unresolved.is_empty() && self.unresolved.remove(block.id()) {
                self.crossing += 1;
            }
        }
        for relationship in block.relationships() {
            for id in relationship.ids() {
                if let Entry::Vacant(entry) = self.ids.entry(id.clone()) {
                    entry.insert(Id::Named);
                }
            }
        }
        match self.ids.len() > self.expected.limits.page_blocks {
            true => Err(self.expected.limits.page_too_large(page)),
            false => Ok(()),
        }
    }

    /// How much may be read.
    pub(super) fn limits(&self) -> &Limits {
        &self.expected.limits
    }

    /// Ends the account of a page: the ids that it named and did not have are unresolved.
    fn turn_page(&mut self) {
        for (id, state) in self.ids.drain() {
            if state == Id::Present {
                continue;
            }
            if self.unresolved.len() < MAX_NAMED {
                self.unresolved.insert(id);
            } else {
                self.unresolved_beyond += 1;
            }
        }
    }

    /// How many ids were named by a page before the one that has them.
    pub(super) fn crossing(&self) -> u64 {
        self.crossing
    }

    /// The first page that did not come without Textract itself saying so. A partial success that names no page at all explains
    /// any.
    fn first_lost(&self, pages: u32) -> Option<u32> {
        let named = self.expected.warnings.iter().flat_map(|warning| &warning.pages).copied();
        let excused: BTreeSet<u32> = if self.expected.partial { named.collect() } else { BTreeSet::new() };
        if self.expected.partial && excused.is_empty() {
            return None;
        }
        // However many pages are said to be there, the search ends behind those that came and those that are named.
        (1..=pages).find(|page| !self.pages.contains(page) && !excused.contains(page))
    }

    /// Closes the account.
    ///
    /// # Errors
    ///
    /// [`Incomplete`](ErrorKind::Incomplete) if pages are missing that no warning of a partial success explains, or if the
    /// last page is cut short.
    pub(crate) fn close(&mut self, paged: bool) -> Result<Completeness> {
        let named = self.ids.values().filter(|id| **id == Id::Named).count();
        let cut = if self.scattered || self.expected.partial { 0 } else { named };
        self.turn_page();
        let incomplete = |message: String| Err(Error::new(ErrorKind::Incomplete, Stage::Assemble, message));
        let pages_expected = self.expected.pages;
        // What cannot be told to be missing is not.
        let pages = if paged { pages_expected.unwrap_or_default() } else { 0 };
        let missing = pages as usize - self.pages.range(1..=pages.max(1)).count().min(pages as usize);
        let missing_pages: Vec<u32> =
            (1..=pages).filter(|page| !self.pages.contains(page)).take(missing.min(MAX_NAMED)).collect();
        if let Some(first) = self.first_lost(pages) {
            return incomplete(format!("{missing} of {pages} pages never came, the first is page {first}"));
        }
        if cut > 0 && !self.expected.allow_cut_end {
            return incomplete(format!(
                "the last page names {cut} blocks that never came: is the last part missing?"
            ));
        }
        let mut unresolved: Vec<_> = self.unresolved.drain().collect();
        unresolved.sort_unstable();
        Ok(Completeness {
            pages_expected,
            pages_seen: self.pages.len() as u32,
            missing_pages,
            parts: self.parts,
            verified: if self.expected.verified { self.parts } else { 0 },
            records: self.records,
            unresolved_count: unresolved.len() as u64 + self.unresolved_beyond,
            unresolved,
            duplicates: self.duplicates,
            partial: self.expected.partial,
            warnings: std::mem::take(&mut self.expected.warnings),
            model_version: self.model_version.take(),
        })
    }
}

/// The page that a block is on. Synchronous responses name none, as they have only one; page 0, which there is not, is as good as
/// none.
pub(super) fn page_of(block: &Block, current: Option<u32>) -> u32 {
    block.page().filter(|page| *page > 0).or(current).unwrap_or(1)
}
