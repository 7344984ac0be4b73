//! Writes a message in the user's own editor.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;

use tempfile::TempPath;

use super::exit::Failure;
use super::output;

/// The written text, in a file that only the user can read. Dropping this removes the file.
pub(crate) struct Written {
    path: TempPath,
    /// The whole text.
    pub(crate) text: String,
}

impl Written {
    /// Keeps the file and prints its path.
    pub(crate) fn keep(self) {
        if let Ok(path) = self.path.keep() {
            output::note(&format!("what you wrote is kept in {}", path.display()));
        }
    }
}

/// Whether there is a person at a terminal, with an editor set in the environment.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal() && command().is_some()
}

/// The editor's command line.
fn command() -> Option<String> {
    ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|command| !command.trim().is_empty())
}

/// Opens the editor with a text; returns what was written.
pub(crate) fn edit(text: &str) -> Result<Written, Failure> {
    let command =
        command().ok_or_else(|| Failure::input("no editor is set; set EDITOR, or give --text"))?;
    let mut builder = tempfile::Builder::new();
    let mut file = builder
        .prefix("airbyte-gmail-")
        .suffix(".txt")
        .tempfile()
        .map_err(|error| {
            Failure::other(format!("a file for the text can't be created: {error}"))
        })?;
    file.write_all(text.as_bytes())?;
    let mut written = Written {
        path: file.into_temp_path(),
        text: String::new(),
    };
    let read = run(&command, &written.path).and_then(|()| {
        fs::read_to_string(&written.path)
            .map_err(|error| Failure::other(format!("the text can't be read back: {error}")))
    });
    match read {
        Ok(text) => {
            written.text = text;
            Ok(written)
        }
        Err(failure) => {
            written.keep();
            Err(failure)
        }
    }
}

/// Runs the editor through a shell, because the command line can have options, such as `code --wait`.
fn run(command: &str, path: &Path) -> Result<(), Failure> {
    let mut process = if cfg!(windows) {
        let mut words = command.split_whitespace();
        let mut process = Command::new(words.next().unwrap_or_default());
        process.args(words);
        process
    } else {
        let mut process = Command::new("sh");
        process.args(["-c", &format!("{command} \"$1\""), "sh"]);
        process
    };
    match process.arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::other(
            "the editor ended with an error, so nothing is sent",
        )),
        Err(error) => Err(Failure::Other(format!(
            "the editor can't be started: {error}; set EDITOR, or give --text"
        ))),
    }
}

/// The text above a quotation, and whether the quotation is unchanged.
pub(crate) fn above<'a>(text: &'a str, quotation: &str) -> (&'a str, bool) {
    let quotation = quotation.trim_end();
    match text.trim_end().strip_suffix(quotation) {
        Some(above) if !quotation.is_empty() => (above.trim_end(), true),
        _ => (text.trim_end(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn the_answer_is_told_from_what_it_quotes() {
        let quotation = "X wrote:\n> a\n";
        for (text, expected) in [
            ("Yes.\n\nX wrote:\n> a\n", ("Yes.", true)),
            ("\n\nX wrote:\n> a", ("", true)),
            ("Yes.\n", ("Yes.", false)),
            ("X wrote:\n> a\nNo, b.\n", ("X wrote:\n> a\nNo, b.", false)),
            ("", ("", false)),
        ] {
            assert_eq!(above(text, quotation), expected, "{text:?}");
        }
        assert_eq!(above("Yes.\n", ""), ("Yes.", false));
    }
}
