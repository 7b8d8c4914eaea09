//! Our side of `benches/presidio/compare.py`, which runs it: personal data in a text.
//!
//! With `--serve` it reads each request as a line of JSON, `{"text": t, "types": [...] | null, "min_score": s}`, and answers with
//! the seconds that the detector took and what it found. The time to make a detector does not count; one is kept for each set of
//! types. Without `--serve` it does nothing.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use inkseal::redact::{PatternDetector, PiiType};

#[derive(serde::Deserialize)]
struct Request {
    text: String,
    types: Option<Vec<String>>,
    min_score: f32,
}

fn main() {
    if !std::env::args().any(|argument| argument == "--serve") {
        println!("see benches/presidio/compare.py");
        return;
    }
    let mut detectors = HashMap::new();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line.expect("a line")).expect("a request");
        let key = format!("{:?} {}", request.types, request.min_score);
        let detector = detectors.entry(key).or_insert_with(|| detector(&request));
        let start = Instant::now();
        let spans = detector.find(&request.text);
        let seconds = start.elapsed().as_secs_f64();
        let spans: Vec<_> =
            spans.iter().map(|span| (span.pii_type.as_str(), span.begin, span.end, span.score)).collect();
        let answer = serde_json::json!({ "seconds": seconds, "spans": spans });
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("a reader");
    }
}

fn detector(request: &Request) -> PatternDetector {
    let mut builder = PatternDetector::builder().min_score(request.min_score);
    if let Some(types) = &request.types {
        builder = builder.types(types.iter().map(|name| PiiType::from(name.as_str())));
    }
    builder.build().expect("a detector")
}
