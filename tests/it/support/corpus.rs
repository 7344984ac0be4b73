//! Mail that other projects wrote: test messages of other mail software.

use std::fs;
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::sync::mbox;

/// Larger files are not mail.
const LARGEST: u64 = 4 * 1024 * 1024;

pub(crate) struct Sample {
    /// The folder and file.
    pub(crate) name: String,
    /// The message's bytes.
    pub(crate) raw: Vec<u8>,
}

/// The messages in the folders and mbox files of `MAIL_SAMPLES`. Without it, those of CPython's tests, as packaged by
/// Debian, and of the sources of mail-parser, a dependency of the tests.
pub(crate) fn others() -> Vec<Sample> {
    let mut files = Vec::new();
    match std::env::var_os("MAIL_SAMPLES") {
        Some(named) => std::env::split_paths(&named).for_each(|path| collect(&path, &mut files)),
        None => installed()
            .iter()
            .for_each(|path| collect(path, &mut files)),
    }
    files.iter().flat_map(|path| read(path)).collect()
}

/// The messages of the sandbox's sample mailbox.
pub(crate) fn own() -> Vec<Sample> {
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox/mailbox/sample");
    collect(&folder, &mut files);
    files.iter().flat_map(|path| read(path)).collect()
}

/// Folders with test messages that other packages have installed.
fn installed() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| home.map(|home| home.join(".cargo")));
    let python = within(Path::new("/usr/lib"))
        .into_iter()
        .map(|library| library.join("test/test_email/data"))
        .find(|folder| folder.is_dir());
    let parser = cargo
        .map(|cargo| within(&cargo.join("registry/src")))
        .unwrap_or_default()
        .iter()
        .flat_map(|registry| within(registry))
        .filter(|source| {
            let name = source.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with("mail-parser-0")
        })
        .map(|source| source.join("resources/eml"))
        .find(|folder| folder.is_dir());
    python.into_iter().chain(parser).collect()
}

fn within(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        within(path).iter().for_each(|path| collect(path, files));
    } else if is_mail(path) {
        files.push(path.to_owned());
    }
}

/// Whether a file is small enough and starts with a header or the first line of an mbox.
fn is_mail(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    if ["json", "py", "sh", "rs"].contains(&&*ending)
        || fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST)
    {
        return false;
    }
    let bytes = fs::read(path).unwrap_or_default();
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_header = name.len() < line.len()
        && !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    is_header || line.starts_with(b"From ")
}

fn read(path: &Path) -> Vec<Sample> {
    let bytes = fs::read(path).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let file = path.file_name().unwrap_or_default();
    let name = format!("{}/{}", folder.display(), file.display());
    // A single message with a mail store's first line is not an mbox.
    let is_mbox = bytes.starts_with(b"From ") && path.extension().is_some_and(|end| end == "mbox");
    if !is_mbox {
        return vec![Sample { name, raw: bytes }];
    }
    mbox::Reader::new(bytes.as_slice())
        .flatten()
        .enumerate()
        .map(|(number, message)| Sample {
            name: format!("{name} {number}"),
            raw: message.raw,
        })
        .collect()
}
