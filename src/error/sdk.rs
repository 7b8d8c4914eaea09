//! What a failure of the SDK means here.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::{Error, ErrorKind, Stage};
use crate::clients::Refusal;

const NOT_PREPARED: &str = "the request could not be prepared and was not sent: look at the credentials, the Region and the endpoint";

const OTHER_REGION: &str = "the bucket lies in another Region than the clients: make clients for that Region";

impl Error {
    /// Takes from an SDK error its code and request id, and leaves the response behind.
    pub(crate) fn from_sdk<E>(
        stage: Stage,
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut answer = match error {
            SdkError::ConstructionFailure(_) => Self::new(ErrorKind::InvalidInput, stage, NOT_PREPARED),
            SdkError::DispatchFailure(failure) => Self::not_dispatched(stage, failure, error),
            SdkError::TimeoutError(_) => {
                Self::new(ErrorKind::Transport, stage, "the service did not answer in time")
            }
            SdkError::ResponseError(_) => {
                Self::new(ErrorKind::Transport, stage, "the answer ended early or does not read as one")
            }
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let (kind, message) = classify(error.code(), status);
                let mut answer = Self::new(kind, stage, message);
                let passes = matches!(
                    error.code(),
                    Some("RequestTimeout" | "RequestTimeoutException" | "ConditionalRequestConflict")
                );
                answer.0.retryable |= kind == ErrorKind::Service && (status >= 500 || passes);
                answer
            }
            _ => {
                Self::new(ErrorKind::Service, stage, "the request failed in a way that the SDK does not name")
            }
        };
        answer.0.operation = Some(operation);
        answer.0.code = error.code().map(str::to_owned);
        answer.0.request_id = error.request_id().map(str::to_owned);
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
            let message = "there are no credentials to sign the request with: it was not sent";
            let mut answer = Self::new(ErrorKind::AccessDenied, stage, message);
            // A provider that asks the network can be asked again.
            answer.0.retryable = matches!(credentials, CredentialsError::ProviderTimedOut(_));
            return answer;
        }
        if failure.is_io() || failure.is_timeout() || failure.as_other().is_some() {
            return Self::new(ErrorKind::Transport, stage, "the service could not be reached");
        }
        Self::new(ErrorKind::InvalidInput, stage, NOT_PREPARED)
    }
}

/// The one table from an AWS error code to what it means here. Codes of Textract, Comprehend, S3, KMS and SQS share it, because
/// their meanings do not collide.
fn classify(code: Option<&str>, status: u16) -> (ErrorKind, &'static str) {
    use ErrorKind::*;
    match code.unwrap_or_default() {
        "AccessDeniedException" | "AccessDenied" | "Forbidden" | "AllAccessDisabled" => {
            (AccessDenied, "access denied: compare the caller's permissions with this operation")
        }
        "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "UnrecognizedClient"
        | "InvalidSignatureException"
        // As SQS gives it for clients of its older protocol, too.
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => {
            (AccessDenied, "the credentials were not accepted: are they expired, or is the clock wrong?")
        }
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "SlowDown"
        | "ServiceUnavailable"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "KmsThrottled"
        | "RequestLimitExceeded" => (Throttled, "throttled: the request rate is above the account's quota"),
        "LimitExceededException" => (Throttled, "too many jobs at once: start again when some have ended"),
        "HumanLoopQuotaExceededException" => {
            (Throttled, "too many human loops at once: call again when some have ended")
        }
        "InvalidKMSKeyException" | "KmsKeyValidationException" => {
            (UnusableKey, "the service cannot use this KMS key: is it enabled, and may the caller use it?")
        }
        "NotFoundException" | "KMS.NotFoundException" => {
            (UnusableKey, "there is no such KMS key in this account and Region")
        }
        "InvalidArnException" => (UnusableKey, "KMS does not take this name for a key's"),
        "KMS.DisabledException" | "DisabledException" | "KMS.KMSInvalidStateException" => {
            (UnusableKey, "the KMS key is disabled or pending deletion")
        }
        "InvalidS3ObjectException" => (
            NotFound,
            "Textract cannot read the input object: check its name, its Region and the permissions",
        ),
        "NoSuchBucket" => (NotFound, "there is no such bucket"),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            (InvalidInput, OTHER_REGION)
        }
        "BadDigest" | "XAmzContentChecksumMismatch" => (Transport, "what arrived is not what was sent"),
        "NoSuchKey" | "NoSuchVersion" => (NotFound, "there is no such object"),
        "NotFound" => (NotFound, "there is no such object, or no such bucket"),
        "PreconditionFailed" => (AlreadyExists, "there is an object of this name already"),
        "ConditionalRequestConflict" => (Service, "another request is writing an object of this name"),
        "JobNotFoundException" => (NotFound, "no such Comprehend job in this account and Region"),
        "ResourceNotFoundException" => (NotFound, "there is no such model in this account and Region"),
        "ResourceUnavailableException" => (InvalidInput, "the model is not trained, or not any more"),
        "ResourceInUseException" => (AlreadyExists, "there is a model of this name already"),
        "ResourceLimitExceededException" => {
            (Throttled, "too many jobs or models at once: start again when some have ended")
        }
        "InvalidJobIdException" => (NotFound, "no such job: results are kept for seven days"),
        "IdempotentParameterMismatchException" => {
            (TokenReused, "the client request token was used with another input in the last seven days")
        }
        "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue" => {
            (NotFound, "there is no such queue in this account and Region")
        }
        "ReceiptHandleIsInvalid" => (InvalidInput, "SQS does not take this receipt handle for one"),
        "MessageNotInflight" | "AWS.SimpleQueueService.MessageNotInflight" => {
            (NotFound, "the message is not in flight any more: it was deleted, or is visible again")
        }
        "OverLimit" => (Throttled, "more messages are in flight than the queue allows"),
        "BadDocumentException" => (UnsupportedDocument, "Textract cannot read the document"),
        "DocumentTooLargeException" => (
            UnsupportedDocument,
            "the document is too large: 10 MB for JPEG, PNG and synchronous calls, 500 MB and 3,000 pages else",
        ),
        "UnsupportedDocumentException" => (
            UnsupportedDocument,
            "the document is not in a format that Textract reads: JPEG, PNG, PDF or TIFF, without a password, and of \
             one page in synchronous calls",
        ),
        "InvalidParameterException" | "InvalidRequestException" | "ValidationException" => {
            (InvalidInput, "the service refused a parameter")
        }
        "TextSizeLimitExceededException" => {
            (InvalidInput, "the text is larger than Comprehend takes in one request: 100 KB")
        }
        "UnsupportedLanguageException" => (InvalidInput, "Comprehend does not take this language here"),
        _ => match status {
            301 | 307 => (InvalidInput, OTHER_REGION),
            403 => (AccessDenied, "access denied: compare the caller's permissions with this operation"),
            404 => (NotFound, "there is no such thing"),
            429 => (Throttled, "throttled: the request rate is above the account's quota"),
            503 => (Throttled, "the service asks to slow down"),
            500.. => (Service, "the service failed"),
            _ => (Service, "the service answered with an error"),
        },
    }
}

/// The first error of type `T` on the way down from `error` to its last source.
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
