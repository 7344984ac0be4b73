//! Calendar lines: folds, parameters, escapes (RFC 5545, section 3.1; RFC 6868).

use std::borrow::Cow;

use crate::mail::encoding::transfer::split_line_end;

/// How far into a line to look for a quoted-printable parameter.
const MOST_OF_A_NAME: usize = 300;

/// Unfolds bytes: removes each line end with the blank or tab after it.
pub(crate) fn unfold(bytes: &[u8]) -> Vec<u8> {
    let mut unfolded: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (content, _) = split_line_end(line);
        let is_first = unfolded.is_empty();
        let is_soft = content_is_soft(unfolded.get(start..).unwrap_or_default());
        match content.first() {
            _ if is_soft => {
                // In vCalendar 1.0, a quoted-printable line continues after its "=".
                unfolded.pop();
                unfolded.extend_from_slice(content);
            }
            Some(b' ' | b'\t') if !is_first => {
                unfolded.extend_from_slice(content.get(1..).unwrap_or_default());
            }
            _ => {
                if !is_first {
                    unfolded.push(b'\n');
                }
                start = unfolded.len();
                unfolded.extend_from_slice(content);
            }
        }
    }
    if bytes.ends_with(b"\n") {
        unfolded.push(b'\n');
    }
    unfolded
}

/// Whether a line is quoted-printable and continues in the next one.
fn content_is_soft(line: &[u8]) -> bool {
    line.ends_with(b"=") && {
        let name = line.get(..MOST_OF_A_NAME).unwrap_or(line);
        let name = name.split(|byte| *byte == b':').next().unwrap_or_default();
        let mark = b"QUOTED-PRINTABLE";
        name.windows(mark.len())
            .any(|window| window.eq_ignore_ascii_case(mark))
    }
}

/// A line: `NAME;PARAMETER=value:value`.
pub(crate) struct Property<'a> {
    /// In upper case.
    pub(crate) name: String,
    parameters: &'a str,
    pub(crate) value: &'a str,
}

impl<'a> Property<'a> {
    /// Parses a line; `None` if it has no value.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.bytes().position(|byte| {
            is_quoted ^= byte == b'"';
            byte == b':' && !is_quoted
        });
        // An unclosed quote doesn't hide the value.
        let (head, value) = match colon {
            Some(colon) => (line.get(..colon)?, line.get(colon + 1..)?),
            None => line.split_once(':')?,
        };
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let name = name
            .trim()
            .trim_start_matches('\u{feff}')
            .to_ascii_uppercase();
        Some(Self {
            name,
            parameters,
            value,
        })
    }

    /// The value of the first parameter with a name, given in upper case.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().find_map(|parameter| {
            let (known, value) = parameter.split_once('=')?;
            known
                .trim()
                .eq_ignore_ascii_case(name)
                .then(|| decode_parameter(value.trim()))
        })
    }

    /// Whether the value is quoted-printable; vCalendar 1.0 may omit the name of the parameter.
    pub(crate) fn is_quoted_printable(&self) -> bool {
        self.parameters().any(|parameter| {
            let value = parameter
                .split_once('=')
                .map_or(parameter, |(_, value)| value);
            value.trim().eq_ignore_ascii_case("QUOTED-PRINTABLE")
        })
    }

    fn parameters(&self) -> impl Iterator<Item = &'a str> {
        let mut is_quoted = false;
        self.parameters.split(move |letter: char| {
            is_quoted ^= letter == '"';
            letter == ';' && !is_quoted
        })
    }
}

/// Removes the quotes, and decodes `^n`, `^'` and `^^` (RFC 6868).
fn decode_parameter(value: &str) -> String {
    let value = value.strip_prefix('"').map_or(value, |value| {
        value.split_once('"').map_or(value, |(value, _)| value)
    });
    replace(value, '^', |letter| match letter {
        'n' => Some('\n'),
        '\'' => Some('"'),
        '^' => Some('^'),
        _ => None,
    })
    .into_owned()
}

/// Escapes a text for [`unescape`].
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\n' | '\r' => escaped.push_str("\\n"),
            '\\' | ',' | ';' => escaped.extend(['\\', letter]),
            letter if letter.is_control() && letter != '\t' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Folds a line into pieces of 75 bytes at most, which [`unfold`] joins.
pub(super) fn fold(line: &str) -> String {
    const LONGEST: usize = 75;
    let mut folded = String::with_capacity(line.len());
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LONGEST {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(letter);
        length += letter.len_utf8();
    }
    folded
}

/// The line of a property, with some parameters replaced by another one.
pub(super) fn property_line(property: &Property<'_>, without: &[&str], parameter: &str) -> String {
    let mut line = format!("{};{parameter}", property.name);
    for known in property.parameters() {
        let name = known.split('=').next().unwrap_or_default().trim();
        let is_left_out = without.iter().any(|other| other.eq_ignore_ascii_case(name));
        if !name.is_empty() && !is_left_out {
            line.push(';');
            line.push_str(known.trim());
        }
    }
    line.push(':');
    line.push_str(property.value);
    line
}

/// Decodes `\n`, `\,`, `\;` and `\\` (RFC 5545, section 3.3.11).
pub(crate) fn unescape(value: &str) -> String {
    replace(value, '\\', |letter| match letter {
        'n' | 'N' => Some('\n'),
        '\\' | ',' | ';' => Some(letter),
        _ => None,
    })
    .into_owned()
}

/// Replaces a mark and the letter after it; if the letter has no meaning, both stay.
fn replace(text: &str, mark: char, meaning: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.contains(mark) {
        return Cow::Borrowed(text);
    }
    let mut replaced = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek().copied().and_then(&meaning) {
            Some(meant) if letter == mark => {
                replaced.push(meant);
                letters.next();
            }
            _ => replaced.push(letter),
        }
    }
    Cow::Owned(replaced)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_are_taken_out_whatever_they_part() {
        let table: [(&[u8], &[u8]); 7] = [
            (b"A:x\r\n y\r\nB:z\r\n", b"A:xy\nB:z\n"),
            (b"A:\xc3\n\t\xbc", b"A:\xc3\xbc"),
            (b"A:x\r\n  y", b"A:x y"),
            (b" A:x", b" A:x"),
            (b"A=\r\n B", b"A=B"),
            (
                b"A;ENCODING=quoted-printable:x=\r\ny=\r\n z\r\n",
                b"A;ENCODING=quoted-printable:xy z\n",
            ),
            (b"", b""),
        ];
        for (folded, unfolded) in table {
            assert_eq!(unfold(folded), unfolded);
        }
    }

    #[test]
    fn lines_are_taken_apart() {
        let property = Property::parse("attendee;CN=\"a;b:c\";x=1:mailto:d").unwrap();
        assert_eq!(
            (property.name.as_str(), property.value),
            ("ATTENDEE", "mailto:d")
        );
        assert_eq!(property.parameter("CN").as_deref(), Some("a;b:c"));
        assert_eq!(property.parameter("X").as_deref(), Some("1"));
        assert_eq!(property.parameter("Y"), None);
        let unclosed = Property::parse("A;B=\"c:d").unwrap();
        assert_eq!(unclosed.value, "d");
        assert!(Property::parse("no value").is_none());
    }

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(unescape(r"a\,b\;c\nd\Ne\\nf\x\"), "a,b;c\nd\ne\\nf\\x\\");
        assert_eq!(decode_parameter("\"a^nb^'c^^n^x\""), "a\nb\"c^n^x");
    }

    proptest! {
        #[test]
        fn what_is_folded_is_unfolded(text in "[a-zü€:;]{1,60}", width in 1_usize..20) {
            let folded = text.as_bytes().chunks(width).collect::<Vec<_>>().join(&b"\r\n "[..]);
            prop_assert_eq!(unfold(&folded), text.as_bytes());
        }

        #[test]
        fn what_is_written_is_read_again(text in "[a-zü€:;,\\\\\n]{0,200}") {
            let line = fold(&escape(&text));
            prop_assert!(line.split("\r\n").all(|piece| piece.len() <= 75));
            let unfolded = unfold(format!("X{line}").as_bytes());
            prop_assert_eq!(unescape(&String::from_utf8_lossy(&unfolded)[1..]), text);
        }

        #[test]
        fn any_line_is_taken_apart(line in "[A-C;:=\"^n\\\\]{0,30}") {
            if let Some(property) = Property::parse(&line) {
                let _ = property.parameter("A");
                prop_assert!(unescape(property.value).len() <= line.len());
            }
        }
    }
}
