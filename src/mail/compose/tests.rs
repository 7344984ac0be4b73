use mail_parser::{MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;

use crate::mail::Reading;

use super::*;

fn message() -> Compose {
    Compose::new()
        .from("Support <support@example.com>")
        .to("first@example.org")
        .message_id("<fixed@example.com>")
        .date(1_795_508_100)
}

fn raw(message: Compose) -> String {
    String::from_utf8(message.build().unwrap().raw).unwrap()
}

#[test]
fn a_text_message_is_as_plain_as_can_be() {
    let expected = "From: \"Support\" <support@example.com>\r\nTo: <first@example.org>\r\nSubject: Hello\r\n\
                    Date: Tue, 24 Nov 2026 08:15:00 +0000\r\nMessage-ID: <fixed@example.com>\r\nMIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n";
    assert_eq!(raw(message().subject("Hello").text("one\ntwo")), expected);
}

#[test]
fn the_structure_follows_from_the_content() {
    let types = |compose: Compose| {
        let raw = compose.build().unwrap().raw;
        let parsed = MessageParser::new().parse(&raw).unwrap();
        let kind = |part: &mail_parser::MessagePart<'_>| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
        };
        parsed.parts.iter().map(kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(types(message().text("x")), "text/plain");
    assert_eq!(
        types(message().html("<p>x")),
        "multipart/alternative text/plain text/html"
    );
    let picture = || {
        message()
            .html("<img src=cid:a>")
            .inline("a", "a.png", "image/png", [1])
    };
    assert_eq!(
        types(picture()),
        "multipart/alternative text/plain multipart/related text/html image/png"
    );
    assert_eq!(
        types(picture().attachment("b.pdf", "application/pdf", [2])),
        "multipart/mixed multipart/alternative text/plain multipart/related text/html image/png application/pdf"
    );
    assert_eq!(
        types(message().text("x").inline("a", "a.png", "image/png", [1])),
        "multipart/mixed text/plain image/png"
    );
    assert_eq!(types(message()), "text/plain");
}

#[test]
fn html_alone_gets_a_text() {
    let raw = message()
        .html("<p>See <a href='https://example.com/x'>this</a></p>")
        .build()
        .unwrap()
        .raw;
    let reading = Reading::from_raw(&raw);
    assert_eq!(reading.text, "See this (https://example.com/x)\n");
    assert!(!reading.is_text_from_html);
}

#[test]
fn whatever_is_wrong_is_said_by_build() {
    let path = std::env::temp_dir()
        .join("no-such-folder")
        .join("no-such-file");
    let table = [
        (message().to("nobody"), "To: "),
        (message().cc(""), "Cc: there is no address"),
        (message().bcc("a@example.com\r\nX: y"), "Bcc: "),
        (
            message().from("a@example.com, b@example.com"),
            "From: there are several",
        ),
        (message().subject("a\r\nBcc: x@example.com"), "Subject: "),
        (message().header("X-A", "a\nb"), "X-A: "),
        (message().header("X A", "a"), "a header's name"),
        (message().header("X-A: b\r\nX-B", "a"), "a header's name"),
        (message().header("bcc", "a@example.com"), "bcc: "),
        (message().header("Content-Type", "x/y"), "Content-Type: "),
        (message().message_id("18f2c0a1b2c3d4e5"), "Message-ID: "),
        (message().in_reply_to("a@b>\r\nX: <c@d"), "In-Reply-To: "),
        (message().references(["a@b", "c d@e"]), "References: "),
        (
            message().inline("a b", "n", "image/png", []),
            "a content id",
        ),
        (
            message()
                .inline("a", "n", "image/png", [])
                .inline("a", "n", "image/png", []),
            "a content id",
        ),
        (
            message().attachment("a\nb", "text/plain", []),
            "an attachment's name",
        ),
        (
            message().attachment("a", "multipart/mixed", []),
            "an attachment's type",
        ),
        (
            message().attachment("a", "text/plain\r\nX: y", []),
            "an attachment's type",
        ),
        (
            message().attachment_from_path(path),
            "a file to attach could not be read",
        ),
        (
            message().attachment("a", "image/png", vec![0; 28_000_000]),
            "the message has 37333336 bytes",
        ),
    ];
    for (message, start) in table {
        let error = message.build().unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn a_file_is_attached_under_its_own_name() {
    let folder = std::env::temp_dir().join(format!("compose-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("Zahlen März.csv");
    std::fs::write(&path, "a,b\n").unwrap();
    let raw = message().attachment_from_path(&path).build().unwrap().raw;
    std::fs::remove_dir_all(&folder).unwrap();
    let reading = Reading::from_raw(&raw);
    let attachment = &reading.attachments[0];
    assert_eq!(
        (attachment.name.as_str(), attachment.mime_type.as_str()),
        ("Zahlen März.csv", "text/csv")
    );
    assert_eq!(attachment.data(), Some(&b"a,b\n"[..]));
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_too_large() {
    let error = message().attachment_from_path("/dev/zero").build();
    assert!(matches!(error, Err(ComposeError::TooLarge { .. })));
}

#[test]
fn a_message_is_enclosed_as_it_is() {
    let inner = b"Subject: inner\r\n\r\nhi\r\n";
    let whole = raw(message().attachment("m.eml", "message/rfc822", inner));
    assert!(
        whole.contains("Content-Transfer-Encoding: 7bit\r\n\r\nSubject: inner\r\n\r\nhi\r\n\r\n--"),
        "{whole}"
    );
    let bare = raw(message().attachment("m.eml", "message/rfc822", *b"Subject: inner\n\nhi\n"));
    assert!(bare.contains("application/octet-stream") && !bare.contains("Subject: inner"));
}

#[test]
fn no_line_is_longer_than_mail_servers_pass_on() {
    for text in [
        "x".repeat(5000),
        "é".repeat(5000),
        "x y".repeat(2000),
        "\"".repeat(2000),
    ] {
        let message = message()
            .subject(text.clone())
            .from(
                Address::new("a@example.com")
                    .unwrap()
                    .with_name(text.clone())
                    .unwrap(),
            )
            .header("X-Long", text.clone())
            .references(vec![format!("{}@example.com", "a".repeat(800)); 5])
            .text(text.clone())
            .html(text.clone())
            .attachment(
                text.clone(),
                format!("text/plain; long=\"{}\"", "x".repeat(3000)),
                text.clone().into_bytes(),
            );
        let raw = raw(message);
        let longest = raw.split("\r\n").map(str::len).max();
        assert!(longest <= Some(998), "{longest:?}");
        let reading = Reading::from_raw(raw.as_bytes());
        assert_eq!(reading.subject.as_deref(), Some(text.as_str()));
        assert_eq!(reading.header("X-Long"), Some(text.as_str()));
        assert_eq!(reading.from.first().unwrap().name(), Some(text.as_str()));
    }
}

#[test]
fn message_ids_are_random_and_tell_nothing_of_the_machine() {
    let first = Compose::new().from("a@example.com").build().unwrap();
    let second = Compose::new().build().unwrap();
    assert!(first.message_id.ends_with("@example.com") && first.message_id.len() == 44);
    assert!(second.message_id.ends_with("@message-id.invalid"));
    assert_ne!(
        first.message_id.split('@').next(),
        second.message_id.split('@').next()
    );
}

#[test]
fn debug_shows_no_mail() {
    let message = message()
        .subject("secret-1")
        .text("secret-2")
        .html("secret-3")
        .header("X-A", "secret-4")
        .attachment("secret-5", "text/plain", *b"secret-6")
        .cc("secret-7 <secret-8@example.com>");
    let text = format!("{message:?} {:?}", message.clone().build().unwrap());
    assert!(
        !text.contains("secret") && !text.contains("example"),
        "{text}"
    );
    let error = message.to("secret-9").build().unwrap_err();
    assert!(!format!("{error:?} {error}").contains("secret"));
}

/// Text in many scripts, without control characters.
fn any_words() -> impl Strategy<Value = String> {
    let scripts =
        "[a-zA-Z0-9 ,.;:!?\"'()<>@\\\\=_/+&%#éßñøЖщ日本語한국어שלוםمرحبا😀🇩🇪\u{300}-]{0,90}";
    prop_oneof![scripts, "\\PC{0,60}", "[ -~]{0,120}"]
        .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .prop_filter("separators end lines", |text| !has_control(text))
}

fn any_name() -> impl Strategy<Value = String> {
    any_words().prop_map(|name| name.replace("=?", "=").trim().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_composed_is_what_is_parsed(
        subject in any_name(),
        name in any_name(),
        text in "[ -~éß日😀\n]{0,300}",
        file_name in any_name().prop_filter("a name is not empty", |name| !name.is_empty()),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        is_text in any::<bool>(),
    ) {
        let mime_type = if is_text { "text/csv" } else { "application/x-data" };
        let author = Address::new("support@example.com").unwrap().with_name(name.clone()).unwrap();
        let raw = message()
            .from(author)
            .subject(subject.clone())
            .text(text.clone())
            .html(format!("<p>{}</p>", crate::mail::html::escape(&text)))
            .attachment(file_name.clone(), mime_type, bytes.clone())
            .build()
            .unwrap()
            .raw;
        let parsed = MessageParser::new().parse(&raw).unwrap();
        prop_assert_eq!(parsed.subject().unwrap_or_default(), &subject);
        let author = parsed.from().unwrap().first().unwrap();
        prop_assert_eq!(author.name().unwrap_or_default(), &name);
        prop_assert_eq!(author.address(), Some("support@example.com"));
        let parsed_text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert_eq!(parsed_text.trim_end_matches('\n'), text.trim_end_matches('\n'));
        let attachment = parsed.attachment(0).unwrap();
        // This parser keeps the folds in a quoted name, which RFC 2045 allows.
        let parsed_name = attachment.attachment_name().unwrap().replace("\r\n", "");
        prop_assert_eq!(&parsed_name, &file_name);
        if let PartType::Binary(content) = &attachment.body {
            prop_assert_eq!(content.as_ref(), &bytes);
        }
        let reading = Reading::from_raw(&raw);
        prop_assert_eq!(reading.subject.unwrap_or_default(), subject);
        prop_assert_eq!(reading.from.first().unwrap().name().unwrap_or_default(), name);
        prop_assert_eq!(reading.text.trim_end_matches('\n'), text.trim_end_matches('\n'));
        prop_assert_eq!(&reading.attachments[0].name, &crate::mail::safe_file_name(&file_name));
        prop_assert_eq!(reading.attachments[0].data(), Some(bytes.as_slice()));
        prop_assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
        prop_assert!(!raw.iter().zip(raw.iter().skip(1)).any(|(first, second)| *first != b'\r' && *second == b'\n'));
    }

    #[test]
    fn nothing_that_is_given_adds_a_header(
        given in "([a-zA-Z<>@:;,\" =?é]|\r\n|\r|\n|\0|\u{85}|\u{2028}|Bcc: x@example.net|=?utf-8?Q?=0D=0A?=){0,40}",
    ) {
        let attempts = [
            message().subject(given.clone()),
            message().header("X-Extra", given.clone()),
            message().to(given.clone()),
            message().to(Address::new("a@example.com").unwrap().with_name(given.clone()).unwrap_or_else(|_| Address::new("b@example.com").unwrap())),
            message().attachment(given.clone(), "text/plain", []),
            message().inline(given.clone(), "name", "image/png", []),
            message().in_reply_to(&given),
            message().text(given.clone()),
        ];
        for attempt in attempts {
            let Ok(composed) = attempt.build() else { continue };
            let (headers, _) = crate::mail::read::head::split_head(&composed.raw);
            let known = ["From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "X-Extra", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];
            for (name, _) in &headers {
                prop_assert!(known.contains(&name.as_str()), "{}", name);
            }
            let parsed = MessageParser::new().parse(&composed.raw).unwrap();
            prop_assert!(parsed.bcc().is_none());
        }
    }
}
