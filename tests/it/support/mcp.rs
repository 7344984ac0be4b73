//! The MCP server in a process of its own, at a sandbox.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::process::Stdio;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::program::PROGRAM;

/// The program, with the sandbox's credentials of one mode and nothing else.
pub(crate) fn program(sandbox: &Sandbox, mode: Mode) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .envs(sandbox.variables(mode))
        .kill_on_drop(true);
    command
}

/// The server over HTTP, with the token `secret-token`: its process, its address, and what it says.
pub(crate) async fn served(
    sandbox: &Sandbox,
    flags: &[&str],
) -> (Child, String, Lines<BufReader<ChildStderr>>) {
    let mut child = program(sandbox, Mode::OpenSource)
        .env("AIRBYTE_GMAIL_MCP_TOKEN", "secret-token")
        .args(["mcp", "--http", "--port", "0"])
        .args(flags)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    // The program says first which credentials it uses.
    let url = loop {
        let line = notes.next_line().await.unwrap().unwrap();
        if let Some(at) = line.find("http://") {
            break line[at..].split(' ').next().unwrap().to_owned();
        }
    };
    (child, url, notes)
}
