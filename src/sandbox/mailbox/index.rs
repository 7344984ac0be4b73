//! Which messages hold a word: an inverted index.

use std::collections::HashMap;

use super::{content::Place, part::Part};

// Mail for people has some hundred different words; a file of numbers could make the index larger than the mailbox.
const MOST_TERMS: usize = 10_000;

// What is gone stays in the index until there is more of it than this, and than of what is there.
const MOST_GONE: usize = 1000;

/// For every word the messages that hold it, by the numbers in which they came in.
pub(super) struct Index {
    places: HashMap<Place, HashMap<Box<str>, Vec<u32>>>,
    /// The messages of which not every word is here, because they have too many.
    incomplete: Vec<u32>,
    /// The ids of the messages by their numbers.
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
    /// An index that takes so many words of a message; one of none leaves all to be looked through.
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

    /// Takes a new message in and tells its number.
    pub(super) fn add(&mut self, id: u64, message: &Part) -> u32 {
        // So many messages fit into no memory.
        let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id);
        self.there += 1;
        if !self.add_terms(number, message) {
            self.incomplete.push(number);
        }
        number
    }

    /// Notes that a message is gone; `exists` tells of an id whether it still is there.
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

    /// Whether the message of a number holds these words in a place; `None` where only the message itself can tell.
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
        // Of several words it matters too how they stand.
        (count == 1).then_some(true)
    }

    /// The numbers of all messages that can hold these words in a place, in two lists; `None` for no words.
    pub(super) fn candidates(&self, place: Place, words: &str) -> Option<[&[u32]; 2]> {
        let rarest = place
            .terms(words)
            .map(|term| self.numbers(place, term))
            .min_by_key(|numbers| numbers.len())?;
        Some([rarest, &self.incomplete])
    }

    /// The id of the message with a number.
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
