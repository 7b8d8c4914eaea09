//! Starting, waiting, reading, storing and calling, dropped at every poll.

use inkseal::emulator::{Emulator, EmulatorBuilder, Response};
use inkseal::posture::Posture;
use inkseal::synchronous::{AnalyzeDocument, AnalyzeExpense, AnalyzeId, DetectDocumentText, Input};
use inkseal::{
    Analysis, Clients, CompletedJob, Document, ErrorKind, Feature, Lending, RunningJob, SealedStore,
    SecureJob, Unredacted, WaitOptions,
};

use super::{SECOND, cancelled, on_a_line};
use crate::support::{RESULTS, account, analysis, complete, emulator, input, key, seal};

async fn account_of(emulator: EmulatorBuilder) -> (Emulator, Clients) {
    let emulator = emulator.build().unwrap();
    let clients = on_a_line(&emulator);
    (emulator, clients)
}

async fn completed() -> (Emulator, Clients, CompletedJob<Analysis>) {
    let (emulator, clients) = account_of(emulator()).await;
    let job = complete(analysis(), &clients).await;
    emulator.clear_requests();
    (emulator, clients, job)
}

async fn started() -> (Emulator, Clients, RunningJob<Analysis>) {
    let (emulator, clients) = account_of(emulator().job_duration(100 * SECOND)).await;
    let job = analysis().start(&clients).await.unwrap();
    (emulator, clients, job)
}

fn looks() -> WaitOptions {
    WaitOptions::default().poll_between(3 * SECOND, 5 * SECOND)
}

#[tokio::test(start_paused = true)]
async fn one_token_starts_one_job() {
    let polls = cancelled(
        async || account_of(emulator()).await,
        async |(_, clients)| analysis().start(clients).await,
        async |(emulator, clients), first| {
            let again = analysis().start(&clients).await.unwrap();
            let jobs = emulator.jobs();
            assert_eq!((jobs.len(), jobs[0].0.as_str()), (1, again.id().as_str()));
            assert!(first.is_none_or(|first| first.unwrap().id() == again.id()));
        },
    );
    assert!(polls.await > 3);
}

#[tokio::test(start_paused = true)]
async fn a_wait_can_be_begun_again() {
    let polls = cancelled(
        started,
        async |(_, clients, job)| job.wait_with(clients, &looks()).await,
        async |(emulator, clients, job), _| {
            let completed = job.wait_with(&clients, &looks()).await.unwrap();
            assert_eq!((completed.id(), completed.page_count()), (job.id(), Some(3)));
            assert_eq!(emulator.jobs().len(), 1);
        },
    );
    assert!(polls.await > 5);
}

#[tokio::test(start_paused = true)]
async fn a_look_changes_nothing() {
    cancelled(
        started,
        async |(_, clients, job)| job.poll(clients).await,
        async |(_, clients, job), _| assert!(job.poll(&clients).await.unwrap().is_some()),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_document_can_be_read_again() {
    let polls = cancelled(
        completed,
        async |(_, clients, job)| Document::read(job.blocks(clients)).await,
        async |(emulator, clients, job), first| {
            let again = Document::read(job.blocks(&clients)).await.unwrap();
            assert_eq!((again.pages().count(), again.blocks().count()), (3, 120));
            assert!(first.is_none_or(|first| first.unwrap() == again));
            assert!(emulator.count("GetObject") <= 8, "four parts, each twice at the most");
        },
    );
    assert!(polls.await > 3);
}

#[tokio::test(start_paused = true)]
async fn a_summary_can_be_read_again() {
    let page = serde_json::json!({"Page": 1, "PageClassification": {"PageType": [{"Value": "CHECKS"}]}});
    let response = serde_json::json!({"DocumentMetadata": {"Pages": 1}, "Results": [page]}).to_string();
    for via_api in [false, true] {
        let output = |job: &CompletedJob<Lending>, clients: &Clients| match via_api {
            true => job.output(clients).via_api(),
            false => job.output(clients),
        };
        let polls = cancelled(
            async || {
                let response = Response::recorded(&response).unwrap();
                let (emulator, clients) = account_of(emulator().response(response)).await;
                let job = complete(seal(SecureJob::lending(input())), &clients).await;
                (emulator, clients, job)
            },
            async |(_, clients, job)| output(job, clients).summary().await,
            async |(_, clients, job), _| {
                assert_eq!(output(&job, &clients).summary().await.unwrap().pages_of("CHECKS"), [1]);
            },
        );
        assert!(polls.await > 2);
    }
}

async fn store(clients: &Clients) -> inkseal::Result<SealedStore> {
    let location = format!("s3://{RESULTS}/kept").parse().unwrap();
    SealedStore::open(clients, location, key(), account()).await
}

fn text() -> Unredacted {
    Unredacted::json(&"a text").unwrap()
}

/// The content of the store: all names, and their bytes.
fn kept(emulator: &Emulator) -> Vec<(String, Vec<u8>)> {
    let keys = emulator.object_keys(RESULTS).into_iter().filter(|key| key.starts_with("kept/"));
    keys.map(|key| (emulator.object(RESULTS, &key).unwrap().to_vec(), key))
        .map(|(bytes, key)| (key, bytes))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_put_leaves_one_whole_object_or_none() {
    let whole = [("kept/1.json".to_owned(), b"\"a text\"".to_vec())];
    for replaces in [false, true] {
        let polls = cancelled(
            async || account_of(emulator()).await,
            async |(_, clients)| {
                let store = store(clients).await?;
                let store = if replaces { store.replacing() } else { store };
                store.put("1.json", text()).await
            },
            async |(emulator, clients), first| {
                let was_put = kept(&emulator) == whole;
                assert!(was_put || kept(&emulator).is_empty());
                assert!(first.is_none_or(|first| first.is_ok() && was_put));
                let store = store(&clients).await.unwrap();
                assert_eq!(store.has("1.json").await.unwrap(), was_put);
                match if replaces { store.replacing() } else { store }.put("1.json", text()).await {
                    Ok(_) => assert!(replaces || !was_put),
                    Err(error) => {
                        assert!(was_put && error.kind() == ErrorKind::AlreadyExists, "{error}");
                    }
                }
                assert_eq!(kept(&emulator), whole);
            },
        );
        assert!(polls.await > 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_into_the_store_changes_nothing() {
    cancelled(
        async || {
            let (emulator, clients) = account_of(emulator()).await;
            let store = store(&clients).await.unwrap();
            store.put("1.json", text()).await.unwrap();
            (emulator, clients, store)
        },
        async |(_, _, store)| store.has("1.json").await,
        async |(emulator, _, store), _| {
            assert!(store.has("1.json").await.unwrap() && kept(&emulator).len() == 1);
        },
    )
    .await;
}

/// A call can be made again, and is made only once more then.
#[tokio::test(start_paused = true)]
async fn a_call_can_be_made_again() {
    async fn call(operation: &str, clients: &Clients) -> inkseal::Result<usize> {
        let input = Input::object(input());
        Ok(match operation {
            "DetectDocumentText" => DetectDocumentText::new(input).send(clients).await?.blocks().count(),
            "AnalyzeDocument" => {
                let call = AnalyzeDocument::new(input).feature(Feature::Layout);
                call.send(clients).await?.document.blocks().count()
            }
            "AnalyzeExpense" => AnalyzeExpense::new(input).send(clients).await?.records.len(),
            _ => AnalyzeId::new(input).send(clients).await?.records.len(),
        })
    }
    for operation in ["DetectDocumentText", "AnalyzeDocument", "AnalyzeExpense", "AnalyzeID"] {
        let polls = cancelled(
            async || {
                let object = crate::support::DOCUMENT;
                let emulator =
                    Emulator::builder().object(crate::support::SOURCE, object, crate::documents::png(9, 9));
                account_of(emulator).await
            },
            async |(_, clients)| call(operation, clients).await,
            async |(emulator, clients), first| {
                let sent = emulator.count(operation);
                let again = call(operation, &clients).await.unwrap();
                assert!(again > 0 && first.is_none_or(|first| first.unwrap() == again));
                assert_eq!(emulator.count(operation), sent + 1);
                assert!(sent <= 1);
            },
        );
        assert!(polls.await > 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_posture_can_be_looked_at_again() {
    let (_, clients) = account_of(emulator()).await;
    let expected = Posture::of_job(&analysis(), &clients).evaluate().await;
    let polls = cancelled(
        async || account_of(emulator()).await,
        async |(_, clients)| Posture::of_job(&analysis(), clients).demand_clean().await,
        async |(emulator, clients), first| {
            // Requests that the emulator does not answer are findings.
            assert!(first.is_none_or(|first| first.unwrap_err().kind() == ErrorKind::NotClean));
            assert_eq!(Posture::of_job(&analysis(), &clients).evaluate().await, expected);
            assert!(emulator.jobs().is_empty());
        },
    );
    assert!(polls.await > 10);
}
