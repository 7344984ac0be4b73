//! Values with parameters, such as a content type, in every form found in mail (RFC 2045, RFC 2231, RFC 6266).

use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::mail::encoding::{
    charset::{Text, TextOrigin, UndecodedReason, decode, decoder::Decoder},
    word::decode_words,
};

/// A `Content-Type` or `Content-Disposition`, with names in lower case.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameterized {
    /// For example `text/plain` or `attachment`.
    pub(crate) value: String,
    /// The parameters, decoded by RFC 2231 and RFC 2047.
    pub(crate) parameters: Vec<(String, String)>,
    /// Parameters that could not be decoded, with their charset.
    pub(crate) losses: Vec<(String, Option<String>, UndecodedReason)>,
}

impl Parameterized {
    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Parses an unfolded value with parameters.
pub(crate) fn parse(line: &[u8]) -> Parameterized {
    let pieces: Vec<&[u8]> = split(line).collect();
    let head = without_comments(pieces.first().copied().unwrap_or_default());
    let head = head.as_slice().trim_ascii();
    // The semicolon may be missing: `text/html charset=utf-8`.
    let value_end = match memchr::memchr(b'=', head) {
        Some(equals) => {
            let before = head.get(..equals).unwrap_or_default().trim_ascii_end();
            let blank = before.iter().rposition(u8::is_ascii_whitespace);
            blank.unwrap_or(if before.contains(&b'/') {
                before.len()
            } else {
                0
            })
        }
        None => head.len(),
    };
    let (value, first) = head.split_at_checked(value_end).unwrap_or((head, b""));
    let value: String = String::from_utf8_lossy(value)
        .chars()
        .filter(|character| !matches!(character, '"' | '\''))
        .collect();
    let value = match value.split_once('/') {
        Some((main, sub)) => format!("{}/{}", main.trim(), sub.trim()),
        None => value.trim().to_owned(),
    };
    let mut parsed = Parameterized {
        value: value.to_ascii_lowercase(),
        ..Parameterized::default()
    };
    let mut order: Vec<String> = Vec::new();
    let mut forms: BTreeMap<String, Forms> = BTreeMap::new();
    let mut last: Option<(String, usize)> = None;
    for piece in std::iter::once(first).chain(pieces.iter().skip(1).copied()) {
        if piece.trim_ascii().is_empty() {
            continue;
        }
        match Piece::parse(piece) {
            Some(piece) => {
                if !forms.contains_key(&piece.name) {
                    order.push(piece.name.clone());
                }
                let forms = forms.entry(piece.name.clone()).or_default();
                let place = forms.pieces.len();
                last = (!piece.is_quoted).then(|| (piece.name.clone(), place));
                forms.pieces.push(piece);
            }
            // A semicolon within a name that lacks its quotes.
            None => {
                if let Some((name, place)) = &last
                    && is_file_name(name)
                    && let Some(forms) = forms.get_mut(name)
                    && let Some(before) = forms.pieces.get_mut(*place)
                {
                    before.content.push(b';');
                    before.content.extend_from_slice(piece.trim_ascii_end());
                }
            }
        }
    }
    for name in order {
        let Some(read) = forms.get(&name).and_then(Forms::read) else {
            continue;
        };
        if let Some(reason) = read.loss {
            parsed.losses.push((name.clone(), read.charset, reason));
        }
        parsed.parameters.push((name, read.text));
    }
    parsed
}

/// A decoded parameter.
struct Read {
    text: String,
    charset: Option<String>,
    loss: Option<UndecodedReason>,
}

/// All forms of a parameter in a header.
#[derive(Default)]
struct Forms {
    pieces: Vec<Piece>,
}

impl Forms {
    /// The extended form precedes the plain one (RFC 6266 section 4.3), unless it can't be decoded.
    fn read(&self) -> Option<Read> {
        let whole = |is_extended: bool| {
            self.pieces
                .iter()
                .find(|piece| piece.section.is_none() && piece.is_extended == is_extended)
        };
        let mut sections: Vec<&Piece> = self
            .pieces
            .iter()
            .filter(|piece| piece.section.is_some())
            .collect();
        sections.sort_by_key(|piece| piece.section);
        let plain = whole(false).map(|piece| read_pieces(&[piece]));
        let extended = whole(true)
            .map(|piece| read_pieces(&[piece]))
            .or_else(|| (!sections.is_empty()).then(|| read_pieces(contiguous(&sections))));
        match (extended, plain) {
            (Some(extended), Some(plain)) => {
                let is_readable = extended.loss.is_none() && !extended.text.is_empty();
                Some(if is_readable || plain.text.is_empty() {
                    extended
                } else {
                    plain
                })
            }
            (extended, plain) => extended.or(plain),
        }
    }
}

/// The sections up to the first gap. Some programs count from one.
fn contiguous<'a, 'b>(sections: &'b [&'a Piece]) -> &'b [&'a Piece] {
    let first = sections.first().and_then(|piece| piece.section);
    let length = sections
        .iter()
        .zip(first.unwrap_or_default().min(1)..)
        .take_while(|(piece, expected)| piece.section == Some(*expected))
        .count();
    sections.get(..length).unwrap_or_default()
}

/// Joins the bytes of the sections before decoding, since a letter may be split between two.
fn read_pieces(pieces: &[&Piece]) -> Read {
    let mut charset = None;
    let mut bytes = Vec::new();
    let mut is_extended = pieces.iter().any(|piece| piece.is_extended);
    let mut lacks_asterisks = false;
    for (position, piece) in pieces.iter().enumerate() {
        let mut content = piece.content.as_slice();
        let mut is_encoded = piece.is_extended || lacks_asterisks;
        if position == 0
            && let Some((label, text)) = split_charset(content)
            // Some programs omit the asterisk.
            && (piece.is_extended || is_meant_as_extended(label, text))
        {
            charset = Some(label.to_owned()).filter(|label| !label.is_empty());
            content = text;
            lacks_asterisks = !is_extended;
            is_encoded = true;
            is_extended = true;
        }
        if is_encoded {
            bytes.extend(percent_decode(content));
        } else {
            bytes.extend_from_slice(content);
        }
    }
    let label = match &charset {
        None if is_extended => Some("utf-8"),
        charset => charset.as_deref(),
    };
    let Text { text, loss } = decode(&bytes, label, TextOrigin::Raw);
    let mut read = Read {
        text,
        loss,
        charset,
    };
    // Many programs put encoded words here, in place of the standard's form above.
    if read.text.contains("=?") {
        let words = decode_words(read.text.as_bytes());
        read.text = words.text;
        if let Some((label, reason)) = words.losses.into_iter().next() {
            read.charset = label;
            read.loss = Some(reason);
        }
    }
    // No value has a line end, whatever its encoding hides.
    read.text = read
        .text
        .replace(|character: char| character.is_control(), " ");
    read
}

/// Whether a plain value such as `UTF-8''a%20b` is an extended one without its asterisk, and not a name that looks like
/// it.
fn is_meant_as_extended(label: &str, text: &[u8]) -> bool {
    let mut escapes = text.split(|byte| *byte == b'%').skip(1).peekable();
    !label.is_empty()
        && Decoder::for_label(label).is_some()
        && escapes.peek().is_some()
        && escapes.all(|rest| {
            rest.get(..2)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

/// A `name=content`, or a section of it.
struct Piece {
    name: String,
    section: Option<usize>,
    is_extended: bool,
    is_quoted: bool,
    content: Vec<u8>,
}

impl Piece {
    /// Parses `name=content`, `name*=content`, `name*0=content` or `name*0*=content`.
    fn parse(piece: &[u8]) -> Option<Self> {
        let equals = memchr::memchr(b'=', piece)?;
        let (name, content) = piece.split_at_checked(equals)?;
        let name = std::str::from_utf8(name).ok()?.trim().to_ascii_lowercase();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let (base, rest) = name.split_once('*').unwrap_or((&name, ""));
        let (number, is_extended) = match rest.strip_suffix('*') {
            Some(number) => (number, true),
            None => (rest, rest.is_empty() && name.len() > base.len()),
        };
        let section = match number.trim() {
            "" => None,
            number => Some(number.parse().ok()?),
        };
        let content = content.get(1..)?.trim_ascii();
        let is_quoted = content.starts_with(b"\"");
        let content = if is_quoted {
            unquote(content)
        } else if is_file_name(base) {
            content.to_vec()
        } else {
            without_comments(content).trim_ascii().to_vec()
        };
        Some(Self {
            name: base.trim().to_owned(),
            section,
            is_extended,
            is_quoted,
            content,
        })
    }
}

/// File names may contain parentheses, which are comments elsewhere.
fn is_file_name(name: &str) -> bool {
    matches!(name, "name" | "filename")
}

/// Splits `charset'language'text`.
fn split_charset(content: &[u8]) -> Option<(&str, &[u8])> {
    let mut pieces = content.splitn(3, |byte| *byte == b'\'');
    let (charset, _, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let charset = std::str::from_utf8(charset).ok()?;
    (charset.len() <= 80).then_some((charset, text))
}

/// Splits at semicolons outside quotes and parentheses.
fn split(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last_closing = memchr::memrchr(b')', value).unwrap_or_default();
    let (mut is_quoted, mut is_escaped, mut depth) = (false, false, 0_u32);
    let mut previous = b' ';
    let mut position = 0;
    value.split(move |byte| {
        let before = std::mem::replace(&mut previous, *byte);
        position += 1;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            // A quote at the start of a value opens a quoted string; elsewhere it is part of the value.
            b'"' if is_quoted || depth > 0 => is_quoted = false,
            b'"' => is_quoted = true,
            _ if is_quoted => {}
            b'(' if depth > 0 || (before.is_ascii_whitespace() && position <= last_closing) => {
                depth += 1;
            }
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *byte == b';' && !is_quoted && depth == 0
    })
}

/// The text of consecutive quoted strings, separated by a space.
///
/// A backslash escapes the next character (RFC 5322 section 3.2.4). In the paths that some programs write, a backslash
/// stands for itself unless a quote or another backslash follows.
fn unquote(content: &[u8]) -> Vec<u8> {
    let is_path = matches!(
        content.trim_ascii_start(),
        [b'"', drive, b':', b'\\', ..] if drive.is_ascii_alphabetic()
    );
    let mut text = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(mut inner) = rest.trim_ascii_start().strip_prefix(b"\"") {
        if !text.is_empty() {
            text.push(b' ');
        }
        loop {
            inner = match inner {
                [] => return text,
                [b'"', after @ ..] => {
                    rest = after;
                    break;
                }
                [b'\\', escaped, after @ ..] if !is_path || matches!(escaped, b'"' | b'\\') => {
                    text.push(*escaped);
                    after
                }
                [byte, after @ ..] => {
                    text.push(*byte);
                    after
                }
            };
        }
    }
    text
}

/// Removes comments, which begin after white space or at the start.
pub(crate) fn without_comments(content: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(content.len());
    let (mut depth, mut is_quoted) = (0_u32, false);
    let mut previous = b' ';
    for byte in content {
        match byte {
            b'"' if depth == 0 => is_quoted = !is_quoted,
            b'(' if depth > 0
                || (!is_quoted && (previous.is_ascii_whitespace() || previous == b'/')) =>
            {
                depth += 1;
            }
            b')' if depth > 0 => {
                depth -= 1;
                previous = b' ';
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            kept.push(*byte);
        }
        previous = *byte;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file_name(value: &str) -> Option<String> {
        let parsed = parse(format!("attachment; {value}").as_bytes());
        assert_eq!(parsed.value, "attachment", "{value}");
        parsed.parameter("filename").map(str::to_owned)
    }

    #[test]
    fn file_names_are_read_in_every_form() {
        let table = [
            ("filename=a.txt", "a.txt"),
            ("FILENAME = \"a b.txt\" ; size=3", "a b.txt"),
            (
                "filename*=utf-8''Hello-(123)-World.pdf",
                "Hello-(123)-World.pdf",
            ),
            ("filename=Status(s).pdf", "Status(s).pdf"),
            ("filename=Status (s; t).pdf; size=3", "Status (s; t).pdf"),
            ("filename=two words.pdf", "two words.pdf"),
            ("filename=one;two.pdf; size=3", "one;two.pdf"),
            (
                "filename=\"EURO.txt\"; filename*=UTF-8''%e2%82%ac.txt",
                "€.txt",
            ),
            (
                "filename*=UTF-8''%e2%82%ac.txt; filename=\"EURO.txt\"",
                "€.txt",
            ),
            (
                "filename*=utf-8'de'%E9.txt; filename=plain.txt",
                "plain.txt",
            ),
            ("filename*=iso-8859-1'en'%a3%20rates", "£ rates"),
            ("filename*=''a%20b.txt", "a b.txt"),
            ("filename*=a%20b.txt", "a b.txt"),
            ("filename*=\"UTF-8''a%20b.txt\"", "a b.txt"),
            ("filename=\"UTF-8''%e2%82%ac.txt\"", "€.txt"),
            ("filename*0=utf-8''%e2%82; filename*1=%ac%20.txt", "€ .txt"),
            ("filename=\"''%\"", "''%"),
            ("filename=\"UTF-8''100%.txt\"", "UTF-8''100%.txt"),
            ("filename=\"it's 5'6.txt\"", "it's 5'6.txt"),
            ("filename*0*=UTF-8''%e2%82; filename*1*=%ac.txt", "€.txt"),
            ("filename*1*=%ac.txt; filename*0*=UTF-8''%e2%82", "€.txt"),
            (
                "filename*0*=iso-8859-1'en'caf%E9; filename*1=\" 50%20.txt\"",
                "café 50%20.txt",
            ),
            ("FileName*1=\"b;\\\"c\"; filename*0=a", "ab;\"c"),
            ("filename*0=a; filename*2=c", "a"),
            ("filename*1=a; filename*2=b", "ab"),
            ("filename==?utf-8?Q?=E2=82=AC.txt?=", "€.txt"),
            (
                "filename=\"=?utf-8?B?4oI=?= =?utf-8?B?rC50eHQ=?=\"",
                "€.txt",
            ),
            (
                "filename=\"=?utf-8?B?4oI=?=\" \"=?utf-8?B?rC50eHQ=?=\"",
                "€.txt",
            ),
            (
                "filename*0=\"=?utf-8?Q?=E2=82\"; filename*1=\"=AC.txt?=\"",
                "€.txt",
            ),
            ("filename=\"C:\\\\Temp\\\\a.txt\"", "C:\\Temp\\a.txt"),
            ("filename=\"C:\\Temp\\a.txt\"", "C:\\Temp\\a.txt"),
            ("filename=\"a\\\"b.txt\"", "a\"b.txt"),
            ("filename=\"a\\b \\(1\\) c.txt\"", "ab (1) c.txt"),
            ("filename=\"never closed.txt", "never closed.txt"),
            ("filename=\"a\tb.txt\"", "a b.txt"),
            ("filename=\"\"", ""),
        ];
        for (value, name) in table {
            assert_eq!(file_name(value).as_deref(), Some(name), "{value}");
        }
        assert_eq!(file_name("size=3"), None);
    }

    #[test]
    fn types_are_read_in_every_form() {
        let table = [
            ("text/PLAIN; Charset=\"GBK\"", "text/plain", "GBK"),
            (
                "text/plain; charset=us-ascii (Plain text)",
                "text/plain",
                "us-ascii",
            ),
            ("text/plain (a; b); charset=koi8-r", "text/plain", "koi8-r"),
            ("text/plain charset=utf-8", "text/plain", "utf-8"),
            ("text / html ;charset = 'utf-8';", "text/html", "'utf-8'"),
            (
                "\"text/html\"; charset*=us-ascii'en'utf-8",
                "text/html",
                "utf-8",
            ),
            ("text/html;; ; charset=a;charset=b", "text/html", "a"),
            ("charset=utf-8", "", "utf-8"),
        ];
        for (line, value, charset) in table {
            let parsed = parse(line.as_bytes());
            assert_eq!(
                (parsed.value.as_str(), parsed.parameter("charset")),
                (value, Some(charset)),
                "{line}"
            );
        }
        assert_eq!(parse(b"").value, "");
    }

    #[test]
    fn a_name_that_cannot_be_decoded_is_told() {
        let parsed = parse(b"attachment; filename*=x-unheard''%E9.txt");
        let loss = (
            "filename".to_owned(),
            Some("x-unheard".to_owned()),
            UndecodedReason::Guessed,
        );
        assert_eq!(parsed.losses, [loss]);
        assert_eq!(parsed.parameter("filename"), Some("é.txt"));
    }

    proptest! {
        #[test]
        fn extended_values_come_back(name in "[^\\p{Cc}\u{feff}]{1,40}", width in 1..20_usize) {
            prop_assume!(!name.contains("=?"));
            let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let whole = format!("filename*=UTF-8''{encoded}");
            prop_assert_eq!(file_name(&whole), Some(name.clone()));
            let mut sections = String::new();
            for (number, piece) in encoded.as_bytes().chunks(3 * width).enumerate() {
                let start = if number == 0 { "UTF-8''" } else { "" };
                let piece = std::str::from_utf8(piece).unwrap();
                sections.push_str(&format!("filename*{number}*={start}{piece}; "));
            }
            prop_assert_eq!(file_name(&sections), Some(name));
        }

        #[test]
        fn quoted_values_come_back(name in "[ -~é日]{0,40}") {
            prop_assume!(!name.contains("=?") && !name.contains('\''));
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(file_name(&format!("filename=\"{quoted}\"; size=3")), Some(name));
        }

        #[test]
        fn any_value_is_read(value in "(filename|name|\\*|[0-2]|=|;|\"|\\\\|%|'|\\(|\\)|[a-f'é ]){0,60}") {
            let parsed = parse(value.as_bytes());
            let length: usize = parsed.parameters.iter().map(|(_, value)| value.len()).sum();
            prop_assert!(length <= 3 * value.len());
        }
    }
}
