//! Writes a message in the user's own editor.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::exit::Failure;
use super::output;

/// The text written, in a file that only the user can read, until it is sent.
pub(crate) struct Written {
    path: PathBuf,
    /// The whole text.
    pub(crate) text: String,
}

impl Written {
    /// Deletes the file after the text has been sent.
    pub(crate) fn discard(self) {
        // A file left in the temporary folder does no harm.
        let _ = fs::remove_file(&self.path);
    }

    /// Tells where the text still is.
    pub(crate) fn keep(self) {
        output::note(&format!(
            "what you wrote is kept in {}",
            self.path.display()
        ));
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
    let command = command()
        .ok_or_else(|| Failure::input("no editor is set; set EDITOR, or give --text".to_owned()))?;
    let path = create(text)?;
    let written = run(&command, &path).and_then(|()| {
        fs::read_to_string(&path)
            .map_err(|error| Failure::Other(format!("the text can't be read back: {error}")))
    });
    match written {
        Ok(text) => Ok(Written { path, text }),
        Err(failure) => {
            Written {
                path,
                text: String::new(),
            }
            .keep();
            Err(failure)
        }
    }
}

/// Creates a file that nobody else can read.
fn create(text: &str) -> Result<PathBuf, Failure> {
    let folder = env::temp_dir();
    for number in 0..1000 {
        let path = folder.join(format!("airbyte-gmail-{}-{number}.txt", std::process::id()));
        match open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(Failure::Other(format!(
                    "a file for the text can't be created in {}: {error}",
                    folder.display()
                )));
            }
        }
    }
    Err(Failure::Other(format!(
        "a file for the text can't be created in {}: remove the old ones there",
        folder.display()
    )))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
        Ok(_) => Err(Failure::Other(
            "the editor ended with an error, so nothing is sent".to_owned(),
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
