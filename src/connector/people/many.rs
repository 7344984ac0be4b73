//! Fetches many messages by their ids.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, StreamExt};

use super::MessageReference;
use crate::api::gmail::operation::TABLE;
use crate::api::gmail::types::{Message, MessageFormat, ThreadFormat};
use crate::connector::GmailConnector;
use crate::error::Error;
use crate::transport::pace::Patience;

/// The default number of concurrent calls. The quota decides how many messages arrive per minute: 300, at 20 units
/// each. A few concurrent calls reach that at any distance from the server. Batches wouldn't help: a batch of n costs
/// as much as n calls, and can partly fail.
const AT_ONCE: usize = 8;

/// Messages to fetch; see [`GmailConnector::get_many`].
///
/// Needs the feature `mail`.
pub struct GetMany<'a> {
    gmail: &'a GmailConnector,
    wanted: Vec<MessageReference>,
    part: Part,
    at_once: usize,
}

/// How much of each message to fetch.
#[derive(Clone, Default)]
struct Part {
    format: Option<MessageFormat>,
    metadata_headers: Vec<String>,
}

/// A requested message, with its place in the order.
struct Wanted {
    place: usize,
    id: String,
}

/// A call, and the messages to take from its answer.
enum Fetch {
    Message(Wanted),
    Thread(String, Vec<Wanted>),
}

/// A message or the error of fetching it, with its id.
type Fetched = (String, Result<Message, Error>);

/// Fetches messages in the order of their ids, each with its own result, and no more than you take.
///
/// Needs the feature `mail`.
pub struct Messages<'a> {
    inner: BoxStream<'a, Fetched>,
}

impl GmailConnector {
    /// Fetches many messages by their ids, several at a time, in both modes.
    ///
    /// If Google's quota is used up, it waits as long as necessary, about 60 s for each 300 messages.
    ///
    /// Pass the messages of a list, which include their thread ids, rather than only ids. Gmail charges 40 units for a
    /// thread of any length and 20 for a message, so a thread is fetched as a whole if you want three or more of its
    /// messages. This happens in open-source mode, in every format but `raw`. The messages of a thread then wait in
    /// memory for their turn.
    ///
    /// Needs the feature `mail`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// let list = gmail.messages().list().max_results(20).send().await?;
    /// let mut messages = gmail.get_many(&list.messages).format("metadata").metadata_headers(["Subject"]).stream();
    /// let mut fetched = Vec::new();
    /// while let Some((id, message)) = messages.next().await {
    ///     // A message may be gone since it was listed: that is its own error, and the rest follow.
    ///     if message.is_ok() {
    ///         fetched.push(id);
    ///     }
    /// }
    /// assert!(fetched.iter().eq(list.messages.iter().map(|message| &message.id)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many<I: Into<MessageReference>>(
        &self,
        messages: impl IntoIterator<Item = I>,
    ) -> GetMany<'_> {
        GetMany {
            gmail: self,
            wanted: messages.into_iter().map(Into::into).collect(),
            part: Part::default(),
            at_once: AT_ONCE,
        }
    }

    /// The least number of wanted messages for which fetching the whole thread is cheaper; `None` if threads can't be
    /// fetched.
    fn least_of_thread(&self, part: &Part) -> Option<usize> {
        part.of_thread()?;
        // An answer limited to a message's fields has none of a thread's.
        if self.transport.fields().is_some() {
            return None;
        }
        let quota = &self.transport.as_direct()?.quota;
        let units = |id| TABLE.by_id(id).map(|row| quota.units_of(row));
        let least = units("threads_get")?.checked_div(units("messages_get")?)?;
        usize::try_from(least).ok()?.checked_add(1)
    }
}

impl<'a> GetMany<'a> {
    /// Sets how much of each message to fetch. Default: `full`.
    #[must_use]
    pub fn format(mut self, format: impl Into<MessageFormat>) -> Self {
        self.part.format = Some(format.into());
        self
    }

    /// With the format `metadata`: limits the headers to these.
    #[must_use]
    pub fn metadata_headers<H: Into<String>>(
        mut self,
        headers: impl IntoIterator<Item = H>,
    ) -> Self {
        self.part.metadata_headers = headers.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the number of concurrent calls, at least 1. Default: 8.
    #[must_use]
    pub fn at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once.max(1);
        self
    }

    /// Starts fetching.
    pub fn stream(self) -> Messages<'a> {
        let Self {
            gmail,
            wanted,
            part,
            at_once,
        } = self;
        let least = gmail.least_of_thread(&part);
        let part = Arc::new(part);
        let fetches = plan(wanted, least).into_iter().map(move |fetch| {
            let part = Arc::clone(&part);
            Patience::UNBOUNDED.of(async move { part.fetch(gmail, fetch).await })
        });
        let groups = stream::iter(fetches).buffered(at_once).boxed();
        // A message that came early with its thread waits for its turn.
        let state = (groups, BTreeMap::new(), 0_usize);
        let inner = stream::unfold(state, |(mut groups, mut early, place)| async move {
            loop {
                if let Some(fetched) = early.remove(&place) {
                    return Some((fetched, (groups, early, place + 1)));
                }
                early.extend(groups.next().await?);
            }
        });
        Messages {
            inner: inner.boxed(),
        }
    }
}

/// Plans the calls, in the order in which they are first needed. A thread is fetched as a whole if at least `least` of
/// its messages are wanted.
fn plan(wanted: Vec<MessageReference>, least: Option<usize>) -> Vec<Fetch> {
    let mut of_thread = HashMap::<&str, HashSet<&str>>::new();
    for message in wanted
        .iter()
        .filter(|message| !message.thread_id.is_empty())
    {
        let ids = of_thread.entry(&message.thread_id).or_default();
        ids.insert(&message.id);
    }
    let threads: HashSet<String> = of_thread
        .into_iter()
        .filter(|(_, ids)| least.is_some_and(|least| ids.len() >= least))
        .map(|(thread_id, _)| thread_id.to_owned())
        .collect();
    let mut fetches = Vec::new();
    let mut begun = HashMap::<String, usize>::new();
    for (place, message) in wanted.into_iter().enumerate() {
        let MessageReference { id, thread_id, .. } = message;
        let wanted = Wanted { place, id };
        if !threads.contains(&thread_id) {
            fetches.push(Fetch::Message(wanted));
            continue;
        }
        let at = begun.get(&thread_id).and_then(|at| fetches.get_mut(*at));
        if let Some(Fetch::Thread(_, messages)) = at {
            messages.push(wanted);
        } else {
            begun.insert(thread_id.clone(), fetches.len());
            fetches.push(Fetch::Thread(thread_id, vec![wanted]));
        }
    }
    fetches
}

impl Part {
    /// The same part of a thread's messages; a thread can't be fetched raw.
    fn of_thread(&self) -> Option<ThreadFormat> {
        Some(match &self.format {
            None | Some(MessageFormat::Full) => ThreadFormat::Full,
            Some(MessageFormat::Metadata) => ThreadFormat::Metadata,
            Some(MessageFormat::Minimal) => ThreadFormat::Minimal,
            Some(_) => return None,
        })
    }

    async fn fetch(&self, gmail: &GmailConnector, fetch: Fetch) -> Vec<(usize, Fetched)> {
        let (thread_id, wanted) = match fetch {
            Fetch::Message(Wanted { place, id }) => {
                let message = self.message(gmail, &id).await;
                return vec![(place, (id, message))];
            }
            Fetch::Thread(thread_id, wanted) => (thread_id, wanted),
        };
        let mut messages = match self.thread(gmail, &thread_id).await {
            Ok(messages) => messages,
            Err(error) if error.is_not_found() || error.is_invalid_response() => HashMap::new(),
            Err(error) => {
                return wanted
                    .into_iter()
                    .map(|Wanted { place, id }| (place, (id, Err(error.clone()))))
                    .collect();
            }
        };
        let mut fetched = Vec::with_capacity(wanted.len());
        for Wanted { place, id } in wanted {
            // A message missing from its thread is fetched alone, and so is every message of a thread that can't be
            // fetched, for example because it is too large. Each then gets its own error.
            let message = match messages.remove(&id) {
                Some(message) => Ok(message),
                None => self.message(gmail, &id).await,
            };
            fetched.push((place, (id, message)));
        }
        fetched
    }

    async fn message(&self, gmail: &GmailConnector, id: &str) -> Result<Message, Error> {
        let mut call = gmail.messages().get(id);
        if let Some(format) = &self.format {
            call = call.format(format.clone());
        }
        if !self.metadata_headers.is_empty() {
            call = call.metadata_headers(self.metadata_headers.clone());
        }
        call.send().await
    }

    /// Fetches a thread, and returns its messages by id.
    async fn thread(
        &self,
        gmail: &GmailConnector,
        thread_id: &str,
    ) -> Result<HashMap<String, Message>, Error> {
        let mut call = gmail.threads().get(thread_id);
        if let Some(format) = self.of_thread() {
            call = call.format(format);
        }
        if !self.metadata_headers.is_empty() {
            call = call.metadata_headers(self.metadata_headers.clone());
        }
        let thread = call.send().await?;
        let by_id = |message: Message| (message.id.clone(), message);
        Ok(thread.messages.into_iter().map(by_id).collect())
    }
}

impl Messages<'_> {
    /// The next message with its id; `None` at the end.
    ///
    /// # Errors
    ///
    /// As for the call's `send`, with the id of the message that could not be read; the others still follow.
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

debug!(GetMany<'_>, self => len: self.wanted.len());

debug!(Messages<'_>, self);
