//! Replies to invitations.

use crate::api::gmail::types::Message;
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::{Compose, Participation, RespondError, respond};

/// A reply to an invitation, before it is sent; see [`GmailConnector::respond`].
#[must_use = "nothing is sent without `accept`, `decline` or `tentative`"]
pub struct Respond<'a> {
    gmail: &'a GmailConnector,
    message_id: String,
    comment: Option<String>,
    with_aliases: bool,
}

impl GmailConnector {
    /// Starts a reply to the invitation in a message.
    ///
    /// It goes to the organizer, whose calendar processes it (RFC 5546, RFC 6047). The account's own calendar doesn't
    /// change.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let id = sandbox.deliver(b"From: eva@example.org\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n\
    /// #     VERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Lunch\r\nORGANIZER:mailto:eva@example.org\r\n\
    /// #     ATTENDEE:mailto:user@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    /// let invitation = gmail.read(&id).await?;
    /// println!("{}", invitation.calendars[0].to_text());
    /// gmail.respond(&id).comment("See you there.").accept().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn respond(&self, message_id: impl Into<String>) -> Respond<'_> {
        Respond {
            gmail: self,
            message_id: message_id.into(),
            comment: None,
            with_aliases: true,
        }
    }
}

impl Respond<'_> {
    /// Adds a comment.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// See [`Reply::without_aliases`](super::Reply::without_aliases).
    pub fn without_aliases(mut self) -> Self {
        self.with_aliases = false;
        self
    }

    /// Accepts.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare) and [`GmailConnector::send`].
    pub async fn accept(self) -> Result<Message, Error> {
        self.send(Participation::Accepted).await
    }

    /// Declines.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare) and [`GmailConnector::send`].
    pub async fn decline(self) -> Result<Message, Error> {
        self.send(Participation::Declined).await
    }

    /// Accepts tentatively.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare) and [`GmailConnector::send`].
    pub async fn tentative(self) -> Result<Message, Error> {
        self.send(Participation::Tentative).await
    }

    /// Prepares the reply, to look at before sending it.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if the message has no invitation that this account can answer, and
    /// errors of the service.
    pub async fn prepare(self, participation: Participation) -> Result<Compose, Error> {
        let invitation = self.gmail.read(&self.message_id).await?;
        let own = self.gmail.own_addresses(self.with_aliases).await?;
        let comment = self.comment.as_deref();
        Ok(respond(&invitation, &own, participation, comment)?)
    }

    async fn send(self, participation: Participation) -> Result<Message, Error> {
        let gmail = self.gmail;
        gmail
            .send(&self.prepare(participation).await?.build()?)
            .await
    }
}

impl From<RespondError> for Error {
    fn from(error: RespondError) -> Self {
        Self::invalid_input(error.to_string()).caused_by(error)
    }
}

debug!(Respond<'_>, self => message_id: self.message_id);
