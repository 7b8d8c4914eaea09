//! Faults by name, and where they strike.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Error;

/// Something that goes wrong, named after what a client sees of it.
///
/// A bare fault strikes every request that it fits; [`FaultRule`] narrows it down. Each has a name for command lines
/// (`throttle`, `wrong-key`, `latency=250ms`, `missing-part=2`), which [`FromStr`] reads and `Display` writes.
///
/// ```
/// use inkseal::emulator::{Fault, FaultRule};
///
/// let rule: FaultRule = Fault::WrongKey.on("GetObject").key("/3").times(1);
/// assert_eq!(rule.to_string().parse::<FaultRule>()?, rule);
/// assert_eq!("missing-part=2".parse::<Fault>()?, Fault::MissingPart(2));
/// # Ok::<(), inkseal::emulator::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes later by this much. Strikes every operation.
    Latency(Duration),
    /// `ThrottlingException` from Textract (HTTP 500), Comprehend and KMS (HTTP 400), `RequestThrottled` from SQS, `Throttled`
    /// from SNS, `503 SlowDown` from S3.
    Throttle,
    /// `InternalServerError` from Textract, `InternalServerException` from Comprehend, `KMSInternalException` from KMS,
    /// `InternalFailure` from SQS, `500 InternalError` from SNS and S3.
    InternalError,
    /// HTTP 503, `ServiceUnavailable`.
    ServiceUnavailable,
    /// The connection ends without an answer.
    ConnectionReset,
    /// Half of the body arrives, then the connection ends; `Content-Length` announced all of it. `GetObject` unless
    /// a rule names another operation.
    TruncatedBody,
    /// Half of the body arrives, and `Content-Length` announces no more, as of a proxy that broke an answer and mended the
    /// header. `GetObject` unless a rule names another operation.
    WrongLength,
    /// The body arrives in eight pieces, each after this wait. `GetObject` unless a rule names another operation.
    SlowBody(Duration),
    /// `AccessDeniedException` from Textract, Comprehend and KMS, `AuthorizationError` from SNS, `403 AccessDenied` from S3
    /// and SQS.
    AccessDenied,
    /// The caller's clock is wrong: `403 RequestTimeTooSkewed` from S3, `InvalidSignatureException` from the others,
    /// `SignatureDoesNotMatch` from SNS.
    ClockSkew,
    /// `GetObject` and `HeadObject` name another KMS key than the object was written under; `PutObject` too where a rule
    /// names it.
    WrongKey,
    /// `GetObject` and `HeadObject` say `AES256` (SSE-S3) where the object was written under a KMS key; `PutObject` too
    /// where a rule names it.
    NotEncrypted,
    /// The part of this number (from 1) is neither listed nor found.
    MissingPart(u32),
    /// The output holds one part more than the job wrote, a copy of the last.
    ExtraPart,
    /// The first part of the output holds its last block, or document, twice.
    DuplicateBlock,
    /// Textract knows the job no more: `InvalidJobIdException` from every `Get` operation; nor does Comprehend:
    /// `JobNotFoundException` from every `Describe` operation of its jobs.
    ExpiredJob,
    /// A message comes into its queue twice, with one message id. This and the other faults of messages strike each
    /// message on its way into a queue: of `SendMessage`, `SendMessageBatch`, `Publish`, and `Notification`, which is what
    /// a rule calls the end of a job. The key of a rule is the end of the queue's name.
    DuplicateMessage,
    /// A message does not come into its queue.
    LostMessage,
    /// A message can be received later by this much.
    LateMessage(Duration),
    /// A message takes any place among those that wait in its queue, not the last.
    OutOfOrderMessage,
}

/// The names of the faults, as [`Fault::from_str`] reads them.
const NAMES: &str = "latency=MS throttle internal-error service-unavailable connection-reset truncated-body \
                     wrong-length slow-body=MS access-denied clock-skew wrong-key not-encrypted missing-part=N extra-part duplicate-block \
                     expired-job duplicate-message lost-message late-message=MS out-of-order-message";

impl Fault {
    /// Narrows the fault to one operation, such as `GetObject` or `StartDocumentAnalysis`.
    pub fn on(self, operation: impl Into<String>) -> FaultRule {
        FaultRule::from(self).on(operation)
    }

    /// Narrows the fault to objects whose key ends in `suffix`, such as `/3` for the third part.
    pub fn key(self, suffix: impl Into<String>) -> FaultRule {
        FaultRule::from(self).key(suffix)
    }

    /// Narrows the fault to the first `n` requests that match.
    pub fn times(self, n: u64) -> FaultRule {
        FaultRule::from(self).times(n)
    }

    /// Narrows the fault to the `n`th request that matches, counted from 1.
    pub fn nth(self, n: u64) -> FaultRule {
        FaultRule::from(self).nth(n)
    }

    /// Narrows the fault to every `n`th request that matches.
    pub fn every(self, n: u64) -> FaultRule {
        FaultRule::from(self).every(n)
    }

    /// Narrows the fault to this share of the requests that match, in percent.
    pub fn percent(self, percent: u8) -> FaultRule {
        FaultRule::from(self).percent(percent)
    }

    fn fits(&self, operation: &str) -> bool {
        match self {
            Self::TruncatedBody | Self::WrongLength | Self::SlowBody(_) => operation == "GetObject",
            Self::WrongKey | Self::NotEncrypted => matches!(operation, "GetObject" | "HeadObject"),
            Self::MissingPart(_) => matches!(operation, "GetObject" | "HeadObject" | "ListObjectsV2"),
            Self::ExpiredJob => {
                operation.starts_with("GetDocument")
                    || operation.starts_with("GetExpense")
                    || operation.starts_with("GetLending")
                    || (operation.starts_with("Describe") && operation.ends_with("DetectionJob"))
                    || operation == "DescribeDocumentClassificationJob"
            }
            Self::ExtraPart | Self::DuplicateBlock => operation.starts_with("Start"),
            _ => true,
        }
    }

    /// Whether it strikes messages, and requests never.
    fn is_of_messages(&self) -> bool {
        matches!(
            self,
            Self::DuplicateMessage | Self::LostMessage | Self::LateMessage(_) | Self::OutOfOrderMessage
        )
    }
}

impl Fault {
    /// Whether it can be put on this operation by name, too.
    fn fits_by_name(&self, operation: &str) -> bool {
        match self {
            // What alters the body of an answer does so of any.
            Self::TruncatedBody | Self::WrongLength | Self::SlowBody(_) => true,
            Self::WrongKey | Self::NotEncrypted => operation == "PutObject",
            _ => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(wait) => write!(f, "latency={}", wait.as_millis()),
            Self::Throttle => f.write_str("throttle"),
            Self::InternalError => f.write_str("internal-error"),
            Self::ServiceUnavailable => f.write_str("service-unavailable"),
            Self::ConnectionReset => f.write_str("connection-reset"),
            Self::TruncatedBody => f.write_str("truncated-body"),
            Self::WrongLength => f.write_str("wrong-length"),
            Self::ClockSkew => f.write_str("clock-skew"),
            Self::SlowBody(wait) => write!(f, "slow-body={}", wait.as_millis()),
            Self::AccessDenied => f.write_str("access-denied"),
            Self::WrongKey => f.write_str("wrong-key"),
            Self::NotEncrypted => f.write_str("not-encrypted"),
            Self::MissingPart(number) => write!(f, "missing-part={number}"),
            Self::ExtraPart => f.write_str("extra-part"),
            Self::DuplicateBlock => f.write_str("duplicate-block"),
            Self::ExpiredJob => f.write_str("expired-job"),
            Self::DuplicateMessage => f.write_str("duplicate-message"),
            Self::LostMessage => f.write_str("lost-message"),
            Self::LateMessage(wait) => write!(f, "late-message={}", wait.as_millis()),
            Self::OutOfOrderMessage => f.write_str("out-of-order-message"),
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::InvalidFault { text: text.to_owned(), names: NAMES };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let wait = || {
            let value = value.ok_or_else(bad)?;
            let value = value.strip_suffix("ms").unwrap_or(value);
            value.parse().map(Duration::from_millis).map_err(|_| bad())
        };
        Ok(match name {
            "latency" => Self::Latency(wait()?),
            "slow-body" => Self::SlowBody(wait()?),
            "late-message" => Self::LateMessage(wait()?),
            "missing-part" => Self::MissingPart(value.and_then(|n| n.parse().ok()).ok_or_else(bad)?),
            _ if value.is_some() => return Err(bad()),
            "throttle" => Self::Throttle,
            "internal-error" => Self::InternalError,
            "service-unavailable" => Self::ServiceUnavailable,
            "connection-reset" => Self::ConnectionReset,
            "truncated-body" => Self::TruncatedBody,
            "wrong-length" => Self::WrongLength,
            "clock-skew" => Self::ClockSkew,
            "access-denied" => Self::AccessDenied,
            "wrong-key" => Self::WrongKey,
            "not-encrypted" => Self::NotEncrypted,
            "extra-part" => Self::ExtraPart,
            "duplicate-block" => Self::DuplicateBlock,
            "expired-job" => Self::ExpiredJob,
            "duplicate-message" => Self::DuplicateMessage,
            "lost-message" => Self::LostMessage,
            "out-of-order-message" => Self::OutOfOrderMessage,
            _ => return Err(bad()),
        })
    }
}

/// A fault and where it strikes: which operation, which object, which of the requests that match.
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
/// As text: `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT]`. Objects have keys; requests of SQS and SNS
/// have the name of the queue or topic for one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct FaultRule {
    fault: Fault,
    operation: Option<String>,
    key_suffix: Option<String>,
    which: Which,
}

/// Which of the requests that match are struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    First(u64),
    Nth(u64),
    Every(u64),
    Percent(u8),
}

impl Which {
    /// Whether this strikes the `seen`th request, counted from 1.
    fn strikes(self, seen: u64, random: &mut fastrand::Rng) -> bool {
        match self {
            Self::All => true,
            Self::First(times) => seen <= times,
            Self::Nth(nth) => seen == nth,
            Self::Every(n) => seen.is_multiple_of(n),
            Self::Percent(percent) => random.u8(..100) < percent,
        }
    }
}

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

    /// Only this share of the requests that match, 0 to 100 percent: by chance, but by the same in every run.
    pub fn percent(mut self, percent: u8) -> Self {
        self.which = Which::Percent(percent.min(100));
        self
    }

    fn matches(&self, operation: &str, key: Option<&str>) -> bool {
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
            write!(f, "@{operation}")?;
        }
        if let Some(suffix) = &self.key_suffix {
            write!(f, ":{suffix}")?;
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
        let (rest, count) = match text.rfind(['#', '*', '~', '%']) {
            Some(at) => {
                let number: u64 = text[at + 1..].parse().map_err(|_| bad())?;
                (&text[..at], Some((text.as_bytes()[at], number)))
            }
            None => (text, None),
        };
        let (rest, suffix) = match rest.split_once(':') {
            Some((rest, suffix)) => (rest, Some(suffix)),
            None => (rest, None),
        };
        let (fault, operation) = match rest.split_once('@') {
            Some((fault, operation)) => (fault, Some(operation)),
            None => (rest, None),
        };
        let mut rule = Self::from(fault.parse::<Fault>()?);
        rule.operation = operation.map(str::to_owned);
        rule.key_suffix = suffix.map(str::to_owned);
        Ok(match count {
            Some((b'#', n)) => rule.nth(n),
            Some((b'*', n)) => rule.times(n),
            Some((b'~', n)) => rule.every(n),
            Some((_, n)) => rule.percent(u8::try_from(n).ok().filter(|n| *n <= 100).ok_or_else(bad)?),
            None => rule,
        })
    }
}

/// The rules in force and how often each has matched.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Mutex<Vec<Rule>>,
}

#[derive(Debug)]
struct Rule {
    rule: FaultRule,
    seen: u64,
    has_struck: bool,
    /// Of one seed, so that a run can be repeated.
    random: fastrand::Rng,
}

impl From<FaultRule> for Rule {
    fn from(rule: FaultRule) -> Self {
        Self { rule, seen: 0, has_struck: false, random: fastrand::Rng::with_seed(0) }
    }
}

impl Faults {
    pub(super) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: Mutex::new(rules.into_iter().map(Rule::from).collect()) }
    }

    pub(super) fn add(&self, rule: FaultRule) {
        self.lock().push(rule.into());
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// The faults that strike this request; the request is counted against each rule that it matches.
    pub(super) fn strike(&self, operation: &str, key: Option<&str>) -> Vec<Fault> {
        self.struck(false, operation, key)
    }

    /// The faults that strike a message on its way into this queue.
    pub(super) fn strike_message(&self, operation: &str, queue: &str) -> Vec<Fault> {
        self.struck(true, operation, Some(queue))
    }

    fn struck(&self, message: bool, operation: &str, key: Option<&str>) -> Vec<Fault> {
        let mut struck = Vec::new();
        for Rule { rule, seen, has_struck, random } in self.lock().iter_mut() {
            if rule.fault.is_of_messages() != message || !rule.matches(operation, key) {
                continue;
            }
            *seen += 1;
            if rule.which.strikes(*seen, random) {
                *has_struck = true;
                struck.push(rule.fault.clone());
            }
        }
        struck
    }

    /// Whether a listing leaves this object out. Not counted: one listing asks for many objects.
    pub(super) fn hides(&self, key: &str) -> bool {
        self.lock().iter_mut().any(|Rule { rule, has_struck, .. }| {
            let is_hidden =
                matches!(rule.fault, Fault::MissingPart(_)) && rule.matches("ListObjectsV2", Some(key));
            *has_struck |= is_hidden;
            is_hidden
        })
    }

    /// The rules that have struck nothing.
    pub(super) fn idle(&self) -> Vec<FaultRule> {
        self.lock().iter().filter(|rule| !rule.has_struck).map(|rule| rule.rule.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
