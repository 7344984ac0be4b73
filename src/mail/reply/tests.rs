use super::*;
use crate::mail::reference::MAXIMUM_REFERENCES;

use crate::api::gmail::types::{MessagePart, MessagePartHeader};

const ORIGINAL: &[u8] = b"From: Support <support@example.org>\r\nTo: Me <me@example.com>, second@example.net\r\n\
    Cc: third@example.net, SUPPORT@example.org\r\nSubject: Invoice\r\nDate: Tue, 24 Nov 2026 09:15:00 +0100\r\n\
    Message-ID: <3@example.org>\r\nReferences: <1@example.org>\r\n <2@example.org>\r\n\r\nIs it paid?\r\n";

fn own() -> MailboxList {
    "Me <me@example.com>, alias@example.com".parse().unwrap()
}

fn built(message: Compose) -> Reading {
    Reading::from_raw(
        &message
            .message_id("fixed@example.com")
            .date(0)
            .build()
            .unwrap()
            .raw,
    )
}

/// Reads the original with some of its headers replaced.
fn original(changes: &[(&str, &str)]) -> Reading {
    let mut text = String::from_utf8(ORIGINAL.to_vec()).unwrap();
    for (name, value) in changes {
        let kept: Vec<&str> = text
            .split("\r\n")
            .filter(|line| !line.starts_with(&format!("{name}:")))
            .collect();
        text = format!("{name}: {value}\r\n{}", kept.join("\r\n"));
    }
    Reading::from_raw(text.as_bytes())
}

fn message(id: &str, labels: &[&str], message_id: Option<&str>, internal_date: i64) -> Message {
    let header = |name: &str, value: &str| MessagePartHeader {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
    };
    let mut headers = vec![
        header("From", "support@example.org"),
        header("Subject", "Invoice"),
    ];
    headers.extend(message_id.map(|id| header("Message-Id", id)));
    Message {
        id: Some(id.to_owned()),
        label_ids: labels.iter().map(|label| (*label).to_owned()).collect(),
        internal_date: Some(internal_date.to_string()),
        payload: Some(MessagePart {
            headers,
            ..MessagePart::default()
        }),
        ..Message::default()
    }
}

#[test]
fn an_answer_carries_the_thread() {
    let answer = built(reply(&original(&[]), &own()).unwrap().text("Yes."));
    assert_eq!(answer.to.to_string(), "Support <support@example.org>");
    assert!(answer.cc.is_empty());
    assert_eq!(answer.from.to_string(), "Me <me@example.com>");
    assert_eq!(answer.subject.as_deref(), Some("Re: Invoice"));
    assert_eq!(answer.in_reply_to, ["3@example.org"]);
    assert_eq!(
        answer.references,
        ["1@example.org", "2@example.org", "3@example.org"]
    );
    assert_eq!(
        answer.text,
        "Yes.\n\nOn Tue, 24 Nov 2026 at 09:15 +0100, Support <support@example.org> wrote:\n> Is it paid?\n"
    );
    assert_eq!(answer.text_without_quote(), "Yes.");
    assert_eq!(answer.html, None);
}

/// Headers to replace, whether all are answered, and the `To` and `Cc` that follow.
type Case = (
    &'static [(&'static str, &'static str)],
    bool,
    &'static str,
    &'static str,
);

#[test]
fn recipients_follow_the_standard() {
    let table: [Case; 9] = [
        (
            &[],
            true,
            "Support <support@example.org>",
            "second@example.net, third@example.net",
        ),
        (
            &[("Reply-To", "list@example.org")],
            false,
            "list@example.org",
            "",
        ),
        (
            &[("Reply-To", "list@example.org")],
            true,
            "list@example.org",
            "second@example.net, third@example.net, SUPPORT@example.org",
        ),
        (
            &[("Reply-To", "me@example.com")],
            false,
            "Support <support@example.org>",
            "",
        ),
        (
            &[("From", "ME+tag@example.com")],
            false,
            "second@example.net",
            "",
        ),
        (
            &[("From", "alias@example.com")],
            true,
            "second@example.net",
            "third@example.net, SUPPORT@example.org",
        ),
        (
            &[
                ("From", "me@example.com"),
                ("To", "me@example.com"),
                ("Cc", ""),
            ],
            true,
            "me@example.com",
            "",
        ),
        (
            &[("From", "me@example.com"), ("To", "alias@example.com")],
            true,
            "third@example.net, SUPPORT@example.org",
            "",
        ),
        (
            &[("From", "a@example.net, b@example.net")],
            false,
            "a@example.net, b@example.net",
            "",
        ),
    ];
    for (changes, is_to_all, to, cc) in table {
        let reading = original(changes);
        let answer = if is_to_all {
            reply_all(&reading, &own())
        } else {
            reply(&reading, &own())
        };
        let answer = answer.unwrap();
        assert_eq!(
            (
                answer.to.to_string().as_str(),
                answer.cc.to_string().as_str()
            ),
            (to, cc),
            "{changes:?}"
        );
    }
    assert_eq!(
        reply(&original(&[("From", "")]), &own()).unwrap_err(),
        ReplyError::NoRecipient
    );
    let kept = reply_all(&original(&[]), &own())
        .unwrap()
        .retain_recipients(|address| address.domain() != "example.net");
    assert!(kept.cc.is_empty() && kept.to.len() == 1);
}

#[test]
fn the_author_is_the_address_that_was_written_to() {
    let reading = original(&[("To", "alias@example.com")]);
    assert_eq!(
        built(reply(&reading, &own()).unwrap()).from.to_string(),
        "alias@example.com"
    );
    let reading = original(&[("To", "list@example.net")]);
    assert_eq!(
        built(reply(&reading, &own()).unwrap()).from.to_string(),
        "Me <me@example.com>"
    );
    assert!(
        built(reply(&reading, &MailboxList::default()).unwrap())
            .from
            .is_empty()
    );
}

#[test]
fn subjects_get_one_prefix() {
    let table = [
        ("Invoice", "Re: Invoice", "Fwd: Invoice"),
        ("RE: Invoice", "RE: Invoice", "Fwd: RE: Invoice"),
        ("Fw: Invoice", "Re: Fw: Invoice", "Fw: Invoice"),
        (
            "=?utf-8?Q?Gr=C3=BC=C3=9Fe=0D=0ABcc:_x?=",
            "Re: Grüße  Bcc: x",
            "Fwd: Grüße  Bcc: x",
        ),
        ("", "Re:", "Fwd:"),
    ];
    for (subject, answered, forwarded) in table {
        let reading = original(&[("Subject", subject)]);
        assert_eq!(
            reply(&reading, &own()).unwrap().subject.as_deref(),
            Some(answered)
        );
        let message = forward(&reading, &own(), Vec::new())
            .unwrap()
            .to("a@example.net");
        assert_eq!(built(message).subject.as_deref(), Some(forwarded));
    }
}

#[test]
fn references_stay_short_and_well_formed() {
    let many: Vec<String> = (0..100)
        .map(|number| format!("<{number}@example.org>"))
        .collect();
    let answer = built(reply(&original(&[("References", &many.join(" "))]), &own()).unwrap());
    assert_eq!(answer.references.len(), MAXIMUM_REFERENCES);
    assert_eq!(answer.references.first().unwrap(), "0@example.org");
    assert_eq!(answer.references.last().unwrap(), "3@example.org");
    let from_parent = original(&[("References", ""), ("In-Reply-To", "<0@example.org>")]);
    assert_eq!(
        built(reply(&from_parent, &own()).unwrap()).references,
        ["0@example.org", "3@example.org"]
    );
    let malformed = original(&[(
        "References",
        "<a b@example.org> <ü@example.org> <ok@example.org>",
    )]);
    assert_eq!(
        built(reply(&malformed, &own()).unwrap()).references,
        ["ok@example.org", "3@example.org"]
    );
}

#[test]
fn the_latest_message_that_can_be_answered_is_found() {
    let thread = Thread {
        id: Some("t".to_owned()),
        messages: vec![
            message("1", &[], Some("<1@example.org>"), 1),
            message("3", &["INBOX"], Some("<3@example.org>"), 3),
            message("2", &[], Some("<2@example.org>"), 2),
            message("4", &[], None, 4),
            message("5", &["DRAFT"], Some("<5@example.org>"), 5),
            message("6", &["TRASH"], Some("<6@example.org>"), 6),
            message("7", &["SPAM"], Some("<7@example.org>"), 7),
        ],
        ..Thread::default()
    };
    assert_eq!(
        answerable_message(&thread).unwrap().id.as_deref(),
        Some("3")
    );
    let composed = reply(&thread, &own()).unwrap().text("x").build().unwrap();
    assert_eq!(composed.thread_id.as_deref(), Some("t"));
    assert_eq!(
        Reading::from_raw(&composed.raw).in_reply_to,
        ["3@example.org"]
    );
    assert_eq!(
        reply(&Thread::default(), &own()).unwrap_err(),
        ReplyError::NoMessage
    );
    let single = reply(thread.messages.last().unwrap(), &own()).unwrap();
    assert_eq!(single.in_reply_to, ["7@example.org"]);
}

#[test]
fn html_is_quoted_as_html() {
    let raw = [ORIGINAL.strip_suffix(b"\r\nIs it paid?\r\n").unwrap(), b"Content-Type: text/html\r\n\r\n<html><body><p>Is it <b>paid?<script>x()</script></p></body></html>"].concat();
    let reading = Reading::from_raw(&raw);
    let answer = built(reply(&reading, &own()).unwrap().text("Yes & no."));
    let html = answer.html.unwrap();
    assert!(
        html.starts_with(
            "<div style=\"white-space:pre-wrap\">Yes &amp; no.</div><br><div class=\"gmail_quote\">"
        ),
        "{html}"
    );
    assert!(
        html.contains("<p>Is it <b>paid?</b></p></blockquote></div>"),
        "{html}"
    );
    assert!(
        answer.text.ends_with("wrote:\n> Is it paid?\n"),
        "{}",
        answer.text
    );
    let plain = built(
        reply(&reading, &own())
            .unwrap()
            .without_quotation()
            .text("Yes."),
    );
    assert_eq!((plain.text.as_str(), plain.html), ("Yes.\n", None));
    let document = built(
        reply(&reading, &own())
            .unwrap()
            .html("<html><body>Yes.</body></html>"),
    );
    assert!(
        document
            .html
            .unwrap()
            .trim_end()
            .ends_with("</blockquote></div></body></html>")
    );
}

#[test]
fn a_forward_carries_the_original_and_its_files() {
    let raw = [ORIGINAL.strip_suffix(b"\r\nIs it paid?\r\n").unwrap(), b"Content-Type: text/html\r\n\r\n<p>See <img src='cid:logo' alt='Logo'> <img src='cid:gone' alt='Gone'></p>"].concat();
    let reading = Reading::from_raw(&raw);
    let files = vec![
        ForwardAttachment::new("../in\r\nvoice.pdf", "no type", *b"%PDF"),
        ForwardAttachment::new("logo.png", "image/png", [1, 2]).with_content_id("logo"),
    ];
    assert!(!format!("{files:?}").contains("invoice"));
    let message = forward(&reading, &own(), files)
        .unwrap()
        .to("a@example.net")
        .text("For you.");
    let forwarded = built(message);
    assert!(forwarded.text.starts_with(
        "For you.\n\n---------- Forwarded message ---------\nFrom: Support <support@example.org>\n\
         Date: Tue, 24 Nov 2026 at 09:15 +0100\nSubject: Invoice\nTo: Me <me@example.com>, second@example.net\n"
    ), "{}", forwarded.text);
    let html = forwarded.html.unwrap();
    assert!(
        html.contains("<img src=\"cid:logo\" alt=\"Logo\"> [Gone]"),
        "{html}"
    );
    let mut files: Vec<_> = forwarded
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.mime_type.as_str(), file.is_inline))
        .collect();
    files.sort_unstable();
    assert_eq!(
        files,
        [
            ("invoice.pdf", "application/octet-stream", false),
            ("logo.png", "image/png", true)
        ]
    );
    assert_eq!(
        forwarded.references,
        ["1@example.org", "2@example.org", "3@example.org"]
    );
}
