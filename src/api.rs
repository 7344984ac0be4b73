//! The code generated from the two documents: each API's calls, types and table of operations.
//!
//! A [`GmailConnector`](crate::GmailConnector) and an [`Airbyte`](crate::Airbyte) have the [calls](gmail::call), and
//! [`types`](crate::types) is short for [`gmail::types`]. Both follow the documents. The `Client`s are progenitor's
//! and follow its versions; use them for anything the calls do not offer.

// Generated code enters the crate only here, so the lints are allowed only here.

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
