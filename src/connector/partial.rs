//! Partial responses from Google.

use super::GmailConnector;
use crate::error::Error;

impl GmailConnector {
    /// The same connector, with answers from Google limited to these fields.
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
    /// Write the fields as in Google's guide on [partial
    /// responses](https://developers.google.com/workspace/gmail/api/guides/performance#partial); all others are missing
    /// from the typed response. A stream of pages continues only if `nextPageToken` is among them. Batches and uploads
    /// return all fields. The original connector's tokens, connections and quota are shared.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if no field is given; [`is_unsupported`](Error::is_unsupported) in
    /// hosted mode, where [`execute_selected`](Self::execute_selected) does this.
    pub fn with_fields(&self, fields: impl AsRef<str>) -> Result<Self, Error> {
        let fields = fields.as_ref().trim();
        if fields.is_empty() {
            return Err(Error::invalid_input(
                "no field is named; give some, such as messages/id,nextPageToken",
            ));
        }
        if self.transport.as_hosted().is_some() {
            return Err(Error::unsupported(
                "in hosted mode execute_selected chooses fields; use it, or open-source mode with with_fields",
            ));
        }
        Ok(self.with_transport(self.transport.with_fields(fields)))
    }
}
