//! Resolves the links of a message's HTML to its parts (RFC 2392, RFC 2557).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that a content id may contain but a link may not.
const CONTENT_ID: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'%');

/// The names by which HTML links to a part.
#[derive(Clone, Default)]
pub(crate) struct PartIdentity {
    /// The content id, without angle brackets.
    pub(crate) content_id: Option<String>,
    /// The URL that the sender gave the part.
    pub(crate) location: Option<String>,
}

/// The content id in a `cid:` link, as written; `None` for other links.
pub(crate) fn content_id_of(url: &str) -> Option<&str> {
    let url = url.trim();
    let (scheme, id) = url.split_at_checked(4)?;
    scheme.eq_ignore_ascii_case("cid:").then(|| bare(id))
}

/// The link to a content id.
pub(crate) fn content_id_url(content_id: &str) -> String {
    format!("cid:{}", utf8_percent_encode(content_id, CONTENT_ID))
}

/// The index of the part that a link names.
pub(crate) fn find(url: &str, parts: &[PartIdentity]) -> Option<usize> {
    let Some(id) = content_id_of(url) else {
        let url = decoded(url.trim());
        let is_location = |part: &PartIdentity| {
            part.location
                .as_deref()
                .is_some_and(|location| !url.is_empty() && decoded(location.trim()) == url)
        };
        return parts.iter().position(is_location);
    };
    let decoded = decoded(id);
    let by = |is_same: &dyn Fn(&str) -> bool| {
        parts
            .iter()
            .position(|part| part.content_id.as_deref().map(bare).is_some_and(is_same))
    };
    // Ids are case-sensitive, but some programs change case, or don't encode the id in the link.
    by(&|known| known == decoded)
        .or_else(|| by(&|known| known == id))
        .or_else(|| by(&|known| known.to_lowercase() == decoded.to_lowercase()))
}

/// An id without angle brackets.
pub(crate) fn bare(id: &str) -> &str {
    id.trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim()
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_part() {
        let part = |content_id: &str, location: Option<&str>| PartIdentity {
            content_id: Some(content_id.to_owned()).filter(|id| !id.is_empty()),
            location: location.map(str::to_owned),
        };
        let parts = [
            part("logo@x", None),
            part("LOGO@x", None),
            part("a%b c@x", None),
            part("", Some("images/pic%20one.png")),
            part("", Some("https://example.org/a.png")),
        ];
        let table = [
            ("cid:logo@x", Some(0)),
            ("CID:logo@x", Some(0)),
            (" cid:<logo@x> ", Some(0)),
            ("cid:%3Clogo@x%3E", None),
            ("cid:logo%40x", Some(0)),
            ("cid:LOGO@x", Some(1)),
            ("cid:Logo@X", Some(0)),
            ("cid:a%25b%20c@x", Some(2)),
            ("images/pic one.png", Some(3)),
            ("images/pic%20one.png", Some(3)),
            ("https://example.org/a.png", Some(4)),
            ("https://example.org/b.png", None),
            ("cid:gone@x", None),
            ("cid:", None),
            ("", None),
        ];
        for (url, expected) in table {
            assert_eq!(find(url, &parts), expected, "{url}");
        }
        for id in ["logo@x", "a%b c@x"] {
            assert_eq!(
                find(&content_id_url(id), &parts),
                parts
                    .iter()
                    .position(|part| part.content_id.as_deref() == Some(id))
            );
        }
    }
}
