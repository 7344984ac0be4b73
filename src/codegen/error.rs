//! Errors in a document; each message says how to fix it.

use std::fmt;

/// One or more broken rules of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    messages: Vec<String>,
}

impl Error {
    /// Creates an error with a message about a place in a file.
    pub fn new(file: &str, place: &str, message: impl fmt::Display) -> Self {
        let text = if place.is_empty() {
            format!("{file}: {message}")
        } else {
            format!("{file}: {place}: {message}")
        };
        Self {
            messages: vec![text],
        }
    }

    /// Joins several errors; `None` for an empty list.
    pub fn join(errors: Vec<Self>) -> Option<Self> {
        let messages: Vec<String> = errors
            .into_iter()
            .flat_map(|error| error.messages)
            .collect();
        (!messages.is_empty()).then_some(Self { messages })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.messages.join("\n"))
    }
}

impl std::error::Error for Error {}
