//! What renderings write on.

use std::ops::Range;

use super::{Rendering, Span};
use crate::document::BlockRef;

/// A rendering in the making: its text, the map if it is wanted, and the separator that is due.
#[derive(Default)]
pub(super) struct Canvas {
    text: String,
    spans: Option<Vec<Span>>,
    due: Option<Separator>,
    started: bool,
}

/// What stands between two things, once the second one is there. Of two that are due the later one in this order counts.
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

    /// A canvas of its own, for what is to be put in later.
    pub(super) fn aside(&self) -> Self {
        Self::new(self.spans.is_some())
    }

    /// Asks for a separator before what comes next, unless that is the first thing of all.
    pub(super) fn separate(&mut self, separator: Separator) {
        self.due = self.due.max(Some(separator));
    }

    /// The separator that is due, which has to be written now.
    pub(super) fn take_due(&mut self) -> Option<Separator> {
        let due = self.due.take();
        std::mem::replace(&mut self.started, true).then_some(due).flatten()
    }

    /// Whether anything asked for the separator that is due.
    pub(super) fn is_started(&self) -> bool {
        self.started
    }

    /// Begins anew behind a separator that always stands: what comes next needs none.
    pub(super) fn restart(&mut self, separator: &str) {
        self.push(separator);
        (self.due, self.started) = (None, false);
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// What was written and not taken out yet.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts in what was written aside as it is written here; `place` tells where in that each byte of it has come to be.
    pub(super) fn append_as(&mut self, other: Self, written: &str, place: impl Fn(usize) -> usize) {
        let offset = self.text.len();
        self.text.push_str(written);
        if let (Some(spans), Some(others)) = (&mut self.spans, other.spans) {
            let moved = |Range { start, end }: Range<usize>| offset + place(start)..offset + place(end);
            spans.extend(others.into_iter().map(|span| Span { range: moved(span.range), ..span }));
        }
    }

    /// Writes what a block says.
    pub(super) fn push_from(&mut self, source: BlockRef<'_>, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let range = start..self.text.len();
        if let Some(spans) = self.spans.as_mut().filter(|_| !range.is_empty()) {
            let (block, page) = (source.block().id().clone(), source.page_number());
            spans.push(Span { range, block, page, index: source.index() });
        }
    }

    /// Puts in what was written aside.
    pub(super) fn append(&mut self, other: Self) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        if let (Some(spans), Some(others)) = (&mut self.spans, other.spans) {
            let moved =
                |span: Span| Span { range: span.range.start + offset..span.range.end + offset, ..span };
            spans.extend(others.into_iter().map(moved));
        }
    }

    /// How many characters were written.
    pub(super) fn width(&self) -> usize {
        self.text.chars().count()
    }

    /// Takes out what was written since the last time.
    pub(super) fn take(&mut self) -> Rendering {
        let spans = self.spans.as_mut().map(std::mem::take).unwrap_or_default();
        Rendering::new(std::mem::take(&mut self.text), spans)
    }
}
