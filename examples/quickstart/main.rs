//! The main job from end to end, step by step: seal, start, wait, verify, stream.
//!
//! ```text
//! cargo run --example quickstart
//! cargo run --example quickstart -- page.png --redacted-out redacted.png
//! ```
//!
//! Without arguments it runs on the emulator inside the crate: no AWS account, no network. With a picture (a PNG, JPEG, TIFF, or a
//! PDF, of which the first pages are read) the emulator reads it with tesseract, which must be on the PATH, and patterns look
//! for personal data in it: numbers, mail addresses and dates, but no names. It prints how much they found of each type;
//! `--redacted-out` writes the picture with black boxes in those places. What was not read, or is not a pattern, stays visible.
//! With `--response` the emulator answers with a recorded response; with `--input`, `--output` and `--kms-key` the job runs on
//! real AWS (or on the endpoint of `--endpoint-url`).

mod picture;
mod program;
mod tesseract;
mod tsv;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use clap::Parser;
use futures::TryStreamExt;
use inkseal::block::{BlockKind, Geometry};
use inkseal::emulator::{Emulator, EmulatorBuilder, Response, Shape, Synthetic};
use inkseal::job::{NeedsBucket, NeedsKey, SecureJobBuilder};
use inkseal::redact::{PatternDetector, RedactedImage, Redactor};
use inkseal::resource::{KmsKey, S3Location, S3Object};
use inkseal::{Clients, CompletedJob, Completeness, Family, Feature, PageBlocks, SecureJob, WaitOptions};

use self::picture::Picture;
use self::program::Missing;
use self::tesseract::Tesseract;

/// Runs a sealed Textract job and shows each step.
#[derive(Parser)]
#[command(
    after_help = "Exit codes: 0, 1 if anything fails, 2 for wrong arguments, 3 if tesseract is missing, or poppler for a PDF."
)]
struct Arguments {
    /// A PNG, JPEG, TIFF or PDF for the emulator to read with tesseract
    #[arg(conflicts_with_all = ["response", "input", "output", "kms_key"])]
    page: Option<PathBuf>,
    /// Where to write the page with black boxes over what was found: in its own format, or as PNGs for a PDF, whose later pages
    /// get -2, -3 and so on before the extension
    #[arg(long, value_name = "FILE", requires = "page")]
    redacted_out: Option<PathBuf>,
    /// The languages that tesseract reads, such as eng+hin
    #[arg(long, value_name = "LANG", default_value = "eng", requires = "page")]
    lang: String,
    /// How many pages of a PDF to read, from the first. A TIFF is read whole
    #[arg(long, value_name = "N", default_value = "3", requires = "page", value_parser = clap::value_parser!(u32).range(1..))]
    pages: u32,
    /// Answer with this recorded response instead of synthetic pages
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "output", "kms_key"])]
    response: Option<PathBuf>,
    /// The document to read, on real AWS
    #[arg(long, value_name = "s3://BUCKET/KEY", requires_all = ["output", "kms_key"])]
    input: Option<S3Object>,
    /// Where to write the results, on real AWS
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]", requires = "input")]
    output: Option<S3Location>,
    /// The customer-managed key to seal the results with: an ARN, an id or an alias
    #[arg(long, value_name = "KEY", requires = "input")]
    kms_key: Option<KmsKey>,
    /// Another endpoint for all services, such as a loopback emulator
    #[arg(long, value_name = "URL", requires = "input")]
    endpoint_url: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<Missing>() { ExitCode::from(3) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    if let (Some(input), Some(output), Some(key)) = (arguments.input, arguments.output, arguments.kms_key) {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
        if let Some(url) = arguments.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let clients = Clients::new(&loader.load().await)?;
        return analyse(Names { input, output, key }, &clients, WaitOptions::default()).await;
    }

    let names = Names::made_up(arguments.page.as_deref())?;
    let hurry = WaitOptions::default().poll_between(Duration::from_millis(200), Duration::from_secs(1));
    if let Some(file) = arguments.page {
        let named = || file.display().to_string();
        let bytes = std::fs::read(&file).with_context(named)?;
        let picture = Picture::open(bytes.into(), arguments.pages).await.with_context(named)?;
        if let Some(out) = &arguments.redacted_out {
            picture.check_output(out)?;
        }
        let tesseract = Tesseract::find(&arguments.lang).await?;
        println!("A picture: running on the emulator inside the crate, which reads it with tesseract.\n");
        let reads = move |bytes| picture::read(bytes, arguments.pages, tesseract.clone());
        let emulator = names.emulator(picture.bytes()).reader(reads).build()?;
        let places = find(names, &Clients::new(&emulator.sdk_config())?, hurry).await?;
        return match arguments.redacted_out {
            Some(out) => write(&out, &picture.redacted(places).await?),
            None => Ok(()),
        };
    }

    let response = match arguments.response {
        Some(file) => Response::recorded(std::fs::read(&file).context(file.display().to_string())?)?,
        None => Synthetic::pages(3).blocks_per_page(700).into(),
    };
    println!("No --input: running on the emulator inside the crate.\n");
    let shape = response.shape();
    let emulator = names.emulator("%PDF-1.7").response(response).build()?;
    let clients = Clients::new(&emulator.sdk_config())?;
    match shape {
        Some(Shape::Expense) => {
            let job = names.seal(SecureJob::expense)?;
            let mut documents = complete(job, &clients, hurry).await?.documents(&clients);
            while let Some(document) = documents.try_next().await? {
                println!("            document {}", document.expense_index.unwrap_or_default());
            }
            finish(documents.completeness())
        }
        Some(Shape::Lending) => {
            let job = names.seal(SecureJob::lending)?;
            let mut results = complete(job, &clients, hurry).await?.results(&clients);
            while let Some(result) = results.try_next().await? {
                println!("            page {}", result.page.unwrap_or_default());
            }
            finish(results.completeness())
        }
        _ => analyse(names, &clients, hurry).await,
    }
}

/// The names that a job needs: its document, where its results go, and the key that seals them.
struct Names {
    input: S3Object,
    output: S3Location,
    key: KmsKey,
}

impl Names {
    /// Names for the emulator, with the file's own name if it can be an object's.
    fn made_up(file: Option<&Path>) -> Result<Self> {
        let name = file.and_then(Path::file_name).and_then(|name| name.to_str());
        let input = name.and_then(|name| S3Object::new("amzn-s3-demo-source", name).ok());
        Ok(Self {
            input: input.map_or_else(|| "s3://amzn-s3-demo-source/loan application.pdf".parse(), Ok)?,
            output: "s3://amzn-s3-demo-results".parse()?,
            key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
        })
    }

    /// An emulator with all of these, and this document.
    fn emulator(&self, document: impl Into<Bytes>) -> EmulatorBuilder {
        Emulator::builder()
            .kms_key(self.key.as_str())
            .bucket(self.output.bucket().as_str())
            .object(self.input.bucket().as_str(), self.input.key(), document)
            .job_duration(Duration::from_millis(700))
    }

    /// Seals a job. Without both calls on the builder, `build` would not compile.
    fn seal<F: Family>(
        self,
        job: impl FnOnce(S3Object) -> SecureJobBuilder<F, NeedsBucket, NeedsKey>,
    ) -> Result<SecureJob<F>> {
        let (bucket, prefix) = self.output.into_parts();
        let job = job(self.input).output_bucket(bucket).kms_key(self.key).prefix(prefix).build()?;
        println!("1 sealed    {} -> s3://{}/{}", job.input(), job.seal().bucket(), job.seal().prefix());
        println!("            under {}", job.seal().kms_key());
        Ok(job)
    }
}

/// Analyses a document for its tables, forms and layout.
async fn analyse(names: Names, clients: &Clients, options: WaitOptions) -> Result<()> {
    let features = [Feature::Tables, Feature::Forms, Feature::Layout];
    let job = names.seal(|input| SecureJob::analysis(input).features(features))?;
    let mut pages = complete(job, clients, options).await?.pages(clients);
    while let Some(page) = pages.try_next().await? {
        tell(&page);
    }
    finish(pages.completeness())
}

/// Detects the text of a document, and the places of personal data on each page.
async fn find(names: Names, clients: &Clients, options: WaitOptions) -> Result<Vec<Vec<Geometry>>> {
    let redactor = Redactor::builder(PatternDetector::new()).build()?;
    let job = names.seal(SecureJob::text_detection)?;
    let mut pages = complete(job, clients, options).await?.pages(clients).redact(&redactor);
    let mut places = Vec::new();
    while let Some(page) = pages.try_next().await? {
        tell(&page);
        places.push(page.places_on(page.number)?.into_iter().cloned().collect());
    }
    finish(pages.completeness())?;
    let found = pages.report().by_type().into_iter().map(|(pii, count)| format!("{pii} {count}"));
    let found = found.reduce(|list, more| format!("{list}, {more}"));
    println!("6 found     {}", found.as_deref().unwrap_or("nothing that the patterns know"));
    Ok(places)
}

/// Starts a job and waits for its end.
async fn complete<F: Family>(
    job: SecureJob<F>,
    clients: &Clients,
    options: WaitOptions,
) -> Result<CompletedJob<F>> {
    let running = job.start(clients).await?;
    println!("2 started   {} as job {}", running.api(), running.id());
    let options = options.on_progress(|progress| {
        let status = progress.status.as_ref().map_or("no answer", |status| status.as_str());
        println!(
            "            look {} after {:.1} s: {status}",
            progress.polls,
            progress.elapsed.as_secs_f64()
        );
    });
    let completed = running.wait_with(clients, &options).await?;
    println!(
        "3 completed {} pages",
        completed.page_count().map_or("?".to_owned(), |pages| pages.to_string())
    );
    for warning in completed.warnings() {
        println!("            warning {} on pages {:?}", warning.code, warning.pages);
    }
    println!("4 streaming each part verified against the key before it is parsed");
    Ok(completed)
}

fn tell(page: &PageBlocks) {
    let count = |kind: BlockKind| page.blocks.iter().filter(|block| *block.kind() == kind).count();
    println!(
        "            page {}: {} blocks, {} lines, {} words, {} tables",
        page.number,
        page.blocks.len(),
        count(BlockKind::Line),
        count(BlockKind::Word),
        count(BlockKind::Table),
    );
}

fn finish(completeness: Option<&Completeness>) -> Result<()> {
    let Some(seen) = completeness else { bail!("the stream did not end") };
    println!(
        "5 complete  {} records in {} parts, {} of them verified; {} ids unresolved",
        seen.records, seen.parts, seen.verified, seen.unresolved_count,
    );
    Ok(())
}

/// Writes the first image to this file, and the others next to it.
fn write(out: &Path, images: &[RedactedImage]) -> Result<()> {
    for (number, image) in (1..).zip(images) {
        let file = picture::numbered(out, number);
        std::fs::write(&file, image.bytes()).with_context(|| file.display().to_string())?;
        println!("7 redacted  {} with {} pages: {}", image.format(), image.sizes().len(), file.display());
    }
    println!("            what tesseract did not read, and what the patterns do not know, is still visible");
    Ok(())
}
