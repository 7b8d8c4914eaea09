//! One pace for many callers.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The longest interval that counts as a rate.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How late a caller may be at any pace: the timer ticks in milliseconds, and a busy runtime polls a little later.
const LATE: Duration = Duration::from_millis(50);

/// Lets callers pass one at a time, an interval apart. The interval may change in between.
///
/// Each caller takes a slot of time and sleeps until then. Nothing is locked while it sleeps, so a caller that is not polled
/// holds nobody up; the slot of one that is dropped goes to the next caller.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    slots: Mutex<Slots>,
}

#[derive(Debug)]
struct Slots {
    interval: Duration,
    /// The latest time that a caller has taken; none if there was no caller yet.
    last: Option<Instant>,
    /// Earlier times that were given back.
    returned: BTreeSet<Instant>,
}

impl RateLimiter {
    /// A limiter for this many callers per second; `None` if that is not a rate: zero, negative, not a number, or less than
    /// one per day.
    pub(crate) fn per_second(rate: f64) -> Option<Self> {
        interval(rate).map(Self::every)
    }

    /// A limiter that lets a caller pass once per interval, and at least once a day.
    pub(crate) fn every(interval: Duration) -> Self {
        let slots = Slots { interval: interval.min(LONGEST), last: None, returned: BTreeSet::new() };
        Self { slots: Mutex::new(slots) }
    }

    /// Changes the pace for all later callers; a value that is not a rate changes nothing. A caller that has a slot keeps it.
    pub(crate) fn set_rate(&self, rate: f64) {
        if let Some(interval) = interval(rate) {
            self.slots().interval = interval;
        }
    }

    /// Returns when it is the caller's turn.
    pub(crate) async fn turn(&self) {
        loop {
            let mut slot = self.take();
            // Even a time that has passed would take the timer to its next tick.
            if slot.at > Instant::now() {
                sleep_until(slot.at).await;
            }
            // A caller that was not polled in time has missed its turn: a crowd of them must not pass all at once.
            if slot.at.elapsed() <= self.slots().interval.max(LATE) {
                slot.used = true;
                return;
            }
        }
    }

    fn take(&self) -> Slot<'_> {
        let mut slots = self.slots();
        let now = Instant::now();
        slots.returned = slots.returned.split_off(&now);
        let at = slots.returned.pop_first().unwrap_or_else(|| {
            let at = slots.last.map_or(now, |last| (last + slots.interval).max(now));
            slots.last = Some(at);
            at
        });
        Slot { limiter: self, at, used: false }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing that can panic leaves the slots half changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn interval(rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(rate.recip()).ok().filter(|interval| *interval <= LONGEST)
}

/// A time that a caller has taken; it gives it back if it is dropped before it was used.
struct Slot<'a> {
    limiter: &'a RateLimiter,
    at: Instant,
    used: bool,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.used {
            self.limiter.slots().returned.insert(self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use futures::poll;

    fn limiter(rate: f64) -> RateLimiter {
        RateLimiter::per_second(rate).unwrap()
    }

    #[test]
    fn what_is_no_rate() {
        for rate in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE, -0.0, 1e-19, 1e-6] {
            assert!(RateLimiter::per_second(rate).is_none(), "{rate}");
        }
        assert!(RateLimiter::per_second(f64::INFINITY).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_callers_keep_one_pace() {
        let limiter = limiter(10.0);
        let start = Instant::now();
        join_all((0..1000).map(|_| limiter.turn())).await;
        assert_eq!(start.elapsed().as_millis(), 99_900);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_below_the_ticks_of_the_timer_is_one() {
        for limiter in [limiter(f64::INFINITY), limiter(10_000.0)] {
            limiter.turn().await;
            tokio::time::advance(Duration::from_micros(300)).await;
            assert!(poll!(std::pin::pin!(limiter.turn())).is_ready());
        }
        // A slot that comes up between two ticks is used at the second.
        let limiter = limiter(10_000.0);
        let late = limiter.take();
        tokio::time::advance(Duration::from_micros(900)).await;
        drop(late);
        tokio::time::timeout(Duration::from_secs(1), limiter.turn()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_can_be_changed() {
        let limiter = limiter(10.0);
        limiter.turn().await;
        limiter.set_rate(0.5);
        limiter.set_rate(f64::NAN);
        let start = Instant::now();
        limiter.turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(2), "the next turn is at the new pace");
        limiter.set_rate(10.0);
        limiter.turn().await;
        assert_eq!(start.elapsed(), Duration::from_millis(2100));
    }

    #[tokio::test(start_paused = true)]
    async fn dropped_callers_leave_their_slots() {
        let limiter = limiter(1.0);
        limiter.turn().await;
        let start = Instant::now();
        let crowd = join_all((0..100).map(|_| limiter.turn()));
        assert!(tokio::time::timeout(Duration::from_millis(10), crowd).await.is_err());
        limiter.turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_is_not_polled_holds_nobody_up() {
        let limiter = limiter(1.0);
        limiter.turn().await;
        let mut idle = Box::pin(limiter.turn());
        assert!(poll!(&mut idle).is_pending());
        limiter.turn().await;
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_missed_their_turns_take_others() {
        let limiter = limiter(1.0);
        let mut idle: Vec<_> = (0..10).map(|_| Box::pin(limiter.turn())).collect();
        for turn in &mut idle {
            let _ = poll!(turn);
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        join_all(idle.into_iter().skip(1)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(8));
    }
}
