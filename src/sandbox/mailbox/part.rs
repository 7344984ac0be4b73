//! A message's tree of MIME parts.

use bytes::Bytes;

use super::{
    encoding::{decode_transfer, to_text, to_utf8},
    header::{Field, decode_fields, find, line_at, split, trim_line_end},
    word::Structured,
};

/// A MIME part; the message itself is the root.
pub(super) struct Part {
    /// The header fields, in order.
    pub(super) fields: Vec<Field>,
    /// The media type in lower case, such as `text/plain`.
    pub(super) media_type: String,
    /// The decoded file name; empty if absent.
    pub(super) filename: String,
    /// The nested parts.
    pub(super) parts: Vec<Part>,
    charset: Option<String>,
    attachment: bool,
    encoding: String,
    body: Bytes,
}

// Real mail stays far below these limits, which stop hostile mail.
const DEEPEST: usize = 24;
const MOST_PARTS: usize = 1000;

impl Part {
    /// Parses a message. Any bytes give a tree.
    pub(super) fn read(raw: &Bytes) -> Self {
        let raw = lines_of(raw);
        let mut found = Self::parse(&raw, "text/plain", 0, &mut { MOST_PARTS });
        if std::str::from_utf8(&raw).is_err()
            && let Some(charset) = found.text_charset().map(ToOwned::to_owned)
        {
            found.decode_headers(&charset);
        }
        found
    }

    /// The charset of the message's first text part.
    fn text_charset(&self) -> Option<&str> {
        let own = self.charset.as_deref();
        own.filter(|_| self.media_type.starts_with("text/"))
            .or_else(|| self.parts.iter().find_map(Part::text_charset))
    }

    fn decode_headers(&mut self, charset: &str) {
        decode_fields(&mut self.fields, charset);
        self.filename = file_name(&self.fields);
        for part in &mut self.parts {
            part.decode_headers(charset);
        }
    }

    /// The content with its transfer encoding decoded.
    pub(super) fn content(&self) -> Bytes {
        decode_transfer(&self.encoding, &self.body)
    }

    /// A text part's content in UTF-8, if its charset is known.
    pub(super) fn text_content(&self) -> Bytes {
        to_utf8(self.charset.as_deref(), self.content())
    }

    /// The content as text for display and search.
    pub(super) fn text(&self) -> String {
        to_text(&self.text_content()).into_owned()
    }

    /// Whether this part is body text rather than a file.
    ///
    /// A multipart whose parts cannot be found counts as plain text.
    pub(super) fn is_body_text(&self) -> bool {
        let lost = self.media_type.starts_with("multipart/") && self.parts.is_empty();
        (lost || self.media_type.starts_with("text/"))
            && self.filename.is_empty()
            && !self.attachment
    }

    /// Whether this part only contains other parts.
    pub(super) fn is_container(&self) -> bool {
        self.media_type.starts_with("multipart/") && !self.parts.is_empty()
    }

    /// Whether a mail program would show this part as an attachment; inline images do not count.
    pub(super) fn is_attachment(&self) -> bool {
        let picture = self.media_type.starts_with("image/")
            && !self.attachment
            && find(&self.fields, "Content-ID").is_some();
        !self.is_container() && !picture && (self.attachment || !self.filename.is_empty())
    }

    /// The first part in reading order that satisfies a condition. Attached messages are not searched.
    pub(super) fn find(&self, condition: &impl Fn(&Part) -> bool) -> Option<&Part> {
        if condition(self) {
            return Some(self);
        }
        if self.media_type.starts_with("message/") {
            return None;
        }
        self.parts.iter().find_map(|part| part.find(condition))
    }

    /// Calls a function for this part and all nested parts, in reading order.
    pub(super) fn visit<'a>(&'a self, action: &mut impl FnMut(&'a Part)) {
        action(self);
        for part in &self.parts {
            part.visit(action);
        }
    }

    fn parse(raw: &Bytes, default_type: &str, depth: usize, budget: &mut usize) -> Self {
        *budget = budget.saturating_sub(1);
        let (fields, body) = split(raw);
        let structured = |name: &str| find(&fields, name).map(|field| field.unfolded());
        let content_type = structured("Content-Type").map(|text| Structured::parse(&text));
        let attachment = structured("Content-Disposition")
            .is_some_and(|text| Structured::parse(&text).value == "attachment");
        let media_type = content_type
            .as_ref()
            .map(|content_type| content_type.value.as_str())
            .filter(|value| is_media_type(value))
            .unwrap_or(default_type)
            .to_owned();
        let content_type = content_type.unwrap_or_default();
        let encoding = structured("Content-Transfer-Encoding")
            .map(|text| Structured::parse(&text).value)
            .unwrap_or_default();
        let mut part = Self {
            charset: content_type.parameter("charset").map(ToOwned::to_owned),
            attachment,
            media_type,
            filename: file_name(&fields),
            encoding,
            body,
            fields,
            parts: Vec::new(),
        };
        if depth < DEEPEST {
            part.parts = part.children(content_type.parameter("boundary"), depth, budget);
        }
        part
    }

    fn children(&self, boundary: Option<&str>, depth: usize, budget: &mut usize) -> Vec<Part> {
        let mut children = Vec::new();
        if self.media_type.starts_with("multipart/") {
            let default_type = if self.media_type == "multipart/digest" {
                "message/rfc822"
            } else {
                "text/plain"
            };
            for piece in self.pieces(boundary.unwrap_or_default()) {
                if *budget == 0 {
                    break;
                }
                children.push(Self::parse(&piece, default_type, depth + 1, budget));
            }
        } else if matches!(
            self.media_type.as_str(),
            "message/rfc822" | "message/global"
        ) {
            if *budget > 0 {
                let inner = self.content();
                children.push(Self::parse(&inner, "text/plain", depth + 1, budget));
            }
        } else if self.media_type == "message/delivery-status" {
            let mut rest = self.content();
            while !rest.is_empty() && *budget > 0 {
                let (fields, tail) = split(&rest);
                if fields.is_empty() && tail.len() == rest.len() {
                    break;
                }
                rest = tail;
                if !fields.is_empty() {
                    *budget = budget.saturating_sub(1);
                    children.push(Self::status_group(fields));
                }
            }
        }
        children
    }

    /// The pieces of a multipart. In broken mail the boundary differs from the declared one, or the whole body is
    /// encoded.
    fn pieces(&self, boundary: &str) -> Vec<Bytes> {
        let pieces = split_multipart(&self.body, boundary);
        if !pieces.is_empty() {
            return pieces;
        }
        let plain = self.content();
        let pieces = split_multipart(&plain, boundary);
        if !pieces.is_empty() {
            return pieces;
        }
        let guess = |body: &Bytes| Some(split_multipart(body, &likely_boundary(body)?));
        guess(&self.body)
            .or_else(|| guess(&plain))
            .unwrap_or_default()
    }

    fn status_group(fields: Vec<Field>) -> Self {
        Self {
            fields,
            media_type: "text/plain".to_owned(),
            filename: String::new(),
            parts: Vec::new(),
            charset: None,
            attachment: false,
            encoding: String::new(),
            body: Bytes::new(),
        }
    }
}

/// Strips a byte order mark, and converts bare CR line breaks to LF.
fn lines_of(raw: &Bytes) -> Bytes {
    let marked = usize::from(raw.starts_with(b"\xef\xbb\xbf")) * 3;
    let raw = raw.slice(marked..);
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return raw;
    }
    raw.iter()
        .map(|&byte| if byte == b'\r' { b'\n' } else { byte })
        .collect()
}

/// The first line that looks like a boundary: a part's header follows it.
fn likely_boundary(body: &Bytes) -> Option<String> {
    let mut position = 0;
    for _ in 0..1000 {
        let line = line_at(body, position);
        position += line.len();
        let boundary = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end);
        let next = line_at(body, position).to_ascii_lowercase();
        if let Some(boundary) = boundary
            && !boundary.is_empty()
            && next.starts_with(b"content-")
        {
            return String::from_utf8(boundary.to_vec()).ok();
        }
    }
    None
}

/// The decoded file name of an attached file.
fn file_name(fields: &[Field]) -> String {
    let parameter = |name: &str, parameter: &str| {
        let value = Structured::parse(&find(fields, name)?.unfolded());
        value.parameter(parameter).map(ToOwned::to_owned)
    };
    parameter("Content-Disposition", "filename")
        .or_else(|| parameter("Content-Type", "name"))
        .unwrap_or_default()
}

fn is_media_type(value: &str) -> bool {
    value
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty())
}

fn split_multipart(body: &Bytes, boundary: &str) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    if boundary.is_empty() {
        return pieces;
    }
    let mut start: Option<usize> = None;
    let mut position = 0;
    while position < body.len() {
        let line = line_at(body, position);
        if let Some(last) = delimiter(line, boundary.as_bytes()) {
            // Some mailers write a delimiter twice; the empty piece between them is not a part.
            if let Some(start) = start.take().filter(|start| *start < position) {
                pieces.push(piece(body, start, position));
            }
            position += line.len();
            // A part after the closing delimiter means that an inner multipart wrongly reuses the boundary.
            start = (!last).then_some(position);
        } else {
            position += line.len();
        }
    }
    // Truncated mail has no closing delimiter, but its last piece still counts.
    if let Some(start) = start {
        pieces.push(body.slice(start.min(body.len())..));
    }
    pieces
}

fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match trim_line_end(rest).trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn piece(body: &Bytes, start: usize, end: usize) -> Bytes {
    // The line break before a delimiter belongs to the delimiter.
    let whole = body.slice(start..end);
    let length = trim_line_end(&whole).len();
    whole.slice(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Part {
        Part::read(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_plain_message_is_one_part() {
        let part = read("Subject: x\n\nhello\n");
        assert_eq!(part.media_type, "text/plain");
        assert!(part.parts.is_empty());
        assert_eq!(part.content(), "hello\n");
    }

    #[test]
    fn a_multipart_is_split_whatever_boundary_it_names() {
        let body =
            "--b\nContent-Type: text/plain\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n";
        for head in [
            "Content-Type: multipart/mixed",
            "Content-Type: multipart/mixed; boundary=c",
            "Content-Type: multipart/mixed;\nboundary=b",
            "\u{feff}Content-Type: multipart/mixed; boundary=b",
        ] {
            assert_eq!(read(&format!("{head}\n\n{body}")).parts.len(), 2, "{head}");
        }
        let whole = super::super::encoding::encode_wire(body.as_bytes());
        let head = "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64";
        assert_eq!(read(&format!("{head}\n\n{whole}\n")).parts.len(), 2);
        let old =
            format!("Content-Type: multipart/mixed; boundary=b\n\n{body}").replace('\n', "\r");
        assert_eq!(read(&old).parts.len(), 2);
    }

    #[test]
    fn header_bytes_are_in_the_charset_of_the_text() {
        let raw = Bytes::from_static(
            b"Subject: \xf0\xd2\xc9\xd7\xc5\xd4 =?koi8-r?Q?\xf0?=\n\
              Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=koi8-r\n\nx\n\
              --b\nContent-Disposition: attachment; filename=\"\xf0.txt\"\n\nx\n--b--\n",
        );
        let part = Part::read(&raw);
        assert_eq!(part.fields[0].decoded(), "Привет П");
        assert_eq!(part.parts[1].filename, "П.txt");
    }

    #[test]
    fn multipart_is_split_at_its_boundary_alone() {
        let part = read(
            "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n--b\r\n\r\none\r\n--bb\r\n--b \r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\nepilogue",
        );
        assert_eq!(part.parts.len(), 2);
        assert_eq!(part.parts[0].content(), "one\r\n--bb");
        assert_eq!(part.parts[1].content(), "two");
        assert_eq!(part.parts[1].media_type, "text/html");
    }

    #[test]
    fn a_boundary_that_an_inner_multipart_has_too_hides_no_part() {
        let part = read(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\nepilogue",
        );
        let contents: Vec<_> = part.parts.iter().map(Part::content).collect();
        assert_eq!(contents, ["", "one", "two"]);
    }

    #[test]
    fn a_broken_multipart_keeps_its_text() {
        let unclosed = read("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo");
        assert_eq!(unclosed.parts.len(), 2);
        assert_eq!(unclosed.parts[1].content(), "two");
        let wrong = read("Content-Type: multipart/mixed; boundary=b\n\n--c\n\none\n--c--\n");
        assert!(wrong.parts.is_empty());
        assert!(!wrong.is_container());
        let twice = read("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\none\n--b--\n");
        assert_eq!(twice.parts.len(), 1);
        let none = read("Content-Type: multipart/mixed\n\ntext");
        assert_eq!(none.content(), "text");
    }

    #[test]
    fn nesting_is_bounded() {
        let mut text = String::new();
        for level in 0..200 {
            text.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
            ));
        }
        let mut deepest = 0;
        let part = read(&text);
        let mut current = &part;
        while let Some(next) = current.parts.first() {
            deepest += 1;
            current = next;
        }
        assert_eq!(deepest, DEEPEST);
        let wide = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\n\nx\n".repeat(5000)
        );
        assert!(read(&wide).parts.len() < MOST_PARTS);
    }

    #[test]
    fn messages_and_reports_are_opened() {
        let part = read(
            "Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/html\n\n<p>x</p>",
        );
        assert_eq!(part.parts.len(), 1);
        assert_eq!(part.parts[0].media_type, "text/html");
        let report = read(
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; example.com\n\nFinal-Recipient: rfc822; x@example.com\nStatus: 5.1.1\n",
        );
        assert_eq!(report.parts.len(), 2);
        assert_eq!(report.parts[1].fields.len(), 2);
    }

    #[test]
    fn text_is_brought_to_utf8() {
        let part = read(
            "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n=F0=D2",
        );
        assert_eq!(part.text_content(), "Пр");
        let unknown = read(
            "Content-Type: text/plain; charset=x-none\nContent-Transfer-Encoding: base64\n\n/w==",
        );
        assert_eq!(unknown.text_content()[..], b"\xff"[..]);
    }
}
