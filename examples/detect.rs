//! Finds personal data in a text.
//!
//! ```text
//! cargo run --release --example detect -- --types EMAIL,PHONE letter.txt
//! ```
//!
//! For each entity it prints one JSON object on a line of its own: its `type`, where it begins and ends (`begin`, `end`) in
//! code points with the end exclusive, and its `score`, 0 to 1. They come in order, and none overlaps another.

mod detector;

use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use inkseal::redact::PiiType;
use serde::Serialize;

use self::detector::DetectorArguments;

/// Find personal data in UTF-8 text.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0, 1 where the text cannot be read or the detector fails, 2 for wrong arguments."
)]
struct Arguments {
    #[command(flatten)]
    detector: DetectorArguments,
    /// A text, or - for standard input
    file: PathBuf,
}

#[derive(Serialize)]
struct Entity {
    #[serde(rename = "type")]
    pii_type: PiiType,
    begin: usize,
    end: usize,
    score: f32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("detect: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let text = read(&arguments.file).with_context(|| arguments.file.display().to_string())?;
    let found = arguments.detector.redactor().await?.build()?.detect(&text).await?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for span in found.spans {
        let (begin, end) = (span.range().start, span.range().end);
        serde_json::to_writer(&mut out, &Entity { pii_type: span.pii_type, begin, end, score: span.score })?;
        writeln!(out)?;
    }
    out.flush().context("cannot write")
}

fn read(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(file)?;
    }
    // Not the error of the standard library, whose `Debug` holds the text.
    String::from_utf8(bytes)
        .map_err(|error| anyhow::anyhow!("not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}
