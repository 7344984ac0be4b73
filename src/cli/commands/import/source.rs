//! The source of an import: an mbox, a Maildir, or a folder of `.eml` files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::sync::mbox::Reader;

use super::Format;
use super::folder::label_of_folder;
use super::mark::{Letters, Marks, keywords_of_file, keywords_of_header, letters_of};
use crate::cli::digest::digest;
use crate::cli::exit::Failure;
use crate::cli::file::{files_below, unreadable};

/// A message to import.
pub(super) struct Item {
    /// Its offset in the mbox, in bytes.
    pub(super) at: Option<u64>,
    /// Its file, relative to the folder.
    pub(super) file: Option<String>,
    pub(super) raw: Vec<u8>,
    /// The digest that identifies it.
    pub(super) key: String,
    pub(super) marks: Marks,
    /// The label for its folder.
    pub(super) folder: Option<String>,
    /// The labels for its keywords from mail programs.
    pub(super) keywords: Vec<String>,
}

impl Item {
    /// Its place, for messages to the user.
    pub(super) fn place(&self) -> String {
        match (&self.file, self.at) {
            (Some(file), _) => file.clone(),
            (None, at) => format!("byte {}", at.unwrap_or_default()),
        }
    }
}

/// A source of messages.
pub(super) struct Source {
    path: PathBuf,
    /// The format, never `Auto`.
    format: Format,
    /// The files of a folder, sorted by path.
    files: Vec<PathBuf>,
    /// The folders of a Maildir.
    folders: HashMap<PathBuf, Folder>,
    /// Files in the folder other than `.eml` files.
    others: Vec<PathBuf>,
}

/// A folder of a Maildir.
#[derive(Default)]
struct Folder {
    /// The label for the folder.
    label: Option<String>,
    /// The keywords for the letters in file names.
    letters: Letters,
}

impl Source {
    /// Examines a path.
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Failure> {
        let found = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        let is_folder = found.is_dir();
        let all = if is_folder {
            files_below(path)?
        } else {
            vec![path.to_owned()]
        };
        let maildir: Vec<PathBuf> = all
            .iter()
            .filter(|file| is_in_maildir(path, file))
            .cloned()
            .collect();
        let eml: Vec<PathBuf> = all.iter().filter(|file| is_eml(file)).cloned().collect();
        let has_maildir = is_folder && (path.join("cur").is_dir() || path.join("new").is_dir());
        let format = match format {
            Format::Auto if !is_folder && eml.is_empty() => Format::Mbox,
            Format::Auto if has_maildir || !maildir.is_empty() => Format::Maildir,
            Format::Auto => Format::Eml,
            format => format,
        };
        let files = match format {
            Format::Maildir => maildir,
            Format::Eml => eml,
            _ => Vec::new(),
        };
        let refusal = match format {
            Format::Mbox if is_folder => {
                "it is a folder; give the mbox file in it, or a Maildir, or a folder of .eml files"
            }
            Format::Mbox if !found.is_file() => {
                "it is a pipe or a device, and an import that stops has to read again; save the mail in a file first"
            }
            Format::Maildir if !is_folder => {
                "a Maildir is a folder that has the folders cur and new"
            }
            Format::Eml if files.is_empty() => {
                "there is no mail in it: no folders cur and new, as a Maildir has, and no .eml files; give the \
                 mbox file itself if it contains one"
            }
            _ => "",
        };
        if !refusal.is_empty() {
            return Err(Failure::input(format!("{}: {refusal}", path.display())));
        }
        let mut folders = HashMap::new();
        let mut others = Vec::new();
        if format == Format::Maildir {
            for folder in files.iter().filter_map(|file| folder_of(file)) {
                if !folders.contains_key(folder) {
                    // The folders that contain `cur` and `new`.
                    let relative = folder.strip_prefix(path).unwrap_or(folder);
                    let known = Folder {
                        label: label_of_folder(relative),
                        letters: letters_of(folder),
                    };
                    folders.insert(folder.to_owned(), known);
                }
            }
        } else if format == Format::Eml {
            others.extend(all.into_iter().filter(|file| !is_eml(file)));
        }
        others.retain(|file| !is_hidden(file));
        Ok(Self {
            path: path.to_owned(),
            format,
            files,
            folders,
            others,
        })
    }

    /// A remark on other files next to the `.eml` files, which may be mail too.
    pub(super) fn passed_over(&self) -> Option<String> {
        let first = self.others.first()?;
        let first = first.strip_prefix(&self.path).unwrap_or(first);
        let count = self.others.len();
        Some(format!(
            "files that are not .eml files are not imported: {count}, such as {}",
            first.display()
        ))
    }

    /// The size, if the source is an mbox.
    pub(super) fn size(&self) -> Result<Option<u64>, Failure> {
        if self.format != Format::Mbox {
            return Ok(None);
        }
        Ok(Some(fs::metadata(&self.path)?.len()))
    }

    /// The messages, one at a time.
    pub(super) fn messages(
        &self,
    ) -> Result<Box<dyn Iterator<Item = Result<Item, Failure>> + '_>, Failure> {
        if self.format == Format::Mbox {
            let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
            return Ok(Box::new(Reader::new(file).map(|message| {
                let message = message.map_err(|error| unreadable(&self.path, &error))?;
                Ok(Item {
                    at: Some(message.offset),
                    file: None,
                    key: digest(&message.raw),
                    marks: Marks::of_header(&message.raw),
                    folder: None,
                    keywords: keywords_of_header(&message.raw),
                    raw: message.raw,
                })
            })));
        }
        Ok(Box::new(self.files.iter().flat_map(|file| self.read(file))))
    }

    /// The messages in a file.
    fn read(&self, file: &Path) -> Vec<Result<Item, Failure>> {
        let raw = match fs::read(file) {
            Ok(raw) => raw,
            Err(error) => return vec![Err(unreadable(file, &error))],
        };
        let messages = match self.format {
            Format::Eml => messages_of(raw),
            _ => vec![raw],
        };
        let messages = messages.into_iter().enumerate();
        messages
            .map(|(place, raw)| Ok(self.item(file, place, raw)))
            .collect()
    }

    fn item(&self, file: &Path, place: usize, raw: Vec<u8>) -> Item {
        let relative = file.strip_prefix(&self.path).unwrap_or(file);
        let mut name = relative.to_string_lossy().into_owned();
        let marks = match self.format {
            Format::Maildir => Marks::of_file(&name),
            _ => Marks::default(),
        };
        let folder = folder_of(file).and_then(|folder| self.folders.get(folder));
        let keywords =
            folder.map_or_else(Vec::new, |folder| keywords_of_file(&name, &folder.letters));
        if place > 0 {
            name = format!("{name}:{}", place + 1);
        }
        Item {
            at: None,
            key: digest(&raw),
            marks,
            folder: folder.and_then(|folder| folder.label.clone()),
            keywords,
            file: Some(name),
            raw: without_separator(raw),
        }
    }
}

/// A message without the line that parts those of an mbox, which delivery programs leave in front of it.
fn without_separator(mut raw: Vec<u8>) -> Vec<u8> {
    if raw.starts_with(b"From ")
        && let Some(end) = raw.iter().position(|byte| *byte == b'\n')
        && end + 1 < raw.len()
    {
        raw.drain(..=end);
    }
    raw
}

/// The messages in an `.eml` file: one, or several if it is really an mbox. Drops the byte order mark that an editor
/// wrote.
fn messages_of(raw: Vec<u8>) -> Vec<Vec<u8>> {
    let raw = match raw.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => raw,
    };
    if raw.starts_with(b"From ")
        && let Ok(messages) = Reader::new(raw.as_slice()).collect::<Result<Vec<_>, _>>()
        && !messages.is_empty()
    {
        return messages.into_iter().map(|message| message.raw).collect();
    }
    vec![raw]
}

/// The folder that contains a file's `cur` or `new`.
fn folder_of(file: &Path) -> Option<&Path> {
    file.parent()?.parent()
}

fn is_in_maildir(path: &Path, file: &Path) -> bool {
    let is_delivered = file.parent().is_some_and(|folder| {
        folder.starts_with(path) && (folder.ends_with("cur") || folder.ends_with("new"))
    });
    // Some servers keep dot files there too.
    is_delivered && !is_hidden(file)
}

fn is_hidden(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_eml(file: &Path) -> bool {
    file.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("eml"))
}
