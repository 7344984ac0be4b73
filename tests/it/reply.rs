//! The rules for replies and forwards: a golden file with each original and the resulting messages.

#![cfg(feature = "mail")]
#![allow(clippy::unwrap_used, reason = "a test fails by it, in its helpers too")]

use crate::compare;

use std::fmt::Write as _;

use airbyte_agent_gmail::mail::{
    Compose, ForwardAttachment, MailboxList, Reading, forward, reply, reply_all,
};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The originals, each with its purpose.
const ORIGINALS: [(&str, &str); 10] = [
    (
        "to several, in a thread; one of them is me by an alias",
        "From: Support <support@example.org>\nTo: Me <alias@example.com>, second@example.net\nCc: third@example.net, SUPPORT@example.org\nSubject: Invoice\nDate: Tue, 24 Nov 2026 09:15:00 +0100\nMessage-ID: <3@example.org>\nIn-Reply-To: <2@example.org>\nReferences: <1@example.org>\n <2@example.org>\n\nIs it paid?\n\n> Please pay.\n-- \nSupport\n",
    ),
    (
        "answers go elsewhere",
        "From: Support <support@example.org>\nReply-To: Tickets <tickets@example.org>\nTo: me@example.com\nSubject: RE: [#12] Question\nDate: Tue, 24 Nov 2026 09:15:00 -0500\nMessage-ID: <5@example.org>\n\nYour ticket.\n",
    ),
    (
        "my own message, sent before",
        "From: Me <me@example.com>\nTo: support@example.org\nCc: second@example.net\nBcc: third@example.net\nSubject: A question\nDate: Tue, 24 Nov 2026 09:15:00 +0000\nMessage-ID: <q@example.com>\n\nAnybody there?\n",
    ),
    (
        "names and subject in other scripts, a name with a comma, a group",
        "From: =?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <mueller@example.org>\nTo: \"Doe, Jo\" <jo@example.net>, team: a@example.net, b@example.net;, me@example.com\nSubject: =?utf-8?B?5L6h5qC844Gu5Lu2?=\nDate: Tue, 24 Nov 2026 09:15:00 +0900\nMessage-ID: <k@example.org>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nこんにちは、お元気ですか。\n",
    ),
    (
        "HTML with a picture, and a file",
        "From: news@example.org\nTo: me@example.com\nSubject: Fwd: News\nDate: Tue, 24 Nov 2026 09:15:00 +0100\nMessage-ID: <n@example.org>\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html; charset=utf-8\n\n<html><head><style>p{color:red}</style></head><body><p onclick=\"x()\">Hello <b>you</b></p><img src=\"cid:logo@example.org\" alt=\"Logo\"></body></html>\n--r\nContent-Type: image/png; name=logo.png\nContent-ID: <logo@example.org>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw==\n--r--\n--m\nContent-Type: text/csv; name=\"../list.csv\"\nContent-Disposition: attachment; filename=\"../list.csv\"\n\n1,2\n--m--\n",
    ),
    (
        "no id, no date, no subject",
        "From: support@example.org\nTo: me@example.com\n\nShort.\n",
    ),
    (
        "flowed text, with quotations",
        "From: support@example.org\nTo: me@example.com\nSubject: re: Flow\nDate: Tue, 24 Nov 2026 09:15:00 +0100\nMessage-ID: <f@example.org>\nContent-Type: text/plain; charset=utf-8; format=flowed\n\n>> Older still.\n> A line that \n> goes on.\nA paragraph that was \nbroken on the way.\n",
    ),
    (
        "a subject and a name that would add headers",
        "From: =?utf-8?Q?Mallory=0D=0ABcc=3A_x=40example=2Eorg?= <mallory@example.org>\nTo: me@example.com\nSubject: =?utf-8?Q?Hi=0D=0ABcc=3A_x=40example=2Eorg?=\nDate: Tue, 24 Nov 2026 09:15:00 +0100\nMessage-ID: <m@example.org>\n\nHello.\n",
    ),
    (
        "a thread without References, its id in In-Reply-To",
        "From: support@example.org\nTo: me@example.com\nSubject: Fw: Re: Old\nDate: Tue, 24 Nov 2026 09:15:00 +0100\nMessage-ID: <o2@example.org>\nIn-Reply-To: <o1@example.org>\n\nOld.\n",
    ),
    (
        "nobody to reply to",
        "To: me@example.com\nSubject: From nobody\nMessage-ID: <x@example.org>\n\nWho am I?\n",
    ),
];

/// A message's bytes, with numbers in place of random boundaries.
fn shown(message: Compose) -> Result<String, Box<dyn std::error::Error>> {
    let composed = message
        .date(1_795_600_000)
        .message_id("answer@example.com")
        .build()?;
    let mut text = String::from_utf8(composed.raw)?.replace("\r\n", "\n");
    let mut number = 0;
    while let Some((_, after)) = text.split_once("boundary=\"")
        && let Some((boundary, _)) = after.split_once('"')
    {
        number += 1;
        let boundary = boundary.to_owned();
        text = text
            .replace(
                &format!("boundary=\"{boundary}\""),
                &format!("boundary={number}"),
            )
            .replace(&format!("--{boundary}"), &format!("--{number}"));
    }
    // Shows encoded text decoded.
    let encoded = "Content-Transfer-Encoding: base64\n\n";
    if let Some((head, _)) = text.split_once(encoded)
        && number == 0
    {
        let reading = Reading::from_raw(text.as_bytes());
        text = format!("{head}{encoded}(decoded)\n{}", reading.text);
    }
    Ok(text)
}

fn case(golden: &mut String, purpose: &str, original: &str) -> TestResult {
    let own: MailboxList = "Me <me@example.com>, alias@example.com".parse()?;
    let reading = Reading::from_raw(original.replace('\n', "\r\n").as_bytes());
    let files = || {
        let files = reading.attachments.iter();
        files
            .map(|file| ForwardAttachment::from_attachment(file, file.data().unwrap_or_default()))
            .collect()
    };
    let made = [
        ("reply", reply(&reading, &own)),
        ("reply to all", reply_all(&reading, &own)),
        (
            "forward",
            forward(&reading, &own, files()).map(|message| message.to("other@example.net")),
        ),
    ];
    writeln!(golden, "######## {purpose}\n")?;
    for (what, message) in made {
        writeln!(golden, "======== {what}\n")?;
        match message {
            Ok(message) => {
                // Leaves out the lines that are the same in every message.
                let text = shown(message.text("Written."))?;
                let same = [
                    "Date: Wed, 25",
                    "Message-ID: <answer@",
                    "MIME-Version:",
                    "Written.",
                ];
                for line in text.lines() {
                    if !same.iter().any(|same| line.starts_with(same)) {
                        writeln!(golden, "{line}")?;
                    }
                }
            }
            Err(error) => writeln!(golden, "{error}\n")?,
        }
    }
    Ok(())
}

#[test]
fn answers_and_forwards_follow_their_rules() -> TestResult {
    let mut golden = String::new();
    for (purpose, original) in ORIGINALS {
        case(&mut golden, purpose, original)?;
    }
    compare::check("tests/golden/reply.txt", &golden);
    Ok(())
}
