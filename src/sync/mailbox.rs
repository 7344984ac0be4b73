//! The history poller.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Event, FullSyncReason, changes};
use super::state::{SyncState, number};
use crate::api::gmail::types::{ListHistoryResponse, ListMessagesResponse};
use crate::connector::{GmailConnector, MessageReference};
use crate::error::Error;
use crate::page::Pages;
use crate::transport::pace::Patience;

/// Gmail's largest page. A page costs the same whatever its size.
const PAGE_SIZE: i64 = 500;

/// Follows a mailbox, pass by pass; see [`GmailConnector::sync`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use airbyte_agent_gmail::sandbox::Sandbox;
/// use airbyte_agent_gmail::sync::{Event, SyncState};
///
/// let sandbox = Sandbox::start().await?;
/// let gmail = sandbox.open_source()?;
/// // From now on, inbox only, without a listing first.
/// let now = gmail.get_profile().send().await?.history_id.ok_or("a history id")?;
/// let mut sync = gmail.sync(SyncState::from_history_id(now)).label("INBOX");
/// sandbox.deliver(b"From: support@example.com\r\nSubject: New\r\n\r\nNew.\r\n");
/// assert!(matches!(sync.wait(Duration::from_secs(30)).await?, Event::Added(_)));
/// # Ok(())
/// # }
/// ```
///
/// The first pass lists the whole mailbox, and so does each pass after the history expired. Every other pass fetches
/// the changes since the state.
///
/// Listing works in both modes. Airbyte's connector has no action for the history, so in hosted mode the second pass
/// fails with [`is_unsupported`](Error::is_unsupported); there, start from [`SyncState::default`] each time.
///
/// Save [`state`](Self::state) after you have handled an event, as often as convenient.
pub struct MailboxSync<'a> {
    gmail: &'a GmailConnector,
    state: SyncState,
    label_id: Option<String>,
    include_spam_trash: bool,
    phase: Phase,
    queue: VecDeque<Entry>,
    /// Whether the history has yet to accept the start that the profile gave.
    untried: bool,
}

enum Phase {
    Idle,
    Listing(Pages<ListMessagesResponse>),
    History(Pages<ListHistoryResponse>),
}

/// An event, and the history id reached with it.
struct Entry {
    event: Event,
    reached: Option<String>,
}

impl GmailConnector {
    /// Follows the mailbox from a state; see [`MailboxSync`].
    ///
    /// Needs the feature `sync`.
    pub fn sync(&self, state: SyncState) -> MailboxSync<'_> {
        MailboxSync {
            gmail: self,
            state,
            label_id: None,
            include_spam_trash: true,
            phase: Phase::Idle,
            queue: VecDeque::new(),
            untried: false,
        }
    }
}

/// Turns the error for a vanished message into `None`.
///
/// A message can be deleted between its event and your fetch. A 404 that is not in the service's own format, such as
/// a proxy's, says nothing about the message and stays an error.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use airbyte_agent_gmail::sync::found;
///
/// assert!(found(gmail.messages().get("0000000000000bad").send().await)?.is_none());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Every other error of the result.
pub fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error),
    }
}

impl MailboxSync<'_> {
    /// Follows only messages with this label id. Keep a separate state for each label.
    #[must_use]
    pub fn label(mut self, label_id: impl Into<String>) -> Self {
        self.label_id = Some(label_id.into());
        self
    }

    /// Whether a listing includes spam and trash, as the history always does. Default: yes.
    #[must_use]
    pub fn include_spam_trash(mut self, include: bool) -> Self {
        self.include_spam_trash = include;
        self
    }

    /// The state to save once you have handled every event that [`next`](Self::next) returned.
    pub fn state(&self) -> &SyncState {
        &self.state
    }

    /// The next event; `None` once the copy is up to date. The call after that asks Gmail again.
    ///
    /// Consume a listing's events quickly, for example into a list of messages to fetch: Gmail does not promise that
    /// a listing's pages can still be fetched hours later. A listing costs 5 units for 500 messages.
    ///
    /// # Errors
    ///
    /// Those of the service; the next call continues from the state. A used-up quota is not an error: the call waits
    /// for it.
    /// [`is_not_found`](Error::is_not_found) if the history does not even reach back to the start of the listing; the
    /// next call lists the mailbox again.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        Patience::UNBOUNDED.of(self.advance()).await
    }

    async fn advance(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(entry) = self.queue.pop_front() {
                if let Some(reached) = entry.reached {
                    self.state.advance(reached);
                }
                return Ok(Some(entry.event));
            }
            // On an error the phase stays idle, so the next call starts from the state.
            match std::mem::replace(&mut self.phase, Phase::Idle) {
                Phase::Idle if self.state.is_complete() => self.phase = self.history(),
                Phase::Idle => {
                    let reason = if self.state.history_id().is_some() {
                        FullSyncReason::Interrupted
                    } else {
                        FullSyncReason::First
                    };
                    return self.begin(reason).await.map(Some);
                }
                Phase::Listing(mut pages) => match pages.next().await.transpose()? {
                    Some(page) => {
                        let listed = page.messages.into_iter().map(MessageReference::from);
                        self.queue.extend(listed.map(|message| Entry {
                            event: Event::Listed(message),
                            reached: None,
                        }));
                        self.phase = Phase::Listing(pages);
                    }
                    None => {
                        self.state.complete();
                        self.phase = self.history();
                        return Ok(Some(Event::FullSyncEnd));
                    }
                },
                Phase::History(mut pages) => match pages.next().await {
                    Some(Ok(page)) => {
                        self.untried = false;
                        self.take(page);
                        self.phase = Phase::History(pages);
                    }
                    None => return Ok(None),
                    Some(Err(error)) if !error.is_gone() => return Err(error),
                    Some(Err(error)) if self.untried => {
                        // An immediate relisting would fail the same way, forever.
                        self.untried = false;
                        self.state = SyncState::default();
                        return Err(error);
                    }
                    Some(Err(_)) => {
                        return self.begin(FullSyncReason::HistoryExpired).await.map(Some);
                    }
                },
            }
        }
    }

    /// Like [`next`](Self::next), but when the copy is up to date, polls at this interval until something changes. A
    /// poll without changes costs 2 units.
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub async fn wait(&mut self, interval: Duration) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.next().await? {
                return Ok(event);
            }
            tokio::time::sleep(interval).await;
        }
    }

    /// Asks for the history id before the first page, so the history covers changes during the listing.
    async fn begin(&mut self, reason: FullSyncReason) -> Result<Event, Error> {
        let profile = self.gmail.get_profile().send().await?;
        let history_id = profile.history_id.filter(|id| number(id).is_some());
        let history_id = history_id.ok_or_else(|| {
            Error::invalid_response("the profile has no history id, without which nothing can follow a listing; report it",
            )
        })?;
        self.state = SyncState::begin(history_id);
        self.untried = true;
        let mut list = self
            .gmail
            .messages()
            .list()
            .max_results(PAGE_SIZE)
            .include_spam_trash(self.include_spam_trash);
        if let Some(label_id) = &self.label_id {
            list = list.label_ids([label_id.as_str()]);
        }
        self.phase = Phase::Listing(list.pages());
        Ok(Event::FullSync(reason))
    }

    fn take(&mut self, page: ListHistoryResponse) {
        for record in page.history {
            let reached = record.id.clone();
            let mut events = changes(record).into_iter().peekable();
            while let Some(event) = events.next() {
                // A record delivered in part is delivered again after a restart.
                let reached = events.peek().is_none().then(|| reached.clone()).flatten();
                self.queue.push_back(Entry { event, reached });
            }
        }
        // The mailbox's own id advances even when nothing of interest happened, and an old id expires. Take it, but
        // only from the last page: earlier, it would skip the changes on later pages.
        let is_last = page.next_page_token.is_none_or(|token| token.is_empty());
        if let Some(history_id) = page.history_id.filter(|_| is_last) {
            match self.queue.back_mut() {
                Some(entry) => entry.reached = Some(history_id),
                None => self.state.advance(history_id),
            }
        }
    }

    fn history(&self) -> Phase {
        let start = self.state.history_id().unwrap_or_default();
        let mut list = self.gmail.history().list(start).max_results(PAGE_SIZE);
        if let Some(label_id) = &self.label_id {
            list = list.label_id(label_id.as_str());
        }
        Phase::History(list.pages())
    }
}

debug!(MailboxSync<'_>, self => state: self.state);
