//! Runs that end in the middle, and the runs after them.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use inkseal::emulator::Fault;
use inkseal::fleet::{FileJournal, MemoryJournal, Outcome, Submitter, Tally};
use inkseal::{Clients, SecureJob, TextDetection};

use super::{
    Folder, clients, documents, emulator, keys, outcomes, started, starts_by_token, submitter, submitter_of,
    us_east_1,
};
use crate::support::seal;

/// A run with the journal in this folder, to its end.
async fn run(clients: &Clients, folder: &Folder, documents_to: usize) -> Tally {
    let journal = Arc::new(FileJournal::open(folder.journal()).await.unwrap());
    let mut submissions = submitter_of(clients, journal).submit(documents(0..documents_to));
    while let Some(outcome) = submissions.try_next().await.unwrap() {
        assert!(matches!(outcome, Outcome::Submitted { .. } | Outcome::Resumed { .. }), "{outcome:?}");
    }
    submissions.tally()
}

/// The journal of a run, cut off at every byte: with what is left of it, the next run loses no document and starts
/// none twice.
#[tokio::test(start_paused = true)]
async fn a_run_can_be_killed_at_any_byte_of_its_journal() {
    const DOCUMENTS: usize = 2;
    let emulator = emulator(DOCUMENTS).build().unwrap();
    let folder = Folder::new();
    let clients = clients(&emulator);
    run(&clients, &folder, DOCUMENTS).await;
    let bytes = std::fs::read(folder.journal()).unwrap();
    for length in 0..=bytes.len() {
        std::fs::write(folder.journal(), &bytes[..length]).unwrap();
        let tally = run(&clients, &folder, DOCUMENTS).await;
        assert_eq!(started(&emulator), keys(0..DOCUMENTS), "cut at {length}");
        let jobs = tally.submitted + tally.resumed;
        // One that the journal still had to start has its job when the stream gives it again.
        assert!((2..=4).contains(&jobs), "cut at {length}: {tally:?}");
    }
}

/// Dropped at any moment, and resumed by another submitter: every document is started once.
#[tokio::test(start_paused = true)]
async fn a_run_can_be_dropped_at_any_moment() {
    const DOCUMENTS: usize = 100;
    let emulator = emulator(DOCUMENTS)
        .quotas(us_east_1())
        .latency(Duration::from_millis(700))
        .fault(Fault::Throttle.on("StartDocumentAnalysis").nth(20))
        .fault(Fault::ConnectionReset.on("StartDocumentAnalysis").nth(30))
        .build()
        .unwrap();
    let folder = Folder::new();
    let mut runs = 0;
    loop {
        let journal = Arc::new(FileJournal::open(folder.journal()).await.unwrap());
        let mut submissions = submitter(&emulator, journal).window(40).submit(documents(0..DOCUMENTS));
        let patience = Duration::from_millis(1500 + 331 * runs);
        let whole = tokio::time::timeout(patience, async {
            while let Some(outcome) = submissions.next().await {
                outcome.unwrap();
            }
        });
        let is_whole = whole.await.is_ok();
        drop(submissions);
        let sent = emulator.count("StartDocumentAnalysis");
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(emulator.count("StartDocumentAnalysis"), sent, "a run that was dropped sends nothing");
        if is_whole {
            break;
        }
        runs += 1;
    }
    assert!(runs > 3, "{runs} runs were dropped");
    assert_eq!(started(&emulator), keys(0..DOCUMENTS));
}

/// A channel gives each document only once: what an earlier run took and did not start is resumed from the journal.
#[tokio::test(start_paused = true)]
async fn documents_of_a_channel_are_not_lost() {
    let emulator = emulator(60).quotas(us_east_1()).build().unwrap();
    let folder = Folder::new();
    let journal = Arc::new(FileJournal::open(folder.journal()).await.unwrap());
    let mut submissions = submitter(&emulator, journal).submit(documents(0..60));
    for _ in 0..20 {
        submissions.try_next().await.unwrap().unwrap();
    }
    assert_eq!(submissions.tally().taken, 60);
    drop(submissions);
    assert!(started(&emulator).len() < 40);

    let journal = Arc::new(FileJournal::open(folder.journal()).await.unwrap());
    let taken_up = outcomes(submitter(&emulator, journal).submit(stream::empty())).await;
    assert!(taken_up.len() >= 39);
    assert_eq!(started(&emulator), keys(0..60));
}

/// A run with a journal in a file waits for nothing but the budget, apart from the disk, for which the paused clock
/// counts no time (`benches/fleet.rs` measures it); and the file has the documented size.
#[tokio::test(start_paused = true)]
async fn a_file_keeps_the_pace() {
    const DOCUMENTS: usize = 500;
    let emulator = emulator(DOCUMENTS).quotas(us_east_1()).build().unwrap();
    let folder = Folder::new();
    let clients = clients(&emulator);
    let began = tokio::time::Instant::now();
    run(&clients, &folder, DOCUMENTS).await;
    let used = DOCUMENTS as f64 / (began.elapsed().as_secs_f64() * 10.0);
    assert!(used >= 0.95, "{used} of the start quota was used");
    assert_eq!(started(&emulator), keys(0..DOCUMENTS));

    let bytes = std::fs::metadata(folder.journal()).unwrap().len() / DOCUMENTS as u64;
    assert!((500..900).contains(&bytes), "{bytes} bytes a document");
    let compacted = FileJournal::compact(folder.journal()).await.unwrap();
    assert_eq!(compacted.documents, DOCUMENTS);
    let tally = run(&clients, &folder, DOCUMENTS).await;
    assert_eq!((tally.resumed, tally.submitted), (DOCUMENTS as u64, 0));
}

/// Two runs of one process that share a journal: neither takes the documents that the other one holds.
#[tokio::test(start_paused = true)]
async fn a_second_run_leaves_the_documents_of_the_first_alone() {
    const DOCUMENTS: usize = 60;
    let emulator = emulator(DOCUMENTS + 1).build().unwrap();
    let journal = Arc::new(MemoryJournal::new());
    let mut first = submitter(&emulator, journal.clone()).submit(documents(0..DOCUMENTS));
    for _ in 0..20 {
        first.try_next().await.unwrap().unwrap();
    }
    assert!(first.held() >= 30);
    // It is given the last of them, which is held, and a new one.
    let mut second = submitter(&emulator, journal).submit(documents(DOCUMENTS - 1..DOCUMENTS + 1));
    let mut of_second = Vec::new();
    while let Some(outcome) = second.try_next().await.unwrap() {
        of_second.push(outcome);
    }
    assert!(matches!(&of_second[..], [Outcome::Submitted { .. }]), "{of_second:?}");
    let tally = second.tally();
    assert_eq!((tally.taken, tally.taken_up, tally.duplicates, tally.submitted), (2, 0, 1, 1));

    assert_eq!(outcomes(first).await.len(), DOCUMENTS - 20);
    assert_eq!(started(&emulator), keys(0..DOCUMENTS + 1));
    assert!(starts_by_token(&emulator).values().all(|starts| *starts == 1));
}

/// What a run that was dropped held is free for the next.
#[tokio::test(start_paused = true)]
async fn a_dropped_run_holds_no_documents() {
    let emulator = emulator(30).build().unwrap();
    let journal = Arc::new(MemoryJournal::new());
    let mut first = submitter(&emulator, journal.clone()).submit(documents(0..30));
    first.try_next().await.unwrap().unwrap();
    drop(first);
    let mut second = submitter(&emulator, journal).submit(stream::empty());
    while second.try_next().await.unwrap().is_some() {}
    assert_eq!(second.tally().taken_up, second.tally().submitted);
    assert!(second.tally().submitted >= 25, "{:?}", second.tally());
    assert_eq!(started(&emulator), keys(0..30));
}

#[tokio::test(start_paused = true)]
async fn documents_of_another_operation_are_not_counted_as_taken_up() {
    let emulator = emulator(20).build().unwrap();
    let journal = Arc::new(MemoryJournal::new());
    let mut analysis = submitter(&emulator, journal.clone()).submit(documents(0..20));
    analysis.try_next().await.unwrap().unwrap();
    drop(analysis);
    let text = Submitter::<TextDetection>::new(&clients(&emulator), journal, |document| {
        Ok(seal(SecureJob::text_detection(document.object().clone())))
    });
    let mut outcomes = text.submit(documents(0..1));
    assert!(matches!(outcomes.try_next().await, Ok(Some(Outcome::Submitted { .. }))));
    assert!(matches!(outcomes.try_next().await, Ok(None)));
    let tally = outcomes.tally();
    assert_eq!((tally.taken, tally.taken_up, tally.submitted, tally.skipped), (1, 0, 1, 0));
    assert_eq!(serde_json::to_value(tally).unwrap()["taken_up"], 0);
}
