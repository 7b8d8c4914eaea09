//! Words, lines, and what else stands in a row with them.

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
    /// A signature, of which only the place is known.
    Signature;
}

impl<'d> Word<'d> {
    /// What it says; empty where Textract sent nothing.
    pub fn text(&self) -> &'d str {
        self.block().text().unwrap_or_default()
    }
}

impl<'d> Line<'d> {
    /// What it says, as Textract put it together; empty where Textract sent nothing.
    pub fn text(&self) -> &'d str {
        self.block().text().unwrap_or_default()
    }

    /// Its words, but for those that are not there.
    pub fn words(&self) -> impl Iterator<Item = Word<'d>> + use<'d> {
        self.children().filter_map(BlockRef::as_word)
    }
}

impl<'d> SelectionElement<'d> {
    /// Whether it is marked. `None` where Textract does not tell.
    pub fn status(&self) -> Option<&'d SelectionStatus> {
        self.block().selection_status()
    }

    /// Whether it is marked; one of which Textract does not tell is not.
    pub fn is_selected(&self) -> bool {
        self.0.is_selected()
    }
}

/// What stands in a cell, a key or a value: a word, a selection element or a signature.
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

    /// The block behind it.
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

/// Those that say something, joined by one space.
pub(super) fn joined_texts(texts: impl Iterator<Item = String>) -> String {
    texts.filter(|text| !text.is_empty()).reduce(|joined, text| joined + " " + &text).unwrap_or_default()
}
