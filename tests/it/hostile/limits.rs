//! Each limit is met exactly, and says who raises it.

use futures::TryStreamExt;
use inkseal::block::Block;
use inkseal::document::{Document, ExpenseDocument, LendingResult};
use inkseal::emulator::Response;
use inkseal::part::{ParseError, ParseErrorKind, Record};
use inkseal::{ErrorKind, Limits, SecureJob, Stage};
use serde_json::json;

use crate::support::{clients, complete, emulator, input, seal};

const NONE: Limits = Limits::PART.records(0).references(0).items(0);

fn blocks(json: &str, limits: Limits) -> Result<(), ParseError> {
    Block::parse_part_within(json.as_bytes(), &limits).map(drop)
}

fn expenses(json: &str, limits: Limits) -> Result<(), ParseError> {
    ExpenseDocument::parse_part_within(json.as_bytes(), &limits).map(drop)
}

/// A reader, what it reads, which limit that meets, at how much.
type Case = (
    fn(&str, Limits) -> Result<(), ParseError>,
    &'static str,
    fn(Limits, usize) -> Limits,
    usize,
    &'static str,
);

#[test]
fn each_is_met_exactly_and_names_its_method() {
    let cases: [Case; 12] = [
        (blocks, r#"{"Blocks":[{},{},{}]}"#, Limits::records, 3, "records: raise Limits::records"),
        (
            blocks,
            r#"{"Blocks":[{"Relationships":[{"Ids":["a","b"]}]},{"Relationships":[{"Ids":["c"]}]}]}"#,
            Limits::references,
            3,
            "ids in relationships: raise Limits::references",
        ),
        (
            blocks,
            r#"{"Blocks":[{"Relationships":[{},{},{}]}]}"#,
            Limits::references,
            3,
            "relationships: raise Limits::references",
        ),
        (
            blocks,
            r#"{"Blocks":[],"Warnings":[{"Pages":[1,2]}]}"#,
            Limits::items,
            3,
            "items of lists: raise Limits::items",
        ),
        (
            blocks,
            r#"{"Blocks":[{"EntityTypes":["A","B","C"]}]}"#,
            Limits::items,
            3,
            "items of lists: raise Limits::items",
        ),
        (
            blocks,
            r#"{"Blocks":[{"Query":{"Pages":["1","2"]}}]}"#,
            Limits::items,
            2,
            "items of lists: raise Limits::items",
        ),
        (expenses, r#"{"ExpenseDocuments":[{},{}]}"#, Limits::records, 2, "records: raise Limits::records"),
        (
            expenses,
            r#"{"ExpenseDocuments":[{"SummaryFields":[{"GroupProperties":[{"Types":["A"]}]}]}]}"#,
            Limits::items,
            3,
            "items of lists: raise Limits::items",
        ),
        (
            expenses,
            r#"{"ExpenseDocuments":[{"Blocks":[{"Relationships":[{"Ids":["a"]}]}]}]}"#,
            Limits::items,
            3,
            "items of lists: raise Limits::items",
        ),
        (
            |json, limits| Block::parse_saved_within(json.as_bytes(), &limits).map(drop),
            r#"[{"Blocks":[{},{}]},{"Blocks":[{}]}]"#,
            |limits, most| limits.records(most).items(100),
            3,
            "records: raise Limits::records",
        ),
        (
            |json, limits| ExpenseDocument::parse_saved_within(json.as_bytes(), &limits).map(drop),
            r#"[{"ExpenseDocuments":[{}]},{"ExpenseDocuments":[{}]}]"#,
            |limits, most| limits.records(10).items(most),
            4,
            "items of lists: raise Limits::items",
        ),
        (
            |json, limits| LendingResult::parse_saved_within(json.as_bytes(), &limits).map(drop),
            r#"[{"Results":[]},{"Results":[]}]"#,
            Limits::items,
            2,
            "items of lists: raise Limits::items",
        ),
    ];
    for (read, json, set, most, message) in cases {
        // But for the one in question, there is as much room as usual, so that only that one can be met.
        read(json, set(Limits::PART, most)).unwrap_or_else(|error| panic!("{json}: {error}"));
        let error = read(json, set(Limits::PART, most - 1)).unwrap_err();
        assert_eq!(error.kind().to_string(), format!("more than {} {message}", most - 1), "{json}");
        assert!(error.offset() > 0 && error.offset() <= json.len(), "{json}: {error}");
    }
}

/// What the SDK reads is held to those that bound how much comes.
#[tokio::test(start_paused = true)]
async fn the_get_operations_have_limits_too() {
    let documents: Vec<_> = (1..=45).map(|index| json!({"ExpenseIndex": index})).collect();
    let response = json!({"DocumentMetadata": {"Pages": 45}, "ExpenseDocuments": documents}).to_string();
    let emulator = emulator().response(Response::recorded(response).unwrap()).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::expense(input())), &clients).await;
    let read = async |limits| {
        let documents = job.output(&clients).via_api().limits(limits).documents();
        documents.try_collect::<Vec<_>>().await.map(|documents| documents.len())
    };
    assert_eq!(read(Limits::PART.parts(3).records(20)).await.unwrap(), 45);
    for (limits, message) in [
        (Limits::PART.parts(2), "more than 2 parts: raise Limits::parts"),
        (Limits::PART.records(19), "more than 19 records: raise Limits::records"),
    ] {
        let error = read(limits).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn nothing_at_all_can_be_the_limit() {
    assert_eq!(blocks(r#"{"Blocks":[null]}"#, NONE), Ok(()));
    assert!(blocks(r#"{"Blocks":[{}]}"#, NONE).is_err());
    assert_eq!(expenses(r#"{"ExpenseDocuments":[null,null]}"#, NONE), Ok(()));
}

/// What is not kept is not counted, and what is null takes no memory.
#[test]
fn what_is_passed_over_is_not_counted() {
    let json = r#"{"Blocks":[{"Hint":[1,2,3]}],"Unknown":[[],[]]}"#;
    assert_eq!(blocks(json, Limits::PART.items(0)), Ok(()));
    let nulls = format!(r#"{{"ExpenseDocuments":[{{"SummaryFields":[{}null]}}]}}"#, "null,".repeat(10_000));
    assert_eq!(expenses(&nulls, Limits::PART.items(0)), Ok(()));
}

#[test]
fn documents_have_the_same_limits() {
    let json = br#"[{"Blocks":[{"Id":"a"}]},{"Blocks":[{"Id":"b","Relationships":[{"Ids":["a"]}]}]}]"#;
    assert_eq!(
        Document::from_json_within(json, &Limits::SAVED.records(2).references(1)).unwrap().blocks().len(),
        2
    );
    for (limits, message) in [
        (Limits::SAVED.records(1), "more than 1 records: raise Limits::records"),
        (Limits::SAVED.references(0), "more than 0 ids in relationships: raise Limits::references"),
        (Limits::SAVED.items(1), "more than 1 items of lists: raise Limits::items"),
    ] {
        let error = Document::from_json_within(json, &limits).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Parse));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with(message), "{source}");
    }
}

/// An expense field of two bytes of JSON takes some hundred in memory; beyond the limit there are no more of them.
#[test]
fn a_small_response_cannot_ask_for_much_memory() {
    let fields = |count: usize| {
        format!(r#"{{"ExpenseDocuments":[{{"SummaryFields":[{}{{}}]}}]}}"#, "{},".repeat(count - 1))
    };
    let most = 500_000;
    let read = |count: usize| ExpenseDocument::parse_part(fields(count).as_bytes());
    assert_eq!(read(most).unwrap().records[0].summary_fields().len(), most);
    let expected = ParseErrorKind::TooMany { what: "items of lists", limit: most, setter: "items" };
    assert_eq!(read(most + 1).unwrap_err().kind(), expected);
}
