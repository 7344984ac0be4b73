//! The charset labels of mail, in all their spellings.
//!
//! The names come from the IANA registry, the Encoding Standard of the web, mail programs, iconv, Java, Python, MySQL,
//! Oracle and Windows.

mod oracle;

use encoding_rs as web;

use super::{
    decoder::{ByteOrder, Decoder},
    ebcdic,
    iso2022::CharacterSet,
    table,
};

/// Longer labels name no charset.
const MAXIMUM_LENGTH: usize = 100;

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
    if key.is_empty() && !name.is_empty() {
        return None;
    }
    by_key(&key)
        .or_else(|| by_key(key.strip_prefix("cs")?))
        .or_else(|| by_key(key.trim_start_matches('x')))
        .or_else(|| {
            Some(Decoder::Web(web::Encoding::for_label_no_replacement(
                name.as_bytes(),
            )?))
        })
}

fn by_key(key: &str) -> Option<Decoder> {
    let latin = key
        .strip_prefix("isolatin")
        .or_else(|| key.strip_prefix("latin"))
        .or_else(|| key.strip_prefix('l'))
        .and_then(|number| number.parse().ok())
        .and_then(latin);
    latin
        .or_else(|| iso_8859_key(key))
        .or_else(|| code_page(code_page_number(key)?))
        .or_else(|| ebcdic::named(key).map(Decoder::Ebcdic))
        .or_else(|| unicode(key))
        .or_else(|| east_asian(key))
        .or_else(|| macintosh(key))
        .or_else(|| other(key))
        .or_else(|| oracle::named(key))
}

/// The number in `cp1252`, `windows-1252`, `ms932`, `IBM850`, `CP_850`, `ansi-1252` or `csPC850Multilingual`.
fn code_page_number(key: &str) -> Option<u32> {
    let digits = [
        "windows",
        "window",
        "win",
        "codepage",
        "mscp",
        "cp",
        "ibm",
        "ms",
        "oem",
        "dos",
        "ansi",
        "pc8codepage",
        "pcp",
        "pc",
        "cpibm",
        "ccsid",
        "",
    ]
    .iter()
    .find_map(|prefix| {
        let rest = key.strip_prefix(prefix)?;
        rest.starts_with(|first: char| first.is_ascii_digit())
            .then_some(rest)
    })?;
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let (digits, suffix) = digits.split_at_checked(end)?;
    let is_known_suffix = matches!(
        suffix,
        "" | "multilingual"
            | "latinhebrew"
            | "baltic"
            | "danishnorwegian"
            | "u"
            | "nav"
            | "ansi"
            | "c"
    );
    let number = if is_known_suffix {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(if (number, suffix) == (866, "u") {
        1125
    } else {
        number
    })
}

fn code_page(number: u32) -> Option<Decoder> {
    let encoding = match number {
        437 | 708 | 720 | 737 | 775 | 850 | 852 | 855..=858 | 860..=865 | 869 | 1125 => {
            return dos_code_page(number);
        }
        813 => web::ISO_8859_7,
        819 | 1250..=1258 | 874 | 1162 | 9066 => return windows_code_page(number),
        866 => web::IBM866,
        912 => web::ISO_8859_2,
        913 => web::ISO_8859_3,
        914 => web::ISO_8859_4,
        915 => web::ISO_8859_5,
        916 => web::ISO_8859_8,
        919 => web::ISO_8859_10,
        920 => web::WINDOWS_1254,
        921 => web::ISO_8859_13,
        923 => web::ISO_8859_15,
        878 | 20866 => web::KOI8_R,
        1168 | 21866 => web::KOI8_U,
        1089 => web::ISO_8859_6,
        367 | 20127 => return Some(Decoder::Unspecified),
        932 | 942 | 943 | 5039 => web::SHIFT_JIS,
        936 | 1386 | 20936 | 51936 => web::GBK,
        949 | 970 | 1363 | 20949 | 51949 => web::EUC_KR,
        950 | 951 | 1375 | 51950 => web::BIG5,
        154 => return Some(Decoder::Table(table::PTCP154)),
        1051 => return Some(Decoder::Table(table::HP_ROMAN8)),
        1361 => return Some(Decoder::Johab),
        1200 | 13488 => return Some(Decoder::Utf16(Some(ByteOrder::Little))),
        1201 => return Some(Decoder::Utf16(Some(ByteOrder::Big))),
        12000 => return Some(Decoder::Utf32(Some(ByteOrder::Little))),
        12001 => return Some(Decoder::Utf32(Some(ByteOrder::Big))),
        10000..=10082 => return mac_code_page(number),
        20932 | 51932 | 33722 => web::EUC_JP,
        28591..=28606 => return iso_8859(number - 28590),
        38598 => web::ISO_8859_8_I,
        50220..=50222 => return Some(Decoder::Iso2022(CharacterSet::Katakana)),
        50225 => return Some(Decoder::Iso2022(CharacterSet::KsX1001)),
        50227 | 50229 => return Some(Decoder::Iso2022(CharacterSet::Gb2312)),
        52936 => return Some(Decoder::Hz),
        54936 | 1392 => web::GB18030,
        65000 => return Some(Decoder::Utf7),
        65001 | 1208 => web::UTF_8,
        _ => return ebcdic::code_page(number).map(Decoder::Ebcdic),
    };
    Some(Decoder::Web(encoding))
}

fn dos_code_page(number: u32) -> Option<Decoder> {
    match number {
        708 => Some(Decoder::Web(web::ISO_8859_6)),
        856 => Some(Decoder::Table(table::CP856)),
        1125 => Some(Decoder::Table(table::CP1125)),
        number => {
            let page = u16::try_from(number).ok()?;
            Decoder::dos(page)
        }
    }
}

fn windows_code_page(number: u32) -> Option<Decoder> {
    let encoding = match number {
        819 | 1252 => web::WINDOWS_1252,
        874 | 1162 | 9066 => web::WINDOWS_874,
        1250 => web::WINDOWS_1250,
        1251 => web::WINDOWS_1251,
        1253 => web::WINDOWS_1253,
        1254 => web::WINDOWS_1254,
        1255 => web::WINDOWS_1255,
        1256 => web::WINDOWS_1256,
        1257 => web::WINDOWS_1257,
        1258 => web::WINDOWS_1258,
        _ => return None,
    };
    Some(Decoder::Web(encoding))
}

/// `iso-8859-15`, `iso8859_15`, `8859-15`, `iso-8859-8-i`, and HP's names for Windows code pages.
fn iso_8859_key(key: &str) -> Option<Decoder> {
    let rest = key.strip_prefix("iso").unwrap_or(key);
    let rest = rest.strip_prefix("8859")?;
    if let Some((part, _)) = rest.split_once("windows") {
        return match part {
            "1" => windows_code_page(1252),
            "2" => windows_code_page(1250),
            "9" => windows_code_page(1254),
            _ => None,
        };
    }
    if rest == "8i" {
        return Some(Decoder::Web(web::ISO_8859_8_I));
    }
    let part = match rest {
        "6i" | "6e" => "6",
        "8e" => "8",
        part => part.strip_suffix("gl").unwrap_or(part),
    };
    iso_8859(part.parse().ok()?)
}

fn iso_8859(part: u32) -> Option<Decoder> {
    let encoding = match part {
        1 => web::WINDOWS_1252,
        2 => web::ISO_8859_2,
        3 => web::ISO_8859_3,
        4 => web::ISO_8859_4,
        5 => web::ISO_8859_5,
        6 => web::ISO_8859_6,
        7 => web::ISO_8859_7,
        8 => web::ISO_8859_8,
        9 => web::WINDOWS_1254,
        10 => web::ISO_8859_10,
        11 => web::WINDOWS_874,
        13 => web::ISO_8859_13,
        14 => web::ISO_8859_14,
        15 => web::ISO_8859_15,
        16 => web::ISO_8859_16,
        _ => return None,
    };
    Some(Decoder::Web(encoding))
}

/// The numbers of Latin alphabets differ from the parts of ISO 8859.
fn latin(number: u32) -> Option<Decoder> {
    iso_8859(match number {
        0 | 9 => 15,
        1..=4 => number,
        5 => 9,
        6 => 10,
        7 => 13,
        8 => 14,
        10 => 16,
        _ => return None,
    })
}

fn unicode(key: &str) -> Option<Decoder> {
    let decoder = match key {
        "utf8" | "utf" | "utf8n" | "utf8sig" | "utf8bom" | "utf8mb3" | "utf8mb4" | "utf8strict"
        | "unicode11utf8" | "unicode20utf8" | "iso10646utf8" | "cesu8" | "wtf8" => {
            Decoder::Web(web::UTF_8)
        }
        "utf7" | "unicode11utf7" | "unicode20utf7" | "unicode11" => Decoder::Utf7,
        "utf16" | "utf16u" | "ucs2" | "unicode" | "iso10646ucs2" | "iso10646" | "unicode20" => {
            Decoder::Utf16(None)
        }
        "utf16le" | "ucs2le" | "unicodelittle" | "unicodefeff" | "unicodelittleunmarked" => {
            Decoder::Utf16(Some(ByteOrder::Little))
        }
        "utf16be" | "ucs2be" | "unicodebig" | "unicodefffe" | "unicodebigunmarked" => {
            Decoder::Utf16(Some(ByteOrder::Big))
        }
        "utf32" | "utf32u" | "ucs4" | "iso10646ucs4" => Decoder::Utf32(None),
        "utf32le" | "ucs4le" => Decoder::Utf32(Some(ByteOrder::Little)),
        "utf32be" | "ucs4be" => Decoder::Utf32(Some(ByteOrder::Big)),
        _ => return None,
    };
    Some(decoder)
}

fn east_asian(key: &str) -> Option<Decoder> {
    let encoding = match key {
        "gb2312" | "gb231280" | "gb23121980" | "gb" | "chinese" | "iso58gb231280" | "isoir58"
        | "gb231219800" | "gbk" | "euccn" | "eucgb2312cn" | "cngb" | "hanzi" => web::GBK,
        "gb18030" | "gb180302000" | "gb180302005" | "gb180302022" | "gb13000" => web::GB18030,
        "big5" | "big5hk" | "big5hkscs" | "big5hkscs1999" | "big5hkscs2001" | "big5hkscs2004"
        | "big5hkscs2008" | "big5tw" | "big5eten" | "big5uao" | "bigfive" | "cnbig5"
        | "hkscsbig5" => web::BIG5,
        "euckr" | "ksc5601" | "ksc56011987" | "ksc56011989" | "ksx1001" | "ks1001" | "korean"
        | "isoir149" | "uhc" | "unifiedhangul" => web::EUC_KR,
        "shiftjis" | "sjis" | "mskanji" | "windows31j" | "shiftjisx0213" | "shiftjis2004"
        | "sjisx0213" | "sjis2004" | "sjiswin" | "shiftjisms" | "pck" => web::SHIFT_JIS,
        "euc"
        | "eucjp"
        | "ujis"
        | "eucjpms"
        | "eucjpwin"
        | "eucjpopen"
        | "eucjisx0213"
        | "eucjis2004"
        | "eucjp2004"
        | "eucpkdfmtjapanese"
        | "extendedunixcodepackedformatforjapanese" => web::EUC_JP,
        "iso2022jp" | "iso2022jp1" | "iso2022jp2" | "iso2022jp3" | "iso2022jp2004"
        | "iso2022jpext" | "iso2022jpms" | "iso2022" | "jis" | "jis7" | "jisencoding" | "junet" => {
            return Some(Decoder::Iso2022(CharacterSet::Katakana));
        }
        "iso2022kr" => return Some(Decoder::Iso2022(CharacterSet::KsX1001)),
        "iso2022cn" | "iso2022cnext" | "iso2022cngb" => {
            return Some(Decoder::Iso2022(CharacterSet::Gb2312));
        }
        "hz" | "hzgb" | "hzgb2312" => return Some(Decoder::Hz),
        "johab" | "ksc56011992" => return Some(Decoder::Johab),
        _ => return None,
    };
    Some(Decoder::Web(encoding))
}

fn macintosh(key: &str) -> Option<Decoder> {
    let name = key.strip_prefix("mac")?;
    mac_code_page(match name {
        "" | "intosh" | "roman" | "os" | "osroman" => 10000,
        "japanese" => 10001,
        "chinesetrad" | "chinesetraditional" => 10002,
        "korean" => 10003,
        "arabic" => 10004,
        "hebrew" => 10005,
        "greek" => 10006,
        "cyrillic" => 10007,
        "chinesesimp" | "chinesesimplified" => 10008,
        "romanian" | "romania" => 10010,
        "ukrainian" | "ukraine" | "uk" => 10017,
        "thai" => 10021,
        "ce" | "centraleurope" | "centraleuropean" | "centraleurroman" | "centeuro" | "latin2"
        | "easteurope" | "easterneurope" => 10029,
        "icelandic" | "iceland" | "is" => 10079,
        "turkish" => 10081,
        "croatian" => 10082,
        "farsi" => return Some(Decoder::Table(table::MAC_FARSI)),
        _ => return None,
    })
}

fn mac_code_page(number: u32) -> Option<Decoder> {
    let table = match number {
        10000 => return Some(Decoder::Web(web::MACINTOSH)),
        10001 => return Some(Decoder::Web(web::SHIFT_JIS)),
        10002 => return Some(Decoder::Web(web::BIG5)),
        10003 => return Some(Decoder::Web(web::EUC_KR)),
        10007 | 10017 => return Some(Decoder::Web(web::X_MAC_CYRILLIC)),
        10008 => return Some(Decoder::Web(web::GBK)),
        10021 => return Some(Decoder::Web(web::WINDOWS_874)),
        10004 => table::MAC_ARABIC,
        10005 => table::MAC_HEBREW,
        10006 => table::MAC_GREEK,
        10010 => table::MAC_ROMANIAN,
        10029 => table::MAC_CENTRAL_EUROPEAN,
        10079 => table::MAC_ICELANDIC,
        10081 => table::MAC_TURKISH,
        10082 => table::MAC_CROATIAN,
        _ => return None,
    };
    Some(Decoder::Table(table))
}

fn other(key: &str) -> Option<Decoder> {
    let encoding = match key {
        // Labels that say only that this is text.
        "" | "usascii" | "ascii" | "us" | "ansix341968" | "ansix341986" | "ansix34"
        | "iso646us" | "isoir6" | "iso646" | "iso646irv" | "iso646irv1991" | "default"
        | "unknown" | "unknown8bit" | "8bit" | "7bit" | "8bitascii" | "binary" | "none"
        | "null" | "undefined" | "userdefined" | "charset" | "auto" => {
            return Some(Decoder::Unspecified);
        }
        "ansi" | "windowslatin1" | "windowsansi" | "western" | "isoir100" => web::WINDOWS_1252,
        "arabic" | "asmo708" | "ecma114" | "isolatinarabic" | "isoir127" => web::ISO_8859_6,
        "greek" | "greek8" | "ecma118" | "elot928" | "suneugreek" | "isolatingreek"
        | "isoir126" => web::ISO_8859_7,
        "cyrillic" | "isolatincyrillic" | "isoir144" | "ecmacyrillic" => web::ISO_8859_5,
        "hebrew" | "visual" | "isolatinhebrew" | "isoir138" => web::ISO_8859_8,
        "logical" => web::ISO_8859_8_I,
        "turkish" | "ecma128" | "isoir148" => web::WINDOWS_1254,
        "isoceltic" | "isoir199" => web::ISO_8859_14,
        // iconv's names for Windows charsets.
        "msansi" => web::WINDOWS_1252,
        "msee" => web::WINDOWS_1250,
        "mscyrl" => web::WINDOWS_1251,
        "msgreek" => web::WINDOWS_1253,
        "msturk" => web::WINDOWS_1254,
        "mshebr" => web::WINDOWS_1255,
        "msarab" => web::WINDOWS_1256,
        "winbaltrim" => web::WINDOWS_1257,
        "thai" | "tis620" | "tis6200" | "tis6201" | "tis62025291" | "tis62025330"
        | "tis62025331" | "tis6202533" | "tis6202529" | "isoir166" => web::WINDOWS_874,
        "koi8r" | "koi8" | "koi" | "koi7" => web::KOI8_R,
        "koi8u" | "koi8ru" => web::KOI8_U,
        "koi8t" => return Some(Decoder::Table(table::KOI8_T)),
        "ptcp154" | "pt154" | "cyrillicasian" => return Some(Decoder::Table(table::PTCP154)),
        "kz1048" | "rk1048" | "strk10482002" => return Some(Decoder::Table(table::KZ1048)),
        "viscii" | "viscii1" | "viscii11" | "viscii111" => return Some(Decoder::Viscii),
        "tcvn" | "tcvn5712" | "tcvn57121" | "tcvn571211993" | "vscii" | "vscii1" | "isoir180" => {
            return Some(Decoder::Tcvn);
        }
        "georgianps" => return Some(Decoder::Table(table::GEORGIAN_PS)),
        "georgianacademy" => return Some(Decoder::Table(table::GEORGIAN_ACADEMY)),
        "armscii8" | "armscii" => return Some(Decoder::Table(table::ARMSCII_8)),
        "hproman8" | "roman8" | "r8" => return Some(Decoder::Table(table::HP_ROMAN8)),
        "decmcs" | "dec" => return Some(Decoder::Table(table::DEC_MCS)),
        "ruscii" => return Some(Decoder::Table(table::CP1125)),
        _ => return None,
    };
    Some(Decoder::Web(encoding))
}

#[cfg(test)]
mod tests;
