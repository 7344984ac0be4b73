//! Searches for messages by labels and text, hiding spam and trash.

mod plan;
#[cfg(test)]
mod tests;

use std::{cell::OnceCell, collections::HashSet};

use super::{
    Mailbox,
    content::Place,
    list::{Page, PageRequest},
    order::{self, Order, Position},
    parameter::{self, Parameters},
    part::Part,
    query::{Context, Query},
    refusal::Refusal,
    store::{LabelId, Stored},
    term::{Condition, label_key},
};

/// A parsed list request.
pub(super) struct Search<'a> {
    mailbox: &'a Mailbox,
    query: Query,
    labels: Vec<LabelId>,
    show_hidden: bool,
    user_labels: Vec<&'a str>,
    keys: Vec<(String, &'a str)>,
    /// How many candidates are tested one by one to estimate the number of results.
    counted: usize,
}

/// One page of search results.
pub(super) struct Found {
    /// The messages, or for threads the latest visible message of each.
    pub(super) page: Page<Position>,
    /// The number of results on all pages; an estimate when there are many.
    pub(super) estimate: usize,
}

/// The messages that a search has to look at.
enum Candidates<'a> {
    /// The messages of the rarest label, or all, between two times.
    Ordered {
        order: &'a Order,
        from: i64,
        before: Position,
    },
    /// Few enough to sort for each page, newest first.
    Few(Vec<Position>),
}

impl<'a> Search<'a> {
    /// Parses `q`, `labelIds` and `includeSpamTrash`.
    pub(super) fn of(mailbox: &'a Mailbox, params: &Parameters) -> Result<Self, Refusal> {
        let text = parameter::text(params, "q").unwrap_or_default();
        let mut search = Self::for_text(mailbox, &text);
        search.labels = parameter::list(params, "labelIds")
            .iter()
            .map(|id| mailbox.labels.known(id))
            .collect::<Result<_, _>>()?;
        search.show_hidden |= parameter::boolean(params, "includeSpamTrash")?
            || search
                .labels
                .iter()
                .any(|label| matches!(&**label, "TRASH" | "SPAM"));
        Ok(search)
    }

    /// A search by text only.
    pub(super) fn for_text(mailbox: &'a Mailbox, text: &str) -> Self {
        let context = Context {
            now: mailbox.clock.now(),
            address: &mailbox.address,
        };
        let query = Query::parse(text, context);
        let mut keys = Vec::new();
        let mut user_labels = Vec::new();
        for label in mailbox.labels.iter() {
            keys.push((label_key(&label.name), &*label.id));
            keys.push((label_key(&label.id), &*label.id));
            if !label.is_system() {
                user_labels.push(&*label.id);
            }
        }
        Self {
            mailbox,
            show_hidden: query.asks_for_hidden(),
            query,
            labels: Vec::new(),
            user_labels,
            keys,
            counted: 1000,
        }
    }

    /// Limits the search further, to messages with a label.
    pub(super) fn with_label(mut self, label: &str) -> Result<Self, Refusal> {
        self.labels.push(self.mailbox.labels.known(label)?);
        Ok(self)
    }

    /// A page of matching messages.
    pub(super) fn messages(&self, request: PageRequest) -> Found {
        let order = self.smallest_order();
        let length = order.len(self.show_hidden);
        let candidates = match self.by_words(length, request) {
            Some(messages) => Candidates::few(messages.filter_map(|id| self.position(id))),
            None => Candidates::Ordered {
                order,
                from: self.from(&self.query),
                before: self.before(&self.query),
            },
        };
        // With one label and no other condition, every candidate matches.
        let all = match (&self.query, self.labels.as_slice()) {
            (Query::All(parts), [] | [_]) => parts.is_empty(),
            (Query::Is(_), []) => self.order_of(&self.query).is_some(),
            _ => false,
        };
        if all {
            let records = self.newest_first(&candidates, request.after);
            return Found {
                page: request.cut(records, |position| *position),
                estimate: length,
            };
        }
        self.find(request, &candidates, || {
            |(_, id): &Position| self.finds_message(*id)
        })
    }

    /// A page of matching threads, ordered by their latest visible message.
    pub(super) fn threads(&self, request: PageRequest) -> Found {
        let store = &self.mailbox.store;
        let order = self.smallest_order();
        let length = order.len(self.show_hidden);
        let total = store.order.len(self.show_hidden);
        let heads = |messages: &mut dyn Iterator<Item = u64>| {
            let threads: HashSet<u64> = messages
                .filter_map(|id| Some(store.messages.get(&id)?.thread))
                .collect();
            Candidates::few(threads.into_iter().filter_map(|thread| self.head(thread)))
        };
        let candidates = if let Some(mut messages) = self.by_words(length, request) {
            heads(&mut messages)
        } else if self.is_few(length, total, request) {
            heads(
                &mut order
                    .newest_first(self.show_hidden, order::TOP)
                    .map(|(_, id)| id),
            )
        } else {
            // A thread's latest message may be newer than the one that matches.
            Candidates::Ordered {
                order: &store.order,
                from: self.from(&self.query),
                before: order::TOP,
            }
        };
        self.find(request, &candidates, || {
            // Test each thread once, not once per message.
            let mut seen = HashSet::new();
            move |position: &Position| {
                store.messages.get(&position.1).is_some_and(|message| {
                    seen.insert(message.thread)
                        && self.head(message.thread) == Some(*position)
                        && self.finds_thread(message.thread)
                })
            }
        })
    }

    /// Whether a message matches.
    pub(super) fn finds_message(&self, id: u64) -> bool {
        self.mailbox.store.messages.get(&id).is_some_and(|message| {
            self.may_show(message)
                && self.labels.iter().all(|label| message.has(label))
                && self.matches(message)
        })
    }

    // Whether a thread matches: its messages together have all labels, and at least one matches the text.
    fn finds_thread(&self, thread: u64) -> bool {
        let messages: Vec<&Stored> = self.visible(thread).map(|(_, message)| message).collect();
        self.labels
            .iter()
            .all(|label| messages.iter().any(|message| message.has(label)))
            && messages.iter().any(|message| self.matches(message))
    }

    fn visible(&self, thread: u64) -> impl Iterator<Item = (u64, &'a Stored)> {
        let store = &self.mailbox.store;
        let messages = store.conversations.messages(thread).iter();
        messages
            .filter_map(|id| Some((*id, store.messages.get(id)?)))
            .filter(|(_, message)| self.may_show(message))
    }

    fn head(&self, thread: u64) -> Option<Position> {
        self.visible(thread)
            .map(|(id, message)| (message.date, id))
            .max()
    }

    fn position(&self, id: u64) -> Option<Position> {
        Some((self.mailbox.store.messages.get(&id)?.date, id))
    }

    fn may_show(&self, message: &Stored) -> bool {
        self.show_hidden || !message.is_hidden()
    }

    fn newest_first<'b>(
        &self,
        candidates: &'b Candidates<'_>,
        after: Option<Position>,
    ) -> Box<dyn Iterator<Item = Position> + 'b> {
        match candidates {
            Candidates::Ordered {
                order,
                from,
                before,
            } => {
                let after = after.unwrap_or(order::TOP).min(*before);
                let messages = order.newest_first(self.show_hidden, after);
                Box::new(messages.take_while(|(date, _)| date >= from))
            }
            Candidates::Few(positions) => {
                let start = after.map_or(0, |after| {
                    positions.partition_point(|position| *position >= after)
                });
                Box::new(positions.iter().skip(start).copied())
            }
        }
    }

    // Each pass needs its own test, because tests may keep state.
    fn find<T: FnMut(&Position) -> bool>(
        &self,
        request: PageRequest,
        candidates: &Candidates<'_>,
        test: impl Fn() -> T,
    ) -> Found {
        let records = self.newest_first(candidates, request.after);
        let page = request.cut(records.filter(test()), |position| *position);
        let newest = self.newest_first(candidates, None).take(self.counted);
        let counted = newest.filter(test()).count();
        let length = match candidates {
            Candidates::Ordered { order, .. } => order.len(self.show_hidden),
            Candidates::Few(positions) => positions.len(),
        };
        let share = self.counted.min(length).max(1);
        Found {
            estimate: (counted * length / share).max(page.items.len()),
            page,
        }
    }

    fn with_key(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.keys
            .iter()
            .filter(move |(known, _)| known == key)
            .map(|(_, id)| *id)
    }

    fn matches(&self, message: &Stored) -> bool {
        let candidate = Candidate {
            message,
            part: OnceCell::new(),
            text: OnceCell::new(),
        };
        self.query
            .holds(&|condition| self.satisfies(&candidate, condition))
    }

    fn satisfies(&self, candidate: &Candidate<'_>, condition: &Condition) -> bool {
        let message = candidate.message;
        if let Some((place, words)) = condition.content() {
            let index = &self.mailbox.store.index;
            return index
                .holds(message.number, place, words)
                .unwrap_or_else(|| candidate.holds(place, words));
        }
        match condition {
            Condition::Label(key) => self.with_key(key).any(|id| message.has(id)),
            Condition::Anywhere => true,
            Condition::Archived => !["INBOX", "SPAM", "TRASH", "SENT", "DRAFT"]
                .iter()
                .any(|label| message.has(label)),
            Condition::Read => !message.has("UNREAD"),
            Condition::UserLabel => self.user_labels.iter().any(|label| message.has(label)),
            Condition::NoUserLabel => !self.user_labels.iter().any(|label| message.has(label)),
            Condition::NotBefore(moment) => message.date >= *moment,
            Condition::Before(moment) => message.date < *moment,
            Condition::Larger(size) => message.raw.len() > *size,
            Condition::Smaller(size) => message.raw.len() < *size,
            _ => false,
        }
    }
}

impl Candidates<'_> {
    fn few(positions: impl Iterator<Item = Position>) -> Self {
        let mut positions: Vec<Position> = positions.collect();
        positions.sort_unstable_by(|left, right| right.cmp(left));
        positions.dedup();
        Self::Few(positions)
    }
}

// Parses a message at most once, and only when the index cannot tell.
struct Candidate<'a> {
    message: &'a Stored,
    part: OnceCell<Part>,
    text: OnceCell<Vec<String>>,
}

impl Candidate<'_> {
    fn holds(&self, place: Place, words: &str) -> bool {
        let read = || {
            let part = self.part.get_or_init(|| Part::read(&self.message.raw));
            place.read(part)
        };
        match place {
            // The whole text is the slowest to read and the most often searched.
            Place::Text => place.holds(self.text.get_or_init(read), words),
            _ => place.holds(&read(), words),
        }
    }
}
