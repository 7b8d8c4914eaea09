//! Serves the emulator on a loopback port, for any AWS SDK.
//!
//! ```text
//! cargo run --release --example emulator -- --port 4566 --kms-key arn:aws:kms:us-east-1:111122223333:key/...
//! ```

#[path = "support/interrupted.rs"]
mod interrupted;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use inkseal::emulator::{
    Delivery, EmulatedKey, EmulatedQueue, Emulator, FaultRule, Quotas, Response, Synthetic,
};

/// Serves Textract, Comprehend, S3, KMS, SNS and SQS on a loopback port until it is interrupted.
///
/// Any credentials will do. Make buckets with CreateBucket and upload documents with PutObject.
#[derive(Parser)]
#[command(name = "emulator")]
struct Arguments {
    /// The port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A recorded response (JSON) to answer every document with; a small made-up one if absent
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,
    /// Answer with this many made-up pages of 500 blocks
    #[arg(long, value_name = "N", conflicts_with = "response")]
    pages: Option<u32>,
    /// The ARN of an enabled customer-managed key; any other key is refused
    #[arg(long, value_name = "ARN", value_parser = str::parse::<EmulatedKey>)]
    kms_key: Vec<EmulatedKey>,
    /// The ARN of an SNS topic; a job that names any other is refused
    #[arg(long, value_name = "ARN")]
    topic: Vec<String>,
    /// An SQS queue that every topic sends to; with MAX_RECEIVES it has the dead-letter queue NAME-dead
    #[arg(long, value_name = "NAME[:VISIBILITY_SECONDS[:MAX_RECEIVES]]", value_parser = queue)]
    queue: Vec<(String, EmulatedQueue)>,
    /// Let topics send messages as they are, without an envelope
    #[arg(long)]
    raw_delivery: bool,
    /// A string that Comprehend finds as an entity of this type, such as "NAME=Jane Doe"; by default it finds nothing
    #[arg(long, value_name = "TYPE=TEXT", value_parser = entity)]
    pii: Vec<(String, String)>,
    /// Let Comprehend find what inkseal's own patterns find, too
    #[arg(long)]
    pii_by_patterns: bool,
    /// How long every request takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// How long jobs are in progress
    #[arg(long, value_name = "MS", default_value_t = 0)]
    job_ms: u64,
    /// A fault, as FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT], such as throttle@GetObject*3;
    /// a backslash makes one of #*~% part of the key suffix
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultRule>,
    /// Limit the pages of listings to this many keys
    #[arg(long, value_name = "KEYS", value_parser = clap::value_parser!(u16).range(1..=1000))]
    list_page_size: Option<u16>,
    /// Enforce the default quotas of Textract and Comprehend in us-east-1
    #[arg(long)]
    quotas: bool,
}

fn entity(argument: &str) -> Result<(String, String), &'static str> {
    match argument.split_once('=') {
        Some((pii_type, text)) if !pii_type.is_empty() && !text.is_empty() => {
            Ok((pii_type.to_owned(), text.to_owned()))
        }
        _ => Err("give TYPE=TEXT"),
    }
}

fn queue(argument: &str) -> Result<(String, EmulatedQueue), &'static str> {
    let wrong = "give NAME[:VISIBILITY_SECONDS[:MAX_RECEIVES]]";
    let mut parts = argument.split(':');
    let name = parts.next().unwrap_or_default();
    let mut queue = EmulatedQueue::new(name);
    if let Some(seconds) = parts.next() {
        let seconds = seconds.parse().map_err(|_| wrong)?;
        queue = queue.visibility_timeout(Duration::from_secs(seconds));
    }
    if let Some(receives) = parts.next() {
        queue = queue.dead_letter_after(receives.parse().map_err(|_| wrong)?);
    }
    match parts.next() {
        None => Ok((name.to_owned(), queue)),
        Some(_) => Err(wrong),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("emulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    use anyhow::Context;

    let mut builder = Emulator::builder()
        .latency(Duration::from_millis(arguments.latency_ms))
        .job_duration(Duration::from_millis(arguments.job_ms));
    if let Some(file) = &arguments.response {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        builder = builder.response(Response::recorded(bytes).with_context(|| file.display().to_string())?);
    }
    if let Some(pages) = arguments.pages {
        builder = builder.response(Synthetic::pages(pages));
    }
    for key in arguments.kms_key {
        builder = builder.kms_key(key);
    }
    for (pii_type, text) in arguments.pii {
        builder = builder.pii(pii_type.as_str(), text);
    }
    if arguments.pii_by_patterns {
        builder = builder.pii_by_patterns();
    }
    for fault in arguments.fault {
        builder = builder.fault(fault);
    }
    let delivery = if arguments.raw_delivery { Delivery::Raw } else { Delivery::Envelope };
    for (name, queue) in arguments.queue {
        builder = builder.queue(queue);
        for topic in &arguments.topic {
            builder = builder.subscribe(topic, &name, delivery);
        }
    }
    for topic in arguments.topic {
        builder = builder.topic(topic);
    }
    if let Some(keys) = arguments.list_page_size {
        builder = builder.list_page_size(keys);
    }
    if arguments.quotas {
        builder = builder.quotas(Quotas::us_east_1());
    }
    let emulator = builder.build()?;
    let interrupted = interrupted::interrupted()?;
    let server = emulator.serve(&format!("127.0.0.1:{}", arguments.port)).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}", server.endpoint_url())?;
    stdout.flush()?;
    interrupted.await;
    drop(server);
    Ok(())
}
