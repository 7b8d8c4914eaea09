//! Reading one part: fetched, verified, and only then parsed.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{Instrument, Span, debug};

use crate::Limits;
use crate::backoff::{ATTEMPTS_AT_BODIES, Backoff};
use crate::clients::{Clients, send};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;
use crate::part::{Part, Record};

/// How much memory an announced length alone may take, in bytes; beyond that the vector grows with the bytes that come.
const BELIEVED: usize = 4 * 1024 * 1024;

/// Reads any part of one job.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) clients: Clients,
    pub(super) seal: Seal,
    pub(super) limits: Limits,
    pub(super) span: Span,
}

impl Reader {
    /// Reads a part in its own task, so that fetching and parsing continue while the consumer works on another part.
    /// The task ends with the handle.
    pub(super) fn spawn<T: Record>(self, key: String) -> PartTask<T> {
        let span = self.span.clone();
        PartTask(tokio::spawn(async move { self.read(&key).await }.instrument(span)))
    }

    async fn read<T: Record>(&self, key: &str) -> Result<Part<T>> {
        let mut backoff = Backoff::of_bodies();
        let mut attempt = 1;
        let bytes = loop {
            match self.fetch(key).await? {
                Ok(bytes) => break bytes,
                Err(broken) if attempt == ATTEMPTS_AT_BODIES => return Err(broken),
                Err(_) => {
                    // The job is in the span, and the key before the job's id is chosen by the caller.
                    let part = key.rsplit('/').next();
                    debug!(attempt, part, "the body broke off");
                    attempt += 1;
                    sleep(backoff.pause()).await;
                }
            }
        };
        T::parse_part_within(&bytes, &self.limits).map_err(|error| Error::from(error).at_object(key))
    }

    /// The bytes of a verified part. The inner error is worth another attempt.
    async fn fetch(&self, key: &str) -> Result<Result<Vec<u8>>> {
        let object = get_verified(&self.clients, &self.seal, key, |call| call).await?;
        self.collect(object, key).await
    }

    async fn collect(&self, object: GetObjectOutput, key: &str) -> Result<Result<Vec<u8>>> {
        let max_bytes = self.limits.part_bytes;
        let too_large = || self.limits.part_too_large().at_object(key);
        let broken = |message: &str| Error::new(ErrorKind::Transport, Stage::Fetch, message).at_object(key);
        let length = object.content_length().and_then(|length| usize::try_from(length).ok());
        if length.is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(length.unwrap_or_default().min(BELIEVED));
        let mut body = object.body;
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > max_bytes => {
                    return Err(too_large());
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                // The SDK's error could quote the body, and that it broke off says enough.
                Err(_) => return Ok(Err(broken("the body of the part broke off"))),
            }
        }
        if length.is_some_and(|length| length != bytes.len()) {
            return Ok(Err(broken("the body of the part is not as long as announced")));
        }
        Ok(Ok(bytes))
    }
}

/// Asks for an object, with what `more` adds to the request, and verifies what S3 says about it. Its body is not read.
pub(crate) async fn get_verified(
    clients: &Clients,
    seal: &Seal,
    key: &str,
    more: impl FnOnce(GetObjectFluentBuilder) -> GetObjectFluentBuilder,
) -> Result<GetObjectOutput> {
    let call = clients
        .s3()
        .get_object()
        .bucket(seal.bucket().as_str())
        .key(key)
        .set_expected_bucket_owner(seal.bucket_owner().map(ToString::to_string));
    let sent = send(Stage::Fetch, "GetObject", more(call).send()).await;
    let object = sent.map_err(|error| error.at_object(key))?;
    let algorithm = object.server_side_encryption().map(|algorithm| algorithm.as_str());
    seal.verify(key, algorithm, object.ssekms_key_id())?;
    Ok(object)
}

/// A part being read. Dropping it ends the reading.
pub(super) struct PartTask<T>(JoinHandle<Result<Part<T>>>);

impl<T> Future for PartTask<T> {
    type Output = Result<Part<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let joined = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(joined.unwrap_or_else(|error| match error.try_into_panic() {
            // A fault of this crate must not look like one of the network.
            Ok(panic) => std::panic::resume_unwind(panic),
            // A runtime that shuts down cancels its tasks.
            Err(_) => {
                Err(Error::new(ErrorKind::Transport, Stage::Fetch, "the reading was ended by the runtime"))
            }
        }))
    }
}

impl<T> Drop for PartTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
