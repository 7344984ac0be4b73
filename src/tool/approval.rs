//! What needs a person's approval, and the questions for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::Error;
use crate::operation::{Operation, Outbound};

/// A kind of action that can need approval or be capped.
///
/// ```
/// use airbyte_agent_gmail::tool::{Access, Deed};
///
/// let access = Access::default().approve([Deed::Send, "forward".parse()?]).cap(Deed::Send, 20);
/// # let _ = access;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Deed {
    /// Sends a message: a new one, a reply, an answer to an invitation.
    Send,
    /// Forwards a message.
    Forward,
    /// Creates a rule or a right with which mail can leave the mailbox later.
    Share,
    /// Deletes something permanently.
    Delete,
    /// Asks a mailing list's server to stop. Approval for sending covers this too.
    Unsubscribe,
}

impl Deed {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Send,
        Self::Forward,
        Self::Share,
        Self::Delete,
        Self::Unsubscribe,
    ];

    /// The name of the kind, as in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Forward => "forward",
            Self::Share => "share",
            Self::Delete => "delete",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// The kind of a table row, if it is one of these.
    pub(super) fn of(row: &Operation) -> Option<Self> {
        match row.outbound {
            Outbound::Sends => Some(Self::Send),
            Outbound::Shares => Some(Self::Share),
            Outbound::Nothing => row.destructive.then_some(Self::Delete),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Deed {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|deed| deed.word() == word.trim())
            .ok_or_else(|| {
                let words = Self::ALL.map(Self::word).join(", ");
                Error::invalid_input(format!("there is no such kind of action; use: {words}"))
            })
    }
}

/// A question for a person; see [`Tools::with_approver`](super::Tools::with_approver).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// The kind of action in question.
    pub deed: Deed,
    /// What to show: recipients, subject and first lines of a message, or the action with its params. Text from mail
    /// contains only visible characters.
    pub text: String,
}

/// A person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Do it.
    Approved,
    /// Don't do it, or nobody answered.
    Declined,
    /// Nobody can be asked: a message becomes a draft, anything else is refused.
    Unavailable,
}

/// Asks a person.
pub(super) type Approver =
    Arc<dyn Fn(Question) -> Pin<Box<dyn Future<Output = Decision> + Send>> + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for deed in Deed::ALL {
            assert_eq!(deed.to_string().parse::<Deed>().ok(), Some(deed));
        }
        assert!(
            "sends"
                .parse::<Deed>()
                .is_err_and(|error| error.is_invalid_input())
        );
    }
}
