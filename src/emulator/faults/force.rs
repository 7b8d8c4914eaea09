//! The rules in force: which requests they have matched, and whether they have changed anything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Fault, FaultRule};

/// The rules in force.
#[derive(Debug, Default)]
pub(in super::super) struct Faults {
    rules: Mutex<Vec<Arc<Rule>>>,
}

/// A rule, what it has matched so far, and whether it has changed anything.
#[derive(Debug)]
struct Rule {
    rule: FaultRule,
    matched: Mutex<Matched>,
    has_struck: AtomicBool,
}

#[derive(Debug)]
struct Matched {
    requests: u64,
    /// With a fixed seed, so that a run can be repeated.
    random: fastrand::Rng,
}

impl Rule {
    fn new(rule: FaultRule) -> Arc<Self> {
        let matched = Mutex::new(Matched { requests: 0, random: fastrand::Rng::with_seed(0) });
        Arc::new(Self { rule, matched, has_struck: AtomicBool::new(false) })
    }

    fn matched(&self) -> MutexGuard<'_, Matched> {
        self.matched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that matches. Whether it is struck.
    fn count(&self) -> bool {
        let Matched { requests, random } = &mut *self.matched();
        *requests += 1;
        self.rule.which.strikes(*requests, random)
    }

    /// Whether the next request that matches would be struck.
    fn is_next(&self) -> bool {
        let Matched { requests, random } = &*self.matched();
        self.rule.which.strikes(requests + 1, &mut random.clone())
    }

    fn took_effect(&self) {
        self.has_struck.store(true, Ordering::Relaxed);
    }
}

/// A fault that strikes a request, if there is something to strike.
#[derive(Clone, Debug)]
pub(in super::super) struct Struck(Arc<Rule>);

impl Struck {
    pub(in super::super) fn fault(&self) -> &Fault {
        &self.0.rule.fault
    }

    /// Notes that the fault changed something.
    pub(in super::super) fn took_effect(&self) {
        self.0.took_effect();
    }
}

impl Faults {
    pub(in super::super) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: Mutex::new(rules.into_iter().map(Rule::new).collect()) }
    }

    pub(in super::super) fn add(&self, rule: FaultRule) {
        self.lock().push(Rule::new(rule));
    }

    pub(in super::super) fn clear(&self) {
        self.lock().clear();
    }

    /// The faults that strike this request, which is counted for each rule that it matches.
    pub(in super::super) fn strike(&self, operation: &str, key: Option<&str>) -> Vec<Struck> {
        self.struck(false, operation, key)
    }

    /// The faults that strike a message on its way into this queue.
    pub(in super::super) fn strike_message(&self, operation: &str, queue: &str) -> Vec<Struck> {
        self.struck(true, operation, Some(queue))
    }

    fn struck(&self, message: bool, operation: &str, key: Option<&str>) -> Vec<Struck> {
        let rules = self.lock();
        let matching = rules
            .iter()
            .filter(|it| it.rule.fault.is_of_messages() == message && it.rule.matches(operation, key));
        matching.filter(|it| it.count()).map(|it| Struck(Arc::clone(it))).collect()
    }

    /// Whether the caller may not list objects as it is now, and so does not learn which of them are missing.
    pub(in super::super) fn deny_listing(&self) -> bool {
        let mut denied = false;
        for it in self.lock().iter() {
            let denies = it.rule.fault == Fault::AccessDenied && it.rule.matches("ListObjectsV2", None);
            if denies && it.is_next() {
                it.took_effect();
                denied = true;
            }
        }
        denied
    }

    /// What one listing leaves out.
    pub(in super::super) fn hiding(&self, operation: &'static str) -> Hiding {
        let rules = self.lock();
        let of_parts = rules.iter().filter(|it| matches!(it.rule.fault, Fault::MissingPart(_)));
        Hiding { operation, rules: of_parts.map(|it| (Arc::clone(it), None)).collect() }
    }

    /// The rules that have changed nothing.
    pub(in super::super) fn idle(&self) -> Vec<FaultRule> {
        let rules = self.lock();
        let idle = rules.iter().filter(|it| !it.has_struck.load(Ordering::Relaxed));
        idle.map(|it| it.rule.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Rule>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The missing parts of one listing.
pub(in super::super) struct Hiding {
    operation: &'static str,
    /// Each rule, and whether it strikes the listing, once it has matched a key of it: a listing counts once,
    /// however much it hides.
    rules: Vec<(Arc<Rule>, Option<bool>)>,
}

impl Hiding {
    /// Whether the listing leaves this object out.
    pub(in super::super) fn hides(&mut self, key: &str) -> bool {
        let mut hides = false;
        for (it, strikes) in &mut self.rules {
            if it.rule.matches(self.operation, Some(key)) && *strikes.get_or_insert_with(|| it.count()) {
                it.took_effect();
                hides = true;
            }
        }
        hides
    }
}
