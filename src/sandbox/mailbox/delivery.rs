//! How messages enter the mailbox: sent, inserted, imported or delivered.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    Mailbox,
    conversation::Links,
    encoding::decode_wire,
    header::{date, find, split},
    message::format_id,
    parameter::{self, Parameters},
    part::Part,
    refusal::Refusal,
    snippet::snippet,
    store::{Arrival, LabelId},
};

/// The message in a request: from the upload, or from its `raw` field.
pub(super) fn raw(message: &Map<String, Value>, media: Option<&[u8]>) -> Result<Bytes, Refusal> {
    if let Some(media) = media {
        return Ok(Bytes::copy_from_slice(media));
    }
    match message.get("raw") {
        Some(Value::String(text)) if !text.is_empty() => match decode_wire(text) {
            Some(raw) => Ok(Bytes::from(raw)),
            // The error leaves the text out, because errors end up in logs.
            None => Err(bad_raw()),
        },
        None | Some(Value::Null | Value::String(_)) => Err(Refusal::invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
        )),
        Some(_) => Err(bad_raw()),
    }
}

impl Mailbox {
    /// `messages.insert`: like IMAP's APPEND, without any checks.
    pub(super) fn messages_insert(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        self.put(params, media, "receivedTime")
    }

    /// `messages.import`: like mail delivered by SMTP.
    pub(super) fn messages_import(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        self.put(params, media, "dateHeader")
    }

    /// Delivers mail from outside: to the inbox, unread. Returns the message's id.
    pub(crate) fn deliver(&mut self, raw: &[u8]) -> String {
        self.changes += 1;
        let now = self.clock.now();
        let labels = vec![Arc::from("UNREAD"), Arc::from("INBOX")];
        let id = self.receive(Bytes::copy_from_slice(raw), now, labels, None);
        self.apply_filters(id);
        format_id(id)
    }

    /// Stores a message; it joins the given thread if the subject allows it.
    pub(super) fn receive(
        &mut self,
        raw: Bytes,
        date: i64,
        labels: Vec<LabelId>,
        thread: Option<u64>,
    ) -> u64 {
        let message = Part::read(&raw);
        let links = Links::of(&message);
        let conversations = &self.store.conversations;
        let thread = thread.filter(|thread| conversations.accepts(*thread, &links));
        self.store.add(Arrival {
            snippet: snippet(&message),
            raw,
            message: &message,
            date,
            labels,
            links,
            thread,
        })
    }

    /// The thread that a request names.
    pub(super) fn given_thread(
        &self,
        message: &Map<String, Value>,
    ) -> Result<Option<u64>, Refusal> {
        let Some(thread) = parameter::text(message, "threadId").filter(|id| !id.is_empty()) else {
            return Ok(None);
        };
        let thread = parameter::hexadecimal(&thread)
            .map_err(|_| Refusal::invalid("Invalid thread_id value"))?;
        if self.store.conversations.contains(thread) {
            Ok(Some(thread))
        } else {
            Err(Refusal::not_found())
        }
    }

    fn put(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
        default_source: &'static str,
    ) -> Result<Value, Refusal> {
        let raw = raw(params, media)?;
        let thread = self.given_thread(params)?;
        let source = parameter::choice(
            params,
            "internalDateSource",
            &["receivedTime", "dateHeader"],
        )?
        .unwrap_or(default_source);
        parameter::boolean(params, "deleted")?;
        parameter::boolean(params, "neverMarkSpam")?;
        parameter::boolean(params, "processForCalendar")?;
        let mut labels = Vec::new();
        for id in parameter::list(params, "labelIds") {
            let label = self.labels.known(&id)?;
            if &*label == "DRAFT" {
                return Err(Refusal::invalid("Invalid label: DRAFT"));
            }
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let now = self.clock.now();
        let received = if source == "dateHeader" {
            date_of(&raw).unwrap_or(now)
        } else {
            now
        };
        let id = self.receive(raw, received, labels, thread);
        self.identity_of(id)
    }
}

/// The date in a message's own header.
pub(super) fn date_of(raw: &Bytes) -> Option<i64> {
    let (fields, _) = split(raw);
    find(&fields, "Date").and_then(date)
}

fn bad_raw() -> Refusal {
    Refusal::bad_field("message.raw", "TYPE_BYTES", "Base64 decoding failed")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::mailbox::{
        encoding::encode_wire,
        support::{NOW, call, done, empty, insert, raw, refused},
    };

    #[test]
    fn raw_is_taken_with_and_without_padding() {
        let mut mailbox = empty();
        let padded = encode_wire(b"To: a@example.org\r\n\r\n1");
        assert!(padded.ends_with('='));
        let bare = padded.trim_end_matches('=').to_owned();
        for raw in [padded, bare] {
            assert!(call(&mut mailbox, "messages_send", json!({ "raw": raw })).is_ok());
        }
    }

    #[test]
    fn threads_are_joined_as_asked_and_as_the_subject_allows() {
        let mut mailbox = empty();
        let first = insert(
            &mut mailbox,
            "Subject: Plan\nMessage-ID: <a@example.org>\n\n",
            &["INBOX"],
        );
        let mut send = |subject: &str, fields: &str, thread: Option<&str>| {
            let text = format!("To: a@example.org\nSubject: {subject}\n{fields}\n\n");
            let sent = done(
                &mut mailbox,
                "messages_send",
                json!({"raw": raw(&text), "threadId": thread}),
            );
            sent["threadId"] == first.as_str()
        };
        assert!(send("Re: plan", "In-Reply-To: <a@example.org>", None));
        assert!(send(
            "Fwd: Plan",
            "References: <zero@example.org> <a@example.org>",
            None
        ));
        assert!(send("Re: Plan", "X: y", Some(&first)));
        assert!(!send("Plan", "X: y", None));
        assert!(!send("Other", "In-Reply-To: <a@example.org>", None));
        assert!(!send("Other", "In-Reply-To: <a@example.org>", Some(&first)));
    }

    #[test]
    fn inserted_and_imported_mail_has_the_labels_and_date_it_is_given() {
        let mut mailbox = empty();
        let text = raw("Subject: x\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\n");
        for (operation, date) in [
            ("messages_insert", NOW.to_string()),
            ("messages_import", "1767225600000".to_owned()),
        ] {
            let put = done(
                &mut mailbox,
                operation,
                json!({"raw": text, "labelIds": ["UNREAD", "SENT"]}),
            );
            assert_eq!(put["labelIds"], json!(["UNREAD", "SENT"]));
            let message = done(
                &mut mailbox,
                "messages_get",
                json!({"messageId": put["id"]}),
            );
            assert_eq!(message["internalDate"], date, "{operation}");
        }
        let bare = done(&mut mailbox, "messages_insert", json!({ "raw": text }));
        assert!(bare["labelIds"].is_null());
        let uploaded = mailbox
            .call_with_media("messages_import", &Parameters::new(), b"\xff\x00 any bytes")
            .unwrap();
        let message = done(
            &mut mailbox,
            "messages_get",
            json!({"messageId": uploaded["id"], "format": "raw"}),
        );
        assert_eq!(message["raw"], encode_wire(b"\xff\x00 any bytes"));
        let unknown = json!({"raw": text, "labelIds": ["Label_7"]});
        assert_eq!(
            refused(&mut mailbox, "messages_insert", unknown),
            (400, "Invalid label: Label_7".to_owned())
        );
    }
}
