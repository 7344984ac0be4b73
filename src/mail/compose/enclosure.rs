//! A file within a composed message.

use super::ComposeError;

/// A file to attach, or to show within the HTML.
#[derive(Clone)]
pub(crate) struct Enclosure {
    pub(crate) name: String,
    /// For example `text/calendar`, in lower case.
    pub(crate) mime_type: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_id: Option<String>,
}

impl Enclosure {
    pub(crate) fn new(name: String, mime_type: &str, bytes: Vec<u8>) -> Result<Self, ComposeError> {
        if name.trim().is_empty() || name.contains(char::is_control) {
            return Err(ComposeError::FileName);
        }
        let (mime_type, parameters) = parse_mime_type(mime_type).ok_or(ComposeError::MimeType)?;
        Ok(Self {
            name,
            mime_type,
            parameters,
            bytes,
            content_id: None,
        })
    }

    pub(crate) fn with_content_id(mut self, content_id: String) -> Self {
        self.content_id = Some(content_id);
        self
    }

    /// The minimum number of bytes it takes in the message.
    pub(crate) fn encoded_size(&self) -> usize {
        if self.mime_type == "message/rfc822" {
            self.bytes.len()
        } else {
            self.bytes.len().div_ceil(3).saturating_mul(4)
        }
    }
}

/// Checks the id of a part that the HTML shows.
pub(crate) fn check_content_id(content_id: String) -> Result<String, ComposeError> {
    let is_id = !content_id.is_empty()
        && content_id.len() <= 900
        && content_id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
    if is_id {
        Ok(content_id)
    } else {
        Err(ComposeError::ContentId)
    }
}

/// Splits a type such as `text/calendar; method=REQUEST`.
pub(crate) fn parse_mime_type(mime_type: &str) -> Option<(String, Vec<(String, String)>)> {
    if mime_type.contains(char::is_control) {
        return None;
    }
    let mut pieces = mime_type.split(';');
    let value = pieces.next()?.trim().to_ascii_lowercase();
    let (main, sub) = value.split_once('/')?;
    if !is_token(main) || !is_token(sub) || main == "multipart" {
        return None;
    }
    let mut parameters = Vec::new();
    for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
        let (name, content) = piece.split_once('=')?;
        let content = content.trim();
        let content = content
            .strip_prefix('"')
            .and_then(|content| content.strip_suffix('"'))
            .unwrap_or(content);
        let name = name.trim();
        if !is_token(name) {
            return None;
        }
        // The file name has its own argument.
        if !name.eq_ignore_ascii_case("name") {
            parameters.push((name.to_owned(), content.to_owned()));
        }
    }
    Some((value, parameters))
}

/// File extensions and their types, one per line; the usual extension of a type comes first.
fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("types.txt").lines();
    lines.filter_map(|line| line.split_once(' '))
}

/// The type of a file, by its extension.
pub(crate) fn guess_mime_type(name: &str) -> &'static str {
    let (_, ending) = name.rsplit_once('.').unwrap_or_default();
    types()
        .find(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map_or("application/octet-stream", |(_, mime_type)| mime_type)
}

/// The usual extension of a type.
pub(crate) fn file_extension(mime_type: &str) -> Option<&'static str> {
    let (ending, _) = types().find(|(_, known)| *known == mime_type)?;
    Some(ending)
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 127
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_apart() {
        let (value, parameters) =
            parse_mime_type("Text/Calendar; method=REQUEST; name=x; charset=\"utf-8\"").unwrap();
        assert_eq!(value, "text/calendar");
        let expected = [("method", "REQUEST"), ("charset", "utf-8")];
        assert_eq!(
            parameters,
            expected.map(|(name, content)| (name.to_owned(), content.to_owned()))
        );
        for malformed in [
            "",
            "text",
            "text/",
            "/plain",
            "text/pl ain",
            "multipart/mixed",
            "a/b; c",
            "a/b\r\nX: y",
            "a/b; c=\r\nd",
        ] {
            assert_eq!(parse_mime_type(malformed), None, "{malformed:?}");
        }
    }

    #[test]
    fn types_are_guessed_by_the_ending() {
        assert_eq!(guess_mime_type("Report.PDF"), "application/pdf");
        assert_eq!(guess_mime_type("unknown"), "application/octet-stream");
        assert_eq!(file_extension("image/jpeg"), Some("jpg"));
        assert_eq!(file_extension("application/octet-stream"), None);
    }
}
