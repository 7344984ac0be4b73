//! Files and folders that hold mail.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::mail::Attachment;
use airbyte_agent_gmail::tool::AttachmentDirectory;

use super::exit::Failure;

/// A folder that the user chose for attachments.
pub(crate) struct Folder {
    given: PathBuf,
    directory: AttachmentDirectory,
}

impl Folder {
    /// Opens the folder, and creates it if needed.
    pub(crate) fn new(given: PathBuf) -> Result<Self, Failure> {
        let directory = AttachmentDirectory::new(&given).map_err(|error| {
            Failure::input(format!(
                "{}: {error}; give a path of a folder that you may write to",
                given.display()
            ))
        })?;
        Ok(Self { given, directory })
    }

    /// Saves an attachment; returns its path.
    pub(crate) fn save(&self, attachment: &Attachment) -> Result<PathBuf, Failure> {
        let bytes = attachment.data().unwrap_or_default();
        let saved = self.directory.save(&attachment.name, bytes);
        saved.map_err(|error| Failure::Other(format!("{}: {error}", self.given.display())))
    }
}

/// Opens or creates a file for mail. A new one is readable only by its owner.
pub(crate) fn private(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(|error| unusable(path, &error))
}

/// Appends an extension: "mail.mbox" and "index" make "mail.mbox.index".
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// The error for a path that can't be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::NotFound => "; check the path",
        ErrorKind::PermissionDenied => "; give a path that you may read",
        _ => "",
    };
    Failure::input(format!("{}: {error}{advice}", path.display()))
}

/// The error for a path that can't be written.
pub(crate) fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::NotFound => "; give a path in a folder that exists",
        ErrorKind::PermissionDenied => "; give a path that you may write to",
        _ => "",
    };
    Failure::input(format!("{}: {error}{advice}", path.display()))
}

/// Creates a folder, with its parents, that only its owner can enter. An existing one keeps its permissions.
pub(crate) fn private_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| unusable(path, &error))
}

/// The files below a folder, sorted by path. Does not follow links.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unusable(&folder, &error))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}
