//! Text of real mail: charsets, encoded words, parameters and transfer encodings, through the public API.

use airbyte_agent_gmail::mail::{Reading, UndecodedReason, html_to_text};

fn body(headers: &str, body: &[u8]) -> Reading {
    let head = format!("From: a@example.com\r\n{headers}\r\n\r\n");
    Reading::from_raw(&[head.as_bytes(), body].concat())
}

fn subject(value: &str) -> String {
    let reading = body(&format!("Subject: {value}"), b"text");
    assert!(reading.undecoded.is_empty(), "{value}");
    reading.subject.unwrap_or_default()
}

#[test]
fn split_letters_of_encoded_words_are_joined() {
    let table = [
        (
            "=?UTF-8?Q?pasi=C5=BEad=C4?= =?UTF-8?Q?=97jimas?=",
            "pasižadėjimas",
        ),
        ("=?gb2312?B?xOO6?=\r\n =?gb2312?B?w8rAvec=?=", "你好世界"),
        ("=?utf-8?B?w7xiZXI?=", "über"),
        (
            "Re: (=?utf-8?Q?=C3=A9?=), =?utf-8?Q?=C3=A9?=.",
            "Re: (é), é.",
        ),
        ("=?utf-8?Q?a=E2=80=A8b?=", "a b"),
        ("=?us-ascii?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ];
    for (value, text) in table {
        assert_eq!(subject(value), text, "{value}");
    }
}

#[test]
fn encoded_words_are_read_in_names_and_never_in_addresses() {
    let reading = body(
        "To: =?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?= <joerg@example.com>, \"=?utf-8?B?w7xiZXI?=\" <b@example.com>,\r\n \
         =?utf-8?Q?x=40evil.example?=@example.com",
        b"text",
    );
    let names: Vec<Option<&str>> = reading.to.iter().map(|mailbox| mailbox.name()).collect();
    assert_eq!(names.first(), Some(&Some("Jörg")));
    assert_eq!(names.get(1), Some(&Some("über")));
    assert!(
        reading
            .to
            .iter()
            .all(|mailbox| mailbox.address().ends_with("@example.com"))
    );
}

#[test]
fn bodies_are_read_by_any_label() {
    let table: [(&str, &[u8], &str); 6] = [
        ("cp932", b"k/qWe4zq", "日本語"),
        ("\"x-windows-949\"", b"x9Gx2w==", "한글"),
        ("iso-2022-kr", b"GyQpQw5HUTFbDyBhYmM=", "한글 abc"),
        ("hz-gb-2312", b"fntWUE5Efn0=", "中文"),
        ("unicode-1-1-utf-7", b"K1plVm5MSXFlLQ==", "日本語"),
        ("windows-1252", b"RHppZcWEIGRvYnJ5IOKAog==", "Dzień dobry •"),
    ];
    for (label, base64, text) in table {
        let headers = format!(
            "Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: base64"
        );
        let reading = body(&headers, base64);
        assert_eq!(reading.text.trim_end(), text, "{label}");
    }
}

#[test]
fn what_cannot_be_decoded_is_told() {
    let reading = body(
        "Subject: =?x-unheard-of?Q?caf=E9?=\r\nContent-Type: text/plain; charset=utf-8",
        b"Gr\xc3\xbc\xffe",
    );
    assert_eq!(reading.text, "Grü\u{fffd}e");
    let told: Vec<(&str, Option<&str>, UndecodedReason)> = reading
        .undecoded
        .iter()
        .map(|entry| (entry.place.as_str(), entry.charset.as_deref(), entry.reason))
        .collect();
    assert_eq!(
        told,
        [
            ("Subject", Some("x-unheard-of"), UndecodedReason::Guessed),
            ("text", Some("utf-8"), UndecodedReason::Malformed),
        ]
    );
}

#[test]
fn html_tells_its_own_charset() {
    let table: [&[u8]; 3] = [
        b"<meta charset=\"iso-8859-2\"><p>\xa3\xf3d\xbc</p>",
        b"<html><head><meta http-equiv=Content-Type content='text/html; charset=iso-8859-2'></head>\xa3\xf3d\xbc",
        b"<?xml version='1.0' encoding='iso-8859-2'?><p>\xa3\xf3d\xbc</p>",
    ];
    for html in table {
        for label in ["", "; charset=us-ascii", "; charset=x-unheard-of"] {
            let head = format!("Content-Type: text/html{label}");
            assert_eq!(body(&head, html).text, "Łódź", "{label}");
        }
    }
    assert_eq!(body("X-None: 1", b"\x1b$B%O%m!<\x1b(B").text, "ハロー");
}

#[test]
fn transfer_encodings_are_read_in_any_spelling() {
    for spelling in [
        "base64;",
        "\"base64\"",
        "'base64'",
        "base64 (comment)",
        "BASE64",
    ] {
        let headers = format!(
            "Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: {spelling}"
        );
        let reading = body(&headers, b"aGVsbG8=\r\n");
        let data = reading.attachments.first().and_then(|file| file.data());
        assert_eq!(data, Some(&b"hello"[..]), "{spelling}");
    }
    let reading = body(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
        b"R3LDvMOfZQ==\r\n\r\n_____________\r\nlist mailing list\r\nlist@example.com\r\n",
    );
    assert_eq!(
        reading.text,
        "Grüße\n_____________\nlist mailing list\nlist@example.com\n"
    );
}

#[test]
fn file_names_are_read_in_every_form() {
    let table = [
        (
            "filename*=utf-8''Hello-(123)-World.pdf",
            "Hello-(123)-World.pdf",
        ),
        ("filename=Status(s).pdf", "Status(s).pdf"),
        (
            "filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac.txt",
            "€.txt",
        ),
        ("filename=\"two\r\n\twords.txt\"", "two words.txt"),
        ("filename*0*=UTF-8''%e2%82; filename*1*=%ac.txt", "€.txt"),
        (
            "filename=\"=?gb2312?B?xOO6?= =?gb2312?B?w8rAvec=?=.txt\"",
            "你好世界.txt",
        ),
    ];
    for (parameter, name) in table {
        let headers = format!(
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n {parameter}"
        );
        let reading = body(&headers, b"x");
        assert_eq!(reading.attachments[0].name, name, "{parameter}");
    }
    let reading = body(
        "Content-Type: application/pdf; name*0*=UTF-8''%e2%82; name*1*=%ac.pdf",
        b"x",
    );
    assert_eq!(reading.attachments[0].name, "€.pdf");
}

#[test]
fn a_text_that_is_all_quotation_is_shown() {
    let kept = [
        "Run these:\n> npm install\n> npm test\n",
        "Hello,\n\nPlease run:\n\n> npm install\n",
        "> only\n> a quotation\n",
        "On Monday, Support wrote:\n> Really?\n",
        "> ---------- Forwarded message ---------\n> From: a@example.com\n>\n> text\n",
        "-----Original Message-----\nFrom: a@example.com\n\ntext\n",
    ];
    for text in kept {
        let reading = body("Subject: x", text.as_bytes());
        assert_eq!(reading.text_without_quote(), text);
    }
    let reading = body(
        "Subject: x",
        b"Yes.\n\nSupport <a@example.com> wrote:\n> Really?\n",
    );
    assert_eq!(reading.text_without_quote(), "Yes.");
}

#[test]
fn references_of_html_need_no_semicolon() {
    assert_eq!(
        html_to_text("&copy 2026, &reg caf&eacute, &notit;"),
        "© 2026, ® café, ¬it;"
    );
}
