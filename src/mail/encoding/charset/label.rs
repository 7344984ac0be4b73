//! The labels that mail gives its charsets, in all their spellings.
//!
//! The names are those of the IANA registry and of the Encoding Standard of the web, and what mail programs, iconv,
//! Java, Python, MySQL and Windows call the same charsets.

use encoding_rs as web;

use super::{
    decoder::{ByteOrder, Decoder},
    iso2022::CharacterSet,
    table,
};

/// Longer labels name no charset.
const MAXIMUM_LENGTH: usize = 100;

/// Finds the charset of a label such as `UTF-8`, `"x-cp932";` or `iso_8859-15:1998`; `None` where it is not known.
pub(crate) fn find(label: &str) -> Option<Decoder> {
    let label = label
        .trim_matches(|character: char| {
            character.is_whitespace() || matches!(character, '"' | '\'' | ';' | ',' | '<' | '>')
        })
        .to_ascii_lowercase();
    if label.len() > MAXIMUM_LENGTH {
        return None;
    }
    // A year tells the edition of a standard: `iso_8859-1:1987`.
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
        .or_else(|| unicode(key))
        .or_else(|| east_asian(key))
        .or_else(|| macintosh(key))
        .or_else(|| other(key))
}

/// The number in `cp1252`, `windows-1252`, `ms932`, `IBM850`, `CP_850`, `ansi-1252` or `csPC850Multilingual`.
fn code_page_number(key: &str) -> Option<u32> {
    let digits = [
        "windows",
        "window",
        "win",
        "codepage",
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
        _ => return None,
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

/// `iso-8859-15`, `iso8859_15`, `8859-15`, `iso-8859-8-i`, and what HP called Windows-1250.
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

/// The Latin alphabets are numbered otherwise than the parts of ISO 8859.
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
        | "gbk" | "euccn" | "eucgb2312cn" | "cngb" | "hanzi" => web::GBK,
        "gb18030" | "gb180302000" | "gb180302005" | "gb180302022" | "gb13000" => web::GB18030,
        "big5" | "big5hkscs" | "big5hkscs1999" | "big5hkscs2001" | "big5hkscs2004"
        | "big5hkscs2008" | "big5tw" | "big5eten" | "big5uao" | "bigfive" | "cnbig5"
        | "hkscsbig5" => web::BIG5,
        "euckr" | "ksc5601" | "ksc56011987" | "ksc56011989" | "ksx1001" | "ks1001" | "korean"
        | "isoir149" | "uhc" | "unifiedhangul" => web::EUC_KR,
        "shiftjis" | "sjis" | "mskanji" | "windows31j" | "shiftjisx0213" | "shiftjis2004"
        | "sjisx0213" | "sjis2004" | "sjiswin" | "shiftjisms" | "pck" => web::SHIFT_JIS,
        "eucjp"
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
        // Labels that say no more than that there is text.
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
mod tests {
    use super::*;

    /// Labels that mean the same, bytes, and the text that they are.
    const TABLE: &[(&str, &[u8], &str)] = &[
        (
            "windows-1252 cp1252 CP-1252 ms1252 win1252 ansi latin-1 latin1 l1 iso-8859-1 iso8859-1 ISO_8859_1 8859-1 iso_8859-1:1987 csISOLatin1 iso-ir-100 ibm819 cp819 iso-8859-1-windows-3.1-latin-1 iso-8859-1-windows-3.0-latin-1 x-ansi \"iso-8859-1\"; 'latin1' windows-1252;",
            b"caf\xe9",
            "café",
        ),
        (
            "iso-8859-2 latin-2 latin2 l2 csISOLatin2 iso_8859-2:1987 iso-ir-101 cp912",
            b"\xa3\xf3d\xbc",
            "Łódź",
        ),
        (
            "iso-8859-2-windows-latin-2 windows-1250 cp1250 x-cp1250",
            b"\xa3\xf3d\x9f",
            "Łódź",
        ),
        ("latin-3 iso_8859-3:1988", b"\xe6apelo", "ĉapelo"),
        ("latin-4 iso-8859-4", b"\xbb\xba\xf3", "ģēķ"),
        (
            "latin-5 iso-8859-9 windows-1254 iso-8859-9-windows-latin-5 iso_8859-9:1989 l5",
            b"\xfd\xf0\xfe",
            "ığş",
        ),
        ("latin-6 iso-8859-10 iso_8859-10:1992", b"\xb1\xbb", "ąŧ"),
        ("latin-7 iso-8859-13", b"\xe0\xe8\xe6", "ąčę"),
        ("latin-8 iso-8859-14 iso-celtic", b"\xf0\xfe", "ŵŷ"),
        (
            "latin-9 latin-0 iso-8859-15 iso8859_15 iso_8859-15:1998",
            b"\xbd\xa4",
            "œ€",
        ),
        ("latin-10 iso-8859-16 iso_8859-16:2001", b"\xba\xfe", "șț"),
        (
            "iso-8859-5 cyrillic iso_8859-5:1988",
            b"\xbf\xe0\xd8\xd2\xd5\xe2",
            "Привет",
        ),
        (
            "windows-1251 cp1251 cp-1251 win-1251 ms1251 x-cp1251 cswindows1251 windows1251",
            b"\xcf\xf0\xe8\xe2\xe5\xf2",
            "Привет",
        ),
        (
            "koi8-r koi8r koi8 KOI8_R cskoi8r cp878",
            b"\xf0\xd2\xc9\xd7\xc5\xd4",
            "Привет",
        ),
        ("koi8-u koi8-ru", b"\xf0\xd2\xc9\xd7\xa6\xd4", "Привіт"),
        ("koi8-t", b"\xf4\xcf\x8d\xc9\xcb\xa5", "Тоҷикӣ"),
        (
            "cp866 ibm866 cp-866 csIBM866 dos-866",
            b"\x8f\xe0\xa8\xa2\xa5\xe2",
            "Привет",
        ),
        ("cp1125 cp866u ruscii", b"\x8a\xa8\xf9\xa2", "Київ"),
        ("cp855 ibm855", b"\xdd\xe1\xb7\xeb\xa8\xe5", "Привет"),
        (
            "ptcp154 pt154 csPTCP154 cp154",
            b"\x8d\xe0\xe7\xe0\x9d",
            "Қазақ",
        ),
        ("kz-1048 rk1048", b"\x8d\xe0\xe7\xe0\x9d", "Қазақ"),
        (
            "x-mac-cyrillic x-mac-ukrainian mac-cyrillic",
            b"\x8f\xf0\xe8\xe2\xe5\xf2",
            "Привет",
        ),
        (
            "iso-8859-7 greek elot_928 ecma-118 iso_8859-7:2003",
            b"\xc1\xe8\xde\xed\xe1",
            "Αθήνα",
        ),
        ("windows-1253 cp1253", b"\xc1\xe8\xde\xed\xe1", "Αθήνα"),
        ("cp737", b"\x80\x9f\xe3\xa4\x98", "Αθήνα"),
        ("cp869", b"\xa4\xe2\x9e\xe7\xd6", "Αθήνα"),
        ("x-mac-greek", b"\xb0\xf5\xdc\xee\xe1", "Αθήνα"),
        (
            "iso-8859-8 iso-8859-8-i iso-8859-8-e hebrew iso_8859-8:1988",
            b"\xf9\xec\xe5\xed",
            "שלום",
        ),
        ("windows-1255 cp1255", b"\xf9\xec\xe5\xed", "שלום"),
        (
            "cp862 ibm862 csPC862LatinHebrew dos-862",
            b"\x99\x8c\x85\x8d",
            "שלום",
        ),
        ("cp856", b"\x99\x8c\x85\x8d", "שלום"),
        (
            "iso-8859-6 arabic ecma-114 asmo-708 iso-8859-6-i",
            b"\xe5\xd1\xcd\xc8\xc7",
            "مرحبا",
        ),
        ("windows-1256 cp1256", b"\xe3\xd1\xcd\xc8\xc7", "مرحبا"),
        ("cp720", b"\xea\xa9\xa5\xa0\x9f", "مرحبا"),
        ("x-mac-arabic", b"\xe5\xd1\xcd\xc8\xc7", "مرحبا"),
        (
            "tis-620 tis620 iso-8859-11 windows-874 cp874 x-windows-874 tis620.2533",
            b"\xc0\xd2\xc9\xd2",
            "ภาษา",
        ),
        ("windows-1257 cp1257", b"\xe0\xe8\xe6", "ąčę"),
        ("cp775 ibm775 csPC775Baltic", b"\xd0\xd1\xd2", "ąčę"),
        ("windows-1258 cp1258", b"\xf0\xf4i", "đôi"),
        (
            "cp437 ibm437 437 csPC8CodePage437 IBM_437",
            b"caf\x82",
            "café",
        ),
        (
            "cp850 ibm850 csPC850Multilingual cp-850",
            b"caf\x82",
            "café",
        ),
        ("cp852 ibm852 csPCp852", b"\x9d\xa2d\xab", "Łódź"),
        ("cp857", b"\x8d\xa7\x9f", "ığş"),
        ("cp858 ibm00858 cp00858", b"\x82\xd5", "é€"),
        ("cp860", b"\x87\x84o", "ção"),
        ("cp861", b"\x95a\x8c", "það"),
        ("cp863", b"qu\x82bec", "québec"),
        ("cp865", b"sm\x9br\x9b", "smørø"),
        ("macintosh mac x-mac-roman csMacintosh", b"caf\x8e", "café"),
        (
            "x-mac-ce x-mac-centraleurope mac-centeuro",
            b"\xfc\x97d\x90",
            "Łódź",
        ),
        ("x-mac-turkish", b"\xdd\xdb\xdf", "ığş"),
        ("x-mac-croatian", b"\xe8\xe6\xbe", "čćž"),
        ("x-mac-romanian", b"\xbe\x89", "ăâ"),
        ("x-mac-icelandic x-mac-iceland", b"\xdfa\xdd", "það"),
        ("hp-roman8 roman8", b"caf\xc5", "café"),
        (
            "gb2312 gb_2312-80 csGB2312 chinese gbk x-gbk cp936 ms936 windows-936 euc-cn x-euc-cn gb18030 GB-18030",
            b"\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7",
            "你好世界",
        ),
        ("hz-gb-2312 hz HZ", b"~{Dc:C~}", "你好"),
        (
            "big5 big-5 cn-big5 csbig5 x-x-big5 big5-hkscs big5hkscs cp950 ms950 windows-950 bigfive",
            b"\xa5@\xac\xc9",
            "世界",
        ),
        (
            "euc-kr euckr ks_c_5601-1987 ksc5601 ks_c_5601 csEUCKR korean cp949 ms949 x-windows-949 windows-949 uhc csKSC56011987",
            b"\xc7\xd1\xb1\xdb",
            "한글",
        ),
        ("johab cp1361", b"\xd0e\x8bi", "한글"),
        (
            "iso-2022-kr csISO2022KR",
            b"\x1b$)C\x0eGQ1[\x0f abc",
            "한글 abc",
        ),
        (
            "shift_jis shift-jis sjis x-sjis cp932 ms932 windows-31j csShiftJIS ms_kanji windows-932 shift_jisx0213",
            b"\x83n\x83\x8d\x81[",
            "ハロー",
        ),
        (
            "euc-jp eucjp x-euc-jp cp51932 eucJP-ms",
            b"\xa5\xcf\xa5\xed\xa1\xbc",
            "ハロー",
        ),
        (
            "iso-2022-jp csISO2022JP iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms iso-2022-jp-ext cp50220 cp50221 cp50222 iso2022jp",
            b"\x1b$B%O%m!<\x1b(B abc",
            "ハロー abc",
        ),
        (
            "utf-8 utf8 utf_8 UTF8 unicode-1-1-utf-8 x-unicode-2-0-utf-8 cp65001 utf-8; \"utf-8\" utf8mb4 csUTF8",
            b"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80",
            "é日😀",
        ),
        (
            "utf-7 unicode-1-1-utf-7 csUnicode11UTF7 x-unicode-2-0-utf-7 utf7",
            b"+ZeVnLA-",
            "日本",
        ),
        (
            "utf-16 ucs-2 iso-10646-ucs-2 unicode csUnicode utf-16le utf16le",
            b"H\x00e\x00l\x00l\x00o\x00",
            "Hello",
        ),
        (
            "utf-16be unicodeFFFE cp1201 utf-16",
            b"\x00H\x00e\x00l\x00l\x00o",
            "Hello",
        ),
        (
            "utf-32 utf-32le ucs-4 iso-10646-ucs-4",
            b"H\x00\x00\x00\xe9\x00\x00\x00l\x00\x00\x00l\x00\x00\x00o\x00\x00\x00",
            "Héllo",
        ),
        (
            "utf-32be utf_32_be utf-32",
            b"\x00\x00\x00H\x00\x00\x00\xe9\x00\x00\x00l\x00\x00\x00l\x00\x00\x00o",
            "Héllo",
        ),
        ("viscii viscii1.1-1 csVISCII", b"h\xdf\xbdng", "hương"),
        ("tcvn tcvn5712-1 tcvn-5712", b"h\xad\xacng", "hương"),
        ("georgian-ps", b"\xc0\xc1", "აბ"),
        ("armscii-8", b"\xb2\xb3", "Աա"),
        ("x-mac-hebrew", b"\xf9\xec\xe5\xed", "שלום"),
        (
            "us-ascii ansi_x3.4-1968 ascii unknown-8bit default iso646-us x-unknown 8bit us",
            b"abc",
            "abc",
        ),
    ];

    #[test]
    fn labels_are_found_in_every_spelling() {
        for (labels, bytes, text) in TABLE {
            for label in labels.split(' ') {
                for label in [label.to_owned(), label.to_uppercase(), format!(" {label} ")] {
                    let decoder = find(&label).unwrap_or_else(|| panic!("{label} is not known"));
                    let decoded = decoder.decode(bytes);
                    assert_eq!(
                        (decoded.text.as_str(), decoded.is_lossy),
                        (*text, false),
                        "{label}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_label_is_not_found() {
        for label in [
            "x-unheard-of",
            "iso-8859-12",
            "cp9999",
            "é",
            "utf-9",
            "latin-11",
            &"x".repeat(200),
        ] {
            assert!(find(label).is_none(), "{label}");
        }
        assert!(find("").is_some());
    }

    #[test]
    fn every_label_of_the_web_is_known() {
        for encoding in [
            web::UTF_8,
            web::IBM866,
            web::ISO_8859_2,
            web::KOI8_U,
            web::MACINTOSH,
            web::WINDOWS_1258,
            web::GBK,
            web::BIG5,
            web::EUC_JP,
            web::SHIFT_JIS,
            web::EUC_KR,
            web::X_MAC_CYRILLIC,
            web::ISO_8859_8_I,
        ] {
            let found = find(encoding.name());
            assert!(
                matches!(found, Some(Decoder::Web(known)) if known == encoding),
                "{}",
                encoding.name()
            );
        }
    }
}
