//! The files in `output.tar.gz`, read as they arrive.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::GzipDecoder;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, ReadBuf};
use tokio_tar::{Archive, Entry};

use super::Limits;
use super::object::SealedObject;
use crate::error::{Error, ErrorKind, Result, Stage};

/// How much is unpacked at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// How much of the trailer the archive reader leaves unread: the second of its two blocks of zeros.
const TRAILER: u64 = 512;

type Unpacked = Limited<GzipDecoder<Pieces>>;

/// The archive of one job.
pub(super) struct OutputArchive {
    key: String,
    archive: Archive<Unpacked>,
    /// `None` once the last file has been read.
    entries: Option<BoxStream<'static, io::Result<Entry<Archive<Unpacked>>>>>,
    file: Option<(Entry<Archive<Unpacked>>, u64)>,
    limits: Limits,
    entries_read: u64,
    has_files: bool,
    trouble: Trouble,
}

impl OutputArchive {
    /// The files of an object that was verified, unpacked within these limits.
    pub(super) fn new(object: SealedObject, limits: Limits) -> Result<Self> {
        let key = object.key().to_owned();
        let trouble = Trouble::default();
        let pieces = Pieces::new(object, trouble.clone());
        let mut inner = GzipDecoder::new(pieces);
        // Otherwise it would end with the first member, and what follows would be lost silently.
        inner.multiple_members(true);
        let unpacked = Limited { inner, limits, read: 0, trouble: trouble.clone() };
        let mut archive = Archive::new(unpacked);
        // Not `entries`, which would hold the extensions that an archive may have before an entry, of any length.
        let entries = archive.entries_raw().map_err(|_| broken(&key))?;
        Ok(Self {
            key,
            archive,
            entries: Some(entries.boxed()),
            file: None,
            limits,
            entries_read: 0,
            has_files: false,
            trouble,
        })
    }

    /// The name of the next file; `None` at the end of the archive, which has then been read to its last byte, and
    /// whose checksum is right.
    pub(super) async fn next_file(&mut self) -> Result<Option<String>> {
        self.file = None;
        loop {
            let Some(entries) = &mut self.entries else { return Ok(None) };
            let Some(entry) = entries.next().await else {
                self.entries = None;
                self.finish().await?;
                // An empty object unpacks to an empty archive.
                return if self.has_files { Ok(None) } else { Err(broken(&self.key)) };
            };
            let entry = entry.map_err(|_| self.trouble.or_broken(&self.key))?;
            self.entries_read += 1;
            if self.entries_read > self.limits.files {
                return Err(self.limits.too_many_files(&self.key));
            }
            let kind = entry.header().entry_type();
            if kind.is_file() {
                let name = entry.path().map_err(|_| broken(&self.key))?;
                let name =
                    name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let size = entry.header().raw_entry_size().map_err(|_| broken(&self.key))?;
                self.file = Some((entry, size));
                self.has_files = true;
                return Ok(Some(name));
            }
            let is_extension = kind.is_pax_global_extensions()
                || kind.is_pax_local_extensions()
                || kind.is_gnu_longname()
                || kind.is_gnu_longlink();
            // Links and devices have no place in an output.
            if !kind.is_dir() && !is_extension {
                return Err(broken(&self.key));
            }
        }
    }

    /// The next piece of the file; `None` at its end.
    pub(super) async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        let Some((entry, left)) = &mut self.file else { return Ok(None) };
        let mut piece = vec![0; PIECE];
        let count = entry.read(&mut piece).await.map_err(|_| self.trouble.or_broken(&self.key))?;
        piece.truncate(count);
        match (count, *left) {
            (0, 0) => Ok(None),
            (0, _) => Err(broken(&self.key)),
            _ => {
                *left = left.checked_sub(count as u64).ok_or_else(|| broken(&self.key))?;
                Ok(Some(piece))
            }
        }
    }

    /// Reads what follows the last file up to the end of the object, so that it is noticed if the archive was cut off
    /// there, if another one follows, or if the checksum is wrong.
    ///
    /// POSIX ends an archive with two blocks of zeros, and allows more after them. If the first is there, it has been
    /// read already, and the second must follow. If there is none, nothing is left. That Comprehend's archives have
    /// both is unconfirmed; every common writer writes them.
    async fn finish(&mut self) -> Result<()> {
        let empty = Archive::new(Limited {
            inner: GzipDecoder::new(Pieces::none()),
            limits: self.limits,
            read: 0,
            trouble: Trouble::default(),
        });
        let archive = std::mem::replace(&mut self.archive, empty);
        let mut unpacked = archive.into_inner().map_err(|_| broken(&self.key))?;
        let mut piece = vec![0; PIECE];
        let mut zeros: u64 = 0;
        loop {
            let count = unpacked.read(&mut piece).await.map_err(|_| self.trouble.or_broken(&self.key))?;
            let read = piece.get(..count).unwrap_or_default();
            if read.is_empty() {
                return if zeros >= TRAILER { Ok(()) } else { Err(broken(&self.key)) };
            }
            if read.iter().any(|byte| *byte != 0) {
                return Err(broken(&self.key));
            }
            zeros = zeros.saturating_add(count as u64);
        }
    }
}

fn broken(key: &str) -> Error {
    let message = "the archive is cut off or broken";
    Error::new(ErrorKind::Malformed, Stage::Parse, message).at_object(key)
}

/// Carries an error of this crate past readers that can only return [`io::Error`].
#[derive(Clone, Default)]
struct Trouble(Arc<Mutex<Option<Error>>>);

impl Trouble {
    fn keep(&self, error: Error) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        io::Error::other("the output cannot be read")
    }

    fn or_broken(&self, key: &str) -> Error {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| broken(key))
    }
}

/// The pieces of an object, for readers.
struct Pieces {
    rest: BoxStream<'static, Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    trouble: Trouble,
}

impl Pieces {
    fn new(object: SealedObject, trouble: Trouble) -> Self {
        let rest = stream::try_unfold(object, |mut object| async move {
            Ok(object.next().await?.map(|piece| (piece, object)))
        });
        Self { rest: rest.boxed(), piece: Vec::new(), at: 0, trouble }
    }

    fn none() -> Self {
        Self { rest: stream::empty().boxed(), piece: Vec::new(), at: 0, trouble: Trouble::default() }
    }
}

impl AsyncBufRead for Pieces {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.at >= this.piece.len() {
            match ready!(this.rest.poll_next_unpin(context)) {
                Some(Ok(piece)) => (this.piece, this.at) = (piece, 0),
                Some(Err(error)) => return Poll::Ready(Err(this.trouble.keep(error))),
                None => return Poll::Ready(Ok(&[])),
            }
        }
        Poll::Ready(Ok(this.piece.get(this.at..).unwrap_or_default()))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.at = self.at.saturating_add(count);
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.as_mut().poll_fill_buf(context))?;
        let count = bytes.len().min(buffer.remaining());
        buffer.put_slice(bytes.get(..count).unwrap_or_default());
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}

/// What is unpacked, up to a bound.
struct Limited<R> {
    inner: R,
    limits: Limits,
    read: u64,
    trouble: Trouble,
}

impl<R: AsyncRead + Unpin> AsyncRead for Limited<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let count = buffer.filled().len().saturating_sub(before) as u64;
        self.read = self.read.saturating_add(count);
        if self.read > self.limits.bytes {
            let error = self.limits.too_many_bytes();
            return Poll::Ready(Err(self.trouble.keep(error)));
        }
        Poll::Ready(Ok(()))
    }
}
