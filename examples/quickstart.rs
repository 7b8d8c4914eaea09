//! The main job from end to end, step by step: seal, start, wait, verify, stream.
//!
//! Without arguments it runs on the emulator inside the crate: no AWS account, no network. With `--response` the
//! emulator answers with a recorded response; with `--input`, `--output` and `--kms-key` it runs on real AWS (or on what
//! `--endpoint-url` names).

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures::TryStreamExt;
use inkseal::block::{Block, BlockKind};
use inkseal::emulator::{Emulator, Response, Shape, Synthetic};
use inkseal::job::{NeedsBucket, NeedsKey, SecureJobBuilder};
use inkseal::resource::{KmsKey, S3Location, S3Object};
use inkseal::{Clients, CompletedJob, Completeness, Family, Feature, SecureJob, WaitOptions};

/// Runs a sealed Textract job and tells each step.
#[derive(Parser)]
struct Arguments {
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
            ExitCode::FAILURE
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
        return analyse(input, output, key, &clients, WaitOptions::default()).await;
    }

    let response = match arguments.response {
        Some(file) => Response::recorded(std::fs::read(&file).context(file.display().to_string())?)?,
        None => Synthetic::pages(3).blocks_per_page(700).into(),
    };
    println!("No --input: running on the emulator inside the crate.\n");
    let shape = response.shape();
    let input: S3Object = "s3://amzn-s3-demo-source/loan application.pdf".parse()?;
    let output: S3Location = "s3://amzn-s3-demo-results".parse()?;
    let key: KmsKey =
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
    let emulator = Emulator::builder()
        .kms_key(key.as_str())
        .bucket(input.bucket().as_str())
        .bucket(output.bucket().as_str())
        .object(input.bucket().as_str(), input.key(), "%PDF-1.7")
        .job_duration(Duration::from_millis(700))
        .response(response)
        .build()?;
    let clients = Clients::new(&emulator.sdk_config())?;
    let hurry = WaitOptions::default().poll_between(Duration::from_millis(200), Duration::from_secs(1));
    match shape {
        Some(Shape::Expense) => {
            let job = complete(seal(SecureJob::expense(input), output, key)?, &clients, hurry).await?;
            let mut documents = job.documents(&clients);
            while let Some(document) = documents.try_next().await? {
                println!("            document {}", document.expense_index.unwrap_or_default());
            }
            finish(documents.completeness())
        }
        Some(Shape::Lending) => {
            let job = complete(seal(SecureJob::lending(input), output, key)?, &clients, hurry).await?;
            let mut results = job.results(&clients);
            while let Some(result) = results.try_next().await? {
                println!("            page {}", result.page.unwrap_or_default());
            }
            finish(results.completeness())
        }
        _ => analyse(input, output, key, &clients, hurry).await,
    }
}

/// Analyses a document for its tables, forms and layout.
async fn analyse(
    input: S3Object,
    output: S3Location,
    key: KmsKey,
    clients: &Clients,
    options: WaitOptions,
) -> Result<()> {
    let job = SecureJob::analysis(input).features([Feature::Tables, Feature::Forms, Feature::Layout]);
    let job = complete(seal(job, output, key)?, clients, options).await?;
    let mut pages = job.pages(clients);
    while let Some(page) = pages.try_next().await? {
        let count =
            |kind: BlockKind| page.blocks.iter().filter(|block: &&Block| *block.kind() == kind).count();
        println!(
            "            page {}: {} blocks, {} lines, {} words, {} tables",
            page.number,
            page.blocks.len(),
            count(BlockKind::Line),
            count(BlockKind::Word),
            count(BlockKind::Table),
        );
    }
    finish(pages.completeness())
}

/// Gives a job its seal. Without both of these calls `build` would not compile.
fn seal<F: Family>(
    job: SecureJobBuilder<F, NeedsBucket, NeedsKey>,
    output: S3Location,
    key: KmsKey,
) -> Result<SecureJob<F>> {
    let (bucket, prefix) = output.into_parts();
    let job = job.output_bucket(bucket).kms_key(key).prefix(prefix).build()?;
    println!("1 sealed    {} -> s3://{}/{}", job.input(), job.seal().bucket(), job.seal().prefix());
    println!("            under {}", job.seal().kms_key());
    Ok(job)
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

fn finish(completeness: Option<&Completeness>) -> Result<()> {
    let Some(seen) = completeness else { bail!("the stream did not come to its end") };
    println!(
        "5 complete  {} records in {} parts, {} of them verified; {} ids unresolved",
        seen.records, seen.parts, seen.verified, seen.unresolved_count,
    );
    Ok(())
}
