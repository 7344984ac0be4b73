//! Parses header values.

pub(crate) mod date;
pub(crate) mod message_id;
pub(crate) mod parameter;

use jiff::ZonedDateTime;

use self::parameter::Parameterized;
use super::encoding::word::{Words, decode_words};

/// The longest header value to parse. People don't write longer ones, so the rest is cut off.
pub(crate) const MAXIMUM_VALUE_LENGTH: usize = 512 * 1024;

/// Unstructured text such as a subject, with decoded words and unfolded lines.
pub(crate) fn parse_text(value: &[u8]) -> String {
    parse_words(value).text
}

/// Like [`parse_text`], with what could not be decoded.
pub(crate) fn parse_words(value: &[u8]) -> Words {
    let mut words = decode_words(&unfold(value));
    // An encoded word may contain line breaks, which no header may show.
    if words.text.contains(is_line_break) {
        words.text = words.text.replace(is_line_break, " ");
    }
    let trimmed = words.text.trim();
    if trimmed.len() < words.text.len() {
        words.text = trimmed.to_owned();
    }
    words
}

fn is_line_break(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// A date, in the sender's zone.
pub(crate) fn parse_date(value: &[u8]) -> Option<ZonedDateTime> {
    date::parse(&unfold(value))
}

/// A value with parameters, such as a content type.
pub(crate) fn parse_parameterized(value: &[u8]) -> Parameterized {
    parameter::parse(unfold(value).trim_ascii())
}

/// The length of a comment, including nested ones and its parentheses; `None` if it has no end.
pub(crate) fn comment_length(text: &str) -> Option<usize> {
    enclosed_length(text, Some(b'('), b')')
}

/// The length from an opening to its closing delimiter, skipping escapes.
pub(crate) fn enclosed_length(text: &str, open: Option<u8>, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            _ if position == 0 || Some(byte) == open => depth += 1,
            _ if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(position + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Joins folded lines.
fn unfold(value: &[u8]) -> Vec<u8> {
    let value = value.get(..MAXIMUM_VALUE_LENGTH).unwrap_or(value);
    let mut line = Vec::with_capacity(value.len() + 2);
    for (position, byte) in value.iter().enumerate() {
        let next = value.get(position + 1);
        match byte {
            // Only the line end is the fold: the white space after it belongs to the value.
            b'\r' if next == Some(&b'\n') => {}
            b'\n' if matches!(next, Some(b' ' | b'\t')) => {}
            b'\r' | b'\n' => line.push(b' '),
            _ => line.push(*byte),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_words_and_folds_become_text() {
        assert_eq!(
            parse_text(b"=?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?B?IGNyw6htZQ==?="),
            "café crème"
        );
        assert_eq!(parse_text("plain ünï".as_bytes()), "plain ünï");
        assert_eq!(parse_text(b"one\r\n two"), "one two");
        assert_eq!(parse_text(b"=?utf-8?Q?a=0D=0ABcc:_b?="), "a  Bcc: b");
        assert_eq!(parse_text(b""), "");
    }

    #[test]
    fn parameters_are_decoded() {
        let parsed =
            parse_parameterized(b"Attachment; filename*0*=UTF-8''%e2%82%ac; filename*1*=.txt");
        assert_eq!(
            (parsed.value.as_str(), parsed.parameter("filename")),
            ("attachment", Some("€.txt"))
        );
        let parsed = parse_parameterized(b"text/PLAIN; Charset=\"GBK\"");
        assert_eq!(
            (parsed.value.as_str(), parsed.parameter("charset")),
            ("text/plain", Some("GBK"))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(value in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(!parse_text(&value).contains('\n'));
            prop_assert!(!parse_parameterized(&value).value.contains('\n'));
        }
    }
}
