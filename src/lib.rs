#![deny(unreachable_pub)]
// docs.rs shows which feature each item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
//! A typed Gmail client for programs and agents: the counterpart of Airbyte's Gmail connector.
//!
//! *Open source*: give it Google credentials, and it calls the Gmail API itself. *Hosted*: give it Airbyte
//! credentials, and Airbyte calls Gmail. The code stays the same.
//!
//! ```
//! use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, Result};
//!
//! async fn unread(refresh_token: &str, client_id: &str, client_secret: &str) -> Result<()> {
//!     let auth = GmailAuthConfig::new(refresh_token).with_client(client_id, client_secret);
//!     let gmail = GmailConnector::new(auth)?;
//!     for message in gmail.messages().list().q("is:unread").await?.messages {
//!         println!("{}", gmail.messages().get(message.id).await?.snippet.unwrap_or_default());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Start with [`GmailConnector`]; [`GmailConnector::connect`] finds the credentials by itself. The guides are in the
//! module [`guide`]: [open source](guide::open_source), [hosted](guide::hosted), [credentials](guide::credentials),
//! [the program](guide::program), [agents](guide::agents), [testing](guide::test_your_program),
//! [errors](guide::errors), [quota](guide::quota), [many hosts](guide::hosts), [features](guide::features).

#[macro_use]
mod debug;

pub mod airbyte;
pub mod api;
pub mod auth;
pub mod connector;
pub mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(any(doc, doctest))]
pub mod guide;
mod http;
mod lenient;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "oauth")]
pub mod oauth;
pub mod operation;
pub mod page;
#[cfg(any(feature = "mail", feature = "oauth"))]
mod random;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "sync")]
pub mod sync;
#[cfg(feature = "tool")]
pub mod tool;
pub mod transport;
pub mod upload;

pub use airbyte::Airbyte;
pub use api::gmail::types;
pub use auth::{AirbyteAuthConfig, AuthConfig, GmailAuthConfig, Secret};
pub use connector::{
    Connector, ExecuteResult, GmailConnector, Mode, SearchFilter, Selection, SortOrder,
};
pub use error::{Error, Result};
pub use http::Limits;
pub use transport::{Quota, QuotaTable, RetryPolicy};

/// Runs the README's examples with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
