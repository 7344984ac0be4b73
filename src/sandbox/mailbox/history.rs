//! The history of changes to messages.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    list::PageRequest,
    message::identity,
    parameter::{self, Parameters},
    refusal::Refusal,
    store::LabelId,
};

/// One kind of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A message arrived.
    Added,
    /// A message was permanently deleted.
    Deleted,
    /// Labels were added to a message.
    LabelsAdded(Vec<LabelId>),
    /// Labels were removed from a message.
    LabelsRemoved(Vec<LabelId>),
}

/// Every change since the mailbox was created.
#[derive(Debug)]
pub(super) struct History {
    records: Vec<Record>,
    latest: u64,
}

#[derive(Debug)]
struct Record {
    id: u64,
    message: u64,
    thread: u64,
    labels: Vec<LabelId>,
    change: Change,
}

// Clients that truncate ids would go unnoticed in a mailbox that starts at zero.
const FIRST: u64 = 100_000;

impl Default for History {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            latest: FIRST,
        }
    }
}

impl History {
    /// Records a change and returns its history id.
    pub(super) fn record(
        &mut self,
        message: u64,
        thread: u64,
        labels: &[LabelId],
        change: Change,
    ) -> u64 {
        // Gmail's ids have gaps, so clients cannot guess the next one.
        self.latest += 11;
        self.records.push(Record {
            id: self.latest,
            message,
            thread,
            labels: labels.to_vec(),
            change,
        });
        self.latest
    }

    /// The mailbox's current history id.
    pub(super) fn latest(&self) -> u64 {
        self.latest
    }
}

impl Record {
    fn kind(&self) -> &'static str {
        match self.change {
            Change::Added => "messageAdded",
            Change::Deleted => "messageDeleted",
            Change::LabelsAdded(_) => "labelAdded",
            Change::LabelsRemoved(_) => "labelRemoved",
        }
    }

    fn has(&self, label: &str) -> bool {
        let changed = match &self.change {
            Change::LabelsAdded(labels) | Change::LabelsRemoved(labels) => labels.as_slice(),
            Change::Added | Change::Deleted => &[],
        };
        self.labels.iter().chain(changed).any(|id| &**id == label)
    }

    fn to_json(&self) -> Value {
        let message = identity(self.message, self.thread, &self.labels);
        let (key, mut event) = match &self.change {
            Change::Added => ("messagesAdded", Map::new()),
            Change::Deleted => ("messagesDeleted", Map::new()),
            Change::LabelsAdded(labels) => ("labelsAdded", names(labels)),
            Change::LabelsRemoved(labels) => ("labelsRemoved", names(labels)),
        };
        event.insert("message".into(), message);
        json!({
            "id": self.id.to_string(),
            "messages": [identity(self.message, self.thread, &[])],
            key: [event],
        })
    }
}

impl Mailbox {
    /// `history.list`.
    pub(super) fn history_list(&self, params: &Parameters) -> Result<Value, Refusal> {
        let start = parameter::required(params, "startHistoryId")?
            .parse::<u64>()
            .map_err(|_| Refusal::bad_parameter("startHistoryId", "Invalid startHistoryId"))?;
        let history = &self.store.history;
        if start < FIRST || start > history.latest {
            return Err(Refusal::not_found());
        }
        let kinds = parameter::list(params, "historyTypes");
        for kind in &kinds {
            let known = [
                "messageAdded",
                "messageDeleted",
                "labelAdded",
                "labelRemoved",
            ];
            if !known.iter().any(|name| name.eq_ignore_ascii_case(kind)) {
                return Err(Refusal::bad_parameter(
                    "historyTypes",
                    format!("Invalid value at 'history_types' (TYPE_ENUM), \"{kind}\""),
                ));
            }
        }
        let label = parameter::text(params, "labelId");
        if let Some(label) = &label {
            self.labels.known(label)?;
        }
        let request = PageRequest::of(params)?;
        // Pages expect positions in descending order, but history ids ascend.
        let position = |record: &&Record| (1, u64::MAX - record.id);
        let from = history.records.partition_point(|record| {
            record.id <= start
                || request
                    .after
                    .is_some_and(|after| position(&record) >= after)
        });
        let records = history.records.iter().skip(from).filter(|record| {
            (kinds.is_empty()
                || kinds
                    .iter()
                    .any(|kind| kind.eq_ignore_ascii_case(record.kind())))
                && label.as_deref().is_none_or(|label| record.has(label))
        });
        let page = request.cut(records, position);
        let mut answer = Map::new();
        if !page.items.is_empty() {
            answer.insert(
                "history".into(),
                page.items.iter().map(|record| record.to_json()).collect(),
            );
        }
        if let Some(token) = page.next {
            answer.insert("nextPageToken".into(), token.into());
        }
        answer.insert("historyId".into(), history.latest.to_string().into());
        Ok(answer.into())
    }

    /// `watch`: the sandbox publishes nothing, but answers as if it did.
    pub(super) fn watch(&self, params: &Parameters) -> Result<Value, Refusal> {
        const WEEK: i64 = 7 * 24 * 3600 * 1000;
        let topic = parameter::text(params, "topicName").unwrap_or_default();
        let mut pieces = topic.split('/');
        let well_formed = pieces.next() == Some("projects")
            && pieces.next().is_some_and(|name| !name.is_empty())
            && pieces.next() == Some("topics")
            && pieces.next().is_some_and(|name| !name.is_empty())
            && pieces.next().is_none();
        if !well_formed {
            return Err(Refusal::invalid(
                "Invalid topicName does not match projects/<project>/topics/*",
            ));
        }
        for label in parameter::list(params, "labelIds") {
            self.labels.known(&label)?;
        }
        Ok(json!({
            "historyId": self.store.history.latest.to_string(),
            "expiration": (self.clock.now() + WEEK).to_string(),
        }))
    }
}

fn names(labels: &[LabelId]) -> Map<String, Value> {
    let mut event = Map::new();
    event.insert(
        "labelIds".into(),
        labels.iter().map(|label| Value::from(&**label)).collect(),
    );
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mailbox::support::{NOW, done, empty, insert, refused};

    #[test]
    fn everything_that_happens_is_listed() {
        let mut mailbox = empty();
        let start = done(&mut mailbox, "get_profile", json!({}))["historyId"].clone();
        assert_eq!(
            done(
                &mut mailbox,
                "history_list",
                json!({"startHistoryId": start})
            ),
            json!({"historyId": start})
        );
        let id = insert(&mut mailbox, "Subject: x\n\n", &["INBOX"]);
        done(
            &mut mailbox,
            "messages_modify",
            json!({"messageId": id, "addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}),
        );
        done(&mut mailbox, "messages_delete", json!({ "messageId": id }));
        let list = done(
            &mut mailbox,
            "history_list",
            json!({"startHistoryId": start}),
        );
        assert_eq!(
            list["history"],
            json!([
                {"id": "100011", "messages": [{"id": id, "threadId": id}],
                 "messagesAdded": [{"message": {"id": id, "threadId": id, "labelIds": ["INBOX"]}}]},
                {"id": "100022", "messages": [{"id": id, "threadId": id}],
                 "labelsRemoved": [{"message": {"id": id, "threadId": id}, "labelIds": ["INBOX"]}]},
                {"id": "100033", "messages": [{"id": id, "threadId": id}],
                 "labelsAdded": [{"message": {"id": id, "threadId": id, "labelIds": ["STARRED"]}, "labelIds": ["STARRED"]}]},
                {"id": "100044", "messages": [{"id": id, "threadId": id}],
                 "messagesDeleted": [{"message": {"id": id, "threadId": id, "labelIds": ["STARRED"]}}]},
            ])
        );
        assert_eq!(list["historyId"], "100044");
        let mut count = |params: Value| {
            done(&mut mailbox, "history_list", params)["history"]
                .as_array()
                .map(Vec::len)
        };
        assert_eq!(count(json!({"startHistoryId": "100011"})), Some(3));
        assert_eq!(
            count(json!({"startHistoryId": start, "historyTypes": ["messageAdded", "LABELADDED"]})),
            Some(2)
        );
        assert_eq!(
            count(json!({"startHistoryId": start, "labelId": "INBOX"})),
            Some(2)
        );
        let first = done(
            &mut mailbox,
            "history_list",
            json!({"startHistoryId": start, "maxResults": 3}),
        );
        let second = done(
            &mut mailbox,
            "history_list",
            json!({"startHistoryId": start, "pageToken": first["nextPageToken"]}),
        );
        assert_eq!(second["history"][0]["id"], "100044");
        assert!(second["nextPageToken"].is_null());
    }

    #[test]
    fn unknown_beginnings_are_not_found() {
        let mut mailbox = empty();
        for (start, code) in [
            (json!("1"), 404),
            (json!("999999999"), 404),
            (json!("x"), 400),
            (json!(null), 400),
        ] {
            let params = json!({ "startHistoryId": start });
            assert_eq!(
                refused(&mut mailbox, "history_list", params).0,
                code,
                "{start}"
            );
        }
        let kinds = json!({"startHistoryId": "100000", "historyTypes": ["all"]});
        assert_eq!(refused(&mut mailbox, "history_list", kinds).0, 400);
    }

    #[test]
    fn watching_has_an_end() {
        let mut mailbox = empty();
        let watched = done(
            &mut mailbox,
            "watch",
            json!({"topicName": "projects/p/topics/t", "labelIds": ["INBOX"]}),
        );
        assert_eq!(
            watched,
            json!({"historyId": "100000", "expiration": (NOW + 604_800_000).to_string()})
        );
        assert_eq!(
            refused(&mut mailbox, "watch", json!({"topicName": "t"})).0,
            400
        );
        assert_eq!(done(&mut mailbox, "stop", json!({})), Value::Null);
    }
}
