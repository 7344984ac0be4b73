//! Keeps a copy of a mailbox up to date: the history poller, watch renewal, and the mbox format.
//!
//! Needs the feature `sync`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use airbyte_agent_gmail::sandbox::Sandbox;
//! use airbyte_agent_gmail::sync::{Event, SyncState};
//!
//! let sandbox = Sandbox::start().await?;
//! let gmail = sandbox.open_source()?;
//!
//! // The first pass lists the whole mailbox.
//! let mut sync = gmail.sync(SyncState::default());
//! let mut known = 0;
//! while let Some(event) = sync.next().await? {
//!     if matches!(event, Event::Listed(_)) {
//!         known += 1;
//!     }
//! }
//! assert!(known > 10);
//! let kept = serde_json::to_string(sync.state())?;
//!
//! // Later, from the saved state: only the changes.
//! sandbox.deliver(b"From: support@example.com\r\nSubject: New\r\n\r\nNew.\r\n");
//! let mut sync = gmail.sync(serde_json::from_str(&kept)?);
//! assert!(matches!(sync.next().await?, Some(Event::Added(_))));
//! assert!(sync.next().await?.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! - [`MailboxSync`] turns Gmail's history into [`Event`]s, and lists again by itself if the history has expired.
//! - [`found`] returns `None` instead of an error for a message deleted in the meantime.
//! - [`WatchLease`] says when to renew a watch.
//! - [`mbox`] reads and writes mail archives without changing a byte.

mod event;
mod mailbox;
pub mod mbox;
mod state;
mod watch;

pub use crate::connector::MessageReference;
pub use event::{Event, FullSyncReason, changes};
pub use mailbox::{MailboxSync, found};
pub use state::SyncState;
pub use watch::WatchLease;
