//! `airbyte-gmail send`, `reply` and `forward`.

use std::fs::File;
use std::path::PathBuf;

use airbyte_agent_gmail::mail::{AnswerNote, Compose, Composed, MailboxList};
use airbyte_agent_gmail::tool::visible_text;
use airbyte_agent_gmail::{Error, GmailConnector};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::args::{Global, Text};
use crate::cli::editor;
use crate::cli::exit::Failure;
use crate::cli::output::{self, Format, Output};
use crate::cli::settings::connect;

/// The fields of a sent message or saved draft.
pub(crate) const FIELDS: [&str; 5] = ["sent", "draft", "thread", "to", "notes"];

/// Write a message and send it
#[derive(Args)]
#[command(
    after_help = "Example: airbyte-gmail send --to support@example.com --subject Hello --text 'How are you?'"
)]
pub(crate) struct Send {
    /// The subject
    #[arg(long, short, value_name = "TEXT", allow_hyphen_values = true)]
    subject: Option<String>,
    #[command(flatten)]
    recipients: Recipients,
    #[command(flatten)]
    content: Content,
}

/// Reply to a message
#[derive(Args)]
pub(crate) struct Reply {
    /// The id of the message, as search shows it
    message_id: String,
    /// Reply to everybody, not only to the sender
    #[arg(long)]
    reply_all: bool,
    /// Don't quote the original
    #[arg(long)]
    no_quote: bool,
    #[command(flatten)]
    content: Content,
}

/// Forward a message with its attachments
#[derive(Args)]
pub(crate) struct Forward {
    /// The id of the message, as search shows it
    message_id: String,
    /// Forward it without its attachments
    #[arg(long)]
    no_attachments: bool,
    #[command(flatten)]
    recipients: Recipients,
    #[command(flatten)]
    content: Content,
}

#[derive(Args)]
struct Recipients {
    /// A recipient, as address or Name <address>; repeat for more
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Who gets a copy; repeat for more
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,
    /// Who gets a hidden copy; repeat for more
    #[arg(long, value_name = "ADDRESS")]
    bcc: Vec<String>,
}

#[derive(Args)]
struct Content {
    /// The text; @FILE reads a file, - reads standard input
    #[arg(long, short, allow_hyphen_values = true)]
    text: Option<Text>,
    /// The text as HTML; @FILE reads a file, - reads standard input
    #[arg(long, allow_hyphen_values = true)]
    html: Option<Text>,
    /// A file to attach; repeat for more
    #[arg(long, short, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// The sender, if the account has aliases
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Save a draft, and send nothing
    #[arg(long)]
    draft: bool,
}

impl Send {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let is_edited = self.content.is_edited(false)?;
        self.recipients.check()?;
        let gmail = connect(global)?;
        let writing = Writing {
            recipients: Some(self.recipients),
            subject: self.subject,
            content: self.content,
            is_edited,
        };
        writing.finish(global, &gmail, Compose::new()).await
    }
}

impl Reply {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let is_edited = self.content.is_edited(false)?;
        let gmail = connect(global)?;
        let reply = if self.reply_all {
            gmail.reply_all(self.message_id)
        } else {
            gmail.reply(self.message_id)
        };
        let mut message = reply.prepare().await?;
        if self.no_quote {
            message = message.without_quotation();
        }
        let writing = Writing {
            recipients: None,
            subject: None,
            content: self.content,
            is_edited,
        };
        writing.finish(global, &gmail, message).await
    }
}

impl Forward {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        // A forward has the original and needs no other text.
        let is_edited = self.content.is_edited(true)?;
        self.recipients.check()?;
        let gmail = connect(global)?;
        let mut forward = gmail.forward(self.message_id);
        if self.no_attachments {
            forward = forward.without_attachments();
        }
        let message = forward.prepare().await?;
        let writing = Writing {
            recipients: Some(self.recipients),
            subject: None,
            content: self.content,
            is_edited,
        };
        writing.finish(global, &gmail, message).await
    }
}

impl Recipients {
    /// Refuses an invalid address and quotes it. The library's errors don't, because they may be logged.
    fn check(&self) -> Result<(), Failure> {
        let flags = [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc)];
        for (flag, given) in flags {
            for text in given {
                text.parse::<MailboxList>().map_err(|error| {
                    Failure::input(format!("--{flag} `{}`: {error}", visible_text(text)))
                })?;
            }
        }
        Ok(())
    }
}

impl Content {
    /// Whether to open the editor for the text. Refuses attachments that can't be read.
    fn is_edited(&self, has_original: bool) -> Result<bool, Failure> {
        for file in &self.attach {
            File::open(file).map_err(|error| {
                let path = file.display();
                Failure::input(visible_text(&format!(
                    "--attach `{path}`: {error}; give a file that you can read"
                )))
            })?;
        }
        let has_text = self.text.is_some() || self.html.is_some();
        let is_complete = has_original || !self.attach.is_empty();
        let is_edited = !has_text && (!is_complete || has_original) && editor::is_there();
        if !has_text && !is_complete && !is_edited {
            return Err(Failure::input(
                "there is nothing to send; give --text, --html or --attach, or an empty --text ''; on a terminal, set EDITOR to write it there",
            ));
        }
        Ok(is_edited)
    }
}

/// The parts to put into a message.
struct Writing {
    recipients: Option<Recipients>,
    subject: Option<String>,
    content: Content,
    is_edited: bool,
}

impl Writing {
    /// Completes the message, in the editor if needed, and sends it, shows it or saves it as a draft.
    async fn finish(
        self,
        global: &Global,
        gmail: &GmailConnector,
        message: Compose,
    ) -> Result<(), Failure> {
        for note in message.notes() {
            output::note(&format!("note: {}", told(note)));
        }
        if !self.is_edited {
            return self.send(global, gmail, message).await;
        }
        let (message, written) = edited(message)?;
        let sent = self.send(global, gmail, message).await;
        if sent.is_err() {
            written.keep();
        }
        sent
    }

    /// Fills in the message, and sends it, shows it or saves it as a draft.
    async fn send(
        self,
        global: &Global,
        gmail: &GmailConnector,
        mut message: Compose,
    ) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let is_draft = self.content.draft;
        let text = self.content.text.as_ref().map(Text::read).transpose()?;
        let html = self.content.html.as_ref().map(Text::read).transpose()?;
        for (given, read) in [(&self.content.text, &text), (&self.content.html, &html)] {
            if let (Some(given), Some(read)) = (given, read) {
                given.check_mail(read)?;
            }
        }
        if let Some(text) = text {
            message = message.text(text);
        }
        if let Some(html) = html {
            message = message.html(html);
        }
        if let Some(from) = self.content.from {
            message = message.from(from);
        }
        for file in self.content.attach {
            message = message.attachment_from_path(file);
        }
        if let Some(Recipients { to, cc, bcc }) = self.recipients {
            message = to.into_iter().fold(message, Compose::to);
            message = cc.into_iter().fold(message, Compose::cc);
            message = bcc.into_iter().fold(message, Compose::bcc);
        }
        if let Some(subject) = self.subject {
            message = message.subject(subject);
        }
        let notes: Vec<Value> = message.notes().iter().map(told_in_json).collect();
        let recipients = recipients(&message);
        let message = message.build().map_err(Error::from)?;
        if recipients.is_empty() && !is_draft {
            return Err(Failure::input("the message has no recipient; give --to"));
        }
        let with_notes = |mut value: Value| {
            // A table would only repeat the notes printed above.
            if !notes.is_empty() && output.format() != Format::Table {
                value["notes"] = json!(notes);
            }
            value
        };
        if global.dry_run {
            return show(&output, &message, &recipients, is_draft, with_notes);
        }
        if is_draft {
            let draft = gmail.save_draft(&message).await?;
            return output.show(&with_notes(json!({"draft": draft.id, "to": recipients})));
        }
        let sent = gmail.send(&message).await?;
        output.show(&with_notes(
            json!({"sent": sent.id, "thread": sent.thread_id, "to": recipients}),
        ))
    }
}

/// Opens the editor, with the original quoted below, and returns the message with the text written.
fn edited(message: Compose) -> Result<(Compose, editor::Written), Failure> {
    let quotation = message.quotation_text().unwrap_or_default().to_owned();
    let written = editor::edit(&format!("\n\n{quotation}"))?;
    let (text, is_quoted) = editor::above(&written.text, &quotation);
    let text = text.to_owned();
    if text.trim().is_empty() {
        return Err(Failure::input(
            "nothing was written, so nothing is sent; --text '' sends it without text",
        ));
    }
    // An edited quotation is part of the text.
    let message = if is_quoted {
        message
    } else {
        message.without_quotation()
    };
    Ok((message.text(text), written))
}

/// All recipients of a message.
pub(crate) fn recipients(message: &Compose) -> Vec<String> {
    let addresses = message.recipients();
    addresses
        .map(|address| address.address().to_owned())
        .collect()
}

/// A note with the address it concerns: the user's own terminal may show it.
fn told(note: &AnswerNote) -> String {
    let address = note.address();
    let about = address.map(|address| format!(" ({address})"));
    visible_text(&format!("{note}{}", about.unwrap_or_default()))
}

fn told_in_json(note: &AnswerNote) -> Value {
    let mut value = json!({"text": note.to_string()});
    if let Some(address) = note.address() {
        value["address"] = json!(address.address());
    }
    value
}

/// Shows the message without sending it.
pub(crate) fn show(
    output: &Output,
    message: &Composed,
    recipients: &[String],
    is_draft: bool,
    with_notes: impl Fn(Value) -> Value,
) -> Result<(), Failure> {
    if output.format() != Format::Table {
        return output.value(&with_notes(json!({
            "dry_run": true,
            "draft": is_draft,
            "to": recipients,
            "thread": message.thread_id,
            "message": String::from_utf8_lossy(&message.raw),
        })));
    }
    output::note(&format!(
        "nothing is sent (--dry-run); the message to {} would be:",
        recipients.join(", ")
    ));
    output::line(visible_text(&String::from_utf8_lossy(&message.raw)).trim_end())
}
