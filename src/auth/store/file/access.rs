//! File access: only the owner may read and write a file, and it must not be a link.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use super::at;
use crate::auth::store::InsecureStore;

/// Options for a file that only its owner can read.
pub(super) fn options() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "there is no mode to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Opens a file that belongs to this user and that nobody else can read, without following a link.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = match open_as_it_is(path, options) {
        Ok(file) => file,
        Err(error) => {
            // Each system reports a link that must not be followed in its own way.
            let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
            return Err(if is_link {
                insecure(path, "it is a link, which is not followed; remove it")
            } else {
                at(path, error)
            });
        }
    };
    check(path, &file)?;
    Ok(file)
}

#[cfg(unix)]
fn open_as_it_is(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    // Opening a pipe would block until its other end is opened.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.custom_flags(flags.bits().cast_signed()).open(path)
}

/// Other systems than Unix control access by lists, which a file inherits from its directory and the standard library
/// doesn't read. The user's own profile keeps others out.
#[cfg(not(unix))]
fn open_as_it_is(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    options.open(path)
}

#[cfg(unix)]
fn check(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata().map_err(|error| at(path, error))?;
    if !found.is_file() {
        return Err(insecure(path, "it is not a file; remove it"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(insecure(
            path,
            "it belongs to another user, who can read it; remove it and sign in again",
        ));
    }
    let mode = found.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(insecure(
            path,
            &format!(
                "others can read or write it (mode {mode:03o}), so somebody may know its contents: revoke them, \
                 or run `chmod 600` on it (a secret that is mounted: give it the mode 0400)"
            ),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(path: &Path, file: &File) -> io::Result<()> {
    let found = file.metadata().map_err(|error| at(path, error))?;
    if found.is_file() {
        Ok(())
    } else {
        Err(insecure(path, "it is not a file; remove it"))
    }
}

/// Whoever can write to the directory can replace the file.
#[cfg(unix)]
pub(super) fn check_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(directory).map_err(|error| at(directory, error))?;
    let owner = found.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(insecure(
            directory,
            "it belongs to another user; keep the tokens in a directory of your own",
        ));
    }
    let is_sticky = found.mode() & 0o1000 != 0;
    if found.mode() & 0o022 != 0 && !is_sticky {
        return Err(insecure(
            directory,
            &format!(
                "others can write to it (mode {:03o}); run `chmod 700` on it",
                found.mode() & 0o777
            ),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn check_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Checks that files can be created in a directory.
#[cfg(unix)]
pub(super) fn check_writable(directory: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(
        directory,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    )?)
}

#[cfg(not(unix))]
pub(super) fn check_writable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The length of a file, and the length it can grow to within its allocated blocks.
#[cfg(unix)]
pub(super) fn space(file: &File) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata()?;
    // `blocks` counts 512 bytes each, whatever the file system's block size (POSIX, sys/stat.h).
    Ok((found.len(), found.len().max(found.blocks() * 512)))
}

#[cfg(not(unix))]
pub(super) fn space(file: &File) -> io::Result<(u64, u64)> {
    let length = file.metadata()?.len();
    Ok((length, length))
}

fn insecure(path: &Path, what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        InsecureStore::new(format!("{}: {what}", path.display())),
    )
}
