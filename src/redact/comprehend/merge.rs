//! One list of spans from what was found in overlapping chunks.

use super::chunks::Chunk;
use crate::redact::PiiSpan;

/// A span of the whole text, as its chunk saw it.
pub(super) struct Seen {
    span: PiiSpan,
    /// The code point at which the chunk begins, and no other chunk does.
    chunk: usize,
    /// Whether it keeps clear of the cuts, so that it cannot go on beyond one.
    is_whole: bool,
}

impl Seen {
    /// A span that was found in this chunk.
    pub(super) fn new(span: PiiSpan, chunk: &Chunk<'_>, inner: &std::ops::Range<usize>) -> Self {
        let is_whole = inner.start <= span.begin && span.end <= inner.end;
        Self { span, chunk: chunk.begin, is_whole }
    }

    /// Whether it is a part that a cut left of another: the other contains it, is longer, and is seen whole.
    fn is_part_of(&self, other: &Self) -> bool {
        let (part, whole) = (&self.span, &other.span);
        !self.is_whole
            && other.is_whole
            && self.chunk != other.chunk
            && whole.begin <= part.begin
            && part.end <= whole.end
            && part.range() != whole.range()
    }
}

/// Each entity once. Of an entity that lies across a cut the whole is taken, whatever type its parts were given. Overlapping spans of
/// one type from different chunks become one span over both, with the higher score.
///
/// Spans from one chunk are never merged with each other.
pub(super) fn merge(mut seen: Vec<Seen>) -> Vec<PiiSpan> {
    let parts: Vec<bool> =
        seen.iter().map(|part| !part.is_whole && seen.iter().any(|whole| part.is_part_of(whole))).collect();
    let mut parts = parts.into_iter();
    seen.retain(|_| !parts.next().unwrap_or(false));
    seen.sort_by(|a, b| (&a.span.pii_type, a.span.range_key()).cmp(&(&b.span.pii_type, b.span.range_key())));
    let mut spans: Vec<PiiSpan> = Vec::with_capacity(seen.len());
    let mut group = Group::default();
    for next in seen {
        if !group.takes(&next) {
            group.give(&mut spans);
        }
        group.add(next);
    }
    group.give(&mut spans);
    spans.sort_by_key(PiiSpan::range_key);
    spans
}

/// Spans of one type that overlap, one by the next.
#[derive(Default)]
struct Group {
    seen: Vec<Seen>,
    end: usize,
}

impl Group {
    fn takes(&self, next: &Seen) -> bool {
        let is_of_type = |first: &Seen| first.span.pii_type == next.span.pii_type;
        self.seen.first().is_some_and(is_of_type) && next.span.begin < self.end
    }

    fn add(&mut self, next: Seen) {
        self.end = self.end.max(next.span.end);
        self.seen.push(next);
    }

    /// Moves it into the list, as one span if several chunks saw it. It is empty then.
    fn give(&mut self, spans: &mut Vec<PiiSpan>) {
        let end = std::mem::take(&mut self.end);
        let mut seen = std::mem::take(&mut self.seen).into_iter();
        let Some(first) = seen.next() else { return };
        let chunk = first.chunk;
        let others: Vec<Seen> = seen.collect();
        if others.iter().all(|other| other.chunk == chunk) {
            spans.push(first.span);
            spans.extend(others.into_iter().map(|other| other.span));
            return;
        }
        let score = others.iter().map(|other| other.span.score).fold(first.span.score, f32::max);
        spans.push(PiiSpan { end, score, ..first.span });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::PiiType::{self, Name, Phone, Ssn};

    fn seen(
        pii_type: PiiType,
        range: std::ops::Range<usize>,
        score: f32,
        chunk: usize,
        is_whole: bool,
    ) -> Seen {
        Seen { span: PiiSpan::new(pii_type, range, score), chunk, is_whole }
    }

    fn span(pii_type: PiiType, range: std::ops::Range<usize>, score: f32) -> PiiSpan {
        PiiSpan::new(pii_type, range, score)
    }

    #[test]
    fn what_two_chunks_see_is_one_span() {
        let both = vec![seen(Name, 10..14, 0.8, 0, true), seen(Name, 10..14, 0.9, 8, true)];
        assert_eq!(merge(both), [span(Name, 10..14, 0.9)]);
        let shifted = vec![seen(Name, 10..14, 0.9, 0, true), seen(Name, 12..18, 0.8, 8, true)];
        assert_eq!(merge(shifted), [span(Name, 10..18, 0.9)]);
        let chained = vec![
            seen(Name, 10..14, 0.7, 0, true),
            seen(Name, 16..20, 0.8, 0, true),
            seen(Name, 12..18, 0.9, 8, true),
        ];
        assert_eq!(merge(chained), [span(Name, 10..20, 0.9)]);
    }

    #[test]
    fn the_whole_one_is_taken() {
        // What a cut left of a number can look like a telephone number.
        let cut = vec![seen(Phone, 10..14, 0.9, 0, false), seen(Ssn, 10..21, 0.8, 8, true)];
        assert_eq!(merge(cut), [span(Ssn, 10..21, 0.8)]);
        // Neither is seen whole: both stay.
        let unsure = vec![seen(Phone, 10..14, 0.9, 0, false), seen(Ssn, 10..21, 0.8, 8, false)];
        assert_eq!(merge(unsure), [span(Ssn, 10..21, 0.8), span(Phone, 10..14, 0.9)]);
        // The other does not contain it, or is not longer: both stay.
        let beside = vec![seen(Phone, 10..14, 0.9, 0, false), seen(Ssn, 11..21, 0.8, 8, true)];
        assert_eq!(merge(beside).len(), 2);
        let same = vec![seen(Phone, 10..14, 0.9, 0, false), seen(Ssn, 10..14, 0.8, 8, true)];
        assert_eq!(merge(same).len(), 2);
    }

    #[test]
    fn what_one_chunk_sees_stays_as_it_is() {
        let nested = || [span(Name, 10..20, 0.9), span(Name, 12..14, 0.9), span(Ssn, 12..14, 0.9)];
        let one = nested().into_iter().map(|span| Seen { span, chunk: 8, is_whole: true }).collect();
        assert_eq!(merge(one), nested());
        let apart = vec![seen(Name, 20..22, 0.9, 8, true), seen(Name, 10..20, 0.9, 0, true)];
        assert_eq!(merge(apart), [span(Name, 10..20, 0.9), span(Name, 20..22, 0.9)]);
        assert_eq!(merge(Vec::new()), []);
    }
}
