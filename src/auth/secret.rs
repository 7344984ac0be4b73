//! Text that must not be printed.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::Error;

/// A token or password that stays out of logs.
///
/// `Debug` prints `[redacted]`, `Display` and `==` don't exist, and the memory is wiped when the last clone is dropped.
/// Surrounding white space, as from a file or a copied line, is removed.
///
/// ```
/// use airbyte_agent_gmail::Secret;
///
/// let secret = Secret::from("1//refresh-token");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "1//refresh-token");
/// ```
// Clones share one text, so there is one place to wipe, and cloning costs no copy.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// The secret itself. Keep it out of logs, errors and `Debug` output.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
    ///
    /// ```
    /// use airbyte_agent_gmail::Secret;
    ///
    /// assert!(Secret::from("token").matches("token"));
    /// assert!(!Secret::from("token").matches("tokem"));
    /// ```
    pub fn matches(&self, text: &str) -> bool {
        // The length is public; the content isn't.
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        let text = Zeroizing::new(text);
        if trimmed(&text).len() == text.len() {
            Self(Arc::new(text))
        } else {
            Self::from(text.as_str())
        }
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Arc::new(Zeroizing::new(trimmed(text).to_owned())))
    }
}

impl From<&String> for Secret {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Secret> for Secret {
    fn from(secret: &Secret) -> Self {
        secret.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Trims white space and line ends, and the byte order mark that some editors put at the start of a file.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}')
    })
}

/// Rejects an impossible credential before it is sent: cut by a line break, or copied with its surroundings.
pub(crate) fn check_credential(what: &str, text: Option<&str>) -> Result<(), Error> {
    match text {
        Some(text) if is_quoted(text) => Err(Error::configuration(format!(
            "the {what} has quotes around it; leave them out"
        ))),
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Error::configuration(format!(
                "the {what} has a space, a line break or another character that it can't have; copy it again, \
                 whole and on one line"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether the value came with quotes, as from a file that no shell reads.
fn is_quoted(text: &str) -> bool {
    ['"', '\'']
        .into_iter()
        .any(|quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote))
}

#[cfg(test)]
mod tests {
    use super::{Secret, check_credential};

    #[test]
    fn blanks_around_a_secret_are_no_part_of_it() {
        for text in [
            "1//a",
            " 1//a",
            "1//a\n",
            "1//a\r\n",
            "\t1//a\u{a0}",
            "\u{feff}1//a",
        ] {
            assert_eq!(Secret::from(text).expose(), "1//a");
            assert_eq!(Secret::from(text.to_owned()).expose(), "1//a");
            let read: Secret = serde_json::from_value(serde_json::json!(text)).unwrap();
            assert_eq!(read.expose(), "1//a");
        }
        assert_eq!(Secret::from(" \n").expose(), "");
    }

    #[test]
    fn what_can_be_no_credential_is_refused_and_not_shown() {
        for text in ["1//a b", "1//a\nb", "1//a\0", "1//ä", "\"1//a\"", "'1//a'"] {
            let error = check_credential("refresh token", Some(text)).unwrap_err();
            assert!(error.is_configuration() && !error.to_string().contains("1//"));
        }
        assert!(check_credential("refresh token", Some("1//a-b_c.d~e+f=")).is_ok());
        assert!(check_credential("refresh token", None).is_ok());
    }

    #[test]
    fn texts_match_or_do_not() {
        assert!(Secret::from("").matches(""));
        assert!(Secret::from("abc").matches("abc"));
        for (given, expected) in [("abc", "abd"), ("abc", "ab"), ("", "a"), ("abc", "xbc")] {
            assert!(!Secret::from(expected).matches(given));
        }
    }
}
