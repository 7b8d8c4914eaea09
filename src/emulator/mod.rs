//! An emulator of Textract, Comprehend, S3, KMS, SNS and SQS at the HTTP seam: the real SDK clients, with their signing, retries and
//! parsing, talk to it as they talk to AWS.
//!
//! One core answers requests through two fronts. [`Emulator::sdk_config`] is an SDK configuration whose HTTP client is
//! the emulator itself: no socket, and tokio's paused clock works. [`Emulator::serve`] listens on a loopback port for any
//! AWS SDK. Both serve every service on one endpoint: Textract, Comprehend, KMS and SQS are told by `x-amz-target`, SNS by
//! the form that it is sent, and the rest is S3, path style.
//!
//! ```
//! use inkseal::emulator::{Emulator, Synthetic};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
//! let emulator = Emulator::builder()
//!     .kms_key(KEY)
//!     .bucket("results")
//!     .object("documents", "scan.pdf", &b"%PDF-1.7"[..])
//!     .response(Synthetic::pages(3))
//!     .build()?;
//! let s3 = aws_sdk_s3::Client::new(&emulator.sdk_config());
//! let head = s3.head_object().bucket("documents").key("scan.pdf").send().await?;
//! assert_eq!(head.content_length(), Some(8));
//! # Ok(())
//! # }
//! ```
//!
//! # What it refuses
//!
//! It refuses what AWS refuses: requests without a signature, every length and pattern of the API reference, documents and
//! buckets that are not there or are in another Region, keys that are unknown, disabled, pending deletion, asymmetric,
//! managed by AWS or of another Region, a token used for another input, texts that are empty, too large
//! or of another language than Comprehend knows personal data in. It reads names (keys, buckets, topics) with code of
//! its own and never with this crate's: an emulator that shared the checks of the code it tests would let the tests pass
//! over anything. For the same reason it counts the code points of a text itself.
//!
//! # What it does not do
//!
//! Signatures must be there and be scoped to the service and a Region, but are not verified: any credentials will do.
//! Documents are not read: of a synchronous call the format is told by the first bytes, of a job not at all. A call is
//! answered with page 1 of its response (`AnalyzeID` with a document for each page), and one with a human loop always
//! activates it. The summary of a lending job is made from its results: pages of one type that follow each other are one
//! document, and a signature is missing on every page with an empty list of them. Of Comprehend there are
//! `DetectPiiEntities` and `ContainsPiiEntities`, which find what they were given ([`EmulatorBuilder::pii`]) and what a
//! detector of one's own finds ([`EmulatorBuilder::pii_detector`]); the language changes nothing in that. And there are its jobs for
//! personal data, entities, key phrases, sentiment, targeted sentiment, languages, topics and classification, and the training of
//! classifiers and recognizers. They take as long as Textract's, read their input when they are started, and leave output of the
//! real shapes under the key that they were given. What they find is simple: entities are runs of capitalised words, key phrases
//! runs of longer ones, sentiments and languages are told by lists of words, and a document with a digit is of the class `FORM`,
//! any other of `PROSE`. A job that finds no input fails; a model is trained whatever it is given. There are no policies; denials are set
//! by operation ([`EmulatorBuilder::deny`]). S3 keeps no versions.
//!
//! Queues are standard ones, and topics deliver to queues only. Messages have no attributes of their own and subscriptions
//! no filters: both are refused. The signature of a notification is none. Nothing runs by itself: a job that has
//! ended leaves its output and its notification when the next request comes in, or when a `ReceiveMessage` that waits
//! sees that it is time, as of the instant of its end.
//! `CreateBucket` without a location makes the bucket in the Region that the request is signed for.
//!
//! # What comes of a fault
//!
//! In a job of four parts that is waited for by polling (in the columns of messages: by the queue, with polling to fall back to), read
//! from the bucket, redacted with Comprehend and put under its key, with the SDK's default retries. `whole` is the whole right
//! result; else the table has the kind and the stage of the error. There is no third: a result with something missing, or something
//! of it in the clear, comes of none of them. A test makes these tables, each from its own run of the job.
//!
#![doc = include_str!("outcomes.md")]

mod analyses;
mod body;
mod calls;
mod checks;
mod chunked;
mod client;
mod comprehend;
mod faults;
mod gate;
mod jobs;
mod kms;
mod listing;
mod log;
mod messaging;
mod multipart;
mod quotas;
mod response;
mod route;
mod s3;
mod server;
mod store;
mod synthetic;
mod textract;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;

pub use self::faults::{Fault, FaultRule};
pub use self::kms::EmulatedKey;
pub use self::log::{RecordedRequest, Service};
pub use self::messaging::{Delivery, EmulatedQueue, QueueCounts};
pub use self::quotas::{CallQuotas, ComprehendQuotas, FamilyQuotas, Quotas};
pub use self::response::{Response, Shape};
pub use self::server::Server;
pub use self::synthetic::Synthetic;

use self::analyses::Analyses;
use self::comprehend::Pii;
use self::faults::Faults;
use self::jobs::Jobs;
use self::kms::Keys;
use self::log::Log;
use self::messaging::{Messaging, Setup};
use self::multipart::Uploads;
use self::quotas::Rates;
use self::store::{Bucket, Encryption, Object, Store};
use self::textract::Known;
use crate::redact::{PiiDetector, PiiType};

/// The account that owns what is not said to be another's.
const ACCOUNT: &str = "111122223333";

/// What clients in process are told to call, and never do.
const ENDPOINT: &str = "http://127.0.0.1";

/// What can be wrong with how an emulator is set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that were given as a recorded response are none.
    #[error("not a response of Textract: {reason}")]
    NotAResponse {
        /// Why, without any of the document.
        reason: String,
    },
    /// A key's ARN or alias is malformed.
    #[error("`{arn}` is no key; give `arn:aws:kms:REGION:ACCOUNT:key/ID`, and aliases as `alias/NAME`")]
    InvalidKeyArn {
        /// What was given.
        arn: String,
    },
    /// A bucket's default encryption names a key that the emulator was not given.
    #[error("the bucket `{bucket}` is encrypted under an unknown key; add it with `kms_key`")]
    UnknownKey {
        /// The bucket.
        bucket: String,
    },
    /// A fault's text cannot be read.
    #[error(
        "`{text}` is no fault; give `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT]` with one of: {names}"
    )]
    InvalidFault {
        /// What was given.
        text: String,
        /// The names that there are.
        names: &'static str,
    },
    /// A topic's ARN is malformed.
    #[error("`{arn}` is no topic; give `arn:aws:sns:REGION:ACCOUNT:NAME`")]
    InvalidTopicArn {
        /// What was given.
        arn: String,
    },
    /// A queue cannot be as it was described.
    #[error("the queue `{name}` cannot be made: {reason}")]
    InvalidQueue {
        /// The queue.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A subscription names a topic or a queue that the emulator was not given.
    #[error("`{queue}` cannot be subscribed to `{topic}`; add them with `queue` and `topic`")]
    UnknownSubscriber {
        /// The topic's ARN.
        topic: String,
        /// The queue's name.
        queue: String,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A bucket before the emulator runs; a name alone is one in the emulator's Region and account.
#[derive(Clone, Debug)]
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

    /// In this Region.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Owned by this account (12 digits), which `x-amz-expected-bucket-owner` is compared with.
    pub fn owner(mut self, account: impl Into<String>) -> Self {
        self.owner = Some(account.into());
        self
    }

    /// Encrypted by default with SSE-KMS under this key; otherwise with SSE-S3.
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

/// The emulator. Clones share everything.
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

/// What the fronts share.
struct Inner {
    account: String,
    region: String,
    keys: Keys,
    store: Store,
    jobs: Jobs,
    analyses: Analyses,
    messaging: Messaging,
    faults: Faults,
    log: Arc<Log>,
    rates: Rates,
    quotas: Quotas,
    s3: gate::Front,
    uploads: Uploads,
    responses: Vec<Response>,
    responses_of: Vec<(Known, Response)>,
    pii: Pii,
    job_duration: Duration,
    latency: Duration,
    parts_of: u64,
    list_page_size: Option<i32>,
    key_header_as_id: bool,
    denied: Vec<String>,
    unreadable: Vec<String>,
}

impl Emulator {
    /// An emulator with nothing in it, to be filled.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// An SDK configuration that reaches the emulator in process, in its own Region.
    ///
    /// Its credentials are made up and temporary; its endpoint is on loopback and is never dialled; it retries as the SDK
    /// does by default. `SdkConfig::into_builder` changes any of it.
    pub fn sdk_config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
            .region(Region::new(self.inner.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials()))
            .endpoint_url(ENDPOINT)
            .http_client(SharedHttpClient::new(self.clone()))
            .retry_config(RetryConfig::standard())
            .build()
    }

    /// Listens on a loopback address, such as `127.0.0.1:0` for any free port.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] where the port is taken or the address is none of loopback.
    pub async fn serve(&self, address: &str) -> Result<Server, Error> {
        Server::bind(Arc::clone(&self.inner), address).await
    }

    /// The latest requests, oldest first, up to the limit of the log.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.log.requests()
    }

    /// How many requests there were of an operation, by its name in the API reference.
    pub fn count(&self, operation: &str) -> u64 {
        self.inner.log.count(operation)
    }

    /// The most requests of an operation that were in flight at one time, until their answers were read or dropped.
    pub fn most_in_flight(&self, operation: &str) -> usize {
        self.inner.log.most_running(operation)
    }

    /// Forgets requests and counts.
    pub fn clear_requests(&self) {
        self.inner.log.clear();
    }

    /// Adds a fault while the emulator runs.
    pub fn inject(&self, fault: impl Into<FaultRule>) {
        self.inner.faults.add(fault.into());
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Puts an object into a bucket, encrypted by the bucket's default. Where there is no such bucket, nothing happens.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) {
        let default = self.inner.store.lock().get(bucket).map(|bucket| bucket.encryption.clone());
        let object = Object::stored(bytes.into(), default.unwrap_or(Encryption::S3));
        self.inner.store.put(bucket, key.to_owned(), object);
    }

    /// Puts an object with a KMS key of its own choosing, known or not, into a bucket.
    pub fn put_object_under_key(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>, key_arn: &str) {
        let encryption = Encryption::Kms { key_arn: key_arn.into(), bucket_key: false };
        self.inner.store.put(bucket, key.to_owned(), Object::stored(bytes.into(), encryption));
    }

    /// The keys of the objects in a bucket, sorted as S3 sorts them.
    pub fn object_keys(&self, bucket: &str) -> Vec<String> {
        self.inner.settle();
        let buckets = self.inner.store.lock();
        buckets.get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    /// The bytes of an object.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.inner.settle();
        self.inner.store.object(bucket, key).map(|object| object.content.bytes())
    }

    /// The URL of a queue in the emulator's Region, for clients of [`sdk_config`](Self::sdk_config). Queues are known by what
    /// stands after the host, so it also serves at [`Server::endpoint_url`] where the client was given that. None where
    /// there is no such queue.
    pub fn queue_url(&self, name: &str) -> Option<String> {
        let path = self.inner.messaging.queue_path(&self.inner.region, name)?;
        Some(format!("{ENDPOINT}{path}"))
    }

    /// How many messages of a queue in the emulator's Region are where. None where there is no such queue.
    pub fn queue_counts(&self, name: &str) -> Option<QueueCounts> {
        self.inner.settle();
        self.inner.messaging.counts(&self.inner.region, name)
    }

    /// Publishes a message to a topic, as `Publish` does. Where there is no such topic, nothing happens.
    pub fn publish(&self, topic_arn: &str, message: &str) {
        self.inner.settle();
        self.inner.publish("Publish", topic_arn, None, message, Instant::now());
    }

    /// The job ids and the input of the Start request of each job, with its notification channel and tag.
    pub fn jobs(&self) -> Vec<(String, Value)> {
        self.inner.jobs.inputs()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("region", &self.inner.region).finish_non_exhaustive()
    }
}

/// Made up, and temporary: with a session token and an id that begins as those of roles do.
fn credentials() -> Credentials {
    Credentials::new(
        "ASIAEMULATED00000000",
        "emulated-secret",
        Some("emulated-session".to_owned()),
        None,
        "emulator",
    )
}

/// Sets an [`Emulator`] up.
#[must_use]
pub struct EmulatorBuilder {
    account: String,
    region: String,
    keys: Vec<EmulatedKey>,
    buckets: Vec<EmulatedBucket>,
    objects: Vec<(String, String, Bytes)>,
    responses: Vec<Response>,
    responses_of: Vec<(Known, Response)>,
    pii: Pii,
    messaging: Setup,
    faults: Vec<FaultRule>,
    quotas: Quotas,
    job_duration: Duration,
    jobs_kept_for: Option<Duration>,
    latency: Duration,
    parts_of: u64,
    list_page_size: Option<i32>,
    key_header_as_id: bool,
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
            pii: Pii::default(),
            messaging: Setup::default(),
            faults: Vec::new(),
            quotas: Quotas::default(),
            job_duration: Duration::ZERO,
            jobs_kept_for: None,
            latency: Duration::ZERO,
            parts_of: 1000,
            list_page_size: None,
            key_header_as_id: false,
            denied: Vec::new(),
            unreadable: Vec::new(),
            log_limit: 10_000,
        }
    }
}

impl EmulatorBuilder {
    /// The account of the callers and of buckets, 12 digits; `111122223333` unless told otherwise.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// The Region of buckets and of [`Emulator::sdk_config`]; `us-east-1` unless told otherwise. Requests may be signed
    /// for any Region, and see what is there.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Adds a KMS key: an ARN is an enabled, customer-managed one. Any key that is not added is refused.
    pub fn kms_key(mut self, key: impl Into<EmulatedKey>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Adds a bucket.
    pub fn bucket(mut self, bucket: impl Into<EmulatedBucket>) -> Self {
        self.buckets.push(bucket.into());
        self
    }

    /// Adds an object, and its bucket where none was added.
    pub fn object(
        mut self,
        bucket: impl Into<String>,
        key: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        self.objects.push((bucket.into(), key.into(), bytes.into()));
        self
    }

    /// Answers every document with this response. Of several, each family gets the latest that fits it; a job that none
    /// fits fails and says so, and a synchronous call is refused. Without any, every family has a small made-up answer.
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

    /// Makes Comprehend find every occurrence of this string in a text as an entity of this type, such as
    /// [`PiiType::Name`] or `"NAME"`, with the score 0.99. Any name will do for a type.
    pub fn pii(mut self, pii_type: impl Into<PiiType>, text: impl Into<String>) -> Self {
        self.pii.add_text(pii_type.into().as_str(), text.into());
        self
    }

    /// Makes Comprehend find what this detector finds, along with what was given by [`pii`](Self::pii). Where the detector
    /// fails, or gives spans that are none, the answer is `InternalServerException`.
    pub fn pii_detector(mut self, detector: impl PiiDetector + 'static) -> Self {
        self.pii.set_detector(Arc::new(detector));
        self
    }

    /// Adds an SNS topic. A job that names another in its notification channel is refused.
    pub fn topic(mut self, arn: impl Into<String>) -> Self {
        self.messaging.topics.push(arn.into());
        self
    }

    /// Adds an SQS queue, and its dead-letter queue where it has one.
    pub fn queue(mut self, queue: impl Into<EmulatedQueue>) -> Self {
        self.messaging.queues.push(queue.into());
        self
    }

    /// Makes a topic put its messages into a queue, both of which are added too.
    pub fn subscribe(
        mut self,
        topic_arn: impl Into<String>,
        queue: impl Into<String>,
        delivery: Delivery,
    ) -> Self {
        self.messaging.subscriptions.push((topic_arn.into(), queue.into(), delivery));
        self
    }

    /// How long jobs are in progress; not at all unless told otherwise. By tokio's clock.
    pub fn job_duration(mut self, duration: Duration) -> Self {
        self.job_duration = duration;
        self
    }

    /// How long a job is kept after its end; for ever unless told otherwise. Then it is forgotten with its token and its output, as
    /// if a lifecycle rule of the bucket had expired that, so that runs of any length fit into memory. By tokio's clock.
    pub fn jobs_kept_for(mut self, duration: Duration) -> Self {
        self.jobs_kept_for = Some(duration);
        self
    }

    /// How long every request takes.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The quotas of Textract and Comprehend; none unless told otherwise.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: impl Into<FaultRule>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Makes listings have pages of at most this many keys, 1 to 1,000, whatever is asked for.
    pub fn list_page_size(mut self, keys: u16) -> Self {
        self.list_page_size = Some(i32::from(keys.clamp(1, 1000)));
        self
    }

    /// Makes output parts of this many blocks (1,000 unless told otherwise). Parts of expense documents hold at most 20
    /// of them, and those of lending results 30.
    pub fn parts_of(mut self, blocks: u32) -> Self {
        self.parts_of = u64::from(blocks.max(1));
        self
    }

    /// Makes S3 name the KMS key of an object by its id instead of its ARN.
    pub fn key_header_as_id(mut self, as_id: bool) -> Self {
        self.key_header_as_id = as_id;
        self
    }

    /// Denies an operation, as to a caller whose policy does not allow it. `ListObjectsV2` makes a reader without
    /// `s3:ListBucket`.
    pub fn deny(mut self, operation: impl Into<String>) -> Self {
        self.denied.push(operation.into());
        self
    }

    /// Makes the objects of a bucket unreadable to Textract: its operations refuse them as input.
    pub fn unreadable_to_textract(mut self, bucket: impl Into<String>) -> Self {
        self.unreadable.push(bucket.into());
        self
    }

    /// How many requests [`Emulator::requests`] keeps, 10,000 unless told otherwise. 0 keeps none; counts go on.
    pub fn log_limit(mut self, requests: usize) -> Self {
        self.log_limit = requests;
        self
    }

    /// The emulator, ready to be asked.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKeyArn`] and [`Error::UnknownKey`] where a key is malformed or missing; [`Error::InvalidTopicArn`],
    /// [`Error::InvalidQueue`] and [`Error::UnknownSubscriber`] where a topic, a queue or a subscription is.
    pub fn build(self) -> Result<Emulator, Error> {
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
            jobs: Jobs::kept_for(self.jobs_kept_for),
            analyses: Analyses::default(),
            messaging,
            faults: Faults::new(self.faults),
            log: Arc::new(Log::new(self.log_limit)),
            rates: Rates::default(),
            quotas: self.quotas,
            s3: gate::Front::new(inner.clone()),
            uploads: Uploads::default(),
            responses: self.responses,
            responses_of: self.responses_of,
            pii: self.pii.or_patterns(),
            job_duration: self.job_duration,
            latency: self.latency,
            parts_of: self.parts_of,
            list_page_size: self.list_page_size,
            key_header_as_id: self.key_header_as_id,
            denied: self.denied,
            unreadable: self.unreadable,
        });
        Ok(Emulator { inner })
    }
}
