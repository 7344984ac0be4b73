//! Stores messages and changes them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;

use super::{
    clock::scramble,
    conversation::{Conversations, Links},
    history::{Change, History},
    index::Index,
    order::{self, Order},
    part::Part,
};

/// A label's id, shared because there are many messages and few labels.
pub(super) type LabelId = Arc<str>;

/// A message: its bytes and the data for lists. Its parts are parsed on demand.
pub(super) struct Stored {
    /// The message's number in the word index.
    pub(super) number: u32,
    /// The message's bytes, unchanged.
    pub(super) raw: Bytes,
    pub(super) thread: u64,
    /// The history id of the latest change.
    pub(super) history: u64,
    /// When it was received, in milliseconds since 1970.
    pub(super) date: i64,
    /// The labels, in the order they were added.
    pub(super) labels: Vec<LabelId>,
    /// The HTML-escaped start of the text.
    pub(super) snippet: Box<str>,
}

impl Stored {
    /// Whether the message has a label.
    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|id| &**id == label)
    }

    /// Whether lists leave the message out by default.
    pub(super) fn is_hidden(&self) -> bool {
        self.has("TRASH") || self.has("SPAM")
    }
}

/// A message to be stored.
pub(super) struct Arrival<'a> {
    /// The message's bytes, unchanged.
    pub(super) raw: Bytes,
    /// The same message, parsed.
    pub(super) message: &'a Part,
    /// When it was received, in milliseconds since 1970.
    pub(super) date: i64,
    pub(super) labels: Vec<LabelId>,
    /// The HTML-escaped start of the text.
    pub(super) snippet: String,
    /// The headers that link it to other messages.
    pub(super) links: Links,
    /// The thread to join, if already known.
    pub(super) thread: Option<u64>,
}

/// All messages, their threads and their history.
pub(super) struct Store {
    /// Every message, by id.
    pub(super) messages: BTreeMap<u64, Stored>,
    /// Every message, in list order.
    pub(super) order: Order,
    /// The word index.
    pub(super) index: Index,
    /// The threads.
    pub(super) conversations: Conversations,
    pub(super) history: History,
    by_label: HashMap<LabelId, Order>,
    next: u64,
}

// Gmail's ids grow with time; this one is close to those of 2026.
const FIRST_ID: u64 = 0x19b7_6da8_0000_0000;

impl Store {
    pub(super) fn new() -> Self {
        Self {
            messages: BTreeMap::new(),
            order: Order::default(),
            index: Index::default(),
            conversations: Conversations::default(),
            history: History::default(),
            by_label: HashMap::new(),
            next: FIRST_ID,
        }
    }

    /// Stores a message and returns its id.
    pub(super) fn add(&mut self, arrival: Arrival<'_>) -> u64 {
        let id = self.new_id();
        let thread = self.conversations.join(id, arrival.thread, arrival.links);
        let history = self
            .history
            .record(id, thread, &arrival.labels, Change::Added);
        self.messages.insert(
            id,
            Stored {
                number: self.index.add(id, arrival.message),
                raw: arrival.raw,
                thread,
                history,
                date: arrival.date,
                labels: arrival.labels,
                snippet: arrival.snippet.into_boxed_str(),
            },
        );
        self.put_in_order(id);
        id
    }

    /// Deletes a message permanently; returns whether it existed.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        self.take_out_of_order(id);
        let Some(message) = self.messages.remove(&id) else {
            return false;
        };
        let messages = &self.messages;
        self.index.remove(|id| messages.contains_key(&id));
        self.conversations.leave(id, message.thread);
        self.history
            .record(id, message.thread, &message.labels, Change::Deleted);
        true
    }

    /// Adds labels to a message and removes others.
    pub(super) fn relabel(&mut self, id: u64, add: &[LabelId], remove: &[LabelId]) {
        self.take_out_of_order(id);
        self.change_labels(id, add, remove);
        self.put_in_order(id);
    }

    /// The messages with a label, in list order.
    pub(super) fn labelled(&self, label: &str) -> &Order {
        self.by_label.get(label).unwrap_or(&order::EMPTY)
    }

    fn change_labels(&mut self, id: u64, add: &[LabelId], remove: &[LabelId]) {
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        let removed: Vec<LabelId> = remove
            .iter()
            .filter(|label| message.has(label))
            .cloned()
            .collect();
        message.labels.retain(|label| !removed.contains(label));
        if !removed.is_empty() {
            message.history = self.history.record(
                id,
                message.thread,
                &message.labels,
                Change::LabelsRemoved(removed),
            );
        }
        let mut added: Vec<LabelId> = Vec::new();
        for label in add {
            if !message.has(label) {
                message.labels.push(label.clone());
                added.push(label.clone());
            }
        }
        if !added.is_empty() {
            message.history = self.history.record(
                id,
                message.thread,
                &message.labels,
                Change::LabelsAdded(added),
            );
        }
    }

    /// The messages of a thread, oldest first.
    pub(super) fn thread(&self, thread: u64) -> Vec<(u64, &Stored)> {
        let mut messages: Vec<(u64, &Stored)> = self
            .conversations
            .messages(thread)
            .iter()
            .filter_map(|id| Some((*id, self.messages.get(id)?)))
            .collect();
        messages.sort_by_key(|(id, message)| (message.date, *id));
        messages
    }

    fn put_in_order(&mut self, id: u64) {
        let Some(message) = self.messages.get(&id) else {
            return;
        };
        let (position, hidden) = ((message.date, id), message.is_hidden());
        self.order.insert(position, hidden);
        for label in &message.labels {
            let order = self.by_label.entry(label.clone()).or_default();
            order.insert(position, hidden);
        }
    }

    fn take_out_of_order(&mut self, id: u64) {
        let Some(message) = self.messages.get(&id) else {
            return;
        };
        self.order.remove((message.date, id));
        for label in &message.labels {
            if let Some(order) = self.by_label.get_mut(label) {
                order.remove((message.date, id));
                if order.len(true) == 0 {
                    self.by_label.remove(label);
                }
            }
        }
    }

    fn new_id(&mut self) -> u64 {
        loop {
            self.next += 0x1_0000 + (scramble(self.next) & 0xffff);
            // A thread has the id of its first message, and imported mail brings its own thread ids.
            if !self.conversations.contains(self.next) {
                return self.next;
            }
        }
    }
}
