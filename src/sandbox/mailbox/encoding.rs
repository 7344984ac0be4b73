//! Base64, quoted-printable and charsets.

use std::borrow::Cow;

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use mail_parser::decoders::charsets::map::charset_decoder;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const WIRE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const MIME: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);

/// Base64url with padding, as in the API's `raw` and `data`.
pub(super) fn encode_wire(bytes: &[u8]) -> String {
    WIRE.encode(bytes)
}

/// Base64url as the API accepts it: the URL-safe alphabet only, with or without padding.
pub(crate) fn decode_wire(text: &str) -> Option<Vec<u8>> {
    WIRE.decode(text).ok()
}

/// Decodes a body's transfer encoding.
///
/// Mail in the wild is often damaged, so undecodable input is skipped instead of rejected.
pub(super) fn decode_transfer(encoding: &str, body: &Bytes) -> Bytes {
    match encoding {
        "base64" => Bytes::from(decode_mime_base64(body)),
        "quoted-printable" => Bytes::from(decode_quoted_printable(body, false)),
        _ => body.clone(),
    }
}

/// Decodes base64, ignoring line breaks and stray characters.
pub(super) fn decode_mime_base64(text: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(text.len());
    let mut decoded = Vec::new();
    for &byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => clean.push(byte),
            // Padding ends a run: some mailers concatenate encoded pieces.
            b'=' if !clean.is_empty() => {
                decoded.extend(decode_run(&mut clean));
            }
            _ => {}
        }
    }
    decoded.extend(decode_run(&mut clean));
    decoded
}

/// Decodes quoted-printable; in encoded words an underscore is a space.
pub(super) fn decode_quoted_printable(text: &[u8], word: bool) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
            (b'=', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => {
                    // Blanks may precede the end of the line of a soft line break.
                    let blank = tail
                        .iter()
                        .take_while(|byte| matches!(byte, b' ' | b'\t'))
                        .count();
                    match tail.get(blank..) {
                        Some([b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) if blank > 0 => {
                            rest = after;
                        }
                        _ => decoded.push(b'='),
                    }
                }
            },
            (b'=', []) => {}
            (b'_', _) if word => decoded.push(b' '),
            // Trailing blanks on a line were added in transit (RFC 2045 section 6.7).
            (b' ' | b'\t', _) if !word => {
                let blank = tail
                    .iter()
                    .take_while(|byte| matches!(byte, b' ' | b'\t'))
                    .count();
                let (more, after) = tail.split_at_checked(blank).unwrap_or((tail, b""));
                rest = after;
                if !matches!(after, [] | [b'\n', ..] | [b'\r', b'\n', ..]) {
                    decoded.push(byte);
                    decoded.extend_from_slice(more);
                }
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// Text in a named charset; `None` when the charset is unknown.
pub(super) fn decode_charset(charset: &str, bytes: &[u8]) -> Option<String> {
    let charset = charset.trim();
    if is_utf8(charset) {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if charset.is_empty() || charset.len() > 40 {
        return None;
    }
    charset_decoder(charset.as_bytes()).map(|decode| decode(bytes))
}

/// Converts a text body to UTF-8, or returns it unchanged where that would lose text.
pub(super) fn to_utf8(charset: Option<&str>, bytes: Bytes) -> Bytes {
    match charset {
        Some(charset) if !is_utf8(charset) && !is_ascii(charset) => {
            // A wrong charset label would garble the text.
            match decode_charset(charset, &bytes) {
                Some(text) if !text.contains(char::REPLACEMENT_CHARACTER) => Bytes::from(text),
                _ => bytes,
            }
        }
        _ => bytes,
    }
}

/// Text for display and search: every byte becomes some character.
pub(super) fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // Undeclared 8-bit text is most often Western European.
        Err(_) => match decode_charset("windows-1252", bytes) {
            Some(text) => Cow::Owned(text),
            None => String::from_utf8_lossy(bytes),
        },
    }
}

/// The value of a hexadecimal digit.
pub(super) fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

fn is_ascii(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("us-ascii") || charset.eq_ignore_ascii_case("ascii")
}

fn decode_run(clean: &mut Vec<u8>) -> Vec<u8> {
    // A single leftover character holds fewer than eight bits.
    if clean.len() % 4 == 1 {
        clean.pop();
    }
    let decoded = MIME.decode(&*clean).unwrap_or_default();
    clean.clear();
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_base64_takes_the_url_alphabet_alone() {
        assert_eq!(encode_wire(&[0xfb, 0xff]), "-_8=");
        assert_eq!(decode_wire("-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(decode_wire("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode_wire("+/8="), None);
        assert_eq!(decode_wire("not base64!"), None);
        assert_eq!(decode_wire(""), Some(vec![]));
    }

    #[test]
    fn mime_base64_skips_what_does_not_belong() {
        assert_eq!(decode_mime_base64(b"aGVs\r\nbG8=\r\n"), b"hello");
        assert_eq!(decode_mime_base64(b"aGVs*bG8"), b"hello");
        assert_eq!(decode_mime_base64(b"aGk=aGk="), b"hihi");
        assert_eq!(decode_mime_base64(b"a"), b"");
    }

    #[test]
    fn quoted_printable_survives_damage() {
        let decode = |text: &str| decode_quoted_printable(text.as_bytes(), false);
        assert_eq!(decode("caf=C3=A9"), "café".as_bytes());
        assert_eq!(decode("long=\r\nline=\nend= \r\n!"), b"longlineend!");
        assert_eq!(decode("100=% =Z"), b"100=% =Z");
        assert_eq!(decode("end="), b"end");
        assert_eq!(decode_quoted_printable(b"a_b=5F", true), b"a b_");
    }

    #[test]
    fn charsets_are_known_by_their_names() {
        assert_eq!(
            decode_charset("KOI8-R", &[0xf0, 0xd2]).as_deref(),
            Some("Пр")
        );
        assert_eq!(
            decode_charset("gb2312", &[0xc4, 0xe3]).as_deref(),
            Some("你")
        );
        assert_eq!(
            decode_charset("iso-2022-jp", b"\x1b$B$\"\x1b(B").as_deref(),
            Some("あ")
        );
        assert_eq!(decode_charset("x-no-such-charset", b"a"), None);
        assert_eq!(decode_charset("", b"a"), None);
        assert_eq!(
            to_utf8(Some("x-none"), Bytes::from_static(b"\xff"))[..],
            b"\xff"[..]
        );
        assert_eq!(to_text(b"caf\xe9"), "café");
    }
}
