//! Drafts.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    clock::scramble,
    conversation::Links,
    delivery,
    list::PageRequest,
    message::{Format, answer, identity, to_json},
    parameter::{self, Parameters},
    part::Part,
    refusal::Refusal,
    search::Search,
};

/// The drafts of a mailbox. A draft keeps its id when its message changes.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    messages: BTreeMap<String, u64>,
    by_message: BTreeMap<u64, String>,
    created: u64,
}

impl Drafts {
    /// Creates a draft of a message and returns its id.
    pub(super) fn create(&mut self, message: u64) -> String {
        const LEAST: u64 = 1_000_000_000_000_000_000;
        self.created += 1;
        let number = LEAST + scramble(self.created ^ 0xd4af_7000) % (8 * LEAST);
        let id = format!("r-{number}");
        self.hold(&id, message);
        id
    }

    /// Puts a message into a draft, replacing the one it holds.
    fn hold(&mut self, id: &str, message: u64) {
        if let Some(old) = self.messages.insert(id.to_owned(), message) {
            self.by_message.remove(&old);
        }
        self.by_message.insert(message, id.to_owned());
    }

    /// Removes the draft of a removed message.
    pub(super) fn forget_message(&mut self, message: u64) {
        if let Some(id) = self.by_message.remove(&message) {
            self.messages.remove(&id);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.messages
            .iter()
            .map(|(id, message)| (id.as_str(), *message))
    }

    fn of_message(&self, message: u64) -> Option<&str> {
        self.by_message.get(&message).map(String::as_str)
    }
}

impl Mailbox {
    /// `drafts.list`.
    pub(super) fn drafts_list(&self, params: &Parameters) -> Result<Value, Refusal> {
        let found = Search::of(self, params)?
            .with_label("DRAFT")?
            .messages(PageRequest::of(params)?);
        let drafts = found
            .page
            .items
            .iter()
            .filter_map(|(_, message)| {
                let id = self.drafts.of_message(*message)?;
                let thread = self.store.messages.get(message)?.thread;
                Some(json!({"id": id, "message": identity(*message, thread, &[])}))
            })
            .collect();
        Ok(answer("drafts", drafts, found))
    }

    /// `drafts.get`.
    pub(super) fn drafts_get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, message) = self.draft(params, "draftId")?;
        let format = Format::of(params, false)?;
        let stored = self
            .store
            .messages
            .get(&message)
            .ok_or_else(Refusal::not_found)?;
        Ok(json!({"id": id, "message": to_json(message, stored, &format)}))
    }

    /// `drafts.create`.
    pub(super) fn drafts_create(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        let content = draft_message(params, media)?;
        let raw = delivery::raw(&content, media)?;
        let thread = self.given_thread(&content)?;
        let message = self.add_draft_message(raw, thread);
        let id = self.drafts.create(message);
        self.draft_json(&id)
    }

    /// `drafts.update`: the draft keeps its id but gets a new message.
    pub(super) fn drafts_update(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        let (id, _) = self.draft(params, "draftId")?;
        let content = draft_message(params, media)?;
        self.replace_draft_message(&id, &content, media)?;
        self.draft_json(&id)
    }

    /// `drafts.delete`.
    pub(super) fn drafts_delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let (_, message) = self.draft(params, "draftId")?;
        self.remove(message);
        Ok(Value::Null)
    }

    /// `drafts.send`.
    pub(super) fn drafts_send(
        &mut self,
        params: &Parameters,
        media: Option<&[u8]>,
    ) -> Result<Value, Refusal> {
        if parameter::text(params, "id").is_none_or(|id| id.is_empty()) {
            return Err(Refusal::invalid("Missing draft id"));
        }
        let (id, mut message) = self.draft(params, "id")?;
        let content = draft_message(params, media).ok();
        if let Some(content) =
            content.filter(|content| media.is_some() || content.contains_key("raw"))
        {
            message = self.replace_draft_message(&id, &content, media)?;
        }
        let stored = self
            .store
            .messages
            .get(&message)
            .ok_or_else(Refusal::not_found)?;
        let (raw, thread) = (stored.raw.clone(), stored.thread);
        let sent = self.send_message(&raw, Some(thread))?;
        self.remove(message);
        self.identity_of(sent)
    }

    fn draft(&self, params: &Parameters, name: &'static str) -> Result<(String, u64), Refusal> {
        let id = parameter::required(params, name)?;
        match self.drafts.messages.get(&id) {
            Some(message) => Ok((id, *message)),
            None => Err(Refusal::not_found()),
        }
    }

    fn draft_json(&self, id: &str) -> Result<Value, Refusal> {
        let message = self
            .drafts
            .messages
            .get(id)
            .copied()
            .ok_or_else(Refusal::not_found)?;
        Ok(json!({"id": id, "message": self.identity_of(message)?}))
    }

    fn add_draft_message(&mut self, raw: Bytes, thread: Option<u64>) -> u64 {
        let now = self.clock.now();
        self.receive(raw, now, vec![Arc::from("DRAFT")], thread)
    }

    fn replace_draft_message(
        &mut self,
        id: &str,
        content: &Map<String, Value>,
        media: Option<&[u8]>,
    ) -> Result<u64, Refusal> {
        let old = self
            .drafts
            .messages
            .get(id)
            .copied()
            .ok_or_else(Refusal::not_found)?;
        let raw = delivery::raw(content, media)?;
        let given = self.given_thread(content)?;
        let thread = self.store.messages.get(&old).map(|message| message.thread);
        if let Some(thread) = thread
            && self.store.conversations.messages(thread).len() == 1
        {
            // A draft alone in its thread keeps the thread, even under a new subject.
            let links = Links::of(&Part::read(&raw));
            self.store.conversations.retitle(thread, &links);
        }
        let message = self.add_draft_message(raw, given.or(thread));
        self.drafts.hold(id, message);
        self.store.remove(old);
        Ok(message)
    }

    pub(super) fn draft_of(&self, message: u64) -> Option<&str> {
        self.drafts.of_message(message)
    }
}

fn draft_message(params: &Parameters, media: Option<&[u8]>) -> Result<Map<String, Value>, Refusal> {
    match params.get("message") {
        Some(Value::Object(message)) => Ok(message.clone()),
        _ if media.is_some() => Ok(Map::new()),
        None | Some(Value::Null) => Err(Refusal::invalid("Missing draft message")),
        Some(_) => Err(Refusal::bad_field(
            "draft.message",
            "type.googleapis.com/google.gmail.v1.Message",
            "an object is needed",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mailbox::support::{done, empty, insert, raw, refused};

    fn message(text: &str) -> Value {
        json!({"message": {"raw": raw(text)}})
    }

    #[test]
    fn a_draft_lives_until_it_is_sent() {
        let mut mailbox = empty();
        let made = done(
            &mut mailbox,
            "drafts_create",
            message("Subject: x\n\none\n"),
        );
        let id = made["id"].clone();
        assert!(id.as_str().unwrap().starts_with("r-"));
        assert_eq!(made["message"]["labelIds"], json!(["DRAFT"]));
        let mut update = message("Subject: y\nTo: a@example.org\n\ntwo\n");
        update["draftId"] = id.clone();
        let updated = done(&mut mailbox, "drafts_update", update);
        assert_eq!(updated["id"], id);
        assert_ne!(updated["message"]["id"], made["message"]["id"]);
        assert_eq!(updated["message"]["threadId"], made["message"]["threadId"]);
        let list = done(&mut mailbox, "drafts_list", json!({}));
        assert_eq!(
            list,
            json!({
                "drafts": [{"id": id, "message": {
                    "id": updated["message"]["id"],
                    "threadId": updated["message"]["threadId"],
                }}],
                "resultSizeEstimate": 1,
            })
        );
        let got = done(
            &mut mailbox,
            "drafts_get",
            json!({"draftId": id, "format": "raw"}),
        );
        assert_eq!(
            got["message"]["raw"],
            raw("Subject: y\nTo: a@example.org\n\ntwo\n")
        );
        let sent = done(&mut mailbox, "drafts_send", json!({ "id": id }));
        assert_eq!(sent["labelIds"], json!(["SENT"]));
        assert_eq!(sent["threadId"], updated["message"]["threadId"]);
        assert_eq!(
            done(&mut mailbox, "drafts_list", json!({})),
            json!({"resultSizeEstimate": 0})
        );
        for operation in ["drafts_get", "drafts_delete"] {
            assert_eq!(
                refused(&mut mailbox, operation, json!({ "draftId": id })).0,
                404
            );
        }
        assert_eq!(
            refused(&mut mailbox, "drafts_send", json!({ "id": id })).0,
            404
        );
    }

    #[test]
    fn a_draft_that_cannot_be_sent_stays() {
        let mut mailbox = empty();
        let made = done(&mut mailbox, "drafts_create", message("Subject: x\n\n"));
        let send = json!({"id": made["id"]});
        assert_eq!(
            refused(&mut mailbox, "drafts_send", send),
            (400, "Recipient address required".to_owned())
        );
        let mut send = message("To: a@example.org\nSubject: x\n\n");
        send["id"] = made["id"].clone();
        assert_eq!(
            done(&mut mailbox, "drafts_send", send)["labelIds"],
            json!(["SENT"])
        );
        assert_eq!(refused(&mut mailbox, "drafts_send", json!({})).0, 400);
    }

    #[test]
    fn drafts_stand_in_threads_and_go_with_their_messages() {
        let mut mailbox = empty();
        let first = insert(
            &mut mailbox,
            "Subject: x\nMessage-ID: <a@example.org>\n\n",
            &["INBOX"],
        );
        let params = json!({"message": {
            "raw": raw("To: a@example.org\nSubject: Re: x\n\n"),
            "threadId": first,
        }});
        let made = done(&mut mailbox, "drafts_create", params);
        assert_eq!(made["message"]["threadId"], first);
        done(
            &mut mailbox,
            "messages_delete",
            json!({"messageId": made["message"]["id"]}),
        );
        assert_eq!(
            refused(&mut mailbox, "drafts_get", json!({"draftId": made["id"]})).0,
            404
        );
        // A failed update leaves the draft's thread under its old subject.
        let kept = done(
            &mut mailbox,
            "drafts_create",
            message("Subject: kept\nMessage-ID: <kept@example.com>\n\n"),
        );
        let update = json!({
            "draftId": kept["id"],
            "message": {"raw": raw("Subject: other\n\n"), "threadId": "19b0"},
        });
        assert_eq!(refused(&mut mailbox, "drafts_update", update).0, 404);
        let answer = "Subject: Re: kept\nIn-Reply-To: <kept@example.com>\n\n";
        let answer = json!({"messageId": insert(&mut mailbox, answer, &[])});
        let answer = done(&mut mailbox, "messages_get", answer);
        assert_eq!(answer["threadId"], kept["message"]["threadId"]);
        let unknown = json!({"message": {"raw": raw("\n"), "threadId": "19b0"}});
        assert_eq!(refused(&mut mailbox, "drafts_create", unknown).0, 404);
        assert_eq!(
            refused(&mut mailbox, "drafts_create", json!({})),
            (400, "Missing draft message".to_owned())
        );
        assert_eq!(
            refused(&mut mailbox, "drafts_create", json!({"message": {}})).0,
            400
        );
        let trashed = done(&mut mailbox, "drafts_create", message("Subject: z\n\n"));
        assert_eq!(
            done(
                &mut mailbox,
                "drafts_delete",
                json!({"draftId": trashed["id"]})
            ),
            Value::Null
        );
        assert_eq!(
            refused(
                &mut mailbox,
                "messages_get",
                json!({"messageId": trashed["message"]["id"]})
            )
            .0,
            404
        );
    }
}
