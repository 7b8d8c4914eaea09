//! How fast parts are read: `cargo bench --bench parse`.
//!
//! Each contender reads every part in turn, in rounds, so that disturbances of the machine affect all; a row
//! shows the median round. The time is that of reading a part and dropping the result. The SDK's includes that
//! of a call, which is measured separately and printed but not subtracted.

mod contenders;

use std::time::{Duration, Instant};

use bytes::Bytes;
use contenders::{Parts, Sdk, readers};

const ROUNDS: usize = 41;

fn main() {
    let parts = Parts::load();
    let sdk = Sdk::new();
    let readers = readers(&sdk);

    let empty = Bytes::from_static(b"{}");
    let mut calls: Vec<_> = (0..1_000).map(|_| time(|| drop(sdk.read(&empty)))).collect();
    println!("a call of the SDK with an empty response: {:?}", median(&mut calls));

    let mut times = vec![Vec::new(); readers.len()];
    for _ in 0..ROUNDS {
        for ((_, read), times) in readers.iter().zip(&mut times) {
            times.push(time(|| parts.parts.iter().for_each(|part| read(part, &mut || ()))));
        }
    }
    let bytes: usize = parts.parts.iter().map(Bytes::len).sum();
    let seconds: Vec<_> = times.iter_mut().map(|times| median(times).as_secs_f64()).collect();
    for ((name, _), time) in readers.iter().zip(&seconds) {
        let speed = bytes as f64 / time / 1e6;
        let blocks = parts.blocks as f64 / time;
        println!("{name:<18}{speed:>8.0} MB/s {blocks:>10.0} blocks/s {:>6.1}x", seconds[1] / time);
    }
    println!(
        "bytes a block in memory: cargo bench --bench memory (an allocator that counts would slow these rows)"
    );
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
