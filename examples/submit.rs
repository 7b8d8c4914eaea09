//! Starts a sealed analysis for every document under a prefix, within the quotas, and remembers each in a journal.
//!
//! ```text
//! cargo run --release --example submit -- --input s3://amzn-s3-demo-source/scans/ --output s3://amzn-s3-demo-results \
//!     --kms-key arn:aws:kms:us-east-1:111122223333:key/... --topic-arn arn:aws:sns:us-east-1:111122223333:textract-done \
//!     --role-arn arn:aws:iam::111122223333:role/textract-publish --journal run.journal
//! ```
//!
//! Kill it at any time and run it again with the same journal: no document is started twice, and none is left out
//! except those that failed for good before, which are counted at the end and tried again with `--retry-failed`. For
//! each document it prints a line of JSON: `{"document", "outcome", "job"}`, whose outcome is `submitted`, `resumed`
//! (it was started by an earlier run), `failed` or `undecided`, the last two with an `error`. The examples `worker`
//! and `lambda` process what completes.

#[path = "support/aws.rs"]
mod aws;
#[path = "support/interrupted.rs"]
mod interrupted;

use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use futures::future::{Either, select};
use futures::{StreamExt, TryStreamExt, future};
use indicatif::{ProgressBar, ProgressStyle};
use inkseal::fleet::{Budget, FileJournal, Listing, Outcome, Quota, Submitter};
use inkseal::job::NotificationChannel;
use inkseal::resource::{AccountId, Bucket, KmsKey, RoleArn, S3Location, TopicArn};
use inkseal::{Analysis, Clients, Feature, SecureJob};
use serde_json::{Value, json};

/// Start a sealed Textract analysis for every document under a prefix.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0 if every document has a job, 1 if one has none or the listing or the run failed, 2 for wrong \
                  arguments."
)]
struct Arguments {
    /// Where the documents are; keys that end with a slash are left out
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    input: Input,
    /// Where the results go
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    output: S3Location,
    /// The customer-managed key to seal the results with: an ARN, an id or an alias
    #[arg(long, value_name = "KEY")]
    kms_key: KmsKey,
    /// The topic on which Textract announces the end of a job
    #[arg(long, value_name = "ARN")]
    topic_arn: TopicArn,
    /// The role that Textract assumes to publish there
    #[arg(long, value_name = "ARN")]
    role_arn: RoleArn,
    /// The account that owns the buckets
    #[arg(long, value_name = "ACCOUNT")]
    bucket_owner: Option<AccountId>,
    /// What to look for: TABLES, FORMS, LAYOUT, SIGNATURES
    #[arg(long, value_delimiter = ',', default_value = "TABLES,FORMS,LAYOUT", value_name = "FEATURE,...")]
    features: Vec<Feature>,
    /// The journal, which is made if it is not there
    #[arg(long, value_name = "FILE")]
    journal: std::path::PathBuf,
    /// Try again the documents that failed for good in an earlier run
    #[arg(long)]
    retry_failed: bool,
    /// The account's quota of Start requests per second
    #[arg(long, default_value_t = 10.0, value_name = "N", value_parser = starts_per_second)]
    starts_per_second: f64,
    /// The account's quota of concurrent jobs
    #[arg(long, default_value_t = 600, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    concurrent_jobs: u32,
    /// Another endpoint for all services, such as a loopback emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// The bucket and the prefix, which is one of keys and need not end with a slash.
#[derive(Clone)]
struct Input {
    bucket: Bucket,
    prefix: String,
}

impl FromStr for Input {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("s3://").ok_or("give s3://BUCKET/PREFIX")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let bucket = bucket.parse().map_err(|error: inkseal::resource::InvalidName| error.to_string())?;
        Ok(Self { bucket, prefix: prefix.to_owned() })
    }
}

fn starts_per_second(number: &str) -> Result<f64, String> {
    let rate = number.parse().map_err(|_| "give a number")?;
    Quota::new(rate, 1).map(|quota| quota.starts_per_second()).map_err(|error| error.to_string())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(Missed { documents: 0, listings: 0 }) => ExitCode::SUCCESS,
        Ok(Missed { documents, listings }) => {
            if documents > 0 {
                eprintln!("submit: {documents} documents have no job");
            }
            if listings > 0 {
                eprintln!("submit: the listing gave {listings} errors: documents may be left out");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("submit: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What a run could not do.
struct Missed {
    /// The documents without a job.
    documents: u64,
    /// The errors of the listing, each in place of one document or of all that follow.
    listings: u64,
}

async fn run(arguments: Arguments) -> Result<Missed> {
    let mut interrupted = pin!(interrupted::interrupted()?);
    let clients = aws::clients(arguments.endpoint_url.as_deref()).await?;
    let submitter = arguments.submitter(&clients).await?;
    let listing = Listing::new(arguments.input.bucket.clone()).prefix(&arguments.input.prefix);
    let listing = match &arguments.bucket_owner {
        Some(owner) => listing.expected_bucket_owner(owner.clone()),
        None => listing,
    };
    let documents = listing.documents(&clients);
    let documents = documents.try_filter(|document| future::ready(!document.object().key().ends_with('/')));
    let mut outcomes = submitter.try_submit(documents.boxed());
    let bar = progress();
    let mut missed = Missed { documents: 0, listings: 0 };
    loop {
        let next = match select(outcomes.try_next(), interrupted.as_mut()).await {
            Either::Left((next, _)) => next?,
            Either::Right(_) => anyhow::bail!("interrupted: run it again with the same journal"),
        };
        let Some(outcome) = next else { break };
        if let Outcome::SourceFailed { error } = &outcome {
            missed.listings += 1;
            bar.suspend(|| eprintln!("submit: {error}"));
            continue;
        }
        let (line, has_job) = line(&outcome);
        missed.documents += u64::from(!has_job);
        bar.inc(1);
        bar.suspend(|| writeln!(std::io::stdout(), "{line}"))?;
    }
    bar.finish_and_clear();
    // Nothing is waited for here, so no job is known to have completed: skipped documents have failed.
    let skipped = outcomes.tally().skipped;
    if skipped > 0 {
        eprintln!("submit: {skipped} documents failed in an earlier run: --retry-failed tries them again");
    }
    missed.documents += skipped;
    Ok(missed)
}

/// What is printed for an outcome, and whether the document has a job.
fn line(outcome: &Outcome<Analysis>) -> (Value, bool) {
    let document = outcome.document().map(|document| document.object().to_string());
    match outcome {
        Outcome::Submitted { job, .. } => {
            (json!({"document": document, "outcome": "submitted", "job": job.id()}), true)
        }
        Outcome::Resumed { job, .. } => {
            (json!({"document": document, "outcome": "resumed", "job": job.id()}), true)
        }
        Outcome::Failed { error, .. } => {
            (json!({"document": document, "outcome": "failed", "error": error.to_string()}), false)
        }
        Outcome::Undecided { doubt, .. } => {
            (json!({"document": document, "outcome": "undecided", "error": format!("{doubt:?}")}), false)
        }
        _ => (json!({"document": document}), true),
    }
}

impl Arguments {
    async fn submitter(&self, clients: &Clients) -> Result<Submitter<Analysis>> {
        let quota = Quota::new(self.starts_per_second, self.concurrent_jobs)?;
        let journal = FileJournal::open(&self.journal).await;
        let journal = journal.with_context(|| self.journal.display().to_string())?;
        let features = self.features.clone();
        let channel = NotificationChannel::new(self.topic_arn.clone(), self.role_arn.clone());
        let (bucket, prefix) = self.output.clone().into_parts();
        let (key, owner) = (self.kms_key.clone(), self.bucket_owner.clone());
        let template = move |document: &inkseal::fleet::Document| {
            let job = SecureJob::analysis(document.object().clone())
                .features(features.clone())
                .output_bucket(bucket.clone())
                .prefix(prefix.clone())
                .kms_key(key.clone())
                .notification_channel(channel.clone());
            match &owner {
                Some(owner) => job.expected_bucket_owner(owner.clone()).build(),
                None => job.build(),
            }
        };
        let retries = self.retry_failed;
        let submitter = Submitter::new(clients, Arc::new(journal), template).budget(Budget::new(quota));
        Ok(submitter.retry_failed(move |_| retries))
    }
}

/// On a terminal the number of documents so far, elsewhere nothing.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {pos} documents, {per_sec}")
    {
        bar.set_style(style);
    }
    bar
}
