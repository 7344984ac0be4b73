//! Signing in: the user's consent at Google (open source) or through Airbyte (hosted).
//!
//! A program with a browser beside it uses a [`Loopback`]:
//!
//! ```no_run
//! # async fn run() -> Result<(), airbyte_agent_gmail::Error> {
//! use std::time::Duration;
//! use airbyte_agent_gmail::oauth::{GoogleClient, Loopback, read_only_scopes};
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
//! A web service keeps the consent on its own side and calls `finish` when the callback comes; `examples/web.rs` is one.

#[cfg(feature = "oauth")]
mod airbyte;
mod callback;
#[cfg(feature = "oauth")]
mod google;
#[cfg(feature = "oauth")]
mod loopback;
#[cfg(feature = "oauth")]
mod page;
#[cfg(feature = "oauth")]
mod pkce;
mod scope;

#[cfg(feature = "oauth")]
pub use airbyte::{AirbyteConsent, ConnectRequest, is_template_missing};
pub use callback::{AirbyteCallback, CallbackError, airbyte_callback, google_callback};
#[cfg(feature = "oauth")]
pub use google::{GOOGLE_AUTH_URL, GOOGLE_REVOKE_URL, GoogleClient, GoogleConsent};
#[cfg(feature = "oauth")]
pub use loopback::{Inbox, Loopback};
#[cfg(feature = "oauth")]
pub use page::Page;
pub use scope::{least_scopes, missing_scopes, read_only_scopes, refused_scopes};
