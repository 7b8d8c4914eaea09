//! Redacts a saved response, and the image of its page.
//!
//! ```text
//! cargo run --release --example redact -- --operator type --to markdown --report report.json \
//!     --image page.png --image-out redacted.png saved.json
//! ```
//!
//! The rendering goes to standard output. Expense documents, identity documents and results of loan files are written as JSON
//! only. The report holds counts and no text. If anything fails, nothing is written.

mod detector;

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use inkseal::block::Geometry;
use inkseal::document::{Document, ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::part::{Part, Record};
use inkseal::redact::{
    ImageError, ImageRedaction, Operator, PseudonymKey, Redactable, Redacted, RedactedImage, RedactedText,
    RedactionReport, Redactor,
};
use inkseal::render::Render;
use serde::Serialize;
use serde::de::IgnoredAny;

use self::detector::DetectorArguments;

/// Redact a saved Textract response.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0, 1 if something cannot be read, redacted or written, 2 for wrong arguments."
)]
struct Arguments {
    #[command(flatten)]
    detector: DetectorArguments,
    /// What is put in place of what is found
    #[arg(long, default_value = "mask")]
    operator: Put,
    /// The key for pseudonyms: a file of at least 32 random bytes. Without it, a random key that is stored nowhere
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The format of the output
    #[arg(long, default_value = "text")]
    to: Target,
    /// Search for what was found on one page on all the others too
    #[arg(long)]
    sweep: bool,
    /// Where to write what was done, in numbers, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The PNG, JPEG or TIFF of a page, or a TIFF of all pages
    #[arg(long, value_name = "IN", requires = "image_out")]
    image: Option<PathBuf>,
    /// Where to write the redacted image, in the same format
    #[arg(long, value_name = "OUT", requires = "image")]
    image_out: Option<PathBuf>,
    /// The page that the image is of, and the one to take of a TIFF of several; needed if the response has several pages and
    /// the image does not
    #[arg(long, value_name = "N", requires = "image", value_parser = clap::value_parser!(u32).range(1..))]
    page: Option<u32>,
    /// One response, or a JSON array of them
    file: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Put {
    /// `****`
    Mask,
    /// `[NAME]`
    Type,
    /// Nothing
    Remove,
    /// `NAME_1`, the same for the same text
    Token,
    /// `NAME_` and a keyed hash
    Pseudonym,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Target {
    Text,
    Markdown,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("redact: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let name = arguments.file.display().to_string();
    let json = std::fs::read(&arguments.file).with_context(|| name.clone())?;
    let family = Family::of(&json).with_context(|| name.clone())?;
    if arguments.to != Target::Json && family != Family::Blocks {
        bail!("{name}: only documents of blocks have a text: give `--to json`");
    }
    let redactor = arguments.redactor().await?;
    match family {
        Family::Blocks => {
            let document = Document::from_json(&json).context(name)?;
            Redaction::of(document, &redactor, arguments.to).await?.write(arguments)
        }
        Family::Expense => {
            let records: Vec<ExpenseDocument> = records(&json).context(name)?;
            Redaction::of_list("ExpenseDocuments", records, &redactor).await?.write(arguments)
        }
        Family::Identity => {
            let records: Vec<IdentityDocument> = records(&json).context(name)?;
            Redaction::of_list("IdentityDocuments", records, &redactor).await?.write(arguments)
        }
        Family::Lending => {
            let records: Vec<LendingResult> = records(&json).context(name)?;
            Redaction::of_list("Results", records, &redactor).await?.write(arguments)
        }
    }
}

impl Arguments {
    async fn redactor(&self) -> Result<Redactor> {
        let operator = match self.operator {
            Put::Mask => Operator::mask(),
            Put::Type => Operator::replace_with_type(),
            Put::Remove => Operator::remove(),
            Put::Token => Operator::token(),
            Put::Pseudonym => Operator::pseudonym(self.pseudonym_key()?),
        };
        Ok(self.detector.redactor().await?.others(operator).sweep(self.sweep).build()?)
    }

    fn pseudonym_key(&self) -> Result<PseudonymKey> {
        match &self.key {
            Some(file) => {
                let key = std::fs::read(file).with_context(|| file.display().to_string())?;
                PseudonymKey::new(key).with_context(|| file.display().to_string())
            }
            None => Ok(PseudonymKey::random()?),
        }
    }
}

/// The kind of records in a saved response.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Blocks,
    Expense,
    Identity,
    Lending,
}

impl Family {
    fn of(json: &[u8]) -> Result<Self> {
        let parts = members(json).context("no JSON of a response")?;
        let has = |list: &str| parts.iter().any(|part| part.contains_key(list));
        Ok(if has("ExpenseDocuments") {
            Self::Expense
        } else if has("IdentityDocuments") {
            Self::Identity
        } else if has("Results") {
            Self::Lending
        } else {
            Self::Blocks
        })
    }
}

/// The members of a response, or of each of several.
fn members(json: &[u8]) -> serde_json::Result<Vec<HashMap<String, IgnoredAny>>> {
    match json.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(json),
        _ => Ok(vec![serde_json::from_slice(json)?]),
    }
}

fn records<T: Record>(json: &[u8]) -> Result<Vec<T>> {
    Ok(Part::join(T::parse_saved(json)?)?.records)
}

/// The records of the response, redacted, and everything that is written of them.
struct Redaction<T> {
    records: Vec<Redacted<T>>,
    rendering: String,
    report: RedactionReport,
}

impl<T: Redactable + Serialize> Redaction<T> {
    /// Redacts records that have no rendering.
    async fn of_list(list: &str, records: Vec<T>, redactor: &Redactor) -> Result<Self> {
        let (records, report) = redactor.redact_all(records).await?;
        let json: Vec<_> = records.iter().map(Redacted::to_json).collect::<Result<_, _>>()?;
        let json: Vec<_> = json.iter().map(RedactedText::as_str).collect();
        let rendering = format!("{{\"{list}\":[{}]}}", json.join(","));
        Ok(Self { records, rendering, report })
    }
}

impl Redaction<Document> {
    async fn of(document: Document, redactor: &Redactor, to: Target) -> Result<Self> {
        let (redacted, report) = document.redact(redactor).await?;
        let rendering = match to {
            Target::Text => redacted.render(&Render::text()),
            Target::Markdown => redacted.render(&Render::markdown()),
            Target::Json => redacted.to_json()?,
        };
        Ok(Self { records: vec![redacted], rendering: rendering.into_string(), report })
    }
}

impl<T> Redaction<T> {
    /// Writes everything that was asked for, once all of it is ready.
    fn write(&self, arguments: &Arguments) -> Result<()> {
        if let (Some(file), Some(out)) = (&arguments.image, &arguments.image_out) {
            let image = self.image(file, arguments.page).with_context(|| file.display().to_string())?;
            std::fs::write(out, image.bytes()).with_context(|| out.display().to_string())?;
        }
        if let Some(file) = &arguments.report {
            let report = serde_json::to_string_pretty(&self.report)?;
            std::fs::write(file, report + "\n").with_context(|| file.display().to_string())?;
        }
        let mut out = std::io::stdout().lock();
        out.write_all(self.rendering.as_bytes())?;
        if !(self.rendering.is_empty() || self.rendering.ends_with('\n')) {
            out.write_all(b"\n")?;
        }
        out.flush().context("cannot write")
    }

    fn image(&self, file: &Path, page: Option<u32>) -> Result<RedactedImage> {
        let bytes = std::fs::read(file)?;
        let pages: BTreeSet<u32> = self.records.iter().flat_map(Redacted::page_numbers).copied().collect();
        let only = pages.first().copied().filter(|_| pages.len() == 1);
        let image = ImageRedaction::new();
        let Some(page) = page.or(only) else {
            let places: Vec<_> = pages.into_iter().map(|page| self.places_on(page)).collect::<Result<_>>()?;
            return image.redact_pages(&bytes, places).context("without `--page` it has to hold all pages");
        };
        let places = self.places_on(page)?;
        match image.redact(&bytes, places.iter().copied()) {
            Err(ImageError::SeveralPages { .. }) => Ok(image.page(page).redact(&bytes, places)?),
            redacted => Ok(redacted?),
        }
    }

    /// The places on a page of all records that have it.
    fn places_on(&self, page: u32) -> Result<Vec<&Geometry>> {
        let mut of_records =
            self.records.iter().filter(|record| record.page_numbers().contains(&page)).peekable();
        if of_records.peek().is_none() {
            bail!("the response has no page {page}");
        }
        let places: Vec<_> = of_records.map(|record| record.places_on(page)).collect::<Result<_, _>>()?;
        Ok(places.concat())
    }
}
