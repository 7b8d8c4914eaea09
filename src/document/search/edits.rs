//! Edit distances within a limit.

use std::ops::Range;

/// The distance between a phrase and a text that is read character by character, for the best of its possible beginnings.
///
/// This is Sellers' algorithm: for each prefix of the phrase, the fewest edits that turn the text read last into it.
/// Only the few prefixes within the limit are kept up to date, so that long texts and phrases do not take long.
pub(super) struct Edits {
    phrase: Vec<char>,
    limit: usize,
    /// For each prefix of the phrase, by its length; meaningless outside `active`.
    costs: Vec<Cost>,
    active: Range<usize>,
}

#[derive(Clone, Copy)]
struct Cost {
    edits: usize,
    /// Where the text begins that takes this many.
    start: usize,
}

impl Cost {
    const TOO_MUCH: Self = Self { edits: usize::MAX, start: 0 };

    fn plus(self, edits: usize) -> Self {
        Self { edits: self.edits.saturating_add(edits), ..self }
    }

    /// The one of fewer edits; of two equal ones that which begins later, and so is shorter.
    fn or(self, other: Self) -> Self {
        if (other.edits, usize::MAX - other.start) < (self.edits, usize::MAX - self.start) {
            other
        } else {
            self
        }
    }
}

impl Edits {
    /// The limit is always less than the length of the phrase: that many edits would turn any text into it.
    pub(super) fn new(phrase: &str, limit: usize) -> Self {
        let phrase: Vec<_> = phrase.chars().collect();
        let limit = limit.min(phrase.len().saturating_sub(1));
        let costs = vec![Cost::TOO_MUCH; phrase.len() + 1];
        Self { phrase, limit, costs, active: 0..0 }
    }

    /// Whether there is no phrase.
    pub(super) fn is_empty(&self) -> bool {
        self.phrase.is_empty()
    }

    /// The fewest characters of a text within the limit.
    pub(super) fn shortest(&self) -> usize {
        self.phrase.len() - self.limit
    }

    /// Forgets what was read.
    pub(super) fn reset(&mut self) {
        self.active = 0..0;
    }

    /// A match may begin here.
    pub(super) fn begin(&mut self, start: usize) {
        let end = self.active.end.max(self.limit + 1);
        for (length, cost) in self.costs.iter_mut().take(end).enumerate() {
            if !self.active.contains(&length) {
                *cost = Cost::TOO_MUCH;
            }
            if length <= self.limit {
                *cost = cost.or(Cost { edits: length, start });
            }
        }
        self.active = 0..end;
    }

    /// Reads a character.
    pub(super) fn step(&mut self, character: char) {
        let Range { start, end } = self.active;
        if start == end {
            return;
        }
        let (mut first, mut last) = (None, None);
        // The costs of the prefix that is one shorter: with the character, and without it.
        let (mut with, mut without) = (Cost::TOO_MUCH, Cost::TOO_MUCH);
        for (length, cost) in self.costs.iter_mut().enumerate().skip(start) {
            let old = if length < end { *cost } else { Cost::TOO_MUCH };
            let same = length.checked_sub(1).and_then(|index| self.phrase.get(index)) == Some(&character);
            let replaced = without.plus(usize::from(!same));
            let new = replaced.or(old.plus(1)).or(with.plus(1));
            let is_within = new.edits <= self.limit;
            *cost = if is_within { new } else { Cost::TOO_MUCH };
            if is_within {
                first = first.or(Some(length));
                last = Some(length);
            } else if length >= end {
                break;
            }
            (with, without) = (*cost, old);
        }
        self.active = first.zip(last).map_or(0..0, |(first, last)| first..last + 1);
    }

    /// The number of edits between the phrase and a text that ends here, and where that text begins, if within the limit.
    pub(super) fn distance(&self) -> Option<(usize, usize)> {
        if self.is_empty() || !self.active.contains(&self.phrase.len()) {
            return None;
        }
        let cost = self.costs.last().filter(|cost| cost.edits <= self.limit)?;
        Some((cost.edits, cost.start))
    }

    /// The number of edits between the phrase and this text, if within the limit.
    pub(super) fn distance_to(&mut self, text: &str) -> Option<usize> {
        // Bytes are at least as many as characters, and cheaper to count.
        if self.is_empty() || text.len() < self.shortest() {
            return None;
        }
        self.reset();
        self.begin(0);
        for character in text.chars() {
            self.step(character);
            if self.active.is_empty() {
                return None;
            }
        }
        self.distance().map(|(edits, _)| edits)
    }
}
