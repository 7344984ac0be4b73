//! Mail archives in the mbox form, Google Takeout's included.

use std::{
    io::{self, BufRead, Error, ErrorKind},
    sync::Arc,
};

use bytes::Bytes;

use super::{
    Mailbox,
    conversation::Links,
    header::{date, find, parse_date, trim_line_end},
    label::Labels,
    part::Part,
    snippet::snippet,
    store::{Arrival, LabelId},
    word::decode_words,
};

impl Mailbox {
    /// Imports every message of an mbox file and tells how many there were.
    ///
    /// Each message keeps its bytes: only the marks that the mbox form itself
    /// puts in are taken out (the `From ` line, the empty line before the next
    /// one, and one `>` of lines such as `>From `). Broken messages come in as
    /// they are.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not an mbox file.
    pub(crate) fn import_mbox(&mut self, mut reader: impl BufRead) -> io::Result<usize> {
        let mut count = 0;
        let mut line = Vec::new();
        let mut current: Option<Entry> = None;
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let separates = match &current {
                Some(entry) => is_separator(trim_line_end(&line), entry.ends_blank),
                None => line.starts_with(b"From "),
            };
            if separates {
                if let Some(entry) = current.replace(Entry::new(&line)) {
                    self.import(entry);
                    count += 1;
                }
                continue;
            }
            match &mut current {
                Some(entry) => entry.push(&line),
                None if trim_line_end(&line).trim_ascii().is_empty() => {}
                None => {
                    return Err(Error::new(
                        ErrorKind::InvalidData,
                        "this is not an mbox file: its first line does not begin with \"From \"; \
                         give a file in mbox form, such as the one that Google Takeout exports",
                    ));
                }
            }
        }
        if let Some(entry) = current {
            self.import(entry);
            count += 1;
        }
        Ok(count)
    }

    fn import(&mut self, entry: Entry) {
        let (raw, received) = entry.finish();
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
                // Unix mail readers note here that a message has been read.
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
            date,
            labels,
            thread,
        });
        if draft {
            self.drafts.create(id);
        }
    }
}

struct Entry {
    raw: Vec<u8>,
    ends_blank: bool,
    received: Option<i64>,
}

impl Entry {
    fn new(separator: &[u8]) -> Self {
        Self {
            raw: Vec::new(),
            // The first line of a message may be the next separator already.
            ends_blank: true,
            received: separator_date(&String::from_utf8_lossy(separator)),
        }
    }

    fn push(&mut self, line: &[u8]) {
        self.ends_blank = trim_line_end(line).is_empty();
        self.raw.extend(unquote(line));
    }

    fn finish(mut self) -> (Bytes, Option<i64>) {
        if self.ends_blank {
            let length = trim_line_end(&self.raw).len();
            self.raw.truncate(length);
        }
        self.raw.shrink_to_fit();
        (Bytes::from(self.raw), self.received)
    }
}

fn unquote(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b">") else {
        return line;
    };
    let quotes = rest.iter().take_while(|byte| **byte == b'>').count();
    match rest.get(quotes..) {
        Some(text) if text.starts_with(b"From ") => rest,
        _ => line,
    }
}

const DAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn is_separator(line: &[u8], after_blank: bool) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let rest = String::from_utf8_lossy(rest);
    let words: Vec<&str> = rest.split_whitespace().collect();
    let dated = words
        .windows(2)
        .any(|pair| matches!(pair, [day, month] if DAYS.contains(day) && MONTHS.contains(month)));
    // Not every writer quotes a sentence that begins with "From", and not every
    // writer leaves an empty line: a date after the sender settles it, and a
    // bare sender counts only after an empty line.
    dated || (after_blank && words.len() <= 1)
}

fn separator_date(line: &str) -> Option<i64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let start = words.windows(2).position(
        |pair| matches!(pair, [day, month] if DAYS.contains(day) && MONTHS.contains(month)),
    )?;
    let rest = words.get(start + 1..)?;
    let month = rest.first()?;
    let day = rest.get(1)?;
    let time = rest.iter().find(|word| word.contains(':'))?;
    let year = rest
        .iter()
        .rev()
        .find(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    let zone = rest
        .iter()
        .find(|word| word.len() == 5 && (word.starts_with('+') || word.starts_with('-')))
        .unwrap_or(&"+0000");
    parse_date(&format!("{day} {month} {year} {time} {zone}"))
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

    fn raws(mailbox: &Mailbox) -> Vec<&[u8]> {
        mailbox
            .store
            .messages
            .values()
            .map(|message| &message.raw[..])
            .collect()
    }

    #[test]
    fn messages_come_back_byte_for_byte() {
        let messages: [&[u8]; 5] = [
            b"Subject: one\n\ntext\n",
            b"Subject: two\r\n\r\nFrom here\r\n>From there\r\n\r\n",
            b"\n",
            b"\xff\xfe no header \x00\n",
            b"Subject: x\n\n\n\nFrom me\n\nFrom a Mon Jan  1 00:00:00 2026 even this\n",
        ];
        let mut file = Vec::new();
        for message in messages {
            file.extend(b"From user@example.com Thu Jan  1 00:00:00 2026\n");
            for line in message.split_inclusive(|byte| *byte == b'\n') {
                let quotes = line.iter().take_while(|byte| **byte == b'>').count();
                if line[quotes..].starts_with(b"From ") {
                    file.push(b'>');
                }
                file.extend(line);
            }
            file.extend(b"\n");
        }
        let mailbox = import(&file);
        assert_eq!(raws(&mailbox), messages);
    }

    #[test]
    fn a_sentence_does_not_part_a_message() {
        let mailbox = import(
            b"From a Thu Jan  1 00:00:00 2026\nSubject: x\n\ntext\n\nFrom the beginning of time\nFrom Mon to Fri\n\nFrom b@example.com\nSubject: y\n\n",
        );
        assert_eq!(mailbox.store.messages.len(), 2);
    }

    #[test]
    fn files_of_other_kinds_are_refused() {
        let mut mailbox = Mailbox::new("user@example.com");
        assert_eq!(mailbox.import_mbox(&b""[..]).unwrap(), 0);
        assert_eq!(mailbox.import_mbox(&b"\n\r\n"[..]).unwrap(), 0);
        let error = mailbox.import_mbox(&b"Subject: x\n\n"[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains("not an mbox file"));
        assert_eq!(mailbox.import_mbox(&b"\nFrom x\n"[..]).unwrap(), 1);
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
