//! Sixty-four streams over 3,000 pages each: none of them starves, and none holds more than its window.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt, poll};
use inkseal::emulator::{Emulator, EmulatorBuilder, Response};
use inkseal::{Analysis, Clients, CompletedJob, Idempotency, PageStream, SecureJob};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{LONG, MILLISECOND, SECOND, tasks};
use crate::support::{clients, complete, emulator, input, seal};

const STREAMS: usize = 64;
const PAGES: u32 = 3_000;
const PARTS: usize = 12;
const PAGES_PER_PART: usize = PAGES as usize / PARTS;
const WINDOW: usize = 4;
const LATENCY: Duration = Duration::from_millis(10);

/// Pages of one small block each, as only their number counts.
fn long() -> EmulatorBuilder {
    let page = |page| json!({"BlockType": "PAGE", "Id": format!("p{page}"), "Page": page});
    let pages: Vec<_> = (1..=PAGES).map(page).collect();
    let response = json!({"DocumentMetadata": {"Pages": PAGES}, "Blocks": pages}).to_string();
    emulator()
        .response(Response::recorded(response).unwrap())
        .blocks_per_part(PAGES_PER_PART as u32)
        .latency(LATENCY)
}

async fn job(clients: &Clients, salt: usize) -> CompletedJob<Analysis> {
    let job = SecureJob::analysis(input()).feature(inkseal::Feature::Layout);
    complete(seal(job.idempotency(Idempotency::Salted(salt.to_string()))), clients).await
}

async fn jobs(clients: &Clients) -> Vec<CompletedJob<Analysis>> {
    join_all((0..STREAMS).map(|salt| job(clients, salt))).await
}

fn pages(job: &CompletedJob<Analysis>, clients: &Clients) -> PageStream {
    job.output(clients).parallel(WINDOW).pages()
}

/// How many parts of each job were requested.
fn parts_by_job(emulator: &Emulator) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    for request in emulator.requests().into_iter().filter(|request| request.operation == "GetObject") {
        let key = request.key.unwrap();
        *parts.entry(key.rsplit('/').nth(1).unwrap().to_owned()).or_default() += 1;
    }
    parts
}

/// The most parts that can have been requested when this many pages were taken: those of the pages and of the first block of
/// the next page, and the window.
fn most_parts(pages: usize) -> usize {
    ((pages + 1).div_ceil(PAGES_PER_PART) + WINDOW).min(PARTS)
}

#[tokio::test(start_paused = true)]
async fn none_starves_and_all_hold_no_more_than_their_windows() {
    let emulator = long().log_limit(0).build().unwrap();
    let clients = clients(&emulator);
    let mut streams: Vec<_> = jobs(&clients).await.iter().map(|job| pages(job, &clients)).collect();
    let taken = [const { Cell::new(0_usize) }; STREAMS];
    let furthest = Cell::new(0);
    let began = Instant::now();
    join_all(streams.iter_mut().zip(&taken).map(async |(stream, own)| {
        while let Some(page) = stream.next().await {
            own.set(own.get() + 1);
            assert_eq!(page.unwrap().number as usize, own.get());
            // In turn: one page of each.
            tokio::task::yield_now().await;
            if own.get() % PAGES_PER_PART == 0 {
                let slowest = taken.iter().map(Cell::get).min().unwrap();
                furthest.set(furthest.get().max(own.get() - slowest));
                let asked = emulator.count("GetObject") as usize;
                let may_be = taken.iter().map(|taken| most_parts(taken.get())).sum();
                assert!(asked <= may_be, "{asked} parts were requested, and {may_be} are in the windows");
            }
        }
    }))
    .await;
    assert!(taken.iter().all(|taken| taken.get() == PAGES as usize));
    assert!(furthest.get() <= PAGES_PER_PART, "one is {} pages ahead of another", furthest.get());
    assert_eq!(emulator.most_in_flight("GetObject"), STREAMS * WINDOW, "the windows are used");
    assert_eq!(emulator.count("GetObject") as usize, STREAMS * PARTS, "nothing is fetched twice");
    // As long as for one alone: a listing, and its windows one after the other.
    let alone = LATENCY * (1 + PARTS.div_ceil(WINDOW) as u32);
    assert!(began.elapsed() <= alone * 2, "{:?} and not {alone:?}", began.elapsed());
    assert!(streams.iter().all(|stream| stream.completeness().unwrap().verified as usize == PARTS));
}

/// Half of the streams are polled once and then not again: the others do not wait for them.
#[tokio::test(start_paused = true)]
async fn those_that_stand_still_hold_nobody_up() {
    for via_api in [false, true] {
        let emulator = long().log_limit(20_000).build().unwrap();
        let clients = Clients::builder().get_rate(10.0).connect(&emulator.sdk_config()).unwrap();
        let setup = crate::support::clients(&emulator);
        let jobs = join_all((0..16).map(|salt| job(&setup, salt))).await;
        emulator.clear_requests();
        let mut streams: Vec<_> = jobs
            .iter()
            .map(|job| {
                let output = job.output(&clients).parallel(WINDOW);
                if via_api { output.via_api() } else { output }.pages()
            })
            .collect();
        let (still, moving) = streams.split_at_mut(8);
        for stream in still.iter_mut() {
            assert!(poll!(stream.next()).is_pending());
        }
        let began = Instant::now();
        let counts = join_all(moving.iter_mut().map(|stream| stream.count())).await;
        assert_eq!(counts, [PAGES as usize; 8]);
        let calls = emulator.count("GetDocumentAnalysis") as u32;
        // At 10 per second, with the turns that the idle ones had taken.
        assert!(began.elapsed() <= Duration::from_millis(100) * (calls + 8) + SECOND, "{calls} calls");
        let of_still: usize = if via_api { 0 } else { 8 * WINDOW };
        let asked = emulator.count("GetObject") as usize;
        assert!(via_api || (8 * PARTS..=8 * PARTS + of_still).contains(&asked), "{asked}");
        // And the idle ones can continue.
        let counts = join_all(still.iter_mut().map(|stream| stream.count())).await;
        assert_eq!(counts, [PAGES as usize; 8]);
    }
}

/// Over the API all share one rate, and each gets its turn.
#[tokio::test(start_paused = true)]
async fn over_the_api_turns_are_taken() {
    const CALLS: usize = 6;
    let invoice = |index| json!({"ExpenseIndex": index, "SummaryFields": [], "LineItemGroups": []});
    let invoices: Vec<_> = (1..=CALLS * 20).map(invoice).collect();
    let response = json!({"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": invoices}).to_string();
    let response = Response::recorded(response).unwrap();
    let emulator = emulator().response(response).build().unwrap();
    let setup = clients(&emulator);
    let expense =
        |salt: usize| seal(SecureJob::expense(input()).idempotency(Idempotency::Salted(salt.to_string())));
    let jobs = join_all((0..STREAMS).map(|salt| complete(expense(salt), &setup))).await;
    emulator.clear_requests();
    let clients = Clients::builder().get_rate(10.0).connect(&emulator.sdk_config()).unwrap();
    let began = Instant::now();
    let counts = join_all(jobs.iter().map(|job| job.output(&clients).via_api().documents().count())).await;
    assert_eq!(counts, [CALLS * 20; STREAMS]);
    let mut calls: BTreeMap<String, usize> = jobs.iter().map(|job| (job.id().to_string(), 0)).collect();
    for request in emulator.requests() {
        *calls.get_mut(request.body.unwrap()["JobId"].as_str().unwrap()).unwrap() += 1;
        let most = calls.values().max().unwrap();
        // The very first has its second turn before the others come for their first.
        assert!(calls.values().all(|calls| calls + 2 >= *most), "{calls:?}");
    }
    assert!(calls.values().all(|calls| *calls == CALLS));
    assert!(began.elapsed() <= Duration::from_millis(100) * (CALLS * STREAMS) as u32);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_holds_the_fetching_back() {
    let emulator = long().build().unwrap();
    let clients = clients(&emulator);
    let job = job(&clients, 0).await;
    emulator.clear_requests();
    let mut stream = pages(&job, &clients);
    sleep(LONG).await;
    assert_eq!(emulator.requests().len(), 0, "nothing before the first poll");
    for taken in 1..=PAGES as usize {
        assert_eq!(stream.next().await.unwrap().unwrap().number as usize, taken);
        if taken % 50 != 0 {
            continue;
        }
        // Requests that were under way end.
        sleep(LONG).await;
        let asked = emulator.count("GetObject") as usize;
        sleep(3600 * SECOND).await;
        assert_eq!(emulator.count("GetObject") as usize, asked, "nothing is fetched while it sleeps");
        assert!(asked <= most_parts(taken), "{asked} parts at page {taken}");
        assert!(asked + 1 >= most_parts(taken), "the window is used: {asked} parts at page {taken}");
    }
    assert!(stream.next().await.is_none());
    assert_eq!(tasks(), 0);
}

/// A dropped stream leaves no task, no request and no turn behind, however many pages it has given.
#[tokio::test(start_paused = true)]
async fn sixty_four_streams_are_dropped_together() {
    let emulator = long().build().unwrap();
    let clients = clients(&emulator);
    let jobs = jobs(&clients).await;
    for pages_taken in [0, 1, PAGES_PER_PART] {
        let mut streams: Vec<_> = jobs.iter().map(|job| pages(job, &clients)).collect();
        join_all(streams.iter_mut().map(async |stream| {
            for _ in 0..pages_taken {
                stream.next().await.unwrap().unwrap();
            }
            // The next part is under way, too.
            for _ in 0..PAGES_PER_PART {
                if poll!(stream.next()).is_pending() {
                    break;
                }
            }
        }))
        .await;
        drop(streams);
        sleep(MILLISECOND).await;
        assert_eq!(tasks(), 0);
        emulator.clear_requests();
        sleep(LONG).await;
        assert_eq!(emulator.requests().len(), 0);
    }
    let again = pages(&jobs[STREAMS - 1], &clients).count().await;
    assert_eq!(again, PAGES as usize);
    assert_eq!(parts_by_job(&emulator).into_values().collect::<Vec<_>>(), [PARTS]);
}
