//! `send`, `reply` and `forward`.

use airbyte_agent_gmail::mail::{AnswerNote, Compose, Composed};
use airbyte_agent_gmail::tool::visible_text;
use airbyte_agent_gmail::{Error, GmailConnector};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::args::{Global, Text};
use super::exit::Failure;
use super::output::{self, Format, Output};
use super::settings::connect;
use super::{editor, texts};

/// The commands of this file.
pub(crate) fn commands() -> Vec<Command> {
    let several = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("ADDRESS")
            .action(ArgAction::Append)
            .help(help)
    };
    let content = |command: Command| {
        command
            .arg(
                Arg::new("text")
                    .long("text")
                    .short('t')
                    .value_name("TEXT")
                    .allow_hyphen_values(true)
                    .help("The text; @FILE reads a file, - the standard input"),
            )
            .arg(
                Arg::new("html")
                    .long("html")
                    .value_name("HTML")
                    .allow_hyphen_values(true)
                    .help("The text as HTML; @FILE reads a file, - the standard input"),
            )
            .arg(
                Arg::new("attach")
                    .long("attach")
                    .short('a')
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .help("A file to attach; repeat for more"),
            )
            .arg(
                Arg::new("from")
                    .long("from")
                    .value_name("ADDRESS")
                    .help("The author, where the account has aliases"),
            )
            .arg(
                Arg::new("draft")
                    .long("draft")
                    .action(ArgAction::SetTrue)
                    .help("Leave it among the drafts, and send nothing"),
            )
    };
    let original = || {
        Arg::new("message_id")
            .value_name("MESSAGE_ID")
            .required(true)
            .help("The message's id, as search shows it")
    };
    let people = |command: Command| {
        command
            .arg(several(
                "to",
                "A recipient, or Name <address>; repeat for more",
            ))
            .arg(several("cc", "Who gets a copy; repeat for more"))
            .arg(several(
                "bcc",
                "Who gets a copy that the others do not see; repeat for more",
            ))
    };
    vec![
        content(people(
            Command::new("send")
                .about("Write a message and send it")
                .after_help("Example: airbyte-gmail send --to support@example.com --subject Hello --text 'How are you?'")
                .arg(Arg::new("subject").long("subject").short('s').value_name("TEXT").allow_hyphen_values(true).help("The subject")),
        )),
        content(
            Command::new("reply")
                .about("Answer a message")
                .arg(original())
                .arg(Arg::new("all").long("reply-all").action(ArgAction::SetTrue).help("Answer everybody, not the author alone"))
                .arg(Arg::new("no_quote").long("no-quote").action(ArgAction::SetTrue).help("Leave the original out")),
        ),
        content(people(
            Command::new("forward")
                .about("Pass a message on, with its attachments")
                .arg(original())
                .arg(Arg::new("no_attachments").long("no-attachments").action(ArgAction::SetTrue).help("Leave its attachments out")),
        )),
    ]
}

/// Writes the message and sends it, shows it, or leaves it as a draft.
pub(crate) async fn run(
    name: &str,
    global: &Global,
    arguments: &ArgMatches,
) -> Result<(), Failure> {
    let output = global.output(Format::Table);
    let is_given = |part: &&str| matches!(arguments.try_contains_id(part), Ok(true));
    let has_text = ["text", "html"].iter().any(is_given);
    // A forward has the original, and need not say more.
    let is_complete = has_text || name == "forward" || ["attach", "subject"].iter().any(is_given);
    let is_edited = !has_text && (!is_complete || name == "forward") && editor::is_there();
    if !is_complete && !is_edited {
        return Err(Failure::input(
            "there is nothing to send; give --text, --html or --attach, or an empty --text ''; on a terminal, set EDITOR to write it there"
                .to_owned(),
        ));
    }
    let gmail = connect(global)?;
    let original = || {
        let id = arguments.get_one::<String>("message_id");
        id.cloned().unwrap_or_default()
    };
    let message = match name {
        "reply" => {
            let reply = if arguments.get_flag("all") {
                gmail.reply_all(original())
            } else {
                gmail.reply(original())
            };
            let message = reply.prepare().await?;
            if arguments.get_flag("no_quote") {
                message.without_quotation()
            } else {
                message
            }
        }
        "forward" if arguments.get_flag("no_attachments") => {
            let forward = gmail.forward(original()).without_attachments();
            forward.prepare().await?
        }
        "forward" => gmail.forward(original()).prepare().await?,
        _ => Compose::new(),
    };
    for note in message.notes() {
        output::note(&format!("note: {}", told(note)));
    }
    let mut written = None;
    let message = if is_edited {
        let (message, text) = edited(message)?;
        written = Some(text);
        message
    } else {
        message
    };
    let sent = finish(name, message, &gmail, &output, global, arguments).await;
    if let Some(written) = written {
        match &sent {
            Ok(()) => written.discard(),
            Err(_) => written.keep(),
        }
    }
    sent
}

/// What is written in the editor, below which the original stands.
fn edited(message: Compose) -> Result<(Compose, editor::Written), Failure> {
    let quotation = message.quotation_text().unwrap_or_default().to_owned();
    let written = editor::edit(&format!("\n\n{quotation}"))?;
    let (text, is_quoted) = editor::above(&written.text, &quotation);
    let text = text.to_owned();
    if text.trim().is_empty() {
        written.discard();
        return Err(Failure::input(
            "nothing was written, so nothing is sent; --text '' sends it without a word".to_owned(),
        ));
    }
    // A quotation that was changed is part of what was written.
    let message = if is_quoted {
        message
    } else {
        message.without_quotation()
    };
    Ok((message.text(text), written))
}

/// Completes the message and sends it, shows it, or leaves it as a draft.
async fn finish(
    name: &str,
    message: Compose,
    gmail: &GmailConnector,
    output: &Output,
    global: &Global,
    arguments: &ArgMatches,
) -> Result<(), Failure> {
    let mut message = content(message, arguments)?;
    if name != "reply" {
        for recipient in texts(arguments, "to") {
            message = message.to(recipient);
        }
        for recipient in texts(arguments, "cc") {
            message = message.cc(recipient);
        }
        for recipient in texts(arguments, "bcc") {
            message = message.bcc(recipient);
        }
    }
    if name == "send"
        && let Some(subject) = arguments.get_one::<String>("subject")
    {
        message = message.subject(subject);
    }
    let notes: Vec<Value> = message.notes().iter().map(told_in_json).collect();
    let recipients = recipients(&message);
    let message = message.build().map_err(Error::from)?;
    let is_draft = arguments.get_flag("draft");
    if recipients.is_empty() && !is_draft {
        return Err(Failure::input(
            "the message has no recipient; give --to".to_owned(),
        ));
    }
    let with_notes = |mut value: Value| {
        if !notes.is_empty() {
            value["notes"] = json!(notes);
        }
        value
    };
    if global.dry_run {
        return show(output, &message, &recipients, is_draft, with_notes);
    }
    if is_draft {
        let draft = gmail.save_draft(&message).await?;
        return output.value(&with_notes(json!({"draft": draft.id, "to": recipients})));
    }
    let sent = gmail.send(&message).await?;
    output.value(&with_notes(
        json!({"sent": sent.id, "thread": sent.thread_id, "to": recipients}),
    ))
}

/// Everybody whom a message goes to.
pub(crate) fn recipients(message: &Compose) -> Vec<String> {
    let addresses = message.recipients();
    addresses
        .map(|address| address.address().to_owned())
        .collect()
}

/// A note with the address that it is about: the terminal is the user's own.
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

/// The message as it would go out.
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

fn content(mut message: Compose, arguments: &ArgMatches) -> Result<Compose, Failure> {
    if let Some(text) = arguments.get_one::<String>("text") {
        message = message.text(Text::from(text.clone()).read()?);
    }
    if let Some(html) = arguments.get_one::<String>("html") {
        message = message.html(Text::from(html.clone()).read()?);
    }
    if let Some(from) = arguments.get_one::<String>("from") {
        message = message.from(from.as_str());
    }
    for file in texts(arguments, "attach") {
        message = message.attachment_from_path(file);
    }
    Ok(message)
}
