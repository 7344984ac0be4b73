//! What people do with mail: read, save attachments.

use std::path::PathBuf;

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::tool::{AttachmentDirectory, visible_text};
use airbyte_agent_gmail::types::MessageFormat;
use airbyte_agent_gmail::{Error, GmailConnector};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::args::Global;
use super::exit::Failure;
use super::output::{self, Format};
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
        Command::new("read")
            .about("Read a message, or each of several")
            .arg(ids())
            .arg(
                Arg::new("quoted")
                    .long("quoted")
                    .action(ArgAction::SetTrue)
                    .help("Show the quoted history as well"),
            ),
        Command::new("attachments")
            .about("List a message's attachments, or save them")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(
                Command::new("list")
                    .about("List a message's attachments")
                    .arg(one_id()),
            )
            .subcommand(
                Command::new("save")
                    .about("Save a message's attachments to files; none is overwritten")
                    .arg(one_id())
                    .arg(
                        Arg::new("part")
                            .long("part")
                            .value_name("PART_ID")
                            .help("One attachment alone, by the part id that list shows"),
                    )
                    .arg(
                        Arg::new("directory")
                            .long("dir")
                            .value_name("DIRECTORY")
                            .default_value(".")
                            .value_parser(clap::value_parser!(PathBuf))
                            .help("Where to; it is made where it is not there"),
                    ),
            ),
    ]
}

fn one_id() -> Arg {
    Arg::new("message_id")
        .value_name("MESSAGE_ID")
        .required(true)
        .help("The message's id, as search shows it")
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
