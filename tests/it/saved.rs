//! Saved responses: one, or an array of them.

use inkseal::document::{Document, ExpenseDocument};
use inkseal::part::{JobStatus, MixedStatuses, ParseErrorKind, Part, Record, Warning};
use inkseal::{Block, ErrorKind};
use proptest::prelude::*;
use serde_json::json;

const FIRST: &str = r#"{"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 2}, "NextToken": "t",
    "Warnings": [{"ErrorCode": "W", "Pages": [1]}], "Blocks": [{"Id": "a"}, {"Id": "b"}]}"#;
const SECOND: &str = r#"{"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 1}, "AnalyzeDocumentModelVersion": "1.0",
    "Warnings": [{"ErrorCode": "W", "Pages": [1]}, {"ErrorCode": "V", "Pages": [2]}], "Blocks": [{"Id": "c"}]}"#;

fn ids(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| block.id().to_string()).collect()
}

#[test]
fn one_or_many() {
    let one = Block::parse_saved(FIRST.as_bytes()).unwrap();
    assert_eq!(one, [Block::parse_part(FIRST.as_bytes()).unwrap()]);
    let many = Block::parse_saved(format!(" [{FIRST}, null, {SECOND}] ").as_bytes()).unwrap();
    assert_eq!(many.iter().map(|part| ids(&part.records)).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(Block::parse_saved(b"[]").unwrap(), []);
}

#[test]
fn joined_they_say_what_all_of_them_say() {
    let parts = Block::parse_saved(format!("[{FIRST},{SECOND}]").as_bytes()).unwrap();
    let Part { head, records, .. } = Part::join(parts).unwrap();
    assert_eq!(ids(&records), ["a", "b", "c"]);
    assert_eq!((head.pages, head.status, head.next_token), (Some(2), Some(JobStatus::Succeeded), None));
    assert_eq!(head.warnings, [Warning::new("W", [1]), Warning::new("V", [2])]);
    assert_eq!(head.model_version.as_deref(), Some("1.0"));

    let running = FIRST.replace("SUCCEEDED", "IN_PROGRESS");
    let parts = Block::parse_saved(format!("[{FIRST},{running}]").as_bytes()).unwrap();
    let MixedStatuses { first, other, .. } = Part::join(parts).unwrap_err();
    assert_eq!((first, other), (JobStatus::Succeeded, JobStatus::InProgress));
}

#[test]
fn faults_are_told_with_their_place_in_the_whole() {
    for (json, offset, kind) in [
        (r#"[{"Blocks": []}, {"Blocks": 7}]"#, 28, "`Blocks` is not a list"),
        (r#"[{"Blocks": []}, {"Message": "no"}]"#, 17, "not a response of Textract"),
        (r#"[{"Blocks": []}, 7]"#, 17, "not a response of Textract"),
        (r#"[{"Blocks": []}"#, 15, "malformed JSON"),
        (r#"[{"Blocks": []}] x"#, 17, "malformed JSON"),
        (r#"{"Blocks": []} x"#, 15, "malformed JSON"),
        ("7", 0, "not a response of Textract"),
    ] {
        let error = Block::parse_saved(json.as_bytes()).unwrap_err();
        assert_eq!(error.offset(), offset, "{json}: {error}");
        assert!(error.to_string().contains(kind), "{json}: {error}");
        let document = Document::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(document.kind(), ErrorKind::Malformed);
    }
    let receipts =
        br#"[{"ExpenseDocuments": [{"ExpenseIndex": 1}]}, {"ExpenseDocuments": [{"ExpenseIndex": "x"}]}]"#;
    let error = ExpenseDocument::parse_saved(receipts).unwrap_err();
    assert!(matches!(error.kind(), ParseErrorKind::WrongType { field: "ExpenseDocuments", .. }), "{error}");
    assert_eq!(error.offset(), 68);
}

#[test]
fn of_a_list_that_comes_twice_in_one_response_the_last_counts() {
    let twice = r#"{"Blocks": [{"Id": "x", "Relationships": [{"Type": "CHILD", "Ids": ["y"]}]}], "Blocks": [{"Id": "c"}]}"#;
    let document = Document::from_json(format!("[{FIRST},{twice}]").as_bytes()).unwrap();
    assert_eq!(ids(&document.clone().into_part().records), ["a", "b", "c"]);
    assert_eq!(document.unresolved_count(), 0);
}

/// A response that lists no blocks, or lists them twice, does not change the blocks of the others.
#[test]
fn each_response_has_its_own_blocks() {
    let json = r#"[{"JobStatus": "SUCCEEDED"}, {"Blocks": [{"Id": "a", "Relationships": [{"Ids": ["b"]}]}, {"Id": "b"}]},
        {"JobStatus": "SUCCEEDED"}, {"Blocks": [{"Id": "x"}, {"Id": "y"}], "Blocks": [{"Id": "c", "Relationships": [{"Ids": ["a"]}]}]},
        {"Blocks": null}]"#;
    let parts = Block::parse_saved(json.as_bytes()).unwrap();
    let all: Vec<_> = parts.iter().map(|part| ids(&part.records)).collect();
    assert_eq!(all, [vec![], vec!["a", "b"], vec![], vec!["c"], vec![]]);
    assert_eq!(parts[0].head.status, Some(JobStatus::Succeeded));
    let related = |part: &Part<Block>| part.records[0].relationships().flat_map(|r| r.ids()).count();
    assert_eq!((related(&parts[1]), related(&parts[3])), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However the responses of a document are cut, it is the same document; and what it writes can be read again.
    #[test]
    fn however_it_is_cut(lengths in prop::collection::vec(0_usize..5, 1..6)) {
        let mut next = 0;
        let mut block = || {
            next += 1;
            let related = json!([{"Type": "CHILD", "Ids": [format!("b{}", next - 1), "nowhere"]}]);
            json!({"BlockType": "WORD", "Id": format!("b{next}"), "Text": format!("t{next}"), "Page": 1,
                "Relationships": related})
        };
        let responses: Vec<Vec<_>> = lengths.iter().map(|length| (0..*length).map(|_| block()).collect()).collect();
        let cut: Vec<_> = responses.iter().map(|blocks| json!({"Blocks": blocks})).collect();
        let whole = json!({"Blocks": responses.concat()});
        let whole = Document::from_json(whole.to_string().as_bytes()).unwrap();
        let cut = Document::from_json(json!(cut).to_string().as_bytes()).unwrap();
        prop_assert_eq!(&cut, &whole);
        prop_assert_eq!(cut.unresolved_count(), whole.unresolved_count());
        let written = serde_json::to_string(&whole).unwrap();
        prop_assert_eq!(&Document::from_json(written.as_bytes()).unwrap(), &whole);
    }
}
