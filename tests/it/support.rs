//! The account that the tests work in.

use std::time::{Duration, SystemTime};

use aws_types::SdkConfig;
use aws_types::sdk_config::{SharedTimeSource, TimeSource};
use inkseal::emulator::{Emulator, EmulatorBuilder, Synthetic};
use inkseal::job::{NeedsBucket, NeedsKey, SecureJobBuilder};
use inkseal::resource::{AccountId, Bucket, KmsKey, S3Object};
use inkseal::{Analysis, Clients, CompletedJob, Family, Feature, SecureJob, WaitOptions};
use tokio::time::Instant;

pub const ACCOUNT: &str = "111122223333";
pub const KEY_ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
pub const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
pub const SOURCE: &str = "amzn-s3-demo-source";
pub const RESULTS: &str = "amzn-s3-demo-results";
pub const DOCUMENT: &str = "scans/one.pdf";

/// An emulator with the key, both buckets, a document, and three small pages to answer with.
pub fn emulator() -> EmulatorBuilder {
    Emulator::builder()
        .kms_key(KEY)
        .bucket(SOURCE)
        .bucket(RESULTS)
        .object(SOURCE, DOCUMENT, "%PDF-1.7")
        .response(Synthetic::pages(3).blocks_per_page(40))
        .blocks_per_part(30)
}

pub fn clients(emulator: &Emulator) -> Clients {
    Clients::builder().get_rate(1000.0).connect(&emulator.sdk_config()).unwrap()
}

/// A wall clock that advances with tokio's.
#[derive(Debug)]
struct TokioTime(SystemTime, Instant);

impl TimeSource for TokioTime {
    fn now(&self) -> SystemTime {
        self.0 + self.1.elapsed()
    }
}

/// A configuration whose clients measure time by tokio's clock, as the emulator does.
pub fn on_tokio_time(config: &SdkConfig) -> SdkConfig {
    let time = SharedTimeSource::new(TokioTime(SystemTime::now(), Instant::now()));
    config.to_builder().time_source(time).build()
}

pub fn input() -> S3Object {
    S3Object::new(SOURCE, DOCUMENT).unwrap()
}

pub fn bucket() -> Bucket {
    RESULTS.parse().unwrap()
}

pub fn key() -> KmsKey {
    KEY.parse().unwrap()
}

pub fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

pub fn seal<F: Family>(job: SecureJobBuilder<F, NeedsBucket, NeedsKey>) -> SecureJob<F> {
    job.output_bucket(bucket()).kms_key(key()).expected_bucket_owner(account()).build().unwrap()
}

pub fn analysis() -> SecureJob<Analysis> {
    seal(SecureJob::analysis(input()).feature(Feature::Layout))
}

pub async fn complete<F: Family>(job: SecureJob<F>, clients: &Clients) -> CompletedJob<F> {
    let options = WaitOptions::default().poll_between(Duration::from_millis(10), Duration::from_millis(100));
    job.start(clients).await.unwrap().wait_with(clients, &options).await.unwrap()
}
