//! A Maildir, with one file per message.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::index::{Ids, Line};
use crate::cli::digest::digest;
use crate::cli::exit::Failure;
use crate::cli::file::{files_below, private, private_folder};

/// Identifies an export's own files.
const HOST: &str = "airbyte-gmail";

/// A Maildir, and the files that are not in place yet.
pub(super) struct Maildir {
    path: PathBuf,
    temporary: PathBuf,
    current: PathBuf,
    pending: Vec<(PathBuf, PathBuf)>,
    /// Complete messages of an interrupted export that are not in the index.
    unnamed: HashMap<String, PathBuf>,
}

impl Maildir {
    /// Opens a Maildir or creates it; returns the ids in `known` that it no longer has. Programs may have renamed
    /// messages and moved them to subfolders. `lines` reads the index if needed.
    pub(super) fn open(
        path: &Path,
        known: &Ids,
        lines: impl FnOnce() -> Result<Vec<Line>, Failure>,
    ) -> Result<(Self, Vec<String>), Failure> {
        for folder in ["tmp", "new", "cur"] {
            private_folder(&path.join(folder))?;
        }
        let mut maildir = Self {
            path: path.to_owned(),
            temporary: path.join("tmp"),
            current: path.join("cur"),
            pending: Vec::new(),
            unnamed: HashMap::new(),
        };
        let (mut there, mut others) = (Ids::default(), Vec::new());
        for file in files_below(path)? {
            let folder = file.parent().and_then(Path::file_name).unwrap_or_default();
            let id = file
                .file_name()
                .and_then(|name| message_id(name.to_str()?))
                .map(str::to_owned);
            match id {
                // Left incomplete by an interruption.
                Some(_) if file.parent() == Some(&maildir.temporary) => fs::remove_file(&file)?,
                _ if folder != "cur" && folder != "new" => {}
                Some(id) if known.contains(&id) => {
                    there.insert(&id);
                }
                Some(id) => {
                    maildir.unnamed.insert(id, file);
                }
                None => others.push(file),
            }
        }
        let mut gone = Vec::new();
        if there.len() < known.len() {
            // Programs that move a message to another folder rename its file.
            let mut digests: HashMap<String, usize> = HashMap::new();
            for file in others {
                *digests.entry(digest(&fs::read(file)?)).or_default() += 1;
            }
            for line in lines()? {
                if there.contains(&line.id) {
                    continue;
                }
                let digest = line.digest.unwrap_or_default();
                match digests.get_mut(&digest).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => gone.push(line.id),
                }
            }
        }
        Ok((maildir, gone))
    }

    /// Writes a message with its receipt time, in milliseconds since 1970; returns its file name. The next flush
    /// moves it into place.
    pub(super) fn append(
        &mut self,
        id: &str,
        date: i64,
        labels: &[String],
        raw: &[u8],
    ) -> Result<String, Failure> {
        // The id becomes part of a file name and must not lead out of the folder.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Failure::other(
                "a message has an id that can be no file name; report it",
            ));
        }
        if let Some(there) = self.unnamed.get(id)
            && digest(&fs::read(there)?) == digest(raw)
        {
            let name = there.file_name().unwrap_or_default();
            return Ok(name.to_string_lossy().into_owned());
        }
        let unique = format!("{}.{id}.{HOST}", date.max(0) / 1000);
        let temporary = self.temporary.join(&unique);
        let name = (0..)
            .map(|number| match number {
                0 => format!("{unique}:2,{}", flags(labels)),
                number => format!("{unique}-{number}:2,{}", flags(labels)),
            })
            .find(|name| !self.current.join(name).exists())
            .unwrap_or_default();
        let mut file = private(&temporary)?;
        file.set_len(0)?;
        file.write_all(raw)?;
        let received = Duration::from_millis(u64::try_from(date).unwrap_or_default());
        file.set_modified(UNIX_EPOCH + received)?;
        file.sync_all()?;
        self.pending.push((temporary, self.current.join(&name)));
        Ok(name)
    }

    /// Moves the messages into place and syncs the folder.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        private_folder(&self.current)?;
        for (temporary, place) in self.pending.drain(..) {
            fs::rename(temporary, place)?;
        }
        // Other systems can't open a folder as a file.
        #[cfg(unix)]
        {
            File::open(&self.current)?.sync_all()?;
            File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }
}

/// The message id in a file name, if the file is an export's.
fn message_id(name: &str) -> Option<&str> {
    let mut pieces = name.split([':', ';', '!', ',']).next()?.split('.');
    let (_, id, host) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let host = host.split('-').take(2).collect::<Vec<_>>().join("-");
    (host == HOST && pieces.next().is_none()).then_some(id)
}

/// The flags in alphabetical order, as Maildir requires.
fn flags(labels: &[String]) -> String {
    let has = |label: &str| labels.iter().any(|id| id == label);
    [
        ('D', has("DRAFT")),
        ('F', has("STARRED")),
        ('S', !has("UNREAD")),
        ('T', has("TRASH")),
    ]
    .into_iter()
    .filter_map(|(flag, is_set)| is_set.then_some(flag))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_their_message_back() {
        for (name, id) in [
            ("1767225600.18c2a.airbyte-gmail:2,S", Some("18c2a")),
            ("1767225600.18c2a.airbyte-gmail", Some("18c2a")),
            ("1767225600.18c2a.airbyte-gmail-1:2,", Some("18c2a")),
            ("1767225600.18c2a.airbyte-gmail,S=12:2,S", Some("18c2a")),
            ("1767225600.M1P2.example.com:2,S", None),
            ("notes", None),
        ] {
            assert_eq!(message_id(name), id, "{name}");
        }
        let labels = ["STARRED", "INBOX", "DRAFT"].map(str::to_owned);
        assert_eq!(flags(&labels), "DFS");
        assert_eq!(flags(&["UNREAD".to_owned()]), "");
    }
}
