//! How much memory the parts take once they are read: `cargo bench --bench memory`.
//!
//! It is separate from the benchmark of speed, since an allocator that counts is slower.

mod contenders;

use contenders::{Parts, Sdk, readers};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() {
    let parts = Parts::load();
    let sdk = Sdk::new();
    let readers = readers(&sdk);
    let sizes = readers.iter().map(|(name, read)| {
        let size_of = |part| {
            let (before, mut after) = (ALLOCATED.current_usage(), 0);
            read(part, &mut || after = ALLOCATED.current_usage());
            after.saturating_sub(before)
        };
        (name, parts.parts.iter().map(size_of).sum::<usize>())
    });
    let sizes: Vec<_> = sizes.collect();
    for (name, size) in &sizes {
        let share = *size as f64 / sizes[1].1 as f64;
        println!("{name:<18}{:>8} bytes/block {share:>6.2}x", size / parts.blocks);
    }
}
