//! Spans that overlap, turned into spans that do not.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::ops::Range;

use super::{CodePoints, PiiSpan};

/// Spans of a text that do not overlap, in order.
///
/// Of two that do, the one with the higher score stays as it is; with the same score the longer one; with the same length the
/// earlier one. What the other covers beyond it stays too, except white space at its ends: what a detector found is
/// not let out because another one found its neighbour.
pub(super) fn resolve(text: &str, points: &CodePoints<'_>, mut spans: Vec<PiiSpan>) -> Vec<PiiSpan> {
    let in_order = spans.windows(2).all(|pair| matches!(pair, [one, next] if one.end <= next.begin));
    if in_order {
        return spans;
    }
    spans.sort_by(by_worth);
    let mut covered = Covered::default();
    let mut kept = Vec::with_capacity(spans.len());
    for span in spans {
        for gap in covered.add(span.range()) {
            let whole = gap == span.range();
            let range = if whole { Some(gap) } else { substance(text, points, gap) };
            if let Some(range) = range {
                kept.push(PiiSpan { begin: range.start, end: range.end, ..span.clone() });
            }
        }
    }
    kept.sort_by_key(PiiSpan::range_key);
    kept
}

fn by_worth(one: &PiiSpan, other: &PiiSpan) -> Ordering {
    let length = |span: &PiiSpan| Reverse(span.end.saturating_sub(span.begin));
    other
        .score
        .total_cmp(&one.score)
        .then_with(|| length(one).cmp(&length(other)))
        .then_with(|| one.begin.cmp(&other.begin))
        .then_with(|| one.pii_type.cmp(&other.pii_type))
}

/// A range without the white space at its ends.
fn substance(text: &str, points: &CodePoints<'_>, range: Range<usize>) -> Option<Range<usize>> {
    let slice = text.get(points.to_bytes(range.clone())?)?;
    let first = slice.chars().position(|c| !c.is_whitespace())?;
    let behind = slice.chars().rev().position(|c| !c.is_whitespace())?;
    Some(range.start + first..range.end - behind)
}

/// The code points that are taken: ranges that neither overlap nor touch, each start with its end.
#[derive(Default)]
struct Covered(BTreeMap<usize, usize>);

impl Covered {
    /// Takes a range, and returns the parts of it that were not taken. Every range that it meets is merged, so all calls
    /// together take `n log n` steps.
    fn add(&mut self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut gaps = Vec::new();
        let mut merged = range.clone();
        let mut at = range.start;
        let before = self.0.range(..range.start).next_back().filter(|(_, end)| **end >= range.start);
        let mut met: Vec<Range<usize>> = before.map(|(begin, end)| *begin..*end).into_iter().collect();
        met.extend(self.0.range(range.start..=range.end).map(|(begin, end)| *begin..*end));
        for taken in met {
            if at < taken.start {
                gaps.push(at..taken.start);
            }
            at = at.max(taken.end);
            merged = merged.start.min(taken.start)..merged.end.max(taken.end);
            self.0.remove(&taken.start);
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        self.0.insert(merged.start, merged.end);
        gaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PiiType;
    use super::*;

    fn resolved(text: &str, spans: &[(PiiType, Range<usize>, f32)]) -> Vec<(PiiType, Range<usize>)> {
        let spans =
            spans.iter().map(|(of, range, score)| PiiSpan::new(of.clone(), range.clone(), *score)).collect();
        let found = resolve(text, &CodePoints::of(text), spans);
        found.into_iter().map(|span| (span.pii_type.clone(), span.range())).collect()
    }

    #[test]
    fn the_higher_score_stays_whole() {
        let spans = [(PiiType::Url, 5..16, 0.5), (PiiType::Email, 0..16, 0.9)];
        assert_eq!(resolved("jane@example.com", &spans), [(PiiType::Email, 0..16)]);
    }

    #[test]
    fn of_the_same_score_the_longer_then_the_earlier() {
        let spans = [(PiiType::Name, 0..4, 0.5), (PiiType::Address, 0..8, 0.5)];
        assert_eq!(resolved("Jane Doe", &spans), [(PiiType::Address, 0..8)]);
        let spans = [(PiiType::Address, 2..6, 0.5), (PiiType::Name, 0..4, 0.5)];
        assert_eq!(resolved("JaneDoe!", &spans), [(PiiType::Name, 0..4), (PiiType::Address, 4..6)]);
    }

    #[test]
    fn what_stands_beyond_the_winner_is_not_let_out() {
        let spans = [(PiiType::Address, 0..19, 0.5), (PiiType::Name, 5..9, 0.9)];
        assert_eq!(
            resolved("Rue (Émile) Zola 12", &spans),
            [(PiiType::Address, 0..5), (PiiType::Name, 5..9), (PiiType::Address, 9..19)]
        );
        let spans = [(PiiType::Address, 0..6, 0.5), (PiiType::Name, 1..5, 0.9)];
        let all = [(PiiType::Address, 0..1), (PiiType::Name, 1..5), (PiiType::Address, 5..6)];
        assert_eq!(resolved("(Jane)", &spans), all, "a password may end in signs");
    }

    fn spans() -> impl Strategy<Value = Vec<PiiSpan>> {
        let span = (0_usize..30, 1_usize..12, 0_u8..4).prop_map(|(begin, length, score)| {
            PiiSpan::new(PiiType::Name, begin..begin + length, f32::from(score) / 4.0)
        });
        prop::collection::vec(span, 0..12)
    }

    proptest! {
        #[test]
        fn letters_are_covered_as_before_and_once(text in "[a1 é😀,]{42}", spans in spans()) {
            let covered = |spans: &[PiiSpan], at: usize| spans.iter().filter(|span| span.range().contains(&at)).count();
            let found = resolve(&text, &CodePoints::of(&text), spans.clone());
            prop_assert_eq!(super::super::detector::nonsense(&found, 42), None);
            for (at, c) in text.chars().enumerate() {
                let before = covered(&spans, at).min(1);
                let after = covered(&found, at);
                prop_assert!(after <= before);
                prop_assert!(after == before || c.is_whitespace());
            }
        }

        #[test]
        fn the_best_span_stays_as_it_is(spans in spans()) {
            let text = "a".repeat(42);
            let found = resolve(&text, &CodePoints::of(&text), spans.clone());
            if let Some(best) = spans.iter().min_by(|one, other| by_worth(one, other)) {
                prop_assert!(found.contains(best));
            }
        }
    }
}
