//! Where the output of a job must go, and under which key.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::resource::{AccountId, Bucket, JobId, KeyMatch, KmsKey, Misplaced, Prefix, Region, S3Location};

/// The seal of a job: its output bucket and prefix, its KMS key and, if known, the account that owns the bucket.
///
/// A job is started with it, it is stored with the job for later, and every output object is checked
/// against it before it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SavedSeal")]
pub struct Seal {
    bucket: Bucket,
    prefix: Prefix,
    kms_key: KmsKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket_owner: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

/// The stored form of a seal, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedSeal {
    bucket: Bucket,
    prefix: Prefix,
    kms_key: KmsKey,
    bucket_owner: Option<AccountId>,
    region: Option<Region>,
}

impl TryFrom<SavedSeal> for Seal {
    type Error = BrokenSeal;

    fn try_from(saved: SavedSeal) -> Result<Self, BrokenSeal> {
        let SavedSeal { bucket, prefix, kms_key, bucket_owner, region } = saved;
        if kms_key.is_alias() {
            return Err(BrokenSeal::Alias);
        }
        if let Some(region) = &region {
            kms_key.check_region(region)?;
        }
        Ok(Self { bucket, prefix, kms_key, bucket_owner, region })
    }
}

/// Why no job can have been started with a stored seal.
#[derive(Debug, thiserror::Error)]
enum BrokenSeal {
    #[error("the KMS key of the stored seal is an alias: a job is stored with the key that it stood for")]
    Alias,
    #[error("the stored seal contradicts itself: {0}")]
    Misplaced(#[from] Misplaced),
}

impl Seal {
    pub(crate) fn new(
        bucket: Bucket,
        prefix: Prefix,
        kms_key: KmsKey,
        bucket_owner: Option<AccountId>,
        region: Option<Region>,
    ) -> Self {
        Self { bucket, prefix, kms_key, bucket_owner, region }
    }

    /// The seal of an application's jobs, as it is known beforehand: to read the output of jobs that were started elsewhere, of
    /// which only a [`Completion`](crate::notify::Completion) is known.
    ///
    /// ```
    /// use inkseal::Seal;
    ///
    /// let seal = Seal::known(
    ///     "s3://amzn-s3-demo-results/textract".parse()?,
    ///     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
    ///     Some("111122223333".parse()?),
    /// )?;
    /// assert_eq!(seal.bucket().as_str(), "amzn-s3-demo-results");
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the key is an alias: what S3 reports cannot be compared with one.
    pub fn known(output: S3Location, kms_key: KmsKey, bucket_owner: Option<AccountId>) -> Result<Self> {
        if kms_key.is_alias() {
            return Err(Error::invalid(
                "the seal names its key by an alias, which cannot be compared with S3's reports: give the key's ARN",
            ));
        }
        let (bucket, prefix) = output.into_parts();
        Ok(Self::new(bucket, prefix, kms_key, bucket_owner, None))
    }

    /// The bucket that the output is written to.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The prefix that the output is written under.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The customer-managed key that the output is encrypted with.
    pub fn kms_key(&self) -> &KmsKey {
        &self.kms_key
    }

    /// The account that owns the bucket, if the job names it.
    pub fn bucket_owner(&self) -> Option<&AccountId> {
        self.bucket_owner.as_ref()
    }

    /// The Region of the job, its bucket and its key, if known.
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// The same seal as settled at the start: the key as KMS resolved it, the Region as the client knows it.
    pub(crate) fn settled(self, kms_key: KmsKey, region: Option<Region>) -> Self {
        Self { kms_key, region: region.or(self.region), ..self }
    }

    /// Where the output of one job is: `{prefix}/{job id}/`.
    pub(crate) fn output_of(&self, job: &JobId) -> String {
        self.prefix.job(job)
    }

    /// Checks what an object is encrypted with, according to S3.
    ///
    /// `algorithm` is the value of the `x-amz-server-side-encryption` header, `key` that of
    /// `x-amz-server-side-encryption-aws-kms-key-id`: an ARN or a bare key id.
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed), naming the object, unless the algorithm is `aws:kms` and the key is this
    /// seal's. That includes an alias that was not resolved, as nothing can be compared with it.
    pub fn verify(&self, object: &str, algorithm: Option<&str>, key: Option<&str>) -> Result<()> {
        self.compare(algorithm, key).map_err(|why| {
            Error::new(ErrorKind::NotSealed, Stage::Verify, format!("the object is {why}")).at_object(object)
        })
    }

    /// Why an object is not encrypted as this seal demands, as in "the object is ...".
    pub(crate) fn compare(&self, algorithm: Option<&str>, key: Option<&str>) -> Result<(), &'static str> {
        match (algorithm, key) {
            (None, _) => Err("not encrypted with a KMS key, as S3 names no algorithm"),
            (Some("aws:kms"), None) => Err("encrypted by KMS, but S3 does not say with which key"),
            (Some("aws:kms"), Some(key)) => match self.kms_key.identifies_in(key, self.region.as_ref(), None)
            {
                KeyMatch::Same => Ok(()),
                KeyMatch::Different => Err("encrypted with another KMS key than the job's"),
                KeyMatch::NeedsResolution => Err(
                    "encrypted with a KMS key that cannot be compared with the job's: name the job's by its ARN",
                ),
            },
            // Double-layer encryption (aws:kms:dsse) is not what the job asked for either.
            (Some(_), _) => Err("not encrypted with aws:kms but with another algorithm"),
        }
    }
}
