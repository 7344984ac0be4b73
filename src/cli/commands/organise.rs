//! `airbyte-gmail label`, `archive`, `trash`, `untrash` and `mark`: the same change to one or more messages.

use std::io::IsTerminal;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::tool::visible_text;
use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;
use serde_json::json;

use crate::cli::args::{Global, Messages, complete};
use crate::cli::exit::{About, Failure};
use crate::cli::label::{self, Labels};
use crate::cli::output::{self, Format, Meter};
use crate::cli::settings::connect;

/// Add labels to messages or remove them
#[derive(Args)]
#[command(after_help = "Example: airbyte-gmail label 18c2a5 --add Receipts --remove UNREAD")]
pub(crate) struct Label {
    #[command(flatten)]
    messages: Messages,
    /// The name or id of a label; repeat for more
    #[arg(long, value_name = "LABEL", add = ArgValueCompleter::new(complete::labels))]
    add: Vec<String>,
    /// The name or id of a label; repeat for more
    #[arg(long, value_name = "LABEL", add = ArgValueCompleter::new(complete::labels))]
    remove: Vec<String>,
    /// Create the labels to add if they don't exist
    #[arg(long)]
    create: bool,
}

/// Mark messages as read or unread
#[derive(Subcommand)]
pub(crate) enum Mark {
    /// Mark messages as read
    Read(Messages),
    /// Mark messages as unread
    Unread(Messages),
}

impl Label {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if self.add.is_empty() && self.remove.is_empty() {
            return Err(Failure::input("no label; give --add or --remove"));
        }
        if let Some(label) = self.add.iter().find(|label| self.remove.contains(label)) {
            return Err(Failure::input(format!(
                "`{}` is both added and removed; choose one",
                visible_text(label)
            )));
        }
        if self
            .add
            .iter()
            .chain(&self.remove)
            .any(|label| label.trim().is_empty())
        {
            return Err(Failure::input(
                "a label without a name; give one as `labels list` shows it",
            ));
        }
        let ids = self.messages.read()?;
        let gmail = connect(global)?;
        let add = if self.create && !global.dry_run && !self.add.is_empty() {
            let mut labels = Labels::list(&gmail).await?;
            for name in &self.add {
                if labels.id(name).is_none() {
                    labels.create(&gmail, name).await?;
                }
            }
            labels.ids(&self.add, OR_CREATE)?
        } else {
            label::ids(&gmail, self.add, OR_CREATE).await?
        };
        let change = Change::Labels {
            add,
            remove: label::ids(&gmail, self.remove, OR_CREATE).await?,
        };
        change.make(global, &gmail, "label", &ids).await
    }
}

/// Runs `archive`.
pub(crate) async fn archive(messages: Messages, global: &Global) -> Result<(), Failure> {
    let ids = messages.read()?;
    let change = Change::labels(&[], &["INBOX"]);
    change
        .make(global, &connect(global)?, "archive", &ids)
        .await?;
    tell_undo(global, "label", &ids, " --add INBOX");
    Ok(())
}

/// Runs `trash`.
pub(crate) async fn trash(messages: Messages, global: &Global) -> Result<(), Failure> {
    let ids = messages.read()?;
    let gmail = connect(global)?;
    Change::Trash.make(global, &gmail, "trash", &ids).await?;
    tell_undo(global, "untrash", &ids, "");
    Ok(())
}

/// Runs `untrash`.
pub(crate) async fn untrash(messages: Messages, global: &Global) -> Result<(), Failure> {
    let ids = messages.read()?;
    let gmail = connect(global)?;
    Change::Untrash.make(global, &gmail, "untrash", &ids).await
}

impl Mark {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let (name, change, messages) = match self {
            Self::Read(messages) => ("mark read", Change::labels(&[], &["UNREAD"]), messages),
            Self::Unread(messages) => ("mark unread", Change::labels(&["UNREAD"], &[]), messages),
        };
        let (ids, gmail) = (messages.read()?, connect(global)?);
        change.make(global, &gmail, name, &ids).await
    }
}

/// The fields of a changed message.
pub(crate) const FIELDS: [&str; 2] = ["id", "labels"];

/// The advice for a label that does not exist.
const OR_CREATE: &str = ", or --create";

/// A change to a message.
enum Change {
    /// Adds and removes labels, by id.
    Labels {
        add: Vec<String>,
        remove: Vec<String>,
    },
    Trash,
    Untrash,
}

impl Change {
    fn labels(add: &[&str], remove: &[&str]) -> Self {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        Self::Labels {
            add: owned(add),
            remove: owned(remove),
        }
    }

    /// Changes one message after the other and shows the results.
    async fn make(
        self,
        global: &Global,
        gmail: &GmailConnector,
        name: &str,
        ids: &[String],
    ) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let (add, remove) = match &self {
            Self::Labels { add, remove } => (add.clone(), remove.clone()),
            Self::Trash | Self::Untrash => Default::default(),
        };
        if global.dry_run {
            return output.value(&json!({
                "dry_run": true,
                "command": name,
                "messages": ids,
                "add_labels": add,
                "remove_labels": remove,
            }));
        }
        let mut meter = Meter::beside_records("messages").of(ids.len());
        let mut changed = Vec::new();
        let mut failure = None;
        for id in ids {
            let messages = gmail.messages();
            let outcome = match &self {
                Self::Trash => messages.trash(id).send().await,
                Self::Untrash => messages.untrash(id).send().await,
                Self::Labels { .. } => {
                    let mut call = messages.modify(id);
                    if !add.is_empty() {
                        call = call.add_label_ids(add.clone());
                    }
                    if !remove.is_empty() {
                        call = call.remove_label_ids(remove.clone());
                    }
                    call.send().await
                }
            };
            match outcome {
                Ok(message) => changed.push(json!({"id": id, "labels": message.label_ids})),
                Err(error) => {
                    failure = Some((id, error));
                    break;
                }
            }
            meter.add(1, 0);
        }
        drop(meter);
        // Show what was done even after a failure, so it need not be repeated.
        if output.format() == Format::Json {
            output.show(&changed)?;
        } else if !changed.is_empty() {
            if output.format() == Format::Table && output::is_terminal() {
                let mut labels = None;
                for message in &mut changed {
                    let ids: Vec<String> = serde_json::from_value(message["labels"].take())?;
                    // The change was made. Without names, show the ids.
                    let names = label::shown_names(gmail, &mut labels, &ids).await;
                    message["labels"] = json!(names.unwrap_or(ids));
                }
            }
            output.with_columns(&FIELDS).show(&changed)?;
        }
        let Some((id, error)) = failure else {
            return Ok(());
        };
        if ids.len() > 1 {
            output::note(&format!(
                "{} of {} messages are done; it stopped at {id}",
                changed.len(),
                ids.len()
            ));
        }
        Err(error).about(id)
    }
}

/// Tells a person how to undo a change.
fn tell_undo(global: &Global, command: &str, ids: &[String], options: &str) {
    if global.dry_run || ids.is_empty() || !std::io::stderr().is_terminal() {
        return;
    }
    let ids = match ids {
        [id] => id.as_str(),
        _ => "with the same ids",
    };
    output::note(&visible_text(&format!(
        "undo: airbyte-gmail {command} {ids}{options}"
    )));
}
