//! Changes to the messages of a mailbox.

use crate::api::gmail::types::{History, Message};
use crate::connector::MessageReference;

/// A change in the mailbox. Events arrive in order.
///
/// ```
/// use std::collections::BTreeSet;
/// use airbyte_agent_gmail::sync::Event;
///
/// fn apply(event: Event, known: &mut BTreeSet<String>) {
///     match event {
///         Event::Listed(message) | Event::Added(message) => {
///             known.insert(message.id);
///         }
///         Event::Deleted(message) => {
///             known.remove(&message.id);
///         }
///         // A copy that keeps labels updates them here. After a relisting, it drops what was not listed.
///         _ => {}
///     }
/// }
/// ```
///
/// Each event is delivered at least once. After a start from an older state some are repeated, and a message that
/// arrives during a listing can be both [`Listed`](Self::Listed) and [`Added`](Self::Added). Make your handler
/// idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A full listing follows, with a [`Listed`](Self::Listed) for each message.
    FullSync(FullSyncReason),
    /// A message in the listing.
    Listed(MessageReference),
    /// The full listing is complete. Messages of an earlier copy that were not listed no longer exist.
    FullSyncEnd,
    /// A message arrived. It may be gone by the time you fetch it: see [`found`](super::found).
    Added(MessageReference),
    /// A message was permanently deleted.
    Deleted(MessageReference),
    /// Labels were added to a message.
    LabelsAdded {
        /// The message.
        message: MessageReference,
        /// The ids of the labels.
        label_ids: Vec<String>,
    },
    /// Labels were removed from a message.
    LabelsRemoved {
        /// The message.
        message: MessageReference,
        /// The ids of the labels.
        label_ids: Vec<String>,
    },
}

/// Why a full listing starts; see [`Event::FullSync`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FullSyncReason {
    /// The copy is empty.
    First,
    /// The previous listing did not finish.
    Interrupted,
    /// Gmail no longer has the history since the copy's state. It usually keeps a week, sometimes only hours.
    HistoryExpired,
}

/// The events of one history record.
///
/// ```
/// use airbyte_agent_gmail::{sync::{Event, changes}, types::History};
/// use serde_json::json;
///
/// let record: History = serde_json::from_value(json!({
///     "id": "100012",
///     "messagesAdded": [{"message": {"id": "18c2a", "threadId": "18c2a", "labelIds": ["INBOX"]}}],
/// }))?;
/// assert!(matches!(changes(record).as_slice(), [Event::Added(message)] if message.id == "18c2a"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// [`MailboxSync`](super::MailboxSync) does this for you; call it only if you fetch the history yourself.
pub fn changes(record: History) -> Vec<Event> {
    let reference = |message: Option<Message>| message.map(MessageReference::from);
    let added = record
        .messages_added
        .into_iter()
        .filter_map(|change| reference(change.message).map(Event::Added));
    let labels_added = record.labels_added.into_iter().filter_map(|change| {
        Some(Event::LabelsAdded {
            message: reference(change.message)?,
            label_ids: change.label_ids,
        })
    });
    let labels_removed = record.labels_removed.into_iter().filter_map(|change| {
        Some(Event::LabelsRemoved {
            message: reference(change.message)?,
            label_ids: change.label_ids,
        })
    });
    // Deletions come last: nothing else in the record matters once the message is gone.
    let deleted = record
        .messages_deleted
        .into_iter()
        .filter_map(|change| reference(change.message).map(Event::Deleted));
    added
        .chain(labels_added)
        .chain(labels_removed)
        .chain(deleted)
        .collect()
}
