//! Admission: who may start a job now.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::limit::Limit;
use super::quota::Quota;
use crate::clients::RateLimiter;
use crate::error::{Error, ErrorKind};
use crate::resource::JobId;

/// How long a budget takes to come back from its lowest once the service stops refusing: to 95 % of its Start rate and of
/// its concurrent jobs.
pub const RECOVERY: Duration = Duration::from_secs(60);

/// What a refusal leaves of the Start rate, and of the concurrent jobs.
const SHARE_OF_RATE: f64 = 0.5;
const SHARE_OF_JOBS: f64 = 0.75;

/// The share of the Start rate that remains however often the service refuses: only by asking can the budget notice
/// the end.
const LEAST_RATE: f64 = 0.05;

/// A [`Quota`] in use: it admits starts at the pace and up to the number that the quota allows, and lowers both when the
/// service refuses.
///
/// - **Start calls per second.** They are admitted one by one, evenly spaced. A throttled call halves the pace (down to 5 % of the
///   quota), and it grows back by 1/60 of the quota every second.
/// - **Concurrent jobs.** A job counts from its [`Permit`] until [`finished`](Self::finished) names it, or it reaches the
///   maximum age. `LimitExceededException` lowers the number to three quarters of the jobs that count, and it grows back by 1/60 of
///   the quota every second.
///
/// Neither ever exceeds the quota, and both are back [`RECOVERY`] after the last refusal. Refusals of calls that were sent
/// before the last one was answered count as one refusal.
///
/// Clones share one budget: give it to every [`Submitter`](super::Submitter) of one family in one account and Region. It
/// holds about 200 bytes for each job that counts.
///
/// # The maximum age
///
/// The budget has to be informed that a job is done, or its place would be lost. If nobody does that, for example
/// because workers on other machines take the results, a job counts for as long as the quota takes to fill at full
/// pace (600 jobs at 10 per second: one minute), so that the count alone never slows a run down, and
/// `LimitExceededException` shows what the account allows. If every end is reported, or waited for, set an age that no
/// job reaches, with [`with_max_age`](Self::with_max_age): then the limit is kept without a refusal.
///
/// ```
/// use std::time::Duration;
/// use inkseal::fleet::{Budget, Quota};
///
/// // Half of what the account has, as another service starts jobs too. Every end is reported, and no job takes a quarter of an hour.
/// let budget = Budget::with_max_age(Quota::new(5.0, 300)?, Duration::from_secs(15 * 60));
/// # let _ = budget;
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    quota: Quota,
    max_age: Duration,
    limiter: RateLimiter,
    state: Mutex<State>,
}

struct State {
    rate: Limit,
    jobs: Limit,
    /// Permits that were given out and not used yet.
    permits: usize,
    running: HashMap<JobId, Instant>,
    oldest: BTreeSet<(Instant, JobId)>,
    /// The callers that wait for a place.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Budget {
    /// A budget of this quota, whose jobs count for as long as the quota takes to fill, and for at least a minute.
    pub fn new(quota: Quota) -> Self {
        let filled = f64::from(quota.concurrent_jobs()) / quota.starts_per_second();
        let filled = Duration::try_from_secs_f64(filled).unwrap_or(Duration::MAX);
        Self::with_max_age(quota, filled.max(Duration::from_secs(60)))
    }

    /// A budget of this quota, whose jobs count for at most `max_age` unless they are reported to be done before.
    pub fn with_max_age(quota: Quota, max_age: Duration) -> Self {
        let (starts, jobs) = (quota.starts_per_second(), f64::from(quota.concurrent_jobs()));
        let interval = Duration::try_from_secs_f64(starts.recip()).unwrap_or(Duration::MAX);
        let state = State {
            rate: Limit::new(starts, starts * LEAST_RATE, RECOVERY),
            jobs: Limit::new(jobs, 1.0, RECOVERY),
            permits: 0,
            running: HashMap::new(),
            oldest: BTreeSet::new(),
            waiting: Vec::new(),
        };
        Self(Arc::new(Inner {
            quota,
            max_age,
            limiter: RateLimiter::every(interval),
            state: Mutex::new(state),
        }))
    }

    /// The quota, which is never exceeded.
    pub fn quota(&self) -> Quota {
        self.0.quota
    }

    /// The Start calls per second that are admitted now.
    pub fn starts_per_second(&self) -> f64 {
        self.state().rate.value(Instant::now())
    }

    /// The number of jobs that may run concurrently now.
    pub fn concurrent_jobs(&self) -> usize {
        self.state().places(Instant::now())
    }

    /// The number of jobs that count as running now, including those about to be started.
    pub fn running(&self) -> usize {
        let mut state = self.state();
        self.forget_old(&mut state, Instant::now());
        state.used()
    }

    /// Waits for a place among the jobs, and for a turn to call Start.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the place and the turn to the next caller; dropping the permit gives back the place.
    pub async fn admit(&self) -> Permit {
        let mut permit = self.place().await;
        self.turn().await;
        permit.sent();
        permit
    }

    /// Waits for a place only.
    pub(super) async fn place(&self) -> Permit {
        loop {
            let (told, until) = {
                let mut state = self.state();
                let now = Instant::now();
                self.forget_old(&mut state, now);
                if state.used() < state.places(now) {
                    state.permits += 1;
                    return Permit { budget: self.clone(), sent: now, used: false };
                }
                let (tell, told) = oneshot::channel();
                state.waiting.retain(|waiting| !waiting.is_canceled());
                state.waiting.push(tell);
                (told, self.next_change(&state, now))
            };
            match until {
                Some(until) => drop(timeout_at(until, told).await),
                None => drop(told.await),
            }
        }
    }

    /// Waits for a turn only. If many callers wait at once, they notice a lower pace late.
    pub(super) async fn turn(&self) {
        self.0.limiter.set_rate(self.starts_per_second());
        self.0.limiter.turn().await;
    }

    /// Reports that a job has ended, well or badly, so that another can take its place. An unknown job changes nothing.
    pub fn finished(&self, job: &JobId) {
        let mut state = self.state();
        if let Some(since) = state.running.remove(job) {
            state.oldest.remove(&(since, job.clone()));
            state.wake();
        }
    }

    /// Counts a job that an earlier run started this long ago.
    pub(super) fn adopt(&self, job: &JobId, age: Duration) {
        if let Some(since) = Instant::now().checked_sub(age) {
            self.state().count(job, since);
        }
    }

    fn forget_old(&self, state: &mut State, now: Instant) {
        while let Some((since, job)) = state.oldest.first() {
            if now.saturating_duration_since(*since) < self.0.max_age {
                break;
            }
            state.running.remove(job);
            state.oldest.pop_first();
        }
    }

    /// When a place may come free by itself: the oldest job reaches the maximum age, or the number of places has grown.
    fn next_change(&self, state: &State, now: Instant) -> Option<Instant> {
        let leaves = state.oldest.first().and_then(|(since, _)| since.checked_add(self.0.max_age));
        let grows = state.jobs.reaches(state.used() as f64 + 1.0);
        // Not right now: because of rounded fractions the caller would ask again and again.
        [leaves, grows].into_iter().flatten().min().map(|next| next.max(now + Duration::from_millis(1)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic leaves the state half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn used(&self) -> usize {
        self.permits.saturating_add(self.running.len())
    }

    fn places(&self, now: Instant) -> usize {
        // A tiny margin, for sums of fractions that should be whole.
        (self.jobs.value(now) + 1e-6).floor().max(1.0) as usize
    }

    fn count(&mut self, job: &JobId, since: Instant) {
        if let Some(before) = self.running.insert(job.clone(), since) {
            self.oldest.remove(&(before, job.clone()));
            // The same work gave the same job, which counts once.
            self.wake();
        }
        self.oldest.insert((since, job.clone()));
    }

    fn wake(&mut self) {
        for waiting in self.waiting.drain(..) {
            // A caller that has gone away needs no place.
            let _ = waiting.send(());
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("quota", &self.0.quota)
            .field("max_age", &self.0.max_age)
            .field("starts_per_second", &self.starts_per_second())
            .field("concurrent_jobs", &self.concurrent_jobs())
            .field("running", &self.running())
            .finish()
    }
}

/// The permission to start one job. If it is dropped before [`started`](Self::started), its place is given back.
#[derive(Debug)]
#[must_use = "a permit that is dropped gives its place back"]
pub struct Permit {
    budget: Budget,
    sent: Instant,
    used: bool,
}

impl Permit {
    /// Notes that the request is sent now.
    pub(super) fn sent(&mut self) {
        self.sent = Instant::now();
    }

    /// Reports that the job was started: it counts from now on.
    pub fn started(mut self, job: &JobId) {
        self.used = true;
        let mut state = self.budget.state();
        state.permits = state.permits.saturating_sub(1);
        state.count(job, Instant::now());
    }

    /// Reports that the start failed. Throttling lowers the pace, `LimitExceededException` the number of concurrent
    /// jobs, and any other error neither.
    pub fn refused(self, error: &Error) {
        if error.kind() != ErrorKind::Throttled {
            return;
        }
        let now = Instant::now();
        let mut state = self.budget.state();
        if is_limit_exceeded(error) {
            // Without this job, which did not get a place.
            let others = state.used().saturating_sub(1) as f64;
            if state.jobs.lower(SHARE_OF_JOBS, others, self.sent, now) {
                debug!(jobs = state.places(now), "too many jobs at once: fewer from now on");
            }
        } else if state.rate.lower(SHARE_OF_RATE, f64::INFINITY, self.sent, now) {
            debug!(starts_per_second = state.rate.value(now), "throttled: slower from now on");
        }
    }
}

/// Whether the account has as many jobs as it may, so that only the end of jobs helps, and not a lower rate.
pub(super) fn is_limit_exceeded(error: &Error) -> bool {
    error.code() == Some("LimitExceededException")
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.used {
            let mut state = self.budget.state();
            state.permits = state.permits.saturating_sub(1);
            state.wake();
        }
    }
}

#[cfg(test)]
#[path = "budget/tests.rs"]
mod tests;
