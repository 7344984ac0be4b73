//! Base64url, Gmail's encoding of message bytes; within the crate, also the other encodings of mail.

pub(crate) mod charset;
pub(crate) mod flowed;
pub(crate) mod transfer;
pub(crate) mod word;

use std::fmt;

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

/// Allow trailing bits: some encoders leave them set, and the bytes are complete anyway.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The error for text that isn't base64.
///
/// ```
/// use airbyte_agent_gmail::mail::encoding::decode_base64url;
///
/// assert_eq!(decode_base64url("ab!d").unwrap_err().offset(), Some(2));
/// assert_eq!(decode_base64url("abcde").unwrap_err().offset(), None);
/// ```
///
/// Neither `Debug` nor `Display` shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    offset: Option<usize>,
}

impl DecodeError {
    /// The position of the first character outside the alphabet.
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

/// Decodes base64 in the URL-safe or the standard alphabet, padded or not.
///
/// ```
/// use airbyte_agent_gmail::mail::encoding::decode_base64url;
///
/// assert_eq!(decode_base64url("_-8")?, [0xff, 0xef]);
/// assert_eq!(decode_base64url("/+8=\r\n")?, [0xff, 0xef]);
/// # Ok::<(), airbyte_agent_gmail::mail::encoding::DecodeError>(())
/// ```
///
/// Gmail documents the URL-safe alphabet. Attachments come without padding, and text that passed through other tools
/// may have the standard alphabet or line ends. White space is ignored.
///
/// # Errors
///
/// [`DecodeError`] for any other character, anything after the padding, and text that ends within a byte.
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

/// Encodes bytes as base64 in the URL-safe alphabet, without padding.
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

/// Decodes base64 in either alphabet, skipping everything else.
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
            // Several encoded texts may follow each other, each with its own padding.
            b'=' if !symbols.is_empty() => flush(&mut symbols, &mut decoded),
            _ => {}
        }
    }
    flush(&mut symbols, &mut decoded);
    decoded
}

fn flush(symbols: &mut Vec<u8>, decoded: &mut Vec<u8>) {
    // A single symbol has six bits, less than a byte.
    if symbols.len() % 4 == 1 {
        symbols.pop();
    }
    if let Ok(bytes) = LENIENT.decode(&*symbols) {
        decoded.extend_from_slice(&bytes);
    }
    symbols.clear();
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
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let text = encode_base64url(&bytes);
            prop_assert_eq!(&decode_base64url(&text).unwrap(), &bytes);
            let standard = general_purpose::STANDARD.encode(&bytes);
            prop_assert_eq!(&decode_base64url(&standard).unwrap(), &bytes);
            prop_assert_eq!(&decode_base64_lenient(standard.as_bytes()), &bytes);
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in any::<String>()) {
            if let Ok(bytes) = decode_base64url(&text) {
                prop_assert!(bytes.len() <= text.len());
            }
            prop_assert!(decode_base64_lenient(text.as_bytes()).len() <= text.len());
        }
    }
}
