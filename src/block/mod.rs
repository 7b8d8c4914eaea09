//! Blocks, which make up every result of Textract's text detection and document analysis.
//!
//! A [`Block`] is small, owned and cheap to clone; [`parse_part`] reads a whole part of them. Nothing here
//! needs the AWS SDK. Document text never shows in `Debug`.

mod angle;
mod geometry;
mod id;
mod kind;
mod measure;
mod parse;
mod pixels;
mod polygon;
mod relationship;
mod turn;
mod wire;

use std::fmt;

use crate::Text;

pub use self::angle::{Orientation, text_angle_of};
pub use self::geometry::{BoundingBox, Geometry, Point, Polygon};
pub use self::id::BlockId;
pub use self::kind::{BlockKind, EntityType, RelationshipKind, SelectionStatus, TextType};
pub use self::parse::parse_part;
pub(crate) use self::parse::parse_saved;
pub use self::pixels::{InvalidPageSize, PageSize, PixelBox, PixelPoint};
pub use self::relationship::Relationship;
pub use self::turn::QuarterTurn;
pub use crate::names::OtherName;
use relationship::Relationships;

/// A block: a word, a line, a cell, a page, ..., and to which others it relates.
///
/// It takes 176 bytes (on 64-bit targets); texts over 24 bytes and rarely used members are allocated apart.
/// The relationships of all blocks that are read together are in one list, which lives as long as any of
/// these blocks that has relationships; to keep a few blocks of many, [`detach`](Self::detach) them from it.
///
/// It reads and writes Textract's own JSON, and distinguishes a member that was not sent, or null, from an
/// empty list. If serde reads it, the message of an error is that of the format and may quote the input, such
/// as a text in place of a number: do not log it. The errors of [`parse_part`] never quote the input.
///
/// ```
/// use inkseal::block::{Block, BlockId, BlockKind, RelationshipKind};
///
/// let line = Block::new(BlockId::from("line-1"), BlockKind::Line)
///     .with_text("Hello world")
///     .with_confidence(99.5)
///     .with_relationship(RelationshipKind::Child, ["word-1", "word-2"]);
/// assert_eq!(line.children().count(), 2);
/// assert!(!format!("{line:?}").contains("world"));
/// ```
#[derive(Clone)]
pub struct Block {
    id: BlockId,
    text: Option<Text>,
    geometry: Option<Geometry>,
    relationships: Relationships,
    rare: Option<Box<Rare>>,
    confidence: f32,
    page: u32,
    row_index: u32,
    column_index: u32,
    row_span: u32,
    column_span: u32,
    /// Which of the six numbers are present; an absent one is 0.
    present: u8,
    /// The code of the name, or [`RARE`].
    kind: u8,
    /// The code of the name, or [`RARE`], or [`ABSENT`].
    text_type: u8,
    selection: u8,
    /// The code of the only one, or [`RARE`], or [`ABSENT`], or [`EMPTY`].
    entities: u8,
}

/// Rarely used members, and the names that this crate does not know.
#[derive(Clone)]
struct Rare {
    kind: BlockKind,
    text_type: TextType,
    selection: SelectionStatus,
    entities: Vec<EntityType>,
    query: Option<Query>,
}

static NOTHING_RARE: Rare = Rare {
    kind: BlockKind::NONE,
    text_type: TextType::NONE,
    selection: SelectionStatus::NONE,
    entities: Vec::new(),
    query: None,
};

/// Stands for a name, or names, that have to be looked up in [`Rare`].
const RARE: u8 = 255;
const ABSENT: u8 = 254;
const EMPTY: u8 = 253;

const CONFIDENCE: u8 = 1;
const PAGE: u8 = 1 << 1;
const ROW_INDEX: u8 = 1 << 2;
const COLUMN_INDEX: u8 = 1 << 3;
const ROW_SPAN: u8 = 1 << 4;
const COLUMN_SPAN: u8 = 1 << 5;

/// A question that was asked about the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Query {
    /// The question; empty if it was not sent.
    #[serde(deserialize_with = "crate::tolerant::or_default", skip_serializing_if = "str::is_empty")]
    pub text: Text,
    /// The caller's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<Text>,
    /// The pages that it was asked about, such as `1`, `2-4` or `*`; `None` for the first one only.
    #[serde(deserialize_with = "crate::tolerant::list", skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<String>>,
}

impl Query {
    /// A question without alias, asked about the first page.
    pub fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $get:ident, $set:ident, $with:ident: $type:ty, $bit:ident;)+) => {
        $(
            $(#[$doc])*
            #[inline]
            pub fn $get(&self) -> Option<$type> {
                (self.present & $bit != 0).then_some(self.$get)
            }

            #[doc = concat!("Sets or clears [`", stringify!($get), "`](Self::", stringify!($get), ").")]
            #[inline]
            pub fn $set(&mut self, value: Option<$type>) {
                self.$get = value.unwrap_or_default();
                self.present = if value.is_some() { self.present | $bit } else { self.present & !$bit };
            }

            #[doc = concat!("The block with this [`", stringify!($get), "`](Self::", stringify!($get), ").")]
            #[must_use]
            pub fn $with(mut self, value: $type) -> Self {
                self.$set(Some(value));
                self
            }
        )+
    };
}

impl Block {
    /// A block without any member.
    const EMPTY: Self = Self {
        id: BlockId::EMPTY,
        text: None,
        geometry: None,
        relationships: Relationships::NONE,
        rare: None,
        confidence: 0.0,
        page: 0,
        row_index: 0,
        column_index: 0,
        row_span: 0,
        column_span: 0,
        present: 0,
        kind: RARE,
        text_type: ABSENT,
        selection: ABSENT,
        entities: ABSENT,
    };

    /// A block that has only an id and a kind.
    #[inline]
    pub fn new(id: BlockId, kind: BlockKind) -> Self {
        let mut block = Self { id, ..Self::EMPTY };
        block.set_kind(kind);
        block
    }

    /// The id; empty if none was sent.
    #[inline]
    pub fn id(&self) -> &BlockId {
        &self.id
    }

    /// The kind of the block; [`BlockKind::Other`] with an empty name if none was sent.
    #[inline]
    pub fn kind(&self) -> &BlockKind {
        BlockKind::known(self.kind).unwrap_or(&self.rare().kind)
    }

    /// Changes the kind of the block.
    #[inline]
    pub fn set_kind(&mut self, kind: BlockKind) {
        self.kind = kind.code().unwrap_or(RARE);
        if self.kind == RARE && (kind != BlockKind::NONE || self.rare.is_some()) {
            self.rare_mut().kind = kind;
        }
    }

    /// As [`set_kind`](Self::set_kind), if the compiler can see which kind it is.
    #[inline(always)]
    fn set_known_kind(&mut self, kind: BlockKind) {
        match kind.code() {
            Some(code) => self.kind = code,
            None => self.set_kind(kind),
        }
    }

    /// The text of a word, a line or an answer to a query.
    #[inline]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Changes or clears the text.
    #[inline]
    pub fn set_text(&mut self, text: Option<Text>) {
        self.text = text;
    }

    /// The block with this text.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<Text>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Where it is on its page.
    #[inline]
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref()
    }

    /// Changes or clears where it is.
    pub fn set_geometry(&mut self, geometry: Option<Geometry>) {
        self.geometry = geometry;
    }

    /// The block at this place.
    #[must_use]
    pub fn with_geometry(mut self, geometry: Geometry) -> Self {
        self.geometry = Some(geometry);
        self
    }

    numbers! {
        /// Textract's confidence in it, 0 to 100.
        confidence, set_confidence, with_confidence: f32, CONFIDENCE;
        /// The page as it was sent, 1-based. Synchronous responses about one page leave it out.
        page, set_page, with_page: u32, PAGE;
        /// The row of a cell, 1-based.
        row_index, set_row_index, with_row_index: u32, ROW_INDEX;
        /// The column of a cell, 1-based.
        column_index, set_column_index, with_column_index: u32, COLUMN_INDEX;
        /// How many rows a cell spans.
        row_span, set_row_span, with_row_span: u32, ROW_SPAN;
        /// How many columns a cell spans.
        column_span, set_column_span, with_column_span: u32, COLUMN_SPAN;
    }

    /// Whether a word is printed or written by hand.
    #[inline]
    pub fn text_type(&self) -> Option<&TextType> {
        (self.text_type != ABSENT).then(|| TextType::known(self.text_type).unwrap_or(&self.rare().text_type))
    }

    /// Changes or clears whether a word is printed or written by hand.
    pub fn set_text_type(&mut self, text_type: Option<TextType>) {
        self.text_type = text_type.as_ref().map_or(ABSENT, |name| name.code().unwrap_or(RARE));
        if let Some(name @ TextType::Other(_)) = text_type {
            self.rare_mut().text_type = name;
        }
    }

    /// The block with this text type.
    #[must_use]
    pub fn with_text_type(mut self, text_type: TextType) -> Self {
        self.set_text_type(Some(text_type));
        self
    }

    /// Whether a check box or radio button is marked.
    #[inline]
    pub fn selection_status(&self) -> Option<&SelectionStatus> {
        (self.selection != ABSENT)
            .then(|| SelectionStatus::known(self.selection).unwrap_or(&self.rare().selection))
    }

    /// Changes or clears whether a check box or radio button is marked.
    pub fn set_selection_status(&mut self, status: Option<SelectionStatus>) {
        self.selection = status.as_ref().map_or(ABSENT, |name| name.code().unwrap_or(RARE));
        if let Some(name @ SelectionStatus::Other(_)) = status {
            self.rare_mut().selection = name;
        }
    }

    /// The block with this selection status.
    #[must_use]
    pub fn with_selection_status(mut self, status: SelectionStatus) -> Self {
        self.set_selection_status(Some(status));
        self
    }

    /// Its roles among the blocks of its kind.
    #[inline]
    pub fn entity_types(&self) -> &[EntityType] {
        match self.entities {
            ABSENT | EMPTY => &[],
            RARE => &self.rare().entities,
            code => EntityType::KNOWN.get(usize::from(code)).map(std::slice::from_ref).unwrap_or_default(),
        }
    }

    /// Whether this is one of its roles.
    pub fn has_entity_type(&self, entity_type: &EntityType) -> bool {
        self.entity_types().contains(entity_type)
    }

    /// Changes its roles. `None` leaves the member out; an empty list is written as `[]`.
    pub fn set_entity_types(&mut self, entity_types: Option<Vec<EntityType>>) {
        self.entities = match entity_types.as_deref() {
            None => ABSENT,
            Some([]) => EMPTY,
            Some([only]) => only.code().unwrap_or(RARE),
            Some(_) => RARE,
        };
        if let (RARE, Some(list)) = (self.entities, entity_types) {
            self.rare_mut().entities = list;
        }
    }

    /// As [`set_entity_types`](Self::set_entity_types) with a single role, without a list.
    #[inline]
    fn set_only_entity_type(&mut self, only: EntityType) {
        match only.code() {
            Some(code) => self.entities = code,
            None => self.set_entity_types(Some(vec![only])),
        }
    }

    /// The block with this role added.
    #[must_use]
    pub fn with_entity_type(mut self, entity_type: EntityType) -> Self {
        let mut list = self.entity_types().to_vec();
        list.push(entity_type);
        self.set_entity_types(Some(list));
        self
    }

    /// The question, of a block of kind [`BlockKind::Query`].
    #[inline]
    pub fn query(&self) -> Option<&Query> {
        self.rare().query.as_ref()
    }

    /// Changes or clears the question.
    pub fn set_query(&mut self, query: Option<Query>) {
        if query.is_some() || self.rare.is_some() {
            self.rare_mut().query = query;
        }
    }

    /// The block with this question.
    #[must_use]
    pub fn with_query(mut self, query: Query) -> Self {
        self.set_query(Some(query));
        self
    }

    /// Its relationships to other blocks, in Textract's order.
    #[inline]
    pub fn relationships(&self) -> impl Iterator<Item = Relationship<'_>> + Clone {
        self.relationships.iter()
    }

    /// The ids in all its relationships of one kind.
    pub fn related(&self, kind: &RelationshipKind) -> impl Iterator<Item = &BlockId> {
        self.relationships().filter(move |relationship| relationship.kind() == kind).flat_map(|r| r.ids())
    }

    /// The ids of the blocks that it contains.
    pub fn children(&self) -> impl Iterator<Item = &BlockId> {
        self.related(&RelationshipKind::Child)
    }

    /// Changes its relationships. `None` leaves the member out; an empty list is written as `[]`.
    pub fn set_relationships(&mut self, relationships: Option<Vec<(RelationshipKind, Vec<BlockId>)>>) {
        self.set_sent_relationships(
            relationships.map(|list| list.into_iter().map(|(kind, ids)| (kind, Some(ids)))),
        );
    }

    /// As [`set_relationships`](Self::set_relationships), with relationships that may have no list of ids.
    pub(crate) fn set_sent_relationships<I>(&mut self, relationships: Option<I>)
    where
        I: IntoIterator<Item = (RelationshipKind, Option<Vec<BlockId>>)>,
    {
        self.relationships = relationships.map(|list| list.into_iter().collect()).unwrap_or_default();
    }

    /// The relationships; `None` if there was no such member.
    pub(crate) fn sent_relationships(&self) -> Option<impl Iterator<Item = Relationship<'_>> + Clone> {
        self.relationships.is_present().then(|| self.relationships())
    }

    /// The entity types; `None` if there was no such member.
    pub(crate) fn sent_entity_types(&self) -> Option<&[EntityType]> {
        (self.entities != ABSENT).then(|| self.entity_types())
    }

    /// The block with one more relationship.
    #[must_use]
    pub fn with_relationship<I>(mut self, kind: RelationshipKind, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<BlockId>,
    {
        let ids = ids.into_iter().map(Into::into).collect();
        self.relationships = self.owned_relationships().chain([(kind, Some(ids))]).collect();
        self
    }

    /// Gives the block its own list of relationships, so that it keeps nothing of the part that it came with.
    pub fn detach(&mut self) {
        if self.relationships.is_present() {
            self.relationships = self.owned_relationships().collect();
        }
    }

    fn owned_relationships(&self) -> impl Iterator<Item = (RelationshipKind, Option<Vec<BlockId>>)> {
        self.relationships().map(|r| (r.kind().clone(), r.sent_ids().map(<[_]>::to_vec)))
    }

    #[inline]
    fn rare(&self) -> &Rare {
        self.rare.as_deref().unwrap_or(&NOTHING_RARE)
    }

    fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(|| Box::new(NOTHING_RARE.clone()))
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        // Whole, so that a new field does not compile until it is compared. Codes are compared by their names,
        // as `rare` may still have a name that was replaced.
        let Self {
            id,
            text,
            geometry,
            relationships,
            rare: _,
            confidence,
            page,
            row_index,
            column_index,
            row_span,
            column_span,
            present,
            kind: _,
            text_type: _,
            selection: _,
            entities: _,
        } = self;
        *id == other.id
            && self.kind() == other.kind()
            && *text == other.text
            && *geometry == other.geometry
            && relationships.is_present() == other.relationships.is_present()
            && relationships.iter().eq(other.relationships.iter())
            && *present == other.present
            && *confidence == other.confidence
            && *page == other.page
            && *row_index == other.row_index
            && *column_index == other.column_index
            && *row_span == other.row_span
            && *column_span == other.column_span
            && self.text_type() == other.text_type()
            && self.selection_status() == other.selection_status()
            && self.sent_entity_types() == other.sent_entity_types()
            && self.query() == other.query()
    }
}

impl fmt::Debug for Block {
    /// Shows its kind and the length of its text, but never the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whole, so that a new field does not compile until somebody has decided whether it may be shown.
        let Self {
            id,
            text,
            geometry: _,
            relationships,
            rare: _,
            confidence: _,
            page: _,
            row_index: _,
            column_index: _,
            row_span: _,
            column_span: _,
            present: _,
            kind: _,
            text_type: _,
            selection: _,
            entities: _,
        } = self;
        f.debug_struct("Block")
            .field("id", id)
            .field("kind", self.kind())
            .field("page", &self.page())
            .field("confidence", &self.confidence())
            .field("text", text)
            .field("relationships", &relationships.iter().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
