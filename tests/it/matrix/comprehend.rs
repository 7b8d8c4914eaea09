//! Comprehend's jobs, the labels of its synchronous call, and its starts, polls and stops one by one.
//!
//! Of jobs there are two whose results are files next to each other, of JSON and of plain text, and one whose results are an archive.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use inkseal::comprehend::{
    ClassifierTraining, ComprehendInput, ComprehendJob, DocumentAnalysis, DocumentLanguage, DocumentResult,
    KeyPhrase, Mask, Redaction,
};
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault};
use inkseal::redact::{ComprehendDetector, Language, Redactor};
use inkseal::{Error, WaitOptions};

use super::{Case, GET, LIST, Route, Run, clients};
use crate::comprehend_jobs::{complete, emulator, folder, location, models, role, volumes, vpc};
use crate::support::{RESULTS, SOURCE, account, key};

pub const FILES: Route = Route {
    heading: "A Comprehend job whose results are files (PII)",
    calls: &["StartPiiEntitiesDetectionJob", "DescribePiiEntitiesDetectionJob", LIST, GET],
    special: || {
        let mut cases = special("StartPiiEntitiesDetectionJob", "DescribePiiEntitiesDetectionJob");
        cases.push((
            "access denied to one result",
            Case::of(GET, Fault::AccessDenied.on(GET).key("07.txt.out")),
        ));
        cases
    },
    run: |case| {
        let job = ComprehendJob::pii_offsets(input(&case), role(), Language::English);
        let job = job.output(location(), key()).expected_bucket_owner(account()).build().unwrap();
        Box::pin(run(case, job, |record| format!("{record:?}")))
    },
};

pub const COPIES: Route = Route {
    heading: "A Comprehend job whose results are copies without personal data",
    calls: &[LIST, GET],
    special: of_results,
    run: |case| {
        let job =
            ComprehendJob::pii_redaction(input(&case), role(), Language::English, Redaction::all(Mask::Type));
        let job = job.output(location(), key()).expected_bucket_owner(account()).build().unwrap();
        Box::pin(run(case, job, |record| format!("{record:?} {:?}", record.outcome.as_deref())))
    },
};

pub const ARCHIVE: Route = Route {
    heading: "A Comprehend job whose results are an archive (key phrases)",
    calls: &["StartKeyPhrasesDetectionJob", "DescribeKeyPhrasesDetectionJob", GET],
    special: || special("StartKeyPhrasesDetectionJob", "DescribeKeyPhrasesDetectionJob"),
    run: |case| {
        let said = |record: &DocumentResult<Vec<KeyPhrase>>| {
            let phrases = record.outcome.as_ref().unwrap().iter().map(|phrase| phrase.text.to_string());
            format!("{} {:?}", record.file, phrases.collect::<Vec<_>>())
        };
        let job = ComprehendJob::key_phrases(input(&case), role(), DocumentLanguage::English);
        let job = job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap();
        Box::pin(run(case, job, said))
    },
};

pub const LABELS: Route = Route {
    heading: "Whether a text has personal data, asked before what it is",
    calls: &["ContainsPiiEntities", "DetectPiiEntities"],
    special: Vec::new,
    run: |case| Box::pin(labels(case)),
};

pub const STARTS: Route = Route {
    heading: "The starts of Comprehend's other jobs",
    calls: &[
        "StartEntitiesDetectionJob",
        "StartSentimentDetectionJob",
        "StartTargetedSentimentDetectionJob",
        "StartDominantLanguageDetectionJob",
        "StartTopicsDetectionJob",
        "StartDocumentClassificationJob",
    ],
    special: Vec::new,
    run: |case| Box::pin(each(case)),
};

pub const POLLS: Route = Route {
    heading: "The waits for Comprehend's other jobs",
    calls: &[
        "DescribeEntitiesDetectionJob",
        "DescribeSentimentDetectionJob",
        "DescribeTargetedSentimentDetectionJob",
        "DescribeDominantLanguageDetectionJob",
        "DescribeTopicsDetectionJob",
        "DescribeDocumentClassificationJob",
    ],
    special: Vec::new,
    run: |case| Box::pin(each(case)),
};

pub const STOPS: Route = Route {
    heading: "The stops of Comprehend's jobs",
    calls: &[
        "StopPiiEntitiesDetectionJob",
        "StopEntitiesDetectionJob",
        "StopKeyPhrasesDetectionJob",
        "StopSentimentDetectionJob",
        "StopTargetedSentimentDetectionJob",
        "StopDominantLanguageDetectionJob",
    ],
    special: Vec::new,
    run: |case| Box::pin(stop(case)),
};

fn special(start: &'static str, describe: &'static str) -> Vec<(&'static str, Case)> {
    let mut cases =
        vec![("job `FAILED`", Case::failing(start)), ("job expired", Case::of(describe, Fault::ExpiredJob))];
    cases.extend(of_results());
    cases
}

fn of_results() -> Vec<(&'static str, Case)> {
    vec![
        ("wrong key on a result", Case::of(GET, Fault::WrongKey)),
        ("a result not under a KMS key", Case::of(GET, Fault::NotEncrypted)),
    ]
}

/// Twenty letters, so that a listing can be cut short between two; of a job that is to fail, none.
fn input(case: &Case) -> ComprehendInput {
    let folder = if case.setup.is_failing { "nothing" } else { "letters" };
    ComprehendInput::one_document_per_file(format!("s3://{SOURCE}/{folder}").parse().unwrap())
}

fn letters(emulator: EmulatorBuilder) -> EmulatorBuilder {
    let letters = (0..20).fold(emulator, |emulator, number| {
        emulator.object(SOURCE, format!("letters/{number:02}.txt"), "Jane Doe was late")
    });
    letters.job_duration(Duration::from_secs(300))
}

fn patience() -> WaitOptions {
    WaitOptions::default().deadline(Duration::from_secs(3000))
}

async fn run<A: DocumentAnalysis>(
    case: Case,
    job: ComprehendJob<A>,
    said: impl Fn(&A::Record) -> String,
) -> Run {
    let emulator = case.build(letters(emulator()));
    let mut out = Vec::new();
    let result = async {
        let clients = clients(&emulator);
        let completed = job.start(&clients).await?.wait_with(&clients, &patience()).await?;
        // An answer that was lost may not make a second job.
        out.push(format!("{} jobs", folders(&emulator).len()));
        let mut results = std::pin::pin!(completed.results(&clients).stream());
        while let Some(result) = results.next().await {
            out.push(said(&result?));
        }
        Ok(())
    };
    let result: Result<(), Error> = result.await;
    Run::of(&emulator, case.call, out, result)
}

/// The folders that jobs have written to.
fn folders(emulator: &Emulator) -> BTreeSet<String> {
    let folder = |key: &String| key.split('/').nth(1).map(str::to_owned);
    emulator.object_keys(RESULTS).iter().filter_map(folder).collect()
}

async fn labels(case: Case) -> Run {
    let emulator = case.build(emulator());
    let clients = clients(&emulator);
    let mut out = Vec::new();
    let result = async {
        let detector = ComprehendDetector::new(&clients)?.contains_first(true);
        let redactor = Redactor::builder(detector).build()?;
        for text in ["Nothing to see here", "Jane Doe was late"] {
            out.push(format!("{:?}", redactor.detect(text).await?));
        }
        Ok(())
    };
    let result: Result<(), Error> = result.await;
    Run::of(&emulator, case.call, out, result)
}

/// Starts the job of one call, or waits for it.
async fn each(case: Case) -> Run {
    let emulator = case.build(letters(emulator()));
    let clients = clients(&emulator);
    let input = || input(&case);
    let english = DocumentLanguage::English;
    macro_rules! run {
        ($job:expr) => {{
            let job = $job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap();
            async {
                let running = job.start(&clients).await?;
                running
                    .wait_with(&clients, &patience())
                    .await
                    .map(|completed| format!("{:?}", completed.status()))
            }
            .await
        }};
    }
    let kind = case.call.trim_start_matches("Start").trim_start_matches("Describe");
    let said: Result<String, Error> = match kind {
        "EntitiesDetectionJob" => run!(ComprehendJob::entities(input(), role(), english)),
        "SentimentDetectionJob" => run!(ComprehendJob::sentiment(input(), role(), english)),
        "TargetedSentimentDetectionJob" => run!(ComprehendJob::targeted_sentiment(input(), role())),
        "DominantLanguageDetectionJob" => run!(ComprehendJob::dominant_language(input(), role())),
        "TopicsDetectionJob" => run!(ComprehendJob::topics(input(), role(), 7)),
        "DocumentClassificationJob" => {
            let training = ClassifierTraining::csv(folder(), Default::default());
            let training =
                ComprehendJob::train_classifier("letters".parse().unwrap(), training, role(), english);
            let training = training.output(location(), key()).volume_key(volumes()).model_key(models());
            let trained = complete(&training.in_vpc(vpc()).build().unwrap(), &clients).await;
            let classifier = trained.classifier().clone();
            run!(ComprehendJob::document_classification(input(), role(), classifier))
        }
        other => panic!("{other} is not a column"),
    };
    let (out, result) = match said {
        Ok(said) => (vec![format!("{said}, {} jobs", folders(&emulator).len())], Ok(())),
        Err(error) => (Vec::new(), Err(error)),
    };
    Run::of(&emulator, case.call, out, result)
}

/// Stops a running job of one kind.
async fn stop(case: Case) -> Run {
    let emulator = case.build(letters(emulator()));
    let clients = clients(&emulator);
    let input = || input(&case);
    let english = DocumentLanguage::English;
    macro_rules! stop {
        ($job:expr) => {{
            let job = $job.build().unwrap();
            job.start(&clients).await.unwrap().stop(&clients).await
        }};
    }
    macro_rules! stop_in_vpc {
        ($job:expr) => {
            stop!($job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()))
        };
    }
    let result = match case.call.trim_start_matches("Stop") {
        "PiiEntitiesDetectionJob" => {
            stop!(ComprehendJob::pii_offsets(input(), role(), Language::English).output(location(), key()))
        }
        "EntitiesDetectionJob" => stop_in_vpc!(ComprehendJob::entities(input(), role(), english)),
        "KeyPhrasesDetectionJob" => stop_in_vpc!(ComprehendJob::key_phrases(input(), role(), english)),
        "SentimentDetectionJob" => stop_in_vpc!(ComprehendJob::sentiment(input(), role(), english)),
        "TargetedSentimentDetectionJob" => stop_in_vpc!(ComprehendJob::targeted_sentiment(input(), role())),
        "DominantLanguageDetectionJob" => stop_in_vpc!(ComprehendJob::dominant_language(input(), role())),
        other => panic!("{other} is not a column"),
    };
    let out = result.iter().map(|()| "stopped".to_owned()).collect();
    Run::of(&emulator, case.call, out, result)
}
