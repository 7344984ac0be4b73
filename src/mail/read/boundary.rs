//! Splits a multipart into parts.

use super::head::split_line;
use crate::mail::encoding::transfer::split_line_end;

/// The maximum number of lines of a body to search for a boundary that the header doesn't name.
const MAXIMUM_LINES: usize = 2_000;

/// The parts between boundary lines; an unclosed boundary ends with the body.
pub(crate) fn split_multipart<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let mut start = None;
    let mut position = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        let after = line
            .strip_prefix(b"--")
            .and_then(|line| line.strip_prefix(boundary))
            .map(<[u8]>::trim_ascii_end);
        let is_close = after == Some(b"--");
        if is_close || after == Some(b"") {
            // Some mailers write a delimiter twice; an empty gap isn't a part.
            if let Some(start) = start.filter(|start| *start < position) {
                // The line end before a boundary belongs to the boundary.
                let part = body.get(start..position).unwrap_or_default();
                parts.push(split_line_end(part).0);
            }
            // A part after the closing line means that an inner multipart wrongly used the same boundary.
            start = (!is_close).then_some(position + line.len());
        }
        position += line.len();
        rest = tail;
    }
    if let Some(start) = start {
        let part = body.get(start..).unwrap_or_default();
        if !part.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// Finds a body's boundary if its header names none, or one that doesn't occur: the first line that starts with `--`
/// and is followed by part headers.
pub(crate) fn find_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body;
    for _ in 0..MAXIMUM_LINES {
        let (line, tail) = split_line(rest);
        if line.is_empty() {
            return None;
        }
        let boundary = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end);
        if let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty())
            && tail
                .get(..8)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"Content-"))
        {
            return Some(boundary);
        }
        rest = tail;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_found_by_the_headers_behind_it() {
        let table: [(&str, Option<&str>); 5] = [
            ("--b\nContent-Type: text/plain\n\nx\n--b--", Some("b")),
            (
                "A preamble\r\n\r\n--=_b \r\ncontent-type: a/b\r\n",
                Some("=_b"),
            ),
            ("-- \nContent\n--\nContent-Type: a/b", None),
            ("--b\nHello", None),
            ("", None),
        ];
        for (body, boundary) in table {
            assert_eq!(
                find_boundary(body.as_bytes()),
                boundary.map(str::as_bytes),
                "{body:?}"
            );
        }
    }
}
