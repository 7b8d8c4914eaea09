//! Comprehend's jobs: two whose results lie as files beside each other, of JSON and of any text, and one whose results come in an
//! archive.

use std::time::Duration;

use futures::StreamExt;
use inkseal::comprehend::{ComprehendJob, DocumentAnalysis, DocumentResult, KeyPhrase, Mask, Redaction};
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault};
use inkseal::redact::Language;
use inkseal::{Error, WaitOptions};

use super::{Case, Gone, Way};
use crate::comprehend_jobs::{emulator, files, key_phrases, location, pii_offsets, role};
use crate::support::{SOURCE, account, clients, key};

pub const FILES: Way = Way {
    heading: "A Comprehend job whose results are files (PII)",
    calls: &["StartPiiEntitiesDetectionJob", DESCRIBE_PII, "ListObjectsV2", GET],
    special: || special(DESCRIBE_PII),
    go: |case| Box::pin(go(case, pii_offsets(), |record| format!("{record:?}"))),
};

pub const COPIES: Way = Way {
    heading: "A Comprehend job whose results are copies without personal data",
    calls: &["ListObjectsV2", GET],
    special: of_results,
    go: |case| {
        let job =
            ComprehendJob::pii_redaction(files(), role(), Language::English, Redaction::all(Mask::Type));
        let job = job.output(location(), key()).expected_bucket_owner(account()).build().unwrap();
        Box::pin(go(case, job, |record| format!("{record:?} {:?}", record.outcome.as_deref())))
    },
};

pub const ARCHIVE: Way = Way {
    heading: "A Comprehend job whose results are an archive (key phrases)",
    calls: &["StartKeyPhrasesDetectionJob", DESCRIBE_PHRASES, GET],
    special: || special(DESCRIBE_PHRASES),
    go: |case| {
        let said = |record: &DocumentResult<Vec<KeyPhrase>>| {
            let phrases = record.outcome.as_ref().unwrap().iter().map(|phrase| phrase.text.to_string());
            format!("{} {:?}", record.file, phrases.collect::<Vec<_>>())
        };
        Box::pin(go(case, key_phrases(), said))
    },
};

const DESCRIBE_PII: &str = "DescribePiiEntitiesDetectionJob";
const DESCRIBE_PHRASES: &str = "DescribeKeyPhrasesDetectionJob";
const GET: &str = "GetObject";

fn special(describe: &'static str) -> Vec<(&'static str, Case)> {
    [vec![("job expired", Case::of(describe, Fault::ExpiredJob))], of_results()].concat()
}

fn of_results() -> Vec<(&'static str, Case)> {
    vec![
        ("wrong key on a result", Case::of(GET, Fault::WrongKey)),
        ("a result not under a KMS key", Case::of(GET, Fault::NotEncrypted)),
    ]
}

async fn go<A: DocumentAnalysis>(
    case: Case,
    job: ComprehendJob<A>,
    said: impl Fn(&A::Record) -> String,
) -> Gone {
    // So many that a listing can be cut short between two.
    let letters = (0..20).fold(emulator(), |emulator, number| {
        emulator.object(SOURCE, format!("letters/{number:02}.txt"), "Jane Doe was late")
    });
    let emulator = case.set(letters.job_duration(Duration::from_secs(300)));
    let emulator = case.fault.clone().into_iter().fold(emulator, EmulatorBuilder::fault).build().unwrap();
    let mut out = Vec::new();
    let result = run(&emulator, &job, |record| out.push(said(record))).await;
    Gone::of(&emulator, case.call, out, result)
}

async fn run<A: DocumentAnalysis>(
    emulator: &Emulator,
    job: &ComprehendJob<A>,
    mut found: impl FnMut(&A::Record),
) -> Result<(), Error> {
    let clients = clients(emulator);
    let options = WaitOptions::default().deadline(Duration::from_secs(3000));
    let completed = job.start(&clients).await?.wait_with(&clients, &options).await?;
    let mut results = std::pin::pin!(completed.results(&clients).stream());
    while let Some(result) = results.next().await {
        found(&result?);
    }
    Ok(())
}
