//! `execute`: runs one action of the connector on the mailbox.

use std::time::Instant;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::Body;
use super::error::{self, FieldError};
use super::organization::Connector;
use super::{Call, connector, search, sql};
use crate::operation::{Operation, Schema};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::log::{RequestRecord, without_mail};
use crate::sandbox::mailbox::Refusal;
use crate::sandbox::state::{ListResult, lock};
use crate::sandbox::table;

/// The entity and action that check the connector as a whole.
const EVERYTHING: &str = "*";
const CHECK: &str = "check";

/// How many characters of a long text remain when the caller lets a list be truncated.
const TRUNCATED: usize = 200;

/// Records what a call asks for and returns the id of its Gmail operation.
pub(super) fn describe(request: &Request, record: &mut RequestRecord) -> Option<&'static str> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    record.entity = text("entity");
    record.action = text("action");
    record.params = body.get("params").map(without_mail);
    record.intent = text("intent");
    let row = table::find(record.entity.as_deref()?, record.action.as_deref()?)?;
    Some(row.id)
}

/// POST /integrations/connectors/{id}/execute
pub(super) fn execute(call: &mut Call<'_>) -> Result<Answer, Answer> {
    let started = Instant::now();
    let mut body = Body::read(call.request)?;
    let (entity, action) = (
        body.required_string("entity"),
        body.required_string("action"),
    );
    let params = body.object("params").unwrap_or_default();
    let (select, exclude) = (
        body.strings("select_fields"),
        body.strings("exclude_fields"),
    );
    let truncates = body.boolean("skip_truncation") == Some(false);
    if body
        .string("intent")
        .is_some_and(|intent| intent.chars().count() > 512)
    {
        body.wrong::<()>(
            "intent",
            "String should have at most 512 characters",
            "string_too_long",
        );
    }
    body.check()?;

    let connector = lock(&call.state.airbyte)
        .connector(call.value())
        .filter(|connector| connector.lists_left.is_none())
        .cloned()
        .ok_or_else(connector::not_found)?;
    if call
        .caller
        .as_ref()
        .and_then(|caller| caller.workspace.as_ref())
        .is_some_and(|own| *own != connector.workspace)
    {
        return Err(error::forbidden(
            "The scoped token is for another workspace",
        ));
    }

    let is_of_store = [table::search_action(), table::sql_action()].contains(&action.as_str());
    let is_list = is_of_store || action == "list";
    // An empty list selects and excludes nothing.
    let (select, exclude) = (
        select.filter(|paths| !paths.is_empty()),
        exclude.filter(|paths| !paths.is_empty()),
    );
    let (mut result, metadata) = if entity == EVERYTHING && action == CHECK {
        // Older clients check a connector this way.
        connector::standing(call.state, &connector.credentials, None)
            .map_err(upstream_authentication)?;
        let checked = table::all().find(|row| row.check);
        let result = json!({
            "status": "healthy",
            "error": null,
            "checked_entity": checked.map(|row| row.entity),
            "checked_action": checked.map(|row| row.action),
        });
        (result, Value::Null)
    } else if action == table::sql_action() {
        (
            sql::query(call.state, &connector, &entity, &params)?,
            Value::Null,
        )
    } else if action == table::search_action() {
        (
            search::search(call.state, &connector, &entity, &params)?,
            Value::Null,
        )
    } else {
        let row = find(&entity, &action)?;
        check_params(row, &params)?;
        run(call, &connector, row, &params)?
    };
    let data_within =
        is_of_store || (metadata.is_null() && result.get("data").is_some_and(Value::is_array));
    let records = if data_within {
        result.get_mut("data")
    } else {
        Some(&mut result)
    };
    if let Some(records) = records {
        if let Some(paths) = &select {
            *records = selected(records, paths);
        } else if let Some(paths) = &exclude {
            paths.iter().for_each(|path| remove(records, path));
        }
        if truncates && is_list {
            truncate(records);
        }
    }
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "status": "success",
            "result": result,
            "connector_metadata": metadata,
            "execution_metadata": {
                "connector_instance_id": connector.id,
                "execution_time_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            },
            "warning": null,
        }),
    ))
}

fn find(entity: &str, action: &str) -> Result<&'static Operation, Answer> {
    if let Some(row) = table::find(entity, action) {
        return Ok(row);
    }
    let actions: Vec<&str> = table::hosted()
        .filter(|row| row.entity == entity)
        .map(|row| row.action)
        .collect();
    let message = if actions.is_empty() {
        let mut entities: Vec<&str> = table::hosted().map(|row| row.entity).collect();
        entities.sort_unstable();
        entities.dedup();
        format!(
            "Unknown entity '{entity}'. Available entities: {}",
            entities.join(", ")
        )
    } else {
        let of_store = table::searchable()
            .iter()
            .any(|searchable| searchable.entity == entity)
            .then_some([table::search_action(), table::sql_action()]);
        let actions: Vec<&str> = actions
            .into_iter()
            .chain(of_store.into_iter().flatten())
            .collect();
        format!(
            "Unknown action '{action}' for entity '{entity}'. Available actions: {}",
            actions.join(", ")
        )
    };
    Err(error::bad_request(&message))
}

fn check_params(row: &Operation, params: &Map<String, Value>) -> Result<(), Answer> {
    let known = || row.fields.iter().filter(|field| !field.absent);
    let mut errors = Vec::new();
    for name in params
        .keys()
        .filter(|name| known().all(|parameter| parameter.name != *name))
    {
        let names: Vec<&str> = known().map(|parameter| parameter.name).collect();
        let allowed = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let message = format!(
            "Unknown parameter '{name}' for {} {}. Available parameters: {allowed}",
            row.entity, row.action
        );
        errors.push(FieldError::new(
            format!("params.{name}"),
            message,
            "unknown_parameter",
        ));
    }
    for parameter in known() {
        let place = format!("params.{}", parameter.name);
        match params.get(parameter.name) {
            None if parameter.required => {
                let message = format!(
                    "Missing required parameter '{}' for {} {}",
                    parameter.name, row.entity, row.action
                );
                errors.push(FieldError::new(place, message, "missing_parameter"));
            }
            None => {}
            Some(value) => {
                // Airbyte documents such a list as one comma-separated string; its executor also takes an array.
                let schema = if parameter.comma_joined && value.is_string() {
                    &Schema::String
                } else {
                    &parameter.schema
                };
                if let Err(message) = check_type(schema, value, parameter.name) {
                    errors.push(FieldError::new(place, message, "invalid_parameter"));
                }
            }
        }
    }
    match errors.first() {
        None => Ok(()),
        Some(error) => Err(error::documented(
            StatusCode::BAD_REQUEST,
            &error.message,
            &errors,
        )),
    }
}

fn check_type(schema: &Schema, value: &Value, place: &str) -> Result<(), String> {
    let expected = match (schema, value) {
        (Schema::Any, _)
        | (Schema::Map, Value::Object(_))
        | (Schema::String, Value::String(_))
        | (Schema::Boolean, Value::Bool(_))
        | (Schema::Number, Value::Number(_)) => return Ok(()),
        (Schema::Integer { .. }, value) if value.is_i64() || value.is_u64() => return Ok(()),
        (Schema::Enum(values), Value::String(text)) if values.contains(&text.as_str()) => {
            return Ok(());
        }
        (Schema::Array(item), Value::Array(values)) => {
            return values
                .iter()
                .try_for_each(|value| check_type(item, value, place));
        }
        (Schema::Object(fields), Value::Object(object)) => {
            for (name, value) in object {
                let place = format!("{place}.{name}");
                match fields.iter().find(|field| field.name == name) {
                    Some(field) => check_type(&field.schema, value, &place)?,
                    None => {
                        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                        return Err(format!(
                            "Unknown field '{place}'. Available fields: {}",
                            names.join(", ")
                        ));
                    }
                }
            }
            return match fields
                .iter()
                .find(|field| field.required && !object.contains_key(field.name))
            {
                Some(field) => Err(format!("Missing required field '{place}.{}'", field.name)),
                None => Ok(()),
            };
        }
        (Schema::String, _) => "a string".to_owned(),
        (Schema::Boolean, _) => "a boolean".to_owned(),
        (Schema::Number, _) => "a number".to_owned(),
        (Schema::Integer { .. }, _) => "an integer".to_owned(),
        (Schema::Enum(values), _) => format!("one of {}", values.join(", ")),
        (Schema::Array(_), _) => "a list".to_owned(),
        (Schema::Object(_) | Schema::Map, _) => "an object".to_owned(),
    };
    Err(format!("Parameter '{place}' must be {expected}"))
}

/// Runs an operation; returns `result` and `connector_metadata`.
fn run(
    call: &Call<'_>,
    connector: &Connector,
    row: &'static Operation,
    params: &Map<String, Value>,
) -> Result<(Value, Value), Answer> {
    connector::standing(call.state, &connector.credentials, Some(row))
        .map_err(upstream_authentication)?;
    let mut params = params.clone();
    for parameter in row.fields {
        if let Some(value) = params.get_mut(parameter.name) {
            parameter.split(value);
        }
    }
    if includes_spam_and_trash(connector)
        && row
            .fields
            .iter()
            .any(|parameter| parameter.name == SPAM_TRASH)
    {
        params.entry(SPAM_TRASH).or_insert(Value::Bool(true));
    }
    let response = lock(&call.state.mailbox)
        .call(row.id, &params)
        .map_err(|refusal| upstream(&refusal))?;
    let Some(key) = row.records else {
        // Airbyte turns an empty body from Gmail into an empty object.
        let result = if response.is_null() {
            json!({})
        } else {
            response
        };
        return Ok((result, Value::Null));
    };
    let records = response.get(key).cloned().unwrap_or_else(|| json!([]));
    let paging: Map<String, Value> = row
        .meta
        .iter()
        .map(|&name| {
            (
                name.to_owned(),
                response.get(name).cloned().unwrap_or(Value::Null),
            )
        })
        .collect();
    let paging = if paging.is_empty() {
        Value::Null
    } else {
        Value::Object(paging)
    };
    Ok(match call.state.settings().list_result {
        ListResult::Array => (records, paging),
        ListResult::Envelope => {
            let meta = if paging.is_null() { json!({}) } else { paging };
            (json!({"data": records, "meta": meta}), Value::Null)
        }
    })
}

const SPAM_TRASH: &str = "includeSpamTrash";

/// Whether the connector's configuration includes spam and trash.
pub(super) fn includes_spam_and_trash(connector: &Connector) -> bool {
    connector.replication_config.get("include_spam_and_trash") == Some(&Value::Bool(true))
}

/// Google rejects the connector's credentials. Airbyte documents no status for this. The sandbox uses 400, because a
/// 401 would mean that the caller's own token has expired.
pub(super) fn upstream_authentication(problem: &str) -> Answer {
    let message = format!("Upstream authentication error: {problem}");
    let error = FieldError::new(
        "connector",
        message.clone(),
        "upstream_authentication_error",
    );
    error::documented(StatusCode::BAD_REQUEST, &message, &[error])
}

/// Gmail rejects the request. Airbyte documents no status for this either. The sandbox uses 400, because a 404 would
/// mean an unknown connector; the details carry Gmail's own status.
pub(super) fn upstream(refusal: &Refusal) -> Answer {
    let message = format!(
        "Upstream API error (HTTP {}): {}",
        refusal.code, refusal.message
    );
    let mut error = FieldError::new("connector", message.clone(), "upstream_api_error");
    error.details = Some(
        json!({"status_code": refusal.code, "reason": refusal.reason, "status": refusal.status}),
    );
    error::documented(StatusCode::BAD_REQUEST, &message, &[error])
}

/// Keeps the fields at these dotted paths, in each record of a list.
fn selected(value: &Value, paths: &[String]) -> Value {
    match value {
        Value::Array(records) => records
            .iter()
            .map(|record| selected(record, paths))
            .collect(),
        record => {
            let paths: Vec<Vec<String>> = paths
                .iter()
                .map(|path| path.split('.').map(str::to_owned).collect())
                .collect();
            search::project(record, &paths)
        }
    }
}

fn remove(value: &mut Value, path: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| remove(value, path)),
        Value::Object(fields) => match path.split_once('.') {
            None => drop(fields.remove(path)),
            Some((name, rest)) => {
                if let Some(value) = fields.get_mut(name) {
                    remove(value, rest);
                }
            }
        },
        _ => {}
    }
}

fn truncate(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(TRUNCATED) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(values) => values.iter_mut().for_each(truncate),
        Value::Object(fields) => fields.values_mut().for_each(truncate),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_selected_and_removed_by_dotted_paths() {
        let records = json!([{"id": "1", "payload": {"mimeType": "a/b", "headers": [{"name": "To", "value": "x"}]}}]);
        let select = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
            selected(&records, &paths)
        };
        assert_eq!(
            select(&["id", "payload.headers.name"]),
            json!([{"id": "1", "payload": {"headers": [{"name": "To"}]}}])
        );
        assert_eq!(select(&["missing"]), json!([{}]));
        let mut rest = records.clone();
        remove(&mut rest, "payload.headers.value");
        remove(&mut rest, "id");
        assert_eq!(
            rest,
            json!([{"payload": {"mimeType": "a/b", "headers": [{"name": "To"}]}}])
        );
    }

    #[test]
    fn long_texts_are_truncated_between_characters() {
        let mut value = json!({"long": "ä".repeat(TRUNCATED + 1), "short": "ä".repeat(TRUNCATED)});
        truncate(&mut value);
        assert_eq!(value["long"], format!("{}…", "ä".repeat(TRUNCATED)));
        assert_eq!(value["short"], "ä".repeat(TRUNCATED));
    }
}
