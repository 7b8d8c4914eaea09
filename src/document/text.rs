//! Words, lines, and what else can be next to words.

use super::BlockRef;
use super::node::views;
use crate::block::{BlockKind, SelectionStatus};

views! {
    /// A word.
    Word;
    /// A line of words.
    Line;
    /// A check box or radio button.
    SelectionElement;
    /// A signature: Textract gives its place only.
    Signature;
}

impl<'d> Word<'d> {
    /// Its text; empty if Textract sent none.
    pub fn text(&self) -> &'d str {
        self.block().text().unwrap_or_default()
    }
}

impl<'d> Line<'d> {
    /// Its text, as Textract put it together; empty if Textract sent none.
    pub fn text(&self) -> &'d str {
        self.block().text().unwrap_or_default()
    }

    /// Its words; ids that lead nowhere are left out.
    pub fn words(&self) -> impl Iterator<Item = Word<'d>> + use<'d> {
        self.children().filter_map(BlockRef::as_word)
    }
}

impl<'d> SelectionElement<'d> {
    /// Whether it is marked. `None` if Textract does not say.
    pub fn status(&self) -> Option<&'d SelectionStatus> {
        self.block().selection_status()
    }

    /// Whether it is marked; if Textract does not say, it is not.
    pub fn is_selected(&self) -> bool {
        self.0.is_selected()
    }
}

/// An item of the content of a cell, a key or a value: a word, a selection element or a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Token<'d> {
    /// A word.
    Word(Word<'d>),
    /// A check box or radio button.
    Selection(SelectionElement<'d>),
    /// A signature.
    Signature(Signature<'d>),
}

impl<'d> Token<'d> {
    pub(super) fn of(block: BlockRef<'d>) -> Option<Self> {
        match block.block().kind() {
            BlockKind::Word => Some(Self::Word(Word(block))),
            BlockKind::SelectionElement => Some(Self::Selection(SelectionElement(block))),
            BlockKind::Signature => Some(Self::Signature(Signature(block))),
            _ => None,
        }
    }

    /// Its block.
    pub fn block_ref(&self) -> BlockRef<'d> {
        match self {
            Self::Word(word) => word.0,
            Self::Selection(element) => element.0,
            Self::Signature(signature) => signature.0,
        }
    }

    /// The text of a word, `[X]` or `[ ]` for a selection element, `[SIGNATURE]` for a signature.
    pub fn text(&self) -> &'d str {
        match self {
            Self::Word(word) => word.text(),
            Self::Selection(element) if element.is_selected() => "[X]",
            Self::Selection(_) => "[ ]",
            Self::Signature(_) => "[SIGNATURE]",
        }
    }
}

/// The words and selection elements of these, joined by one space. A signature has no text.
pub(super) fn joined<'d>(tokens: impl Iterator<Item = Token<'d>>) -> String {
    let mut text = String::new();
    let mut first = true;
    for token in tokens.filter(|token| !matches!(token, Token::Signature(_))) {
        if !std::mem::take(&mut first) {
            text.push(' ');
        }
        text.push_str(token.text());
    }
    text
}

/// Those that are not empty, joined by one space.
pub(super) fn joined_texts(texts: impl Iterator<Item = String>) -> String {
    texts.filter(|text| !text.is_empty()).reduce(|joined, text| joined + " " + &text).unwrap_or_default()
}
