//! Other people's clients against the sandbox, and the spec beside the documents that they are made from, where they are
//! installed: see tests/clients/README.md.
//!
//! Where they are not, a line says what was not run.

#![cfg(feature = "sandbox")]

use crate::support;

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use airbyte_agent_gmail::sandbox::Sandbox;
use support::TestResult;
use tokio::process::Command;

/// With this status a comparison says that the vendor's document is of another version than it knows: no fault of ours.
const NEWS: i32 = 3;

/// A client: what runs it, what must be there, and its script.
struct Client {
    program: OsString,
    folder: PathBuf,
    /// Arguments with which the program succeeds where all packages are there.
    probe: [&'static str; 2],
    script: &'static str,
    needs: &'static str,
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn python(script: &'static str, probe: &'static str, needs: &'static str) -> Client {
    Client {
        program: env::var_os("CLIENTS_PYTHON").unwrap_or_else(|| "python3".into()),
        folder: clients(),
        probe: ["-c", probe],
        script,
        needs,
    }
}

/// A sandbox's announcement in a file that only its owner may read: what stands on a command line everybody may.
struct Announcement(PathBuf);

impl Announcement {
    fn write(sandbox: &Sandbox, script: &str) -> std::io::Result<Self> {
        let name = format!("{}-{script}.json", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        writeln!(options.open(&path)?, "{}", sandbox.announcement())?;
        Ok(Self(path))
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Client {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.kill_on_drop(true);
        command
    }

    /// Whether what it needs is there; says so where it is not.
    async fn is_there(&self) -> Result<bool, Box<dyn std::error::Error>> {
        let probed = self.command().args(self.probe).output().await;
        let is_there = probed.is_ok_and(|output| output.status.success());
        if !is_there {
            support::not_run(&format!("tests/clients/{}", self.script), self.needs)?;
        }
        Ok(is_there)
    }

    async fn succeeds(&self, argument: &Path) -> TestResult {
        let mut command = self.command();
        let command = command.arg(clients().join(self.script)).arg(argument);
        let output = command.output().await?;
        if output.status.code() == Some(NEWS) {
            support::not_run(
                &format!("tests/clients/{} to its end", self.script),
                "the version of the vendor's document that it was written for; run it by hand to see the news",
            )?;
            return Ok(());
        }
        assert!(
            output.status.success(),
            "tests/clients/{}:\n{}{}",
            self.script,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

/// Drives a sandbox with a client.
async fn run(client: Client) -> TestResult {
    if client.is_there().await? {
        let sandbox = Sandbox::start().await?;
        let announcement = Announcement::write(&sandbox, client.script)?;
        client.succeeds(&announcement.0).await?;
        assert!(!sandbox.requests().is_empty());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_python_client() -> TestResult {
    run(python(
        "google_python.py",
        "import googleapiclient, google.oauth2.credentials",
        "google-api-python-client and google-auth; CLIENTS_PYTHON names the interpreter",
    ))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn airbytes_python_sdk() -> TestResult {
    run(python(
        "airbyte_sdk.py",
        "import importlib.util as u, sys; sys.exit(u.find_spec('airbyte_agent_sdk') is None)",
        "airbyte-agent-sdk; CLIENTS_PYTHON names the interpreter",
    ))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn googles_node_client() -> TestResult {
    run(Client {
        program: "node".into(),
        folder: env::var_os("CLIENTS_NODE").map_or_else(clients, PathBuf::from),
        probe: [
            "-e",
            "require.resolve('@googleapis/gmail'); require.resolve('google-auth-library')",
        ],
        script: "google_node.mjs",
        needs: "node with @googleapis/gmail and google-auth-library; CLIENTS_NODE names the folder of node_modules",
    })
    .await
}

#[tokio::test]
async fn the_spec_has_googles_methods_parameters_and_fields() -> TestResult {
    let check = python(
        "discovery.py",
        "import googleapiclient, yaml",
        "google-api-python-client and pyyaml; CLIENTS_PYTHON names the interpreter",
    );
    if check.is_there().await? {
        check.succeeds(Path::new("--verbose")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_spec_has_the_actions_of_airbytes_connector() -> TestResult {
    let check = python(
        "airbyte_spec.py",
        "import importlib.util as u, sys, yaml; sys.exit(u.find_spec('airbyte_agent_sdk') is None)",
        "airbyte-agent-sdk and pyyaml; CLIENTS_PYTHON names the interpreter",
    );
    if check.is_there().await? {
        check.succeeds(Path::new("--connector")).await?;
    }
    Ok(())
}
