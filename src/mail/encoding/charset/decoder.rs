//! The charsets of mail: the web's from `encoding_rs`, MS-DOS's from `oem_cp`, and a few others.

use encoding_rs::Encoding;
use oem_cp::code_table_type::TableType;

use super::{
    iso2022::{self, CharacterSet},
    johab, label, unicode,
};

/// A charset that text can be decoded from.
#[derive(Clone, Copy)]
pub(crate) enum Decoder {
    /// A label that says nothing: `us-ascii`, `default`, `unknown-8bit`.
    Unspecified,
    /// A charset of the Encoding Standard.
    Web(&'static Encoding),
    /// A code page of MS-DOS.
    Dos(&'static TableType),
    /// The characters of all bytes.
    Table(&'static [char]),
    /// The same for a mainframe code page, which isn't based on ASCII.
    Ebcdic(&'static [char]),
    /// The ISO 2022 sets, with the one that a shift selects unless the text designates another.
    Iso2022(CharacterSet),
    Hz,
    Johab,
    Utf7,
    /// Without a byte order, the byte order mark or the text itself decides.
    Utf16(Option<ByteOrder>),
    Utf32(Option<ByteOrder>),
}

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Big,
    Little,
}

/// Text, and whether every byte of it was valid.
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Whether U+FFFD replaces bytes that are invalid in the charset.
    pub(crate) is_lossy: bool,
}

impl Decoded {
    /// Text in which U+FFFD marks losses.
    pub(crate) fn new(text: String) -> Self {
        Self {
            is_lossy: text.contains(char::REPLACEMENT_CHARACTER),
            text,
        }
    }
}

impl Decoder {
    /// Finds the charset of a label.
    pub(crate) fn for_label(label: &str) -> Option<Self> {
        label::find(label)
    }

    /// Decodes bytes; those invalid in the charset become U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> Decoded {
        match self {
            Self::Unspecified => from_web(encoding_rs::UTF_8, bytes),
            Self::Web(encoding) => from_web(encoding, bytes),
            Self::Dos(table) => Decoded::new(table.decode_string_lossy(bytes)),
            Self::Table(table) | Self::Ebcdic(table) => {
                let characters = bytes
                    .iter()
                    .filter_map(|byte| table.get(usize::from(*byte)));
                Decoded::new(characters.collect())
            }
            Self::Iso2022(shifted) => iso2022::decode(bytes, shifted),
            Self::Hz => iso2022::decode_hz(bytes),
            Self::Johab => johab::decode(bytes),
            Self::Utf7 => unicode::decode_utf7(bytes),
            Self::Utf16(order) => unicode::decode_utf16(bytes, order),
            Self::Utf32(order) => unicode::decode_utf32(bytes, order),
        }
    }

    /// Whether each character is one byte, so only bytes without a character are invalid.
    pub(crate) fn is_single_byte(self) -> bool {
        match self {
            Self::Web(encoding) => encoding.is_single_byte(),
            Self::Dos(_) | Self::Table(_) => true,
            _ => false,
        }
    }

    /// Whether the letters are spread over 0x80 to 0xBF and above, so words can look like UTF-8 by chance.
    pub(crate) fn has_letters_in_both_halves(self) -> bool {
        match self {
            Self::Web(encoding) => [
                encoding_rs::WINDOWS_874,
                encoding_rs::WINDOWS_1256,
                encoding_rs::ISO_8859_5,
            ]
            .contains(&encoding),
            Self::Table(_) => true,
            _ => false,
        }
    }

    /// Whether characters take two bytes or more, which can look like UTF-8 by chance.
    pub(crate) fn is_east_asian(self) -> bool {
        matches!(self, Self::Web(encoding) if !encoding.is_single_byte() && encoding != encoding_rs::UTF_8)
    }

    /// Whether text consists of seven-bit bytes, with escape sequences that look like other text.
    pub(crate) fn is_seven_bit(self) -> bool {
        matches!(self, Self::Iso2022(_) | Self::Hz | Self::Utf7)
    }
}

fn from_web(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, is_lossy) = encoding.decode_with_bom_removal(bytes);
    Decoded {
        text: text.into_owned(),
        is_lossy,
    }
}
