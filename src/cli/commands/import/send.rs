//! Sends a message of an import, and finds out whether an earlier one arrived.

use std::collections::HashMap;
use std::time::Duration;

use airbyte_agent_gmail::mail::SearchQuery;
use airbyte_agent_gmail::mail::encoding::encode_base64url;
use airbyte_agent_gmail::types::DraftMessage;
use airbyte_agent_gmail::{Error, GmailConnector, Mode};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::message_id;
use super::source::Item;
use crate::cli::output;

/// Messages of at least this size use media upload, which avoids base64.
const UPLOAD_FROM: usize = 1024 * 1024;

/// How long Gmail may take to find a new message.
const SEARCH_DELAY: Duration = Duration::from_secs(10);

/// The outcome of sending a message.
pub(super) enum Outcome {
    Done(Option<String>),
    /// Gmail refuses this message; others may succeed.
    Refused(String),
    /// It may have arrived.
    Unknown(Error),
    /// It has not arrived, and others would fail too.
    NotSent(Error),
}

/// Whether a message sent earlier has arrived.
pub(super) enum Settled {
    There(Option<String>),
    Missing,
    Unknown,
}

/// Sends the messages of one run.
pub(super) struct Sender<'a> {
    gmail: &'a GmailConnector,
    never_mark_spam: bool,
    /// The number of imported messages for each Message-ID.
    message_ids: HashMap<String, usize>,
    /// Monotonic: setting the system clock must not shorten the wait.
    started: Instant,
    /// How many drafts were imported without all of their labels.
    pub(super) incomplete: u64,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        gmail: &'a GmailConnector,
        never_mark_spam: bool,
        message_ids: HashMap<String, usize>,
    ) -> Self {
        Self {
            gmail,
            never_mark_spam,
            message_ids,
            started: Instant::now(),
            incomplete: 0,
        }
    }

    pub(super) async fn send(&mut self, item: &Item, label_ids: Vec<String>) -> Outcome {
        match self.call(&item.raw, label_ids).await {
            Ok(id) => Outcome::Done(id),
            Err(error) if error.is_outcome_unknown() => Outcome::Unknown(error),
            Err(error) if is_refusal(&error) => Outcome::Refused(match error.service_message() {
                Some(said) => format!("{error}; the service said: {said}"),
                None => error.to_string(),
            }),
            Err(error) => Outcome::NotSent(error),
        }
    }

    async fn call(&mut self, raw: &[u8], label_ids: Vec<String>) -> Result<Option<String>, Error> {
        if label_ids.iter().any(|id| id == "DRAFT") {
            return self.draft(raw, label_ids).await;
        }
        if raw.len() >= UPLOAD_FROM && self.gmail.mode() == Mode::OpenSource {
            let params = json!({"labelIds": label_ids, "neverMarkSpam": self.never_mark_spam});
            let params = params.as_object().cloned().unwrap_or_default();
            let message = self
                .gmail
                .messages()
                .import_media(raw.to_vec())
                .params(params)
                .send()
                .await?;
            return Ok(Some(message.id));
        }
        let message = self
            .gmail
            .messages()
            .import(encode_base64url(raw))
            .label_ids(label_ids)
            .never_mark_spam(self.never_mark_spam)
            .send()
            .await?;
        Ok(Some(message.id))
    }

    /// Gmail gives the DRAFT label only to messages created as drafts.
    async fn draft(&mut self, raw: &[u8], label_ids: Vec<String>) -> Result<Option<String>, Error> {
        // Labels that a draft can't have.
        const NOT_OF_DRAFTS: [&str; 5] = ["DRAFT", "INBOX", "SENT", "SPAM", "UNREAD"];
        let message = DraftMessage::new(encode_base64url(raw));
        let draft = self.gmail.drafts().create(message).send().await?;
        let id = draft.message.map(|message| message.id);
        let others: Vec<String> = label_ids
            .into_iter()
            .filter(|id| !NOT_OF_DRAFTS.contains(&id.as_str()))
            .collect();
        if let Some(id) = id.as_deref().filter(|_| !others.is_empty()) {
            let modified = self.gmail.messages().modify(id).add_label_ids(others);
            if let Err(error) = modified.send().await {
                // The draft exists and must not be created twice.
                output::note(&format!(
                    "the draft {id} is imported, but without its other labels: {error}"
                ));
                self.incomplete += 1;
            }
        }
        Ok(id)
    }

    /// Searches for a message that was sent without a response.
    pub(super) async fn settle(&mut self, item: &Item) -> Result<Settled, Error> {
        let Some(message_id) = message_id(&item.raw) else {
            return Ok(Settled::Unknown);
        };
        let query = SearchQuery::new()
            .rfc822_message_id(&message_id)
            .within("anywhere")
            .to_string();
        // Equal messages imported earlier have the same Message-ID.
        let known = self.message_ids.entry(message_id).or_default();
        let delay_ends = self.started + SEARCH_DELAY;
        loop {
            let asked = Instant::now();
            let list = self.gmail.messages().list().q(query.as_str());
            let found = list.send().await?.messages;
            if found.len() > *known {
                *known += 1;
                return Ok(Settled::There(
                    found.into_iter().next().map(|message| message.id),
                ));
            }
            // The search may not yet find what arrived just before this run.
            if asked >= delay_ends {
                return Ok(Settled::Missing);
            }
            output::note(&format!(
                "waiting {} s: {} was under way when the last run ended, and Gmail's search may not know it yet",
                (delay_ends - asked).as_secs() + 1,
                item.place()
            ));
            sleep_until(delay_ends).await;
        }
    }
}

/// Whether an error concerns this message and not all of them.
fn is_refusal(error: &Error) -> bool {
    error.is_invalid_request()
        || error.is_invalid_input()
        || matches!(error.status(), Some(406 | 411..=415 | 417 | 422 | 431))
}
