//! The charset labels of mail, in all their spellings.
//!
//! The names come from the IANA registry, the Encoding Standard of the web, mail programs, iconv, Java, Python, MySQL,
//! Oracle and Windows.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use encoding_rs as web;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;
use serde::Deserialize;

use super::{
    decoder::{ByteOrder, Decoder},
    iso2022::CharacterSet,
};

/// Longer labels name no charset.
const MAXIMUM_LENGTH: usize = 100;

/// A charset in `charsets.json`.
#[derive(Deserialize)]
struct Charset {
    /// The labels, in lower case and without punctuation; a code page also has its number.
    labels: &'static str,
    /// The characters of all bytes, or of those from 0x80 on, unless a library has them.
    #[serde(default)]
    characters: Vec<String>,
}

/// The decoders by label.
static CHARSETS: LazyLock<HashMap<&'static str, Decoder>> = LazyLock::new(|| {
    let charsets: BTreeMap<String, Charset> =
        serde_json::from_str(include_str!("../charsets.json")).unwrap_or_default();
    let decoders = charsets.into_iter().filter_map(|(name, charset)| {
        let decoder = decoder(&name, &charset.characters.concat())?;
        Some(charset.labels.split(' ').map(move |label| (label, decoder)))
    });
    decoders.flatten().collect()
});

/// The decoder of a charset in the file.
fn decoder(name: &str, characters: &str) -> Option<Decoder> {
    use ByteOrder::{Big, Little};

    Some(match (name, name.split_once('-')) {
        ("unspecified", _) => Decoder::Unspecified,
        ("utf-7", _) => Decoder::Utf7,
        ("utf-16", _) => Decoder::Utf16(None),
        ("utf-16le", _) => Decoder::Utf16(Some(Little)),
        ("utf-16be", _) => Decoder::Utf16(Some(Big)),
        ("utf-32", _) => Decoder::Utf32(None),
        ("utf-32le", _) => Decoder::Utf32(Some(Little)),
        ("utf-32be", _) => Decoder::Utf32(Some(Big)),
        ("iso-2022-jp", _) => Decoder::Iso2022(CharacterSet::Katakana),
        ("iso-2022-kr", _) => Decoder::Iso2022(CharacterSet::KsX1001),
        ("iso-2022-cn", _) => Decoder::Iso2022(CharacterSet::Gb2312),
        ("hz", _) => Decoder::Hz,
        ("johab", _) => Decoder::Johab,
        (_, Some(("dos", page))) => Decoder::Dos(DECODING_TABLE_CP_MAP.get(&page.parse().ok()?)?),
        (_, Some(("ebcdic", _))) => Decoder::Ebcdic(table(characters)),
        _ if !characters.is_empty() => Decoder::Table(table(characters)),
        _ => Decoder::Web(web::Encoding::for_label(name.as_bytes())?),
    })
}

/// The characters of all 256 bytes, leaked because the static map refers to them.
fn table(characters: &str) -> &'static [char] {
    let given = characters.chars().count();
    let ascii = (0_u8..=0xff).map(char::from).take(256 - given.min(256));
    ascii.chain(characters.chars()).collect::<Vec<_>>().leak()
}

/// Finds the charset of a label such as `UTF-8`, `"x-cp932";` or `iso_8859-15:1998`; `None` if unknown.
pub(crate) fn find(label: &str) -> Option<Decoder> {
    // If a closing quote is missing, the next parameter follows: `"utf-8; format=flowed`.
    let label = label.split(';').find(|label| !label.trim().is_empty());
    let label = label
        .unwrap_or_default()
        .trim_matches(|character: char| {
            character.is_whitespace() || matches!(character, '"' | '\'' | ';' | ',' | '<' | '>')
        })
        .to_ascii_lowercase();
    if label.len() > MAXIMUM_LENGTH {
        return None;
    }
    // A year is the edition of a standard: `iso_8859-1:1987`.
    let name = match label.rsplit_once(':') {
        Some((name, year)) if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => {
            name
        }
        _ => label.as_str(),
    };
    let key: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if key.is_empty() {
        return name.is_empty().then_some(Decoder::Unspecified);
    }
    by_key(&key)
        .or_else(|| by_key(key.strip_prefix("cs")?))
        .or_else(|| by_key(key.trim_start_matches('x')))
        .or_else(|| web::Encoding::for_label_no_replacement(name.as_bytes()).map(Decoder::Web))
}

fn by_key(key: &str) -> Option<Decoder> {
    let mut latin = ["isolatin", "latin", "l"].iter();
    let latin = latin.find_map(|prefix| key.strip_prefix(prefix)?.parse().ok());
    latin
        .and_then(|number| numbered("latin", number))
        .or_else(|| CHARSETS.get(key).copied())
        .or_else(|| iso_8859(key))
        .or_else(|| code_page(key))
        .or_else(|| oracle(key))
}

fn numbered(prefix: &str, number: u32) -> Option<Decoder> {
    CHARSETS.get(format!("{prefix}{number}").as_str()).copied()
}

/// `cp1252`, `windows-1252`, `ms932`, `IBM850`, `CP_850`, `ansi-1252` or `csPC850Multilingual`.
fn code_page(key: &str) -> Option<Decoder> {
    const PREFIXES: [&str; 16] = [
        "windows", "window", "win", "mscp", "cp", "ibm", "ms", "oem", "dos", "ansi", "pc8cp",
        "pcp", "pc", "cpibm", "ccsid", "",
    ];

    let key = key.replace("codepage", "cp");
    let is_digit = |character: char| character.is_ascii_digit();
    let mut digits = PREFIXES
        .iter()
        .filter_map(|prefix| key.strip_prefix(prefix));
    let digits = digits.find(|rest| rest.starts_with(is_digit))?;
    let suffix = digits.trim_start_matches(is_digit);
    let number = digits.strip_suffix(suffix)?.parse().ok()?;
    match suffix {
        "u" if number == 866 => numbered("", 1125),
        "" | "multilingual" | "latinhebrew" | "baltic" | "danishnorwegian" | "u" | "nav"
        | "ansi" | "c" => numbered("", number),
        _ => None,
    }
}

/// `iso-8859-15`, `iso8859_15`, `8859-15`, `iso-8859-15-gl`, and HP's names for Windows code pages.
fn iso_8859(key: &str) -> Option<Decoder> {
    let part = key
        .strip_prefix("iso")
        .unwrap_or(key)
        .strip_prefix("8859")?;
    match part.split_once("windows") {
        Some(("1", _)) => return numbered("", 1252),
        Some(("2", _)) => return numbered("", 1250),
        Some(("9", _)) => return numbered("", 1254),
        _ => {}
    }
    let part = part.strip_suffix("gl").unwrap_or(part);
    match part.parse() {
        Ok(part) => numbered("iso8859", part),
        Err(_) => CHARSETS.get(format!("iso8859{part}").as_str()).copied(),
    }
}

/// Oracle's names of character sets, in mail that its database sends: a region, the bits per letter, and a name, as in
/// `WE8MSWIN1252`.
/// <https://docs.oracle.com/en/database/oracle/oracle-database/23/nlspg/appendix-A-locale-data.html>
fn oracle(key: &str) -> Option<Decoder> {
    let is_digit = |character: char| character.is_ascii_digit();
    let region = key
        .find(is_digit)
        .filter(|length| (2..=3).contains(length))?;
    let name = key.get(region..)?.trim_start_matches(is_digit);
    let number = |prefix: &str| name.strip_prefix(prefix)?.parse().ok();
    match number("mswin").or_else(|| number("pc")) {
        Some(page) => numbered("", page),
        None => numbered("iso8859", number("iso8859p")?),
    }
}

#[cfg(test)]
mod tests;
