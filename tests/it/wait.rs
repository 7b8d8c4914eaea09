//! Waiting: pace, deadline, progress, and the ways in which a job ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use inkseal::emulator::{Fault, Response, Synthetic};
use inkseal::part::JobStatus;
use inkseal::{Clients, ErrorKind, Idempotency, SecureJob, Stage, WaitOptions};
use tokio::time::Instant;

use crate::support::{analysis, bucket, clients, emulator, input, key};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_job_is_looked_at_until_it_has_ended() {
    let emulator = emulator().job_duration(5 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    assert_eq!(running.poll(&clients).await.unwrap(), None);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let options = WaitOptions::default().on_progress({
        let seen = seen.clone();
        move |progress| seen.lock().unwrap().push(progress.clone())
    });
    let completed = running.wait_with(&clients, &options).await.unwrap();
    assert_eq!(completed.page_count(), Some(3));
    assert!(!completed.is_partial());

    let seen = seen.lock().unwrap();
    let (last, before) = seen.split_last().unwrap();
    assert_eq!((last.status.clone(), last.next), (Some(JobStatus::Succeeded), None));
    assert!(before.iter().all(|look| look.status == Some(JobStatus::InProgress)));
    assert!(before.iter().all(|look| {
        let pause = look.next.unwrap();
        (Duration::from_secs(1)..=Duration::from_secs(30)).contains(&pause)
    }));
    assert!((10..150).contains(&last.polls), "{} looks", last.polls);
    assert!((5 * MINUTE..6 * MINUTE).contains(&last.elapsed), "{:?}", last.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_deadline_and_can_be_repeated() {
    let emulator = emulator().job_duration(5 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    let began = Instant::now();
    let error = running.wait_with(&clients, &WaitOptions::default().deadline(MINUTE)).await.unwrap_err();
    assert_eq!(began.elapsed(), MINUTE);
    assert_eq!((error.kind(), error.stage()), (ErrorKind::DeadlineExceeded, Stage::Wait));
    assert!(error.is_retryable());
    running.wait_with(&clients, &WaitOptions::default().deadline(Duration::MAX)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_look_begins_at_the_deadline() {
    let emulator = emulator().job_duration(5 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    let every = Duration::from_secs(20);
    let pauses = Arc::new(Mutex::new(Vec::new()));
    let options = WaitOptions::default().poll_between(every, every).deadline(MINUTE).on_progress({
        let pauses = pauses.clone();
        move |progress| pauses.lock().unwrap().push(progress.next)
    });
    let began = Instant::now();
    let error = running.wait_with(&clients, &options).await.unwrap_err();
    assert_eq!((error.kind(), began.elapsed()), (ErrorKind::DeadlineExceeded, MINUTE));
    assert_eq!(*pauses.lock().unwrap(), [Some(every), Some(every), None]);
    assert_eq!(emulator.count("GetDocumentAnalysis"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_not_answered_is_repeated() {
    let never = Fault::Latency(120 * MINUTE).on("GetDocumentAnalysis").times(1);
    let emulator = emulator().fault(never).build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let options = WaitOptions::default().on_progress({
        let seen = seen.clone();
        move |progress| seen.lock().unwrap().push(progress.clone())
    });
    running.wait_with(&clients, &options).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!((seen[0].status.clone(), seen[0].elapsed), (None, MINUTE));
    assert!(seen.iter().skip(1).all(|look| look.status.is_some()), "{seen:?}");
    assert!(seen.last().unwrap().elapsed < 2 * MINUTE, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_sends_nothing_more() {
    let emulator = emulator().job_duration(5 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    assert!(tokio::time::timeout(MINUTE, running.wait(&clients)).await.is_err());
    let looks = emulator.count("GetDocumentAnalysis");
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(emulator.count("GetDocumentAnalysis"), looks);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waits_keep_to_one_get_rate() {
    let emulator = emulator().job_duration(10 * MINUTE).build().unwrap();
    let clients = Clients::builder().get_rate(5.0).connect(&emulator.sdk_config()).unwrap();
    let starts = (0..1000).map(|number| {
        let job = SecureJob::text_detection(input()).output_bucket(bucket()).kms_key(key());
        let job = job.idempotency(Idempotency::Salted(number.to_string())).build().unwrap();
        let clients = clients.clone();
        async move { job.start(&clients).await.unwrap() }
    });
    let running = join_all(starts).await;
    emulator.clear_requests();
    let began = Instant::now();
    let waits = running.iter().map(|running| running.wait(&clients));
    join_all(waits).await.into_iter().for_each(|completed| drop(completed.unwrap()));
    let looks = emulator.count("GetDocumentTextDetection") as f64;
    let rate = looks / began.elapsed().as_secs_f64();
    assert!(looks >= 1000.0 && rate <= 5.01, "{looks} looks, {rate} a second");
}

#[tokio::test(start_paused = true)]
async fn throttled_and_broken_looks_are_repeated() {
    // Throttled, broken, and answered with half an answer.
    let faults = [Fault::Throttle, Fault::ConnectionReset, Fault::WrongLength].into_iter().cycle();
    let faults = (1..=21).zip(faults).map(|(nth, fault)| fault.on("GetDocumentAnalysis").nth(nth));
    let emulator = faults.fold(emulator().job_duration(MINUTE), |emulator, fault| emulator.fault(fault));
    let emulator = emulator.build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    let missed = Arc::new(Mutex::new(0));
    let options = WaitOptions::default().on_progress({
        let missed = missed.clone();
        move |progress| *missed.lock().unwrap() += u32::from(progress.status.is_none())
    });
    running.wait_with(&clients, &options).await.unwrap();
    assert_eq!(*missed.lock().unwrap(), 21, "each is one look, which the SDK does not repeat");
}

#[tokio::test(start_paused = true)]
async fn throttled_looks_keep_to_the_get_rate_and_are_told_at_the_deadline() {
    let emulator = emulator().build().unwrap();
    let clients = Clients::builder().get_rate(0.5).connect(&emulator.sdk_config()).unwrap();
    let running = analysis().start(&clients).await.unwrap();
    emulator.inject(Fault::Throttle.on("GetDocumentAnalysis"));
    let options = WaitOptions::default().poll_between(Duration::from_millis(1), Duration::from_millis(2));
    let error = running.wait_with(&clients, &options.deadline(MINUTE)).await.unwrap_err();
    assert!(emulator.count("GetDocumentAnalysis") <= 31, "{}", emulator.count("GetDocumentAnalysis"));
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.to_string().contains("polls failed"), "{error}");
    let last = std::error::Error::source(&error).unwrap().downcast_ref::<inkseal::Error>().unwrap();
    assert_eq!(last.kind(), ErrorKind::Throttled);
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_tells_why() {
    let emulator = emulator().response(Response::failed("INVALID_IMAGE_TYPE\nsecond line")).build().unwrap();
    let clients = clients(&emulator);
    let error = analysis().start(&clients).await.unwrap().wait(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert!(error.to_string().contains("INVALID_IMAGE_TYPE second line"), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_is_a_completed_job_with_warnings() {
    let response = Response::from(Synthetic::pages(3).blocks_per_page(40));
    let emulator =
        emulator().response(response.with_warning("PAGE_CHARACTERS_EXCEEDED", [2])).build().unwrap();
    let clients = clients(&emulator);
    let completed = analysis().start(&clients).await.unwrap().wait(&clients).await.unwrap();
    assert!(completed.is_partial());
    assert_eq!(completed.warnings()[0].code, "PAGE_CHARACTERS_EXCEEDED");
    assert_eq!(completed.warnings()[0].pages, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_not_known_any_more_is_not_waited_for() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let running = analysis().start(&clients).await.unwrap();
    emulator.inject(Fault::ExpiredJob);
    let error = running.wait(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotFound, Stage::Wait));
    assert_eq!(error.code(), Some("InvalidJobIdException"));
}
