//! Tokens in a file that only its owner can read.

mod access;

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::{
    InsecureStore, Saved, StoreError, StoreFuture, StoreLock, StoreVersion, StoredTokens, TokenSet,
    TokenStore,
};

/// How long another process may hold the lock. A connector waits less, and holds it for 40 seconds at most.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// The pause between two attempts to take the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The largest file accepted; tokens take a few kilobytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The field with the tokens. All other fields are preserved.
const TOKENS: &str = "tokens";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Keeps the tokens in a JSON file.
///
/// The file is created with mode 0600, its directory with mode 0700. The file and its lock are refused if others can
/// read them, if they belong to another user, or if they are links. Links among the directories are followed, as long
/// as the target belongs to this user or root and nobody else can write to it.
///
/// Each write replaces the whole file, so a process killed in the middle leaves the old tokens intact. On a full disk,
/// the new tokens overwrite the old ones in place. Processes that share the file share each refresh.
///
/// A process killed between Google's answer and the write loses that answer. Google doesn't rotate the refresh token of
/// an installed app, so the stored one still works, and the next process refreshes again. A server that rotates refresh
/// tokens at each use (not Google) may no longer accept the old one; then the user has to sign in again. A cancelled
/// caller loses nothing: the refresh and the write continue without it.
///
/// Windows has no such modes: the file inherits the access rights of its directory, and only links are refused. Under
/// the user's own profile, these rights keep other users out.
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
    /// Whether a missing file means that the account was signed out.
    of_account: bool,
}

impl FileTokenStore {
    /// A store in a file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            of_account: false,
        }
    }

    /// The store in an account's file, which only a sign-in creates.
    pub(in crate::auth) fn of_account(path: PathBuf) -> Self {
        Self {
            path,
            of_account: true,
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn read_tokens(&self) -> io::Result<StoredTokens> {
        let object = read(&self.path)?.unwrap_or_default();
        stored(object).map_err(|_| unreadable(&self.path))
    }

    fn write_tokens(&self, tokens: &TokenSet, replaces: &StoreVersion) -> io::Result<Saved> {
        let found = read(&self.path)?;
        if found.is_none() && self.of_account {
            return Err(at(
                &self.path,
                io::Error::new(
                    io::ErrorKind::NotFound,
                    "the account has been signed out; sign in again",
                ),
            ));
        }
        let mut object = found.unwrap_or_default();
        let saved = replace(&mut object, tokens, replaces)?;
        if saved != Saved::Conflict {
            write(&self.path, &object)?;
        }
        Ok(saved)
    }
}

/// The tokens in an object, with their version.
pub(super) fn stored(mut object: Map<String, Value>) -> serde_json::Result<StoredTokens> {
    let version = version(object.get(TOKENS));
    match object.remove(TOKENS) {
        None | Some(Value::Null) => Ok(StoredTokens::default()),
        Some(tokens) => Ok(StoredTokens::new(serde_json::from_value(tokens)?, version)),
    }
}

/// Puts tokens into an object, if it still has the version that they replace.
pub(super) fn replace(
    object: &mut Map<String, Value>,
    tokens: &TokenSet,
    replaces: &StoreVersion,
) -> io::Result<Saved> {
    if version(object.get(TOKENS)) != *replaces {
        return Ok(Saved::Conflict);
    }
    let tokens = serde_json::to_value(tokens)?;
    let version = version(Some(&tokens));
    object.insert(TOKENS.to_owned(), tokens);
    Ok(Saved::Done(version))
}

/// The version is a hash, since others may write tokens without counting.
fn version(tokens: Option<&Value>) -> StoreVersion {
    match tokens {
        None | Some(Value::Null) => StoreVersion::default(),
        Some(tokens) => {
            let mut hasher = DefaultHasher::new();
            tokens.to_string().hash(&mut hasher);
            StoreVersion::new(hasher.finish().to_string())
        }
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> StoreFuture<'_, StoredTokens> {
        Box::pin(async move { self.read_tokens().map_err(boxed) })
    }

    fn save<'a>(
        &'a self,
        tokens: &'a TokenSet,
        replaces: &'a StoreVersion,
    ) -> StoreFuture<'a, Saved> {
        Box::pin(async move { self.write_tokens(tokens, replaces).map_err(boxed) })
    }

    fn lock(&self) -> StoreFuture<'_, StoreLock> {
        Box::pin(async move {
            // Each write replaces the token file itself, so a lock on it would protect nothing.
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

    fn check_writable(&self) -> StoreFuture<'_> {
        Box::pin(async move {
            open_lock(&self.path).map_err(boxed)?;
            access::check_writable(directory_of(&self.path))
                .map_err(|error| boxed(at(&self.path, error)))
        })
    }
}

/// Boxes an error; an insecure store keeps its own type.
fn boxed(error: io::Error) -> StoreError {
    match error.downcast::<InsecureStore>() {
        Ok(error) => error.into(),
        Err(error) => error.into(),
    }
}

/// Reads the object in a file; `None` if there is no file.
pub(in crate::auth) fn read(path: &Path) -> io::Result<Option<Map<String, Value>>> {
    let file = match access::open(path, OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(|error| at(path, error))?;
    // The parser's message could quote a token.
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|_| unreadable(path))
}

/// Replaces a file as a whole.
pub(in crate::auth) fn write(path: &Path, object: &Map<String, Value>) -> io::Result<()> {
    let directory = prepare_directory(path)?;
    let text = serde_json::to_vec_pretty(object)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = sibling(path, &format!(".{}-{number}.tmp", std::process::id()));
    let result = (|| {
        // A leftover of a process with the same id that was killed in the middle of a write.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = access::options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_directory(directory)
    })();
    result.or_else(|error| {
        // The write has failed already; a leftover only takes space.
        let _ = fs::remove_file(&temporary);
        let is_full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        if is_full && overwrite(path, text).is_ok() {
            Ok(())
        } else {
            Err(at(path, error))
        }
    })
}

/// Overwrites the file in a single write within its allocated space, since a full disk takes no new file.
fn overwrite(path: &Path, mut text: Vec<u8>) -> io::Result<()> {
    let mut file = access::open(path, OpenOptions::new().write(true))?;
    let (length, space) = access::space(&file)?;
    if text.len() as u64 > space {
        return Err(io::ErrorKind::StorageFull.into());
    }
    // JSON allows trailing blanks, and keeping the length saves a truncation.
    text.resize(text.len().max(usize::try_from(length).unwrap_or(0)), b' ');
    file.write_all(&text)?;
    file.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The directory of a file, created for its owner alone if it doesn't exist.
fn prepare_directory(path: &Path) -> io::Result<&Path> {
    let directory = directory_of(path);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(directory)
        .map_err(|error| at(directory, error))?;
    access::check_directory(directory)?;
    Ok(directory)
}

fn open_lock(path: &Path) -> io::Result<File> {
    prepare_directory(path)?;
    let mut options = access::options();
    options.write(true).create(true).truncate(false);
    access::open(&sibling(path, ".lock"), &mut options)
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// A rename survives a power cut only once the directory is synced.
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
            "it is not a token store; move it away and sign in again",
        ),
    )
}

pub(super) fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
