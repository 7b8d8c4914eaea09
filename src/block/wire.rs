//! Blocks in Textract's own JSON, by serde.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Block, BlockId, BlockKind, EntityType, Geometry, Query, RelationshipKind};
use super::{SelectionStatus, TextType};
use crate::{Text, tolerant};

/// A block as it is written; members in Textract's order.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    block_type: Option<Cow<'a, BlockKind>>,
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_type: Option<Cow<'a, TextType>>,
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    row_index: Option<u32>,
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    column_index: Option<u32>,
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    row_span: Option<u32>,
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    column_span: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<Cow<'a, Geometry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, BlockId>>,
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    relationships: Option<Vec<WireRelationship<'a>>>,
    #[serde(deserialize_with = "cow_list", skip_serializing_if = "Option::is_none")]
    entity_types: Option<Cow<'a, [EntityType]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection_status: Option<Cow<'a, SelectionStatus>>,
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Cow<'a, Query>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireRelationship<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<Cow<'a, RelationshipKind>>,
    #[serde(deserialize_with = "cow_list", skip_serializing_if = "Option::is_none")]
    ids: Option<Cow<'a, [BlockId]>>,
}

fn cow_list<'de, T, D>(deserializer: D) -> Result<Option<Cow<'static, [T]>>, D::Error>
where
    T: Deserialize<'de> + Clone,
    D: Deserializer<'de>,
{
    Ok(tolerant::list(deserializer)?.map(Cow::Owned))
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let relationships = self.sent_relationships().map(|list| {
            let wire = list.map(|relationship| WireRelationship {
                r#type: said(relationship.kind(), &RelationshipKind::NONE),
                ids: relationship.sent_ids().map(Cow::Borrowed),
            });
            wire.collect()
        });
        let wire = Wire {
            block_type: said(self.kind(), &BlockKind::NONE),
            confidence: self.confidence(),
            text: self.text.as_ref().map(Cow::Borrowed),
            text_type: self.text_type().map(Cow::Borrowed),
            row_index: self.row_index(),
            column_index: self.column_index(),
            row_span: self.row_span(),
            column_span: self.column_span(),
            geometry: self.geometry().map(Cow::Borrowed),
            id: (!self.id.is_empty()).then_some(Cow::Borrowed(&self.id)),
            relationships,
            entity_types: self.sent_entity_types().map(Cow::Borrowed),
            selection_status: self.selection_status().map(Cow::Borrowed),
            page: self.page(),
            query: self.query().map(Cow::Borrowed),
        };
        wire.serialize(serializer)
    }
}

/// A name, unless it is that of an absent member.
fn said<'a, T: Clone + PartialEq>(name: &'a T, none: &T) -> Option<Cow<'a, T>> {
    (name != none).then_some(Cow::Borrowed(name))
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let id = wire.id.map_or(BlockId::EMPTY, Cow::into_owned);
        let mut block = Self::new(id, wire.block_type.map_or(BlockKind::NONE, Cow::into_owned));
        block.set_confidence(wire.confidence);
        block.set_text(wire.text.map(Cow::into_owned));
        block.set_text_type(wire.text_type.map(Cow::into_owned));
        block.set_row_index(wire.row_index);
        block.set_column_index(wire.column_index);
        block.set_row_span(wire.row_span);
        block.set_column_span(wire.column_span);
        block.set_geometry(wire.geometry.map(Cow::into_owned));
        block.set_entity_types(wire.entity_types.map(Cow::into_owned));
        block.set_selection_status(wire.selection_status.map(Cow::into_owned));
        block.set_page(wire.page);
        block.set_query(wire.query.map(Cow::into_owned));
        block.set_sent_relationships(wire.relationships.map(|list| {
            list.into_iter().map(|relationship| {
                let kind = relationship.r#type.map_or(RelationshipKind::NONE, Cow::into_owned);
                (kind, relationship.ids.map(Cow::into_owned))
            })
        }));
        Ok(block)
    }
}
