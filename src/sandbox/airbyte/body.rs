//! JSON bodies, checked field by field as the API's schemas do.

use http::StatusCode;
use serde_json::{Map, Value};

use super::error::{self, FieldError};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::random::is_uuid;

/// The fields of a body and the errors found in them.
#[derive(Debug)]
pub(super) struct Body {
    fields: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Body {
    /// Reads the body of a request; anything but a JSON object fails at once.
    pub(super) fn read(request: &Request) -> Result<Self, Answer> {
        if !["", "application/json"].contains(&request.media_type().as_str()) {
            let wrong = FieldError::new(
                "body",
                "Input should be a valid dictionary",
                "model_attributes_type",
            );
            return Err(error::invalid(&[wrong]));
        }
        if request.body.is_empty() {
            return Err(error::invalid(&[FieldError::new(
                "body",
                "Field required",
                "missing",
            )]));
        }
        match serde_json::from_slice(&request.body) {
            Ok(Value::Object(fields)) => Ok(Self {
                fields,
                errors: Vec::new(),
            }),
            Ok(_) => {
                let message = "Input should be a valid dictionary or object to extract fields from";
                Err(error::invalid(&[FieldError::new(
                    "body",
                    message,
                    "model_attributes_type",
                )]))
            }
            Err(_) => Err(error::invalid(&[FieldError::new(
                "body",
                "JSON decode error",
                "json_invalid",
            )])),
        }
    }

    /// A string that may be absent or null.
    pub(super) fn string(&mut self, name: &str) -> Option<String> {
        match self.fields.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => self.wrong(name, "Input should be a valid string", "string_type"),
        }
    }

    /// A required string.
    pub(super) fn required_string(&mut self, name: &str) -> String {
        if self.fields.get(name).is_none_or(Value::is_null) {
            return self.missing(name).unwrap_or_default();
        }
        self.string(name).unwrap_or_default()
    }

    /// A UUID that may be absent or null.
    pub(super) fn uuid(&mut self, name: &str) -> Option<String> {
        let text = self.string(name)?;
        if is_uuid(&text) {
            return Some(text.to_ascii_lowercase());
        }
        self.wrong(name, "Input should be a valid UUID", "uuid_parsing")
    }

    /// An object that may be absent or null.
    pub(super) fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.fields.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(fields)) => Some(fields.clone()),
            Some(_) => self.wrong(name, "Input should be a valid dictionary", "dict_type"),
        }
    }

    /// A required object.
    pub(super) fn required_object(&mut self, name: &str) -> Map<String, Value> {
        if self.fields.get(name).is_none_or(Value::is_null) {
            return self.missing(name).unwrap_or_default();
        }
        self.object(name).unwrap_or_default()
    }

    /// A boolean that may be absent or null.
    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.fields.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(value)) => Some(*value),
            Some(_) => self.wrong(name, "Input should be a valid boolean", "bool_type"),
        }
    }

    /// A list of strings that may be absent or null.
    pub(super) fn strings(&mut self, name: &str) -> Option<Vec<String>> {
        let values = match self.fields.get(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(values)) => values,
            Some(_) => return self.wrong(name, "Input should be a valid list", "list_type"),
        };
        let strings: Option<Vec<String>> = values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect();
        strings.or_else(|| {
            self.wrong(
                name,
                "Input should be a valid list of strings",
                "string_type",
            )
        })
    }

    /// The value as sent; null counts as absent.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// The workspace's name, under its current key or a deprecated one.
    pub(super) fn workspace_name(&mut self) -> String {
        // A deprecated name is checked even when another name takes precedence.
        let names = ["workspace_name", "customer_name", "external_user_id"];
        let is_given = |name: &str| self.fields.get(name).is_some_and(|value| !value.is_null());
        let any = names.into_iter().any(is_given);
        let given = names.map(|name| self.string(name));
        if !any {
            return self.missing("workspace_name").unwrap_or_default();
        }
        given.into_iter().flatten().next().unwrap_or_default()
    }

    /// Notes an error of a field.
    pub(super) fn wrong<T>(&mut self, name: &str, message: &str, code: &'static str) -> Option<T> {
        self.errors
            .push(FieldError::new(format!("body.{name}"), message, code));
        None
    }

    /// Notes an error of the body as a whole.
    pub(super) fn wrong_whole(&mut self, message: &str) {
        self.errors.push(FieldError::new(
            "body",
            format!("Value error, {message}"),
            "value_error",
        ));
    }

    /// Rejects every field that is not listed.
    pub(super) fn only(&mut self, names: &[&str]) {
        let more: Vec<String> = self
            .fields
            .keys()
            .filter(|name| !names.contains(&name.as_str()))
            .cloned()
            .collect();
        for name in more {
            self.wrong::<()>(&name, "Extra inputs are not permitted", "extra_forbidden");
        }
    }

    /// Returns 422 if there were any errors.
    pub(super) fn check(&self) -> Result<(), Answer> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(error::invalid(&self.errors))
        }
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.wrong(name, "Field required", "missing")
    }
}

/// A UUID in the query; anything else is a 422.
pub(super) fn query_uuid(request: &Request, name: &str) -> Result<Option<String>, Answer> {
    let Some(text) = request.query_value(name) else {
        return Ok(None);
    };
    if is_uuid(&text) {
        return Ok(Some(text.to_ascii_lowercase()));
    }
    let message = "Input should be a valid UUID";
    Err(wrong_query(name, message, "uuid_parsing"))
}

/// A boolean in the query, false by default; anything else is a 422.
pub(super) fn query_boolean(request: &Request, name: &str) -> Result<bool, Answer> {
    let text = request.query_value(name).map(|text| text.to_lowercase());
    match text.as_deref() {
        Some("true" | "1" | "t" | "yes" | "y" | "on") => Ok(true),
        None | Some("false" | "0" | "f" | "no" | "n" | "off") => Ok(false),
        Some(_) => {
            let message = "Input should be a valid boolean, unable to interpret input";
            Err(wrong_query(name, message, "bool_parsing"))
        }
    }
}

/// 422 for a query value.
pub(super) fn wrong_query(name: &str, message: &str, code: &'static str) -> Answer {
    let wrong = FieldError::new(format!("query.{name}"), message, code);
    error::documented(StatusCode::UNPROCESSABLE_ENTITY, message, &[wrong])
}
