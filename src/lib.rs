#![deny(unreachable_pub)]
// The pages of docs.rs say which feature each item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

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
pub use connector::{ExecuteResult, GmailConnector, Mode, SearchFilter, Selection, SortOrder};
pub use error::{Error, Result};
pub use http::Limits;
pub use transport::{Quota, QuotaTable, RetryPolicy};
