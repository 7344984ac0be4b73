//! Decodes a request to params.

use http::{HeaderMap, Request};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::check::is_id;
use super::{Encoded, Field, Location, Operation, Schema};
use crate::error::Error;

impl Operation {
    /// Decodes a request made by [`encode`](Self::encode) or the generated client.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](crate::Error::is_invalid_input): the request isn't one of this operation, for instance
    /// because an id is `..`.
    pub fn decode(&self, request: &Request<Vec<u8>>) -> Result<Map<String, Value>, Error> {
        let uri = request.uri();
        self.read(uri.path(), uri.query(), request.headers(), request.body())
    }

    /// Decodes a request made by [`write`](Self::write).
    pub(crate) fn decode_encoded(&self, request: &Encoded) -> Result<Map<String, Value>, Error> {
        let (path, query) = match request.address.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.address.as_str(), None),
        };
        self.read(path, query, &request.headers, &request.body)
    }

    fn read(
        &self,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Map<String, Value>, Error> {
        let mut params = Map::new();
        let mut values = Vec::new();
        self.match_path(path, |name, value| values.push((name, value)))?;
        for (name, value) in values {
            let value = percent_decode_str(value).decode_utf8_lossy();
            let value = match self.field(name) {
                Some(field) => typed(&field.schema, &value),
                None => Value::String(value.into_owned()),
            };
            params.insert(name.to_owned(), value);
        }
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(field) = self
                .field(&name)
                .filter(|field| field.location == Location::Query)
            else {
                continue;
            };
            match &field.schema {
                Schema::Array(items) => {
                    let list = params
                        .entry(field.name)
                        .or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(list) = list {
                        list.push(typed(items, &value));
                    }
                }
                schema => {
                    params.insert(field.name.to_owned(), typed(schema, &value));
                }
            }
        }
        for field in self
            .fields
            .iter()
            .filter(|field| field.location == Location::Header)
        {
            let value = headers.get(field.name);
            if let Some(value) = value.and_then(|value| value.to_str().ok()) {
                params.insert(field.name.to_owned(), typed(&field.schema, value));
            }
        }
        if self.has_body {
            let body: Map<String, Value> = serde_json::from_slice(body)
                .map_err(|_| Error::invalid_input("the body is not a json object").of(self))?;
            params.extend(body);
        }
        Ok(params)
    }

    /// Matches a path, and passes the raw values of its parameters to `found`.
    ///
    /// This also guards the generated client, where an id of `..` would make the path of another operation.
    pub(crate) fn match_path<'a>(
        &self,
        path: &'a str,
        mut found: impl FnMut(&'static str, &'a str),
    ) -> Result<(), Error> {
        let mismatch = || {
            Error::invalid_input("an id in the path is empty, `.` or `..`, or has characters that no id has; give the right id",
            )
            .of(self)
        };
        let (mut template, mut left) = (self.path, path);
        // Every call comes through here, so compare whole runs of segments at once.
        while let Some((literal, rest)) = template.split_once('{') {
            let (name, rest) = rest.split_once('}').ok_or_else(mismatch)?;
            let (suffix, next) = segment(rest);
            let (text, following) = segment(left.strip_prefix(literal).ok_or_else(mismatch)?);
            let value = text
                .strip_suffix(suffix)
                .filter(|value| is_encoded_id(value))
                .ok_or_else(mismatch)?;
            found(name, value);
            (template, left) = (next, following);
        }
        if left != template {
            return Err(mismatch());
        }
        Ok(())
    }
}

/// Whether a raw path value is an id. Most contain no escapes.
fn is_encoded_id(value: &str) -> bool {
    if memchr::memchr(b'%', value.as_bytes()).is_some() {
        return percent_decode_str(value)
            .decode_utf8()
            .is_ok_and(|value| is_id(&value));
    }
    is_id(value)
}

/// Splits a path before its first slash.
fn segment(path: &str) -> (&str, &str) {
    memchr::memchr(b'/', path.as_bytes())
        .and_then(|at| path.split_at_checked(at))
        .unwrap_or((path, ""))
}

fn typed(schema: &Schema, text: &str) -> Value {
    let parsed = match schema {
        Schema::Integer { .. } => text.parse::<i64>().ok().map(Value::from),
        Schema::Boolean => text.parse::<bool>().ok().map(Value::from),
        Schema::Number => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The items of a comma-joined list.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

impl Field {
    /// Splits a comma-joined string into a list; Airbyte's executor would pass the string on as a single value.
    pub(crate) fn split(&self, value: &mut Value) {
        if let Value::String(text) = value
            && self.comma_joined
        {
            *value = split(text).map(Value::from).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::operation::gmail;

    #[test]
    fn a_path_is_that_of_its_row_or_none() {
        let row = gmail().by_id("messages_attachments_get").expect("a row");
        let path = |middle: &str| format!("/gmail/v1/users/me/messages/{middle}");
        let good = path("a/attachments/b");
        let mut values = Vec::new();
        row.match_path(&good, |_, value| values.push(value))
            .expect("its path");
        assert_eq!(values, ["a", "b"]);
        for wrong in [
            "",
            "a",
            "a/attachments",
            "a/attachments/",
            "/attachments/b",
            "a/attachments/b/",
            "a/attachments/b/c",
            "a/b/attachments/c",
            "a/attachmentsb",
        ] {
            assert!(row.match_path(&path(wrong), |_, _| {}).is_err(), "{wrong}");
        }
        assert!(row.match_path("", |_, _| {}).is_err());
    }

    #[test]
    fn a_path_with_no_parameters_is_equal() {
        let row = gmail().by_id("messages_list").expect("a row");
        assert!(
            row.match_path("/gmail/v1/users/me/messages", |_, _| {})
                .is_ok()
        );
        for wrong in [
            "/gmail/v1/users/me/messages/",
            "/gmail/v1/users/me/message",
            "/gmail/v1/users/me/messages/a",
        ] {
            assert!(row.match_path(wrong, |_, _| {}).is_err(), "{wrong}");
        }
    }
}
