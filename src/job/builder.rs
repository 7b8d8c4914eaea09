//! The builder of a sealed job.

use super::analysis::{Adapter, Analysis, Feature, Query};
use super::family::{Expense, Family, Lending, TextDetection};
use super::options::{Idempotency, NotificationChannel, Options};
use super::seal::Seal;
use super::start::SecureJob;
use crate::error::{Error, Result};
use crate::resource::{AccountId, Bucket, JobTag, KmsKey, Prefix, Region, S3Object};

/// Builds a [`SecureJob`].
///
/// ```
/// use inkseal::{Feature, SecureJob};
///
/// let job = SecureJob::analysis("s3://amzn-s3-demo-source/scan.pdf".parse()?)
///     .feature(Feature::Tables)
///     .output_bucket("amzn-s3-demo-results".parse()?)
///     .kms_key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?)
///     .expected_bucket_owner("111122223333".parse()?)
///     .build()?;
/// # let _ = job;
/// # Ok::<(), inkseal::Error>(())
/// ```
///
/// # Settings
///
/// The output bucket and the key are required; name the key by its ARN, which can be compared exactly. The rest is optional:
///
/// | setting | recommendation |
/// | --- | --- |
/// | [`expected_bucket_owner`](Self::expected_bucket_owner) | always: S3 then refuses to read a bucket of another account, and [`store`](crate::CompletedJob::store) needs it |
/// | [`region`](Self::region) | set it: a key, topic or client in another Region is then found before the start |
/// | [`prefix`](Self::prefix) | one per application, so that policies can tell their outputs apart |
/// | [`notification_channel`](Self::notification_channel) | for many or long jobs, in place of polling |
/// | [`job_tag`](Self::job_tag) | to recognise the job in its notification |
/// | [`idempotency`](Self::idempotency) | a salt, to process the same document again within seven days |
///
/// # Types
///
/// `F` is the family of the job. `B` and `K` are the output bucket and the KMS key: [`NeedsBucket`] and [`NeedsKey`] at
/// first, [`HasBucket`] and [`HasKey`] once they are given. [`build`](Self::build) exists only if both are given, so of the
/// four combinations that Textract allows, only the sealed one can be expressed.
///
/// ```compile_fail
/// # use inkseal::{SecureJob, resource::{Bucket, S3Object}};
/// # fn example(input: S3Object, bucket: Bucket) {
/// SecureJob::text_detection(input).output_bucket(bucket).build(); // no key: does not compile
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct SecureJobBuilder<F, B, K> {
    family: F,
    input: S3Object,
    bucket: B,
    kms_key: K,
    prefix: Prefix,
    bucket_owner: Option<AccountId>,
    region: Option<Region>,
    options: Options,
}

/// The output bucket has not been given yet.
#[derive(Clone, Copy, Debug)]
pub struct NeedsBucket;

/// The KMS key has not been given yet.
#[derive(Clone, Copy, Debug)]
pub struct NeedsKey;

/// The output bucket has been given.
#[derive(Clone, Debug)]
pub struct HasBucket(Bucket);

/// The KMS key has been given.
#[derive(Clone, Debug)]
pub struct HasKey(KmsKey);

impl SecureJob<TextDetection> {
    /// A job that detects lines and words: `StartDocumentTextDetection`.
    pub fn text_detection(input: S3Object) -> SecureJobBuilder<TextDetection, NeedsBucket, NeedsKey> {
        SecureJobBuilder::new(TextDetection, input)
    }
}

impl SecureJob<Analysis> {
    /// A job that analyses documents: `StartDocumentAnalysis`. It needs at least one feature or query.
    pub fn analysis(input: S3Object) -> SecureJobBuilder<Analysis, NeedsBucket, NeedsKey> {
        SecureJobBuilder::new(Analysis::default(), input)
    }
}

impl SecureJob<Expense> {
    /// A job that reads invoices and receipts: `StartExpenseAnalysis`.
    pub fn expense(input: S3Object) -> SecureJobBuilder<Expense, NeedsBucket, NeedsKey> {
        SecureJobBuilder::new(Expense, input)
    }
}

impl SecureJob<Lending> {
    /// A job that classifies and reads mortgage packages: `StartLendingAnalysis`.
    pub fn lending(input: S3Object) -> SecureJobBuilder<Lending, NeedsBucket, NeedsKey> {
        SecureJobBuilder::new(Lending, input)
    }
}

impl<F> SecureJobBuilder<F, NeedsBucket, NeedsKey> {
    fn new(family: F, input: S3Object) -> Self {
        Self {
            family,
            input,
            bucket: NeedsBucket,
            kms_key: NeedsKey,
            prefix: Prefix::default(),
            bucket_owner: None,
            region: None,
            options: Options::default(),
        }
    }
}

impl<F, K> SecureJobBuilder<F, NeedsBucket, K> {
    /// The bucket to write the output to. It must be in the Region of the job.
    pub fn output_bucket(self, bucket: Bucket) -> SecureJobBuilder<F, HasBucket, K> {
        let Self { family, input, bucket: NeedsBucket, kms_key, prefix, bucket_owner, region, options } =
            self;
        SecureJobBuilder {
            family,
            input,
            bucket: HasBucket(bucket),
            kms_key,
            prefix,
            bucket_owner,
            region,
            options,
        }
    }
}

impl<F, B> SecureJobBuilder<F, B, NeedsKey> {
    /// The customer-managed KMS key to encrypt the output with. It must be in the Region of the output bucket.
    ///
    /// An ARN is best: it names the account and the Region of the key, so every output object can be compared exactly. An
    /// alias needs the feature `kms`, which resolves it before the start.
    pub fn kms_key(self, kms_key: KmsKey) -> SecureJobBuilder<F, B, HasKey> {
        let Self { family, input, bucket, kms_key: NeedsKey, prefix, bucket_owner, region, options } = self;
        SecureJobBuilder {
            family,
            input,
            bucket,
            kms_key: HasKey(kms_key),
            prefix,
            bucket_owner,
            region,
            options,
        }
    }
}

impl<F, B, K> SecureJobBuilder<F, B, K> {
    /// The prefix to write the output under. Defaults to Textract's own, `textract_output`.
    pub fn prefix(mut self, prefix: Prefix) -> Self {
        self.prefix = prefix;
        self
    }

    /// The account that must own the output bucket. S3 then refuses every read if another account owns it.
    ///
    /// Textract has no such parameter for its writes, so this protects what is read, not what is written.
    pub fn expected_bucket_owner(mut self, account: AccountId) -> Self {
        self.bucket_owner = Some(account);
        self
    }

    /// The Region to run the job in, to check the key, the topic and the clients against.
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// A tag that is returned in the notification. It is written to CloudTrail: no personal data.
    pub fn job_tag(mut self, tag: JobTag) -> Self {
        self.options.job_tag = Some(tag);
        self
    }

    /// Where to announce the end of the job.
    pub fn notification_channel(mut self, channel: NotificationChannel) -> Self {
        self.options.notification_channel = Some(channel);
        self
    }

    /// What makes two starts the same work; see [`Idempotency`].
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.options.idempotency = idempotency;
        self
    }
}

impl<B, K> SecureJobBuilder<Analysis, B, K> {
    /// Adds a feature.
    pub fn feature(mut self, feature: Feature) -> Self {
        self.family.add_feature(feature);
        self
    }

    /// Adds several features.
    pub fn features(mut self, features: impl IntoIterator<Item = Feature>) -> Self {
        features.into_iter().for_each(|feature| self.family.add_feature(feature));
        self
    }

    /// Adds a query, and with it the feature QUERIES. At most 30 can be for one page.
    pub fn query(mut self, query: Query) -> Self {
        self.family.add_query(query);
        self
    }

    /// Adds an adapter. At most 100 can be given, and one for each page.
    pub fn adapter(mut self, adapter: Adapter) -> Self {
        self.family.add_adapter(adapter);
        self
    }
}

impl<F: Family> SecureJobBuilder<F, HasBucket, HasKey> {
    /// Checks everything that can be checked without calling AWS, and builds the job.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the family's own rules are broken (an analysis without a
    /// feature or query, too many queries for a page), or if the key, the topic and [`region`](Self::region) are not in the same
    /// Region.
    pub fn build(self) -> Result<SecureJob<F>> {
        let Self { family, input, bucket, kms_key, prefix, bucket_owner, region, options } = self;
        let (HasBucket(bucket), HasKey(kms_key)) = (bucket, kms_key);
        family.check()?;
        check_places(&kms_key, region.as_ref(), &options)?;
        let seal = Seal::new(bucket, prefix, kms_key, bucket_owner, region);
        Ok(SecureJob { family, input, seal, options })
    }
}

/// Checks that everything that names a Region names the same one.
fn check_places(kms_key: &KmsKey, region: Option<&Region>, options: &Options) -> Result<()> {
    let channel = options.notification_channel.as_ref();
    let region = region.or_else(|| channel.map(|channel| channel.topic().region()));
    let Some(region) = region else { return Ok(()) };
    kms_key.check_region(region).map_err(Error::from)?;
    if let Some(channel) = channel {
        channel.topic().check_region(region)?;
        channel.role().check_region(region)?;
    }
    Ok(())
}
