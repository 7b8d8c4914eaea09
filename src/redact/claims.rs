//! What has to go, whatever a mask would leave of it.

use std::ops::Range;

/// The places of a text that some detection wants gone.
///
/// Where detections overlap, one of them is planned for, and another loses what they share. A mask that leaves the end of
/// what it covers must not leave what another would have taken.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// In order; none meets another.
    places: Vec<Range<usize>>,
}

impl Claims {
    /// These places, in whatever order.
    pub(super) fn of(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let mut places: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            match places.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => places.push(range),
            }
        }
        Self { places }
    }

    /// Whether something of a place is to go.
    pub(super) fn meet(&self, place: &Range<usize>) -> bool {
        let first = self.places.partition_point(|claimed| claimed.end <= place.start);
        !place.is_empty() && self.places.get(first).is_some_and(|claimed| claimed.start < place.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_is_met_where_one_of_its_bytes_is_claimed(
            claimed in prop::collection::vec((0_usize..30, 0_usize..8), 0..8),
            start in 0_usize..30,
            length in 0_usize..8,
        ) {
            let claimed: Vec<_> = claimed.into_iter().map(|(start, length)| start..start + length).collect();
            let is_met = (start..start + length).any(|at| claimed.iter().any(|range| range.contains(&at)));
            prop_assert_eq!(Claims::of(claimed).meet(&(start..start + length)), is_met);
        }
    }
}
