//! One question to AWS, and its three possible ends: an answer, "there is no such setting", and no answer.

use std::borrow::Cow;
use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::report::Outcome;
use crate::clients::send;
use crate::error::{Error, ErrorKind, Stage};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The caller does not have this permission.
    Denied(&'static str),
    /// Something else was in the way.
    Because(Cow<'static, str>),
}

impl From<Unanswered> for Outcome {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Denied(permission) => Self::NotEvaluated {
                permission: Some(permission.into()),
                reason: format!("{permission} was denied: allow it for the role that runs the check").into(),
            },
            Unanswered::Because(reason) => Self::not_evaluated(reason),
        }
    }
}

/// A call that only reads.
pub(super) struct Ask {
    pub(super) operation: &'static str,
    /// The IAM action that it needs, which S3 does not always name after the operation.
    pub(super) permission: &'static str,
    /// The error codes by which the service says that there is no such setting.
    pub(super) absent: &'static [&'static str],
}

impl Ask {
    /// Returns `None` if the service says that there is no such setting.
    ///
    /// Throttling is retried by the SDK, as its retry configuration says; if it lasts, there is no answer.
    pub(super) async fn send<O, E>(
        &self,
        request: impl Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send,
    ) -> Result<Option<O>, Unanswered>
    where
        O: RequestId + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + 'static,
    {
        let mut answered = false;
        let watched = async {
            let result = request.await;
            answered = matches!(result, Err(SdkError::ServiceError(_)));
            result
        };
        match send(Stage::Posture, self.operation, watched).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code().is_some_and(|code| self.absent.contains(&code)) => Ok(None),
            Err(error) => Err(self.unanswered(&error, answered)),
        }
    }

    fn unanswered(&self, error: &Error, answered: bool) -> Unanswered {
        // An error without a body has no code.
        let codes = ["AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled"];
        let refused = answered && error.code().is_none_or(|code| codes.contains(&code));
        let operation = self.operation;
        Unanswered::Because(match error.kind() {
            ErrorKind::AccessDenied if refused => {
                return Unanswered::Denied(self.permission);
            }
            ErrorKind::AccessDenied => {
                format!("{operation}: there are no credentials, or they were not accepted").into()
            }
            ErrorKind::Throttled => format!("{operation} was throttled, even after the SDK's retries").into(),
            ErrorKind::Transport => format!("{operation}: the service could not be reached").into(),
            ErrorKind::InsecureTransport => format!("{operation} was refused by the transport policy").into(),
            ErrorKind::NotFound | ErrorKind::UnusableKey => format!("{operation}: not found").into(),
            kind => format!("{operation} failed: {kind:?}").into(),
        })
    }
}
