//! Unicode encodings that only mail uses, or that lack a byte order mark.

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::decoder::{ByteOrder, Decoded};
use crate::mail::encoding::decode_base64_lenient;

/// Decodes UTF-7 (RFC 2152).
pub(crate) fn decode_utf7(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::new(String::with_capacity(bytes.len()));
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'+' {
            decoded.is_lossy |= !first.is_ascii();
            decoded.text.push(if first.is_ascii() {
                char::from(*first)
            } else {
                char::REPLACEMENT_CHARACTER
            });
            continue;
        }
        let length = tail
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
            .count();
        let (run, after) = tail.split_at_checked(length).unwrap_or((tail, b""));
        let units = decode_base64_lenient(run);
        if units.len() < 2 {
            // `+-` is a plus sign, and so is a plus sign without encoded text.
            decoded.text.push('+');
            rest = match run {
                b"" => after.strip_prefix(b"-").unwrap_or(after),
                _ => tail,
            };
            continue;
        }
        let even = units.len() - units.len() % 2;
        let (text, is_lossy) =
            UTF_16BE.decode_without_bom_handling(units.get(..even).unwrap_or_default());
        decoded.text.push_str(&text);
        decoded.is_lossy |= is_lossy || units.get(even).is_some_and(|left| *left != 0);
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    decoded
}

/// Decodes UTF-16. If neither the label nor a mark tells the byte order, the text does.
pub(crate) fn decode_utf16(bytes: &[u8], order: Option<ByteOrder>) -> Decoded {
    let (order, text) = match bytes {
        [0xfe, 0xff, text @ ..] => (ByteOrder::Big, text),
        [0xff, 0xfe, text @ ..] => (ByteOrder::Little, text),
        text => (order.unwrap_or_else(|| guess_order(text)), text),
    };
    let encoding = match order {
        ByteOrder::Big => UTF_16BE,
        ByteOrder::Little => UTF_16LE,
    };
    let (text, is_lossy) = encoding.decode_without_bom_handling(text);
    Decoded {
        text: text.into_owned(),
        is_lossy,
    }
}

/// The high bytes of a text come from a few Unicode blocks; its low bytes vary.
fn guess_order(bytes: &[u8]) -> ByteOrder {
    let mut counts = [[0_usize; 256]; 2];
    for unit in bytes.chunks_exact(2) {
        for (seen, byte) in counts.iter_mut().zip(unit) {
            if let Some(count) = seen.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
    }
    let zeros = counts.map(|seen| seen.first().copied().unwrap_or_default());
    let kinds = counts.map(|seen| seen.iter().filter(|count| **count > 0).count());
    let [first_zeros, second_zeros] = zeros;
    let [first_kinds, second_kinds] = kinds;
    let is_big = match first_zeros.cmp(&second_zeros) {
        std::cmp::Ordering::Equal => first_kinds < second_kinds,
        order => order.is_gt(),
    };
    if is_big {
        ByteOrder::Big
    } else {
        ByteOrder::Little
    }
}

/// Decodes UTF-32.
pub(crate) fn decode_utf32(bytes: &[u8], order: Option<ByteOrder>) -> Decoded {
    let (order, bytes) = match bytes {
        [0, 0, 0xfe, 0xff, text @ ..] => (ByteOrder::Big, text),
        [0xff, 0xfe, 0, 0, text @ ..] => (ByteOrder::Little, text),
        // The byte that is always zero comes first in a unit, or last.
        text => {
            let zeros = |place: usize| {
                let units = text.chunks_exact(4);
                units.filter(|unit| unit.get(place) == Some(&0)).count()
            };
            let order = order.unwrap_or_else(|| {
                if zeros(0) > zeros(3) {
                    ByteOrder::Big
                } else {
                    ByteOrder::Little
                }
            });
            (order, text)
        }
    };
    let (units, left) = bytes.as_chunks::<4>();
    let mut is_lossy = !left.is_empty();
    let mut text: String = units
        .iter()
        .map(|unit| {
            let code = match order {
                ByteOrder::Big => u32::from_be_bytes(*unit),
                ByteOrder::Little => u32::from_le_bytes(*unit),
            };
            char::from_u32(code).unwrap_or_else(|| {
                is_lossy = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if !left.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    Decoded { text, is_lossy }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn utf7_is_decoded() {
        let table: [(&[u8], &str, bool); 7] = [
            (b"Hi Mom -+Jjo--!", "Hi Mom -☺-!", false),
            (b"+ZeVnLIqe-", "日本語", false),
            (b"A+ImIDkQ.", "A≢Α.", false),
            (b"1 +- 1 + 2", "1 + 1 + 2", false),
            (b"+2D3eAA-", "😀", false),
            (b"+2D0-", "\u{fffd}", true),
            (b"caf\xe9", "caf\u{fffd}", true),
        ];
        for (bytes, text, is_lossy) in table {
            let decoded = decode_utf7(bytes);
            assert_eq!((decoded.text.as_str(), decoded.is_lossy), (text, is_lossy));
        }
    }

    #[test]
    fn the_byte_order_is_found() {
        for text in ["Hello", "Привет, мир", "日本語のテキスト", "Łódź"] {
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(decode_utf16(&big, None).text, text);
            assert_eq!(decode_utf16(&little, None).text, text);
            let marked = [&b"\xff\xfe"[..], &little].concat();
            assert_eq!(decode_utf16(&marked, Some(ByteOrder::Big)).text, text);
            let big: Vec<u8> = text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect();
            let little: Vec<u8> = text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect();
            assert_eq!(decode_utf32(&big, None).text, text);
            assert_eq!(decode_utf32(&little, None).text, text);
        }
        let odd = decode_utf32(b"\0\0\0a\0", None);
        assert_eq!((odd.text.as_str(), odd.is_lossy), ("a\u{fffd}", true));
    }

    proptest! {
        #[test]
        fn utf32_comes_back(text in ".{0,40}") {
            let bytes: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            let decoded = decode_utf32(&bytes, Some(ByteOrder::Little));
            // The first mark tells the byte order; any further one is text.
            prop_assert_eq!(decoded.text, text.strip_prefix('\u{feff}').unwrap_or(&text));
        }
    }
}
