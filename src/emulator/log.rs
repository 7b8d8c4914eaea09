//! The requests that the emulator was sent, for tests to inspect.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use serde_json::Value;

/// A service that the emulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Amazon Textract.
    Textract,
    /// Amazon Comprehend.
    Comprehend,
    /// AWS Key Management Service.
    Kms,
    /// Amazon S3.
    S3,
    /// Amazon SNS.
    Sns,
    /// Amazon SQS.
    Sqs,
}

impl Service {
    /// The name that signatures are scoped to.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Textract => "textract",
            Self::Comprehend => "comprehend",
            Self::Kms => "kms",
            Self::S3 => "s3",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
        }
    }
}

/// A request as the operation sees it, recorded before anything decides on the answer.
///
/// A request that is refused before that is neither recorded nor counted: one without a readable signature for its
/// service, for another service, with a body that is not JSON (except for S3 and SNS), with chunks that do not add up,
/// or for an operation that S3 does not have. `Debug` shows neither the values in the body nor those of the headers.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The service it was sent to.
    pub service: Service,
    /// The operation's name in the API reference, such as `StartDocumentAnalysis` or `GetObject`.
    pub operation: String,
    /// The Region of its signature.
    pub region: String,
    /// The access key id of its signature.
    pub access_key_id: String,
    /// The bucket, for S3.
    pub bucket: Option<String>,
    /// The object's key, for S3 operations on one object.
    pub key: Option<String>,
    /// The query string, for S3; without the signature of a presigned URL.
    pub query: Option<String>,
    /// The headers as they were sent, `authorization` included. Those of S3 lack `authorization` and
    /// `x-amz-content-sha256`; if the body came in signed chunks, they also lack the headers that describe these, and
    /// include the trailers that followed, such as checksums. `content-length` is that of the body itself.
    pub headers: HeaderMap,
    /// The body, for all services but S3. The form of a request to SNS is an object of strings.
    pub body: Option<Value>,
}

impl RecordedRequest {
    /// The value of a header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `User-Agent` header and, if an SDK sends one, `x-amz-user-agent`, which has the app name.
    pub fn user_agent(&self) -> String {
        let parts = ["user-agent", "x-amz-user-agent"].iter().filter_map(|name| self.header(name));
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, operation, region, access_key_id: _, bucket, key, query, headers, body } = self;
        let members = |value: &Value| -> Vec<String> {
            value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
        };
        f.debug_struct("RecordedRequest")
            .field("service", service)
            .field("operation", operation)
            .field("region", region)
            .field("bucket", bucket)
            .field("key", key)
            .field("query", query)
            .field("headers", &headers.keys().collect::<Vec<_>>())
            .field("body", &body.as_ref().map(members))
            .finish()
    }
}

#[derive(Debug, Default)]
struct Entries {
    requests: VecDeque<RecordedRequest>,
    counts: BTreeMap<String, u64>,
    running: BTreeMap<String, (usize, usize)>,
}

/// The log, which is bounded, and the counters, which are not.
#[derive(Debug)]
pub(super) struct Log {
    limit: usize,
    entries: Mutex<Entries>,
}

impl Log {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::default() }
    }

    /// Records a request, and counts it as running until the guard is dropped.
    pub(super) fn record(self: &Arc<Self>, request: RecordedRequest) -> Running {
        let operation = request.operation.clone();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        *entries.counts.entry(operation.clone()).or_default() += 1;
        let (now, most) = entries.running.entry(operation.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        if self.limit > 0 {
            if entries.requests.len() == self.limit {
                entries.requests.pop_front();
            }
            entries.requests.push_back(request);
        }
        Running { log: Arc::clone(self), operation }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).requests.iter().cloned().collect()
    }

    pub(super) fn count(&self, operation: &str) -> u64 {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.counts.get(operation).copied().unwrap_or_default()
    }

    pub(super) fn most_running(&self, operation: &str) -> usize {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.running.get(operation).map(|(_, most)| *most).unwrap_or_default()
    }

    pub(super) fn clear(&self) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.requests.clear();
        entries.counts.clear();
        for (now, most) in entries.running.values_mut() {
            *most = *now;
        }
    }
}

/// A request whose answer has not been read to its end.
#[derive(Debug)]
pub(super) struct Running {
    log: Arc<Log>,
    operation: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut entries = self.log.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((now, _)) = entries.running.get_mut(&self.operation) {
            *now = now.saturating_sub(1);
        }
    }
}
