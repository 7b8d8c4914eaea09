//! The contender for this crate in `benches/peers/compare.py`, which runs it: from JSON to a document to text.
//!
//! With `--serve` it reads the path of a response from each line of its input, and answers with the seconds that it took,
//! the document dropped, and with the number of characters. Without, it does nothing.

mod heap;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Instant;

use inkseal::document::Document;

fn main() -> ExitCode {
    if !std::env::args().any(|argument| argument == "--serve") {
        println!("see benches/peers/compare.py");
        return ExitCode::SUCCESS;
    }
    heap::keep().unwrap_or_else(|| {
        serve();
        ExitCode::SUCCESS
    })
}

fn serve() {
    let mut out = std::io::stdout().lock();
    for path in std::io::stdin().lock().lines() {
        let json = std::fs::read(path.expect("a line")).expect("a readable file");
        let start = Instant::now();
        let text = Document::from_json(&json).map(|document| document.to_text());
        let seconds = start.elapsed().as_secs_f64();
        let answer = match text {
            Ok(text) => serde_json::json!({ "seconds": seconds, "characters": text.chars().count() }),
            Err(error) => serde_json::json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("a reader");
    }
}
