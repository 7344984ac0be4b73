//! Labels: the system's and the user's.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    color::Color,
    order::TOP,
    parameter::{self, Parameters},
    refusal::Refusal,
    store::LabelId,
};

// Gmail's label list hides the labels marked `true`.
const SYSTEM: &[(&str, bool)] = &[
    ("CHAT", true),
    ("SENT", false),
    ("INBOX", false),
    ("IMPORTANT", true),
    ("TRASH", true),
    ("DRAFT", false),
    ("SPAM", true),
    ("CATEGORY_FORUMS", true),
    ("CATEGORY_UPDATES", true),
    ("CATEGORY_PERSONAL", true),
    ("CATEGORY_PROMOTIONS", true),
    ("CATEGORY_SOCIAL", true),
    ("STARRED", false),
    ("UNREAD", false),
];

#[derive(Debug, Clone)]
pub(super) struct Label {
    /// The id; a system label's id is its name.
    pub(super) id: LabelId,
    /// The name; slashes nest labels.
    pub(super) name: String,
    system: bool,
    message_list: Option<&'static str>,
    label_list: Option<&'static str>,
    color: Option<Color>,
}

/// The labels of a mailbox.
#[derive(Debug)]
pub(super) struct Labels {
    list: Vec<Label>,
    created: u64,
}

impl Labels {
    /// Only the system labels.
    pub(super) fn new() -> Self {
        let list = SYSTEM
            .iter()
            .map(|(name, hidden)| Label {
                id: Arc::from(*name),
                name: (*name).to_owned(),
                system: true,
                message_list: hidden.then_some("hide"),
                label_list: hidden.then_some("labelHide"),
                color: None,
            })
            .collect();
        Self { list, created: 0 }
    }

    /// Every label, system labels first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Label> {
        self.list.iter()
    }

    /// The label with this id, or an error.
    pub(super) fn known(&self, id: &str) -> Result<LabelId, Refusal> {
        self.list
            .iter()
            .find(|label| &*label.id == id)
            .map(|label| label.id.clone())
            .ok_or_else(|| Refusal::invalid(format!("Invalid label: {id}")))
    }

    /// The user's label with this name, created if needed.
    pub(super) fn named(&mut self, name: &str) -> LabelId {
        match self
            .list
            .iter()
            .find(|label| label.name.eq_ignore_ascii_case(name))
        {
            Some(label) => label.id.clone(),
            None => self.create(Fields {
                name: name.to_owned(),
                message_list: "show",
                label_list: "labelShow",
                color: None,
            }),
        }
    }

    fn create(&mut self, fields: Fields) -> LabelId {
        self.created += 1;
        let id: LabelId = Arc::from(format!("Label_{}", self.created));
        self.list.push(Label {
            id: id.clone(),
            name: fields.name,
            system: false,
            message_list: Some(fields.message_list),
            label_list: Some(fields.label_list),
            color: fields.color,
        });
        id
    }

    fn find(&self, params: &Parameters) -> Result<&Label, Refusal> {
        let id = parameter::required(params, "labelId")?;
        self.list
            .iter()
            .find(|label| *label.id == *id)
            .ok_or_else(Refusal::not_found)
    }

    fn check_name(&self, name: &str, own: Option<&LabelId>) -> Result<String, Refusal> {
        const LONGEST: usize = 225;
        let name = name.trim();
        if name.is_empty()
            || name.chars().count() > LONGEST
            || name.chars().any(char::is_control)
            || name.split('/').any(|piece| piece.trim().is_empty())
            || is_reserved(name)
        {
            return Err(Refusal::invalid("Invalid label name"));
        }
        let taken = self.list.iter().any(|label| {
            Some(&label.id) != own && label.name.to_lowercase() == name.to_lowercase()
        });
        if taken {
            return Err(Refusal::aborted("Label name exists or conflicts"));
        }
        Ok(name.to_owned())
    }
}

impl Label {
    /// Whether it is a system label.
    pub(super) fn is_system(&self) -> bool {
        self.system
    }

    /// The label as in the API's answers, without counts.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("id".into(), (*self.id).into());
        json.insert("name".into(), self.name.clone().into());
        json.insert(
            "type".into(),
            if self.system { "system" } else { "user" }.into(),
        );
        if let Some(visibility) = self.message_list {
            json.insert("messageListVisibility".into(), visibility.into());
        }
        if let Some(visibility) = self.label_list {
            json.insert("labelListVisibility".into(), visibility.into());
        }
        if let Some(color) = &self.color {
            json.insert("color".into(), color.to_json());
        }
        json
    }
}

impl Mailbox {
    /// `labels.list`.
    pub(super) fn labels_list(&self) -> Value {
        json!({
            "labels": self.labels.iter().map(Label::to_json).collect::<Vec<_>>(),
        })
    }

    /// `labels.get`: includes the counts.
    pub(super) fn labels_get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let label = self.labels.find(params)?;
        let mut json = label.to_json();
        let mut threads = HashSet::new();
        let mut unread_threads = HashSet::new();
        let (mut messages, mut unread) = (0, 0);
        let carriers = self.store.labelled(&label.id).newest_first(true, TOP);
        for message in carriers.filter_map(|(_, id)| self.store.messages.get(&id)) {
            messages += 1;
            threads.insert(message.thread);
            if message.has("UNREAD") {
                unread += 1;
                unread_threads.insert(message.thread);
            }
        }
        json.insert("messagesTotal".into(), messages.into());
        json.insert("messagesUnread".into(), unread.into());
        json.insert("threadsTotal".into(), threads.len().into());
        json.insert("threadsUnread".into(), unread_threads.len().into());
        Ok(json.into())
    }

    /// `labels.create`.
    pub(super) fn labels_create(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let name = parameter::text(params, "name").unwrap_or_default();
        let fields = Fields {
            name: self.labels.check_name(&name, None)?,
            message_list: message_visibility(params)?.unwrap_or("show"),
            label_list: label_visibility(params)?.unwrap_or("labelShow"),
            color: Color::of(params)?,
        };
        let id = self.labels.create(fields);
        self.label_json(&id)
    }

    /// `labels.update`: fields not given get their default values.
    pub(super) fn labels_update(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        self.change_label(params, true)
    }

    /// `labels.patch`: fields not given keep their values.
    pub(super) fn labels_patch(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        self.change_label(params, false)
    }

    /// `labels.delete`: also removes the label from every message.
    pub(super) fn labels_delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let label = self.labels.find(params)?;
        if label.system {
            return Err(Refusal::invalid("Invalid delete request"));
        }
        let id = label.id.clone();
        let mut carriers: Vec<u64> = self
            .store
            .labelled(&id)
            .newest_first(true, TOP)
            .map(|(_, message)| message)
            .collect();
        carriers.sort_unstable();
        for message in carriers {
            self.store.relabel(message, &[], std::slice::from_ref(&id));
        }
        self.labels.list.retain(|label| label.id != id);
        Ok(Value::Null)
    }

    fn change_label(&mut self, params: &Parameters, replace: bool) -> Result<Value, Refusal> {
        let label = self.labels.find(params)?;
        if label.system {
            return Err(Refusal::invalid("Invalid update request"));
        }
        let id = label.id.clone();
        if parameter::text(params, "id").is_some_and(|given| *given != *id) {
            return Err(Refusal::invalid("Invalid label id"));
        }
        // Airbyte's connector allows an update without a name, but no label can be nameless.
        let name = match parameter::text(params, "name") {
            Some(name) => self.labels.check_name(&name, Some(&id))?,
            None => label.name.clone(),
        };
        let message_list = message_visibility(params)?;
        let label_list = label_visibility(params)?;
        let color = Color::of(params)?;
        if let Some(label) = self.labels.list.iter_mut().find(|label| label.id == id) {
            label.name = name;
            if replace || message_list.is_some() {
                label.message_list = Some(message_list.unwrap_or("show"));
            }
            if replace || label_list.is_some() {
                label.label_list = Some(label_list.unwrap_or("labelShow"));
            }
            if replace || color.is_some() {
                label.color = color;
            }
        }
        self.label_json(&id)
    }

    fn label_json(&self, id: &LabelId) -> Result<Value, Refusal> {
        self.labels
            .iter()
            .find(|label| label.id == *id)
            .map(|label| label.to_json().into())
            .ok_or_else(Refusal::not_found)
    }
}

struct Fields {
    name: String,
    message_list: &'static str,
    label_list: &'static str,
    color: Option<Color>,
}

fn is_reserved(name: &str) -> bool {
    // Names of Gmail's own labels and searches, current and former.
    const OTHERS: &[&str] = &[
        "ALL",
        "ALL MAIL",
        "ALLMAIL",
        "ARCHIVE",
        "ARCHIVED",
        "BIN",
        "CHATS",
        "DRAFTS",
        "MIGRATED",
        "MUTED",
        "READ",
        "SCHEDULED",
        "SENT MAIL",
        "SNOOZED",
        "STARS",
        "VOICEMAIL",
    ];
    SYSTEM
        .iter()
        .map(|(system, _)| system)
        .chain(OTHERS)
        .any(|reserved| reserved.eq_ignore_ascii_case(name))
}

fn message_visibility(params: &Parameters) -> Result<Option<&'static str>, Refusal> {
    parameter::choice(params, "messageListVisibility", &["show", "hide"])
}

fn label_visibility(params: &Parameters) -> Result<Option<&'static str>, Refusal> {
    parameter::choice(
        params,
        "labelListVisibility",
        &["labelShow", "labelShowIfUnread", "labelHide"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::mailbox::support::{done, empty, insert, refused};

    #[test]
    fn system_labels_are_there_and_fixed() {
        let mut mailbox = empty();
        let list = done(&mut mailbox, "labels_list", json!({}));
        assert_eq!(list["labels"].as_array().map(Vec::len), Some(SYSTEM.len()));
        assert_eq!(
            done(&mut mailbox, "labels_get", json!({"labelId": "INBOX"})),
            json!({
                "id": "INBOX", "name": "INBOX", "type": "system",
                "messagesTotal": 0, "messagesUnread": 0, "threadsTotal": 0, "threadsUnread": 0,
            })
        );
        for operation in ["labels_delete", "labels_update", "labels_patch"] {
            let params = json!({"labelId": "INBOX", "name": "x"});
            assert_eq!(refused(&mut mailbox, operation, params).0, 400);
        }
    }

    #[test]
    fn user_labels_live_and_die_with_their_marks() {
        let mut mailbox = empty();
        let made = done(
            &mut mailbox,
            "labels_create",
            json!({
                "name": "Work/Deep",
                "labelListVisibility": "labelHide",
                "color": {"textColor": "#FFFFFF", "backgroundColor": "#000000"},
            }),
        );
        assert_eq!(
            made,
            json!({
                "id": "Label_1", "name": "Work/Deep", "type": "user",
                "messageListVisibility": "show", "labelListVisibility": "labelHide",
                "color": {"textColor": "#ffffff", "backgroundColor": "#000000"},
            })
        );
        let id = insert(&mut mailbox, "Subject: x\n\n", &["Label_1", "UNREAD"]);
        let counted = done(&mut mailbox, "labels_get", json!({"labelId": "Label_1"}));
        assert_eq!(counted["messagesUnread"], 1);
        assert_eq!(counted["threadsTotal"], 1);
        let patched = done(
            &mut mailbox,
            "labels_patch",
            json!({"labelId": "Label_1", "name": "Play"}),
        );
        assert_eq!(patched["labelListVisibility"], "labelHide");
        let replaced = done(
            &mut mailbox,
            "labels_update",
            json!({"labelId": "Label_1", "id": "Label_1", "name": "play"}),
        );
        assert_eq!(replaced["labelListVisibility"], "labelShow");
        assert!(replaced["color"].is_null());
        assert_eq!(
            done(&mut mailbox, "labels_delete", json!({"labelId": "Label_1"})),
            Value::Null
        );
        let message = done(&mut mailbox, "messages_get", json!({ "messageId": id }));
        assert_eq!(message["labelIds"], json!(["UNREAD"]));
        assert_eq!(
            refused(&mut mailbox, "labels_get", json!({"labelId": "Label_1"})).0,
            404
        );
        let next = done(&mut mailbox, "labels_create", json!({"name": "Play"}));
        assert_eq!(next["id"], "Label_2");
    }

    #[test]
    fn names_and_values_are_checked() {
        let mut mailbox = empty();
        done(&mut mailbox, "labels_create", json!({"name": "Work"}));
        for (params, code) in [
            (json!({"name": "work"}), 409),
            (json!({"name": "Inbox"}), 400),
            (json!({"name": "archive"}), 400),
            (json!({"name": "All Mail"}), 400),
            (json!({"name": "muted"}), 400),
            (json!({"name": "a\u{1b}[2Jb"}), 400),
            (json!({"name": "a\tb"}), 400),
            (json!({"name": "/a"}), 400),
            (json!({"name": "a/"}), 400),
            (json!({"name": ""}), 400),
            (json!({}), 400),
            (json!({"name": "a//b"}), 400),
            (json!({"name": "x".repeat(226)}), 400),
            (json!({"name": "x", "messageListVisibility": "maybe"}), 400),
            (
                json!({"name": "x", "color": {"textColor": "red", "backgroundColor": "#000000"}}),
                400,
            ),
            (json!({"name": "x", "color": {"textColor": "#000000"}}), 400),
        ] {
            assert_eq!(
                refused(&mut mailbox, "labels_create", params.clone()).0,
                code,
                "{params}"
            );
        }
    }
}
