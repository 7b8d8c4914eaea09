//! The pace, the places, and how both come back.

use super::*;
use crate::error::Stage;
use crate::job::Api;
use futures::future::join_all;
use proptest::prelude::*;

fn budget(starts: f64, jobs: u32, max_age: u64) -> Budget {
    Budget::with_max_age(Quota::new(starts, jobs).unwrap(), Duration::from_secs(max_age))
}

fn job(number: usize) -> JobId {
    format!("job-{number}").parse().unwrap()
}

fn throttled() -> Error {
    Error::new(ErrorKind::Throttled, Stage::Start, "throttled")
}

/// A permit whose request was sent now.
async fn sent(budget: &Budget) -> Permit {
    let mut permit = budget.place().await;
    permit.sent();
    permit
}

async fn seconds(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn starts_are_evenly_spaced() {
    let budget = budget(10.0, 10_000, 3600);
    let start = Instant::now();
    for number in 0..1000 {
        budget.admit().await.started(&job(number));
    }
    assert_eq!(start.elapsed().as_millis(), 99_900);
    assert_eq!(budget.running(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_place_comes_free_when_a_job_is_finished_or_old() {
    let budget = budget(1000.0, 2, 60);
    budget.admit().await.started(&job(1));
    seconds(10.0).await;
    budget.admit().await.started(&job(2));
    let start = Instant::now();
    let waiting = tokio::spawn({
        let budget = budget.clone();
        async move { budget.admit().await }
    });
    seconds(1.0).await;
    assert!(!waiting.is_finished(), "both places are taken");
    budget.finished(&job(2));
    budget.finished(&job(99));
    let permit = waiting.await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    permit.started(&job(3));

    budget.admit().await.started(&job(4));
    let waited = start.elapsed().as_millis();
    assert!((50_000..50_005).contains(&waited), "the first job is a minute old: {waited}");
    assert_eq!(budget.running(), 2);
}

#[tokio::test(start_paused = true)]
async fn dropped_permits_and_futures_leave_their_places() {
    let budget = budget(1000.0, 1, 3600);
    drop(budget.admit().await);
    let permit = budget.admit().await;
    let crowd = join_all((0..50).map(|_| budget.admit()));
    assert!(tokio::time::timeout(Duration::from_secs(1), crowd).await.is_err());
    let waiting = tokio::spawn({
        let budget = budget.clone();
        async move { budget.admit().await }
    });
    seconds(1.0).await;
    drop(permit);
    drop(waiting.await.unwrap());
    assert_eq!(budget.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_job_counts_once() {
    let budget = budget(1000.0, 2, 3600);
    budget.admit().await.started(&job(1));
    budget.admit().await.started(&job(1));
    assert_eq!(budget.running(), 1);
    budget.finished(&job(1));
    assert_eq!(budget.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn throttling_halves_the_pace_and_leaves_the_places() {
    let budget = budget(10.0, 600, 60);
    let (first, second) = (sent(&budget).await, sent(&budget).await);
    first.refused(&throttled());
    assert_eq!((budget.starts_per_second(), budget.concurrent_jobs()), (5.0, 600));
    second.refused(&throttled());
    assert_eq!(budget.starts_per_second(), 5.0, "it was sent before the first was answered");
    seconds(6.0).await;
    assert_eq!(budget.starts_per_second(), 6.0);
    for _ in 0..20 {
        sent(&budget).await.refused(&throttled());
        seconds(0.001).await;
    }
    assert!((0.5..0.51).contains(&budget.starts_per_second()), "{budget:?}");
    assert_eq!(budget.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_failures_change_nothing() {
    let budget = budget(10.0, 600, 60);
    for kind in [ErrorKind::Transport, ErrorKind::Service, ErrorKind::NotFound, ErrorKind::AccessDenied] {
        sent(&budget).await.refused(&Error::new(kind, Stage::Start, "no"));
    }
    assert_eq!((budget.starts_per_second(), budget.concurrent_jobs(), budget.running()), (10.0, 600, 0));
}

#[tokio::test(start_paused = true)]
async fn jobs_of_an_earlier_run_count_for_the_rest_of_their_age() {
    let budget = budget(10.0, 600, 60);
    budget.adopt(&job(1), Duration::from_secs(50));
    budget.adopt(&job(2), Duration::from_secs(70));
    assert_eq!(budget.running(), 1);
    seconds(10.0).await;
    assert_eq!(budget.running(), 0);
}

#[test]
fn without_being_told_the_count_alone_slows_nothing_down() {
    for api in [
        Api::StartDocumentTextDetection,
        Api::StartDocumentAnalysis,
        Api::StartExpenseAnalysis,
        Api::StartLendingAnalysis,
    ] {
        let budget = Budget::new(Quota::us_east_1(api));
        let filled = budget.0.max_age.as_secs_f64() * budget.quota().starts_per_second();
        assert!(filled >= 600.0, "{api}: {filled}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever is throttled when, no window of time sees more calls than the quota allows it, and one.
    #[test]
    fn no_window_sees_more_than_the_quota(
        rate in 0.5..200.0f64,
        steps in prop::collection::vec((0u8..10, 0u64..3000), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let budget = budget(rate, 1_000_000, 3600);
            let mut calls = Vec::new();
            for (number, (what, pause)) in steps.into_iter().enumerate() {
                let permit = budget.admit().await;
                calls.push(Instant::now());
                match what {
                    0 | 1 => permit.refused(&throttled()),
                    2 => {
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                        drop(permit);
                    }
                    _ => permit.started(&job(number)),
                }
                prop_assert!(budget.starts_per_second() <= rate);
            }
            for (first, from) in calls.iter().enumerate() {
                for (last, to) in calls.iter().enumerate().skip(first) {
                    let seen = (last - first + 1) as f64;
                    let window = to.duration_since(*from).as_secs_f64();
                    // The clock of the timers has steps of a millisecond.
                    prop_assert!(seen <= (window + 0.001) * rate + 1.0 + 1e-6, "{seen} calls in {window} s");
                }
            }
            Ok(())
        })?;
    }

    /// However it was refused, it is back at 95 % of both after `RECOVERY`.
    #[test]
    fn it_comes_back(refusals in prop::collection::vec((0u64..5000, any::<bool>()), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let budget = budget(10.0, 600, 3600);
            for (pause, is_rate) in refusals {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                let permit = sent(&budget).await;
                if is_rate {
                    permit.refused(&throttled());
                } else {
                    drop(permit);
                    budget.state().jobs.lower(SHARE_OF_JOBS, 10.0, Instant::now(), Instant::now());
                }
                let jobs = budget.concurrent_jobs();
                prop_assert!(budget.starts_per_second() >= 0.5 && (1..=600).contains(&jobs));
            }
            tokio::time::sleep(RECOVERY).await;
            prop_assert!(budget.starts_per_second() >= 9.5 && budget.concurrent_jobs() >= 570);
            let start = Instant::now();
            for _ in 0..101 {
                drop(budget.admit().await);
            }
            prop_assert!(start.elapsed() <= Duration::from_secs_f64(10.0 / 0.95), "{:?}", start.elapsed());
            Ok(())
        })?;
    }
}
