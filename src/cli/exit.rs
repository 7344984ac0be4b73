//! Exit codes and error messages.

use std::fmt::{self, Write};
use std::process::ExitCode;

use airbyte_agent_gmail::Error;
use airbyte_agent_gmail::operation::{Outbound, gmail};
use airbyte_agent_gmail::tool::visible_text;

use super::output;

/// The words before a wait that the service asks for.
const AGAIN: &str = "again in ";

/// Why a command failed.
pub(crate) enum Failure {
    /// An error of the library.
    Gmail(Error),
    /// An error of the library about a value given by the user.
    About(String, Error),
    /// The arguments, or what they name, are wrong.
    Input(String),
    /// The reader of the output went away, or the person said no. The command ends, but nothing failed.
    Silent,
    /// The result can't be shown: the exit code if nothing was changed, and the reason.
    Unshown(u8, String),
    /// The work was done, but the result can't be shown.
    Done(String),
    /// Not settled yet; a later try may succeed.
    Later(String),
    /// A command run for the user ended with this exit code and has reported its own error.
    Command(u8),
    /// Anything else.
    Other(String),
}

impl Failure {
    /// The arguments are wrong.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input(message.into())
    }

    /// Any other failure.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into())
    }

    /// An argument is not JSON. Gives only the position: the parser's message could quote the argument.
    pub(crate) fn not_json(name: &str, error: &serde_json::Error) -> Self {
        Self::input(format!(
            "{name} is not json, or has a name twice (line {}, column {}); give an object like {{\"name\": \"value\"}}",
            error.line(),
            error.column()
        ))
    }

    fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Silent => 0,
            Self::Unshown(code, _) => *code,
            Self::Done(_) => 8,
            Self::Later(_) => 7,
            Self::Command(code) => *code,
            Self::Other(_) => 1,
            Self::Gmail(error) | Self::About(_, error) => code(error),
        }
    }
}

/// Results that may refuse a given value.
pub(crate) trait About<T> {
    /// Makes an error that refuses the given value, such as an id, quote it.
    fn about(self, given: &str) -> Result<T, Failure>;
}

impl<T> About<T> for Result<T, Error> {
    fn about(self, given: &str) -> Result<T, Failure> {
        self.map_err(
            |error| match error.is_not_found() || error.is_invalid_request() {
                true => Failure::About(given.to_owned(), error),
                false => Failure::Gmail(error),
            },
        )
    }
}

fn code(error: &Error) -> u8 {
    let classes = [
        (error.is_outcome_unknown(), 8),
        (error.is_unsupported(), 9),
        (
            error.is_invalid_input()
                || error.is_invalid_request()
                || error.is_configuration()
                || error.is_conflict()
                || (error.is_connect() && !error.is_transient()),
            2,
        ),
        (error.is_connector_ambiguous(), 2),
        (
            error.is_reauthorization_required()
                || error.is_consent_denied()
                || error.is_unauthenticated(),
            3,
        ),
        (error.is_permission_denied(), 4),
        (error.is_not_found() || error.is_connector_not_found(), 5),
        (error.is_rate_limited(), 6),
        (error.is_transient(), 7),
    ];
    classes
        .into_iter()
        .find(|(matches, _)| *matches)
        .map_or(1, |(_, code)| code)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Gmail(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::Silent
        } else {
            Self::Other(plain(&error))
        }
    }
}

/// The system's message for an error, in lower case to follow `error:`.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            let rest = &text[first.len_utf8()..];
            format!("{}{rest}", first.to_lowercase())
        }
        _ => text,
    }
}

/// A value that can't be written as JSON.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(error.to_string())
    }
}

/// Prints the error to standard error; returns the exit code.
pub(crate) fn report(failure: &Failure, verbose: bool) -> ExitCode {
    let mut text = String::new();
    if write(&mut text, failure, verbose).is_ok() && !text.is_empty() {
        output::tell(text.trim_end());
    }
    ExitCode::from(failure.code())
}

/// Writes the message for a failure, without control characters that a terminal obeys.
fn write(stderr: &mut String, failure: &Failure, verbose: bool) -> fmt::Result {
    let shown = |text: &dyn fmt::Display| visible_text(&text.to_string());
    match failure {
        Failure::Silent | Failure::Command(_) => Ok(()),
        Failure::Input(message)
        | Failure::Later(message)
        | Failure::Other(message)
        | Failure::Unshown(_, message) => writeln!(stderr, "error: {}", shown(message)),
        Failure::Done(why) => writeln!(
            stderr,
            "error: it was done, but its result can't be shown: {}; look before you do it again",
            shown(why)
        ),
        Failure::Gmail(error) | Failure::About(_, error) => {
            let begin = match failure {
                Failure::About(given, _) => format!("`{given}`: "),
                _ if error.is_outcome_unknown() && is_send(error) => {
                    "it may have been sent: ".to_owned()
                }
                _ => String::new(),
            };
            writeln!(stderr, "error: {}{}", shown(&begin), shown(error))?;
            // Only the cause names the store's file and the problem with it.
            if let Some(cause) = std::error::Error::source(error)
                && error.is_token_store_failed()
            {
                writeln!(stderr, "cause: {}", shown(&cause))?;
            }
            // The service refused the request, so its own words best say what to change. They can quote mail, which
            // is fine on the user's own terminal.
            let (message, errors) = (error.service_message(), error.service_errors());
            if message.is_none() && errors.is_empty() {
                // The service gave no reason.
            } else if verbose || !is_of_service(error) {
                writeln!(
                    stderr,
                    "the service said: {}",
                    shown(&message.unwrap_or_default())
                )?;
                for wrong in errors {
                    writeln!(stderr, "  {}", shown(wrong))?;
                }
            } else {
                writeln!(stderr, "(--verbose shows what the service itself said)")?;
            }
            if error.is_reauthorization_required() {
                writeln!(
                    stderr,
                    "to sign in again: airbyte-gmail auth login; to see what is wrong: airbyte-gmail auth doctor"
                )?;
            } else if error.is_outcome_unknown() && is_send(error) {
                writeln!(stderr, "look first: {}", shown(&look(error)))?;
            } else if let Some(wait) = error.retry_after()
                && !error.is_outcome_unknown()
                && !error.to_string().contains(AGAIN)
            {
                writeln!(stderr, "{AGAIN}{} s", wait.as_secs_f64().ceil().max(1.0))?;
            }
            Ok(())
        }
    }
}

/// Whether mail may have left the mailbox.
fn is_send(error: &Error) -> bool {
    let row = error.operation().and_then(|id| gmail().by_id(id));
    error.message_id().is_some() || row.is_some_and(|row| row.outbound == Outbound::Sends)
}

/// The command that shows whether the message was sent.
fn look(error: &Error) -> String {
    let search = match error.message_id() {
        Some(id) => format!("rfc822msgid:{}", id.trim_matches(['<', '>'])),
        None => "newer_than:1d".to_owned(),
    };
    format!("airbyte-gmail search 'in:sent {search}'")
}

/// Whether the service failed, regardless of the request.
fn is_of_service(error: &Error) -> bool {
    error
        .status()
        .is_none_or(|status| !(400..500).contains(&status))
}
