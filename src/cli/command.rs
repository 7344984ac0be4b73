//! The tree of commands.

use airbyte_agent_gmail::operation::{Field, Location, Operation, Schema, gmail};
use airbyte_agent_gmail::sandbox::MinuteQuota;
use clap::{Arg, ArgAction, Command};

/// What the help says about credentials and exit codes.
const AFTER_HELP: &str = "\
Credentials come from the account that --account names, or else from the
environment, or else from `auth login` and `connectors connect`.
  Open source: GMAIL_REFRESH_TOKEN (or GMAIL_ACCESS_TOKEN), GMAIL_CLIENT_ID,
               GMAIL_CLIENT_SECRET
  Hosted:      AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (or
               AIRBYTE_BEARER_TOKEN); AIRBYTE_CUSTOMER_NAME,
               AIRBYTE_WORKSPACE_NAME or AIRBYTE_CONNECTOR_ID;
               AIRBYTE_ORGANIZATION_ID

Exit codes:
  0  done
  1  anything else
  2  the input or the configuration
  3  sign in again
  4  not permitted
  5  not found
  6  rate limited: wait
  7  network or service failure: try again
  8  may have been carried out: look before you try again
  9  not offered in this mode";

/// The program, with the actions of the one entity that the arguments name, or of all where they name none: building
/// every flag of every action takes longer than most commands.
pub(crate) fn program_for(arguments: &[std::ffi::OsString]) -> Command {
    let is_named = |word: &str| arguments.iter().skip(1).any(|argument| argument == word);
    build(&|entity| is_named(entity) || is_named("help"))
}

/// The whole program.
pub(crate) fn program() -> Command {
    build(&|_| true)
}

fn build(is_wanted: &dyn Fn(&str) -> bool) -> Command {
    let mut program = Command::new("airbyte-gmail")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Gmail from the command line: directly, or through an Airbyte connector")
        .after_help(AFTER_HELP)
        .arg_required_else_help(true)
        .args(global())
        .subcommand(
            Command::new("demo").about("See real mail come through both modes, with no account"),
        )
        .subcommand(sandbox())
        .subcommand(super::auth::command())
        .subcommand(super::connector::command())
        .subcommand(super::oauth::command())
        .subcommand(Command::new("check").about("See whether the credentials work"))
        .subcommands(super::people::commands())
        .subcommands(super::write::commands())
        .subcommands(super::describe::commands())
        .subcommand(execute())
        .subcommand(super::export::command())
        .subcommand(super::import::command())
        .subcommand(super::filters::command())
        .subcommand(super::vacation::command())
        .subcommand(super::signature::command());
    #[cfg(feature = "mcp")]
    {
        program = program.subcommand(super::mcp::command());
    }
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
                .map(|row| flag_name(row.action))
                .collect::<Vec<_>>()
                .join(", ")
        );
        let name = flag_name(entity);
        let mut command = Command::new(name.clone())
            .about(about)
            .subcommand_required(true)
            .arg_required_else_help(true);
        if is_wanted(&name) {
            command = command.subcommands(rows.into_iter().map(action));
        }
        program = program.subcommand(command);
    }
    program
}

/// The flags that every command has.
fn global() -> [Arg; 8] {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .global(true)
            .help_heading("Global options")
            .help(help)
    };
    [
        flag("mode", "Which mode, where there are credentials of both")
            .value_name("MODE")
            .value_parser(["open-source", "hosted"]),
        flag("account", "Which signed-in account; the default one where it is not given")
            .value_name("NAME"),
        flag("output", "The form of the output; each command has the one that suits it by default")
            .short('o')
            .value_name("FORM")
            .value_parser(["table", "json", "ndjson", "yaml"]),
        flag("fields", "The fields to show, with dots for what is inside: id,payload.headers")
            .value_name("FIELDS")
            .action(ArgAction::Append),
        flag("dry-run", "Show what would be sent, and send nothing").action(ArgAction::SetTrue),
        flag("yes", "Don't ask before doing what can't be undone")
            .short('y')
            .action(ArgAction::SetTrue),
        flag("verbose", "With a failure of the service, also what it said itself; refusals show it always")
            .short('v')
            .action(ArgAction::SetTrue),
        Arg::new("help-agents")
            .long("help-agents")
            .value_name("ENTITY")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("")
            .help("Print what an agent has to know; =ENTITY for the reference of an entity, =all for all"),
    ]
}

/// `--all` of what has pages.
pub(crate) fn all() -> Arg {
    Arg::new("all")
        .long("all")
        .action(ArgAction::SetTrue)
        .help("Every page, each shown as it comes (json becomes ndjson)")
}

fn sandbox() -> Command {
    Command::new("sandbox")
        .about("Serve a Google and an Airbyte of your own on 127.0.0.1, with a mailbox")
        .long_about(
            "Serve a Google and an Airbyte of your own on 127.0.0.1, with a mailbox.\n\n\
             Prints one line of JSON with the addresses and credentials when it is ready, and serves until it is stopped.",
        )
        .arg(
            Arg::new("env")
                .long("env")
                .value_name("MODE")
                .value_parser(["open-source", "hosted"])
                .help("In place of the JSON print lines for a shell, which lead this program there"),
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
        .arg(
            Arg::new("quota")
                .long("quota")
                .value_name("WINDOW[:UNITS]")
                .value_parser(|text: &str| text.parse::<MinuteQuota>())
                .help("Hold Google's quota, 6000 units a minute by default: in any 60 s (sliding) or in each minute (fixed)"),
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
    if row.pagination.is_some() {
        command = command.arg(all());
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

    #[test]
    fn no_entity_takes_the_place_of_a_command() {
        let program = super::program();
        let mut names: Vec<&str> = program
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{names:?}");
    }
}
