//! Splits a message or part into headers and body.

use std::borrow::Cow;

use crate::mail::{
    encoding::{
        charset::{UndecodedReason, decode_header_bytes, decoder::Decoder},
        transfer::split_line_end,
    },
    header::parse_parameterized,
};

/// The name of a header, and its value in UTF-8.
pub(crate) type Header = (String, Vec<u8>);

/// The maximum number of lines, and of bytes, to search for headers after a line that isn't one.
const MAXIMUM_LINES_AHEAD: usize = 200;
const MAXIMUM_BYTES_AHEAD: usize = 64 * 1024;

/// The maximum number of lines in a head that aren't headers.
pub(crate) const MAXIMUM_STRAYS: usize = 50;

/// How far into a message to look for its text's charset.
const MAXIMUM_CHARSET_POSITION: usize = 64 * 1024;

/// The value of the first header with a name.
pub(crate) fn first<'a, T>(headers: &'a [(String, T)], name: &str) -> Option<&'a T> {
    let mut headers = headers.iter();
    let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// Splits a message into headers, converted to UTF-8, and body.
pub(crate) fn split_head(raw: &[u8]) -> (Vec<Header>, &[u8]) {
    let (mut headers, body) = split_fields(raw);
    make_utf8(&mut headers, None);
    (headers, body)
}

/// Converts values to UTF-8, and returns the headers whose charset was guessed. `charset` is that of the message's
/// text: programs without encoded words use it for their headers too.
pub(crate) fn make_utf8(
    headers: &mut [Header],
    charset: Option<&str>,
) -> Vec<(String, UndecodedReason)> {
    let mut losses = Vec::new();
    for (name, value) in headers {
        // Blanks before a fold belong to the value; those at its end don't.
        value.truncate(value.trim_ascii_end().len());
        if let (Cow::Owned(text), loss) = decode_header_bytes(value, charset) {
            *value = text.into_bytes();
            losses.extend(loss.map(|reason| (name.clone(), reason)));
        }
    }
    losses
}

/// The charset of a message's first text, for headers whose bytes have no charset.
pub(crate) fn text_charset(raw: &[u8]) -> Option<String> {
    const MAXIMUM_PLACES: usize = 40;
    const MAXIMUM_LENGTH: usize = 100;

    let raw = raw.get(..MAXIMUM_CHARSET_POSITION).unwrap_or(raw);
    let places = memchr::memmem::find_iter(raw, b"harset").take(MAXIMUM_PLACES);
    places
        .filter_map(|place| {
            let text = raw.get(place..)?;
            let text = text.get(..MAXIMUM_LENGTH).unwrap_or(text);
            let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
            let parsed = parse_parameterized(&[b"text/plain; c", line].concat());
            parsed.parameter("charset").map(str::to_owned)
        })
        .find(|label| {
            let decoder = Decoder::for_label(label);
            decoder.is_some_and(|decoder| !matches!(decoder, Decoder::Unspecified))
        })
}

/// Splits a message into headers and body.
///
/// A line that isn't a header starts the body of a message without the empty line. But if headers follow it, it is the
/// rest of a header that lost its leading blank, or a stray line.
pub(crate) fn split_fields(raw: &[u8]) -> (Vec<Header>, &[u8]) {
    let mut headers: Vec<Header> = Vec::new();
    let mut rest = raw;
    let mut strays = 0;
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        let (content, _) = split_line_end(line);
        if content.is_empty() {
            return (headers, tail);
        }
        let last = headers.last_mut();
        if matches!(content.first(), Some(b' ' | b'\t')) {
            if let Some((_, value)) = last {
                append(value, b"", content);
            }
        } else if let Some((name, value)) = split_field(content) {
            headers.push((name, value.to_vec()));
        } else if last.is_none()
            && (content.starts_with(b"From ") || content.starts_with(b">From "))
        {
            // The separator of messages in an mbox.
        } else if let Some((name, value)) = last
            && strays < MAXIMUM_STRAYS
            && (is_parameter(name, value, content) || goes_on(tail))
        {
            strays += 1;
            if is_parameter(name, value, content) || is_rest(value, content) {
                append(value, b" ", content);
            }
        } else {
            return (headers, rest);
        }
        rest = tail;
    }
    (headers, rest)
}

fn append(value: &mut Vec<u8>, blank: &[u8], line: &[u8]) {
    value.extend_from_slice(b"\r\n");
    value.extend_from_slice(blank);
    value.extend_from_slice(line);
}

/// Whether a line is a parameter of the header before it, such as `boundary="b"` after `multipart/mixed;`.
fn is_parameter(name: &str, value: &[u8], line: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_*".contains(byte);
    let has_parameters = ["Content-Type", "Content-Disposition"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    let equals = memchr::memchr(b'=', line).unwrap_or_default();
    let parameter = line.get(..equals).unwrap_or_default().trim_ascii_end();
    has_parameters
        && value.trim_ascii_end().ends_with(b";")
        && !parameter.is_empty()
        && parameter.iter().all(is_name)
}

/// Whether a line looks like the rest of a value that was broken without a blank.
fn is_rest(value: &[u8], line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    value.trim_ascii_end().ends_with(b",") || (line.starts_with(b"=?") && line.ends_with(b"?="))
}

/// Whether headers continue after a line that isn't one: most lines up to the empty one are headers, and at least one
/// is a known header.
fn goes_on(mut rest: &[u8]) -> bool {
    rest = rest.get(..MAXIMUM_BYTES_AHEAD).unwrap_or(rest);
    let (mut fields, mut strays, mut is_known) = (0_usize, 0_usize, false);
    for _ in 0..MAXIMUM_LINES_AHEAD {
        let (line, tail) = split_line(rest);
        let (content, _) = split_line_end(line);
        match content {
            [] => break,
            [b' ' | b'\t', ..] => {}
            content => match split_field(content) {
                Some((name, _)) => {
                    fields += 1;
                    is_known |= is_known_header(&name);
                }
                None => strays += 1,
            },
        }
        rest = tail;
    }
    is_known && strays <= fields
}

fn is_known_header(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "sender",
        "reply-to",
        "message-id",
        "in-reply-to",
        "references",
        "return-path",
        "received",
        "delivered-to",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "reporting-mta",
        "original-recipient",
        "final-recipient",
        "diagnostic-code",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn split_field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let value = value.get(1..)?.trim_ascii_start();
    is_name.then(|| (String::from_utf8_lossy(name).into_owned(), value))
}

/// The first line, with its line end, and the rest.
pub(crate) fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |position| position + 1);
    bytes.split_at_checked(end).unwrap_or((bytes, b""))
}

/// A message without what a file may have added: a byte order mark, or line ends of a single CR.
pub(crate) fn tidied(raw: &[u8]) -> Cow<'_, [u8]> {
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    if memchr::memchr(b'\n', raw).is_some() || memchr::memchr(b'\r', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let with_line_feeds = raw.iter().map(|byte| match byte {
        b'\r' => b'\n',
        byte => *byte,
    });
    Cow::Owned(with_line_feeds.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(raw: &str) -> (Vec<String>, &str) {
        let (headers, body) = split_fields(raw.as_bytes());
        let headers = headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value).replace("\r\n", "");
            format!("{name}={value}")
        });
        (headers.collect(), std::str::from_utf8(body).unwrap())
    }

    #[test]
    fn a_head_goes_on_behind_a_line_that_is_no_header() {
        let table: [(&str, &[&str], &str); 10] = [
            (
                "Content-Type: multipart/mixed;\nboundary=\"b\"\n\nx",
                &["Content-Type=multipart/mixed; boundary=\"b\""],
                "x",
            ),
            (
                "Content-Type: text/plain;\nname*0*=a\nA: b\n\nx",
                &["Content-Type=text/plain; name*0*=a", "A=b"],
                "x",
            ),
            (
                "Subject: =?utf-8?Q?a?=\n=?utf-8?Q?b?=\nTo: c\n\nx",
                &["Subject==?utf-8?Q?a?= =?utf-8?Q?b?=", "To=c"],
                "x",
            ),
            (
                "To: a@example.com,\nb@example.com\nSubject: c\n\nx",
                &["To=a@example.com, b@example.com", "Subject=c"],
                "x",
            ),
            ("A: b\nquite C: d\nTo: e\n\nx", &["A=b", "To=e"], "x"),
            (
                "A: b\nFrom a Sun Apr 5 09:24:45 2026\nTo: e\n\nx",
                &["A=b", "To=e"],
                "x",
            ),
            (
                "A: b\nHello there\nNote: c\n\nx",
                &["A=b"],
                "Hello there\nNote: c\n\nx",
            ),
            ("A: b;\nc=d\nTo: e", &["A=b;", "To=e"], ""),
            ("A: b;\nc=d\n\nTo: e", &["A=b;"], "c=d\n\nTo: e"),
            ("Hello\nTo: a\n\nx", &[], "Hello\nTo: a\n\nx"),
        ];
        for (raw, headers, body) in table {
            let read = names(raw);
            assert_eq!(
                (
                    read.0.iter().map(String::as_str).collect::<Vec<_>>(),
                    read.1
                ),
                (headers.to_vec(), body)
            );
        }
    }

    #[test]
    fn the_charset_of_the_text_is_found() {
        let table: [(&str, Option<&str>); 6] = [
            (
                "Content-Type: text/plain; charset=koi8-r\n\n",
                Some("koi8-r"),
            ),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html;\n Charset=\"gb2312\"\n",
                Some("gb2312"),
            ),
            (
                "a charset\nCharset = us-ascii\ncharset=big5; format=flowed",
                Some("big5"),
            ),
            ("charset=x-unheard-of", None),
            ("Subject: charset", None),
            ("", None),
        ];
        for (raw, charset) in table {
            assert_eq!(text_charset(raw.as_bytes()).as_deref(), charset, "{raw}");
        }
    }

    #[test]
    fn what_a_file_adds_is_taken_off() {
        for raw in ["A: b\n\nc\n", "\u{feff}A: b\n\nc\n", "A: b\r\rc\r"] {
            assert_eq!(&*tidied(raw.as_bytes()), b"A: b\n\nc\n");
        }
        assert_eq!(&*tidied(b"A: b\r\n\r\nc\rd"), b"A: b\r\n\r\nc\rd");
    }

    proptest! {
        #[test]
        fn the_body_is_the_end_of_the_message(raw in "(To: a|a=b|x;| y|From b|\n|:){0,20}") {
            let (_, body) = split_fields(raw.as_bytes());
            prop_assert!(raw.as_bytes().ends_with(body));
        }
    }
}
