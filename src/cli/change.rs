//! Which commands change something. If such a command's result can't be shown, the user must still learn that the
//! work was done.

use airbyte_agent_gmail::operation::gmail;
use clap::ArgMatches;

use super::args::table;

/// Commands that always change something.
const CHANGE: [&str; 10] = [
    "send",
    "reply",
    "forward",
    "label",
    "archive",
    "trash",
    "untrash",
    "mark",
    "rsvp",
    "unsubscribe",
];

/// Commands with subcommands, some of which only read.
const SOME_CHANGE: [&str; 5] = ["filters", "vacation", "signature", "connectors", "oauth"];

/// Subcommands that only read.
const LOOK: [&str; 9] = [
    "list", "show", "get", "check", "inspect", "search", "sql", "skills", "docs",
];

/// Whether the command in the arguments changes something.
pub(crate) fn is_change(matches: &ArgMatches) -> bool {
    let Some((name, inner)) = matches.subcommand() else {
        return false;
    };
    if SOME_CHANGE.contains(&name) {
        return inner
            .subcommand_name()
            .is_some_and(|name| !LOOK.contains(&name));
    }
    if name == "execute" {
        let word = |name: &str| inner.get_one::<String>(name).map_or("", String::as_str);
        return gmail()
            .find(word("entity"), word("action"))
            .is_ok_and(|row| !row.read_only);
    }
    CHANGE.contains(&name) || table::read(matches).is_ok_and(|call| !call.operation.read_only)
}
