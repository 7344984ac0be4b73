//! The charsets that switch between character sets: ISO-2022-JP and its relatives (RFC 1468, RFC 1554, RFC 2237),
//! ISO-2022-KR (RFC 1557), ISO-2022-CN (RFC 1922) and HZ (RFC 1843).
//!
//! Double-byte sets equal those of the EUC charsets without the high bit, so `encoding_rs` decodes them.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_7};

use super::decoder::Decoded;

const ESCAPE: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// A character set that an escape sequence selects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CharacterSet {
    #[default]
    Ascii,
    /// ASCII with a yen sign and an overline.
    Roman,
    Katakana,
    JisX0208,
    JisX0212,
    Gb2312,
    KsX1001,
    Latin1,
    Greek,
    /// A double-byte set without a decoder here.
    Unknown,
}

impl CharacterSet {
    fn is_double_byte(self) -> bool {
        matches!(
            self,
            Self::JisX0208 | Self::JisX0212 | Self::Gb2312 | Self::KsX1001 | Self::Unknown
        )
    }
}

/// The effect of an escape sequence.
enum Escape {
    Select(CharacterSet),
    /// Designates the set that a shift selects.
    Shifted(CharacterSet),
    /// Designates the set that a single shift selects.
    Single(CharacterSet),
    SingleShift,
    Nothing,
}

/// Whether bytes contain an escape sequence that selects a double-byte set.
pub(crate) fn is_escaped(bytes: &[u8]) -> bool {
    memchr::memchr_iter(ESCAPE, bytes).any(|position| {
        let sequence = bytes.get(position..).unwrap_or_default();
        matches!(
            parse_escape(sequence),
            Some((Escape::Select(set) | Escape::Shifted(set), _)) if set.is_double_byte()
        )
    })
}

/// Decodes text with ISO 2022 escape sequences. A shift selects `shifted` unless the text designates another set.
pub(crate) fn decode(bytes: &[u8], shifted: CharacterSet) -> Decoded {
    let mut writer = Writer::default();
    let (mut selected, mut shifted, mut single) =
        (CharacterSet::Ascii, shifted, CharacterSet::Latin1);
    let mut is_shifted = false;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match *first {
            ESCAPE => {
                let Some((escape, length)) = parse_escape(bytes_from(bytes, rest)) else {
                    writer.character(char::from(ESCAPE));
                    continue;
                };
                rest = rest.get(length - 1..).unwrap_or_default();
                match escape {
                    Escape::Select(set) => (selected, is_shifted) = (set, false),
                    Escape::Shifted(set) => shifted = set,
                    Escape::Single(set) => single = set,
                    Escape::SingleShift => {
                        if let [byte, after @ ..] = rest {
                            writer.single(byte | 0x80, single);
                            rest = after;
                        }
                    }
                    Escape::Nothing => {}
                }
            }
            SHIFT_OUT => is_shifted = true,
            SHIFT_IN => is_shifted = false,
            b'\n' => {
                is_shifted = false;
                writer.character('\n');
            }
            byte => {
                let set = if is_shifted { shifted } else { selected };
                match (byte, tail) {
                    (0x21..=0x7e, [second @ 0x21..=0x7e, after @ ..]) if set.is_double_byte() => {
                        writer.pair(byte, *second, set);
                        rest = after;
                    }
                    (0x21..=0x7e, _) if set.is_double_byte() => writer.loss(),
                    (0xa1..=0xfe, [second @ 0xa1..=0xfe, after @ ..])
                        if matches!(shifted, CharacterSet::KsX1001 | CharacterSet::Gb2312) =>
                    {
                        writer.pair(byte & 0x7f, second & 0x7f, shifted);
                        rest = after;
                    }
                    (0xa1..=0xdf, _) => writer.single(byte, CharacterSet::Katakana),
                    (0x80.., _) => writer.loss(),
                    _ if byte > 0x20 => writer.single(byte, set),
                    _ => writer.character(char::from(byte)),
                }
            }
        }
    }
    writer.finish()
}

/// Decodes HZ, which writes GB 2312 between `~{` and `~}`.
pub(crate) fn decode_hz(bytes: &[u8]) -> Decoded {
    let mut writer = Writer::default();
    let mut is_double_byte = false;
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return writer.finish(),
            [b'~', b'{', tail @ ..] => {
                is_double_byte = true;
                tail
            }
            [b'~', b'}', tail @ ..] => {
                is_double_byte = false;
                tail
            }
            [b'~', b'~', tail @ ..] if !is_double_byte => {
                writer.character('~');
                tail
            }
            [b'~', b'\n', tail @ ..] | [b'~', b'\r', b'\n', tail @ ..] => tail,
            [first @ 0x21..=0x7e, second @ 0x21..=0x7e, tail @ ..] if is_double_byte => {
                writer.pair(*first, *second, CharacterSet::Gb2312);
                tail
            }
            [first @ 0x81..=0xfe, second @ 0x40..=0xfe, tail @ ..] => {
                // Eight-bit bytes are plain GB 2312.
                writer.flush();
                writer.set = CharacterSet::Gb2312;
                writer.pending.extend([*first, *second]);
                tail
            }
            [first, tail @ ..] => {
                if *first == b'\n' {
                    is_double_byte = false;
                }
                if !first.is_ascii() || (is_double_byte && first.is_ascii_graphic()) {
                    writer.loss();
                } else {
                    writer.character(char::from(*first));
                }
                tail
            }
        };
    }
}

/// The escape sequence including its first byte; `rest` follows that byte.
fn bytes_from<'a>(bytes: &'a [u8], rest: &[u8]) -> &'a [u8] {
    bytes
        .get(bytes.len() - rest.len() - 1..)
        .unwrap_or_default()
}

/// Parses an escape sequence, and returns its length.
fn parse_escape(sequence: &[u8]) -> Option<(Escape, usize)> {
    use CharacterSet::{
        Ascii, Gb2312, Greek, JisX0208, JisX0212, Katakana, KsX1001, Latin1, Roman, Unknown,
    };

    let escape = match sequence.get(1..)? {
        [b'(', b'B' | b'H', ..] => (Escape::Select(Ascii), 3),
        [b'(', b'J', ..] => (Escape::Select(Roman), 3),
        [b'(', b'I', ..] => (Escape::Select(Katakana), 3),
        // JIS X 0213 has the characters of JIS X 0208 in the same places.
        [b'$', b'(', b'@' | b'B' | b'O' | b'Q', ..] => (Escape::Select(JisX0208), 4),
        [b'$', b'(', b'D', ..] => (Escape::Select(JisX0212), 4),
        [b'$', b'(', b'C', ..] => (Escape::Select(KsX1001), 4),
        [b'$', b'(', b'A', ..] => (Escape::Select(Gb2312), 4),
        [b'$', b'(', b'P', ..] => (Escape::Select(Unknown), 4),
        [b'$', b')', b'C', ..] => (Escape::Shifted(KsX1001), 4),
        [b'$', b')', b'A', ..] => (Escape::Shifted(Gb2312), 4),
        [b'$', b')', b'E' | b'G', ..] => (Escape::Shifted(Unknown), 4),
        [b'$', b'*' | b'+', b'H'..=b'M', ..] => (Escape::Single(Unknown), 4),
        [b'$', b'@' | b'B', ..] => (Escape::Select(JisX0208), 3),
        [b'$', b'A', ..] => (Escape::Select(Gb2312), 3),
        [b'.', b'A', ..] => (Escape::Single(Latin1), 3),
        [b'.', b'F', ..] => (Escape::Single(Greek), 3),
        [b'&', b'@', ..] => (Escape::Nothing, 3),
        [b'N', ..] => (Escape::SingleShift, 2),
        _ => return None,
    };
    Some(escape)
}

/// Decoded text, with pending pairs of one set that are decoded together.
#[derive(Default)]
struct Writer {
    text: String,
    is_lossy: bool,
    pending: Vec<u8>,
    set: CharacterSet,
}

impl Writer {
    fn character(&mut self, character: char) {
        self.flush();
        self.text.push(character);
    }

    fn loss(&mut self) {
        self.is_lossy = true;
        self.character(char::REPLACEMENT_CHARACTER);
    }

    fn single(&mut self, byte: u8, set: CharacterSet) {
        match (set, byte) {
            (CharacterSet::Katakana, 0x21..=0x5f | 0xa1..=0xdf) => {
                self.character(char::from_u32(0xff40 + u32::from(byte & 0x7f)).unwrap_or_default());
            }
            (CharacterSet::Roman, b'\\') => self.character('¥'),
            (CharacterSet::Roman, b'~') => self.character('‾'),
            (CharacterSet::Latin1, 0x80..) => self.character(char::from(byte)),
            (CharacterSet::Greek, 0x80..) => {
                self.flush();
                let bytes = [byte];
                let (text, is_lossy) = ISO_8859_7.decode_without_bom_handling(&bytes);
                self.is_lossy |= is_lossy;
                self.text.push_str(&text);
            }
            (_, ..0x80) => self.character(char::from(byte)),
            _ => self.loss(),
        }
    }

    fn pair(&mut self, first: u8, second: u8, set: CharacterSet) {
        if set == CharacterSet::Unknown {
            self.loss();
            return;
        }
        if self.set != set {
            self.flush();
            self.set = set;
        }
        if set == CharacterSet::JisX0212 {
            self.pending.push(0x8f);
        }
        self.pending.extend([first | 0x80, second | 0x80]);
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let encoding: &'static Encoding = match self.set {
            CharacterSet::Gb2312 => GBK,
            CharacterSet::KsX1001 => EUC_KR,
            _ => EUC_JP,
        };
        let (text, is_lossy) = encoding.decode_without_bom_handling(&self.pending);
        self.text.push_str(&text);
        self.is_lossy |= is_lossy;
        self.pending.clear();
    }

    fn finish(mut self) -> Decoded {
        self.flush();
        Decoded {
            text: self.text,
            is_lossy: self.is_lossy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_are_switched() {
        use CharacterSet::{Gb2312, Katakana, KsX1001};

        let table: [(&[u8], CharacterSet, &str); 10] = [
            (b"a\x1b$B%O%m!<\x1b(Bb", Katakana, "aハローb"),
            (b"\x1b(I1\x1b(J\\\x1b(B", Katakana, "ｱ¥"),
            (b"\x1b$(D0!\x1b(B", Katakana, "丂"),
            (b"\x1b$A<rVV\x1b$(CGQ1[\x1b(B", Katakana, "简种한글"),
            (b"caf\x1b.A\x1bNi", Katakana, "café"),
            (b"\x0e1\x0f1", Katakana, "ｱ1"),
            (b"\x1b$)C\x0eGQ1[\x0f abc\n", KsX1001, "한글 abc\n"),
            (b"\x0eGQ1[\x0f", KsX1001, "한글"),
            (b"\x1b$)A\x0e=;;;\x0f.", Gb2312, "交换."),
            (b"\x1b$B\x1b(B\x1b[0m", Katakana, "\x1b[0m"),
        ];
        for (bytes, shifted, text) in table {
            let decoded = decode(bytes, shifted);
            assert_eq!((decoded.text.as_str(), decoded.is_lossy), (text, false));
        }
        let lossy = decode(b"\x1b$B%O%\n\x1b$(P!!\x1b(Bz", Katakana);
        assert_eq!(
            (lossy.text.as_str(), lossy.is_lossy),
            ("ハ\u{fffd}\n\u{fffd}z", true)
        );
    }

    #[test]
    fn hz_is_decoded() {
        let table = [
            (
                "This ~{<:Ky2;S{#,NpJ)l6HK!#~} ~~ ~\nx",
                "This 己所不欲，勿施於人。 ~ x",
            ),
            ("~{VPND\nplain", "中文\nplain"),
        ];
        for (bytes, text) in table {
            let decoded = decode_hz(bytes.as_bytes());
            assert_eq!((decoded.text.as_str(), decoded.is_lossy), (text, false));
        }
        assert!(decode_hz(b"~{VPN").is_lossy);
    }
}
