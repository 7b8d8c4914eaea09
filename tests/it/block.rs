//! Blocks: the recorded responses there and back, and the parser against `serde_json`.

use inkseal::Text;
use inkseal::block::{
    Block, BlockId, BlockKind, BoundingBox, EntityType, Geometry, Point, Query, RelationshipKind, TextType,
    parse_part,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::recorded::responses;

/// The part of a value that a block keeps: no nulls, no members that Textract does not document.
fn kept(value: &Value) -> Value {
    const UNKNOWN: [&str; 4] = ["childText", "SearchKey", "Hint", "PageClassification"];
    match value {
        Value::Object(members) => {
            let members =
                members.iter().filter(|(name, value)| !value.is_null() && !UNKNOWN.contains(&name.as_str()));
            members.map(|(name, value)| (name.clone(), kept(value))).collect()
        }
        Value::Array(items) => items.iter().map(kept).collect(),
        // As an f32 holds it.
        Value::Number(number) => Value::from(number.as_f64().unwrap() as f32),
        other => other.clone(),
    }
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn recorded_blocks_survive_the_round_trip() {
    let mut count = 0;
    for (file, bytes) in responses("blocks") {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let part = parse_part(&bytes).unwrap();
        let sent = value["Blocks"].as_array().unwrap();
        assert_eq!(part.records.len(), sent.len(), "{file}");
        assert_eq!(part.head.pages.map(u64::from), value["DocumentMetadata"]["Pages"].as_u64());
        assert_eq!(part.head.status.as_ref().map(|status| status.as_str()), value["JobStatus"].as_str());
        for (block, sent) in part.records.iter().zip(sent) {
            let written = serde_json::to_value(block).unwrap();
            assert_eq!(kept(&written), kept(sent), "{file}: {:?}", block.id());
            // The numbers of a `Value` are those of an f64; as text they are what the block holds.
            let read: Block = serde_json::from_str(&serde_json::to_string(block).unwrap()).unwrap();
            assert_eq!(&read, block, "{file}");
            let read: Block = serde_json::from_value(sent.clone()).unwrap();
            assert_eq!(&read, block, "{file}");
            let through_sdk = Block::from(aws_sdk_textract::types::Block::from(block));
            assert_eq!(&through_sdk, block, "{file}");
            count += 1;
        }
    }
    assert!(count > 20_000);
}

#[test]
fn document_text_never_shows() {
    const CANARY: &str = "Jane Doe, 078-05-1120";
    let response = format!(
        r#"{{"JobStatus":"SUCCEEDED","StatusMessage":"{CANARY}","NextToken":"{CANARY}","Blocks":[
        {{"BlockType":"WORD","Id":"a","Text":"{CANARY}","Page":3,"Confidence":99,"SearchKey":"{CANARY}"}},
        {{"BlockType":"QUERY","Id":"b","Query":{{"Text":"{CANARY}","Alias":"{CANARY}"}}}}]}}"#
    );
    let part = parse_part(response.as_bytes()).unwrap();
    let query = part.records[1].query().unwrap();
    let shown =
        [format!("{part:?}"), format!("{part:#?}"), format!("{query:?}"), format!("{:?}", part.records)];
    for shown in shown {
        assert!(!shown.contains("Jane") && !shown.contains("1120"), "{shown}");
    }
    assert!(format!("{:?}", part.records[0]).contains("Word"));
    // Wherever the text breaks off or is corrupted, the error does not repeat it.
    for end in 0..response.len() {
        let mut broken = response.as_bytes().to_vec();
        broken[end] = 0xff;
        for bytes in [&broken[..], &broken[..end]] {
            let error = parse_part(bytes).unwrap_err();
            let shown = format!("{error} {error:?} {:?}", error.kind());
            assert!(!shown.contains("Jane") && !shown.contains("1120"), "{shown}");
            assert!(error.offset() <= end, "{shown} of {end}");
        }
    }
}

#[test]
fn presence_is_preserved() {
    for json in [
        r#"{"BlockType":"WORD","Id":"a"}"#,
        r#"{"BlockType":"WORD","Id":"a","Relationships":[],"EntityTypes":[]}"#,
        r#"{"BlockType":"WORD","Id":"a","Relationships":[{"Type":"CHILD","Ids":[]},{"Type":"VALUE"},{"Ids":["b"]}]}"#,
        r#"{"BlockType":"CELL","RowIndex":0,"Id":"a","EntityTypes":["KEY","NEW","KEY"],"Page":4294967295}"#,
        r#"{"BlockType":"NEW","TextType":"NEW","Geometry":{"Polygon":[]},"SelectionStatus":"NEW"}"#,
        r#"{"Text":"","Id":"a","Query":{"Text":"q","Alias":"","Pages":[]}}"#,
        r#"{"Geometry":{"BoundingBox":{"Width":0.1,"Height":0.2,"Left":0.3,"Top":0.4},"RotationAngle":90.5}}"#,
        "{}",
    ] {
        let block: Block = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&block).unwrap(), json);
        let part = parse_part(format!(r#"{{"Blocks":[null,{json},null]}}"#).as_bytes()).unwrap();
        assert_eq!(part.records, [block]);
    }
}

fn block() -> impl Strategy<Value = Block> {
    let names = prop::sample::select(vec!["WORD", "KEY", "VALUE", "CHILD", "TABLE_TITLE", "SELECTED", "NEW"]);
    let geometry = (
        prop::option::of(any::<[f32; 4]>()),
        prop::option::of(prop::collection::vec(any::<[f32; 2]>(), 0..7)),
    );
    let geometry = geometry.prop_map(|(bounds, points)| {
        let finite = |value: f32| if value.is_finite() { value } else { 0.5 };
        let point = |[x, y]: [f32; 2]| Point { x: finite(x), y: finite(y) };
        Geometry {
            bounding_box: bounds
                .map(|bounds| bounds.map(finite))
                .map(|[left, top, width, height]| BoundingBox { left, top, width, height }),
            polygon: points.map(|points| points.into_iter().map(point).collect()).unwrap_or_default(),
            rotation_angle: None,
        }
    });
    let relationship = (names.clone(), prop::collection::vec(".{0,6}", 0..5));
    let relationships = prop::option::of(prop::collection::vec(relationship, 0..4));
    let texts = (prop::option::of(".{0,40}"), prop::option::of(("\\PC*", prop::option::of(".*"))));
    let numbers = prop::option::of((0.0_f32..100.0, any::<u32>(), any::<u32>()));
    let roles = prop::option::of(prop::collection::vec(names.clone(), 0..3));
    (names, prop::option::of(geometry), relationships, texts, numbers, roles).prop_map(
        |(name, geometry, relationships, (text, query), numbers, roles)| {
            let mut block = Block::new(BlockId::from(name), BlockKind::from(name));
            block.set_geometry(geometry);
            block.set_text(text.map(Text::from));
            block.set_confidence(numbers.map(|(confidence, _, _)| confidence));
            block.set_page(numbers.map(|(_, page, _)| page));
            block.set_column_span(numbers.map(|(_, _, span)| span));
            block.set_text_type(roles.as_ref().map(|_| TextType::from(name)));
            block.set_entity_types(roles.map(|roles| roles.into_iter().map(EntityType::from).collect()));
            block.set_relationships(relationships.map(|list| {
                let list = list.into_iter().map(|(kind, ids)| {
                    (RelationshipKind::from(kind), ids.into_iter().map(BlockId::from).collect())
                });
                list.collect()
            }));
            block.set_query(query.map(|(text, alias)| {
                let mut query = Query::new(text);
                query.alias = alias.map(Text::from);
                query
            }));
            block
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn any_block_survives_the_round_trip(block in block()) {
        let json = serde_json::to_string(&block).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Block>(&json).unwrap(), &block);
        let part = parse_part(format!(r#"{{"Blocks":[{json},{json}]}}"#).as_bytes()).unwrap();
        prop_assert_eq!(part.records, [block.clone(), block]);
    }
}

#[test]
fn what_is_set_is_there() {
    let mut block = Block::new(BlockId::from("a"), BlockKind::from("NEW"))
        .with_entity_type(EntityType::Key)
        .with_text_type(TextType::from("NEW"))
        .with_query(Query::new("Who?"))
        .with_page(2)
        .with_relationship(RelationshipKind::Child, ["b", "c"])
        .with_relationship(RelationshipKind::Value, ["d"])
        .with_relationship(RelationshipKind::Child, ["e"]);
    assert_eq!(block.kind().as_str(), "NEW");
    assert!(block.has_entity_type(&EntityType::Key));
    assert_eq!(block.children().map(ToString::to_string).collect::<Vec<_>>(), ["b", "c", "e"]);
    assert_eq!(block.related(&RelationshipKind::Value).count(), 1);
    let before = block.clone();
    block.detach();
    assert_eq!(block, before);

    block.set_kind(BlockKind::Word);
    block.set_page(None);
    block.set_query(None);
    block.set_relationships(None);
    block.set_entity_types(None);
    block.set_text_type(None);
    assert_eq!(block, Block::new(BlockId::from("a"), BlockKind::Word));
}

#[test]
fn the_sdk_and_back() {
    for json in [
        "{}",
        r#"{"BlockType":"LAYOUT_POEM","Confidence":1.5,"Text":"","TextType":"NEW","Id":"a","Page":1}"#,
        r#"{"Id":"a","Relationships":[{"Type":"NEW","Ids":["b"]},{"Ids":[]},{}],"EntityTypes":["KEY","NEW"]}"#,
        r#"{"RowIndex":1,"ColumnIndex":2,"RowSpan":3,"ColumnSpan":4,"SelectionStatus":"SELECTED","EntityTypes":[]}"#,
        r#"{"Geometry":{"BoundingBox":{"Width":0.5},"Polygon":[{"X":1,"Y":0}],"RotationAngle":90}}"#,
        r#"{"Relationships":[],"Geometry":{"Polygon":[]},"Query":{"Text":"q","Alias":"a","Pages":["*"]}}"#,
    ] {
        let block: Block = serde_json::from_str(json).unwrap();
        let sdk = aws_sdk_textract::types::Block::from(&block);
        assert_eq!(Block::from(sdk.clone()), block);
        assert_eq!(aws_sdk_textract::types::Block::from(block), sdk);
    }
    let sdk = aws_sdk_textract::types::Block::builder().page(-1).row_index(7).build();
    let block = Block::from(sdk);
    assert_eq!((block.page(), block.row_index()), (None, Some(7)));
}
