//! The fonts of Rich Text, which determine the charset of its bytes.

use std::collections::HashMap;

use crate::mail::encoding::charset::{Text, UndecodedReason, decoder::Decoder};

/// The maximum number of fonts with their own charset.
const MAXIMUM_FONTS: usize = 10_000;

/// The most common charset of mail that names no code page.
const WESTERN: Decoder = Decoder::Web(encoding_rs::WINDOWS_1252);

/// The charset of symbol fonts, which isn't a code page.
const SYMBOLS: i32 = 2;

/// The fonts of a document by number, and the document's charset.
pub(crate) struct Fonts {
    document: Charset,
    pub(crate) default: i32,
    /// The font that the font table is describing.
    listed: i32,
    charsets: HashMap<i32, Charset>,
}

/// The charset of a font's bytes.
#[derive(Clone, Copy)]
enum Charset {
    Known(Decoder),
    Unknown,
    Symbols,
}

impl Default for Fonts {
    fn default() -> Self {
        Self {
            document: Charset::Known(WESTERN),
            default: 0,
            listed: 0,
            charsets: HashMap::new(),
        }
    }
}

impl Fonts {
    /// Sets the document's code page; returns whether it is known.
    pub(crate) fn set_code_page(&mut self, number: u32) -> bool {
        self.document = Charset::of_code_page(number);
        matches!(self.document, Charset::Known(_))
    }

    /// Processes a word of the font table. A font's charset takes precedence over its code page.
    pub(crate) fn word(&mut self, word: &[u8], number: Option<i32>) {
        let number = number.unwrap_or_default();
        match word {
            b"f" => self.listed = number,
            _ if self.charsets.len() >= MAXIMUM_FONTS => {}
            b"fcharset" if number == SYMBOLS => {
                self.charsets.insert(self.listed, Charset::Symbols);
            }
            b"fcharset" => {
                if let Some(number) = code_page(number) {
                    let charset = Charset::of_code_page(number);
                    self.charsets.insert(self.listed, charset);
                }
            }
            b"cpg" => {
                if let Ok(number) = u32::try_from(number) {
                    let charset = self.charsets.entry(self.listed);
                    charset.or_insert_with(|| Charset::of_code_page(number));
                }
            }
            _ => {}
        }
    }

    /// Decodes bytes in a font. Those of a symbol font become symbols, unless something else gives their charset.
    pub(crate) fn decode(&self, bytes: &[u8], font: Option<i32>, is_pictured: bool) -> Text {
        let charset = self.charsets.get(&font.unwrap_or(self.default));
        match charset.copied().unwrap_or(self.document) {
            Charset::Symbols if is_pictured => Text {
                text: bytes.iter().copied().map(pictured).collect(),
                loss: None,
            },
            Charset::Symbols => self.decode_as_document(bytes),
            charset => charset.decode(bytes),
        }
    }

    pub(crate) fn decode_as_document(&self, bytes: &[u8]) -> Text {
        self.document.decode(bytes)
    }
}

impl Charset {
    fn of_code_page(number: u32) -> Self {
        let decoder = Decoder::for_label(&format!("cp{number}"));
        // Text comes in pieces, so charsets with a state can't be decoded.
        let is_known = |decoder: &Decoder| {
            decoder.is_single_byte()
                || decoder.is_east_asian()
                || matches!(decoder, Decoder::Johab)
                || matches!(decoder, Decoder::Web(encoding) if *encoding == encoding_rs::UTF_8)
        };
        decoder.filter(is_known).map_or(Self::Unknown, Self::Known)
    }

    fn decode(self, bytes: &[u8]) -> Text {
        match self {
            Self::Known(decoder) => decoder.decode(bytes).into(),
            Self::Unknown | Self::Symbols => Text {
                loss: (!bytes.is_ascii()).then_some(UndecodedReason::Guessed),
                ..WESTERN.decode(bytes).into()
            },
        }
    }
}

/// The character of a byte in a symbol font; in mail, these are the bullets of lists.
pub(crate) fn pictured(byte: u8) -> char {
    match byte {
        0xb7 => '•',
        0xa7 => '▪',
        byte => char::from(byte),
    }
}

/// The code page of a font's charset; `None` for the document's own.
fn code_page(charset: i32) -> Option<u32> {
    Some(match charset {
        0 => 1252,
        77 => 10000,
        78 => 10001,
        79 => 10003,
        80 => 10008,
        81 => 10002,
        83 => 10005,
        84 => 10004,
        85 => 10006,
        86 => 10081,
        87 => 10021,
        88 => 10029,
        89 => 10007,
        128 => 932,
        129 => 949,
        130 => 1361,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 | 181 => 1255,
        178..=180 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}
