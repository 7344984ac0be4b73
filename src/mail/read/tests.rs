use proptest::prelude::*;
use serde_json::{Value, json};

use crate::mail::encoding::encode_base64url;

use super::*;

fn payload(value: Value) -> Reading {
    let message = json!({
        "id": "18f2c0a1b2c3d4e5", "threadId": "18f2c0a1b2c3d4e4", "labelIds": ["INBOX"],
        "internalDate": "1795508100999", "payload": value,
    });
    Reading::from_payload(&serde_json::from_value(message).unwrap())
}

fn part(mime_type: &str, headers: Value, text: &str) -> Value {
    let headers: Vec<Value> = headers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "partId": "", "mimeType": mime_type, "filename": "", "headers": headers,
        "body": {"size": text.len(), "data": encode_base64url(text.as_bytes())},
    })
}

fn multipart(mime_type: &str, parts: Vec<Value>) -> Value {
    json!({"partId": "", "mimeType": mime_type, "filename": "", "headers": [], "body": {"size": 0}, "parts": parts})
}

#[test]
fn a_plain_part_that_is_a_stub_gives_way_to_the_html() {
    let news = "<p>The offices are closed on Friday, and open again on Monday.</p>".repeat(20);
    let alternative = |plain: &str, html: &str| {
        payload(multipart(
            "multipart/alternative",
            vec![
                part("text/plain", json!({}), plain),
                part("text/html", json!({}), html),
            ],
        ))
    };
    for stub in [
        "View this mail in your browser: https://example.com/a?b=c\n",
        "Diese Nachricht im Browser ansehen: https://example.com/a\n",
        "News from the office\n\nUnsubscribe: https://example.com/u\n",
        "Hello\n",
    ] {
        let reading = alternative(stub, &news);
        assert!(reading.is_text_from_html, "{stub}");
        assert!(reading.text.contains("closed on Friday"), "{stub}");
    }
    // The HTML of a short note says the same, plus a signature at most.
    let reading = alternative(
        "Yes, Friday suits me.\n",
        "<p>Yes, Friday suits me.</p><p>--<br>Support, Example Street 1, 12345 Example, telephone 0123</p>",
    );
    assert_eq!(reading.text, "Yes, Friday suits me.\n");
    // A longer plain text is the message, and hidden HTML isn't.
    let long = "A word or two of the plain text, line by line.\n".repeat(10);
    assert_eq!(alternative(&long, &news).text, long);
    let hidden = format!("<div style=\"display:none\">{news}</div><p>Hello</p>");
    assert_eq!(alternative("Hello\n", &hidden).text, "Hello\n");
}

#[test]
fn headers_are_decoded() {
    let headers = json!({
        "From": "=?iso-8859-1?Q?Andr=E9?= <a@example.com>", "To": "Müller <b@example.com>, c@example.com",
        "Reply-To": "d@example.com", "Subject": "=?utf-8?B?5L6h5qC8?=", "Date": "Tue, 24 Nov 2026 09:15:00 +0100",
        "Message-ID": "<1@example.com>", "In-Reply-To": "<0@example.com>", "References": "<a@x> <0@example.com>",
        "X-Other": "value",
    });
    let reading = payload(part("text/plain", headers, "hi"));
    assert_eq!(reading.from.to_string(), "André <a@example.com>");
    assert_eq!(
        reading.to.to_string(),
        "Müller <b@example.com>, c@example.com"
    );
    assert_eq!(reading.reply_to.to_string(), "d@example.com");
    assert_eq!(reading.subject.as_deref(), Some("価格"));
    assert_eq!(
        reading.date.as_deref(),
        Some("Tue, 24 Nov 2026 09:15:00 +0100")
    );
    assert_eq!(reading.date_epoch, Some(1_795_508_100));
    assert_eq!(reading.message_id.as_deref(), Some("1@example.com"));
    assert_eq!(reading.in_reply_to, ["0@example.com"]);
    assert_eq!(reading.references, ["a@x", "0@example.com"]);
    assert_eq!(reading.header("x-other"), Some("value"));
    assert_eq!(reading.thread_id.as_deref(), Some("18f2c0a1b2c3d4e4"));
    assert_eq!(reading.label_ids, ["INBOX"]);
}

#[test]
fn gmails_date_stands_in_for_a_missing_one() {
    assert_eq!(
        payload(part("text/plain", json!({"Date": "soon"}), "")).date_epoch,
        Some(1_795_508_100)
    );
}

#[test]
fn text_and_html_are_chosen() {
    let plain = || part("text/plain", json!({}), "plain\r\n");
    let html = || {
        part(
            "text/html",
            json!({}),
            "<p>rich <a href='https://example.com'>link</a></p>",
        )
    };
    let table = [
        (plain(), "plain\n", false, false),
        (html(), "rich link (https://example.com)", true, true),
        (
            multipart("multipart/alternative", vec![plain(), html()]),
            "plain\n",
            false,
            true,
        ),
        (
            multipart("multipart/alternative", vec![html(), plain()]),
            "plain\n",
            false,
            true,
        ),
        (
            multipart(
                "multipart/alternative",
                vec![part("text/plain", json!({}), " \n"), html()],
            ),
            "rich link (https://example.com)",
            true,
            true,
        ),
        (
            multipart(
                "multipart/alternative",
                vec![
                    part(
                        "text/plain",
                        json!({}),
                        "Your mail client does not display HTML.",
                    ),
                    html(),
                ],
            ),
            "rich link (https://example.com)",
            true,
            true,
        ),
        (
            multipart("multipart/mixed", vec![plain(), plain()]),
            "plain\n\nplain\n",
            false,
            false,
        ),
        (
            multipart("multipart/mixed", vec![plain(), html()]),
            "plain\n\nrich link (https://example.com)",
            true,
            true,
        ),
        (multipart("multipart/mixed", vec![]), "", false, false),
    ];
    for (value, text, is_from_html, has_html) in table {
        let reading = payload(value.clone());
        assert_eq!(
            (reading.text.as_str(), reading.is_text_from_html),
            (text, is_from_html),
            "{value}"
        );
        assert_eq!(reading.html.is_some(), has_html, "{value}");
        assert!(reading.attachments.is_empty(), "{value}");
    }
}

#[test]
fn attachments_get_safe_names() {
    let file = |name: &str, headers: Value| {
        let mut value = part("application/pdf", headers, "");
        value["filename"] = json!(name);
        value["partId"] = json!("1");
        value["body"] = json!({"size": 7, "attachmentId": "ANGjdJ"});
        value
    };
    let picture = part(
        "image/png",
        json!({"Content-ID": "<logo@x>", "Content-Disposition": "inline"}),
        "PNG",
    );
    let text = part(
        "text/plain",
        json!({"Content-Disposition": "attachment; filename=\"notes.txt\""}),
        "notes",
    );
    let reading = payload(multipart(
        "multipart/mixed",
        vec![
            part("text/plain", json!({}), "see"),
            file("../../Größe\u{202e}.pdf", json!({})),
            picture,
            text,
            part("message/rfc822", json!({}), "Subject: x\r\n\r\n"),
        ],
    ));
    assert_eq!(reading.text, "see");
    let names: Vec<&str> = reading
        .attachments
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["Größe.pdf", "image.png", "notes.txt", "x.eml"]);
    let pdf = &reading.attachments[0];
    assert_eq!(
        (
            pdf.size,
            pdf.attachment_id.as_deref(),
            pdf.part_id.as_str(),
            pdf.data()
        ),
        (7, Some("ANGjdJ"), "1", None)
    );
    let logo = &reading.attachments[1];
    assert_eq!(
        (logo.content_id.as_deref(), logo.is_inline, logo.data()),
        (Some("logo@x"), true, Some(&b"PNG"[..]))
    );
    assert_eq!(reading.attachments[2].data(), Some(&b"notes"[..]));
}

#[test]
fn a_long_text_is_fetched() {
    let mut long = part(
        "text/plain",
        json!({"Content-Type": "text/plain; charset=gbk; format=flowed"}),
        "",
    );
    long["body"] = json!({"size": 900_000, "attachmentId": "body-1"});
    let reading = payload(multipart(
        "multipart/alternative",
        vec![long, part("text/html", json!({}), "<p>rich")],
    ));
    assert_eq!(reading.bodies_to_fetch(), ["body-1"]);
    assert_eq!(reading.text, "rich");
    let unchanged = reading.clone().with_body("other", b"x");
    assert_eq!(unchanged.bodies_to_fetch(), ["body-1"]);
    let fetched = reading.with_body("body-1", b"\xc4\xe3 \r\n\xba\xc3");
    assert_eq!(
        (fetched.text.as_str(), fetched.is_text_from_html),
        ("你 好", false)
    );
    assert!(fetched.bodies_to_fetch().is_empty());
}

#[test]
fn charsets_and_flowed_text_are_decoded() {
    let table: [(&str, &[u8], &str); 6] = [
        (
            "text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: 8bit",
            b"\xf0\xd2\xc9\xd7\xc5\xd4",
            "Привет",
        ),
        (
            "text/plain; charset=\"iso-2022-jp\"",
            b"\x1b$B%O%m!<\x1b(B",
            "ハロー",
        ),
        (
            "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
            b"caf=C3=A9 =\r\nau lait",
            "café au lait",
        ),
        (
            "text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64",
            b"xOO6ww==",
            "你好",
        ),
        (
            "text/plain; format=flowed; delsp=yes",
            b"one \r\nword\r\n",
            "oneword\n",
        ),
        ("text/html; charset=windows-1252", b"<p>\x80 5", "€ 5"),
    ];
    for (headers, body, text) in table {
        let raw = [b"Content-Type: ", headers.as_bytes(), b"\r\n\r\n", body].concat();
        assert_eq!(Reading::from_raw(&raw).text, text, "{headers}");
    }
}

#[test]
fn raw_messages_are_read_through_gmails_answer_too() {
    let message = Message {
        raw: Some(encode_base64url(b"Subject: x\n\nhi")),
        thread_id: Some("t".to_owned()),
        ..Message::default()
    };
    let reading = Reading::from_payload(&message);
    assert_eq!(
        (reading.text.as_str(), reading.thread_id.as_deref()),
        ("hi", Some("t"))
    );
    assert_eq!(Reading::from_payload(&Message::default()).text, "");
}

#[test]
fn invitations_are_found() {
    let invitation = part(
        "text/calendar",
        json!({"Content-Type": "text/calendar; method=request; charset=utf-8"}),
        "BEGIN:VCALENDAR\r\n",
    );
    let reading = payload(multipart(
        "multipart/alternative",
        vec![part("text/plain", json!({}), "Come!"), invitation],
    ));
    assert_eq!(reading.text, "Come!");
    assert_eq!(reading.calendars[0].method.as_deref(), Some("REQUEST"));
    assert_eq!(reading.calendars[0].text, "BEGIN:VCALENDAR\n");
    assert!(reading.attachments.is_empty());
}

const REPORT: &str = "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; gone@example.org\r\n\
    Action: Failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n\
    Original-Recipient: rfc822; late@example.org\r\nAction: delayed\r\n";

fn check_report(report: &DeliveryReport) {
    assert_eq!(report.reporting_server.as_deref(), Some("mx.example.net"));
    assert_eq!(
        report.original_message_id.as_deref(),
        Some("sent@example.com")
    );
    assert_eq!(report.recipients.len(), 2);
    let failed = &report.recipients[0];
    assert_eq!(
        (failed.address.as_str(), failed.action.as_str()),
        ("gone@example.org", "failed")
    );
    assert_eq!(
        (failed.status.as_deref(), failed.diagnostic.as_deref()),
        (Some("5.1.1"), Some("550 no such user"))
    );
    assert_eq!(report.recipients[1].address, "late@example.org");
    assert!(report.is_failure());
}

#[test]
fn delivery_reports_are_read() {
    let parts = |status: Value| {
        multipart(
            "multipart/report",
            vec![
                part("text/plain", json!({}), "It failed."),
                status,
                part(
                    "text/rfc822-headers",
                    json!({}),
                    "Message-ID: <sent@example.com>\r\n",
                ),
            ],
        )
    };
    let reading = payload(parts(part("message/delivery-status", json!({}), REPORT)));
    check_report(reading.delivery_report.as_ref().unwrap());
    assert!(reading.text.starts_with("It failed."));
    let groups = multipart(
        "message/delivery-status",
        vec![
            part(
                "text/plain",
                json!({"Reporting-MTA": "dns; mx.example.net"}),
                "",
            ),
            part(
                "text/plain",
                json!({"Final-Recipient": "rfc822; gone@example.org", "Action": "failed", "Status": "5.1.1", "Diagnostic-Code": "smtp; 550 no such user"}),
                "",
            ),
            part(
                "text/plain",
                json!({"Final-Recipient": "rfc822; late@example.org", "Action": "delayed"}),
                "",
            ),
        ],
    );
    check_report(payload(parts(groups)).delivery_report.as_ref().unwrap());
    let raw = format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\n{REPORT}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         Message-ID: <sent@example.com>\r\n\r\nhello\r\n--b--\r\n"
    );
    let reading = Reading::from_raw(raw.as_bytes());
    check_report(reading.delivery_report.as_ref().unwrap());
    assert_eq!(reading.attachments[0].name, "message.eml");
}

#[test]
fn debug_shows_no_mail_and_json_shows_it() {
    let raw = b"From: secret <secret@example.com>\r\nSubject: secret\r\nMessage-ID: <secret@example.com>\r\n\
                Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nsecret\r\n--b\r\nContent-Type: image/png; name=secret\r\n\r\n\
                secret\r\n--b\r\nContent-Type: text/calendar\r\n\r\nsecret\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
                A: b\r\n\r\nFinal-Recipient: x; secret\r\n--b--\r\n";
    let reading = Reading::from_raw(raw);
    assert_eq!((reading.attachments.len(), reading.calendars.len()), (1, 1));
    let report = reading.delivery_report.clone().unwrap();
    let text = format!(
        "{reading:?} {report:?} {:?} {:?}",
        report.recipients, reading.calendars
    );
    assert!(!text.contains("secret"), "{text}");
    let json = serde_json::to_value(&reading).unwrap();
    assert_eq!(
        json["from"][0],
        json!({"name": "secret", "address": "secret@example.com"})
    );
    assert_eq!(json["attachments"][0]["name"], "secret");
    assert_eq!(json.get("segments"), None);
}

#[test]
fn deeply_nested_messages_are_read() {
    let mut raw = b"Subject: x\r\n".to_vec();
    raw.extend_from_slice(&b"Content-Type: message/rfc822\r\n\r\n".repeat(100_000));
    assert_eq!(Reading::from_raw(&raw).attachments.len(), 1);
}

fn any_part() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        Just("text/plain"),
        Just("text/html"),
        Just("text/calendar"),
        Just("multipart/alternative"),
        Just("multipart/report"),
        Just("message/delivery-status"),
        Just("message/rfc822"),
        Just("image/png"),
        Just(""),
    ];
    let leaf = (kinds, any::<String>(), any::<String>(), any::<String>(), proptest::option::of("[a-z]{0,4}")).prop_map(
        |(kind, name, value, data, id)| {
            json!({
                "mimeType": kind, "filename": name, "body": {"data": data, "attachmentId": id, "size": -1},
                "headers": [{"name": "Content-Type", "value": value}, {"name": "From", "value": data}],
            })
        },
    );
    leaf.prop_recursive(4, 20, 5, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..5)).prop_map(|(mut parent, parts)| {
            parent["parts"] = Value::from(parts);
            parent
        })
    })
}

proptest! {
    #[test]
    fn any_payload_is_read(value in any_part()) {
        let reading = payload(value);
        let ids: Vec<String> = reading.bodies_to_fetch().into_iter().map(str::to_owned).collect();
        let reading = ids.iter().fold(reading, |reading, id| reading.with_body(id, b"\xff"));
        prop_assert!(reading.bodies_to_fetch().is_empty());
        prop_assert!(reading.text_without_quote().len() <= reading.text.len());
    }

    #[test]
    fn any_bytes_are_read(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just(b"Content-Type: multipart/mixed; boundary=b\r\n".to_vec()),
                Just(b"Content-Type: text/html; charset=utf-16\r\n".to_vec()),
                Just(b"Content-Transfer-Encoding: base64\r\n".to_vec()),
                Just(b"\r\n--b\r\n".to_vec()),
                Just(b"\r\n--b--\r\n".to_vec()),
                Just(b"\r\n\r\n".to_vec()),
                Just(b"Subject: =?utf-8?Q?=".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..40),
            ],
            0..20,
        ),
    ) {
        let reading = Reading::from_raw(&pieces.concat());
        prop_assert!(reading.attachments.iter().all(|file| !file.name.is_empty()));
    }
}

#[test]
fn headers_in_bare_bytes_are_western_european() {
    let reading = Reading::from_raw(
        b"From: Andr\xe9 <a@example.com>\r\nSubject: Gr\xfc\xdfe \x80\r\nContent-Type: text/plain; name=\"\xe9.txt\"\r\nContent-Disposition: attachment\r\n\r\nx",
    );
    assert_eq!(reading.subject.as_deref(), Some("Grüße €"));
    assert_eq!(
        reading.from.first().and_then(|author| author.name()),
        Some("André")
    );
    assert_eq!(reading.attachments[0].name, "é.txt");
    let word = Reading::from_raw(b"Subject: =?iso-8859-1?Q?Fr\xf6sche?=\r\n\r\n");
    assert_eq!(word.subject.as_deref(), Some("Frösche"));
    let utf8 = Reading::from_raw("Subject: Grüße\r\n\r\n".as_bytes());
    assert_eq!(utf8.subject.as_deref(), Some("Grüße"));
}

#[test]
fn a_multipart_without_its_parts_is_text_from_a_payload_too() {
    let lost = part("multipart/alternative", json!({}), "the text");
    assert_eq!(payload(lost).text, "the text");
}

#[test]
fn the_reading_tells_of_signatures_and_encryption() {
    let multipart = |kind: &str, protocol: &str, types: [&str; 2]| {
        format!(
            "Content-Type: multipart/{kind}; protocol=\"{protocol}\"; boundary=b\r\n\r\n--b\r\nContent-Type: {}\r\n\r\nx\r\n\
             --b\r\nContent-Type: {}\r\n\r\ny\r\n--b--\r\n",
            types[0], types[1]
        )
    };
    let text = |text: &str| format!("Subject: x\r\n\r\n{text}\r\n");
    let table = [
        (
            multipart(
                "signed",
                "application/pkcs7-signature",
                ["text/plain", "application/pkcs7-signature"],
            ),
            "smime",
            true,
        ),
        (
            multipart(
                "signed",
                "",
                ["text/plain", "application/x-pkcs7-signature"],
            ),
            "smime",
            true,
        ),
        (
            multipart(
                "signed",
                "Application/PGP-Signature",
                ["text/plain", "application/octet-stream"],
            ),
            "openpgp",
            true,
        ),
        (
            multipart(
                "encrypted",
                "application/pgp-encrypted",
                ["application/pgp-encrypted", "application/octet-stream"],
            ),
            "openpgp",
            false,
        ),
        (
            text("-----BEGIN PGP MESSAGE-----\r\n\r\nwcBM\r\n-----END PGP MESSAGE-----"),
            "openpgp",
            false,
        ),
        (
            text(
                "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nhi\r\n-----BEGIN PGP SIGNATURE-----\r\nx\r\n-----END PGP SIGNATURE-----",
            ),
            "openpgp",
            true,
        ),
    ];
    for (raw, standard, is_signed) in table {
        let json = serde_json::to_value(Reading::from_raw(raw.as_bytes())).unwrap();
        let (there, absent) = if is_signed {
            assert_eq!(json["signature"]["is_verified"], false);
            ("signature", "encryption")
        } else {
            ("encryption", "signature")
        };
        assert_eq!(json[there]["standard"], standard, "{raw}");
        assert_eq!(json[absent], Value::Null, "{raw}");
    }
    for open in [
        "> -----BEGIN PGP MESSAGE-----\r\n> -----END PGP MESSAGE-----",
        "-----BEGIN PGP MESSAGE----- is how it begins",
    ] {
        assert!(
            Reading::from_raw(text(open).as_bytes())
                .encryption
                .is_none()
        );
    }
}

#[test]
fn the_reading_tells_who_should_get_no_answer() {
    let reading = |headers: &str| Reading::from_raw(format!("{headers}\r\n\r\nx").as_bytes());
    for path in ["<>", " < > ", "<> "] {
        assert!(reading(&format!("Return-Path: {path}")).has_empty_return_path());
    }
    assert!(!reading("Return-Path: <a@example.com>").has_empty_return_path());
    for from in [
        "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
        "Mail Delivery Subsystem <mailer-daemon@example.com>",
        "MAILER-DAEMON",
        "<MAILER-DAEMON>",
    ] {
        assert!(
            reading(&format!("From: {from}")).is_from_mail_server(),
            "{from}"
        );
    }
    assert!(!reading("From: Mailer-Daemon <a@example.com>").is_from_mail_server());
    for value in [
        "auto-generated",
        "auto-replied; owner-email=\"x\"",
        "Auto-Notified (why)",
    ] {
        assert!(
            reading(&format!("Auto-Submitted: {value}")).is_auto_submitted(),
            "{value}"
        );
    }
    for value in ["no", "No (person)", ""] {
        assert!(
            !reading(&format!("Auto-Submitted: {value}")).is_auto_submitted(),
            "{value}"
        );
    }
}
