//! Sealed writes: redacted results go back to S3 under the same rule as the output of a job.

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
/// Every put names the key (`aws:kms`), asks for an S3 Bucket Key, which saves calls to KMS, names the account that has to own
/// the bucket, and carries a SHA-256 checksum of the bytes. S3's answer is then checked against all of it. There is no put
/// without encryption, none under another key, and none of unredacted content, unless it says so: see [`Storable`].
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
/// S3 refuses a put to the name of an existing object (`If-None-Match: *`), so that a wrong name cannot overwrite an original, nor
/// one of two documents with the same name the other. For a pipeline that may run twice there is
/// [`replacing`](Self::replacing). If the answer to a put is lost, the SDK sends it again, and the second put then finds
/// the object of the first: [`AlreadyExists`](ErrorKind::AlreadyExists) can mean that it was this put.
///
/// # If S3 does not comply
///
/// An answer that names another key or algorithm, or no Bucket Key, is an error of the kind [`NotSealed`](ErrorKind::NotSealed),
/// which names the object. **The object is then in the bucket.** It is not deleted here: that needs a permission
/// (`s3:DeleteObject`) that a writer should not have, and in a bucket with versions it would only hide it. Treat it as
/// an incident: delete the object, and find out what sits between the caller and S3.
///
/// # Names
///
/// CloudTrail, server access logs and inventories show the names of objects, so nothing private belongs in them: use job ids
/// and page numbers, not names of people or files.
///
/// # Permissions
///
/// `s3:PutObject` on the objects, and `kms:GenerateDataKey` and `kms:Decrypt` on the key; `kms:DescribeKey` for
/// [`open`](Self::open) if the clients have a KMS client.
#[derive(Clone, Debug)]
#[must_use]
pub struct SealedStore {
    clients: Clients,
    seal: Seal,
    /// What the key of every object begins with, with a slash at its end.
    folder: String,
    replaces: bool,
}

impl<F: Family> CompletedJob<F> {
    /// A store under the seal of this job: its bucket, its key and the owner of its bucket. Objects are named
    /// `PREFIX/JOB_ID/NAME`.
    ///
    /// Use another prefix than that of the job's own output, so that a policy can grant access to redacted results without
    /// granting it to the originals.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the job does not name the
    /// [owner of its bucket](crate::job::SecureJobBuilder::expected_bucket_owner): use [`SealedStore::open`], which takes one; or if
    /// the prefix holds `#` or `?versionId=`, which are not allowed in the name of a stored object.
    pub fn store(&self, clients: &Clients, prefix: crate::resource::Prefix) -> Result<SealedStore> {
        let seal = self.seal();
        let owner = seal.bucket_owner().ok_or_else(|| {
            Error::invalid(
                "the job does not name the owner of its bucket, and nothing is stored in a bucket that could be \
                 anyone's: give the job expected_bucket_owner, or use SealedStore::open",
            )
        })?;
        prefix.check_for_objects()?;
        let folder = prefix.job(self.id());
        let (bucket, kms_key) = (seal.bucket().clone(), seal.kms_key().clone());
        let seal = Seal::new(bucket, prefix, kms_key, Some(owner.clone()), seal.region().cloned());
        Ok(SealedStore { clients: clients.clone(), seal, folder, replaces: false })
    }
}

impl SealedStore {
    /// A store at this location, under this key, in a bucket that this account owns. Objects are named `PREFIX/NAME`.
    ///
    /// If the clients have a KMS client, the key is checked and an alias is resolved, as at the start of a job.
    ///
    /// # Errors
    ///
    /// [`UnusableKey`](ErrorKind::UnusableKey) if KMS says that the key cannot seal; [`InvalidInput`](ErrorKind::InvalidInput)
    /// if it is in another Region than the clients, or an alias that nothing can resolve, or if the prefix holds `#` or
    /// `?versionId=`, which are not allowed in the name of a stored object; and the errors of `DescribeKey`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only reads the key's description.
    pub async fn open(
        clients: &Clients,
        location: S3Location,
        kms_key: KmsKey,
        bucket_owner: AccountId,
    ) -> Result<Self> {
        location.prefix().check_for_objects()?;
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

    /// The same store, whose puts replace existing objects.
    pub fn replacing(self) -> Self {
        Self { replaces: true, ..self }
    }

    /// The same store, whose puts are refused if the object exists.
    #[cfg(feature = "sqs")]
    pub(crate) fn unreplacing(self) -> Self {
        Self { replaces: false, ..self }
    }

    /// Whether an object of this name exists, under this seal.
    ///
    /// It needs `s3:GetObject`. Without `s3:ListBucket` on the bucket S3 does not say that an object does not exist, but denies
    /// access, and as the answer to a HEAD has no body that explains it, every denied access counts as no object: so does one
    /// because of rejected credentials. A bucket of another owner and a missing bucket look the same; a put to them fails.
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed) if the object exists under another key or none; and the errors of the request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only reads the object's head.
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
            // Only if S3 has answered: without credentials the request was not sent.
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AccessDenied)
                    && error.request_id().is_some() =>
            {
                Ok(false)
            }
            Err(error) => Err(error.at_object(object.key())),
        }
    }

    /// What the key of every object begins with, with a slash at its end.
    #[cfg(feature = "comprehend")]
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// The seal of every object in the store.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Puts an object, and returns where it is: with its version, if the bucket keeps versions.
    ///
    /// The name follows the prefix: path segments between single slashes, such as `page-1.png`, without `#` and `?versionId=`. It
    /// must say nothing about the content of the document.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an invalid name, or more than 5 GB;
    /// [`AlreadyExists`](ErrorKind::AlreadyExists), [`AccessDenied`](ErrorKind::AccessDenied) (also for a bucket of another account)
    /// and [`UnusableKey`](ErrorKind::UnusableKey) if S3 refuses; [`NotSealed`](ErrorKind::NotSealed) if it did not seal the object
    /// as asked, and [`Malformed`](ErrorKind::Malformed) if it stored other bytes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the object, whole and sealed, or none, but never a part of one, and S3's answer
    /// is then not verified. Put it again: [`AlreadyExists`](ErrorKind::AlreadyExists) can then mean that it was
    /// this put.
    pub async fn put(&self, name: &str, what: impl Storable) -> Result<S3Object> {
        let object = S3Object::within(self.seal.bucket(), &self.folder, name)?;
        let Object { body, content_type } = what.into_object();
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        check_size(bytes)?;
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
            .body(ByteStream::from(body))
            .customize();
        let call = match self.clients.for_upload(bytes) {
            Some(config) => call.config_override(config),
            None => call,
        };
        let put = send(Stage::Store, "PutObject", call.send()).await;
        let put = put.map_err(|error| error.at_object(object.key()))?;
        self.verify(&put, &checksum).map_err(|error| error.at_object(object.key()))?;
        // Without the name: the caller chose it, and logs go everywhere.
        debug!("stored");
        match put.version_id() {
            Some(version) => Ok(object.with_version(version)?),
            None => Ok(object),
        }
    }

    /// Checks what S3 says that it did against what it was asked to do.
    fn verify(&self, put: &PutObjectOutput, checksum: &str) -> Result<()> {
        let not_sealed = |why: &str| {
            let message = format!("the object was put, but is {why}: delete it");
            Error::new(ErrorKind::NotSealed, Stage::Store, message)
        };
        let algorithm = put.server_side_encryption().map(ServerSideEncryption::as_str);
        self.seal.compare(algorithm, put.ssekms_key_id()).map_err(not_sealed)?;
        if put.bucket_key_enabled() != Some(true) {
            return Err(not_sealed("not under an S3 Bucket Key"));
        }
        if put.checksum_sha256() != Some(checksum) {
            let message = "the object was put, but S3 does not confirm the checksum of what was sent";
            return Err(Error::new(ErrorKind::Malformed, Stage::Store, message));
        }
        Ok(())
    }
}

fn check_size(bytes: u64) -> Result<()> {
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let message = format!("the object has {bytes} bytes, and S3 accepts {MOST_BYTES} in one put: divide it");
    Err(Error::new(ErrorKind::InvalidInput, Stage::Store, message))
}

/// What may be stored: redacted results, and what is marked as [`Unredacted`].
///
/// It cannot be implemented outside the crate, so no text or image gets into a [`SealedStore`] by oversight without having gone
/// through redaction:
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
    /// An object before it is put.
    pub struct Object {
        pub body: Vec<u8>,
        pub content_type: &'static str,
    }

    /// Implemented for types that only redaction makes, and for the one that says it did not go through it.
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

/// A rendering to be stored as it is: sealed like everything else, with all that the document says.
///
/// The name is there for reviewers to search for.
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
    /// [`Malformed`](ErrorKind::Malformed) if it cannot be written, which does not happen with the crate's own records.
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
