//! Edit distances within a limit.

use std::ops::Range;

/// How far a text that is read character by character is from a phrase, beginning at the best of the places where it
/// may begin.
///
/// This is Sellers' algorithm: for each beginning of the phrase, the fewest edits that make it of what was read last.
/// Only those within the limit are kept up, which are few, so that long texts and phrases take no longer than they must.
pub(super) struct Edits {
    phrase: Vec<char>,
    limit: usize,
    /// For each beginning of the phrase, by its length; meaningless out of `active`.
    costs: Vec<Cost>,
    active: Range<usize>,
}

#[derive(Clone, Copy)]
struct Cost {
    edits: usize,
    /// Where the text begins that takes so many.
    start: usize,
}

impl Cost {
    const TOO_MUCH: Self = Self { edits: usize::MAX, start: 0 };

    fn plus(self, edits: usize) -> Self {
        Self { edits: self.edits.saturating_add(edits), ..self }
    }

    /// The one of fewer edits; of two alike the one that begins later, and so is shorter.
    fn or(self, other: Self) -> Self {
        if (other.edits, usize::MAX - other.start) < (self.edits, usize::MAX - self.start) {
            other
        } else {
            self
        }
    }
}

impl Edits {
    /// As many edits as the phrase has characters would make it of any text: those are always too many.
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

    /// How many characters a text must have to be within the limit.
    pub(super) fn shortest(&self) -> usize {
        self.phrase.len() - self.limit
    }

    /// Forgets what was read.
    pub(super) fn reset(&mut self) {
        self.active = 0..0;
    }

    /// What is looked for may begin here.
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
        // Those of the beginning that is one shorter: with the character, and without it.
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

    /// How many edits make the phrase of a text that ends here, and where that text begins, if they are within the limit.
    pub(super) fn distance(&self) -> Option<(usize, usize)> {
        if self.is_empty() || !self.active.contains(&self.phrase.len()) {
            return None;
        }
        let cost = self.costs.last().filter(|cost| cost.edits <= self.limit)?;
        Some((cost.edits, cost.start))
    }

    /// How many edits make the phrase of this text, if they are within the limit.
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
