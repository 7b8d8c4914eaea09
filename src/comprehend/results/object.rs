//! One object of the output: verified before its first byte, read piece by piece, and resumed if it breaks off.

use aws_sdk_s3::primitives::ByteStream;
use tokio::time::sleep;
use tracing::debug;

use crate::backoff::{ATTEMPTS_AT_BODIES, Backoff};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;
use crate::output::get_verified;

/// An object that is being read.
pub(super) struct SealedObject {
    clients: Clients,
    seal: Seal,
    key: String,
    etag: Option<String>,
    body: ByteStream,
    read: u64,
    length: Option<u64>,
    failures: u32,
    backoff: Backoff,
}

impl SealedObject {
    /// Requests an object, and verifies what S3 says about it.
    pub(super) async fn open(clients: &Clients, seal: &Seal, key: &str) -> Result<Self> {
        Self::open_as(clients, seal, key, None, None).await
    }

    /// Requests an object with the ETag and the length from a listing: it is that very object, or there is an error.
    pub(super) async fn open_as(
        clients: &Clients,
        seal: &Seal,
        key: &str,
        etag: Option<String>,
        length: Option<u64>,
    ) -> Result<Self> {
        let got = get(clients, seal, key, 0, etag.as_deref()).await?;
        Ok(Self {
            clients: clients.clone(),
            seal: seal.clone(),
            key: key.to_owned(),
            etag: etag.or(got.etag),
            body: got.body,
            read: 0,
            length: length.or(got.length),
            failures: 0,
            backoff: Backoff::of_bodies(),
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.body.try_next().await {
                Ok(Some(piece)) => {
                    let piece = Vec::from(piece);
                    if piece.is_empty() {
                        continue;
                    }
                    self.read = self.read.saturating_add(piece.len() as u64);
                    self.failures = 0;
                    return Ok(Some(piece));
                }
                Ok(None) if self.length.is_none_or(|length| length == self.read) => return Ok(None),
                // The SDK's error could quote the body, and that it broke off is enough to know.
                Ok(None) | Err(_) => self.resume().await?,
            }
        }
    }

    /// Requests the rest of the same object, which is verified like the first part.
    async fn resume(&mut self) -> Result<()> {
        self.failures += 1;
        if self.failures >= ATTEMPTS_AT_BODIES {
            let message = "the body of the object broke off";
            return Err(Error::new(ErrorKind::Transport, Stage::Fetch, message).at_object(&self.key));
        }
        debug!(attempt = self.failures, "the body broke off");
        sleep(self.backoff.pause()).await;
        let got = get(&self.clients, &self.seal, &self.key, self.read, self.etag.as_deref()).await?;
        self.body = got.body;
        Ok(())
    }
}

/// An object from some byte on, and what S3 says about it.
struct Got {
    body: ByteStream,
    etag: Option<String>,
    length: Option<u64>,
}

/// Requests an object from this byte on, provided that it has this ETag.
async fn get(clients: &Clients, seal: &Seal, key: &str, from: u64, etag: Option<&str>) -> Result<Got> {
    let got = get_verified(clients, seal, key, |call| {
        let call = call.set_if_match(etag.map(str::to_owned));
        if from > 0 { call.range(format!("bytes={from}-")) } else { call }
    });
    let object = got.await.map_err(|error| replaced(error, key))?;
    if from > 0 && !begins_at(object.content_range(), from) {
        let message = "the rest of the object was requested, and S3 sent another range of it";
        return Err(Error::new(ErrorKind::Malformed, Stage::Fetch, message).at_object(key));
    }
    let length = object.content_length().and_then(|length| length.try_into().ok());
    Ok(Got { body: object.body, etag: object.e_tag, length })
}

/// The error of a condition that failed: the only one that is sent is that the object is still the same.
fn replaced(error: Error, key: &str) -> Error {
    if error.kind() == ErrorKind::AlreadyExists {
        let message = "the object was replaced while it was read: read the output again";
        return Error::new(ErrorKind::Malformed, Stage::Fetch, message).at_object(key);
    }
    error
}

/// Whether an answer begins at the byte that was requested: other bytes, appended to those that were read, would be an
/// output that was never written.
fn begins_at(content_range: Option<&str>, read: u64) -> bool {
    let range = content_range.and_then(|range| range.strip_prefix("bytes "));
    range.and_then(|range| range.split_once('-')).is_some_and(|(first, _)| first.parse() == Ok(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_where_it_was_asked_for() {
        assert!(begins_at(Some("bytes 5-9/10"), 5));
        for other in [
            None,
            Some(""),
            Some("bytes 0-9/10"),
            Some("bytes 55-99/100"),
            Some("bytes 5"),
            Some("bytes */10"),
            Some("5-9/10"),
        ] {
            assert!(!begins_at(other, 5), "{other:?}");
        }
    }
}
