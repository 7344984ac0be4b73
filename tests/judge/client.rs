//! Other clients against the sandbox: see tests/clients/README.md.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use airbyte_agent_gmail::sandbox::Sandbox;
use tokio::process::Command;

use crate::installation::{self, ROOT};
use crate::support::TestResult;
use crate::support::directory::Directory;

/// Writes a sandbox's announcement to a private file, since other users can read command lines.
pub(crate) fn announce(sandbox: &Sandbox, directory: &Directory) -> std::io::Result<PathBuf> {
    let path = directory.file("sandbox.json");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(&path)?, "{}", sandbox.announcement())?;
    Ok(path)
}

/// Drives a sandbox with a script of tests/clients.
async fn drive(program: impl AsRef<Path>, script: &str) -> TestResult {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let announcement = announce(&sandbox, &directory)?;
    let program = program.as_ref();
    let output = Command::new(program)
        .arg(Path::new(ROOT).join("tests/clients").join(script))
        .arg(&announcement)
        .current_dir(installation::node_packages())
        .env("PATH", installation::path()?)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("{}: {error}", program.display()))?;
    assert!(
        output.status.success(),
        "{script}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_python_client() -> TestResult {
    drive(installation::python(), "google_python.py").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_node_client() -> TestResult {
    drive(installation::folder().join("bin/node"), "google_node.mjs").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn airbytes_sdk() -> TestResult {
    drive(installation::python(), "airbyte_sdk.py").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn airbytes_sdk_at_its_edges() -> TestResult {
    drive(installation::python(), "airbyte_edges.py").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn airbytes_older_package() -> TestResult {
    drive(installation::older_python(), "airbyte_sdk.py").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyairbytes_agents() -> TestResult {
    drive(installation::pyairbyte_python(), "pyairbyte.py").await
}
