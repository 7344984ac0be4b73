//! The index of an export, and the set of messages in it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cli::exit::Failure;
use crate::cli::file::unusable;

/// The index line of a message.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) thread: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
    /// The names of the labels, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) label_names: Vec<String>,
    /// When Gmail received the message, in milliseconds since 1970.
    pub(super) date: i64,
    /// The offset of its record in the output; a Maildir has no offsets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<u64>,
    /// The length of its record.
    pub(super) length: u64,
    /// Its file name when written. A mail reader may have renamed the file since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// Identifies the message even after another program has moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
}

impl Line {
    /// Where its record ends.
    pub(super) fn end(&self) -> u64 {
        self.at.unwrap_or_default().saturating_add(self.length)
    }
}

/// Reads the lines of an index.
pub(super) fn read(index: &Path) -> Result<Vec<Line>, Failure> {
    let file = File::open(index).map_err(|error| unusable(index, &error))?;
    let mut lines = Vec::new();
    for line in BufReader::new(file).lines().skip(1) {
        let line = serde_json::from_str(&line?)
            .map_err(|_| Failure::input(format!("{}: it can't be read", index.display())))?;
        lines.push(line);
    }
    Ok(lines)
}

/// A set of message ids that holds a hundred thousand in a few megabytes.
#[derive(Default)]
pub(super) struct Ids {
    numbers: HashSet<u64>,
    others: HashSet<Box<str>>,
}

impl Ids {
    /// Adds an id; returns whether it is new.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        match number(id) {
            Some(number) => self.numbers.insert(number),
            None => self.others.insert(id.into()),
        }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        match number(id) {
            Some(number) => self.numbers.contains(&number),
            None => self.others.contains(id),
        }
    }

    pub(super) fn remove(&mut self, id: &str) {
        match number(id) {
            Some(number) => self.numbers.remove(&number),
            None => self.others.remove(id),
        };
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len() + self.others.len()
    }
}

/// Parses an id of 16 hexadecimal digits. Gmail's ids look like that, but it does not promise so; others are kept as
/// text.
fn number(id: &str) -> Option<u64> {
    let plain = id.len() == 16
        && id
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(id, 16).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_of_any_form_are_told_apart() {
        let mut ids = Ids::default();
        for id in [
            "00000000000000ab",
            "ab",
            "00000000000000AB",
            "+0000000000000ab",
            "",
        ] {
            assert!(ids.insert(id), "{id}");
            assert!(!ids.insert(id), "{id}");
            assert!(ids.contains(id), "{id}");
        }
        assert_eq!(ids.len(), 5);
    }
}
