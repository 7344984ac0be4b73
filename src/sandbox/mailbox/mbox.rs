//! Mail archives in mbox format, including Google Takeout's.

use std::{
    io::{self, Read},
    sync::Arc,
};

use bytes::Bytes;

use super::{
    Mailbox,
    conversation::Links,
    header::{date, find},
    label::Labels,
    part::Part,
    snippet::snippet,
    store::{Arrival, LabelId},
    word::decode_words,
};
use crate::sync::mbox::{Archived, Reader};

impl Mailbox {
    /// Imports every message of an mbox file and returns their number.
    ///
    /// Each message keeps its bytes. Only what the mbox format adds is removed: the `From ` line, the empty line before
    /// the next one, and one `>` of lines such as `>From `. Broken messages are imported as they are.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or is not an mbox.
    pub(crate) fn import_mbox(&mut self, reader: impl Read) -> io::Result<usize> {
        self.changes += 1;
        let mut count = 0;
        for message in Reader::new(reader) {
            self.import(message?);
            count += 1;
        }
        Ok(count)
    }

    fn import(&mut self, archived: Archived) {
        let received = archived.received_ms;
        let raw = Bytes::from(archived.raw);
        let message = Part::read(&raw);
        let decoded = |name: &str| find(&message.fields, name).map(|field| field.unfolded());
        let date = find(&message.fields, "Date")
            .and_then(date)
            .or(received)
            .unwrap_or_else(|| self.clock.now());
        let (labels, draft) = match decoded("X-Gmail-Labels") {
            Some(names) => takeout_labels(&mut self.labels, &decode_words(&names, false)),
            None => {
                let mut labels: Vec<LabelId> = vec![Arc::from("INBOX")];
                // Unix mail programs mark read messages here.
                if !decoded("Status").is_some_and(|status| status.contains('R')) {
                    labels.push(Arc::from("UNREAD"));
                }
                (labels, false)
            }
        };
        let thread = decoded("X-GM-THRID").and_then(|id| id.trim().parse::<u64>().ok());
        let id = self.store.add(Arrival {
            snippet: snippet(&message),
            links: Links::of(&message),
            raw,
            message: &message,
            date,
            labels,
            thread,
        });
        if draft {
            self.drafts.create(id);
        }
    }
}

fn takeout_labels(labels: &mut Labels, names: &str) -> (Vec<LabelId>, bool) {
    let mut found: Vec<LabelId> = Vec::new();
    let mut draft = false;
    for name in split_names(names) {
        let id: LabelId = match name.to_lowercase().as_str() {
            "" | "opened" | "archived" => continue,
            "inbox" => Arc::from("INBOX"),
            "sent" => Arc::from("SENT"),
            "draft" | "drafts" => {
                draft = true;
                Arc::from("DRAFT")
            }
            "trash" | "bin" => Arc::from("TRASH"),
            "spam" => Arc::from("SPAM"),
            "unread" => Arc::from("UNREAD"),
            "starred" => Arc::from("STARRED"),
            "important" => Arc::from("IMPORTANT"),
            "chat" => Arc::from("CHAT"),
            "category personal" => Arc::from("CATEGORY_PERSONAL"),
            "category social" => Arc::from("CATEGORY_SOCIAL"),
            "category promotions" => Arc::from("CATEGORY_PROMOTIONS"),
            "category updates" => Arc::from("CATEGORY_UPDATES"),
            "category forums" => Arc::from("CATEGORY_FORUMS"),
            _ => labels.named(&name),
        };
        if !found.contains(&id) {
            found.push(id);
        }
    }
    (found, draft)
}

fn split_names(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            '\\' if quoted => {
                if let (Some(name), Some(next)) = (names.last_mut(), chars.next()) {
                    name.push(next);
                }
            }
            _ => {
                if let Some(name) = names.last_mut() {
                    name.push(char);
                }
            }
        }
    }
    names.iter().map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(text: &[u8]) -> Mailbox {
        let mut mailbox = Mailbox::new("user@example.com");
        mailbox.fix_clock(1_780_000_000_000);
        mailbox.import_mbox(text).unwrap();
        mailbox
    }

    #[test]
    fn a_time_before_1970_is_none() {
        let mailbox = import(
            b"From x Thu Jan  1 00:30:00 1970 +0100\nSubject: x\n\nFrom x Thu Jan  1 00:30:00 1970\nSubject: y\n",
        );
        let dates: Vec<i64> = mailbox
            .store
            .messages
            .values()
            .map(|message| message.date)
            .collect();
        assert_eq!(dates, [1_780_000_000_000, 1_800_000]);
    }

    #[test]
    fn takeout_labels_and_threads_are_kept() {
        let mailbox = import(
            b"From 1@xxx Thu Jan 01 10:00:00 +0000 2026\nX-GM-THRID: 1234567890123456789\nX-Gmail-Labels: =?UTF-8?Q?Inbox,Unread,\"A,_B\",Caf=C3=A9/Sub,?=\n =?UTF-8?Q?Category_Updates?=\nSubject: x\n\ntext\n\nFrom 2@xxx Thu Jan 01 11:00:00 +0000 2026\nX-GM-THRID: 1234567890123456789\nX-Gmail-Labels: Opened,Archived,Drafts,cafe\nSubject: y\n\n",
        );
        let messages: Vec<_> = mailbox.store.messages.values().collect();
        assert_eq!(messages[0].thread, 1_234_567_890_123_456_789);
        assert_eq!(messages[1].thread, messages[0].thread);
        assert_eq!(messages[0].date, 1_767_261_600_000);
        let names: Vec<&str> = messages[0]
            .labels
            .iter()
            .map(|id| {
                mailbox
                    .labels
                    .iter()
                    .find(|label| label.id == *id)
                    .unwrap()
                    .name
                    .as_str()
            })
            .collect();
        assert_eq!(
            names,
            ["INBOX", "UNREAD", "A, B", "Café/Sub", "CATEGORY_UPDATES"]
        );
        assert!(messages[1].has("DRAFT"));
        assert_eq!(mailbox.drafts.iter().count(), 1);
        assert!(messages[0].raw.starts_with(b"X-GM-THRID"));
    }
}
