//! Changes to a message's labels.

use std::sync::Arc;

use super::{
    Mailbox,
    label::Labels,
    parameter::{self, Parameters},
    refusal::Refusal,
    store::LabelId,
};

#[derive(Debug, Default)]
pub(super) struct Edit {
    add: Vec<LabelId>,
    remove: Vec<LabelId>,
}

impl Edit {
    /// Parses `addLabelIds` and `removeLabelIds`.
    pub(super) fn of(labels: &Labels, params: &Parameters) -> Result<Self, Refusal> {
        const MOST: usize = 100;
        let read = |name: &'static str| -> Result<Vec<LabelId>, Refusal> {
            let ids = parameter::list(params, name);
            if ids.len() > MOST {
                return Err(Refusal::invalid(format!("Too many {name}: at most 100")));
            }
            ids.iter()
                .map(|id| {
                    let id = labels.known(id)?;
                    if matches!(&*id, "SENT" | "DRAFT") {
                        return Err(Refusal::invalid(format!("Cannot add/remove {id}")));
                    }
                    Ok(id)
                })
                .collect()
        };
        let edit = Self {
            add: read("addLabelIds")?,
            remove: read("removeLabelIds")?,
        };
        if edit.add.is_empty() && edit.remove.is_empty() {
            return Err(Refusal::invalid("No label add or removes specified"));
        }
        if edit.add.iter().any(|label| edit.remove.contains(label)) {
            return Err(Refusal::invalid(
                "Cannot both add and remove the same label",
            ));
        }
        Ok(edit.complete())
    }

    /// Moves to the trash.
    pub(super) fn trash() -> Self {
        Self {
            add: vec![Arc::from("TRASH")],
            remove: Vec::new(),
        }
        .complete()
    }

    /// Takes out of the trash.
    pub(super) fn untrash() -> Self {
        Self {
            add: Vec::new(),
            remove: vec![Arc::from("TRASH")],
        }
    }

    // A message is in at most one of these places. Trash takes precedence over spam, and spam over the inbox.
    fn complete(mut self) -> Self {
        const PLACES: &[&str] = &["INBOX", "SPAM", "TRASH"];
        let place = ["TRASH", "SPAM", "INBOX"]
            .iter()
            .find(|place| self.add.iter().any(|label| **label == ***place));
        if let Some(place) = place {
            for other in PLACES.iter().filter(|other| *other != place) {
                self.add.retain(|label| **label != **other);
                if !self.remove.iter().any(|label| **label == **other) {
                    self.remove.push(Arc::from(*other));
                }
            }
        }
        self
    }
}

impl Mailbox {
    /// Applies a label change to one message.
    pub(super) fn edit(&mut self, message: u64, edit: &Edit) {
        self.store.relabel(message, &edit.add, &edit.remove);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sandbox::mailbox::support::{done, empty, insert, refused};

    fn labels(mailbox: &mut Mailbox, id: &str, add: &[&str], remove: &[&str]) -> Value {
        let params = json!({"messageId": id, "addLabelIds": add, "removeLabelIds": remove});
        done(mailbox, "messages_modify", params)["labelIds"].clone()
    }

    #[test]
    fn labels_come_and_go() {
        let mut mailbox = empty();
        let id = insert(&mut mailbox, "Subject: x\n\n", &["INBOX", "UNREAD"]);
        assert_eq!(
            labels(&mut mailbox, &id, &["STARRED"], &["UNREAD"]),
            json!(["INBOX", "STARRED"])
        );
        assert_eq!(
            labels(&mut mailbox, &id, &["STARRED"], &["UNREAD"]),
            json!(["INBOX", "STARRED"])
        );
        assert_eq!(
            labels(&mut mailbox, &id, &[], &["INBOX", "STARRED"]),
            Value::Null
        );
    }

    #[test]
    fn a_message_is_in_one_place() {
        let mut mailbox = empty();
        let id = insert(&mut mailbox, "Subject: x\n\n", &["INBOX"]);
        assert_eq!(labels(&mut mailbox, &id, &["TRASH"], &[]), json!(["TRASH"]));
        assert_eq!(labels(&mut mailbox, &id, &["SPAM"], &[]), json!(["SPAM"]));
        assert_eq!(labels(&mut mailbox, &id, &["INBOX"], &[]), json!(["INBOX"]));
        let trashed = done(&mut mailbox, "messages_trash", json!({ "messageId": id }));
        assert_eq!(trashed["labelIds"], json!(["TRASH"]));
        let back = done(&mut mailbox, "messages_untrash", json!({ "messageId": id }));
        assert!(back["labelIds"].is_null());
    }

    #[test]
    fn impossible_changes_are_refused() {
        let mut mailbox = empty();
        let id = insert(&mut mailbox, "Subject: x\n\n", &["INBOX"]);
        let many: Vec<&str> = vec!["STARRED"; 101];
        for (add, remove, expected) in [
            (vec!["Label_9"], vec![], "Invalid label: Label_9"),
            (vec!["SENT"], vec![], "Cannot add/remove SENT"),
            (vec![], vec!["DRAFT"], "Cannot add/remove DRAFT"),
            (vec![], vec![], "No label add or removes specified"),
            (
                vec!["STARRED"],
                vec!["STARRED"],
                "Cannot both add and remove the same label",
            ),
            (many, vec![], "Too many addLabelIds: at most 100"),
        ] {
            let params = json!({"messageId": id, "addLabelIds": add, "removeLabelIds": remove});
            assert_eq!(
                refused(&mut mailbox, "messages_modify", params),
                (400, expected.to_owned())
            );
        }
    }
}
