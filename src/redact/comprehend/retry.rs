//! Sending requests again that can succeed later.

use std::future::Future;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result, Stage};

/// How often, and for how long, a request is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    /// The first one included; the SDK's own retries come within each.
    pub(super) attempts: u32,
    pub(super) deadline: Duration,
}

impl Retry {
    /// Sends a request until it is answered, fails for good, or has used up its attempts or its time.
    pub(super) async fn send<'a, O>(
        &self,
        mut request: impl FnMut() -> BoxFuture<'a, Result<O>>,
    ) -> Result<O> {
        let until = Instant::now().checked_add(self.deadline);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));
        let mut attempt = 1;
        let mut last = None;
        loop {
            let error = match before(until, request()).await {
                Some(Ok(output)) => return Ok(output),
                Some(Err(error)) => error,
                None => return Err(last.unwrap_or_else(unanswered)),
            };
            let pause = backoff.pause();
            let is_late = until.is_some_and(|until| until.duration_since(Instant::now()) <= pause);
            if !error.is_retryable() || attempt >= self.attempts || is_late {
                return Err(error);
            }
            debug!(attempt, kind = ?error.kind(), ?pause, "asking again");
            last = Some(error);
            sleep(pause).await;
            attempt += 1;
        }
    }
}

async fn before<O>(until: Option<Instant>, answer: impl Future<Output = O>) -> Option<O> {
    match until {
        Some(until) => timeout_at(until, answer).await.ok(),
        None => Some(answer.await),
    }
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Transport, Stage::Redact, "the service did not answer in time")
}
