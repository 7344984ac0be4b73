//! Where tests/judges.sh installs the judges.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The project's folder.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folder of the judges.
pub(crate) fn folder() -> PathBuf {
    env::var_os("JUDGES").map_or_else(|| Path::new(ROOT).join("target/judges"), PathBuf::from)
}

/// The interpreter with the Python packages.
pub(crate) fn python() -> PathBuf {
    folder().join("python/bin/python")
}

/// The interpreter with Airbyte's older package, which needs its own SDK version.
pub(crate) fn older_python() -> PathBuf {
    folder().join("older/bin/python")
}

/// The interpreter with PyAirbyte.
pub(crate) fn pyairbyte_python() -> PathBuf {
    folder().join("pyairbyte/bin/python")
}

/// The folder with the Node packages in `node_modules`.
pub(crate) fn node_packages() -> PathBuf {
    folder().join("node")
}

/// The PATH with Node and the programs of its packages.
pub(crate) fn path() -> Result<OsString, env::JoinPathsError> {
    let own = [
        folder().join("bin"),
        node_packages().join("node_modules/.bin"),
    ];
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.into_iter().chain(env::split_paths(&rest)))
}
