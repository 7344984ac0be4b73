//! Operations on messages.

use serde_json::{Map, Value};

use super::{
    Mailbox,
    edit::Edit,
    encoding::encode_wire,
    list::PageRequest,
    parameter::{self, Parameters},
    part::Part,
    payload,
    refusal::Refusal,
    search::{Found, Search},
    store::{LabelId, Stored},
};

/// How much of a message an answer includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Ids, labels, dates, size and snippet.
    Minimal,
    /// The tree of parts, too.
    Full,
    /// The message's bytes.
    Raw,
    /// The headers, or only the named ones.
    Metadata(Vec<String>),
}

impl Format {
    /// Parses `format` and `metadataHeaders`.
    pub(super) fn of(params: &Parameters, thread: bool) -> Result<Self, Refusal> {
        let names: &[&'static str] = if thread {
            &["full", "metadata", "minimal"]
        } else {
            &["full", "metadata", "minimal", "raw"]
        };
        Ok(match parameter::choice(params, "format", names)? {
            Some("minimal") => Self::Minimal,
            Some("raw") => Self::Raw,
            Some("metadata") => Self::Metadata(parameter::list(params, "metadataHeaders")),
            _ => Self::Full,
        })
    }
}

/// A message's id as a string.
pub(super) fn format_id(id: u64) -> String {
    format!("{id:016x}")
}

/// A message as in most answers: ids and labels.
pub(super) fn identity(id: u64, thread: u64, labels: &[LabelId]) -> Value {
    let mut json = Map::new();
    json.insert("id".into(), format_id(id).into());
    json.insert("threadId".into(), format_id(thread).into());
    // Gmail leaves the key out when a message has no labels.
    if !labels.is_empty() {
        json.insert(
            "labelIds".into(),
            labels.iter().map(|label| Value::from(&**label)).collect(),
        );
    }
    json.into()
}

/// A message in this format.
pub(super) fn to_json(id: u64, message: &Stored, format: &Format) -> Value {
    let mut json = identity(id, message.thread, &message.labels);
    let Some(map) = json.as_object_mut() else {
        return json;
    };
    map.insert("snippet".into(), (*message.snippet).into());
    map.insert("sizeEstimate".into(), message.raw.len().into());
    map.insert("historyId".into(), message.history.to_string().into());
    map.insert("internalDate".into(), message.date.to_string().into());
    match format {
        Format::Minimal => {}
        Format::Raw => {
            map.insert("raw".into(), encode_wire(&message.raw).into());
        }
        Format::Full => {
            let payload = payload::full(id, &Part::read(&message.raw));
            map.insert("payload".into(), payload);
        }
        Format::Metadata(names) => {
            let payload = payload::metadata(&Part::read(&message.raw), names);
            map.insert("payload".into(), payload);
        }
    }
    json
}

impl Mailbox {
    /// `messages.list`.
    pub(super) fn messages_list(&self, params: &Parameters) -> Result<Value, Refusal> {
        let found = Search::of(self, params)?.messages(PageRequest::of(params)?);
        let messages: Vec<Value> = found
            .page
            .items
            .iter()
            .filter_map(|(_, id)| Some(identity(*id, self.store.messages.get(id)?.thread, &[])))
            .collect();
        Ok(answer("messages", messages, found))
    }

    /// `messages.get`.
    pub(super) fn messages_get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, message) = self.message(params)?;
        Ok(to_json(id, message, &Format::of(params, false)?))
    }

    /// `messages.attachments.get`.
    pub(super) fn messages_attachments_get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, message) = self.message(params)?;
        let token = parameter::required(params, "id")?;
        payload::attachment(id, &Part::read(&message.raw), &token)
            .ok_or_else(|| Refusal::invalid("Invalid attachment token"))
    }

    /// `messages.modify`.
    pub(super) fn messages_modify(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, _) = self.message(params)?;
        let edit = Edit::of(&self.labels, params)?;
        self.edit(id, &edit);
        self.identity_of(id)
    }

    /// `messages.trash`.
    pub(super) fn messages_trash(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, _) = self.message(params)?;
        self.edit(id, &Edit::trash());
        self.identity_of(id)
    }

    /// `messages.untrash`.
    pub(super) fn messages_untrash(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, _) = self.message(params)?;
        self.edit(id, &Edit::untrash());
        self.identity_of(id)
    }

    /// `messages.delete`.
    pub(super) fn messages_delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let (id, _) = self.message(params)?;
        self.remove(id);
        Ok(Value::Null)
    }

    /// `messages.batchModify`.
    pub(super) fn messages_batch_modify(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let ids = batch(params)?;
        let edit = Edit::of(&self.labels, params)?;
        for id in ids {
            self.edit(id, &edit);
        }
        Ok(Value::Null)
    }

    /// `messages.batchDelete`.
    pub(super) fn messages_batch_delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        for id in batch(params)? {
            self.remove(id);
        }
        Ok(Value::Null)
    }

    /// The message that `messageId` names.
    pub(super) fn message(&self, params: &Parameters) -> Result<(u64, &Stored), Refusal> {
        let id = parameter::hexadecimal(&parameter::required(params, "messageId")?)?;
        match self.store.messages.get(&id) {
            Some(message) => Ok((id, message)),
            None => Err(Refusal::not_found()),
        }
    }

    /// A message's ids and labels, as in the answers to changes.
    pub(super) fn identity_of(&self, id: u64) -> Result<Value, Refusal> {
        let message = self
            .store
            .messages
            .get(&id)
            .ok_or_else(Refusal::not_found)?;
        Ok(identity(id, message.thread, &message.labels))
    }

    /// Deletes a message permanently, along with its draft.
    pub(super) fn remove(&mut self, id: u64) {
        self.store.remove(id);
        self.drafts.forget_message(id);
    }
}

/// A list's answer. As in Gmail, an empty list has no key for records.
pub(super) fn answer(key: &str, records: Vec<Value>, found: Found) -> Value {
    let mut answer = Map::new();
    if !records.is_empty() {
        answer.insert(key.into(), records.into());
    }
    if let Some(token) = found.page.next {
        answer.insert("nextPageToken".into(), token.into());
    }
    answer.insert("resultSizeEstimate".into(), found.estimate.into());
    answer.into()
}

fn batch(params: &Parameters) -> Result<Vec<u64>, Refusal> {
    const MOST: usize = 1000;
    let ids = parameter::list(params, "ids");
    if ids.is_empty() {
        return Err(Refusal::invalid("No message ids specified"));
    }
    if ids.len() > MOST {
        return Err(Refusal::invalid("Too many message ids: at most 1000"));
    }
    ids.iter().map(|id| parameter::hexadecimal(id)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::mailbox::support::{call, done, empty, insert, refused};

    fn ids(answer: &Value) -> Vec<&str> {
        answer["messages"]
            .as_array()
            .map(|messages| {
                messages
                    .iter()
                    .filter_map(|message| message["id"].as_str())
                    .collect()
            })
            .unwrap_or_default()
    }

    #[test]
    fn formats_hold_what_they_promise() {
        let mut mailbox = empty();
        let id = insert(
            &mut mailbox,
            "Subject: x\nTo: a@example.org\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\nhi\n",
            &["INBOX"],
        );
        let get = |mailbox: &mut Mailbox, format: &str| {
            done(
                mailbox,
                "messages_get",
                json!({"messageId": id, "format": format, "metadataHeaders": ["to"]}),
            )
        };
        let minimal = get(&mut mailbox, "MINIMAL");
        assert_eq!(
            minimal,
            json!({
                "id": id,
                "threadId": id,
                "labelIds": ["INBOX"],
                "snippet": "hi",
                "sizeEstimate": 75,
                "historyId": "100011",
                "internalDate": "1767225600000",
            })
        );
        assert_eq!(
            get(&mut mailbox, "metadata")["payload"],
            json!({"mimeType": "text/plain", "headers": [{"name": "To", "value": "a@example.org"}]})
        );
        assert!(get(&mut mailbox, "raw")["payload"].is_null());
        assert!(get(&mut mailbox, "full")["raw"].is_null());
        let (code, _) = refused(
            &mut mailbox,
            "messages_get",
            json!({"messageId": id, "format": "everything"}),
        );
        assert_eq!(code, 400);
    }

    #[test]
    fn ids_are_checked_and_looked_up() {
        let mut mailbox = empty();
        for operation in ["messages_get", "messages_trash", "messages_delete"] {
            assert_eq!(
                refused(&mut mailbox, operation, json!({"messageId": "zzz"})),
                (400, "Invalid id value".to_owned())
            );
            assert_eq!(
                refused(&mut mailbox, operation, json!({"messageId": "19b0"})),
                (404, "Requested entity was not found.".to_owned())
            );
        }
        let unknown = call(&mut mailbox, "messages_levitate", json!({}));
        assert_eq!(
            unknown.map_err(|refusal| (refusal.code, refusal.status)),
            Err((501, "UNIMPLEMENTED"))
        );
    }

    #[test]
    fn lists_are_newest_first_and_have_no_key_when_empty() {
        let mut mailbox = empty();
        assert_eq!(
            done(&mut mailbox, "messages_list", json!({})),
            json!({"resultSizeEstimate": 0})
        );
        let late = insert(
            &mut mailbox,
            "Subject: b\nDate: Fri, 2 Jan 2026 00:00:00 +0000\n\n",
            &["INBOX", "UNREAD"],
        );
        let early = insert(
            &mut mailbox,
            "Subject: a\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\n",
            &["INBOX"],
        );
        let spam = insert(&mut mailbox, "Subject: c\n\n", &["SPAM", "UNREAD"]);
        let list = |mailbox: &mut Mailbox, params| done(mailbox, "messages_list", params);
        assert_eq!(ids(&list(&mut mailbox, json!({}))), [&*late, &*early]);
        let all = list(&mut mailbox, json!({"includeSpamTrash": true}));
        assert_eq!(ids(&all), [&*spam, &*late, &*early]);
        for labels in [
            json!(["INBOX", "UNREAD"]),
            json!("INBOX,UNREAD"),
            json!(["INBOX,UNREAD"]),
        ] {
            let found = list(&mut mailbox, json!({ "labelIds": labels }));
            assert_eq!(ids(&found), [&*late]);
        }
        let found = list(&mut mailbox, json!({"labelIds": "SPAM"}));
        assert_eq!(ids(&found), [&*spam]);
        let first = list(&mut mailbox, json!({"maxResults": 1}));
        assert_eq!(ids(&first), [&*late]);
        assert_eq!(first["resultSizeEstimate"], 2);
        let second = list(&mut mailbox, json!({"pageToken": first["nextPageToken"]}));
        assert_eq!(ids(&second), [&*early]);
        assert!(second["nextPageToken"].is_null());
        assert_eq!(
            refused(
                &mut mailbox,
                "messages_list",
                json!({"labelIds": ["Label_9"]})
            )
            .0,
            400
        );
        assert_eq!(
            refused(
                &mut mailbox,
                "messages_list",
                json!({"pageToken": "nonsense"})
            ),
            (400, "Invalid pageToken".to_owned())
        );
    }

    #[test]
    fn attachments_are_fetched_by_their_ids() {
        let mut mailbox = Mailbox::sample();
        let found = done(&mut mailbox, "messages_list", json!({"q": "filename:csv"}));
        let id = found["messages"][0]["id"].clone();
        let message = done(&mut mailbox, "messages_get", json!({ "messageId": id }));
        let token = message["payload"]["parts"][2]["body"]["attachmentId"].clone();
        let body = done(
            &mut mailbox,
            "messages_attachments_get",
            json!({"messageId": id, "id": token}),
        );
        assert_eq!(body["size"], 36);
        assert_eq!(
            body["data"],
            encode_wire(b"item,net,vat\r\nlicence,100.00,19.00\r\n")
        );
        assert_eq!(
            refused(
                &mut mailbox,
                "messages_attachments_get",
                json!({"messageId": id, "id": "ANGjdJ_x"})
            ),
            (400, "Invalid attachment token".to_owned())
        );
    }

    #[test]
    fn batches_change_what_is_there() {
        let mut mailbox = empty();
        let one = insert(&mut mailbox, "Subject: a\n\n", &["INBOX"]);
        let two = insert(&mut mailbox, "Subject: b\n\n", &["INBOX"]);
        let done_nothing = done(
            &mut mailbox,
            "messages_batch_modify",
            json!({"ids": [one, two, "19b0"], "addLabelIds": ["STARRED"]}),
        );
        assert_eq!(done_nothing, Value::Null);
        let starred = done(&mut mailbox, "messages_list", json!({"q": "is:starred"}));
        assert_eq!(ids(&starred).len(), 2);
        assert_eq!(
            refused(&mut mailbox, "messages_batch_delete", json!({})).0,
            400
        );
        done(
            &mut mailbox,
            "messages_batch_delete",
            json!({"ids": [one, "19b0"]}),
        );
        assert_eq!(
            ids(&done(&mut mailbox, "messages_list", json!({}))),
            [&*two]
        );
        let profile = done(&mut mailbox, "get_profile", json!({}));
        assert_eq!(profile["messagesTotal"], 1);
        assert_eq!(profile["emailAddress"], "user@example.com");
    }
}
