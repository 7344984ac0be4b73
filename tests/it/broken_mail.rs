//! Broken mail that real programs send, read from its bytes and from the sandbox's payload.

#![cfg(feature = "sandbox")]

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::sandbox::Sandbox;

use crate::support::TestResult;

/// A message and its expected content: subject, authors, text, names and sizes of files.
struct Case {
    name: &'static str,
    raw: Vec<u8>,
    expected: [&'static str; 4],
}

const PARTS: &str = "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ==\n\
                     --b\nContent-Type: application/pdf; name=\"a b.pdf\"\nContent-Transfer-Encoding: base64\n\n\
                     JVBE*RgoxMjM0NTY=\n--b--\n";

const EXPECTED: [&str; 4] = ["Offer", "Eva <eva@example.org>", "Grüße", "a b.pdf 11"];

fn message(head: &str) -> String {
    format!("From: Eva <eva@example.org>\n{head}\nMIME-Version: 1.0\n\n{PARTS}")
}

fn cases() -> Vec<Case> {
    let whole = "Subject: Offer\nContent-Type: multipart/mixed; boundary=b";
    let same = |name, raw: String| Case {
        name,
        raw: raw.into_bytes(),
        expected: EXPECTED,
    };
    let encoded = "LS1iCkNvbnRlbnQtVHlwZTogdGV4dC9wbGFpbgoKSGVsbG8KLS1iLS0K";
    let body_charset = |charset: &str, rest: &[u8]| {
        let head = b"From: \"\xd3\xe2\" <eva@example.org>\r\nSubject: \xd3\xe2\r\n";
        let kind = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
        );
        [&head[..], kind.as_bytes(), rest].concat()
    };
    vec![
        same("whole", message(whole)),
        same("a byte order mark", format!("\u{feff}{}", message(whole))),
        same("line ends of CR", message(whole).replace('\n', "\r")),
        same("line ends of CR and LF", message(whole).replace('\n', "\r\n")),
        same("a stray", message(&format!("this is no header\n{whole}"))),
        same("a separator", message(&format!("From a@b Mon Nov 30 10:00:00 2026\n{whole}"))),
        same("a fold without its blank", message(&whole.replace("; ", ";\n"))),
        same("no boundary", message(&whole.replace("; boundary=b", ""))),
        same("another boundary", message(&whole.replace("=b", "=c"))),
        Case {
            name: "encoded as a whole",
            raw: format!("Subject: Offer\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n{encoded}\n")
                .into_bytes(),
            expected: ["Offer", "", "Hello", ""],
        },
        Case {
            name: "alternatives that are none",
            raw: b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nOne\n--b\n\nTwo\n--b\n\nOne \n--b--\n".to_vec(),
            expected: ["", "", "One\nTwo", ""],
        },
        Case {
            name: "headers in the charset of the text",
            raw: body_charset(
                "koi8-r",
                b"\xd3\xe2\r\n--b\r\nContent-Type: a/b; name=\"\xd3.txt\"\r\n\r\nx\r\n--b--\r\n",
            ),
            expected: ["сБ", "сБ <eva@example.org>", "сБ", "с.txt 1"],
        },
        Case {
            name: "a name alone",
            raw: b"From: Mail Delivery System <>\nSubject: Returned\n\nHello\n".to_vec(),
            expected: ["Returned", "Mail Delivery System <>", "Hello", ""],
        },
        Case {
            name: "a name without quotes",
            raw: "From: Müller, Eva <eva@example.org>\nSubject: Hi\n\nHello\n".into(),
            expected: ["Hi", "\"Müller, Eva\" <eva@example.org>", "Hello", ""],
        },
        Case {
            name: "another Japanese charset than the label's",
            raw: b"Content-Type: text/plain; charset=iso-2022-jp\n\n\xa5\xcf\xa5\xed\xa1\xbc\n".to_vec(),
            expected: ["", "", "ハロー", ""],
        },
    ]
}

fn facts(reading: &Reading) -> [String; 4] {
    let files = reading.attachments.iter();
    let files = files.map(|file| format!("{} {}", file.name, file.size));
    [
        reading.subject.clone().unwrap_or_default(),
        reading.from.to_string(),
        reading.text.trim().to_owned(),
        files.collect::<Vec<_>>().join(", "),
    ]
}

#[tokio::test]
async fn broken_mail_is_read_alike_from_bytes_and_from_payloads() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let gmail = sandbox.open_source()?;
    for case in cases() {
        let name = case.name;
        assert_eq!(
            facts(&Reading::from_raw(&case.raw)),
            case.expected,
            "{name}"
        );
        let id = sandbox.deliver(&case.raw);
        assert_eq!(
            facts(&gmail.read(&id).await?),
            case.expected,
            "{name}, shown"
        );
    }
    Ok(())
}
