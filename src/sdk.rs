//! Conversions between the crate's types and those of the AWS SDK.

mod document;
mod head;
pub(crate) mod request;

use aws_sdk_textract::types as sdk;

use crate::block::{
    Block, BlockId, BlockKind, BoundingBox, EntityType, Geometry, Point, Query, RelationshipKind,
    SelectionStatus, TextType,
};

/// A whole number that Textract never sends below 0. A negative one counts as not sent.
fn count(value: Option<i32>) -> Option<u32> {
    value.and_then(|value| value.try_into().ok())
}

/// The SDK's range ends at 2,147,483,647. A larger number counts as not sent.
fn signed(value: Option<u32>) -> Option<i32> {
    value.and_then(|value| value.try_into().ok())
}

impl From<sdk::Block> for Block {
    fn from(from: sdk::Block) -> Self {
        let kind = from.block_type.map_or(BlockKind::NONE, |kind| BlockKind::from(kind.as_str()));
        let mut block = Self::new(BlockId::from(from.id.as_deref().unwrap_or_default()), kind);
        block.set_confidence(from.confidence);
        block.set_text(from.text.map(Into::into));
        block.set_text_type(from.text_type.map(|name| TextType::from(name.as_str())));
        block.set_row_index(count(from.row_index));
        block.set_column_index(count(from.column_index));
        block.set_row_span(count(from.row_span));
        block.set_column_span(count(from.column_span));
        block.set_geometry(from.geometry.map(Into::into));
        let entity_types = from.entity_types;
        block.set_entity_types(
            entity_types.map(|list| list.iter().map(|name| EntityType::from(name.as_str())).collect()),
        );
        block.set_selection_status(from.selection_status.map(|name| SelectionStatus::from(name.as_str())));
        block.set_page(count(from.page));
        block.set_query(from.query.map(Into::into));
        block.set_sent_relationships(from.relationships.map(|list| {
            let list = list.into_iter().map(|relationship| {
                let kind = relationship.r#type.map(|kind| RelationshipKind::from(kind.as_str()));
                let ids = relationship.ids.map(|ids| ids.into_iter().map(BlockId::from).collect());
                (kind.unwrap_or(RelationshipKind::NONE), ids)
            });
            list.collect::<Vec<_>>()
        }));
        block
    }
}

impl From<&Block> for sdk::Block {
    fn from(from: &Block) -> Self {
        let said = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let relationships = from.sent_relationships().map(|list| {
            let list = list.map(|relationship| {
                sdk::Relationship::builder()
                    .set_type(said(relationship.kind().as_str()).map(|name| name.as_str().into()))
                    .set_ids(relationship.sent_ids().map(|ids| ids.iter().map(ToString::to_string).collect()))
                    .build()
            });
            list.collect()
        });
        let entity_types = from.sent_entity_types();
        Self::builder()
            .set_block_type(said(from.kind().as_str()).map(|name| name.as_str().into()))
            .set_confidence(from.confidence())
            .set_text(from.text().map(Into::into))
            .set_text_type(from.text_type().map(|name| name.as_str().into()))
            .set_row_index(signed(from.row_index()))
            .set_column_index(signed(from.column_index()))
            .set_row_span(signed(from.row_span()))
            .set_column_span(signed(from.column_span()))
            .set_geometry(from.geometry().map(Into::into))
            .set_id(said(&from.id().to_string()))
            .set_relationships(relationships)
            .set_entity_types(entity_types.map(|list| list.iter().map(|name| name.as_str().into()).collect()))
            .set_selection_status(from.selection_status().map(|name| name.as_str().into()))
            .set_page(signed(from.page()))
            .set_query(from.query().and_then(query))
            .build()
    }
}

impl From<Block> for sdk::Block {
    fn from(from: Block) -> Self {
        Self::from(&from)
    }
}

impl From<sdk::Geometry> for Geometry {
    fn from(from: sdk::Geometry) -> Self {
        let polygon = from.polygon.map(|points| {
            let points = points.iter().map(|point| Point { x: point.x, y: point.y });
            points.collect()
        });
        Self {
            bounding_box: from.bounding_box.map(|b| BoundingBox {
                width: b.width,
                height: b.height,
                left: b.left,
                top: b.top,
            }),
            polygon: polygon.unwrap_or_default(),
            rotation_angle: from.rotation_angle,
        }
    }
}

impl From<&Geometry> for sdk::Geometry {
    fn from(from: &Geometry) -> Self {
        let bounds = from.bounding_box.map(|b| {
            sdk::BoundingBox::builder().width(b.width).height(b.height).left(b.left).top(b.top).build()
        });
        let points = from.polygon.iter().map(|point| sdk::Point::builder().x(point.x).y(point.y).build());
        Self::builder()
            .set_bounding_box(bounds)
            .set_polygon((!from.polygon.is_absent()).then(|| points.collect()))
            .set_rotation_angle(from.rotation_angle)
            .build()
    }
}

impl From<sdk::Query> for Query {
    fn from(from: sdk::Query) -> Self {
        let mut query = Self::new(from.text);
        query.alias = from.alias.map(Into::into);
        query.pages = from.pages;
        query
    }
}

/// The SDK refuses only a query without text, and here there always is one, even if it is empty.
fn query(from: &Query) -> Option<sdk::Query> {
    let query = sdk::Query::builder().text(from.text.as_str());
    let query = query.set_alias(from.alias.as_deref().map(Into::into)).set_pages(from.pages.clone());
    query.build().ok()
}
