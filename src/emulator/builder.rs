//! How an emulator is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::FutureExt;

use super::comprehend::Pii;
use super::comprehend_jobs::ComprehendJobs;
use super::error::Error;
use super::faults::{FaultRule, Faults};
use super::jobs::Jobs;
use super::kms::{EmulatedKey, Keys};
use super::log::Log;
use super::messaging::{Delivery, EmulatedQueue, Setup};
use super::multipart::Uploads;
use super::quotas::{Quotas, Rates};
use super::reader::Reader;
use super::response::Response;
use super::store::{Bucket, Encryption, Object, Store};
use super::textract::Known;
use super::{ACCOUNT, Emulator, Inner, gate, operations};
use crate::redact::{PatternDetector, PiiDetector, PiiType};

/// Sets up an [`Emulator`].
#[must_use]
pub struct EmulatorBuilder {
    account: String,
    region: String,
    keys: Vec<EmulatedKey>,
    buckets: Vec<EmulatedBucket>,
    objects: Vec<(String, String, Bytes)>,
    responses: Vec<Response>,
    responses_of: Vec<(Known, Response)>,
    reader: Option<Reader>,
    pii: Pii,
    messaging: Setup,
    faults: Vec<FaultRule>,
    quotas: Quotas,
    job_duration: Duration,
    job_retention: Option<Duration>,
    latency: Duration,
    blocks_per_part: u64,
    list_page_size: Option<i32>,
    report_key_as_id: bool,
    denied: Vec<String>,
    unreadable: Vec<String>,
    log_limit: usize,
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.objects.iter().map(|(_, key, _)| key.as_str()).collect();
        f.debug_struct("EmulatorBuilder")
            .field("region", &self.region)
            .field("buckets", &self.buckets)
            .field("objects", &keys)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            account: ACCOUNT.to_owned(),
            region: "us-east-1".to_owned(),
            keys: Vec::new(),
            buckets: Vec::new(),
            objects: Vec::new(),
            responses: Vec::new(),
            responses_of: Vec::new(),
            reader: None,
            pii: Pii::default(),
            messaging: Setup::default(),
            faults: Vec::new(),
            quotas: Quotas::default(),
            job_duration: Duration::ZERO,
            job_retention: None,
            latency: Duration::ZERO,
            blocks_per_part: 1000,
            list_page_size: None,
            report_key_as_id: false,
            denied: Vec::new(),
            unreadable: Vec::new(),
            log_limit: 10_000,
        }
    }
}

impl EmulatorBuilder {
    /// The account of callers and buckets, 12 digits. Defaults to `111122223333`.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// The Region of buckets and of [`Emulator::sdk_config`]. Defaults to `us-east-1`. Requests may be signed for any
    /// Region, and then see what that Region has.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Adds a KMS key; an ARN alone means an enabled, customer-managed key. Any key that is not added is refused.
    pub fn kms_key(mut self, key: impl Into<EmulatedKey>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Adds a bucket.
    pub fn bucket(mut self, bucket: impl Into<EmulatedBucket>) -> Self {
        self.buckets.push(bucket.into());
        self
    }

    /// Adds an object, and its bucket if that was not added.
    pub fn object(
        mut self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        self.objects.push((bucket.into(), key.into(), bytes.into()));
        self
    }

    /// Answers every document with this response. Of several responses, each family gets the latest one that fits; if
    /// none fits, a job fails and says so, and a synchronous call is refused. Without any response, every family has a
    /// small made-up answer.
    pub fn response(mut self, response: impl Into<Response>) -> Self {
        self.responses.push(response.into());
        self
    }

    /// Answers the document of this object key with this response.
    pub fn response_for(mut self, key: impl Into<String>, response: impl Into<Response>) -> Self {
        self.responses_of.push((Known::Key(key.into()), response.into()));
        self
    }

    /// Answers synchronous calls that come with these bytes with this response.
    pub fn response_for_bytes(mut self, bytes: impl AsRef<[u8]>, response: impl Into<Response>) -> Self {
        self.responses_of.push((Known::bytes(bytes.as_ref()), response.into()));
        self
    }

    /// Has documents read: text detection and document analysis, as jobs and as synchronous calls, are answered with
    /// what this function reads in the bytes of the document, such as a [`Scan`](super::Scan) of what an OCR finds. The
    /// latest reader counts. A document that has its own response ([`response_for`](Self::response_for)) is not read.
    ///
    /// It runs while the request waits, after everything that is known to refuse the request has been checked, and the
    /// job is in progress from then on. What takes long belongs in tokio's `spawn_blocking`. For a document that cannot
    /// be read, return a [`Response::failed`].
    ///
    /// ```
    /// use inkseal::block::{PageSize, PixelBox};
    /// use inkseal::emulator::{Emulator, Response, Scan, ScannedPage, ScannedWord};
    ///
    /// // Letters that are ten pixels wide and twenty pixels high.
    /// let a4 = PageSize::new(595, 842)?;
    /// let word = |text: &str, top| {
    ///     let width = 10 * text.chars().count() as u32;
    ///     ScannedWord::new(text, PixelBox { left: 0, top, width, height: 20 }, 99.0)
    /// };
    /// let emulator = Emulator::builder()
    ///     .reader(move |bytes| async move {
    ///         let Ok(text) = std::str::from_utf8(&bytes) else { return Response::failed("the document is not text") };
    ///         let words = text.lines().zip((0..).step_by(20)).map(|(text, top)| word(text, top));
    ///         Scan::new().page(words.fold(ScannedPage::new(a4), |page, word| page.line([word]))).into()
    ///     })
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader<R, F>(mut self, read: R) -> Self
    where
        R: Fn(Bytes) -> F + Send + Sync + 'static,
        F: Future<Output: Into<Response>> + Send + 'static,
    {
        self.reader = Some(Arc::new(move |bytes| read(bytes).map(Into::into).boxed()));
        self
    }

    /// Makes Comprehend find every occurrence of this string in a text as an entity of this type, such as
    /// [`PiiType::Name`] or `"NAME"`, with the score 0.99. A type can have any name. By default Comprehend finds
    /// nothing.
    pub fn pii(mut self, pii_type: impl Into<PiiType>, text: impl Into<String>) -> Self {
        self.pii.add_text(pii_type.into().as_str(), text.into());
        self
    }

    /// Makes Comprehend find what this detector finds, along with the strings of [`pii`](Self::pii). The latest
    /// detector counts. If it fails, or gives spans that are empty or beyond the text, the answer is
    /// `InternalServerException`.
    pub fn pii_detector(mut self, detector: impl PiiDetector + 'static) -> Self {
        self.pii.set_detector(Arc::new(detector));
        self
    }

    /// Makes Comprehend find what this crate's own [`PatternDetector`] finds: a [`pii_detector`](Self::pii_detector)
    /// for demonstrations. A test of anything that uses these patterns would compare them with themselves.
    pub fn pii_by_patterns(self) -> Self {
        self.pii_detector(PatternDetector::new())
    }

    /// Adds an SNS topic. A job that names another in its notification channel is refused.
    pub fn topic(mut self, arn: impl Into<String>) -> Self {
        self.messaging.topics.push(arn.into());
        self
    }

    /// Adds an SQS queue, and its dead-letter queue if it has one.
    pub fn queue(mut self, queue: impl Into<EmulatedQueue>) -> Self {
        self.messaging.queues.push(queue.into());
        self
    }

    /// Makes a topic put its messages into a queue. Both must be added, too.
    pub fn subscribe(
        mut self,
        topic_arn: impl Into<String>,
        queue: impl Into<String>,
        delivery: Delivery,
    ) -> Self {
        self.messaging.subscriptions.push((topic_arn.into(), queue.into(), delivery));
        self
    }

    /// How long jobs are in progress, by tokio's clock. Defaults to zero: they end at once.
    pub fn job_duration(mut self, duration: Duration) -> Self {
        self.job_duration = duration;
        self
    }

    /// How long a Textract job is kept after its end, by tokio's clock. Defaults to for ever. Then it is forgotten
    /// along with its token and its output, as if a lifecycle rule of the bucket had expired that, so that runs of any
    /// length fit into memory. Comprehend's jobs are always kept.
    pub fn job_retention(mut self, duration: Duration) -> Self {
        self.job_retention = Some(duration);
        self
    }

    /// How long every request takes.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The quotas of Textract and Comprehend. Defaults to none.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// Adds a fault. [`build`](Self::build) refuses one on an operation that the emulator does not have.
    pub fn fault(mut self, fault: impl Into<FaultRule>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Limits the pages of listings to this many keys, 1 to 1,000, even if more are asked for.
    pub fn list_page_size(mut self, keys: u16) -> Self {
        self.list_page_size = Some(i32::from(keys.clamp(1, 1000)));
        self
    }

    /// How many blocks a part of a job's output holds. Defaults to 1,000. Parts of expense documents hold at most 20
    /// of them, and parts of lending results at most 30.
    pub fn blocks_per_part(mut self, blocks: u32) -> Self {
        self.blocks_per_part = u64::from(blocks.max(1));
        self
    }

    /// Makes S3 name the KMS key of an object by its id instead of its ARN.
    pub fn report_key_as_id(mut self, as_id: bool) -> Self {
        self.report_key_as_id = as_id;
        self
    }

    /// Denies an operation, named as in the API reference, as if the caller's policy did not allow it. Denying
    /// `ListObjectsV2` has the effect of a missing `s3:ListBucket`: S3 also answers requests for an object that does
    /// not exist with `403 AccessDenied`. [`build`](Self::build) refuses an operation that the emulator does not have.
    pub fn deny(mut self, operation: impl Into<String>) -> Self {
        self.denied.push(operation.into());
        self
    }

    /// Makes the objects in a bucket unreadable to Textract: its operations refuse them as input.
    pub fn unreadable_to_textract(mut self, bucket: impl Into<String>) -> Self {
        self.unreadable.push(bucket.into());
        self
    }

    /// How many requests [`Emulator::requests`] keeps. Defaults to 10,000. 0 keeps none; requests are counted all the
    /// same.
    pub fn log_limit(mut self, requests: usize) -> Self {
        self.log_limit = requests;
        self
    }

    /// The emulator, ready for requests.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKeyArn`] and [`Error::UnknownKey`] if a key is malformed or missing; [`Error::InvalidTopicArn`],
    /// [`Error::InvalidQueue`] and [`Error::UnknownSubscriber`] if a topic, a queue or a subscription is;
    /// [`Error::UnknownOperation`] if a denial or a fault names an operation that the emulator does not have.
    pub fn build(self) -> Result<Emulator, Error> {
        if let Some(operation) = self.denied.iter().find(|operation| !operations::is_known(operation)) {
            return Err(Error::UnknownOperation { operation: operation.clone() });
        }
        self.faults.iter().try_for_each(FaultRule::check)?;
        for key in &self.keys {
            key.check()?;
        }
        let messaging = self.messaging.build(&self.account, &self.region)?;
        let keys = Keys::new(&self.account, self.keys);
        let store = Store::default();
        for bucket in self.buckets {
            let region = bucket.region.unwrap_or_else(|| self.region.clone());
            let mut made = Bucket::new(region, bucket.owner.unwrap_or_else(|| self.account.clone()));
            if let Some(name) = &bucket.key {
                let Ok(key) = keys.find(&made.region, name) else {
                    return Err(Error::UnknownKey { bucket: bucket.name });
                };
                made.encryption = Encryption::Kms { key_arn: key.arn.as_str().into(), bucket_key: false };
            }
            store.lock().insert(bucket.name, made);
        }
        for (bucket, key, bytes) in self.objects {
            let mut buckets = store.lock();
            let bucket = buckets.entry(bucket);
            let bucket = bucket.or_insert_with(|| Bucket::new(self.region.clone(), self.account.clone()));
            let object = Object::stored(bytes, bucket.encryption.clone());
            bucket.objects.insert(key, Arc::new(object));
        }
        let inner = Arc::new_cyclic(|inner| Inner {
            account: self.account,
            region: self.region,
            keys,
            store,
            jobs: Jobs::kept_for(self.job_retention),
            comprehend_jobs: ComprehendJobs::default(),
            messaging,
            faults: Faults::new(self.faults),
            log: Arc::new(Log::new(self.log_limit)),
            rates: Rates::default(),
            quotas: self.quotas,
            s3: gate::Front::new(inner.clone()),
            uploads: Uploads::default(),
            responses: self.responses,
            responses_of: self.responses_of,
            reader: self.reader,
            pii: self.pii,
            job_duration: self.job_duration,
            latency: self.latency,
            blocks_per_part: self.blocks_per_part,
            list_page_size: self.list_page_size,
            report_key_as_id: self.report_key_as_id,
            denied: self.denied,
            unreadable: self.unreadable,
        });
        Ok(Emulator { inner })
    }
}

/// A bucket before the emulator runs. A name alone means a bucket in the emulator's Region and account.
#[derive(Clone, Debug)]
#[must_use]
pub struct EmulatedBucket {
    name: String,
    region: Option<String>,
    owner: Option<String>,
    key: Option<String>,
}

impl EmulatedBucket {
    /// A bucket of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), region: None, owner: None, key: None }
    }

    /// Puts the bucket into this Region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the account that owns the bucket (12 digits), with which `x-amz-expected-bucket-owner` is compared.
    pub fn owner(mut self, account: impl Into<String>) -> Self {
        self.owner = Some(account.into());
        self
    }

    /// Encrypts objects by default with SSE-KMS under this key. Without it, they are encrypted with SSE-S3.
    pub fn default_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl From<&str> for EmulatedBucket {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for EmulatedBucket {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
