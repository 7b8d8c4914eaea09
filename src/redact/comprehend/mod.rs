//! Amazon Comprehend as a detector.

mod answer;
mod chunks;
mod merge;
mod retry;

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use tracing::debug;

use self::chunks::{Chunk, Limits, chunks};
use self::merge::{Seen, merge};
use self::retry::Retry;
use super::{Detection, DetectorError, PiiDetector};
use crate::clients::{Clients, send};
use crate::comprehend::pii_language;
use crate::error::{Error, Result, Stage};

/// The language of a text: those in which Comprehend detects personal data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// `en`.
    #[default]
    English,
    /// `es`.
    Spanish,
}

/// Finds personal data with Amazon Comprehend: `DetectPiiEntities`, in English or Spanish.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients) -> Result<(), Box<dyn std::error::Error>> {
/// use inkseal::redact::{ComprehendDetector, Language, PiiDetector};
///
/// let detector = ComprehendDetector::new(&clients)?.language(Language::Spanish).parallel(8);
/// let found = detector.detect("Me llamo Jane Doe.").await?;
/// println!("{} spans in {} requests of {} units", found.spans.len(), found.requests, found.billed_units);
/// # Ok(())
/// # }
/// ```
///
/// # Long texts
///
/// A request takes [100,000 bytes](Self::MAX_REQUEST_BYTES) of text. A longer text is cut into chunks at word boundaries. Each
/// chunk repeats the end of the one before, at least [`overlap`](Self::overlap) code points, so that an entity of up to that length
/// at a cut is whole in one of them. What both contain is reported once. A cut runs through a word only if there is no white space
/// for 25,000 bytes, and then not between a letter and its marks.
///
/// # Costs
///
/// Amazon Comprehend bills units of 100 characters (code points), with a minimum of 3 units per request: a request for each line
/// costs many times what a request for forty pages does. [`Detection::requests`] and [`Detection::billed_units`] count the
/// requests that were answered. White space alone needs no request. See "Amazon Comprehend Pricing".
///
/// # What it does not trust
///
/// The detection fails if an answer lacks its list, or has an entity without a type, a score or its offsets, one that is empty or
/// ends beyond the text, or a score outside 0 to 1. Types that this version of the crate does not know are kept.
#[derive(Clone)]
#[must_use]
pub struct ComprehendDetector {
    client: aws_sdk_comprehend::Client,
    language: Language,
    parallel: usize,
    limits: Limits,
    contains_first: bool,
    least_label_score: f32,
    retry: Retry,
}

impl ComprehendDetector {
    /// The most bytes of text in one request. The API reference says 100 KB, and the service counts 100,000 bytes as such.
    pub const MAX_REQUEST_BYTES: usize = 100_000;

    /// The most code points that [`overlap`](Self::overlap) accepts.
    pub const MAX_OVERLAP: usize = 5_000;

    /// A detector for English text that sends its requests through these clients.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the clients were built from ready-made ones without Comprehend's: see
    /// [`ClientsBuilder::comprehend`](crate::ClientsBuilder::comprehend).
    pub fn new(clients: &Clients) -> Result<Self> {
        let client = clients.comprehend().ok_or_else(|| {
            Error::invalid("the clients hold none for Comprehend: give one with `ClientsBuilder::comprehend`")
        })?;
        Ok(Self {
            client: client.clone(),
            language: Language::default(),
            parallel: 4,
            limits: Limits::new(Self::MAX_REQUEST_BYTES, 1_000),
            contains_first: false,
            least_label_score: 0.0,
            retry: Retry { attempts: 6, deadline: Duration::from_secs(60) },
        })
    }

    /// The language of the text. Defaults to English.
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// How many requests for one text may be in flight at the same time, at least 1. Defaults to 4.
    pub fn parallel(mut self, requests: usize) -> Self {
        self.parallel = requests.max(1);
        self
    }

    /// How many code points consecutive chunks of a text share at least, up to [`MAX_OVERLAP`](Self::MAX_OVERLAP). Defaults to
    /// 1,000. An entity that is longer and lies across a cut is found in parts.
    pub fn overlap(mut self, code_points: usize) -> Self {
        self.limits = Limits::new(Self::MAX_REQUEST_BYTES, code_points.min(Self::MAX_OVERLAP));
        self
    }

    /// Whether to call `ContainsPiiEntities` first, and to ask for entities only if it gives a label. Defaults to `false`.
    ///
    /// Those requests are billed too, by the same units at their own price, and each has to be answered first: this pays only
    /// if most of the text is clean. So that clean pages are told apart from others, it asks for one page at a time
    /// ([`batch_bytes`](PiiDetector::batch_bytes) is then 0).
    ///
    /// What the labels miss is never checked again, so this finds less than `DetectPiiEntities` alone.
    pub fn contains_first(mut self, first: bool) -> Self {
        self.contains_first = first;
        self
    }

    /// The score that a label needs for [`contains_first`](Self::contains_first) to ask for entities, 0 to 1. Defaults to 0, so
    /// that any label counts. With a score outside 0 to 1 every detection fails.
    pub fn least_label_score(mut self, score: f32) -> Self {
        self.least_label_score = score;
        self
    }

    /// How often a request is sent that is throttled or fails in a way that can pass, at least once. Defaults to 6. The SDK's own
    /// retries come within each attempt. The pauses grow from 1 to 20 seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = attempts.max(1);
        self
    }

    /// How long a request is tried, with all its attempts and pauses. Defaults to a minute.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.retry.deadline = deadline;
        self
    }

    async fn detect_in(&self, text: &str) -> Result<Detection, DetectorError> {
        // No label reaches a score above 1, such as one in per cent, so nothing would ever be found.
        if !(0.0..=1.0).contains(&self.least_label_score) {
            return Err(DetectorError::new("least_label_score is not between 0 and 1"));
        }
        let mut calls = Vec::new();
        for chunk in chunks(text, self.limits) {
            if !chunk.is_blank() {
                calls.push(self.detect_in_chunk(chunk).boxed());
            }
        }
        let (seen, bill) = stream::iter(calls)
            .buffer_unordered(self.parallel)
            .try_fold((Vec::new(), Bill::default()), |(mut all, mut bill), (seen, of_chunk)| async move {
                all.extend(seen);
                bill.add(of_chunk);
                Ok((all, bill))
            })
            .await?;
        debug!(requests = bill.requests, billed_units = bill.units, "detected");
        Ok(Detection { requests: bill.requests, billed_units: bill.units, ..Detection::new(merge(seen)) })
    }

    async fn detect_in_chunk(&self, chunk: Chunk<'_>) -> Result<(Vec<Seen>, Bill), DetectorError> {
        let mut bill = Bill::default();
        if self.contains_first {
            let highest = self.highest_label(&chunk).await?;
            bill.add(Bill::of_request(chunk.len));
            if highest.is_none_or(|score| score < self.least_label_score) {
                return Ok((Vec::new(), bill));
            }
        }
        let call =
            self.client.detect_pii_entities().language_code(pii_language(self.language)).text(chunk.text);
        let request = || send(Stage::Redact, "DetectPiiEntities", call.clone().send());
        let output = self.retry.send(request).await?;
        bill.add(Bill::of_request(chunk.len));
        let inner = chunk.inner();
        let spans = answer::spans(output.entities, &chunk)?;
        Ok((spans.into_iter().map(|span| Seen::new(span, &chunk, &inner)).collect(), bill))
    }

    async fn highest_label(&self, chunk: &Chunk<'_>) -> Result<Option<f32>, DetectorError> {
        let call =
            self.client.contains_pii_entities().language_code(pii_language(self.language)).text(chunk.text);
        let request = || send(Stage::Redact, "ContainsPiiEntities", call.clone().send());
        let output = self.retry.send(request).await?;
        answer::highest_score(output.labels)
    }
}

impl PiiDetector for ComprehendDetector {
    fn name(&self) -> &'static str {
        "comprehend"
    }

    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        Box::pin(self.detect_in(text))
    }

    fn batch_bytes(&self) -> usize {
        if self.contains_first { 0 } else { Self::MAX_REQUEST_BYTES }
    }
}

impl fmt::Debug for ComprehendDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The SDK's client prints its whole configuration, so it is not shown.
        let Self { client: _, language, parallel, limits, contains_first, least_label_score, retry } = self;
        f.debug_struct("ComprehendDetector")
            .field("language", language)
            .field("parallel", parallel)
            .field("limits", limits)
            .field("contains_first", contains_first)
            .field("least_label_score", least_label_score)
            .field("retry", retry)
            .finish_non_exhaustive()
    }
}

/// What requests cost.
#[derive(Clone, Copy, Default)]
struct Bill {
    requests: u64,
    units: u64,
}

impl Bill {
    /// That of one request about this many code points.
    fn of_request(code_points: usize) -> Self {
        Self { requests: 1, units: u64::try_from(code_points.div_ceil(100)).unwrap_or(u64::MAX).max(3) }
    }

    fn add(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.units = self.units.saturating_add(other.units);
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;
    use crate::redact::{PiiSpan, PiiType};

    /// What is found in a text that is cut by these limits, by a service that takes consecutive words in capitals for an entity,
    /// whose type is their number.
    fn found(text: &str, limits: Limits) -> Vec<PiiSpan> {
        let mut seen = Vec::new();
        for chunk in chunks(text, limits) {
            let mut runs: Vec<(Range<usize>, usize)> = Vec::new();
            let mut at = 0;
            for word in chunk.text.split_inclusive(char::is_whitespace) {
                let len = word.trim_end().chars().count();
                if word.starts_with(char::is_uppercase) {
                    match runs.last_mut() {
                        Some((run, words)) if run.end + 1 == at => (run.end, *words) = (at + len, *words + 1),
                        _ => runs.push((at..at + len, 1)),
                    }
                }
                at += word.chars().count();
            }
            for (run, words) in runs {
                let range = chunk.begin + run.start..chunk.begin + run.end;
                let span = PiiSpan::new(PiiType::from(words.to_string().as_str()), range, 0.9);
                seen.push(Seen::new(span, &chunk, &chunk.inner()));
            }
        }
        merge(seen)
    }

    /// A text, and where its entities are, of at most 49 code points each.
    fn planted() -> impl Strategy<Value = (String, Vec<Range<usize>>)> {
        let other = "([a-z]{1,9}|नमस्ते|مَرحبا|👍🏽|e\u{301}te|漢字)[ \n]";
        let entity = "([A-Z][a-z]{1,6}|É|Ωम|J\u{301})( ([A-Z][a-z]{1,6}|Éé漢|J\u{301})){0,4}";
        prop::collection::vec((prop::collection::vec(other, 1..8), entity), 0..40).prop_map(|pieces| {
            let (mut text, mut ranges) = (String::new(), Vec::new());
            for (others, entity) in pieces {
                text.extend(others);
                let begin = text.chars().count();
                text.push_str(&entity);
                ranges.push(begin..text.chars().count());
                text.push('\n');
            }
            (text, ranges)
        })
    }

    proptest! {
        #[test]
        fn entities_come_back_as_if_nothing_was_cut((text, planted) in planted(), bytes in 1_000..3_000usize) {
            let spans = found(&text, Limits::new(bytes, 60));
            prop_assert_eq!(spans.iter().map(PiiSpan::range).collect::<Vec<_>>(), planted);
            prop_assert_eq!(spans, found(&text, Limits::new(usize::MAX, 60)));
        }
    }

    #[test]
    fn units_are_of_100_code_points_and_at_least_3() {
        for (code_points, units) in [(1, 3), (300, 3), (301, 4), (400, 4), (100_000, 1_000)] {
            assert_eq!(Bill::of_request(code_points).units, units);
        }
    }
}
