//! The cost of redaction: the patterns in MB/s and pages/s, and Amazon Comprehend in requests, units and time.
//!
//! ```text
//! cargo bench --bench redact
//! ```
//!
//! The pages are recorded ones if `INKSEAL_CORPUS` names their folder, otherwise made up; longer documents repeat them.
//! Comprehend is the emulator, which answers after 60 ms. The stage is compared with the two ways of calling Comprehend without
//! one: a request per page, and a request per line, also four at a time. It exits with 1 if the stage is billed more than
//! a tenth of the units of a request per line.

mod heap;
mod pages;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use inkseal::document::Document;
use inkseal::emulator::Emulator;
use inkseal::redact::{ComprehendDetector, Operator, PatternDetector, PiiDetector, Redactor};
use inkseal::{Clients, Render};
use pages::Pages;

const ROUNDS: usize = 9;
/// How many pages a document has.
const SIZES: [usize; 3] = [1, 40, 400];
const LATENCY: Duration = Duration::from_millis(60);
/// How many requests are in flight at a time.
const PARALLEL: usize = 4;
/// Anything that would take longer than this is calculated and not run.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many times fewer units than with a request per line.
const PROMISED: f64 = 10.0;

fn main() -> ExitCode {
    if let Some(code) = heap::keep() {
        return code;
    }
    let pages = Pages::load();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let documents: Vec<_> = SIZES.map(|count| Documents::new(&pages, count)).into();
    runtime.block_on(patterns(&documents));
    let ratios: Vec<f64> = documents.iter().map(|of| runtime.block_on(comprehend(of))).collect();
    if ratios.iter().all(|ratio| *ratio >= PROMISED) {
        return ExitCode::SUCCESS;
    }
    println!("the stage is billed more than a tenth of the units of a request per line");
    ExitCode::FAILURE
}

/// Documents of the same number of pages; for one page, every page that there is.
struct Documents {
    pages: usize,
    list: Vec<Document>,
    texts: Vec<String>,
}

impl Documents {
    fn new(pages: &Pages, count: usize) -> Self {
        let json = if count == 1 { pages.each_alone() } else { vec![pages.document(count)] };
        let list: Vec<_> = json.iter().map(|json| Document::from_json(json).expect("a response")).collect();
        let texts = list.iter().map(Document::to_text).collect();
        Self { pages: count, list, texts }
    }

    fn page_count(&self) -> f64 {
        (self.pages * self.list.len()) as f64
    }

    fn megabytes(&self) -> f64 {
        self.texts.iter().map(String::len).sum::<usize>() as f64 / 1e6
    }

    fn page_texts(&self) -> Vec<String> {
        let pages = self.list.iter().flat_map(Document::pages);
        pages.map(|page| Render::text().page(page)).collect()
    }

    fn lines(&self) -> Vec<String> {
        let lines =
            self.list.iter().flat_map(Document::pages).flat_map(|page| page.lines().collect::<Vec<_>>());
        lines.map(|line| line.text().to_owned()).collect()
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// The patterns alone, and the stage with them. The sizes take turns.
async fn patterns(documents: &[Documents]) {
    let detector = PatternDetector::new();
    let redactor = Redactor::builder(detector.clone()).others(Operator::token()).build().expect("a stage");
    let mut times: Vec<[Vec<Duration>; 2]> = vec![Default::default(); documents.len()];
    let mut found = vec![0; documents.len()];
    for _ in 0..ROUNDS {
        for ((of, [alone, stage]), found) in documents.iter().zip(&mut times).zip(&mut found) {
            let start = Instant::now();
            *found = of.texts.iter().map(|text| black_box(detector.find(text)).len()).sum();
            alone.push(start.elapsed());
            let copies = of.list.clone();
            let start = Instant::now();
            for document in copies {
                black_box(document.redact(&redactor).await.expect("a redacted document"));
            }
            stage.push(start.elapsed());
        }
    }
    println!("\npages   KB of text  entities   patterns              the whole stage");
    for ((of, [alone, stage]), found) in documents.iter().zip(times).zip(found) {
        let (alone, stage) = (median(alone), median(stage));
        let (pages, megabytes) = (of.page_count(), of.megabytes());
        println!(
            "{:5} {:12.1} {:9.1} {:6.1} MB/s {:7.0} pages/s {:6.0} pages/s {:6.1} MB/s",
            of.pages,
            megabytes * 1e3 / of.list.len() as f64,
            found as f64 / of.list.len() as f64,
            megabytes / alone,
            pages / alone,
            pages / stage,
            megabytes / stage,
        );
    }
}

/// The cost of a way of asking Comprehend.
struct Cost {
    requests: u64,
    units: u64,
    seconds: Option<f64>,
}

/// How many times fewer units the stage is billed than a request per line.
async fn comprehend(documents: &Documents) -> f64 {
    // Small documents one after another, as each is redacted by itself.
    let stage = Cost::of(|detector| async move {
        let redactor = Redactor::builder(detector).parallel(PARALLEL).build().expect("a stage");
        let (mut requests, mut units) = (0, 0);
        for document in documents.list.clone() {
            let (_, report) = document.redact(&redactor).await.expect("a redacted document");
            requests += report.requests();
            units += report.billed_units();
        }
        (requests, units)
    });
    let stage = stage.await;
    let (page_texts, lines) = (documents.page_texts(), documents.lines());
    let by_page = Cost::of(|detector| each(detector, &page_texts)).await;
    let by_line = Cost::of(|detector| each(detector, &lines)).await;
    println!(
        "\n{} pages, {} documents    requests      units    seconds",
        documents.pages,
        documents.list.len()
    );
    for (name, cost) in
        [("the stage", &stage), ("a request a page", &by_page), ("a request a line", &by_line)]
    {
        let Cost { requests, units, seconds } = cost;
        let reckoned = *requests as f64 / PARALLEL as f64 * LATENCY.as_secs_f64();
        let seconds = seconds.map_or(format!("(>{reckoned:.0})"), |seconds| format!("{seconds:.2}"));
        println!("{name:24} {requests:8} {units:10} {seconds:>10}");
    }
    let fewer = |other: &Cost| other.units as f64 / stage.units as f64;
    println!("units: {:.1}x fewer than by page, {:.1}x fewer than by line", fewer(&by_page), fewer(&by_line));
    fewer(&by_line)
}

/// Asks about each text by itself, several at a time.
async fn each(detector: ComprehendDetector, texts: &[String]) -> (u64, u64) {
    let asked = stream::iter(texts).map(|text| detector.detect(text)).buffered(PARALLEL);
    let sum = asked.try_fold((0, 0), |(requests, units), detection| async move {
        Ok((requests + detection.requests, units + detection.billed_units))
    });
    sum.await.expect("an answer")
}

impl Cost {
    /// Counts without the latency, and measures the time with it if that takes no longer than the patience.
    async fn of<F: Future<Output = (u64, u64)>>(ask: impl Fn(ComprehendDetector) -> F) -> Self {
        let (requests, units) = ask(detector(Duration::ZERO)).await;
        let rounds = requests.div_ceil(PARALLEL as u64);
        let is_short = LATENCY.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)) <= PATIENCE;
        let mut seconds = None;
        if is_short {
            let detector = detector(LATENCY);
            let start = Instant::now();
            ask(detector).await;
            seconds = Some(start.elapsed().as_secs_f64());
        }
        Self { requests, units, seconds }
    }
}

fn detector(latency: Duration) -> ComprehendDetector {
    let emulator = Emulator::builder().pii_by_patterns().latency(latency).log_limit(0);
    let emulator = emulator.build().expect("an emulator");
    let clients = Clients::new(&emulator.sdk_config()).expect("clients");
    ComprehendDetector::new(&clients).expect("a detector").parallel(PARALLEL)
}
