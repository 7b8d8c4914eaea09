//! Where the documents of a job are.

use std::fmt;

use aws_sdk_comprehend::types as sdk;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Digest;
use crate::resource::{S3Location, S3Object};

/// The longest URI that Comprehend accepts, in characters.
const LONGEST_URI: usize = 1024;

/// What is one document in the input of a job.
///
/// Follows "InputDataConfig" in the Amazon Comprehend API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum InputFormat {
    /// Each file: `ONE_DOC_PER_FILE`.
    OneDocPerFile,
    /// Each line of each file, which ends in LF, CR or both: `ONE_DOC_PER_LINE`.
    OneDocPerLine,
}

impl InputFormat {
    pub(super) fn to_sdk(self) -> sdk::InputFormat {
        match self {
            Self::OneDocPerFile => sdk::InputFormat::OneDocPerFile,
            Self::OneDocPerLine => sdk::InputFormat::OneDocPerLine,
        }
    }
}

/// The documents that a Comprehend job reads: UTF-8 text in S3, in the Region of the job.
///
/// Comprehend treats the URI as a prefix, and reads **every object whose key begins with it**: `s3://bucket/claims`
/// would include `claims-of-others/1.txt` too. So a folder is always sent with a slash at its end. Nothing can be
/// added to the name of a single object: make sure that no other object's key begins with this one's.
///
/// **The content of a folder is not inspected when a job is started.** New objects in the same folder are the same
/// work: the derived token is the same, and may give yesterday's job. Give each run its own folder, or a
/// [salt](crate::Idempotency::Salted). Only the input that
/// [`CompletedJob::comprehend_input`](crate::CompletedJob::comprehend_input) writes knows its content.
///
/// ```
/// use inkseal::comprehend::ComprehendInput;
///
/// let input = ComprehendInput::one_document_per_file("s3://amzn-s3-demo-source/claims".parse()?);
/// assert_eq!(input.uri(), "s3://amzn-s3-demo-source/claims/");
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ComprehendInput {
    uri: String,
    format: InputFormat,
    /// A digest of the documents, if this crate wrote them.
    content: Option<String>,
}

/// Without the digest, which could confirm a guess at a short document.
impl fmt::Debug for ComprehendInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, format, content: _ } = self;
        f.debug_struct("ComprehendInput").field("uri", uri).field("format", format).finish_non_exhaustive()
    }
}

impl ComprehendInput {
    /// Every object of a folder, each of which is a document.
    pub fn one_document_per_file(folder: S3Location) -> Self {
        Self::folder(&folder, InputFormat::OneDocPerFile)
    }

    /// Every object of a folder, each line of which is a document.
    pub fn one_document_per_line(folder: S3Location) -> Self {
        Self::folder(&folder, InputFormat::OneDocPerLine)
    }

    /// A single object.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an object with a version, for which Comprehend has no parameter,
    /// and for a URI of more than 1,024 characters.
    pub fn object(object: &S3Object, format: InputFormat) -> Result<Self> {
        Ok(Self { uri: object_uri(object)?, format, content: None })
    }

    pub(super) fn folder(folder: &S3Location, format: InputFormat) -> Self {
        Self { uri: folder_uri(folder), format, content: None }
    }

    /// The same input, with the digest of its documents.
    pub(super) fn with_content(mut self, digest: String) -> Self {
        self.content = Some(digest);
        self
    }

    /// The URI that is sent to Comprehend.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// What is one document in it.
    pub fn format(&self) -> InputFormat {
        self.format
    }

    pub(super) fn identify(&self, digest: &mut Digest) {
        digest
            .field("input", Some(&self.uri))
            .field("format", Some(self.format.to_sdk().as_str()))
            .field("content", self.content.as_deref());
    }

    pub(super) fn to_sdk(&self) -> Result<sdk::InputDataConfig> {
        let config = sdk::InputDataConfig::builder().s3_uri(&self.uri).input_format(self.format.to_sdk());
        config.build().map_err(|_| Error::new(ErrorKind::InvalidInput, Stage::Start, "the input has no URI"))
    }
}

/// The URI of a folder; names of this length always fit into one.
pub(super) fn folder_uri(folder: &S3Location) -> String {
    format!("{folder}/")
}

/// The URI of a single object.
pub(super) fn object_uri(object: &S3Object) -> Result<String> {
    if object.version().is_some() {
        return Err(Error::invalid(
            "Comprehend cannot be told the version of an object: copy that version to a key of its own",
        ));
    }
    let uri = object.to_string();
    match uri.chars().count() {
        0..=LONGEST_URI => Ok(uri),
        length => Err(Error::invalid(format!(
            "the object's URI has {length} characters, and Comprehend takes {LONGEST_URI}"
        ))),
    }
}

/// The limits of a job, from "Guidelines and quotas" in the Amazon Comprehend developer guide.
///
/// They are checked when this crate writes the input ([`CompletedJob::comprehend_input`](crate::CompletedJob)), and
/// otherwise by the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentLimits {
    /// The largest document, in bytes of UTF-8.
    pub document_bytes: usize,
    /// The most documents of a job.
    pub documents: u64,
    /// The most bytes of all documents of a job together.
    pub total_bytes: u64,
}

impl DocumentLimits {
    pub(super) const fn new(document_bytes: usize, documents: u64, total_bytes: u64) -> Self {
        Self { document_bytes, documents, total_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_ends_in_a_slash() {
        for text in ["s3://abc/in", "s3://abc/in/"] {
            let input = ComprehendInput::one_document_per_line(text.parse().unwrap());
            assert_eq!((input.uri(), input.format()), ("s3://abc/in/", InputFormat::OneDocPerLine));
        }
    }

    #[test]
    fn objects_without_versions_in_short_uris() {
        let object = |key: &str| S3Object::new("abc", key).unwrap();
        let input = |object| ComprehendInput::object(&object, InputFormat::OneDocPerFile);
        assert_eq!(input(object("in/1.txt")).unwrap().uri(), "s3://abc/in/1.txt");
        assert!(input(object("in/1.txt").with_version("v1").unwrap()).is_err());
        assert!(input(object(&"k".repeat(1015))).is_ok());
        assert!(input(object(&"k".repeat(1016))).is_err());
    }
}
