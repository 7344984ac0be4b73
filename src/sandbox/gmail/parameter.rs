//! The query and body of a request as one flat map of params, typed by the operation's row.

use serde_json::{Map, Value};

use super::error;
use super::partial_response::Selection;
use crate::operation::{Field, Location, Operation, Schema};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::table;

/// The parameters that all of Google's APIs take.
pub(super) const GLOBAL: [&str; 12] = [
    "alt",
    "fields",
    "key",
    "prettyPrint",
    "quotaUser",
    "userIp",
    "access_token",
    "oauth_token",
    "callback",
    "upload_protocol",
    "uploadType",
    "$.xgafv",
];

/// The global parameters that change the answer.
#[derive(Debug)]
pub(super) struct Global {
    pub(super) fields: Option<Selection>,
    pub(super) pretty: bool,
    pub(super) upload_type: Option<String>,
    pub(super) upload_id: Option<String>,
}

/// Parses the query.
pub(super) fn from_query(
    operation: &Operation,
    pairs: &[(String, String)],
) -> Result<(Global, Map<String, Value>), Answer> {
    let mut global = Global {
        fields: None,
        pretty: true,
        upload_type: None,
        upload_id: None,
    };
    let mut params = Map::new();
    for (key, text) in pairs {
        let key_in_table = camel_case(key);
        let parameter = operation.fields.iter().find(|row| {
            row.location == Location::Query && (row.name == key || row.name == key_in_table)
        });
        if let Some(parameter) = parameter {
            insert(&mut params, parameter, text)?;
            continue;
        }
        // Each global parameter also works with a `$` in front, which no message field can start with.
        let key = key
            .strip_prefix('$')
            .filter(|name| GLOBAL.contains(name))
            .unwrap_or(key);
        match key {
            "fields" if text.is_empty() => global.fields = None,
            // Parsed before the call, so that an invalid selector prevents it.
            "fields" => {
                let selection = Selection::read(text).map_err(|_| error::invalid_fields(text))?;
                global.fields = Some(selection);
            }
            "prettyPrint" => {
                global.pretty =
                    boolean(text).ok_or_else(|| invalid_value("pretty_print", "TYPE_BOOL", text))?
            }
            "alt" if !is_json(text) => {
                let message = format!(
                    "Invalid value \"{text}\" for query parameter 'alt': only json is served here"
                );
                return Err(error::invalid_argument(&message, Some("alt")));
            }
            "uploadType" | "upload_protocol" => global.upload_type = Some(text.clone()),
            // The upload's id, which Google puts into the address of a resumable upload.
            "upload_id" if table::largest_media(operation).is_some() => {
                global.upload_id = Some(text.clone())
            }
            key if GLOBAL.contains(&key) => {}
            key => {
                let message = format!(
                    "Invalid JSON payload received. Unknown name \"{key}\": Cannot bind query parameter. \
                     Field '{key}' could not be found in request message."
                );
                return Err(error::invalid_argument(&message, None));
            }
        }
    }
    Ok((global, params))
}

/// Whether `alt` asks for JSON. Newer clients of Google's add an encoding of enums, but Gmail's enums are strings
/// anyway.
fn is_json(alt: &str) -> bool {
    alt.split(';')
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("json"))
}

/// Adds the fields of a JSON body.
pub(super) fn from_body(
    operation: &Operation,
    request: &Request,
    params: &mut Map<String, Value>,
) -> Result<(), Answer> {
    if request.body.is_empty() {
        return Ok(());
    }
    match request.media_type().as_str() {
        "" | "application/json" | "text/json" => {}
        "application/x-www-form-urlencoded" => {
            return Err(error::parse_error(
                "This API does not support parsing form-encoded input.",
            ));
        }
        other => {
            let message = format!(
                "Media type '{other}' is not supported. Valid media types: [application/json]"
            );
            return Err(error::answer(
                http::StatusCode::BAD_REQUEST,
                "INVALID_ARGUMENT",
                "badContent",
                &message,
            ));
        }
    }
    from_json(operation, &request.body, params)
}

/// Adds the fields of a JSON document.
pub(super) fn from_json(
    operation: &Operation,
    text: &[u8],
    params: &mut Map<String, Value>,
) -> Result<(), Answer> {
    let body: Value = serde_json::from_slice(text).map_err(|problem| {
        error::parse_error(&format!(
            "Invalid JSON payload received. Parse error at line {}, column {}.",
            problem.line(),
            problem.column()
        ))
    })?;
    let Value::Object(body) = body else {
        let message =
            "Invalid JSON payload received. Unknown name \"\": Root element must be a message.";
        return Err(error::invalid_argument(message, None));
    };
    let fields: Vec<(&str, &Schema)> = operation
        .fields
        .iter()
        .filter(|row| row.location == Location::Body)
        .map(|row| (row.name, &row.schema))
        .collect();
    let accepted = object(body, &fields, "", resource(operation))?;
    params.extend(accepted);
    Ok(())
}

/// Rejects what the metadata scope alone does not allow.
pub(super) fn check_metadata_scope(
    operation: &Operation,
    params: &Map<String, Value>,
) -> Result<(), Answer> {
    if params.contains_key("q") {
        return Err(error::forbidden(
            "Metadata scope does not support 'q' parameter",
        ));
    }
    let takes_format = operation.fields.iter().any(|row| row.name == "format");
    let format = params
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or("full")
        .to_ascii_uppercase();
    if takes_format && ["FULL", "RAW"].contains(&format.as_str()) {
        return Err(error::forbidden(&format!(
            "Metadata scope doesn't allow format {format}"
        )));
    }
    Ok(())
}

fn insert(params: &mut Map<String, Value>, parameter: &Field, text: &str) -> Result<(), Answer> {
    let (schema, repeated) = match &parameter.schema {
        Schema::Array(item) => (*item, true),
        schema => (schema, false),
    };
    let field = snake_case(parameter.name);
    let value = match schema {
        Schema::Integer { .. } => match text.parse::<i64>() {
            Ok(number) if (0..=i64::from(u32::MAX)).contains(&number) => Value::from(number),
            _ => return Err(invalid_value(&field, "TYPE_UINT32", &format!("\"{text}\""))),
        },
        Schema::Boolean => match boolean(text) {
            Some(value) => Value::Bool(value),
            None => return Err(invalid_value(&field, "TYPE_BOOL", &format!("\"{text}\""))),
        },
        _ => Value::from(text),
    };
    if !repeated {
        // Google takes the last value of a repeated parameter.
        params.insert(parameter.name.to_owned(), value);
    } else if let Some(Value::Array(values)) = Some(
        params
            .entry(parameter.name)
            .or_insert_with(|| Value::Array(Vec::new())),
    ) {
        values.push(value);
    }
    Ok(())
}

fn object(
    body: Map<String, Value>,
    fields: &[(&str, &Schema)],
    place: &str,
    resource: &'static [&'static str],
) -> Result<Map<String, Value>, Answer> {
    let mut accepted = Map::new();
    for (key, value) in body {
        let name = camel_case(&key);
        let Some((name, schema)) = fields
            .iter()
            .find(|(field, _)| *field == key || *field == name)
        else {
            if resource.contains(&name.as_str()) {
                // Only Google writes this field of the resource: accept and ignore it.
                continue;
            }
            let at = if place.is_empty() {
                String::new()
            } else {
                format!(" at '{place}'")
            };
            let message = format!(
                "Invalid JSON payload received. Unknown name \"{key}\"{at}: Cannot find field."
            );
            return Err(error::invalid_argument(
                &message,
                (!place.is_empty()).then_some(place),
            ));
        };
        // In the JSON mapping of Protocol Buffers null means absent.
        if !value.is_null() {
            let snake = snake_case(name);
            let place = if place.is_empty() {
                snake
            } else {
                format!("{place}.{snake}")
            };
            accepted.insert((*name).to_owned(), typed(value, schema, &place)?);
        }
    }
    Ok(accepted)
}

fn typed(value: Value, schema: &Schema, place: &str) -> Result<Value, Answer> {
    let wrong = |kind: &str, value: &Value| Err(invalid_value(place, kind, &value.to_string()));
    match (schema, value) {
        (Schema::Object(fields), Value::Object(body)) => {
            let nested: Vec<(&str, &Schema)> = fields
                .iter()
                .map(|field: &Field| (field.name, &field.schema))
                .collect();
            let is_message = fields.iter().any(|field| field.name == "raw");
            let resource = if is_message { MESSAGE } else { &[] };
            object(body, &nested, place, resource).map(Value::Object)
        }
        (Schema::Array(item), Value::Array(values)) => values
            .into_iter()
            .enumerate()
            .map(|(position, value)| typed(value, item, &format!("{place}[{position}]")))
            .collect(),
        (Schema::Integer { .. }, value) => {
            match value.as_i64().or_else(|| value.as_str()?.parse().ok()) {
                Some(number) => Ok(Value::from(number)),
                None => wrong("TYPE_INT32", &value),
            }
        }
        (Schema::Number, value) if !value.is_number() => wrong("TYPE_DOUBLE", &value),
        (Schema::Boolean, value) if !value.is_boolean() => wrong("TYPE_BOOL", &value),
        // The JSON mapping of Protocol Buffers takes a 64-bit integer as a number or a string.
        (Schema::String, Value::Number(number)) if is_long(place) => {
            Ok(Value::from(number.to_string()))
        }
        (Schema::String | Schema::Enum(_), value) if !value.is_string() => {
            wrong("TYPE_STRING", &value)
        }
        (Schema::Map, value) if !value.is_object() => wrong("TYPE_MESSAGE", &value),
        (Schema::Object(_), value) => wrong("TYPE_MESSAGE", &value),
        (Schema::Array(_), value) => wrong("TYPE_LIST", &value),
        (_, value) => Ok(value),
    }
}

fn is_long(place: &str) -> bool {
    ["_date", "_time"].iter().any(|end| place.ends_with(end))
}

/// Read-only fields of Google's resources. A request may carry them without effect, because programs read a resource,
/// change it and send it back.
fn resource(operation: &Operation) -> &'static [&'static str] {
    let has = |name: &str| {
        operation
            .fields
            .iter()
            .any(|row| row.location == Location::Body && row.name == name)
    };
    if has("raw") {
        MESSAGE
    } else if has("labelListVisibility") {
        LABEL
    } else if has("message") || has("criteria") {
        &["id"]
    } else if operation.path.contains("/settings/") {
        SETTING
    } else {
        &[]
    }
}

const MESSAGE: &[&str] = &[
    "id",
    "threadId",
    "labelIds",
    "snippet",
    "historyId",
    "internalDate",
    "payload",
    "sizeEstimate",
    "raw",
    "classificationLabelValues",
];
const LABEL: &[&str] = &[
    "id",
    "type",
    "messagesTotal",
    "messagesUnread",
    "threadsTotal",
    "threadsUnread",
    "color",
];
const SETTING: &[&str] = &[
    "sendAsEmail",
    "isPrimary",
    "verificationStatus",
    "delegateEmail",
    "forwardingEmail",
];

fn invalid_value(field: &str, kind: &str, value: &str) -> Answer {
    error::invalid_argument(
        &format!("Invalid value at '{field}' ({kind}), {value}"),
        Some(field),
    )
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
