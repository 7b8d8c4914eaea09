//! The text of a page that a detector sees, and the way back from it to the members that it shows.

use std::ops::Range;

use super::members::{Role, texts_of};
use super::{PiiType, declared};
use crate::block::{BlockKind, RelationshipKind};
use crate::document::flow::stretches;
use crate::document::{BlockRef, Document, Page, Word};
use crate::render::Render;

/// The text of a page: the rendering, followed by any text of the page that the rendering does not show. Of a record that is
/// not a page, the text of all of it.
#[derive(Default)]
pub(super) struct Sheet {
    /// The page, from 1; of a record that is not a page, the first.
    pub(super) page: u32,
    pub(super) text: String,
    /// In order, and without overlap.
    pub(super) stretches: Vec<Stretch>,
    /// What Textract itself says that a value is: a name, a date of birth, ...
    pub(super) declared: Vec<(PiiType, Range<usize>)>,
    /// The lines, whose texts repeat those of their words: document and index of each.
    pub(super) lines: Vec<(usize, u32, MemberId)>,
}

/// A text of a record, by its place in the order in which they are visited.
pub(super) type MemberId = usize;

/// Where a member is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    /// On this page.
    On(u32),
    /// On a page of the record; nothing says on which.
    Somewhere,
    /// Not at all: it says in another form what this member says.
    As(MemberId),
    /// Not at all.
    Nowhere,
}

impl Printed {
    /// The page; this one if none is known.
    pub(super) fn page_or(self, first: u32) -> u32 {
        match self {
            Self::On(page) => page,
            Self::Somewhere | Self::As(_) | Self::Nowhere => first,
        }
    }
}

/// A stretch of a sheet that shows a member, or a part of it.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) range: Range<usize>,
    pub(super) member: MemberId,
    /// Where in the member it begins.
    pub(super) at: usize,
    /// Whether it is a single word, even with white space in it; otherwise it is all of a member.
    pub(super) is_word: bool,
    pub(super) printed: Printed,
}

/// A part of a member that an entity touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) member: MemberId,
    /// What is personal data.
    pub(super) own: Range<usize>,
    /// The words that it touches.
    pub(super) words: Range<usize>,
    /// How many letters and digits of the entity come before it.
    pub(super) letters_before: usize,
    /// Where the member is printed.
    pub(super) printed: Printed,
}

impl Sheet {
    pub(super) fn new(page: u32) -> Self {
        Self { page, ..Self::default() }
    }

    /// Shows a member.
    pub(super) fn show(
        &mut self,
        text: &str,
        member: MemberId,
        is_word: bool,
        printed: Printed,
    ) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        let range = start..self.text.len();
        if !range.is_empty() {
            self.stretches.push(Stretch { range: range.clone(), member, at: 0, is_word, printed });
        }
        range
    }

    /// The page that something on the sheet is printed on.
    pub(super) fn page_at(&self, range: &Range<usize>) -> u32 {
        let first = self.stretches.partition_point(|stretch| stretch.range.end <= range.start);
        self.stretches.get(first).map_or(self.page, |stretch| stretch.printed.page_or(self.page))
    }

    /// Separates what comes next from what came before.
    pub(super) fn part(&mut self, separator: &str) {
        if !self.text.is_empty() {
            self.text.push_str(separator);
        }
    }

    /// The parts of members that a range of the text touches. `words` remembers the last word between calls, which is long
    /// if a text has no white space.
    pub(super) fn pieces(&self, range: &Range<usize>, words: &mut LastWord) -> Vec<Piece> {
        let first = self.stretches.partition_point(|stretch| stretch.range.end <= range.start);
        let touched = self.stretches.iter().skip(first).take_while(|stretch| stretch.range.start < range.end);
        let mut letters = 0;
        let mut pieces = Vec::new();
        for stretch in touched {
            let own = range.start.max(stretch.range.start)..range.end.min(stretch.range.end);
            let Some(said) = self.text.get(own.clone()) else { continue };
            // White space touches no word.
            let own = own.start + said.len() - said.trim_start().len()
                ..own.end + said.trim_end().len() - said.len();
            if own.start >= own.end {
                continue;
            }
            let whole =
                if stretch.is_word { stretch.range.clone() } else { words.around(self, stretch, &own) };
            let in_member = |range: Range<usize>| {
                range.start - stretch.range.start + stretch.at..range.end - stretch.range.start + stretch.at
            };
            pieces.push(Piece {
                member: stretch.member,
                own: in_member(own),
                words: in_member(whole),
                letters_before: letters,
                printed: stretch.printed,
            });
            letters += said.chars().filter(|c| c.is_alphanumeric()).count();
        }
        pieces
    }

    /// Appends what another sheet shows.
    pub(super) fn append(&mut self, other: Self) {
        self.part("\n\n");
        let offset = self.text.len();
        let moved = |range: Range<usize>| range.start + offset..range.end + offset;
        self.text.push_str(&other.text);
        let stretches = other.stretches.into_iter();
        self.stretches
            .extend(stretches.map(|stretch| Stretch { range: moved(stretch.range.clone()), ..stretch }));
        self.declared.extend(other.declared.into_iter().map(|(pii_type, range)| (pii_type, moved(range))));
        self.lines.extend(other.lines);
    }

    /// Shows a page of blocks. `first_member` holds the first member of each block of the document, by its index.
    pub(super) fn show_page(
        &mut self,
        (number, document): (usize, &Document),
        page: Page<'_>,
        first_member: &[Option<MemberId>],
    ) {
        let member_of = |index: u32| first_member.get(index as usize).copied().flatten();
        self.part("\n\n");
        let rendering = Render::text().page_with_map(page);
        let offset = self.text.len();
        let mut shown = Shown::of(page);
        for span in rendering.spans() {
            let (Some(block), Some(member)) = (document.block_at(span.index), member_of(span.index)) else {
                continue;
            };
            let at = match block.kind() {
                BlockKind::Word => Some(0),
                BlockKind::Line => shown.next_rest(document, span.index),
                // What represents a check box or a signature is not text of the document.
                _ => None,
            };
            if let Some(at) = at {
                shown.enter(span.index);
                let range = span.range.start + offset..span.range.end + offset;
                let printed = Printed::On(page.number());
                self.stretches.push(Stretch { range, member, at, is_word: true, printed });
            }
        }
        self.text.push_str(rendering.text());
        for block in page.blocks() {
            let index = block.index();
            let Some(member) = member_of(index) else { continue };
            if *block.block().kind() == BlockKind::Line {
                self.lines.push((number, index, member));
            }
            if shown.is_whole(document, index) {
                continue;
            }
            shown.enter(index);
            self.show_block(block, member);
            for answer in block
                .related(RelationshipKind::Answer)
                .filter(|answer| page.rank_of(answer.index()).is_some())
            {
                if let Some(member) =
                    member_of(answer.index()).filter(|_| !shown.is_whole(document, answer.index()))
                {
                    shown.enter(answer.index());
                    self.show_answer(answer, member);
                }
            }
        }
    }

    /// Shows what a block says that the rendering does not, each text on a line of its own.
    fn show_block(&mut self, block: BlockRef<'_>, member: MemberId) {
        let is_word = *block.block().kind() == BlockKind::Word;
        for (offset, text) in texts_of(block.block()).enumerate() {
            self.part("\n");
            self.show(text, member + offset, is_word, Printed::On(block.page_number()));
        }
    }

    /// Shows an answer after its question, which says what it is about.
    fn show_answer(&mut self, answer: BlockRef<'_>, member: MemberId) {
        for (offset, text) in texts_of(answer.block()).enumerate() {
            self.text.push(' ');
            self.show(text, member + offset, false, Printed::On(answer.page_number()));
        }
    }

    /// Shows a text that is in no block: the label of a field, its value, what it was normalised to.
    pub(super) fn show_field(&mut self, role: Role<'_>, text: &str, member: MemberId, printed: Printed) {
        let (kind, is_vendors, labelled) = match role {
            Role::Value { kind, is_vendors, labelled } => (kind, is_vendors, labelled),
            Role::Normalized { kind } => (kind, false, false),
            Role::Text | Role::Label | Role::Notice => (None, false, false),
        };
        // What the field is called helps to recognise its value.
        if labelled {
            self.text.push_str(": ");
        } else {
            self.part("\n");
            if let Some(kind) = kind {
                self.text.push_str(&kind.replace('_', " ").to_lowercase());
                self.text.push_str(": ");
            }
        }
        let range = self.show(text, member, false, printed);
        if let Some(declared) = kind.and_then(|kind| declared::type_of(kind, is_vendors)) {
            self.declared.push((declared, range));
        }
    }
}

/// The words that were found last, remembered between calls.
#[derive(Default)]
pub(super) struct LastWord(Range<usize>);

impl LastWord {
    /// The words of a stretch that a range touches, by white space; all in bytes of the sheet.
    fn around(&mut self, sheet: &Sheet, stretch: &Stretch, range: &Range<usize>) -> Range<usize> {
        if !(self.0.start <= range.start && range.end <= self.0.end && stretch.range.end >= self.0.end) {
            let before = sheet.text.get(stretch.range.start..range.start).unwrap_or_default();
            let after = sheet.text.get(range.end..stretch.range.end).unwrap_or_default();
            let space = before.char_indices().rfind(|(_, c)| c.is_whitespace());
            let start = space.map_or(stretch.range.start, |(at, c)| stretch.range.start + at + c.len_utf8());
            let end = after.find(char::is_whitespace).map_or(stretch.range.end, |at| range.end + at);
            self.0 = start..end;
        }
        self.0.clone()
    }
}

/// Which blocks of a page a rendering shows.
struct Shown<'d> {
    page: Page<'d>,
    whole: Vec<bool>,
    /// Where the parts of each line begin that no word says, without those that were shown.
    rests: std::collections::HashMap<u32, std::vec::IntoIter<usize>>,
}

impl<'d> Shown<'d> {
    fn of(page: Page<'d>) -> Self {
        Self { page, whole: vec![false; page.block_count()], rests: std::collections::HashMap::new() }
    }

    fn enter(&mut self, index: u32) {
        if let Some(whole) = self.page.rank_of(index).and_then(|rank| self.whole.get_mut(rank)) {
            *whole = true;
        }
    }

    fn is_entered(&self, index: u32) -> bool {
        self.page.rank_of(index).and_then(|rank| self.whole.get(rank)).copied().unwrap_or_default()
    }

    /// Where the next part of a line begins that no word of it says.
    fn next_rest(&mut self, document: &Document, line: u32) -> Option<usize> {
        let rests = self.rests.entry(line).or_insert_with(|| rests(document, line).into_iter());
        rests.next()
    }

    /// Whether all that a block says is shown.
    fn is_whole(&self, document: &Document, index: u32) -> bool {
        let Some(block) = document.block_at(index) else { return true };
        match block.kind() {
            BlockKind::Line if document.is_superseded(index) => false,
            BlockKind::Line => {
                let is_left = self.rests.get(&index).is_some_and(|left| left.len() > 0);
                let line = document.block_ref(index).and_then(BlockRef::as_line);
                let is_entered = |word: Option<Word<'_>>| match word {
                    Some(word) => self.is_entered(word.index()),
                    None => self.rests.contains_key(&index),
                };
                // Words on another page are read there, possibly in another order.
                !is_left
                    && line.is_some_and(|line| stretches(line).into_iter().all(|(_, word)| is_entered(word)))
            }
            _ => self.is_entered(index),
        }
    }
}

fn rests(document: &Document, line: u32) -> Vec<usize> {
    let line = document.block_ref(line).and_then(BlockRef::as_line);
    let stretches = line.map(stretches).unwrap_or_default();
    stretches.into_iter().filter(|(_, word)| word.is_none()).map(|(range, _)| range.start).collect()
}
