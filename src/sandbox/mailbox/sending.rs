//! Sending: the recipients, and missing headers that Gmail adds.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::Value;

use super::{
    Mailbox,
    clock::scramble,
    delivery,
    header::{Field, Mailto, addresses, find, format_date},
    parameter::Parameters,
    part::Part,
    refusal::Refusal,
    store::LabelId,
};

impl Mailbox {
    /// `messages.send`.
    pub(super) fn messages_send(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        let raw = delivery::raw(params, media)?;
        let thread = self.given_thread(params)?;
        let id = self.send_message(&raw, thread)?;
        self.identity_of(id)
    }

    /// Sends a message: adds it to SENT, and to the inbox if it is addressed to the account itself.
    pub(super) fn send_message(
        &mut self,
        raw: &Bytes,
        thread: Option<u64>,
    ) -> Result<u64, Refusal> {
        let message = Part::read(raw);
        let recipients = recipients(&message)?;
        let now = self.clock.now();
        let mut labels: Vec<LabelId> = Vec::new();
        if recipients.iter().any(|address| self.is_own(address)) {
            labels.extend([Arc::from("UNREAD"), Arc::from("INBOX")]);
        }
        labels.push(Arc::from("SENT"));
        let raw = self.completed(raw, &message, now);
        Ok(self.receive(raw, now, labels, thread))
    }

    fn completed(&self, raw: &Bytes, message: &Part, now: i64) -> Bytes {
        let line_end: &[u8] = if raw.windows(2).any(|pair| pair == b"\r\n") || !raw.contains(&b'\n')
        {
            b"\r\n"
        } else {
            b"\n"
        };
        let mut added = Vec::new();
        let mut add = |name: &str, value: &str| {
            added.extend(name.as_bytes());
            added.extend(b": ");
            added.extend(value.as_bytes());
            added.extend(line_end);
        };
        if find(&message.fields, "Date").is_none() {
            add("Date", &format_date(now));
        }
        if find(&message.fields, "Message-ID").is_none() {
            add("Message-ID", &self.new_message_id(now));
        }
        let from = find(&message.fields, "From");
        let sender = from.and_then(|field| addresses(field).into_iter().next());
        let replaced = match (&from, &sender) {
            (Some(_), Some(sender)) if self.may_send_as(&sender.address) => None,
            (Some(field), _) => {
                let span = &field.span;
                Some(span.clone())
            }
            (None, _) => {
                add("From", &self.address);
                None
            }
        };
        if added.is_empty() && replaced.is_none() {
            return raw.clone();
        }
        let mut complete = added;
        match replaced {
            Some(span) => {
                complete.extend(raw.get(..span.start).unwrap_or_default());
                complete.extend(self.own_sender(sender.as_ref()).into_bytes());
                complete.extend(line_end);
                complete.extend(raw.get(span.end..).unwrap_or_default());
            }
            None => complete.extend(&raw[..]),
        }
        Bytes::from(complete)
    }

    // Gmail keeps the sender's display name and corrects only the address.
    fn own_sender(&self, sender: Option<&Mailto>) -> String {
        const LONGEST_WORD: usize = 45;
        let address = &self.address;
        match sender.map(|sender| sender.name.as_str()) {
            None | Some("") => format!("From: {address}"),
            Some(name) if name.len() > LONGEST_WORD || name.contains(char::is_control) => {
                format!("From: {address}")
            }
            Some(name) if name.is_ascii() => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("From: \"{name}\" <{address}>")
            }
            Some(name) => {
                let word = STANDARD.encode(name);
                format!("From: =?utf-8?B?{word}?= <{address}>")
            }
        }
    }

    fn new_message_id(&self, now: i64) -> String {
        let seed = scramble(now.unsigned_abs() ^ self.store.history.latest().rotate_left(32));
        let domain = self
            .address
            .split_once('@')
            .map_or("localhost", |(_, domain)| domain);
        format!("<CA{:016x}{:016x}@mail.{domain}>", seed, scramble(seed))
    }
}

fn recipients(message: &Part) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    for name in ["To", "Cc", "Bcc"] {
        let fields = message.fields.iter().filter(|field| field.is(name));
        for field in fields.filter(|field| !field.unfolded().is_empty()) {
            found.extend(valid_addresses(field, name)?);
        }
    }
    if found.is_empty() {
        return Err(Refusal::invalid("Recipient address required"));
    }
    Ok(found)
}

fn valid_addresses(field: &Field, name: &str) -> Result<Vec<String>, Refusal> {
    let addresses = addresses(field);
    let mut valid = Vec::new();
    for entry in addresses {
        match entry.address.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
                valid.push(entry.address);
            }
            _ => return Err(Refusal::invalid(format!("Invalid {name} header"))),
        }
    }
    Ok(valid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::mailbox::{
        encoding::decode_wire,
        support::{NOW, done, empty, header, raw, refused},
    };

    const COMPLETE: &str = "From: user@example.com\nTo: a@example.org\nBcc: b@example.org\nSubject: x\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <own@example.com>\n\nhi\n";

    fn sent_raw(mailbox: &mut Mailbox, text: &str) -> String {
        let sent = done(mailbox, "messages_send", json!({ "raw": raw(text) }));
        let message = done(
            mailbox,
            "messages_get",
            json!({"messageId": sent["id"], "format": "raw"}),
        );
        let bytes = decode_wire(message["raw"].as_str().unwrap()).unwrap();
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn complete_mail_is_sent_as_it_is() {
        let mut mailbox = empty();
        let sent = done(&mut mailbox, "messages_send", json!({"raw": raw(COMPLETE)}));
        assert_eq!(sent["labelIds"], json!(["SENT"]));
        assert_eq!(sent["id"], sent["threadId"]);
        assert_eq!(sent_raw(&mut mailbox, COMPLETE), COMPLETE);
        let message = done(
            &mut mailbox,
            "messages_get",
            json!({"messageId": sent["id"]}),
        );
        assert_eq!(message["internalDate"], NOW.to_string());
        assert_eq!(header(&message, "Bcc"), Some("b@example.org"));
    }

    #[test]
    fn missing_fields_are_added_and_a_strange_sender_corrected() {
        let mut mailbox = empty();
        let text = sent_raw(&mut mailbox, "To: a@example.org\nSubject: x\n\nhi\n");
        assert!(text.starts_with("Date: Thu, 28 May 2026 20:26:40 +0000\nMessage-ID: <CA"));
        assert!(text.contains(">\nFrom: user@example.com\nTo: a@example.org\nSubject: x\n\nhi\n"));
        let forged = COMPLETE.replace(
            "user@example.com",
            "\"Jo, the \\\"boss\\\"\" <boss@example.net>",
        );
        assert_eq!(
            sent_raw(&mut mailbox, &forged),
            COMPLETE.replace(
                "user@example.com",
                "\"Jo, the \\\"boss\\\"\" <user@example.com>"
            )
        );
        let foreign = COMPLETE.replace(
            "user@example.com",
            "=?utf-8?q?J=C3=BCrgen?= <j@example.net>",
        );
        assert!(
            sent_raw(&mut mailbox, &foreign)
                .contains("From: =?utf-8?B?SsO8cmdlbg==?= <user@example.com>\n")
        );
    }

    #[test]
    fn mail_to_oneself_is_one_message_with_all_labels() {
        let mut mailbox = empty();
        for to in [
            "user@example.com",
            "User@Example.com",
            "user+tag@example.com",
        ] {
            let text = format!("To: {to}\nSubject: x\n\n");
            let sent = done(&mut mailbox, "messages_send", json!({ "raw": raw(&text) }));
            assert_eq!(sent["labelIds"], json!(["UNREAD", "INBOX", "SENT"]), "{to}");
        }
        let profile = done(&mut mailbox, "get_profile", json!({}));
        assert_eq!(profile["messagesTotal"], 3);
    }

    #[test]
    fn bad_mail_is_refused_in_gmails_words() {
        let mut mailbox = empty();
        let required =
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required";
        let before = mailbox.state();
        for (params, expected) in [
            (json!({}), required),
            (json!({"raw": ""}), required),
            (
                json!({"raw": "+/+/"}),
                "Invalid value at 'message.raw' (TYPE_BYTES)",
            ),
            (
                json!({"raw": "a b"}),
                "Invalid value at 'message.raw' (TYPE_BYTES)",
            ),
            (
                json!({"raw": 5}),
                "Invalid value at 'message.raw' (TYPE_BYTES)",
            ),
            (
                json!({"raw": raw("Subject: x\n\n")}),
                "Recipient address required",
            ),
            (
                json!({"raw": raw("To: undisclosed-recipients:;\n\n")}),
                "Recipient address required",
            ),
            (json!({"raw": raw("To: nobody\n\n")}), "Invalid To header"),
            (
                json!({"raw": raw(COMPLETE), "threadId": "xyz"}),
                "Invalid thread_id value",
            ),
        ] {
            let (code, message) = refused(&mut mailbox, "messages_send", params.clone());
            assert_eq!(code, 400, "{params}");
            assert!(message.starts_with(expected), "{message}");
        }
        let unknown = json!({"raw": raw(COMPLETE), "threadId": "19b0"});
        assert_eq!(refused(&mut mailbox, "messages_send", unknown).0, 404);
        assert_eq!(mailbox.state(), before);
    }
}
