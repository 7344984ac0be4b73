//! The sample mail of a new sandbox.
//!
//! Each message is a file in `sample/`, because many contain bytes that a source file cannot. Their dates are in 2026,
//! so that every sandbox starts the same.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::json;

use super::{Mailbox, delivery::date_of, refusal::Refusal, store::LabelId};

struct Mail {
    raw: &'static [u8],
    labels: &'static str,
    // The date of mail without its own, in milliseconds since 1970.
    received: i64,
}

macro_rules! mail {
    ($file:literal, $labels:literal) => {
        mail!($file, $labels, 1_770_876_000_000)
    };
    ($file:literal, $labels:literal, $received:literal) => {
        Mail {
            raw: include_bytes!(concat!($file, ".eml")),
            labels: $labels,
            received: $received,
        }
    };
}

const MAILS: &[Mail] = &[
    mail!("welcome", "INBOX IMPORTANT CATEGORY_PERSONAL"),
    mail!("alternative", "UNREAD INBOX IMPORTANT CATEGORY_PERSONAL"),
    mail!("invoice", "UNREAD INBOX CATEGORY_UPDATES Label_1 Label_2"),
    mail!("inline-image", "STARRED INBOX CATEGORY_PERSONAL Label_1"),
    mail!(
        "invitation",
        "UNREAD INBOX IMPORTANT CATEGORY_PERSONAL Label_1"
    ),
    mail!("latin-1", "INBOX CATEGORY_PERSONAL Label_2"),
    mail!("windows-1252", "INBOX CATEGORY_UPDATES"),
    mail!("koi8-r", "UNREAD INBOX CATEGORY_PERSONAL"),
    mail!("gbk", "INBOX CATEGORY_UPDATES"),
    mail!("shift-jis", "INBOX CATEGORY_UPDATES Label_3"),
    mail!("iso-2022-jp", "INBOX CATEGORY_PERSONAL"),
    mail!("right-to-left", "INBOX CATEGORY_UPDATES Label_3"),
    mail!("emoji", "UNREAD INBOX CATEGORY_SOCIAL"),
    mail!("file-names", "INBOX CATEGORY_PERSONAL"),
    mail!("flowed", "INBOX CATEGORY_PERSONAL"),
    mail!("mailing-list", "UNREAD CATEGORY_FORUMS"),
    mail!("newsletter", "UNREAD INBOX CATEGORY_PROMOTIONS"),
    mail!("sent-copies", "SENT Label_1"),
    mail!("sent-question", "SENT"),
    mail!("delivery-report", "UNREAD INBOX CATEGORY_UPDATES"),
    mail!("forwarded", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("signed", "INBOX CATEGORY_UPDATES"),
    mail!("long-lines", "CATEGORY_UPDATES"),
    mail!("empty-body", "INBOX CATEGORY_UPDATES"),
    mail!("no-date", "INBOX CATEGORY_UPDATES"),
    mail!("no-from", "INBOX CATEGORY_PERSONAL"),
    mail!("broken-boundary", "INBOX CATEGORY_PERSONAL"),
    mail!("broken-words", "INBOX CATEGORY_PERSONAL"),
    mail!("unknown-charset", "INBOX CATEGORY_PERSONAL"),
    mail!("twice", "INBOX CATEGORY_PERSONAL"),
    mail!("bare-lf", "CATEGORY_UPDATES"),
    mail!("injection", "UNREAD INBOX CATEGORY_PERSONAL"),
    mail!("spam", "UNREAD SPAM"),
    mail!("trashed", "TRASH CATEGORY_PROMOTIONS"),
    mail!("receipt", "INBOX CATEGORY_UPDATES Label_4"),
    mail!("social", "UNREAD INBOX CATEGORY_SOCIAL"),
    mail!("note-to-self", "INBOX SENT"),
    mail!("itinerary", "STARRED CATEGORY_UPDATES Label_3"),
    mail!("raw-headers", "INBOX CATEGORY_PERSONAL"),
    mail!("security-alert", "UNREAD INBOX IMPORTANT CATEGORY_UPDATES"),
    mail!("thread-01", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-02", "SENT Label_1"),
    mail!("thread-03", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-04", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-05", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-06", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-07", "SENT Label_1"),
    mail!("thread-08", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-09", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!("thread-10", "INBOX IMPORTANT CATEGORY_PERSONAL Label_1"),
    mail!(
        "thread-11",
        "STARRED INBOX IMPORTANT CATEGORY_PERSONAL Label_1"
    ),
    mail!(
        "thread-12",
        "UNREAD INBOX IMPORTANT CATEGORY_PERSONAL Label_1"
    ),
    mail!("draft-new", "DRAFT", 1_772_960_400_000),
    mail!("draft-reply", "DRAFT", 1_772_964_000_000),
];

impl Mailbox {
    /// The mailbox of user@example.com, with all kinds of mail.
    pub(crate) fn sample() -> Self {
        // Cannot fail: the test below builds it.
        Self::build_sample().unwrap_or_else(|_| Self::new("user@example.com"))
    }

    fn build_sample() -> Result<Self, Refusal> {
        let mut mailbox = Self::new("user@example.com");
        for label in [
            json!({"name": "Work", "color": {"textColor": "#ffffff", "backgroundColor": "#4986e7"}}),
            json!({"name": "Work/Invoices"}),
            json!({"name": "Travel", "color": {"textColor": "#000000", "backgroundColor": "#fad165"}}),
            json!({"name": "Receipts", "labelListVisibility": "labelShowIfUnread"}),
        ] {
            mailbox.labels_create(&label.as_object().cloned().unwrap_or_default())?;
        }
        let mut mails: Vec<(i64, Bytes, &str)> = MAILS
            .iter()
            .map(|mail| {
                let raw = Bytes::from_static(mail.raw);
                let date = date_of(&raw).unwrap_or(mail.received);
                (date, raw, mail.labels)
            })
            .collect();
        mails.push((
            1_771_200_000_000,
            Bytes::from(large_text()),
            "CATEGORY_UPDATES",
        ));
        // Gmail's ids increase with the time of arrival.
        mails.sort_by_key(|(date, ..)| *date);
        for (date, raw, labels) in mails {
            let labels: Vec<LabelId> = labels
                .split_whitespace()
                .map(|id| mailbox.labels.known(id))
                .collect::<Result<_, _>>()?;
            let draft = labels.contains(&LabelId::from("DRAFT"));
            let id = mailbox.receive(raw, date, labels, None);
            if draft {
                mailbox.drafts.create(id);
            }
        }
        Ok(mailbox)
    }
}

// Gmail moves large texts behind an attachment id. Generating one keeps the package small.
fn large_text() -> String {
    let mut text = String::from(
        "From: Monitor <monitor@example.org>\r\nTo: user@example.com\r\n\
         Subject: The whole log of the month\r\nDate: Mon, 16 Feb 2026 00:00:00 +0000\r\n\
         Message-ID: <log.54@example.org>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n",
    );
    for line in 1..=9000 {
        // Writing to a string cannot fail.
        let _ = write!(text, "{line:05} request served in {} ms\r\n", line % 97);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn list(mailbox: &mut Mailbox, query: &str) -> usize {
        let params = json!({ "q": query });
        mailbox
            .call("messages_list", params.as_object().unwrap())
            .unwrap()["resultSizeEstimate"]
            .as_u64()
            .unwrap() as usize
    }

    #[test]
    fn two_samples_are_alike() {
        let sample = Mailbox::build_sample().unwrap();
        assert_eq!(sample.store.messages.len(), MAILS.len() + 1);
        assert_eq!(sample.state(), Mailbox::sample().state());
        assert_eq!(sample.email_address(), "user@example.com");
    }

    #[test]
    fn every_mail_is_shown_in_every_format() {
        let mut sample = Mailbox::sample();
        let ids: Vec<u64> = sample.store.messages.keys().copied().collect();
        for id in ids {
            let raw = sample.store.messages[&id].raw.clone();
            for format in ["full", "metadata", "minimal", "raw"] {
                let params = json!({"messageId": format!("{id:016x}"), "format": format});
                let message = sample
                    .call("messages_get", params.as_object().unwrap())
                    .unwrap();
                if format == "raw" {
                    let text = message["raw"].as_str().unwrap();
                    assert_eq!(super::super::encoding::decode_wire(text).unwrap(), raw);
                }
            }
        }
    }

    #[test]
    fn searches_find_what_a_person_would_expect() {
        let mut sample = Mailbox::sample();
        for (query, expected) in [
            ("in:anywhere", MAILS.len() + 1),
            ("", MAILS.len() - 1),
            ("in:spam", 1),
            ("in:trash", 1),
            ("in:drafts", 2),
            ("subject:release", 13),
            ("subject:release from:me", 3),
            ("subject:release -from:me", 10),
            ("crème", 1),
            ("\"crème brûlée\"", 1),
            ("Пожалуйста", 1),
            ("订单", 1),
            ("議事録", 1),
            ("has:attachment filename:pdf", 3),
            ("filename:invoice-2026-0042.pdf", 1),
            ("list:users.lists.example.org", 1),
            ("rfc822msgid:<welcome.1@example.org>", 1),
            ("rfc822msgid:welcome.1@example.org", 1),
            ("label:work-invoices", 2),
            ("label:travel is:starred", 1),
            ("larger:200K", 1),
            ("after:2026/03/01 before:2026/03/03", 3),
            ("to:archive@example.net", 1),
            ("bcc:archive", 1),
            ("cc:archive", 0),
            ("category:promotions", 1),
            ("{from:billing from:bank}", 2),
            ("from:billing OR from:bank is:unread", 1),
            ("is:unread in:inbox category:social", 2),
            ("nosuchword", 0),
            ("foo:bar", 0),
        ] {
            assert_eq!(list(&mut sample, query), expected, "{query}");
        }
    }

    #[test]
    fn the_long_thread_is_one() {
        let mut sample = Mailbox::sample();
        let params = json!({"q": "subject:release in:sent"});
        let threads = sample
            .call("threads_list", params.as_object().unwrap())
            .unwrap();
        assert_eq!(threads["resultSizeEstimate"], 1);
        let params = json!({"threadId": threads["threads"][0]["id"], "format": "minimal"});
        let thread = sample
            .call("threads_get", params.as_object().unwrap())
            .unwrap();
        let messages = thread["messages"].as_array().map(Vec::len);
        assert_eq!(messages, Some(13));
    }

    #[test]
    fn damaged_mail_is_shown_as_far_as_it_goes() {
        let mut sample = Mailbox::sample();
        let mut find = |query: &str| -> Value {
            let params = json!({ "q": query });
            let found = sample
                .call("messages_list", params.as_object().unwrap())
                .unwrap();
            let params = json!({"messageId": found["messages"][0]["id"]});
            sample
                .call("messages_get", params.as_object().unwrap())
                .unwrap()
        };
        let boundary = find("subject:part");
        let parts = boundary["payload"]["parts"].as_array().map(Vec::len);
        assert_eq!(parts, Some(1));
        let words = find("rfc822msgid:words.27@example.net");
        let subject = words["payload"]["headers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|header| header["name"] == "Subject")
            .unwrap();
        assert_eq!(
            subject["value"],
            "✓ ok and =?utf-8?B?!!!notbase64 =?x-nowhere?Q?left=20alone?="
        );
        let names = find("subject:kind subject:names");
        let names: Vec<&str> = names["payload"]["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["filename"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "",
                "とても長いファイル名の報告書 2026.txt",
                "Résumé été.bin",
                "../../etc/over there; \"quoted\".txt"
            ]
        );
        let large = find("subject:log subject:month");
        assert!(large["payload"]["body"]["attachmentId"].is_string());
    }
}
