//! Reading the output: all of it, verified, in order, or an error.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use inkseal::emulator::{EmulatedKey, EmulatorBuilder, Fault, FaultRule, Response, Synthetic};
use inkseal::{Analysis, Block, Clients, CompletedJob, ErrorKind, Idempotency, SecureJob, Stage};

use crate::support::{RESULTS, analysis, bucket, clients, complete, emulator, input, key};

/// A completed job of three pages in four parts, and how to read it.
async fn completed(
    emulator: EmulatorBuilder,
) -> (inkseal::emulator::Emulator, Clients, CompletedJob<Analysis>) {
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    (emulator, clients, job)
}

fn ids(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| block.id().to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn all_blocks_come_in_order_with_an_account() {
    let (_emulator, clients, job) = completed(emulator()).await;
    let mut stream = job.blocks(&clients);
    assert!(stream.completeness().is_none());
    let blocks: Vec<_> = stream.by_ref().try_collect().await.unwrap();
    assert_eq!(blocks.len(), 120);
    assert_eq!(ids(&blocks).into_iter().collect::<BTreeSet<_>>().len(), 120);
    assert!(blocks.is_sorted_by_key(|block| block.page()));

    let seen = stream.completeness().unwrap();
    assert_eq!((seen.pages_expected, seen.pages_seen), (Some(3), 3));
    assert_eq!((seen.parts, seen.verified, seen.records), (4, 4, 120));
    assert_eq!((seen.unresolved_count, seen.duplicates, seen.partial), (0, 0, false));
    assert!(seen.missing_pages.is_empty() && seen.model_version.is_some());
    assert!(stream.next().await.is_none(), "fused");
}

#[tokio::test(start_paused = true)]
async fn pages_come_whole_and_in_order() {
    let (_emulator, clients, job) = completed(emulator()).await;
    let mut stream = job.pages(&clients);
    let pages: Vec<_> = stream.by_ref().try_collect().await.unwrap();
    assert_eq!(
        pages.iter().map(|page| (page.number, page.blocks.len())).collect::<Vec<_>>(),
        [(1, 40), (2, 40), (3, 40)]
    );
    assert_eq!(stream.completeness().unwrap().records, 120);
    let blocks: Vec<_> = job.blocks(&clients).try_collect().await.unwrap();
    assert_eq!(pages.into_iter().flat_map(|page| page.blocks).collect::<Vec<_>>(), blocks);
}

#[tokio::test(start_paused = true)]
async fn the_api_gives_the_same_blocks_unverified() {
    let (emulator, clients, job) = completed(emulator()).await;
    let from_bucket: Vec<_> = job.blocks(&clients).try_collect().await.unwrap();
    emulator.inject(Fault::AccessDenied.on("GetObject"));
    emulator.inject(Fault::AccessDenied.on("ListObjectsV2"));
    let mut stream = job.output(&clients).via_api().blocks();
    let from_api: Vec<_> = stream.by_ref().try_collect().await.unwrap();
    assert_eq!(from_api, from_bucket);
    let seen = stream.completeness().unwrap();
    assert_eq!((seen.verified, seen.records), (0, 120));
}

#[tokio::test(start_paused = true)]
async fn many_parts_are_in_flight_and_numbers_sort_as_numbers() {
    let many =
        emulator().response(Synthetic::pages(12).blocks_per_page(40)).blocks_per_part(4).list_page_size(7);
    let (emulator, clients, job) = completed(many).await;
    emulator.inject(Fault::Latency(std::time::Duration::from_millis(40)));
    let blocks: Vec<_> = job.output(&clients).parallel(10).blocks().try_collect().await.unwrap();
    assert_eq!(blocks.len(), 480);
    assert!(blocks.is_sorted_by_key(|block| block.page()));
    assert_eq!(emulator.most_in_flight("GetObject"), 10);
    assert!(emulator.count("ListObjectsV2") > 17, "the listing had many pages");

    let one: Vec<_> = job.output(&clients).parallel(0).blocks().try_collect().await.unwrap();
    assert_eq!(ids(&one), ids(&blocks));
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_holds_the_fetching_back() {
    let many = emulator().response(Synthetic::pages(12).blocks_per_page(40)).blocks_per_part(4);
    let (emulator, clients, job) = completed(many).await;
    let mut stream = job.output(&clients).parallel(3).blocks();
    assert_eq!(
        emulator.count("GetObject") + emulator.count("ListObjectsV2"),
        0,
        "nothing before the first poll"
    );
    stream.next().await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert!(emulator.count("GetObject") <= 4, "{} fetched ahead", emulator.count("GetObject"));
    drop(stream);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert!(emulator.count("GetObject") <= 4);
}

#[tokio::test(start_paused = true)]
async fn strangers_are_skipped() {
    let (emulator, clients, job) = completed(emulator()).await;
    let folder = format!("textract_output/{}", job.id());
    assert!(emulator.object_keys(RESULTS).contains(&format!("{folder}/.s3_access_check")));
    for stranger in ["5.json", "01", "notes/5", "-1", "0"] {
        emulator.put_object(RESULTS, &format!("{folder}/{stranger}"), "not ours").unwrap();
    }
    let blocks: Vec<_> = job.blocks(&clients).try_collect().await.unwrap();
    assert_eq!(blocks.len(), 120);
}

/// Streams until the end, and returns how many blocks came and the error at the end.
async fn fails(emulator: EmulatorBuilder, fault: impl Into<FaultRule>) -> (usize, inkseal::Error) {
    let (emulator, clients, job) = completed(emulator).await;
    emulator.inject(fault);
    let mut stream = job.output(&clients).parallel(2).blocks();
    let mut came = 0;
    let error = loop {
        match stream.next().await.expect("the stream must not end without an error") {
            Ok(_) => came += 1,
            Err(error) => break error,
        }
    };
    assert!(stream.next().await.is_none(), "fused after an error");
    assert!(stream.completeness().is_none());
    (came, error)
}

#[tokio::test(start_paused = true)]
async fn an_object_under_another_key_is_not_read() {
    for fault in [Fault::WrongKey, Fault::NotEncrypted] {
        let (came, error) = fails(emulator(), fault.clone().key("/3")).await;
        assert_eq!(came, 60, "the parts before it are whole");
        assert_eq!((error.kind(), error.stage()), (ErrorKind::NotSealed, Stage::Verify), "{fault}");
        assert!(error.object().unwrap().ends_with("/3"));
        assert!(!error.is_retryable());
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_put_by_somebody_else_is_not_read() {
    let (emulator, clients, job) = completed(emulator()).await;
    let key = format!("textract_output/{}/2", job.id());
    let body = emulator.object(RESULTS, &key).unwrap();
    emulator.put_object(RESULTS, &key, body).unwrap();
    let result: Result<Vec<_>, _> = job.blocks(&clients).try_collect().await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NotSealed);
}

#[tokio::test(start_paused = true)]
async fn a_bare_key_id_from_s3_is_compared_too() {
    let (_emulator, clients, job) = completed(emulator().report_key_as_id(true)).await;
    assert_eq!(job.blocks(&clients).count().await, 120);
    let (_, error) = fails(emulator().report_key_as_id(true), Fault::WrongKey).await;
    assert_eq!(error.kind(), ErrorKind::NotSealed);
}

#[tokio::test(start_paused = true)]
async fn a_missing_part_is_an_error_before_the_first_block() {
    let (came, error) = fails(emulator(), Fault::MissingPart(2)).await;
    assert_eq!((came, error.kind(), error.stage()), (0, ErrorKind::Incomplete, Stage::List));
    assert!(error.to_string().contains("part 2"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_last_part_is_an_error_at_the_end() {
    // The missing page shows it, not a gap in the numbers.
    let (came, error) = fails(emulator().blocks_per_part(40), Fault::MissingPart(3)).await;
    assert_eq!((came, error.kind(), error.stage()), (80, ErrorKind::Incomplete, Stage::Assemble));
    assert!(error.to_string().contains("page 3"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_last_part_is_an_error_even_where_its_page_began_before() {
    let (came, error) = fails(emulator(), Fault::MissingPart(4)).await;
    assert_eq!((came, error.kind(), error.stage()), (90, ErrorKind::Incomplete, Stage::Assemble));
    assert!(error.to_string().contains("is the last part missing?"), "{error}");

    let (emulator, clients, job) = completed(emulator()).await;
    emulator.inject(Fault::MissingPart(4));
    let mut stream = job.output(&clients).allow_cut_end().blocks();
    while stream.try_next().await.unwrap().is_some() {}
    assert!(stream.completeness().unwrap().unresolved_count > 0);
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_ends_well_without_its_missing_pages() {
    let response = Response::from(Synthetic::pages(3).blocks_per_page(40));
    let partial =
        emulator().blocks_per_part(40).response(response.with_warning("PAGE_CHARACTERS_EXCEEDED", [3]));
    let (emulator, clients, job) = completed(partial).await;
    emulator.inject(Fault::MissingPart(3));
    let mut stream = job.blocks(&clients);
    while stream.try_next().await.unwrap().is_some() {}
    let seen = stream.completeness().unwrap();
    assert_eq!((seen.missing_pages.as_slice(), seen.partial), ([3].as_slice(), true));
    assert_eq!(seen.warnings[0].pages, [3]);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_break_off_are_read_again() {
    let (emulator, clients, job) = completed(emulator()).await;
    emulator.inject(Fault::TruncatedBody.key("/2").times(2));
    emulator.inject(Fault::ConnectionReset.on("GetObject").nth(3));
    emulator.inject(Fault::InternalError.on("ListObjectsV2").times(1));
    let blocks: Vec<_> = job.blocks(&clients).try_collect().await.unwrap();
    assert_eq!(blocks.len(), 120);

    let (_, error) = fails(crate::support::emulator(), Fault::TruncatedBody.key("/2")).await;
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Transport, Stage::Fetch));
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_reader_without_permission_is_told_which() {
    let (_, error) = fails(emulator(), Fault::AccessDenied.on("ListObjectsV2")).await;
    assert_eq!((error.kind(), error.stage()), (ErrorKind::AccessDenied, Stage::List));
    assert_eq!(error.operation(), Some("ListObjectsV2"));
    let (_, error) = fails(emulator(), Fault::AccessDenied.on("GetObject")).await;
    assert_eq!((error.kind(), error.stage()), (ErrorKind::AccessDenied, Stage::Fetch));
}

#[tokio::test(start_paused = true)]
async fn the_bucket_of_another_account_is_not_read() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = SecureJob::text_detection(input())
        .output_bucket(bucket())
        .kms_key(key())
        .expected_bucket_owner("444455556666".parse().unwrap())
        .build()
        .unwrap();
    let job = complete(job, &clients).await;
    let error = job.blocks(&clients).try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::AccessDenied, Stage::List));
    let request = emulator.requests().pop().unwrap();
    assert_eq!(request.header("x-amz-expected-bucket-owner"), Some("444455556666"));
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_no_json_is_an_error_with_its_name() {
    let (emulator, clients, job) = completed(emulator()).await;
    let key = format!("textract_output/{}/2", job.id());
    let body = "{\"Blocks\":[{\"Text\":\"Jane Doe\"]}";
    emulator.put_object_under_key(RESULTS, &key, body, crate::support::KEY).unwrap();
    let result: Result<Vec<_>, _> = job.blocks(&clients).try_collect().await;
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Parse));
    assert!(error.object().unwrap().ends_with("/2"));
    let source = std::error::Error::source(&error).unwrap();
    assert!(!format!("{error} {error:?} {source}").contains("Jane"));
}

#[tokio::test(start_paused = true)]
async fn a_part_beyond_the_limit_is_not_read() {
    let (_emulator, clients, job) = completed(emulator()).await;
    let error = job.output(&clients).max_part_bytes(1000).blocks().try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("max_part_bytes"));
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_good_for_verification_once_resolved() {
    let aliased = emulator().kms_key(EmulatedKey::customer(crate::support::KEY).alias("alias/documents"));
    let emulator = aliased.build().unwrap();
    let clients = clients(&emulator);
    let job = SecureJob::text_detection(input())
        .output_bucket(bucket())
        .kms_key("alias/documents".parse().unwrap());
    let job = complete(job.idempotency(Idempotency::Salted("alias".into())).build().unwrap(), &clients).await;
    assert_eq!(job.blocks(&clients).filter(|block| std::future::ready(block.is_ok())).count().await, 120);
}
