//! The elements of a page, in which HTML and JSON put its pieces.

use super::Render;
use crate::block::{BlockKind, BoundingBox};
use crate::document::Token;
use crate::document::flow::{Content, Flow, Piece, Run};

/// The kind of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    SectionHeader,
    Header,
    Footer,
    PageNumber,
    Text,
    List,
    Figure,
    /// Form fields.
    KeyValue,
    /// Lines that are in no element of the layout.
    Lines,
    Table,
    Signature,
    Selection,
}

impl Role {
    /// Its name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::SectionHeader => "section-header",
            Self::Header => "header",
            Self::Footer => "footer",
            Self::PageNumber => "page-number",
            Self::Text => "text",
            Self::List => "list",
            Self::Figure => "figure",
            Self::KeyValue => "key-value",
            Self::Lines => "lines",
            Self::Table => "table",
            Self::Signature => "signature",
            Self::Selection => "selection",
        }
    }

    fn of(piece: &Piece<'_>) -> Self {
        match &piece.content {
            Content::Table(_) => Self::Table,
            Content::Field(_) => Self::KeyValue,
            Content::Token(Token::Signature(_)) => Self::Signature,
            Content::Token(Token::Selection(_)) => Self::Selection,
            Content::Token(Token::Word(_)) => Self::Text,
            Content::Lines(_) => match piece.kind {
                BlockKind::LayoutTitle => Self::Title,
                BlockKind::LayoutSectionHeader => Self::SectionHeader,
                BlockKind::LayoutHeader => Self::Header,
                BlockKind::LayoutFooter => Self::Footer,
                BlockKind::LayoutPageNumber => Self::PageNumber,
                BlockKind::LayoutList => Self::List,
                BlockKind::LayoutFigure => Self::Figure,
                BlockKind::Line => Self::Lines,
                // The place of a table or of form fields to which these lines do not belong, and kinds that this version
                // does not know.
                _ => Self::Text,
            },
        }
    }
}

/// Pieces that belong together.
pub(super) struct Element<'f, 'd> {
    pub(super) role: Role,
    /// The items of a list, the fields of a form, the lines of a paragraph; one for the others.
    pub(super) pieces: Vec<&'f Piece<'d>>,
}

impl<'d> Element<'_, 'd> {
    /// The box around its content.
    pub(super) fn place(&self) -> Option<BoundingBox> {
        self.pieces.iter().filter_map(|piece| piece.place).reduce(|one, other| one.union(&other))
    }

    /// All its lines.
    pub(super) fn lines<'f>(&self, flow: &'f Flow<'d>) -> impl Iterator<Item = &'f [Run<'d>]> {
        self.pieces.iter().flat_map(|piece| lines(piece, flow))
    }
}

/// The lines of a piece.
pub(super) fn lines<'f, 'd>(piece: &Piece<'d>, flow: &'f Flow<'d>) -> impl Iterator<Item = &'f [Run<'d>]> {
    let range = match &piece.content {
        Content::Lines(lines) => lines.clone(),
        Content::Table(_) | Content::Field(_) | Content::Token(_) => 0..0,
    };
    flow.lines(&range)
}

/// The elements of a page that are not left out.
pub(super) fn elements<'f, 'd>(render: &Render, flow: &'f Flow<'d>) -> Vec<Element<'f, 'd>> {
    let mut elements: Vec<Element<'f, 'd>> = Vec::new();
    let mut group = None;
    for piece in flow.pieces.iter().filter(|piece| !render.is_left_out(piece)) {
        let role = Role::of(piece);
        let follows = group.replace(piece.group) == Some(piece.group);
        match elements.last_mut() {
            Some(element) if follows && element.role == role => element.pieces.push(piece),
            _ => elements.push(Element { role, pieces: vec![piece] }),
        }
    }
    elements
}
