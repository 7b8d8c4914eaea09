//! What streaming from the bucket gains over paging through Get; that its memory does not grow with the document; and that
//! many streams at once take the memory of their windows, however long the documents are.
//!
//! The emulator runs in its own process, with 40 ms added to every request, so that the peak heap is that of the client
//! alone. The contender is the usual loop over `NextToken` with the SDK, which has no paginator for Textract's Get
//! operations. Run with `cargo bench --bench stream`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::TryStreamExt;
use futures::future::join_all;
use inkseal::emulator::{Emulator, Synthetic};
use inkseal::{Analysis, Clients, CompletedJob, Feature, Idempotency, SecureJob};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SOURCE: &str = "amzn-s3-demo-source";
const RESULTS: &str = "amzn-s3-demo-results";
const LATENCY: Duration = Duration::from_millis(40);
const BLOCKS_PER_PAGE: usize = 500;
/// How many streams there are at once, and how many blocks their pages have: fewer, as only the number of streams counts.
const STREAMS: usize = 64;
const BLOCKS_PER_PAGE_OF_MANY: usize = 50;
/// What the crate promises at 3,000 pages: how many times as fast, in at most how many MiB, and at most how many times as many
/// as at 300 pages. Of many streams each takes no more memory than one alone.
const PROMISED: (f64, f32, f32) = (10.0, 64.0, 1.2);
/// Set for the child that serves the emulator: how many pages its documents have, and how many blocks per page.
const SERVE: &str = "INKSEAL_BENCH_SERVE";

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match std::env::var(SERVE) {
        Ok(pages) => {
            let (pages, blocks) = pages.split_once(' ').expect("pages and blocks");
            runtime.block_on(serve(pages.parse().expect("pages"), blocks.parse().expect("blocks")));
        }
        Err(_) => runtime.block_on(compare()),
    }
}

/// The emulator, until the parent closes its end of the pipe.
async fn serve(pages: u32, blocks_per_page: usize) {
    let emulator = Emulator::builder()
        .kms_key(KEY)
        .bucket(SOURCE)
        .bucket(RESULTS)
        .object(SOURCE, "document.pdf", "%PDF-1.7")
        .response(Synthetic::pages(pages).blocks_per_page(blocks_per_page))
        .latency(LATENCY)
        .log_limit(0)
        .build()
        .expect("an emulator");
    let server = emulator.serve("127.0.0.1:0").await.expect("a free port");
    println!("{}", server.endpoint_url());
    std::io::stdout().flush().expect("a pipe");
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.ok();
}

/// A child process with the emulator, which ends when this is dropped.
struct Service {
    child: Child,
    endpoint: String,
}

impl Service {
    fn spawn(pages: u32, blocks_per_page: usize) -> Self {
        let this = std::env::current_exe().expect("the path of this program");
        let mut child = Command::new(this)
            .env(SERVE, format!("{pages} {blocks_per_page}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut endpoint = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut endpoint).expect("its endpoint");
        Self { child, endpoint: endpoint.trim().to_owned() }
    }

    fn config(&self) -> SdkConfig {
        let credentials = Credentials::new("ASIABENCH", "secret", Some("session".into()), None, "bench");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(&self.endpoint)
            .retry_config(RetryConfig::standard())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The measurements of one run.
struct Run {
    blocks: usize,
    first: Duration,
    total: Duration,
    peak: f32,
}

impl Run {
    /// Counts the blocks of a run from its beginning.
    fn began() -> (Self, Instant) {
        HEAP.reset_peak_usage();
        (Self { blocks: 0, first: Duration::ZERO, total: Duration::ZERO, peak: 0.0 }, Instant::now())
    }

    fn saw<T>(&mut self, block: T, began: Instant) {
        if self.blocks == 0 {
            self.first = began.elapsed();
        }
        self.blocks += 1;
        std::hint::black_box(block);
    }

    fn ended(mut self, began: Instant) -> Self {
        self.total = began.elapsed();
        self.peak = HEAP.peak_usage_as_mb();
        self
    }

    fn print(&self, name: &str) {
        let Self { blocks, first, total, peak } = self;
        println!(
            "{name:<16}{blocks:>10} blocks   first block {:>7.3} s   total {:>7.2} s   peak heap {peak:>6.1} MiB",
            first.as_secs_f64(),
            total.as_secs_f64(),
        );
    }
}

async fn compare() {
    let mut peaks = Vec::new();
    let mut ratio = 0.0;
    for pages in [300, 3_000] {
        let service = Service::spawn(pages, BLOCKS_PER_PAGE);
        let config = service.config();
        let clients = Clients::new(&config).expect("clients");
        let job = job(&clients, 0).await;

        println!("{pages} pages of {BLOCKS_PER_PAGE} blocks, {} ms a request", LATENCY.as_millis());
        let ours = inkseal(&job, &clients).await;
        ours.print("inkseal");
        let sdk = get_loop(&aws_sdk_textract::Client::new(&config), job.id().as_str()).await;
        sdk.print("aws-sdk-textract");
        assert_eq!(ours.blocks, sdk.blocks, "both read the whole document");
        ratio = sdk.total.as_secs_f64() / ours.total.as_secs_f64();
        println!("ratio            {ratio:.1}x\n");
        peaks.push(ours.peak);
    }
    let mut peaks_of_many = Vec::new();
    for pages in [300, 3_000] {
        let service = Service::spawn(pages, BLOCKS_PER_PAGE_OF_MANY);
        let clients = Clients::new(&service.config()).expect("clients");
        let jobs = join_all((0..STREAMS).map(|salt| job(&clients, salt))).await;
        println!("{STREAMS} streams at once: {pages} pages of {BLOCKS_PER_PAGE_OF_MANY} blocks each");
        let ours = at_once(&jobs, &clients).await;
        ours.print("inkseal");
        println!();
        peaks_of_many.push(ours.peak);
    }
    let growth = |peaks: &[f32]| peaks[1] / peaks[0];
    let (one, many) = (growth(&peaks), growth(&peaks_of_many));
    println!("peak heap at 3,000 pages: {one:.2} of that at 300, and {many:.2} with {STREAMS} streams");
    let (fastest, most, growth) = PROMISED;
    let is_small = peaks[1] <= most && peaks_of_many[1] <= peaks[1] * STREAMS as f32;
    if ratio < fastest || !is_small || one > growth || many > growth {
        println!("that is less than the crate promises");
        std::process::exit(1);
    }
}

async fn job(clients: &Clients, salt: usize) -> CompletedJob<Analysis> {
    let job = SecureJob::analysis(format!("s3://{SOURCE}/document.pdf").parse().expect("an object"))
        .feature(Feature::Layout)
        .idempotency(Idempotency::Salted(salt.to_string()))
        .output_bucket(RESULTS.parse().expect("a bucket"))
        .kms_key(KEY.parse().expect("a key"))
        .build()
        .expect("a job");
    job.start(clients).await.expect("a start").wait(clients).await.expect("an end")
}

async fn inkseal(job: &CompletedJob<Analysis>, clients: &Clients) -> Run {
    let (mut run, began) = Run::began();
    let mut stream = job.blocks(clients);
    while let Some(block) = stream.try_next().await.expect("a whole document") {
        run.saw(block, began);
    }
    run.ended(began)
}

/// All of them in one task, each as fast as possible.
async fn at_once(jobs: &[CompletedJob<Analysis>], clients: &Clients) -> Run {
    let (run, began) = Run::began();
    let run = std::cell::RefCell::new(run);
    join_all(jobs.iter().map(async |job| {
        let mut stream = job.blocks(clients);
        while let Some(block) = stream.try_next().await.expect("a whole document") {
            run.borrow_mut().saw(block, began);
        }
    }))
    .await;
    run.into_inner().ended(began)
}

async fn get_loop(client: &aws_sdk_textract::Client, job: &str) -> Run {
    let (mut run, began) = Run::began();
    let mut token = None;
    loop {
        let page = client.get_document_analysis().job_id(job).set_next_token(token);
        let page = page.send().await.expect("a page");
        page.blocks.unwrap_or_default().into_iter().for_each(|block| run.saw(block, began));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    run.ended(began)
}
