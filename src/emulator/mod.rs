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
//! Documents are not read, but by what [`EmulatorBuilder::reader`] was given: of a synchronous call the format is told by the first
//! bytes, of a job not at all. A call is answered with page 1 of its response (`AnalyzeID` with a document for each page), and one with a human loop always
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
//! With the SDK's default retries, on the ways that the crate goes. `whole` is the whole right result; else the table has the kind
//! and the stage of the error, and what came out before it was right. Nothing comes out in the clear, nor with something missing, but in one
//! row: where the last part of expense results is gone, nothing tells, as no page has to have an invoice; it says **shorter**.
//! A test makes these tables, each cell from a run of its own in which the fault struck.
//!
//! The sealed job has four parts, is waited for by polling (in the columns of messages: by the queue, with polling to fall back
//! to), and is read from the bucket, redacted with Comprehend and put under its key. Whoever may not look at an object
//! (`HeadObject`) is taken not to have it: S3 answers so, too, without `s3:ListBucket`. The worker goes on until the job is filed,
//! for twenty minutes; an error there is that of the last try, and the message comes again.
//!
#![doc = include_str!("outcomes.md")]

mod body;
mod builder;
mod calls;
mod checks;
mod chunked;
mod client;
mod comprehend;
mod comprehend_jobs;
mod error;
mod faults;
mod gate;
mod jobs;
mod kms;
mod listing;
mod log;
mod messaging;
mod multipart;
mod quotas;
mod reader;
mod response;
mod route;
mod s3;
mod scan;
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

pub use self::builder::{EmulatedBucket, EmulatorBuilder};
pub use self::error::Error;
pub use self::faults::{Fault, FaultRule};
pub use self::kms::EmulatedKey;
pub use self::log::{RecordedRequest, Service};
pub use self::messaging::{Delivery, EmulatedQueue, QueueCounts};
pub use self::quotas::{CallQuotas, ComprehendQuotas, FamilyQuotas, Quotas};
pub use self::response::{Response, Shape};
pub use self::scan::{Scan, ScannedPage, ScannedWord};
pub use self::server::Server;
pub use self::synthetic::Synthetic;

use self::comprehend::Pii;
use self::comprehend_jobs::ComprehendJobs;
use self::faults::Faults;
use self::jobs::Jobs;
use self::kms::Keys;
use self::log::Log;
use self::messaging::Messaging;
use self::multipart::Uploads;
use self::quotas::Rates;
use self::reader::Reader;
use self::store::{Encryption, Object, Store};
use self::textract::Known;

/// The account that owns what is not said to be another's.
const ACCOUNT: &str = "111122223333";

/// What clients in process are told to call, and never do.
const ENDPOINT: &str = "http://127.0.0.1";

/// The emulator. Clones share everything.
///
/// What was asked of it can be read, so a test can say what was sent and what was not:
///
/// ```
/// use inkseal::emulator::{Emulator, Fault};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder().bucket("results").object("results", "a.json", "{}").build()?;
/// emulator.inject(Fault::Throttle.on("GetObject").times(2));
///
/// let s3 = aws_sdk_s3::Client::new(&emulator.sdk_config());
/// s3.get_object().bucket("results").key("a.json").send().await?;
/// assert_eq!(emulator.count("GetObject"), 3, "the SDK tried again");
/// let request = emulator.requests().pop().expect("it was noted");
/// assert_eq!((request.operation.as_str(), request.key.as_deref()), ("GetObject", Some("a.json")));
/// # Ok(())
/// # }
/// ```
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
    comprehend_jobs: ComprehendJobs,
    messaging: Messaging,
    faults: Faults,
    log: Arc<Log>,
    rates: Rates,
    quotas: Quotas,
    s3: gate::Front,
    uploads: Uploads,
    responses: Vec<Response>,
    responses_of: Vec<(Known, Response)>,
    reader: Option<Reader>,
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
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing listening.
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

    /// The faults that have struck nothing yet: one on a misspelt operation, or on a request that was never made. A test of
    /// a fault that asserts that there are none cannot pass without it.
    ///
    /// ```
    /// use inkseal::emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().fault(Fault::Throttle.on("GetObjekt")).build()?;
    /// assert_eq!(emulator.idle_faults(), [Fault::Throttle.on("GetObjekt")]);
    /// # Ok::<(), inkseal::emulator::Error>(())
    /// ```
    pub fn idle_faults(&self) -> Vec<FaultRule> {
        self.inner.faults.idle()
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
