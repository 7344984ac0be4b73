//! Operations on threads.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    edit::Edit,
    list::PageRequest,
    message::{Format, answer, format_id, identity, to_json},
    parameter::{self, Parameters},
    refusal::Refusal,
    search::Search,
};

impl Mailbox {
    /// `threads.list`.
    pub(super) fn threads_list(&self, params: &Parameters) -> Result<Value, Refusal> {
        let found = Search::of(self, params)?.threads(PageRequest::of(params)?);
        let threads = found
            .page
            .items
            .iter()
            .filter_map(|(_, id)| {
                let thread = self.store.messages.get(id)?.thread;
                let messages = self.store.thread(thread);
                let latest = messages.last().map(|(_, message)| *message);
                let mut json = Map::new();
                json.insert("id".into(), format_id(thread).into());
                json.insert(
                    "snippet".into(),
                    latest.map_or("", |message| &message.snippet).into(),
                );
                json.insert("historyId".into(), self.thread_history(thread).into());
                Some(json.into())
            })
            .collect();
        Ok(answer("threads", threads, found))
    }

    /// `threads.get`.
    pub(super) fn threads_get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let thread = self.thread(params)?;
        let format = Format::of(params, true)?;
        let messages: Vec<Value> = self
            .store
            .thread(thread)
            .into_iter()
            .map(|(id, message)| to_json(id, message, &format))
            .collect();
        Ok(json!({
            "id": format_id(thread),
            "historyId": self.thread_history(thread),
            "messages": messages,
        }))
    }

    /// `threads.modify`.
    pub(super) fn threads_modify(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let thread = self.thread(params)?;
        let edit = Edit::of(&self.labels, params)?;
        Ok(self.edit_thread(thread, &edit))
    }

    /// `threads.trash`.
    pub(super) fn threads_trash(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let thread = self.thread(params)?;
        Ok(self.edit_thread(thread, &Edit::trash()))
    }

    /// `threads.untrash`.
    pub(super) fn threads_untrash(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let thread = self.thread(params)?;
        Ok(self.edit_thread(thread, &Edit::untrash()))
    }

    /// `threads.delete`.
    pub(super) fn threads_delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let thread = self.thread(params)?;
        for id in self.store.conversations.messages(thread).to_vec() {
            self.remove(id);
        }
        Ok(Value::Null)
    }

    fn thread(&self, params: &Parameters) -> Result<u64, Refusal> {
        let thread = parameter::hexadecimal(&parameter::required(params, "threadId")?)?;
        if self.store.conversations.contains(thread) {
            Ok(thread)
        } else {
            Err(Refusal::not_found())
        }
    }

    fn edit_thread(&mut self, thread: u64, edit: &Edit) -> Value {
        for id in self.store.conversations.messages(thread).to_vec() {
            self.edit(id, edit);
        }
        let messages: Vec<Value> = self
            .store
            .thread(thread)
            .into_iter()
            .map(|(id, message)| identity(id, message.thread, &message.labels))
            .collect();
        json!({
            "id": format_id(thread),
            "historyId": self.thread_history(thread),
            "messages": messages,
        })
    }

    fn thread_history(&self, thread: u64) -> String {
        self.store
            .thread(thread)
            .into_iter()
            .map(|(_, message)| message.history)
            .max()
            .unwrap_or_default()
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mailbox::support::{done, empty, insert, refused};

    fn pair(mailbox: &mut Mailbox) -> (String, String) {
        let first = insert(
            mailbox,
            "Subject: x\nMessage-ID: <a@example.org>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\nfirst\n",
            &["INBOX"],
        );
        let second = insert(
            mailbox,
            "Subject: Re: x\nIn-Reply-To: <a@example.org>\nDate: Fri, 2 Jan 2026 00:00:00 +0000\n\nsecond\n",
            &["UNREAD"],
        );
        (first, second)
    }

    #[test]
    fn a_thread_has_its_messages_oldest_first() {
        let mut mailbox = empty();
        let (first, second) = pair(&mut mailbox);
        let list = done(&mut mailbox, "threads_list", json!({}));
        assert_eq!(
            list,
            json!({
                "threads": [{"id": first, "snippet": "second", "historyId": "100022"}],
                "resultSizeEstimate": 1,
            })
        );
        let thread = done(
            &mut mailbox,
            "threads_get",
            json!({"threadId": first, "format": "minimal"}),
        );
        assert_eq!(thread["messages"][0]["id"], first);
        assert_eq!(thread["messages"][1]["id"], second);
        assert!(thread["messages"][0]["payload"].is_null());
        let raw = json!({"threadId": first, "format": "raw"});
        assert_eq!(refused(&mut mailbox, "threads_get", raw).0, 400);
    }

    #[test]
    fn labels_and_words_find_a_thread_by_any_message() {
        let mut mailbox = empty();
        pair(&mut mailbox);
        let mut count =
            |params| done(&mut mailbox, "threads_list", params)["resultSizeEstimate"].clone();
        assert_eq!(count(json!({"labelIds": ["INBOX", "UNREAD"]})), 1);
        assert_eq!(count(json!({"labelIds": ["STARRED"]})), 0);
        assert_eq!(count(json!({"q": "first"})), 1);
        assert_eq!(count(json!({"q": "third"})), 0);
    }

    #[test]
    fn changes_reach_every_message() {
        let mut mailbox = empty();
        let (first, second) = pair(&mut mailbox);
        let changed = done(
            &mut mailbox,
            "threads_modify",
            json!({"threadId": first, "addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]}),
        );
        assert_eq!(
            changed["messages"][0]["labelIds"],
            json!(["INBOX", "STARRED"])
        );
        assert_eq!(changed["messages"][1]["labelIds"], json!(["STARRED"]));
        let trashed = done(&mut mailbox, "threads_trash", json!({ "threadId": first }));
        assert_eq!(
            trashed["messages"][0]["labelIds"],
            json!(["STARRED", "TRASH"])
        );
        assert_eq!(
            done(&mut mailbox, "threads_list", json!({})),
            json!({"resultSizeEstimate": 0})
        );
        let back = done(
            &mut mailbox,
            "threads_untrash",
            json!({ "threadId": first }),
        );
        assert_eq!(back["messages"][0]["labelIds"], json!(["STARRED"]));
        done(
            &mut mailbox,
            "messages_delete",
            json!({ "messageId": first }),
        );
        let rest = done(&mut mailbox, "threads_get", json!({ "threadId": first }));
        assert_eq!(rest["messages"][0]["id"], second);
        done(&mut mailbox, "threads_delete", json!({ "threadId": first }));
        assert_eq!(
            refused(&mut mailbox, "threads_get", json!({ "threadId": first })).0,
            404
        );
        assert_eq!(
            refused(&mut mailbox, "threads_get", json!({"threadId": "?"})),
            (400, "Invalid id value".to_owned())
        );
    }
}
