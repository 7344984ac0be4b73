//! Tests against outside judges: other clients, mail readers and documents, and a real browser. `tests/judges.sh`
//! installs them and runs the tests, which fail if one is missing; `cargo test` leaves them out.

#[path = "../it/support/mod.rs"]
mod support;

mod browser;
mod client;
mod document;
mod editor;
mod google_auth;
mod installation;
mod mail;
mod mailbox;
#[cfg(target_os = "linux")]
mod mailboxes;
mod mcp;
mod oracle;
#[cfg(feature = "redis")]
mod shared;
mod terminal;
