//! Many documents within the quotas.

mod journal;
mod listing;
mod quotas;
mod submit;
mod worker;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use futures::stream::{self, Stream};
use inkseal::emulator::{Emulator, EmulatorBuilder, FamilyQuotas, Quotas, Synthetic};
use inkseal::fleet::{Document, Journal, Outcome, Submissions, Submitter};
use inkseal::{Analysis, Clients, Feature, SecureJob};
use tempfile::TempDir;

use crate::support::{KEY, RESULTS, SOURCE, seal};

/// Start, Get and concurrent jobs of analysis in us-east-1.
fn us_east_1() -> Quotas {
    Quotas { analysis: FamilyQuotas::new(10.0, 10.0, 600), ..Quotas::default() }
}

pub fn key(number: usize) -> String {
    format!("scans/{number}.pdf")
}

pub fn document(number: usize) -> Document {
    Document::new(format!("s3://{SOURCE}/{}", key(number)).parse().unwrap())
}

fn tagged(tag: &str, number: usize) -> Document {
    document(number).tagged(tag.parse().unwrap())
}

/// An emulator with this many documents, each of one small page.
pub fn emulator(documents: usize) -> EmulatorBuilder {
    let emulator = Emulator::builder().kms_key(KEY).bucket(SOURCE).bucket(RESULTS).log_limit(100_000);
    let emulator = emulator.response(Synthetic::pages(1).blocks_per_page(10));
    (0..documents).fold(emulator, |emulator, number| emulator.object(SOURCE, key(number), "%PDF-1.7"))
}

fn clients(emulator: &Emulator) -> Clients {
    Clients::builder().get_rate(10.0).connect(&emulator.sdk_config()).unwrap()
}

fn job(document: &Document) -> inkseal::Result<SecureJob<Analysis>> {
    Ok(seal(SecureJob::analysis(document.object().clone()).feature(Feature::Tables)))
}

fn submitter(emulator: &Emulator, journal: Arc<dyn Journal>) -> Submitter<Analysis> {
    submitter_of(&clients(emulator), journal)
}

fn submitter_of(clients: &Clients, journal: Arc<dyn Journal>) -> Submitter<Analysis> {
    Submitter::new(clients, journal, job)
}

pub fn documents(numbers: std::ops::Range<usize>) -> impl Stream<Item = Document> + Send + 'static {
    stream::iter(numbers.map(document))
}

async fn outcomes(submissions: Submissions<Analysis>) -> Vec<Outcome<Analysis>> {
    submissions.try_collect().await.unwrap()
}

/// How many Start requests there were of each token.
fn starts_by_token(emulator: &Emulator) -> HashMap<String, usize> {
    let mut tokens = HashMap::new();
    for request in emulator.requests().into_iter().filter(|request| request.operation.starts_with("Start")) {
        let token = request.body.unwrap()["ClientRequestToken"].as_str().unwrap().to_owned();
        *tokens.entry(token).or_default() += 1;
    }
    tokens
}

/// The keys of the documents that jobs were started for, sorted; one that was started twice appears twice.
pub fn started(emulator: &Emulator) -> Vec<String> {
    let jobs = emulator.jobs().into_iter();
    let mut keys: Vec<String> = jobs
        .map(|(_, input)| input["DocumentLocation"]["S3Object"]["Name"].as_str().unwrap().to_owned())
        .collect();
    keys.sort();
    keys
}

pub fn keys(numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut keys: Vec<String> = numbers.map(key).collect();
    keys.sort();
    keys
}

/// Its own folder for each test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        // In memory if there is such a folder: the tests synchronise thousands of times.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self(folder.unwrap())
    }

    pub fn journal(&self) -> PathBuf {
        self.0.path().join("run.journal")
    }
}
