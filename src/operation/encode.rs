//! Params to a request.

use http::Request;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Field, Location, Operation, Schema};
use crate::error::{Error, Kind};

/// What can't stand in a segment of a path, so that no value reaches into another one (RFC 3986, section 3.3).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'\\')
    .add(b'%');

impl Operation {
    /// The HTTP request of checked params; its address is the path with the query, without a host.
    ///
    /// [`decode`](Self::decode) gives the params back.
    ///
    /// ```
    /// use airbyte_agent_gmail::operation::gmail;
    /// use serde_json::json;
    ///
    /// let row = gmail().find("messages", "list")?;
    /// let params = json!({"labelIds": ["INBOX", "UNREAD"], "maxResults": 2});
    /// let request = row.encode(params.as_object().ok_or("an object")?)?;
    /// assert_eq!(request.uri(), "/gmail/v1/users/me/messages?maxResults=2&labelIds=INBOX&labelIds=UNREAD");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn encode(&self, params: &Map<String, Value>) -> Result<Request<Vec<u8>>, Error> {
        self.check(params)?;
        let mut params = params.clone();
        super::settle(self.fields, &mut params);
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut body = Map::new();
        let mut builder = Request::builder().method(self.method.as_str());
        for field in self.fields {
            let Some(value) = params.get(field.name) else {
                continue;
            };
            match field.location {
                Location::Path => {}
                Location::Query => {
                    for value in repeated(field, value) {
                        query.append_pair(field.name, &value);
                    }
                }
                Location::Header => builder = builder.header(field.name, plain(value)),
                Location::Body => {
                    body.insert(field.name.to_owned(), value.clone());
                }
            }
        }
        let mut address = self.path_of(|name| params.get(name).map(plain));
        let query = query.finish();
        if !query.is_empty() {
            address.push('?');
            address.push_str(&query);
        }
        let bytes = if self.has_body {
            builder = builder.header(http::header::CONTENT_TYPE, "application/json");
            serde_json::to_vec(&body).map_err(|error| Error::undecodable(&error).of(self))?
        } else {
            Vec::new()
        };
        builder.uri(address).body(bytes).map_err(|error| {
            Error::new(
                Kind::InvalidInput,
                "the params do not make a valid address; shorten them",
            )
            .caused_by(error)
            .of(self)
        })
    }

    /// The path with its values in place.
    pub(crate) fn path_of(&self, value: impl Fn(&str) -> Option<String>) -> String {
        fill_path(self.path, value)
    }
}

/// A path template with its values in place.
pub(crate) fn fill_path(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut path = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        path.extend(utf8_percent_encode(
            &value(name).unwrap_or_default(),
            SEGMENT,
        ));
        rest = after;
    }
    path.push_str(rest);
    path
}

/// The values of a query parameter: a list repeats its key.
fn repeated(field: &Field, value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::String(text) if field.comma_joined && matches!(field.schema, Schema::Array(_)) => {
            text.split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect()
        }
        value => vec![plain(value)],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
