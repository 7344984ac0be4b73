//! Daily caps, counted across all processes that share a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::approval::Deed;
use crate::random;

/// The period of a cap, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// A file longer than this is rewritten without expired lines.
const LONG: u64 = 64 * 1024;

/// What was done and when. `Debug` shows only the path.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    path: Option<PathBuf>,
    /// The lines, if there is no file.
    memory: Mutex<String>,
}

/// One counted action. Dropping it before it begins takes the count back.
#[derive(Debug)]
pub(super) struct Counted {
    ledger: Arc<Ledger>,
    line: String,
    is_begun: bool,
}

impl Ledger {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            memory: Mutex::default(),
        }
    }

    /// Counts one action, or returns `None` if the cap is reached.
    pub(super) fn count(self: &Arc<Self>, deed: Deed, most: u32) -> io::Result<Option<Counted>> {
        let now = now();
        let id = u64::from_le_bytes(random::bytes::<8>()?);
        let line = format!("{now} {deed} {id:016x}\n");
        let is_counted = self.change(|lines| {
            let done = entries(lines)?;
            let recent = |(at, what, _): &&(u64, Deed, &str)| *what == deed && at + DAY > now;
            if done.iter().filter(recent).count() >= most as usize {
                return Ok(None);
            }
            let mut kept = lines.to_owned();
            if lines.len() as u64 > LONG {
                let fresh = lines
                    .lines()
                    .zip(&done)
                    .filter(|(_, (at, ..))| at + DAY > now);
                kept = fresh.map(|(line, _)| format!("{line}\n")).collect();
            }
            kept.push_str(&line);
            Ok(Some(kept))
        })?;
        Ok(is_counted.then(|| Counted {
            ledger: Arc::clone(self),
            line,
            is_begun: false,
        }))
    }

    /// Changes the lines under a lock; returns whether they changed.
    fn change(&self, change: impl FnOnce(&str) -> io::Result<Option<String>>) -> io::Result<bool> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.path else {
            let Some(lines) = change(&memory)? else {
                return Ok(false);
            };
            *memory = lines;
            return Ok(true);
        };
        let mut file = private(path, OpenOptions::new().read(true).write(true).create(true))?;
        // Closing the file releases the lock.
        file.lock()?;
        let mut lines = String::new();
        file.read_to_string(&mut lines)?;
        let Some(new) = change(&lines)? else {
            return Ok(false);
        };
        match new.strip_prefix(&lines) {
            // Append to what is there, so a crash loses nothing.
            Some(more) => file.write_all(more.as_bytes())?,
            None => {
                file.seek(SeekFrom::Start(0))?;
                file.write_all(new.as_bytes())?;
                file.set_len(new.len() as u64)?;
            }
        }
        file.sync_data()?;
        Ok(true)
    }
}

impl Counted {
    /// The action begins and stays counted from now on.
    pub(super) fn begin(&mut self) {
        self.is_begun = true;
    }

    /// The action was not done after all.
    pub(super) fn undo(&mut self) {
        self.is_begun = false;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.is_begun {
            let line = &self.line;
            // If this fails, one action too many stays counted, which is the safe side.
            let _ = self
                .ledger
                .change(|lines| Ok(lines.contains(line).then(|| lines.replacen(line, "", 1))));
        }
    }
}

fn entries(lines: &str) -> io::Result<Vec<(u64, Deed, &str)>> {
    let entry = |line: &'_ str| {
        let mut words = line.split(' ');
        let at = words.next()?.parse().ok()?;
        let deed = words.next()?.parse().ok()?;
        Some((at, deed))
    };
    lines
        .lines()
        .map(|line| entry(line).map(|(at, deed)| (at, deed, line)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the file that counts actions is damaged; a person has to look at it",
            )
        })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Opens a file that only its owner can read, and never follows a link.
pub(super) fn private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let file = options
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if found.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    {
        if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        options.open(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_counted_than_may_be_and_what_was_not_done_is_taken_back() {
        let ledger = Arc::new(Ledger::default());
        let count = || ledger.count(Deed::Send, 2).ok().flatten();
        let mut first = count().expect("room for one");
        let second = count().expect("room for two");
        assert!(count().is_none());
        drop(second);
        let mut third = count().expect("room again");
        first.begin();
        third.begin();
        drop((first, third));
        assert!(count().is_none());
        assert!(
            ledger
                .count(Deed::Delete, 1)
                .is_ok_and(|counted| counted.is_some())
        );
    }

    #[test]
    fn what_is_older_than_a_day_does_not_count_and_what_is_damaged_is_refused() {
        let old = now() - DAY - 1;
        let ledger = Arc::new(Ledger::default());
        *ledger.memory.lock().unwrap_or_else(PoisonError::into_inner) =
            format!("{old} send 0\n").repeat(3_000);
        assert!(
            ledger
                .count(Deed::Send, 1)
                .is_ok_and(|counted| counted.is_some())
        );
        *ledger.memory.lock().unwrap_or_else(PoisonError::into_inner) = "send\n".to_owned();
        assert!(ledger.count(Deed::Send, 1).is_err());
    }
}
