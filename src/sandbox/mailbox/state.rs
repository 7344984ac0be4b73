//! The whole mailbox as one document, for tests that compare mailboxes.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    label::Label,
    message::{format_id, identity},
};

impl Mailbox {
    /// Everything that distinguishes this mailbox from another, in a fixed order.
    pub(crate) fn state(&self) -> Value {
        let messages: Vec<Value> = self
            .store
            .messages
            .iter()
            .map(|(id, message)| {
                let mut json = identity(*id, message.thread, &message.labels);
                if let Some(map) = json.as_object_mut() {
                    map.insert("historyId".into(), message.history.to_string().into());
                    map.insert("internalDate".into(), message.date.to_string().into());
                    map.insert("size".into(), message.raw.len().into());
                    map.insert("digest".into(), digest(&message.raw).into());
                    if let Some(draft) = self.draft_of(*id) {
                        map.insert("draftId".into(), draft.into());
                    }
                }
                json
            })
            .collect();
        let threads: Map<String, Value> = self
            .store
            .conversations
            .threads()
            .map(|thread| {
                let messages = self.store.conversations.messages(thread);
                (
                    format_id(thread),
                    messages
                        .iter()
                        .map(|id| Value::from(format_id(*id)))
                        .collect(),
                )
            })
            .collect();
        let drafts: Map<String, Value> = self
            .drafts
            .iter()
            .map(|(id, message)| (id.to_owned(), format_id(message).into()))
            .collect();
        json!({
            "emailAddress": self.address,
            "historyId": self.store.history.latest().to_string(),
            "messages": messages,
            "threads": threads,
            "drafts": drafts,
            "labels": self.labels.iter().map(Label::to_json).collect::<Vec<_>>(),
            "settings": self.settings.to_json(),
        })
    }
}

// FNV-1a, 64 bits: collisions are unlikely enough, and failing tests print no mail text.
fn digest(raw: &[u8]) -> String {
    let hash = raw.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
