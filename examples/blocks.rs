//! Runs recorded Textract responses as sealed jobs through the embedded emulator, and prints the items of the streams.
//!
//! ```text
//! cargo run --release --example blocks -- saved.json
//! ```
//!
//! It prints one JSON object per line, in Textract's own shape without its nulls: blocks, expense documents or lending
//! results, depending on the response.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures::{Stream, StreamExt};
use inkseal::emulator::{Emulator, Response, Shape};
use inkseal::resource::S3Object;
use inkseal::{Clients, ErrorKind, Feature, SecureJob, Stage};
use serde::Serialize;

/// Stream recorded Textract responses through sealed jobs on the embedded emulator.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0, 1 if a file cannot be read or is not a response (the others are printed all the same), \
                  2 for wrong arguments."
)]
struct Arguments {
    /// Recorded responses: the JSON of a Get, Analyze or Detect call, or a part of an output bucket
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut code = ExitCode::SUCCESS;
    for file in Arguments::parse().files {
        if let Err(error) = run(&file, &mut out).await {
            eprintln!("{}: {error:#}", file.display());
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// Runs one response as a job of its family.
async fn run(file: &Path, out: &mut impl Write) -> Result<()> {
    let response = Response::recorded(std::fs::read(file)?)?;
    let shape = response.shape();
    let input: S3Object = "s3://amzn-s3-demo-source/document.pdf".parse()?;
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let emulator = Emulator::builder()
        .kms_key(key)
        .bucket(input.bucket().as_str())
        .bucket("amzn-s3-demo-results")
        .object(input.bucket().as_str(), input.key(), "a document")
        .response(response)
        .build()?;
    let clients = Clients::new(&emulator.sdk_config())?;
    let bucket = "amzn-s3-demo-results".parse()?;
    let key = key.parse()?;
    match shape {
        Some(Shape::Expense) => {
            let job = SecureJob::expense(input).output_bucket(bucket).kms_key(key).build()?;
            let job = job.start(&clients).await?.wait(&clients).await?;
            print(job.documents(&clients), out).await
        }
        Some(Shape::Lending) => {
            let job = SecureJob::lending(input).output_bucket(bucket).kms_key(key).build()?;
            let job = job.start(&clients).await?.wait(&clients).await?;
            print(job.results(&clients), out).await
        }
        // A response without a shape is a failed job, which every family reports alike.
        _ => {
            let job = SecureJob::analysis(input)
                .feature(Feature::Layout)
                .output_bucket(bucket)
                .kms_key(key)
                .build()?;
            let job = job.start(&clients).await?.wait(&clients).await?;
            print(job.blocks(&clients), out).await
        }
    }
}

/// Prints each record as a line of JSON.
async fn print<T: Serialize>(
    mut records: impl Stream<Item = inkseal::Result<T>> + Unpin,
    out: &mut impl Write,
) -> Result<()> {
    while let Some(record) = records.next().await {
        match record {
            Ok(record) => {
                serde_json::to_writer(&mut *out, &record)?;
                writeln!(out)?;
            }
            // The recording itself is cut short: a single response of a Get call that had more.
            Err(error) if (error.kind(), error.stage()) == (ErrorKind::Incomplete, Stage::Assemble) => {
                eprintln!("warning: {error}");
            }
            Err(error) => bail!(error),
        }
    }
    out.flush().context("cannot write")
}
