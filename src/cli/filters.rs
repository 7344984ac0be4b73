//! `airbyte-gmail filters`.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::types::{Filter, FilterAction, FilterCriteria};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::exit::Failure;
use super::output::{self, Format, Output};
use super::{dry_run, label, texts};

/// How many messages one request may change.
/// <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/batchModify>
const BATCH: usize = 1000;

/// The largest page: it costs the same whatever its size.
const PAGE_SIZE: i64 = 500;

/// Options that are labels put on or taken off, in the words of Gmail's own page.
const SHORTCUTS: [(&str, Change, &str); 6] = [
    ("archive", Change::Remove("INBOX"), "Skip the inbox"),
    ("mark-read", Change::Remove("UNREAD"), "Mark as read"),
    ("star", Change::Add("STARRED"), "Star"),
    ("important", Change::Add("IMPORTANT"), "Mark as important"),
    ("trash", Change::Add("TRASH"), "Move to the trash"),
    ("never-spam", Change::Remove("SPAM"), "Never send to spam"),
];

#[derive(Clone, Copy)]
enum Change {
    Add(&'static str),
    Remove(&'static str),
}

/// The command's arguments.
pub(crate) fn command() -> Command {
    let id = || {
        Arg::new("id")
            .value_name("ID")
            .required(true)
            .help("The filter's id; see filters list")
    };
    Command::new("filters")
        .about("Filters: list, create, delete, apply to the mail that is there")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("The filters"))
        .subcommand(create())
        .subcommand(Command::new("delete").about("Delete a filter; mail that it has sorted stays as it is").arg(id()))
        .subcommand(
            Command::new("apply")
                .about("Do to the mail that is there what a filter does to mail that arrives")
                .long_about(
                    "Do to the mail that is there what a filter does to mail that arrives.\n\n\
                     Its criteria are made a search, and its labels are put on and taken off of all that is found, spam \
                     and trash left out. Nothing is forwarded. Doing it twice does no more than doing it once.",
                )
                .arg(id())
                .arg(
                    Arg::new("dry-run")
                        .long("dry-run")
                        .action(ArgAction::SetTrue)
                        .help("Only say how many messages there are, and the search"),
                ),
        )
}

fn create() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(help)
            .allow_hyphen_values(true)
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    let mut command = Command::new("create")
        .about("Create a filter for mail that arrives")
        .arg(text("from", "TEXT", "Which sender"))
        .arg(text("to", "TEXT", "Which recipient"))
        .arg(text("subject", "TEXT", "Which words in the subject"))
        .arg(text("query", "QUERY", "Which search"))
        .arg(text("without", "QUERY", "Which search not"))
        .arg(flag("has-attachment", "With an attachment"))
        .arg(flag("exclude-chats", "No chats"))
        .arg(
            text("larger", "BYTES", "Larger than that")
                .value_parser(clap::value_parser!(i64).range(0..)),
        )
        .arg(
            text("smaller", "BYTES", "Smaller than that")
                .value_parser(clap::value_parser!(i64).range(0..))
                .conflicts_with("larger"),
        )
        .arg(
            text(
                "label",
                "LABEL",
                "Put a label on, by its name or id; see labels list",
            )
            .action(ArgAction::Append),
        )
        .arg(
            text(
                "remove-label",
                "LABEL",
                "Take a label off, by its name or id",
            )
            .action(ArgAction::Append),
        )
        .arg(text(
            "forward",
            "ADDRESS",
            "Forward to a verified address of the settings",
        ));
    for (name, _, help) in SHORTCUTS {
        command = command.arg(flag(name, help));
    }
    command
}

/// Does what the subcommand says.
pub(crate) async fn run(gmail: GmailConnector, arguments: &ArgMatches) -> Result<(), Failure> {
    let filters = || gmail.settings().filters();
    let Some((name, arguments)) = arguments.subcommand() else {
        return Ok(());
    };
    let output = Output::new(arguments, Format::Json);
    match name {
        "list" => output.show(&filters().list().send().await?.filter),
        "create" => {
            let (criteria, mut action) = filter_of(arguments);
            action.add_label_ids = label::ids(&gmail, action.add_label_ids).await?;
            action.remove_label_ids = label::ids(&gmail, action.remove_label_ids).await?;
            if dry_run(arguments) {
                return output.value(
                    &json!({"dry_run": true, "create": {"criteria": criteria, "action": action}}),
                );
            }
            output.show(&filters().create(criteria, action).send().await?)
        }
        "delete" => {
            let id = id(arguments);
            if dry_run(arguments) {
                return output.value(&json!({"dry_run": true, "delete": id}));
            }
            filters().delete(id.as_str()).send().await?;
            output.value(&json!({"deleted": id}))
        }
        _ => {
            let filter = filters().get(id(arguments)).send().await?;
            apply(&gmail, filter, arguments.get_flag("dry-run")).await
        }
    }
}

async fn apply(gmail: &GmailConnector, filter: Filter, dry_run: bool) -> Result<(), Failure> {
    let action = filter.action.unwrap_or_default();
    let query = filter.criteria.as_ref().map(query).unwrap_or_default();
    if query.is_empty() {
        return Err(Failure::input(
            "the filter has no criteria that a search could stand for".to_owned(),
        ));
    }
    if action.add_label_ids.is_empty() && action.remove_label_ids.is_empty() {
        return Err(Failure::input(
            "the filter changes no labels, and nothing else can be done to mail that is there"
                .to_owned(),
        ));
    }
    // All ids come first: what is changed moves in the list that is being read.
    let mut ids = Vec::new();
    let mut list = gmail
        .messages()
        .list()
        .q(query.as_str())
        .max_results(PAGE_SIZE)
        .stream();
    while let Some(reference) = list.next().await.transpose()? {
        ids.extend(reference.id);
    }
    if !dry_run {
        for batch in ids.chunks(BATCH) {
            gmail
                .messages()
                .batch_modify(batch)
                .add_label_ids(action.add_label_ids.clone())
                .remove_label_ids(action.remove_label_ids.clone())
                .send()
                .await?;
        }
    }
    output::print(&json!({"query": query, "messages": ids.len(), "changed": !dry_run}))
}

fn filter_of(arguments: &ArgMatches) -> (FilterCriteria, FilterAction) {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    let flag = |name: &str| arguments.get_flag(name).then_some(true);
    let bytes = |name: &str| arguments.get_one::<i64>(name).copied();
    let size_comparison = match (bytes("larger"), bytes("smaller")) {
        (Some(_), _) => Some("larger".into()),
        (None, Some(_)) => Some("smaller".into()),
        (None, None) => None,
    };
    let criteria = FilterCriteria {
        from: text("from"),
        to: text("to"),
        subject: text("subject"),
        query: text("query"),
        negated_query: text("without"),
        has_attachment: flag("has-attachment"),
        exclude_chats: flag("exclude-chats"),
        size: bytes("larger").or(bytes("smaller")),
        size_comparison,
    };
    let mut action = FilterAction {
        add_label_ids: texts(arguments, "label"),
        remove_label_ids: texts(arguments, "remove-label"),
        forward: text("forward"),
    };
    for (name, change, _) in SHORTCUTS {
        if arguments.get_flag(name) {
            match change {
                Change::Add(label) => action.add_label_ids.push(label.to_owned()),
                Change::Remove(label) => action.remove_label_ids.push(label.to_owned()),
            }
        }
    }
    (criteria, action)
}

/// The search that finds what a filter would meet.
fn query(criteria: &FilterCriteria) -> String {
    let given = |text: &Option<String>| {
        text.as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let mut terms = Vec::new();
    // The brackets keep the words and alternatives of one criterion together.
    for (operator, text) in [
        ("from:", &criteria.from),
        ("to:", &criteria.to),
        ("subject:", &criteria.subject),
        ("", &criteria.query),
        ("-", &criteria.negated_query),
    ] {
        if let Some(text) = given(text) {
            terms.push(format!("{operator}({text})"));
        }
    }
    if criteria.has_attachment == Some(true) {
        terms.push("has:attachment".to_owned());
    }
    if criteria.exclude_chats == Some(true) {
        terms.push("-in:chats".to_owned());
    }
    if let (Some(size), Some(comparison)) = (criteria.size, &criteria.size_comparison) {
        let operator = comparison.as_str();
        if matches!(operator, "larger" | "smaller") {
            terms.push(format!("{operator}:{size}"));
        }
    }
    terms.join(" ")
}

fn id(arguments: &ArgMatches) -> String {
    arguments
        .get_one::<String>("id")
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_become_a_search() {
        let criteria = FilterCriteria {
            from: Some("a@example.com OR b@example.com".to_owned()),
            subject: Some(" ".to_owned()),
            negated_query: Some("urgent".to_owned()),
            has_attachment: Some(true),
            exclude_chats: Some(true),
            size: Some(1000),
            size_comparison: Some("larger".into()),
            ..FilterCriteria::default()
        };
        assert_eq!(
            query(&criteria),
            "from:(a@example.com OR b@example.com) -(urgent) has:attachment -in:chats larger:1000"
        );
        assert_eq!(query(&FilterCriteria::default()), "");
    }
}
