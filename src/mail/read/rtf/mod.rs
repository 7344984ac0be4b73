//! Rich Text, in which Outlook puts messages into `winmail.dat`: wrapped HTML, wrapped plain text, or genuine Rich
//! Text.
//!
//! <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxrtfex>, with the control words of the Rich
//! Text Format specification 1.9.1.

pub(crate) mod compression;
mod font;
mod token;
mod word;

use self::{
    font::Fonts,
    token::{Token, Tokens},
    word::Destination,
};
use crate::mail::{encoding::charset::UndecodedReason, html::is_same_address};

/// Groups nested deeper share the properties of the last one within the limit.
const MAXIMUM_DEPTH: usize = 1_000;

/// The result of reading Rich Text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RichText {
    pub(crate) text: String,
    /// Whether the text is the message's original HTML.
    pub(crate) is_html: bool,
    /// The document's code page, if known.
    pub(crate) code_page: Option<u32>,
    pub(crate) loss: Option<UndecodedReason>,
}

/// Reads Rich Text; `None` for other bytes. Truncated data gives the text up to the cut.
pub(crate) fn read(rtf: &[u8]) -> Option<RichText> {
    let rtf = rtf.trim_ascii_start();
    if !rtf.starts_with(b"{\\rtf") {
        return None;
    }
    let mut reader = Reader::default();
    for token in Tokens::new(rtf) {
        reader.take(&token);
        if reader.depth == 0 {
            break;
        }
    }
    reader.flush();
    reader.end_surrogate();
    Some(reader.found)
}

/// The properties that a group inherits, and that end with it.
#[derive(Clone, Copy)]
struct Group {
    destination: Destination,
    font: Option<i32>,
    /// How many characters after `\u` are a fallback for readers that don't support it.
    substitutes: usize,
    /// Whether the conversion to Rich Text added it.
    is_added: bool,
    /// Whether its author hid it.
    is_hidden: bool,
    /// The start of a field's text.
    field_start: Option<usize>,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            destination: Destination::Text,
            font: None,
            substitutes: 1,
            is_added: false,
            is_hidden: false,
            field_start: None,
        }
    }
}

#[derive(Default)]
struct Reader {
    found: RichText,
    group: Group,
    outer: Vec<Group>,
    depth: usize,
    /// The bytes of the text not decoded yet.
    pending: Vec<u8>,
    /// The first half of a character that takes two `\u`.
    high_surrogate: Option<u32>,
    /// How many fallback characters after `\u` to skip.
    substitutes: usize,
    /// Whether the group has just begun; `is_starred`: with `\*`.
    is_start: bool,
    is_starred: bool,
    instruction: String,
    fonts: Fonts,
}

impl Reader {
    fn take(&mut self, token: &Token<'_>) {
        match *token {
            Token::Open => {
                self.flush();
                self.depth += 1;
                if self.depth <= MAXIMUM_DEPTH {
                    self.outer.push(self.group);
                    self.group.field_start = None;
                }
                (self.is_start, self.is_starred, self.substitutes) = (true, false, 0);
            }
            Token::Close => {
                self.flush();
                if let Some(start) = self.group.field_start.take() {
                    self.close_field(start);
                }
                if self.depth <= MAXIMUM_DEPTH {
                    self.group = self.outer.pop().unwrap_or_default();
                }
                self.depth = self.depth.saturating_sub(1);
                (self.is_start, self.substitutes) = (false, 0);
            }
            Token::Word(word, number) => self.word(word, number),
            Token::Symbol(b'*') if self.is_start => self.is_starred = true,
            Token::Symbol(byte @ (b'\\' | b'{' | b'}')) => self.bytes(&[byte]),
            Token::Symbol(symbol) => {
                self.is_start = false;
                if let Some(character) = word::symbol_character(symbol, self.found.is_html) {
                    self.character(character);
                }
            }
            Token::Byte(byte) => self.bytes(&[byte]),
            Token::Text(bytes) => self.bytes(bytes),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.is_start = false;
        let passed = self.substitutes.min(bytes.len());
        self.substitutes -= passed;
        if self.is_shown() {
            self.pending
                .extend_from_slice(bytes.get(passed..).unwrap_or_default());
        }
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        self.flush();
        let is_start = std::mem::take(&mut self.is_start);
        if self.group.destination == Destination::Skipped {
            return;
        }
        let destination = word::destination(word, self.is_starred, self.found.is_html);
        if let Some(destination) = destination.filter(|_| is_start) {
            self.group.destination = destination;
            match destination {
                // A piece of the HTML counts in any group.
                Destination::Tag => self.group.is_added = false,
                Destination::Instruction => self.instruction.clear(),
                _ => {}
            }
            return;
        }
        let is_on = number != Some(0);
        match word {
            _ if self.group.destination == Destination::Fonts => self.fonts.word(word, number),
            b"u" => self.unicode(number.unwrap_or_default()),
            b"uc" => {
                let number = number.and_then(|number| usize::try_from(number).ok());
                self.group.substitutes = number.unwrap_or(1);
            }
            b"f" => self.group.font = number,
            b"plain" => (self.group.font, self.group.is_hidden) = (None, false),
            b"deff" => self.fonts.default = number.unwrap_or_default(),
            b"mac" => self.set_code_page(10000),
            b"pc" => self.set_code_page(437),
            b"pca" => self.set_code_page(850),
            b"ansicpg" => match number.and_then(|number| u32::try_from(number).ok()) {
                None | Some(0) => {}
                Some(number) => self.set_code_page(number),
            },
            b"fromhtml" if is_on && self.found.text.is_empty() => self.found.is_html = true,
            b"htmlrtf" => self.group.is_added = is_on,
            b"v" | b"deleted" if !self.found.is_html => self.group.is_hidden = is_on,
            b"fldrslt" if !self.found.is_html => {
                self.group.field_start = Some(self.found.text.len());
            }
            word => {
                if let Some(character) = word::character(word) {
                    self.character(character);
                }
            }
        }
    }

    fn set_code_page(&mut self, number: u32) {
        let is_known = self.fonts.set_code_page(number);
        self.found.code_page = is_known.then_some(number);
    }

    fn is_shown(&self) -> bool {
        let group = &self.group;
        let is_text = !matches!(group.destination, Destination::Fonts | Destination::Skipped);
        is_text && !group.is_added && !group.is_hidden
    }

    /// A UTF-16 unit or, from some programs, a whole character.
    fn unicode(&mut self, number: i32) {
        self.substitutes = self.group.substitutes;
        if !self.is_shown() {
            return;
        }
        let unit = number.cast_unsigned();
        let unit = if number < 0 { unit & 0xffff } else { unit };
        match unit {
            0 => {}
            0xd800..0xdc00 => {
                self.end_surrogate();
                self.high_surrogate = Some(unit);
            }
            0xdc00..0xe000 => match self.high_surrogate.take() {
                Some(high) => {
                    let number = 0x1_0000 + ((high & 0x3ff) << 10 | unit & 0x3ff);
                    self.put_number(number);
                }
                None => self.lose(),
            },
            // The private-use characters of symbol fonts.
            0xf0a7 | 0xf0b7 if !self.found.is_html => {
                self.end_surrogate();
                let byte = u8::try_from(unit & 0xff).unwrap_or_default();
                self.put(font::pictured(byte).encode_utf8(&mut [0; 4]));
            }
            unit => {
                self.end_surrogate();
                self.put_number(unit);
            }
        }
    }

    fn put_number(&mut self, number: u32) {
        match char::from_u32(number) {
            Some(character) => self.put(character.encode_utf8(&mut [0; 4])),
            None => self.lose(),
        }
    }

    /// Adds the character of a word or symbol.
    fn character(&mut self, character: char) {
        self.flush();
        if self.substitutes > 0 {
            self.substitutes -= 1;
        } else if self.is_shown() {
            self.end_surrogate();
            self.put(character.encode_utf8(&mut [0; 4]));
        }
    }

    fn put(&mut self, text: &str) {
        match self.group.destination {
            Destination::Text | Destination::Tag => self.found.text.push_str(text),
            Destination::Instruction => self.instruction.push_str(text),
            Destination::Fonts | Destination::Skipped => {}
        }
    }

    /// Marks a missing character.
    fn lose(&mut self) {
        self.found.loss = Some(UndecodedReason::Malformed);
        self.put("\u{fffd}");
    }

    fn end_surrogate(&mut self) {
        if self.high_surrogate.take().is_some() {
            self.lose();
        }
    }

    /// Decodes the bytes so far, in the font's charset, or for pieces of HTML in the document's.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        self.end_surrogate();
        let decoded = match self.group.destination {
            Destination::Tag => self.fonts.decode_as_document(&bytes),
            _ => self
                .fonts
                .decode(&bytes, self.group.font, !self.found.is_html),
        };
        self.found.loss = self.found.loss.or(decoded.loss);
        self.put(&decoded.text);
        self.pending = bytes;
        self.pending.clear();
    }

    /// Adds a link's URL after its text.
    fn close_field(&mut self, start: usize) {
        let instruction = std::mem::take(&mut self.instruction);
        let address = word::link_address(&instruction);
        let Some(address) = address.filter(|_| self.is_shown()) else {
            return;
        };
        let shown = self.found.text.get(start..).unwrap_or_default();
        let is_long = shown.len() > 2 * address.len();
        if !is_long && is_same_address(shown.trim(), &address) {
            return;
        }
        let text = match shown {
            "" => address,
            _ => format!(" ({address})"),
        };
        self.put(&text);
    }
}

#[cfg(test)]
mod tests;
