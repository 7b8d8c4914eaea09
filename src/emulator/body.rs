//! The body of an answer, complete or broken on purpose.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::log::Running;

/// Bytes, and the ways in which they can fail to arrive.
#[derive(Default)]
pub(super) struct ReplyBody {
    rest: Bytes,
    /// Ends in an error after `rest`, before the announced length is reached.
    broken: bool,
    pace: Option<(usize, Duration)>,
    timer: Option<Pin<Box<Sleep>>>,
    running: Option<Running>,
}

/// Without the bytes.
impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rest, broken, pace, timer: _, running: _ } = self;
        f.debug_struct("ReplyBody")
            .field("rest", &rest.len())
            .field("broken", broken)
            .field("pace", pace)
            .finish_non_exhaustive()
    }
}

impl ReplyBody {
    pub(super) fn new(rest: Bytes) -> Self {
        Self { rest, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Sends the first half, then fails.
    pub(super) fn truncated(mut self) -> Self {
        self.rest.truncate(self.rest.len() / 2);
        self.broken = true;
        self
    }

    /// Sends eight pieces with a pause before each.
    pub(super) fn slow(mut self, wait: Duration) -> Self {
        self.pace = Some((self.rest.len().div_ceil(8).max(1), wait));
        self
    }

    pub(super) fn holding(mut self, running: Option<Running>) -> Self {
        self.running = running;
        self
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.rest.is_empty() {
            self.running = None;
            if self.broken {
                // So that what was sent can leave: a connection that fails at once discards its buffer.
                let timer =
                    self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(20))));
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.broken = false;
                let error =
                    io::Error::new(io::ErrorKind::ConnectionReset, "the connection ended within the body");
                return Poll::Ready(Some(Err(error)));
            }
            return Poll::Ready(None);
        }
        let Some((piece, wait)) = self.pace else {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(wait)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        let piece = piece.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.broken
    }

    fn size_hint(&self) -> SizeHint {
        if self.broken { SizeHint::default() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
