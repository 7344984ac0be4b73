//! Other MCP clients against `airbyte-gmail mcp`, over the standard streams and over HTTP.

use std::path::Path;
use std::time::Duration;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use tokio::process::Command;
use tokio::time::timeout;

use crate::installation::{self, ROOT};
use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::mcp::served;
use crate::support::program::PROGRAM;

/// Runs a client until it exits.
async fn run(sandbox: &Sandbox, mut command: Command) -> TestResult {
    let directory = Directory::new()?;
    command
        .current_dir(installation::node_packages())
        .env("PATH", installation::path()?)
        .envs(sandbox.variables(Mode::OpenSource))
        // The inspector stores a list of servers; keep it out of the user's own.
        .env("MCP_CATALOG_PATH", directory.file("mcp-inspector.json"))
        .kill_on_drop(true);
    let output = timeout(Duration::from_secs(120), command.output()).await??;
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[tokio::test]
async fn the_python_sdk() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut command = Command::new(installation::python());
    command
        .arg(Path::new(ROOT).join("tests/clients/mcp_client.py"))
        .arg(PROGRAM);
    run(&sandbox, command).await
}

#[tokio::test]
async fn the_typescript_sdk() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut command = Command::new(installation::folder().join("bin/node"));
    command
        .arg(Path::new(ROOT).join("tests/clients/mcp_client.mjs"))
        .arg(PROGRAM);
    run(&sandbox, command).await
}

#[tokio::test]
async fn the_inspector() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let (_child, url, _notes) = served(&sandbox, &[]).await;
    let inspector = || {
        let program = installation::node_packages().join("node_modules/.bin/mcp-inspector");
        let mut command = Command::new(program);
        command.arg("--cli");
        command
    };
    let list = ["--method", "tools/list"].as_slice();
    let search = ["--method", "tools/call", "--tool-name", "gmail_search"];
    let search = [&search[..], &["--tool-arg", "query=is:unread"]].concat();
    for arguments in [list, &search] {
        let mut command = inspector();
        // The inspector only passes the variables it is given to the server.
        for (name, value) in sandbox.variables(Mode::OpenSource) {
            command.args(["-e", &format!("{name}={value}")]);
        }
        command.args([PROGRAM, "mcp"]).args(arguments);
        run(&sandbox, command).await?;

        let mut command = inspector();
        command
            .args([&url, "--transport", "http", "--header"])
            .arg("Authorization: Bearer secret-token")
            .args(arguments);
        run(&sandbox, command).await?;
    }
    Ok(())
}
