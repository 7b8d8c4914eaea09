//! Processes the completions of a queue: reads the output of each job, redacts it if asked to, and files it in a
//! sealed store.
//!
//! ```text
//! cargo run --release --example worker -- --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/textract-done \
//!     --output s3://amzn-s3-demo-results --kms-key arn:aws:kms:us-east-1:111122223333:key/... \
//!     --sink s3://amzn-s3-demo-results/redacted --redact patterns
//! ```
//!
//! Run as many as you like, and kill any of them at any time: another one gets what it was working on. A document's
//! pages are `SINK/JOB_ID/00001.md` and so on, and `SINK/JOB_ID/manifest.json` is there when all of them are. For each
//! document that it files it prints a line of JSON: `{"job", "input", "files"}`, with `null` as the files if it was
//! filed before. Invoices and mortgage packages are filed as JSON, one file for each invoice or page.

#[path = "support/aws.rs"]
mod aws;
#[path = "support/interrupted.rs"]
mod interrupted;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use clap::builder::RangedU64ValueParser;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use inkseal::fleet::{Filed, Filing, Worked, Worker};
use inkseal::notify::{Completion, Completions};
use inkseal::redact::{ComprehendDetector, Operator, PatternDetector, Redactor};
use inkseal::render::{Format, Render};
use inkseal::resource::{AccountId, KmsKey, QueueUrl, S3Location, TopicArn};
use inkseal::{Clients, Seal, SealedStore};
use serde_json::json;

/// Process the completions of Textract jobs.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0 when interrupted or idle, 1 if the queue cannot be read, 2 for wrong arguments."
)]
struct Arguments {
    /// The queue that the topic delivers to
    #[arg(long, value_name = "URL")]
    queue_url: QueueUrl,
    /// The topic that completions have to come from. Without it any is accepted: leave it out only if the queue's
    /// policy admits a single topic
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<TopicArn>,
    /// The subscription delivers raw messages
    #[arg(long)]
    raw_delivery: bool,
    /// Where the jobs write their output
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    output: S3Location,
    /// The key of the output, which is also used for the sink, by its ARN
    #[arg(long, value_name = "ARN")]
    kms_key: KmsKey,
    /// The account that owns both buckets [default: that of the key]
    #[arg(long, value_name = "ACCOUNT")]
    bucket_owner: Option<AccountId>,
    /// Where to file the documents
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    sink: S3Location,
    /// Redact before filing; without it, documents are filed as they are
    #[arg(long, value_name = "DETECTOR")]
    redact: Option<Detector>,
    /// What to file
    #[arg(long, default_value = "markdown", value_name = "FORMAT")]
    to: Format,
    /// How many documents at a time
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    parallel: usize,
    /// How long a message stays invisible to other workers after this one has died
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(3..=43_200))]
    visibility: u64,
    /// Another endpoint for all services, such as a loopback emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// End when nothing was received for this long
    #[arg(long, value_name = "SECONDS")]
    exit_when_idle: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Detector {
    /// Patterns, without a network
    Patterns,
    /// Amazon Comprehend
    Comprehend,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (owner, seal) = arguments.owner_and_seal().unwrap_or_else(|wrong| wrong.exit());
    match run(arguments, owner, seal).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, owner: AccountId, seal: Seal) -> Result<()> {
    let interrupted = interrupted::interrupted()?;
    let clients = aws::clients(arguments.endpoint_url.as_deref()).await?;
    let store = SealedStore::open(&clients, arguments.sink.clone(), arguments.kms_key.clone(), owner).await?;
    let filing = arguments.filing(store, &clients)?;
    let bar = progress();
    let (told, shown) = (bar.clone(), Arc::new(Mutex::new((0_u64, 0_u64))));
    let mut worker = Worker::new(arguments.completions(&clients)?).parallel(arguments.parallel);
    if let Some(seconds) = arguments.exit_when_idle {
        worker = worker.until_idle(Duration::from_secs(seconds));
    }
    let worker = worker.on_worked(move |worked| {
        let mut counts = shown.lock().unwrap_or_else(PoisonError::into_inner);
        match worked {
            Worked::Done { .. } => counts.0 += 1,
            Worked::Failed { completion, error, .. } => {
                counts.1 += 1;
                told.suspend(|| eprintln!("worker: job {}: {error}", completion.job_id));
            }
            Worked::Unreadable(message) => {
                told.suspend(|| eprintln!("worker: message {}: {}", message.message_id, message.why));
            }
            _ => {}
        }
        told.set_message(format!("{} filed, {} failed", counts.0, counts.1));
        told.tick();
    });
    let printed = bar.clone();
    let handler = move |completion: Completion| {
        let (clients, seal, filing, bar) = (clients.clone(), seal.clone(), filing.clone(), printed.clone());
        async move {
            let files = match filing.file_completed(&completion, &seal, &clients).await? {
                Filed::Whole { files, .. } => Some(files),
                _ => None,
            };
            let line =
                json!({"job": completion.job_id, "input": completion.document.to_string(), "files": files});
            // A reader that went away is no reason to do the work again.
            bar.suspend(|| drop(writeln!(std::io::stdout(), "{line}")));
            Ok(())
        }
    };
    let tally = worker.run(handler, interrupted).await?;
    bar.finish_and_clear();
    eprintln!("{} filed, {} failed, {} unreadable", tally.done, tally.failed, tally.unreadable);
    Ok(())
}

impl Arguments {
    /// The owner of both buckets, and the seal of the output.
    fn owner_and_seal(&self) -> Result<(AccountId, Seal), clap::Error> {
        let wrong = |kind, message: String| Arguments::command().error(kind, message);
        let owner =
            self.bucket_owner.clone().or_else(|| self.kms_key.account().cloned()).ok_or_else(|| {
                let message = "--bucket-owner is needed if the key is not given by its ARN";
                wrong(ErrorKind::MissingRequiredArgument, message.to_owned())
            })?;
        let seal = Seal::known(self.output.clone(), self.kms_key.clone(), Some(owner.clone()))
            .map_err(|error| wrong(ErrorKind::ValueValidation, format!("--kms-key: {error}")))?;
        Ok((owner, seal))
    }

    fn completions(&self, clients: &Clients) -> Result<Completions> {
        let mut builder = match &self.topic_arn {
            Some(topic) => Completions::builder(self.queue_url.clone(), topic.clone()),
            None => Completions::of_any_topic(self.queue_url.clone()),
        };
        if self.raw_delivery {
            builder = builder.raw_delivery();
        }
        Ok(builder.visibility(Duration::from_secs(self.visibility)).connect(clients)?)
    }

    fn filing(&self, store: SealedStore, clients: &Clients) -> Result<Filing> {
        let render = Render::to(self.to);
        let builder = match self.redact {
            Some(Detector::Patterns) => Redactor::builder(PatternDetector::new()),
            Some(Detector::Comprehend) => Redactor::builder(ComprehendDetector::new(clients)?),
            None => return Ok(Filing::unredacted(store, render)),
        };
        Ok(Filing::redacted(store, render, builder.others(Operator::replace_with_type()).build()?))
    }
}

/// On a terminal the numbers so far, elsewhere nothing.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
