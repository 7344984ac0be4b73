//! The tokens of Rich Text.

use crate::mail::encoding::transfer::hex_byte;

/// The maximum number of digits of a number; more are cut off.
const MAXIMUM_DIGITS: usize = 9;

/// A token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `{`
    Open,
    /// `}`
    Close,
    /// `\word`, with its number: `\u8211`.
    Word(&'a [u8], Option<i32>),
    /// A backslash before anything else: `\~`.
    Symbol(u8),
    /// `\'e4`
    Byte(u8),
    /// Literal bytes.
    Text(&'a [u8]),
}

/// Splits Rich Text into tokens. Line ends and zeros have no meaning in it, and the bytes after `\bin` are skipped.
pub(crate) struct Tokens<'a>(&'a [u8]);

impl<'a> Tokens<'a> {
    pub(crate) fn new(rtf: &'a [u8]) -> Self {
        Self(rtf)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, b""));
        self.0 = rest;
        taken
    }

    fn take_while(&mut self, is_taken: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !is_taken(*byte));
        self.take(end.unwrap_or(self.0.len()))
    }

    /// The token after a backslash.
    fn control(&mut self) -> Option<Token<'a>> {
        let word = self.take_while(|byte| byte.is_ascii_alphabetic());
        if word.is_empty() {
            let symbol = *self.take(1).first()?;
            let byte = (symbol == b'\'').then(|| self.hexadecimal()).flatten();
            return Some(byte.map_or(Token::Symbol(symbol), Token::Byte));
        }
        let number = self.number();
        if self.0.first() == Some(&b' ') {
            self.take(1);
        }
        if word == b"bin" {
            self.take(
                number
                    .and_then(|size| usize::try_from(size).ok())
                    .unwrap_or_default(),
            );
        }
        Some(Token::Word(word, number))
    }

    fn hexadecimal(&mut self) -> Option<u8> {
        let [high, low, ..] = self.0 else {
            return None;
        };
        let byte = hex_byte(*high, *low)?;
        self.take(2);
        Some(byte)
    }

    fn number(&mut self) -> Option<i32> {
        let is_negative = self.0.first() == Some(&b'-');
        let digits = self.0.get(usize::from(is_negative)..)?;
        if !digits.first()?.is_ascii_digit() {
            return None;
        }
        self.take(usize::from(is_negative));
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let digits = digits.iter().take(MAXIMUM_DIGITS);
        let number = digits.fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
        Some(if is_negative { -number } else { number })
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.take_while(|byte| matches!(byte, b'\r' | b'\n' | 0));
        match self.0.first()? {
            b'{' => {
                self.take(1);
                Some(Token::Open)
            }
            b'}' => {
                self.take(1);
                Some(Token::Close)
            }
            b'\\' => {
                self.take(1);
                self.control()
            }
            _ => Some(Token::Text(self.take_while(|byte| {
                !matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0)
            }))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let rtf = b"{\\b0 a\\u-10179?\\'E4\\'zz\\par\r\nb\\-\\bin3 }{}c\\u99999999999\\line-\\";
        let tokens: Vec<Token<'_>> = Tokens::new(rtf).collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word(b"b", Some(0)),
                Token::Text(b"a"),
                Token::Word(b"u", Some(-10179)),
                Token::Text(b"?"),
                Token::Byte(0xe4),
                Token::Symbol(b'\''),
                Token::Text(b"zz"),
                Token::Word(b"par", None),
                Token::Text(b"b"),
                Token::Symbol(b'-'),
                Token::Word(b"bin", Some(3)),
                Token::Text(b"c"),
                Token::Word(b"u", Some(999_999_999)),
                Token::Word(b"line", None),
                Token::Text(b"-"),
            ]
        );
        assert_eq!(Tokens::new(b"\\bin2147483647 ab").count(), 1);
    }
}
