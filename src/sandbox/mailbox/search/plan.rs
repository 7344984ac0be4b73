//! Narrows down where to search, before looking at any message.

use std::collections::BTreeSet;

use super::Search;
use crate::sandbox::mailbox::{
    list::PageRequest,
    order::{self, Order, Position},
    query::Query,
    term::Condition,
};

impl<'a> Search<'a> {
    /// The messages that the search's words allow, if they are few compared with the others.
    pub(super) fn by_words(
        &self,
        others: usize,
        request: PageRequest,
    ) -> Option<impl Iterator<Item = u64> + use<'a>> {
        let lists = self.candidates(&self.query)?;
        let length = lists.iter().map(|list| list.len()).sum();
        let index = &self.mailbox.store.index;
        self.is_few(length, others, request).then(|| {
            lists
                .into_iter()
                .flatten()
                .filter_map(|number| index.id(*number))
        })
    }

    /// Whether sorting these candidates takes less work than scanning the others until a page is full, when one in
    /// `others / length` is a candidate.
    pub(super) fn is_few(&self, length: usize, others: usize, request: PageRequest) -> bool {
        let page = request.size + 1;
        length <= self.counted || length.saturating_mul(length) <= others.saturating_mul(page)
    }

    // The messages that may contain a query's words, in lists; `None` if no word limits them.
    fn candidates(&self, query: &Query) -> Option<Vec<&'a [u32]>> {
        match query {
            Query::All(parts) => parts
                .iter()
                .filter_map(|part| self.candidates(part))
                .min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>()),
            Query::Any(parts) => {
                let lists: Option<Vec<_>> =
                    parts.iter().map(|part| self.candidates(part)).collect();
                Some(lists?.concat())
            }
            Query::Not(_) => None,
            Query::Is(condition) => {
                let (place, words) = condition.content()?;
                let lists = self.mailbox.store.index.candidates(place, words)?;
                Some(lists.to_vec())
            }
        }
    }

    /// Of the labels that every result must have, the rarest.
    pub(super) fn smallest_order(&self) -> &'a Order {
        let store = &self.mailbox.store;
        let labels = self.labels.iter().map(|label| store.labelled(label));
        labels
            .chain(self.order_of(&self.query))
            .min_by_key(|order| order.len(self.show_hidden))
            .unwrap_or(&store.order)
    }

    /// The messages with the label that a query requires.
    pub(super) fn order_of(&self, query: &Query) -> Option<&'a Order> {
        match query {
            Query::All(parts) => parts
                .iter()
                .filter_map(|part| self.order_of(part))
                .min_by_key(|order| order.len(self.show_hidden)),
            Query::Is(Condition::Label(key)) => {
                let labels: BTreeSet<&str> = self.with_key(key).collect();
                let mut labels = labels.into_iter();
                match (labels.next(), labels.next()) {
                    (None, _) => Some(&order::EMPTY),
                    (Some(label), None) => Some(self.mailbox.store.labelled(label)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The earliest time of any result.
    pub(super) fn from(&self, query: &Query) -> i64 {
        match query {
            Query::All(parts) => parts.iter().map(|part| self.from(part)).max(),
            Query::Is(Condition::NotBefore(moment)) => Some(*moment),
            _ => None,
        }
        .unwrap_or(i64::MIN)
    }

    /// The time before which all results are.
    pub(super) fn before(&self, query: &Query) -> Position {
        match query {
            Query::All(parts) => parts.iter().map(|part| self.before(part)).min(),
            Query::Is(Condition::Before(moment)) => Some((*moment, u64::MIN)),
            _ => None,
        }
        .unwrap_or(order::TOP)
    }
}
