//! Streams that are dropped at every poll, and streams of which every `next()` is dropped.

use std::fmt::Debug;

use futures::{Stream, StreamExt, TryStreamExt};
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault, Response, Synthetic};
use inkseal::fleet::Listing;
use inkseal::redact::{ComprehendDetector, PiiType, Redactor};
use inkseal::render::Render;
use inkseal::{Clients, CompletedJob, Family, Output, Result, SecureJob};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Drop, MILLISECOND, Scene, cancelled, on_a_line, up_to};
use crate::support::{SOURCE, complete, emulator, input, seal};

/// Answers that arrive bit by bit, so that there is something to drop in the middle of a body.
fn slow(emulator: EmulatorBuilder) -> EmulatorBuilder {
    emulator.fault(Fault::SlowBody(MILLISECOND)).list_page_size(2)
}

async fn completed<F: Family>(
    emulator: EmulatorBuilder,
    job: SecureJob<F>,
) -> (Emulator, Clients, CompletedJob<F>) {
    let emulator = slow(emulator).build().unwrap();
    let clients = on_a_line(&emulator);
    let job = complete(job, &clients).await;
    emulator.clear_requests();
    (emulator, clients, job)
}

/// Six pages in five parts.
fn pages() -> EmulatorBuilder {
    emulator().response(Synthetic::pages(6).blocks_per_page(20)).blocks_per_part(25)
}

fn recorded(list: &str, items: impl Iterator<Item = Value>) -> EmulatorBuilder {
    let items: Vec<_> = items.collect();
    let response = json!({"DocumentMetadata": {"Pages": items.len()}, list: items});
    emulator().response(Response::recorded(response.to_string()).unwrap())
}

/// Drops a stream, and every `next()` of another: a new stream gives everything, and so does the one whose `next()` was
/// dropped.
async fn dropped<S: Scene, R: Stream<Item = Result<T>> + Unpin, T: PartialEq + Debug>(
    scene: impl AsyncFn() -> S,
    stream: impl Fn(&S) -> R,
) {
    let at_rest = scene().await;
    let whole: Vec<T> = stream(&at_rest).try_collect().await.unwrap();
    assert!(whole.len() > 1, "there is something to lose");
    for (polls, is_woken) in [(1, false), (1, true), (2, false), (3, true)] {
        let (mut reading, mut seen) = (stream(&at_rest), Vec::new());
        loop {
            match up_to(Drop { polls, is_woken }, reading.next()).await {
                Some(Some(item)) => seen.push(item.unwrap()),
                Some(None) => break,
                None => sleep(MILLISECOND).await,
            }
        }
        assert!(seen == whole, "nothing is lost with a `next()`, and nothing doubled");
    }
    let polls = cancelled(
        scene,
        async |scene| stream(scene).try_collect::<Vec<_>>().await,
        async |scene, first| {
            assert!(stream(&scene).try_collect::<Vec<_>>().await.unwrap() == whole);
            assert!(first.is_none_or(|first| first.unwrap() == whole));
        },
    );
    assert!(polls.await > 2, "there was something to drop");
}

fn both<F: Family>((_, clients, job): &(Emulator, Clients, CompletedJob<F>), via_api: bool) -> Output<F> {
    let output = job.output(clients).parallel(3);
    if via_api { output.via_api() } else { output }
}

#[tokio::test(start_paused = true)]
async fn blocks() {
    let scene = async || completed(pages(), crate::support::analysis()).await;
    for via_api in [false, true] {
        dropped(scene, |scene| both(scene, via_api).blocks()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn pages_and_what_is_rendered_of_them() {
    let scene = async || completed(pages(), crate::support::analysis()).await;
    dropped(scene, |scene| both(scene, false).pages()).await;
    let rendered = |scene: &_| {
        let pages = both(scene, false).pages();
        Box::pin(Render::markdown().stream(pages).map_ok(|rendering| rendering.text().to_owned()))
    };
    dropped(scene, rendered).await;
}

#[tokio::test(start_paused = true)]
async fn expense_documents() {
    let invoices = || {
        let invoice = |index| json!({"ExpenseIndex": index, "SummaryFields": [], "LineItemGroups": []});
        recorded("ExpenseDocuments", (1..=45).map(invoice))
    };
    let scene = async || completed(invoices(), seal(SecureJob::expense(input()))).await;
    dropped(scene, |scene| both(scene, false).documents()).await;
}

#[tokio::test(start_paused = true)]
async fn lending_results() {
    let results = || recorded("Results", (1..=70).map(|page| json!({"Page": page})));
    let scene = async || completed(results(), seal(SecureJob::lending(input()))).await;
    dropped(scene, |scene| both(scene, false).results()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_redacted() {
    let scene = async || {
        let emulator = pages().pii(PiiType::Name, "account");
        completed(emulator, crate::support::analysis()).await
    };
    let redactor = |clients: &Clients| {
        let detector = ComprehendDetector::new(clients).unwrap();
        Redactor::builder(detector).parallel(2).build().unwrap()
    };
    dropped(scene, |scene| both(scene, false).pages().redact(&redactor(&scene.1))).await;
    dropped(scene, |scene| both(scene, false).blocks().redact(&redactor(&scene.1))).await;
}

#[tokio::test(start_paused = true)]
async fn a_listing() {
    let scene = async || {
        let emulator = slow((0..7).fold(emulator(), |emulator, number| {
            emulator.object(SOURCE, format!("listed/{number}"), "%PDF-1.7")
        }));
        let emulator = emulator.build().unwrap();
        let clients = on_a_line(&emulator);
        (emulator, clients)
    };
    dropped(scene, |(_, clients)| Listing::new(SOURCE.parse().unwrap()).prefix("listed/").documents(clients))
        .await;
}
