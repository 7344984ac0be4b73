//! Header fields of real-world mail.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use mail_parser::{DateTime, HeaderValue, parsers::MessageStream};

use super::encoding::{decode_charset, to_text};
use super::word::decode_words;

/// One header field. The value is as in the mail, line breaks included.
#[derive(Clone)]
pub(super) struct Field {
    /// The name as the sender spelled it.
    pub(super) name: String,
    /// Everything between the colon and the field's final line break.
    pub(super) value: Bytes,
    /// The position of the whole field in the input, line break included.
    pub(super) span: Range<usize>,
}

impl Field {
    /// Whether the field has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line, without decoding.
    pub(super) fn unfolded(&self) -> String {
        let mut bytes = Vec::with_capacity(self.value.len());
        bytes.extend(
            self.value
                .iter()
                .filter(|byte| !matches!(byte, b'\r' | b'\n')),
        );
        let value = bytes.trim_ascii();
        match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_) => value
                .split_inclusive(|byte| matches!(byte, b' ' | b'\t'))
                .map(text_of)
                .collect(),
        }
    }

    /// The value on one line with encoded words decoded, as in the API's answers.
    pub(super) fn decoded(&self) -> String {
        let text = self.unfolded();
        match decode_words(&text, self.has_addresses()) {
            Cow::Owned(decoded) => decoded,
            Cow::Borrowed(_) => text,
        }
    }

    fn has_addresses(&self) -> bool {
        ["From", "To", "Cc", "Bcc", "Reply-To", "Sender"]
            .iter()
            .any(|name| self.is(name))
    }
}

/// Decodes raw 8-bit text in headers by the charset of the message's text, and leaves encoded words alone.
pub(super) fn decode_fields(fields: &mut [Field], charset: &str) {
    for field in fields {
        if std::str::from_utf8(&field.value).is_ok() {
            continue;
        }
        let mut value = Vec::with_capacity(field.value.len());
        for piece in field.value.split_inclusive(u8::is_ascii_whitespace) {
            let word = piece.trim_ascii_end();
            let text = (!(word.starts_with(b"=?") && word.ends_with(b"?=")))
                .then(|| decode_charset(charset, piece))
                .flatten()
                .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
            value.extend_from_slice(text.unwrap_or_else(|| text_of(piece)).as_bytes());
        }
        field.value = Bytes::from(value);
    }
}

/// Decodes a piece of a value that is not UTF-8. Raw bytes inside an encoded word are in the word's own charset, so
/// they are rewritten in its quoted-printable.
fn text_of(piece: &[u8]) -> String {
    let word = piece.trim_ascii_end();
    if !(word.starts_with(b"=?") && word.ends_with(b"?=")) {
        return to_text(piece).into_owned();
    }
    piece
        .iter()
        .map(|byte| match byte.is_ascii() {
            true => char::from(*byte).to_string(),
            false => format!("={byte:02X}"),
        })
        .collect()
}

/// Splits a message or part into its header fields and its body.
///
/// A line that cannot belong to a header ends the header, even without an empty line. If more header lines follow, such
/// a line is instead the rest of a broken fold, or skipped.
pub(super) fn split(raw: &Bytes) -> (Vec<Field>, Bytes) {
    let mut fields: Vec<Field> = Vec::new();
    let mut open: Option<Open> = None;
    let mut position = 0;
    let mut body = raw.len();
    let mut skipped = 0;
    while position < raw.len() {
        let line = line_at(raw, position);
        let text = trim_line_end(line);
        if text.is_empty() {
            body = position + line.len();
            break;
        }
        if matches!(text.first(), Some(b' ' | b'\t')) && open.is_some() {
            position += line.len();
            continue;
        }
        let Some((name, start)) = field_name(text) else {
            // Mail stores add a "From " line before the header.
            if position == 0 && (text.starts_with(b"From ") || text.starts_with(b">From ")) {
                position += line.len();
                continue;
            }
            let after = position + line.len();
            let unfolded = open
                .as_ref()
                .is_some_and(|open| open.is_unfinished(raw, position, text, after));
            if open.is_some() && skipped < MOST_SKIPPED && (unfolded || header_follows(raw, after))
            {
                skipped += 1;
                if !unfolded {
                    close(&mut fields, open.take(), raw, position);
                    // Lines folded under this one are skipped too.
                    open = Some(Open::nowhere(after));
                }
                position = after;
                continue;
            }
            body = position;
            break;
        };
        close(&mut fields, open.take(), raw, position);
        open = Some(Open {
            name,
            start: position,
            value: position + start,
        });
        position += line.len();
    }
    close(&mut fields, open, raw, position.min(raw.len()));
    (fields, raw.slice(body..))
}

/// Whether the text up to the next empty line looks more like a header than like anything else.
fn header_follows(raw: &[u8], mut position: usize) -> bool {
    let (mut more, mut less) = (0, 0);
    let mut sure = false;
    let end = raw.len().min(position + FARTHEST_AHEAD);
    while position < end {
        let line = line_at(raw, position);
        let text = trim_line_end(line);
        match (text.first(), field_name(text)) {
            (None, _) => break,
            (Some(b' ' | b'\t'), _) => {}
            (_, Some((name, _))) => {
                more += 1;
                sure |= COMMON_FIELDS
                    .iter()
                    .any(|field| name.eq_ignore_ascii_case(field));
            }
            (_, None) => less += 1,
        }
        position += line.len();
    }
    sure && more >= less
}

const MOST_SKIPPED: usize = 40;
const FARTHEST_AHEAD: usize = 32 * 1024;
const COMMON_FIELDS: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "Date",
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Final-Recipient",
    "Diagnostic-Code",
    "Reporting-MTA",
];

/// The first field with this name.
pub(super) fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.is(name))
}

/// The message ids in a field, without angle brackets.
pub(super) fn message_ids(value: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, tail)) = after.split_once('>') else {
            break;
        };
        rest = tail;
        let id: String = id.chars().filter(|char| !char.is_whitespace()).collect();
        if !id.is_empty() {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        let bare = value.trim();
        if bare.contains('@') && !bare.contains(char::is_whitespace) {
            ids.push(bare.to_owned());
        }
    }
    ids
}

/// An email address with its display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailto {
    pub(super) name: String,
    pub(super) address: String,
}

/// The addresses in a field, including the members of groups.
pub(super) fn addresses(field: &Field) -> Vec<Mailto> {
    let mut line = field.unfolded().into_bytes();
    line.push(b'\n');
    let HeaderValue::Address(parsed) = MessageStream::new(&line).parse_address() else {
        return Vec::new();
    };
    parsed
        .iter()
        .map(|entry| Mailto {
            name: entry.name().unwrap_or_default().to_owned(),
            address: entry.address().unwrap_or_default().trim().to_owned(),
        })
        .filter(|entry| !entry.address.is_empty() || !entry.name.is_empty())
        .collect()
}

/// A date field, in milliseconds since 1970.
pub(super) fn date(field: &Field) -> Option<i64> {
    parse_date(&field.unfolded())
}

/// Parses a date, in milliseconds since 1970; `None` for earlier dates, in any zone.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let date = DateTime::parse_rfc822(text).filter(DateTime::is_valid)?;
    Some(date.to_timestamp() * 1000).filter(|time| *time >= 0)
}

/// Formats a time for a Date field.
pub(super) fn format_date(milliseconds: i64) -> String {
    DateTime::from_timestamp(milliseconds.div_euclid(1000)).to_rfc822()
}

/// The line at a position, with its line break.
pub(super) fn line_at(raw: &[u8], position: usize) -> &[u8] {
    let rest = raw.get(position..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(rest.len(), |index| index + 1);
    rest.get(..length).unwrap_or_default()
}

/// A line without its line break.
pub(super) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn field_name(line: &[u8]) -> Option<(String, usize)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    Some((String::from_utf8_lossy(name).into_owned(), colon + 1))
}

struct Open {
    name: String,
    start: usize,
    value: usize,
}

impl Open {
    /// A placeholder, so that lines folded under a stray line do not join the field before it.
    fn nowhere(position: usize) -> Self {
        Self {
            name: String::new(),
            start: position,
            value: position,
        }
    }

    /// Whether a line without a name continues this field, despite the missing blank of a fold.
    fn is_unfinished(&self, raw: &[u8], end: usize, line: &[u8], after: usize) -> bool {
        let value = raw
            .get(self.value..end)
            .unwrap_or_default()
            .trim_ascii_end();
        let key = line.split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_parameter = key.len() < line.len()
            && key
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*' | b'_'));
        if self.name.to_ascii_lowercase().starts_with("content-") && value.ends_with(b";") {
            return is_parameter;
        }
        let is_word = line.starts_with(b"=?") && line.trim_ascii_end().ends_with(b"?=");
        (is_word || value.ends_with(b",")) && header_follows(raw, after)
    }
}

fn close(fields: &mut Vec<Field>, open: Option<Open>, raw: &Bytes, end: usize) {
    if let Some(open) = open.filter(|open| !open.name.is_empty()) {
        let value = raw.slice(open.value.min(end)..end);
        let length = trim_line_end(&value).len();
        fields.push(Field {
            name: open.name,
            value: value.slice(..length),
            span: open.start..end,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> (Vec<(String, String)>, String) {
        let (fields, body) = split(&Bytes::copy_from_slice(text.as_bytes()));
        (
            fields
                .iter()
                .map(|field| (field.name.clone(), field.decoded()))
                .collect(),
            String::from_utf8_lossy(&body).into_owned(),
        )
    }

    #[test]
    fn a_header_goes_on_past_broken_lines() {
        let (found, body) = fields(
            "A: 1\r\nwhat is this\r\n more\r\nContent-Type: text/plain;\r\ncharset=utf-8\r\nTo: b@x,\r\nc@x\r\nDate: y\r\n\r\nbody\r\n",
        );
        let names = [
            ("A", "1"),
            ("Content-Type", "text/plain;charset=utf-8"),
            ("To", "b@x,c@x"),
            ("Date", "y"),
        ];
        assert_eq!(
            found,
            names.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(body, "body\r\n");
        let (found, body) = fields("A: 1\nHello\nNote: x\n\nbody");
        assert_eq!((found.len(), body.as_str()), (1, "Hello\nNote: x\n\nbody"));
    }

    #[test]
    fn folded_fields_come_on_one_line() {
        let (found, body) = fields("A: one\r\n two\r\nB:\tthree\r\n\r\nbody\r\n");
        assert_eq!(
            found,
            [
                ("A".into(), "one two".into()),
                ("B".into(), "three".to_owned())
            ]
        );
        assert_eq!(body, "body\r\n");
    }

    #[test]
    fn a_broken_line_ends_the_header() {
        let (found, body) = fields("A: one\nno header here\nB: two\n\nbody");
        assert_eq!(found.len(), 1);
        assert_eq!(body, "no header here\nB: two\n\nbody");
        assert_eq!(fields("From x Mon\nA: one\n\n").0.len(), 1);
        assert_eq!(fields("").0.len(), 0);
        assert_eq!(fields("A: unfinished").0.len(), 1);
        assert_eq!(fields("\nbody").1, "body");
    }

    #[test]
    fn bare_bytes_are_read_by_the_charset_of_their_word() {
        let raw = Bytes::from_static(b"A: Gr\xfc\xdfe =?koi8-r?Q?\xf0=D2?=\n\n");
        assert_eq!(split(&raw).0[0].decoded(), "Grüße Пр");
    }

    #[test]
    fn message_ids_lose_their_brackets() {
        assert_eq!(
            message_ids("<a@example.com>\t<b@example.com>"),
            ["a@example.com", "b@example.com"]
        );
        assert_eq!(message_ids("bare@example.com"), ["bare@example.com"]);
        assert!(message_ids("<broken").is_empty());
    }

    #[test]
    fn addresses_of_every_kind_are_found() {
        let field = Field {
            name: "To".into(),
            value: Bytes::from_static(
                b"\"Doe, Jo\" <jo@example.com>, team: a@example.com, b@example.com;, =?utf-8?q?J=C3=BCrgen?= <j@example.com>",
            ),
            span: 0..0,
        };
        let found = addresses(&field);
        assert_eq!(
            found
                .iter()
                .map(|entry| entry.address.as_str())
                .collect::<Vec<_>>(),
            [
                "jo@example.com",
                "a@example.com",
                "b@example.com",
                "j@example.com"
            ]
        );
        assert_eq!(found[0].name, "Doe, Jo");
        assert_eq!(found[3].name, "Jürgen");
    }

    #[test]
    fn dates_are_read_and_written() {
        let field = |text: &'static str| Field {
            name: "Date".into(),
            value: Bytes::from_static(text.as_bytes()),
            span: 0..0,
        };
        assert_eq!(
            date(&field(" Thu, 1 Jan 2026 00:00:01 +0100")),
            Some(1_767_222_001_000)
        );
        assert_eq!(
            date(&field(" 1 Jan 26 00:00:01 GMT (comment)")),
            Some(1_767_225_601_000)
        );
        assert_eq!(date(&field(" yesterday")), None);
        assert_eq!(date(&field(" Thu, 1 Jan 1970 00:30:00 +0100")), None);
        assert_eq!(
            date(&field(" Wed, 31 Dec 1969 23:30:00 -0100")),
            Some(1_800_000)
        );
        assert!(format_date(1_767_225_601_000).starts_with("Thu, 1 Jan 2026 00:00:01 "));
    }
}
