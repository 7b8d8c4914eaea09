//! Uploads in several parts, which SDKs use for large files.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use s3s::S3Result;

use super::gate::{bad_request, error};
use super::store::{Encryption, Object};

struct Upload {
    bucket: String,
    key: String,
    encryption: Encryption,
    content_type: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    parts: BTreeMap<i32, (Bytes, String)>,
}

impl Upload {
    /// An id is valid only for the object that it was made for.
    fn is_of(&self, bucket: &str, key: &str) -> bool {
        self.bucket == bucket && self.key == key
    }
}

/// Without what was uploaded.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, key, encryption, content_type: _, metadata: _, parts } = self;
        f.debug_struct("Upload")
            .field("bucket", bucket)
            .field("key", key)
            .field("encryption", encryption)
            .field("parts", &parts.len())
            .finish_non_exhaustive()
    }
}

/// The uploads that are neither complete nor aborted.
#[derive(Default)]
pub(super) struct Uploads {
    open: Mutex<HashMap<String, Upload>>,
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Uploads({} open)", open.len())
    }
}

impl Uploads {
    /// The id of a new upload.
    pub(super) fn create(
        &self,
        bucket: &str,
        key: &str,
        encryption: Encryption,
        content_type: Option<String>,
        metadata: Option<BTreeMap<String, String>>,
    ) -> String {
        let id = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let (bucket, key, parts) = (bucket.to_owned(), key.to_owned(), BTreeMap::new());
        let upload = Upload { bucket, key, encryption, content_type, metadata, parts };
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), upload);
        id
    }

    /// Keeps a part, in place of any earlier one of its number. Its ETag.
    pub(super) fn part(
        &self,
        (bucket, key, id): (&str, &str, &str),
        number: i32,
        bytes: Bytes,
    ) -> S3Result<(String, Encryption)> {
        if !(1..=10_000).contains(&number) {
            return Err(bad_request("InvalidArgument", "Part number must be an integer between 1 and 10000"));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let upload =
            open.get_mut(id).filter(|upload| upload.is_of(bucket, key)).ok_or_else(no_such_upload)?;
        let part = Object::stored(bytes.clone(), Encryption::S3);
        upload.parts.insert(number, (bytes, part.etag.clone()));
        Ok((part.etag, upload.encryption.clone()))
    }

    /// Joins the parts that the client names, by number and ETag, into the object.
    pub(super) fn complete(
        &self,
        (bucket, key, id): (&str, &str, &str),
        named: &[(i32, Option<String>)],
    ) -> S3Result<Object> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = open.get(id).filter(|upload| upload.is_of(bucket, key)).ok_or_else(no_such_upload)?;
        if named.is_empty() {
            return Err(bad_request("MalformedXML", "You must specify at least one part"));
        }
        if !named.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(bad_request("InvalidPartOrder", "The list of parts was not in ascending order."));
        }
        let mut whole = BytesMut::new();
        for (position, (number, etag)) in named.iter().enumerate() {
            let known =
                upload.parts.get(number).filter(|(_, known)| etag.as_ref().is_none_or(|etag| etag == known));
            let (bytes, _) = known.ok_or_else(|| {
                bad_request("InvalidPart", "One or more of the specified parts could not be found.")
            })?;
            if position + 1 < named.len() && bytes.len() < 5 * 1024 * 1024 {
                let message = "Your proposed upload is smaller than the minimum allowed size";
                return Err(bad_request("EntityTooSmall", message));
            }
            whole.extend_from_slice(bytes);
        }
        let mut object = Object::stored(whole.freeze(), upload.encryption.clone());
        object.etag = format!("{}-{}", object.etag, named.len());
        object.content_type = upload.content_type.clone();
        object.metadata = upload.metadata.clone();
        open.remove(id);
        Ok(object)
    }

    pub(super) fn abort(&self, (bucket, key, id): (&str, &str, &str)) -> S3Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(id).filter(|upload| upload.is_of(bucket, key)).ok_or_else(no_such_upload)?;
        open.remove(id);
        Ok(())
    }
}

fn no_such_upload() -> s3s::S3Error {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    error(StatusCode::NOT_FOUND, "NoSuchUpload", message)
}
