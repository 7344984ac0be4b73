//! Lone surrogates in answers.

use bytes::Bytes;

/// The length of an escape such as `\ud83d`.
const ESCAPE: usize = 6;

/// Replaces each escape of a lone surrogate with U+FFFD.
///
/// JSON allows them (RFC 8259, section 8.2), and a text cut within an emoji ends in one. A Rust string can't hold one,
/// so the whole answer would be lost.
pub(super) fn without_halves(body: Bytes) -> Bytes {
    let mut whole_text: Option<Vec<u8>> = None;
    let mut from = 0;
    // Each escape is skipped as a whole, so a backslash found here always begins one.
    while let Some(found) = body
        .get(from..)
        .and_then(|rest| memchr::memchr(b'\\', rest))
    {
        let at = from + found;
        from = at
            + match unit(&body, at) {
                Some(0xD800..=0xDBFF)
                    if matches!(unit(&body, at + ESCAPE), Some(0xDC00..=0xDFFF)) =>
                {
                    2 * ESCAPE
                }
                Some(0xD800..=0xDFFF) => {
                    let whole_text = whole_text.get_or_insert_with(|| body.to_vec());
                    if let Some(digits) = whole_text.get_mut(at + 2..at + ESCAPE) {
                        digits.copy_from_slice(b"fffd");
                    }
                    ESCAPE
                }
                _ => 2,
            };
    }
    whole_text.map_or(body, Bytes::from)
}

/// The code unit of the escape at an offset.
fn unit(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + ESCAPE)?.strip_prefix(br"\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_change() {
        let repaired = |text: &'static str| without_halves(Bytes::from_static(text.as_bytes()));
        assert_eq!(repaired(r#"{"a":"x\ud83d"}"#), r#"{"a":"x\ufffd"}"#);
        assert_eq!(
            repaired(r#"["\uDC00\uD83D\uDE00"]"#),
            r#"["\ufffd\uD83D\uDE00"]"#
        );
        assert_eq!(
            repaired(r#"["\ud83d\ud83d\ude00"]"#),
            r#"["\ufffd\ud83d\ude00"]"#
        );
        for whole in [
            r#"{"a":"\u00e4\ud83d\ude00"}"#,
            r#"["\\ud83d"]"#,
            r#"["\u"]"#,
            r#"["\ud8"#,
            "",
        ] {
            assert_eq!(repaired(whole), whole);
        }
    }
}
