//! Additive increase, multiplicative decrease.

use std::time::Duration;

use tokio::time::Instant;

/// A limit that falls to a share of itself when the service refuses, and grows back by the same amount every second.
///
/// How far it has grown is computed when it is asked for, so nothing runs in between.
#[derive(Debug)]
pub(super) struct Limit {
    most: f64,
    least: f64,
    recovery: Duration,
    value: f64,
    at: Instant,
    lowered: Option<Instant>,
}

impl Limit {
    /// A limit that begins at `most`, never falls below `least`, and is back from anywhere after `recovery`.
    pub(super) fn new(most: f64, least: f64, recovery: Duration) -> Self {
        Self { most, least, recovery, value: most, at: Instant::now(), lowered: None }
    }

    pub(super) fn value(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.value + self.most * passed / self.recovery.as_secs_f64()).min(self.most)
    }

    /// Lowers it to `share` of its value, or of what was in use if that is less.
    ///
    /// In one crowded moment many requests are refused. Only those that were sent after the last lowering say
    /// something new; the others change nothing.
    pub(super) fn lower(&mut self, share: f64, in_use: f64, sent: Instant, now: Instant) -> bool {
        if self.lowered.is_some_and(|lowered| sent <= lowered) {
            return false;
        }
        let value = self.value(now).min(in_use);
        self.value = (value * share).clamp(self.least, self.most);
        (self.at, self.lowered) = (now, Some(now));
        true
    }

    /// When it will have grown to this value; `None` if it never will.
    pub(super) fn reaches(&self, value: f64) -> Option<Instant> {
        if value > self.most {
            return None;
        }
        let missing = (value - self.value).max(0.0) / self.most;
        self.at.checked_add(self.recovery.mul_f64(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_falls_by_a_share_and_grows_back_in_time() {
        let mut limit = Limit::new(10.0, 0.5, MINUTE);
        let start = limit.at;
        assert_eq!(limit.value(start), 10.0);
        assert!(limit.lower(0.5, f64::INFINITY, start, start));
        assert_eq!(limit.value(start), 5.0);
        assert_eq!(limit.value(start + MINUTE / 4), 7.5);
        assert_eq!(limit.reaches(7.5), Some(start + MINUTE / 4));
        assert_eq!(limit.reaches(10.5), None);
        assert_eq!(limit.value(start + MINUTE / 2), 10.0);
        assert_eq!(limit.value(start + MINUTE), 10.0, "never above");
    }

    #[test]
    fn what_was_sent_before_the_last_fall_counts_no_more() {
        let mut limit = Limit::new(10.0, 0.5, MINUTE);
        let (start, later) = (limit.at, limit.at + Duration::from_secs(1));
        assert!(limit.lower(0.5, f64::INFINITY, start, later));
        for sent in [start, later] {
            assert!(!limit.lower(0.5, f64::INFINITY, sent, later));
        }
        assert_eq!(limit.value(later), 5.0);
    }

    #[test]
    fn it_falls_from_what_was_in_use() {
        let mut limit = Limit::new(600.0, 1.0, MINUTE);
        let now = limit.at;
        assert!(limit.lower(0.5, 100.0, now, now));
        assert_eq!(limit.value(now), 50.0);
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds_and_is_back_in_time(
            most in 0.01..10_000.0f64,
            falls in prop::collection::vec((0u64..100_000, 0u64..100_000), 0..50),
        ) {
            let mut limit = Limit::new(most, most / 20.0, MINUTE);
            let mut now = limit.at;
            for (pause, age) in falls {
                now += Duration::from_millis(pause);
                limit.lower(0.5, f64::INFINITY, now.checked_sub(Duration::from_millis(age)).unwrap_or(now), now);
                prop_assert!((most / 20.0..=most).contains(&limit.value(now)));
            }
            prop_assert!(limit.value(now + MINUTE.mul_f64(0.95)) >= 0.95 * most);
        }
    }
}
