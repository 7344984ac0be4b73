//! The program `airbyte-gmail` in its own process, connected to a sandbox.

use std::process::{Output, Stdio};

use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::Failure;
use super::directory::Directory;

/// The program's path.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_airbyte-gmail");

/// The program with its own directory and the sandbox's addresses, without credentials.
pub(crate) fn program(sandbox: &Sandbox, directory: &Directory, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .env("AIRBYTE_GMAIL_CONFIG_DIR", directory.path().join("config"))
        .env("GMAIL_API_URL", sandbox.gmail_url())
        .env("GOOGLE_TOKEN_URL", sandbox.token_url())
        .env(
            "GOOGLE_AUTH_URL",
            format!("{}/o/oauth2/v2/auth", sandbox.gmail_url()),
        )
        .env(
            "GOOGLE_REVOKE_URL",
            format!("{}/revoke", sandbox.gmail_url()),
        )
        .env("AIRBYTE_API_URL", sandbox.airbyte_url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Like `program`, with the sandbox's Airbyte credentials.
pub(crate) fn hosted(sandbox: &Sandbox, directory: &Directory, arguments: &[&str]) -> Command {
    let airbyte = sandbox.airbyte();
    let mut command = program(sandbox, directory, arguments);
    command
        .env("AIRBYTE_CLIENT_ID", airbyte.client_id)
        .env("AIRBYTE_CLIENT_SECRET", airbyte.client_secret);
    command
}

/// The JSON that a successful program printed.
pub(crate) fn json(output: &Output) -> Result<Value, Failure> {
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, errors(output)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The program's standard error.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A program waiting for a browser.
pub(crate) struct Waiting {
    pub(crate) child: Child,
    pub(crate) url: String,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Waiting {
    /// Starts the program and reads the address of the consent page.
    pub(crate) async fn start(mut command: Command) -> Result<Self, Failure> {
        let mut child = command.spawn()?;
        let stderr = child.stderr.take().ok_or("no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut seen = String::new();
        while let Some(line) = lines.next_line().await? {
            if line.trim().starts_with("http") {
                let url = line.trim().to_owned();
                return Ok(Self { child, url, lines });
            }
            seen.push_str(&line);
        }
        Err(format!("no address: {seen}").into())
    }

    /// Waits for the end: exit code, standard output, and the rest of standard error.
    pub(crate) async fn end(mut self) -> Result<(Option<i32>, String, String), Failure> {
        let mut rest = String::new();
        while let Some(line) = self.lines.next_line().await? {
            rest.push_str(&line);
            rest.push('\n');
        }
        let output = self.child.wait_with_output().await?;
        Ok((
            output.status.code(),
            String::from_utf8(output.stdout)?,
            rest,
        ))
    }
}
