//! The documents under a prefix.

use futures::{StreamExt, TryStreamExt};
use inkseal::emulator::Fault;
use inkseal::fleet::{Listing, MemoryJournal, list_prefix};
use inkseal::{ErrorKind, Stage};

use super::{clients, emulator, key, keys, outcomes, started, submitter};
use crate::support::{ACCOUNT, SOURCE};

#[tokio::test(start_paused = true)]
async fn pages_are_asked_for_as_they_are_used_up() {
    let emulator = emulator(25).list_page_size(10).object(SOURCE, "other/1.pdf", "").build().unwrap();
    let clients = clients(&emulator);
    let mut documents = list_prefix(&clients, SOURCE.parse().unwrap(), "scans/");
    assert_eq!(emulator.count("ListObjectsV2"), 0);
    let mut listed = Vec::new();
    while let Some(document) = documents.try_next().await.unwrap() {
        listed.push(document.object().key().to_owned());
        assert_eq!(emulator.count("ListObjectsV2"), 1 + (listed.len() as u64 - 1) / 10);
    }
    assert_eq!(listed, keys(0..25));
    assert_eq!(emulator.count("ListObjectsV2"), 3);

    let all: Vec<_> = Listing::new(SOURCE.parse().unwrap())
        .expected_bucket_owner(ACCOUNT.parse().unwrap())
        .tag("mine".parse().unwrap())
        .documents(&clients)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 26);
    assert!(all.iter().all(|document| document.tag().is_some_and(|tag| tag.as_str() == "mine")));
}

#[tokio::test(start_paused = true)]
async fn folders_are_left_out_and_impossible_keys_are_told() {
    let emulator =
        emulator(1).object(SOURCE, "scans/", "").object(SOURCE, "scans/a#b.pdf", "x").build().unwrap();
    let listed: Vec<_> = list_prefix(&clients(&emulator), SOURCE.parse().unwrap(), "scans/").collect().await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].as_ref().unwrap().object().key(), key(0));
    let error = listed[1].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("object 3 of the listing") && !error.to_string().contains("a#b"));
}

#[tokio::test(start_paused = true)]
async fn a_listing_outlasts_an_outage_and_ends_where_it_is_denied() {
    let emulator = emulator(25)
        .list_page_size(10)
        .fault(Fault::InternalError.on("ListObjectsV2").times(12))
        .build()
        .unwrap();
    let documents = list_prefix(&clients(&emulator), SOURCE.parse().unwrap(), "");
    assert_eq!(documents.try_collect::<Vec<_>>().await.unwrap().len(), 25);

    emulator.inject(Fault::AccessDenied.on("ListObjectsV2").nth(2));
    let documents: Vec<_> = list_prefix(&clients(&emulator), SOURCE.parse().unwrap(), "").collect().await;
    assert_eq!(documents.len(), 11);
    let error = documents[10].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::AccessDenied, Stage::List));
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_listing_names_the_bucket_and_the_prefix() {
    let emulator = emulator(1).fault(Fault::AccessDenied.on("ListObjectsV2")).build().unwrap();
    for (prefix, place) in [("scans/", "s3://amzn-s3-demo-source/scans/"), ("", "s3://amzn-s3-demo-source/")]
    {
        let mut documents = list_prefix(&clients(&emulator), SOURCE.parse().unwrap(), prefix);
        let error = documents.next().await.unwrap().unwrap_err();
        assert_eq!(error.object(), Some(place));
        let said = error.to_string();
        assert!(said.starts_with("listing objects: ") && said.contains(place), "{said}");
        assert!(error.code().is_some() && error.request_id().is_some());
        assert!(documents.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_is_submitted() {
    let emulator = emulator(25).list_page_size(10).build().unwrap();
    let documents = list_prefix(&clients(&emulator), SOURCE.parse().unwrap(), "scans/");
    let journal = std::sync::Arc::new(MemoryJournal::new());
    let outcomes = outcomes(submitter(&emulator, journal).window(4).try_submit(documents)).await;
    assert_eq!((outcomes.len(), started(&emulator)), (25, keys(0..25)));
}
