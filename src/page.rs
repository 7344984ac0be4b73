//! Lists, page by page and record by record.
//!
//! List calls have `stream()`, which returns records, and `pages()`, which returns whole pages.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::operation::Operation;
use crate::transport::Sending;

/// A call that returns one page of a list. The generated calls implement it.
pub(crate) trait List: Clone + Send + Sync + 'static {
    /// One page.
    type Page: DeserializeOwned + Send + 'static;
    /// One record.
    type Record: Send + 'static;

    /// The operation's row in the table.
    fn operation() -> &'static Operation;
    /// The same call, for the page with this token.
    fn with_token(self, token: String) -> Self;
    /// Gets the page.
    fn fetch(self) -> Sending<Self::Page>;
    /// The token of the next page.
    fn next_token(page: &Self::Page) -> Option<&str>;
    /// The records of the page.
    fn records(page: Self::Page) -> Vec<Self::Record>;
}

/// Detects a repeated page token, with which a list would never end.
///
/// ```
/// use airbyte_agent_gmail::page::SeenTokens;
///
/// let mut seen = SeenTokens::default();
/// assert!(seen.is_new("a") && seen.is_new("b"));
/// assert!(!seen.is_new("a"));
/// ```
///
/// Keeps a hash of each token, up to 65,536. A loop beyond those is still found within three rounds.
#[derive(Clone, Debug, Default)]
pub struct SeenTokens {
    state: RandomState,
    hashes: HashSet<u64>,
    /// The hash of one later token, moved each time the distance doubles (Brent's cycle detection).
    mark: Option<u64>,
    behind: u64,
}

/// How many tokens are kept.
const REMEMBERED: usize = 65_536;

impl SeenTokens {
    /// Records a token; returns false if it was seen before.
    pub fn is_new(&mut self, token: &str) -> bool {
        let hash = self.state.hash_one(token);
        if self.hashes.contains(&hash) || self.mark == Some(hash) {
            return false;
        }
        if self.hashes.len() < REMEMBERED {
            self.hashes.insert(hash);
        } else {
            self.behind += 1;
            if self.behind.is_power_of_two() {
                self.mark = Some(hash);
            }
        }
        true
    }

    /// Like [`is_new`](Self::is_new), but a repeated token is an error.
    ///
    /// # Errors
    ///
    /// [`is_invalid_response`](Error::is_invalid_response).
    pub fn check(&mut self, token: &str) -> Result<(), Error> {
        if self.is_new(token) {
            return Ok(());
        }
        Err(Error::invalid_response(
            "the service gave the same page token again, so the list would never end; report it",
        ))
    }
}

/// The pages of a list, fetched one at a time as needed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
///
/// let mut pages = gmail.messages().list().max_results(10).pages();
/// let first = pages.next().await.ok_or("a page")??;
/// assert_eq!(first.messages.len(), 10);
/// println!("about {} in all", first.result_size_estimate.unwrap_or_default());
/// # Ok(())
/// # }
/// ```
///
/// Also a [`futures_core::Stream`](https://docs.rs/futures-core). Ends after an error.
pub struct Pages<T> {
    inner: BoxStream<'static, Result<T, Error>>,
}

/// The records of a list. The next page is fetched when the current one is used up.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use airbyte_agent_gmail::sandbox::Sandbox;
///
/// let sandbox = Sandbox::start().await?;
/// let gmail = sandbox.open_source()?;
/// let mut messages = gmail.messages().list().q("in:inbox").max_results(10).stream();
/// let mut count = 0;
/// while let Some(message) = messages.next().await {
///     assert!(!message?.id.is_empty());
///     count += 1;
/// }
/// assert!(count > 10);
/// # Ok(())
/// # }
/// ```
///
/// Also a [`futures_core::Stream`](https://docs.rs/futures-core). Ends after an error.
pub struct Stream<T> {
    inner: BoxStream<'static, Result<T, Error>>,
}

impl<T: Send + 'static> Pages<T> {
    pub(crate) fn new<L: List<Page = T>>(list: L) -> Self {
        Self { inner: pages(list) }
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of the call's `send`, and a page token that the service repeats, because the list would never end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.inner.next().await
    }
}

impl<T: Send + 'static> Stream<T> {
    pub(crate) fn new<L: List<Record = T>>(list: L) -> Self {
        let records = pages(list)
            .map_ok(|page| stream::iter(L::records(page).into_iter().map(Ok)))
            .try_flatten();
        Self {
            inner: records.boxed(),
        }
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of the call's `send`, and a page token that the service repeats, because the list would never end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        self.inner.next().await
    }

    /// All remaining records.
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next). Records before the error are lost.
    pub async fn collect(self) -> Result<Vec<T>, Error> {
        self.inner.try_collect().await
    }
}

fn pages<L: List>(list: L) -> BoxStream<'static, Result<L::Page, Error>> {
    // A page can have a token and no records, so only a page without a token is the last.
    stream::try_unfold(
        (Some(list), SeenTokens::default()),
        |(next, mut seen)| async move {
            let Some(list) = next else {
                return Ok(None);
            };
            let page = list.clone().fetch().await?;
            let token = L::next_token(&page)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if let Some(token) = &token {
                seen.check(token)
                    .map_err(|error| error.of(L::operation()))?;
            }
            let next = token.map(|token| list.with_token(token));
            Ok(Some((page, (next, seen))))
        },
    )
    .boxed()
}

impl<T> futures_util::Stream for Pages<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.poll_next_unpin(context)
    }
}

impl<T> futures_util::Stream for Stream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.poll_next_unpin(context)
    }
}

debug!(Pages<T>, self);

debug!(Stream<T>, self);
