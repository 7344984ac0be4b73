//! Decodes the bytes of text: which charset to trust, and what to do if none fits.

pub(crate) mod decoder;
pub(crate) mod iso2022;
mod johab;
mod label;
mod unicode;

use std::{borrow::Cow, fmt};

use serde::Serialize;

use self::{
    decoder::{Decoded, Decoder},
    iso2022::CharacterSet,
};

/// The origin of a text part's bytes, which decides how far to trust their charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextOrigin {
    /// A payload's `data`: Gmail has usually converted it to UTF-8, whatever the part's header says.
    Payload,
    /// The message as sent, whose header is trusted.
    Raw,
}

/// Why a text differs from what its sender wrote.
///
/// ```
/// use airbyte_agent_gmail::mail::{Reading, UndecodedReason};
///
/// let raw = b"Content-Type: text/plain; charset=x-unheard-of\r\n\r\ncaf\xe9\r\n";
/// let reading = Reading::from_raw(raw);
/// assert_eq!(reading.undecoded[0].reason, UndecodedReason::Guessed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndecodedReason {
    /// The charset is missing or unknown; the text was read as Windows-1252, which may be wrong.
    Guessed,
    /// Some bytes are invalid in the charset; U+FFFD replaces them.
    Malformed,
}

impl fmt::Display for UndecodedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Guessed => "the charset is missing or unknown, so it was read as Windows-1252",
            Self::Malformed => "some bytes mean nothing in its charset and are shown as U+FFFD",
        })
    }
}

/// Decoded text, and the loss in decoding it.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) loss: Option<UndecodedReason>,
}

impl Text {
    fn whole(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            loss: None,
        }
    }
}

impl From<Decoded> for Text {
    fn from(decoded: Decoded) -> Self {
        Self {
            text: decoded.text,
            loss: decoded.is_lossy.then_some(UndecodedReason::Malformed),
        }
    }
}

/// Decodes text like [`decode`], for callers that can't report a loss.
pub(crate) fn decode_text(bytes: &[u8], declared: Option<&str>, origin: TextOrigin) -> String {
    decode(bytes, declared, origin).text
}

/// Decodes text. Never fails: invalid bytes become replacement characters.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>, origin: TextOrigin) -> Text {
    let decoder = declared
        .and_then(Decoder::for_label)
        .unwrap_or(Decoder::Unspecified);
    if let Some(utf8) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return Decoder::Web(encoding_rs::UTF_8).decode(utf8).into();
    }
    if matches!(bytes, [0xfe, 0xff, ..] | [0xff, 0xfe, ..])
        && matches!(decoder, Decoder::Unspecified)
    {
        return Decoder::Utf16(None).decode(bytes).into();
    }
    let utf8 = std::str::from_utf8(bytes).ok();
    if origin == TextOrigin::Payload
        && let Some(utf8) = utf8
        && !matches!(decoder, Decoder::Unspecified)
        && !is_left_as_sent(bytes, decoder)
    {
        return Text::whole(utf8);
    }
    if matches!(decoder, Decoder::Unspecified) {
        return decode_unspecified(bytes);
    }
    // A gateway has converted it to ASCII but kept the label: EBCDIC has no letters below 0x80.
    if matches!(decoder, Decoder::Ebcdic(_))
        && bytes.is_ascii()
        && let Some(utf8) = utf8
    {
        return Text::whole(utf8);
    }
    if decoder.is_single_byte()
        && let Some(utf8) = utf8
        && is_meant_as_utf8(utf8, decoder)
    {
        return Text::whole(utf8);
    }
    // No other charset has escape sequences that select double-byte sets.
    if bytes.is_ascii() && !decoder.is_seven_bit() && iso2022::is_escaped(bytes) {
        return Decoder::Iso2022(CharacterSet::Katakana)
            .decode(bytes)
            .into();
    }
    if let Some(utf8) = utf8
        && decoder.is_east_asian()
        && is_east_asian_utf8(utf8)
    {
        return Text::whole(utf8);
    }
    let decoded = decoder.decode(bytes);
    match utf8 {
        // The label is wrong if the bytes are invalid in its charset but valid UTF-8.
        Some(utf8) if decoded.is_lossy && !bytes.is_ascii() => Text::whole(utf8),
        _ if decoded.is_lossy => other_japanese(decoder, bytes).unwrap_or(decoded).into(),
        _ => decoded.into(),
    }
}

/// Whether text has so many three-byte letters, and no two-byte ones, that it can't be another charset by chance.
fn is_east_asian_utf8(utf8: &str) -> bool {
    let mut letters = utf8.chars().filter(|letter| !letter.is_ascii());
    let is_long = letters.clone().nth(1).is_some();
    is_long && letters.all(|letter| letter >= '\u{2000}' && letter != '\u{fffd}')
}

/// Decodes text that is invalid in the Japanese charset of its label but valid in another. Mail from phones, for one,
/// is labelled ISO-2022-JP whatever its charset.
fn other_japanese(decoder: Decoder, bytes: &[u8]) -> Option<Decoded> {
    let others = match decoder {
        Decoder::Iso2022(CharacterSet::Katakana) => [encoding_rs::EUC_JP, encoding_rs::SHIFT_JIS],
        Decoder::Web(encoding) if encoding == encoding_rs::EUC_JP => [encoding_rs::SHIFT_JIS; 2],
        Decoder::Web(encoding) if encoding == encoding_rs::SHIFT_JIS => [encoding_rs::EUC_JP; 2],
        _ => return None,
    };
    others
        .into_iter()
        .map(|encoding| Decoder::Web(encoding).decode(bytes))
        .find(|decoded| !decoded.is_lossy)
}

/// Decodes text with a missing, unknown or meaningless label: as UTF-8, by its escape sequences, or as the most common
/// charset.
fn decode_unspecified(bytes: &[u8]) -> Text {
    if bytes.is_ascii() && iso2022::is_escaped(bytes) {
        return Decoder::Iso2022(CharacterSet::Katakana)
            .decode(bytes)
            .into();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Text::whole(text);
    }
    let (mut letters, mut errors) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        letters += chunk
            .valid()
            .chars()
            .filter(|letter| !letter.is_ascii())
            .count();
        // Text that was cut within a letter loses only that letter.
        let is_cut = chunk.invalid().len() > 1;
        letters += usize::from(is_cut) * 2;
        errors += usize::from(!chunk.invalid().is_empty());
    }
    if letters > errors {
        return Decoder::Web(encoding_rs::UTF_8).decode(bytes).into();
    }
    Text {
        loss: Some(UndecodedReason::Guessed),
        ..Decoder::Web(encoding_rs::WINDOWS_1252).decode(bytes).into()
    }
}

/// Whether text with the label of a single-byte charset is really UTF-8, with multi-byte letters.
///
/// If a charset's letters fill both halves of the upper bytes, a word as short as "ươ" can be UTF-8 by chance. For
/// these charsets, all letters decoded as UTF-8 must exist in the charset.
fn is_meant_as_utf8(utf8: &str, decoder: Decoder) -> bool {
    let mut letters = utf8.chars().filter(|letter| !letter.is_ascii()).peekable();
    if letters.peek().is_none() || letters.clone().any(char::is_control) {
        return false;
    }
    if !decoder.has_letters_in_both_halves() {
        return true;
    }
    let all: Vec<u8> = (0x80..=0xff).collect();
    let known = decoder.decode(&all).text;
    letters.any(|letter| letter.is_alphabetic() && known.contains(letter))
}

/// Decodes the bytes of a header, which have no charset: as UTF-8, else in the charset of the message's text or the
/// most common one.
///
/// Bytes within an encoded word belong to the word's charset; they are kept for its decoder as `=F6`. The result
/// includes the loss, if any.
pub(crate) fn decode_header_bytes<'a>(
    value: &'a [u8],
    charset: Option<&str>,
) -> (Cow<'a, str>, Option<UndecodedReason>) {
    if let Ok(text) = std::str::from_utf8(value) {
        return (Cow::Borrowed(text), None);
    }
    let mut loss = None;
    let mut plain = |bytes: &[u8]| {
        let of_text = charset.map(|charset| decode(bytes, Some(charset), TextOrigin::Raw));
        let decoded = of_text
            .filter(|decoded| decoded.loss.is_none())
            .unwrap_or_else(|| decode(bytes, None, TextOrigin::Raw));
        loss = loss.or(decoded.loss);
        decoded.text
    };
    let mut text = String::with_capacity(value.len() * 2);
    let mut rest = value;
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (before, word) = rest.split_at_checked(start).unwrap_or((rest, b""));
        let (word, after) = split_word(word);
        text.push_str(&plain(before));
        for byte in word {
            if byte.is_ascii() {
                text.push(char::from(*byte));
            } else {
                text.push_str(&format!("={byte:02X}"));
            }
        }
        rest = after;
    }
    text.push_str(&plain(rest));
    (Cow::Owned(text), loss)
}

/// Splits off a quoted-printable encoded word at the start, including its `=?`. Without an encoded word, it splits off
/// only the `=?`.
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

/// Uses one kind of line end, so text is the same wherever it came from.
pub(crate) fn normalize_line_ends(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    }
}

/// Whether Gmail left the bytes as sent: text with set switches or zeros is valid UTF-8 too.
fn is_left_as_sent(bytes: &[u8], decoder: Decoder) -> bool {
    match decoder {
        Decoder::Iso2022(_) => bytes.iter().any(|byte| matches!(byte, 0x0e | 0x1b)),
        Decoder::Utf16(_) | Decoder::Utf32(_) => bytes.contains(&0),
        decoder => bytes.is_ascii() && (decoder.is_seven_bit() || iso2022::is_escaped(bytes)),
    }
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
    fn the_text_of_a_mainframe_is_read_unless_it_is_ascii() {
        let table: [(&[u8], &str); 4] = [
            (b"\xc8\x89\x15\xa3\x88\x85\x99\x85", "Hi\nthere"),
            (b"\xc3\x81@\xc4\x99", "Ca Dr"),
            (b"Hi there", "Hi there"),
            (b"\xf1\x4b\x40\xf2\x25", "1. 2\n"),
        ];
        for (bytes, text) in table {
            let decoded = decode(bytes, Some("IBM037"), TextOrigin::Raw);
            assert_eq!((decoded.text.as_str(), decoded.loss), (text, None));
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
            assert_eq!(decode_header_bytes(bytes, None).0, text);
        }
    }

    #[test]
    fn missing_and_unknown_charsets_still_give_text() {
        for declared in [
            None,
            Some("us-ascii"),
            Some("unknown-8bit"),
            Some("no-such-charset"),
            Some(" "),
        ] {
            let guessed = decode(b"caf\xe9", declared, TextOrigin::Raw);
            assert_eq!(
                (guessed.text.as_str(), guessed.loss),
                ("café", Some(UndecodedReason::Guessed))
            );
            let known = decode("café".as_bytes(), declared, TextOrigin::Raw);
            assert_eq!((known.text.as_str(), known.loss), ("café", None));
            assert_eq!(
                decode_text(b"\x1b$B%O%m!<\x1b(B", declared, TextOrigin::Raw),
                "ハロー"
            );
            let wide = decode_text(b"\xff\xfeh\0i\0", declared, TextOrigin::Raw);
            assert_eq!(wide, "hi");
        }
        let long = [&b"x".repeat(100)[..], &b"\xe6\x97"[..]].concat();
        assert!(decode_text(&long, None, TextOrigin::Raw).ends_with("x\u{fffd}"));
    }

    #[test]
    fn bad_bytes_of_utf8_are_lost_alone() {
        let table: [(&[u8], &str); 3] = [
            (b"caf\xe9", "caf\u{fffd}"),
            (b"Gr\xc3\xbc\xff\xc3\x9fe \xc3", "Grü\u{fffd}ße \u{fffd}"),
            (b"plain \x80", "plain \u{fffd}"),
        ];
        for (bytes, text) in table {
            for label in ["utf-8", "UTF8", "\"utf-8\";"] {
                let decoded = decode(bytes, Some(label), TextOrigin::Raw);
                assert_eq!(
                    (decoded.text.as_str(), decoded.loss),
                    (text, Some(UndecodedReason::Malformed))
                );
            }
        }
    }

    #[test]
    fn utf8_under_a_label_of_one_byte_is_utf8() {
        for label in [
            "windows-1252",
            "iso-8859-1",
            "iso-8859-2",
            "koi8-r",
            "cp437",
            "windows-1251",
            "us-ascii",
        ] {
            for text in ["Dzień dobry •", "Привет", "日本語", "naïve 😀"] {
                let decoded = decode(text.as_bytes(), Some(label), TextOrigin::Raw);
                assert_eq!(
                    (decoded.text.as_str(), decoded.loss),
                    (text, None),
                    "{label}"
                );
            }
        }
        // Short words of some languages are UTF-8 by chance.
        let table: [(&str, &[u8], &str); 3] = [
            ("windows-1252", b"caf\xe9", "café"),
            ("tis-620", b"\xc3\xa1", "รก"),
            ("viscii", b"h\xdf\xbdng", "hương"),
        ];
        for (label, bytes, text) in table {
            assert_eq!(
                decode_text(bytes, Some(label), TextOrigin::Raw),
                text,
                "{label}"
            );
        }
        let thai = "ภาษาไทย";
        assert_eq!(
            decode_text(thai.as_bytes(), Some("tis-620"), TextOrigin::Raw),
            thai
        );
        // The same for two bytes that are invalid in the label's charset.
        assert_eq!(
            decode_text("😀".as_bytes(), Some("euc-jp"), TextOrigin::Raw),
            "😀"
        );
    }

    #[test]
    fn east_asian_text_is_read_under_the_label_of_another_charset() {
        let text = "こんにちは、世界";
        let (euc_jp, ..) = encoding_rs::EUC_JP.encode(text);
        let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(text);
        let escaped = b"\x1b$B$3$s$K$A$O!\"@$3&\x1b(B";
        let table: [(&str, &[u8]); 11] = [
            ("iso-2022-jp", &euc_jp),
            ("iso-2022-jp", &shift_jis),
            ("euc-jp", &shift_jis),
            ("shift_jis", text.as_bytes()),
            ("gb2312", text.as_bytes()),
            ("big5", text.as_bytes()),
            ("euc-kr", text.as_bytes()),
            ("shift_jis", escaped),
            ("euc-jp", escaped),
            ("utf-8", escaped),
            ("iso-8859-1", escaped),
        ];
        for (label, bytes) in table {
            let decoded = decode(bytes, Some(label), TextOrigin::Raw);
            assert_eq!(
                (decoded.text.as_str(), decoded.loss),
                (text, None),
                "{label}"
            );
        }
        // Even if the bytes of UTF-8 are characters in the label's charset.
        assert_eq!(
            decode_text("你好".as_bytes(), Some("gbk"), TextOrigin::Raw),
            "你好"
        );
        assert_eq!(
            decode_text(b"\xc1\xaa\xcd\xa8", Some("gbk"), TextOrigin::Raw),
            "联通"
        );
        let (katakana, ..) = encoding_rs::SHIFT_JIS.encode("ﾃｽﾄｶﾅ");
        assert_eq!(
            decode_text(&katakana, Some("shift_jis"), TextOrigin::Raw),
            "ﾃｽﾄｶﾅ"
        );
    }
}
