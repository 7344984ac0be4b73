//! A message by its ids.

use crate::api::gmail::types::Message;

/// A reference to a message by its ids, as in lists and history events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageReference {
    /// The message's id.
    pub id: String,
    /// Its thread's id; empty if unknown.
    pub thread_id: String,
    /// Its labels at the time of an event, by id; lists don't include them.
    pub label_ids: Vec<String>,
}

impl From<Message> for MessageReference {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            thread_id: message.thread_id.unwrap_or_default(),
            label_ids: message.label_ids,
        }
    }
}

impl From<&Message> for MessageReference {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.clone(),
            thread_id: message.thread_id.clone().unwrap_or_default(),
            label_ids: message.label_ids.clone(),
        }
    }
}

impl From<String> for MessageReference {
    fn from(id: String) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }
}

impl From<&String> for MessageReference {
    fn from(id: &String) -> Self {
        Self::from(id.clone())
    }
}

impl From<&str> for MessageReference {
    fn from(id: &str) -> Self {
        Self::from(id.to_owned())
    }
}
