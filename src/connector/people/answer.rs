//! Replies and forwards.

use crate::api::gmail::types::{Draft, Message};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::{
    AddressError, Compose, ComposeError, Composed, ForwardAttachment, MailboxList, ReplyError,
    forward, reply, reply_all,
};

type Edit<'a> = Box<dyn FnOnce(Compose) -> Compose + Send + 'a>;

/// A reply, before it is sent; see [`GmailConnector::reply`] and [`GmailConnector::reply_all`].
#[must_use = "nothing is sent without `send`"]
pub struct Reply<'a> {
    begun: Begun<'a>,
    is_to_all: bool,
}

/// A forward, before it is sent; see [`GmailConnector::forward`].
#[must_use = "nothing is sent without `send`"]
pub struct Forward<'a> {
    begun: Begun<'a>,
    with_attachments: bool,
}

/// The common part of replies and forwards.
struct Begun<'a> {
    gmail: &'a GmailConnector,
    message_id: String,
    with_aliases: bool,
    edits: Vec<Edit<'a>>,
}

impl GmailConnector {
    /// Starts a reply to the author of a message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let list = gmail.messages().list().q("in:inbox").max_results(1).send().await?;
    /// # let id = &list.messages[0].id;
    /// let sent = gmail.reply(id).text("Yes.").send().await?;
    /// let draft = gmail.reply_all(id).text("Paid.").without_quotation().save_draft().await?;
    /// # let _ = (sent, draft);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`mail::reply`](crate::mail::reply) determines its recipients, subject, conversation and quotation.
    pub fn reply(&self, message_id: impl Into<String>) -> Reply<'_> {
        Reply {
            begun: Begun::new(self, message_id.into()),
            is_to_all: false,
        }
    }

    /// Like [`reply`](Self::reply), to everybody the message went to.
    pub fn reply_all(&self, message_id: impl Into<String>) -> Reply<'_> {
        Reply {
            is_to_all: true,
            ..self.reply(message_id)
        }
    }

    /// Starts forwarding a message, with its text and attachments.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let list = gmail.messages().list().q("filename:pdf").max_results(1).send().await?;
    /// # let id = &list.messages[0].id;
    /// gmail.forward(id).to("accounting@example.net").text("For you.").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn forward(&self, message_id: impl Into<String>) -> Forward<'_> {
        Forward {
            begun: Begun::new(self, message_id.into()),
            with_attachments: true,
        }
    }
}

impl<'a> Reply<'a> {
    /// Sets the text.
    pub fn text(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.edit(move |message| message.text(text))
    }

    /// Leaves out the quotation of the original.
    pub fn without_quotation(self) -> Self {
        self.edit(Compose::without_quotation)
    }

    /// Asks Gmail only for the account's own address, not its aliases: a reply to all may then go to one of them.
    pub fn without_aliases(mut self) -> Self {
        self.begun.with_aliases = false;
        self
    }

    /// Changes the message in any way that [`Compose`] offers, such as HTML or attachments.
    ///
    /// You can call this several times; the changes apply in order.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let list = gmail.messages().list().q("in:inbox").max_results(1).send().await?;
    /// # let id = &list.messages[0].id;
    /// let reply = gmail.reply(id).text("Attached.");
    /// reply.edit(|message| message.attachment("a.csv", "text/csv", "1,2").cc("me@example.com")).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn edit(mut self, change: impl FnOnce(Compose) -> Compose + Send + 'a) -> Self {
        self.begun.edits.push(Box::new(change));
        self
    }

    /// Prepares the message, to look at or change: [`Compose::recipients`], [`Compose::notes`].
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if there is nobody to reply to, and errors of the service.
    pub async fn prepare(self) -> Result<Compose, Error> {
        let original = self.begun.gmail.read(&self.begun.message_id).await?;
        let own = self
            .begun
            .gmail
            .own_addresses(self.begun.with_aliases)
            .await?;
        let message = if self.is_to_all {
            reply_all(&original, &own)
        } else {
            reply(&original, &own)
        };
        Ok(self.begun.edited(message?))
    }

    /// Sends the reply.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare) and [`GmailConnector::send`]; [`is_invalid_input`](Error::is_invalid_input) if
    /// [`Compose::build`] fails.
    pub async fn send(self) -> Result<Message, Error> {
        let gmail = self.begun.gmail;
        gmail.send(&sendable(self.prepare().await?)?).await
    }

    /// Saves the reply as a draft; sends nothing.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn save_draft(self) -> Result<Draft, Error> {
        let gmail = self.begun.gmail;
        gmail.save_draft(&self.prepare().await?.build()?).await
    }
}

impl<'a> Forward<'a> {
    /// Adds recipients; see [`Compose::to`].
    pub fn to<A>(self, recipients: A) -> Self
    where
        A: TryInto<MailboxList, Error: Into<AddressError>> + Send + 'a,
    {
        self.edit(move |message| message.to(recipients))
    }

    /// Sets the text above the original.
    pub fn text(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.edit(move |message| message.text(text))
    }

    /// Leaves out the original's attachments.
    pub fn without_attachments(mut self) -> Self {
        self.with_attachments = false;
        self
    }

    /// See [`Reply::without_aliases`].
    pub fn without_aliases(mut self) -> Self {
        self.begun.with_aliases = false;
        self
    }

    /// See [`Reply::edit`].
    pub fn edit(mut self, change: impl FnOnce(Compose) -> Compose + Send + 'a) -> Self {
        self.begun.edits.push(Box::new(change));
        self
    }

    /// Prepares the message, to look at or change.
    ///
    /// # Errors
    ///
    /// Errors of the service.
    pub async fn prepare(self) -> Result<Compose, Error> {
        let original = self
            .begun
            .gmail
            .read_with_attachments(&self.begun.message_id)
            .await?;
        let own = self
            .begun
            .gmail
            .own_addresses(self.begun.with_aliases)
            .await?;
        let attachments = original
            .attachments
            .iter()
            .filter(|_| self.with_attachments);
        let files = attachments
            .map(|file| ForwardAttachment::from_attachment(file, file.data().unwrap_or_default()))
            .collect();
        Ok(self.begun.edited(forward(&original, &own, files)?))
    }

    /// Sends the forward.
    ///
    /// # Errors
    ///
    /// As for [`prepare`](Self::prepare) and [`GmailConnector::send`]; [`is_invalid_input`](Error::is_invalid_input) if
    /// there is no recipient, or if [`Compose::build`] fails.
    pub async fn send(self) -> Result<Message, Error> {
        let gmail = self.begun.gmail;
        gmail.send(&sendable(self.prepare().await?)?).await
    }

    /// Saves the forward as a draft; sends nothing.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); a draft needs no recipient.
    pub async fn save_draft(self) -> Result<Draft, Error> {
        let gmail = self.begun.gmail;
        gmail.save_draft(&self.prepare().await?.build()?).await
    }
}

impl<'a> Begun<'a> {
    fn new(gmail: &'a GmailConnector, message_id: String) -> Self {
        Self {
            gmail,
            message_id,
            with_aliases: true,
            edits: Vec::new(),
        }
    }

    fn edited(self, message: Compose) -> Compose {
        let edits = self.edits.into_iter();
        edits.fold(message, |message, edit| edit(message))
    }
}

/// Builds the message, if it has a recipient.
pub(crate) fn sendable(message: Compose) -> Result<Composed, Error> {
    let has_recipient = message.recipients().next().is_some();
    let message = message.build()?;
    if has_recipient {
        Ok(message)
    } else {
        Err(Error::invalid_input(
            "the message has no recipient; give `to`",
        ))
    }
}

impl From<ComposeError> for Error {
    fn from(error: ComposeError) -> Self {
        Self::invalid_input(error.to_string()).caused_by(error)
    }
}

impl From<ReplyError> for Error {
    fn from(error: ReplyError) -> Self {
        Self::invalid_input(error.to_string()).caused_by(error)
    }
}

debug!(Reply<'_>, self => message_id: self.begun.message_id, is_to_all: self.is_to_all);

debug!(Forward<'_>, self => message_id: self.begun.message_id);
