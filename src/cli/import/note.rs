//! What an import has done, message by message.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::exit::Failure;
use crate::cli::journal::{Journal, beside};

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// It is under way.
    Sending,
    /// It was certainly not carried out, and is to be sent again.
    TakenBack,
    /// It is in.
    Done,
    /// It was in already: an interrupted try had arrived.
    Found,
    /// Gmail does not take it.
    Refused,
    /// It may be in or not, and has no Message-ID to look it up by.
    Unclear,
}

/// The journal of an import.
pub(super) struct Notes {
    journal: Journal,
    done: HashSet<u64>,
    doubt: Option<(u64, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    account: String,
    /// The size of the file, by which another one of the same name is told.
    size: u64,
}

#[derive(Serialize, Deserialize)]
struct Note {
    /// Where the message begins in the file.
    at: u64,
    step: Step,
    /// The message's id in the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// When it was sent, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<u64>,
}

impl Notes {
    /// Opens the journal beside the file or creates it.
    pub(super) fn open(path: &Path, account: &str, size: u64) -> Result<Self, Failure> {
        let (mut done, mut doubt) = (HashSet::new(), None);
        let (mut journal, header) =
            Journal::open(&beside(path, "import"), |note: Note| match note.step {
                Step::Sending => doubt = Some((note.at, note.sent.unwrap_or_default())),
                Step::TakenBack => doubt = None,
                Step::Done | Step::Found | Step::Refused | Step::Unclear => {
                    done.insert(note.at);
                    doubt = None;
                }
            })?;
        match header {
            None => {
                journal.note(&Header {
                    account: account.to_owned(),
                    size,
                })?;
                journal.flush()?;
            }
            Some(Header {
                account: before,
                size: size_before,
            }) => {
                let difference = if !before.eq_ignore_ascii_case(account) {
                    "into another account"
                } else if size_before != size {
                    "of another file of this name"
                } else {
                    ""
                };
                if !difference.is_empty() {
                    return Err(Failure::input(format!(
                        "{}.import is of an import {difference}; move it away to begin anew",
                        path.display()
                    )));
                }
            }
        }
        Ok(Self {
            journal,
            done,
            doubt,
        })
    }

    /// The message that was under way at the end, with the time at which it was sent.
    pub(super) fn doubt(&self) -> Option<(u64, u64)> {
        self.doubt
    }

    /// Whether nothing is left to do for a message.
    pub(super) fn is_done(&self, at: u64) -> bool {
        self.done.contains(&at)
    }

    /// A message is about to be sent.
    pub(super) fn begin(&mut self, at: u64, sent: u64) -> Result<(), Failure> {
        self.write(at, Step::Sending, None, Some(sent))
    }

    /// It was certainly not carried out.
    pub(super) fn take_back(&mut self, at: u64) -> Result<(), Failure> {
        self.write(at, Step::TakenBack, None, None)
    }

    /// What became of it.
    pub(super) fn end(&mut self, at: u64, step: Step, id: Option<String>) -> Result<(), Failure> {
        self.write(at, step, id, None)
    }

    fn write(
        &mut self,
        at: u64,
        step: Step,
        id: Option<String>,
        sent: Option<u64>,
    ) -> Result<(), Failure> {
        self.journal.note(&Note { at, step, id, sent })?;
        self.journal.flush()
    }
}
