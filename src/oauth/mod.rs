//! Signing in: the user's consent at Google (open source) or through Airbyte (hosted).
//!
//! Needs the feature `oauth`.
//!
//! A program on the same machine as the browser uses a [`Loopback`]:
//!
//! ```no_run
//! # async fn run() -> Result<(), airbyte_agent_gmail::Error> {
//! use std::time::Duration;
//! use airbyte_agent_gmail::auth::read_only_scopes;
//! use airbyte_agent_gmail::oauth::{GoogleClient, Loopback};
//!
//! let client = GoogleClient::new("id.apps.googleusercontent.com").with_secret("secret");
//! let mut loopback = Loopback::bind(0).await?;
//! let consent = client.consent(loopback.redirect_url(), &read_only_scopes(), None)?;
//! println!("open {}", consent.url());
//! let tokens = consent.receive(&client, &mut loopback, Duration::from_secs(300)).await?;
//! # let _ = tokens;
//! # Ok(())
//! # }
//! ```
//!
//! A web service stores the consent and calls `finish` when the callback arrives; see `examples/web.rs`.

mod airbyte;
mod google;
mod loopback;
mod page;
mod pkce;

pub use airbyte::{AirbyteConsent, ConnectRequest, is_template_missing};
pub use google::{GOOGLE_AUTH_URL, GOOGLE_REVOKE_URL, GoogleClient, GoogleConsent};
pub use loopback::{Inbox, Loopback};
pub use page::Page;
