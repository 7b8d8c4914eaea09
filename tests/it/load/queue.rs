//! Completions and the waits for them, dropped at every poll.

use futures::TryStreamExt;
use inkseal::emulator::Emulator;
use inkseal::notify::{Completions, Delivery, Inbox, Received};
use inkseal::{Analysis, Clients, RunningJob, WaitOptions};
use tokio::time::sleep;

use super::{SECOND, Scene, cancelled, on_a_line};
use crate::notify::{queue, started, topic, with_queue};

async fn account() -> (Emulator, Clients, RunningJob<Analysis>) {
    let emulator = with_queue().build().unwrap();
    let clients = on_a_line(&emulator);
    let job = started(&clients, "a").await;
    (emulator, clients, job)
}

fn completions(emulator: &Emulator, clients: &Clients) -> Completions {
    let completions = Completions::builder(queue(emulator), topic()).visibility(30 * SECOND);
    completions.long_poll(SECOND).connect(clients).unwrap()
}

/// The messages that can be received once all invisible ones are visible again.
async fn all(completions: &Completions) -> Vec<Delivery> {
    sleep(60 * SECOND).await;
    let received = completions.receive().await.unwrap().into_iter();
    received
        .map(|received| match received {
            Received::Completion(delivery) => delivery,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Visible, in flight, dead.
fn counts(emulator: &Emulator) -> [usize; 3] {
    let counts = emulator.queue_counts("done").unwrap();
    [counts.visible, counts.in_flight, counts.dead]
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_on_its_way_comes_again() {
    for streams in [false, true] {
        let polls = cancelled(
            account,
            async |(emulator, clients, _)| {
                let completions = completions(emulator, clients);
                match streams {
                    true => completions.stream().try_next().await.map(drop),
                    false => completions.receive().await.map(drop),
                }
            },
            async |(emulator, clients, job), _| {
                let mut deliveries = all(&completions(&emulator, &clients)).await;
                let delivery = deliveries.pop().unwrap();
                assert_eq!(delivery.completion().job_id, *job.id());
                delivery.delete().await.unwrap();
                assert!(all(&completions(&emulator, &clients)).await.is_empty());
                assert_eq!(counts(&emulator), [0, 0, 0]);
            },
        );
        assert!(polls.await > 1);
    }
}

/// However a delivery is given back, it is done or comes again, and never goes to the dead letters early.
#[tokio::test(start_paused = true)]
async fn a_delivery_is_done_or_comes_again() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Way {
        Delete,
        Release,
        Process,
        Fail,
    }
    for way in [Way::Delete, Way::Release, Way::Process, Way::Fail] {
        let polls = cancelled(
            account,
            async |(emulator, clients, _)| {
                let Some(Received::Completion(delivery)) =
                    completions(emulator, clients).receive().await.unwrap().pop()
                else {
                    panic!("a job has ended")
                };
                match way {
                    Way::Delete => delivery.delete().await,
                    Way::Release => delivery.release(SECOND).await,
                    Way::Process => delivery.process(work(Ok(()))).await.message,
                    Way::Fail => delivery.process(work(Err(()))).await.message,
                }
            },
            async |(emulator, clients, job), ended| {
                let is_done = ended.is_some() && matches!(way, Way::Delete | Way::Process);
                let mut deliveries = all(&completions(&emulator, &clients)).await;
                // If the answer was lost, it may be done as well.
                assert!(deliveries.is_empty() || !is_done, "{way:?}");
                let may_be_done = emulator.count("DeleteMessage") > 0;
                assert!(!deliveries.is_empty() || may_be_done, "{way:?}");
                if let Some(delivery) = deliveries.pop() {
                    assert_eq!(delivery.completion().job_id, *job.id());
                    delivery.delete().await.unwrap();
                }
                assert!(all(&completions(&emulator, &clients)).await.is_empty());
                assert_eq!(counts(&emulator), [0, 0, 0]);
            },
        );
        assert!(polls.await > 3);
    }
}

/// Work that takes longer than a third of the visibility.
async fn work(result: Result<(), ()>) -> Result<(), ()> {
    sleep(25 * SECOND).await;
    result
}

/// An inbox that receives all the time.
struct WithInbox(Emulator, Clients, RunningJob<Analysis>, Inbox);

impl Scene for WithInbox {
    fn emulator(&self) -> &Emulator {
        &self.0
    }

    fn background(&self) -> Option<&'static str> {
        Some("ReceiveMessage")
    }
}

/// The message is neither lost nor left over, and Textract is never polled.
#[tokio::test(start_paused = true)]
async fn a_completion_that_a_dropped_wait_had_is_for_the_next() {
    for begins_early in [false, true] {
        let scene = async || {
            // Long enough that the wait begins before the end; or it has ended before the wait.
            let duration = if begins_early { 5 } else { 200 };
            let emulator = with_queue().job_duration(duration * SECOND).build().unwrap();
            let clients = on_a_line(&emulator);
            let job = started(&clients, "a").await;
            // Invisible to others for as long as it takes to begin the next wait.
            let completions = Completions::builder(queue(&emulator), topic()).visibility(1000 * SECOND);
            let inbox = Inbox::open(completions.connect(&clients).unwrap());
            WithInbox(emulator, clients, job, inbox)
        };
        let polls = cancelled(
            scene,
            async |WithInbox(_, clients, job, inbox)| {
                job.wait_with(clients, &WaitOptions::default().notified_by(inbox)).await
            },
            async |WithInbox(emulator, clients, job, inbox), ended| {
                if ended.is_none() {
                    let options = WaitOptions::default().notified_by(&inbox);
                    assert_eq!(job.wait_with(&clients, &options).await.unwrap().id(), job.id());
                }
                assert_eq!(emulator.count("GetDocumentAnalysis"), 0);
                sleep(40 * SECOND).await;
                assert_eq!(counts(&emulator), [0, 0, 0]);
                assert!(format!("{inbox:?}").starts_with("Inbox { waiting: 0, early: 0"), "{inbox:?}");
            },
        );
        assert!(polls.await > 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_inbox_receives_no_more() {
    let polls = cancelled(
        account,
        async |(emulator, clients, job)| {
            let inbox = Inbox::open(completions(emulator, clients));
            job.wait_with(clients, &WaitOptions::default().notified_by(&inbox)).await
        },
        async |(emulator, clients, job), ended| {
            let deliveries = all(&completions(&emulator, &clients)).await;
            let is_there = deliveries.iter().any(|delivery| delivery.completion().job_id == *job.id());
            assert!(is_there || emulator.count("DeleteMessage") > 0);
            assert!(!is_there || ended.is_none());
        },
    );
    assert!(polls.await > 2);
}
