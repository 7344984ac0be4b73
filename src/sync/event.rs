//! What happens to the messages of a mailbox.

use crate::api::gmail::types::{History, Message};
use crate::connector::MessageReference;

/// Something that happened in the mailbox; events come in order.
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
///         // A copy that keeps labels changes them, and one that was listed again drops what was not listed.
///         _ => {}
///     }
/// }
/// ```
///
/// Events come at least once: after a start from an older state some are repeated, and a message that arrives during a
/// listing can be both [`Listed`](Self::Listed) and [`Added`](Self::Added). Handle each so that a repetition does no
/// harm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The whole mailbox follows, with a [`Listed`](Self::Listed) for each message.
    FullSync(FullSyncReason),
    /// A message that is there.
    Listed(MessageReference),
    /// The whole mailbox has been listed: messages of an earlier copy that were not listed are gone.
    FullSyncEnd,
    /// A message came into the mailbox. It may be gone again by the time it is fetched: see [`found`](super::found).
    Added(MessageReference),
    /// A message was permanently deleted.
    Deleted(MessageReference),
    /// Labels were put on a message.
    LabelsAdded {
        /// The message.
        message: MessageReference,
        /// The ids of the labels.
        label_ids: Vec<String>,
    },
    /// Labels were taken off a message.
    LabelsRemoved {
        /// The message.
        message: MessageReference,
        /// The ids of the labels.
        label_ids: Vec<String>,
    },
}

/// Why the whole mailbox is listed; see [`Event::FullSync`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FullSyncReason {
    /// The copy is empty.
    First,
    /// The previous listing did not finish.
    Interrupted,
    /// Gmail no longer has the history since the copy's state; it usually keeps a week, sometimes only hours.
    HistoryExpired,
}

/// The events of one record of the history.
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
/// [`MailboxSync`](super::MailboxSync) does it for you; use this if you get the history in another way.
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
    // A deletion comes last: nothing that is said of the message in the same record is of use behind it.
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
