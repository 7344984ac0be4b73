//! Sends composed mail.

use crate::api::gmail::types::{Draft, DraftMessage, Message};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::mail::{Composed, SearchQuery};

/// The size from which a message is uploaded, which avoids base64; below it, a single JSON request is faster.
const UPLOAD_FROM: usize = 1024 * 1024;

impl GmailConnector {
    /// Sends a composed message.
    ///
    /// Needs the feature `mail`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use airbyte_agent_gmail::mail::Compose;
    ///
    /// let mail = Compose::new()
    ///     .from("user@example.com")
    ///     .to("support@example.com")
    ///     .subject("Question")
    ///     .text("Text\n")
    ///     .build()?;
    /// match gmail.send(&mail).await {
    ///     Ok(sent) => println!("sent as {}", sent.id),
    ///     // The answer was lost: the message may have been sent or not.
    ///     Err(error) if error.is_outcome_unknown() => {
    ///         if gmail.find_sent(&mail.message_id).await?.is_none() {
    ///             // Not sent so far. Gmail can take a moment to know, so wait before sending again.
    ///         }
    ///     }
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Errors of the service. A message is never sent twice: if it may have been sent, the error [says
    /// so](Error::is_outcome_unknown) and has the [message id](Error::message_id).
    pub async fn send(&self, mail: &Composed) -> Result<Message, Error> {
        let result = if mail.raw.len() >= UPLOAD_FROM && self.transport.as_direct().is_some() {
            let mut params = serde_json::Map::new();
            if let Some(thread_id) = &mail.thread_id {
                params.insert("threadId".to_owned(), thread_id.as_str().into());
            }
            self.messages()
                .send_media(mail.raw.clone())
                .params(params)
                .send()
                .await
        } else {
            let mut call = self.messages().send(mail.raw_base64url());
            if let Some(thread_id) = &mail.thread_id {
                call = call.thread_id(thread_id.as_str());
            }
            call.send().await
        };
        result.map_err(|error| about(error, mail))
    }

    /// Saves a composed message as a draft; sends nothing.
    ///
    /// Needs the feature `mail`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use airbyte_agent_gmail::mail::Compose;
    ///
    /// let mail = Compose::new().to("support@example.com").subject("Later").text("Text").build()?;
    /// let draft = gmail.save_draft(&mail).await?;
    /// gmail.drafts().send(draft.id).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Errors of the service, as for [`send`](Self::send).
    pub async fn save_draft(&self, mail: &Composed) -> Result<Draft, Error> {
        let mut content = DraftMessage::new(mail.raw_base64url());
        content.thread_id.clone_from(&mail.thread_id);
        let saved = self.drafts().create(content).send().await;
        saved.map_err(|error| about(error, mail))
    }

    /// Finds a message by its Message-ID, anywhere in the mailbox.
    ///
    /// Needs the feature `mail`.
    ///
    /// Use it to find out whether a send with an unknown outcome arrived.
    ///
    /// # Errors
    ///
    /// Errors of the service.
    pub async fn find_sent(&self, message_id: &str) -> Result<Option<Message>, Error> {
        let query = SearchQuery::new()
            .rfc822_message_id(message_id)
            .within("anywhere");
        let found = self
            .messages()
            .list()
            .q(query.to_string())
            .max_results(1)
            .send()
            .await?;
        Ok(found.messages.into_iter().next())
    }
}

/// Adds the Message-ID if the message may have arrived, so the caller can look for it.
fn about(error: Error, mail: &Composed) -> Error {
    if error.is_outcome_unknown() {
        error.about(&mail.message_id)
    } else {
        error
    }
}
