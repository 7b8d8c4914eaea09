//! Turns between tags.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A queue that serves its groups in turn, and the items of a group in order.
///
/// While a group has items, one of them is served in every round, so it waits for at most one item of each other
/// group, however many those have. Nothing is kept of a group without items.
#[derive(Debug)]
pub(super) struct FairQueue<G, T> {
    groups: HashMap<G, VecDeque<T>>,
    /// The groups that have items, the next to be served first.
    round: VecDeque<G>,
}

impl<G, T> Default for FairQueue<G, T> {
    fn default() -> Self {
        Self { groups: HashMap::new(), round: VecDeque::new() }
    }
}

impl<G: Clone + Eq + Hash, T> FairQueue<G, T> {
    /// Puts an item behind the others of its group.
    pub(super) fn push(&mut self, group: G, item: T) {
        self.group(group).push_back(item);
    }

    /// Puts an item before the others of its group: it had its turn and could not use it.
    pub(super) fn push_again(&mut self, group: G, item: T) {
        self.group(group).push_front(item);
    }

    /// The first item of the group whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let group = self.round.pop_front()?;
        let items = self.groups.get_mut(&group)?;
        let item = items.pop_front();
        if items.is_empty() {
            self.groups.remove(&group);
        } else {
            self.round.push_back(group);
        }
        item
    }

    pub(super) fn is_empty(&self) -> bool {
        self.round.is_empty()
    }

    fn group(&mut self, group: G) -> &mut VecDeque<T> {
        if !self.groups.contains_key(&group) {
            self.round.push_back(group.clone());
        }
        self.groups.entry(group).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn groups_take_turns() {
        let mut queue = FairQueue::default();
        for (group, item) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('b', 6)] {
            queue.push(group, item);
        }
        queue.push_again('a', 0);
        let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(served, [0, 4, 5, 1, 6, 2, 3]);
        assert!(queue.is_empty() && queue.groups.is_empty(), "nothing is kept of groups that are gone");
    }

    proptest! {
        /// However items come and go, a group that has items never waits for another group twice.
        #[test]
        fn nobody_is_passed_twice(steps in prop::collection::vec(prop::option::weighted(0.6, 0u8..5), 0..300)) {
            let mut queue = FairQueue::default();
            let mut waiting: HashMap<u8, (usize, Vec<u8>)> = HashMap::new();
            let mut next = [0usize; 5];
            let mut expected = [0usize; 5];
            for step in steps {
                match step {
                    Some(group) => {
                        queue.push(group, (group, next[usize::from(group)]));
                        next[usize::from(group)] += 1;
                        waiting.entry(group).or_default().0 += 1;
                    }
                    None => match queue.pop() {
                        Some((group, number)) => {
                            prop_assert_eq!(number, expected[usize::from(group)], "in order within a group");
                            expected[usize::from(group)] += 1;
                            for (other, (_, passed)) in &mut waiting {
                                if *other != group {
                                    prop_assert!(!passed.contains(&group), "{} passed {} twice", group, other);
                                    passed.push(group);
                                }
                            }
                            let (left, passed) = waiting.get_mut(&group).unwrap();
                            *left -= 1;
                            passed.clear();
                            if *left == 0 {
                                waiting.remove(&group);
                            }
                        }
                        None => prop_assert!(waiting.is_empty()),
                    },
                }
            }
        }
    }
}
