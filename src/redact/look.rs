//! What the detector finds on pages: which findings count, and where they are.

use std::ops::Range;

use futures::{StreamExt, TryStreamExt, stream};

use super::declared;
use super::detector::nonsense;
use super::overlap;
use super::plan::Hit;
use super::redactor::Redactor;
use super::sheet::Sheet;
use super::{CodePoints, Detection, PiiSpan, PiiType};
use crate::error::{Error, ErrorKind, Result, Stage};

impl Redactor {
    /// Gives sheets to the detector, as many of them together as it prefers.
    pub(super) async fn look_at_sheets(&self, sheets: &[&Sheet]) -> Result<Looked> {
        let most = self.batch_bytes();
        let mut batches = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (index, sheet) in sheets.iter().enumerate() {
            let length = sheet.text.len() + BETWEEN.len();
            if index > start && bytes + length > most {
                batches.push(start..index);
                (start, bytes) = (index, 0);
            }
            bytes += length;
        }
        batches.push(start..sheets.len());
        let looks =
            batches.into_iter().map(|batch| self.look_at_batch(sheets.get(batch).unwrap_or_default()));
        let looked: Vec<Looked> = stream::iter(looks).buffered(self.settings.parallel).try_collect().await?;
        Ok(looked.into_iter().fold(Looked::default(), Looked::joined))
    }

    async fn look_at_batch(&self, sheets: &[&Sheet]) -> Result<Looked> {
        let mut text =
            String::with_capacity(sheets.iter().map(|sheet| sheet.text.len() + BETWEEN.len()).sum());
        let mut places = Vec::with_capacity(sheets.len());
        for sheet in sheets {
            if !text.is_empty() {
                text.push_str(BETWEEN);
            }
            let start = text.len();
            text.push_str(&sheet.text);
            places.push(start..text.len());
        }
        let pages = || match sheets {
            [] => String::new(),
            [only] => format!("page {}: ", only.page),
            [first, .., last] => format!("pages {} to {}: ", first.page, last.page),
        };
        let mut spans = Vec::new();
        let points = CodePoints::of(&text);
        if self.settings.trust_fields {
            for (sheet, place) in sheets.iter().zip(&places) {
                for (pii_type, range) in &sheet.declared {
                    let range = points.of_bytes(range.start + place.start..range.end + place.start);
                    let range = range.filter(|range| !range.is_empty());
                    spans.extend(range.map(|range| PiiSpan {
                        detector: Some(declared::DETECTOR),
                        ..PiiSpan::new(pii_type.clone(), range, 1.0)
                    }));
                }
            }
        }
        let passed = self.look_at(&text, spans, &pages).await?;
        let mut looked = Looked {
            hits: vec![Hits::default(); sheets.len()],
            kept: Vec::new(),
            requests: passed.detection.requests,
            billed_units: passed.detection.billed_units,
        };
        // A span that runs over the end of a page is on both.
        let on_sheets = |span: &PiiSpan| {
            let bytes = points.to_bytes(span.range()).unwrap_or_default();
            let first = places.partition_point(|place| place.end <= bytes.start);
            let (start, end) = (bytes.start, bytes.end);
            let touched =
                places.iter().enumerate().skip(first).take_while(move |(_, place)| place.start < end);
            touched.map(move |(index, place)| {
                (index, start.max(place.start) - place.start..end.min(place.end) - place.start)
            })
        };
        let detector = |span: &PiiSpan| span.detector.unwrap_or_else(|| self.detector.name());
        for span in &passed.detection.spans {
            for (index, range) in on_sheets(span) {
                if let Some(hits) = looked.hits.get_mut(index) {
                    hits.found.push(Hit { pii_type: span.pii_type.clone(), range, detector: detector(span) });
                }
            }
        }
        for span in &passed.whole {
            for (index, range) in on_sheets(span) {
                let (Some(hits), Some(text)) = (
                    looked.hits.get_mut(index),
                    sheets.get(index).and_then(|sheet| sheet.text.get(range.clone())),
                ) else {
                    continue;
                };
                hits.whole.push((span.pii_type.clone(), range));
                // What a mask would leave as it is was masked before, and reveals nothing.
                if !self.settings.operator(&span.pii_type).leaves(text) {
                    hits.strings.push((span.pii_type.clone(), text.to_owned()));
                    // The lines of an address may be apart on the page, as in columns.
                    if span.detector == Some(declared::DETECTOR) && text.contains('\n') {
                        hits.strings
                            .extend(text.lines().map(|line| (span.pii_type.clone(), line.to_owned())));
                    }
                }
            }
        }
        for span in &passed.kept {
            let page =
                on_sheets(span).next().and_then(|(index, range)| Some(sheets.get(index)?.page_at(&range)));
            looked.kept.push((page.unwrap_or(1), span.pii_type.clone(), detector(span)));
        }
        Ok(looked)
    }

    /// Runs the detector on a text, and returns which of its findings, and of those known without it, count.
    pub(super) async fn look_at(
        &self,
        text: &str,
        known: Vec<PiiSpan>,
        pages: &(dyn Fn() -> String + Sync),
    ) -> Result<Passed> {
        let name = self.detector.name();
        let failed = |kind, why: &str| {
            Error::new(kind, Stage::Redact, format!("{}the detector `{name}` {why}", pages()))
        };
        let mut detection = if text.trim().is_empty() {
            Detection::default()
        } else {
            match tokio::time::timeout(self.settings.timeout, self.detector.detect(text)).await {
                Ok(Ok(detection)) => detection,
                Ok(Err(error)) => {
                    let error = match error.into_source() {
                        Ok(source) => failed(source.kind(), "failed").caused_by(source),
                        Err(error) => failed(ErrorKind::DetectorFailed, "failed").caused_by(error),
                    };
                    return Err(error);
                }
                Err(_) => return Err(failed(ErrorKind::DeadlineExceeded, "did not answer in time")),
            }
        };
        let points = CodePoints::of(text);
        if let Some(why) = nonsense(&detection.spans, points.len()) {
            return Err(failed(ErrorKind::DetectorFailed, &format!("gave nonsense: {why}")));
        }
        for span in &mut detection.spans {
            span.detector.get_or_insert(name);
        }
        detection.spans.extend(known);
        let said = |span: &PiiSpan| {
            points.to_bytes(span.range()).and_then(|bytes| text.get(bytes)).unwrap_or_default()
        };
        detection.spans.retain(|span| self.settings.wants(span, said(span)));
        // What is kept must not hide what overlaps it.
        let (kept, others): (Vec<_>, Vec<_>) =
            detection.spans.into_iter().partition(|span| self.settings.operator(&span.pii_type).keeps());
        detection.spans = overlap::resolve(text, &points, others.clone());
        Ok(Passed { detection, whole: others, kept })
    }
}

/// What counts of what was detected in a text.
pub(super) struct Passed {
    /// In order and without overlap.
    pub(super) detection: Detection,
    /// The same spans before one cut off another.
    whole: Vec<PiiSpan>,
    /// The spans that are counted but not redacted.
    pub(super) kept: Vec<PiiSpan>,
}

/// The text between two pages that are given to the detector together.
pub(super) const BETWEEN: &str = "\n\n";

/// What was detected on some sheets.
#[derive(Default)]
pub(super) struct Looked {
    /// For each sheet.
    pub(super) hits: Vec<Hits>,
    /// What is counted but not redacted.
    pub(super) kept: Vec<(u32, PiiType, &'static str)>,
    pub(super) requests: u64,
    pub(super) billed_units: u64,
}

/// What was detected on a sheet.
#[derive(Clone, Default)]
pub(super) struct Hits {
    /// In order and without overlap.
    pub(super) found: Vec<Hit>,
    /// The same before one cut off another.
    pub(super) whole: Vec<(PiiType, Range<usize>)>,
    /// The strings that must not come out.
    pub(super) strings: Vec<(PiiType, String)>,
}

impl Looked {
    fn joined(mut self, other: Self) -> Self {
        let Self { hits, kept, requests, billed_units } = other;
        self.hits.extend(hits);
        self.kept.extend(kept);
        self.requests += requests;
        self.billed_units += billed_units;
        self
    }

    /// Takes out what was detected on the first sheets; the whole cost is counted with them.
    pub(super) fn split_first(&mut self, sheets: usize) -> Self {
        let rest = self.hits.split_off(sheets.min(self.hits.len()));
        let first = std::mem::take(self);
        self.hits = rest;
        first
    }
}
