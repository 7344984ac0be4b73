//! The structure of mail: signed and encrypted parts, uuencode, calendars, reports, and names for unnamed parts.

#![cfg(feature = "mail")]

mod openssl;

use airbyte_agent_gmail::mail::{CalendarPart, Reading};
use airbyte_agent_gmail::types::Message;
use serde_json::{Value, json};

fn read(raw: &str) -> Reading {
    Reading::from_raw(raw.as_bytes())
}

fn names(reading: &Reading) -> Vec<&str> {
    let attachments = reading.attachments.iter();
    attachments.map(|file| file.name.as_str()).collect()
}

/// A multipart of parts that include their headers.
fn multipart(kind: &str, parts: &[&str]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("--b\r\n{part}\r\n"))
        .collect();
    format!(
        "Content-Type: multipart/{kind}; boundary=b\r\n\r\n{}--b--\r\n",
        parts.concat()
    )
}

fn part(mime_type: &str, body: &str) -> String {
    format!("Content-Type: {mime_type}\r\n\r\n{body}")
}

fn smime(headers: &str, object: &str) -> String {
    format!("{headers}\r\nContent-Transfer-Encoding: base64\r\n\r\n{object}\r\n")
}

/// How programs label opaque S/MIME.
const SMIME_HEADERS: [&str; 5] = [
    "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"",
    "Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\nContent-Disposition: attachment; filename=smime.p7m",
    "Content-Type: application/pkcs7-mime",
    "Content-Type: Application/X-PKCS7-MIME; smime-type=Signed-Data",
    "Content-Type: application/octet-stream; name=\"SMIME.P7M\"",
];

#[test]
fn signed_content_is_read_and_marked_unverified() {
    for headers in SMIME_HEADERS {
        for object in [openssl::SIGNED_DER, openssl::SIGNED_BER] {
            let reading = read(&smime(headers, object));
            assert_eq!(reading.text, "Grüße!", "{headers}");
            assert_eq!(names(&reading), ["a.csv"]);
            assert_eq!(reading.attachments[0].data(), Some(&b"1,2"[..]));
            let json = serde_json::to_value(&reading).unwrap();
            assert_eq!(
                json["signature"],
                json!({"standard": "smime", "is_verified": false, "part_id": ""})
            );
            assert_eq!(json["encryption"], Value::Null);
        }
    }
    let within = multipart(
        "mixed",
        &[
            &smime(SMIME_HEADERS[0], openssl::SIGNED_BER),
            &part("text/plain", "A list's footer."),
        ],
    );
    let reading = read(&within);
    assert_eq!(reading.text, "Grüße!\nA list's footer.");
    assert_eq!(
        reading
            .signature
            .map(|signature| signature.part_id)
            .as_deref(),
        Some("0")
    );
}

#[test]
fn a_signed_text_without_headers_is_a_text_and_a_signed_file_is_a_file() {
    let bare = read(&smime(SMIME_HEADERS[2], openssl::SIGNED_BARE));
    assert_eq!(bare.text, "No headers here.\n");
    for headers in [
        "Content-Type: application/pkcs7-mime; name=invoice.xml.p7m",
        "Content-Type: application/octet-stream; name=invoice.xml.p7m",
    ] {
        let reading = read(&multipart(
            "mixed",
            &[&smime(headers, openssl::SIGNED_BARE)],
        ));
        assert_eq!(
            (reading.text.as_str(), names(&reading)),
            ("", vec!["invoice.xml.p7m"])
        );
        assert!(reading.signature.is_none());
    }
}

#[test]
fn encrypted_content_stays_a_file_and_is_told() {
    for headers in SMIME_HEADERS {
        let reading = read(&smime(headers, openssl::ENVELOPED));
        assert_eq!(reading.text, "");
        assert!(names(&reading)[0].eq_ignore_ascii_case("smime.p7m"));
        let json = serde_json::to_value(&reading).unwrap();
        assert_eq!(
            json["encryption"],
            json!({"standard": "smime", "part_id": ""})
        );
        assert_eq!(json["signature"], Value::Null);
    }
    let broken = smime(
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data",
        "AAAA",
    );
    assert!(read(&broken).encryption.is_some());
    let broken = read(&smime("Content-Type: application/pkcs7-mime", "AAAA"));
    assert_eq!(
        (names(&broken), broken.encryption.clone()),
        (vec!["smime.p7m"], None)
    );
}

#[test]
fn signed_content_behind_an_attachment_id_is_fetched() {
    let payload = |parameters: &str, id: &str| {
        let message = json!({"id": "1", "payload": {
            "partId": "", "mimeType": "application/pkcs7-mime", "filename": "smime.p7m",
            "headers": [{"name": "Content-Type", "value": format!("application/pkcs7-mime{parameters}")}],
            "body": {"attachmentId": id, "size": 500},
        }});
        Reading::from_payload(&serde_json::from_value::<Message>(message).unwrap())
    };
    let reading = payload("; smime-type=signed-data", "x");
    assert_eq!(reading.bodies_to_fetch(), ["x"]);
    let object =
        airbyte_agent_gmail::mail::encoding::decode_base64url(openssl::SIGNED_BER).unwrap();
    let reading = reading.with_body("other", b"").with_body("x", &object);
    assert_eq!(
        (reading.text.as_str(), names(&reading)),
        ("Grüße!", vec!["a.csv"])
    );
    assert!(reading.bodies_to_fetch().is_empty() && reading.signature.is_some());
    let encrypted = payload("; smime-type=enveloped-data", "x");
    assert!(encrypted.bodies_to_fetch().is_empty());
}

#[test]
fn pgp_mime_shows_the_one_file_that_matters() {
    for (second, name) in [
        ("application/octet-stream", "encrypted.asc"),
        ("application/octet-stream; name=message.asc", "message.asc"),
    ] {
        let raw = multipart(
            "encrypted; protocol=\"application/pgp-encrypted\"",
            &[
                &part("application/pgp-encrypted", "Version: 1"),
                &part(second, "-----BEGIN PGP MESSAGE-----"),
            ],
        );
        let reading = read(&raw);
        assert_eq!(names(&reading), [name]);
        assert!(reading.encryption.is_some());
    }
    // As Exchange forwards it.
    let mixed = read(&multipart(
        "mixed",
        &[
            &part("text/plain", ""),
            &part(
                "application/pgp-encrypted; name=\"PGPMIME version identification\"",
                "Version: 1",
            ),
            &part(
                "application/octet-stream; name=encrypted.asc",
                "-----BEGIN PGP MESSAGE-----",
            ),
        ],
    ));
    assert_eq!(names(&mixed), ["encrypted.asc"]);
    assert_eq!(
        serde_json::to_value(&mixed.encryption).unwrap(),
        json!({"standard": "openpgp", "part_id": ""})
    );
}

#[test]
fn signed_content_in_letters_is_read() {
    let der = airbyte_agent_gmail::mail::encoding::decode_base64url(openssl::SIGNED_BER).unwrap();
    let base64 = airbyte_agent_gmail::mail::encoding::encode_base64url(&der)
        .replace('-', "+")
        .replace('_', "/");
    let lines: Vec<&str> = (0..base64.len())
        .step_by(64)
        .filter_map(|at| base64.get(at..(at + 64).min(base64.len())))
        .collect();
    let lines = lines.join("\r\n");
    for body in [
        lines.clone(),
        format!("-----BEGIN PKCS7-----\r\n{lines}\r\n-----END PKCS7-----\r\n"),
        format!("\r\n-----BEGIN CMS-----\n{lines}\n-----END CMS-----"),
    ] {
        for kind in [
            "application/pkcs7-mime; smime-type=signed-data",
            "application/octet-stream; name=smime.p7m",
        ] {
            let reading = read(&part(kind, &body));
            assert_eq!(reading.text, "Grüße!", "{body}");
            assert!(reading.signature.is_some());
        }
    }
    let other = read(&part("application/pkcs7-mime", "MIME is not what this is"));
    assert_eq!(names(&other), ["smime.p7m"]);
}

#[test]
fn a_form_for_some_programs_alone_is_no_file() {
    for kind in ["text/x-amp-html", "text/watch-html"] {
        let raw = multipart(
            "alternative",
            &[
                &part("text/plain", "Hello"),
                &part(kind, "<html amp4email></html>"),
                &part("text/html", "<p>Hello</p>"),
            ],
        );
        let reading = read(&raw);
        assert_eq!((reading.text.as_str(), names(&reading)), ("Hello", vec![]));
        assert_eq!(reading.html.as_deref(), Some("<p>Hello</p>"));
        // A named file stays a file, regardless of its type.
        let named = raw.replace(kind, &format!("{kind}; name=page.html"));
        assert_eq!(names(&read(&named)), ["page.html"]);
    }
}

const CAT: &str = "begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n";

#[test]
fn uuencoded_files_are_attachments_and_the_text_is_kept() {
    let raw = format!("Subject: x\r\n\r\nHello,\r\n{CAT}Bye\r\n");
    let reading = read(&raw);
    assert_eq!(
        (reading.text.as_str(), names(&reading)),
        ("Hello,\nBye\n", vec!["cat.txt"])
    );
    let file = &reading.attachments[0];
    assert_eq!(
        (file.data(), file.mime_type.as_str()),
        (Some(&b"Cat"[..]), "text/plain")
    );
    assert_eq!((file.size, file.part_id.as_str()), (3, "0"));
    for encoding in [
        "x-uuencode",
        "uuencode",
        "X-UUE",
        "\"x-uuencode\"",
        "x-uuencode (old);",
    ] {
        let raw = part("application/octet-stream; name=given.bin", CAT).replacen(
            "\r\n",
            &format!("\r\nContent-Transfer-Encoding: {encoding}\r\n"),
            1,
        );
        let reading = read(&raw);
        assert_eq!(
            reading.attachments[0].data(),
            Some(&b"Cat"[..]),
            "{encoding}"
        );
        assert_eq!(names(&reading), ["given.bin"]);
        let reading = read(&raw.replace("; name=given.bin", ""));
        assert_eq!(names(&reading), ["cat.txt"]);
    }
    let cut = part(
        "application/octet-stream; name=cut.bin",
        "begin 644 x\r\n#0V%T\r\n#0V",
    )
    .replacen("\r\n", "\r\nContent-Transfer-Encoding: x-uuencode\r\n", 1);
    assert_eq!(read(&cut).attachments[0].data(), Some(&b"Cat"[..]));
    let unfinished = read("Subject: x\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\n");
    assert_eq!(unfinished.text, "begin 644 cat.txt\n#0V%T\n");
}

fn calendar(raw: &[u8]) -> CalendarPart {
    let reading = Reading::from_raw(raw);
    assert_eq!(reading.calendars.len(), 1);
    reading.calendars[0].clone()
}

const EVENT: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nSUMMARY:Lunch\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_fold_within_a_letter_is_no_damage() {
    for fold in ["\r\n ", "\r\n\t", "\n "] {
        for charset in ["; charset=utf-8", ""] {
            let mut raw = format!(
                "Content-Type: text/calendar{charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
                 BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Gr"
            )
            .into_bytes();
            raw.extend([&b"\xc3"[..], fold.as_bytes(), b"\xbc\xc3\x9fe"].concat());
            raw.extend(b"\r\nLOCATION:K\xc3\xb6ln\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
            let calendar = calendar(&raw);
            assert!(
                calendar.text.contains("SUMMARY:Grüße\nLOCATION:Köln\n"),
                "{}",
                calendar.text
            );
            assert_eq!(calendar.entries[0].summary.as_deref(), Some("Grüße"));
        }
    }
}

#[test]
fn the_calendars_own_method_counts_and_a_difference_is_told() {
    let table = [
        ("", "METHOD:REQUEST\r\n", Some("REQUEST"), None),
        (
            "; method=REQUEST",
            "METHOD:request\r\n",
            Some("REQUEST"),
            None,
        ),
        (
            "; method=REQUEST",
            "METHOD:CANCEL\r\n",
            Some("CANCEL"),
            Some("REQUEST"),
        ),
        ("; method=\"reply\"", "", Some("REPLY"), None),
        ("", "", None, None),
    ];
    for (parameter, line, method, other) in table {
        let raw = part(
            &format!("text/calendar{parameter}"),
            &EVENT.replace("METHOD:REQUEST\r\n", line),
        );
        let calendar = calendar(raw.as_bytes());
        assert_eq!(calendar.method.as_deref(), method);
        assert_eq!(calendar.content_type_method.as_deref(), other);
    }
}

#[test]
fn an_invitation_is_known_under_other_types_and_shown_once() {
    for mime_type in [
        "application/ics; name=invite.ics",
        "application/ics",
        "text/x-vcalendar",
        "application/octet-stream; name=Invite.ICS",
    ] {
        let reading = read(&multipart(
            "mixed",
            &[&part("text/plain", "Come!"), &part(mime_type, EVENT)],
        ));
        assert_eq!(reading.text, "Come!");
        assert_eq!(
            reading.calendars[0].entries[0].uid.as_deref(),
            Some("1@example.com"),
            "{mime_type}"
        );
    }
    let both = [
        part("text/calendar; method=REQUEST", EVENT),
        part(
            "application/ics; name=invite.ics",
            &EVENT.replace("\r\n", "\n"),
        ),
    ];
    for parts in [[&both[0], &both[1]], [&both[1], &both[0]]] {
        let reading = read(&multipart("mixed", &[parts[0], parts[1]]));
        assert_eq!(
            (reading.calendars.len(), names(&reading)),
            (1, vec!["invite.ics"])
        );
    }
    let other = part("application/ics", &EVENT.replace("Lunch", "Dinner"));
    assert_eq!(
        read(&multipart("mixed", &[&both[0], &other]))
            .calendars
            .len(),
        2
    );
    let text = read(&part("application/octet-stream; name=a.ics", "no calendar"));
    assert!(text.calendars.is_empty());
}

#[test]
fn an_event_is_read_field_by_field() {
    let raw = part(
        "text/calendar",
        "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Team time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
         BEGIN:VEVENT\r\nUID:1@example.com\r\nSEQUENCE:3\r\nSUMMARY:Lunch\\, long\\; \\\\o/\\nBring it\r\n\
         DTSTART;TZID=\"Team time\":20261201T123000\r\nDTEND:20261201T133000Z\r\nLOCATION;LANGUAGE=en:Room: 5\r\n\
         RECURRENCE-ID;VALUE=DATE:20261202\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\nSTATUS:confirmed\r\n\
         ORGANIZER;CN=\"Eva ^'the boss^' X: Y\":MAILTO:eva@example.com\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR;RSVP=TRUE;CN=A^nB^^:mailto:a@example.com\r\n\
         BEGIN:VALARM\r\nSUMMARY:Alarm\r\nATTENDEE:mailto:no@example.com\r\nEND:VALARM\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let calendar = calendar(raw.as_bytes());
    let expected = json!([{
        "component": "VEVENT", "uid": "1@example.com", "sequence": 3, "summary": "Lunch, long; \\o/\nBring it",
        "start": {"local": "2026-12-01T12:30:00", "zone": "Team time"},
        "end": {"local": "2026-12-01T13:30:00", "zone": "UTC"},
        "recurrence_id": {"local": "2026-12-02"}, "duration": "PT1H", "location": "Room: 5",
        "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO", "status": "CONFIRMED",
        "organizer": {"address": "eva@example.com", "name": "Eva \"the boss\" X: Y", "is_answer_wanted": false},
        "attendees": [{"address": "a@example.com", "name": "A\nB^", "participation": "ACCEPTED", "role": "CHAIR", "is_answer_wanted": true}],
    }]);
    assert_eq!(serde_json::to_value(&calendar.entries).unwrap(), expected);
}

#[test]
fn a_vcalendar_of_the_old_form_is_decoded() {
    let raw = part(
        "text/x-vcalendar",
        "BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\nSUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Gr=C3=BC=\r\n=C3=9Fe\r\n\
         LOCATION;QUOTED-PRINTABLE;CHARSET=iso-8859-1:K=F6ln\r\nDTSTART:20261201T123000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let entry = &calendar(raw.as_bytes()).entries[0];
    assert_eq!(entry.summary.as_deref(), Some("Grüße"));
    assert_eq!(entry.location.as_deref(), Some("Köln"));
    assert_eq!(
        entry.start.as_ref().map(|start| start.zone.is_none()),
        Some(true)
    );
}

#[test]
fn times_that_are_none_are_left_out() {
    for value in [
        "20261301T000000",
        "20260230",
        "20261201T250000",
        "2026",
        "",
        "20261201T1230",
        "٢٠٢٦١٢٠١",
    ] {
        let raw = part(
            "text/calendar",
            &EVENT.replace("SUMMARY:Lunch", &format!("DTSTART:{value}")),
        );
        assert_eq!(calendar(raw.as_bytes()).entries[0].start, None, "{value}");
    }
}

const GROUPS: &str = "Reporting-MTA: dns; mx.example.net\r\n\r\n\r\n\
    Original-Recipient: rfc822;list+2Bx@example.com\r\nFinal-Recipient: rfc822; a@example.net\r\n\
    Action: Failed (for good)\r\nStatus: 5.1.1 (bad mailbox)\r\nDiagnostic-Code: Mailbox gone; ask again\r\n\r\n\
    Final-Recipient: utf-8; jörg@example.net\r\nAction: delayed\r\nStatus: 5.0.0\r\n\
    Diagnostic-Code: smtp; 450 later; maybe\r\n";

#[test]
fn delivery_reports_are_read_in_every_form() {
    let status = |mime_type: &str| part(mime_type, GROUPS);
    let original = part("message/global-headers", "Message-ID: <1@example.com>\r\n");
    let encoded =
        "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_owned()
            + &airbyte_agent_gmail::mail::encoding::encode_base64url(GROUPS.as_bytes())
                .replace('-', "+")
                .replace('_', "/");
    let report = multipart(
        "report",
        &[&status("message/global-delivery-status"), &original],
    );
    let table = [
        report.clone(),
        multipart(
            "report; report-type=delivery-status",
            &[&status("message/delivery-status"), &original],
        ),
        multipart("report", &[&encoded, &original]),
        multipart("mixed", &[&status("Message/Delivery-Status"), &original]),
        multipart(
            "mixed",
            &[&report
                .replace("boundary=b", "boundary=c")
                .replace("--b", "--c")],
        ),
    ];
    for raw in table {
        let reading = read(&raw);
        let report = reading.delivery_report.as_ref().unwrap();
        assert_eq!(
            (report.count("failed"), report.count("delayed")),
            (1, 1),
            "{raw}"
        );
        assert_eq!(report.original_message_id.as_deref(), Some("1@example.com"));
        let failed = &report.recipients[0];
        assert_eq!(failed.address, "a@example.net");
        assert_eq!(
            failed.original_address.as_deref(),
            Some("list+x@example.com")
        );
        assert_eq!(failed.status.as_deref(), Some("5.1.1"));
        assert_eq!(
            failed.diagnostic.as_deref(),
            Some("Mailbox gone; ask again")
        );
        let delayed = &report.recipients[1];
        assert_eq!(delayed.address, "jörg@example.net");
        assert_eq!(delayed.diagnostic.as_deref(), Some("450 later; maybe"));
        assert_eq!(names(&reading), ["message-headers.txt"]);
        assert!(reading.is_from_mail_server());
    }
    let alone = read(&status("message/delivery-status"));
    assert!(alone.delivery_report.is_some());
    assert_eq!(names(&alone), ["delivery-status.txt"]);
}

/// As Mimecast (`rfc/822`), NTT Docomo (`>` alone), pigeon.net7.be (`failure`) and Exchange Online (headers that lost their
/// blanks) write reports, in sisimai's set-of-emails of 2025 and flufl.bounce 4.0.
#[test]
fn delivery_reports_that_break_the_form_are_read() {
    let recipient = "Final-Recipient: rfc822;a@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    for groups in [
        recipient.replace("rfc822", "rfc/822"),
        recipient.replace("example.net", "example.net>"),
        recipient.replace("failed", "failure"),
        format!(
            "X-Antispam:\r\nYWJj/+==\r\n\r\nReporting-MTA: dns;mx.example.net\r\n\r\n{recipient}"
        ),
        format!("YWJj/+==\r\n{recipient}"),
    ] {
        let reading = read(&part("message/delivery-status", &groups));
        let report = reading.delivery_report.unwrap();
        assert_eq!(report.count("failed"), 1, "{groups}");
        assert_eq!(report.recipients[0].address, "a@example.net", "{groups}");
    }
    // A code is no type.
    let coded = format!("{recipient}Diagnostic-Code: 5.1.1; no such user\r\n");
    let report = read(&part("message/delivery-status", &coded)).delivery_report;
    let diagnostic = report.unwrap().recipients[0].diagnostic.clone();
    assert_eq!(diagnostic.as_deref(), Some("5.1.1; no such user"));
}

/// As Outlook 2003 to 2010 write answers, in the fixtures of talon (2022), which cuts the same.
#[test]
fn the_history_of_outlooks_answers_is_told_apart() {
    let header = "<b>From:</b> Eva<br><b>Sent:</b> Friday<br><b>To:</b> Al<br><b>Subject:</b> Hi";
    let html = format!("<p>Fine.</p><hr><p>{header}</p><p>How are you?</p>");
    let reading = read(&part("text/html", &html));
    assert_eq!(reading.text_without_quote(), "Fine.");
    // Gmail's and Apple's forwards, which say `Date:`, are what was sent.
    let forwarded = read(&part("text/html", &html.replace("Sent", "Date")));
    assert!(forwarded.text_without_quote().contains("How are you?"));
    // Outlook's own forwards have the header of its answers; their subject tells them apart.
    for subject in ["FW: Hi", "[EXTERNAL] WG: Hi", "Fwd : Hi"] {
        let forwarded = read(&format!(
            "Subject: {subject}\r\n{}",
            part("text/html", &html)
        ));
        assert!(forwarded.text_without_quote().contains("How are you?"));
    }
    let answer = read(&format!(
        "Subject: RE: FW: Hi\r\n{}",
        part("text/html", &html)
    ));
    assert_eq!(answer.text_without_quote(), "Fine.");
}

#[test]
fn notifications_and_complaints_are_read() {
    let notification = multipart(
        "report; report-type=disposition-notification",
        &[
            &part("text/plain", "It was read."),
            &part(
                "message/disposition-notification",
                "Final-Recipient: rfc822;a@example.net\r\nOriginal-Message-ID: <1@example.com>\r\n\
                 Disposition: automatic-action/MDN-sent-automatically; deleted/error (why)\r\n",
            ),
        ],
    );
    let json = serde_json::to_value(read(&notification)).unwrap();
    assert_eq!(
        json["disposition_notification"],
        json!({"disposition": "deleted", "is_manual": false, "recipient": "a@example.net", "original_message_id": "1@example.com"})
    );
    assert_eq!(json["attachments"], json!([]));
    for original in ["message/rfc822", "text/rfc822-headers"] {
        let complaint = multipart(
            "report; report-type=feedback-report",
            &[
                &part(
                    "message/feedback-report",
                    "Feedback-Type: Abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <a@example.net>\r\nOriginal-Rcpt-To: b@example.net\r\n",
                ),
                &part(
                    original,
                    "Message-ID: <1@example.com>\r\nSubject: Buy\r\n\r\nx",
                ),
            ],
        );
        let json = serde_json::to_value(read(&complaint)).unwrap();
        assert_eq!(
            json["feedback_report"],
            json!({"feedback_type": "abuse", "original_recipients": ["a@example.net", "b@example.net"], "original_message_id": "1@example.com"})
        );
    }
}

#[test]
fn parts_without_a_name_are_called_what_they_are() {
    let table = [
        (
            "message/disposition-notification",
            "disposition-notification.txt",
        ),
        ("message/feedback-report", "feedback-report.txt"),
        ("message/global-delivery-status", "delivery-status.txt"),
        ("text/rfc822-headers", "message-headers.txt"),
        ("application/pgp-encrypted", "pgp-encrypted.txt"),
        ("application/pgp-signature", "signature.asc"),
        ("application/pgp-keys", "public-key.asc"),
        ("application/pkix-cert", "certificate.cer"),
        ("application/tlsrpt+gzip", "tls-report.json.gz"),
        ("application/pkcs7-signature", "smime.p7s"),
        ("application/x-pkcs7-signature", "smime.p7s"),
        ("application/x-pkcs7-mime", "smime.p7m"),
        ("application/pkcs7-mime; smime-type=certs-only", "smime.p7c"),
        ("application/ics", "invite.ics"),
        ("text/vcard", "contact.vcf"),
        ("image/png", "image.png"),
        ("image/jpeg", "image.jpg"),
        ("image/svg+xml", "image.svg"),
        ("application/pdf", "document.pdf"),
        ("application/vnd.ms-excel", "spreadsheet.xls"),
        ("application/zip", "archive.zip"),
        ("application/json", "data.json"),
        ("application/atom+xml", "data.xml"),
        ("audio/mpeg", "audio.mp3"),
        ("application/ms-tnef", "winmail.dat"),
        ("application/octet-stream", "attachment"),
    ];
    for (mime_type, name) in table {
        let attached =
            part(mime_type, "x").replacen("\r\n", "\r\nContent-Disposition: attachment\r\n", 1);
        // Nested in two levels, because a report alone is not an attachment.
        let reading = read(&multipart("mixed", &[&part("text/plain", "Hi"), &attached]));
        let is_report = reading.disposition_notification.is_some()
            || reading.feedback_report.is_some()
            || reading.delivery_report.is_some();
        let reading = if is_report { read(&attached) } else { reading };
        assert_eq!(names(&reading), [name], "{mime_type}");
    }
    for (subject, name) in [
        ("Subject: Re: a/b?\r\n", "Re_ a-b_.eml"),
        ("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n", "Grüße.eml"),
        ("Subject: ...\r\n", "message.eml"),
        ("", "message.eml"),
    ] {
        let raw = part(
            "message/rfc822",
            &format!("{subject}From: a@example.com\r\n\r\nx"),
        );
        let reading = read(&multipart("mixed", &[&part("text/plain", "Hi"), &raw]));
        assert_eq!(names(&reading), [name]);
    }
}

#[test]
fn parts_called_after_another_file_do_not_take_its_name() {
    let double = multipart(
        "appledouble",
        &[
            &part("application/applefile; name=report.pdf", "x"),
            &part("application/pdf; name=report.pdf", "%PDF"),
        ],
    );
    let elsewhere = part(
        "message/external-body; access-type=URL; name=film.mp4",
        "Content-Type: video/mp4\r\n\r\n",
    );
    let reading = read(&multipart(
        "mixed",
        &[
            &double.replace("=b\r", "=c\r").replace("--b", "--c"),
            &elsewhere,
        ],
    ));
    assert_eq!(
        names(&reading),
        ["report.pdf.applefile", "report.pdf", "film.mp4.txt"]
    );
}

#[test]
fn hostile_structures_end() {
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        format!("--b\r\n{}", part("text/calendar", EVENT)).repeat(100_000)
    );
    assert!(read(&many).calendars.len() <= 10_000);
    let files = format!("Subject: x\r\n\r\n{}", CAT.repeat(50_000));
    assert!(read(&files).attachments.len() <= 10_000);
    let begun = format!(
        "Subject: x\r\n\r\n{}",
        "begin 644 x\r\n#0V%T\r\n".repeat(50_000)
    );
    assert_eq!(read(&begun).attachments.len(), 0);
    let deep = part("text/calendar", &"BEGIN:VEVENT\r\n".repeat(100_000));
    assert!(read(&deep).calendars[0].entries.len() <= 500);
    let folds = part(
        "text/calendar",
        &format!("SUMMARY:{}", "=\r\n =".repeat(200_000)),
    );
    assert_eq!(read(&folds).calendars[0].entries.len(), 0);
}
