use super::reference::MAXIMUM_REFERENCES;
use super::*;
use crate::mail::address::Address;

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

/// Reads the original with some headers replaced.
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
        id: id.to_owned(),
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

/// Headers to replace, whether to reply to all, and the resulting `To` and `Cc`.
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
        ("Re[2]: Invoice", "Re[2]: Invoice", "Fwd: Re[2]: Invoice"),
        ("Re : Invoice", "Re : Invoice", "Fwd: Re : Invoice"),
        ("RE(3):Invoice", "RE(3):Invoice", "Fwd: RE(3):Invoice"),
        ("Re：Invoice", "Re：Invoice", "Fwd: Re：Invoice"),
        (
            "Return: Invoice",
            "Re: Return: Invoice",
            "Fwd: Return: Invoice",
        ),
        ("Re 3", "Re: Re 3", "Fwd: Re 3"),
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
    // An id with non-ASCII characters would need servers that support them.
    let odd = original(&[(
        "References",
        "<a b@example.org> (from <c@example.org>) <ü@example.org> <20260104.4710>",
    )]);
    assert_eq!(
        built(reply(&odd, &own()).unwrap()).references,
        ["a b@example.org", "20260104.4710", "3@example.org"]
    );
}

#[test]
fn odd_message_ids_are_copied_as_they_are() {
    for id in [
        "<20260105.4711>",
        "<a b@example.org>",
        "<\"a>b\"@example.org>",
        "<a@b@example.org>",
        "<UPPER.lower@[192.0.2.1]>",
        "<abc$def%ghi!@example.org>",
    ] {
        let reading = original(&[("Message-ID", id), ("References", "<1@example.org>")]);
        let raw = reply(&reading, &own()).unwrap().build().unwrap().raw;
        let raw = String::from_utf8(raw)
            .unwrap()
            .replace("\r\n\t", " ")
            .replace("\r\n ", " ");
        assert!(raw.contains(&format!("\r\nIn-Reply-To: {id}\r\n")), "{raw}");
        assert!(
            raw.contains(&format!("\r\nReferences: <1@example.org> {id}\r\n")),
            "{raw}"
        );
    }
    let several = original(&[
        ("References", ""),
        ("In-Reply-To", "<1@x.example> <2@x.example>"),
    ]);
    let answer = built(reply(&several, &own()).unwrap());
    assert_eq!(answer.references, ["3@example.org"]);
    assert_eq!(answer.in_reply_to, ["3@example.org"]);
}

#[test]
fn a_reply_to_without_an_address_is_passed_over() {
    for reply_to in ["none", "", "<>", "No Reply <>", "undisclosed-recipients:;"] {
        let reading = original(&[("Reply-To", reply_to)]);
        let answer = reply(&reading, &own()).unwrap();
        assert_eq!(
            built(answer).to.to_string(),
            reading.from.to_string(),
            "{reply_to}"
        );
    }
}

#[test]
fn a_reply_to_of_others_goes_first_whoever_wrote() {
    let table: [Case; 7] = [
        (
            &[
                ("From", "me@example.com"),
                ("To", "me@example.com"),
                ("Cc", ""),
                ("Reply-To", "Customer <customer@example.org>"),
            ],
            false,
            "Customer <customer@example.org>",
            "",
        ),
        (
            &[
                ("From", "Form <alias@example.com>"),
                ("Reply-To", "a@example.org, me@example.com"),
            ],
            true,
            "a@example.org",
            "second@example.net, third@example.net, SUPPORT@example.org",
        ),
        (
            &[
                ("From", "me@example.com"),
                ("Reply-To", "alias@example.com"),
            ],
            false,
            "second@example.net",
            "",
        ),
        (
            &[("From", "me@example.com, other@example.org"), ("Cc", "")],
            false,
            "other@example.org",
            "",
        ),
        (
            &[
                ("From", "me@example.com, other@example.org"),
                ("Reply-To", "a@example.org"),
                ("Cc", ""),
            ],
            true,
            "a@example.org",
            "second@example.net",
        ),
        (
            &[
                ("Reply-To", "list@example.org, LIST@example.org"),
                ("List-Id", "<list.example.org>"),
                ("Cc", ""),
            ],
            true,
            "list@example.org",
            "second@example.net",
        ),
        (
            &[
                ("From", "\"Me\" <ME@EXAMPLE.COM>"),
                ("Reply-To", "\"me\"@example.com, b@example.org"),
            ],
            false,
            "b@example.org",
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
        let written = (answer.to.to_string(), answer.cc.to_string());
        assert_eq!(written, (to.to_owned(), cc.to_owned()), "{changes:?}");
    }
}

#[test]
fn addresses_are_answered_as_they_came_and_others_are_left_out_and_told() {
    let long = format!("reply+{}@reply.example.com", "000c89caea14b0bf".repeat(7));
    let reading = original(&[("Reply-To", &format!("<{long}>"))]);
    assert_eq!(built(reply(&reading, &own()).unwrap()).to.to_string(), long);
    let reading = original(&[(
        "Cc",
        "Bob <bob.@docomo.example>, Eva <<eva@example.org>>, <@relay.example:r@example.org>, a @ b.example, \
         J =?utf-8?Q?=C3=B6?= <j@bücher.example>, jörg@example.org, Doe, \"jo doe\"@example.com;",
    )]);
    let answer = reply_all(&reading, &own()).unwrap();
    let left_out: Vec<_> = answer
        .notes()
        .iter()
        .filter_map(AnswerNote::address)
        .map(Address::address)
        .collect();
    assert_eq!(left_out, ["jörg@example.org", "Doe"]);
    assert!(!format!("{:?}", answer.notes()).contains("example"));
    assert!(
        answer
            .notes()
            .iter()
            .all(|note| !note.to_string().contains("example.org"))
    );
    assert_eq!(
        built(answer).cc.to_string(),
        "second@example.net, Bob <\"bob.\"@docomo.example>, Eva <eva@example.org>, r@example.org, a@b.example, \
         J ö <j@xn--bcher-kva.example>, \"jo doe\"@example.com"
    );
    let alone = original(&[("From", "jörg@example.org")]);
    let error = reply(&alone, &own()).unwrap_err();
    assert!(
        matches!(error, ReplyError::UnusableRecipient { .. }),
        "{error}"
    );
    assert!(reply_all(&alone, &own()).is_ok());
    let quoted = original(&[("From", "\"jo doe\"@example.com")]);
    assert_eq!(
        quoted
            .from
            .first()
            .map(|address| (address.name(), address.address())),
        Some((None, "\"jo doe\"@example.com"))
    );
    assert_eq!(
        built(reply(&quoted, &own()).unwrap()).to.to_string(),
        "\"jo doe\"@example.com"
    );
}

#[test]
fn what_can_not_be_quoted_is_told() {
    let raw = b"From: a@example.org\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx\r\n";
    let reading = Reading::from_raw(raw);
    let answer = reply(&reading, &own()).unwrap().text("Yes.");
    assert_eq!(answer.notes(), [AnswerNote::Encrypted]);
    assert_eq!(built(answer).text, "Yes.\n");
    let forwarded = forward(&reading, &own(), Vec::new()).unwrap();
    assert_eq!(forwarded.notes(), [AnswerNote::Encrypted]);
}

/// A message with a picture, and the way its HTML shows it.
fn with_picture(link: &str, headers: &str) -> Reading {
    let raw = format!(
        "From: a@example.org\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n\
         {link}\n--b\nContent-Type: image/png\n{headers}\nContent-Transfer-Encoding: base64\n\niVBORw==\n\
         --b\nContent-Type: image/png; name=other.png\nContent-ID: <other@x>\nContent-Disposition: inline\n\ny\n--b--\n"
    );
    Reading::from_raw(raw.as_bytes())
}

fn forwarded(reading: &Reading) -> Reading {
    let files = reading
        .attachments
        .iter()
        .map(|file| ForwardAttachment::from_attachment(file, file.data().unwrap_or_default()));
    built(
        forward(reading, &own(), files.collect())
            .unwrap()
            .to("b@example.org"),
    )
}

#[test]
fn a_forward_shows_the_parts_that_its_html_names() {
    let table = [
        (
            "<img src=\"cid:logo@x\">",
            "Content-ID: <logo@x>\nContent-Disposition: attachment; filename=logo.png",
            "cid:logo@x",
        ),
        (
            "<img src=\"cid:logo@x\">",
            "Content-ID: logo@x\nContent-Disposition: inline",
            "cid:logo@x",
        ),
        (
            "<img src=\"CID:LOGO@X\">",
            "Content-ID: <logo@x>",
            "cid:logo@x",
        ),
        (
            "<img src=\"cid:logo%40x\">",
            "Content-ID: <logo@x>\nContent-Disposition: attachment",
            "cid:logo@x",
        ),
        (
            "<img src=\"cid:&lt;logo@x&gt;\">",
            "Content-ID: <logo@x>",
            "cid:logo@x",
        ),
        (
            "<img src=\"cid:my%20logo\">",
            "Content-ID: <my logo>",
            "cid:part0@content-id.invalid",
        ),
        (
            "<img src=\"images/a.png\">",
            "Content-Location: images/a.png",
            "cid:part0@content-id.invalid",
        ),
        (
            "<table background=\"cid:logo@x\">",
            "Content-ID: <logo@x>",
            "cid:logo@x",
        ),
        (
            "<p style=\"background:url('cid:logo%40x')\">",
            "Content-ID: <logo@x>",
            "cid:logo@x",
        ),
    ];
    for (link, headers, shown) in table {
        let forwarded = forwarded(&with_picture(link, headers));
        let html = forwarded.html.as_deref().unwrap_or_default();
        assert!(html.contains(shown), "{link}: {html}");
        let (inline, attached): (Vec<_>, Vec<_>) = forwarded
            .attachments
            .iter()
            .partition(|file| file.is_inline);
        let ids: Vec<_> = inline
            .iter()
            .map(|file| file.content_id.as_deref())
            .collect();
        assert_eq!(ids, [shown.strip_prefix("cid:")], "{link}");
        let names: Vec<_> = attached.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["other.png"], "{link}");
    }
    let twice = with_picture(
        "<img src=\"cid:other@x\"><img src=\"cid:gone\" alt=\"Gone\">",
        "Content-ID: <other@x>",
    );
    let forwarded = forwarded(&twice);
    assert_eq!(forwarded.attachments.len(), 2);
    assert!(forwarded.html.unwrap().contains("[Gone]"));
}

#[test]
fn the_latest_message_that_can_be_answered_is_found() {
    let thread = Thread {
        id: "t".to_owned(),
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
    assert_eq!(answerable_message(&thread).unwrap().id, "3");
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
