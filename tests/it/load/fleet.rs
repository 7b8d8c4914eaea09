//! Submitters, journals and workers, dropped at every poll.

use std::cell::Cell;
use std::sync::Arc;

use futures::TryStreamExt;
use inkseal::emulator::Emulator;
use inkseal::fleet::{
    Budget, Document, DocumentState, FileJournal, Filing, Journal, MemoryJournal, Outcome, Permit, Quota,
    Submitter, Worker,
};
use inkseal::job::Api;
use inkseal::notify::{Completion, Completions};
use inkseal::resource::JobId;
use inkseal::{Analysis, Clients, Feature, Render, Seal, SealedStore, SecureJob, WaitOptions};

use super::{Drop, SECOND, Scene, cancelled, on_a_line, up_to};
use crate::fleet::{Folder, document, documents, keys, started};
use crate::notify::{queue, topic, with_queue};
use crate::support::{account, analysis, complete, emulator, key, seal};

const SINK: &str = "amzn-s3-demo-sink";
const DOCUMENTS: usize = 2;

/// A run: after it was dropped, the next one continues with its journal and its budget.
struct Run {
    emulator: Emulator,
    journal: Arc<dyn Journal>,
    budget: Budget,
    submitter: Submitter<Analysis>,
}

impl Scene for Run {
    fn emulator(&self) -> &Emulator {
        &self.emulator
    }
}

impl Run {
    fn new(journal: Arc<dyn Journal>) -> Self {
        Self::on(crate::fleet::emulator(DOCUMENTS).job_duration(5 * SECOND).build().unwrap(), journal)
    }

    fn on(emulator: Emulator, journal: Arc<dyn Journal>) -> Self {
        // One at a time, and no place becomes free by itself, so that one that is not given back is noticed.
        let budget = Budget::with_max_age(Quota::new(10.0, 1).unwrap(), 1_000_000 * SECOND);
        let job = |document: &Document| {
            Ok(seal(SecureJob::analysis(document.object().clone()).feature(Feature::Tables)))
        };
        let submitter = Submitter::new(&on_a_line(&emulator), Arc::clone(&journal), job)
            .budget(budget.clone())
            .wait_by_polling(WaitOptions::default().poll_between(2 * SECOND, 3 * SECOND));
        Self { emulator, journal, budget, submitter }
    }

    async fn go(&self) -> Vec<Outcome<Analysis>> {
        self.submitter.submit(documents(0..DOCUMENTS)).try_collect().await.unwrap()
    }

    /// Resumes a run that was dropped, and checks that everything is right then.
    async fn go_on(&self) {
        assert!(self.budget.running() <= started(&self.emulator).len(), "a place was not given back");
        let outcomes = tokio::time::timeout(1000 * SECOND, self.go()).await.expect("there is a place");
        let is_right = |outcome: &Outcome<Analysis>| match outcome {
            Outcome::Ended { result, .. } => result.is_ok(),
            outcome => matches!(outcome, Outcome::Submitted { .. } | Outcome::Resumed { .. }),
        };
        assert!(outcomes.iter().all(is_right), "{outcomes:?}");
        assert_eq!(started(&self.emulator), keys(0..DOCUMENTS), "each has one job");
        for number in 0..DOCUMENTS {
            assert_eq!(self.state(number).await, Some(DocumentState::Completed));
        }
        assert!(self.journal.pending().await.unwrap().is_empty());
        assert_eq!(self.budget.running(), 0);
        assert!(self.go().await.is_empty(), "there is nothing left to do");
    }

    async fn state(&self, number: usize) -> Option<DocumentState> {
        let known = self.journal.look(document(number).id(Api::StartDocumentAnalysis)).await;
        known.unwrap().map(|entry| entry.state)
    }
}

#[tokio::test(start_paused = true)]
async fn no_document_is_lost_and_none_has_two_jobs() {
    let polls = cancelled(
        async || Run::new(Arc::new(MemoryJournal::new())),
        async |run| run.go().await,
        async |run, ended| {
            assert!(ended.is_none_or(|outcomes| outcomes.len() == 2 * DOCUMENTS));
            run.go_on().await;
        },
    );
    assert!(polls.await > 10);
}

/// A journal in a file, which is closed with the run that was dropped, and opened by the next one.
#[tokio::test(start_paused = true)]
async fn a_file_says_what_a_dropped_run_has_done() {
    struct OnDisk(Emulator, Folder);

    impl Scene for OnDisk {
        fn emulator(&self) -> &Emulator {
            &self.0
        }
    }

    impl OnDisk {
        async fn run(&self) -> Run {
            let journal = FileJournal::open(self.1.journal()).await.unwrap();
            Run::on(self.0.clone(), Arc::new(journal))
        }
    }

    let polls = cancelled(
        async || OnDisk(Run::new(Arc::new(MemoryJournal::new())).emulator, Folder::new()),
        async |scene| drop(scene.run().await.go().await),
        async |scene, _| {
            scene.run().await.go_on().await;
            let compacting =
                up_to(Drop { polls: 1, is_woken: true }, FileJournal::compact(scene.1.journal()));
            assert!(compacting.await.is_none_or(|compacted| compacted.is_ok()));
            assert_eq!(FileJournal::open(scene.1.journal()).await.unwrap().len(), DOCUMENTS);
            let compacted = FileJournal::compact(scene.1.journal()).await.unwrap();
            assert_eq!((compacted.documents, compacted.before), (DOCUMENTS, compacted.after));
        },
    );
    assert!(polls.await > 10);
}

#[tokio::test(start_paused = true)]
async fn an_end_can_be_told_again() {
    let job: inkseal::resource::JobId = "a".repeat(64).parse().unwrap();
    cancelled(
        async || Run::new(Arc::new(MemoryJournal::new())),
        async |run| {
            run.submitter.finished(&document(0), &job, None).await?;
            run.submitter.start_anew(&document(0)).await
        },
        async |run, _| {
            run.submitter.finished(&document(0), &job, None).await.unwrap();
            assert_eq!(run.state(0).await, Some(DocumentState::Completed));
            run.submitter.start_anew(&document(0)).await.unwrap();
            assert_eq!(run.state(0).await, Some(DocumentState::Accepted));
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_admission_holds_no_place() {
    let polls = cancelled(
        async || {
            // The one place is taken.
            let run = Run::new(Arc::new(MemoryJournal::new()));
            let permit = run.budget.admit().await;
            (run.emulator.clone(), run.budget.clone(), Cell::new(Some(permit)))
        },
        async |(_, budget, permit)| {
            tokio::time::timeout(SECOND, budget.admit()).await.expect_err("the place is taken");
            drop(permit.take());
            budget.admit().await
        },
        async |(_, budget, permit), last| {
            drop((permit, last));
            assert_eq!(budget.running(), 0);
            assert!(tokio::time::timeout(SECOND, budget.admit()).await.is_ok());
        },
    );
    assert!(polls.await > 1);
}

impl Scene for (Emulator, Budget, Cell<Option<Permit>>) {
    fn emulator(&self) -> &Emulator {
        &self.0
    }
}

async fn filing(clients: &Clients) -> Filing {
    let location = format!("s3://{SINK}/clean").parse().unwrap();
    Filing::unredacted(SealedStore::open(clients, location, key(), account()).await.unwrap(), Render::text())
}

/// Exactly three pages and the manifest are filed.
fn assert_filed(emulator: &Emulator, job: &JobId) {
    let folder = format!("clean/{job}/");
    let names = ["00001.txt", "00002.txt", "00003.txt", "manifest.json"];
    assert_eq!(emulator.object_keys(SINK), names.map(|name| format!("{folder}{name}")));
    let manifest = emulator.object(SINK, &format!("{folder}manifest.json")).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&manifest).unwrap()["files"], 3);
}

#[tokio::test(start_paused = true)]
async fn what_has_a_manifest_is_whole() {
    let polls = cancelled(
        async || {
            let emulator = emulator().bucket(SINK).build().unwrap();
            let clients = on_a_line(&emulator);
            let job = complete(analysis(), &clients).await;
            (emulator, clients, job)
        },
        async |(_, clients, job)| filing(clients).await.file(job, clients).await,
        async |(emulator, clients, job), _| {
            if emulator.object_keys(SINK).iter().any(|key| key.ends_with("manifest.json")) {
                assert_filed(&emulator, job.id());
            }
            filing(&clients).await.file(&job, &clients).await.unwrap();
            assert_filed(&emulator, job.id());
        },
    );
    assert!(polls.await > 10);
}

/// A whole worker: the messages that it had received come again, and the next one does their work.
#[tokio::test(start_paused = true)]
async fn a_dropped_worker_leaves_its_work_to_the_next() {
    let work = async |emulator: &Emulator, clients: &Clients, seal: &Seal| {
        let completions = Completions::builder(queue(emulator), topic()).visibility(30 * SECOND);
        let completions = completions.long_poll(SECOND).connect(clients).unwrap();
        let worker = Worker::new(completions).parallel(2).until_idle(2 * SECOND);
        let filing = filing(clients).await;
        let handler = |completion: Completion| {
            let (clients, seal, filing) = (clients.clone(), seal.clone(), filing.clone());
            async move { filing.file_completed(&completion, &seal, &clients).await.map(drop) }
        };
        worker.run(handler, std::future::pending()).await
    };
    let polls = cancelled(
        async || {
            let emulator = with_queue().bucket(SINK).build().unwrap();
            let clients = on_a_line(&emulator);
            let job = crate::notify::started(&clients, "a").await;
            (emulator, clients, job)
        },
        async |(emulator, clients, job)| work(emulator, clients, job.seal()).await,
        async |(emulator, clients, job), ended| {
            assert!(ended.is_none_or(|tally| tally.unwrap().done == 1));
            let tally = work(&emulator, &clients, job.seal()).await.unwrap();
            assert!(tally.done <= 1 && tally.failed == 0);
            assert_filed(&emulator, job.id());
            let left = emulator.queue_counts("done").unwrap();
            assert_eq!((left.visible, left.in_flight, left.dead), (0, 0, 0));
        },
    );
    assert!(polls.await > 5);
}
