//! Pauses that grow and scatter.

use std::time::Duration;

/// How many times in a row the body of an answer may break off.
pub(crate) const ATTEMPTS_AT_BODIES: u32 = 4;

/// What a shorter pause counts as when the next is drawn, so that pauses grow from zero too.
const FLOOR: Duration = Duration::from_millis(100);

/// Decorrelated jitter, as in the AWS Architecture Blog's *Exponential Backoff And Jitter*: each pause is drawn between
/// the shortest and three times the one before, which counts as 100 ms at least.
#[derive(Debug)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
    last: Duration,
}

impl Backoff {
    pub(crate) fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, last: shortest }
    }

    /// Between two attempts at the body of an answer, which the SDK does not retry.
    pub(crate) fn of_bodies() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(5))
    }

    /// Between two attempts to receive messages.
    #[cfg(feature = "sqs")]
    pub(crate) fn of_receiving() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(30))
    }

    pub(crate) fn pause(&mut self) -> Duration {
        let most = self.last.max(FLOOR).saturating_mul(3).min(self.longest).max(self.shortest);
        let spread = most.saturating_sub(self.shortest);
        self.last = self.shortest + spread.mul_f64(fastrand::f64());
        self.last
    }
}

/// Full jitter, as in the same article: a pause between zero and `shortest` doubled once for every time before this one, up
/// to `longest`.
pub(crate) fn full_jitter(times_before: u32, shortest: Duration, longest: Duration) -> Duration {
    let doubled = 1u32.checked_shl(times_before).unwrap_or(u32::MAX);
    shortest.saturating_mul(doubled).min(longest).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_between_the_shortest_and_the_longest() {
        let (shortest, longest) = (Duration::from_secs(1), Duration::from_secs(30));
        let mut backoff = Backoff::new(shortest, longest);
        let pauses: Vec<_> = (0..1000).map(|_| backoff.pause()).collect();
        assert!(pauses.iter().all(|pause| (shortest..=longest).contains(pause)));
        assert!(pauses[0] <= 3 * shortest);
        assert!(pauses.iter().max() > Some(&Duration::from_secs(10)), "they grow");
    }

    #[test]
    fn full_jitter_doubles_up_to_the_longest() {
        let (second, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        for (times, most) in [(0, 1), (1, 2), (5, 32), (6, 60), (31, 60), (u32::MAX, 60)] {
            let most = Duration::from_secs(most);
            let pauses: Vec<_> = (0..1000).map(|_| full_jitter(times, second, longest)).collect();
            assert!(pauses.iter().all(|pause| *pause <= most));
            assert!(pauses.iter().any(|pause| *pause > most / 2) && pauses.iter().any(|p| *p < most / 2));
        }
        let longest = (0..1000).map(|_| full_jitter(40, Duration::MAX, Duration::MAX)).max();
        assert!(longest > Some(Duration::MAX / 2));
    }

    #[test]
    fn pauses_grow_from_zero() {
        let longest = Duration::from_secs(30);
        let mut backoff = Backoff::new(Duration::ZERO, longest);
        let pauses: Vec<_> = (0..1000).map(|_| backoff.pause()).collect();
        assert!(pauses[0] <= 3 * FLOOR);
        assert!(pauses.iter().max() > Some(&(longest / 3)), "{:?}", pauses.iter().max());
        assert!(pauses.iter().max() <= Some(&longest));
    }

    #[test]
    fn extremes_do_not_overflow() {
        // Long enough to come near the end of the range, where three times the last pause is beyond it.
        let mut backoff = Backoff::new(Duration::ZERO, Duration::MAX);
        let longest = (0..10_000).map(|_| backoff.pause()).max();
        assert!(longest > Some(Duration::MAX / 3), "{longest:?}");
        let long = Duration::from_secs(1 << 62);
        let mut backoff = Backoff::new(long, long);
        assert_eq!((backoff.pause(), backoff.pause()), (long, long));
        let mut backoff = Backoff::new(long, Duration::MAX);
        assert!((0..1000).all(|_| backoff.pause() >= long));
    }
}
