//! SNS and SQS: queues and topics, and how messages get from a topic to its queues.

mod attributes;
mod completion;
mod input;
mod messages;
mod queue;
mod receipt;
mod setup;
mod sns;
mod sqs;
mod topic;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::Instant;

pub use self::setup::{Delivery, EmulatedQueue, QueueCounts};

pub(super) use self::completion::NOTIFICATION;
pub(super) use self::setup::Setup;
pub(super) use self::sns::{is_query, query_reply};
pub(super) use self::sqs::wire_code;

use self::queue::{Message, Queue, Received, Settings, Turn, later};
use self::topic::{Subscription, Topic};
use super::Inner;
use super::faults::{Fault, Faults};
use super::regions::partition;

/// The services that send and keep messages.
pub(super) struct Messaging {
    account: String,
    state: Mutex<State>,
    /// An instant of tokio's clock, and the wall clock's time at that instant in milliseconds since 1970.
    epoch: OnceLock<(Instant, u64)>,
}

/// The queues and topics, by their ARNs.
pub(super) struct State {
    queues: BTreeMap<String, Held>,
    topics: BTreeMap<String, Topic>,
    /// When queues were deleted; for a minute no other queue can have their names.
    deleted: HashMap<String, Instant>,
    /// How many queues there have been.
    serial: u64,
    random: fastrand::Rng,
}

/// A queue, and what the service keeps with it.
struct Held {
    queue: Queue,
    name: String,
    /// Distinguishes queues that have had the same name one after the other.
    serial: u64,
    created: Instant,
    modified: Instant,
    purged: Option<Instant>,
    /// Attributes that the emulator keeps without acting on them.
    kept: BTreeMap<String, String>,
    door: Arc<Door>,
}

/// Where receivers wait for messages.
#[derive(Debug, Default)]
struct Door {
    /// Held by the one receiver that watches the clock, so that a message wakes one receiver instead of all. It is
    /// fair.
    turn: tokio::sync::Mutex<()>,
    news: Notify,
}

impl fmt::Debug for Messaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        write!(f, "Messaging({} queues, {} topics)", state.queues.len(), state.topics.len())
    }
}

impl Messaging {
    pub(super) fn new(account: &str) -> Self {
        let state = State {
            queues: BTreeMap::new(),
            topics: BTreeMap::new(),
            deleted: HashMap::new(),
            serial: 0,
            // With a fixed seed, so that a run can be repeated.
            random: fastrand::Rng::with_seed(0),
        };
        Self { account: account.to_owned(), state: Mutex::new(state), epoch: OnceLock::new() }
    }

    /// Nothing is locked under this except the faults.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue_arn(&self, region: &str, name: &str) -> String {
        format!("arn:{}:sqs:{region}:{}:{name}", partition(region), self.account)
    }

    fn topic_arn(&self, region: &str, name: &str) -> String {
        format!("arn:{}:sns:{region}:{}:{name}", partition(region), self.account)
    }

    /// The wall clock's time at this instant, in milliseconds since 1970. It advances with tokio's clock.
    fn millis(&self, at: Instant) -> u64 {
        let (instant, millis) = self.epoch.get_or_init(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (Instant::now(), whole_millis(since))
        });
        let after = whole_millis(at.saturating_duration_since(*instant));
        let before = whole_millis(instant.saturating_duration_since(at));
        millis.saturating_add(after).saturating_sub(before)
    }

    pub(super) fn knows_topic(&self, arn: &str) -> bool {
        self.lock().topics.contains_key(arn)
    }

    /// Makes every receiver that waits check the clock again.
    pub(super) fn wake_all(&self) {
        for held in self.lock().queues.values() {
            held.door.news.notify_one();
        }
    }

    pub(super) fn counts(&self, region: &str, name: &str) -> Option<QueueCounts> {
        let (arn, now) = (self.queue_arn(region, name), Instant::now());
        let mut state = self.lock();
        let queue = &mut state.queues.get_mut(&arn)?.queue;
        let counts = queue.counts(now);
        let target = queue.settings.redrive.as_ref().map(|redrive| redrive.target.clone());
        let dead = target.and_then(|target| state.queues.get_mut(&target));
        let dead = dead.map_or(0, |held| {
            let counts = held.queue.counts(now);
            counts.visible.saturating_add(counts.in_flight).saturating_add(counts.delayed)
        });
        let queue::Counts { visible, in_flight, delayed } = counts;
        Some(QueueCounts { visible, in_flight, delayed, dead })
    }

    pub(super) fn queue_path(&self, region: &str, name: &str) -> Option<String> {
        let held = self.lock().queues.contains_key(&self.queue_arn(region, name));
        held.then(|| format!("/{}/{name}", self.account))
    }
}

impl State {
    fn add_queue(&mut self, arn: String, name: &str, settings: Settings, now: Instant) -> &mut Held {
        self.serial += 1;
        let (queue, serial, door) = (Queue::new(settings), self.serial, Arc::default());
        let (created, modified, purged) = (now, now, None);
        let kept = BTreeMap::new();
        self.queues.entry(arn).or_insert(Held {
            queue,
            name: name.to_owned(),
            serial,
            created,
            modified,
            purged,
            kept,
            door,
        })
    }

    /// Puts a message into a queue, as often and as late as the faults of this operation say. If there is no such
    /// queue, the message is lost.
    fn deliver(&mut self, faults: &Faults, operation: &str, queue: &str, message: Message, visible: Instant) {
        let Some(held) = self.queues.get_mut(queue) else { return };
        let struck = faults.strike_message(operation, &held.name);
        let lost = struck.iter().filter(|struck| *struck.fault() == Fault::LostMessage);
        if lost.inspect(|struck| struck.took_effect()).count() > 0 {
            return;
        }
        let (mut copies, mut visible, mut turn) = (1_u32, visible, Turn::Last);
        for struck in &struck {
            match struck.fault() {
                Fault::DuplicateMessage => {
                    copies = copies.saturating_add(1);
                    struck.took_effect();
                }
                Fault::LateMessage(by) if !by.is_zero() => {
                    visible = later(visible, *by);
                    struck.took_effect();
                }
                Fault::OutOfOrderMessage => turn = Turn::At(self.random.f64()),
                _ => {}
            }
        }
        let mut overtakes = false;
        for _ in 0..copies {
            overtakes |= held.queue.send(message.clone(), visible, turn, Instant::now());
        }
        let out_of_order = struck.iter().filter(|struck| *struck.fault() == Fault::OutOfOrderMessage);
        out_of_order.filter(|_| overtakes).for_each(|struck| struck.took_effect());
        held.door.news.notify_one();
    }

    /// Takes messages out of a queue. Those that were received too often go to its dead-letter queue.
    fn take(
        &mut self,
        arn: &str,
        now: Instant,
        most: usize,
        visibility: Option<Duration>,
    ) -> Option<Received> {
        let target = self.queues.get(arn)?.queue.settings.redrive.as_ref().map(|to| to.target.clone());
        let target = target.filter(|target| self.queues.contains_key(target));
        let queue = &mut self.queues.get_mut(arn)?.queue;
        let visibility = visibility.unwrap_or(queue.settings.visibility);
        let mut received = queue.receive(now, most, visibility, target.is_some());
        if let Some(held) = target.and_then(|target| self.queues.get_mut(&target)) {
            for mut message in received.dead.drain(..) {
                message.gave_up = Some(arn.into());
                message.receives = 0;
                message.first_received = None;
                held.queue.send(message, now, Turn::Last, now);
                held.door.news.notify_one();
            }
        }
        Some(received)
    }

    fn subscriptions(&self, topic: &str) -> Option<&[Subscription]> {
        self.topics.get(topic).map(|topic| topic.subscriptions.as_slice())
    }
}

impl Inner {
    /// Catches up with what happens by itself: jobs that have ended write their output, then publish their
    /// notification.
    pub(super) fn settle(&self) {
        self.jobs.settle(&self.store, self.blocks_per_part, |job| self.announce(job));
        self.comprehend_jobs.settle(&self.store);
    }
}

/// A new message id, which has the form of a version 4 UUID.
fn message_id() -> String {
    let [high, low] = [fastrand::u64(..), fastrand::u64(..)];
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
