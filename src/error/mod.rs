//! What failed, at which stage, and what AWS said of it.
//!
//! One [`Error`] for the whole crate. It carries names, codes and request ids, and never a response body or a word of a
//! document: the SDK's own errors keep the raw response, so none of them is kept as a source.

mod sdk;

use std::error::Error as StdError;
use std::fmt;

use crate::block::InvalidPageSize;
use crate::clients::Refusal;
use crate::part::ParseError;
use crate::resource::{InvalidName, Misplaced};

/// The result of whatever this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done.
///
/// [`kind`](Self::kind) says what to do about it, [`stage`](Self::stage) where it struck. The text of the error and
/// its `Debug` hold no document text, so both can be logged.
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

/// What kind of failure it was, which is what a caller decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name, limit or combination that AWS would refuse, found before anything was sent. Correct the configuration.
    InvalidInput,
    /// The transport policy refused the request; nothing was sent. See [`TransportPolicy`](crate::TransportPolicy).
    InsecureTransport,
    /// The KMS key cannot seal the output: not there, AWS-managed, disabled, pending deletion, asymmetric, or refused by the
    /// service.
    UnusableKey,
    /// An output object is not encrypted as the job demanded. Nothing of it was parsed; treat it as an incident.
    NotSealed,
    /// The caller may not do this. Compare the permissions with the operation that the error names.
    AccessDenied,
    /// Too many requests, concurrent jobs or human loops, still so after the SDK's retries. Wait and try again.
    Throttled,
    /// The input object, the output, the bucket or the job does not exist (results expire after seven days).
    NotFound,
    /// Textract cannot read this document: its format, its size, or its content. At the stage
    /// [`Configure`](Stage::Configure) it was not sent; see [`Input`](crate::synchronous::Input).
    UnsupportedDocument,
    /// The client request token was used before with another input. Use a salt or another token.
    TokenReused,
    /// There is an object of this name already. It was left as it is; see [`SealedStore`](crate::SealedStore).
    AlreadyExists,
    /// The job itself failed. The error carries Textract's status message. Starting the same work again gives the same
    /// failed job for seven days, unless it is salted: see [`Idempotency`](crate::Idempotency).
    JobFailed,
    /// The job was stopped before its end, by this program or by another.
    JobStopped,
    /// The job was still running at the deadline of the wait. It can be waited for again.
    DeadlineExceeded,
    /// Output is missing: a gap in the numbering of the parts, no part at all, or pages that never came.
    Incomplete,
    /// A response that does not read as one: broken JSON, or blocks that break the order pages rely on.
    Malformed,
    /// A detector of personal data failed, or what it gave is nonsense. Nothing of the pages in question came out.
    DetectorFailed,
    /// Text that was detected as personal data still stood in what was about to come out. It did not.
    Leak,
    /// What is deployed does not pass, or nobody could look. Nothing was started; the source names the controls.
    NotClean,
    /// The application's own code failed; see [`Error::application`].
    Application,
    /// The connection failed, or ended early. Trying again can help.
    Transport,
    /// The service failed, or answered with an error that this crate does not know.
    Service,
}

/// The stage of a job's or a call's way at which an error struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Names, clients, documents, and the builder of a job or call.
    Configure,
    /// Looking at the KMS key.
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
    /// Putting blocks together to pages, and the account at the end of a stream.
    Assemble,
    /// Detecting and redacting personal data.
    Redact,
    /// Putting what was redacted into the bucket.
    Store,
    /// Checking what is deployed against the security pillar.
    Posture,
    /// Whatever the application does with what it is given.
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
            Self::List => "listing the output",
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
    /// What failed in the application's own code: the handler of a [`Worker`](crate::fleet), the template of a submitter, a
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

    /// The same error, of which the application knows that trying again can help.
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

    /// That a record cannot be written: without serde_json's words, which could quote it.
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

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stage of the job's way at which it struck.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The AWS operation that failed, such as `StartDocumentAnalysis`.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation
    }

    /// The error code that AWS gave, such as `ProvisionedThroughputExceededException`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The request id that AWS gave: what its support and CloudTrail know the request by.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The key of the S3 object that the error is about.
    pub fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// Whether the same call can succeed later without a change: throttling, a broken connection, a failing service,
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
        Self::invalid("two names do not lie in one Region").caused_by(place)
    }
}

impl From<InvalidPageSize> for Error {
    fn from(size: InvalidPageSize) -> Self {
        Self::invalid("a page size is not valid").caused_by(size)
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
        Self::new(ErrorKind::Malformed, Stage::Parse, "the response does not read as one").caused_by(error)
    }
}
