//! `gmail_search`: the messages a search finds, with enough of each to choose from.

use serde_json::{Map, Value, json};

use crate::api::gmail::types::MessageFormat;
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::Reading;

use super::Progress;
use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::fence::{Fence, defused_line};
use super::room::{clipped, length, takes};
use super::seal::short_date;

/// Space reserved for the remark that messages are left out.
const LEFT_OUT: usize = 160;

/// The columns of a line.
const COLUMNS: &str = "id (thread, where it is another id; = is that of the line above) date | from | subject | labels | beginning";

/// A message found by a search.
pub(super) struct Found {
    pub(super) id: String,
    pub(super) thread_id: String,
    pub(super) outcome: Result<Reading, Error>,
    pub(super) snippet: String,
}

/// Runs a search.
pub(super) async fn search(
    gmail: &GmailConnector,
    arguments: &Arguments,
    limit: usize,
    progress: Progress<'_>,
) -> Result<Answer, Failure> {
    let most = arguments.number("max_results", 10).clamp(1, 50);
    let mut list = gmail
        .messages()
        .list()
        .max_results(i64::try_from(most).unwrap_or(50));
    if let Some(query) = arguments
        .optional_text("query")
        .filter(|query| !query.is_empty())
    {
        list = list.q(query);
    }
    if let Some(token) = arguments.optional_text("page_token") {
        list = list.page_token(token);
    }
    if arguments.flag("include_spam_trash") {
        list = list.include_spam_trash(true);
    }
    let page = list
        .send()
        .await
        .map_err(|error| Failure::service(&error))?;
    let total = page.messages.len() as u64;
    let mut listed = page.messages.iter();
    let mut messages = gmail
        .get_many(&page.messages)
        .format(MessageFormat::Metadata)
        .metadata_headers(["From", "Subject", "Date"])
        .stream();
    let mut found = Vec::new();
    while let Some((id, outcome)) = messages.next().await {
        found.push(Found {
            id,
            thread_id: listed
                .next()
                .and_then(|message| message.thread_id.clone())
                .unwrap_or_default(),
            snippet: match &outcome {
                Ok(message) => message.snippet.clone().unwrap_or_default(),
                Err(_) => String::new(),
            },
            outcome: outcome.map(|message| Reading::from_payload(&message)),
        });
        progress(found.len() as u64, Some(total));
    }
    // A message deleted since the search must not cost the rest. If all fail, the search has failed.
    if let Some(Found {
        outcome: Err(error),
        ..
    }) = found.first()
        && found.iter().all(|found| found.outcome.is_err())
    {
        return Err(Failure::service(error));
    }
    answer(
        &found,
        page.next_page_token,
        page.result_size_estimate,
        limit,
    )
}

fn answer(
    found: &[Found],
    next: Option<String>,
    estimate: Option<i64>,
    limit: usize,
) -> Result<Answer, Failure> {
    let fence = Fence::new()?;
    let next = next.filter(|token| !token.is_empty());
    let more = next.map(|token| (format!("There is more: page_token: {token}"), token));
    let mut parts = Vec::new();
    let mut lines = Vec::new();
    let mut messages = Vec::new();
    if found.is_empty() {
        parts.push("no message matches".to_owned());
    } else {
        parts.push(fence.notice());
        parts.push(COLUMNS.to_owned());
        let last = more.as_ref().map_or(0, |(line, _)| length(line));
        let taken = parts.iter().map(|part| length(part) + 1).sum::<usize>()
            + length(&fence.wrap(""))
            + last.max(LEFT_OUT);
        let mut left = limit.saturating_sub(taken);
        let share = (left / found.len()).saturating_sub(2);
        let mut thread = "";
        for found in found {
            let (line, fields) = described(found, thread, share);
            thread = &found.thread_id;
            if !takes(&mut left, &line) && !lines.is_empty() {
                break;
            }
            lines.push(line);
            messages.push(fields);
        }
        parts.push(fence.wrap(&lines.join("\n")));
    }
    let left_out = found.len() - messages.len();
    let mut structured = json!({"messages": messages});
    if left_out > 0 {
        // The token of the next page would skip the messages left out.
        parts.push(format!(
            "({left_out} more are left out; with max_results: {} a page_token leads to them.)",
            lines.len()
        ));
        structured["left_out"] = json!(left_out);
    } else if let Some((line, token)) = more {
        parts.push(line);
        structured["next_page_token"] = json!(token);
    }
    if let Some(estimate) = estimate {
        structured["estimated_total"] = json!(estimate);
    }
    Ok(Answer::new(parts.join("\n"), structured, fence))
}

/// A message as a line of about `share` characters, and as fields. `thread` is the thread of the line above.
fn described(found: &Found, thread: &str, share: usize) -> (String, Value) {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("id", json!(found.id));
    put("thread_id", json!(found.thread_id));
    let mut line = found.id.clone();
    if found.thread_id == thread && found.thread_id != found.id {
        line.push_str(" (=)");
    } else if found.thread_id != found.id {
        line.push_str(&format!(" ({})", found.thread_id));
    }
    line.push(' ');
    match &found.outcome {
        Ok(reading) => {
            let header = |text: &str, most: usize| clipped(&defused_line(text), most);
            let date = match &reading.date_rfc3339 {
                Some(date) => short_date(date),
                None => header(&reading.local_date(), 40),
            };
            let from = header(&reading.from.to_string(), 80);
            let subject = header(
                reading.subject.as_deref().unwrap_or_default(),
                (share / 3).max(40),
            );
            let labels = header(&reading.label_ids.join(" "), 60);
            line.push_str(&format!("{date} | {from} | {subject} | {labels} | "));
            let room = share.saturating_sub(length(&line)).clamp(20, 200);
            let snippet = header(&unescaped(&found.snippet), room);
            line.push_str(&snippet);
            put("labels", json!(reading.label_ids));
            put(
                "date",
                json!(header(reading.date.as_deref().unwrap_or_default(), 40)),
            );
            if let Some(date) = &reading.date_rfc3339 {
                put("date_rfc3339", json!(date));
            }
            put("from", json!(from));
            put("subject", json!(subject));
            put("snippet", json!(snippet));
        }
        Err(error) => {
            line.push_str(&clipped(&error.to_string(), share.max(40)));
            put("error", json!(error.to_string()));
        }
    }
    (line, Value::Object(fields))
}

/// Gmail escapes a few characters of snippets as in HTML.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
