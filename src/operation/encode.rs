//! Encodes values as a request; used by `execute`, typed calls, uploads and batches.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::check::is_id;
use super::{Field, Location, Operation, Schema};
use crate::error::Error;

/// Characters to escape in a path segment, so a value can't reach into another segment (RFC 3986, section 3.3).
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

/// The request of an operation, without the service's base URL.
#[derive(Clone)]
pub(crate) struct Encoded {
    /// The path and query.
    pub(crate) address: String,
    /// The offset of the query.
    query: Option<usize>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The id that the answer must have; see [`Operation::repeated_param`].
    pub(crate) id: Option<String>,
}

impl Encoded {
    /// A request that was written elsewhere.
    pub(crate) fn new(address: String, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            query: address.find('?').map(|mark| mark + 1),
            address,
            headers,
            body,
            id: None,
        }
    }

    /// Adds a query parameter.
    pub(crate) fn query(&mut self, name: &str, value: &str) {
        let start = *self.query.get_or_insert_with(|| {
            self.address.push('?');
            self.address.len()
        });
        form_urlencoded::Serializer::for_suffix(&mut self.address, start).append_pair(name, value);
    }
}

/// Writes a request, value by value. [`finish`](Self::finish) returns an error for the first value that can't be sent.
pub(crate) struct Encoder<'a> {
    operation: &'a Operation,
    encoded: Encoded,
    refused: Option<Error>,
}

impl<'a> Encoder<'a> {
    /// Begins a request at the operation's path, with the values of its path parameters.
    pub(crate) fn new(operation: &'a Operation, values: &[(&str, Cow<'_, str>)]) -> Self {
        Self::at(operation, operation.path, values)
    }

    /// Begins a request at another path of the operation.
    fn at(operation: &'a Operation, template: &str, values: &[(&str, Cow<'_, str>)]) -> Self {
        let mut address = String::with_capacity(template.len() + 64);
        let repeated = operation.repeated_param();
        let (mut id, mut refused) = (None, None);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            address.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let value = values.iter().find(|(known, _)| *known == name);
            let value = value.map_or("", |(_, value)| value);
            // Anything but an id would make the path of another resource or operation.
            if !is_id(value) && refused.is_none() {
                refused = Some(Error::invalid_input(super::check::no_id(name)));
            }
            address.extend(utf8_percent_encode(value, SEGMENT));
            if repeated == Some(name) {
                id = Some(value.to_owned());
            }
            rest = after;
        }
        address.push_str(rest);
        Self {
            operation,
            encoded: Encoded {
                address,
                query: None,
                headers: HeaderMap::new(),
                body: Bytes::new(),
                id,
            },
            refused,
        }
    }

    /// Adds a query parameter, if given.
    pub(crate) fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.encoded.query(name, value);
        }
        self
    }

    /// Adds a query parameter that repeats its key for each value.
    pub(crate) fn repeated<V: AsRef<str>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        for value in values {
            self.encoded.query(name, value.as_ref());
        }
        self
    }

    /// Adds a header, if given.
    pub(crate) fn header(mut self, name: &str, value: Option<&str>) -> Self {
        let Some(value) = value else {
            return self;
        };
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.encoded.headers.insert(name, value);
            }
            _ => self.refuse(super::check::no_header(name)),
        }
        self
    }

    /// Sets the JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => {
                const JSON: HeaderValue = HeaderValue::from_static("application/json");
                self.encoded.headers.insert(CONTENT_TYPE, JSON);
                self.encoded.body = body.into();
            }
            Err(_) => self.refuse("a param can't be written as json; check its values".to_owned()),
        }
        self
    }

    fn refuse(&mut self, message: String) {
        if self.refused.is_none() {
            self.refused = Some(Error::invalid_input(message));
        }
    }

    /// Returns the request.
    ///
    /// # Errors
    ///
    /// If a value can't be sent.
    pub(crate) fn finish(self) -> Result<Encoded, Error> {
        match self.refused {
            Some(error) => Err(error.of(self.operation)),
            None => Ok(self.encoded),
        }
    }
}

/// The body fields, in the order of the table.
struct Body<'a> {
    fields: &'a [Field],
    params: &'a Map<String, Value>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().filter_map(|field| {
            let value = self.params.get(field.name)?;
            (field.location == Location::Body).then_some((field.name, value))
        }))
    }
}

impl Operation {
    /// Encodes params as an HTTP request, with the path and query but no host.
    ///
    /// [`decode`](Self::decode) reverses this.
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
    /// As for [`check`](Self::check).
    pub fn encode(&self, params: &Map<String, Value>) -> Result<Request<Vec<u8>>, Error> {
        let Encoded {
            address,
            headers,
            body,
            ..
        } = self.write(&self.accept(params.clone().into())?)?;
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(address)
            .body(body.into())
            .map_err(|error| {
                Error::invalid_input("the params don't make a valid url; shorten them")
                    .caused_by(error)
                    .of(self)
            })?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Encodes [accepted](Self::accept) params.
    pub(crate) fn write(&self, params: &Map<String, Value>) -> Result<Encoded, Error> {
        self.write_to(self.path, params)
    }

    /// The same, at another path of the operation.
    pub(crate) fn write_to(
        &self,
        template: &str,
        params: &Map<String, Value>,
    ) -> Result<Encoded, Error> {
        let of = |location| {
            self.fields.iter().filter_map(move |field| {
                let value = params.get(field.name)?;
                (field.location == location).then_some((field, value))
            })
        };
        let in_path: Vec<_> = of(Location::Path)
            .map(|(field, value)| (field.name, plain(value)))
            .collect();
        let mut encoder = Encoder::at(self, template, &in_path);
        for (field, value) in of(Location::Query) {
            encoder = encoder.repeated(field.name, repeated(field, value));
        }
        for (field, value) in of(Location::Header) {
            encoder = encoder.header(field.name, Some(&plain(value)));
        }
        if self.has_body {
            encoder = encoder.json(&Body {
                fields: self.fields,
                params,
            });
        }
        encoder.finish()
    }
}

/// The values of a query parameter.
fn repeated<'a>(field: &Field, value: &'a Value) -> Vec<Cow<'a, str>> {
    match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::String(text) if field.comma_joined && matches!(field.schema, Schema::Array(_)) => {
            super::decode::split(text).map(Cow::Borrowed).collect()
        }
        value => vec![plain(value)],
    }
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        value => Cow::Owned(value.to_string()),
    }
}
