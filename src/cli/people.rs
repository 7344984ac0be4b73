//! What people do with mail: read, save attachments.

use std::path::PathBuf;

use airbyte_agent_gmail::tool::AttachmentDirectory;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::args::Global;
use super::exit::Failure;
use super::output::{self, Format};
use super::page::page;
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
                    .about("Save a message's attachments to files, without overwriting any")
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
        let reading = gmail.read_with_attachments(&id).await?;
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
    let message = gmail.read_with_attachments(&id).await?;
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
