//! Base64url, in which Gmail gives and takes the bytes of messages.

use std::fmt;

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

/// Trailing bits are let through because some encoders leave them set, and the bytes are whole all the same.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Text that is not base64.
///
/// ```
/// use airbyte_agent_gmail::mail::encoding::decode_base64url;
///
/// assert_eq!(decode_base64url("ab!d").unwrap_err().offset(), Some(2));
/// assert_eq!(decode_base64url("abcde").unwrap_err().offset(), None);
/// ```
///
/// Neither its `Debug` nor its `Display` shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    offset: Option<usize>,
}

impl DecodeError {
    /// The place of the first character that is not of the alphabet, where there is one.
    ///
    /// `None` means that the text ends in the middle of a byte.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(
                formatter,
                "the text is not base64: the character at byte {offset} is outside of both alphabets; \
                 pass the field as Gmail gave it"
            ),
            None => formatter.write_str(
                "the base64 text is cut short: it ends in the middle of a byte; fetch it again",
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes base64 of the URL-safe and of the standard alphabet, padded or not.
///
/// ```
/// use airbyte_agent_gmail::mail::encoding::decode_base64url;
///
/// assert_eq!(decode_base64url("_-8")?, [0xff, 0xef]);
/// assert_eq!(decode_base64url("/+8=\r\n")?, [0xff, 0xef]);
/// # Ok::<(), airbyte_agent_gmail::mail::encoding::DecodeError>(())
/// ```
///
/// Gmail documents the URL-safe alphabet; attachments come without padding, and text that went through other tools
/// may have the standard alphabet or line ends. White space is ignored.
///
/// # Errors
///
/// [`DecodeError`] for any other character, for anything after the padding, and for text that ends within a byte.
pub fn decode_base64url(text: &str) -> Result<Vec<u8>, DecodeError> {
    let mut symbols = Vec::with_capacity(text.len());
    let mut is_padded = false;
    for (offset, byte) in text.bytes().enumerate() {
        let symbol = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => byte,
            b'+' => b'-',
            b'/' => b'_',
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => {
                is_padded = true;
                continue;
            }
            _ => {
                return Err(DecodeError {
                    offset: Some(offset),
                });
            }
        };
        if is_padded {
            return Err(DecodeError {
                offset: Some(offset),
            });
        }
        symbols.push(symbol);
    }
    LENIENT
        .decode(&symbols)
        .map_err(|_| DecodeError { offset: None })
}

/// Encodes bytes as base64 of the URL-safe alphabet, without padding.
///
/// ```
/// use airbyte_agent_gmail::mail::encoding::encode_base64url;
///
/// assert_eq!(encode_base64url(&[0xff, 0xef]), "_-8");
/// ```
///
/// This is the form of a message's `raw` field; Gmail refuses the standard alphabet there.
#[must_use]
pub fn encode_base64url(bytes: &[u8]) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the base64 of a MIME part, passing over whatever is not base64, as RFC 2045 section 6.8 asks.
pub(crate) fn decode_mime_base64(bytes: &[u8]) -> Vec<u8> {
    decode_runs(bytes, |byte| !matches!(byte, b'-' | b'_'))
}

/// Decodes base64 of either alphabet, passing over whatever is not base64.
pub(crate) fn decode_base64_lenient(bytes: &[u8]) -> Vec<u8> {
    decode_runs(bytes, |_| true)
}

fn decode_runs(bytes: &[u8], is_taken: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut symbols = Vec::with_capacity(bytes.len());
    let mut decoded = Vec::new();
    for byte in bytes.iter().filter(|byte| is_taken(**byte)) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => symbols.push(*byte),
            b'+' => symbols.push(b'-'),
            b'/' => symbols.push(b'_'),
            // Several encoded texts may stand one after the other, each with its own padding.
            b'=' if !symbols.is_empty() => flush(&mut symbols, &mut decoded),
            _ => {}
        }
    }
    flush(&mut symbols, &mut decoded);
    decoded
}

fn flush(symbols: &mut Vec<u8>, decoded: &mut Vec<u8>) {
    // One symbol alone holds six bits, which is no byte.
    if symbols.len() % 4 == 1 {
        symbols.pop();
    }
    if let Ok(bytes) = LENIENT.decode(&*symbols) {
        decoded.extend_from_slice(&bytes);
    }
    symbols.clear();
}

/// Decodes quoted-printable, leaving what is malformed as it stands, as RFC 2045 section 6.7 advises.
pub(crate) fn decode_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, ending) = split_line_end(line);
        let content = content.trim_ascii_end();
        let (content, ending): (&[u8], &[u8]) = match content.strip_suffix(b"=") {
            Some(content) => (content, b""),
            None => (content, ending),
        };
        let mut rest = content;
        while let Some(position) = rest.iter().position(|byte| *byte == b'=') {
            let (plain, escape) = rest.split_at(position);
            decoded.extend_from_slice(plain);
            let byte = match escape {
                [_, high, low, ..] => hex_byte(*high, *low),
                _ => None,
            };
            // What is no escape stands for itself.
            let (byte, length) = byte.map_or((b'=', 1), |byte| (byte, 3));
            decoded.push(byte);
            rest = escape.get(length..).unwrap_or_default();
        }
        decoded.extend_from_slice(rest);
        decoded.extend_from_slice(ending);
    }
    decoded
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

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_alphabets_with_and_without_padding_are_decoded() {
        for text in ["-_8", "+/8", "+_8=", "-/8==", " -\t_\r\n8 \n"] {
            assert_eq!(decode_base64url(text).unwrap(), [0xfb, 0xff], "{text:?}");
        }
        assert_eq!(decode_base64url("").unwrap(), b"");
    }

    #[test]
    fn errors_name_the_place_and_never_the_text() {
        let error = decode_base64url("AAAA*secret").unwrap_err();
        assert_eq!(error.offset(), Some(4));
        assert!(!format!("{error} {error:?}").contains("secret"));
        assert_eq!(decode_base64url("AA=AA").unwrap_err().offset(), Some(3));
        assert_eq!(decode_base64url("AAAAA").unwrap_err().offset(), None);
        assert_eq!(decode_base64url("é").unwrap_err().offset(), Some(0));
    }

    #[test]
    fn five_megabytes_come_back() {
        let bytes: Vec<u8> = (0..5_000_000_u32)
            .map(|number| (number >> 3) as u8)
            .collect();
        assert_eq!(decode_base64url(&encode_base64url(&bytes)).unwrap(), bytes);
    }

    #[test]
    fn a_base64_part_is_decoded_past_what_is_not_base64() {
        assert_eq!(decode_base64_lenient(b"aGVs\r\nbG8=\r\n!!"), b"hello");
        assert_eq!(decode_base64_lenient(b"aGVsbG8=d29ybGQ="), b"helloworld");
        assert_eq!(decode_base64_lenient(b"aGVsb"), b"hel");
        assert_eq!(decode_base64_lenient(b"==="), b"");
        assert_eq!(decode_base64_lenient(b"_-8"), [0xff, 0xef]);
        // A rule of hyphens is no part of it.
        assert_eq!(decode_mime_base64(b"aGVs\r\n----\r\nbG8=\r\n"), b"hello");
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
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let text = encode_base64url(&bytes);
            prop_assert_eq!(&decode_base64url(&text).unwrap(), &bytes);
            let standard = general_purpose::STANDARD.encode(&bytes);
            prop_assert_eq!(&decode_base64url(&standard).unwrap(), &bytes);
            prop_assert_eq!(&decode_base64_lenient(standard.as_bytes()), &bytes);
            prop_assert_eq!(&decode_mime_base64(standard.as_bytes()), &bytes);
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in any::<String>()) {
            if let Ok(bytes) = decode_base64url(&text) {
                prop_assert!(bytes.len() <= text.len());
            }
            prop_assert!(decode_base64_lenient(text.as_bytes()).len() <= text.len());
            prop_assert!(decode_quoted_printable(text.as_bytes()).len() <= text.len());
        }
    }
}
