//! Compares the spec with the vendors' own documents from their packages: Google's discovery document and the document
//! of Airbyte's connector.

use std::path::Path;
use std::process::Command;

use crate::installation::{self, ROOT};
use crate::support::TestResult;

/// Runs a comparison script of tests/clients.
fn compare(script: &str, argument: &str) -> TestResult {
    let output = Command::new(installation::python())
        .arg(Path::new(ROOT).join("tests/clients").join(script))
        .arg(argument)
        .output()?;
    assert!(
        output.status.success(),
        "{script}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[test]
fn the_spec_has_googles_methods_parameters_and_fields() -> TestResult {
    compare("discovery.py", "--verbose")
}

#[test]
fn the_spec_has_the_actions_of_airbytes_connector() -> TestResult {
    compare("airbyte_spec.py", "--connector")
}
