//! Oracle's names of character sets, which label the mail that its database sends: a region, the bits per letter, and a
//! name, as in `WE8MSWIN1252`.
//! <https://docs.oracle.com/en/database/oracle/oracle-database/23/nlspg/appendix-A-locale-data.html>

use encoding_rs as web;

use super::{ByteOrder, Decoder, code_page, iso_8859, table};

/// Finds the charset of a name, reduced to lower-case letters and digits.
pub(super) fn named(key: &str) -> Option<Decoder> {
    let region = key.find(|character: char| character.is_ascii_digit())?;
    let (region, rest) = key.split_at_checked(region)?;
    if !(2..=3).contains(&region.len()) {
        return None;
    }
    let rest = ["16", "32", "7", "8"]
        .iter()
        .find_map(|bits| rest.strip_prefix(bits))?;
    let number = |prefix: &str| rest.strip_prefix(prefix)?.parse().ok();
    if let Some(page) = number("mswin").or_else(|| number("pc")) {
        return code_page(page);
    }
    if let Some(part) = number("iso8859p") {
        return iso_8859(part);
    }
    let encoding = match (region, rest) {
        ("us", "ascii") => return Some(Decoder::Unspecified),
        ("al", "utf8") => web::UTF_8,
        ("al", "utf16") => return Some(Decoder::Utf16(Some(ByteOrder::Big))),
        ("al", "utf16le") => return Some(Decoder::Utf16(Some(ByteOrder::Little))),
        ("ja", "sjis" | "sjistilde" | "sjisyen") => web::SHIFT_JIS,
        ("ja", "euc" | "euctilde" | "eucyen") => web::EUC_JP,
        ("ko", "ksc5601") => web::EUC_KR,
        ("zhs", "gbk" | "cgb231280") => web::GBK,
        ("zhs", "gb18030") => web::GB18030,
        ("zht", "big5" | "hkscs" | "hkscs31") => web::BIG5,
        ("cl", "koi8r") => web::KOI8_R,
        ("cl", "koi8u") => web::KOI8_U,
        ("th", "tisascii") => web::WINDOWS_874,
        ("we", "dec") => return Some(Decoder::Table(table::DEC_MCS)),
        ("we", "macroman8" | "macroman8s") => web::MACINTOSH,
        _ => return None,
    };
    Some(Decoder::Web(encoding))
}
