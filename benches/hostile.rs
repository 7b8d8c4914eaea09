//! The cost of hostile input: each shape at one size, and at four times that.
//!
//! ```text
//! cargo bench --bench hostile
//! cargo bench --bench hostile --profile dev -- 500
//! ```
//!
//! The argument is the smaller size, a number of blocks or the like, up to 15,000; it defaults to 4,000. The sizes take turns,
//! the smaller one as much more often as makes both take about equally long. A row shows, for each size, the median round of
//! the time that the thread ran, and the most memory that reading took in addition to the bytes. The exit code is 1 if the
//! larger size takes over one and a half times as long for each byte, or as much memory: quadratic work takes four times as
//! much of both.

mod heap;
#[path = "../tests/it/hostile/shapes.rs"]
mod shapes;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use shapes::{SHAPES, Shape};

/// Counts bytes, which takes about a hundredth of the time.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROUNDS: usize = 7;
const SIZE: usize = 4_000;
const TIMES: usize = 4;

/// How much more a byte may take in the larger of two inputs.
const LINEAR: f64 = 1.5;

/// The least time for which a size is read in a round, repeatedly if necessary.
const LEAST: Duration = Duration::from_millis(40);

/// Memory that reading anything takes, in bytes.
const NOISE: f64 = 64e3;

fn main() -> ExitCode {
    if let Some(code) = heap::keep() {
        return code;
    }
    let size = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(SIZE);
    println!("{:<36} {:>9} {:>10} {:>10} {:>6} {:>10} {:>6}", "", "MB", "ms", "ms", "x", "MB of heap", "x");
    let bent = SHAPES.iter().filter(|shape| !is_linear(shape, size)).count();
    if bent == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{bent} of {} shapes take more than linear time or memory", SHAPES.len());
    ExitCode::FAILURE
}

fn is_linear(shape: &Shape, size: usize) -> bool {
    let inputs = [size, TIMES * size].map(shape.of);
    let once = || {
        let start = Instant::now();
        (shape.read)(&inputs[1]);
        start.elapsed().as_secs_f64()
    };
    // The quickest, as one that had to wait would give too few repeats.
    let once = (0..3).map(|_| once()).fold(f64::INFINITY, f64::min);
    let often = (LEAST.as_secs_f64() / once.max(1e-9)).ceil() as usize;
    let repeats = [often * inputs[1].len() / inputs[0].len(), often];
    let mut times = [Vec::new(), Vec::new()];
    let mut peaks = [0_usize; 2];
    for _ in 0..ROUNDS {
        for (index, input) in inputs.iter().enumerate() {
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let start = Clock::start();
            (0..repeats[index]).for_each(|_| (shape.read)(input));
            times[index].push(start.elapsed() / repeats[index] as u32);
            peaks[index] = ALLOCATOR.peak_usage().saturating_sub(before);
        }
    }
    let bytes = inputs.each_ref().map(|input| input.len() as f64);
    let seconds = times.map(median);
    let memory = peaks.map(|peak| peak as f64);
    let bend = |[small, large]: [f64; 2]| (large / small) / (bytes[1] / bytes[0]);
    let (longer, larger) = (bend(seconds), bend(memory.map(|memory| memory.max(NOISE))));
    let is_linear = longer <= LINEAR && larger <= LINEAR;
    println!(
        "{:<36} {:>9.2} {:>10.2} {:>10.2} {longer:>6.2} {:>10.2} {larger:>6.2} {}",
        shape.name,
        bytes[1] / 1e6,
        seconds[0] * 1e3,
        seconds[1] * 1e3,
        memory[1] / 1e6,
        if is_linear { "" } else { "more than linear" },
    );
    is_linear
}

/// The time that this thread has run, as Linux reports it, because on a busy machine the longer reading waits more often;
/// elsewhere the wall-clock time.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), Self::run())
    }

    fn elapsed(&self) -> Duration {
        let run = Self::run().zip(self.1).map(|(now, then)| now.saturating_sub(then));
        run.filter(|run| !run.is_zero()).unwrap_or_else(|| self.0.elapsed())
    }

    fn run() -> Option<Duration> {
        let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        statistics.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}
