//! A plain file with a line for each step done, from which a killed command continues.
//!
//! Why not a database: one process appends, and reads the file once from front to back. Each line is independent, so
//! the only damage a kill can do is a truncated last line, which is detected at once. The file can be read and
//! repaired by hand, has no schema to migrate, and costs no dependency. SQLite would pay off with a second reader or
//! with queries; here there is neither.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::exit::Failure;
use super::file::{beside, private, unusable};

/// An open journal.
pub(crate) struct Journal {
    file: File,
    pending: Vec<u8>,
}

impl Journal {
    /// Opens or creates a journal, locked for this process. Returns its header, if any, and passes every other line
    /// to `each`.
    pub(crate) fn open<H: DeserializeOwned, L: DeserializeOwned>(
        path: &Path,
        mut each: impl FnMut(L),
    ) -> Result<(Self, Option<H>), Failure> {
        let mut file = private(path)?;
        lock(path, &file)?;
        let mut reader = BufReader::new(&file);
        let (mut header, mut line, mut whole) = (None, Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                // Truncate below only what looks like the start of this command's own line.
                if !line.is_empty() && !line.starts_with(b"{\"") && line != b"{" {
                    return Err(damaged(path, whole));
                }
                break;
            }
            if header.is_none() {
                header = Some(serde_json::from_slice(&line).map_err(|_| damaged(path, whole))?);
            } else {
                each(serde_json::from_slice(&line).map_err(|_| damaged(path, whole))?);
            }
            whole += length as u64;
        }
        // A truncated line was never acted upon.
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        let journal = Self {
            file,
            pending: Vec::new(),
        };
        Ok((journal, header))
    }

    /// Replaces all lines of a journal that this process has open. An interruption loses nothing.
    pub(crate) fn replace<L: Serialize>(
        path: &Path,
        header: &impl Serialize,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<Self, Failure> {
        let new = beside(path, "new");
        let file = private(&new)?;
        lock(&new, &file)?;
        file.set_len(0)?;
        let mut journal = Self {
            file,
            pending: Vec::new(),
        };
        journal.note(header)?;
        for line in lines {
            journal.note(&line)?;
        }
        journal.flush()?;
        fs::rename(&new, path).map_err(|error| unusable(path, &error))?;
        Ok(journal)
    }

    /// Adds a line, which takes effect with the next [`flush`](Self::flush).
    pub(crate) fn note(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.pending, line)?;
        self.pending.push(b'\n');
        Ok(())
    }

    /// Writes the added lines to disk.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if !self.pending.is_empty() {
            self.file.write_all(&self.pending)?;
            self.file.sync_data()?;
            self.pending.clear();
        }
        Ok(())
    }
}

/// Locks the file against other processes while it is open. The system releases the lock however the process ends.
fn lock(path: &Path, file: &File) -> Result<(), Failure> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let holder = holder(file).map_or_else(
                || "another process".to_owned(),
                |process| format!("process {process}"),
            );
            Err(Failure::input(format!(
                "{}: {holder} is using it; wait until it ends, or give another path",
                path.display()
            )))
        }
        // A file system without locks is no reason to fail.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// The process that holds the lock, if the system tells.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    // 1: FLOCK  ADVISORY  WRITE 4711 08:01:12345 0 EOF
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(4);
        let process = words.next()?.parse().ok().filter(|process| *process > 0)?;
        words.next()?.ends_with(&inode).then_some(process)
    })
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<u32> {
    None
}

fn damaged(path: &Path, offset: u64) -> Failure {
    Failure::input(format!(
        "{}: this command did not write the line at byte {offset}; give another path, or move the file away to start again",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(path: &Path) -> (Journal, Option<Value>, Vec<Value>) {
        let mut lines = Vec::new();
        let (journal, header) = Journal::open(path, |line: Value| lines.push(line))
            .unwrap_or_else(|_| panic!("a sound journal"));
        (journal, header, lines)
    }

    #[test]
    fn a_line_cut_short_is_taken_back_at_every_length() {
        let path = std::env::temp_dir().join(format!("journal-{}.ndjson", std::process::id()));
        let whole = b"{\"header\":1}\n{\"line\":1}\n";
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, header, lines) = read(&path);
            assert_eq!(header.is_some(), length >= 13, "{length}");
            assert_eq!(lines.len(), usize::from(length == whole.len()), "{length}");
            if header.is_none() {
                journal.note(&json!({"header": 1})).unwrap_or_default();
            }
            journal.note(&json!({"line": 2})).unwrap_or_default();
            journal.flush().unwrap_or_default();
            // While it is open, nobody else can open it.
            assert!(Journal::open::<Value, Value>(&path, |_| ()).is_err());
            drop(journal);
            let (_, header, lines) = read(&path);
            assert_eq!(header, Some(json!({"header": 1})), "{length}");
            assert_eq!(lines.last(), Some(&json!({"line": 2})), "{length}");
        }
        std::fs::write(&path, b"Dear reader,\n").unwrap();
        assert!(Journal::open::<serde_json::Map<String, Value>, Value>(&path, |_| ()).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
