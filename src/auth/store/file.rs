//! Tokens in a file that its owner alone can read.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::{StoreFuture, StoreLock, TokenSet, TokenStore};

/// How long another process may hold the lock. A refresh takes seconds; where the network holds it up for longer, the
/// call fails and says why, rather than wait with it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// How often a held lock is asked for again.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The largest file that is read; tokens are some kilobytes at most.
const MAX_FILE: u64 = 1024 * 1024;

/// The field of the file that holds the tokens; all others belong to others and are kept.
pub(super) const TOKENS: &str = "tokens";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Keeps the tokens in a JSON file.
///
/// The file is made with mode 0600 in a directory of mode 0700, and is refused when others can read it. It is replaced
/// as a whole: a process that is killed in the middle of a write leaves the old tokens intact. Processes that share
/// the file make one refresh between them.
///
/// A process that is killed after Google has answered and before the write loses that answer. Google leaves the refresh
/// token of an installed app as it is, so the stored one still works and the next process refreshes again. A server
/// that rotates refresh tokens at each use (not Google) may take the old one no more: then the user signs in again. A
/// caller who goes away in between loses nothing: the refresh and the write go on without it.
///
/// On Windows there are no such modes: the file has the access rights of its directory, and nothing is refused. Under
/// the user's own profile these keep other users out.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use airbyte_agent_gmail::{GmailConnector, auth::FileTokenStore, sandbox::Sandbox};
///
/// let sandbox = Sandbox::start().await?;
/// let directory = std::env::temp_dir().join(format!("tokens-{}", std::process::id()));
/// let store = Arc::new(FileTokenStore::new(directory.join("tokens.json")));
/// let gmail = GmailConnector::builder(sandbox.google_auth())
///     .base_url(sandbox.gmail_url())
///     .token_url(sandbox.token_url())
///     .token_store(store)
///     .build()?;
/// gmail.check().await?;
/// # std::fs::remove_dir_all(&directory).ok();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

impl FileTokenStore {
    /// A store in a file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read_tokens(&self) -> io::Result<Option<TokenSet>> {
        let Some(mut object) = read(&self.path)? else {
            return Ok(None);
        };
        match object.remove(TOKENS) {
            None | Some(Value::Null) => Ok(None),
            Some(tokens) => serde_json::from_value(tokens)
                .map(Some)
                .map_err(|_| unreadable(&self.path)),
        }
    }

    fn write_tokens(&self, tokens: &TokenSet) -> io::Result<()> {
        let mut object = read(&self.path)?.unwrap_or_default();
        object.insert(
            TOKENS.to_owned(),
            serde_json::to_value(tokens).map_err(io::Error::from)?,
        );
        write(&self.path, &object)
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> StoreFuture<'_, Option<TokenSet>> {
        Box::pin(async move { self.read_tokens().map_err(boxed) })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> StoreFuture<'a> {
        Box::pin(async move { self.write_tokens(tokens).map_err(boxed) })
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(async move {
            // The tokens' own file is replaced at each write, so a lock on it would hold nobody off.
            let file = open_lock(&self.path).map_err(boxed)?;
            let started = Instant::now();
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(StoreLock::new(file)),
                    Err(TryLockError::Error(error)) => return Err(boxed(at(&self.path, error))),
                    Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_TIMEOUT => {
                        return Err(boxed(at(
                            &self.path,
                            io::Error::new(
                                io::ErrorKind::TimedOut,
                                "another process has held the lock for minutes; end it",
                            ),
                        )));
                    }
                    Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                }
            }
        })
    }
}

fn boxed(error: io::Error) -> Box<dyn StdError + Send + Sync> {
    Box::new(error)
}

/// The object in a file; `None` when there is no file.
pub(in crate::auth) fn read(path: &Path) -> io::Result<Option<Map<String, Value>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path, error)),
    };
    check_private(path, &file)?;
    let mut text = String::new();
    file.take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(|error| at(path, error))?;
    // The parser's own text could quote a token.
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|_| unreadable(path))
}

/// Replaces a file as a whole.
pub(in crate::auth) fn write(path: &Path, object: &Map<String, Value>) -> io::Result<()> {
    let directory = prepare_directory(path)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = sibling(path, &format!(".{}-{number}.tmp", std::process::id()));
    let result = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        // Left behind by a process of the same number that was killed in the middle of a write.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options.open(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(object)?)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_directory(directory)
    })();
    result.map_err(|error| {
        // The write has failed already; a leftover only takes space.
        let _ = fs::remove_file(&temporary);
        at(path, error)
    })
}

/// The directory of a file, made for its owner alone where it is not there.
fn prepare_directory(path: &Path) -> io::Result<&Path> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .map_err(|error| at(directory, error))?;
    check_directory(directory)?;
    Ok(directory)
}

fn open_lock(path: &Path) -> io::Result<File> {
    prepare_directory(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    options
        .open(sibling(path, ".lock"))
        .map_err(|error| at(path, error))
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// Elsewhere than on Unix access is a matter of lists, which a file takes over from its directory and the standard
/// library does not read: the user's own profile keeps others out, and the checks below refuse nothing.
#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

#[cfg(unix)]
fn check_private(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file
        .metadata()
        .map_err(|error| at(path, error))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(at(
        path,
        io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "others can read or write it (mode {:03o}), so what it holds may be known: revoke it, or run `chmod 600` on it",
                mode & 0o777
            ),
        ),
    ))
}

#[cfg(not(unix))]
fn check_private(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

/// Whoever can write to the directory can put another file in the place of this one.
#[cfg(unix)]
fn check_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(directory)
        .map_err(|error| at(directory, error))?
        .permissions()
        .mode();
    let sticky = mode & 0o1000 != 0;
    if mode & 0o022 == 0 || sticky {
        return Ok(());
    }
    Err(at(
        directory,
        io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "others can write to it (mode {:03o}); run `chmod 700` on it",
                mode & 0o777
            ),
        ),
    ))
}

#[cfg(not(unix))]
fn check_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A rename outlives a power cut only when the directory is written too.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn unreadable(path: &Path) -> io::Error {
    at(
        path,
        io::Error::new(
            io::ErrorKind::InvalidData,
            "its content is not that of a token store; move it away and sign in again",
        ),
    )
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
