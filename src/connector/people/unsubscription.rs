//! Unsubscribing from mailing lists.

use url::Url;

use crate::api::gmail::types::MessageFormat;
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::http::stranger;
use crate::mail::{ONE_CLICK, Reading, one_click};

impl GmailConnector {
    /// Unsubscribes from the mailing list that sent a message, with one click (RFC 8058).
    ///
    /// This sends one request to the URL in the message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let id = sandbox.deliver(b"From: news@example.org\r\nSubject: News\r\n\r\nNews.\r\n");
    /// match gmail.unsubscribe(&id).await {
    ///     Ok(()) => println!("done"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// This requires that Gmail found a valid DKIM signature over both `List-Unsubscribe` fields. The request uses
    /// https, without cookies, redirects or proxies, and never goes to this machine or a private network: the name is
    /// resolved once, and the connection goes to the address that was checked.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if the message offers no such URL, or none that can be trusted;
    /// errors of Gmail; [`is_outcome_unknown`](Error::is_outcome_unknown) if the list's server didn't answer.
    pub async fn unsubscribe(&self, message_id: impl AsRef<str>) -> Result<(), Error> {
        let url = self.one_click(message_id.as_ref()).await?;
        stranger::post_form(&url, ONE_CLICK).await.map_err(named)
    }

    /// The https URL that [`unsubscribe`](Self::unsubscribe) would call.
    ///
    /// This asks Gmail for the message's headers, and sends nothing elsewhere.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// # let id = sandbox.deliver(b"From: news@example.org\r\nSubject: News\r\n\r\nNews.\r\n");
    /// match gmail.unsubscribe_url(&id).await {
    ///     Ok(url) => println!("{url}"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if the message offers no such URL, or none that can be trusted;
    /// errors of Gmail.
    pub async fn unsubscribe_url(&self, message_id: impl AsRef<str>) -> Result<String, Error> {
        self.one_click(message_id.as_ref()).await.map(String::from)
    }

    async fn one_click(&self, message_id: &str) -> Result<Url, Error> {
        let message = self
            .messages()
            .get(message_id)
            .format(MessageFormat::Metadata)
            .send()
            .await?;
        one_click(&Reading::from_payload(&message))
            .map_err(|reason| named(Error::invalid_input(reason)))
    }
}

fn named(error: Error) -> Error {
    error.named("unsubscribe".into())
}
