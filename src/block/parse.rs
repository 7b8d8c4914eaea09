//! From the bytes of a part to its blocks: the hot path.

mod geometry;

use std::borrow::Cow;
use std::sync::Arc;

use self::geometry::{Gaps, geometry};
use super::id;
use super::relationship::{Arena, Link, Relationships};
use super::{Block, BlockId, BlockKind, EntityType, Query, RelationshipKind, SelectionStatus, TextType};
use crate::json::{Cursor, Step};
use crate::part::{self, ParseError, Part, PartHead, Record};
use crate::{Limits, Text};

/// Reads the blocks of a part, and what it says of the job: the bytes of an object of the output bucket, or
/// the body of a `Get`, `Analyze` or `Detect` response.
///
/// Null counts as absent, unknown members are skipped, unknown names are kept, and of a member that comes
/// twice the last one counts. Everything must be JSON, down to the last byte that is skipped.
///
/// ```
/// let body = br#"{"JobStatus": "SUCCEEDED", "Blocks": [{"BlockType": "WORD", "Id": "w", "Text": "Hi"}]}"#;
/// let part = inkseal::block::parse_part(body)?;
/// assert_eq!(part.records[0].text(), Some("Hi"));
///
/// let error = inkseal::block::parse_part(br#"{"Blocks": [{"Text": 7}]}"#).unwrap_err();
/// assert_eq!(error.to_string(), "`Text` is not a text at byte 21");
/// # Ok::<(), inkseal::part::ParseError>(())
/// ```
///
/// # Errors
///
/// [`ParseError`] if the bytes are not JSON, not a Textract response, or not of its shape. An array of
/// responses is not one. More than [`Limits::PART`] allows, such as 100,000 blocks, is refused as well: Textract puts 1,000
/// blocks into a part. To set other limits, use [`Record::parse_part_within`].
pub fn parse_part(bytes: &[u8]) -> Result<Part<Block>, ParseError> {
    Block::parse_part(bytes)
}

/// Reads the blocks of a saved document, one response or an array of them, and the head of each response.
pub(crate) fn parse_saved(bytes: &[u8], limits: &Limits) -> Result<(Vec<PartHead>, Vec<Block>), ParseError> {
    let mut blocks = Blocks::of_at_most(*limits);
    let heads =
        part::parse_saved_with(bytes, limits, "Blocks", |cursor, response| blocks.read(cursor, response))?;
    Ok((heads, blocks.finish()))
}

impl part::sealed::Sealed for Block {}

impl Record for Block {
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError> {
        let mut blocks = Blocks::of_at_most(*limits);
        let head = part::parse_with(bytes, limits, "Blocks", |cursor| blocks.read(cursor, 0))?;
        Ok(Part::new(head, blocks.finish()))
    }

    fn parse_saved_within(bytes: &[u8], limits: &Limits) -> Result<Vec<Part<Self>>, ParseError> {
        let mut blocks = Blocks::of_at_most(*limits);
        let mut counts = Vec::new();
        let heads = part::parse_saved_with(bytes, limits, "Blocks", |cursor, response| {
            blocks.read(cursor, response)?;
            // Responses without a list of blocks have none; of a list that comes twice the last one counts.
            counts.resize(response + 1, 0);
            if let Some(count) = counts.last_mut() {
                *count = blocks.blocks.len() - blocks.before.blocks;
            }
            Ok(())
        })?;
        counts.resize(heads.len(), 0);
        let mut blocks = blocks.finish();
        // From the last response to the first, whose blocks stay in place.
        let parts = heads.into_iter().zip(counts).rev().map(|(head, count)| {
            let mut records = match blocks.len() - count {
                0 => std::mem::take(&mut blocks),
                start => blocks.split_off(start),
            };
            records.shrink_to_fit();
            Part::new(head, records)
        });
        let mut parts: Vec<_> = parts.collect();
        parts.reverse();
        Ok(parts)
    }

    fn page(&self) -> Option<u32> {
        self.page()
    }
}

/// Blocks, and the list of ids that they will share once it is complete.
struct Blocks<'a> {
    blocks: Vec<Block>,
    arena: Arena,
    /// Which block has which links.
    related: Vec<Related>,
    /// The space in the geometries.
    gaps: Gaps<'a>,
    most: Limits,
    /// The response that is being read, and how much the ones before it have.
    response: usize,
    before: Lengths,
}

#[derive(Clone, Copy, Default)]
struct Lengths {
    blocks: usize,
    ids: usize,
    links: usize,
    related: usize,
}

struct Related {
    block: usize,
    first: u32,
    len: u32,
}

impl<'a> Blocks<'a> {
    fn of_at_most(most: Limits) -> Self {
        let (blocks, arena, related) = (Vec::new(), Arena::default(), Vec::new());
        let (gaps, before) = (Gaps::default(), Lengths::default());
        Self { blocks, arena, related, gaps, most, response: 0, before }
    }

    fn lengths(&self) -> Lengths {
        let Self { blocks, arena: Arena { ids, links }, related, .. } = self;
        Lengths { blocks: blocks.len(), ids: ids.len(), links: links.len(), related: related.len() }
    }

    /// Reads the blocks of a response. Of a list that comes twice in one response the last one counts.
    #[inline(always)]
    fn read(&mut self, cursor: &mut Cursor<'a>, response: usize) -> Step<()> {
        if self.response != response {
            (self.response, self.before) = (response, self.lengths());
        }
        self.blocks.truncate(self.before.blocks);
        self.arena.ids.truncate(self.before.ids);
        self.arena.links.truncate(self.before.links);
        self.related.truncate(self.before.related);
        if self.blocks.capacity() == 0 {
            // A block without relationships takes some 500 bytes of JSON, and few take under 400.
            self.blocks.reserve_exact(cursor.rest().len() / 400);
            self.arena.ids.reserve(cursor.rest().len() / 400);
        }
        let most = self.most;
        cursor
            .list("Blocks", |cursor| {
                let index = self.blocks.len();
                if index == most.records {
                    return cursor.too_many("records", most.records, "records");
                }
                // In its place from the start, as moving it is costly.
                self.blocks.push(Block::EMPTY);
                let Some(block) = self.blocks.last_mut() else { return Ok(()) };
                if let Some((first, len)) = read_block(cursor, block, &mut self.arena, &mut self.gaps, &most)?
                {
                    self.related.push(Related { block: index, first, len });
                }
                Ok(())
            })
            .map(drop)
    }

    fn finish(mut self) -> Vec<Block> {
        // Blocks live longer than it takes to read them.
        self.blocks.shrink_to_fit();
        self.arena.ids.shrink_to_fit();
        self.arena.links.shrink_to_fit();
        let arena = Arc::new(self.arena);
        for related in self.related {
            if let Some(block) = self.blocks.get_mut(related.block) {
                block.relationships = Relationships::of(&arena, related.first, related.len);
            }
        }
        self.blocks
    }
}

/// Fills in a block that is still empty, except for its relationships: it returns where these are in the
/// arena.
#[inline(always)]
fn read_block<'a>(
    cursor: &mut Cursor<'a>,
    block: &mut Block,
    arena: &mut Arena,
    gaps: &mut Gaps<'a>,
    most: &Limits,
) -> Step<Option<(u32, u32)>> {
    let mut links = None;
    cursor.members("Blocks", |cursor| {
        let member = match Member::ahead(cursor) {
            Some(member) => {
                cursor.skip_space();
                member
            }
            None => {
                let name = cursor.member_name()?;
                Member::named(&name)
            }
        };
        match member {
            Member::BlockType => kind(cursor, block)?,
            Member::Confidence => block.set_confidence(cursor.float_or_null("Confidence")?),
            Member::Text => match cursor.text("Text")? {
                Some(text) => block.text = Some(Text::from(&*text)),
                None => block.text = None,
            },
            Member::TextType => block.set_text_type(text_type(cursor)?),
            Member::Geometry => geometry(cursor, block, gaps)?,
            Member::Id => block.id = id(cursor, "Id")?.unwrap_or(BlockId::EMPTY),
            Member::Relationships => links = read_links(cursor, arena, most)?,
            Member::EntityTypes => entity_types(cursor, block)?,
            Member::RowIndex => block.set_row_index(cursor.count_or_null("RowIndex")?),
            Member::ColumnIndex => block.set_column_index(cursor.count_or_null("ColumnIndex")?),
            Member::RowSpan => block.set_row_span(cursor.count_or_null("RowSpan")?),
            Member::ColumnSpan => block.set_column_span(cursor.count_or_null("ColumnSpan")?),
            Member::Page => block.set_page(cursor.count_or_null("Page")?),
            Member::SelectionStatus => {
                let name = cursor.text("SelectionStatus")?;
                block.set_selection_status(name.map(|name| SelectionStatus::from(&*name)));
            }
            Member::Query => block.set_query(query(cursor)?),
            Member::Unknown => cursor.skip_value()?,
        }
        Ok(())
    })?;
    Ok(links)
}

/// The links that a block gets: the first one, and how many. `None` for null.
fn read_links(cursor: &mut Cursor<'_>, arena: &mut Arena, most: &Limits) -> Step<Option<(u32, u32)>> {
    let first = arena.links.len();
    let present = cursor.list("Relationships", |cursor| {
        let mut link = Link { kind: RelationshipKind::NONE, ids: None };
        cursor.members("Relationships", |cursor| {
            let name = if ahead(cursor, b"\"Type\":") {
                Cow::Borrowed(&b"Type"[..])
            } else if ahead(cursor, b"\"Ids\":") {
                Cow::Borrowed(&b"Ids"[..])
            } else {
                cursor.member_name()?
            };
            match &*name {
                b"Type" => link.kind = relationship_kind(cursor)?,
                b"Ids" => {
                    let first = arena.ids.len();
                    let present = cursor.list("Ids", |cursor| {
                        if let Some(id) = id(cursor, "Ids")? {
                            if arena.ids.len() == most.references {
                                let what = "ids in relationships";
                                return cursor.too_many(what, most.references, "references");
                            }
                            arena.ids.push(id);
                        }
                        Ok(())
                    })?;
                    link.ids = present.then_some(first..arena.ids.len());
                }
                _ => cursor.skip_value()?,
            }
            Ok(())
        })?;
        if arena.links.len() == most.references {
            return cursor.too_many("relationships", most.references, "references");
        }
        arena.links.push(link);
        Ok(())
    })?;
    if !present {
        return Ok(None);
    }
    match (u32::try_from(first), u32::try_from(arena.links.len() - first)) {
        (Ok(first), Ok(len)) => Ok(Some((first, len))),
        _ => cursor.unexpected("Relationships", "one of at most 4,294,967,295"),
    }
}

/// The members of a block.
#[derive(Clone, Copy)]
enum Member {
    BlockType,
    Confidence,
    Text,
    TextType,
    RowIndex,
    ColumnIndex,
    RowSpan,
    ColumnSpan,
    Geometry,
    Id,
    Relationships,
    EntityTypes,
    SelectionStatus,
    Page,
    Query,
    Unknown,
}

impl Member {
    /// The member whose name is next, written as Textract does, with name and colon passed; `None` means nothing.
    #[inline(always)]
    fn ahead(cursor: &mut Cursor<'_>) -> Option<Self> {
        let [b'"', first, ..] = cursor.rest() else { return None };
        let found = match first {
            b'B' if cursor.try_bytes(b"\"BlockType\":") => Self::BlockType,
            b'C' if cursor.try_bytes(b"\"Confidence\":") => Self::Confidence,
            b'C' if cursor.try_bytes(b"\"ColumnIndex\":") => Self::ColumnIndex,
            b'C' if cursor.try_bytes(b"\"ColumnSpan\":") => Self::ColumnSpan,
            b'T' if cursor.try_bytes(b"\"Text\":") => Self::Text,
            b'T' if cursor.try_bytes(b"\"TextType\":") => Self::TextType,
            b'G' if cursor.try_bytes(b"\"Geometry\":") => Self::Geometry,
            b'I' if cursor.try_bytes(b"\"Id\":") => Self::Id,
            b'R' if cursor.try_bytes(b"\"Relationships\":") => Self::Relationships,
            b'R' if cursor.try_bytes(b"\"RowIndex\":") => Self::RowIndex,
            b'R' if cursor.try_bytes(b"\"RowSpan\":") => Self::RowSpan,
            b'P' if cursor.try_bytes(b"\"Page\":") => Self::Page,
            b'E' if cursor.try_bytes(b"\"EntityTypes\":") => Self::EntityTypes,
            b'S' if cursor.try_bytes(b"\"SelectionStatus\":") => Self::SelectionStatus,
            _ => return None,
        };
        Some(found)
    }

    fn named(name: &[u8]) -> Self {
        match name {
            b"BlockType" => Self::BlockType,
            b"Confidence" => Self::Confidence,
            b"Text" => Self::Text,
            b"TextType" => Self::TextType,
            b"RowIndex" => Self::RowIndex,
            b"ColumnIndex" => Self::ColumnIndex,
            b"RowSpan" => Self::RowSpan,
            b"ColumnSpan" => Self::ColumnSpan,
            b"Geometry" => Self::Geometry,
            b"Id" => Self::Id,
            b"Relationships" => Self::Relationships,
            b"EntityTypes" => Self::EntityTypes,
            b"SelectionStatus" => Self::SelectionStatus,
            b"Page" => Self::Page,
            b"Query" => Self::Query,
            _ => Self::Unknown,
        }
    }
}

#[inline(always)]
fn kind(cursor: &mut Cursor<'_>, block: &mut Block) -> Step<()> {
    // Most blocks are words; the lines and cells that hold them come next.
    if cursor.try_bytes(b"\"WORD\"") {
        block.set_known_kind(BlockKind::Word);
    } else if cursor.try_bytes(b"\"LINE\"") {
        block.set_known_kind(BlockKind::Line);
    } else if cursor.try_bytes(b"\"CELL\"") {
        block.set_known_kind(BlockKind::Cell);
    } else {
        return any_kind(cursor, block);
    }
    Ok(())
}

#[inline(never)]
fn any_kind(cursor: &mut Cursor<'_>, block: &mut Block) -> Step<()> {
    let name = cursor.text("BlockType")?;
    block.set_kind(name.map_or(BlockKind::NONE, |name| BlockKind::from(&*name)));
    Ok(())
}

#[inline(always)]
fn relationship_kind(cursor: &mut Cursor<'_>) -> Step<RelationshipKind> {
    if cursor.try_bytes(b"\"CHILD\"") {
        return Ok(RelationshipKind::Child);
    }
    if cursor.try_bytes(b"\"VALUE\"") {
        return Ok(RelationshipKind::Value);
    }
    Ok(cursor.text("Type")?.map_or(RelationshipKind::NONE, |name| RelationshipKind::from(&*name)))
}

#[inline(always)]
fn text_type(cursor: &mut Cursor<'_>) -> Step<Option<TextType>> {
    if cursor.try_bytes(b"\"PRINTED\"") {
        return Ok(Some(TextType::Printed));
    }
    Ok(cursor.text("TextType")?.map(|name| TextType::from(&*name)))
}

#[inline(always)]
fn id(cursor: &mut Cursor<'_>, field: &'static str) -> Step<Option<BlockId>> {
    if let Some(id) = cursor.try_quoted().and_then(BlockId::from_uuid) {
        cursor.pass_quoted(id::UUID_LEN);
        return Ok(Some(id));
    }
    any_id(cursor, field)
}

#[inline(never)]
fn any_id(cursor: &mut Cursor<'_>, field: &'static str) -> Step<Option<BlockId>> {
    Ok(cursor.text(field)?.map(|text| BlockId::from(&*text)))
}

#[inline(never)]
fn entity_types(cursor: &mut Cursor<'_>, block: &mut Block) -> Step<()> {
    if cursor.try_bytes(b"[\"VALUE\"]") {
        block.set_only_entity_type(EntityType::Value);
        return Ok(());
    }
    if cursor.try_bytes(b"[\"KEY\"]") {
        block.set_only_entity_type(EntityType::Key);
        return Ok(());
    }
    let mut list = Vec::new();
    let present = cursor.list("EntityTypes", |cursor| {
        cursor.item()?;
        list.extend(cursor.text("EntityTypes")?.map(|name| EntityType::from(&*name)));
        Ok(())
    })?;
    block.set_entity_types(present.then_some(list));
    Ok(())
}

fn query(cursor: &mut Cursor<'_>) -> Step<Option<Query>> {
    let mut query = Query::default();
    let present = cursor.object("Query", |cursor, name| {
        match name {
            b"Text" => query.text = cursor.text("Text")?.map(|text| Text::from(&*text)).unwrap_or_default(),
            b"Alias" => query.alias = cursor.text("Alias")?.map(|text| Text::from(&*text)),
            b"Pages" => {
                let mut pages = Vec::new();
                let present = cursor.list("Pages", |cursor| {
                    cursor.item()?;
                    pages.extend(cursor.text("Pages")?.map(|page| page.into_owned()));
                    Ok(())
                })?;
                query.pages = present.then_some(pages);
            }
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    Ok(present.then_some(query))
}

/// Passes the name of a member, its colon and the space after it, if it is written like this.
#[inline(always)]
fn ahead<const N: usize>(cursor: &mut Cursor<'_>, name: &[u8; N]) -> bool {
    let found = cursor.try_bytes(name);
    if found {
        cursor.skip_space();
    }
    found
}
