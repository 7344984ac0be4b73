//! Flags that mail programs record for a message (read, starred, draft), and keywords, which become labels.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use airbyte_agent_gmail::mail::Reading;

use super::folder::decoded;

/// A message's flags; `None` if no program recorded them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    is_unread: Option<bool>,
    is_starred: Option<bool>,
    is_draft: bool,
    is_trashed: bool,
    /// From the file name, which changes with every flag.
    is_of_file: bool,
}

impl Marks {
    /// The flags of a Maildir file: letters after `:2,` in its name, and the folder `new` for unseen messages.
    /// <https://cr.yp.to/proto/maildir.html>
    pub(super) fn of_file(path: &str) -> Self {
        let flags = flags(path);
        let has = |flag| flags.contains(flag);
        Self {
            is_unread: Some(!has('S')),
            is_starred: Some(has('F')),
            is_draft: has('D'),
            is_trashed: has('T'),
            is_of_file: true,
        }
    }

    /// The flags in headers that mail programs write to an mbox: `Status` and `X-Status`, or `X-Mozilla-Status`.
    pub(super) fn of_header(raw: &[u8]) -> Self {
        let header = super::header(raw);
        if !["Status", "X-Status", "X-Mozilla-Status"]
            .iter()
            .any(|name| super::has_field(header, name))
        {
            return Self::default();
        }
        let header = Reading::from_raw(header);
        // Other systems use this header with values of their own.
        let letters = |name: &str| {
            let value = header.header(name)?.trim();
            value
                .chars()
                .all(|letter| "ADFNORUT".contains(letter))
                .then(|| value.to_owned())
        };
        let (status, others) = (letters("Status"), letters("X-Status"));
        let mozilla = header
            .header("X-Mozilla-Status")
            .and_then(|value| u32::from_str_radix(value.trim(), 16).ok());
        // <https://www-archive.mozilla.org/hacking/mozilla-status.html>: 1 is read, 4 is marked, 8 is deleted.
        Self {
            is_unread: status
                .as_ref()
                .map(|status| !status.contains('R'))
                .or(mozilla.map(|flags| flags & 1 == 0)),
            is_starred: others
                .as_ref()
                .map(|status| status.contains('F'))
                .or(mozilla.map(|flags| flags & 4 != 0)),
            is_draft: others.as_ref().is_some_and(|status| status.contains('T')),
            is_trashed: others.is_some_and(|status| status.contains('D'))
                || mozilla.is_some_and(|flags| flags & 8 != 0),
            is_of_file: false,
        }
    }

    /// Applies the flags to labels. `are_known` means that the labels are complete as of when the message was saved.
    pub(super) fn apply(self, labels: &mut Vec<String>, are_known: bool) {
        // Programs that merely open an mbox mark its messages as old and unread.
        if are_known && !self.is_of_file {
            return;
        }
        for (label, is_set) in [("UNREAD", self.is_unread), ("STARRED", self.is_starred)] {
            match is_set {
                Some(false) => labels.retain(|known| known != label),
                Some(true) => add(labels, label),
                None => {}
            }
        }
        if self.is_draft {
            add(labels, "DRAFT");
        }
        if self.is_trashed {
            add(labels, "TRASH");
        }
    }
}

/// The letters after `:2,` in a file name.
///
/// Where names can't contain a colon, programs, file systems and copying services use another character or none.
pub(super) fn flags(path: &str) -> &str {
    let Some((before, flags)) = path.rsplit_once("2,") else {
        return "";
    };
    // The letters are in ASCII order. A host name can end the same way, as in `mail-2,S=512`.
    let is_of_letters = flags.bytes().all(|flag| flag.is_ascii_alphabetic());
    if before.ends_with(':') || is_of_letters && flags.bytes().is_sorted() {
        flags
    } else {
        ""
    }
}

/// Adds a label unless it is there.
pub(super) fn add(labels: &mut Vec<String>, label: &str) {
    if !labels.iter().any(|known| known == label) {
        labels.push(label.to_owned());
    }
}

/// The headers in which servers and programs record a message's keywords in an mbox.
const KEYWORD_FIELDS: [&str; 2] = ["X-Keywords", "X-Mozilla-Keys"];

/// Dovecot's letters for keywords in one Maildir folder.
pub(super) type Letters = HashMap<char, String>;

/// Reads a folder's `dovecot-keywords`; empty if the file is missing.
/// <https://doc.dovecot.org/2.3/admin_manual/mailbox_formats/maildir/>
pub(super) fn letters_of(folder: &Path) -> Letters {
    let table = fs::read_to_string(folder.join("dovecot-keywords")).unwrap_or_default();
    let lines = table.lines().filter_map(|line| line.split_once(' '));
    lines
        .filter_map(|(number, keyword)| {
            let letter = ('a'..='z').nth(number.parse().ok()?)?;
            Some((letter, keyword.trim().to_owned()))
        })
        .collect()
}

/// The labels for the letters in a file name.
pub(super) fn keywords_of_file(path: &str, letters: &Letters) -> Vec<String> {
    let keywords = flags(path).chars().filter_map(|flag| letters.get(&flag));
    of_user(keywords.map(String::as_str))
}

/// The labels for the keywords in an mbox message's header.
pub(super) fn keywords_of_header(raw: &[u8]) -> Vec<String> {
    let header = super::header(raw);
    if !KEYWORD_FIELDS
        .iter()
        .any(|name| super::has_field(header, name))
    {
        return Vec::new();
    }
    let header = Reading::from_raw(header);
    let fields = KEYWORD_FIELDS.iter().filter_map(|name| header.header(name));
    of_user(fields.flat_map(str::split_whitespace))
}

/// Keywords as labels, without those that programs set for their own purposes.
fn of_user<'a>(keywords: impl Iterator<Item = &'a str>) -> Vec<String> {
    const OF_PROGRAMS: [&str; 7] = [
        "junk",
        "nonjunk",
        "notjunk",
        "forwarded",
        "redirected",
        "old",
        "receipt-handled",
    ];
    let mut labels = Vec::new();
    for keyword in keywords {
        let lower = keyword.to_lowercase();
        let is_of_user = !lower.starts_with(['$', '\\'])
            && !lower.starts_with("unknown-")
            && !OF_PROGRAMS.contains(&lower.as_str());
        if is_of_user && !keyword.is_empty() {
            add(&mut labels, &decoded(keyword));
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(marks: Marks) -> String {
        let mut labels = vec!["UNREAD".to_owned(), "X".to_owned()];
        marks.apply(&mut labels, false);
        labels.sort();
        labels.join(" ")
    }

    #[test]
    fn files_tell_marks() {
        for (path, expected) in [
            ("new/1.M2P3.example.com", "UNREAD X"),
            ("cur/1.M2P3.example.com:2,", "UNREAD X"),
            ("cur/1.M2P3.example.com:2,S", "X"),
            ("cur/1.M2P3.example.com,S=12,W=14:2,FS", "STARRED X"),
            ("cur/1.M2P3.example.com:2,DS", "DRAFT X"),
            (".Work/cur/1.M2P3.example.com;2,RSTab", "TRASH X"),
            ("cur/1.M2P3.example.com_2,FS", "STARRED X"),
            ("cur/1.M2P3.example.com\u{f03a}2,FS", "STARRED X"),
            ("cur/1.M2P3.example.com\u{f022}2,FS", "STARRED X"),
            ("cur/1.M2P3.example.com\u{ff1a}2,FS", "STARRED X"),
            ("cur/1.M2P3.example.com%3A2,FS", "STARRED X"),
            ("cur/1.M2P3.example2,S", "X"),
            ("new/1.M2P3.mail-2,S=512,W=520", "UNREAD X"),
            ("cur/1.M2P3.mail-2,S=512,W=520:2,", "UNREAD X"),
            ("cur/1.M2P3.mail_2,S=512:2,S", "X"),
        ] {
            assert_eq!(labels(Marks::of_file(path)), expected, "{path}");
        }
    }

    #[test]
    fn headers_tell_marks() {
        for (fields, expected) in [
            ("", "UNREAD X"),
            ("Status: RO\n", "X"),
            ("Status: O\n", "UNREAD X"),
            ("Status: RO\nX-Status: AF\n", "STARRED X"),
            ("Status: Open\n", "UNREAD X"),
            ("X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", "X"),
            ("X-Mozilla-Status: 0005\n", "STARRED X"),
            ("X-Mozilla-Status: 0000\n", "UNREAD X"),
            ("X-Mozilla-Status: 0009\n", "TRASH X"),
            ("Status: RO\nX-Status: AD\n", "TRASH X"),
        ] {
            let raw = format!("From: a@example.com\n{fields}Subject: x\n\nStatus: RO\n");
            assert_eq!(
                labels(Marks::of_header(raw.as_bytes())),
                expected,
                "{fields}"
            );
        }
    }

    #[test]
    fn keywords_give_labels() {
        let folder = tempfile::tempdir().unwrap();
        let table = "0 $Forwarded\n1 Work\n2 NonJunk\n3 Entw&APw-rfe\nx\n99 far\n";
        fs::write(folder.path().join("dovecot-keywords"), table).unwrap();
        let letters = letters_of(folder.path());
        assert_eq!(
            keywords_of_file("cur/1.M2:2,Sabcd", &letters),
            ["Work", "Entwürfe"]
        );
        assert!(keywords_of_file("cur/1.M2P3abd", &letters).is_empty());
        assert!(letters_of(Path::new("nowhere")).is_empty());
        let raw = b"X-Keywords: Work $label1 unknown-0\nX-Mozilla-Keys:      work later \n\nX-Keywords: a\n";
        assert_eq!(keywords_of_header(raw), ["Work", "work", "later"]);
    }
}
