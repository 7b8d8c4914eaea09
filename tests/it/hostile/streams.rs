//! Parts that somebody else has put into the output bucket, read as a stream.

use futures::TryStreamExt;
use inkseal::emulator::Emulator;
use inkseal::{Analysis, Clients, CompletedJob, Document, Error, ErrorKind, Limits, Stage};

use super::shapes::Blocks;
use crate::support::{KEY, RESULTS, analysis, clients, complete, emulator};

/// A completed job whose first part is replaced by this one; the other parts are as they were.
async fn replaced(part: &str) -> (Emulator, Clients, CompletedJob<Analysis>) {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let key = format!("textract_output/{}/1", job.id());
    assert!(emulator.object(RESULTS, &key).is_some(), "there is such a part");
    emulator.put_object_under_key(RESULTS, &key, part.to_owned(), KEY).unwrap();
    (emulator, clients, job)
}

fn words(count: usize, id: impl Fn(usize) -> String) -> String {
    let mut blocks = Blocks::default();
    (0..count).for_each(|i| blocks.add("WORD", &id(i), r#","Page":1"#));
    String::from_utf8(blocks.response()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_page_has_so_many_blocks_and_no_more() {
    for (ids, what) in [("w", "of one id"), ("", "without ids")] {
        let (_emulator, clients, job) = replaced(&words(500, |_| ids.to_owned())).await;
        let error =
            job.output(&clients).limits(Limits::PART.page_blocks(100)).pages().try_next().await.unwrap_err();
        is_page_limit(&error, what);
    }
    let (_emulator, clients, job) = replaced(&words(500, |i| format!("w{i}"))).await;
    let error =
        job.output(&clients).limits(Limits::PART.page_blocks(100)).blocks().try_collect::<Vec<_>>().await;
    is_page_limit(&error.unwrap_err(), "of different ids");
    let named: Vec<_> = (0..500).map(|i| format!("n{i}")).collect();
    let named = format!(
        r#"{{"Blocks":[{{"Id":"a","Page":1,"Relationships":[{{"Type":"CHILD","Ids":{named:?}}}]}}]}}"#
    );
    let (_emulator, clients, job) = replaced(&named).await;
    let error = job.output(&clients).limits(Limits::PART.page_blocks(100)).blocks().try_next().await;
    is_page_limit(&error.unwrap_err(), "that are only named");
}

fn is_page_limit(error: &Error, what: &str) {
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Assemble), "{what}");
    let message = error.to_string();
    assert!(
        message.contains("page 1 has or names more than 100 blocks: raise Limits::page_blocks"),
        "{what}: {message}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_a_part_hold_for_each_part() {
    let (_emulator, clients, job) = replaced(&words(500, |i| format!("w{i}"))).await;
    for (limits, kind, stage, raise) in [
        (Limits::PART.records(499), ErrorKind::Malformed, Stage::Parse, "Limits::records"),
        (Limits::PART.part_bytes(1_000), ErrorKind::Malformed, Stage::Fetch, "Limits::part_bytes"),
        (Limits::PART.parts(1), ErrorKind::Malformed, Stage::List, "Limits::parts"),
    ] {
        let error = job.output(&clients).limits(limits).blocks().try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (kind, stage), "{raise}: {error}");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(format!("{error} {source}").contains(raise), "{error} {source}");
        assert!(error.object().is_some(), "{raise}");
    }
}

/// A part that gives a number of pages does not make the stream search that many one by one.
#[tokio::test(start_paused = true)]
async fn a_part_that_promises_four_billion_pages() {
    let part = r#"{"DocumentMetadata":{"Pages":4294967295},"Blocks":[]}"#;
    let (_emulator, clients, job) = replaced(part).await;
    let error = job.blocks(&clients).try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::Assemble));
    assert!(error.to_string().contains("of 4294967295 pages never came"), "{error}");
}

/// With any part the stream ends: with a documented kind of error, or with the blocks.
#[tokio::test(start_paused = true)]
async fn every_shape_in_the_place_of_a_part() {
    for shape in super::shapes::SHAPES {
        let part = String::from_utf8((shape.of)(20)).unwrap();
        let (_emulator, clients, job) = replaced(&part).await;
        if let Err(error) = Document::read(job.blocks(&clients)).await {
            assert!(
                matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Incomplete),
                "{}: {error}",
                shape.name
            );
        }
        if let Err(error) = job.pages(&clients).try_collect::<Vec<_>>().await {
            assert!(
                matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Incomplete),
                "{}: {error}",
                shape.name
            );
        }
    }
}

/// Objects in the place of a record of Comprehend, and what the error says about them.
#[tokio::test(start_paused = true)]
async fn records_of_comprehend() {
    let good = r#"{"File":"a.txt","Entities":[{"Type":"NAME","BeginOffset":0,"EndOffset":18446744073709551615,"Score":0.5}]}"#;
    let with = |more: &str| good.replace("\"File\"", &format!("{more},\"File\""));
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let none = "is not one of this analysis";
    let cases = [
        ("the largest offset", good.to_owned(), None),
        ("a line as a number", with(r#""Line":7"#), None),
        ("a line as a text", with(r#""Line":"18446744073709551615""#), None),
        ("a line as a list", with(&format!(r#""Line":[{}0]"#, "0,".repeat(10_000))), Some(none)),
        ("a line beyond", with(r#""Line":"18446744073709551616""#), Some(none)),
        ("an unknown member, deep", with(&format!(r#""X":{}"#, deep(100))), None),
        // What is skipped takes no stack, however deep it is.
        ("an unknown member far deeper", with(&format!(r#""X":{}"#, deep(100_000))), None),
        ("an offset beyond", good.replace("18446744073709551615", "18446744073709551616"), Some(none)),
        ("an offset of 400 digits", good.replace("18446744073709551615", &"9".repeat(400)), Some(none)),
        ("a negative offset", good.replace(":0,", ":-1,"), Some(none)),
        ("a score out of range", good.replace("0.5", "1e999"), Some(none)),
        ("a score that is no number", good.replace("0.5", "NaN"), Some(none)),
        ("a member twice", with(r#""File":"b.txt""#), Some(none)),
        ("half a pair of surrogates", good.replace("a.txt", r"\ud800"), Some(none)),
        ("bytes between", format!("{good} \u{1}"), Some("is not a JSON object")),
        ("an end that is missing", good[..good.len() - 1].to_owned(), Some("is cut off")),
        ("lists that never end", format!(r#"{{"X":{}"#, "[".repeat(100_000)), Some("is cut off")),
    ];
    let emulator = crate::comprehend_jobs::emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = crate::comprehend_jobs::complete(&crate::comprehend_jobs::pii_offsets(), &clients).await;
    let key = emulator.object_keys(RESULTS).into_iter().find(|key| key.ends_with("a.txt.out")).unwrap();
    for (name, record, refused) in cases {
        emulator.put_object_under_key(RESULTS, &key, record, KEY).unwrap();
        let read = job.results(&clients).stream().try_collect::<Vec<_>>().await;
        match (read, refused) {
            (Ok(records), None) => assert!(!records.is_empty(), "{name}"),
            (Err(error), Some(why)) => {
                assert_eq!(error.kind(), ErrorKind::Malformed, "{name}");
                assert!(
                    error.to_string().contains(why) && error.to_string().contains("number 0"),
                    "{name}: {error}"
                );
                assert_eq!(error.object(), Some("a.txt"), "{name}");
            }
            (read, _) => panic!("{name}: {:?}", read.map(|records| records.len())),
        }
    }
}
