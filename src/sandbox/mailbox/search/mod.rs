//! Finding messages: the labels, the search text, and what stays hidden.

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

/// What a list asks for.
pub(super) struct Search<'a> {
    mailbox: &'a Mailbox,
    query: Query,
    labels: Vec<LabelId>,
    show_hidden: bool,
    user_labels: Vec<&'a str>,
    keys: Vec<(String, &'a str)>,
    /// So many candidates are looked at one by one to tell how many records there are.
    counted: usize,
}

/// A page of what a search found.
pub(super) struct Found {
    /// The messages, or the latest visible ones of the threads.
    pub(super) page: Page<Position>,
    /// How many records there are on all pages together; estimated where there are many.
    pub(super) estimate: usize,
}

/// Where a search looks: no record that it finds stands elsewhere.
enum Candidates<'a> {
    /// The messages with the label that the fewest have, or all, between two moments.
    Ordered {
        order: &'a Order,
        from: i64,
        before: Position,
    },
    /// Few enough to be put in order for each page, the newest first.
    Few(Vec<Position>),
}

impl<'a> Search<'a> {
    /// Reads `q`, `labelIds` and `includeSpamTrash`.
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

    /// A search by its text alone.
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

    /// Only the messages with a label, beside what else is asked for.
    pub(super) fn with_label(mut self, label: &str) -> Result<Self, Refusal> {
        self.labels.push(self.mailbox.labels.known(label)?);
        Ok(self)
    }

    /// A page of the messages that belong into the list.
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
        // All that stands under the one label that is asked for belongs into the list.
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

    /// A page of the threads that belong into the list. Each stands where its latest message that may be shown does.
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
            // The latest message of a thread may be younger than the one that is asked for.
            Candidates::Ordered {
                order: &store.order,
                from: self.from(&self.query),
                before: order::TOP,
            }
        };
        self.find(request, &candidates, || {
            // A long thread is looked at once, and not once for each of its messages.
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

    /// Whether a message belongs into the list.
    pub(super) fn finds_message(&self, id: u64) -> bool {
        self.mailbox.store.messages.get(&id).is_some_and(|message| {
            self.may_show(message)
                && self.labels.iter().all(|label| message.has(label))
                && self.matches(message)
        })
    }

    // Whether a thread belongs into the list: its messages together have the
    // labels, and one of them is what the text asks for.
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

    // Both passes need a test of their own, because one may remember what it has seen.
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

// A message is taken apart once, and only when the index cannot tell.
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
            // The whole text takes the longest to read, and is looked at most often.
            Place::Text => place.holds(self.text.get_or_init(read), words),
            _ => place.holds(&read(), words),
        }
    }
}
