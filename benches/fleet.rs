//! Thousands of documents under the quotas of an account, by tokio's paused clock: hours of an account in seconds of this machine.
//!
//! A [`Submitter`], sixteen [`Worker`]s and the emulator, which plays Textract with the default quotas of us-east-1
//! for analysis, SNS, SQS and S3, in one process. The answer to one Start in 500 is cut off, one completion in 100
//! comes twice, and one read of an output in 200 is denied, so that its handler fails and its message has to come
//! again. For comparison the client that one writes first: all starts at once with the SDK's retries, and a poll of
//! each job every second; it is spared the faults.
//!
//! The paused clock counts no time for the disk, so the journal is measured apart, by the real clock on the disk of
//! the target folder. Run with `cargo bench --bench fleet`.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_textract::types as textract;
use futures::TryStreamExt;
use futures::future::join_all;
use futures::stream;
use inkseal::emulator::{
    Delivery, EmulatedQueue, Emulator, EmulatorBuilder, FamilyQuotas, Fault, Quotas, Synthetic,
};
use inkseal::fleet::{Document, DocumentState, FileJournal, Journal, Outcome, Submitter, Worker};
use inkseal::job::Api;
use inkseal::notify::{Completion, Completions};
use inkseal::resource::{RoleArn, TopicArn};
use inkseal::{Analysis, Clients, Error, Feature, NotificationChannel, Seal, SecureJob};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:textract-done";
const ROLE: &str = "arn:aws:iam::111122223333:role/textract-publish";
const SOURCE: &str = "amzn-s3-demo-source";
const RESULTS: &str = "amzn-s3-demo-results";
const SECOND: Duration = Duration::from_secs(1);
const STARTS_PER_SECOND: f64 = 10.0;
const WORKERS: usize = 16;
const PAGES: u32 = 2;
/// What the crate promises: the share of the Start quota that is used, and the most bytes of the heap that each
/// further document takes, which are those of the journal.
const PROMISED: (f64, f64) = (0.95, 64.0);
const SIZES: [usize; 2] = [10_000, 100_000];

fn main() -> ExitCode {
    let runs = SIZES.map(|documents| {
        println!("{documents} documents of {PAGES} pages, analysis in us-east-1");
        println!("             read  never started     lost  calls throttled  simulated time  this machine");
        let run = fleet(documents);
        naive(documents);
        println!();
        run
    });
    let [(few, few_kept), (many, many_kept)] = runs;
    let growth = (many as f64 - few as f64) / (SIZES[1] - SIZES[0]) as f64;
    println!("heap of the longer run: {growth:.0} bytes more for each document more");
    println!();
    for under_way in [1, 10, 100, 1000] {
        let rate = records_per_second(under_way);
        println!("journal on disk: {rate:.0} records per second, {under_way} at a time");
    }
    if few_kept && many_kept && growth <= PROMISED.1 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Records accepted documents in a journal by the real clock, with this many at a time.
fn records_per_second(under_way: usize) -> f64 {
    const ROUNDS: usize = 20;
    // Not in memory, as that needs no synchronising.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let journal = FileJournal::open(folder.path().join("run.journal")).await.expect("a journal");
        let documents: Vec<_> = (0..under_way)
            .map(|number| Document::new(format!("s3://{SOURCE}/{}", key(number)).parse().expect("an object")))
            .collect();
        let began = std::time::Instant::now();
        for _ in 0..ROUNDS {
            let records = documents.iter().map(|document| {
                journal.record(document.id(Api::StartDocumentAnalysis), document, DocumentState::Accepted)
            });
            join_all(records).await.into_iter().for_each(|record| record.expect("a record"));
        }
        (ROUNDS * under_way) as f64 / began.elapsed().as_secs_f64()
    })
}

/// Runs on a clock that stands still while there is work, and jumps to the next timer when there is none.
fn simulated<T>(run: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(run)
}

fn emulator(documents: usize) -> EmulatorBuilder {
    let quotas = Quotas { analysis: FamilyQuotas::new(STARTS_PER_SECOND, 10.0, 600), ..Quotas::default() };
    let emulator = Emulator::builder()
        .kms_key(KEY)
        .bucket(SOURCE)
        .bucket(RESULTS)
        .topic(TOPIC)
        .queue(EmulatedQueue::new("done").dead_letter_after(5))
        .subscribe(TOPIC, "done", Delivery::Envelope)
        .response(Synthetic::pages(PAGES).blocks_per_page(10))
        .quotas(quotas)
        .job_duration(30 * SECOND)
        .log_limit(0);
    (0..documents).fold(emulator, |emulator, number| emulator.object(SOURCE, key(number), "%PDF-1.7"))
}

fn key(number: usize) -> String {
    format!("scans/{number}.pdf")
}

fn job(document: &Document) -> inkseal::Result<SecureJob<Analysis>> {
    let topic: TopicArn = TOPIC.parse()?;
    let role: RoleArn = ROLE.parse()?;
    SecureJob::analysis(document.object().clone())
        .feature(Feature::Tables)
        .notification_channel(NotificationChannel::new(topic, role))
        .output_bucket(RESULTS.parse()?)
        .kms_key(KEY.parse()?)
        .build()
}

/// What the workers saw of each document.
#[derive(Default)]
struct Seen {
    /// The job of each document, both as hashes, to take little of the heap that is measured.
    jobs: HashMap<u64, u64>,
    /// Documents with more than one job, and completions that were worked on before.
    started_twice: usize,
    again: usize,
}

impl Seen {
    fn saw(&mut self, completion: &Completion) {
        let (document, job) = (hashed(completion.document.key()), hashed(completion.job_id.as_str()));
        match self.jobs.get(&document) {
            Some(known) if *known == job => self.again += 1,
            Some(_) => self.started_twice += 1,
            None => _ = self.jobs.insert(document, job),
        }
    }
}

fn hashed(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// A run with this crate: its peak of the heap, and whether all is as promised.
fn fleet(documents: usize) -> (usize, bool) {
    let real = std::time::Instant::now();
    // In memory if there is such a folder: the disk is measured apart.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder");
    let run = simulated(run(documents, folder.path().join("run.journal")));
    let used = documents as f64 / (run.elapsed.as_secs_f64() * STARTS_PER_SECOND);
    let read = run.seen.jobs.len();
    row(
        "inkseal",
        read,
        documents - run.submitted,
        run.submitted.saturating_sub(read),
        run.refused,
        run.elapsed,
        real.elapsed(),
    );
    println!(
        "          {:.1} % of the Start quota used, {} documents started twice; {} completions came again and {} handlers \
         failed at first,\n          {} messages were given up; heap {:.1} MB",
        100.0 * used,
        run.seen.started_twice,
        run.seen.again,
        run.failed,
        run.dead,
        run.peak as f64 / 1e6,
    );
    let is_whole = (run.submitted, read, run.seen.started_twice, run.dead) == (documents, documents, 0, 0);
    (run.peak, is_whole && used >= PROMISED.0)
}

fn row(name: &str, read: usize, unstarted: usize, lost: usize, refused: u64, took: Duration, real: Duration) {
    let minutes = took.as_secs() / 60;
    println!(
        "{name:<8}{read:>9}{unstarted:>15}{lost:>9}{refused:>17}{:>9} h {:02} min{:>11.0} s",
        minutes / 60,
        minutes % 60,
        real.as_secs_f64()
    );
}

struct Run {
    submitted: usize,
    elapsed: Duration,
    /// Calls that the service refused because they were too many.
    refused: u64,
    seen: Seen,
    failed: u64,
    /// The peak of the heap above its use at the beginning, in bytes, including the emulator's part.
    peak: usize,
    dead: usize,
}

async fn run(documents: usize, journal: PathBuf) -> Run {
    // The emulator forgets old jobs, so that the heap is that of the documents under way.
    let emulator = emulator(documents)
        .job_retention(120 * SECOND)
        .fault(Fault::TruncatedBody.on("StartDocumentAnalysis").every(500))
        .fault(Fault::AccessDenied.on("GetObject").every(200))
        .fault(Fault::DuplicateMessage.on("Notification").every(100))
        .build()
        .expect("an emulator");
    let clients = Clients::new(&emulator.sdk_config()).expect("clients");
    let queue = emulator.queue_url("done").expect("a queue").parse().expect("its URL");
    let completions = Completions::builder(queue, TOPIC.parse().expect("a topic")).connect(&clients);
    let completions = completions.expect("completions");
    let seal = job(&Document::new(format!("s3://{SOURCE}/any").parse().expect("an object")));
    let seal = seal.expect("a job").seal().clone();
    // Allocated before the heap is measured, as it is not the crate's.
    let seen = Arc::new(Mutex::new(Seen { jobs: HashMap::with_capacity(documents), ..Seen::default() }));
    let journal = Arc::new(FileJournal::open(&journal).await.expect("a journal"));

    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let worker = Worker::new(completions.clone()).parallel(4).until_idle(600 * SECOND);
            let handler = handler(&clients, &seal, &seen);
            tokio::spawn(async move { worker.run(handler, std::future::pending()).await.expect("a queue") })
        })
        .collect();
    let began = tokio::time::Instant::now();
    let source =
        stream::iter((0..documents).map(|number| {
            Document::new(format!("s3://{SOURCE}/{}", key(number)).parse().expect("an object"))
        }));
    let mut submissions = Submitter::new(&clients, journal, job).submit(source);
    let mut submitted = 0;
    while let Some(outcome) = submissions.try_next().await.expect("a journal") {
        submitted += usize::from(matches!(outcome, Outcome::Submitted { .. }));
    }
    let (elapsed, tally) = (began.elapsed(), submissions.tally());
    let worked = join_all(workers).await.into_iter().map(|tally| tally.expect("no panic").failed);
    let failed = worked.sum();
    let peak = HEAP.peak_usage().saturating_sub(before);
    let dead = emulator.queue_counts("done").map_or(0, |counts| counts.dead);
    let seen = std::mem::take(&mut *seen.lock().expect("no handler panics"));
    Run { submitted, elapsed, refused: tally.throttled + tally.limit_exceeded, seen, failed, peak, dead }
}

/// Reads the document of a completion to its end.
fn handler(
    clients: &Clients,
    seal: &Seal,
    seen: &Arc<Mutex<Seen>>,
) -> impl Fn(Completion) -> futures::future::BoxFuture<'static, Result<(), Error>> + use<> {
    let (clients, seal, seen) = (clients.clone(), seal.clone(), Arc::clone(seen));
    move |completion| {
        let (clients, seal, seen) = (clients.clone(), seal.clone(), Arc::clone(&seen));
        Box::pin(async move {
            let pages = completion.job::<Analysis>(&seal)?.pages(&clients);
            let pages = pages.try_fold(0, |pages, _| async move { Ok(pages + 1) }).await?;
            assert_eq!(pages, PAGES);
            let mut seen = seen.lock().expect("no handler panics");
            seen.saw(&completion);
            Ok(())
        })
    }
}

/// All starts at once, and a poll of each job every second.
fn naive(documents: usize) {
    let real = std::time::Instant::now();
    let (outcomes, elapsed, calls) = simulated(async {
        let emulator = emulator(documents).build().expect("an emulator");
        let client = aws_sdk_textract::Client::new(&emulator.sdk_config());
        let began = tokio::time::Instant::now();
        let outcomes =
            join_all((0..documents).map(|number| tokio::spawn(by_hand(client.clone(), number)))).await;
        let calls = emulator.count("StartDocumentAnalysis") + emulator.count("GetDocumentAnalysis");
        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("no panic")).collect();
        (outcomes, began.elapsed(), calls)
    });
    let count = |wanted: &str| outcomes.iter().filter(|(outcome, _)| *outcome == wanted).count();
    let answered: u64 = outcomes.iter().map(|(_, answered)| answered).sum();
    let (read, unstarted) = (count("read"), count("refused"));
    row("naive", read, unstarted, documents - unstarted - read, calls - answered, elapsed, real.elapsed());
}

/// How a document ended, and how many calls were answered with what they asked for.
async fn by_hand(client: aws_sdk_textract::Client, number: usize) -> (&'static str, u64) {
    let object = textract::S3Object::builder().bucket(SOURCE).name(key(number)).build();
    let location = textract::DocumentLocation::builder().s3_object(object).build();
    let start = client.start_document_analysis().document_location(location);
    let start = start.feature_types(textract::FeatureType::Tables).send().await;
    let Ok(started) = start else { return ("refused", 0) };
    let mut answered = 1;
    loop {
        tokio::time::sleep(SECOND).await;
        let look =
            client.get_document_analysis().set_job_id(started.job_id().map(str::to_owned)).send().await;
        let Ok(look) = look else { return ("given up", answered) };
        answered += 1;
        if look.job_status() != Some(&textract::JobStatus::InProgress) {
            return ("read", answered);
        }
    }
}
