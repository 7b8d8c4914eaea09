//! Each limit is met exactly, and its error names the method that raises it.

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

fn saved_blocks(json: &str, limits: Limits) -> Result<(), ParseError> {
    Block::parse_saved_within(json.as_bytes(), &limits).map(drop)
}

fn expenses(json: &str, limits: Limits) -> Result<(), ParseError> {
    ExpenseDocument::parse_part_within(json.as_bytes(), &limits).map(drop)
}

/// A reader, its input, the limit that this meets, at how much, and the message.
type Case = (
    fn(&str, Limits) -> Result<(), ParseError>,
    &'static str,
    fn(Limits, usize) -> Limits,
    usize,
    &'static str,
);

#[test]
fn each_is_met_exactly_and_names_its_method() {
    let cases: [Case; 14] = [
        (blocks, r#"{"Blocks":[{},{},{}]}"#, Limits::records, 3, "records (Limits::records raises that)"),
        (
            blocks,
            r#"{"Blocks":[{"Relationships":[{"Ids":["a","b"]}]},{"Relationships":[{"Ids":["c"]}]}]}"#,
            Limits::references,
            3,
            "ids in relationships (Limits::references raises that)",
        ),
        (
            blocks,
            r#"{"Blocks":[{"Relationships":[{},{},{}]}]}"#,
            Limits::references,
            3,
            "relationships (Limits::references raises that)",
        ),
        (
            blocks,
            r#"{"Blocks":[],"Warnings":[{"Pages":[1,2]}]}"#,
            Limits::items,
            3,
            "items of lists (Limits::items raises that)",
        ),
        (
            blocks,
            r#"{"Blocks":[{"EntityTypes":["A","B","C"]}]}"#,
            Limits::items,
            3,
            "items of lists (Limits::items raises that)",
        ),
        (
            blocks,
            r#"{"Blocks":[{"Query":{"Pages":["1","2"]}}]}"#,
            Limits::items,
            2,
            "items of lists (Limits::items raises that)",
        ),
        (
            expenses,
            r#"{"ExpenseDocuments":[{},{}]}"#,
            Limits::records,
            2,
            "records (Limits::records raises that)",
        ),
        (
            expenses,
            r#"{"ExpenseDocuments":[{"SummaryFields":[{"GroupProperties":[{"Types":["A"]}]}]}]}"#,
            Limits::items,
            3,
            "items of lists (Limits::items raises that)",
        ),
        (
            expenses,
            r#"{"ExpenseDocuments":[{"Blocks":[{"Relationships":[{"Ids":["a"]}]}]}]}"#,
            Limits::items,
            3,
            "items of lists (Limits::items raises that)",
        ),
        (
            saved_blocks,
            r#"[{"Blocks":[{},{}]},{"Blocks":[{}]}]"#,
            Limits::records,
            3,
            "records (Limits::records raises that)",
        ),
        (
            saved_blocks,
            r#"[{"Blocks":[{"Relationships":[{"Ids":["a","b"]}]}]},{"Blocks":[{"Relationships":[{"Ids":["c"]}]}]}]"#,
            Limits::references,
            3,
            "ids in relationships (Limits::references raises that)",
        ),
        (
            saved_blocks,
            r#"[{"Blocks":[{},{"Hint":[1,2,3]}]}]"#,
            Limits::items,
            1,
            "items of lists (Limits::items raises that)",
        ),
        (
            |json, limits| ExpenseDocument::parse_saved_within(json.as_bytes(), &limits).map(drop),
            r#"[{"ExpenseDocuments":[{}]},{"ExpenseDocuments":[{}]}]"#,
            |limits, most| limits.records(10).items(most),
            4,
            "items of lists (Limits::items raises that)",
        ),
        (
            |json, limits| LendingResult::parse_saved_within(json.as_bytes(), &limits).map(drop),
            r#"[{"Results":[]},{"Results":[]}]"#,
            Limits::items,
            2,
            "items of lists (Limits::items raises that)",
        ),
    ];
    for (read, json, set, most, message) in cases {
        // All other limits are as usual, so that only this one can be met.
        read(json, set(Limits::PART, most)).unwrap_or_else(|error| panic!("{json}: {error}"));
        let error = read(json, set(Limits::PART, most - 1)).unwrap_err();
        assert_eq!(error.kind().to_string(), format!("more than {} {message}", most - 1), "{json}");
        assert!(error.offset() > 0 && error.offset() <= json.len(), "{json}: {error}");
    }
}

/// Answers that the SDK reads are held to the limits of how much comes.
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

/// Items that are not kept are not counted, and nulls take no memory.
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
        (Limits::SAVED.records(1), "more than 1 records (Limits::records raises that)"),
        (Limits::SAVED.references(0), "more than 0 ids in relationships (Limits::references raises that)"),
        (Limits::SAVED.items(1), "more than 1 items of lists (Limits::items raises that)"),
    ] {
        let error = Document::from_json_within(json, &limits).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Parse));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with(message), "{source}");
    }
}

/// An expense field of two bytes of JSON takes some hundred in memory, so their number is limited.
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
