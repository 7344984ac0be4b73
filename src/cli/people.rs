//! What people do with mail: search, read, label, archive, trash, save attachments.

use std::path::PathBuf;
use std::time::Duration;

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::page::SeenTokens;
use airbyte_agent_gmail::tool::{AttachmentDirectory, visible_text};
use airbyte_agent_gmail::types::MessageFormat;
use airbyte_agent_gmail::{Error, GmailConnector};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::args::Global;
use super::exit::Failure;
use super::label::Labels;
use super::output::{self, Format, Meter};
use super::settings::connect;
use super::texts;

/// The commands of this file.
pub(crate) fn commands() -> Vec<Command> {
    let ids = || {
        Arg::new("message_ids")
            .value_name("MESSAGE_ID")
            .required(true)
            .num_args(1..)
            .help("The messages' ids, as search shows them")
    };
    vec![
        Command::new("search")
            .about("Find messages as Gmail's search box does")
            .after_help("Examples:\n  airbyte-gmail search is:unread from:billing@example.com newer_than:7d\n  airbyte-gmail search in:inbox --output ndjson --all")
            .arg(Arg::new("query").value_name("QUERY").num_args(0..).help("from:, to:, subject:, is:unread, in:inbox, has:attachment, newer_than:7d, words; all mail where it is left out"))
            .arg(Arg::new("limit").long("limit").short('n').value_name("NUMBER").default_value("10").value_parser(clap::value_parser!(u32).range(1..=500)).help("How many messages a page has"))
            .arg(Arg::new("page_token").long("page-token").value_name("TOKEN").help("The next_page_token of the page before"))
            .arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help("Every page, each shown as it comes (json becomes ndjson)")),
        Command::new("read")
            .about("Read a message, or each of several")
            .arg(ids())
            .arg(Arg::new("quoted").long("quoted").action(ArgAction::SetTrue).help("Show the quoted history as well")),
        Command::new("label")
            .about("Add labels to messages, or remove them, by name")
            .after_help("Example: airbyte-gmail label 18c2a5 --add Receipts --remove UNREAD")
            .arg(ids())
            .arg(Arg::new("add").long("add").value_name("LABEL").action(ArgAction::Append).help("A label's name or id; repeat for more"))
            .arg(Arg::new("remove").long("remove").value_name("LABEL").action(ArgAction::Append).help("A label's name or id; repeat for more"))
            .arg(Arg::new("create").long("create").action(ArgAction::SetTrue).help("Create labels to add that are not there")),
        Command::new("archive").about("Take messages out of the inbox").arg(ids()),
        Command::new("trash").about("Move messages to the trash").arg(ids()),
        Command::new("attachments")
            .about("List a message's attachments, or save them")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(Command::new("list").about("List a message's attachments").arg(one_id()))
            .subcommand(
                Command::new("save")
                    .about("Save a message's attachments to files; none is overwritten")
                    .arg(one_id())
                    .arg(Arg::new("part").long("part").value_name("PART_ID").help("One attachment alone, by the part id that list shows"))
                    .arg(Arg::new("directory").long("dir").value_name("DIRECTORY").default_value(".").value_parser(clap::value_parser!(PathBuf)).help("Where to; it is made where it is not there")),
            ),
    ]
}

fn one_id() -> Arg {
    Arg::new("message_id")
        .value_name("MESSAGE_ID")
        .required(true)
        .help("The message's id, as search shows it")
}

/// `search`.
pub(crate) async fn search(global: &Global, arguments: &ArgMatches) -> Result<(), Failure> {
    let output = global
        .output(Format::Table)
        .with_columns(&["id", "date", "from", "subject", "labels"]);
    let query = texts(arguments, "query").join(" ");
    let limit = arguments.get_one::<u32>("limit").copied().unwrap_or(10);
    let is_all = arguments.get_flag("all");
    let tools = connect(global)?
        .tools()
        .with_limit(10_000_000)
        .with_quota_wait(Duration::MAX);
    let mut token = arguments.get_one::<String>("page_token").cloned();
    let mut seen = SeenTokens::default();
    let mut meter = Meter::beside_records("messages");
    let mut shown = 0;
    loop {
        let mut call = json!({"query": query, "max_results": limit.min(50)});
        if let Some(token) = &token {
            call["page_token"] = json!(token);
        }
        let answer = tools.call("gmail_search", call).await;
        if answer.is_error {
            return Err(match answer.error() {
                Some(error) => Failure::Gmail(error.clone()),
                None => Failure::input(answer.text),
            });
        }
        let messages = answer.structured["messages"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let selected: Vec<Value> = messages
            .iter()
            .map(|message| {
                let date = message["date_rfc3339"].as_str().and_then(short_date);
                let mut message = output.selection().apply(message);
                if output.format() == Format::Table
                    && message.get("date").is_some()
                    && let Some(date) = date
                {
                    message["date"] = json!(date);
                }
                message
            })
            .collect();
        token = answer.structured["next_page_token"]
            .as_str()
            .map(str::to_owned);
        let wants_more = is_all || shown + messages.len() < limit as usize;
        if output.format() == Format::Json && !wants_more_pages(is_all, limit) {
            let mut page = json!({"messages": selected});
            if let Some(token) = &token {
                page["next_page_token"] = json!(token);
            }
            return output::print(&page);
        }
        output.records(&selected, shown == 0)?;
        shown += messages.len();
        meter.add(messages.len(), 0);
        match &token {
            Some(token) if wants_more => seen.check(token)?,
            _ => break,
        }
    }
    drop(meter);
    if shown == 0 && output.format() == Format::Table {
        output::note("no message matches");
    } else if let Some(token) = token
        && output.format() == Format::Table
    {
        output::note(&format!("there is more: --all, or --page-token {token}"));
    }
    Ok(())
}

/// `7 Mar 2026 08:15` of `2026-03-07T08:15:00+01:00`, the clock of whoever reads: a line has to hold more than a date.
fn short_date(date: &str) -> Option<String> {
    let date: jiff::civil::DateTime = date.parse().ok()?;
    Some(date.strftime("%-d %b %Y %H:%M").to_string())
}

fn wants_more_pages(is_all: bool, limit: u32) -> bool {
    is_all || limit > 50
}

/// `read`.
pub(crate) async fn read(global: &Global, arguments: &ArgMatches) -> Result<(), Failure> {
    let output = global.output(Format::Table);
    let gmail = connect(global)?;
    let mut is_first = true;
    for id in texts(arguments, "message_ids") {
        let reading = message(&gmail, &id).await?;
        if output.format() == Format::Table {
            if !is_first {
                output::line(&"─".repeat(40))?;
            }
            output::line(&page(&reading, arguments.get_flag("quoted")))?;
        } else {
            let value = serde_json::to_value(&reading)
                .map_err(|error| Failure::Other(error.to_string()))?;
            output.value(&output.selection().apply(&value))?;
        }
        is_first = false;
    }
    Ok(())
}

/// A message with every byte of it, in both modes.
pub(crate) async fn message(gmail: &GmailConnector, id: &str) -> Result<Reading, Error> {
    let message = gmail
        .messages()
        .get(id)
        .format(MessageFormat::Raw)
        .send()
        .await?;
    Ok(Reading::from_payload(&message))
}

fn page(reading: &Reading, with_quoted: bool) -> String {
    let mut page = String::new();
    let labels = reading.label_ids.join(", ");
    let fields = [
        ("From", reading.from.to_string()),
        ("To", reading.to.to_string()),
        ("Cc", reading.cc.to_string()),
        ("Date", reading.local_date()),
        ("Subject", reading.subject.clone().unwrap_or_default()),
        ("Labels", labels),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            page.push_str(&format!("{name}: {}\n", value.replace('\n', " ")));
        }
    }
    page.push('\n');
    let text = if with_quoted {
        reading.text.as_str()
    } else {
        reading.text_without_quote()
    };
    page.push_str(text.trim_end());
    page.push('\n');
    let folded = reading
        .text
        .lines()
        .count()
        .saturating_sub(text.lines().count());
    if folded > 0 {
        page.push_str(&format!(
            "\n[{folded} lines of quoted history; --quoted shows them]\n"
        ));
    }
    if reading.signature.is_some() {
        page.push_str("\n[signed; the signature is not checked]\n");
    }
    if reading.encryption.is_some() {
        page.push_str("\n[encrypted; it can't be read here]\n");
    }
    for attachment in &reading.attachments {
        page.push_str(&format!(
            "\n[attachment, part {}: {} ({}, {} bytes)]",
            attachment.part_id, attachment.name, attachment.mime_type, attachment.size
        ));
    }
    for undecoded in &reading.undecoded {
        page.push_str(&format!("\n[not decoded: {undecoded}]"));
    }
    // Mail must not be able to steer the terminal.
    visible_text(page.trim_end())
}

/// `label`, `archive` and `trash`.
pub(crate) async fn change(
    name: &str,
    global: &Global,
    arguments: &ArgMatches,
) -> Result<(), Failure> {
    let output = global.output(Format::Table);
    let gmail = connect(global)?;
    let (add, remove) = match name {
        "label" => {
            let (add, remove) = (texts(arguments, "add"), texts(arguments, "remove"));
            if add.is_empty() && remove.is_empty() {
                return Err(Failure::input(
                    "no label; give --add or --remove".to_owned(),
                ));
            }
            let is_created = arguments.get_flag("create") && !global.dry_run;
            (
                label_ids(&gmail, add, is_created).await?,
                label_ids(&gmail, remove, false).await?,
            )
        }
        "archive" => (Vec::new(), vec!["INBOX".to_owned()]),
        _ => (Vec::new(), Vec::new()),
    };
    let ids = texts(arguments, "message_ids");
    if global.dry_run {
        return output.value(&json!({
            "dry_run": true, "command": name, "messages": ids, "add_labels": add, "remove_labels": remove,
        }));
    }
    let mut meter = Meter::beside_records("messages");
    let mut changed = Vec::new();
    let mut failure = None;
    for id in &ids {
        let outcome = if name == "trash" {
            gmail.messages().trash(id).send().await
        } else {
            let mut call = gmail.messages().modify(id);
            if !add.is_empty() {
                call = call.add_label_ids(add.clone());
            }
            if !remove.is_empty() {
                call = call.remove_label_ids(remove.clone());
            }
            call.send().await
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
    // What is done is shown in any case: after a failure it is what the next try needs no more.
    if output.format() == Format::Json {
        output::print(&changed)?;
    } else if !changed.is_empty() {
        output
            .with_columns(&["id", "labels"])
            .records(&changed, true)?;
    }
    match failure {
        Some((id, error)) => {
            if ids.len() > 1 {
                output::note(&visible_text(&format!(
                    "{} of {} messages are done; it stopped at {id}",
                    changed.len(),
                    ids.len()
                )));
            }
            Err(error.into())
        }
        None => Ok(()),
    }
}

/// The ids of labels that people call by name.
async fn label_ids(
    gmail: &GmailConnector,
    names: Vec<String>,
    is_created: bool,
) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Ok(names);
    }
    let mut labels = Labels::list(gmail).await?;
    if is_created {
        for name in &names {
            if labels.id(name).is_none() {
                labels.create(gmail, name).await?;
            }
        }
    }
    labels.ids(&names, ", or --create")
}

/// `attachments list` and `attachments save`.
pub(crate) async fn attachments(global: &Global, arguments: &ArgMatches) -> Result<(), Failure> {
    let Some((name, arguments)) = arguments.subcommand() else {
        return Ok(());
    };
    let output = global.output(Format::Table);
    let gmail = connect(global)?;
    let id = arguments
        .get_one::<String>("message_id")
        .cloned()
        .unwrap_or_default();
    let message = message(&gmail, &id).await?;
    let part = match name {
        "save" => arguments.get_one::<String>("part"),
        _ => None,
    };
    let chosen: Vec<_> = message
        .attachments
        .iter()
        .filter(|attachment| part.is_none_or(|part| attachment.part_id == *part))
        .collect();
    if chosen.is_empty() && part.is_some() {
        return Err(Failure::input(
            "the message has no such part; see attachments list".to_owned(),
        ));
    }
    if chosen.is_empty() && output.format() == Format::Table {
        output::note("the message has no attachments");
        return Ok(());
    }
    let directory = if name == "save" && !global.dry_run {
        let path = arguments
            .get_one::<PathBuf>("directory")
            .cloned()
            .unwrap_or_else(|| PathBuf::from("."));
        Some(AttachmentDirectory::new(path).map_err(|error| Failure::Other(error.to_string()))?)
    } else {
        None
    };
    let mut rows = Vec::new();
    for attachment in chosen {
        let mut row = json!({
            "part": attachment.part_id,
            "size": attachment.size,
            "type": attachment.mime_type,
            "name": attachment.name,
        });
        if let Some(directory) = &directory {
            let path = directory
                .save(&attachment.name, attachment.data().unwrap_or_default())
                .map_err(|error| Failure::Other(error.to_string()))?;
            row["file"] = json!(path);
        }
        rows.push(row);
    }
    if output.format() == Format::Json {
        return output::print(&rows);
    }
    output
        .with_columns(&["part", "size", "type", "name", "file"])
        .records(&rows, true)
}
