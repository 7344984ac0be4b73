//! What of a mailbox an agent may use.

use crate::error::Error;
use crate::mail::Address;
use crate::operation::{Mode, Operation, Outbound, gmail};

/// Limits on what tools may do; each one narrows the others.
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
}

impl Access {
    /// Nothing that changes the mailbox.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Nothing by which mail leaves the mailbox: no sending, no forwarding rules, no delegates. Drafts can be written.
    #[must_use]
    pub fn no_send(mut self) -> Self {
        self.no_send = true;
        self
    }

    /// These actions and no others, each as `entity.action`.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) for one that is not known, so that a slip of the pen does
    /// not look like a limit.
    pub fn allow_actions<A: AsRef<str>>(
        mut self,
        actions: impl IntoIterator<Item = A>,
    ) -> Result<Self, Error> {
        let mut allowed = Vec::new();
        for action in actions {
            let action = action.as_ref().trim();
            let Some((entity, name)) = action.rsplit_once('.') else {
                return Err(Error::new(
                    crate::error::Kind::InvalidInput,
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

    /// Mail goes to these alone: `@example.com` for all of a domain, or a whole address.
    ///
    /// Messages that an agent has encoded itself, drafts that are there already, and rules by which mail leaves are then
    /// refused: their recipients can't be told as surely.
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

    /// The scopes that the token has; what they do not allow is not offered. Google speaks for open-source mode alone:
    /// a hosted connector's scopes are Airbyte's affair.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whether anything is limited but by the token's scopes.
    pub(super) fn is_limited(&self) -> bool {
        self.read_only || self.no_send || self.actions.is_some() || self.recipients.is_some()
    }

    /// Why an action may not be used in a mode; `None` where it may.
    pub(super) fn refusal(&self, row: &Operation, mode: Mode) -> Option<String> {
        self.step_refusal(row, mode).or_else(|| {
            (self.recipients.is_some() && row.outbound != Outbound::Nothing).then(|| {
                "mail may go to named recipients alone, so it is sent with gmail_send, gmail_reply or gmail_forward"
                    .to_owned()
            })
        })
    }

    /// As `refusal`, for a step of a tool that looks at the recipients itself.
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

    /// Holds an action that is no row of the table against the list of allowed ones.
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

    /// The recipients that mail may go to, for people's eyes.
    pub(super) fn recipients(&self) -> Option<String> {
        self.recipients
            .as_ref()
            .map(|recipients| recipients.join(", "))
    }
}
