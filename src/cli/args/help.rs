//! The program's help, with its commands in groups.

use std::fmt::Write;

use airbyte_agent_gmail::operation::gmail;
use clap::Command;

use super::table::flag_name;
use crate::cli::output::broken;

/// The groups of commands. Commands in no group come last, by name only.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Mail",
        &[
            "inbox", "search", "read", "thread", "open", "watch", "send", "reply", "forward",
        ],
    ),
    (
        "Organise",
        &["label", "archive", "trash", "mark", "filters"],
    ),
    (
        "Account",
        &[
            "auth",
            "check",
            "vacation",
            "export",
            "import",
            "connectors",
            "sql",
        ],
    ),
    ("Agents", &["mcp"]),
    ("Sandbox", &["demo", "sandbox"]),
];

/// The column where the descriptions of commands start.
const MARGIN: usize = 16;

/// The command that runs any action.
const RAW: &str = "execute";

/// Puts the groups into the program's help.
pub(super) fn grouped(program: Command) -> Command {
    let width = width();
    let header = *program.get_styles().get_header();
    let literal = *program.get_styles().get_literal();
    let mut text = String::new();
    let mut group = |name: &str, lines: &[(String, String)]| {
        let _ = writeln!(text, "{header}{name}:{header:#}");
        for (command, about) in lines {
            let first = format!("  {literal}{command:<13}{literal:#} ");
            let below = " ".repeat(MARGIN);
            let _ = writeln!(text, "{}", broken(about, width, &first, &below));
        }
        text.push('\n');
    };
    let line = |name: &&str| {
        let command = program.find_subcommand(name)?;
        let about = command.get_about().map(ToString::to_string);
        Some(((*name).to_owned(), about.unwrap_or_default()))
    };
    for (name, commands) in GROUPS {
        let lines: Vec<_> = commands.iter().filter_map(line).collect();
        group(name, &lines);
    }
    let mut lines: Vec<_> = line(&RAW).into_iter().collect();
    lines.push(("ENTITY ACTION".to_owned(), entities().join(", ")));
    group("Raw API", &lines);
    text.pop();
    let others: Vec<&str> = program
        .get_subcommands()
        .map(Command::get_name)
        .filter(|name| !["help", RAW].contains(name))
        .filter(|name| !GROUPS.iter().any(|(_, names)| names.contains(name)))
        .filter(|name| {
            !gmail()
                .entities()
                .iter()
                .any(|entity| flag_name(entity) == **name)
        })
        .collect();
    let first = format!("{header}Also:{header:#} ");
    let others = broken(&others.join(", "), width, &first, "      ");
    let _ = writeln!(text, "{others}");
    let usage = "{about-with-newline}\n{usage-heading} {usage}\n\n";
    program.help_template(format!(
        "{usage}{text}\n{header}Options:{header:#}\n{{options}}{{after-help}}"
    ))
}

/// The width of the help, computed as clap does for the rest.
fn width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal
        .or_else(columns)
        .unwrap_or(100)
        .clamp(2 * MARGIN, 100)
}

/// The entities, grouped by their first word: `settings…`.
fn entities() -> Vec<String> {
    let mut entities: Vec<String> = Vec::new();
    for entity in gmail().entities() {
        let first = entity.split('_').next().unwrap_or(entity);
        match entities.last_mut() {
            Some(last) if last.trim_end_matches('…') == first => *last = format!("{first}…"),
            _ => entities.push(entity.to_owned()),
        }
    }
    entities
}

#[cfg(test)]
mod tests {
    use super::GROUPS;

    #[test]
    fn the_help_fits_a_screen() {
        // No option has a long help, so `--help` prints the same.
        let help = super::super::program().render_help().to_string();
        assert!(help.lines().count() <= 60, "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn every_grouped_command_is_there() {
        let program = super::super::program();
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            let is_there = program.find_subcommand(name).is_some();
            assert!(is_there || *name == "mcp", "{name}");
        }
    }
}
