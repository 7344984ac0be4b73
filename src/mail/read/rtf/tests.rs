use proptest::prelude::*;

use super::*;

fn text(rtf: &str) -> String {
    let found = read(rtf.as_bytes()).unwrap();
    assert_eq!((found.is_html, found.loss), (false, None), "{rtf}");
    found.text
}

fn html(rtf: &str) -> String {
    let found = read(rtf.as_bytes()).unwrap();
    assert_eq!((found.is_html, found.loss), (true, None), "{rtf}");
    found.text
}

#[test]
fn text_is_read_without_what_surrounds_it() {
    let table = [
        (
            r"{\rtf1 one\par two\line three\tab four}",
            "one\ntwo\nthree\tfour",
        ),
        ("{\\rtf1\r\none \r\ntwo\\\r\nthree}", "one two\nthree"),
        (
            r"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\stylesheet{\s0 Normal;}}{\info{\title x}}a}",
            "a",
        ),
        (
            r"{\rtf1 a{\pict\wmetafile8 0102}{\*\unknown b{\b c}}{\*\bkmkstart d}e}",
            "ae",
        ),
        (r"{\rtf1 a{\pict\bin6 {}{}\\}b}", "ab"),
        (r"{\rtf1{\header a}{\footer b}c{\footnote d}}", "cd"),
        (
            r"{\rtf1\lquote a\rquote\ldblquote b\rdblquote\endash\emdash\bullet}",
            "‘a’“b”–—•",
        ),
        (r"{\rtf1 a\~b\_c\-d\{\}\\}", "a\u{a0}b\u{2011}cd{}\\"),
        (r"{\rtf1{\v hidden}{\v a\plain b}\v c\v0 d}", "bd"),
        (r"{\rtf1 a\cell b\cell\row c}", "a\tb\t\nc"),
        (
            r"{\rtf1{\fonttbl{\f1\fcharset2 Symbol;}}{\pntext\f1\'B7\tab}a{\f1\u-3913 ?}}",
            "•\ta•",
        ),
        (r"{\rtf1{\object{\*\objdata 0102}{\result a}}b}", "ab"),
        (r"{\rtf1 a}trailing{", "a"),
        (r"  {\rtf1 a{\b b", "ab"),
        (r"{\rtf1}", ""),
        // Plain text may be marked like HTML.
        (
            r"{\rtf1\ansi\fromtext\fbidis\deff0\pard a\htmlrtf{\f4\htmlrtf0 b\htmlrtf\f0}\htmlrtf0\par}",
            "ab\n",
        ),
        (r"{\rtf1\fromhtml0 a{\*\htmltag64 <p>}}", "a"),
    ];
    for (rtf, expected) in table {
        assert_eq!(text(rtf), expected, "{rtf}");
    }
    for other in ["", "{\\rt", "{\\pard}", "<html>", "\\rtf1 a"] {
        assert_eq!(read(other.as_bytes()), None);
    }
}

#[test]
fn links_keep_their_addresses() {
    let link = |instruction: &str, shown: &str| {
        text(&format!(
            "{{\\rtf1{{\\field{{\\*\\fldinst{{ {instruction} }}}}{{\\fldrslt{{\\ul {shown}}}}}}}.}}"
        ))
    };
    let table = [
        (
            r#"HYPERLINK "https://example.com/a""#,
            "here",
            "here (https://example.com/a).",
        ),
        (
            r#"HYPERLINK "https://example.com/""#,
            "example.com",
            "example.com.",
        ),
        (
            "HYPERLINK mailto:a@example.com",
            "a@example.com",
            "a@example.com.",
        ),
        (
            r#"HYPERLINK "https://example.com/""#,
            "",
            "https://example.com/.",
        ),
        (r#"HYPERLINK \\l "top""#, "up", "up."),
        ("PAGE", "3", "3."),
    ];
    for (instruction, shown, expected) in table {
        assert_eq!(link(instruction, shown), expected, "{instruction}");
    }
}

#[test]
fn bytes_are_of_the_charset_of_their_font() {
    let fonts = r"{\fonttbl{\f0\fnil\fcharset0 A;}{\f1\fcharset204{\*\falt x}B;}{\f2\fcharset128 C;}{\f3\fcharset1\cpg1253 D;}{\f4 E;}}";
    let table = [
        (r"\f0\'e4{\f1\'cf\'f0\f0\'e4}\'e4", "äПрää"),
        (r"\f2\'93\'fa\'96\'7b \'83[\'83\\", "日本 ゼソ"),
        (r"\f3\'e1\plain\'e4\f4\'e1", "αäб"),
        (r"\f9\'e1", "б"),
    ];
    for (body, expected) in table {
        let rtf = format!("{{\\rtf1\\ansi\\ansicpg1251\\deff0{fonts}{body}}}");
        assert_eq!(text(&rtf), expected, "{body}");
    }
    for (word, expected) in [
        ("ansi", "‡"),
        ("mac", "á"),
        ("pc", "ç"),
        ("pca", "ç"),
        ("ansicpg936\\'c4", "膰"),
    ] {
        assert_eq!(text(&format!("{{\\rtf1\\{word}\\'87}}")), expected);
    }
}

#[test]
fn characters_of_unicode_come_without_their_substitutes() {
    let table = [
        (r"\u8211?a", "–a"),
        (r"\u8211 ?a", "–a"),
        (r"\uc0\u8211 ?a", "–?a"),
        (r"\uc2\u26085\'93\'fa{\uc1\u26412?}\u26412??", "日本本"),
        (r"{\uc0 \u228}\u228 ab", "ääb"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\u55357\'3f\u56832\'3f", "😀"),
        (r"\u128512?", "😀"),
        (r"\u160\~a\u8226\bullet b", "\u{a0}a•b"),
        (r"\u8211{?}", "–?"),
    ];
    for (body, expected) in table {
        assert_eq!(text(&format!("{{\\rtf1{body}}}")), expected, "{body}");
    }
}

#[test]
fn what_is_lost_is_told() {
    let table = [
        (
            r"\ansicpg932\'93",
            "\u{fffd}",
            UndecodedReason::Malformed,
            Some(932),
        ),
        (r"\u-10179?a", "\u{fffd}a", UndecodedReason::Malformed, None),
        (
            r"\u-8704?\u-10179?",
            "\u{fffd}\u{fffd}",
            UndecodedReason::Malformed,
            None,
        ),
        (r"\ansicpg99999\'e4", "ä", UndecodedReason::Guessed, None),
        (
            r"\ansicpg65000\'e4+AGE-",
            "ä+AGE-",
            UndecodedReason::Guessed,
            None,
        ),
    ];
    for (body, text, loss, code_page) in table {
        let found = read(format!("{{\\rtf1{body}}}").as_bytes()).unwrap();
        assert_eq!(
            (found.text.as_str(), found.loss, found.code_page),
            (text, Some(loss), code_page),
            "{body}"
        );
    }
    assert_eq!(text(r"{\rtf1\ansicpg99999 plain}"), "plain");
}

#[test]
fn wrapped_html_comes_out_as_it_was() {
    let head = r"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}\uc1\pard\plain ";
    let table = [
        (
            r"{\*\htmltag19 <html>}{\*\htmltag64}\htmlrtf {\htmlrtf0 a{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 b\htmlrtf\par}\htmlrtf0 {\*\htmltag27 </html>}",
            "<html>a&lt;b</html>",
        ),
        (
            r"{\*\htmltag241 <style>\par \tab p \{color:red\}\par </style>}{\*\mhtmltag84 <img src=x>}{\*\htmltag84 <img src='cid:1'>}",
            "<style>\n\tp {color:red}\n</style><img src='cid:1'>",
        ),
        (
            // The font changes where nothing is shown, and doesn't apply to the tags.
            r"\htmlrtf {\f1\htmlrtf0 \'e4{\*\htmltag <i title='\'e4'>}\htmlrtf }\htmlrtf0 \'e4",
            "д<i title='ä'>ä",
        ),
        (
            r"{\*\htmltag <li>}\htmlrtf {{\*\pn\pnlvlblt}{\pntext\'b7\tab}\htmlrtf0 one}\htmlrtf\par\htmlrtf0{\pntext 2.}",
            "<li>one",
        ),
        (
            r"\htmlrtf {\*\htmltag <b>}a\htmlrtf0 b\u8217?\~\-c",
            "<b>b’\u{a0}\u{ad}c",
        ),
        (r"a\line b\par c\tab\lquote", "a\nb\nc\t‘"),
    ];
    for (body, expected) in table {
        assert_eq!(html(&format!("{head}{body}}}")), expected, "{body}");
    }
}

#[test]
fn hostile_documents_end() {
    let deep = format!(
        "{{\\rtf1 a{}b{}c}}",
        "{\\b ".repeat(200_000),
        "}".repeat(200_000)
    );
    assert_eq!(text(&deep), "abc");
    let open = format!("{{\\rtf1 {}a", "{".repeat(200_000));
    assert_eq!(text(&open), "a");
    let fields = format!(
        "{{\\rtf1{}",
        r#"{\fldrslt   {\*\fldinst HYPERLINK "https://example.com"}"#.repeat(50_000)
    );
    assert!(read(fields.as_bytes()).is_some());
    let fonts = format!(
        "{{\\rtf1{{\\fonttbl{}",
        (0..50_000)
            .map(|number| format!("\\f{number}\\fcharset204"))
            .collect::<String>()
    );
    assert_eq!(text(&fonts), "");
    assert_eq!(text("{\\rtf1 a\\bin999999999 b}"), "a");
    assert_eq!(text("{\\rtf1 a\\uc999999999\\u228 b}"), "aä");
}

/// Writes text as Rich Text, with a choice of form for each character.
fn written(text: &str, ways: &[u8]) -> String {
    let mut ways = ways.iter().cycle();
    let mut rtf = String::from("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f1\\fcharset204 x;}}");
    for character in text.chars() {
        let way = ways.next().copied().unwrap_or_default();
        match (character, way % 4) {
            ('\n', _) => rtf.push_str("\\par\r\n"),
            ('\t', _) => rtf.push_str("{\\tab}"),
            ('{' | '}' | '\\', 0) => rtf.extend(['\\', character]),
            (' '..='~', 1) if !matches!(character, '{' | '}' | '\\') => rtf.push(character),
            ('\u{20}'..='\u{7e}' | '\u{a0}'..='\u{ff}', 0..2) => {
                rtf.push_str(&format!("\\'{:02x}", u32::from(character)));
            }
            ('а'..='я', 0..2) => {
                let byte = u32::from(character) - u32::from('а') + 0xe0;
                rtf.push_str(&format!("{{\\f1\\'{byte:02X}}}"));
            }
            (_, 2) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    rtf.push_str(&format!("{{\\*\\skipped x}}\\u{} ?", unit.cast_signed()));
                }
            }
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    rtf.push_str(&format!("\\uc2\\u{unit}\\'3f\\'3f\\uc1 "));
                }
            }
        }
    }
    rtf + "}"
}

proptest! {
    #[test]
    fn what_is_written_is_read(parts in proptest::collection::vec("[ -~]{0,4}|[а-яäß\n\t]{0,3}|[^\0-\u{1f}\u{7f}]", 0..20), ways in proptest::collection::vec(any::<u8>(), 1..50)) {
        // Symbol fonts use these characters for themselves.
        let expected = parts.concat().replace(['\u{f0a7}', '\u{f0b7}'], "");
        prop_assert_eq!(text(&written(&expected, &ways)), expected);
    }

    #[test]
    fn html_comes_out_as_it_was(pieces in proptest::collection::vec(("[ -~]{0,9}", any::<bool>()), 0..20)) {
        let escaped = |piece: &str| piece.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}");
        let wrapped: String = pieces.iter().map(|(piece, is_tag)| {
            if *is_tag {
                format!("{{\\*\\htmltag84 {}}}\\htmlrtf {{\\b x\\htmlrtf0}}\\htmlrtf y\\htmlrtf0 ", escaped(piece))
            } else {
                format!("{{{{\\*\\mhtmltag z}}\\htmlrtf \\par\\htmlrtf0 {}}}", escaped(piece))
            }
        }).collect();
        let expected: String = pieces.iter().map(|(piece, _)| piece.as_str()).collect();
        prop_assert_eq!(html(&format!("{{\\rtf1\\fromhtml1 {wrapped}}}")), expected);
    }

    #[test]
    fn any_document_is_read(body in "(\\{|\\}|\\\\(u|uc|f|bin|htmlrtf|fonttbl|fcharset|field|fldrslt|\\*\\\\htmltag|\\*|'|par|plain|v)(-?[0-9]{1,3})? ?|[a-z<é]|\\\\[\\\\{}~_]){0,60}", is_html in any::<bool>()) {
        let start = if is_html { "{\\rtf1\\fromhtml1" } else { "{\\rtf1" };
        let rtf = format!("{start}{body}");
        let found = read(rtf.as_bytes()).unwrap();
        // A number of two letters, or a byte, makes three bytes at most.
        prop_assert!(found.text.len() <= 3 * rtf.len());
        prop_assert_eq!(found.is_html, is_html);
    }
}
