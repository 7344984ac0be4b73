//! The code that is generated from the two documents: each API's calls, types and table of operations.
//!
//! A [`GmailConnector`](crate::GmailConnector) and an [`Airbyte`](crate::Airbyte) have the [calls](gmail::call), and
//! [`types`](crate::types) is short for [`gmail::types`]; both follow the documents. The `Client`s are progenitor's and
//! follow its versions; use them for anything that the calls do not offer.

// The one door through which generated code enters: the allowances of lints are here and nowhere else.

/// The Gmail REST API v1, from `spec/gmail.yaml`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    private_interfaces,
    unused_imports,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    rustdoc::all,
    reason = "generated"
)]
pub mod gmail {
    include!(concat!(env!("OUT_DIR"), "/gmail.rs"));
}

/// Airbyte's hosted API, from `spec/airbyte.yaml`.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    private_interfaces,
    unused_imports,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    rustdoc::all,
    reason = "generated"
)]
pub mod airbyte {
    include!(concat!(env!("OUT_DIR"), "/airbyte.rs"));
}
