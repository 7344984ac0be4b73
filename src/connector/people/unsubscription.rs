//! The way out of a mailing list.

use crate::api::gmail::types::MessageFormat;
use crate::connector::GmailConnector;
use crate::error::{Error, Kind};
use crate::http::stranger;
use crate::mail::{ONE_CLICK, Reading, one_click};

impl GmailConnector {
    /// Unsubscribes from the mailing list that sent a message, by one click (RFC 8058): one request to the address that
    /// the message gives for it.
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
    /// It is done only where Gmail found a good DKIM signature over both fields that say how; over https, without
    /// cookies, redirects or proxies, and never to an address of this machine or of a private network: names are looked
    /// up once, and the connection goes to what was looked at.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) where the message offers no such way, or none that can be trusted;
    /// what Gmail answers; [`is_outcome_unknown`](Error::is_outcome_unknown) where the list's server did not answer.
    pub async fn unsubscribe(&self, message_id: impl AsRef<str>) -> Result<(), Error> {
        let named = |error: Error| error.named("unsubscribe".into());
        let message = self
            .messages()
            .get(message_id.as_ref())
            .format(MessageFormat::Metadata)
            .send()
            .await?;
        let url = one_click(&Reading::from_payload(&message))
            .map_err(|reason| named(Error::new(Kind::InvalidInput, reason)))?;
        stranger::post_form(&url, ONE_CLICK).await.map_err(named)
    }
}
