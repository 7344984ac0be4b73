//! The tree of a message's parts, the same from Gmail's payload and from bytes.
//!
//! This splits the bytes itself, without the MIME library that parses single headers. The library follows nested
//! messages without a limit, so a hostile message could overflow the stack.

use crate::api::gmail::types::MessagePart;

use super::{
    boundary::{find_boundary, split_multipart},
    content_reference::bare,
    envelope::Envelope,
    head::{Header, first, make_utf8, split_fields, split_head, text_charset, tidied},
};
use crate::mail::{
    encoding::{
        charset::{TextOrigin, UndecodedReason},
        decode_base64_lenient,
        transfer::TransferEncoding,
    },
    header::{parameter::Parameterized, parse_parameterized},
};

/// Parts nested deeper are kept as they are, without parsing their content.
pub(crate) const MAXIMUM_DEPTH: usize = 40;

/// Messages that people write have fewer parts.
const MAXIMUM_PARTS: usize = 10_000;

/// The size that compressed parts may expand to; mail that Gmail accepts is smaller.
const MAXIMUM_INFLATED: usize = 64 * 1024 * 1024;

/// How much more of a message may be parsed.
pub(crate) struct Budget {
    pub(crate) parts: usize,
    pub(crate) inflated: usize,
    /// The charset of the message's text.
    pub(crate) charset: Option<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            parts: MAXIMUM_PARTS,
            inflated: MAXIMUM_INFLATED,
            charset: None,
        }
    }
}

/// The content of a part.
#[derive(Clone)]
pub(crate) enum Content {
    /// Bytes, decoded from their transfer encoding.
    Bytes(Vec<u8>),
    /// The attachment id under which Gmail keeps the bytes.
    Behind(String),
}

/// A part of a message.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) id: String,
    /// In lower case; `text/plain` by default.
    pub(crate) mime_type: String,
    pub(crate) content_type: Parameterized,
    pub(crate) disposition: Parameterized,
    pub(crate) file_name: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The headers whose bytes have no charset and aren't UTF-8.
    pub(crate) header_losses: Vec<(String, UndecodedReason)>,
    pub(crate) content: Content,
    pub(crate) size: u64,
    pub(crate) parts: Vec<Part>,
    pub(crate) origin: TextOrigin,
    pub(crate) envelope: Envelope,
    /// The loss in the text before it became the content.
    pub(crate) text_loss: Option<UndecodedReason>,
}

impl Part {
    /// The first header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        first(&self.headers, name).map(Vec::as_slice)
    }

    /// All headers with this name.
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// The bytes, if they are here.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Behind(_) => None,
        }
    }

    /// The attachment id, if the bytes are behind one.
    pub(crate) fn attachment_id(&self) -> Option<&str> {
        match &self.content {
            Content::Bytes(_) => None,
            Content::Behind(id) => Some(id),
        }
    }

    /// The headers of the message in the part.
    pub(crate) fn enclosed_headers(&self) -> Option<Vec<Header>> {
        match self.parts.first() {
            Some(inner) => Some(inner.headers.clone()),
            None => Some(split_head(self.bytes()?).0),
        }
    }

    /// The places of a file name, the standard's first.
    pub(crate) fn name_parameters(&self) -> impl Iterator<Item = (&Parameterized, &'static str)> {
        [
            (&self.disposition, "filename"),
            (&self.content_type, "name"),
            (&self.disposition, "name"),
            (&self.content_type, "filename"),
        ]
        .into_iter()
    }

    /// The content id, without angle brackets.
    pub(crate) fn content_id(&self) -> Option<String> {
        let value = String::from_utf8_lossy(self.header("Content-ID")?);
        let id = bare(&value);
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// The URL that the sender gave the part, without the blanks of folds.
    pub(crate) fn content_location(&self) -> Option<String> {
        let value = String::from_utf8_lossy(self.header("Content-Location")?);
        let location: String = value
            .chars()
            .filter(|character| !character.is_whitespace() && !character.is_control())
            .collect();
        (!location.is_empty()).then_some(location)
    }

    /// Converts a part of Gmail's payload.
    pub(crate) fn from_payload(part: &MessagePart) -> Self {
        Self::from_payload_at(part, 0, &mut Budget::default())
    }

    /// Parses a message or part as sent.
    pub(crate) fn from_raw(raw: &[u8]) -> Self {
        let raw = tidied(raw);
        let mut budget = Budget {
            charset: std::str::from_utf8(&raw)
                .is_err()
                .then(|| text_charset(&raw))
                .flatten(),
            ..Budget::default()
        };
        Self::from_raw_at(&raw, String::new(), "text/plain", 0, &mut budget)
    }

    fn from_payload_at(part: &MessagePart, depth: usize, budget: &mut Budget) -> Self {
        let headers: Vec<(String, Vec<u8>)> = part
            .headers
            .iter()
            .filter_map(|header| {
                let value = header.value.clone().unwrap_or_default();
                Some((header.name.clone()?, value.into_bytes()))
            })
            .collect();
        let body = part.body.as_ref();
        let data = body.and_then(|body| body.data.as_deref());
        let content = match body.and_then(|body| body.attachment_id.as_deref()) {
            Some(id) if data.is_none_or(str::is_empty) && !id.is_empty() => {
                Content::Behind(id.to_owned())
            }
            _ => {
                let data = data.unwrap_or_default();
                Content::Bytes(decode_base64_lenient(data.as_bytes()))
            }
        };
        let size = body
            .and_then(|body| body.size)
            .and_then(|size| u64::try_from(size).ok());
        let mut taken = Self::assemble(headers, "text/plain", content, TextOrigin::Payload);
        taken.id = part.part_id.clone().unwrap_or_default();
        taken.size = size.unwrap_or(taken.size);
        if let Some(mime_type) = &part.mime_type
            && !mime_type.is_empty()
        {
            taken.mime_type = mime_type.to_ascii_lowercase();
        }
        if let Some(name) = &part.filename
            && !name.is_empty()
        {
            taken.file_name = Some(name.clone());
        }
        if depth < MAXIMUM_DEPTH {
            for child in &part.parts {
                if budget.parts == 0 {
                    break;
                }
                budget.parts -= 1;
                taken
                    .parts
                    .push(Self::from_payload_at(child, depth + 1, budget));
            }
        }
        if taken.parts.is_empty()
            && taken.mime_type.starts_with("multipart/")
            && depth < MAXIMUM_DEPTH
            && let Content::Bytes(bytes) = &taken.content
        {
            let bytes = bytes.clone();
            taken.take_apart(&bytes, depth, budget);
        }
        taken.settle_type();
        taken.open(depth, budget);
        taken
    }

    pub(crate) fn from_raw_at(
        raw: &[u8],
        id: String,
        default_type: &str,
        depth: usize,
        budget: &mut Budget,
    ) -> Self {
        let (mut headers, body) = split_fields(raw);
        let header_losses = make_utf8(&mut headers, budget.charset.as_deref());
        let mut part = Self::assemble(
            headers,
            default_type,
            Content::Bytes(Vec::new()),
            TextOrigin::Raw,
        );
        part.id = id;
        part.header_losses = header_losses;
        if part.mime_type.starts_with("multipart/") && depth < MAXIMUM_DEPTH {
            part.take_apart(body, depth, budget);
            if !part.parts.is_empty() {
                return part;
            }
        }
        part.settle_type();
        let bytes = part
            .transfer_encoding()
            .decode(body, part.mime_type.starts_with("text/"));
        part.size = bytes.len() as u64;
        part.content = Content::Bytes(bytes);
        part.open(depth, budget);
        part
    }

    /// Splits a multipart's body into parts.
    ///
    /// If the header's boundary doesn't occur, the boundary found in the body is used. A body may also be encoded as a
    /// whole, although RFC 2045 section 6.4 forbids it.
    fn take_apart(&mut self, body: &[u8], depth: usize, budget: &mut Budget) {
        let named = self.content_type.parameter("boundary").unwrap_or_default();
        let named = named.trim_end().as_bytes();
        let mut decoded = Vec::new();
        let mut bodies = split_multipart(body, named);
        if bodies.is_empty() {
            let encoding = self.transfer_encoding();
            if encoding != TransferEncoding::Identity {
                decoded = encoding.decode(body, true);
            }
            bodies = split_multipart(&decoded, named);
            for body in [body, &decoded] {
                if bodies.is_empty()
                    && let Some(boundary) = find_boundary(body)
                {
                    bodies = split_multipart(body, boundary);
                }
            }
        }
        let child_type = if self.mime_type == "multipart/digest" {
            "message/rfc822"
        } else {
            "text/plain"
        };
        let mut parts = Vec::new();
        for (position, child) in bodies.into_iter().enumerate() {
            if budget.parts == 0 {
                break;
            }
            budget.parts -= 1;
            let id = self.child_id(position);
            parts.push(Self::from_raw_at(child, id, child_type, depth + 1, budget));
        }
        self.parts = parts;
    }

    fn transfer_encoding(&self) -> TransferEncoding {
        self.header("Content-Transfer-Encoding")
            .map_or(TransferEncoding::Identity, TransferEncoding::parse)
    }

    /// A multipart without its boundary is shown as text.
    fn settle_type(&mut self) {
        if self.parts.is_empty() && self.mime_type.starts_with("multipart/") {
            self.mime_type = "text/plain".to_owned();
        }
    }

    pub(crate) fn assemble(
        headers: Vec<(String, Vec<u8>)>,
        default_type: &str,
        content: Content,
        origin: TextOrigin,
    ) -> Self {
        let mut part = Self {
            id: String::new(),
            mime_type: default_type.to_owned(),
            content_type: Parameterized::default(),
            disposition: Parameterized::default(),
            file_name: None,
            headers,
            header_losses: Vec::new(),
            size: match &content {
                Content::Bytes(bytes) => bytes.len() as u64,
                Content::Behind(_) => 0,
            },
            content,
            parts: Vec::new(),
            origin,
            envelope: Envelope::None,
            text_loss: None,
        };
        if let Some(value) = part.header("Content-Type") {
            part.content_type = parse_parameterized(value);
            let value = &part.content_type.value;
            if value.contains('/') && !value.contains(char::is_whitespace) {
                part.mime_type = value.clone();
            }
        }
        if let Some(value) = part.header("Content-Disposition") {
            part.disposition = parse_parameterized(value);
        }
        let file_name = part
            .name_parameters()
            .filter_map(|(parsed, name)| parsed.parameter(name))
            .map(str::trim)
            .find(|name| !name.is_empty())
            .map(str::to_owned);
        part.file_name = file_name;
        part
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_multipart_is_taken_apart() {
        let raw = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b c\"\r\n\r\npreamble\r\n--b c\r\n\r\none\r\n--b c \r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\ntwo\r\n--i--\r\n--b c\r\nContent-Type: image/png; name=\"=?utf-8?Q?=C3=A9.png?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b c--\r\nepilogue";
        let part = Part::from_raw(raw);
        assert_eq!(part.parts.len(), 3);
        let ids: Vec<&str> = part.parts.iter().map(|part| part.id.as_str()).collect();
        assert_eq!(ids, ["0", "1", "2"]);
        assert_eq!(part.parts[0].bytes(), Some(&b"one"[..]));
        assert_eq!(part.parts[1].parts[0].id, "1.0");
        assert_eq!(part.parts[1].parts[0].bytes(), Some(&b"two"[..]));
        assert_eq!(part.parts[2].file_name.as_deref(), Some("é.png"));
        assert_eq!(part.parts[2].bytes(), Some(&b"hi"[..]));
    }

    #[test]
    fn broken_structure_is_read_all_the_same() {
        let unclosed =
            Part::from_raw(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo");
        assert_eq!(unclosed.parts.len(), 2);
        let missing = Part::from_raw(b"Content-Type: multipart/mixed; boundary=b\n\ntext alone");
        assert_eq!(
            (missing.mime_type.as_str(), missing.bytes()),
            ("text/plain", Some(&b"text alone"[..]))
        );
        let twice = Part::from_raw(
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\none\n--b--\n",
        );
        assert_eq!(twice.parts.len(), 1);
        let headless = Part::from_raw(b"no header here\nmore");
        assert_eq!(headless.bytes(), Some(&b"no header here\nmore"[..]));
        assert_eq!(Part::from_raw(b"").bytes(), Some(&b""[..]));
    }

    #[test]
    fn parts_within_parts_have_an_end() {
        let mut raw = Vec::new();
        for level in 0..2000 {
            raw.extend(
                format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n")
                    .into_bytes(),
            );
        }
        let mut depth = 0;
        let mut part = &Part::from_raw(&raw);
        while let Some(child) = part.parts.first() {
            part = child;
            depth += 1;
        }
        assert_eq!(depth, MAXIMUM_DEPTH);
        let many = [
            &b"Content-Type: multipart/mixed; boundary=b\n\n"[..],
            &b"--b\n\nx\n".repeat(20_000),
        ]
        .concat();
        assert_eq!(Part::from_raw(&many).parts.len(), MAXIMUM_PARTS);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_apart(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Part::from_raw(&raw).size <= raw.len() as u64);
        }
    }
}
