//! Messages and conversations in a form for people.

use crate::api::gmail::types::{Message, MessageFormat, ThreadFormat};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::encoding::decode_base64url;
use crate::mail::{Address, MailboxList, Reading};

impl GmailConnector {
    /// Reads a message: its headers, its full text, and the names of its attachments.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let list = gmail.messages().list().q("in:inbox").max_results(1).send().await?;
    /// let id = &list.messages[0].id;
    /// let message = gmail.read(id).await?;
    /// println!("{}: {}", message.from, message.text_without_quote());
    /// # assert!(!message.from.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A long text that Gmail leaves out of its answer costs a second call. For the contents of attachments, use
    /// [`read_with_attachments`](Self::read_with_attachments).
    ///
    /// # Errors
    ///
    /// Errors of the service; [`is_not_found`](Error::is_not_found) if the mailbox has no such message.
    pub async fn read(&self, message_id: impl AsRef<str>) -> Result<Reading, Error> {
        let message = self
            .messages()
            .get(message_id.as_ref())
            .format(MessageFormat::Full)
            .send()
            .await?;
        self.complete(&message).await
    }

    /// Like [`read`](Self::read), with the contents of all attachments, in one call.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub async fn read_with_attachments(
        &self,
        message_id: impl AsRef<str>,
    ) -> Result<Reading, Error> {
        let message = self
            .messages()
            .get(message_id.as_ref())
            .format(MessageFormat::Raw)
            .send()
            .await?;
        let is_text = |raw: &String| decode_base64url(raw).is_ok_and(|text| !text.is_empty());
        if message.raw.as_ref().is_some_and(is_text) {
            Ok(Reading::from_payload(&message))
        } else {
            Err(textless("messages_get"))
        }
    }

    /// Reads the messages of a conversation, oldest first, each like [`read`](Self::read).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let list = gmail.threads().list().max_results(1).send().await?;
    /// # let id = &list.threads[0].id;
    /// for message in gmail.read_thread(id).await? {
    ///     println!("{}\n{}\n", message.from, message.text_without_quote());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub async fn read_thread(&self, thread_id: impl AsRef<str>) -> Result<Vec<Reading>, Error> {
        let thread = self
            .threads()
            .get(thread_id.as_ref())
            .format(ThreadFormat::Full)
            .send()
            .await?;
        // Every conversation has a message.
        if thread.messages.is_empty() {
            return Err(incomplete(
                "threads_get",
                "the conversation came without its messages; try again, and if this keeps happening, check the base \
                 url and any proxy in between",
            ));
        }
        let mut messages = Vec::with_capacity(thread.messages.len());
        for message in &thread.messages {
            messages.push(self.complete(message).await?);
        }
        Ok(messages)
    }

    /// Gmail puts long texts behind an id that hosted mode can't resolve; the raw message has them in both modes.
    pub(crate) async fn complete(&self, message: &Message) -> Result<Reading, Error> {
        if message.payload.is_none() {
            return Err(textless("messages_get"));
        }
        let reading = Reading::from_payload(message);
        if reading.bodies_to_fetch().is_empty() {
            return Ok(reading);
        }
        let mut raw = self.read_with_attachments(&message.id).await?;
        raw.label_ids = reading.label_ids;
        // Only the names of attachments are shown, and a conversation may have many.
        for attachment in &mut raw.attachments {
            attachment.data = None;
        }
        Ok(raw)
    }

    /// The account's own addresses.
    ///
    /// With `with_aliases`, these include the addresses it may send as, if the mode and the token's scopes allow
    /// reading them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let own = gmail.own_addresses(true).await?;
    /// assert_eq!(own.to_string(), "user@example.com");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Errors of the service.
    pub async fn own_addresses(&self, with_aliases: bool) -> Result<MailboxList, Error> {
        let mut own = MailboxList::default();
        let profile = self.get_profile().send().await?;
        let mut add = |address: String| {
            if let Ok(address) = Address::new(address)
                && !own.contains_mailbox(&address)
            {
                own.push(address);
            }
        };
        add(profile.email_address);
        if with_aliases {
            match self.settings().send_as().list().send().await {
                Ok(aliases) => aliases
                    .send_as
                    .into_iter()
                    .for_each(|alias| add(alias.send_as_email)),
                // Aliases only improve the answer, so a token without their scope still gets one.
                Err(error) if error.is_permission_denied() || error.is_unsupported() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(own)
    }
}

/// The error for a message without a payload, which must not pass for an empty one.
fn textless(operation: &'static str) -> Error {
    incomplete(
        operation,
        "the message came without its text; try again, and if this keeps happening, check the base url and any \
         proxy in between",
    )
}

fn incomplete(operation: &'static str, why: &'static str) -> Error {
    Error::invalid_response(why).named(operation.into())
}
