//! The bytes of a composed message.

use crate::mail::encoding::encode_base64url;
use crate::upload::Media;

/// A message that is ready to send.
///
/// ```
/// use airbyte_agent_gmail::mail::{Compose, encoding::decode_base64url};
///
/// let composed = Compose::new().to("support@example.com").text("Text").message_id("1@example.com").build()?;
/// assert_eq!(composed.message_id, "1@example.com");
/// assert_eq!(decode_base64url(&composed.raw_base64url())?, composed.raw);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Composed {
    /// The message, with CRLF line ends; the content of an upload.
    pub raw: Vec<u8>,
    /// The Message-ID, without angle brackets; search for `rfc822msgid:` and this id to find the message again.
    pub message_id: String,
    /// Gmail's id of the thread, for the `threadId` field next to `raw`.
    pub thread_id: Option<String>,
}

impl Composed {
    /// The bytes in the form of a message's `raw` field.
    #[must_use]
    pub fn raw_base64url(&self) -> String {
        encode_base64url(&self.raw)
    }
}

debug!(Composed, self => size: self.raw.len(), thread_id: self.thread_id);

impl From<Composed> for Media {
    fn from(composed: Composed) -> Self {
        Self::from(composed.raw)
    }
}
