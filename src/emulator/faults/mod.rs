//! Faults by name.

mod force;
mod rule;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use self::rule::FaultRule;

pub(super) use self::force::{Faults, Struck};

use super::jobs::Family;
use super::{Error, comprehend_jobs};

/// Something that goes wrong, named after what a client sees of it.
///
/// A bare fault strikes every request that it fits; [`FaultRule`] narrows it down. Each has a name for command lines
/// (`throttle`, `wrong-key`, `latency=250ms`, `missing-part=2`), which [`FromStr`] reads and `Display` writes, with
/// times in whole milliseconds.
///
/// A fault needs something to strike, which its documentation names. A request that matches and has nothing to strike
/// is answered as usual: it counts for [`FaultRule::times`] and its siblings, but the fault stays one of
/// [`Emulator::idle_faults`](super::Emulator::idle_faults).
///
/// # Several faults on one call
///
/// - `Latency` comes before everything else. Several of them add up, as do several of `SlowBody` and of `LateMessage`.
/// - `ConnectionReset` comes before all faults that answer or change something.
/// - Of `Throttle`, `LimitExceeded`, `InternalError`, `ServiceUnavailable`, `AccessDenied` and `ClockSkew` the first in
///   this order refuses the call, before the service checks anything itself. A call that is refused so is not carried
///   out, and `LostAnswer` does not strike it.
/// - `NotEncrypted` comes before `WrongKey`.
/// - `WrongLength` halves a body before `TruncatedBody` does, and `SlowBody` sends what is left.
/// - `LostMessage` comes before the other faults of messages.
///
/// A fault that another one leaves nothing to strike stays idle, too.
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
    /// The answer comes later by this time, which must not be zero. Strikes every operation.
    Latency(Duration),
    /// `ThrottlingException` from Textract (HTTP 500), Comprehend and KMS (HTTP 400), `RequestThrottled` from SQS,
    /// `Throttled` from SNS, `503 SlowDown` from S3.
    Throttle,
    /// Too many jobs: `LimitExceededException` from the operations that start Textract's jobs,
    /// `TooManyRequestsException` from those that start Comprehend's, `ResourceLimitExceededException` from those that
    /// train its models (all HTTP 400). Strikes no other operation.
    LimitExceeded,
    /// `InternalServerError` from Textract, `InternalServerException` from Comprehend, `KMSInternalException` from KMS,
    /// `InternalFailure` from SQS, `500 InternalError` from SNS and S3.
    InternalError,
    /// HTTP 503, `ServiceUnavailable`.
    ServiceUnavailable,
    /// The connection ends without an answer, and the operation is not carried out.
    ConnectionReset,
    /// The operation is carried out, then the connection ends before any byte of the answer. Needs a call that no other
    /// fault refuses; the answer that is lost may be an error of the service's own.
    LostAnswer,
    /// Half of the body arrives, then the connection ends; `Content-Length` announced all of it. Strikes `GetObject`,
    /// or any operation that a rule names. Needs an answer with a body: those of `HEAD` requests (`HeadObject`,
    /// `HeadBucket`) and of `PutObject`, `DeleteObject` and `DeleteMessage`, for example, have none.
    TruncatedBody,
    /// Half of the body arrives, and `Content-Length` announces no more, as from a proxy that broke an answer and
    /// corrected the header. Strikes `GetObject`, or any operation that a rule names. Needs an answer with a body, as
    /// [`TruncatedBody`](Self::TruncatedBody) does.
    WrongLength,
    /// The body arrives in eight pieces, each after this time, which must not be zero. Strikes `GetObject`, or any
    /// operation that a rule names. Needs an answer with a body, as [`TruncatedBody`](Self::TruncatedBody) does.
    SlowBody(Duration),
    /// `AccessDeniedException` from Textract, Comprehend and KMS, `AuthorizationError` from SNS, `403 AccessDenied`
    /// from S3 and SQS. If it would strike the next `ListObjectsV2`, S3 answers requests for an object that does not
    /// exist with `403 AccessDenied`, too, as it does for [`EmulatorBuilder::deny`](super::EmulatorBuilder::deny).
    AccessDenied,
    /// The caller's clock is wrong: `403 RequestTimeTooSkewed` from S3, `InvalidSignatureException` from the others,
    /// `SignatureDoesNotMatch` from SNS.
    ClockSkew,
    /// `GetObject` and `HeadObject` name another KMS key than the object is encrypted under; `PutObject` does, too, if
    /// a rule names it. Needs an object under a KMS key.
    WrongKey,
    /// `GetObject` and `HeadObject` say `AES256` (SSE-S3) of an object that is encrypted under a KMS key; `PutObject`
    /// does, too, if a rule names it. Needs an object under a KMS key.
    NotEncrypted,
    /// The part of this number (from 1) is neither listed nor found: `GetObject`, `HeadObject`, `ListObjectsV2` and
    /// `ListObjects`. Needs such an object. A listing counts as one request, and only if it would list such a part.
    MissingPart(u32),
    /// The output holds one part more than the job wrote, a copy of the last. Strikes the operations that start
    /// Textract's jobs; needs a job that writes its results to a bucket, and takes effect when it does.
    ExtraPart,
    /// The first part of the output holds its last block, document or result twice. Strikes the operations that start
    /// Textract's jobs; needs a job that writes at least one of them to a bucket, and takes effect when it does.
    DuplicateBlock,
    /// Textract no longer knows the job: `InvalidJobIdException` from every `Get` operation; nor does Comprehend:
    /// `JobNotFoundException` from every `Describe` operation of its jobs. Needs a job that is known otherwise.
    ExpiredJob,
    /// A message enters its queue twice, with one message id. This and the other faults of messages strike each message
    /// on its way into a queue: of `SendMessage`, `SendMessageBatch`, `Publish`, and `Notification`, which is what a
    /// rule calls the end of a job. The key of a rule is the end of the queue's name.
    DuplicateMessage,
    /// A message does not enter its queue.
    LostMessage,
    /// A message can be received later by this time, which must not be zero.
    LateMessage(Duration),
    /// A message takes any place among those that wait in its queue, not the last. Needs a place before another
    /// message, which is chosen at random (in the same way in every run).
    OutOfOrderMessage,
}

/// The names of the faults, as [`Fault::from_str`] reads them.
const NAMES: &str = "latency=MS throttle limit-exceeded internal-error service-unavailable connection-reset lost-answer truncated-body \
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
            Self::LimitExceeded => {
                Family::started_by(operation).is_some() || comprehend_jobs::starts_a_job(operation)
            }
            Self::TruncatedBody | Self::WrongLength | Self::SlowBody(_) => operation == "GetObject",
            Self::WrongKey | Self::NotEncrypted => matches!(operation, "GetObject" | "HeadObject"),
            Self::MissingPart(_) => {
                matches!(operation, "GetObject" | "HeadObject" | "ListObjectsV2" | "ListObjects")
            }
            Self::ExpiredJob => {
                operation.starts_with("GetDocument")
                    || operation.starts_with("GetExpense")
                    || operation.starts_with("GetLending")
                    || (operation.starts_with("Describe") && operation.ends_with("DetectionJob"))
                    || operation == "DescribeDocumentClassificationJob"
            }
            Self::ExtraPart | Self::DuplicateBlock => Family::started_by(operation).is_some(),
            _ => true,
        }
    }

    /// Whether it strikes messages, and never requests.
    fn is_of_messages(&self) -> bool {
        matches!(
            self,
            Self::DuplicateMessage | Self::LostMessage | Self::LateMessage(_) | Self::OutOfOrderMessage
        )
    }

    /// Whether it also fits this operation if a rule names it.
    fn fits_by_name(&self, operation: &str) -> bool {
        match self {
            // What changes the body of one answer can change that of any.
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
            Self::LimitExceeded => f.write_str("limit-exceeded"),
            Self::InternalError => f.write_str("internal-error"),
            Self::ServiceUnavailable => f.write_str("service-unavailable"),
            Self::ConnectionReset => f.write_str("connection-reset"),
            Self::LostAnswer => f.write_str("lost-answer"),
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
            "limit-exceeded" => Self::LimitExceeded,
            "internal-error" => Self::InternalError,
            "service-unavailable" => Self::ServiceUnavailable,
            "connection-reset" => Self::ConnectionReset,
            "lost-answer" => Self::LostAnswer,
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
