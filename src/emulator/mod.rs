//! An emulator of Textract, Comprehend, S3, KMS, SNS and SQS at the HTTP level: the real SDK clients, with their
//! signing, retries and parsing, talk to it as they talk to AWS.
//!
//! One core answers requests through two fronts. [`Emulator::sdk_config`] is an SDK configuration whose HTTP client is
//! the emulator itself: it needs no socket, and works with tokio's paused clock. [`Emulator::serve`] listens on a
//! loopback port for any AWS SDK. Both serve every service on one endpoint: `x-amz-target` identifies Textract,
//! Comprehend, KMS and SQS, requests to SNS are forms, and everything else is S3, path style.
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
//! It refuses what AWS refuses: requests without a signature, values beyond any length or pattern in the API reference,
//! documents and buckets that do not exist or are in another Region, keys that are unknown, disabled, pending deletion,
//! asymmetric, managed by AWS or in another Region, a token that was used for another input, and texts that are empty,
//! too large or in a language in which Comprehend does not recognise personal data. It reads names (keys, buckets,
//! topics) with its own code and never with the rest of this crate: if it shared the checks of the code that it tests,
//! tests would pass no matter what. For the same reason it counts the code points of a text itself. The one exception
//! is [`EmulatorBuilder::pii_by_patterns`], which is meant for demonstrations.
//!
//! # What it does not do
//!
//! - **Signatures** must be there and be scoped to the service and a Region, but are not verified: any credentials will
//!   do. The signatures of notifications are fake.
//! - **Policies** do not exist; operations are denied one by one ([`EmulatorBuilder::deny`]).
//! - **Documents** are not read, except by [`EmulatorBuilder::reader`]. A synchronous call checks the format by the
//!   first bytes, a job not at all. A call is answered with page 1 of its response (`AnalyzeID` with one document per
//!   page), and one with a human loop always activates it. The summary of a lending job is made from its results:
//!   consecutive pages of one type are one document, and a signature is missing on every page with an empty list of
//!   signatures.
//! - **Comprehend** has `DetectPiiEntities` and `ContainsPiiEntities`. They find nothing by default, otherwise the
//!   strings of [`EmulatorBuilder::pii`] and what [`EmulatorBuilder::pii_detector`] finds; the language makes no
//!   difference. It also has the jobs for personal data, entities, key phrases, sentiment, targeted sentiment,
//!   languages, topics and classification, and the training of classifiers and recognizers. They take as long as
//!   Textract's jobs, read their input when they are started, and write output of the real shape under the key that
//!   they were given. What they find is simple: entities are runs of capitalised words, key phrases are runs of longer
//!   words, lists of words decide on sentiments and languages, and a document with a digit is of the class `FORM`, any
//!   other of `PROSE`. A job that finds no input fails; a model is trained on anything.
//! - **S3** keeps no versions. `CreateBucket` without a location makes the bucket in the Region that the request is
//!   signed for.
//! - **Queues** are standard ones, and topics deliver to queues only. Message attributes and subscription filters are
//!   refused.
//! - **Time** does nothing by itself: a job that has ended writes its output and its notification when the next request
//!   comes in, or when a `ReceiveMessage` that waits sees that it is time, as if at the instant of its end.
//!
//! # What each fault leads to
//!
//! What each fault leads to, with the SDK's default retries. `whole` means the complete, correct result; otherwise the
//! cell names the error's kind and stage, and everything delivered before it was correct. `—` means that the fault has
//! nothing to strike in that call. One exception, marked **shorter**: if the last part of expense results is missing,
//! nothing reveals it, because not every page has an invoice. A test writes these tables; each cell is a run of its
//! own, in which the fault changed something.
//!
//! The sealed job has four parts. It is waited for by polling, or, in the columns of messages, by the queue with
//! polling as a fallback; its pages are read from the bucket, redacted with Comprehend, and stored under its key. A
//! caller who may not check for an object (`HeadObject`) takes it for missing: S3 gives the same answer without
//! `s3:ListBucket`. The worker runs until the job is filed, for at most twenty minutes; an error in its tables is that
//! of the last attempt, and the message becomes visible again. After as many attempts as the queue allows
//! ([`EmulatedQueue::dead_letter_after`]), it would move to the dead-letter queue.
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
mod digest;
mod error;
mod faults;
mod gate;
mod jobs;
mod kms;
mod listing;
mod log;
mod messaging;
mod multipart;
mod operations;
mod quotas;
mod reader;
mod regions;
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
use aws_smithy_types::timeout::TimeoutConfig;
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

/// The account that owns everything that is not given to another.
const ACCOUNT: &str = "111122223333";

/// The endpoint of clients in process, which never call it.
const ENDPOINT: &str = "http://127.0.0.1";

/// The emulator. Clones share everything.
///
/// It records its requests, so that a test can check what was sent and what was not:
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
/// let request = emulator.requests().pop().expect("it was recorded");
/// assert_eq!((request.operation.as_str(), request.key.as_deref()), ("GetObject", Some("a.json")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
}

/// Everything that the fronts share.
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
    blocks_per_part: u64,
    list_page_size: Option<i32>,
    report_key_as_id: bool,
    denied: Vec<String>,
    unreadable: Vec<String>,
}

impl Emulator {
    /// An emulator with nothing in it yet.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// An SDK configuration that reaches the emulator in process, in its own Region.
    ///
    /// Its credentials are made up and temporary; its endpoint is on loopback and is never connected to; it retries as
    /// the SDK does by default. `SdkConfig::into_builder` can change any of that.
    ///
    /// With a [`reader`](EmulatorBuilder::reader), no answer is given up: an OCR may take its time.
    pub fn sdk_config(&self) -> SdkConfig {
        let timeouts = self.inner.reader.as_ref().map(|_| TimeoutConfig::disabled());
        let mut config = SdkConfig::builder()
            .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
            .region(Region::new(self.inner.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials()))
            .endpoint_url(ENDPOINT)
            .http_client(SharedHttpClient::new(self.clone()))
            .retry_config(RetryConfig::standard());
        config.set_timeout_config(timeouts);
        config.build()
    }

    /// Listens on a loopback address, such as `127.0.0.1:0` for any free port.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] if the port is taken or the address is not a loopback address.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing listening.
    pub async fn serve(&self, address: &str) -> Result<Server, Error> {
        Server::bind(Arc::clone(&self.inner), address).await
    }

    /// The latest requests, oldest first, up to [`EmulatorBuilder::log_limit`].
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.inner.log.requests()
    }

    /// How many requests there have been for an operation, given by its name in the API reference. 0 for any other
    /// name.
    pub fn count(&self, operation: &str) -> u64 {
        self.inner.log.count(operation)
    }

    /// The largest number of requests for an operation that were in flight at the same time. A request is in flight
    /// until its answer has been read or dropped.
    pub fn most_in_flight(&self, operation: &str) -> usize {
        self.inner.log.most_running(operation)
    }

    /// Forgets all requests and counts.
    pub fn clear_requests(&self) {
        self.inner.log.clear();
    }

    /// Adds a fault while the emulator runs. On an operation that the emulator does not have, it never strikes.
    pub fn inject(&self, fault: impl Into<FaultRule>) {
        self.inner.faults.add(fault.into());
    }

    /// The faults that have changed nothing yet: no request matched them, or those that did had nothing to strike, such
    /// as an answer without a body for [`Fault::TruncatedBody`]. A test that asserts that there are none cannot pass
    /// without its faults.
    ///
    /// ```
    /// use inkseal::emulator::{Emulator, Fault};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// emulator.inject(Fault::Throttle.on("GetObjekt"));
    /// assert_eq!(emulator.idle_faults(), [Fault::Throttle.on("GetObjekt")]);
    /// # Ok::<(), inkseal::emulator::Error>(())
    /// ```
    pub fn idle_faults(&self) -> Vec<FaultRule> {
        self.inner.faults.idle()
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Puts an object into a bucket, encrypted by the bucket's default.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBucket`] if there is no such bucket.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) -> Result<(), Error> {
        self.put(bucket, key, bytes.into(), None)
    }

    /// Puts an object into a bucket, encrypted under this KMS key, whether the emulator knows it or not.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownBucket`] if there is no such bucket.
    pub fn put_object_under_key(
        &self,
        bucket: &str,
        key: &str,
        bytes: impl Into<Bytes>,
        key_arn: &str,
    ) -> Result<(), Error> {
        let encryption = Encryption::Kms { key_arn: key_arn.into(), bucket_key: false };
        self.put(bucket, key, bytes.into(), Some(encryption))
    }

    fn put(&self, bucket: &str, key: &str, bytes: Bytes, under: Option<Encryption>) -> Result<(), Error> {
        let mut buckets = self.inner.store.lock();
        let found = buckets.get_mut(bucket);
        let found = found.ok_or_else(|| Error::UnknownBucket { bucket: bucket.to_owned() })?;
        let encryption = under.unwrap_or_else(|| found.encryption.clone());
        found.objects.insert(key.to_owned(), Arc::new(Object::stored(bytes, encryption)));
        Ok(())
    }

    /// The keys of the objects in a bucket, sorted as S3 sorts them. Empty if there is no such bucket.
    pub fn object_keys(&self, bucket: &str) -> Vec<String> {
        self.inner.settle();
        let buckets = self.inner.store.lock();
        buckets.get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    /// The bytes of an object, if it exists.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        self.inner.settle();
        self.inner.store.object(bucket, key).map(|object| object.content.bytes())
    }

    /// The URL of a queue in the emulator's Region, for clients of [`sdk_config`](Self::sdk_config). What follows the
    /// host identifies a queue, so the URL also works for a client of [`Server::endpoint_url`]. None if there is no
    /// such queue.
    pub fn queue_url(&self, name: &str) -> Option<String> {
        let path = self.inner.messaging.queue_path(&self.inner.region, name)?;
        Some(format!("{ENDPOINT}{path}"))
    }

    /// How many messages of a queue in the emulator's Region are in each state. None if there is no such queue.
    pub fn queue_counts(&self, name: &str) -> Option<QueueCounts> {
        self.inner.settle();
        self.inner.messaging.counts(&self.inner.region, name)
    }

    /// Publishes a message to a topic, as `Publish` does.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTopic`] if there is no such topic.
    pub fn publish(&self, topic_arn: &str, message: &str) -> Result<(), Error> {
        self.inner.settle();
        let id = self.inner.publish("Publish", topic_arn, None, message, Instant::now());
        match id {
            Some(_) => Ok(()),
            None => Err(Error::UnknownTopic { arn: topic_arn.to_owned() }),
        }
    }

    /// The id of each Textract job, and the input of the request that started it, with its notification channel and
    /// tag; in the order in which they were started. Comprehend's jobs are not among them.
    pub fn jobs(&self) -> Vec<(String, Value)> {
        self.inner.jobs.inputs()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("region", &self.inner.region).finish_non_exhaustive()
    }
}

/// Made-up temporary credentials, with a session token and an id that begins like those of roles.
fn credentials() -> Credentials {
    Credentials::new(
        "ASIAEMULATED00000000",
        "emulated-secret",
        Some("emulated-session".to_owned()),
        None,
        "emulator",
    )
}
