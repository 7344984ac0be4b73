//! The tree of commands.

use airbyte_agent_gmail::operation::{Field, Location, Operation, Schema, gmail};
use clap::{Arg, ArgAction, Command};

/// What the help says about credentials and exit codes.
const AFTER_HELP: &str = "\
Credentials come from the environment.
  Open source: GMAIL_REFRESH_TOKEN (or GMAIL_ACCESS_TOKEN), GMAIL_CLIENT_ID, GMAIL_CLIENT_SECRET
  Hosted:      AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (or AIRBYTE_BEARER_TOKEN),
               AIRBYTE_CUSTOMER_NAME, AIRBYTE_WORKSPACE_NAME or AIRBYTE_CONNECTOR_ID, AIRBYTE_ORGANIZATION_ID

Exit codes:
  0  done                           5  not found
  1  anything else                  6  rate limited: wait
  2  the input or the configuration 7  network or service failure: try again
  3  sign in again                  8  may have been carried out: look before you try again
  4  not permitted                  9  not offered in this mode";

/// The whole program.
pub(crate) fn program() -> Command {
    let mut program = Command::new("airbyte-gmail")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Gmail from the command line: directly, or through an Airbyte connector")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new("mode")
                .long("mode")
                .global(true)
                .value_parser(["open-source", "hosted"])
                .help("Which mode, where the environment has the credentials of both"),
        )
        .arg(
            Arg::new("verbose")
                .long("verbose")
                .short('v')
                .global(true)
                .action(ArgAction::SetTrue)
                .help("With an error, also what the service itself said; it can quote mail"),
        )
        .subcommand(
            Command::new("demo").about("See real mail come through both modes, with no account"),
        )
        .subcommand(sandbox())
        .subcommand(Command::new("check").about("See whether the credentials work"))
        .subcommand(execute())
        .subcommand(super::export::command())
        .subcommand(super::import::command())
        .subcommand(super::filters::command())
        .subcommand(super::vacation::command())
        .subcommand(super::signature::command());
    let table = gmail();
    for entity in table.entities() {
        let rows: Vec<&Operation> = table
            .operations
            .iter()
            .copied()
            .filter(|row| row.entity == entity)
            .collect();
        let about = format!(
            "Actions on {}: {}",
            entity.replace('_', " "),
            rows.iter()
                .map(|row| row.action)
                .collect::<Vec<_>>()
                .join(", ")
        );
        let mut command = Command::new(flag_name(entity))
            .about(about)
            .subcommand_required(true)
            .arg_required_else_help(true);
        for row in rows {
            command = command.subcommand(action(row));
        }
        program = program.subcommand(command);
    }
    program
}

fn sandbox() -> Command {
    Command::new("sandbox")
        .about("Serve a Google and an Airbyte of your own on 127.0.0.1, with a mailbox")
        .long_about(
            "Serve a Google and an Airbyte of your own on 127.0.0.1, with a mailbox.\n\n\
             Prints one line of JSON with the addresses and credentials when it is ready, and serves until it is stopped.",
        )
        .arg(Arg::new("port").long("port").value_name("PORT").value_parser(clap::value_parser!(u16)).help("The port; a free one by default"))
        .arg(
            Arg::new("mbox")
                .long("mbox")
                .value_name("FILE")
                .action(ArgAction::Append)
                .num_args(1..)
                .value_parser(clap::value_parser!(std::path::PathBuf))
                .help("An mbox whose mail to hold in place of the sample; a Google Takeout export will do"),
        )
}

fn execute() -> Command {
    Command::new("execute")
        .about("Carry out any action by its names and params")
        .arg(
            Arg::new("entity")
                .value_name("ENTITY")
                .required(true)
                .help("The entity, such as messages"),
        )
        .arg(
            Arg::new("action")
                .value_name("ACTION")
                .required(true)
                .help("The action, such as list"),
        )
        .arg(
            Arg::new("params")
                .long("params")
                .value_name("JSON")
                .default_value("{}")
                .help("The params as a JSON object; @FILE reads a file, - the standard input"),
        )
}

fn action(row: &'static Operation) -> Command {
    let offered = if row.hosted {
        "open-source and hosted mode"
    } else {
        "open-source mode only"
    };
    let mut command = Command::new(flag_name(row.action))
        .about(row.summary)
        .long_about(format!(
            "{}\n\n{}\n\nOffered in {offered}.",
            row.summary, row.description
        ));
    for field in row.fields {
        command = command.arg(argument(field));
    }
    command
}

fn argument(field: &'static Field) -> Arg {
    let name = flag_name(field.name);
    let help = match &field.schema {
        Schema::Object(_) | Schema::Map | Schema::Any => format!("{} (JSON)", field.description),
        Schema::Enum(values) => format!("{} [one of: {}]", field.description, values.join(", ")),
        Schema::Array(_) => format!("{} [repeat for more]", field.description),
        _ => field.description.to_owned(),
    };
    let mut argument = Arg::new(field.name).help(help).required(field.required);
    let value_name = match &field.schema {
        Schema::Integer { .. } | Schema::Number => "NUMBER",
        Schema::Boolean => "BOOL",
        Schema::Object(_) | Schema::Map | Schema::Any => "JSON",
        _ => "TEXT",
    };
    if field.location == Location::Path {
        argument = argument.value_name(name.replace('-', "_").to_uppercase());
    } else {
        argument = argument
            .long(name)
            .value_name(value_name)
            .allow_hyphen_values(true);
    }
    match &field.schema {
        Schema::Boolean => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(["true", "false"]),
        Schema::Array(_) => argument.action(ArgAction::Append),
        _ => argument,
    }
}

/// A name of the spec as a word of the command line.
pub(crate) fn flag_name(name: &str) -> String {
    let mut flag = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            flag.push('-');
            flag.push(letter.to_ascii_lowercase());
        } else if letter == '_' {
            flag.push('-');
        } else {
            flag.push(letter);
        }
    }
    flag
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_sound() {
        super::program().debug_assert();
    }
}
