//! How much of the quotas is used, by whom, and what the service refuses.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use futures::{FutureExt, TryStreamExt};
use inkseal::WaitOptions;
use inkseal::emulator::Fault;
use inkseal::fleet::{Budget, MemoryJournal, Outcome, Quota};
use inkseal::job::Api;
use tokio::time::Instant;

use super::{
    document, documents, emulator, keys, outcomes, started, starts_by_token, submitter, tagged, us_east_1,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn two_thousand_documents_use_the_start_quota() {
    let emulator = emulator(2000).quotas(us_east_1()).job_duration(50 * SECOND).build().unwrap();
    let began = Instant::now();
    let mut submissions = submitter(&emulator, Arc::new(MemoryJournal::new())).submit(documents(0..2000));
    while let Some(outcome) = submissions.try_next().await.unwrap() {
        assert!(matches!(outcome, Outcome::Submitted { attempts: 1, .. }), "{outcome:?}");
    }
    let used = 2000.0 / (began.elapsed().as_secs_f64() * 10.0);
    assert!(used >= 0.95, "{used} of the start quota was used");
    assert_eq!(started(&emulator), keys(0..2000));
    let starts = starts_by_token(&emulator);
    assert_eq!(starts.len(), 2000);
    assert!(starts.values().all(|starts| *starts == 1));
    let tally = submissions.tally();
    assert_eq!((tally.taken, tally.submitted, tally.throttled, tally.limit_exceeded), (2000, 2000, 0, 0));
}

/// Jobs of two minutes: 600 at a time are five per second, whoever counts them.
#[tokio::test(start_paused = true)]
async fn where_jobs_are_long_the_concurrent_ones_are_the_limit() {
    for is_told in [true, false] {
        let emulator = emulator(1400).quotas(us_east_1()).job_duration(120 * SECOND).build().unwrap();
        let budget = match is_told {
            true => Budget::with_max_age(Quota::us_east_1(Api::StartDocumentAnalysis), 3600 * SECOND),
            false => Budget::new(Quota::us_east_1(Api::StartDocumentAnalysis)),
        };
        let submitter = submitter(&emulator, Arc::new(MemoryJournal::new())).budget(budget);
        let began = Instant::now();
        let mut submissions = submitter.submit(documents(0..1400));
        while let Some(outcome) = submissions.try_next().await.unwrap() {
            let Outcome::Submitted { document, job, .. } = outcome else { panic!("{outcome:?}") };
            if is_told {
                let submitter = submitter.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(120 * SECOND).await;
                    submitter.finished(&document, job.id(), None).await.unwrap();
                });
            }
        }
        let (elapsed, tally) = (began.elapsed(), submissions.tally());
        assert_eq!(started(&emulator), keys(0..1400));
        // Twice 600 jobs have to end before the last 200 begin.
        let used = 2.0 * 120.0 / elapsed.as_secs_f64();
        if is_told {
            assert_eq!((tally.limit_exceeded, tally.throttled), (0, 0));
            assert!(used >= 0.9, "{used} of the concurrent jobs were used in {elapsed:?}");
        } else {
            assert!((1..150).contains(&tally.limit_exceeded), "{tally:?}");
            assert!(used >= 0.85, "{used} of the concurrent jobs were used in {elapsed:?}");
        }
    }
}

/// The account has half of what the budget assumes: few calls are throttled, and most of the quota is used.
#[tokio::test(start_paused = true)]
async fn a_budget_above_the_quota_finds_it() {
    let emulator = emulator(1000).quotas(us_east_1()).build().unwrap();
    let budget = Budget::new(Quota::new(20.0, 600).unwrap());
    let began = Instant::now();
    let mut submissions =
        submitter(&emulator, Arc::new(MemoryJournal::new())).budget(budget).submit(documents(0..1000));
    let count = submissions.by_ref().map(Result::unwrap).count().await;
    let (used, tally) = (1000.0 / (began.elapsed().as_secs_f64() * 10.0), submissions.tally());
    assert_eq!(count, 1000);
    assert!(used >= 0.8, "{used} of the start quota was used: {tally:?}");
    assert!((1..30).contains(&tally.throttled), "{tally:?}");
    assert_eq!(emulator.count("StartDocumentAnalysis"), 1000 + tally.throttled);
    assert_eq!(started(&emulator), keys(0..1000));
}

#[tokio::test(start_paused = true)]
async fn after_throttling_it_comes_back_to_the_quota() {
    let emulator = emulator(1000).quotas(us_east_1()).build().unwrap();
    let budget = Budget::new(Quota::us_east_1(Api::StartDocumentAnalysis));
    emulator.inject(Fault::Throttle.on("StartDocumentAnalysis").times(20));
    let submitter = submitter(&emulator, Arc::new(MemoryJournal::new())).budget(budget.clone());
    let mut submissions = submitter.submit(documents(0..1000));
    let mut last_throttled = Instant::now();
    while submissions.tally().submitted < 1000 {
        let before = submissions.tally().throttled;
        submissions.try_next().await.unwrap();
        if submissions.tally().throttled > before {
            last_throttled = Instant::now();
        }
        if last_throttled.elapsed() > inkseal::fleet::RECOVERY {
            assert!(budget.starts_per_second() >= 9.5);
        }
    }
    assert_eq!(submissions.tally().throttled, 20);
    assert!(last_throttled.elapsed() > inkseal::fleet::RECOVERY, "the run outlasts the recovery");
    assert_eq!(started(&emulator), keys(0..1000));
}

#[tokio::test(start_paused = true)]
async fn tags_take_turns() {
    let emulator = emulator(1100).quotas(us_east_1()).build().unwrap();
    let submitter = submitter(&emulator, Arc::new(MemoryJournal::new()));
    let many = stream::iter((0..1000).map(|number| tagged("many", number))).boxed();
    let few = stream::iter((1000..1100).map(|number| tagged("few", number))).boxed();
    let mut submissions = submitter.submit(stream::select_all([many, few]));
    let mut started = Vec::new();
    while started.len() < 250 {
        let outcome = submissions.try_next().await.unwrap().unwrap();
        started.push(outcome.document().unwrap().tag().unwrap().as_str().to_owned());
    }
    let few = |started: &[String]| started.iter().filter(|tag| *tag == "few").count();
    for turns in [50, 100, 150, 200] {
        let served = few(&started[..turns]);
        assert!(served.abs_diff(turns / 2) <= 8, "{served} of the first {turns}");
    }
    assert_eq!(few(&started), 100, "and then the others have all turns");
}

/// A tenant that comes late waits for what is ready to be sent, not for the whole window.
#[tokio::test(start_paused = true)]
async fn who_comes_late_does_not_wait_for_the_window() {
    let emulator = emulator(1001).quotas(us_east_1()).build().unwrap();
    let submitter = submitter(&emulator, Arc::new(MemoryJournal::new())).window(2000);
    let many = stream::iter((0..1000).map(|number| tagged("many", number))).boxed();
    let late = tokio::time::sleep(20 * SECOND).map(|()| tagged("late", 1000)).into_stream().boxed();
    let mut submissions = submitter.submit(stream::select_all([many, late]));
    let mut before = 0;
    loop {
        let outcome = submissions.try_next().await.unwrap().unwrap();
        match outcome.document().unwrap().tag().unwrap().as_str() {
            "late" => break,
            _ => before += 1,
        }
    }
    assert!((190..=220).contains(&before), "{before}");
}

#[tokio::test(start_paused = true)]
async fn a_million_documents_are_not_pulled_ahead() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let emulator = emulator(200).quotas(us_east_1()).build().unwrap();
    let pulled = Arc::new(AtomicU64::new(0));
    let documents = stream::iter(0..1_000_000).map({
        let pulled = Arc::clone(&pulled);
        move |number| {
            pulled.fetch_add(1, Ordering::Relaxed);
            document(number)
        }
    });
    let mut submissions = submitter(&emulator, Arc::new(MemoryJournal::new())).window(50).submit(documents);
    for given in 1..=150 {
        submissions.try_next().await.unwrap().unwrap();
        assert!(submissions.held() <= 50);
        assert!(pulled.load(Ordering::Relaxed) <= given + 50, "{given}: {pulled:?}");
    }
    // Nobody polls: nothing is pulled, and nothing is sent.
    let (before, sent) = (pulled.load(Ordering::Relaxed), emulator.count("StartDocumentAnalysis"));
    tokio::time::sleep(60 * SECOND).await;
    drop(submissions);
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!((pulled.load(Ordering::Relaxed), emulator.count("StartDocumentAnalysis")), (before, sent));
}

/// Waiting by polling: every end frees a place, so the limit is kept without a refusal.
#[tokio::test(start_paused = true)]
async fn jobs_that_are_waited_for_give_their_places_back() {
    let mut quotas = us_east_1();
    quotas.analysis.concurrent_jobs = Some(20);
    let emulator = emulator(200).quotas(quotas).job_duration(10 * SECOND).build().unwrap();
    let budget = Budget::with_max_age(Quota::new(10.0, 20).unwrap(), 3600 * SECOND);
    let options = WaitOptions::default().poll_between(5 * SECOND, 20 * SECOND);
    let submitter =
        submitter(&emulator, Arc::new(MemoryJournal::new())).budget(budget.clone()).wait_by_polling(options);
    let mut submissions = submitter.submit(documents(0..200));
    let mut ended = 0;
    while let Some(outcome) = submissions.try_next().await.unwrap() {
        assert!(budget.running() <= 20);
        ended += usize::from(matches!(outcome, Outcome::Ended { result: Ok(_), .. }));
    }
    assert_eq!(ended, 200);
    let tally = submissions.tally();
    assert_eq!((tally.submitted, tally.completed, tally.limit_exceeded), (200, 200, 0));
    assert_eq!(budget.running(), 0);
}

/// Throttled, broken and lost answers, all at once: every document has one job in the end.
#[tokio::test(start_paused = true)]
async fn faults_lose_nothing_and_start_nothing_twice() {
    let mut emulator = emulator(300).quotas(us_east_1()).job_duration(20 * SECOND);
    for n in 0..30 {
        emulator = emulator
            .fault(Fault::Throttle.on("StartDocumentAnalysis").nth(7 + 11 * n))
            .fault(Fault::InternalError.on("StartDocumentAnalysis").nth(3 + 13 * n))
            .fault(Fault::ConnectionReset.on("StartDocumentAnalysis").nth(5 + 9 * n))
            .fault(Fault::TruncatedBody.on("StartDocumentAnalysis").nth(2 + 17 * n));
    }
    let emulator = emulator.build().unwrap();
    let submissions = submitter(&emulator, Arc::new(MemoryJournal::new())).submit(documents(0..300));
    let outcomes = outcomes(submissions).await;
    assert_eq!(outcomes.len(), 300);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Submitted { .. })));
    assert_eq!(started(&emulator), keys(0..300));
    assert!(starts_by_token(&emulator).values().any(|starts| *starts > 1), "the faults did strike");
}
