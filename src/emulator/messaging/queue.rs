//! One queue, without a protocol: which messages are visible, which are in flight, and until when.
//!
//! Every step takes time in proportion to the logarithm of the number of messages.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// The longest time that a message can be in flight, counted from when it was received.
pub(super) const LONGEST_IN_FLIGHT: Duration = Duration::from_secs(43_200);

/// The most messages of a standard queue that can be in flight.
pub(super) const MOST_IN_FLIGHT: usize = 120_000;

/// The attributes of a queue that affect what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) visibility: Duration,
    pub(super) delay: Duration,
    pub(super) retention: Duration,
    pub(super) wait: Duration,
    /// The largest body, in bytes.
    pub(super) largest: usize,
    pub(super) redrive: Option<Redrive>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(30),
            delay: Duration::ZERO,
            retention: Duration::from_secs(4 * 24 * 60 * 60),
            wait: Duration::ZERO,
            largest: 1024 * 1024,
            redrive: None,
        }
    }
}

/// Where messages go when they were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redrive {
    /// The ARN of the dead-letter queue.
    pub(super) target: String,
    pub(super) max_receives: u32,
}

/// A message, wherever it is.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) id: Arc<str>,
    pub(super) body: Arc<str>,
    pub(super) sent: Instant,
    pub(super) first_received: Option<Instant>,
    pub(super) receives: u32,
    /// The ARN of the queue that gave it up.
    pub(super) gave_up: Option<Arc<str>>,
}

impl Message {
    pub(super) fn new(id: Arc<str>, body: Arc<str>, sent: Instant) -> Self {
        Self { id, body, sent, first_received: None, receives: 0, gave_up: None }
    }
}

/// Without the body.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, body, sent, first_received, receives, gave_up } = self;
        f.debug_struct("Message")
            .field("id", id)
            .field("body", &body.len())
            .field("sent", sent)
            .field("first_received", first_received)
            .field("receives", receives)
            .field("gave_up", gave_up)
            .finish()
    }
}

/// Which receipt of which message: the content of a receipt handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) message: u64,
    pub(super) number: u64,
}

/// Where a message joins those that wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Turn {
    Last,
    /// Anywhere: 0 is the front, 1 the end.
    At(f64),
}

/// Messages that one call took out of a queue.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) taken: Vec<(Receipt, Message)>,
    /// Those that had been received too often; they have left the queue.
    pub(super) dead: Vec<Message>,
}

/// Why the visibility of a message was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotChanged {
    /// The message is gone, or was received again since.
    Gone,
    /// Nobody holds the message any more: its time is over.
    NotInFlight,
    /// The message would be in flight for more than twelve hours.
    TooLong,
}

/// How many messages are in each state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) in_flight: usize,
    pub(super) delayed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ready,
    Delayed,
    InFlight,
}

/// When a message becomes visible, its order among those of the same instant, and its number.
type Rank = (Instant, u64, u64);

struct Stored {
    message: Message,
    place: Place,
    rank: Rank,
    /// The latest receipt; 0 if there was none.
    receipt: u64,
    received: Instant,
}

/// A standard queue.
pub(super) struct Queue {
    pub(super) settings: Settings,
    messages: HashMap<u64, Stored>,
    /// Those that can be received, the longest visible first.
    ready: BTreeSet<Rank>,
    delayed: BTreeSet<Rank>,
    in_flight: BTreeSet<Rank>,
    by_age: BTreeSet<(Instant, u64)>,
    sent: u64,
    receipts: u64,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("settings", &self.settings)
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            messages: HashMap::new(),
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            by_age: BTreeSet::new(),
            sent: 0,
            receipts: 0,
        }
    }

    /// Adds a message that becomes visible at `visible`. Whether it is before another message that can be received.
    pub(super) fn send(&mut self, message: Message, visible: Instant, turn: Turn, now: Instant) -> bool {
        self.advance(now);
        self.sent += 1;
        let number = self.sent;
        let rank = match (turn, self.ready.first()) {
            (Turn::At(fraction), Some((front, tie, _))) if visible <= now => {
                let span = visible.saturating_duration_since(*front);
                let tie = tie + ((number.saturating_sub(*tie)) as f64 * fraction) as u64;
                (later(*front, span.mul_f64(fraction.clamp(0.0, 1.0))), tie, number)
            }
            _ => (visible, number, number),
        };
        self.by_age.insert((message.sent, number));
        let place = if visible <= now { Place::Ready } else { Place::Delayed };
        self.set_of(place).insert(rank);
        self.messages.insert(number, Stored { message, place, rank, receipt: 0, received: now });
        place == Place::Ready && self.ready.last() != Some(&rank)
    }

    /// Takes out up to `most` messages, each invisible to others for `visibility`. If `gives_up`, those that were
    /// received as often as the redrive policy allows leave the queue.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        most: usize,
        visibility: Duration,
        gives_up: bool,
    ) -> Received {
        self.advance(now);
        let most_receives = self.settings.redrive.as_ref().filter(|_| gives_up).map(|to| to.max_receives);
        let mut received = Received::default();
        while received.taken.len() < most && self.in_flight.len() < MOST_IN_FLIGHT {
            let Some(&(_, _, number)) = self.ready.first() else { break };
            let times = self.messages.get(&number).map_or(0, |stored| stored.message.receives);
            if most_receives.is_some_and(|most| times >= most) {
                received.dead.extend(self.remove(number));
                continue;
            }
            self.receipts += 1;
            let receipt = self.receipts;
            self.place(number, Place::InFlight, later(now, visibility));
            let Some(stored) = self.messages.get_mut(&number) else { break };
            stored.received = now;
            stored.receipt = receipt;
            stored.message.receives = stored.message.receives.saturating_add(1);
            stored.message.first_received.get_or_insert(now);
            received.taken.push((Receipt { message: number, number: receipt }, stored.message.clone()));
        }
        received
    }

    /// Whether no more messages can be received until some are deleted or become visible.
    pub(super) fn is_over_limit(&mut self, now: Instant) -> bool {
        self.advance(now);
        self.in_flight.len() >= MOST_IN_FLIGHT
    }

    /// Deletes a message by its latest receipt. An older one does nothing.
    pub(super) fn delete(&mut self, receipt: Receipt) {
        if self.messages.get(&receipt.message).is_some_and(|stored| stored.receipt == receipt.number) {
            self.remove(receipt.message);
        }
    }

    /// Makes a message that is in flight visible after `timeout` from now.
    pub(super) fn change_visibility(
        &mut self,
        receipt: Receipt,
        timeout: Duration,
        now: Instant,
    ) -> Result<(), NotChanged> {
        self.advance(now);
        let stored = self.messages.get(&receipt.message).ok_or(NotChanged::Gone)?;
        if stored.receipt != receipt.number {
            return Err(NotChanged::Gone);
        }
        if stored.place != Place::InFlight {
            return Err(NotChanged::NotInFlight);
        }
        let visible = later(now, timeout);
        if visible > later(stored.received, LONGEST_IN_FLIGHT) {
            return Err(NotChanged::TooLong);
        }
        self.place(receipt.message, Place::InFlight, visible);
        self.advance(now);
        Ok(())
    }

    /// Deletes every message.
    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.ready.clear();
        self.delayed.clear();
        self.in_flight.clear();
        self.by_age.clear();
    }

    pub(super) fn counts(&mut self, now: Instant) -> Counts {
        self.advance(now);
        Counts { visible: self.ready.len(), in_flight: self.in_flight.len(), delayed: self.delayed.len() }
    }

    /// When the next message that is not visible now becomes so.
    pub(super) fn next_visible(&self) -> Option<Instant> {
        [self.delayed.first(), self.in_flight.first()].into_iter().flatten().map(|(at, ..)| *at).min()
    }

    /// Brings the queue up to the present: messages that waited long enough become visible, and those that are too old
    /// go.
    fn advance(&mut self, now: Instant) {
        while let Some(&(sent, number)) = self.by_age.first() {
            if later(sent, self.settings.retention) > now {
                break;
            }
            self.remove(number);
        }
        for place in [Place::Delayed, Place::InFlight] {
            while let Some(&(at, _, number)) = self.set_of(place).first() {
                if at > now {
                    break;
                }
                self.place(number, Place::Ready, at);
            }
        }
    }

    /// Moves a message from where it is.
    fn place(&mut self, number: u64, place: Place, visible: Instant) {
        let Some(stored) = self.messages.get_mut(&number) else { return };
        let (from, old, new) = (stored.place, stored.rank, (visible, number, number));
        (stored.place, stored.rank) = (place, new);
        self.set_of(from).remove(&old);
        self.set_of(place).insert(new);
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        let stored = self.messages.remove(&number)?;
        self.set_of(stored.place).remove(&stored.rank);
        self.by_age.remove(&(stored.message.sent, number));
        Some(stored.message)
    }

    fn set_of(&mut self, place: Place) -> &mut BTreeSet<Rank> {
        match place {
            Place::Ready => &mut self.ready,
            Place::Delayed => &mut self.delayed,
            Place::InFlight => &mut self.in_flight,
        }
    }
}

/// This much later, or the same instant if a clock cannot say that.
pub(super) fn later(at: Instant, by: Duration) -> Instant {
    at.checked_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests;
