//! What an agent may do with a mailbox.

use std::io;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::approval::Deed;
use super::audit::Audit;
use super::cap::{Counted, Ledger};
use crate::error::Error;
use crate::mail::Address;
use crate::operation::{Mode, Operation, Outbound, gmail};

/// Limits on what tools may do. Each one narrows the others.
///
/// ```
/// use airbyte_agent_gmail::tool::Access;
///
/// let reader = Access::default().read_only().allow_actions(["messages.list", "messages.get"])?;
/// let writer = Access::default().allow_recipients(["@example.com", "support@example.org"]);
/// let drafter = Access::default().no_send();
/// # let _ = (reader, writer, drafter);
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Access {
    read_only: bool,
    no_send: bool,
    actions: Option<Vec<String>>,
    recipients: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    approved: Vec<Deed>,
    caps: Vec<(Deed, u32)>,
    ledger: Arc<Ledger>,
    audit: Option<Arc<Audit>>,
}

/// A set of limits for an agent's role.
///
/// ```
/// use airbyte_agent_gmail::tool::{Access, Profile};
///
/// let access = Access::profile("assistant".parse()?);
/// assert_eq!("reader".parse::<Profile>()?, Profile::Reader);
/// # let _ = access;
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Reads and changes nothing.
    Reader,
    /// Reads, sorts and drafts on its own. A person approves sending, forwarding, sharing, permanent deletion and
    /// unsubscribing; at most 50 messages a day are sent and 50 forwarded.
    Assistant,
    /// Has no limits.
    Full,
}

/// How many messages an assistant may send in a day, and how many it may forward.
const ASSISTANT_SENDS: u32 = 50;

impl FromStr for Profile {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "reader" => Ok(Self::Reader),
            "assistant" => Ok(Self::Assistant),
            "full" => Ok(Self::Full),
            _ => Err(Error::invalid_input(
                "there is no such profile; use one of: reader, assistant, full",
            )),
        }
    }
}

impl Access {
    /// The limits of a profile. Further limits narrow them.
    #[must_use]
    pub fn profile(profile: Profile) -> Self {
        match profile {
            Profile::Reader => Self::default().read_only(),
            Profile::Assistant => Self::default()
                .approve(Deed::ALL)
                .cap(Deed::Send, ASSISTANT_SENDS)
                .cap(Deed::Forward, ASSISTANT_SENDS),
            Profile::Full => Self::default(),
        }
    }

    /// Asks a person before these actions, through [`Tools::with_approver`](super::Tools::with_approver); the MCP
    /// server asks through its client. If nobody can be asked, a message becomes a draft, and anything else is
    /// refused.
    ///
    /// Messages that an agent encoded itself, and existing drafts, can't be shown to a person and are then not sent.
    #[must_use]
    pub fn approve(mut self, deeds: impl IntoIterator<Item = Deed>) -> Self {
        self.approved.extend(deeds);
        self
    }

    /// Limits an action to a number of times in 24 hours. The lowest of several caps applies. Actions with an unknown
    /// outcome count.
    #[must_use]
    pub fn cap(mut self, deed: Deed, a_day: u32) -> Self {
        self.caps.push((deed, a_day));
        self
    }

    /// Keeps the counts for caps in a file that processes can share. Default: in memory, for this value and its
    /// clones.
    #[must_use]
    pub fn count_in(mut self, path: impl AsRef<Path>) -> Self {
        self.ledger = Arc::new(Ledger::at(path.as_ref().to_owned()));
        self
    }

    /// Records each call in a file that only its owner can read: a line of JSON with the time, the caller, the tool,
    /// the ids and the outcome, but no text of any message. After a failed write, no further calls are made.
    ///
    /// # Errors
    ///
    /// The file can't be opened, or is a link.
    pub fn audit(mut self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.audit = Some(Arc::new(Audit::open(path.as_ref())?));
        Ok(self)
    }

    /// The audit log, if any.
    pub(super) fn record(&self) -> Option<&Arc<Audit>> {
        self.audit.as_ref()
    }

    /// Whether a person must be asked.
    pub(super) fn needs_approval(&self, deed: Deed) -> bool {
        // Unsubscribing sends something too, though only to a list's server.
        let covers = |approved: &Deed| {
            *approved == deed || (deed, *approved) == (Deed::Unsubscribe, Deed::Send)
        };
        self.approved.iter().any(covers)
    }

    /// Whether an action is checked first, by a person or against a cap.
    fn looks_at(&self, deed: Deed) -> bool {
        self.needs_approval(deed) || self.caps.iter().any(|(capped, _)| *capped == deed)
    }

    /// Counts an action about to be done; the error says why it is not allowed.
    pub(super) fn count(&self, deed: Deed) -> Result<Option<Counted>, String> {
        let caps = self.caps.iter().filter(|(capped, _)| *capped == deed);
        let Some(most) = caps.map(|(_, most)| *most).min() else {
            return Ok(None);
        };
        match self.ledger.count(deed, most) {
            Ok(Some(counted)) => Ok(Some(counted)),
            Ok(None) => Err(format!(
                "the limit of {most} a day is reached ({deed}); nothing was done"
            )),
            Err(error) => Err(format!(
                "the action can't be counted against its limit, so nothing was done: {}",
                error.kind()
            )),
        }
    }

    /// Allows nothing that changes the mailbox.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Allows nothing that lets mail leave the mailbox: no sending, no forwarding rules, no delegates. Drafts can be
    /// written.
    #[must_use]
    pub fn no_send(mut self) -> Self {
        self.no_send = true;
        self
    }

    /// Allows only these actions, each as `entity.action`.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) for an unknown action, so a typo does not pass for a limit.
    pub fn allow_actions<A: AsRef<str>>(
        mut self,
        actions: impl IntoIterator<Item = A>,
    ) -> Result<Self, Error> {
        let mut allowed = Vec::new();
        for action in actions {
            let action = action.as_ref().trim();
            let Some((entity, name)) = action.rsplit_once('.') else {
                return Err(Error::invalid_input(
                    "an allowed action has no dot; give entity.action, such as messages.list",
                ));
            };
            if gmail().store_action(entity, name).is_none() {
                gmail().find(entity, name)?;
            }
            allowed.push(action.to_owned());
        }
        self.actions = Some(allowed);
        Ok(self)
    }

    /// Allows mail only to these recipients: `@example.com` for a whole domain, or a full address.
    ///
    /// Messages that an agent encoded itself, existing drafts, and rules that send mail out are then refused: their
    /// recipients can't be determined as reliably.
    #[must_use]
    pub fn allow_recipients<R: AsRef<str>>(
        mut self,
        recipients: impl IntoIterator<Item = R>,
    ) -> Self {
        let recipients = recipients
            .into_iter()
            .map(|recipient| recipient.as_ref().trim().to_lowercase())
            .filter(|recipient| !recipient.is_empty())
            .collect();
        self.recipients = Some(recipients);
        self
    }

    /// Sets the token's scopes. Actions outside them are not offered. For open-source mode: in hosted mode Airbyte
    /// decides the scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whether there is any limit besides the token's scopes.
    pub(super) fn is_limited(&self) -> bool {
        self.read_only || self.no_send || self.actions.is_some() || self.recipients.is_some()
    }

    /// Why an action is not allowed in a mode; `None` if it is.
    pub(super) fn refusal(&self, row: &Operation, mode: Mode) -> Option<String> {
        self.step_refusal(row, mode).or_else(|| {
            let is_limited = self.recipients.is_some() && row.outbound != Outbound::Nothing;
            // Only the composed tools know what to show a person, and whether a message is a forward.
            let is_hidden = row.outbound == Outbound::Sends
                && (self.looks_at(Deed::Send) || self.looks_at(Deed::Forward));
            (is_limited || is_hidden).then(|| {
                let why = if is_limited {
                    "mail may go only to named recipients"
                } else {
                    "mail is checked before it is sent"
                };
                format!("{why}, so send it with gmail_send, gmail_reply or gmail_forward")
            })
        })
    }

    /// Like `refusal`, for a step of a tool that checks the recipients itself.
    pub(super) fn step_refusal(&self, row: &Operation, mode: Mode) -> Option<String> {
        if mode == Mode::Hosted && !row.hosted {
            return Some(format!(
                "airbyte's gmail connector has no {} {}; only open-source mode offers it",
                row.entity, row.action
            ));
        }
        if self.read_only && !row.read_only {
            return Some("only reading is allowed here; a person has to allow more".to_owned());
        }
        if self.no_send && row.outbound != Outbound::Nothing {
            return Some("sending is not allowed here; write a draft instead".to_owned());
        }
        let name = format!("{}.{}", row.entity, row.action);
        if let Some(allowed) = &self.actions
            && !allowed.contains(&name)
        {
            return Some(format!(
                "{name} is not among the allowed actions: {}",
                allowed.join(", ")
            ));
        }
        match &self.scopes {
            Some(granted)
                if mode == Mode::OpenSource
                    && !row.scopes.is_empty()
                    && !row
                        .scopes
                        .iter()
                        .any(|scope| granted.iter().any(|granted| granted == scope)) =>
            {
                Some(format!(
                    "the account has not granted a scope for it; one of these is needed: {}",
                    row.scopes.join(", ")
                ))
            }
            _ => None,
        }
    }

    /// Checks an action outside the table against the allowed actions.
    pub(super) fn check_other(&self, entity: &str, action: &str) -> Result<(), String> {
        let Some(allowed) = &self.actions else {
            return Ok(());
        };
        let is_row = gmail().find(entity, action).is_ok();
        let name = format!("{entity}.{action}");
        if is_row || allowed.contains(&name) {
            return Ok(());
        }
        Err(format!(
            "it is not among the allowed actions: {}",
            allowed.join(", ")
        ))
    }

    /// Whether mail may go to an address.
    pub(super) fn allows_recipient(&self, address: &Address) -> bool {
        let Some(allowed) = &self.recipients else {
            return true;
        };
        let whole = address.address().to_lowercase();
        let domain = format!("@{}", address.domain().to_lowercase());
        allowed
            .iter()
            .any(|allowed| *allowed == whole || *allowed == domain)
    }

    /// The allowed recipients, for display.
    pub(super) fn recipients(&self) -> Option<String> {
        self.recipients
            .as_ref()
            .map(|recipients| recipients.join(", "))
    }
}
