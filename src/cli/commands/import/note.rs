//! The journal of an import, message by message.
//!
//! Messages are identified by their content, and equal ones are counted. Another program may move them or set flags
//! on them; they are still the same.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::source::Item;
use crate::cli::exit::Failure;
use crate::cli::file::beside;
use crate::cli::journal::Journal;

/// What happened to a message.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// It is being sent.
    Sending,
    /// It was certainly not imported and must be sent again.
    TakenBack,
    /// It was imported.
    Done,
    /// An interrupted attempt had already imported it.
    Found,
    /// Gmail refused it. The next run tries again.
    Refused,
    /// It may have been imported, and has no Message-ID to look it up by.
    Unclear,
}

/// The journal of an import.
pub(super) struct Notes {
    journal: Journal,
    /// Notes from an older version, which identified messages only by their place.
    by_place: Vec<Note>,
    counts: HashMap<String, Counts>,
}

/// What happened to equal messages.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) done: u32,
    pub(super) unclear: u32,
    /// Sent without a response.
    pub(super) open: u32,
}

#[derive(Serialize, Deserialize)]
struct Header {
    account: String,
    /// The size of the mbox when the import began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Note {
    /// The digest that identifies the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Its offset in the mbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    /// Its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    step: Step,
    /// Its id in the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Notes {
    /// Opens or creates the journal next to the source.
    pub(super) fn open(path: &Path, account: &str, size: Option<u64>) -> Result<Self, Failure> {
        let mut notes = Vec::new();
        let (journal, header) =
            Journal::open(&beside(path, "import"), |note: Note| notes.push(note))?;
        let mut opened = Self {
            journal,
            by_place: Vec::new(),
            counts: HashMap::new(),
        };
        let Some(Header {
            account: before,
            size: size_before,
        }) = header
        else {
            opened.journal.note(&Header {
                account: account.to_owned(),
                size,
            })?;
            opened.journal.flush()?;
            return Ok(opened);
        };
        if !before.eq_ignore_ascii_case(account) {
            return Err(Failure::input(format!(
                "{}.import belongs to an import into another account; move it away to start again",
                path.display()
            )));
        }
        for note in notes {
            match note.key.clone() {
                Some(key) => opened.count(&key, note.step),
                None => opened.by_place.push(note),
            }
        }
        if !opened.by_place.is_empty() && size_before != size {
            return Err(Failure::input(format!(
                "{}.import belongs to an import of another file with this name; move it away to start again",
                path.display()
            )));
        }
        Ok(opened)
    }

    /// Assigns notes without a digest to the message at their place. Call it for every message before the first is
    /// sent.
    pub(super) fn place(&mut self, item: &Item) {
        if self.by_place.is_empty() {
            return;
        }
        let steps: Vec<Step> = self
            .by_place
            .iter()
            .filter(|note| note.at.is_some() && note.at == item.at)
            .map(|note| note.step)
            .collect();
        for step in steps {
            self.count(&item.key, step);
        }
    }

    /// What happened to the messages equal to this one.
    pub(super) fn counts(&self, key: &str) -> Counts {
        self.counts.get(key).copied().unwrap_or_default()
    }

    /// Whether any message may have been sent with an unknown outcome.
    pub(super) fn has_open(&self) -> bool {
        !self.by_place.is_empty() || self.counts.values().any(|counts| counts.open > 0)
    }

    /// Records a step of a message: before it is sent, and once the outcome is known.
    pub(super) fn note(
        &mut self,
        item: &Item,
        step: Step,
        id: Option<String>,
        why: Option<String>,
    ) -> Result<(), Failure> {
        self.journal.note(&Note {
            key: Some(item.key.clone()),
            at: item.at,
            file: item.file.clone(),
            step,
            id,
            why,
        })?;
        self.journal.flush()?;
        self.count(&item.key, step);
        Ok(())
    }

    fn count(&mut self, key: &str, step: Step) {
        let counts = self.counts.entry(key.to_owned()).or_default();
        match step {
            Step::Sending => counts.open += 1,
            Step::TakenBack | Step::Refused => {}
            Step::Done | Step::Found => counts.done += 1,
            Step::Unclear => counts.unclear += 1,
        }
        if step != Step::Sending {
            counts.open = counts.open.saturating_sub(1);
        }
    }
}
