//! Finds personal data in a text.
//!
//! ```text
//! cargo run --release --example detect -- --types EMAIL,PHONE letter.txt
//! ```
//!
//! It prints one JSON object per line for each entity: its `type`, where it begins and ends (`begin`, `end`) in code points with
//! the end exclusive, and its `score`, 0 to 1. The entities are in order, and none overlaps another.

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
    after_help = "Exit codes: 0, 1 if the text cannot be read or the detector fails, 2 for wrong arguments."
)]
struct Arguments {
    #[command(flatten)]
    detector: DetectorArguments,
    /// A text file, or - for standard input
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
    // Not the standard library's error, whose `Debug` shows the text.
    String::from_utf8(bytes)
        .map_err(|error| anyhow::anyhow!("not UTF-8 from byte {} on", error.utf8_error().valid_up_to()))
}
