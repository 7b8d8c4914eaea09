//! A block with its document, the base of every view.

use std::fmt;
use std::ops::Deref;

use super::{
    AskedQuery, Document, Field, LayoutElement, Line, Page, SelectionElement, Signature, Table, Token, Word,
};
use crate::block::{Block, BlockKind, BoundingBox, EntityType, RelationshipKind, SelectionStatus};

/// A block with its document, in which the blocks that it names are found.
///
/// It derefs to the [`Block`], and every view of the document derefs to it.
#[derive(Clone, Copy)]
pub struct BlockRef<'d> {
    document: &'d Document,
    block: &'d Block,
    index: u32,
}

impl<'d> BlockRef<'d> {
    pub(super) fn new(document: &'d Document, index: u32) -> Self {
        static NO_BLOCK: std::sync::LazyLock<Block> =
            std::sync::LazyLock::new(|| Block::new(crate::block::BlockId::EMPTY, BlockKind::NONE));
        // Every index comes from the document itself.
        let block = document.block_at(index).unwrap_or_else(|| &NO_BLOCK);
        Self { document, block, index }
    }

    /// The block itself.
    pub fn block(&self) -> &'d Block {
        self.block
    }

    /// The document that it belongs to.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// Its place among the document's [`blocks`](Document::blocks), from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The number of the page that it is on, from 1, even if the block itself does not say.
    pub fn page_number(&self) -> u32 {
        self.document.page_entry_of(self.index).map_or(1, |entry| entry.number)
    }

    /// The page that it is on.
    pub fn page(&self) -> Option<Page<'d>> {
        self.document.page_entry_of(self.index).map(|entry| Page::new(self.document, entry))
    }

    /// Where it is on its page, in ratios of the page; for a block that only has an outline, the box around that.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        self.block.geometry()?.bounds()
    }

    /// The blocks that all its relationships of one kind name, in Textract's order. Missing ones are left out: see
    /// [`Document::unresolved`].
    pub fn related(&self, kind: RelationshipKind) -> impl Iterator<Item = BlockRef<'d>> + use<'d> {
        self.related_by(move |other| *other == kind)
    }

    pub(super) fn related_by<W>(&self, wanted: W) -> impl Iterator<Item = BlockRef<'d>> + use<'d, W>
    where
        W: Fn(&RelationshipKind) -> bool,
    {
        self.document.related(*self, wanted)
    }

    /// The blocks that it contains.
    pub fn children(&self) -> impl Iterator<Item = BlockRef<'d>> + use<'d> {
        self.related_by(|kind| *kind == RelationshipKind::Child)
    }

    /// The words, selection elements and signatures that it contains: the content of a cell, key or value.
    pub fn content(&self) -> impl Iterator<Item = Token<'d>> + use<'d> {
        self.children().filter_map(Token::of)
    }

    /// Whether it is of this kind and counts: of several blocks with the same id only the last does.
    pub(super) fn is(&self, kind: &BlockKind) -> bool {
        self.block.kind() == kind && !self.document.is_superseded(self.index)
    }

    /// The block as a word, if it is one.
    pub fn as_word(self) -> Option<Word<'d>> {
        (*self.block.kind() == BlockKind::Word).then_some(Word(self))
    }

    /// The block as a line, if it is one.
    pub fn as_line(self) -> Option<Line<'d>> {
        (*self.block.kind() == BlockKind::Line).then_some(Line(self))
    }

    /// The block as a table, if it is one.
    pub fn as_table(self) -> Option<Table<'d>> {
        (*self.block.kind() == BlockKind::Table).then(|| Table::new(self))
    }

    /// The block as a form field, if it is the key of one.
    pub fn as_field(self) -> Option<Field<'d>> {
        let is_key = match self.block.kind() {
            BlockKind::Key => true,
            BlockKind::KeyValueSet => self.block.has_entity_type(&EntityType::Key),
            _ => false,
        };
        is_key.then_some(Field(self))
    }

    /// The block as a question, if it is one.
    pub fn as_query(self) -> Option<AskedQuery<'d>> {
        (*self.block.kind() == BlockKind::Query).then_some(AskedQuery(self))
    }

    /// The block as a check box or radio button, if it is one.
    pub fn as_selection_element(self) -> Option<SelectionElement<'d>> {
        (*self.block.kind() == BlockKind::SelectionElement).then_some(SelectionElement(self))
    }

    /// The block as a signature, if it is one.
    pub fn as_signature(self) -> Option<Signature<'d>> {
        (*self.block.kind() == BlockKind::Signature).then_some(Signature(self))
    }

    /// The block as an element of the layout, if it is one.
    pub fn as_layout(self) -> Option<LayoutElement<'d>> {
        self.block.kind().is_layout().then_some(LayoutElement(self))
    }

    pub(super) fn is_selected(&self) -> bool {
        self.block.selection_status() == Some(&SelectionStatus::Selected)
    }
}

impl Deref for BlockRef<'_> {
    type Target = Block;

    fn deref(&self) -> &Block {
        self.block
    }
}

/// Two are equal if they are the same block of the same document.
impl PartialEq for BlockRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.document, other.document)
    }
}

impl Eq for BlockRef<'_> {}

impl fmt::Debug for BlockRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockRef")
            .field("index", &self.index)
            .field("page", &self.page_number())
            .field("block", self.block)
            .finish()
    }
}

/// Declares views that consist of a block alone.
macro_rules! views {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $name<'d>(pub(super) BlockRef<'d>);

            impl<'d> std::ops::Deref for $name<'d> {
                type Target = BlockRef<'d>;

                fn deref(&self) -> &BlockRef<'d> {
                    &self.0
                }
            }
        )+
    };
}

pub(super) use views;
