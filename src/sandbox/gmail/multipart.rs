//! `multipart/*` bodies of batches and uploads: binary parts between boundaries.

use http::{HeaderMap, HeaderName, HeaderValue};

#[derive(Debug, PartialEq)]
pub(super) struct Part<'a> {
    pub(super) headers: HeaderMap,
    pub(super) body: &'a [u8],
}

/// The boundary in a content type.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("boundary") && !value.is_empty())
            .then(|| value.to_owned())
    })
}

/// The parts of a body; `None` when the closing boundary is missing or a header line is malformed.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("--{boundary}").into_bytes();
    let mut parts = Vec::new();
    let mut start = None;
    for line in lines(body) {
        let text = line.text;
        let Some(rest) = text.strip_prefix(delimiter.as_slice()) else {
            continue;
        };
        let closing = rest.starts_with(b"--");
        let padding = if closing { rest.get(2..)? } else { rest };
        if !padding.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Some(start) = start {
            // The line break before a boundary belongs to the boundary.
            let content = body.get(start..line.start)?;
            let content = content.strip_suffix(b"\n").map_or(content, |content| {
                content.strip_suffix(b"\r").unwrap_or(content)
            });
            parts.push(part(content)?);
        }
        if closing {
            return Some(parts);
        }
        start = Some(line.end);
    }
    None
}

/// Splits a text into headers and body at the empty line.
pub(super) fn part(content: &[u8]) -> Option<Part<'_>> {
    let mut headers = HeaderMap::new();
    for line in lines(content) {
        if line.text.is_empty() {
            return Some(Part {
                headers,
                body: content.get(line.end..)?,
            });
        }
        add_header(&mut headers, line.text)?;
    }
    // A part may consist of headers only.
    Some(Part { headers, body: &[] })
}

/// Adds one `name: value` line.
pub(super) fn add_header(headers: &mut HeaderMap, line: &[u8]) -> Option<()> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = HeaderName::from_bytes(line.get(..colon)?.trim_ascii()).ok()?;
    let value = HeaderValue::from_bytes(line.get(colon + 1..)?.trim_ascii()).ok()?;
    headers.append(name, value);
    Some(())
}

/// A line without its line break, and its position in the text.
struct Line<'a> {
    text: &'a [u8],
    start: usize,
    end: usize,
}

fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive(|&byte| byte == b'\n')
        .map(move |line| {
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            let line = Line {
                text: bare,
                start,
                end: start + line.len(),
            };
            start = line.end;
            line
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_read_from_the_content_type() {
        for (content_type, expected) in [
            ("multipart/mixed; boundary=abc", Some("abc")),
            (
                "Multipart/Related; charset=utf-8; Boundary=\"a b\"",
                Some("a b"),
            ),
            ("multipart/mixed", None),
            ("multipart/mixed; boundary=", None),
            ("application/json; boundary=abc", None),
        ] {
            assert_eq!(
                boundary(content_type).as_deref(),
                expected,
                "{content_type}"
            );
        }
    }

    #[test]
    fn parts_keep_their_bytes() {
        let body = b"ignored\r\n--abc\r\nContent-ID: <1>\r\n\r\n\xff\r\n--abcd\r\n\r\n--abc \r\nX: 1\r\n\r\nlast\n--abc--\r\ntail";
        let parts = parts(body, "abc").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].headers["content-id"], "<1>");
        assert_eq!(parts[0].body, b"\xff\r\n--abcd\r\n");
        assert_eq!(
            (parts[1].headers["x"].to_str().unwrap(), parts[1].body),
            ("1", b"last".as_slice())
        );
    }

    #[test]
    fn a_body_without_its_last_boundary_is_refused() {
        assert_eq!(parts(b"--abc\r\n\r\ntext\r\n", "abc"), None);
        assert_eq!(parts(b"", "abc"), None);
        assert_eq!(
            parts(b"--abc\r\nno header\r\n\r\ntext\r\n--abc--", "abc"),
            None
        );
    }
}
