//! The output of an export and its index, kept in step.
//!
//! Messages are written in groups: first their bytes are brought onto the disk, then the lines that say so. A line of
//! the index is therefore never there before its message, whatever happens to the process or the machine; what lies in
//! the output behind the last line is half a group, and is cut off at the next start.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::sync::mbox;
use airbyte_agent_gmail::types::Message;
use serde::{Deserialize, Serialize};

use super::index::{Ids, Line};
use super::maildir::Maildir;
use crate::cli::exit::Failure;
use crate::cli::journal::{Journal, beside, private};

/// A group ends with so many messages or bytes.
const GROUP_MESSAGES: usize = 100;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// What is exported; the first line of the index.
#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) format: String,
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) include_spam_trash: bool,
    pub(super) account: String,
    /// From where a sync goes on behind the first run of this export.
    #[serde(default)]
    pub(super) history_id: String,
}

/// An export's output.
pub(super) struct Archive {
    journal: Journal,
    output: Output,
    lines: usize,
    waiting_since: Option<Instant>,
}

enum Output {
    Mbox(Single),
    Ndjson(Single),
    Maildir(Maildir),
}

/// A file to which records are appended.
struct Single {
    file: File,
    end: u64,
    pending: Vec<u8>,
}

impl Archive {
    /// Opens an output or creates it; gives the messages that are there already.
    pub(super) fn open(path: &Path, plan: Plan) -> Result<(Self, Ids), Failure> {
        let index = beside(path, "index");
        if path.exists() && !index.exists() {
            return Err(foreign(path));
        }
        let (mut ids, mut end) = (Ids::default(), 0);
        let (mut journal, header) = Journal::open(&index, |line: Line| {
            ids.insert(&line.id);
            if let Some(at) = line.at {
                end = at.saturating_add(line.length);
            }
        })?;
        match header {
            Some(before) => same(&before, &plan)?,
            // The index has its first line before there is an output.
            None if path.exists() => return Err(foreign(path)),
            None => {
                journal.note(&plan)?;
                journal.flush()?;
            }
        }
        let output = match plan.format.as_str() {
            "maildir" => Output::Maildir(Maildir::open(path, &ids)?),
            "ndjson" => Output::Ndjson(Single::open(path, end)?),
            _ => Output::Mbox(Single::open(path, end)?),
        };
        let archive = Self {
            journal,
            output,
            lines: 0,
            waiting_since: None,
        };
        Ok((archive, ids))
    }

    /// Since when something waits to be brought onto the disk.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.waiting_since
    }

    /// Appends a message that was fetched in the format `raw`; gives the length of its record.
    pub(super) fn append(&mut self, message: &Message) -> Result<u64, Failure> {
        let id = message.id.as_deref().unwrap_or_default();
        let incomplete = || {
            Failure::Other(format!(
                "the message {id} came without its raw text; run the same command again, and report it if it stays so"
            ))
        };
        let text = message.raw.as_deref().ok_or_else(incomplete)?;
        let date = message
            .internal_date
            .as_deref()
            .and_then(|date| date.parse().ok())
            .unwrap_or_default();
        let raw = decode_base64url(text).map_err(|_| incomplete())?;
        let mut line = Line {
            id: id.to_owned(),
            thread: message.thread_id.clone().unwrap_or_default(),
            labels: message.label_ids.clone(),
            date,
            at: None,
            length: 0,
            file: None,
        };
        let mut waiting = 0;
        match &mut self.output {
            Output::Mbox(single) => {
                single.append(&mut line, |pending| {
                    mbox::write(pending, id, date, &raw);
                    Ok(())
                })?;
                waiting = single.pending.len();
            }
            Output::Ndjson(single) => {
                single.append(&mut line, |pending| {
                    serde_json::to_writer(&mut *pending, message)
                        .map_err(|error| Failure::Other(error.to_string()))?;
                    pending.push(b'\n');
                    Ok(())
                })?;
                waiting = single.pending.len();
            }
            Output::Maildir(maildir) => {
                line.file = Some(maildir.append(id, date, &message.label_ids, &raw)?);
                line.length = raw.len() as u64;
            }
        }
        self.journal.note(&line)?;
        self.lines += 1;
        self.waiting_since.get_or_insert_with(Instant::now);
        if self.lines >= GROUP_MESSAGES || waiting >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(line.length)
    }

    /// Ends the group.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if self.lines == 0 {
            return Ok(());
        }
        match &mut self.output {
            Output::Mbox(single) | Output::Ndjson(single) => single.flush()?,
            Output::Maildir(maildir) => maildir.flush()?,
        }
        self.journal.flush()?;
        self.lines = 0;
        self.waiting_since = None;
        Ok(())
    }
}

impl Single {
    fn open(path: &Path, end: u64) -> Result<Self, Failure> {
        let mut file = private(path)?;
        if file.metadata()?.len() < end {
            return Err(Failure::input(format!(
                "{}: it is shorter than its index says, so something else has changed it; move both away to begin anew",
                path.display()
            )));
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Self {
            file,
            end,
            pending: Vec::new(),
        })
    }

    fn append(
        &mut self,
        line: &mut Line,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let before = self.pending.len();
        write(&mut self.pending)?;
        line.at = Some(self.end + before as u64);
        line.length = (self.pending.len() - before) as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.file.write_all(&self.pending)?;
        self.file.sync_data()?;
        self.end += self.pending.len() as u64;
        self.pending.clear();
        // One huge message is no reason to hold its room for the rest.
        self.pending.shrink_to(GROUP_BYTES);
        Ok(())
    }
}

fn foreign(path: &Path) -> Failure {
    Failure::input(format!(
        "{}: it exists and is no export of this program's, as it has no index beside it; give another --out",
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
