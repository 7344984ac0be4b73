//! The group about to be written, kept until the next one.
//!
//! If a process dies in the middle of a group, the kept copy shows which bytes at the end of the output are its own and
//! which are another program's.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::index::Line;
use crate::cli::exit::Failure;
use crate::cli::file::{beside, private};

/// A group of messages.
#[derive(Default, Deserialize)]
pub(super) struct Group {
    /// The offset in the output where the group begins.
    pub(super) at: u64,
    pub(super) lines: Vec<Line>,
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
}

impl Group {
    /// The bytes of a message's record.
    pub(super) fn record(&self, line: &Line) -> &[u8] {
        let begin = line.at.unwrap_or_default().checked_sub(self.at);
        let place = begin.and_then(|begin| {
            let begin = usize::try_from(begin).ok()?;
            let length = usize::try_from(line.length).ok()?;
            Some(begin..begin.checked_add(length)?)
        });
        place
            .and_then(|place| self.bytes.get(place))
            .unwrap_or_default()
    }
}

/// The file that holds an output's pending group.
fn path(output: &Path) -> PathBuf {
    beside(output, "pending")
}

/// Keeps a group.
pub(super) fn keep(output: &Path, group: &Group) -> Result<(), Failure> {
    let mut file = private(&path(output))?;
    file.set_len(0)?;
    let header = json!({"at": group.at, "length": group.bytes.len(), "lines": group.lines});
    let mut header = serde_json::to_vec(&header)?;
    header.push(b'\n');
    file.write_all(&header)?;
    file.write_all(&group.bytes)?;
    Ok(file.sync_data()?)
}

/// The last kept group, if it is complete. An incomplete one never reached the output.
pub(super) fn kept(output: &Path) -> Option<Group> {
    let kept = std::fs::read(path(output)).ok()?;
    let end = memchr::memchr(b'\n', &kept)?;
    let header: Value = serde_json::from_slice(kept.get(..end)?).ok()?;
    let bytes = kept.get(end + 1..)?;
    let is_whole = header["length"] == bytes.len();
    let mut group: Group = serde_json::from_value(header).ok()?;
    group.bytes = bytes.to_vec();
    is_whole.then_some(group)
}

/// Deletes the kept group after it is written.
pub(super) fn forget(output: &Path) {
    // If this fails, no harm is done: the index has the group's messages.
    let _ = std::fs::remove_file(path(output));
}
