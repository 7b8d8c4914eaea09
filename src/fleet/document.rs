//! One document of many.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::job::Api;
use crate::resource::{JobTag, S3Object};

/// A document to be read, and whose it is.
///
/// Documents take turns by their tag: a tenant, a customer, a batch. It is not sent anywhere by itself; a template
/// that wants it in the completion message gives it to the job with `job_tag`.
///
/// ```
/// use inkseal::fleet::Document;
///
/// let document = Document::new("s3://amzn-s3-demo-source/scan.pdf".parse()?).tagged("tenant-7".parse()?);
/// assert_eq!(document.object().key(), "scan.pdf");
/// assert_eq!(document.tag().map(|tag| tag.as_str()), Some("tenant-7"));
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
///
/// Its `Debug` shows the bucket and the tag, but not the key, which may say something about people.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Document {
    object: S3Object,
    tag: Option<JobTag>,
}

impl Document {
    /// A document without a tag. All documents without one take turns as one group.
    pub fn new(object: S3Object) -> Self {
        Self { object, tag: None }
    }

    /// The same document with this tag.
    pub fn tagged(self, tag: JobTag) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// The object in S3.
    pub fn object(&self) -> &S3Object {
        &self.object
    }

    /// Whose it is.
    pub fn tag(&self) -> Option<&JobTag> {
        self.tag.as_ref()
    }

    /// The id by which a journal knows the document, for jobs of this operation.
    ///
    /// It covers the bucket, the key, the version and the tag, so the same object under another tag is another document.
    pub fn id(&self, api: Api) -> DocumentId {
        let mut digest = Sha256::new();
        let fields = [
            Some("inkseal document 1"),
            Some(api.as_str()),
            Some(self.object.bucket().as_str()),
            Some(self.object.key()),
            self.object.version(),
            self.tag.as_ref().map(|tag| tag.as_str()),
        ];
        for field in fields {
            // With its length, so that no two lists of fields are the same bytes.
            digest.update(field.map_or(u64::MAX, |field| field.len() as u64).to_le_bytes());
            digest.update(field.unwrap_or_default());
        }
        let mut id = [0; 16];
        id.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        DocumentId(id)
    }
}

impl From<S3Object> for Document {
    fn from(object: S3Object) -> Self {
        Self::new(object)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, tag } = self;
        f.debug_struct("Document").field("bucket", object.bucket()).field("tag", tag).finish_non_exhaustive()
    }
}

/// The first 16 bytes of a SHA-256 over the operation, bucket, key, version and tag of a document: 32 hexadecimal
/// digits as text and in serde.
///
/// Among 10 million documents two have the same id with a chance of 1 in 10^24. Anyone who knows a key can compute its
/// id, so an id hides a key only from those who cannot guess it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId([u8; 16]);

/// A string that is not the id of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document id is 32 lower-case hexadecimal digits")]
pub struct InvalidDocumentId;

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentId({self})")
    }
}

impl FromStr for DocumentId {
    type Err = InvalidDocumentId;

    fn from_str(text: &str) -> Result<Self, InvalidDocumentId> {
        let written = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !written {
            return Err(InvalidDocumentId);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| InvalidDocumentId)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl TryFrom<String> for DocumentId {
    type Error = InvalidDocumentId;

    fn try_from(text: String) -> Result<Self, InvalidDocumentId> {
        text.parse()
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(uri: &str) -> Document {
        Document::new(uri.parse().unwrap())
    }

    #[test]
    fn all_that_makes_a_document_makes_its_id() {
        let api = Api::StartDocumentAnalysis;
        let tag = |tag: &str| document("s3://abc/k").tagged(tag.parse().unwrap());
        let ids = [
            document("s3://abc/k").id(api),
            document("s3://abc/k").id(Api::StartExpenseAnalysis),
            document("s3://abd/k").id(api),
            document("s3://abc/kk").id(api),
            document("s3://abc/k?versionId=1").id(api),
            tag("1").id(api),
            tag("a").id(api),
        ];
        let mut distinct = ids.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(document("s3://abc/k").id(api), ids[0]);
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = document("s3://abc/k").id(Api::StartDocumentAnalysis);
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "0", "+0000000000000000000000000000000", &"0".repeat(33), &"A".repeat(32)] {
            assert_eq!(text.parse::<DocumentId>(), Err(InvalidDocumentId), "{text}");
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        let shown = format!("{:?}", document("s3://abc/jane-doe.pdf"));
        assert!(shown.contains("abc") && !shown.contains("jane"), "{shown}");
    }
}
