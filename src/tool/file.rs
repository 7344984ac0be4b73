//! The only directory that attachments are saved to and read from.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::mail::safe_file_name;

/// How many names to try for a file.
const ATTEMPTS: u32 = 1_000;

/// A directory that no file name can escape.
///
/// ```
/// use airbyte_agent_gmail::tool::AttachmentDirectory;
///
/// let path = std::env::temp_dir().join(format!("attachments-{}", std::process::id()));
/// let directory = AttachmentDirectory::new(&path)?;
/// let saved = directory.save("../../etc/passwd", b"text")?;
/// assert!(saved.starts_with(path.canonicalize()?));
/// assert!(directory.find("../../etc/passwd").is_err());
/// # std::fs::remove_dir_all(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// File names are sanitized, files are never overwritten, and links are not followed.
#[derive(Clone, Debug)]
pub struct AttachmentDirectory {
    root: PathBuf,
}

/// Why a file could not be saved or read. The message does not name the file.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileError {
    message: &'static str,
    kind: Option<io::ErrorKind>,
}

impl AttachmentDirectory {
    /// Opens a directory, and creates it if needed.
    ///
    /// # Errors
    ///
    /// The directory can't be created, or the path is not a directory.
    pub fn new(root: impl Into<PathBuf>) -> Result<Self, FileError> {
        let root = root.into();
        let failed =
            |error: io::Error| FileError::of("the directory for attachments can't be used", &error);
        if root.exists() && !root.is_dir() {
            return Err(FileError::new(
                "the place for attachments is not a directory",
            ));
        }
        private_folder(&root).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        Ok(Self { root })
    }

    /// Saves a file under the name a stranger gave it, or a similar one if that is taken.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub fn save(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, FileError> {
        let name = safe_file_name(name);
        let path = Path::new(&name);
        let stem = path
            .file_stem()
            .map_or("attachment".into(), |stem| stem.to_string_lossy());
        let extension = path
            .extension()
            .map(|extension| format!(".{}", extension.to_string_lossy()))
            .unwrap_or_default();
        for attempt in 1..=ATTEMPTS {
            let name = if attempt == 1 {
                name.clone()
            } else {
                format!("{stem} ({attempt}){extension}")
            };
            let path = self.root.join(name);
            // `create_new` fails for anything that exists, even a dangling link.
            match private_file().open(&path) {
                Ok(mut file) => {
                    return match file.write_all(bytes) {
                        Ok(()) => Ok(path),
                        Err(error) => {
                            // Half a file would pass for a whole one.
                            let _ = fs::remove_file(&path);
                            Err(FileError::of("the attachment can't be written", &error))
                        }
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(FileError::of("the attachment can't be written", &error));
                }
            }
        }
        Err(FileError::new(
            "too many files of that name; empty the directory for attachments",
        ))
    }

    /// The path of a file in the directory.
    ///
    /// # Errors
    ///
    /// There is no such file, it is not a plain file, or the name leads elsewhere.
    pub fn find(&self, name: &str) -> Result<PathBuf, FileError> {
        const NOT_THERE: &str =
            "the directory for attachments has no such file; give the name of one that is in it";
        let given = Path::new(name);
        // A full path is fine if it is in this directory.
        let relative = given.strip_prefix(&self.root).unwrap_or(given);
        let mut components = relative.components();
        let (Some(std::path::Component::Normal(only)), None) =
            (components.next(), components.next())
        else {
            return Err(FileError::new(NOT_THERE));
        };
        let path = self.root.join(only);
        let metadata =
            fs::symlink_metadata(&path).map_err(|error| FileError::of(NOT_THERE, &error))?;
        if metadata.is_file() {
            Ok(path)
        } else {
            Err(FileError::new(NOT_THERE))
        }
    }
}

impl FileError {
    fn new(message: &'static str) -> Self {
        Self {
            message,
            kind: None,
        }
    }

    fn of(message: &'static str, error: &io::Error) -> Self {
        Self {
            message,
            kind: Some(error.kind()),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message)?;
        match self.kind {
            Some(kind) => write!(formatter, " ({kind})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FileError {}

/// Creates a folder that only its owner can enter, because it will hold mail. An existing one keeps its permissions.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Options for a new file that only its owner can read.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> AttachmentDirectory {
        let path =
            std::env::temp_dir().join(format!("airbyte-gmail-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        AttachmentDirectory::new(path).unwrap()
    }

    #[test]
    fn no_name_leads_out_and_nothing_is_overwritten() {
        let directory = directory("save");
        for name in [
            "../../outside.txt",
            "/etc/outside.txt",
            "a\\b\\outside.txt",
            "outside.txt",
        ] {
            let path = directory.save(name, b"x").unwrap();
            assert_eq!(path.parent(), Some(directory.root.as_path()));
        }
        assert_eq!(fs::read_dir(&directory.root).unwrap().count(), 4);
        assert!(directory.root.join("outside (4).txt").is_file());
        fs::remove_dir_all(&directory.root).unwrap();
    }

    #[test]
    fn only_its_own_plain_files_are_found() {
        let directory = directory("find");
        let path = directory.save("a.txt", b"x").unwrap();
        assert_eq!(directory.find("a.txt").unwrap(), path);
        assert_eq!(directory.find(&path.to_string_lossy()).unwrap(), path);
        fs::create_dir(directory.root.join("inner")).unwrap();
        for name in [
            "b.txt",
            "../a.txt",
            "/etc/passwd",
            "inner",
            "",
            ".",
            "inner/../a.txt",
        ] {
            assert!(directory.find(name).is_err(), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/passwd", directory.root.join("link")).unwrap();
            assert!(directory.find("link").is_err());
        }
        fs::remove_dir_all(&directory.root).unwrap();
    }
}
