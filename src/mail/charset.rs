//! Bytes of a text part to text.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Where the bytes of a text part come from, which decides what to believe about their charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextOrigin {
    /// The `data` of a payload: Gmail has usually made it UTF-8, whatever the part's header says.
    Payload,
    /// The message as it was sent: the header is to be believed.
    Raw,
}

/// Decodes a text part; never fails, since bytes without a meaning become replacement characters.
pub(crate) fn decode_text(bytes: &[u8], declared: Option<&str>, origin: TextOrigin) -> String {
    let declared = declared.map(str::trim).filter(|label| !label.is_empty());
    let believes_utf8 = match origin {
        // The escape sequences of the 7-bit charsets and the zeros of UTF-16 are valid UTF-8 too, and tell of bytes
        // that were left as they were sent.
        TextOrigin::Payload => !declared.is_some_and(|label| is_undecoded(bytes, label)),
        TextOrigin::Raw => declared.is_none_or(is_ascii_or_utf8),
    };
    if believes_utf8 && let Ok(text) = std::str::from_utf8(bytes) {
        return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    }
    let label = declared.filter(|label| !is_ascii_or_utf8(label));
    if let Some(label) = label {
        if let Some(encoding) = encoding_rs::Encoding::for_label(label.as_bytes()) {
            return encoding.decode(bytes).0.into_owned();
        }
        // The mail charsets that browsers do not know, such as UTF-7 and IBM850.
        if let Some(decoder) = charset_decoder(label.as_bytes()) {
            return decoder(bytes);
        }
    }
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => text.to_owned(),
        // A charset that is missing or unknown is most often Windows-1252; UTF-8 that was cut within a character
        // loses that one character alone.
        Cow::Owned(text) if text.matches('\u{fffd}').count() <= 1 && text.len() > 80 => text,
        Cow::Owned(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

/// The bytes of a header as text: UTF-8, or else, since no charset is given for them, what is most often meant.
///
/// Bytes within an encoded word are of the word's charset, and are kept for its decoder as `=F6`.
pub(crate) fn decode_header(value: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(value) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(value.len() * 2);
    let mut rest = value;
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (before, word) = rest.split_at_checked(start).unwrap_or((rest, b""));
        let (word, after) = split_word(word);
        text.push_str(&decode_text(before, None, TextOrigin::Raw));
        for byte in word {
            if byte.is_ascii() {
                text.push(char::from(*byte));
            } else {
                text.push_str(&format!("={byte:02X}"));
            }
        }
        rest = after;
    }
    text.push_str(&decode_text(rest, None, TextOrigin::Raw));
    Cow::Owned(text)
}

/// Splits an encoded word in quoted-printable, with the `=?` that it begins with, from what is behind it. Where there
/// is none, the `=?` alone is split.
fn split_word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut marks = memchr::memchr_iter(b'?', bytes).skip(1);
    let end = match (marks.next(), marks.next(), marks.next()) {
        (Some(charset), Some(encoding), Some(text))
            if encoding == charset + 2
                && matches!(bytes.get(charset + 1), Some(b'q' | b'Q'))
                && bytes.get(text + 1) == Some(&b'=') =>
        {
            text + 2
        }
        _ => 2,
    };
    bytes.split_at_checked(end).unwrap_or((bytes, b""))
}

/// One kind of line end, so that the text reads the same wherever it came from.
pub(crate) fn normalize_line_ends(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

fn is_undecoded(bytes: &[u8], label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    if label.starts_with("iso-2022") {
        bytes.contains(&0x1b)
    } else if label.starts_with("utf-16") || label.starts_with("utf-32") {
        bytes.contains(&0)
    } else if label == "utf-7" || label == "hz-gb-2312" {
        bytes.is_ascii()
    } else {
        false
    }
}

fn is_ascii_or_utf8(label: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968"]
        .iter()
        .any(|name| label.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_charset_of_a_raw_part_is_believed() {
        let table: [(&str, &[u8], &str); 8] = [
            ("iso-8859-1", b"caf\xe9", "café"),
            ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
            ("GBK", b"\xc4\xe3\xba\xc3", "你好"),
            ("Shift_JIS", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("iso-2022-jp", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
            ("utf-7", b"+ZYeB9FH6ckh5Pg-", "文致出版社"),
            ("ibm850", b"\x9b", "ø"),
            ("utf-8", "日本".as_bytes(), "日本"),
        ];
        for (label, bytes, text) in table {
            assert_eq!(
                decode_text(bytes, Some(label), TextOrigin::Raw),
                text,
                "{label}"
            );
        }
    }

    #[test]
    fn the_text_of_a_payload_is_utf8_unless_it_cannot_be() {
        let utf8 = "Привет".as_bytes();
        assert_eq!(
            decode_text(utf8, Some("koi8-r"), TextOrigin::Payload),
            "Привет"
        );
        assert_eq!(
            decode_text(b"\xc4\xe3\xba\xc3", Some("gbk"), TextOrigin::Payload),
            "你好"
        );
        let escaped = b"\x1b$B%O%m!<\x1b(B";
        assert_eq!(
            decode_text(escaped, Some("ISO-2022-JP"), TextOrigin::Payload),
            "ハロー"
        );
        assert_eq!(
            decode_text(b"plain", Some("ISO-2022-JP"), TextOrigin::Payload),
            "plain"
        );
    }

    #[test]
    fn a_header_keeps_the_bytes_of_its_encoded_words() {
        let table: [(&[u8], &str); 5] = [
            ("=?x?".as_bytes(), "=?x?"),
            (b"\xfc =?koi8-r?Q?\xf0?= \xfc", "ü =?koi8-r?Q?=F0?= ü"),
            (b"=?a\xfc", "=?aü"),
            (b"=?a?B?\xfc?=", "=?a?B?ü?="),
            (b"=?a?q?=?\xfc?=", "=?a?q?=?ü?="),
        ];
        for (bytes, text) in table {
            assert_eq!(decode_header(bytes), text);
        }
    }

    #[test]
    fn missing_wrong_and_unknown_charsets_still_give_text() {
        for declared in [
            None,
            Some("us-ascii"),
            Some("utf-8"),
            Some("no-such-charset"),
            Some(" "),
        ] {
            assert_eq!(decode_text(b"caf\xe9", declared, TextOrigin::Raw), "café");
            assert_eq!(
                decode_text("café".as_bytes(), declared, TextOrigin::Raw),
                "café"
            );
        }
        let long = [&b"x".repeat(100)[..], &b"\xe6\x97"[..]].concat();
        assert!(decode_text(&long, Some("utf-8"), TextOrigin::Raw).ends_with("x\u{fffd}"));
    }
}
