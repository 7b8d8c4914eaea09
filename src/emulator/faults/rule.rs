//! Which requests a fault strikes.

use std::fmt;
use std::str::FromStr;

use super::super::messaging::NOTIFICATION;
use super::super::{Error, operations};
use super::{Fault, NAMES};

/// A fault and what it strikes: which operation, which object, which of the requests that match.
///
/// ```
/// use inkseal::emulator::{Fault, FaultRule};
///
/// let rule = Fault::Throttle.on("GetObject").key("/3").nth(2);
/// assert_eq!(rule.to_string(), "throttle@GetObject:/3#2");
/// assert_eq!("throttle@GetObject:/3#2".parse::<FaultRule>()?, rule);
/// # Ok::<(), inkseal::emulator::Error>(())
/// ```
///
/// As text: `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT]`. A backslash before `#`, `*`, `~`,
/// `%` or another backslash makes it part of the key suffix. Objects have keys; the key of a request to SQS or SNS is
/// the name of the queue or topic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct FaultRule {
    pub(super) fault: Fault,
    operation: Option<String>,
    key_suffix: Option<String>,
    pub(super) which: Which,
}

/// Which of the requests that match are struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    First(u64),
    Nth(u64),
    Every(u64),
    Percent(u8),
}

impl Which {
    /// Whether this strikes the `seen`th request, counted from 1.
    pub(super) fn strikes(self, seen: u64, random: &mut fastrand::Rng) -> bool {
        match self {
            Self::All => true,
            Self::First(times) => seen <= times,
            Self::Nth(nth) => seen == nth,
            Self::Every(n) => seen.is_multiple_of(n),
            Self::Percent(percent) => random.u8(..100) < percent,
        }
    }
}

/// The signs before a count, in the text of a rule.
const COUNTS: [char; 4] = ['#', '*', '~', '%'];

/// The signs that end the operation, in the text of a rule.
const AFTER_OPERATION: [char; 5] = [':', '#', '*', '~', '%'];

impl FaultRule {
    /// Only this operation, such as `GetObject` or `StartDocumentAnalysis`.
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Only objects whose key ends in `suffix`.
    pub fn key(mut self, suffix: impl Into<String>) -> Self {
        self.key_suffix = Some(suffix.into());
        self
    }

    /// Only the first `n` requests that match.
    pub fn times(mut self, n: u64) -> Self {
        self.which = Which::First(n);
        self
    }

    /// Only the `n`th request that matches, counted from 1.
    pub fn nth(mut self, n: u64) -> Self {
        self.which = Which::Nth(n.max(1));
        self
    }

    /// Only every `n`th request that matches: the `n`th, twice the `n`th, and so on.
    pub fn every(mut self, n: u64) -> Self {
        self.which = Which::Every(n.max(1));
        self
    }

    /// Only this share of the requests that match, 0 to 100 percent: at random, but in the same way in every run.
    pub fn percent(mut self, percent: u8) -> Self {
        self.which = Which::Percent(percent.min(100));
        self
    }

    /// Refuses an operation that nothing is ever asked of.
    pub(in super::super) fn check(&self) -> Result<(), Error> {
        let is_known = |operation: &str| {
            operations::is_known(operation) || (self.fault.is_of_messages() && operation == NOTIFICATION)
        };
        match &self.operation {
            Some(operation) if !is_known(operation) => {
                Err(Error::UnknownOperation { operation: operation.clone() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn matches(&self, operation: &str, key: Option<&str>) -> bool {
        let operation_fits = match &self.operation {
            Some(only) => {
                only == operation && (self.fault.fits(operation) || self.fault.fits_by_name(operation))
            }
            None => self.fault.fits(operation),
        };
        let part_fits = match self.fault {
            Fault::MissingPart(number) => key
                .is_some_and(|key| key.rsplit_once('/').is_some_and(|(_, last)| last == number.to_string())),
            _ => true,
        };
        let suffix_fits = match &self.key_suffix {
            Some(suffix) => key.is_some_and(|key| key.ends_with(suffix.as_str())),
            None => true,
        };
        operation_fits && part_fits && suffix_fits
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self { fault, operation: None, key_suffix: None, which: Which::All }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault)?;
        if let Some(operation) = &self.operation {
            write!(f, "@{}", escaped(operation, &AFTER_OPERATION))?;
        }
        if let Some(suffix) = &self.key_suffix {
            write!(f, ":{}", escaped(suffix, &COUNTS))?;
        }
        match self.which {
            Which::All => Ok(()),
            Which::First(times) => write!(f, "*{times}"),
            Which::Nth(n) => write!(f, "#{n}"),
            Which::Every(n) => write!(f, "~{n}"),
            Which::Percent(percent) => write!(f, "%{percent}"),
        }
    }
}

impl FromStr for FaultRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::InvalidFault { text: text.to_owned(), names: NAMES };
        let (rest, count) = match places(text, &COUNTS).last() {
            Some(&at) => {
                let number: u64 = text[at + 1..].parse().map_err(|_| bad())?;
                (&text[..at], Some((text.as_bytes()[at], number)))
            }
            None => (text, None),
        };
        let (rest, suffix) = match places(rest, &[':']).first() {
            Some(&at) => (&rest[..at], Some(unescaped(&rest[at + 1..]).ok_or_else(bad)?)),
            None => (rest, None),
        };
        let (fault, operation) = match rest.split_once('@') {
            Some((fault, operation)) => (fault, Some(unescaped(operation).ok_or_else(bad)?)),
            None => (rest, None),
        };
        let mut rule = Self::from(fault.parse::<Fault>()?);
        (rule.operation, rule.key_suffix) = (operation, suffix);
        Ok(match count {
            Some((b'#', n)) => rule.nth(n),
            Some((b'*', n)) => rule.times(n),
            Some((b'~', n)) => rule.every(n),
            Some((_, n)) => rule.percent(u8::try_from(n).ok().filter(|n| *n <= 100).ok_or_else(bad)?),
            None => rule,
        })
    }
}

/// A text with a backslash before these signs, and before its own backslashes.
fn escaped(text: &str, signs: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\\' || signs.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text without the backslashes of [`escaped`]; none if a backslash is before anything else.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => chars.next().filter(|next| *next == '\\' || AFTER_OPERATION.contains(next))?,
            _ => c,
        });
    }
    Some(out)
}

/// Where these signs are in a text, except after a backslash.
fn places(text: &str, signs: &[char]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if !is_escaped && signs.contains(&c) {
            places.push(at);
        }
        is_escaped = !is_escaped && c == '\\';
    }
    places
}
