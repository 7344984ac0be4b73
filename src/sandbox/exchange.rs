//! The requests and answers that the sandbox's services work on, independent of the transport.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// One request, read completely.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent, still percent-encoded.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The path's decoded segments; `None` when one is not UTF-8.
    pub(crate) fn segments(&self) -> Option<Vec<String>> {
        segments(&self.path)
    }

    /// The query's pairs, in order.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(self.query.as_deref().unwrap_or_default().as_bytes())
    }

    /// The first value of a query key.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        first(self.query_pairs(), name)
    }

    /// The pairs of a form body.
    pub(crate) fn form_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// A header's text.
    pub(crate) fn header(&self, name: impl AsRef<str>) -> Option<&str> {
        self.headers.get(name.as_ref())?.to_str().ok()
    }

    /// The body's media type in lower case, without parameters.
    pub(crate) fn media_type(&self) -> String {
        media_type(
            self.header(header::CONTENT_TYPE.as_str())
                .unwrap_or_default(),
        )
    }

    /// The bearer token of the `Authorization` header.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.credentials("bearer")
    }

    /// The credentials of the `Authorization` header, if it has this scheme.
    pub(crate) fn credentials(&self, scheme: &str) -> Option<&str> {
        let (given, credentials) = self
            .header(header::AUTHORIZATION.as_str())?
            .split_once(' ')?;
        given
            .eq_ignore_ascii_case(scheme)
            .then(|| credentials.trim())
    }

    /// The user name and password of HTTP Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self
            .header(header::AUTHORIZATION.as_str())?
            .split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        // RFC 6749 section 2.3.1 form-encodes both before joining them.
        Some((form_decode(user), form_decode(password)))
    }
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    // Boxed to keep `Result<Answer, Answer>` small.
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Box::default(),
            body: Bytes::new(),
        }
    }

    /// An answer with compact JSON.
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::empty(status).with_body("application/json; charset=utf-8", value.to_string())
    }

    /// A web page.
    pub(crate) fn html(status: StatusCode, page: String) -> Self {
        Self::empty(status).with_body("text/html; charset=utf-8", page)
    }

    /// A redirect after which the browser sends a GET.
    pub(crate) fn found(location: &str) -> Self {
        Self::empty(StatusCode::FOUND).with_header(header::LOCATION, location)
    }

    /// Sets a body of that type.
    pub(crate) fn with_body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header(header::CONTENT_TYPE, content_type)
    }

    /// Adds a header; a value that no header can hold is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// The decoded segments of a path, without the empty one before the first slash.
pub(crate) fn segments(path: &str) -> Option<Vec<String>> {
    path.strip_prefix('/')?
        .split('/')
        .map(|segment| {
            percent_decode_str(segment)
                .decode_utf8()
                .ok()
                .map(Cow::into_owned)
        })
        .collect()
}

/// Parses `application/x-www-form-urlencoded`.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The first value of a key.
pub(crate) fn first(pairs: Vec<(String, String)>, name: &str) -> Option<String> {
    pairs
        .into_iter()
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A media type in lower case, without parameters.
pub(crate) fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Adds pairs to an address, keeping the query it has.
pub(crate) fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (address, None),
    };
    let more = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    match fragment {
        Some(fragment) => format!("{address}{joint}{more}#{fragment}"),
        None => format!("{address}{joint}{more}"),
    }
}

fn form_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_added_beside_the_one_that_is_there() {
        for (address, expected) in [
            (
                "http://127.0.0.1:1/back",
                "http://127.0.0.1:1/back?code=a+b",
            ),
            (
                "http://127.0.0.1:1/back?user=1",
                "http://127.0.0.1:1/back?user=1&code=a+b",
            ),
            (
                "http://127.0.0.1:1/back?",
                "http://127.0.0.1:1/back?code=a+b",
            ),
            (
                "http://127.0.0.1:1/back#top",
                "http://127.0.0.1:1/back?code=a+b#top",
            ),
        ] {
            assert_eq!(with_query(address, &[("code", "a b")]), expected);
        }
    }

    #[test]
    fn basic_authentication_is_form_decoded() {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode("client%3Aone:secret+two"));
        headers.insert(
            header::AUTHORIZATION,
            HeaderValue::from_str(&value).unwrap(),
        );
        let request = Request {
            method: Method::POST,
            path: "/token".to_owned(),
            query: None,
            headers,
            body: Bytes::new(),
        };
        assert_eq!(
            request.basic(),
            Some(("client:one".to_owned(), "secret two".to_owned()))
        );
        assert_eq!(request.bearer(), None);
    }
}
