//! Reports what could not be decoded in a message.

use std::fmt;

use serde::Serialize;

use crate::mail::encoding::charset::UndecodedReason;

/// The longest charset to show; anything longer isn't a charset.
const MAXIMUM_CHARSET_LENGTH: usize = 40;

/// The maximum number of entries to report per message.
const MAXIMUM_ENTRIES: usize = 100;

/// A text that differs from what its sender wrote.
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let reading = Reading::from_raw(b"Subject: =?utf-8?Q?caf=E9?=\r\n\r\nHello\r\n");
/// assert_eq!(reading.subject.as_deref(), Some("caf\u{fffd}"));
/// assert_eq!(
///     reading.undecoded[0].to_string(),
///     "Subject (utf-8): some bytes mean nothing in its charset and are shown as U+FFFD"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Undecoded {
    /// Where it is: a header's name, `text` if there is only one part, `text of part 1.2`, or `name of part 2`.
    pub place: String,
    /// The charset in the sender's label, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// What is wrong.
    pub reason: UndecodedReason,
}

impl Undecoded {
    pub(crate) fn new(place: String, charset: Option<&str>, reason: UndecodedReason) -> Self {
        let charset = charset.map(|label| {
            label
                .chars()
                .filter(char::is_ascii_graphic)
                .take(MAXIMUM_CHARSET_LENGTH)
                .collect()
        });
        Self {
            place,
            charset,
            reason,
        }
    }

    /// Whether it is in a header; header names have no blanks.
    pub(crate) fn is_of_header(&self) -> bool {
        !self.place.contains(' ') && self.place != "text"
    }

    /// Adds an entry, if it is new.
    pub(crate) fn add_to(self, entries: &mut Vec<Self>) {
        if entries.len() < MAXIMUM_ENTRIES && !entries.contains(&self) {
            entries.push(self);
        }
    }
}

impl fmt::Display for Undecoded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place)?;
        if let Some(charset) = &self.charset {
            write!(formatter, " ({charset})")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}
