//! The sandbox's mailbox: a small Gmail without HTTP.
//!
//! Each call is one Gmail operation, named by its operation id, with its parameters and body fields in one flat map.
//! Everything is in memory. Messages are kept byte for byte; they are parsed for the word index on arrival, and again
//! when a call needs their parts.
//!
//! The mailbox has its own MIME parser, separate from `crate::mail`, so tests compare two independent parsers.

mod alias;
mod clock;
mod color;
mod content;
mod conversation;
mod delegation;
mod delivery;
mod draft;
mod edit;
mod encoding;
mod encryption;
mod filter;
mod header;
mod history;
mod index;
mod label;
mod list;
mod mbox;
mod message;
mod order;
mod parameter;
mod part;
mod payload;
mod query;
mod refusal;
mod sample;
mod search;
mod sending;
mod setting;
mod snippet;
mod state;
mod store;
#[cfg(test)]
mod support;
mod term;
mod thread;
mod word;

use std::fmt;

use serde_json::{Map, Value, json};

pub(crate) use self::encoding::decode_wire;
pub(crate) use self::refusal::Refusal;
use self::{clock::Clock, draft::Drafts, label::Labels, setting::Settings, store::Store};

/// A mailbox and its contents.
pub(crate) struct Mailbox {
    address: String,
    clock: Clock,
    store: Store,
    labels: Labels,
    drafts: Drafts,
    settings: Settings,
    /// The number of calls that may have changed something.
    changes: u64,
}

// The mailbox may hold real mail, which must not reach a log: only counts are shown.
impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mailbox")
            .field("messages", &self.store.messages.len())
            .field("threads", &self.store.conversations.count())
            .finish_non_exhaustive()
    }
}

impl Mailbox {
    /// An empty mailbox with the system labels.
    pub(crate) fn new(email_address: &str) -> Self {
        Self {
            address: email_address.to_owned(),
            clock: Clock::default(),
            store: Store::new(),
            labels: Labels::new(),
            drafts: Drafts::default(),
            settings: Settings::new(email_address),
            changes: 0,
        }
    }

    /// A number that changes whenever the contents change.
    #[cfg_attr(
        not(feature = "sandbox-sql"),
        allow(dead_code, reason = "SQL alone asks for it")
    )]
    pub(crate) fn revision(&self) -> u64 {
        self.changes
    }

    /// The address of the mailbox's owner.
    pub(crate) fn email_address(&self) -> &str {
        &self.address
    }

    /// Stops the mailbox's clock at this time, in milliseconds since 1970.
    #[cfg(test)]
    pub(crate) fn fix_clock(&mut self, now: i64) {
        self.clock.stopped = Some(now);
    }

    /// Runs an operation. `Value::Null` is success with an empty body.
    ///
    /// # Errors
    ///
    /// Gmail's refusals, in Gmail's words.
    pub(crate) fn call(
        &mut self,
        operation: &str,
        params: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        self.dispatch(operation, params, None)
    }

    /// Runs an operation whose message was uploaded as media.
    ///
    /// # Errors
    ///
    /// As for [`Mailbox::call`].
    pub(crate) fn call_with_media(
        &mut self,
        operation: &str,
        params: &Map<String, Value>,
        raw: &[u8],
    ) -> Result<Value, Refusal> {
        self.dispatch(operation, params, Some(raw))
    }

    fn dispatch(
        &mut self,
        operation: &str,
        params: &Map<String, Value>,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        let only_reads = ["_get", "_list", "get_profile"];
        if !only_reads.iter().any(|end| operation.ends_with(end)) {
            self.changes += 1;
        }
        match operation {
            "get_profile" => Ok(self.get_profile()),
            "watch" => self.watch(params),
            "stop" => Ok(Value::Null),
            "history_list" => self.history_list(params),
            "messages_list" => self.messages_list(params),
            "messages_get" => self.messages_get(params),
            "messages_attachments_get" => self.messages_attachments_get(params),
            "messages_send" => self.messages_send(params, media),
            "messages_insert" => self.messages_insert(params, media),
            "messages_import" => self.messages_import(params, media),
            "messages_modify" => self.messages_modify(params),
            "messages_trash" => self.messages_trash(params),
            "messages_untrash" => self.messages_untrash(params),
            "messages_delete" => self.messages_delete(params),
            "messages_batch_modify" => self.messages_batch_modify(params),
            "messages_batch_delete" => self.messages_batch_delete(params),
            "threads_list" => self.threads_list(params),
            "threads_get" => self.threads_get(params),
            "threads_modify" => self.threads_modify(params),
            "threads_trash" => self.threads_trash(params),
            "threads_untrash" => self.threads_untrash(params),
            "threads_delete" => self.threads_delete(params),
            "labels_list" => Ok(self.labels_list()),
            "labels_get" => self.labels_get(params),
            "labels_create" => self.labels_create(params),
            "labels_update" => self.labels_update(params),
            "labels_patch" => self.labels_patch(params),
            "labels_delete" => self.labels_delete(params),
            "drafts_list" => self.drafts_list(params),
            "drafts_get" => self.drafts_get(params),
            "drafts_create" => self.drafts_create(params, media),
            "drafts_update" => self.drafts_update(params, media),
            "drafts_delete" => self.drafts_delete(params),
            "drafts_send" => self.drafts_send(params, media),
            _ => match operation.strip_prefix("settings_") {
                Some(setting) => self.dispatch_setting(setting, params),
                None => Err(Refusal::unimplemented(operation)),
            },
        }
    }

    fn get_profile(&self) -> Value {
        json!({
            "emailAddress": self.address,
            "messagesTotal": self.store.messages.len(),
            "threadsTotal": self.store.conversations.count(),
            "historyId": self.store.history.latest().to_string(),
        })
    }

    fn is_own(&self, address: &str) -> bool {
        let plain = |address: &str| {
            let lower = address.trim().to_lowercase();
            match lower.rsplit_once('@') {
                // Gmail ignores a plus sign in the local part and everything after it.
                Some((local, domain)) => {
                    let local = local.split_once('+').map_or(local, |(name, _)| name);
                    format!("{local}@{domain}")
                }
                None => lower,
            }
        };
        plain(address) == plain(&self.address)
    }
}
