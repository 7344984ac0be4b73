//! `airbyte-gmail filters`.

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::tool::visible_text;
use airbyte_agent_gmail::types::{Filter, FilterAction, FilterCriteria};
use clap::{Args, Subcommand, value_parser};
use clap_complete::engine::ArgValueCompleter;
use serde_json::json;

use crate::cli::args::{Global, complete};
use crate::cli::exit::{About, Failure};
use crate::cli::field::{self, Fields};
use crate::cli::label::Labels;
use crate::cli::output::Meter;
use crate::cli::settings::connect;
use crate::cli::{label, output};

/// How many messages one request may change.
/// <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/batchModify>
const BATCH: usize = 1000;

/// The largest page. A page costs the same whatever its size.
const PAGE_SIZE: i64 = 500;

/// List, create and delete filters, or apply one to existing mail
#[derive(Subcommand)]
pub(crate) enum Filters {
    /// The filters
    List,
    Create(Box<Create>),
    /// Delete a filter; mail that it has sorted does not change
    Delete {
        /// The filter's id; see filters list
        id: String,
    },
    /// Apply a filter to existing mail
    ///
    /// It searches for the filter's criteria and adds and removes the filter's labels on every message found, except in
    /// spam and trash. It forwards nothing. Running it twice does no more than running it once.
    Apply {
        /// The filter's id; see filters list
        id: String,
        /// Only show the search, and how many messages it finds
        #[arg(long)]
        dry_run: bool,
    },
}

/// Create a filter for mail that arrives
#[derive(Args)]
pub(crate) struct Create {
    /// Which sender
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    from: Option<String>,
    /// Which recipient
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    to: Option<String>,
    /// Which words in the subject
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    subject: Option<String>,
    /// Which search
    #[arg(long, allow_hyphen_values = true)]
    query: Option<String>,
    /// Which search not
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    without: Option<String>,
    /// With an attachment
    #[arg(long)]
    has_attachment: bool,
    /// No chats
    #[arg(long)]
    exclude_chats: bool,
    /// Larger than that
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = value_parser!(i64).range(0..))]
    larger: Option<i64>,
    /// Smaller than that
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = value_parser!(i64).range(0..), conflicts_with = "larger")]
    smaller: Option<i64>,
    /// Put a label on, by its name or id; see labels list
    #[arg(long, allow_hyphen_values = true, add = ArgValueCompleter::new(complete::labels))]
    label: Vec<String>,
    /// Take a label off, by its name or id
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true, add = ArgValueCompleter::new(complete::labels))]
    remove_label: Vec<String>,
    /// Forward to a verified address of the settings
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    forward: Option<String>,
    /// Skip the inbox
    #[arg(long)]
    archive: bool,
    /// Mark as read
    #[arg(long)]
    mark_read: bool,
    /// Star
    #[arg(long)]
    star: bool,
    /// Mark as important
    #[arg(long)]
    important: bool,
    /// Move to the trash
    #[arg(long)]
    trash: bool,
    /// Never send to spam
    #[arg(long)]
    never_spam: bool,
}

impl Filters {
    /// The fields of its results.
    pub(crate) fn fields(&self) -> Fields {
        match self {
            Self::List | Self::Create(_) => field::of_gmail("settings_filters", "list"),
            Self::Delete { .. } => &["deleted"],
            Self::Apply { .. } => &["query", "messages", "changed"],
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let created = match &self {
            Self::Create(create) => create.filter()?,
            _ => Default::default(),
        };
        let gmail = connect(global)?;
        let filters = || gmail.settings().filters();
        match self {
            Self::List => {
                let filters = filters().list().send().await?.filter;
                let mut labels = None;
                let mut lines = Vec::new();
                if output::is_terminal() {
                    for filter in &filters {
                        lines.push(told(&gmail, &mut labels, filter).await?);
                    }
                }
                global.tell(&filters, |_| match lines.as_slice() {
                    [] => "there are no filters; `airbyte-gmail filters create` creates one"
                        .to_owned(),
                    lines => lines.join("\n"),
                })
            }
            Self::Create(_) => {
                let (criteria, mut action) = created;
                action.add_label_ids =
                    label::ids(&gmail, action.add_label_ids, label::OR_MAKE_IT).await?;
                action.remove_label_ids = label::ids(&gmail, action.remove_label_ids, "").await?;
                if global.dry_run {
                    return global.show(&json!({
                        "dry_run": true,
                        "create": {"criteria": criteria, "action": action},
                    }));
                }
                let filter = filters().create(criteria, action).send().await?;
                let line = if output::is_terminal() {
                    told(&gmail, &mut None, &filter).await?
                } else {
                    String::new()
                };
                global.tell(&filter, |_| line)
            }
            Self::Delete { id } => {
                if global.dry_run {
                    return global.show(&json!({"dry_run": true, "delete": id}));
                }
                filters().delete(id.as_str()).send().await.about(&id)?;
                global.tell(&json!({"deleted": id}), |_| {
                    output::marked(true, &format!("the filter {id} is deleted"))
                })
            }
            Self::Apply { id, dry_run } => {
                let filter = filters().get(&id).send().await.about(&id)?;
                apply(global, &gmail, filter, dry_run || global.dry_run).await
            }
        }
    }
}

impl Create {
    /// The filter's criteria and action. Refuses a filter that matches or does nothing, before any request.
    fn filter(&self) -> Result<(FilterCriteria, FilterAction), Failure> {
        let texts = [
            ("--from", &self.from),
            ("--to", &self.to),
            ("--subject", &self.subject),
            ("--query", &self.query),
            ("--without", &self.without),
            ("--forward", &self.forward),
        ];
        let is_blank =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        if let Some((name, _)) = texts.iter().find(|(_, text)| is_blank(text)) {
            return Err(Failure::input(format!(
                "{name} is empty; leave it out or give a text"
            )));
        }
        let size_comparison = match (self.larger, self.smaller) {
            (Some(_), _) => Some("larger".into()),
            (None, Some(_)) => Some("smaller".into()),
            (None, None) => None,
        };
        let criteria = FilterCriteria {
            from: self.from.clone(),
            to: self.to.clone(),
            subject: self.subject.clone(),
            query: self.query.clone(),
            negated_query: self.without.clone(),
            has_attachment: self.has_attachment.then_some(true),
            exclude_chats: self.exclude_chats.then_some(true),
            size: self.larger.or(self.smaller),
            size_comparison,
        };
        if criteria == FilterCriteria::default() {
            return Err(Failure::input(
                "the filter finds nothing; say what with --from, --to, --subject, --query, --without, --has-attachment, --larger or --smaller",
            ));
        }
        // Options that add or remove labels, in the words of Gmail's own page.
        let with = |given: &[String], shortcuts: [(bool, &str); 3]| {
            let wanted = shortcuts.into_iter().filter(|(is_wanted, _)| *is_wanted);
            let wanted = wanted.map(|(_, label)| label.to_owned());
            given.iter().cloned().chain(wanted).collect()
        };
        let add = [
            (self.star, "STARRED"),
            (self.important, "IMPORTANT"),
            (self.trash, "TRASH"),
        ];
        let remove = [
            (self.archive, "INBOX"),
            (self.mark_read, "UNREAD"),
            (self.never_spam, "SPAM"),
        ];
        let action = FilterAction {
            add_label_ids: with(&self.label, add),
            remove_label_ids: with(&self.remove_label, remove),
            forward: self.forward.clone(),
        };
        if action == FilterAction::default() {
            return Err(Failure::input(
                "the filter does nothing; say what with --label, --remove-label, --archive, --mark-read, --star, --important, --trash, --never-spam or --forward",
            ));
        }
        match &self.forward {
            Some(address) if !is_address(address) => Err(Failure::input(format!(
                "--forward: `{}` is not a mail address; give one like name@example.com",
                visible_text(address)
            ))),
            _ => Ok((criteria, action)),
        }
    }
}

/// A filter as a line for people: its criteria and its actions.
async fn told(
    gmail: &GmailConnector,
    labels: &mut Option<Labels>,
    filter: &Filter,
) -> Result<String, Failure> {
    let found = filter.criteria.as_ref().map(query).unwrap_or_default();
    let mut done = Vec::new();
    if let Some(action) = &filter.action {
        let added = label::shown_names(gmail, labels, &action.add_label_ids).await?;
        let removed = label::shown_names(gmail, labels, &action.remove_label_ids).await?;
        done.extend(added.iter().map(|name| format!("+{name}")));
        done.extend(removed.iter().map(|name| format!("-{name}")));
        done.extend(action.forward.iter().map(|to| format!("forward to {to}")));
    }
    let id = &filter.id;
    let line = format!("{id}  {found} → {}", done.join(", "));
    Ok(output::marked(true, &line))
}

async fn apply(
    global: &Global,
    gmail: &GmailConnector,
    filter: Filter,
    dry_run: bool,
) -> Result<(), Failure> {
    let action = filter.action.unwrap_or_default();
    let query = filter.criteria.as_ref().map(query).unwrap_or_default();
    if query.is_empty() {
        return Err(Failure::input(
            "the filter has no criteria that a search could stand for",
        ));
    }
    if action.add_label_ids.is_empty() && action.remove_label_ids.is_empty() {
        return Err(Failure::input(
            "the filter changes no labels, and nothing else can be done to mail that is there",
        ));
    }
    // Collect all ids first: changes would move messages in the list being read.
    let mut ids = Vec::new();
    let mut list = gmail
        .messages()
        .list()
        .q(query.as_str())
        .max_results(PAGE_SIZE)
        .stream();
    while let Some(reference) = list.next().await.transpose()? {
        ids.push(reference.id);
    }
    if !dry_run {
        let mut meter = Meter::new("messages").of(ids.len());
        for batch in ids.chunks(BATCH) {
            gmail
                .messages()
                .batch_modify(batch)
                .add_label_ids(action.add_label_ids.clone())
                .remove_label_ids(action.remove_label_ids.clone())
                .send()
                .await?;
            meter.add(batch.len(), 0);
        }
    }
    let shown = json!({"query": query, "messages": ids.len(), "changed": !dry_run});
    global.tell(&shown, |_| {
        let done = if dry_run {
            "would be changed"
        } else {
            "are changed"
        };
        output::marked(true, &format!("{} messages {done}: {query}", ids.len()))
    })
}

/// The search for what a filter would match.
fn query(criteria: &FilterCriteria) -> String {
    let mut terms = Vec::new();
    // Parentheses keep the words and alternatives of one criterion together.
    for (operator, text) in [
        ("from:", &criteria.from),
        ("to:", &criteria.to),
        ("subject:", &criteria.subject),
        ("", &criteria.query),
        ("-", &criteria.negated_query),
    ] {
        let text = text.as_deref().unwrap_or_default().trim();
        if !text.is_empty() {
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

/// Whether text can be a bare mail address, without a display name.
fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !text.chars().any(|letter| {
                letter.is_whitespace() || letter.is_control() || "<>,;:\"()[]".contains(letter)
            })
    })
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
