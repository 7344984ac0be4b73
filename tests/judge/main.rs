//! Judges from outside: other people's clients, mail readers and documents, and a real browser. `tests/judges.sh`
//! installs them and runs this; without one of them its tests fail. `cargo test` leaves them out.

#[path = "../it/support/mod.rs"]
mod support;

mod oracle;
