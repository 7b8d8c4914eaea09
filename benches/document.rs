//! From JSON to a document to Markdown, for 1, 40, 400 and 3,000 pages.
//!
//! ```text
//! cargo bench --bench document
//! ```
//!
//! The pages are recorded ones if `INKSEAL_CORPUS` names their folder, and made up otherwise; longer documents repeat
//! them with ids of their own. The sizes take turns, and a row shows the median of the rounds. It exits with 1 if a page
//! of a long document takes over 20 % longer than a page alone.

mod heap;
mod pages;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use inkseal::document::Document;
use pages::Pages;
use peak_alloc::PeakAlloc;

/// Counts bytes; it takes about a hundredth of the time.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROUNDS: usize = 15;

/// The number of pages of a document, and how often it is read in a round: the short ones often enough to be timed.
const SIZES: [(usize, usize); 4] = [(1, 10), (40, 10), (400, 1), (3_000, 1)];

/// How much longer a page may take in a long document than alone.
const FLAT: f64 = 1.2;

fn main() -> ExitCode {
    if let Some(code) = heap::keep() {
        return code;
    }
    let pages = Pages::load();
    let mut sizes: Vec<_> =
        SIZES.iter().map(|(count, repeats)| Size::new(&pages, *count, *repeats)).collect();
    for _ in 0..ROUNDS {
        sizes.iter_mut().for_each(Size::measure);
    }
    println!("pages      MB    blocks   document   + Markdown   pages/s   a page   bytes a block");
    let seconds: Vec<_> = sizes.iter_mut().map(Size::report).collect();
    let alone = seconds.first().copied().unwrap_or_default();
    if seconds.iter().all(|page| *page <= alone * FLAT) {
        return ExitCode::SUCCESS;
    }
    println!("a page of a long document takes over {:.0} % longer than one alone", (FLAT - 1.0) * 100.0);
    ExitCode::FAILURE
}

/// Documents of the same number of pages.
struct Size {
    count: usize,
    repeats: usize,
    documents: Vec<Vec<u8>>,
    /// For each round: the time of reading them, and of everything.
    times: Vec<(Duration, Duration)>,
}

impl Size {
    fn new(pages: &Pages, count: usize, repeats: usize) -> Self {
        let documents = if count == 1 { pages.each_alone() } else { vec![pages.document(count)] };
        Self { count, repeats, documents, times: Vec::new() }
    }

    fn measure(&mut self) {
        let (mut reading, mut all) = (Duration::ZERO, Duration::ZERO);
        for json in (0..self.repeats).flat_map(|_| &self.documents) {
            let start = Instant::now();
            let document = Document::from_json(json).expect("a response");
            reading += start.elapsed();
            black_box(document.to_markdown());
            drop(document);
            all += start.elapsed();
        }
        self.times.push((reading, all));
    }

    /// Prints the row, and returns the seconds that a page took.
    fn report(&mut self) -> f64 {
        let Self { count, repeats, documents, times } = self;
        let mut median = |time: fn(&(Duration, Duration)) -> Duration| {
            times.sort_by_key(time);
            time(&times[times.len() / 2]).as_secs_f64() / *repeats as f64
        };
        let (reading, all) = (median(|times| times.0), median(|times| times.1));
        let megabytes = documents.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
        let page = all / (documents.len() * *count) as f64;
        let (blocks, memory) = memory(documents);
        println!(
            "{count:>5} {megabytes:>7.1} {blocks:>9} {:>5.0} MB/s {:>7.0} MB/s {:>9.0} {:>5.0} µs {:>15.0}",
            megabytes / reading,
            megabytes / all,
            1.0 / page,
            page * 1e6,
            memory as f64 / blocks as f64,
        );
        page
    }
}

/// The number of blocks of all documents, and the bytes that these take in memory.
fn memory(documents: &[Vec<u8>]) -> (usize, usize) {
    let before = ALLOCATOR.current_usage();
    let documents: Vec<_> =
        documents.iter().map(|json| Document::from_json(json).expect("a response")).collect();
    let taken = ALLOCATOR.current_usage() - before;
    (documents.iter().map(|document| document.blocks().len()).sum(), taken)
}
