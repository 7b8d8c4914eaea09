//! Comprehend's jobs, dropped at every poll.

use futures::TryStreamExt;
use inkseal::Clients;
use inkseal::WaitOptions;
use inkseal::comprehend::{InputFormat, PiiOffsets, PreparedInput, RunningComprehendJob};
use inkseal::emulator::Emulator;

use super::{SECOND, cancelled, on_a_line};
use crate::comprehend_jobs::{complete, emulator, key_phrases, pii_offsets};
use crate::support::{RESULTS, analysis};

async fn account() -> (Emulator, Clients) {
    let emulator = emulator().job_duration(100 * SECOND).build().unwrap();
    let clients = on_a_line(&emulator);
    (emulator, clients)
}

async fn started() -> (Emulator, Clients, RunningComprehendJob<PiiOffsets>) {
    let (emulator, clients) = account().await;
    let job = pii_offsets().start(&clients).await.unwrap();
    (emulator, clients, job)
}

#[tokio::test(start_paused = true)]
async fn one_token_starts_one_job() {
    let polls = cancelled(
        account,
        async |(_, clients)| pii_offsets().start(clients).await,
        async |(emulator, clients), first| {
            let again = pii_offsets().start(&clients).await.unwrap();
            assert!(first.is_none_or(|first| first.unwrap().id() == again.id()));
            // Two jobs would leave two folders.
            again.wait(&clients).await.unwrap();
            let mut folders: Vec<_> = emulator
                .object_keys(RESULTS)
                .into_iter()
                .filter_map(|key| key.split('/').nth(1).map(str::to_owned))
                .collect();
            folders.dedup();
            assert_eq!(folders.len(), 1, "{folders:?}");
        },
    );
    assert!(polls.await > 3);
}

#[tokio::test(start_paused = true)]
async fn a_wait_can_be_begun_again() {
    let options = WaitOptions::default().poll_between(3 * SECOND, 5 * SECOND);
    let polls = cancelled(
        started,
        async |(_, clients, job)| job.wait_with(clients, &options).await,
        async |(_, clients, job), _| assert!(job.wait_with(&clients, &options).await.is_ok()),
    );
    assert!(polls.await > 1);
    cancelled(
        started,
        async |(_, clients, job)| job.poll(clients).await,
        async |(_, clients, job), _| assert!(job.poll(&clients).await.unwrap().is_some()),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_job_can_be_stopped_again() {
    let long = async || {
        let emulator = emulator().job_duration(1000 * SECOND).build().unwrap();
        let clients = on_a_line(&emulator);
        let job = pii_offsets().start(&clients).await.unwrap();
        (emulator, clients, job)
    };
    let polls = cancelled(
        long,
        async |(_, clients, job)| job.stop(clients).await,
        async |(_, clients, job), _| {
            job.stop(&clients).await.unwrap();
            let stopped = job.wait(&clients).await.unwrap_err();
            assert_eq!(stopped.kind(), inkseal::ErrorKind::JobStopped);
        },
    );
    assert!(polls.await > 1);
}

/// From a folder and from an archive.
#[tokio::test(start_paused = true)]
async fn results_can_be_read_again() {
    macro_rules! read_again {
        ($job:expr) => {
            let (_, clients) = account().await;
            let job = complete(&$job, &clients).await;
            let whole: Vec<_> = job.results(&clients).stream().try_collect().await.unwrap();
            let polls = cancelled(
                async || {
                    let (emulator, clients) = account().await;
                    let job = complete(&$job, &clients).await;
                    (emulator, clients, job)
                },
                async |(_, clients, job)| job.results(clients).stream().try_collect::<Vec<_>>().await,
                async |(_, clients, job), _| {
                    let again: Vec<_> = job.results(&clients).stream().try_collect().await.unwrap();
                    assert!(again == whole && again.len() == 2);
                },
            );
            assert!(polls.await > 2);
        };
    }
    read_again!(pii_offsets());
    read_again!(key_phrases());
}

#[tokio::test(start_paused = true)]
async fn an_input_can_be_prepared_again() {
    for format in [InputFormat::OneDocPerFile, InputFormat::OneDocPerLine] {
        let prepare = async |clients: &Clients| -> inkseal::Result<PreparedInput> {
            let job = crate::support::complete(analysis(), clients).await;
            let store = job.store(clients, "texts".parse()?)?.replacing();
            job.comprehend_input::<PiiOffsets>(clients, &store, format).await
        };
        let polls = cancelled(
            async || {
                let emulator = crate::support::emulator().build().unwrap();
                let clients = on_a_line(&emulator);
                (emulator, clients)
            },
            async |(_, clients)| prepare(clients).await,
            async |(emulator, clients), first| {
                let again = prepare(&clients).await.unwrap();
                assert_eq!(again.documents, 3);
                assert!(first.is_none_or(|first| first.unwrap().input == again.input));
                let written = emulator.object_keys(RESULTS);
                let written = written.iter().filter(|key| key.starts_with("texts/")).count();
                assert_eq!(written, if format == InputFormat::OneDocPerFile { 3 } else { 1 });
            },
        );
        assert!(polls.await > 5);
    }
}
