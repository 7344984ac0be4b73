//! Header values to what they mean, through the MIME library's field parsers.

use mail_parser::{DateTime, HeaderValue, parsers::MessageStream};

/// The longest header value that is parsed; what is longer is no mail that a person wrote, and is cut.
pub(crate) const MAXIMUM_VALUE_LENGTH: usize = 512 * 1024;

/// A `Content-Type` or `Content-Disposition`, its names in lower case.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameterized {
    /// `text/plain`, `attachment`.
    pub(crate) value: String,
    /// The parameters, decoded by RFC 2231 and RFC 2047.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Parameterized {
    /// The value of one parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Unstructured text such as a subject, its encoded words decoded and its lines unfolded.
pub(crate) fn parse_text(value: &[u8]) -> String {
    let line = as_line(value);
    match MessageStream::new(&line).parse_unstructured() {
        // An encoded word may hold line breaks, which no header may show.
        HeaderValue::Text(text) => text.replace(char::is_control, " ").trim().to_owned(),
        _ => String::new(),
    }
}

/// A date, with the zone that the sender gave it.
pub(crate) fn parse_date(value: &[u8]) -> Option<DateTime> {
    let line = as_line(value);
    match MessageStream::new(&line).parse_date() {
        HeaderValue::DateTime(date) => {
            let mut checked = date;
            // A leap second is a time, too.
            checked.second = checked.second.min(59);
            (checked.is_valid() && date.second <= 60).then_some(date)
        }
        _ => None,
    }
}

/// A value with parameters, such as a content type.
pub(crate) fn parse_parameterized(value: &[u8]) -> Parameterized {
    let line = as_line(value);
    let HeaderValue::ContentType(parsed) = MessageStream::new(&line).parse_content_type() else {
        return Parameterized::default();
    };
    let value = match parsed.subtype() {
        Some(subtype) => format!("{}/{subtype}", parsed.ctype()),
        None => parsed.ctype().to_owned(),
    };
    Parameterized {
        value: value.trim().to_ascii_lowercase(),
        parameters: parsed
            .attributes()
            .unwrap_or_default()
            .iter()
            .map(|attribute| {
                (
                    attribute.name.to_ascii_lowercase(),
                    attribute.value.to_string(),
                )
            })
            .collect(),
    }
}

/// Makes the value one line that ends, as the parsers expect: nothing in it can begin a header of its own.
fn as_line(value: &[u8]) -> Vec<u8> {
    let value = value.get(..MAXIMUM_VALUE_LENGTH).unwrap_or(value);
    let mut line = Vec::with_capacity(value.len() + 2);
    for (position, byte) in value.iter().enumerate() {
        let next = value.get(position + 1);
        match byte {
            // A fold is its line end alone: the white space behind it belongs to the value.
            b'\r' if next == Some(&b'\n') => {}
            b'\n' if matches!(next, Some(b' ' | b'\t')) => {}
            b'\r' | b'\n' => line.push(b' '),
            _ => line.push(*byte),
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_words_and_folds_become_text() {
        assert_eq!(
            parse_text(b"=?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?B?IGNyw6htZQ==?="),
            "café crème"
        );
        assert_eq!(parse_text("plain ünï".as_bytes()), "plain ünï");
        assert_eq!(parse_text(b"one\r\n two"), "one two");
        assert_eq!(parse_text(b"=?utf-8?Q?a=0D=0ABcc:_b?="), "a  Bcc: b");
        assert_eq!(parse_text(b""), "");
    }

    #[test]
    fn dates_keep_their_zone() {
        let date = parse_date(b"Tue, 24 Nov 2026 09:15:00 +0100").unwrap();
        assert_eq!(
            (date.to_timestamp(), date.hour, date.tz_hour),
            (1_795_508_100, 9, 1)
        );
        assert_eq!(parse_date(b"yesterday"), None);
    }

    #[test]
    fn parameters_are_decoded() {
        let parsed =
            parse_parameterized(b"Attachment; filename*0*=UTF-8''%e2%82%ac; filename*1*=.txt");
        assert_eq!(
            (parsed.value.as_str(), parsed.parameter("filename")),
            ("attachment", Some("€.txt"))
        );
        let parsed = parse_parameterized(b"text/PLAIN; Charset=\"GBK\"");
        assert_eq!(
            (parsed.value.as_str(), parsed.parameter("charset")),
            ("text/plain", Some("GBK"))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(value in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(!parse_text(&value).contains('\n'));
            prop_assert!(parse_date(&value).is_none_or(|date| date.month <= 12));
            prop_assert!(!parse_parameterized(&value).value.contains('\n'));
        }
    }
}
