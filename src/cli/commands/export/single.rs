//! A file to which records are appended, and which other programs may change in between.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::sync::mbox::Reader;
use serde::Deserialize;

use super::Format;
use super::index::{self, Line};
use super::spool::{self, Group};
use crate::cli::digest::{digest, plain};
use crate::cli::exit::Failure;
use crate::cli::file::{beside, private, unusable};

/// An open output file.
pub(super) struct Single {
    path: PathBuf,
    format: Format,
    file: File,
    /// Where the file ended when this process last wrote it.
    end: u64,
    group: Group,
}

/// The result of examining a file that another program may have changed.
#[derive(Default)]
pub(super) struct Found {
    /// The index lines, if the index must be rewritten.
    pub(super) lines: Option<Vec<Line>>,
    /// The lines of a group that is in the file but not in the index.
    pub(super) more: Vec<Line>,
    /// The ids of messages that are in the index but no longer in the file.
    pub(super) gone: Vec<String>,
    /// Whether another program changed the file.
    pub(super) is_changed: bool,
}

impl Single {
    /// Opens a file or creates it. `last` is the index line with the last record.
    pub(super) fn open(
        path: &Path,
        format: Format,
        last: Option<&Line>,
    ) -> Result<(Self, Found), Failure> {
        let file = Self::appending(path)?;
        let mut single = Self {
            path: path.to_owned(),
            format,
            file,
            end: 0,
            group: Group::default(),
        };
        let found = single.settle(last)?;
        Ok((single, found))
    }

    fn appending(path: &Path) -> Result<File, Failure> {
        drop(private(path)?);
        OpenOptions::new()
            .read(true)
            .append(true)
            .open(path)
            .map_err(|error| unusable(path, &error))
    }

    /// How many bytes are waiting to be written.
    pub(super) fn waiting(&self) -> usize {
        self.group.bytes.len()
    }

    /// Adds a record to the group.
    pub(super) fn append(
        &mut self,
        mut line: Line,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        let before = self.group.bytes.len();
        write(&mut self.group.bytes)?;
        line.at = Some(before as u64);
        line.length = (self.group.bytes.len() - before) as u64;
        let length = line.length;
        self.group.lines.push(line);
        Ok(length)
    }

    /// Whether the file is the same, with the same length, as this process left it.
    pub(super) fn is_as_left(&self) -> Result<bool, Failure> {
        let Ok(there) = fs::metadata(&self.path) else {
            return Ok(false);
        };
        Ok(there.len() == self.end && is_same(&there, &self.file.metadata()?))
    }

    /// Reopens the file after another program changed it.
    pub(super) fn reopen(&mut self, last: Option<&Line>) -> Result<Found, Failure> {
        self.file = Self::appending(&self.path)?;
        self.settle(last)
    }

    /// Writes the group to disk; returns its lines for the index.
    pub(super) fn flush(&mut self) -> Result<Vec<Line>, Failure> {
        let mut group = std::mem::take(&mut self.group);
        if group.lines.is_empty() {
            return Ok(Vec::new());
        }
        let gap = self.gap()?;
        group.at = self.end;
        for line in &mut group.lines {
            line.at = line.at.map(|at| at + self.end + gap.len() as u64);
        }
        group.bytes.splice(..0, gap.iter().copied());
        spool::keep(&self.path, &group)?;
        self.file.write_all(&group.bytes)?;
        self.file.sync_data()?;
        self.end += group.bytes.len() as u64;
        Ok(group.lines)
    }

    /// The separator needed before the next record.
    fn gap(&mut self) -> Result<&'static [u8], Failure> {
        let mut tail = [0; 4];
        let length = self.end.min(4);
        let tail = tail
            .get_mut(..usize::try_from(length).unwrap_or(0))
            .unwrap_or_default();
        self.file.seek(SeekFrom::Start(self.end - length))?;
        self.file.read_exact(tail)?;
        let ends = |ends: &[&[u8]]| tail.is_empty() || ends.iter().any(|end| tail.ends_with(end));
        Ok(match self.format {
            Format::Ndjson if ends(&[b"\n"]) => b"",
            Format::Ndjson => b"\n",
            _ if ends(&[b"\n\n", b"\n\r\n"]) => b"",
            _ if ends(&[b"\n"]) => b"\n",
            _ => b"\n\n",
        })
    }

    /// Checks whether the file is as this process left it, and completes an interrupted write.
    fn settle(&mut self, last: Option<&Line>) -> Result<Found, Failure> {
        let mut found = Found::default();
        let length = self.file.metadata()?.len();
        let end = last.map_or(0, Line::end);
        let group = spool::kept(&self.path);
        if self.holds(last, length)? {
            if length == end {
                self.end = length;
                return Ok(found);
            }
            let tail = self.read(end, length)?;
            if let Some(group) = group.as_ref().filter(|group| group.at == end)
                && (group.bytes.starts_with(&tail) || tail.starts_with(&group.bytes))
            {
                // This program's own group, complete or in part. Whatever another program wrote after a complete one
                // stays.
                let rest = group.bytes.get(tail.len()..).unwrap_or_default();
                self.file.write_all(rest)?;
                self.file.sync_data()?;
                self.end = length + rest.len() as u64;
                found.more = group.lines.clone();
                found.is_changed = tail.len() > group.bytes.len();
                return Ok(found);
            }
        }
        self.look_through(group, &mut found)?;
        Ok(found)
    }

    /// Whether the last record is where the index says.
    fn holds(&mut self, last: Option<&Line>, length: u64) -> Result<bool, Failure> {
        let Some(line) = last else {
            return Ok(true);
        };
        if line.end() > length {
            return Ok(false);
        }
        let record = self.read(line.at.unwrap_or_default(), line.end())?;
        if self.format == Format::Ndjson {
            let id = id_of_record(&record);
            return Ok(record.ends_with(b"\n") && id.as_deref() == Some(&line.id));
        }
        let mut messages = Reader::new(record.as_slice());
        let is_it = matches!(messages.next(), Some(Ok(message)) if id_of_sender(&message.sender) == Some(&line.id)
            && line.digest.as_ref().is_none_or(|known| *known == digest(&message.raw)));
        Ok(is_it && messages.next().is_none())
    }

    fn read(&mut self, begin: u64, end: u64) -> Result<Vec<u8>, Failure> {
        self.file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        (&mut self.file)
            .take(end.saturating_sub(begin))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Searches a file that another program changed for each message of the index.
    fn look_through(&mut self, group: Option<Group>, found: &mut Found) -> Result<(), Failure> {
        let mut search = Search::new(index::read(&beside(&self.path, "index"))?, group);
        let length = self.file.metadata()?.len();
        self.file.seek(SeekFrom::Start(0))?;
        let mut torn = None;
        let mut reader = BufReader::new(&self.file);
        if self.format == Format::Ndjson {
            let (mut offset, mut line) = (0, Vec::new());
            while reader.read_until(b'\n', &mut line)? > 0 {
                let id = id_of_record(&line);
                torn = (id.is_none() && !line.ends_with(b"\n") && search.is_begun(&line))
                    .then_some(offset);
                let place = search.find(id.as_deref(), None, offset);
                let next = offset + line.len() as u64;
                search.end(Some((offset, place)), next);
                offset = next;
                line.clear();
            }
        } else {
            let mut before: Option<(u64, Option<usize>)> = None;
            for message in Reader::new(reader) {
                let message = message.map_err(|error| changed(&self.path, &error.to_string()))?;
                search.end(before.take(), message.offset);
                let id = id_of_sender(&message.sender);
                torn = search.is_torn(id, &message.raw).then_some(message.offset);
                let place = match torn {
                    Some(_) => None,
                    None => search.find(id, Some(&digest(&message.raw)), message.offset),
                };
                before = Some((message.offset, place));
            }
            search.end(before, length);
        }
        self.end = length;
        // Truncate only a write of this program that nobody has appended to.
        if let Some(offset) = torn {
            self.file.set_len(offset)?;
            self.end = offset;
        }
        let (lines, gone) = search.result();
        (found.lines, found.gone) = (Some(lines), gone);
        found.is_changed = true;
        Ok(())
    }
}

/// The search for the index's messages in a file.
struct Search {
    lines: Vec<Line>,
    /// From here on, lines belong to the group that is not in the index yet.
    group_begins: usize,
    group: Group,
    by_id: HashMap<String, usize>,
    by_digest: HashMap<String, Vec<usize>>,
    found: HashSet<usize>,
    in_order: Vec<Line>,
}

impl Search {
    fn new(mut lines: Vec<Line>, group: Option<Group>) -> Self {
        let group = group.unwrap_or_default();
        let known: HashSet<&str> = lines.iter().map(|line| line.id.as_str()).collect();
        let new: Vec<Line> = group
            .lines
            .iter()
            .filter(|line| !known.contains(line.id.as_str()))
            .cloned()
            .collect();
        let group_begins = lines.len();
        lines.extend(new);
        let (mut by_id, mut by_digest) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (place, line) in lines.iter().enumerate() {
            by_id.insert(line.id.clone(), place);
            if let Some(digest) = &line.digest {
                by_digest.entry(digest.clone()).or_default().push(place);
            }
        }
        Self {
            lines,
            group_begins,
            group,
            by_id,
            by_digest,
            found: HashSet::new(),
            in_order: Vec::new(),
        }
    }

    /// Takes the message with this id, else one with this digest, unless already found.
    fn find(&mut self, id: Option<&str>, digest: Option<&str>, offset: u64) -> Option<usize> {
        let by_id = id.and_then(|id| self.by_id.get(id)).copied();
        let by_digest = || {
            let places = self.by_digest.get(digest?)?;
            places
                .iter()
                .find(|place| !self.found.contains(place))
                .copied()
        };
        let place = by_id
            .filter(|place| !self.found.contains(place))
            .or_else(by_digest)?;
        self.found.insert(place);
        let mut line = self.lines.get(place)?.clone();
        line.at = Some(offset);
        self.in_order.push(line);
        Some(self.in_order.len() - 1)
    }

    /// Sets the end of the record that began at an offset.
    fn end(&mut self, record: Option<(u64, Option<usize>)>, end: u64) {
        if let Some((begin, Some(place))) = record
            && let Some(line) = self.in_order.get_mut(place)
        {
            line.length = end - begin;
        }
    }

    /// Whether this is the start of a message from an interrupted write.
    fn is_torn(&self, id: Option<&str>, raw: &[u8]) -> bool {
        let place = id.and_then(|id| self.by_id.get(id));
        let Some(line) = place
            .filter(|place| **place >= self.group_begins)
            .and_then(|place| self.lines.get(*place))
        else {
            return false;
        };
        let whole = Reader::new(self.group.record(line)).next();
        let Some(Ok(whole)) = whole else {
            return false;
        };
        let (part, whole) = (plain(raw), plain(&whole.raw));
        part.len() < whole.len() && whole.starts_with(&part)
    }

    /// Like `is_torn`, for a line of NDJSON.
    fn is_begun(&self, line: &[u8]) -> bool {
        self.group
            .lines
            .iter()
            .any(|known| self.group.record(known).starts_with(line))
    }

    /// The lines of messages found, in file order, and the ids of those missing.
    fn result(self) -> (Vec<Line>, Vec<String>) {
        let gone = self
            .lines
            .into_iter()
            .take(self.group_begins)
            .enumerate()
            .filter(|(place, _)| !self.found.contains(place))
            .map(|(_, line)| line.id)
            .collect();
        (self.in_order, gone)
    }
}

/// The message id in a separator's sender.
fn id_of_sender(sender: &str) -> Option<&str> {
    sender.split_once('@').map(|(id, _)| id)
}

fn id_of_record(record: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Record {
        id: String,
    }
    serde_json::from_slice::<Record>(record)
        .ok()
        .map(|record| record.id)
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

fn changed(path: &Path, why: &str) -> Failure {
    Failure::input(format!(
        "{}: another program has changed it, and it can't be read any more ({why}); nothing was written; give another --out",
        path.display()
    ))
}
