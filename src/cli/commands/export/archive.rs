//! Keeps an export's output and its index consistent.
//!
//! Messages are written in groups: first their bytes are synced to disk, then their index lines. So no crash leaves
//! an index line without its message. Other programs may open the output between runs and even during one: their
//! changes stay, and the indexed messages are searched for in the result.

use std::path::{Path, PathBuf};
use std::time::Instant;

use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::sync::mbox;
use airbyte_agent_gmail::types::Message;
use serde::{Deserialize, Serialize};

use super::Format;
use super::index::{self, Ids, Line};
use super::label;
use super::maildir::Maildir;
use super::single::{Found, Single};
use super::spool;
use crate::cli::digest::digest;
use crate::cli::exit::Failure;
use crate::cli::file::beside;
use crate::cli::journal::Journal;

/// A group ends at either limit.
const GROUP_MESSAGES: usize = 100;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// The parameters of an export; the first line of its index.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(super) format: Format,
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) include_spam_trash: bool,
    /// Whether each message gets its labels in a header.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) x_gmail_labels: bool,
    pub(crate) account: String,
    /// Where a sync continues after the first run of this export.
    #[serde(default)]
    pub(super) history_id: String,
}

/// The output of an export.
pub(super) struct Archive {
    path: PathBuf,
    plan: Plan,
    journal: Journal,
    output: Output,
    /// The index line with the last record.
    last: Option<Line>,
    count: usize,
    waiting_since: Option<Instant>,
    /// How many messages another program removed from the output during this run.
    taken_out: usize,
}

/// What an export finds when it opens its output.
pub(super) struct Opened {
    pub(super) archive: Archive,
    /// The messages in it.
    pub(super) ids: Ids,
    /// How many indexed messages are missing from the output. They are exported again.
    pub(super) gone: usize,
    /// Whether another program changed the output.
    pub(super) is_changed: bool,
}

enum Output {
    Single(Single),
    Maildir(Maildir),
}

/// A line of an NDJSON export: the message as Gmail returned it, and the names of its labels.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    message: &'a Message,
    #[serde(rename = "labelNames", skip_serializing_if = "<[String]>::is_empty")]
    label_names: &'a [String],
}

impl Archive {
    /// Opens an output or creates it.
    pub(super) fn open(path: &Path, plan: Plan) -> Result<Opened, Failure> {
        let index = beside(path, "index");
        if path.exists() && !index.exists() {
            return Err(foreign(path));
        }
        let (mut ids, mut last) = (Ids::default(), None::<Line>);
        let (mut journal, header) = Journal::open(&index, |line: Line| {
            ids.insert(&line.id);
            if last.as_ref().is_none_or(|last| last.end() <= line.end()) {
                last = Some(line);
            }
        })?;
        let plan = match header {
            Some(before) => {
                same(&before, &plan)?;
                before
            }
            // The index is written before the output exists.
            None if path.exists() => return Err(foreign(path)),
            None => {
                journal.note(&plan)?;
                journal.flush()?;
                plan
            }
        };
        let (output, found) = if plan.format == Format::Maildir {
            let (maildir, gone) = Maildir::open(path, &ids, || index::read(&index))?;
            let mut found = Found::default();
            if !gone.is_empty() {
                let lines = index::read(&index)?.into_iter();
                found.lines = Some(lines.filter(|line| !gone.contains(&line.id)).collect());
                found.is_changed = true;
                found.gone = gone;
            }
            (Output::Maildir(maildir), found)
        } else {
            let (single, found) = Single::open(path, plan.format, last.as_ref())?;
            (Output::Single(single), found)
        };
        let mut archive = Self {
            path: path.to_owned(),
            plan,
            journal,
            output,
            last,
            count: 0,
            waiting_since: None,
            taken_out: 0,
        };
        for id in &found.gone {
            ids.remove(id);
        }
        for line in found.more.iter().chain(found.lines.iter().flatten()) {
            ids.insert(&line.id);
        }
        let (gone, is_changed) = (found.gone.len(), found.is_changed);
        archive.adopt(found)?;
        Ok(Opened {
            archive,
            ids,
            gone,
            is_changed,
        })
    }

    /// Since when messages have been waiting to be synced to disk.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.waiting_since
    }

    /// How many messages another program removed from the output during this run.
    pub(super) fn taken_out(&self) -> usize {
        self.taken_out
    }

    /// Appends a message fetched in the format `raw`, with the names of its labels. Returns the length of its record.
    pub(super) fn append(
        &mut self,
        message: &Message,
        label_names: Vec<String>,
    ) -> Result<u64, Failure> {
        let id = message.id.as_str();
        let incomplete = || {
            Failure::Other(format!(
                "the message {id} came without its raw text; run the same command again, and report it if this \
                 keeps happening"
            ))
        };
        let text = message.raw.as_deref().ok_or_else(incomplete)?;
        let date = message
            .internal_date
            .as_deref()
            .and_then(|date| date.parse().ok())
            .unwrap_or_default();
        let mut raw = decode_base64url(text).map_err(|_| incomplete())?;
        let mut line = Line {
            id: id.to_owned(),
            thread: message.thread_id.clone().unwrap_or_default(),
            labels: message.label_ids.clone(),
            label_names,
            date,
            at: None,
            length: raw.len() as u64,
            file: None,
            digest: Some(digest(&raw)),
        };
        if self.plan.x_gmail_labels {
            raw = label::with_field(&raw, &line.labels, &line.label_names);
        }
        let mut waiting = 0;
        let length = match &mut self.output {
            Output::Single(single) => {
                let format = self.plan.format;
                let label_names = line.label_names.clone();
                let length = single.append(line, |pending| {
                    if format == Format::Mbox {
                        mbox::write(pending, id, date, &raw);
                        return Ok(());
                    }
                    let record = Record {
                        message,
                        label_names: &label_names,
                    };
                    serde_json::to_writer(&mut *pending, &record)?;
                    pending.push(b'\n');
                    Ok(())
                })?;
                waiting = single.waiting();
                length
            }
            Output::Maildir(maildir) => {
                line.file = Some(maildir.append(id, date, &message.label_ids, &raw)?);
                self.journal.note(&line)?;
                line.length
            }
        };
        self.count += 1;
        self.waiting_since.get_or_insert_with(Instant::now);
        if self.count >= GROUP_MESSAGES || waiting >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(length)
    }

    /// Ends the group.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if self.count == 0 {
            return Ok(());
        }
        if let Output::Single(single) = &mut self.output
            && !single.is_as_left()?
        {
            let found = single.reopen(self.last.as_ref())?;
            self.taken_out += found.gone.len();
            self.adopt(found)?;
        }
        match &mut self.output {
            Output::Single(single) => {
                for line in single.flush()? {
                    self.journal.note(&line)?;
                    self.last = Some(line);
                }
            }
            Output::Maildir(maildir) => maildir.flush()?,
        }
        self.journal.flush()?;
        self.count = 0;
        self.waiting_since = None;
        Ok(())
    }

    /// Ends the export.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.flush()?;
        spool::forget(&self.path);
        Ok(())
    }

    /// Writes the findings about the output to the index.
    fn adopt(&mut self, found: Found) -> Result<(), Failure> {
        if let Some(lines) = found.lines {
            let index = beside(&self.path, "index");
            self.journal = Journal::replace(&index, &self.plan, &lines)?;
            self.last = lines.into_iter().max_by_key(Line::end);
        }
        for line in found.more {
            self.journal.note(&line)?;
            self.last = Some(line);
        }
        self.journal.flush()
    }
}

fn foreign(path: &Path) -> Failure {
    Failure::input(format!(
        "{}: it exists and is not an export of this program: it has no index; give another --out",
        path.display()
    ))
}

fn same(before: &Plan, now: &Plan) -> Result<(), Failure> {
    let differences = [
        ("another --format", before.format != now.format),
        ("another --query", before.query != now.query),
        (
            "another --include-spam-trash",
            before.include_spam_trash != now.include_spam_trash,
        ),
        (
            "another --x-gmail-labels",
            before.x_gmail_labels != now.x_gmail_labels,
        ),
        (
            "another account",
            !before.account.eq_ignore_ascii_case(&now.account),
        ),
    ];
    match differences.iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((what, _)) => Err(Failure::input(format!(
            "the output holds an export with {what}; give the same, or another --out"
        ))),
    }
}
