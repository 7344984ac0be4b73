//! The standard output.

use std::io::Write;

use serde::Serialize;

use super::exit::Failure;

/// Prints a value as JSON.
pub(crate) fn print(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))?;
    line(&text)
}

/// Prints a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}
