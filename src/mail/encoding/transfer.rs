//! MIME transfer encodings (RFC 2045 section 6).

use super::decode_runs;

/// The value of a `Content-Transfer-Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransferEncoding {
    Base64,
    QuotedPrintable,
    /// `7bit`, `8bit`, `binary`, and anything unknown.
    Identity,
}

impl TransferEncoding {
    /// Parses the value in any spelling: `base64;`, `"BASE64"`, `base64 (a comment)`, `quoted printable`.
    pub(crate) fn parse(value: &[u8]) -> Self {
        let mut depth = 0_u32;
        let name: String = value
            .iter()
            .filter(|byte| {
                match byte {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            })
            .take_while(|byte| !matches!(byte, b';' | b','))
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .take(24)
            .collect();
        match name.as_str() {
            "base64" | "xbase64" => Self::Base64,
            "quotedprintable" | "xquotedprintable" | "qp" => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }

    /// Decodes the body of a part. In a text part, a footer that a mailing list appended to base64 is kept.
    pub(crate) fn decode(self, body: &[u8], is_text: bool) -> Vec<u8> {
        match self {
            Self::Base64 => {
                let (base64, footer) = split_footer(body);
                let mut decoded = decode_mime_base64(base64);
                if decoded.is_empty() {
                    // A body without any base64 has the wrong label.
                    return footer.to_vec();
                }
                if is_text && !footer.is_empty() {
                    if !decoded.ends_with(b"\n") {
                        decoded.push(b'\n');
                    }
                    decoded.extend_from_slice(footer);
                }
                decoded
            }
            Self::QuotedPrintable => decode_quoted_printable(body),
            Self::Identity => body.to_vec(),
        }
    }
}

/// Splits base64 from the plain text that a mailing list appended.
///
/// Other lines are skipped if base64 continues after them, as RFC 2045 section 6.8 requires. So are stray characters
/// within a line, until the end of the base64.
fn split_footer(body: &[u8]) -> (&[u8], &[u8]) {
    /// A line of a footer may consist of letters only, but is seldom one long word.
    const LEAST_LENGTH: usize = 20;

    let mut footer = None;
    let mut position = 0;
    // Padding ends base64, unless a program concatenated several parts.
    let (mut is_ended, mut is_apart) = (false, false);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii();
        let symbols = content
            .strip_suffix(b"==")
            .or_else(|| content.strip_suffix(b"="))
            .unwrap_or(content);
        let is_base64 = !symbols.is_empty() && symbols.iter().all(|byte| is_symbol(*byte));
        let is_padded = symbols.len() < content.len();
        let may_go_on = footer.is_none() && !is_ended && !is_apart;
        if is_base64 && (content.len() >= LEAST_LENGTH || (is_padded && content.len() % 4 == 0)) {
            footer = None;
            (is_ended, is_apart) = (is_padded, false);
        } else if may_go_on && let Some(is_padded) = damaged(content) {
            is_ended = is_padded;
        } else if let Some(length) = last_word_length(line) {
            footer = footer.or(Some(position + length));
        } else {
            let is_text = if is_base64 {
                is_ended && (is_apart || !content.len().is_multiple_of(4))
            } else {
                !content.is_empty() && !is_padding(content)
            };
            if is_text {
                footer = footer.or(Some(position));
            }
        }
        is_apart |= content.is_empty();
        position += line.len();
    }
    body.split_at_checked(footer.unwrap_or(body.len()))
        .unwrap_or((body, b""))
}

/// Whether a line is base64 with a few stray characters, such as `>PGh0*bWw+Cg==`, or in words of four letters. Returns
/// whether padding ends it.
fn damaged(content: &[u8]) -> Option<bool> {
    const LEAST_SYMBOLS: usize = 8;
    const LEAST_SYMBOLS_UNPADDED: usize = 24;
    const LEAST_WORDS: usize = 4;

    let is_taken = |byte: &u8| is_symbol(*byte) || *byte == b'=';
    let count = |bytes: &[u8]| bytes.iter().filter(|byte| is_symbol(**byte)).count();
    let symbols = count(content);
    let padding = memchr::memchr(b'=', content);
    let is_padded = padding.is_some_and(|at| count(content.get(..at).unwrap_or(content)) % 4 >= 2);
    let is_damaged = if content.iter().any(u8::is_ascii_whitespace) {
        let mut words = content.split(u8::is_ascii_whitespace);
        words.clone().count() >= LEAST_WORDS
            && words.all(|word| word.len().is_multiple_of(4) && word.iter().all(is_taken))
    } else {
        let strays = content.iter().filter(|byte| !is_taken(byte)).count();
        // Addresses in a footer have few other characters, too.
        let is_address = content.contains(&b'@') || memchr::memmem::find(content, b"://").is_some();
        let least = if is_padded {
            LEAST_SYMBOLS
        } else {
            LEAST_SYMBOLS_UNPADDED
        };
        symbols >= least && strays * LEAST_SYMBOLS <= symbols && !is_address
    };
    is_damaged.then_some(padding.is_some())
}

/// The length of padded base64 at the start of a line, if text follows it in the same line.
fn last_word_length(line: &[u8]) -> Option<usize> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let symbols = word.iter().take_while(|byte| is_symbol(**byte)).count();
    let is_padded = word.len() > symbols && is_padding(word.get(symbols..)?);
    (is_padded && word.len().is_multiple_of(4)).then_some(word.len() + 1)
}

fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_padding(content: &[u8]) -> bool {
    content.len() <= 2 && content.iter().all(|byte| *byte == b'=')
}

/// Decodes a MIME part's base64, skipping everything else, as RFC 2045 section 6.8 requires.
pub(crate) fn decode_mime_base64(bytes: &[u8]) -> Vec<u8> {
    decode_runs(bytes, |byte| !matches!(byte, b'-' | b'_'))
}

/// Decodes quoted-printable; malformed escapes stay as they are, as RFC 2045 section 6.7 advises.
pub(crate) fn decode_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, ending) = split_line_end(line);
        let content = content.trim_ascii_end();
        let (content, ending): (&[u8], &[u8]) = match content.strip_suffix(b"=") {
            Some(content) => (content, b""),
            None => (content, ending),
        };
        decode_escapes(content, &mut decoded);
        decoded.extend_from_slice(ending);
    }
    decoded
}

/// Decodes escapes such as `=E4`; an invalid escape is literal text.
pub(crate) fn decode_escapes(text: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(position) = memchr::memchr(b'=', rest) {
        let (plain, escape) = rest.split_at(position);
        decoded.extend_from_slice(plain);
        let byte = match escape {
            [_, high, low, ..] => hex_byte(*high, *low),
            _ => None,
        };
        let (byte, length) = byte.map_or((b'=', 1), |byte| (byte, 3));
        decoded.push(byte);
        rest = escape.get(length..).unwrap_or_default();
    }
    decoded.extend_from_slice(rest);
}

/// Splits a line into its content and its `\r\n` or `\n`.
pub(crate) fn split_line_end(line: &[u8]) -> (&[u8], &[u8]) {
    let length = if line.ends_with(b"\r\n") {
        2
    } else {
        usize::from(line.ends_with(b"\n"))
    };
    line.split_at_checked(line.len() - length)
        .unwrap_or((line, b""))
}

pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodings_are_read_in_any_spelling() {
        use TransferEncoding::{Base64, Identity, QuotedPrintable};

        let table = [
            ("base64", Base64),
            ("BASE64;", Base64),
            ("\"base64\"", Base64),
            ("'base64'", Base64),
            ("base64 (a comment)", Base64),
            ("(a comment) Base-64", Base64),
            (" base64; charset=utf-8", Base64),
            ("quoted-printable;", QuotedPrintable),
            ("Quoted Printable", QuotedPrintable),
            ("quoted_printable", QuotedPrintable),
            ("8-bit", Identity),
            ("binary", Identity),
            ("x-unknown", Identity),
            ("", Identity),
        ];
        for (value, encoding) in table {
            assert_eq!(
                TransferEncoding::parse(value.as_bytes()),
                encoding,
                "{value}"
            );
        }
    }

    #[test]
    fn a_footer_behind_base64_is_kept() {
        let list = "______________\nlist mailing list\nlist@example.com\n";
        let table = [
            ("SGVsbG8sIEJvYiE=\n", "Hello, Bob!\n"),
            ("SGVsbG8sIEJvYiEK\n", "Hello, Bob!\n"),
            ("SGVsbG8sIEJv\nYiEK\n\n", "Hello, Bob!\n"),
            ("SGVsbG8sIEJvYiE= ", "Hello, Bob!\n"),
        ];
        for (base64, text) in table {
            let body = format!("{base64}{list}");
            let decoded = TransferEncoding::Base64.decode(body.as_bytes(), true);
            assert_eq!(String::from_utf8(decoded).unwrap(), format!("{text}{list}"));
            let decoded = TransferEncoding::Base64.decode(body.as_bytes(), false);
            assert_eq!(
                String::from_utf8(decoded).unwrap().trim_end(),
                text.trim_end()
            );
        }
        // A footer may be a single word.
        for footer in ["footer\n", "\nList\n"] {
            let body = format!("SGVsbG8sIEJvYiE=\n{footer}");
            let decoded = TransferEncoding::Base64.decode(body.as_bytes(), true);
            let text = String::from_utf8(decoded).unwrap();
            assert_eq!(text, format!("Hello, Bob!\n{}", footer.trim_start()));
        }
        // A body without any base64 has the wrong label.
        let plain = "Hello, Bob!\n\nBye\n";
        for is_text in [true, false] {
            let decoded = TransferEncoding::Base64.decode(plain.as_bytes(), is_text);
            assert_eq!(decoded, plain.as_bytes());
        }
    }

    #[test]
    fn strays_within_base64_are_passed_over() {
        let table = [
            ("PGh0*bWw+Cg==\n", "<html>\n"),
            (
                ">SGVsbG8sIEJvYiwgaG93IGFyZSB5\n>b3UsIEJvYj8=\n",
                "Hello, Bob, how are you, Bob?",
            ),
            ("SGVsbG8sIEJvYiE='\n", "Hello, Bob!"),
            ("SGVsbG8sIEJvYiE=?=\n", "Hello, Bob!"),
            ("SGVsbG8sIEJv\0YiE=\n", "Hello, Bob!"),
            ("SGVs bG8s IEJv YiE=\n", "Hello, Bob!"),
            (
                "SGVsbG8sIEJvYiwgaG93IGFyZSB5\nb3Us*IEJvYj8=\n",
                "Hello, Bob, how are you, Bob?",
            ),
        ];
        for (body, text) in table {
            for is_text in [true, false] {
                let decoded = TransferEncoding::Base64.decode(body.as_bytes(), is_text);
                assert_eq!(String::from_utf8(decoded).unwrap(), text, "{body:?}");
            }
        }
        for footer in [
            "--\nList: https://lists.example.com/listinfo/team\n",
            "\nThis mail comes from the list.\n",
            "https://lists.example.com/listinfo/team\n",
        ] {
            let body = format!("SGVsbG8sIEJvYiEK\n{footer}");
            let decoded = TransferEncoding::Base64.decode(body.as_bytes(), true);
            let text = format!("Hello, Bob!\n{}", footer.trim_start());
            assert_eq!(String::from_utf8(decoded).unwrap(), text);
        }
    }

    #[test]
    fn base64_is_decoded_past_what_is_not_base64() {
        // A line of hyphens is not part of the base64.
        let body = b"aGVs\r\n----\r\nbG8=\r\n";
        assert_eq!(TransferEncoding::Base64.decode(body, true), b"hello");
        assert_eq!(
            TransferEncoding::Base64.decode(b"aGVsbG8=\nd29ybGQ=", true),
            b"helloworld"
        );
    }

    #[test]
    fn quoted_printable_keeps_what_is_malformed() {
        assert_eq!(
            decode_quoted_printable(b"a=3Db =\r\nc=C3=A9\r\n"),
            "a=b cé\r\n".as_bytes()
        );
        assert_eq!(decode_quoted_printable(b"a=zz= \nb="), b"a=zzb");
        assert_eq!(decode_quoted_printable(b"a=4"), b"a=4");
        assert_eq!(decode_quoted_printable(b"trailing \t\n"), b"trailing\n");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..300), width in 4..80_usize) {
            let text = STANDARD.encode(&bytes);
            let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
            prop_assert_eq!(TransferEncoding::Base64.decode(&lines.join(&b"\r\n"[..]), true), bytes);
        }

        #[test]
        fn nothing_grows(body in any::<String>()) {
            for encoding in [TransferEncoding::Base64, TransferEncoding::QuotedPrintable] {
                prop_assert!(encoding.decode(body.as_bytes(), true).len() <= body.len() + 1);
            }
        }
    }
}
