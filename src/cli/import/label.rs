//! The labels of imported messages.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;

use airbyte_agent_gmail::GmailConnector;
use serde::Deserialize;

use crate::cli::exit::Failure;
use crate::cli::journal::{beside, unusable};

/// Gmail gives these itself and to nobody's asking.
const NOT_GIVEN: [&str; 2] = ["DRAFT", "CHAT"];

/// The labels for each message.
pub(super) struct Labels {
    given: Vec<String>,
    kept: Option<Kept>,
}

/// The index of an export, read in step with its mbox: both are in the same order.
struct Kept {
    lines: Lines<BufReader<File>>,
    next: Option<Indexed>,
    known: HashSet<String>,
}

#[derive(Deserialize)]
struct Indexed {
    /// The header has none.
    at: Option<u64>,
    #[serde(default)]
    labels: Vec<String>,
}

impl Labels {
    /// The same for every message.
    pub(super) fn fixed(given: Vec<String>) -> Self {
        Self { given, kept: None }
    }

    /// Those of the index too, as far as the account has them.
    pub(super) async fn kept(
        gmail: &GmailConnector,
        path: &Path,
        given: Vec<String>,
    ) -> Result<Self, Failure> {
        let index = beside(path, "index");
        let file = File::open(&index).map_err(|error| unusable(&index, &error))?;
        let list = gmail.labels().list().send().await?;
        let known = list.labels.into_iter().filter_map(|label| label.id);
        Ok(Self {
            given,
            kept: Some(Kept {
                lines: BufReader::new(file).lines(),
                next: None,
                known: known
                    .filter(|id| !NOT_GIVEN.contains(&id.as_str()))
                    .collect(),
            }),
        })
    }

    /// The labels of the message at a place of the file; places must go up.
    pub(super) fn of(&mut self, offset: u64) -> Result<Vec<String>, Failure> {
        let mut labels = self.given.clone();
        if let Some(kept) = &mut self.kept {
            for label in kept.of(offset)? {
                if kept.known.contains(&label) && !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        Ok(labels)
    }
}

impl Kept {
    fn of(&mut self, offset: u64) -> Result<Vec<String>, Failure> {
        loop {
            match self.next.take() {
                Some(indexed) if indexed.at == Some(offset) => return Ok(indexed.labels),
                Some(indexed) if indexed.at > Some(offset) => {
                    self.next = Some(indexed);
                    return Ok(Vec::new());
                }
                _ => {}
            }
            let Some(line) = self.lines.next() else {
                return Ok(Vec::new());
            };
            self.next = Some(serde_json::from_str(&line?).map_err(|_| {
                Failure::input(
                    "the index beside the file is none of an export; leave --keep-labels out"
                        .to_owned(),
                )
            })?);
        }
    }
}
