//! Ranges of a text that are looked up, merged.

use std::ops::Range;

/// Ranges in order, none of which meets another.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Range<usize>>);

impl Ranges {
    /// These ranges, given in any order. Those that overlap or touch become one.
    pub(super) fn of(ranges: Vec<Range<usize>>) -> Self {
        Self::joined(ranges, |_| false)
    }

    /// As [`of`](Self::of); those with a gap between them that `joins` become one too.
    pub(super) fn joined(mut ranges: Vec<Range<usize>>, joins: impl Fn(Range<usize>) -> bool) -> Self {
        ranges.retain(|range| !range.is_empty());
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end || joins(last.end..range.start) => {
                    last.end = last.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        Self(merged)
    }

    /// Whether one of them has some of a range.
    pub(super) fn meet(&self, range: &Range<usize>) -> bool {
        let first = self.0.partition_point(|own| own.end <= range.start);
        !range.is_empty() && self.0.get(first).is_some_and(|own| own.start < range.end)
    }

    /// The parts of a range that none of them has.
    pub(super) fn gaps(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let first = self.0.partition_point(|own| own.end <= range.start);
        let mut gaps = Vec::new();
        let mut at = range.start;
        for own in self.0.iter().skip(first).take_while(|own| own.start < range.end) {
            if at < own.start {
                gaps.push(at..own.start);
            }
            at = own.end;
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        gaps
    }

    pub(super) fn into_vec(self) -> Vec<Range<usize>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_that_join() {
        let text = "ab  cd ef";
        let is_space = |gap: Range<usize>| text[gap].trim().is_empty();
        assert_eq!(Ranges::joined(vec![7..8, 4..5, 0..2], is_space).into_vec(), [0..5, 7..8]);
        assert_eq!(Ranges::joined(vec![8..9, 0..1, 1..1], is_space).into_vec(), [0..1, 8..9]);
    }

    proptest! {
        #[test]
        fn a_range_is_met_in_one_byte_and_has_gaps_elsewhere(
            ranges in prop::collection::vec((0_usize..30, 0_usize..8), 0..8),
            start in 0_usize..30,
            length in 1_usize..8,
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(start, length)| start..start + length).collect();
            let has = |at: usize| ranges.iter().any(|range| range.contains(&at));
            let any = (start..start + length).any(&has);
            let merged = Ranges::of(ranges.clone());
            prop_assert_eq!(merged.meet(&(start..start + length)), any);
            prop_assert!(!merged.meet(&(start..start)));
            let gaps: Vec<usize> = merged.gaps(&(start..start + length)).into_iter().flatten().collect();
            let missing: Vec<usize> = (start..start + length).filter(|&at| !has(at)).collect();
            prop_assert_eq!(gaps, missing);
        }
    }
}
