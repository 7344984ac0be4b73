//! Johab (KS X 1001 annex 3): Hangul syllables composed of five bits per letter.

use super::decoder::Decoded;

/// The letters of a syllable by their five bits; a blank means no letter.
const INITIALS: &str = "  ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const VOWELS: &str = "   ㅏㅐㅑㅒㅓ  ㅔㅕㅖㅗㅘㅙ  ㅚㅛㅜㅝㅞㅟ  ㅠㅡㅢㅣ";
const FINALS: &str = "  ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁ ㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";

/// Decodes Johab.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if first.is_ascii() {
            text.push(char::from(*first));
            rest = tail;
            continue;
        }
        let character = tail.first().and_then(|second| pair(*first, *second));
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        // An ASCII byte after an invalid lead byte is text.
        let is_pair = character.is_some() || tail.first().is_some_and(|second| !second.is_ascii());
        rest = if is_pair {
            tail.get(1..).unwrap_or_default()
        } else {
            tail
        };
    }
    Decoded::new(text)
}

fn pair(first: u8, second: u8) -> Option<char> {
    if first < 0xd8 {
        return syllable(u16::from_be_bytes([first, second]));
    }
    // Symbols and Hanja are in the order of KS X 1001, two rows for each first byte.
    let row = match first {
        0xd9..=0xde => (first - 0xd9) * 2 + 0x21,
        0xe0..=0xf9 => (first - 0xe0) * 2 + 0x4a,
        _ => return None,
    };
    let column = match second {
        0x31..=0x7e => second - 0x31,
        0x91..=0xfe => second - 0x43,
        _ => return None,
    };
    let code = [(row + column / 94) | 0x80, column % 94 + 0xa1];
    let (text, is_lossy) = encoding_rs::EUC_KR.decode_without_bom_handling(&code);
    text.chars().next().filter(|_| !is_lossy)
}

fn syllable(code: u16) -> Option<char> {
    let letter = |letters: &str, shift: u16| {
        letters
            .chars()
            .nth(usize::from((code >> shift) & 0x1f))
            .filter(|letter| *letter != ' ')
    };
    let is_filled = |shift: u16, fill: u16| (code >> shift) & 0x1f == fill;
    let (initial, vowel, last) = (letter(INITIALS, 10), letter(VOWELS, 5), letter(FINALS, 0));
    let place = |letters: &str, letter: char| {
        let known = letters.chars().filter(|known| *known != ' ');
        known
            .enumerate()
            .find(|(_, known)| *known == letter)
            .and_then(|(place, _)| u32::try_from(place).ok())
    };
    match (initial, vowel, last) {
        (Some(initial), Some(vowel), last) if last.is_some() || is_filled(0, 1) => {
            let last = match last {
                Some(last) => place(FINALS, last)? + 1,
                None => 0,
            };
            let syllable = (place(INITIALS, initial)? * 21 + place(VOWELS, vowel)?) * 28 + last;
            char::from_u32(0xac00 + syllable)
        }
        // A single letter.
        (Some(letter), None, None) if is_filled(5, 2) && is_filled(0, 1) => Some(letter),
        (None, Some(letter), None) if is_filled(10, 1) && is_filled(0, 1) => Some(letter),
        (None, None, Some(letter)) if is_filled(10, 1) && is_filled(5, 2) => Some(letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_letters_and_hanja_are_decoded() {
        let decoded = decode(b"\xd0\x65\x8b\x69 abc \x88\x41\x84\x61\xd9\x31\xe0\x31");
        assert_eq!(decoded.text, "한글 abc ㄱㅏ\u{3000}伽");
        assert!(!decoded.is_lossy);
        let cut = decode(b"\xd0\x65\xd0");
        assert_eq!((cut.text.as_str(), cut.is_lossy), ("한\u{fffd}", true));
        assert_eq!(decode(b"\xffa").text, "\u{fffd}a");
    }
}
