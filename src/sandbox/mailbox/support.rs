//! What the tests of several files need.

use serde_json::{Value, json};

use super::{Mailbox, Refusal, encoding::encode_wire};

/// The moment at which the mailboxes of tests stand still.
pub(super) const NOW: i64 = 1_780_000_000_000;

/// An empty mailbox whose clock stands still.
pub(super) fn empty() -> Mailbox {
    let mut mailbox = Mailbox::new("user@example.com");
    mailbox.fix_clock(NOW);
    mailbox
}

/// One operation with its parameters as JSON.
pub(super) fn call(
    mailbox: &mut Mailbox,
    operation: &str,
    params: Value,
) -> Result<Value, Refusal> {
    mailbox.call(operation, params.as_object().unwrap())
}

/// An operation that must succeed.
pub(super) fn done(mailbox: &mut Mailbox, operation: &str, params: Value) -> Value {
    call(mailbox, operation, params).unwrap()
}

/// An operation that must be refused: the status and the text.
pub(super) fn refused(mailbox: &mut Mailbox, operation: &str, params: Value) -> (u16, String) {
    let refusal = call(mailbox, operation, params).unwrap_err();
    (refusal.code, refusal.message)
}

/// Mail for a request's `raw` field.
pub(super) fn raw(text: &str) -> String {
    encode_wire(text.replace('\n', "\r\n").as_bytes())
}

/// Inserts a message and tells its id.
pub(super) fn insert(mailbox: &mut Mailbox, text: &str, labels: &[&str]) -> String {
    let params = json!({
        "raw": raw(text),
        "labelIds": labels,
        "internalDateSource": "dateHeader",
    });
    let message = done(mailbox, "messages_insert", params);
    message["id"].as_str().unwrap().to_owned()
}

/// A message's value of a header field.
pub(super) fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message["payload"]["headers"]
        .as_array()?
        .iter()
        .find(|header| header["name"] == name)?["value"]
        .as_str()
}
