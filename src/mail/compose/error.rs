//! Errors of composing a message.

use std::fmt;

use crate::mail::address::AddressError;

use super::MAXIMUM_MESSAGE_SIZE;

/// Why a message could not be built.
///
/// ```
/// use airbyte_agent_gmail::mail::{Compose, ComposeError};
///
/// let forged = Compose::new().to("support@example.com").subject("Hello\r\nBcc: other@example.com").build();
/// assert_eq!(forged.unwrap_err(), ComposeError::ControlCharacter { header: "Subject".to_owned() });
/// ```
///
/// It contains no text or address of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComposeError {
    /// Gmail can't send to an address in a header.
    Address {
        /// The header.
        field: &'static str,
        /// What is wrong.
        source: AddressError,
    },
    /// There are several authors.
    SeveralAuthors,
    /// A header's value has a line break or another control character.
    ControlCharacter {
        /// The header.
        header: String,
    },
    /// A header's name is malformed.
    HeaderName,
    /// A header has its own method.
    ManagedHeader {
        /// The header.
        header: String,
    },
    /// A message id is malformed.
    MessageId {
        /// The header.
        header: &'static str,
    },
    /// A content id is malformed, or used twice.
    ContentId,
    /// The name of an attachment is empty, or contains a line break or another control character.
    FileName,
    /// The type of an attachment is malformed.
    MimeType,
    /// A file to attach could not be read.
    UnreadableFile {
        /// The operating system's reason.
        kind: std::io::ErrorKind,
    },
    /// The message is larger than Gmail accepts.
    TooLarge {
        /// The size in bytes, encoding included.
        size: usize,
    },
    /// The operating system gives no random numbers.
    NoRandomness,
}

impl fmt::Display for ComposeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { field, source } => write!(formatter, "{field}: {source}"),
            Self::SeveralAuthors => formatter.write_str("From: there are several authors: give one"),
            Self::ControlCharacter { header } => write!(
                formatter,
                "{header}: there is a line break or another control character: remove it"
            ),
            Self::HeaderName => formatter.write_str(
                "a header's name is malformed: use up to 76 letters, digits and hyphens, such as List-Unsubscribe",
            ),
            Self::ManagedHeader { header } => write!(
                formatter,
                "{header}: this header is written from what the builder's other methods are given: use those"
            ),
            Self::MessageId { header } => write!(
                formatter,
                "{header}: this is not a message id: give the Message-ID header of the message, such as \
                 <unique@example.com>, and not gmail's id of it"
            ),
            Self::ContentId => formatter.write_str(
                "a content id is malformed or used twice: give each inline part one such as logo@example.com, \
                 without spaces or angle brackets",
            ),
            Self::FileName => formatter.write_str(
                "an attachment's name is empty or has a control character: give a plain file name",
            ),
            Self::MimeType => formatter.write_str(
                "an attachment's type is malformed: give one such as application/pdf, or application/octet-stream \
                 when it is not known; multipart types cannot be attached",
            ),
            Self::UnreadableFile { kind } => write!(
                formatter,
                "a file to attach could not be read ({kind}): check its path and permissions"
            ),
            Self::TooLarge { size } => write!(
                formatter,
                "the message has {size} bytes with its encoding, and gmail takes at most {MAXIMUM_MESSAGE_SIZE} \
                 (35 MiB): attach less, or send a link"
            ),
            Self::NoRandomness => formatter.write_str(
                "the operating system gives no random numbers for a message id: set one with message_id",
            ),
        }
    }
}

impl std::error::Error for ComposeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Address { source, .. } => Some(source),
            _ => None,
        }
    }
}
