//! Many messages by their ids.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, StreamExt};

use crate::api::gmail::types::{Message, MessageFormat};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::transport::Patience;

/// How many messages are under way at once. The quota, not this, decides how many come in a minute: at 20 units each
/// they are 300, and a few at once reach that at any distance from the server. For the same reason they are single
/// calls and no batches: a batch of n costs what n calls cost, and fails in parts.
const AT_ONCE: usize = 8;

/// Messages that are being fetched; see [`GmailConnector::get_many`].
///
/// It needs the feature `mail`.
pub struct GetMany<'a> {
    gmail: &'a GmailConnector,
    ids: Vec<String>,
    format: Option<MessageFormat>,
    metadata_headers: Vec<String>,
    at_once: usize,
}

/// The messages in the order of their ids, each with its own result. No more are asked for than are taken.
///
/// It needs the feature `mail`.
pub struct Messages<'a> {
    inner: BoxStream<'a, (String, Result<Message, Error>)>,
}

impl GmailConnector {
    /// Fetches many messages by their ids, some at once, in both modes. Where Google's quota is used up it waits as long as
    /// that takes, some 60 s for each 300 messages.
    ///
    /// It needs the feature `mail`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let list = gmail.messages().list().max_results(20).send().await?;
    /// let ids: Vec<String> = list.messages.into_iter().map(|message| message.id).collect();
    /// let mut messages = gmail.get_many(ids.clone()).format("metadata").metadata_headers(["Subject"]).stream();
    /// let mut fetched = Vec::new();
    /// while let Some((id, message)) = messages.next().await {
    ///     // A message can have vanished since it was listed: that is its own error, not the end.
    ///     if message.is_ok() {
    ///         fetched.push(id);
    ///     }
    /// }
    /// assert_eq!(fetched, ids);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many<I: Into<String>>(&self, ids: impl IntoIterator<Item = I>) -> GetMany<'_> {
        GetMany {
            gmail: self,
            ids: ids.into_iter().map(Into::into).collect(),
            format: None,
            metadata_headers: Vec::new(),
            at_once: AT_ONCE,
        }
    }
}

impl<'a> GetMany<'a> {
    /// How much of each message. Default: `full`.
    #[must_use]
    pub fn format(mut self, format: impl Into<MessageFormat>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// With the format `metadata`: these headers alone.
    #[must_use]
    pub fn metadata_headers<H: Into<String>>(
        mut self,
        headers: impl IntoIterator<Item = H>,
    ) -> Self {
        self.metadata_headers = headers.into_iter().map(Into::into).collect();
        self
    }

    /// How many at once, 1 at least. Default: 8.
    #[must_use]
    pub fn at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once.max(1);
        self
    }

    /// Begins to fetch.
    pub fn stream(self) -> Messages<'a> {
        let Self {
            gmail,
            ids,
            format,
            metadata_headers,
            at_once,
        } = self;
        let fetches = ids.into_iter().map(move |id| {
            let mut call = gmail.messages().get(id.as_str());
            if let Some(format) = &format {
                call = call.format(format.clone());
            }
            if !metadata_headers.is_empty() {
                call = call.metadata_headers(metadata_headers.clone());
            }
            async move {
                let result = Patience::UNBOUNDED.of(call.send()).await;
                (id, result)
            }
        });
        Messages {
            inner: stream::iter(fetches).buffered(at_once).boxed(),
        }
    }
}

impl Messages<'_> {
    /// The next message with its id; `None` at the end.
    ///
    /// # Errors
    ///
    /// As the call's `send`, beside the id of the message that could not be read; the others follow anyway.
    pub async fn next(&mut self) -> Option<(String, Result<Message, Error>)> {
        self.inner.next().await
    }
}

impl futures_util::Stream for Messages<'_> {
    type Item = (String, Result<Message, Error>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.poll_next_unpin(context)
    }
}

impl fmt::Debug for GetMany<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GetMany")
            .field("len", &self.ids.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Messages<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Messages").finish_non_exhaustive()
    }
}
