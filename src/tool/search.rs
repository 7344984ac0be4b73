//! `gmail_search`: the messages a search finds, with enough of each to choose from.

use serde_json::{Value, json};

use crate::api::gmail::types::{ListMessagesResponse, Message, MessageFormat};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::Reading;

use super::Progress;
use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::fence::{Fence, short_line};
use super::room::{clipped, length, takes};
use super::seal::short_date;

/// Space reserved for the remark that messages are left out.
const LEFT_OUT: usize = 160;

/// The columns of a line.
const COLUMNS: &str = "id (thread, where it is another id; = is that of the line above) date | from | subject | labels | beginning";

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
    if arguments.flag("include_spam_trash", false) {
        list = list.include_spam_trash(true);
    }
    let page = list.send().await?;
    let total = page.messages.len() as u64;
    let mut messages = gmail
        .get_many(&page.messages)
        .format(MessageFormat::Metadata)
        .metadata_headers(["From", "Subject", "Date"])
        .stream();
    let mut found = Vec::new();
    while let Some((_, outcome)) = messages.next().await {
        found.push(outcome);
        progress(found.len() as u64, Some(total));
    }
    // A message deleted since the search must not cost the rest. If all fail, the search has failed.
    if let Some(Err(error)) = found.first()
        && found.iter().all(Result::is_err)
    {
        return Err(error.clone().into());
    }
    answer(page, &found, limit)
}

fn answer(
    page: ListMessagesResponse,
    found: &[Result<Message, Error>],
    limit: usize,
) -> Result<Answer, Failure> {
    let fence = Fence::new()?;
    let next = page.next_page_token.filter(|token| !token.is_empty());
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
        for (listed, outcome) in page.messages.iter().zip(found) {
            let (line, fields) = described(listed, outcome, thread, share);
            thread = listed.thread_id.as_deref().unwrap_or_default();
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
    if let Some(estimate) = page.result_size_estimate {
        structured["estimated_total"] = json!(estimate);
    }
    Ok(Answer::new(parts.join("\n"), structured, fence))
}

/// A message as a line of about `share` characters, and as fields. `thread` is the thread of the line above.
fn described(
    listed: &Message,
    outcome: &Result<Message, Error>,
    thread: &str,
    share: usize,
) -> (String, Value) {
    let id = &listed.id;
    let own_thread = listed.thread_id.as_deref().unwrap_or_default();
    let mut fields = json!({"id": id, "thread_id": own_thread});
    let mut line = match own_thread {
        own if own == id => format!("{id} "),
        own if own == thread => format!("{id} (=) "),
        own => format!("{id} ({own}) "),
    };
    match outcome {
        Ok(message) => {
            let reading = Reading::from_payload(message);
            let subject = reading.subject.as_deref().unwrap_or_default();
            let subject = short_line(subject, (share / 3).max(40));
            let from = short_line(&reading.from.to_string(), 80);
            let labels = short_line(&reading.label_ids.join(" "), 60);
            let date = match &reading.date_rfc3339 {
                Some(date) => short_date(date),
                None => short_line(&reading.local_date(), 40),
            };
            line.push_str(&format!("{date} | {from} | {subject} | {labels} | "));
            let room = share.saturating_sub(length(&line)).clamp(20, 200);
            let snippet = message.snippet.as_deref().unwrap_or_default();
            let snippet = short_line(&unescaped(snippet), room);
            line.push_str(&snippet);
            if let Some(date) = &reading.date_rfc3339 {
                fields["date_rfc3339"] = json!(date);
            }
            fields["date"] = json!(short_line(reading.date.as_deref().unwrap_or_default(), 40));
            fields["labels"] = json!(reading.label_ids);
            fields["from"] = json!(from);
            fields["subject"] = json!(subject);
            fields["snippet"] = json!(snippet);
        }
        Err(error) => {
            line.push_str(&clipped(&error.to_string(), share.max(40)));
            fields["error"] = json!(error.to_string());
        }
    }
    (line, fields)
}

/// Gmail escapes a few characters of snippets as in HTML.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
