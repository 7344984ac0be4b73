//! `airbyte-gmail watch`.

use std::time::Duration;

use airbyte_agent_gmail::sync::{Event, MailboxSync, MessageReference, SyncState};
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde_json::{Value, json};

use crate::cli::args::{Global, complete, seconds};
use crate::cli::exit::Failure;
use crate::cli::label;
use crate::cli::output::{self, Format, Output};
use crate::cli::settings::{builder, patient};

/// Print changes of the mailbox as they happen, one JSON object per line
///
/// It asks Gmail for new changes again and again. (`mailbox watch` is different: after that call, Google tells your
/// Pub/Sub topic that something has changed.)
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail watch --label INBOX\n  \
    airbyte-gmail watch --jq 'select(.event == \"added\") | .id'\n  \
    airbyte-gmail watch --since 100011 --once\n\n\
    Each line has the event (added, deleted, labels_added, labels_removed), the message's id, its\n\
    thread_id and labels, and the history_id to go on from with --since. Where Gmail no longer has\n\
    the changes since then, the whole mailbox is listed: full_sync, listed, full_sync_end.")]
pub(crate) struct Watch {
    /// Only messages with this label (name or id)
    #[arg(long, value_name = "LABEL", add = ArgValueCompleter::new(complete::labels))]
    label: Option<String>,
    /// The history_id to continue from (default: now)
    #[arg(long, value_name = "HISTORY_ID")]
    since: Option<String>,
    /// How long to wait between requests
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds(1..=86_400))]
    interval: Duration,
    /// Print what has happened so far, then stop
    #[arg(long)]
    once: bool,
}

/// The fields of an event.
pub(crate) const FIELDS: [&str; 6] = [
    "event",
    "id",
    "thread_id",
    "labels",
    "changed_labels",
    "history_id",
];

impl Watch {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if let Some(since) = &self.since
            && (since.is_empty() || !since.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(Failure::input(format!(
                "--since `{since}` is not a history id; give the history_id of an earlier event"
            )));
        }
        let output = global.output(Format::Ndjson);
        let gmail = patient(builder(global)?).build()?;
        let label = match self.label {
            Some(label) => label::ids(&gmail, vec![label], "").await?.pop(),
            None => None,
        };
        let since = match self.since {
            Some(since) => since,
            None => {
                let profile = gmail.get_profile().send().await?;
                profile.history_id.ok_or_else(|| {
                    Failure::other("the profile has no history id to begin with; report it")
                })?
            }
        };
        let mut sync = gmail.sync(SyncState::from_history_id(since));
        if let Some(label) = label {
            sync = sync.label(label);
        }
        loop {
            match sync.next().await {
                Ok(Some(event)) => print(&output, &event, &sync)?,
                Ok(None) if self.once => return Ok(()),
                Ok(None) => tokio::time::sleep(self.interval).await,
                // The next call continues from the state.
                Err(error) if error.is_transient() && !self.once => {
                    output::note(&format!("{error}; trying again"));
                    tokio::time::sleep(self.interval).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn print(output: &Output, event: &Event, sync: &MailboxSync<'_>) -> Result<(), Failure> {
    let mut value = object(event);
    if let Some(id) = sync.state().history_id() {
        value["history_id"] = json!(id);
    }
    output.records(&[output.selection().apply(&value)], false)
}

/// An event as a JSON object.
fn object(event: &Event) -> Value {
    let of = |event: &str, message: &MessageReference| {
        json!({
            "event": event,
            "id": message.id,
            "thread_id": message.thread_id,
            "labels": message.label_ids,
        })
    };
    let with = |mut value: Value, label_ids: &[String]| {
        value["changed_labels"] = json!(label_ids);
        value
    };
    match event {
        Event::FullSync(_) => json!({"event": "full_sync"}),
        Event::Listed(message) => of("listed", message),
        Event::FullSyncEnd => json!({"event": "full_sync_end"}),
        Event::Added(message) => of("added", message),
        Event::Deleted(message) => of("deleted", message),
        Event::LabelsAdded { message, label_ids } => with(of("labels_added", message), label_ids),
        Event::LabelsRemoved { message, label_ids } => {
            with(of("labels_removed", message), label_ids)
        }
        // A kind added in a later version.
        _ => json!({"event": "other"}),
    }
}
