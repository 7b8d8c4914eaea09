//! Buckets and their objects.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::digest::hex;
use super::jobs::Part;

/// How an object is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// SSE-S3, `AES256`.
    S3,
    /// SSE-KMS under the key of this ARN.
    Kms { key_arn: Arc<str>, bucket_key: bool },
}

pub(super) enum Content {
    Stored(Bytes),
    /// Made when it is read.
    Part(Part),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.len())
    }
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Stored(bytes) => bytes.len() as u64,
            Self::Part(part) => part.len(),
        }
    }

    pub(super) fn bytes(&self) -> Bytes {
        match self {
            Self::Stored(bytes) => bytes.clone(),
            Self::Part(part) => part.bytes(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) content: Content,
    pub(super) etag: String,
    pub(super) encryption: Encryption,
    pub(super) modified: SystemTime,
    pub(super) content_type: Option<String>,
    pub(super) metadata: Option<BTreeMap<String, String>>,
    /// The checksum that came with the upload: the header's name and its value in base64.
    pub(super) checksum: Option<(&'static str, String)>,
}

impl Object {
    pub(super) fn stored(bytes: Bytes, encryption: Encryption) -> Self {
        let etag = hex(&Sha256::digest(&bytes)[..16]);
        Self::new(Content::Stored(bytes), etag, encryption)
    }

    pub(super) fn part(part: Part, encryption: Encryption) -> Self {
        let etag = part.etag();
        Self::new(Content::Part(part), etag, encryption)
    }

    fn new(content: Content, etag: String, encryption: Encryption) -> Self {
        let modified = SystemTime::now();
        Self { content, etag, encryption, modified, content_type: None, metadata: None, checksum: None }
    }
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    pub(super) owner: String,
    pub(super) created: SystemTime,
    pub(super) encryption: Encryption,
    pub(super) objects: BTreeMap<String, Arc<Object>>,
}

impl Bucket {
    pub(super) fn new(region: String, owner: String) -> Self {
        let created = SystemTime::now();
        Self { region, owner, created, encryption: Encryption::S3, objects: BTreeMap::new() }
    }
}

/// Every bucket, whoever owns it.
#[derive(Debug, Default)]
pub(super) struct Store {
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

impl Store {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Option<Arc<Object>> {
        self.lock().get(bucket)?.objects.get(key).cloned()
    }

    pub(super) fn region(&self, bucket: &str) -> Option<String> {
        self.lock().get(bucket).map(|bucket| bucket.region.clone())
    }

    /// Writes an object. Whether there is such a bucket.
    pub(super) fn put(&self, bucket: &str, key: String, object: Object) -> bool {
        match self.lock().get_mut(bucket) {
            Some(bucket) => {
                bucket.objects.insert(key, Arc::new(object));
                true
            }
            None => false,
        }
    }

    /// Writes an object if there is none of this key yet. Whether it did.
    pub(super) fn put_new(&self, bucket: &str, key: String, object: Object) -> bool {
        match self.lock().get_mut(bucket).map(|bucket| bucket.objects.entry(key)) {
            Some(Entry::Vacant(place)) => {
                place.insert(Arc::new(object));
                true
            }
            Some(Entry::Occupied(_)) | None => false,
        }
    }

    /// Removes every object in a folder, whose name has no slash at its end.
    pub(super) fn remove_folder(&self, bucket: &str, folder: &str) {
        if let Some(bucket) = self.lock().get_mut(bucket) {
            // The sign after the slash is a zero.
            let within = format!("{folder}/")..format!("{folder}0");
            bucket.objects.extract_if(within, |_, _| true).for_each(drop);
        }
    }
}
