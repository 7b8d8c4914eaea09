//! The parser against `serde_json`: the same verdict on every input, the same values.

use inkseal::block::{Block, BlockId, parse_part};
use inkseal::part::{ParseError, ParseErrorKind};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

/// Every member, every way to write it, and the usual way twice.
const RESPONSE: &str = concat!(
    r#"{"DocumentMetadata":{"Pages":2},"JobStatus":"SUCCEEDED","NextToken":null,"Warnings":[],"Blocks":[{"#,
    r#""BlockType":"WORD","Confidence":99.86762237548828,"Text":"caf\u00e9 \ud83d\ude00 \"x\" é","#,
    r#""TextType":"PRINTED","Geometry":{"BoundingBox":{"Width":0.02573608234524727,"Height":0.01022946741"#,
    r#"4319515,"Left":0.1,"Top":1.0},"Polygon":[{"X":0.4470163881778717,"Y":0.0},{"X":0.9,"Y":2.150694626"#,
    r#"8345928e-06},{"X":1,"Y":0.25},{"X":0.12345678901234567,"Y":0.5}]},"Id":"#,
    r#""e8e502cb-b9b2-4271-aab7-e384b6d99c61","Page":1},{"BlockType":"CELL","Confidence":50,"RowIndex":1,"#,
    r#""ColumnIndex":12,"RowSpan":1,"ColumnSpan":2,"Geometry":{"BoundingBox":{"Height":0.0102294674143195"#,
    r#"15,"Left":0.4471,"Top":0.5234567890123456789,"Width":0.0002573608234524727},"Polygon":[{"X":0.4470"#,
    r#"163881778717,"Y":0.31234567},{"X":0.99999999999999999,"Y":0.123},{"X":0.25,"Y":0.75},{"X":0.123456"#,
    r#"78901234567,"Y":0.5}]},"Id":"9e47e1ad-0055-4480-b985-b2da48f1f137","Relationships":[{"Type":"#,
    r#""CHILD","Ids":["e8e502cb-b9b2-4271-aab7-e384b6d99c61","w-2"]},null],"EntityTypes":["COLUMN_HEADER""#,
    r#"]},{"BlockType":"KEY_VALUE_SET","EntityTypes":["KEY"],"Id":"k","Relationships":null,"Hint":{"a":[t"#,
    r#"rue,false,null,-1.5e+3,"\n"]}},{"BlockType":"QUERY","Id":"q","Query":{"Text":"Who?","Alias":"WHO","#,
    r#""Pages":["1","*"]},"SelectionStatus":"SELECTED"}],"AnalyzeDocumentModelVersion":"1.0"}"#,
);

/// Refuses a member that comes twice.
#[derive(Deserialize)]
struct Strict {
    #[serde(rename = "Blocks")]
    _blocks: Option<Vec<Option<Block>>>,
}

/// Compares the parser's verdict with that of `serde_json`, and the blocks with those that serde reads.
fn compare(bytes: &[u8]) {
    let shown = String::from_utf8_lossy(bytes);
    let parsed = parse_part(bytes);
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        assert!(parsed.is_err(), "accepted, though malformed: {shown}");
        return;
    };
    let blocks = value.get("Blocks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let blocks = blocks.iter().filter(|block| !block.is_null());
    let blocks: Result<Vec<Block>, _> = blocks.map(|block| serde_json::from_value(block.clone())).collect();
    match (parsed, blocks) {
        (Ok(part), Ok(blocks)) => assert_eq!(part.records, blocks, "{shown}"),
        (Ok(_), Err(error)) => panic!("serde refuses ({error}): {shown}"),
        (Err(error), blocks) => match error.kind() {
            ParseErrorKind::NotAResponse => {}
            ParseErrorKind::NumberOutOfRange => {
                // A `Value` does not keep the first of two members.
                let strict = serde_json::from_slice::<Strict>(bytes);
                assert!(blocks.is_err() || strict.is_err(), "{error}: {shown}");
            }
            // Serde does not read the rest of the response here.
            ParseErrorKind::WrongType { field, .. } => {
                const OUTSIDE: [&str; 9] = [
                    "response",
                    "Blocks",
                    "Pages",
                    "JobStatus",
                    "NextToken",
                    "StatusMessage",
                    "Warnings",
                    "ModelVersion",
                    "DocumentMetadata",
                ];
                // Serde accepts a list for a struct.
                let list = bytes[error.offset()] == b'[';
                // Nor does a `Value` keep the first of two members, which may be the wrong one.
                let strict = serde_json::from_slice::<Strict>(bytes);
                assert!(
                    list || blocks.is_err() || strict.is_err() || OUTSIDE.contains(&field),
                    "{error}: {shown}"
                );
            }
            _ => panic!("refused, though well-formed ({error}): {shown}"),
        },
    }
}

fn spaces() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "\n", "\t ", "\r\n  ", "\u{c}", "\u{a0}", ""])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn flipped_bytes(flips in prop::collection::vec((0..RESPONSE.len(), any::<u8>()), 1..4)) {
        let mut bytes = RESPONSE.as_bytes().to_vec();
        for (at, byte) in flips {
            bytes[at] = byte;
        }
        compare(&bytes);
    }

    #[test]
    fn swapped_tokens(
        swaps in prop::collection::vec((0..RESPONSE.len(), prop::sample::select(b"{}[],:\"\\0-+.eE19ntu \x1f".to_vec())), 1..3),
    ) {
        let mut bytes = RESPONSE.as_bytes().to_vec();
        for (at, byte) in swaps {
            bytes[at] = byte;
        }
        compare(&bytes);
    }

    #[test]
    fn removed_and_repeated_ranges(a in 0..RESPONSE.len(), b in 0..RESPONSE.len(), repeat in any::<bool>()) {
        let (a, b) = (a.min(b), a.max(b));
        let bytes = RESPONSE.as_bytes();
        let tail = if repeat { &bytes[a..] } else { &bytes[b..] };
        compare(&[if repeat { &bytes[..b] } else { &bytes[..a] }, tail].concat());
    }

    #[test]
    fn inserted_space(places in prop::collection::vec((0..=RESPONSE.len(), spaces()), 1..30)) {
        let mut bytes = RESPONSE.as_bytes().to_vec();
        for (at, space) in places {
            // Mostly where it is allowed: next to punctuation.
            let at = (at..bytes.len()).find(|at| b",:{}[]".contains(&bytes[*at])).unwrap_or(bytes.len());
            bytes.splice(at..at, space.bytes());
        }
        compare(&bytes);
    }

    #[test]
    fn numbers_are_rounded_twice(number in number()) {
        check_number(&number);
    }

    #[test]
    fn numbers_about_the_middle(bits in 0_u32..0x7f7f_ffff, off in -3_i64..=3, digits in 1_usize..60, cut in 0_usize..40) {
        let (low, high) = (f64::from(f32::from_bits(bits)), f64::from(f32::from_bits(bits + 1)));
        let middle = (low + high) / 2.0;
        let near = f64::from_bits(middle.to_bits().wrapping_add_signed(off));
        let exact = format!("{near:.digits$}");
        check_number(&exact);
        check_number(&format!("{near}"));
        check_number(&format!("{near:e}"));
        // And between two values of an f64.
        let longer = format!("{near:.cut$}{}", if cut == 0 { ".5" } else { "49999999" });
        check_number(&longer);
    }

    #[test]
    fn coordinates_about_the_middle(bits in 0x3000_0000_u32..0x42c8_0000, off in -1_500_i64..=1_500, digits in 12_usize..22) {
        let (low, high) = (f64::from(f32::from_bits(bits)), f64::from(f32::from_bits(bits + 1)));
        let near = f64::from_bits(((low + high) / 2.0).to_bits().wrapping_add_signed(off));
        check_number(&format!("{near:.digits$}"));
    }

    #[test]
    fn ids_survive(text in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-fA-F]{4}-[0-9a-g]{12}|.{0,40}") {
        let id = BlockId::from(text.as_str());
        prop_assert_eq!(id.to_string(), text.clone());
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&id).unwrap(), json.clone());
        let part = parse_part(format!(r#"{{"Blocks":[{{"Id":{json},"Text":{json}}}]}}"#).as_bytes()).unwrap();
        prop_assert_eq!(part.records[0].id(), &id);
        prop_assert_eq!(part.records[0].text(), Some(text.as_str()));
    }
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        "[0-9]\\.[0-9]{1,20}",
        "[1-9][0-9]\\.[0-9]{1,20}",
        "0\\.0{0,20}[0-9]{1,20}",
        any::<f32>().prop_map(|value| f64::from(value).to_string()),
        (0.0_f32..1.0).prop_map(|value| f64::from(value).to_string()),
    ]
}

/// The number in every place where a float may be.
fn check_number(number: &str) {
    let response = format!(
        r#"{{"Blocks":[{{"Confidence":{number},"Geometry":{{"BoundingBox":{{"Width":{number},"Height":0.5,"Left":0.5,"Top":{number}}},"Polygon":[{{"X":0.5,"Y":{number}}},{{"X":0.5,"Y":0.5}},{{"X":0.5,"Y":0.5}},{{"X":0.5,"Y":0.5}}]}}}},{{"Geometry":{{"RotationAngle": {number} }}}}]}}"#
    );
    let value: f64 = number.parse().unwrap();
    if (value as f32).is_infinite() {
        assert_eq!(parse_part(response.as_bytes()).unwrap_err().kind(), ParseErrorKind::NumberOutOfRange);
        return;
    }
    let expected = (value as f32).to_bits();
    let part = parse_part(response.as_bytes()).unwrap_or_else(|error| panic!("{number}: {error}"));
    assert_eq!(part.records[0].confidence().unwrap().to_bits(), expected, "{number}");
    let geometry = part.records[0].geometry().unwrap();
    let bounds = geometry.bounding_box.unwrap();
    for found in [bounds.width, bounds.top, geometry.polygon[0].y] {
        assert_eq!(found.to_bits(), expected, "{number}");
    }
    let angle = part.records[1].geometry().unwrap().rotation_angle.unwrap();
    assert_eq!(angle.to_bits(), expected, "{number}");
}

#[test]
fn every_prefix_is_refused() {
    compare(RESPONSE.as_bytes());
    for end in 0..RESPONSE.len() {
        let bytes = &RESPONSE.as_bytes()[..end];
        compare(bytes);
        let error = parse_part(bytes).unwrap_err();
        assert!(error.offset() <= end);
    }
}

fn error(json: &str) -> ParseError {
    compare(json.as_bytes());
    parse_part(json.as_bytes()).unwrap_err()
}

#[test]
fn faults_are_told_with_their_place() {
    let cases = [
        (r#"{"Blocks":[}"#, 11, "malformed JSON, expected a value"),
        (r#"{"Blocks":[{"Id":"a"},]}"#, 22, "malformed JSON, expected a value"),
        (r#"{"Blocks":[{"Id":"a",}]}"#, 21, "malformed JSON, expected a member or the end of the object"),
        (r#"{"Blocks":[{"Id" "a"}]}"#, 17, "malformed JSON, expected a colon"),
        (r#"{"Blocks":[]} x"#, 14, "malformed JSON, expected the end of the response"),
        (r#"{"Blocks":[{"Confidence":01}]}"#, 26, "malformed JSON, expected no digit after a leading zero"),
        (r#"{"Blocks":[{"Confidence":1.}]}"#, 27, "malformed JSON, expected a digit"),
        (r#"{"Blocks":[{"Confidence":1e999}]}"#, 25, "number out of range"),
        (r#"{"Blocks":[{"Confidence":1e39}]}"#, 25, "number out of range"),
        (r#"{"Blocks":[{"Geometry":{"Polygon":[{"X":-4e38}]}}]}"#, 40, "number out of range"),
        (r#"{"Blocks":[],"X":1e999}"#, 17, "number out of range"),
        (r#"{"Blocks":[{"Text":"\ud800"}]}"#, 20, "malformed JSON, expected a pair of surrogates"),
        (r#"{"Blocks":[],"X":"\udc00"}"#, 18, "malformed JSON, expected a pair of surrogates"),
        (r#"{"Blocks":[],"X":"\u12g4"}"#, 18, "malformed JSON, expected four hexadecimal digits"),
        (r#"{"Blocks":[],"X":"\x"}"#, 18, "malformed JSON, expected an escape"),
        ("{\"Blocks\":[],\"X\":\"a\tb\"}", 19, "malformed JSON, expected no control character within a text"),
        (r#"{"Blocks":[{"Text":7}]}"#, 19, "`Text` is not a text"),
        (r#"{"Blocks":[{"Confidence":"x"}]}"#, 25, "`Confidence` is not a number"),
        (r#"{"Blocks":[{"Page":-1}]}"#, 19, "`Page` is not a whole number"),
        (r#"{"Blocks":[{"RowIndex":1.5}]}"#, 23, "`RowIndex` is not a whole number"),
        (r#"{"Blocks":[{"RowSpan":4294967296}]}"#, 22, "`RowSpan` is not a whole number"),
        (r#"{"Blocks":[{"Geometry":7}]}"#, 23, "`Geometry` is not an object"),
        (r#"{"Blocks":[{"Relationships":{}}]}"#, 28, "`Relationships` is not a list"),
        (r#"{"Blocks":{}}"#, 10, "`Blocks` is not a list"),
        (r#"{"Blocks":[7]}"#, 11, "`Blocks` is not an object"),
    ];
    for (json, offset, message) in cases {
        let error = error(json);
        assert_eq!((error.offset(), error.kind().to_string().as_str()), (offset, message), "{json}");
        assert_eq!(error.to_string(), format!("{message} at byte {offset}"));
    }
    let error = parse_part(b"{\"Blocks\":[{\"Text\":\"a\xff\"}]}").unwrap_err();
    assert_eq!((error.offset(), error.kind()), (21, ParseErrorKind::InvalidUtf8));
}

#[test]
fn a_part_holds_so_much_and_no_more() {
    let blocks = |count: usize| format!(r#"{{"Blocks":[{{}}{}]}}"#, ",{}".repeat(count - 1));
    assert_eq!(parse_part(blocks(100_000).as_bytes()).unwrap().records.len(), 100_000);
    let error = parse_part(blocks(100_001).as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooMany { what: "records", limit: 100_000, setter: "records" });
    assert_eq!(error.kind().to_string(), "more than 100000 records (Limits::records raises that)");

    // Over several blocks.
    let ids = |count: usize| {
        let block = format!(r#"{{"Relationships":[{{"Ids":["a"{}]}}]}}"#, r#","a""#.repeat(count / 2 - 1));
        format!(r#"{{"Blocks":[{block},{block}]}}"#)
    };
    assert_eq!(parse_part(ids(1_000_000).as_bytes()).unwrap().records.len(), 2);
    let error = parse_part(ids(1_000_002).as_bytes()).unwrap_err();
    let too_many = |what| ParseErrorKind::TooMany { what, limit: 1_000_000, setter: "references" };
    assert_eq!(error.kind(), too_many("ids in relationships"));
    let links = format!(r#"{{"Blocks":[{{"Relationships":[{{}}{}]}}]}}"#, ",{}".repeat(1_000_000));
    let error = parse_part(links.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), too_many("relationships"));
}

#[test]
fn depth_is_limited_as_in_serde_json() {
    for depth in [1, 100, 125, 126, 127, 128, 10_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let inner = if open == "[" { "" } else { "1" };
            compare(
                format!(r#"{{"Blocks":[],"X":{}{inner}{}}}"#, open.repeat(depth), close.repeat(depth))
                    .as_bytes(),
            );
            compare(format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)).as_bytes());
        }
    }
    assert_eq!(error(&"[".repeat(200_000)).kind(), ParseErrorKind::TooDeep);
}

#[test]
fn the_last_of_two_members_counts() {
    let json = r#"{"Blocks":[{"Id":"z","Relationships":[{"Ids":["y"]}]}],"Blocks":[{"Id":"a","Id":"b","Text":"x","Text":null,
        "Relationships":[{"Type":"CHILD","Ids":["c"],"Ids":["d"]}],"Page":1,"Page":2,"EntityTypes":["KEY"],
        "EntityTypes":[],"Geometry":{"RotationAngle":1},"Geometry":{"BoundingBox":{"Top":1},"BoundingBox":{"Left":1}},
        "Query":{"Text":"q"},"Query":null,"BlockType":"WORD","BlockType":"NEW","TextType":"PRINTED","TextType":null}]}"#;
    compare(json.as_bytes());
    let part = parse_part(json.as_bytes()).unwrap();
    assert_eq!(part.records.len(), 1);
    assert_eq!(part.records[0].children().map(ToString::to_string).collect::<Vec<_>>(), ["d"]);
}

#[test]
fn escaped_names_are_names() {
    let part = parse_part(
        br#"{"Bl\u006fcks":[{"\u0049d":"a","T\u0065xt":"x","Geo\u006detry":{"RotationAngle":2}}]}"#,
    )
    .unwrap();
    assert_eq!(part.records[0].text(), Some("x"));
    assert_eq!(part.records[0].id(), &BlockId::from("a"));
    assert_eq!(part.records[0].geometry().unwrap().rotation_angle, Some(2.0));
}
