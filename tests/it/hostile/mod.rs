//! Deep and hostile input: each reader gives a right answer, or an error that says what is wrong and where, and takes no more
//! time and memory than the bytes that it reads account for.
//!
//! The benchmark `hostile` measures how much longer four times as much input takes.

mod limits;
mod readers;
mod references;
pub mod shapes;
mod sizes;
mod streams;

use shapes::SHAPES;

/// A stack that is far smaller than that of any runtime: no reader recurses deeper with its input.
const SMALL_STACK: usize = 512 * 1024;

#[test]
fn every_shape_is_read_on_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(SMALL_STACK);
    let all = || SHAPES.iter().for_each(|shape| (shape.read)(&(shape.of)(40)));
    thread.spawn(all).unwrap().join().unwrap();
}
