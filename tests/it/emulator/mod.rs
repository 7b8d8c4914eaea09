//! The emulator through the real SDK clients: that it answers as AWS does, and refuses what AWS refuses.

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_textract::types::{DocumentLocation, FeatureType, OutputConfig, S3Object};
use aws_types::SdkConfig;
use inkseal::emulator::{Emulator, EmulatorBuilder};

mod calls;
mod comprehend;
mod faults;
mod fronts;
mod jobs;
mod keys;
mod queue;
mod reader;
mod refusals;
mod responses;
mod s3;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A key, a document and a bucket for results.
fn sealed() -> EmulatorBuilder {
    Emulator::builder().kms_key(KEY).bucket("results").object("documents", "scan.pdf", &b"%PDF-1.7"[..])
}

/// Clients that do not retry, so that every refusal is seen.
struct Clients {
    textract: aws_sdk_textract::Client,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    comprehend: aws_sdk_comprehend::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Clients {
    fn new(emulator: &Emulator) -> Self {
        Self::of(&emulator.sdk_config())
    }

    fn of(config: &SdkConfig) -> Self {
        let none = aws_sdk_s3::config::retry::RetryConfig::disabled();
        let config = config.to_builder().retry_config(none).build();
        Self {
            textract: aws_sdk_textract::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            comprehend: aws_sdk_comprehend::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
        }
    }

    /// Starts a sealed analysis of `scan.pdf`.
    async fn start(&self) -> String {
        let start = self.textract.start_document_analysis().document_location(location("scan.pdf"));
        let start = start.feature_types(FeatureType::Tables).output_config(output()).kms_key_id(KEY);
        start.send().await.unwrap().job_id.unwrap()
    }
}

fn location(key: &str) -> DocumentLocation {
    location_in("documents", key)
}

fn location_in(bucket: &str, key: &str) -> DocumentLocation {
    DocumentLocation::builder().s3_object(S3Object::builder().bucket(bucket).name(key).build()).build()
}

fn output() -> OutputConfig {
    OutputConfig::builder().s3_bucket("results").build().unwrap()
}

/// The code of a refusal.
#[track_caller]
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    result.expect_err("should be refused").code().unwrap_or_default().to_owned()
}
