//! What failed, at which stage, and what AWS said about it.
//!
//! One [`Error`] for the whole crate. It carries names, codes and request ids, and never a response body or a word of a
//! document: the SDK's own errors keep the raw response, so none of them is kept as a source.

mod sdk;

use std::error::Error as StdError;
use std::fmt;

pub(crate) use self::sdk::is_code;
use crate::block::InvalidPageSize;
use crate::clients::Refusal;
use crate::job::UnknownFeature;
use crate::part::ParseError;
use crate::resource::{InvalidName, Misplaced};

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
///
/// [`kind`](Self::kind) says what to do about it, [`stage`](Self::stage) where it happened.
///
/// `Display` and `Debug` never hold document text. Both include the key of the S3 object concerned, which can be personal
/// data if objects are named after people: log errors only where such keys may go.
///
/// ```
/// use inkseal::resource::Bucket;
///
/// let error = inkseal::Error::from("Not A Bucket".parse::<Bucket>().unwrap_err());
/// assert_eq!(error.kind(), inkseal::ErrorKind::InvalidInput);
/// assert!(!error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    stage: Stage,
    message: String,
    operation: Option<&'static str>,
    code: Option<String>,
    request_id: Option<String>,
    object: Option<String>,
    retryable: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of a failure, which is what a caller decides by. `Display` writes [its name](Self::as_str).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name, limit or combination that AWS would refuse, found before anything was sent. Correct the configuration.
    InvalidInput,
    /// The transport policy refused the request; nothing was sent. See [`TransportPolicy`](crate::TransportPolicy).
    InsecureTransport,
    /// The KMS key cannot seal the output: it does not exist, is AWS-managed, disabled, pending deletion or asymmetric, or the
    /// service refused it.
    UnusableKey,
    /// An output object is not encrypted as the job demanded. None of it was parsed; treat it as an incident.
    NotSealed,
    /// The caller may not do this. Compare the permissions with the operation that the error names.
    AccessDenied,
    /// Too many requests, concurrent jobs or human loops, even after the SDK's retries. Wait and try again.
    Throttled,
    /// The input object, the output, the bucket or the job does not exist (results expire after seven days).
    NotFound,
    /// Textract cannot read this document: its format, its size, or its content. At the stage
    /// [`Configure`](Stage::Configure) it was not sent; see [`Input`](crate::synchronous::Input).
    UnsupportedDocument,
    /// The client request token was used before with a different input. Use a salt or another token.
    TokenReused,
    /// An object of this name already exists. It was left as it is; see [`SealedStore`](crate::SealedStore).
    AlreadyExists,
    /// The job itself failed. The error carries Textract's status message. Starting the same work again gives the same
    /// failed job for seven days, unless it is salted: see [`Idempotency`](crate::Idempotency).
    JobFailed,
    /// The job was stopped before its end, by this program or another.
    JobStopped,
    /// The job was still running at the deadline of the wait. It can be waited for again.
    DeadlineExceeded,
    /// Output is missing: a gap in the numbering of the parts, no part at all, or pages that never came.
    Incomplete,
    /// The content is not a valid response: broken JSON, or blocks that break the order pages rely on.
    Malformed,
    /// A detector of personal data failed, or its result makes no sense. None of the affected pages was released.
    DetectorFailed,
    /// Text that was detected as personal data was still present in the redacted result, which was therefore not released.
    Leak,
    /// The deployment does not pass the checks, or could not be checked. Nothing was started; the source names the controls.
    NotClean,
    /// The application's own code failed; see [`Error::application`].
    Application,
    /// The connection failed, the answer did not come in time, or it could not be read. Trying again can help.
    Transport,
    /// The service failed, or answered with an error that this crate does not know.
    Service,
}

/// The one list of the kinds by name. Without a wildcard: a new kind does not compile until it is listed.
macro_rules! names {
    ($($kind:ident,)+) => {
        impl ErrorKind {
            /// The name of the kind, such as `AccessDenied`: that of the variant. It is stable, so it can be stored and compared.
            ///
            /// ```
            /// use inkseal::ErrorKind;
            ///
            /// assert_eq!(ErrorKind::AccessDenied.as_str(), "AccessDenied");
            /// assert_eq!(ErrorKind::AccessDenied.to_string(), "AccessDenied");
            /// ```
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)+
                }
            }

            /// The kind of this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($kind) => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// Every kind.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)+];
        }
    };
}

names! {
    InvalidInput,
    InsecureTransport,
    UnusableKey,
    NotSealed,
    AccessDenied,
    Throttled,
    NotFound,
    UnsupportedDocument,
    TokenReused,
    AlreadyExists,
    JobFailed,
    JobStopped,
    DeadlineExceeded,
    Incomplete,
    Malformed,
    DetectorFailed,
    Leak,
    NotClean,
    Application,
    Transport,
    Service,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The stage of a job or a call at which an error happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Names, clients, documents, and the builder of a job or call.
    Configure,
    /// Checking the KMS key.
    CheckKey,
    /// Starting the job.
    Start,
    /// Calling a synchronous operation, whose answer is the result.
    Call,
    /// Waiting for its end.
    Wait,
    /// Listing the parts of its output.
    List,
    /// Reading a part, or a page of a Get operation.
    Fetch,
    /// Checking what a part is encrypted with.
    Verify,
    /// Reading the JSON of a part.
    Parse,
    /// Putting blocks together into pages, and the account at the end of a stream.
    Assemble,
    /// Detecting and redacting personal data.
    Redact,
    /// Writing objects to the bucket, and checking whether they exist.
    Store,
    /// Checking the deployment against the security pillar.
    Posture,
    /// The application's own work on what it is given.
    Application,
}

impl Stage {
    fn doing(self) -> &'static str {
        match self {
            Self::Configure => "configuring",
            Self::CheckKey => "checking the KMS key",
            Self::Start => "starting the job",
            Self::Call => "calling Textract",
            Self::Wait => "waiting for the job",
            Self::List => "listing objects",
            Self::Fetch => "fetching the output",
            Self::Verify => "verifying the seal",
            Self::Parse => "parsing the output",
            Self::Assemble => "assembling the output",
            Self::Redact => "redacting",
            Self::Store => "storing",
            Self::Posture => "checking the posture",
            Self::Application => "in the application",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doing())
    }
}

impl Error {
    /// A failure in the application's own code: the handler of a [`Worker`](crate::fleet), the template of a submitter, a
    /// detector that asks another service. The source is shown with the error, so it must not hold a word of a document.
    ///
    /// ```
    /// let refused = std::io::Error::other("the database takes no connections");
    /// let error = inkseal::Error::application(refused).retryable();
    /// assert_eq!(error.kind(), inkseal::ErrorKind::Application);
    /// assert!(error.is_retryable());
    /// ```
    pub fn application(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error =
            Self::new(ErrorKind::Application, Stage::Application, "the application's own code failed");
        error.0.source = Some(source.into());
        error
    }

    /// The same error, marked as one that trying again can help with.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    pub(crate) fn new(kind: ErrorKind, stage: Stage, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            stage,
            message: message.into(),
            operation: None,
            code: None,
            request_id: None,
            object: None,
            retryable: matches!(
                kind,
                ErrorKind::Throttled | ErrorKind::Transport | ErrorKind::DeadlineExceeded
            ),
            source: None,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, Stage::Configure, message)
    }

    /// A record cannot be written. serde_json's own message is left out, as it could quote the record.
    pub(crate) fn unwritten(_: serde_json::Error) -> Self {
        Self::new(ErrorKind::Malformed, Stage::Store, "the record cannot be written as JSON")
    }

    /// Names the S3 object that the error is about.
    pub(crate) fn at_object(mut self, key: &str) -> Self {
        self.0.object = Some(key.to_owned());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stage of the job at which it happened.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The AWS operation that failed, such as `StartDocumentAnalysis`.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation
    }

    /// The error code that AWS gave, such as `ProvisionedThroughputExceededException`: letters, digits, dots, hyphens and
    /// underscores. An answer with anything else in its place has none.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The request id that AWS gave, by which AWS Support and CloudTrail identify the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The key of the S3 object that the error is about.
    pub fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// Whether the same call can succeed later without a change: after throttling, a broken connection, a failing service,
    /// or a deadline that passed.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind: _, stage, message, operation, code, request_id, object, retryable: _, source: _ } =
            &*self.0;
        write!(f, "{stage}: {message}")?;
        let details = [
            ("operation", *operation),
            ("code", code.as_deref()),
            ("request id", request_id.as_deref()),
            ("object", object.as_deref()),
        ];
        let mut before = " (";
        for (name, detail) in details {
            if let Some(detail) = detail {
                write!(f, "{before}{name} {detail}")?;
                before = ", ";
            }
        }
        f.write_str(if before == ", " { ")" } else { "" })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, stage, message, operation, code, request_id, object, retryable, source } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("stage", stage)
            .field("message", message)
            .field("operation", operation)
            .field("code", code)
            .field("request_id", request_id)
            .field("object", object)
            .field("retryable", retryable)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<InvalidName> for Error {
    fn from(name: InvalidName) -> Self {
        Self::invalid("a name is not valid").caused_by(name)
    }
}

impl From<Misplaced> for Error {
    fn from(place: Misplaced) -> Self {
        Self::invalid("names are in different Regions").caused_by(place)
    }
}

impl From<InvalidPageSize> for Error {
    fn from(size: InvalidPageSize) -> Self {
        Self::invalid("a page size is not valid").caused_by(size)
    }
}

impl From<UnknownFeature> for Error {
    fn from(feature: UnknownFeature) -> Self {
        Self::invalid("the name of a feature is not valid").caused_by(feature)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(ErrorKind::InsecureTransport, Stage::Configure, "refused by the transport policy")
            .caused_by(refusal)
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::new(ErrorKind::Malformed, Stage::Parse, "not a valid Textract response").caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names() {
        for kind in ErrorKind::ALL {
            assert_eq!(kind.as_str(), format!("{kind:?}"));
            assert_eq!(kind.to_string(), kind.as_str());
            assert_eq!(ErrorKind::named(kind.as_str()), Some(*kind));
        }
        assert_eq!(ErrorKind::named("accessdenied"), None);
    }
}
