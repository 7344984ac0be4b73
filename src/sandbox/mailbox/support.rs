//! Helpers for the mailbox's unit tests.

use serde_json::{Value, json};

use super::{Mailbox, Refusal, encoding::encode_wire};

/// The time at which test mailboxes' clocks are stopped.
pub(super) const NOW: i64 = 1_780_000_000_000;

/// An empty mailbox with a stopped clock.
pub(super) fn empty() -> Mailbox {
    let mut mailbox = Mailbox::new("user@example.com");
    mailbox.fix_clock(NOW);
    mailbox
}

/// Calls an operation with JSON parameters.
pub(super) fn call(
    mailbox: &mut Mailbox,
    operation: &str,
    params: Value,
) -> Result<Value, Refusal> {
    mailbox.call(operation, params.as_object().unwrap())
}

/// Calls an operation that must succeed.
pub(super) fn done(mailbox: &mut Mailbox, operation: &str, params: Value) -> Value {
    call(mailbox, operation, params).unwrap()
}

/// Calls an operation that must fail; returns the status and the message.
pub(super) fn refused(mailbox: &mut Mailbox, operation: &str, params: Value) -> (u16, String) {
    let refusal = call(mailbox, operation, params).unwrap_err();
    (refusal.code, refusal.message)
}

/// A message encoded for a `raw` field.
pub(super) fn raw(text: &str) -> String {
    encode_wire(text.replace('\n', "\r\n").as_bytes())
}

/// Inserts a message and returns its id.
pub(super) fn insert(mailbox: &mut Mailbox, text: &str, labels: &[&str]) -> String {
    let params = json!({
        "raw": raw(text),
        "labelIds": labels,
        "internalDateSource": "dateHeader",
    });
    let message = done(mailbox, "messages_insert", params);
    message["id"].as_str().unwrap().to_owned()
}

/// The value of a message's header.
pub(super) fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message["payload"]["headers"]
        .as_array()?
        .iter()
        .find(|header| header["name"] == name)?["value"]
        .as_str()
}
