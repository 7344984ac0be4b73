//! Notes on a reply for its author to read before sending.

use std::fmt;

use crate::mail::{
    address::{Address, AddressError, mailbox::MailboxList},
    read::{Reading, protection::is_smime},
};

/// A note on a reply or forward, to read before sending.
///
/// ```
/// use airbyte_agent_gmail::mail::{AnswerNote, MailboxList, Reading, reply};
///
/// let original = Reading::from_raw(b"From: no-reply@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nYour order.\r\n");
/// let answer = reply(&original, &MailboxList::default())?;
/// assert_eq!(answer.notes(), [AnswerNote::NoReply]);
/// # Ok::<(), airbyte_agent_gmail::mail::ReplyError>(())
/// ```
///
/// `Display` puts it in words; neither it nor `Debug` shows an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerNote {
    /// A recipient was left out because the address is invalid.
    LeftOut {
        /// The recipient, as in the original.
        address: Address,
        /// What is wrong with the address.
        reason: AddressError,
    },
    /// The original is a mail server's report, or has an empty return path (RFC 5321 section 4.5.5), so nobody will
    /// read the reply.
    Bounce,
    /// A program sent the original, for example as an automatic reply (RFC 3834).
    Automatic,
    /// The recipient's address says that nobody reads its mail.
    NoReply,
    /// The original is encrypted, so its text is not quoted.
    Encrypted,
}

impl AnswerNote {
    /// The recipient who was left out.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::LeftOut { address, .. } => Some(address),
            _ => None,
        }
    }
}

impl fmt::Display for AnswerNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LeftOut { reason, .. } => {
                return write!(formatter, "a recipient is left out: {reason}");
            }
            Self::Bounce => {
                "the original is a mail server's report, or accepts no reply (an empty return path): nobody will \
                 read the answer"
            }
            Self::Automatic => "a program sent the original: perhaps nobody will read the answer",
            Self::NoReply => "the recipient's address says that nobody reads what is sent to it",
            Self::Encrypted => "the original is encrypted, so its text is not quoted",
        })
    }
}

/// The notes on a reply, except for recipients that were left out.
pub(crate) fn notes(reading: &Reading, to: &MailboxList) -> Vec<AnswerNote> {
    let mut notes = Vec::new();
    if reading.is_from_mail_server() || reading.has_empty_return_path() {
        notes.push(AnswerNote::Bounce);
    } else if is_automatic(reading) {
        notes.push(AnswerNote::Automatic);
    }
    if to.iter().any(is_no_reply) {
        notes.push(AnswerNote::NoReply);
    }
    if is_encrypted(reading) {
        notes.push(AnswerNote::Encrypted);
    }
    notes
}

fn local_part(address: &Address) -> String {
    let whole = address.address();
    let local_part = whole.rsplit_once('@').map_or(whole, |(local, _)| local);
    local_part.trim_matches('"').to_lowercase()
}

fn is_automatic(reading: &Reading) -> bool {
    let keyword = |name: &str| {
        let value = reading.header(name).unwrap_or_default();
        let keyword = value.split([';', '(']).next().unwrap_or_default();
        keyword.trim().to_ascii_lowercase()
    };
    // People write to lists, and older lists mark their messages as bulk.
    let is_list = ["List-Id", "List-Post"]
        .iter()
        .any(|name| reading.header(name).is_some());
    let precedence = keyword("Precedence");
    reading.is_auto_submitted()
        || matches!(precedence.as_str(), "auto_reply" | "junk")
        || (precedence == "bulk" && !is_list)
        || ["X-Autoreply", "X-Autorespond", "X-Auto-Reply"]
            .iter()
            .any(|name| !matches!(keyword(name).as_str(), "" | "no"))
}

/// Whether an address says that it isn't read, such as `no-reply`, `donotreply` or `orders.noreply+42`.
fn is_no_reply(address: &Address) -> bool {
    const WORDS: [&str; 8] = [
        "noreply",
        "donotreply",
        "dontreply",
        "noresponse",
        "noresponder",
        "neantworten",
        "nichtantworten",
        "nepasrepondre",
    ];
    let local_part = local_part(address);
    let words: Vec<&str> = local_part
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    (0..words.len()).any(|start| {
        let tail = words.get(start..).unwrap_or_default().concat();
        WORDS.iter().any(|word| tail.starts_with(word))
    })
}

/// Whether only the recipients' keys can decrypt a message's text.
pub(crate) fn is_encrypted(reading: &Reading) -> bool {
    let text = reading.text.trim_start();
    let is_unreadable = text.is_empty() || text.starts_with("-----BEGIN PGP MESSAGE-----");
    is_unreadable && (reading.encryption.is_some() || is_sealed(reading))
}

/// Whether there is S/MIME that isn't just signed (RFC 8551 section 3.2.2); signed content has been read.
fn is_sealed(reading: &Reading) -> bool {
    let content_type = reading
        .header("Content-Type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_other = ["signed-data", "certs-only"]
        .iter()
        .any(|kind| content_type.contains(kind));
    let mime_type = content_type.split(';').next().unwrap_or_default().trim();
    let mut attachments = reading.attachments.iter();
    !is_other && (is_smime(mime_type) || attachments.any(|file| is_smime(&file.mime_type)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes_of(headers: &str) -> Vec<AnswerNote> {
        let raw = format!("{headers}\n\nText.\n");
        let reading = Reading::from_raw(raw.as_bytes());
        let to = reading.from.clone();
        notes(&reading, &to)
    }

    #[test]
    fn what_nobody_reads_is_told() {
        use AnswerNote::{Automatic, Bounce, NoReply};
        let table: [(&str, &[AnswerNote]); 22] = [
            ("From: MAILER-DAEMON@example.org", &[Bounce]),
            (
                "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nAuto-Submitted: auto-replied",
                &[Bounce],
            ),
            ("From: a@example.org\nReturn-Path: <>", &[Bounce]),
            ("From: a@example.org\nReturn-Path: < >", &[Bounce]),
            ("From: a@example.org\nReturn-Path: <a@example.org>", &[]),
            (
                "From: a@example.org\nAuto-Submitted: auto-generated",
                &[Automatic],
            ),
            (
                "From: a@example.org\nAuto-Submitted: Auto-Replied; owner-email=\"b@example.org\"",
                &[Automatic],
            ),
            ("From: a@example.org\nAuto-Submitted: no", &[]),
            ("From: a@example.org\nAuto-Submitted: No (comment)", &[]),
            ("From: a@example.org\nPrecedence: bulk", &[Automatic]),
            (
                "From: a@example.org\nPrecedence: bulk\nList-Id: <list.example.org>",
                &[],
            ),
            ("From: a@example.org\nPrecedence: list", &[]),
            ("From: a@example.org\nPrecedence: auto_reply", &[Automatic]),
            ("From: a@example.org\nX-Autoreply: yes", &[Automatic]),
            ("From: no-reply@example.org", &[NoReply]),
            ("From: noreply+a1@example.org", &[NoReply]),
            ("From: orders.do_not_reply@example.org", &[NoReply]),
            ("From: NoReply123@example.org", &[NoReply]),
            ("From: casinoreply@example.org", &[]),
            ("From: noah.reply@example.org", &[]),
            ("From: nobody@example.org", &[]),
            ("From: ne-pas-repondre@example.org", &[NoReply]),
        ];
        for (headers, expected) in table {
            assert_eq!(notes_of(headers), expected, "{headers}");
        }
    }

    #[test]
    fn encrypted_messages_are_told() {
        let encrypted = [
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\n\
             Content-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n\
             -----BEGIN PGP MESSAGE-----\n--b--\n",
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx\n",
            "Content-Type: application/x-pkcs7-mime; smime-type=authEnveloped-data\n\nx\n",
            "Content-Type: application/pkcs7-mime; name=\"smime.p7m\"\n\nx\n",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pkcs7-mime; \
             smime-type=enveloped-data\n\nx\n--b--\n",
            "Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
        ];
        for raw in encrypted {
            assert!(is_encrypted(&Reading::from_raw(raw.as_bytes())), "{raw}");
        }
        for raw in [
            "Subject: x\n\nSee below.\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
            "Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nx\n",
            "Content-Type: application/pdf\n\nx\n",
        ] {
            assert!(!is_encrypted(&Reading::from_raw(raw.as_bytes())), "{raw}");
        }
    }
}
