//! `airbyte-gmail search` and `airbyte-gmail inbox`.

use std::time::Duration;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::page::SeenTokens;
use clap::builder::TypedValueParser;
use clap::{Args, value_parser};
use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::label::{self, Labels};
use crate::cli::output::{self, Format, Meter};
use crate::cli::settings;

/// The largest page of the search tool.
const LARGEST_PAGE: usize = 50;

/// The default number of messages to show.
const USUAL_PAGE: usize = 10;

/// The fields of a found message.
pub(crate) const FIELDS: [&str; 8] = [
    "id",
    "thread_id",
    "labels",
    "date",
    "date_rfc3339",
    "from",
    "subject",
    "snippet",
];

/// Find messages, as in Gmail's search box
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail search is:unread from:billing@example.com newer_than:7d\n  \
    airbyte-gmail search in:inbox --output ndjson --all\n  \
    airbyte-gmail search from:news@example.com -o ids | airbyte-gmail archive -")]
pub(crate) struct Search {
    /// from:, to:, subject:, is:unread, in:inbox, has:attachment, newer_than:7d, words (default: all mail)
    query: Vec<String>,
    #[command(flatten)]
    page: Page,
}

/// List the inbox, newest first
#[derive(Args)]
pub(crate) struct Inbox {
    /// Only messages that match this search, such as is:unread
    query: Vec<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Args)]
struct Page {
    /// How many messages to show (default: 10, or the limit in config.yaml)
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = value_parser!(u16).range(1..=500).map(usize::from))]
    limit: Option<usize>,
    /// The next_page_token of the previous page
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    /// Show every page as it arrives (json becomes ndjson)
    #[arg(long)]
    all: bool,
}

impl Search {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        search(global, &self.query.join(" "), self.page).await
    }
}

impl Inbox {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let query = match self.query.join(" ") {
            query if query.trim().is_empty() => "in:inbox".to_owned(),
            // Parentheses keep alternatives together.
            query => format!("in:inbox ({query})"),
        };
        search(global, &query, self.page).await
    }
}

async fn search(global: &Global, query: &str, page: Page) -> Result<(), Failure> {
    let output = global.output(Format::Table);
    // Only for a person at a terminal. Piped output keeps its format for programs.
    let is_shown = output.format() == Format::Table && output::is_terminal();
    let output = if is_shown {
        output.with_columns(&[output::MARK, "id", "date", "from", "subject", "labels"])
    } else {
        output.with_columns(&["id", "date", "from", "subject", "labels"])
    };
    let Page {
        limit,
        page_token: mut token,
        all: is_all,
    } = page;
    let limit = limit
        .or(global.defaults.limit.map(usize::from))
        .unwrap_or(USUAL_PAGE)
        .clamp(1, 500);
    let gmail = settings::connect(global)?;
    let tools = gmail
        .tools()
        .with_limit(10_000_000)
        .with_quota_wait(Duration::MAX);
    let mut labels = None;
    let mut seen = SeenTokens::default();
    let mut meter = Meter::beside_records("messages");
    let mut unread = Unread::default();
    loop {
        let wanted = if is_all {
            LARGEST_PAGE
        } else {
            limit.saturating_sub(meter.count()).clamp(1, LARGEST_PAGE)
        };
        let mut call = json!({"query": query, "max_results": wanted});
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
        let mut selected = Vec::new();
        for message in &messages {
            unread.look(message);
            let mut chosen = output.selection().apply(message);
            if is_shown {
                show(&gmail, &mut labels, message, &mut chosen).await?;
            } else if output.format() == Format::Table
                && chosen.get("date").is_some()
                && let Some(date) = message["date_rfc3339"].as_str().and_then(short_date)
            {
                chosen["date"] = json!(date);
            }
            selected.push(chosen);
        }
        token = answer.structured["next_page_token"]
            .as_str()
            .map(str::to_owned);
        let wants_more = is_all || meter.count() + messages.len() < limit;
        let is_whole = matches!(output.format(), Format::Json | Format::Yaml);
        if is_whole && !is_all && limit <= LARGEST_PAGE {
            let mut page = json!({"messages": selected});
            if let Some(token) = &token {
                page["next_page_token"] = json!(token);
            }
            output.value(&page)?;
            return unread.outcome();
        }
        output.records(&selected, meter.count() == 0)?;
        meter.add(messages.len(), 0);
        match &token {
            Some(token) if wants_more => seen.check(token)?,
            _ => break,
        }
    }
    let shown = meter.count();
    drop(meter);
    if shown == 0 && output.format() == Format::Table {
        output::note("no message matches");
    } else if let Some(token) = token
        && output.format() == Format::Table
    {
        output::note(&format!("there is more: --all, or --page-token {token}"));
    }
    unread.outcome()
}

/// Counts listed messages that could not be read.
#[derive(Default)]
struct Unread {
    count: usize,
    first: String,
}

impl Unread {
    /// Counts a message that could not be read. One deleted since it was listed is not a failure.
    fn look(&mut self, message: &Value) {
        let Some(error) = message["error"].as_str() else {
            return;
        };
        let is_gone = error.contains(": not found (404") && !error.contains("check the base url");
        if !is_gone {
            if self.count == 0 {
                error.clone_into(&mut self.first);
            }
            self.count += 1;
        }
    }

    fn outcome(&self) -> Result<(), Failure> {
        match self.count {
            0 => Ok(()),
            count => Err(Failure::Later(format!(
                "{count} of the messages could not be read: {}",
                self.first
            ))),
        }
    }
}

/// Makes a message's row for a person: a mark if unread, a short date, labels by name.
async fn show(
    gmail: &GmailConnector,
    labels: &mut Option<Labels>,
    message: &Value,
    row: &mut Value,
) -> Result<(), Failure> {
    let ids: Vec<String> = message["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|label| label.as_str().map(str::to_owned))
        .collect();
    let is_unread = ids.iter().any(|id| id == "UNREAD");
    row[output::MARK] = json!(if is_unread { "●" } else { "" });
    if row.get("date").is_some()
        && let Some(date) = message["date_rfc3339"].as_str()
        && let Some(date) = relative_date(date, ZonedDateTime::now().datetime())
    {
        row["date"] = json!(date);
    }
    if row.get("labels").is_some() {
        // The mark already shows that.
        let ids: Vec<String> = ids.into_iter().filter(|id| id != "UNREAD").collect();
        row["labels"] = json!(label::shown_names(gmail, labels, &ids).await?);
    }
    Ok(())
}

/// A date, shorter the nearer it is: `08:15` today, `Tue 08:15` in the last week, `7 Mar` this year, else `7 Mar
/// 2025`.
fn relative_date(date: &str, now: DateTime) -> Option<String> {
    let date: DateTime = date.parse().ok()?;
    let days = (now.date() - date.date()).get_days();
    let format = match days {
        0 => "%H:%M",
        1..=6 => "%a %H:%M",
        7.. if date.year() == now.year() => "%-d %b",
        _ => "%-d %b %Y",
    };
    Some(date.strftime(format).to_string())
}

/// `7 Mar 2026 08:15` for `2026-03-07T08:15:00+01:00`. The time is in the reader's own zone, and the line needs room
/// for more than a date.
fn short_date(date: &str) -> Option<String> {
    let date: DateTime = date.parse().ok()?;
    Some(date.strftime("%-d %b %Y %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::relative_date;

    #[test]
    fn a_date_is_as_short_as_it_is_near() {
        let now = jiff::civil::date(2026, 3, 7).at(9, 0, 0, 0);
        for (date, shown) in [
            ("2026-03-07T08:15:00+01:00", "08:15"),
            ("2026-03-06T08:15:00+01:00", "Fri 08:15"),
            ("2026-03-01T08:15:00+01:00", "Sun 08:15"),
            ("2026-02-28T08:15:00+01:00", "28 Feb"),
            ("2025-12-31T08:15:00+01:00", "31 Dec 2025"),
            ("2026-03-08T08:15:00+01:00", "8 Mar 2026"),
        ] {
            assert_eq!(relative_date(date, now).as_deref(), Some(shown));
        }
    }
}
