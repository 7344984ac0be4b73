//! `airbyte-gmail search` and `airbyte-gmail inbox`.

use std::time::Duration;

use airbyte_agent_gmail::page::SeenTokens;
use clap::builder::TypedValueParser;
use clap::{Args, value_parser};
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::exit::Failure;
use crate::cli::output::{self, Format, Meter};
use crate::cli::settings;

/// The largest page of the tool that searches.
const LARGEST_PAGE: usize = 50;

/// Find messages as Gmail's search box does
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail search is:unread from:billing@example.com newer_than:7d\n  \
    airbyte-gmail search in:inbox --output ndjson --all\n  \
    airbyte-gmail search from:news@example.com -o ids | airbyte-gmail archive -")]
pub(crate) struct Search {
    /// from:, to:, subject:, is:unread, in:inbox, has:attachment, newer_than:7d, words; all mail where it is left out
    query: Vec<String>,
    #[command(flatten)]
    page: Page,
}

/// List the inbox, the latest first
#[derive(Args)]
pub(crate) struct Inbox {
    /// Only messages that this search finds, such as is:unread
    query: Vec<String>,
    #[command(flatten)]
    page: Page,
}

#[derive(Args)]
struct Page {
    /// How many messages a page has
    #[arg(long, short = 'n', value_name = "NUMBER", default_value = "10", value_parser = value_parser!(u16).range(1..=500).map(usize::from))]
    limit: usize,
    /// The next_page_token of the page before
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    /// Every page, each shown as it comes (json becomes ndjson)
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
            // The brackets keep alternatives together.
            query => format!("in:inbox ({query})"),
        };
        search(global, &query, self.page).await
    }
}

async fn search(global: &Global, query: &str, page: Page) -> Result<(), Failure> {
    let output = global
        .output(Format::Table)
        .with_columns(&["id", "date", "from", "subject", "labels"]);
    let Page {
        limit,
        page_token: mut token,
        all: is_all,
    } = page;
    let tools = settings::connect(global)?
        .tools()
        .with_limit(10_000_000)
        .with_quota_wait(Duration::MAX);
    let mut seen = SeenTokens::default();
    let mut meter = Meter::beside_records("messages");
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
        let selected: Vec<Value> = messages
            .iter()
            .map(|message| {
                let date = message["date_rfc3339"].as_str().and_then(short_date);
                let mut message = output.selection().apply(message);
                if output.format() == Format::Table
                    && message.get("date").is_some()
                    && let Some(date) = date
                {
                    message["date"] = json!(date);
                }
                message
            })
            .collect();
        token = answer.structured["next_page_token"]
            .as_str()
            .map(str::to_owned);
        let wants_more = is_all || meter.count() + messages.len() < limit;
        if output.format() == Format::Json && !is_all && limit <= LARGEST_PAGE {
            let mut page = json!({"messages": selected});
            if let Some(token) = &token {
                page["next_page_token"] = json!(token);
            }
            return output::print(&page);
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
    Ok(())
}

/// `7 Mar 2026 08:15` of `2026-03-07T08:15:00+01:00`, the clock of whoever reads: a line has to hold more than a date.
fn short_date(date: &str) -> Option<String> {
    let date: jiff::civil::DateTime = date.parse().ok()?;
    Some(date.strftime("%-d %b %Y %H:%M").to_string())
}
