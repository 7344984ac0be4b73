//! What a person is asked before it is done.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::operation::{Operation, Outbound};

/// A kind of action that may need approval or be counted.
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
    /// A message is sent: a new one, a reply, a reply to an invitation.
    Send,
    /// A message is forwarded.
    Forward,
    /// A rule or a right that lets mail leave the mailbox later.
    Share,
    /// Something is permanently deleted.
    Delete,
    /// A mailing list's server is asked to stop. Approval for sending covers this too.
    Unsubscribe,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Send,
        Self::Forward,
        Self::Share,
        Self::Delete,
        Self::Unsubscribe,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Forward => "forward",
            Self::Share => "share",
            Self::Delete => "delete",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// What an action does, if it is one of them.
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
                Error::new(
                    Kind::InvalidInput,
                    format!("there is no such kind of action; use: {words}"),
                )
            })
    }
}

/// A question to a person; see [`Tools::with_approver`](super::Tools::with_approver).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// What would be done.
    pub deed: Deed,
    /// What to show: recipients, subject and first lines of a message, or the action with its params. Text from mail
    /// has only visible characters.
    pub text: String,
}

/// What a person has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It may be done.
    Approved,
    /// It may not, or nobody answered.
    Declined,
    /// There is nobody to ask: a message becomes a draft, anything else is refused.
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
