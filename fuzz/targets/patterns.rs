//! The detector of patterns: spans that are right, and time in proportion to the text.
//!
//! Time is that of the processor on this thread, so that other work of the machine does not count: of a text, and of one four times as
//! long. Linear time makes that a ratio of 4, quadratic time one of 16; the factor of 10 lies between, so that caches, whose share
//! grows with a text, are not taken for a fault, and a step that grows with the text is. Chance can only add to a time, so the least
//! of several counts, and times are taken again only if they are out of line. A text that takes too long even for this runs into
//! `-timeout`, which `.ci/fuzz` sets.

#![no_main]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use futures::executor::block_on;
use inkseal::redact::{CodePoints, PatternDetector, PiiDetector, PiiSpan, PiiType};
use libfuzzer_sys::fuzz_target;
use rustix::time::{ClockId, clock_gettime};

static USUAL: LazyLock<PatternDetector> = LazyLock::new(PatternDetector::new);
/// All that it sees, with an application's lists.
static LENIENT: LazyLock<PatternDetector> = LazyLock::new(|| {
    let detector = PatternDetector::builder().min_score(0.0).deny(PiiType::Name, ["Jane Doe", "Zoë", "of"]);
    detector.allow(["555-0100"]).build().expect("a detector")
});

/// Bytes of the shorter text of repetitions.
const LENGTH: usize = 8 * 1024;
/// Bytes of the shorter run: the longer one is about as long as the longest address.
const RUN: usize = 2 * 1024;
const TIMES: usize = 4;
const MOST: u32 = 10;

fuzz_target!(|text: &str| {
    for detector in [&*USUAL, &*LENIENT] {
        let spans = detector.find(text);
        check(text, &spans);
        // What the stage calls, which lets other tasks run, and leaves it to the stage which of those that overlap are wanted.
        let all = block_on(detector.detect(text)).expect("it cannot fail").spans;
        assert!(all.is_sorted_by_key(|span| span.begin));
        all.iter().for_each(|span| check(text, std::slice::from_ref(span)));
        for span in &spans {
            let has = |one: &PiiSpan| {
                one.pii_type == span.pii_type && one.begin <= span.begin && span.end <= one.end
            };
            assert!(all.iter().any(has), "{span:?} of {all:?}");
        }
    }
    offsets(text);
    // A short text that is repeated is as hostile as a long one, and found sooner. So is one whose end is: what bounds a step, such
    // as the length of an address, hides a fault in repetitions of the whole.
    if text.len() <= 64
        && let Some((last, _)) = text.char_indices().next_back()
    {
        linear("", text, LENGTH);
        linear(&text[..last], &text[last..], RUN);
    }
});

fn check(text: &str, spans: &[PiiSpan]) {
    let points = CodePoints::of(text);
    let mut end = 0;
    for span in spans {
        assert!(
            span.begin >= end && span.begin < span.end && span.end <= points.len(),
            "{spans:?} of {text:?}"
        );
        end = span.end;
        assert!((0.0..=1.0).contains(&span.score), "{span:?}");
        let bytes = points.to_bytes(span.range()).expect("within the text");
        let found = text.get(bytes.clone()).expect("on the borders of characters");
        assert!(!found.trim().is_empty(), "{span:?} of {text:?}");
        assert_eq!(points.of_bytes(bytes), Some(span.range()));
        let name = span.pii_type.as_str();
        assert!(name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'), "{name}");
    }
}

/// Code points and bytes, by the standard library.
fn offsets(text: &str) {
    let points = CodePoints::of(text);
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    assert_eq!(points.len() + 1, bytes.len());
    let step = bytes.len() / 64 + 1;
    for (point, byte) in bytes.iter().enumerate().step_by(step) {
        assert_eq!((points.to_byte(point), points.of_byte(*byte)), (Some(*byte), Some(point)));
        if !text.is_char_boundary(byte + 1) {
            assert_eq!(points.of_byte(byte + 1), None);
        }
    }
    assert_eq!((points.to_byte(bytes.len()), points.of_byte(text.len() + 1)), (None, None));
}

/// Of a unit that is repeated behind what comes first, up to a length and up to four times that.
fn linear(first: &str, unit: &str, length: usize) {
    let count = length.div_ceil(unit.len());
    let [short, long] = [count, count * TIMES].map(|count| format!("{first}{}", unit.repeat(count)));
    let (mut least, mut most) = (Duration::MAX, Duration::MAX);
    for _ in 0..12 {
        least = least.min(time(&short));
        most = most.min(time(&long));
        if most <= least * MOST {
            return;
        }
    }
    panic!("{least:?} for {} bytes, and {most:?} for {TIMES} times that: {first:?}, {unit:?}", short.len());
}

fn time(text: &str) -> Duration {
    let start = on_processor();
    black_box(LENIENT.find(black_box(text)));
    on_processor().saturating_sub(start)
}

fn on_processor() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time that is not negative")
}
