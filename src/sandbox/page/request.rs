//! The requests of programs, with the sandbox's answers.

use std::fmt::Write;

use serde_json::Value;

use super::frame::{escape, missing, within};
use crate::sandbox::exchange::{Answer, pairs};
use crate::sandbox::state::{State, lock};
use crate::sandbox::traffic::{Half, Traced};

/// Names of secret values in JSON, forms and queries.
const SECRETS: [&str; 10] = [
    "access_token",
    "refresh_token",
    "id_token",
    "token",
    "bearer_token",
    "client_secret",
    "airbyte_client_secret",
    "code",
    "code_verifier",
    "assertion",
];

/// The last requests, newest first.
pub(super) fn list(state: &State) -> Answer {
    let mut rows = String::new();
    for traced in lock(&state.traffic).newest_first() {
        let record = &traced.record;
        let status = record
            .status
            .map_or_else(|| "\u{2013}".to_owned(), |status| status.to_string());
        let class = match record.status {
            Some(200..400) => "good",
            Some(_) => "bad",
            None => "none",
        };
        let what = match (&record.entity, &record.action) {
            (Some(entity), Some(action)) => format!("{entity} {action}"),
            _ => record.operation.clone(),
        };
        // Writing to a string can't fail.
        let _ = write!(
            rows,
            "\n<tr><td>{}</td><td><a href=\"/page/requests/{}\">{} {}</a></td><td>{}</td><td class=\"{class}\">{status}</td></tr>",
            traced.number,
            traced.number,
            escape(&record.method),
            escape(&record.path),
            escape(&what),
        );
    }
    let table = if rows.is_empty() {
        "<p class=\"empty\">No requests yet. <a href=\"/page/account\">Connect a program</a>.</p>"
            .to_owned()
    } else {
        format!(
            "<table class=\"log\"><thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Request</th>\
             <th scope=\"col\">Operation</th><th scope=\"col\">Status</th></tr></thead>\n<tbody>{rows}</tbody></table>"
        )
    };
    let content = format!(
        "<div id=\"live\"><h1>Requests</h1>\n<p>The most recent requests, newest first. A program reads the \
         whole log at <code>/control/requests</code>.</p>\n{table}</div>"
    );
    within(state, "/page/requests", "Requests", &content)
}

/// One request with its answer.
pub(super) fn show(state: &State, number: &str) -> Answer {
    let traced = number
        .parse()
        .ok()
        .and_then(|number| lock(&state.traffic).get(number).cloned());
    let Some(traced) = traced else {
        return missing(
            state,
            "The sandbox keeps only the most recent requests, and this is not one of them.",
        );
    };
    let Traced {
        record, sent, got, ..
    } = &traced;
    let address = match &record.query {
        Some(query) => format!("{}?{query}", record.path),
        None => record.path.clone(),
    };
    let mut secrets = secrets(state);
    if let Some(query) = &record.query {
        note_form(query.as_bytes(), &mut secrets);
    }
    for half in [Some(sent), got.as_ref()].into_iter().flatten() {
        note(half, &mut secrets);
    }
    let answer = match got {
        Some(got) => half(
            &format!("{}", record.status.unwrap_or_default()),
            got,
            &secrets,
        ),
        None => "<p>No answer: the connection was closed, or the sandbox has not answered yet.</p>"
            .to_owned(),
    };
    let content = format!(
        "<p><a href=\"/page/requests\" rel=\"up\">Back to the requests</a></p>\n<h1>Request {}</h1>\n\
         <p>Secrets are hidden until you click them.</p>\n<h2>Sent</h2>\n{}\n<h2>Received</h2>\n{answer}",
        traced.number,
        half(&format!("{} {address}", record.method), sent, &secrets),
    );
    within(state, "/page/requests", "Request", &content)
}

fn half(first_line: &str, half: &Half, secrets: &[String]) -> String {
    let mut text = format!("{first_line}\n");
    for (name, value) in &half.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    text.push('\n');
    match serde_json::from_slice::<Value>(&half.body) {
        Ok(json) if !half.cut => text.push_str(&format!("{json:#}")),
        _ => text.push_str(&String::from_utf8_lossy(&half.body)),
    }
    if half.cut {
        text.push_str("\n(the rest was not kept)");
    }
    format!("<pre class=\"wire\">{}</pre>", veiled(&text, secrets))
}

/// Text as HTML, with each secret hidden until clicked.
fn veiled(text: &str, secrets: &[String]) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((place, secret)) = secrets
        .iter()
        .filter_map(|secret| Some((rest.find(secret.as_str())?, secret)))
        // Prefer the longer of two secrets that start at the same place.
        .min_by_key(|(place, secret)| (*place, usize::MAX - secret.len()))
    {
        let (before, after) = rest.split_at(place);
        html.push_str(&escape(before));
        let _ = write!(
            html,
            "<details class=\"secret\"><summary>hidden</summary>{}</details>",
            escape(secret)
        );
        rest = after.get(secret.len()..).unwrap_or_default();
    }
    html.push_str(&escape(rest));
    html
}

/// The sandbox's own secrets.
fn secrets(state: &State) -> Vec<String> {
    let google = lock(&state.google).credentials();
    let airbyte = lock(&state.airbyte).credentials();
    vec![
        google.client_secret,
        google.refresh_token,
        google.access_token,
        airbyte.client_secret,
        airbyte.bearer_token,
    ]
}

fn note(half: &Half, secrets: &mut Vec<String>) {
    for (name, value) in &half.headers {
        if name == "authorization" {
            secrets.push(
                value
                    .split_once(' ')
                    .map_or(value.as_str(), |(_, value)| value)
                    .to_owned(),
            );
        }
    }
    match serde_json::from_slice::<Value>(&half.body) {
        Ok(json) => note_json(&json, secrets),
        Err(_) => note_form(&half.body, secrets),
    }
    secrets.retain(|secret| !secret.is_empty());
}

fn note_json(json: &Value, secrets: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(secret) if SECRETS.contains(&name.as_str()) => {
                        secrets.push(secret.clone())
                    }
                    value => note_json(value, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| note_json(value, secrets)),
        _ => {}
    }
}

fn note_form(form: &[u8], secrets: &mut Vec<String>) {
    for (name, value) in pairs(form) {
        if SECRETS.contains(&name.as_str()) {
            // The form-encoded secret, too.
            let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            secrets.extend([value, encoded]);
        }
    }
}
