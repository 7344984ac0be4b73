//! The order of messages in lists.

use std::{collections::BTreeSet, iter};

/// A message's position in lists: its date in milliseconds since 1970, and its id.
pub(super) type Position = (i64, u64);

/// Messages by date. Those in spam and trash, which most lists leave out, are kept separately.
#[derive(Default)]
pub(super) struct Order {
    shown: BTreeSet<Position>,
    hidden: BTreeSet<Position>,
}

pub(super) static EMPTY: Order = Order {
    shown: BTreeSet::new(),
    hidden: BTreeSet::new(),
};

/// A position before every message in a list.
pub(super) const TOP: Position = (i64::MAX, u64::MAX);

impl Order {
    pub(super) fn insert(&mut self, position: Position, hidden: bool) {
        if hidden {
            self.hidden.insert(position);
        } else {
            self.shown.insert(position);
        }
    }

    pub(super) fn remove(&mut self, position: Position) {
        self.shown.remove(&position);
        self.hidden.remove(&position);
    }

    /// The number of messages.
    pub(super) fn len(&self, with_hidden: bool) -> usize {
        let hidden = if with_hidden { self.hidden.len() } else { 0 };
        self.shown.len() + hidden
    }

    /// The messages after a position, newest first.
    pub(super) fn newest_first(
        &self,
        with_hidden: bool,
        after: Position,
    ) -> impl Iterator<Item = Position> + '_ {
        let hidden = if with_hidden { self } else { &EMPTY };
        let mut shown = self.shown.range(..after).rev().copied().peekable();
        let mut hidden = hidden.hidden.range(..after).rev().copied().peekable();
        iter::from_fn(move || {
            if hidden.peek() > shown.peek() {
                hidden.next()
            } else {
                shown.next()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_messages_stand_between_the_others_when_asked_for() {
        let mut order = Order::default();
        for number in 1..=6 {
            order.insert((number, 1), number % 3 == 0);
        }
        order.remove((5, 1));
        let dates = |with_hidden, after| -> Vec<i64> {
            order
                .newest_first(with_hidden, after)
                .map(|(date, _)| date)
                .collect()
        };
        assert_eq!(dates(false, TOP), [4, 2, 1]);
        assert_eq!(dates(true, TOP), [6, 4, 3, 2, 1]);
        assert_eq!(dates(true, (4, 1)), [3, 2, 1]);
        assert_eq!(dates(false, (1, 1)), [0; 0]);
        assert_eq!((order.len(false), order.len(true)), (3, 5));
    }
}
