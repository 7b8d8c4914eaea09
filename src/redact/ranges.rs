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

    /// Whether one of them has all of a range.
    pub(super) fn cover(&self, range: &Range<usize>) -> bool {
        let first = self.0.partition_point(|own| own.end < range.end);
        self.0.get(first).is_some_and(|own| own.start <= range.start)
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
        fn a_range_is_met_in_one_byte_and_covered_in_all(
            ranges in prop::collection::vec((0_usize..30, 0_usize..8), 0..8),
            start in 0_usize..30,
            length in 1_usize..8,
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(start, length)| start..start + length).collect();
            let has = |at: usize| ranges.iter().any(|range| range.contains(&at));
            let (mut any, mut all) = (false, true);
            for at in start..start + length {
                any |= has(at);
                all &= has(at);
            }
            let merged = Ranges::of(ranges.clone());
            prop_assert_eq!(merged.meet(&(start..start + length)), any);
            prop_assert_eq!(merged.cover(&(start..start + length)), all);
            prop_assert!(!merged.meet(&(start..start)));
        }
    }
}
