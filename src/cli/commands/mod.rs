//! The commands, one file each: arguments and implementation.

pub(crate) mod action;
pub(crate) mod attachments;
pub(crate) mod auth;
pub(crate) mod check;
pub(crate) mod connectors;
pub(crate) mod demo;
pub(crate) mod describe;
pub(crate) mod execute;
pub(crate) mod export;
pub(crate) mod filters;
pub(crate) mod import;
#[cfg_attr(not(feature = "mcp"), path = "no_mcp.rs")]
pub(crate) mod mcp;
pub(crate) mod oauth;
pub(crate) mod open;
pub(crate) mod organise;
pub(crate) mod read;
pub(crate) mod rsvp;
pub(crate) mod sandbox;
pub(crate) mod search;
pub(crate) mod send;
pub(crate) mod signature;
pub(crate) mod sql;
pub(crate) mod thread;
pub(crate) mod unsubscribe;
pub(crate) mod vacation;
pub(crate) mod watch;
