//! The EBCDIC code pages of Western Europe and the Americas, which mainframes use in mail.

use super::decoder::Decoded;

/// One code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodePage {
    /// The bytes that differ from code page 37, each in hexadecimal before its character.
    differences: &'static str,
    /// Whether the euro sign replaces the currency sign.
    has_euro: bool,
}

/// The characters of code page 37, in byte order.
const CHARACTERS: &str = "\
     \u{0}\u{1}\u{2}\u{3}\u{9c}\u{9}\u{86}\u{7f}\u{97}\u{8d}\u{8e}\u{b}\u{c}\u{d}\u{e}\u{f}\
     \u{10}\u{11}\u{12}\u{13}\u{9d}\u{85}\u{8}\u{87}\u{18}\u{19}\u{92}\u{8f}\u{1c}\u{1d}\u{1e}\u{1f}\
     \u{80}\u{81}\u{82}\u{83}\u{84}\u{a}\u{17}\u{1b}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{5}\u{6}\u{7}\
     \u{90}\u{91}\u{16}\u{93}\u{94}\u{95}\u{96}\u{4}\u{98}\u{99}\u{9a}\u{9b}\u{14}\u{15}\u{9e}\u{1a}\
     \u{20}\u{a0}âäàáãåçñ¢.<(+|\
     &éêëèíîïìß!$*);¬\
     -/ÂÄÀÁÃÅÇÑ¦,%_>?\
     øÉÊËÈÍÎÏÌ`:#@'=\"\
     Øabcdefghi«»ðýþ±\
     °jklmnopqrªºæ¸Æ¤\
     µ~stuvwxyz¡¿ÐÝÞ®\
     ^£¥·©§¶¼½¾[]¯¨´×\
     {ABCDEFGHI\u{ad}ôöòóõ\
     }JKLMNOPQR¹ûüùúÿ\
     \\÷STUVWXYZ²ÔÖÒÓÕ\
     0123456789³ÛÜÙÚ\u{9f}\
     ";

/// The code pages without the euro sign, in the order of their counterparts with it, from 1140 on.
const WITHOUT_EURO: [u32; 10] = [37, 273, 277, 278, 280, 284, 285, 297, 500, 871];

/// Finds a code page by its IBM or Windows number.
pub(crate) fn code_page(number: u32) -> Option<CodePage> {
    let (number, has_euro) = match number {
        1140..1150 => {
            let place = usize::try_from(number - 1140).ok()?;
            (*WITHOUT_EURO.get(place)?, true)
        }
        20_000..21_000 => (number - 20_000, false),
        number => (number, false),
    };
    let differences = match number {
        37 => "",
        273 => {
            "43{ 4aÄ 4f! 59~ 5aÜ 5f^ 63[ 6aö 7c§ a1ß b0¢ b5@ ba¬ bb| c0ä cc¦ d0ü dc} e0Ö ec\\ fc]"
        }
        277 => {
            "47} 4a# 4f! 5a¤ 5bÅ 5f^ 67$ 6aø 70¦ 7bÆ 7cØ 80@ 9c{ 9e[ 9f] a1ü b0¢ ba¬ bb| c0æ d0å dc~"
        }
        278 => {
            "43{ 47} 4a§ 4f! 51` 5a¤ 5bÅ 5f^ 63# 67$ 6aö 71\\ 79é 7bÄ 7cÖ 9f] a1ü b0¢ b5[ ba¬ bb| c0ä cc¦ d0å dc~ e0É ec@"
        }
        280 => {
            "44{ 48\\ 4a° 4f! 51] 54} 58~ 5aé 5f^ 6aò 79ù 7b£ 7c§ 90[ a1ì b0¢ b1# b5@ ba¬ bb| c0à cd¦ d0è dd` e0ç"
        }
        284 => "49¦ 4a[ 5a] 69# 6añ 7bÑ a1¨ b0¢ ba^ bb! bd~",
        285 => "4a$ 5b£ a1¯ b0¢ b1[ ba^ bc~",
        297 => {
            "44@ 48\\ 4a° 4f! 51{ 54} 5a§ 5f^ 6aù 79µ 7b£ 7cà 90[ a0` a1¨ b0¢ b1# b5] ba¬ bb| bd~ c0é d0è dd¦ e0ç"
        }
        500 => "4a[ 4f! 5a] 5f^ b0¢ ba¬ bb|",
        871 => {
            "4aÞ 4f! 5aÆ 5fÖ 79ð 7cÐ 8c` 8e{ 9c} 9e] a1ö ac@ ae[ b0¢ ba¬ bb| be\\ c0þ cc~ d0æ e0´ ec^"
        }
        1047 => "5f^ ad[ b0¬ baÝ bb¨ bd]",
        _ => return None,
    };
    Some(CodePage {
        differences,
        has_euro,
    })
}

/// Finds a code page by a name such as `ebcdic-cp-us`, `ebcdic-us-37+euro` or `ebcdic-international-500+euro`, reduced
/// to letters and digits.
pub(crate) fn named(key: &str) -> Option<CodePage> {
    let name = key.strip_prefix("ebcdic")?;
    if let Some(name) = name.strip_suffix("euro") {
        let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let number: u32 = digits.parse().ok()?;
        let place = WITHOUT_EURO.iter().position(|known| *known == number)?;
        return code_page(1140 + u32::try_from(place).ok()?);
    }
    code_page(match name.strip_prefix("cp").unwrap_or(name) {
        "us" | "ca" | "wt" | "nl" => 37,
        "de" | "at" | "atde" => 273,
        "dk" | "no" => 277,
        "fi" | "se" => 278,
        "it" => 280,
        "es" => 284,
        "gb" => 285,
        "fr" => 297,
        "be" | "ch" | "int" => 500,
        "is" => 871,
        _ => return None,
    })
}

impl CodePage {
    pub(crate) fn decode(self, bytes: &[u8]) -> Decoded {
        let mut characters: Vec<char> = CHARACTERS.chars().collect();
        for difference in self.differences.split(' ') {
            let (byte, character) = difference.split_at_checked(2).unwrap_or_default();
            if let Ok(byte) = usize::from_str_radix(byte, 16)
                && let Some(place) = characters.get_mut(byte)
                && let Some(character) = character.chars().next()
            {
                *place = character;
            }
        }
        for character in &mut characters {
            *character = match *character {
                '¤' if self.has_euro => '€',
                // The line end of mainframes.
                '\u{85}' => '\n',
                character => character,
            };
        }
        let character = |byte: &u8| {
            characters
                .get(usize::from(*byte))
                .copied()
                .unwrap_or_default()
        };
        Decoded::whole(bytes.iter().map(character).collect())
    }
}
