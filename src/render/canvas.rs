//! The output of a rendering in progress.

use super::{Rendering, Span};
use crate::document::BlockRef;

/// A rendering in progress: its text, the map if it is wanted, and the separator that is due.
#[derive(Default)]
pub(super) struct Canvas {
    text: String,
    spans: Option<Vec<Span>>,
    due: Option<Separator>,
    started: bool,
}

/// What separates two things, once the second one is there. Of two that are due, the later one in this order counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Separator {
    Line,
    Paragraph,
    Page,
}

impl Canvas {
    pub(super) fn new(with_map: bool) -> Self {
        Self { spans: with_map.then(Vec::new), ..Self::default() }
    }

    /// A separate canvas, for what is inserted later.
    pub(super) fn aside(&self) -> Self {
        Self::new(self.spans.is_some())
    }

    /// Asks for a separator before what comes next, unless that is the very first thing.
    pub(super) fn separate(&mut self, separator: Separator) {
        self.due = self.due.max(Some(separator));
    }

    /// The separator that is due, which must be written now.
    pub(super) fn take_due(&mut self) -> Option<Separator> {
        let due = self.due.take();
        std::mem::replace(&mut self.started, true).then_some(due).flatten()
    }

    /// Whether anything asked for the separator that is due.
    pub(super) fn is_started(&self) -> bool {
        self.started
    }

    /// Begins anew behind a separator that is always written: what comes next needs none.
    pub(super) fn restart(&mut self, separator: &str) {
        self.push(separator);
        (self.due, self.started) = (None, false);
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// What was written and not yet taken out.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Inserts what was written aside, in the form `written`; `place` gives the place in it of each byte of the original.
    pub(super) fn append_as(&mut self, other: Self, written: &str, place: impl Fn(usize) -> usize) {
        let offset = self.text.len();
        self.text.push_str(written);
        if let (Some(spans), Some(others)) = (&mut self.spans, other.spans) {
            spans.extend(others.into_iter().map(|span| span.moved(|at| offset + place(at))));
        }
    }

    /// Writes the text of a block.
    pub(super) fn push_from(&mut self, source: BlockRef<'_>, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let range = start..self.text.len();
        if let Some(spans) = self.spans.as_mut().filter(|_| !range.is_empty()) {
            let (block, page) = (source.block().id().clone(), source.page_number());
            spans.push(Span { range, block, page, index: source.index() });
        }
    }

    /// Inserts what was written aside.
    pub(super) fn append(&mut self, mut other: Self) {
        let written = std::mem::take(&mut other.text);
        self.append_as(other, &written, |at| at);
    }

    /// The number of characters that were written.
    pub(super) fn width(&self) -> usize {
        self.text.chars().count()
    }

    /// Takes out what was written since the last time.
    pub(super) fn take(&mut self) -> Rendering {
        let spans = self.spans.as_mut().map(std::mem::take).unwrap_or_default();
        Rendering::new(std::mem::take(&mut self.text), spans)
    }
}
