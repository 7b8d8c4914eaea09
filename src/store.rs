//! Sealed writes: what was redacted goes back to S3 under the same rule as the output of a job.

use std::fmt;

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ServerSideEncryption};
use aws_smithy_types::base64;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracing::debug;

use self::sealed::Object;
use crate::clients::{Clients, send};
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{CompletedJob, Family, Seal};
use crate::key;
use crate::redact::RedactedText;
use crate::render::{Format, Render};
use crate::resource::{AccountId, KmsKey, S3Location, S3Object};

/// The most that S3 takes in one request, in bytes: 5 GB ("Uploading objects" in the Amazon S3 user guide).
const MOST_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// A place in a bucket that is written to under one KMS key only.
///
/// Every put names the key (`aws:kms`), asks for an S3 Bucket Key, which saves calls of KMS, names the account that has to own
/// the bucket, and carries a SHA-256 checksum of the bytes. What S3 answers is then held against all of it. There is no put
/// without encryption, none under another key, and none of what was not redacted, unless it says so: see [`Storable`].
///
/// ```no_run
/// # use inkseal::{Analysis, Clients, CompletedJob};
/// # use inkseal::redact::RedactedImage;
/// # async fn example(job: CompletedJob<Analysis>, image: RedactedImage, clients: Clients) -> inkseal::Result<()> {
/// let store = job.store(&clients, "redacted".parse()?)?;
/// let object = store.put("page-1.png", image).await?;
/// println!("{object}"); // s3://BUCKET/redacted/JOB_ID/page-1.png
/// # Ok(())
/// # }
/// ```
///
/// # Nothing is replaced
///
/// A put to the name of an object that is there already is refused by S3 (`If-None-Match: *`), so that a wrong name cannot cost
/// an original, and two documents of one name cannot cost one of them. For a pipeline that may run twice there is
/// [`replacing`](Self::replacing). Where the answer of a put is lost, the SDK sends it again, and the second one then finds
/// the object of the first: [`AlreadyExists`](ErrorKind::AlreadyExists) can mean that it was this put.
///
/// # Where S3 does not keep to it
///
/// An answer that names another key or algorithm, or no Bucket Key, is an error of the kind [`NotSealed`](ErrorKind::NotSealed),
/// which names the object. **The object then stands in the bucket.** It is not deleted here: that needs a permission
/// (`s3:DeleteObject`) that whoever writes should not have, and in a bucket with versions it would only hide it. Treat it as
/// an incident: delete the object, and look at what stands between the caller and S3.
///
/// # Names
///
/// CloudTrail, server access logs and inventories show the names of objects, so nothing private belongs into one: take job ids
/// and page numbers, not names of people or of files.
///
/// # Permissions
///
/// `s3:PutObject` on the objects, and `kms:GenerateDataKey` and `kms:Decrypt` on the key; `kms:DescribeKey` for
/// [`open`](Self::open) where the clients have a KMS client.
#[derive(Clone, Debug)]
#[must_use]
pub struct SealedStore {
    clients: Clients,
    seal: Seal,
    /// What every key begins with, with a slash at its end.
    folder: String,
    replaces: bool,
}

impl<F: Family> CompletedJob<F> {
    /// A store under the seal of this job: its bucket, its key and the owner of its bucket. Objects are named
    /// `PREFIX/JOB_ID/NAME`.
    ///
    /// Take another prefix than that of the job's own output, so that a policy can let those read what was redacted who may
    /// not read what was not.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) where the job names no
    /// [owner of its bucket](crate::SecureJob): use [`SealedStore::open`], which is told one.
    pub fn store(&self, clients: &Clients, prefix: crate::resource::Prefix) -> Result<SealedStore> {
        let seal = self.seal();
        let owner = seal.bucket_owner().ok_or_else(|| {
            Error::invalid(
                "the job does not name the owner of its bucket, and nothing is stored in a bucket that could be \
                 anybody's: give the job expected_bucket_owner, or use SealedStore::open",
            )
        })?;
        let folder = prefix.job(self.id());
        let (bucket, kms_key) = (seal.bucket().clone(), seal.kms_key().clone());
        let seal = Seal::new(bucket, prefix, kms_key, Some(owner.clone()), seal.region().cloned());
        Ok(SealedStore { clients: clients.clone(), seal, folder, replaces: false })
    }
}

impl SealedStore {
    /// A store in this bucket and under this prefix, of this key, in a bucket of this account. Objects are named
    /// `PREFIX/NAME`.
    ///
    /// Where the clients have a KMS client, the key is looked at and an alias is resolved, as at the start of a job.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`](ErrorKind::UnusableKey) if KMS says that the key cannot seal; [`InvalidInput`](ErrorKind::InvalidInput)
    /// if it is in another Region than the clients, or an alias that nothing can resolve; and what `DescribeKey` can fail with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the key is looked at and nothing else.
    pub async fn open(
        clients: &Clients,
        location: S3Location,
        kms_key: KmsKey,
        bucket_owner: AccountId,
    ) -> Result<Self> {
        let region = clients.region();
        if let Some(region) = region {
            kms_key.check_region(region)?;
        }
        let kms_key = key::settle(clients, &kms_key, region).await?;
        let (bucket, prefix) = location.into_parts();
        let folder = format!("{prefix}/");
        let seal = Seal::new(bucket, prefix, kms_key, Some(bucket_owner), region.cloned());
        Ok(Self { clients: clients.clone(), seal, folder, replaces: false })
    }

    /// The same store, whose puts replace objects that are there already.
    pub fn replacing(self) -> Self {
        Self { replaces: true, ..self }
    }

    /// The same store, whose puts are refused where there is an object already.
    #[cfg(feature = "sqs")]
    pub(crate) fn unreplacing(self) -> Self {
        Self { replaces: false, ..self }
    }

    /// Whether there is an object of this name, under this seal.
    ///
    /// It takes `s3:GetObject`; without `s3:ListBucket` on the bucket S3 tells nobody that an object is not there, and that is taken
    /// for not being there too. So look a bucket of another owner and one that is missing; a put to them fails.
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed) where an object of the name is there under another key or none, and what the request can
    /// fail with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the object is looked at and nothing else.
    pub async fn has(&self, name: &str) -> Result<bool> {
        let object = S3Object::within(self.seal.bucket(), &self.folder, name)?;
        let call = self
            .clients
            .s3()
            .head_object()
            .bucket(self.seal.bucket().as_str())
            .key(object.key())
            .set_expected_bucket_owner(self.seal.bucket_owner().map(ToString::to_string));
        match send(Stage::Store, "HeadObject", call.send()).await {
            Ok(head) => {
                let algorithm = head.server_side_encryption().map(ServerSideEncryption::as_str);
                let sealed = self.seal.verify(object.key(), algorithm, head.ssekms_key_id());
                sealed.map(|()| true)
            }
            // Only where S3 has answered: without credentials nobody was asked.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AccessDenied)
                    && error.request_id().is_some() =>
            {
                Ok(false)
            }
            Err(error) => Err(error.at_object(object.key())),
        }
    }

    /// What every key begins with, with a slash at its end.
    #[cfg(feature = "comprehend")]
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// What every object is put under.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Puts an object, and gives its place: with its version, where the bucket keeps versions.
    ///
    /// The name follows the prefix: path segments between single slashes, such as `page-1.png`. It must say nothing of what is
    /// in the document.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a name that is none, or more than 5 GB;
    /// [`AlreadyExists`](ErrorKind::AlreadyExists), [`AccessDenied`](ErrorKind::AccessDenied) (of a bucket of another account too)
    /// and [`UnusableKey`](ErrorKind::UnusableKey) where S3 refuses; [`NotSealed`](ErrorKind::NotSealed) where it put the object
    /// otherwise than it was asked to, and [`Malformed`](ErrorKind::Malformed) where it put other bytes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the object, whole and sealed, or none, but never a part of one, and what S3
    /// answered was not verified. Put it again: [`AlreadyExists`](ErrorKind::AlreadyExists) can then mean that it was
    /// this put.
    pub async fn put(&self, name: &str, what: impl Storable) -> Result<S3Object> {
        let object = S3Object::within(self.seal.bucket(), &self.folder, name)?;
        let Object { body, content_type } = what.into_object();
        check_size(u64::try_from(body.len()).unwrap_or(u64::MAX))?;
        let checksum = base64::encode(Sha256::digest(&body));
        let call = self
            .clients
            .s3()
            .put_object()
            .bucket(self.seal.bucket().as_str())
            .key(object.key())
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(self.seal.kms_key().as_str())
            .bucket_key_enabled(true)
            .set_expected_bucket_owner(self.seal.bucket_owner().map(ToString::to_string))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(&checksum)
            .set_if_none_match((!self.replaces).then(|| "*".to_owned()))
            .content_type(content_type)
            .body(ByteStream::from(body));
        let put = send(Stage::Store, "PutObject", call.send()).await;
        let put = put.map_err(|error| error.at_object(object.key()))?;
        self.verify(&put, &checksum).map_err(|error| error.at_object(object.key()))?;
        // Not under which name: the caller chose that, and logs go everywhere.
        debug!("stored");
        match put.version_id() {
            Some(version) => Ok(object.with_version(version)?),
            None => Ok(object),
        }
    }

    /// Holds what S3 says that it did against what it was asked to.
    fn verify(&self, put: &PutObjectOutput, checksum: &str) -> Result<()> {
        let not_sealed = |why: &str| {
            let message = format!("the object was put, and is {why}: delete it");
            Error::new(ErrorKind::NotSealed, Stage::Store, message)
        };
        let algorithm = put.server_side_encryption().map(ServerSideEncryption::as_str);
        self.seal.compare(algorithm, put.ssekms_key_id()).map_err(not_sealed)?;
        if put.bucket_key_enabled() != Some(true) {
            return Err(not_sealed("not under an S3 Bucket Key"));
        }
        if put.checksum_sha256() != Some(checksum) {
            let message = "the object was put, and S3 does not say that it has the checksum of what was sent";
            return Err(Error::new(ErrorKind::Malformed, Stage::Store, message));
        }
        Ok(())
    }
}

fn check_size(bytes: u64) -> Result<()> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let message = format!("the object has {bytes} bytes, and S3 takes {MOST_BYTES} in one put: divide it");
    Err(Error::new(ErrorKind::InvalidInput, Stage::Store, message))
}

/// What may be stored: what has been redacted, and what is marked as [`Unredacted`].
///
/// It cannot be implemented outside of the crate, so no text and no image comes into a [`SealedStore`] by oversight that did not go
/// through the redaction:
///
/// ```compile_fail,E0277
/// # async fn example(store: inkseal::SealedStore, letter: inkseal::Document) -> inkseal::Result<()> {
/// store.put("letter.md", letter.to_markdown()).await?; // a String can be anything
/// # Ok(())
/// # }
/// ```
///
/// ```
/// # use inkseal::redact::{PatternDetector, Redactor};
/// # use inkseal::{Render, SealedStore, Unredacted};
/// # async fn example(store: SealedStore, letter: inkseal::Document) -> inkseal::Result<()> {
/// store.put("as-it-is.md", Unredacted::of(&letter, &Render::markdown())).await?; // a reviewer sees the word
/// let (letter, _) = letter.redact(&Redactor::builder(PatternDetector::new()).build()?).await?;
/// store.put("letter.md", letter.render(&Render::markdown())).await?;
/// # Ok(())
/// # }
/// ```
pub trait Storable: sealed::Sealed {}

impl<T: sealed::Sealed> Storable for T {}

pub(crate) mod sealed {
    /// An object to be.
    pub struct Object {
        pub body: Vec<u8>,
        pub content_type: &'static str,
    }

    /// Implemented for what only the redaction makes, and for what says that it did not go through it.
    pub trait Sealed {
        fn into_object(self) -> Object;
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { body, content_type } = self;
        f.debug_struct("Object").field("bytes", &body.len()).field("content_type", content_type).finish()
    }
}

/// A rendering that is to be stored as it is: sealed like all else, and full of whatever the document says.
///
/// The name is what a reviewer searches for.
#[derive(Clone, PartialEq, Eq)]
pub struct Unredacted {
    text: String,
    media_type: &'static str,
}

impl Unredacted {
    /// The rendering of a document.
    pub fn of(document: &Document, render: &Render) -> Self {
        Self { text: render.document(document), media_type: render.format().media_type() }
    }

    /// The JSON of a record, such as an invoice, in Textract's shape.
    ///
    /// # Errors
    ///
    /// [`Malformed`](ErrorKind::Malformed) where it cannot be written, as none of the crate's own.
    pub fn json(record: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(record).map_err(Error::unwritten)?;
        Ok(Self { text, media_type: Format::Json.media_type() })
    }

    /// Plain text, as Comprehend reads it.
    #[cfg(feature = "comprehend")]
    pub(crate) fn text(text: String) -> Self {
        Self { text, media_type: Format::Text.media_type() }
    }
}

impl fmt::Debug for Unredacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unredacted").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

impl sealed::Sealed for Unredacted {
    fn into_object(self) -> Object {
        Object { body: self.text.into_bytes(), content_type: self.media_type }
    }
}

impl sealed::Sealed for RedactedText {
    fn into_object(self) -> Object {
        let content_type = self.media_type();
        Object { body: self.into_string().into_bytes(), content_type }
    }
}

impl sealed::Sealed for &RedactedText {
    fn into_object(self) -> Object {
        Object { body: self.as_bytes().to_vec(), content_type: self.media_type() }
    }
}

#[cfg(feature = "image")]
mod image {
    use super::sealed::{Object, Sealed};
    use crate::redact::RedactedImage;

    impl Sealed for RedactedImage {
        fn into_object(self) -> Object {
            let content_type = self.format().media_type();
            Object { body: self.into_bytes(), content_type }
        }
    }

    impl Sealed for &RedactedImage {
        fn into_object(self) -> Object {
            Object { body: self.bytes().to_vec(), content_type: self.format().media_type() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_put_takes() {
        assert!(check_size(0).is_ok() && check_size(MOST_BYTES).is_ok());
        let error = check_size(MOST_BYTES + 1).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Store));
    }

    #[test]
    fn an_object_does_not_show_itself() {
        let object = Object { body: b"Jane Doe".to_vec(), content_type: "text/plain; charset=utf-8" };
        let said = format!("{object:?}");
        assert_eq!(said, r#"Object { bytes: 8, content_type: "text/plain; charset=utf-8" }"#);
    }
}
