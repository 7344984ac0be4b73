//! The program's output, word for word: the transcripts in `tests/cmd`, with a sandbox for those in `sandbox/`.
//!
//! `TRYCMD=overwrite cargo test --all-features --test it -- transcript` rewrites them.

#![cfg(all(feature = "cli", feature = "mcp"))]

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use trycmd::TestCases;

use crate::support::TestResult;
use crate::support::directory::Directory;
use crate::support::program::PROGRAM;

fn cases(directory: &Directory) -> Result<TestCases, Box<dyn std::error::Error>> {
    let cases = TestCases::new();
    cases
        .register_bin("airbyte-gmail", std::path::Path::new(PROGRAM))
        .insert_var("[VERSION]", env!("CARGO_PKG_VERSION"))?
        .env(
            "AIRBYTE_GMAIL_CONFIG_DIR",
            directory.path().to_string_lossy(),
        )
        .env("COLUMNS", "100")
        .env("TZ", "UTC");
    Ok(cases)
}

#[test]
fn without_credentials() -> TestResult {
    let directory = Directory::new()?;
    cases(&directory)?.case("tests/cmd/*.trycmd").run();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn against_a_sandbox() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let cases = cases(&directory)?;
    for (name, value) in sandbox.variables(Mode::OpenSource) {
        cases.env(name, value);
    }
    cases.case("tests/cmd/sandbox/*.trycmd");
    tokio::task::spawn_blocking(move || cases.run()).await?;
    Ok(())
}
