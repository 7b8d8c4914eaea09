//! Checks the deployment around a sealed job against the security pillar of the IDP lens.
//!
//! ```text
//! cargo run --features posture --example posture -- --output s3://amzn-s3-demo-results \
//!     --kms-key arn:aws:kms:us-east-1:111122223333:key/... --input amzn-s3-demo-source --format markdown
//! ```
//!
//! It only reads. Run it where the jobs run, as endpoint names have to resolve as they do there. Prints the report as Markdown or JSON.
//! Exit codes: 0 if it is clean, 3 if there are findings, 1 if the check could not run, 2 for wrong arguments.

#[path = "support/aws.rs"]
mod aws;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use inkseal::Seal;
use inkseal::posture::Posture;
use inkseal::resource::{AccountId, Bucket, KmsKey, S3Location};

/// Check the key, buckets, endpoints, credentials and trail around sealed Textract jobs.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0 if the report is clean, 3 if it has findings, 1 if the check could not run, 2 for wrong arguments."
)]
struct Arguments {
    /// Where the jobs write their results
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    output: S3Location,
    /// The customer-managed key of the results, by its ARN
    #[arg(long, value_name = "ARN", value_parser = key)]
    kms_key: KmsKey,
    /// The bucket of the documents
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]", value_parser = bucket)]
    input: Option<Bucket>,
    /// Where redacted documents are stored
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    sink: Option<S3Location>,
    /// The account that owns everything [default: that of the key's ARN]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<AccountId>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Another endpoint for all services, such as a loopback emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Markdown,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("posture: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the report is clean.
async fn run(arguments: Arguments) -> Result<bool> {
    let Arguments { output, kms_key, input, sink, account, format, endpoint_url } = arguments;
    let seal = Seal::known(output, kms_key, account.clone()).context("--kms-key")?;
    let clients = aws::clients(endpoint_url.as_deref()).await?;
    let mut posture = Posture::of_seal(&seal, &clients);
    if let Some(bucket) = input {
        posture = posture.input(bucket);
    }
    if let Some(location) = sink {
        posture = posture.sink(location);
    }
    if let Some(account) = account {
        posture = posture.account(account);
    }
    let report = posture.evaluate().await;
    let text = match format {
        Format::Markdown => report.to_markdown(),
        Format::Json => report.to_json(),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(report.is_clean())
}

/// A seal takes no alias, as results could not be compared with one.
fn key(text: &str) -> Result<KmsKey> {
    let key: KmsKey = text.parse()?;
    if key.is_alias() {
        bail!("it is an alias: give the key's ARN");
    }
    Ok(key)
}

/// Only the bucket of an input is checked; a prefix is accepted, so that the flag is the same as that of the other examples.
fn bucket(text: &str) -> Result<Bucket> {
    let name = text.strip_prefix("s3://").unwrap_or(text);
    let name = name.split('/').next().unwrap_or_default();
    Ok(name.parse()?)
}
