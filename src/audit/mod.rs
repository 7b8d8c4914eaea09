//! Who did what, when, with which key: an event for every call to AWS.
//!
//! Every request of every client in [`Clients`](crate::Clients) ends in one [`AuditEvent`]: requests that succeed, that AWS refuses,
//! that never leave (the transport policy, missing credentials), and whose future is dropped. The event is made in the SDK's own
//! pipeline, so no caller and no new module of this crate can forget it. It goes to `tracing` at the level INFO with
//! the target `inkseal::audit`, and to the [`AuditSink`] of the clients, if there is one:
//!
//! ```
//! use inkseal::Clients;
//! use inkseal::audit::AuditEvent;
//!
//! let builder = Clients::builder().audit(|event: &AuditEvent| {
//!     // Hand it to a thread that writes: this code holds up the call.
//!     println!("{}", serde_json::to_string(event).unwrap_or_default());
//! });
//! # let _ = builder;
//! ```
//!
//! # What an event holds, and what it does not
//!
//! Names, ids, codes and times; never a word of a document, a query, the message of an error, a token or a credential. The keys of
//! objects can be personal data if they were chosen badly (`posture` says what never belongs in a name), so the **sink gets
//! [`object`](AuditEvent::object), and `tracing` does not**, nor does it get names of objects anywhere else in this crate: what is meant for
//! auditors goes to their own store, logs go everywhere.
//!
//! An event describes a call, not the bytes after it: `GetObject` has succeeded when the head of the answer has arrived. A body that breaks
//! off is an error of the stream, with the request id of the event.
//!
//! # Alongside CloudTrail
//!
//! CloudTrail is the record that the caller cannot change; the event says which job a record belongs to. It knows nothing of tenants and
//! traces, but the sink runs on the caller's task and can add them. Events and records share:
//!
//! | event | CloudTrail | notes |
//! | --- | --- | --- |
//! | [`request_id`](AuditEvent::request_id) | `requestID` | one to one, for every service; of the last attempt |
//! | [`job_id`](AuditEvent::job_id) | `responseElements.jobId` of a start, `requestParameters.jobId` of a Get | results are never recorded |
//! | [`operation`](AuditEvent::operation), [`service`](AuditEvent::service) | `eventName`, `eventSource` | object calls need data events, see `posture` |
//! | | `userAgent` with `lib/inkseal/…` and `app/…` | all calls of this crate; the app name is that of the SDK configuration |
//!
//! For one document that was read, the sink received (times left out):
//!
//! ```json
//! {"service": "textract", "operation": "StartDocumentAnalysis", "request_id": "a1b2…", "job_id": "270c…",
//!  "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-…", "bucket": "amzn-s3-demo-source", "object": "in/4711.pdf",
//!  "output_bucket": "amzn-s3-demo-results", "outcome": "succeeded", "attempts": 1}
//! {"service": "s3", "operation": "GetObject", "request_id": "C3D4…", "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-…",
//!  "bucket": "amzn-s3-demo-results", "object": "textract_output/270c…/1", "outcome": "succeeded", "attempts": 1}
//! ```
//!
//! Who started the job, from where and with which role is then in the trail, here by Athena:
//!
//! ```sql
//! SELECT eventtime, useridentity.arn, sourceipaddress, useragent
//! FROM cloudtrail_logs
//! WHERE eventsource = 'textract.amazonaws.com' AND requestid = 'a1b2…';
//!
//! -- And everyone who read the output of that job, with or without this crate.
//! SELECT eventtime, useridentity.arn, requestid
//! FROM cloudtrail_logs
//! WHERE eventsource = 's3.amazonaws.com' AND eventname = 'GetObject'
//!   AND json_extract_scalar(requestparameters, '$.key') LIKE 'textract_output/270c…/%';
//! ```
//!
//! A row of the second query whose `requestid` is in no event is a reader that did not go through this crate. Follows "CloudTrail record
//! contents" in the AWS CloudTrail user guide.

mod call;
mod facts;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

pub(crate) use self::call::Auditor;
#[cfg(feature = "posture")]
pub(crate) use self::call::Unsent;

/// Receives audit events.
///
/// It runs at the end of each call, on the task that makes it: it must not block, and should hand the event on, for example over
/// a channel. A sink that panics takes the call with it.
pub trait AuditSink: Send + Sync {
    /// Receives the event of a call that has just ended.
    fn record(&self, event: &AuditEvent);
}

impl<F: Fn(&AuditEvent) + Send + Sync> AuditSink for F {
    fn record(&self, event: &AuditEvent) {
        self(event);
    }
}

/// One call to AWS from beginning to end, with all its attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// The service: `textract`, `s3`, `kms`, `comprehend`, `sqs`, `sts` or `cloudtrail`.
    pub service: &'static str,
    /// The operation, such as `StartDocumentAnalysis`.
    pub operation: String,
    /// The id that AWS gave the last attempt, which CloudTrail records as `requestID`. `None` if that was not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The asynchronous job that was started, polled or stopped; for a training the ARN of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// The KMS key that the request names: for a start the key of its output, for an object that is read the key that S3 reports
    /// for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The KMS key of the volumes of Comprehend's machines, as a start names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_key: Option<String>,
    /// The KMS key of the model, as the start of a training names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_key: Option<String>,
    /// The bucket that is read, written or listed; for a start, the bucket of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The key of the object, or the prefix of a listing. It can be personal; `tracing` does not get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The bucket that a start sends the output to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bucket: Option<String>,
    /// How the call ended.
    #[serde(flatten)]
    pub outcome: CallOutcome,
    /// How many times it was tried, the first included.
    pub attempts: u32,
    /// When it began; serialised as in RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub started: SystemTime,
    /// When it ended; serialised as in RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub ended: SystemTime,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallOutcome {
    /// The service did what was asked.
    Succeeded,
    /// The service refused, or failed.
    Failed {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `AccessDeniedException`; the answer to a HEAD has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// There was an answer, but it could not be read. A change may have happened.
    Malformed,
    /// Nothing left this machine: the transport policy refused, or there were no credentials.
    NotSent,
    /// The last attempt got no answer, and that or an earlier one was sent, or may have been. A change may have happened.
    NoAnswer,
    /// Its future was dropped. If there was an attempt, a change may have happened.
    Abandoned,
}

impl CallOutcome {
    /// The name of the outcome, as it is serialised.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Malformed => "malformed",
            Self::NotSent => "not_sent",
            Self::NoAnswer => "no_answer",
            Self::Abandoned => "abandoned",
        }
    }
}

fn rfc3339<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    use aws_smithy_types::date_time::{DateTime, Format};
    let text = DateTime::from(*time).fmt(Format::DateTimeWithOffset);
    serializer.serialize_str(&text.map_err(serde::ser::Error::custom)?)
}

/// Where the events of some clients go, besides `tracing`.
#[derive(Clone, Default)]
pub(crate) struct Sink(Option<Arc<dyn AuditSink>>);

impl Sink {
    pub(crate) fn new(sink: impl AuditSink + 'static) -> Self {
        Self(Some(Arc::new(sink)))
    }

    fn emit(&self, event: &AuditEvent) {
        let AuditEvent { service, operation, outcome, attempts, started, ended, .. } = event;
        let (status, code) = match outcome {
            CallOutcome::Failed { status, code } => (Some(*status), code.as_deref()),
            _ => (None, None),
        };
        // If the clock was set back in between, no time has passed.
        let took = ended.duration_since(*started).unwrap_or_default();
        tracing::info!(
            target: "inkseal::audit",
            service,
            operation,
            request_id = event.request_id,
            job = event.job_id,
            kms_key = event.kms_key,
            volume_key = event.volume_key,
            model_key = event.model_key,
            bucket = event.bucket,
            output_bucket = event.output_bucket,
            outcome = outcome.name(),
            status,
            code,
            attempts,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        );
        if let Some(sink) = &self.0 {
            sink.record(event);
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Sink(set)" } else { "Sink(none)" })
    }
}
