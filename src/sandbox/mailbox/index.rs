//! An inverted index of the words in messages.

use std::collections::HashMap;

use super::{content::Place, part::Part};

// A typical message has some hundred different words. A file full of numbers could make the index larger than the
// mailbox.
const MOST_TERMS: usize = 10_000;

// Removed messages stay in the index until there are more of them than this, and more than messages left.
const MOST_GONE: usize = 1000;

/// For every word, the numbers of the messages that contain it. Messages are numbered in order of arrival.
pub(super) struct Index {
    places: HashMap<Place, HashMap<Box<str>, Vec<u32>>>,
    /// The messages with too many words, which are only partly indexed.
    incomplete: Vec<u32>,
    /// The ids of the messages, by number.
    ids: Vec<u64>,
    there: usize,
    gone: usize,
    most_terms: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self::with_limit(MOST_TERMS)
    }
}

impl Index {
    /// An index of at most this many words per message; with 0, searches look through all messages.
    pub(super) fn with_limit(most_terms: usize) -> Self {
        Self {
            places: HashMap::new(),
            incomplete: Vec::new(),
            ids: Vec::new(),
            there: 0,
            gone: 0,
            most_terms,
        }
    }

    /// Indexes a new message and returns its number.
    pub(super) fn add(&mut self, id: u64, message: &Part) -> u32 {
        // Memory runs out long before the numbers do.
        let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id);
        self.there += 1;
        if !self.add_terms(number, message) {
            self.incomplete.push(number);
        }
        number
    }

    /// Records that a message is removed; `exists` says whether an id is still in use.
    pub(super) fn remove(&mut self, exists: impl Fn(u64) -> bool) {
        self.there = self.there.saturating_sub(1);
        self.gone += 1;
        if self.gone <= MOST_GONE.max(self.there) {
            return;
        }
        self.gone = 0;
        let ids = &self.ids;
        let stays = |number: &u32| ids.get(*number as usize).is_some_and(|id| exists(*id));
        for terms in self.places.values_mut() {
            terms.retain(|_, numbers| {
                numbers.retain(stays);
                !numbers.is_empty()
            });
        }
        self.incomplete.retain(stays);
    }

    /// Whether a message has these words in a place; `None` when only the message itself can tell.
    pub(super) fn holds(&self, number: u32, place: Place, words: &str) -> Option<bool> {
        if self.incomplete.binary_search(&number).is_ok() {
            return None;
        }
        let mut count = 0;
        for term in place.terms(words) {
            if self.numbers(place, term).binary_search(&number).is_err() {
                return Some(false);
            }
            count += 1;
        }
        // Several words must also be next to each other, which the index does not know.
        (count == 1).then_some(true)
    }

    /// The numbers of all messages that may have these words in a place, in two lists; `None` without words.
    pub(super) fn candidates(&self, place: Place, words: &str) -> Option<[&[u32]; 2]> {
        let rarest = place
            .terms(words)
            .map(|term| self.numbers(place, term))
            .min_by_key(|numbers| numbers.len())?;
        Some([rarest, &self.incomplete])
    }

    /// The id of a message, by number.
    pub(super) fn id(&self, number: u32) -> Option<u64> {
        self.ids.get(number as usize).copied()
    }

    fn numbers(&self, place: Place, term: &str) -> &[u32] {
        self.places
            .get(&place)
            .and_then(|terms| terms.get(term))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    fn add_terms(&mut self, number: u32, message: &Part) -> bool {
        let mut count = 0;
        for place in Place::ALL {
            let terms = self.places.entry(*place).or_default();
            for text in place.read(message) {
                for term in place.terms(&text) {
                    let numbers = match terms.get_mut(term) {
                        Some(numbers) if numbers.last() == Some(&number) => continue,
                        Some(numbers) => Some(numbers),
                        None => None,
                    };
                    if count == self.most_terms {
                        return false;
                    }
                    count += 1;
                    match numbers {
                        Some(numbers) => numbers.push(number),
                        None => {
                            terms.insert(term.into(), vec![number]);
                        }
                    }
                }
            }
        }
        true
    }
}
