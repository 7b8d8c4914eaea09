//! The account that a stream keeps: what was expected, what came, and what is missing.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use crate::Limits;
use crate::block::{Block, BlockId};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::part::{JobStatus, PartHead, Warning};

/// How many missing pages and unresolved ids are kept by name; beyond it they are only counted.
const MAX_NAMED: usize = 1_000;

/// What is known about the output before it is read.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) pages: Option<u32>,
    pub(crate) partial: bool,
    pub(crate) warnings: Vec<Warning>,
    /// Whether every part is verified before it comes here.
    pub(crate) verified: bool,
    /// Whether unresolved ids of the last page are allowed.
    pub(crate) allow_cut_end: bool,
    pub(crate) limits: Limits,
}

/// What a stream has seen, at its end.
///
/// It can be serialized, to be kept as evidence of what was read. It holds ids and warnings, and no text of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Completeness {
    /// The number of pages of the document, as Textract gives it. Without it, no page is known to be missing.
    pub pages_expected: Option<u32>,
    /// The different pages that came. For expense documents, the different first pages of those that name one.
    pub pages_seen: u32,
    /// The pages that did not come, in order: the first 1,000 of them. Only a partial success ends without an error despite
    /// any. Empty for expense documents: a page need not have one.
    pub missing_pages: Vec<u32>,
    /// The parts, or pages of the Get operation, that were read.
    pub parts: u32,
    /// The parts that were verified to be under the job's key: all parts from the bucket, none over the Get operations.
    pub verified: u32,
    /// The blocks, expense documents or lending results that came.
    pub records: u64,
    /// Ids that a block names and no block of its page, or of a later one, has: the first 1,000 of them, sorted.
    pub unresolved: Vec<BlockId>,
    /// How many such ids there are in all.
    pub unresolved_count: u64,
    /// Blocks whose id another block of the same page has.
    pub duplicates: u64,
    /// Whether Textract could not read some pages.
    pub partial: bool,
    /// Textract's warnings, each different one once.
    pub warnings: Vec<Warning>,
    /// The version of the model that read the document.
    pub model_version: Option<String>,
}

/// Keeps the account while a stream runs, in memory bounded by twice the blocks that the limits allow for one page, by the
/// items that they allow for the warnings, and by a few bytes for each page or other record.
#[derive(Debug)]
pub(crate) struct Account {
    expected: Expected,
    /// The warnings that were expected or have come, each with its place in their order.
    warnings: HashMap<Warning, usize>,
    /// How many more items the warnings of the parts may have: each is one, and so is each page that it names.
    items: usize,
    pages: BTreeSet<u32>,
    /// Page and index of each record that is not a block.
    places: HashSet<(u32, u32)>,
    parts: u32,
    records: u64,
    duplicates: u64,
    model_version: Option<String>,
    page: Option<u32>,
    /// Whether a page came back after another one. What it named and had before is no longer known then.
    scattered: bool,
    /// The ids of the page that is being read: those it has, and those that are named but have not come.
    ids: HashMap<BlockId, Id>,
    /// The ids that earlier pages named and did not have, and that no page has had since.
    unresolved: HashSet<BlockId>,
    /// How many ids that an earlier page named a later one had after all.
    crossing: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Present,
    Named,
}

impl Account {
    pub(crate) fn new(mut expected: Expected) -> Self {
        let mut warnings = HashMap::new();
        for warning in std::mem::take(&mut expected.warnings) {
            let place = warnings.len();
            warnings.entry(warning).or_insert(place);
        }
        Self {
            warnings,
            items: expected.limits.items,
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
            crossing: 0,
        }
    }

    /// Enters the head of a part. It only adds to what the job and other parts said, and takes nothing back.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) as in [`check_done`], or if there are more warnings than the limits allow.
    pub(crate) fn part(&mut self, head: PartHead) -> Result<()> {
        check_done(&head)?;
        let PartHead { pages, status, status_message: _, warnings, next_token: _, model_version } = head;
        // A message that a job is done does not say whether it is done for every page.
        self.expected.partial |= status == Some(JobStatus::PartialSuccess);
        self.parts += 1;
        self.expected.pages = self.expected.pages.max(pages);
        self.model_version = self.model_version.take().or(model_version);
        for warning in warnings {
            self.warning(warning)?;
        }
        Ok(())
    }

    /// Keeps a warning, unless it came before.
    fn warning(&mut self, warning: Warning) -> Result<()> {
        let place = self.warnings.len();
        if let Entry::Vacant(entry) = self.warnings.entry(warning) {
            let left = self.items.checked_sub(1 + entry.key().pages.len());
            self.items = left.ok_or_else(|| self.expected.limits.too_many_warnings())?;
            entry.insert(place);
        }
        Ok(())
    }

    /// Enters a record that is not a block; `index` is its number on its page, or in the document.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if it came before, as when somebody added a part to those of Textract.
    pub(crate) fn record(&mut self, page: Option<u32>, index: Option<u32>) -> Result<()> {
        self.records += 1;
        self.pages.extend(page);
        match page.zip(index) {
            Some(place @ (page, _)) if !self.places.insert(place) => {
                let message =
                    format!("a result of page {page} came twice: is one of the parts not Textract's?");
                Err(Error::new(ErrorKind::Malformed, Stage::Assemble, message))
            }
            _ => Ok(()),
        }
    }

    /// Enters a block.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) if its page has or names more blocks than the limits allow, or if the pages before
    /// it left more ids unresolved.
    pub(crate) fn block(&mut self, block: &Block) -> Result<()> {
        self.records += 1;
        let page = page_of(block, self.page);
        if self.page != Some(page) {
            self.turn_page()?;
            self.page = Some(page);
            self.scattered |= !self.pages.insert(page);
        }
        // A block without an id is neither named by others nor a duplicate of one.
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
    fn turn_page(&mut self) -> Result<()> {
        let named = self.ids.drain().filter(|(_, state)| *state == Id::Named);
        self.unresolved.extend(named.map(|(id, _)| id));
        match self.unresolved.len() > self.expected.limits.page_blocks {
            true => Err(self.expected.limits.too_many_unresolved()),
            false => Ok(()),
        }
    }

    /// How many ids were named by a page before the one that has them.
    pub(super) fn crossing(&self) -> u64 {
        self.crossing
    }

    /// The pages that Textract itself says may be missing or cut short; `None` means any page, as after a partial success
    /// that names none.
    fn excused(&self) -> Option<BTreeSet<u32>> {
        if !self.expected.partial {
            return Some(BTreeSet::new());
        }
        let named: BTreeSet<u32> = self.warnings.keys().flat_map(|warning| &warning.pages).copied().collect();
        (!named.is_empty()).then_some(named)
    }

    /// Closes the account.
    ///
    /// # Errors
    ///
    /// [`Incomplete`](ErrorKind::Incomplete) if pages are missing that no warning of a partial success explains, or if the
    /// last page is cut short; [`Malformed`](ErrorKind::Malformed) if more ids are unresolved than the limits allow.
    pub(crate) fn close(&mut self, paged: bool) -> Result<Completeness> {
        let named = self.ids.values().filter(|id| **id == Id::Named).count();
        self.turn_page()?;
        let excused = self.excused();
        let is_excused = |page: u32| excused.as_ref().is_none_or(|excused| excused.contains(&page));
        let cut = if self.scattered || self.page.is_some_and(is_excused) { 0 } else { named };
        let incomplete = |message: String| Err(Error::new(ErrorKind::Incomplete, Stage::Assemble, message));
        let pages_expected = self.expected.pages;
        // Without a number of pages, none is known to be missing.
        let pages = if paged { pages_expected.unwrap_or_default() } else { 0 };
        let missing = pages as usize - self.pages.range(1..=pages.max(1)).count().min(pages as usize);
        let missing_pages: Vec<u32> =
            (1..=pages).filter(|page| !self.pages.contains(page)).take(missing.min(MAX_NAMED)).collect();
        // However many pages are said to be there, the search ends after those that came and those that are excused.
        let lost = excused.as_ref().and_then(|excused| {
            (1..=pages).find(|page| !self.pages.contains(page) && !excused.contains(page))
        });
        if let Some(first) = lost {
            return incomplete(format!("{missing} of {pages} pages never came, the first is page {first}"));
        }
        if cut > 0 && !self.expected.allow_cut_end {
            return incomplete(format!(
                "the last page names {cut} ids that no block of it has: is the last part missing? \
                 Otherwise read with allow_cut_end"
            ));
        }
        let mut unresolved: Vec<_> = self.unresolved.drain().collect();
        unresolved.sort_unstable();
        let unresolved_count = unresolved.len() as u64;
        unresolved.truncate(MAX_NAMED);
        unresolved.shrink_to_fit();
        let mut warnings: Vec<_> = self.warnings.drain().collect();
        warnings.sort_unstable_by_key(|(_, place)| *place);
        Ok(Completeness {
            pages_expected,
            pages_seen: self.pages.len() as u32,
            missing_pages,
            parts: self.parts,
            verified: if self.expected.verified { self.parts } else { 0 },
            records: self.records,
            unresolved,
            unresolved_count,
            duplicates: self.duplicates,
            partial: self.expected.partial,
            warnings: warnings.into_iter().map(|(warning, _)| warning).collect(),
            model_version: self.model_version.take(),
        })
    }
}

/// Checks that a part is of a job that is done; it need not say so.
///
/// # Errors
///
/// [`Malformed`](ErrorKind::Malformed) if it says that the job runs or has failed: whoever reported it as done was wrong.
pub(crate) fn check_done(head: &PartHead) -> Result<()> {
    match head.status {
        Some(JobStatus::Failed | JobStatus::InProgress) => {
            let message = "a part of the output says that the job is not done, or has failed";
            Err(Error::new(ErrorKind::Malformed, Stage::Assemble, message))
        }
        _ => Ok(()),
    }
}

/// The page that a block is on. Synchronous responses name none, as they have only one; page 0, which does not exist, counts
/// as none.
pub(super) fn page_of(block: &Block, current: Option<u32>) -> u32 {
    block.page().filter(|page| *page > 0).or(current).unwrap_or(1)
}
