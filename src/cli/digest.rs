//! Identifies a message, whatever mail programs have added to its header.

use sha2::{Digest, Sha256};

/// Headers that mail programs add to the mail they store, for their own use.
const NOTES: [&[u8]; 15] = [
    b"content-length",
    b"lines",
    b"status",
    b"x-evolution",
    b"x-gmail-labels",
    b"x-imap",
    b"x-imapbase",
    b"x-keywords",
    b"x-label",
    b"x-mozilla-keys",
    b"x-mozilla-status",
    b"x-mozilla-status2",
    b"x-status",
    b"x-tuid",
    b"x-uid",
];

/// The digest of a message. It is the same for every stored copy, in mbox or Maildir, with any line ends and any
/// headers that mail programs added.
pub(crate) fn digest(raw: &[u8]) -> String {
    Sha256::digest(plain(raw))
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A message without mail programs' headers and mbox quoting, with LF line ends.
pub(crate) fn plain(raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(raw.len());
    let (mut is_header, mut is_note) = (true, false);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if is_header {
            is_header = !line.is_empty();
            let is_continued = matches!(line.first(), Some(b' ' | b'\t'));
            is_note = if is_continued {
                is_note
            } else {
                is_noted(line)
            };
            if is_note && is_header {
                continue;
            }
        }
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        let rest = line.get(quotes..).unwrap_or_default();
        plain.extend_from_slice(if rest.starts_with(b"From ") {
            rest
        } else {
            line
        });
        plain.push(b'\n');
    }
    let end = plain.iter().rposition(|byte| *byte != b'\n');
    plain.truncate(end.map_or(0, |end| end + 1));
    plain
}

fn is_noted(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.trim_ascii_end().to_ascii_lowercase();
    NOTES.contains(&name.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_note_does_not_count() {
        let raw = b"From: a@example.com\r\nSubject: x\r\n\r\nFrom here\r\nText\r\n";
        for copy in [
            b"Status: RO\nFrom: a@example.com\nSubject: x\nX-Keywords: a\n b\nContent-Length: 3\n\nFrom here\nText\n\n".as_slice(),
            b"From: a@example.com\nX-GMAIL-LABELS : Inbox,\n Unread\nSubject: x\n\n>From here\nText",
        ] {
            assert_eq!(digest(copy), digest(raw));
        }
        for other in [
            b"From: a@example.com\nSubject: x\n\nFrom here\nText\nStatus: RO\n".as_slice(),
            b"From: a@example.com\nSubject: y\n\nFrom here\nText\n",
            b"From: a@example.com\nSubject: x\n\nFrom here\nText.\n",
        ] {
            assert_ne!(digest(other), digest(raw));
        }
        assert_eq!(digest(b""), digest(b"\n"));
        assert_eq!(digest(b"").len(), 32);
    }
}
