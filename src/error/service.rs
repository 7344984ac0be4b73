//! Airbyte's statements about the fields of a request and about the service behind it, in all their forms.

use std::fmt;

use serde_json::Value;

use super::is_reason;

/// The service's statement about one field of a request; see [`Error::service_errors`](crate::Error::service_errors).
///
/// It can repeat what was sent: `Display` shows it, `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceError {
    field: Option<String>,
    message: Option<String>,
    code: Option<String>,
}

impl ServiceError {
    /// The field, such as `body.workspace_name`.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What is wrong with the field, in the service's words.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The service's code for the error, such as `missing`.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(formatter, "{field}: ")?;
        }
        formatter.write_str(self.message.as_deref().unwrap_or("refused"))?;
        match &self.code {
            Some(code) => write!(formatter, " ({code})"),
            None => Ok(()),
        }
    }
}

debug!(ServiceError, self => code: self.code.as_deref().filter(|code| is_reason(code)));

/// The errors per field: from the documented `errors`, from the `detail` of Airbyte's framework, or from what other
/// servers send in their place, such as a text per field or a map of fields.
pub(super) fn service_errors(answer: &Value) -> Vec<ServiceError> {
    let detail = &answer["detail"];
    [&answer["errors"], detail, &detail["errors"]]
        .into_iter()
        .flat_map(|list| match list {
            Value::Array(items) => items.iter().map(entry).collect(),
            Value::Object(fields) if !std::ptr::eq(list, detail) => fields
                .iter()
                .flat_map(|(field, said)| of_field(field, said))
                .collect(),
            _ => Vec::new(),
        })
        .filter(|error| error.message.is_some() || error.field.is_some() || error.code.is_some())
        .collect()
}

/// Reads an entry of a list.
fn entry(item: &Value) -> ServiceError {
    let first = |names: &[&str]| names.iter().find_map(|name| text(&item[*name]));
    ServiceError {
        field: place(&item["field"]).or_else(|| place(&item["loc"])),
        message: first(&[
            "message",
            "msg",
            "userPresentableMessage",
            "error",
            "detail",
        ])
        .or_else(|| text(item)),
        code: first(&["error_code", "code", "type"]),
    }
}

/// Reads a field of a map: a text, several texts, or an entry.
fn of_field(field: &str, said: &Value) -> Vec<ServiceError> {
    let said = match said {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    said.into_iter()
        .map(entry)
        .map(|error| ServiceError {
            field: Some(field.to_owned()),
            ..error
        })
        .collect()
}

/// A non-empty string, or a number as a string.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The name of a field, or its path.
fn place(value: &Value) -> Option<String> {
    match value {
        Value::Array(steps) if !steps.is_empty() => {
            let steps: Vec<String> = steps.iter().filter_map(text).collect();
            Some(steps.join("."))
        }
        other => text(other),
    }
}

/// The keys of the service's own status, most specific first.
const STATUS: [&str; 8] = [
    "upstream_status",
    "upstream_status_code",
    "http_status",
    "http_status_code",
    "status_code",
    "statusCode",
    "status",
    "code",
];

/// The keys that can contain the service's own answer.
const INSIDE: [&str; 3] = ["upstream", "response", "error"];

/// The status of the service behind Airbyte, if Airbyte reports it: in an error's details, or in what the service
/// itself said.
pub(super) fn upstream_status(answer: &Value) -> Option<u16> {
    let entries = answer["errors"].as_array().into_iter().flatten();
    entries
        .map(|entry| &entry["details"])
        .chain([
            &answer["details"],
            &answer["detail"],
            &answer["detail"]["details"],
        ])
        .find_map(status_in)
}

/// The same for an answer with a success status, where the service's own error may be the only field.
pub(super) fn status_inside(answer: &Value) -> Option<u16> {
    upstream_status(answer).or_else(|| status(&answer["error"]))
}

fn status_in(details: &Value) -> Option<u16> {
    status(details).or_else(|| INSIDE.iter().find_map(|name| status(&details[*name])))
}

fn status(fields: &Value) -> Option<u16> {
    STATUS
        .iter()
        .filter_map(|name| match &fields[*name] {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
        .find(|status| (400..600).contains(status))
        .and_then(|status| u16::try_from(status).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_of_fields_is_read_in_each_form() {
        for (answer, said) in [
            (
                json!({"errors": [{"field": "body", "message": "wrong", "error_code": "value_error"}, {"field": "a", "message": "b"}]}),
                vec!["body: wrong (value_error)", "a: b"],
            ),
            (
                json!({"errors": ["first", "second"]}),
                vec!["first", "second"],
            ),
            (
                json!({"errors": {"name": ["too long", "taken"], "id": "missing"}}),
                vec!["id: missing", "name: too long", "name: taken"],
            ),
            (
                json!({"detail": [{"loc": ["body", "ids", 0], "msg": "bad", "type": "int"}, "one more"]}),
                vec!["body.ids.0: bad (int)", "one more"],
            ),
            (
                json!({"detail": {"message": "m", "errors": [{"field": ["a", "b"], "message": "c", "error_code": 7}]}}),
                vec!["a.b: c (7)"],
            ),
            (json!({"errors": null, "detail": "text"}), vec![]),
            (json!({"errors": [null, {}, []]}), vec![]),
        ] {
            let shown: Vec<String> = service_errors(&answer)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(shown, said, "{answer}");
        }
    }

    #[test]
    fn the_status_of_the_service_behind_is_found_in_each_place() {
        let of = |details: Value| json!({"errors": [{"message": "m", "details": details}]});
        for answer in [
            of(json!({"status_code": 404})),
            of(json!({"status": 404, "code": "not_found"})),
            of(json!({"http_status": "404"})),
            of(json!({"upstream": {"statusCode": 404}})),
            of(json!({"error": {"code": 404, "status": "NOT_FOUND"}})),
            of(json!({"code": 7, "response": {"status": 404}})),
            json!({"errors": [{"details": null}, {"details": {"status_code": 404}}]}),
            json!({"detail": {"status_code": 404}}),
        ] {
            assert_eq!(upstream_status(&answer), Some(404), "{answer}");
        }
        let alone = json!({"error": {"code": 404, "message": "m"}});
        assert_eq!(
            (upstream_status(&alone), status_inside(&alone)),
            (None, Some(404))
        );
        for answer in [
            of(json!({"status_code": 200})),
            of(json!({"status_code": 100_000})),
            of(json!({"status_code": -404})),
            of(json!("404")),
            json!({"error": "404", "detail": "404"}),
            json!([404]),
        ] {
            assert_eq!(upstream_status(&answer), None, "{answer}");
        }
    }
}
