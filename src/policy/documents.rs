//! The documents that jobs read.

use std::str::FromStr;

use super::error::InvalidScope;
use crate::resource::{Bucket, S3Location, S3Object};

/// The documents that jobs read: one object, or all objects of a bucket whose keys begin with a prefix.
///
/// As a string it is `s3://BUCKET/PREFIX`; the prefix is one of keys and need not end with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    pub(super) bucket: Bucket,
    pub(super) keys: String,
    pub(super) is_one: bool,
}

impl Documents {
    /// All documents of a bucket whose keys begin with this prefix, which may be empty.
    ///
    /// # Errors
    ///
    /// [`InvalidScope::Prefix`] if no key begins so.
    pub fn under(bucket: Bucket, prefix: impl Into<String>) -> Result<Self, InvalidScope> {
        let keys = prefix.into();
        if keys.len() > 1024 || keys.chars().any(char::is_control) || keys.starts_with('/') {
            return Err(InvalidScope::Prefix);
        }
        Ok(Self { bucket, keys, is_one: false })
    }

    /// This one document.
    pub fn object(object: &S3Object) -> Self {
        Self { bucket: object.bucket().clone(), keys: object.key().to_owned(), is_one: true }
    }

    /// Their bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// What their keys begin with, or the key of the single document.
    pub fn prefix(&self) -> &str {
        &self.keys
    }
}

impl FromStr for Documents {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        // A bucket without a prefix has the form of a location, whose parser says what is wrong otherwise.
        let rest = text.strip_prefix("s3://").unwrap_or(text);
        match rest.split_once('/') {
            Some((bucket, prefix)) if rest.len() < text.len() => Self::under(bucket.parse()?, prefix),
            _ => Self::under(text.parse::<S3Location>()?.bucket().clone(), ""),
        }
    }
}
