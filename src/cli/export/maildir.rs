//! A Maildir, with a file for each message.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::index::Ids;
use crate::cli::exit::Failure;
use crate::cli::journal::{private, unusable};

/// Marks the files that are an export's.
const HOST: &str = "airbyte-gmail";

/// The folder of a Maildir, and the files that are not yet in their place.
pub(super) struct Maildir {
    temporary: PathBuf,
    current: PathBuf,
    pending: Vec<(PathBuf, PathBuf)>,
}

impl Maildir {
    /// Opens a Maildir or creates it, and takes away what an interruption has left that the index does not name.
    pub(super) fn open(path: &Path, known: &Ids) -> Result<Self, Failure> {
        for folder in ["tmp", "new", "cur"] {
            let folder = path.join(folder);
            fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        }
        let maildir = Self {
            temporary: path.join("tmp"),
            current: path.join("cur"),
            pending: Vec::new(),
        };
        for folder in [&maildir.temporary, &maildir.current] {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let orphan = name
                    .to_str()
                    .and_then(message_id)
                    .is_some_and(|id| !known.contains(id));
                if orphan {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(maildir)
    }

    /// Writes a message; gives its file's name. It is in its place from the next flush on.
    pub(super) fn append(
        &mut self,
        id: &str,
        date: i64,
        labels: &[String],
        raw: &[u8],
    ) -> Result<String, Failure> {
        // An id is a part of a file's name here: it must not lead out of the folder.
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Failure::Other(
                "a message has an id that can be no file name; report it".to_owned(),
            ));
        }
        let unique = format!("{}.{id}.{HOST}", date.max(0) / 1000);
        let temporary = self.temporary.join(&unique);
        let name = format!("{unique}:2,{}", flags(labels));
        let mut file = private(&temporary)?;
        file.set_len(0)?;
        file.write_all(raw)?;
        file.sync_data()?;
        self.pending.push((temporary, self.current.join(&name)));
        Ok(name)
    }

    /// Puts the messages into their place, which the folder then knows for good.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        for (temporary, place) in self.pending.drain(..) {
            fs::rename(temporary, place)?;
        }
        // Elsewhere a folder is no file that could be opened.
        #[cfg(unix)]
        File::open(&self.current)?.sync_all()?;
        Ok(())
    }
}

/// The message of a file's name, if it is an export's.
fn message_id(name: &str) -> Option<&str> {
    let mut pieces = name.split(':').next()?.split('.');
    let (_, id, host) = (pieces.next()?, pieces.next()?, pieces.next()?);
    (host == HOST && pieces.next().is_none()).then_some(id)
}

/// The flags in the order of the alphabet, as the form wants them.
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
        assert_eq!(
            message_id("1767225600.18c2a.airbyte-gmail:2,S"),
            Some("18c2a")
        );
        assert_eq!(message_id("1767225600.18c2a.airbyte-gmail"), Some("18c2a"));
        assert_eq!(message_id("1767225600.M1P2.example.com:2,S"), None);
        assert_eq!(message_id("notes"), None);
        let labels = ["STARRED", "INBOX", "DRAFT"].map(str::to_owned);
        assert_eq!(flags(&labels), "DFS");
        assert_eq!(flags(&["UNREAD".to_owned()]), "");
    }
}
