//! The commands of the operation table: one per entity, with its actions as subcommands and their fields as flags.

use airbyte_agent_gmail::operation::{Field, Location, Operation, Schema, gmail};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::cli::exit::Failure;

/// The flag of paged actions.
const ALL: &str = "all";

/// An action of the table with its arguments.
pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) params: Value,
    /// Whether to fetch every page, if the action has pages.
    pub(crate) is_all: bool,
}

/// The commands of the wanted entities.
pub(crate) fn wanted(is_wanted: &dyn Fn(&str) -> bool) -> impl Iterator<Item = Command> {
    let entities = gmail().entities().into_iter();
    let wanted = entities.filter(|entity| is_wanted(&flag_name(entity)));
    wanted.map(|entity| self::entity(entity, is_wanted))
}

/// The commands of all entities. Only wanted ones have their actions.
pub(crate) fn commands(is_wanted: &dyn Fn(&str) -> bool) -> Vec<Command> {
    gmail()
        .entities()
        .into_iter()
        .map(|entity| self::entity(entity, is_wanted))
        .collect()
}

fn entity(entity: &str, is_wanted: &dyn Fn(&str) -> bool) -> Command {
    let rows = || gmail().operations.iter().filter(|row| row.entity == entity);
    let actions: Vec<String> = rows().map(|row| flag_name(row.action)).collect();
    let name = flag_name(entity);
    let is_wanted = is_wanted(&name);
    let command = Command::new(name)
        .about(format!(
            "Actions on {}: {}",
            entity.replace('_', " "),
            actions.join(", ")
        ))
        .subcommand_required(true)
        .arg_required_else_help(true);
    if is_wanted {
        command.subcommands(rows().map(|row| action(row)))
    } else {
        command
    }
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
            "{}\n\n{}\n\nAvailable in {offered}.",
            row.summary, row.description
        ));
    if (row.entity, row.action) == ("mailbox", "watch") {
        command = command.after_help(
            "This is Google's own call. `airbyte-gmail watch` prints changes of the mailbox, without a topic.",
        );
    }
    for field in row.fields {
        command = command.arg(argument(field));
    }
    if row.pagination.is_some() {
        command = command.arg(
            Arg::new(ALL)
                .long(ALL)
                .action(ArgAction::SetTrue)
                .help("Show every page as it arrives (json becomes ndjson)"),
        );
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

/// Converts a name from the spec to a word of the command line.
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

/// Reads the action and its params from the matches.
pub(crate) fn read(matches: &ArgMatches) -> Result<Call, Failure> {
    let unknown = || Failure::input("no such action; see --help");
    let (entity, matches) = matches.subcommand().ok_or_else(unknown)?;
    let (action, matches) = matches.subcommand().ok_or_else(unknown)?;
    let operation = gmail()
        .operations
        .iter()
        .find(|row| flag_name(row.entity) == entity && flag_name(row.action) == action)
        .ok_or_else(unknown)?;
    let mut params = Map::new();
    for field in operation.fields {
        if let Some(texts) = matches.get_many::<String>(field.name) {
            params.insert(field.name.to_owned(), value(field, texts)?);
        }
    }
    Ok(Call {
        operation,
        params: Value::Object(params),
        is_all: operation.pagination.is_some() && matches.get_flag(ALL),
    })
}

fn value<'a>(field: &Field, mut texts: impl Iterator<Item = &'a String>) -> Result<Value, Failure> {
    match &field.schema {
        Schema::Array(items) => texts
            .map(|text| single(field, items, text))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        schema => single(field, schema, texts.next().map_or("", String::as_str)),
    }
}

/// A value that does not parse as a number stays a string: the params' check says what the field takes.
fn single(field: &Field, schema: &Schema, text: &str) -> Result<Value, Failure> {
    Ok(match schema {
        Schema::Integer { .. } => text
            .parse::<i64>()
            .map(Value::from)
            // An integer out of range is still a number.
            .or_else(|_| text.parse().map(|number: f64| json!(number)))
            .ok()
            .filter(Value::is_number)
            .unwrap_or_else(|| Value::from(text)),
        Schema::Number => text
            .parse::<f64>()
            .map_or_else(|_| Value::from(text), Value::from),
        Schema::Boolean => text
            .parse::<bool>()
            .map_or_else(|_| Value::from(text), Value::from),
        Schema::Object(_) | Schema::Map | Schema::Any | Schema::Array(_) => {
            serde_json::from_str(text).map_err(|error| {
                Failure::not_json(&format!("--{}", flag_name(field.name)), &error)
            })?
        }
        Schema::String | Schema::Enum(_) => Value::from(text),
    })
}
