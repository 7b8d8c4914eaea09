//! Faults by name, and where they strike.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Error;

/// Something that goes wrong, named after what a client sees of it.
///
/// A bare fault strikes every request that it fits; [`FaultRule`] narrows it down. Each has a name for command lines
/// (`throttle`, `wrong-key`, `latency=250ms`, `missing-part=2`), which [`FromStr`] reads and `Display` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes later by this much. Strikes every operation.
    Latency(Duration),
    /// `ThrottlingException` from Textract (HTTP 500), Comprehend and KMS (HTTP 400), `503 SlowDown` from S3.
    Throttle,
    /// `InternalServerError` from Textract, `InternalServerException` from Comprehend, `KMSInternalException` from KMS,
    /// `500 InternalError` from S3.
    InternalError,
    /// HTTP 503, `ServiceUnavailable`.
    ServiceUnavailable,
    /// The connection ends without an answer.
    ConnectionReset,
    /// Half of the body arrives, then the connection ends; `Content-Length` announced all of it. `GetObject` unless
    /// a rule names another operation.
    TruncatedBody,
    /// The body arrives in eight pieces, each after this wait. `GetObject` unless a rule names another operation.
    SlowBody(Duration),
    /// `AccessDeniedException` from Textract, Comprehend and KMS, `403 AccessDenied` from S3.
    AccessDenied,
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
    /// Textract knows the job no more: `InvalidJobIdException` from every `Get` operation.
    ExpiredJob,
}

/// The names of the faults, as [`Fault::from_str`] reads them.
const NAMES: &str = "latency=MS throttle internal-error service-unavailable connection-reset truncated-body \
                     slow-body=MS access-denied wrong-key not-encrypted missing-part=N extra-part duplicate-block \
                     expired-job";

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

    fn fits(&self, operation: &str) -> bool {
        match self {
            Self::TruncatedBody | Self::SlowBody(_) => operation == "GetObject",
            Self::WrongKey | Self::NotEncrypted => matches!(operation, "GetObject" | "HeadObject"),
            Self::MissingPart(_) => matches!(operation, "GetObject" | "HeadObject" | "ListObjectsV2"),
            Self::ExpiredJob => {
                operation.starts_with("GetDocument")
                    || operation.starts_with("GetExpense")
                    || operation.starts_with("GetLending")
            }
            Self::ExtraPart | Self::DuplicateBlock => operation.starts_with("Start"),
            _ => true,
        }
    }
}

impl Fault {
    /// Whether it can be put on this operation by name, too.
    fn fits_by_name(&self, operation: &str) -> bool {
        match self {
            // What alters the body of an answer does so of any.
            Self::TruncatedBody | Self::SlowBody(_) => true,
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
            Self::SlowBody(wait) => write!(f, "slow-body={}", wait.as_millis()),
            Self::AccessDenied => f.write_str("access-denied"),
            Self::WrongKey => f.write_str("wrong-key"),
            Self::NotEncrypted => f.write_str("not-encrypted"),
            Self::MissingPart(number) => write!(f, "missing-part={number}"),
            Self::ExtraPart => f.write_str("extra-part"),
            Self::DuplicateBlock => f.write_str("duplicate-block"),
            Self::ExpiredJob => f.write_str("expired-job"),
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
            "missing-part" => Self::MissingPart(value.and_then(|n| n.parse().ok()).ok_or_else(bad)?),
            _ if value.is_some() => return Err(bad()),
            "throttle" => Self::Throttle,
            "internal-error" => Self::InternalError,
            "service-unavailable" => Self::ServiceUnavailable,
            "connection-reset" => Self::ConnectionReset,
            "truncated-body" => Self::TruncatedBody,
            "access-denied" => Self::AccessDenied,
            "wrong-key" => Self::WrongKey,
            "not-encrypted" => Self::NotEncrypted,
            "extra-part" => Self::ExtraPart,
            "duplicate-block" => Self::DuplicateBlock,
            "expired-job" => Self::ExpiredJob,
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
/// As text: `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    fault: Fault,
    operation: Option<String>,
    key_suffix: Option<String>,
    skip: u64,
    times: Option<u64>,
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
        (self.skip, self.times) = (0, Some(n));
        self
    }

    /// Only the `n`th request that matches, counted from 1.
    pub fn nth(mut self, n: u64) -> Self {
        (self.skip, self.times) = (n.saturating_sub(1), Some(1));
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
        Self { fault, operation: None, key_suffix: None, skip: 0, times: None }
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
        match (self.skip, self.times) {
            (_, None) => Ok(()),
            (0, Some(times)) if times != 1 => write!(f, "*{times}"),
            (skip, Some(_)) => write!(f, "#{}", skip + 1),
        }
    }
}

impl FromStr for FaultRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::InvalidFault { text: text.to_owned(), names: NAMES };
        let (rest, count) = match text.rfind(['#', '*']) {
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
            Some((_, n)) => rule.times(n),
            None => rule,
        })
    }
}

/// The rules in force and how often each has matched.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Mutex<Vec<(FaultRule, u64)>>,
}

impl Faults {
    pub(super) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: Mutex::new(rules.into_iter().map(|rule| (rule, 0)).collect()) }
    }

    pub(super) fn add(&self, rule: FaultRule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push((rule, 0));
    }

    pub(super) fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The faults that strike this request; the request is counted against each rule that it matches.
    pub(super) fn strike(&self, operation: &str, key: Option<&str>) -> Vec<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = Vec::new();
        for (rule, seen) in rules.iter_mut().filter(|(rule, _)| rule.matches(operation, key)) {
            *seen += 1;
            if *seen > rule.skip && rule.times.is_none_or(|times| *seen <= rule.skip + times) {
                struck.push(rule.fault.clone());
            }
        }
        struck
    }

    /// Whether a listing leaves this object out. Not counted: one listing asks for many objects.
    pub(super) fn hides(&self, key: &str) -> bool {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().any(|(rule, _)| {
            matches!(rule.fault, Fault::MissingPart(_)) && rule.matches("ListObjectsV2", Some(key))
        })
    }
}
