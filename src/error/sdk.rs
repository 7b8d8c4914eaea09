//! From the SDK's errors to this crate's.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::{Error, ErrorKind, Stage};
use crate::clients::Refusal;

// The SDK does not say how many attempts there were, so these speak of the last one only.
const NOT_PREPARED: &str = "the request could not be prepared, and this attempt was not sent: check the credentials, the Region and the endpoint";

const NO_CREDENTIALS: &str = "there are no credentials to sign the request with: this attempt was not sent";

const LATE: &str = "the service did not answer in time";

const UNREADABLE: &str = "the service's answer could not be read";

const DENIED: &str = "access denied: compare the caller's permissions with this operation";

const THROTTLED: &str = "throttled: the request rate is above the account's quota";

const OTHER_REGION: &str = "the bucket is in another Region than the clients: make clients for that Region";

impl Error {
    /// Takes the code and request id from an SDK error, and leaves the response behind.
    pub(crate) fn from_sdk<E>(
        stage: Stage,
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let code = error.code().filter(|code| is_code(code));
        let mut answer = match error {
            SdkError::ConstructionFailure(_) => Self::new(ErrorKind::InvalidInput, stage, NOT_PREPARED),
            SdkError::DispatchFailure(failure) => Self::not_dispatched(stage, failure, error),
            SdkError::TimeoutError(_) => Self::new(ErrorKind::Transport, stage, LATE),
            SdkError::ResponseError(_) => {
                Self::new(ErrorKind::Transport, stage, "the answer ended early or could not be read")
            }
            SdkError::ServiceError(context) => Self::answered(stage, code, context.raw().status().as_u16()),
            _ => {
                Self::new(ErrorKind::Service, stage, "the request failed in a way that the SDK does not name")
            }
        };
        answer.0.operation = Some(operation);
        answer.0.code = code.map(str::to_owned);
        answer.0.request_id = error.request_id().map(str::to_owned);
        answer
    }

    /// What an answer with this code and HTTP status means.
    fn answered(stage: Stage, code: Option<&str>, status: u16) -> Self {
        // Most deserializers of the SDK report a body that they cannot parse as an error of the service, without a code.
        if code.is_none() && (200..300).contains(&status) {
            return Self::new(ErrorKind::Transport, stage, UNREADABLE);
        }
        let (kind, message) = classify(code, status);
        let mut answer = Self::new(kind, stage, message);
        let passes =
            matches!(code, Some("RequestTimeout" | "RequestTimeoutException" | "ConditionalRequestConflict"));
        answer.0.retryable |= kind == ErrorKind::Service && (status >= 500 || passes);
        answer
    }

    /// Why a request did not get an answer. Credentials, Region and endpoint are resolved before a connection is tried, and
    /// the SDK gives their failures the same name as those of the connection.
    fn not_dispatched(stage: Stage, failure: &DispatchFailure, error: &(dyn StdError + 'static)) -> Self {
        if let Some(refusal) = find::<Refusal>(error) {
            return Self::new(ErrorKind::InsecureTransport, stage, "refused by the transport policy")
                .caused_by(refusal.clone());
        }
        if let Some(credentials) = find::<CredentialsError>(error) {
            let mut answer = Self::new(ErrorKind::AccessDenied, stage, NO_CREDENTIALS);
            // A provider that asks the network can be asked again.
            answer.0.retryable = matches!(credentials, CredentialsError::ProviderTimedOut(_));
            return answer;
        }
        if failure.is_timeout() {
            return Self::new(ErrorKind::Transport, stage, LATE);
        }
        if failure.is_io() || failure.as_other().is_some() {
            return Self::new(ErrorKind::Transport, stage, "the service could not be reached");
        }
        Self::new(ErrorKind::InvalidInput, stage, NOT_PREPARED)
    }
}

/// Whether a string has the form of an error code: 1 to 128 letters, digits, dots, hyphens and underscores.
///
/// A code comes from the answer as it is, which need not be from AWS, and goes into errors and logs: anything else could forge
/// a line there, or hold a word of a document.
pub(crate) fn is_code(code: &str) -> bool {
    (1..=128).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The one table of what AWS error codes mean here. Textract, Comprehend, S3, KMS and SQS share it, because the meanings of
/// their codes do not collide.
fn classify(code: Option<&str>, status: u16) -> (ErrorKind, &'static str) {
    use ErrorKind::*;
    match code.unwrap_or_default() {
        "AccessDeniedException" | "AccessDenied" | "Forbidden" | "AllAccessDisabled" => (AccessDenied, DENIED),
        // SQS passes on KMS's errors about an encrypted queue, under their older names if it also supports its older protocol.
        "KMS.AccessDeniedException" | "KmsAccessDenied" => {
            (AccessDenied, "access to the queue's KMS key denied: may the caller use the key?")
        }
        "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidToken"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "UnrecognizedClient"
        | "InvalidSignatureException"
        // The name in SQS's older protocol.
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => {
            (AccessDenied, "the credentials were not accepted: have they expired, or is the clock wrong?")
        }
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "SlowDown"
        | "ServiceUnavailable"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "KmsThrottled"
        | "KMS.ThrottlingException"
        | "RequestLimitExceeded" => (Throttled, THROTTLED),
        "LimitExceededException" => (Throttled, "too many jobs at once: start again when some have ended"),
        "HumanLoopQuotaExceededException" => {
            (Throttled, "too many human loops at once: call again when some have ended")
        }
        "InvalidKMSKeyException" | "KmsKeyValidationException" => {
            (UnusableKey, "the service cannot use this KMS key: is it enabled, and may the caller use it?")
        }
        "NotFoundException" | "KMS.NotFoundException" | "KmsNotFound" => {
            (UnusableKey, "there is no such KMS key in this account and Region")
        }
        "InvalidArnException" => (UnusableKey, "KMS does not accept this as the name of a key"),
        "DisabledException"
        | "KMS.DisabledException"
        | "KmsDisabled"
        | "KMSInvalidStateException"
        | "KMS.KMSInvalidStateException"
        | "KMS.InvalidStateException"
        | "KmsInvalidState" => (UnusableKey, "the KMS key is disabled or pending deletion"),
        "InvalidKeyUsageException" | "KMS.InvalidKeyUsageException" | "KmsInvalidKeyUsage" => {
            (UnusableKey, "the KMS key's usage is not ENCRYPT_DECRYPT")
        }
        "KMS.OptInRequired" | "KmsOptInRequired" => {
            (UnusableKey, "KMS does not accept the policy of this key")
        }
        "InvalidS3ObjectException" => (
            NotFound,
            "Textract cannot read the input object: check its name, its Region and the permissions",
        ),
        "NoSuchBucket" => (NotFound, "there is no such bucket"),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            (InvalidInput, OTHER_REGION)
        }
        "BadDigest" | "XAmzContentChecksumMismatch" => {
            (Transport, "the bytes that arrived are not the bytes that were sent")
        }
        "InvalidObjectState" => (InvalidInput, "the object is archived: restore it first"),
        "NoSuchKey" | "NoSuchVersion" => (NotFound, "there is no such object"),
        "NotFound" => (NotFound, "there is no such object, or no such bucket"),
        "PreconditionFailed" => (AlreadyExists, "an object of this name already exists"),
        "ConditionalRequestConflict" => (Service, "another request is writing an object of this name"),
        "JobNotFoundException" => (NotFound, "no such Comprehend job in this account and Region"),
        "ResourceNotFoundException" => (NotFound, "there is no such model in this account and Region"),
        "ResourceUnavailableException" => (InvalidInput, "the model is not trained, or no longer available"),
        "ResourceInUseException" => (AlreadyExists, "a model of this name already exists"),
        "ResourceLimitExceededException" => {
            (Throttled, "too many jobs or models at once: start again when some have ended")
        }
        "InvalidJobIdException" => (NotFound, "no such job: results are kept for seven days"),
        "IdempotentParameterMismatchException" => {
            (TokenReused, "the client request token was used with a different input in the last seven days")
        }
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            (NotFound, "there is no such queue in this account and Region")
        }
        "ReceiptHandleIsInvalid" => (InvalidInput, "SQS does not accept this receipt handle"),
        "MessageNotInflight" | "AWS.SimpleQueueService.MessageNotInflight" => {
            (NotFound, "the message is no longer in flight: it was deleted, or is visible again")
        }
        "OverLimit" => (Throttled, "more messages are in flight than the queue allows"),
        "BadDocumentException" => (UnsupportedDocument, "Textract cannot read the document"),
        "DocumentTooLargeException" => (
            UnsupportedDocument,
            "the document is too large: the most is 10 MB for JPEG, PNG and synchronous calls, otherwise 500 MB and 3,000 pages",
        ),
        "UnsupportedDocumentException" => (
            UnsupportedDocument,
            "the document is not in a format that Textract reads: JPEG, PNG, PDF or TIFF, without a password, and with \
             one page in synchronous calls",
        ),
        "InvalidParameterException" | "InvalidRequestException" | "ValidationException" => {
            (InvalidInput, "the service refused a parameter")
        }
        "TextSizeLimitExceededException" => {
            (InvalidInput, "the text is larger than Comprehend accepts in one request: the most is 100 KB")
        }
        "UnsupportedLanguageException" => (InvalidInput, "Comprehend does not support this language here"),
        _ => match status {
            301 | 307 => (InvalidInput, OTHER_REGION),
            403 => (AccessDenied, DENIED),
            404 => (NotFound, "the resource does not exist"),
            429 => (Throttled, THROTTLED),
            503 => (Throttled, "the service asks to slow down"),
            500.. => (Service, "the service failed"),
            _ => (Service, "the service answered with an error"),
        },
    }
}

/// The first error of type `T` among `error` and its sources.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn answered(code: Option<&str>, status: u16) -> Error {
        let metadata = ErrorMetadata::builder();
        let metadata = match code {
            Some(code) => metadata.code(code),
            None => metadata,
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "a1b2");
        Error::from_sdk(Stage::Fetch, "GetObject", &SdkError::service_error(metadata.build(), response))
    }

    #[test]
    fn what_answers_mean() {
        use ErrorKind::*;
        for (code, status, kind, is_retryable) in [
            ("AccessDeniedException", 400, AccessDenied, false),
            ("AccessDenied", 403, AccessDenied, false),
            ("KMS.AccessDeniedException", 400, AccessDenied, false),
            ("ExpiredToken", 400, AccessDenied, false),
            ("InvalidToken", 400, AccessDenied, false),
            ("ProvisionedThroughputExceededException", 400, Throttled, true),
            ("ThrottlingException", 500, Throttled, true),
            ("SlowDown", 503, Throttled, true),
            ("RequestThrottled", 403, Throttled, true),
            ("KmsThrottled", 400, Throttled, true),
            ("KMS.ThrottlingException", 400, Throttled, true),
            ("LimitExceededException", 400, Throttled, true),
            ("InvalidKMSKeyException", 400, UnusableKey, false),
            ("KMS.InvalidStateException", 400, UnusableKey, false),
            ("KMS.KMSInvalidStateException", 400, UnusableKey, false),
            ("KMSInvalidStateException", 400, UnusableKey, false),
            ("KMS.InvalidKeyUsageException", 400, UnusableKey, false),
            ("KMS.DisabledException", 400, UnusableKey, false),
            ("KMS.NotFoundException", 400, UnusableKey, false),
            ("KMS.OptInRequired", 403, UnusableKey, false),
            ("InvalidObjectState", 403, InvalidInput, false),
            ("NoSuchKey", 404, NotFound, false),
            ("PreconditionFailed", 412, AlreadyExists, false),
            ("BadDigest", 400, Transport, true),
            ("ConditionalRequestConflict", 409, Service, true),
            ("RequestTimeout", 400, Service, true),
            ("InternalServerError", 500, Service, true),
            ("NewException", 400, Service, false),
            // The code counts, even if the status says success.
            ("NewException", 200, Service, false),
        ] {
            let error = answered(Some(code), status);
            assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "{code} {status}");
            assert_eq!((error.code(), error.request_id()), (Some(code), Some("a1b2")), "{code}");
        }
        for (status, kind, is_retryable) in [
            (200, Transport, true),
            (204, Transport, true),
            (301, InvalidInput, false),
            (400, Service, false),
            (403, AccessDenied, false),
            (404, NotFound, false),
            (429, Throttled, true),
            (500, Service, true),
            (503, Throttled, true),
        ] {
            let error = answered(None, status);
            assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "{status}");
            assert_eq!((error.code(), error.request_id()), (None, Some("a1b2")), "{status}");
        }
    }

    #[test]
    fn a_code_that_is_none_is_dropped() {
        let long = "C".repeat(129);
        for code in ["", "x\nERROR forged", "Jane Doe", "a=b", "\u{e9}", &long] {
            let error = answered(Some(code), 400);
            assert_eq!((error.kind(), error.code()), (ErrorKind::Service, None), "{code:?}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("forged") && !shown.contains("Jane"), "{shown}");
        }
        for code in ["AWS.SimpleQueueService.NonExistentQueue", "a_b-9", &long[..128]] {
            assert!(is_code(code), "{code}");
        }
    }
}
