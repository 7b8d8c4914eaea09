//! A page, and what is on it.

use std::fmt;

use super::arena::PageEntry;
use super::node::BlockRef;
use super::{AskedQuery, Document, Field, LayoutElement, Line, SelectionElement, Signature, Table, Word};
use crate::block::BlockKind;

/// A page of a [`Document`].
///
/// Every list is in the order of the response, except [`reading_order`](Self::reading_order); each call goes through the
/// blocks of the page once.
#[derive(Clone, Copy)]
pub struct Page<'d> {
    document: &'d Document,
    entry: &'d PageEntry,
}

impl<'d> Page<'d> {
    pub(super) fn new(document: &'d Document, entry: &'d PageEntry) -> Self {
        Self { document, entry }
    }

    /// The number of the page, from 1.
    pub fn number(&self) -> u32 {
        self.entry.number
    }

    /// The document that it belongs to.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// Every block of the page, in the order of the response.
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = BlockRef<'d>> + Clone + use<'d> {
        let document = self.document;
        self.entry.blocks.iter().map(move |index| BlockRef::new(document, index))
    }

    pub(crate) fn block_count(&self) -> usize {
        self.entry.blocks.len()
    }

    /// The place of a block among those of the page, from 0; `None` for a block of another page.
    pub(super) fn rank(&self, block: BlockRef<'_>) -> Option<usize> {
        self.rank_of(block.index())
    }

    /// As [`rank`](Self::rank), by a place among the document's blocks.
    pub(crate) fn rank_of(&self, index: u32) -> Option<usize> {
        self.entry.blocks.rank(index)
    }

    /// The block of the page itself, which has its geometry.
    pub fn block(&self) -> Option<BlockRef<'d>> {
        self.of_kind(BlockKind::Page).next()
    }

    fn of_kind(&self, kind: BlockKind) -> impl Iterator<Item = BlockRef<'d>> + use<'d> {
        self.blocks().filter(move |block| block.is(&kind))
    }

    /// The blocks that count: of several with the same id only the last does.
    pub(super) fn counted(&self) -> impl Iterator<Item = BlockRef<'d>> + use<'d> {
        let document = self.document;
        self.blocks().filter(move |block| !document.is_superseded(block.index()))
    }

    /// The lines. A blank page has none.
    pub fn lines(&self) -> impl Iterator<Item = Line<'d>> + use<'d> {
        self.of_kind(BlockKind::Line).map(Line)
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = Word<'d>> + use<'d> {
        self.of_kind(BlockKind::Word).map(Word)
    }

    /// The tables.
    pub fn tables(&self) -> impl Iterator<Item = Table<'d>> + use<'d> {
        self.of_kind(BlockKind::Table).map(Table::new)
    }

    /// The form fields.
    pub fn fields(&self) -> impl Iterator<Item = Field<'d>> + use<'d> {
        self.counted().filter_map(BlockRef::as_field)
    }

    /// The questions that were asked of the page.
    pub fn queries(&self) -> impl Iterator<Item = AskedQuery<'d>> + use<'d> {
        self.of_kind(BlockKind::Query).map(AskedQuery)
    }

    /// The check boxes and radio buttons.
    pub fn selection_elements(&self) -> impl Iterator<Item = SelectionElement<'d>> + use<'d> {
        self.of_kind(BlockKind::SelectionElement).map(SelectionElement)
    }

    /// The signatures.
    pub fn signatures(&self) -> impl Iterator<Item = Signature<'d>> + use<'d> {
        self.of_kind(BlockKind::Signature).map(Signature)
    }

    /// Every element of the layout, nested ones too; see [`layout`](Self::layout). There are none if the feature
    /// LAYOUT was not asked for.
    pub fn layout_elements(&self) -> impl Iterator<Item = LayoutElement<'d>> + use<'d> {
        self.counted().filter_map(BlockRef::as_layout)
    }
}

impl Document {
    /// The lines of all pages.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.pages().flat_map(|page| page.lines())
    }

    /// The words of all pages.
    pub fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.pages().flat_map(|page| page.words())
    }

    /// The tables of all pages, each as it is on its page; see [`joined_tables`](Self::joined_tables).
    pub fn tables(&self) -> impl Iterator<Item = Table<'_>> {
        self.pages().flat_map(|page| page.tables())
    }

    /// The form fields of all pages.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.pages().flat_map(|page| page.fields())
    }

    /// The questions that were asked: each once for every page that it was asked of.
    pub fn queries(&self) -> impl Iterator<Item = AskedQuery<'_>> {
        self.pages().flat_map(|page| page.queries())
    }

    /// The check boxes and radio buttons of all pages.
    pub fn selection_elements(&self) -> impl Iterator<Item = SelectionElement<'_>> {
        self.pages().flat_map(|page| page.selection_elements())
    }

    /// The signatures of all pages.
    pub fn signatures(&self) -> impl Iterator<Item = Signature<'_>> {
        self.pages().flat_map(|page| page.signatures())
    }
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document: _, entry } = self;
        f.debug_struct("Page").field("number", &entry.number).field("blocks", &entry.blocks.len()).finish()
    }
}
