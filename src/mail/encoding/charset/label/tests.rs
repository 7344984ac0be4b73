use super::*;

/// Equivalent labels, bytes, and the text they decode to.
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
    ("WE8MSWIN1252 WE8ISO8859P1", b"caf\xe9", "café"),
    ("WE8ISO8859P15", b"\xa4", "€"),
    ("WE8PC850 US8PC437", b"caf\x82", "café"),
    ("WE8MACROMAN8", b"caf\x8e", "café"),
    ("EE8MSWIN1250", b"\xa3\xf3d\x9f", "Łódź"),
    ("EE8ISO8859P2", b"\xa3\xf3d\xbc", "Łódź"),
    ("CL8MSWIN1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
    ("CL8KOI8R", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
    ("AL32UTF8", "Łódź".as_bytes(), "Łódź"),
    ("JA16SJIS JA16SJISTILDE", b"\x93\xfa\x96{", "日本"),
    ("JA16EUC", b"\xc6\xfc\xcb\xdc", "日本"),
    ("KO16MSWIN949 KO16KSC5601", b"\xbe\xc8\xb3\xe7", "안녕"),
    ("ZHT16BIG5 ZHT16MSWIN950", b"\xa7A\xa6n", "你好"),
    ("ZHS16GBK ZHS32GB18030", b"\xc4\xe3\xba\xc3", "你好"),
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
    (
        "IBM037 ibm-37 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csIBM037",
        b"\xc7\x99\xdcY\x85@\xba\x9f\xbb",
        "Grüße [¤]",
    ),
    (
        "IBM500 cp500 ebcdic-cp-be ebcdic-cp-ch csIBM500",
        b"\xc7\x99\xdcY\x85@JOZ",
        "Grüße [!]",
    ),
    (
        "IBM273 cp273 csIBM273 windows-20273",
        b"\xc7\x99\xd0\xa1\x85@C\xb5\xdc",
        "Grüße {@}",
    ),
    ("IBM1047 IBM-1047 cp1047", b"\xad\xf1\xbd@\xbb", "[1] ¨"),
    (
        "IBM01140 ccsid01140 cp01140 cp1140 ebcdic-us-37+euro",
        b"\xf5@\x9fZ",
        "5 €!",
    ),
    (
        "IBM01142 ebcdic-dk-277+euro ebcdic-no-277+euro",
        b"\x85@\x5a\xc0\xd0",
        "e €æå",
    ),
    (
        "IBM01148 ebcdic-international-500+euro",
        b"\x9f@\x4f",
        "€ !",
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
