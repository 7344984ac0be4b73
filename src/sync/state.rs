//! Where a copy of a mailbox stands.

use serde::{Deserialize, Serialize};

/// How far a copy of a mailbox is; save it, for example as JSON, and pass it in at the next start.
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
/// The default is for an empty copy: the mailbox is listed first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history_id: Option<String>,
    /// Whether the listing that goes with the history id came to its end.
    #[serde(default)]
    listed: bool,
}

impl SyncState {
    /// A copy that is complete up to a history id, such as that of a [`watch`](crate::GmailConnector::watch)'s answer.
    pub fn from_history_id(history_id: impl Into<String>) -> Self {
        Self {
            history_id: Some(history_id.into()),
            listed: true,
        }
    }

    /// The history id up to which everything has been handed out; `None` before the first pass.
    pub fn history_id(&self) -> Option<&str> {
        self.history_id.as_deref()
    }

    /// Whether the copy is complete up to the history id; until then each start lists the mailbox again.
    pub fn is_complete(&self) -> bool {
        self.listed && self.history_id.is_some()
    }

    /// A listing begins; the history that goes on behind it starts before it.
    pub(super) fn begin(history_id: String) -> Self {
        Self {
            history_id: Some(history_id),
            listed: false,
        }
    }

    pub(super) fn complete(&mut self) {
        self.listed = true;
    }

    /// Goes on to a history id. One that is no number, or that lies before, would lead the next pass astray.
    pub(super) fn advance(&mut self, history_id: String) {
        let Some(reached) = number(&history_id) else {
            return;
        };
        let now = self.history_id.as_deref().and_then(number);
        if now.is_none_or(|now| now <= reached) {
            self.history_id = Some(history_id);
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.history_id.is_some()
    }
}

/// The number that a history id is.
pub(super) fn number(history_id: &str) -> Option<u64> {
    let is_number = history_id.bytes().all(|byte| byte.is_ascii_digit());
    history_id.parse().ok().filter(|_| is_number)
}
