//! The way out of a mailing list.

use url::Url;

use crate::api::gmail::types::MessageFormat;
use crate::connector::GmailConnector;
use crate::error::{Error, Kind};
use crate::http::stranger;
use crate::mail::{ONE_CLICK, Reading, one_click};

impl GmailConnector {
    /// Unsubscribes from the mailing list that sent a message, with one click (RFC 8058): one request to the address in
    /// the message.
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
    /// This happens only if Gmail found a good DKIM signature over both `List-Unsubscribe` fields; over https, without
    /// cookies, redirects or proxies, and never to an address of this machine or a private network: the name is
    /// resolved once, and the connection goes to the address that was checked.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if the message offers no such address, or none that can be
    /// trusted; errors of Gmail; [`is_outcome_unknown`](Error::is_outcome_unknown) if the list's server did not answer.
    pub async fn unsubscribe(&self, message_id: impl AsRef<str>) -> Result<(), Error> {
        let url = self.one_click(message_id.as_ref()).await?;
        stranger::post_form(&url, ONE_CLICK).await.map_err(named)
    }

    /// The https address that [`unsubscribe`](Self::unsubscribe) would send its one request to. It asks Gmail for the
    /// message's headers, and nobody else for anything.
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
    /// [`is_invalid_input`](Error::is_invalid_input) if the message offers no such address, or none that can be
    /// trusted; errors of Gmail.
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
            .map_err(|reason| named(Error::new(Kind::InvalidInput, reason)))
    }
}

fn named(error: Error) -> Error {
    error.named("unsubscribe".into())
}
