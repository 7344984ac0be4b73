//! Partial answers from Google.

use progenitor_client::ClientInfo;

use super::GmailConnector;
use crate::api::gmail::Client;
use crate::error::{Error, Kind};

impl GmailConnector {
    /// The same connector, whose answers from Google have only these fields.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let sparse = gmail.with_fields("messages/id,nextPageToken")?;
    /// let page = sparse.messages().list().max_results(2).send().await?;
    /// assert!(page.messages.iter().all(|message| !message.id.is_empty() && message.thread_id.is_none()));
    /// assert!(page.next_page_token.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The fields are named as Google's guide on [partial
    /// responses](https://developers.google.com/workspace/gmail/api/guides/performance#partial) says; the rest is
    /// absent from the typed response. A stream of pages continues only if `nextPageToken` is among them. Batches and
    /// uploads are answered in full. Tokens, connections and the quota are shared with the original connector.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if no field is given; in hosted mode
    /// [`is_unsupported`](Error::is_unsupported): use [`execute_selected`](Self::execute_selected) there.
    pub fn with_fields(&self, fields: impl AsRef<str>) -> Result<Self, Error> {
        let fields = fields.as_ref().trim();
        if fields.is_empty() {
            return Err(Error::new(
                Kind::InvalidInput,
                "no field is named; give some, such as messages/id,nextPageToken",
            ));
        }
        if self.transport.as_hosted().is_some() {
            return Err(Error::new(
                Kind::Unsupported,
                "in hosted mode execute_selected chooses fields; use it, or open-source mode with with_fields",
            ));
        }
        let transport = self.transport.with_fields(fields);
        Ok(Self {
            client: Client::new_with_client(
                self.client.baseurl(),
                self.client.client().clone(),
                transport.clone(),
            ),
            transport,
            airbyte: None,
        })
    }
}
