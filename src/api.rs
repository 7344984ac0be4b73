//! The one door through which generated code enters; the lint allowances are here and nowhere else.
//!
//! `build.rs` writes it from `spec/`. The `types` and the `call`s follow the documents; the `Client`s are progenitor's
//! and follow its versions: they are the way out for a need that the call sites do not serve.

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
