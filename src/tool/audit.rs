//! An audit log of agents' calls: one line of JSON each, written whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::answer::Answer;
use super::cap::private;
use super::visible::visible_line;

/// The longest id to record.
const LONGEST_ID: usize = 200;

/// The most ids in a line.
const MOST_IDS: usize = 100;

/// The log file.
#[derive(Debug)]
pub(super) struct Audit {
    file: File,
    is_broken: AtomicBool,
}

impl Audit {
    /// Opens a file for appending that only its owner can read.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: private(path, OpenOptions::new().append(true).create(true))?,
            is_broken: AtomicBool::new(false),
        })
    }

    /// Whether the last write failed. No more calls are made then.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Begins the record of a call. It is written when the call ends or is dropped.
    pub(super) fn begin(self: &Arc<Self>, who: &str, tool: String, arguments: Value) -> Record {
        Record {
            audit: Arc::clone(self),
            who: who.to_owned(),
            tool,
            arguments,
            is_ended: false,
        }
    }

    /// Records a call: the caller, the tool, the ids it named and returned, and the outcome.
    fn record(&self, who: &str, tool: &str, arguments: &Value, answer: Option<&Answer>) {
        let mut ids = Vec::new();
        collect(arguments, &mut ids);
        if let Some(answer) = answer.filter(|answer| !answer.is_error) {
            for record in [&answer.structured, &answer.structured["data"]] {
                for name in ["id", "draft_id"] {
                    ids.extend(record[name].as_str().and_then(id));
                }
            }
        }
        ids.dedup();
        ids.truncate(MOST_IDS);
        let mut line = json!({
            "time": jiff::Timestamp::now().to_string(),
            "who": visible_line(who),
            "tool": tool,
            "ids": ids,
            "outcome": outcome(answer),
        });
        let words = [&arguments["entity"], &arguments["action"]].map(Value::as_str);
        if let [Some(entity), Some(action)] = words {
            let action = visible_line(&format!("{entity}.{action}"));
            line["action"] = action.chars().take(LONGEST_ID).collect::<String>().into();
        }
        // One write in append mode, so lines of several processes do not mix.
        let written = (&self.file).write_all(format!("{line}\n").as_bytes());
        self.is_broken.store(written.is_err(), Ordering::Relaxed);
    }
}

/// The record of a call in progress.
pub(super) struct Record {
    audit: Arc<Audit>,
    who: String,
    tool: String,
    arguments: Value,
    is_ended: bool,
}

impl Record {
    pub(super) fn end(&mut self, answer: &Answer) {
        self.is_ended = true;
        self.audit
            .record(&self.who, &self.tool, &self.arguments, Some(answer));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.is_ended {
            self.audit
                .record(&self.who, &self.tool, &self.arguments, None);
        }
    }
}

/// The outcome of a call. No answer means that the caller left; the action may have been carried out.
fn outcome(answer: Option<&Answer>) -> &str {
    match answer {
        None => "abandoned",
        Some(answer) if answer.is_error => answer.structured["error"]["code"]
            .as_str()
            .unwrap_or("failed"),
        Some(answer) if answer.structured["is_draft_instead"] == true => "drafted",
        Some(_) => "done",
    }
}

/// Collects the ids in the arguments, at any depth, also from params given as text.
fn collect(value: &Value, ids: &mut Vec<String>) {
    let Some(fields) = value.as_object() else {
        return;
    };
    for (name, value) in fields {
        let name = name.to_ascii_lowercase();
        let is_id = name.ends_with("id") || name.ends_with("ids");
        match value {
            Value::String(text) if is_id => ids.extend(id(text)),
            Value::Array(values) if is_id => {
                ids.extend(values.iter().filter_map(Value::as_str).filter_map(id));
            }
            Value::String(text) if name == "params" => {
                if let Ok(params) = serde_json::from_str(text) {
                    collect(&params, ids);
                }
            }
            value => collect(value, ids),
        }
    }
}

/// Only text that can be an id. Anything else could be a sentence from someone's mail.
fn id(text: &str) -> Option<String> {
    let is_id = text.len() <= LONGEST_ID
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_=.+@".contains(&byte));
    is_id.then(|| text.to_owned())
}
