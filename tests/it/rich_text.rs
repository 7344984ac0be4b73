//! Rich Text messages from Outlook: a `winmail.dat` whose text exists in no other form.

#![cfg(feature = "mail")]

use airbyte_agent_gmail::mail::{Reading, UndecodedReason};
use serde_json::json;

const PR_BODY: u32 = 0x1000_001e;
const PR_RTF_COMPRESSED: u32 = 0x1009_0102;
const PR_BODY_HTML: u32 = 0x1013_0102;
const PR_ATTACH_LONG_FILENAME: u32 = 0x3707_001e;
const PR_ATTACH_CONTENT_ID: u32 = 0x3712_001e;

fn length_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn attribute(tag: u32, data: &[u8]) -> Vec<u8> {
    let length = length_of(data.len());
    let sum = data
        .iter()
        .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    // The level, which follows from the tag.
    [
        &[1][..],
        &tag.to_le_bytes(),
        &length.to_le_bytes(),
        data,
        &sum.to_le_bytes(),
    ]
    .concat()
}

fn properties(properties: &[(u32, &[u8])]) -> Vec<u8> {
    let mut list = length_of(properties.len()).to_le_bytes().to_vec();
    for (tag, value) in properties {
        list.extend(tag.to_le_bytes());
        list.extend(1_u32.to_le_bytes());
        list.extend(length_of(value.len()).to_le_bytes());
        list.extend(*value);
        list.resize(list.len().next_multiple_of(4), 0);
    }
    list
}

/// A `winmail.dat` with these message properties.
fn winmail(message: &[(u32, &[u8])]) -> Vec<u8> {
    [
        &[0x78, 0x9f, 0x3e, 0x22, 1, 0][..],
        &attribute(0x0006_9007, &1252_u64.to_le_bytes()),
        &attribute(0x0006_9003, &properties(message)),
    ]
    .concat()
}

/// Rich Text in the uncompressed form.
fn stored(rtf: &str) -> Vec<u8> {
    let size = length_of(rtf.len());
    [
        &(size + 12).to_le_bytes()[..],
        &size.to_le_bytes(),
        b"MELA",
        &[0; 4],
        rtf.as_bytes(),
    ]
    .concat()
}

fn part(winmail: &[u8]) -> Vec<u8> {
    let head = b"Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\n\r\n";
    [&head[..], winmail].concat()
}

fn rich(rtf: &str) -> Vec<u8> {
    part(&winmail(&[(PR_RTF_COMPRESSED, &stored(rtf))]))
}

fn read(rtf: &str) -> Reading {
    Reading::from_raw(&rich(rtf))
}

const HTML: &str = r#"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}
\uc1\pard\plain\deftab360 \f0\fs24 {\*\htmltag19 <html>}{\*\htmltag34 <head>}
{\*\htmltag161 <meta http-equiv="Content-Type" content="text/html; charset=us-ascii">}{\*\htmltag41 </head>}
{\*\htmltag50 <body>}{\*\htmltag64}\htmlrtf {\htmlrtf0 {\*\htmltag148 <b>}\htmlrtf {\b \htmlrtf0 Gr\'fc\'dfe{\*\htmltag156 </b>}\htmlrtf }\htmlrtf0 
\htmlrtf{\f1\htmlrtf0 \'ec\'e8\'f0\htmlrtf\f0}\htmlrtf0 {\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 \u-10179?\u-8704? {\*\mhtmltag84 <img src=x>}{\*\htmltag84 <img src="cid:1@x" alt="sun">}
{\*\htmltag72}\htmlrtf\par}\htmlrtf0 {\*\htmltag58 </body>}{\*\htmltag27 </html>}}"#;

#[test]
fn the_specifications_example_is_read() {
    let compressed = [
        0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0,
        0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
        0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
        0xa0,
    ];
    let reading = Reading::from_raw(&part(&winmail(&[(PR_RTF_COMPRESSED, &compressed)])));
    assert_eq!((reading.text.as_str(), reading.html), ("hello world", None));
    assert!(reading.undecoded.is_empty());
}

#[test]
fn wrapped_html_is_the_html_of_the_message() {
    let mut winmail = winmail(&[(PR_RTF_COMPRESSED, &stored(HTML))]);
    winmail.extend(attribute(0x0006_9002, &[0; 14]));
    winmail.extend(attribute(0x0006_800f, b"PNG"));
    let file = [
        (PR_ATTACH_LONG_FILENAME, &b"sun.png\0"[..]),
        (PR_ATTACH_CONTENT_ID, b"1@x\0"),
    ];
    winmail.extend(attribute(0x0006_9005, &properties(&file)));
    let reading = Reading::from_raw(&part(&winmail));
    assert_eq!(reading.text, "Grüßeмир<😀 [sun]");
    assert!(reading.is_text_from_html);
    let html = reading.html.unwrap();
    assert!(html.starts_with("<html><head><meta"), "{html}");
    assert!(
        html.ends_with(
            "<body><b>Grüße</b>мир&lt;😀 <img src=\"cid:1@x\" alt=\"sun\"></body></html>"
        ),
        "{html}"
    );
    assert!(reading.undecoded.is_empty());
    let files: Vec<_> = reading
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.content_id.as_deref()))
        .collect();
    assert_eq!(files, [("winmail.dat", None), ("sun.png", Some("1@x"))]);
}

#[test]
fn the_text_stands_where_the_message_has_no_other_before_it() {
    let rich = rich(r"{\rtf1\ansi Rich}");
    let table: [(&str, &[&str], &str); 7] = [
        ("mixed", &["W"], "Rich"),
        (
            "mixed",
            &["Content-Type: text/plain\r\n\r\n \r\n", "W"],
            "Rich",
        ),
        ("mixed", &["\r\nHi", "W"], "Hi"),
        ("mixed", &["W", "\r\nFooter"], "Rich\nFooter"),
        ("mixed", &["W", "W"], "Rich"),
        ("alternative", &["\r\nHi", "W"], "Hi"),
        ("alternative", &["\r\n", "W"], "Rich"),
    ];
    for (kind, parts, text) in table {
        let mut raw = format!("Content-Type: multipart/{kind}; boundary=b\r\n\r\n").into_bytes();
        for part in parts {
            raw.extend(b"--b\r\n");
            raw.extend(if *part == "W" {
                rich.as_slice()
            } else {
                part.as_bytes()
            });
            raw.extend(b"\r\n");
        }
        raw.extend(b"--b--\r\n");
        let reading = Reading::from_raw(&raw);
        assert_eq!(reading.text, text, "{kind} {parts:?}");
        assert!(
            reading
                .attachments
                .iter()
                .all(|file| file.name == "winmail.dat")
        );
    }
}

#[test]
fn the_text_comes_with_what_gmail_keeps_behind_an_id() {
    let winmail = winmail(&[(PR_RTF_COMPRESSED, &stored(HTML))]);
    let file = json!({
        "partId": "0", "mimeType": "application/ms-tnef", "filename": "winmail.dat", "headers": [],
        "body": {"size": winmail.len(), "attachmentId": "a"},
    });
    let message = json!({"id": "1", "payload": {"partId": "", "mimeType": "multipart/mixed", "headers": [], "parts": [file]}});
    let reading = Reading::from_payload(&serde_json::from_value(message).unwrap());
    assert_eq!(
        (reading.text.as_str(), reading.bodies_to_fetch()),
        ("", vec!["a"])
    );
    let reading = reading.with_body("a", &winmail);
    assert!(reading.text.starts_with("Grüße"));
    assert!(reading.bodies_to_fetch().is_empty());
}

#[test]
fn what_is_lost_is_told() {
    let told = |reading: &Reading| -> Vec<String> {
        let undecoded = reading.undecoded.iter();
        undecoded
            .map(|undecoded| {
                format!(
                    "{} {:?} {:?}",
                    undecoded.place, undecoded.charset, undecoded.reason
                )
            })
            .collect()
    };
    let reading = read(r"{\rtf1\ansi\ansicpg932\fromtext a\'93\par}");
    assert_eq!(reading.text, "a\u{fffd}\n");
    assert_eq!(told(&reading), ["text of part 1 Some(\"cp932\") Malformed"]);
    let reading = read(r"{\rtf1\ansi\ansicpg99999 a\'e4}");
    assert_eq!(reading.text, "aä");
    assert_eq!(reading.undecoded[0].reason, UndecodedReason::Guessed);
    let plain = part(&winmail(&[(PR_BODY, b"caf\xe9\0")]));
    assert_eq!(Reading::from_raw(&plain).text, "café");
    let html = part(&winmail(&[
        (PR_BODY_HTML, b"<meta charset=utf-8>caf\xe9"),
        (PR_RTF_COMPRESSED, &stored(HTML)),
    ]));
    let reading = Reading::from_raw(&html);
    assert_eq!(reading.text, "caf\u{fffd}");
    assert_eq!(told(&reading), ["text of part 1 Some(\"utf-8\") Malformed"]);
}

#[test]
fn hostile_rich_text_ends() {
    let deep = format!("{{\\rtf1 a{}b", "{\\*\\htmltag{".repeat(200_000));
    assert_eq!(read(&deep).text, "a");
    let wrapped = format!(
        "{{\\rtf1\\fromhtml1 a{}b",
        "{{\\*\\htmltag ".repeat(200_000)
    );
    assert_eq!(read(&wrapped).text, "ab");
    assert_eq!(read(r"{\rtf1 a\bin2147483647 b}").text, "a");
    assert_eq!(read(r"{\rtf1 a\bin-5 b}").text, "ab");
    assert_eq!(read("{\\rtf1 Hello, cut {\\b he").text, "Hello, cut he");
}

#[test]
fn a_message_that_is_cut_keeps_what_came() {
    let whole = rich(HTML);
    let text = Reading::from_raw(&whole).html.unwrap();
    for end in 0..whole.len() {
        let reading = Reading::from_raw(&whole[..end]);
        let html = reading.html.unwrap_or_default();
        assert!(html.is_empty() || text.starts_with(&html), "{end}");
    }
}
