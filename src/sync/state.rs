//! The progress of a copy of a mailbox.

use serde::{Deserialize, Serialize};

/// The progress of a copy of a mailbox. Save it, for example as JSON, and pass it in at the next start.
///
/// ```
/// use airbyte_agent_gmail::sync::SyncState;
///
/// let state = SyncState::from_history_id("100011");
/// let text = serde_json::to_string(&state)?;
/// assert_eq!(serde_json::from_str::<SyncState>(&text)?, state);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// The default is an empty copy: the mailbox is listed first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history_id: Option<String>,
    /// Whether the listing that started at the history id is complete.
    #[serde(default)]
    listed: bool,
}

impl SyncState {
    /// A copy that is complete up to a history id, such as one from a [`watch`](crate::GmailConnector::watch)
    /// response.
    pub fn from_history_id(history_id: impl Into<String>) -> Self {
        Self {
            history_id: Some(history_id.into()),
            listed: true,
        }
    }

    /// The history id up to which every event has been returned; `None` before the first pass.
    pub fn history_id(&self) -> Option<&str> {
        self.history_id.as_deref()
    }

    /// Whether the copy is complete up to the history id. Until it is, each start lists the mailbox again.
    pub fn is_complete(&self) -> bool {
        self.listed && self.history_id.is_some()
    }

    /// Starts a listing. The history id is from before the listing, so the history continues from there.
    pub(super) fn begin(history_id: String) -> Self {
        Self {
            history_id: Some(history_id),
            listed: false,
        }
    }

    pub(super) fn complete(&mut self) {
        self.listed = true;
    }

    /// Advances to a history id. Ignores one that is not a number or goes backwards: the next pass would start in the
    /// wrong place.
    pub(super) fn advance(&mut self, history_id: String) {
        let Some(reached) = number(&history_id) else {
            return;
        };
        let now = self.history_id.as_deref().and_then(number);
        if now.is_none_or(|now| now <= reached) {
            self.history_id = Some(history_id);
        }
    }
}

/// A history id as a number.
pub(super) fn number(history_id: &str) -> Option<u64> {
    let is_number = history_id.bytes().all(|byte| byte.is_ascii_digit());
    history_id.parse().ok().filter(|_| is_number)
}
