//! Encoded words (RFC 2047) as programs write them, not always as they should be.

use super::charset::{Text, TextOrigin, UndecodedReason, decode};

use super::{charset::decoder::Decoder, decode_base64_lenient, transfer::decode_escapes};

/// The longest charset, including a language.
const MAXIMUM_CHARSET_LENGTH: usize = 80;

/// Header text with decoded words.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) text: String,
    /// The charsets of undecodable text.
    pub(crate) losses: Vec<(Option<String>, UndecodedReason)>,
}

/// Decodes the encoded words in an unfolded header.
///
/// The bytes of adjacent words with the same charset are joined before decoding, since many programs split a word
/// within a letter, and some within a base64 group. An encoded word counts wherever it stands: the white space around
/// it that RFC 2047 section 5 requires is often missing.
pub(crate) fn decode_words(value: &[u8]) -> Words {
    let mut words = Words::default();
    let mut run: Vec<Word<'_>> = Vec::new();
    let mut rest = value;
    let last_end = memchr::memmem::rfind(value, b"?=").unwrap_or_default();
    let mut plain_start = 0;
    let mut position = 0;
    while let Some(found) = memchr::memmem::find(rest, b"=?") {
        let start = position + found;
        let candidate = value.get(start..).unwrap_or_default();
        let parsed = (start < last_end).then(|| Word::parse(candidate)).flatten();
        let Some((word, length)) = parsed else {
            position = start + 2;
            rest = value.get(position..).unwrap_or_default();
            continue;
        };
        let plain = value.get(plain_start..start).unwrap_or_default();
        // White space between two encoded words belongs to neither.
        if run.is_empty() || !plain.trim_ascii().is_empty() {
            words.push_run(&run);
            run.clear();
            words.push_plain(plain);
        }
        run.push(word);
        position = start + length;
        plain_start = position;
        rest = value.get(position..).unwrap_or_default();
    }
    words.push_run(&run);
    words.push_plain(value.get(plain_start..).unwrap_or_default());
    words
}

/// The length of the encoded word at the start of the text, if there is one of a few lines at most.
pub(crate) fn word_length(text: &[u8]) -> Option<usize> {
    const MAXIMUM_LENGTH: usize = 1_000;

    let start = text.get(..MAXIMUM_LENGTH).unwrap_or(text);
    Word::parse(start).map(|(_, length)| length)
}

impl Words {
    fn push_plain(&mut self, plain: &[u8]) {
        if !plain.is_empty() {
            self.push(decode(plain, None, TextOrigin::Raw), None);
        }
    }

    fn push_run(&mut self, run: &[Word<'_>]) {
        for words in
            run.chunk_by(|first, second| first.charset.eq_ignore_ascii_case(second.charset))
        {
            let charset = words.first().map(|word| word.charset);
            let read = |bytes: &[u8]| decode(bytes, charset, TextOrigin::Raw);
            let bytes = join(words, false);
            let mut text = read(&bytes);
            let splits = words.split_last().map_or(&[][..], |(_, before)| before);
            if splits.iter().any(Word::may_be_split) {
                let joined = read(&join(words, true));
                let is_split = splits.iter().any(Word::is_split);
                if is_split || (text.loss.is_some() && joined.loss.is_none()) {
                    text = joined;
                }
            }
            self.push(text, charset);
        }
    }

    fn push(&mut self, text: Text, charset: Option<&str>) {
        self.text.push_str(&text.text);
        if let Some(reason) = text.loss {
            let loss = (charset.map(str::to_owned), reason);
            if !self.losses.contains(&loss) {
                self.losses.push(loss);
            }
        }
    }
}

/// An encoded word, not yet decoded.
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    text: &'a [u8],
}

impl<'a> Word<'a> {
    /// Parses `=?charset?encoding?text?=`, and returns its length.
    fn parse(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let rest = bytes.strip_prefix(b"=?")?;
        let limit = rest.len().min(MAXIMUM_CHARSET_LENGTH + 1);
        let end = memchr::memchr(b'?', rest.get(..limit)?)?;
        let (charset, rest) = rest.split_at_checked(end)?;
        let charset = std::str::from_utf8(charset).ok()?;
        // RFC 2231 section 5: a language may follow.
        let charset = charset.split('*').next().unwrap_or(charset).trim();
        let is_label = !charset.is_empty()
            && !charset.contains(char::is_control)
            && (!charset.contains([' ', '"']) || Decoder::for_label(charset).is_some());
        let (is_base64, rest) = match rest {
            [b'?', b'b' | b'B', b'?', rest @ ..] => (true, rest),
            [b'?', b'q' | b'Q', b'?', rest @ ..] => (false, rest),
            _ => return None,
        };
        if !is_label {
            return None;
        }
        let end = text_end(rest)?;
        let text = rest.get(..end)?;
        let length = bytes.len() - rest.len() + end + 2;
        let word = Self {
            charset,
            is_base64,
            text,
        };
        Some((word, length))
    }

    /// Whether base64 ends within a group of four letters, because the padding is missing or the word was split.
    fn may_be_split(&self) -> bool {
        self.is_base64 && !self.text.contains(&b'=') && !self.symbols().count().is_multiple_of(4)
    }

    /// Whether base64 ends with bits of a byte that continues in the next word.
    fn is_split(&self) -> bool {
        let left = match self.symbols().count() % 4 {
            2 => 0b1111,
            3 => 0b11,
            remainder => return self.may_be_split() && remainder == 1,
        };
        self.may_be_split()
            && self
                .symbols()
                .last()
                .is_some_and(|symbol| symbol_value(symbol) & left != 0)
    }

    fn symbols(&self) -> impl Iterator<Item = u8> {
        let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        self.text
            .iter()
            .copied()
            .filter(move |byte| is_symbol(byte))
    }
}

/// The end of a word's text: the first `?=`, unless another word begins before it.
fn text_end(text: &[u8]) -> Option<usize> {
    let mut previous = b'?';
    for (position, pair) in text.windows(2).enumerate() {
        match pair {
            b"?=" => return Some(position),
            b"=?" if previous.is_ascii_whitespace() => return None,
            _ => {}
        }
        previous = pair.first().copied().unwrap_or_default();
    }
    None
}

fn symbol_value(symbol: u8) -> u8 {
    match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

/// The bytes of adjacent words; base64 is decoded word by word, or joined.
fn join(words: &[Word<'_>], is_base64_joined: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for group in words.chunk_by(|first, second| first.is_base64 == second.is_base64) {
        let is_base64 = group.first().is_some_and(|word| word.is_base64);
        if is_base64 && !is_base64_joined {
            for word in group {
                bytes.extend(decode_base64_lenient(word.text));
            }
            continue;
        }
        let text = group.iter().flat_map(|word| word.text).copied();
        if is_base64 {
            bytes.extend(decode_base64_lenient(&text.collect::<Vec<u8>>()));
        } else {
            // In encoded words, an underscore is a space.
            let text = text.map(|byte| if byte == b'_' { b' ' } else { byte });
            decode_escapes(&text.collect::<Vec<u8>>(), &mut bytes);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::*;

    fn text(value: &str) -> String {
        decode_words(value.as_bytes()).text
    }

    #[test]
    fn neighbours_of_one_charset_are_joined_before_they_are_decoded() {
        let table = [
            (
                "=?UTF-8?Q?pasi=C5=BEad=C4?= =?UTF-8?Q?=97jimas?=",
                "pasižadėjimas",
            ),
            ("=?gb2312?B?xOO6?= =?gb2312?B?w8rAvec=?=", "你好世界"),
            ("=?utf-8?Q?caf=C3?= =?UTF-8?B?qQ==?=", "café"),
            ("=?utf-8?B?5pel5?= =?utf-8?B?pys=?=", "日本"),
            ("=?utf-8?B?5pel5p?= =?utf-8?B?ys=?=", "日本"),
            ("=?utf-8?B?w7w?= =?utf-8?B?YmVy?=", "über"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?=\t  =?iso-8859-1?Q?=E9?=", "aé"),
            (
                "=?iso-2022-jp?B?GyRCJU8=?= =?iso-2022-jp?B?JW0bKEI=?=",
                "ハロ",
            ),
        ];
        for (value, decoded) in table {
            assert_eq!(text(value), decoded, "{value}");
        }
    }

    #[test]
    fn words_are_found_wherever_they_stand() {
        let table = [
            ("=?utf-8?B?w7xiZXI?=", "über"),
            ("=?utf-8*en?Q?caf=C3=A9?=", "café"),
            ("(=?utf-8?Q?=C3=A9?=),[=?utf-8?Q?=C3=A9?=].", "(é),[é]."),
            ("\"=?utf-8?Q?=C3=A9_x?=\"", "\"é x\""),
            ("a =?utf-8?Q?b?= c", "a b c"),
            ("a=?utf-8?Q?b?=c", "abc"),
            ("=?utf-8?Q?two words?=", "two words"),
            ("=?utf-8?B?Y2Fm w6k=?=", "café"),
            ("=?\"utf-8\"?q?=c3=a9?=", "é"),
            ("=?utf-8?Q??=", ""),
            ("=?us-ascii?Q?caf=C3=A9?=", "café"),
            ("=?latin-1?Q?caf=E9?= =?ansi?Q?=80?=", "café€"),
            ("=?utf-8?Q?open =?utf-8?Q?ok?=", "=?utf-8?Q?open ok"),
            (
                "=?utf-8?X?a?= =? =?= ?= 1 =? 2",
                "=?utf-8?X?a?= =? =?= ?= 1 =? 2",
            ),
            ("=?utf-8?Q?a=zz=?=", "a=zz="),
        ];
        for (value, decoded) in table {
            assert_eq!(text(value), decoded, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_told() {
        let words = decode_words(b"=?x-unheard?Q?=E9?= a =?utf-8?Q?=E9?=");
        assert_eq!(words.text, "é a \u{fffd}");
        let expected = [
            (Some("x-unheard".to_owned()), UndecodedReason::Guessed),
            (Some("utf-8".to_owned()), UndecodedReason::Malformed),
        ];
        assert_eq!(words.losses, expected);
    }

    proptest! {
        #[test]
        fn encoded_text_comes_back(text in "[^\u{feff}]{0,60}", sizes in proptest::collection::vec((1..20_usize, any::<bool>()), 1..10)) {
            let mut encoded = String::new();
            let mut rest = text.as_bytes();
            for (size, is_base64) in sizes.iter().cycle() {
                let (piece, tail) = rest.split_at(rest.len().min(*size));
                encoded.push_str(" =?utf-8?");
                if *is_base64 {
                    encoded.push_str(&format!("B?{}", STANDARD.encode(piece)));
                } else {
                    encoded.push_str("Q?");
                    for byte in piece {
                        encoded.push_str(&format!("={byte:02X}"));
                    }
                }
                encoded.push_str("?=");
                rest = tail;
                if rest.is_empty() {
                    break;
                }
            }
            let words = decode_words(encoded.trim_start().as_bytes());
            prop_assert_eq!(words.text, text);
            prop_assert!(words.losses.is_empty());
        }

        #[test]
        fn any_bytes_are_decoded(value in "(=\\?|\\?=|\\?|utf-8|[qQbB]| |[a-zA-Z=_é]){0,60}") {
            let words = decode_words(value.as_bytes());
            prop_assert!(words.text.len() <= 3 * value.len());
        }
    }
}
