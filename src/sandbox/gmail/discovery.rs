//! The discovery document, for clients that build themselves from it at run time.
//!
//! It describes requests in full, but of an answer only the list and its page token.

use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::error;
use super::parameter::{GLOBAL, camel_case};
use crate::operation::{self, Field, Location, Operation, Schema};
use crate::sandbox::exchange::{Answer, Request};
use crate::sandbox::state::State;
use crate::sandbox::table;

/// Whether a path is the document's.
pub(super) fn is_discovery(path: &str) -> bool {
    [
        "/$discovery/rest",
        "/%24discovery/rest",
        "/discovery/v1/apis/gmail/v1/rest",
    ]
    .contains(&path)
}

/// Answers a request for the document, which needs no token.
pub(super) fn answer(state: &State, request: &Request) -> Answer {
    if request.method != Method::GET {
        let text = "The request method is inappropriate for this URL.";
        return error::page(StatusCode::METHOD_NOT_ALLOWED, text).with_header(header::ALLOW, "GET");
    }
    error::with_body(StatusCode::OK, &document(&state.origin))
}

fn document(origin: &str) -> Value {
    let root = format!("{origin}/");
    let mut schemas = Map::new();
    let mut users = json!({});
    let mut scopes = Map::new();
    for row in table::all() {
        let mut resource = &mut users;
        for name in row.group.split('.').filter(|name| !name.is_empty()) {
            resource = &mut resource["resources"][camel_case(name)];
        }
        resource["methods"][camel_case(row.method_name)] = method(row, &mut schemas);
        for &scope in row.scopes {
            scopes.insert(scope.to_owned(), json!({"description": scope}));
        }
    }
    let parameters: Map<String, Value> = GLOBAL
        .iter()
        .map(|name| {
            let kind = if *name == "prettyPrint" {
                "boolean"
            } else {
                "string"
            };
            (
                (*name).to_owned(),
                json!({"type": kind, "location": "query"}),
            )
        })
        .collect();
    json!({
        "kind": "discovery#restDescription", "discoveryVersion": "v1",
        "id": "gmail:v1", "name": "gmail", "version": "v1", "title": "Gmail API",
        "protocol": "rest", "rootUrl": root, "baseUrl": root, "servicePath": "", "basePath": "",
        "batchPath": operation::gmail().batch_path.trim_start_matches('/'),
        "auth": {"oauth2": {"scopes": scopes}},
        "parameters": parameters,
        "schemas": schemas,
        "resources": {"users": users},
    })
}

fn method(row: &Operation, schemas: &mut Map<String, Value>) -> Value {
    let path = path(row, row.path);
    let mut order = vec![json!("userId")];
    let user = json!({"type": "string", "location": "path", "required": true, "default": "me"});
    let mut parameters = Map::from_iter([("userId".to_owned(), user)]);
    for field in row.fields {
        let location = match field.location {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header | Location::Body => continue,
        };
        let name = name(row, field);
        // Gmail itself rejects other missing parameters with a 400.
        let required = field.location == Location::Path;
        if required {
            order.push(json!(name));
        }
        let mut parameter = parameter(&field.schema);
        parameter["location"] = json!(location);
        parameter["description"] = json!(field.description);
        parameter["required"] = json!(required);
        parameters.insert(name.to_owned(), parameter);
    }
    let id: Vec<_> = row
        .group
        .split('.')
        .chain([row.method_name])
        .filter(|name| !name.is_empty())
        .map(camel_case)
        .collect();
    let mut method = json!({
        "id": format!("gmail.users.{}", id.join(".")), "path": path, "flatPath": path,
        "httpMethod": row.method.as_str(), "description": row.description,
        "parameterOrder": order, "parameters": parameters, "scopes": row.scopes,
    });
    if row.has_body {
        let fields = row
            .fields
            .iter()
            .filter(|field| field.location == Location::Body);
        method["request"] = define(schemas, row, "Request", object(fields));
    }
    if row.has_response {
        let mut properties = Map::new();
        for &key in row.meta.iter().chain(&row.records) {
            properties.insert(key.to_owned(), json!({"type": "any"}));
        }
        if let Some(pagination) = &row.pagination {
            let token = json!({"type": "string"});
            properties.insert(pagination.token_field.to_owned(), token);
        }
        let schema = json!({"type": "object", "properties": properties});
        method["response"] = define(schemas, row, "Response", schema);
    }
    if let Some(upload) = &row.media_upload {
        let path = format!("/{}", self::path(row, upload.path));
        method["supportsMediaUpload"] = json!(true);
        method["mediaUpload"] = json!({
            "accept": ["message/*"], "maxSize": upload.max_size.to_string(),
            "protocols": {
                "simple": {"multipart": true, "path": path},
                "resumable": {"multipart": true, "path": format!("/resumable{path}")},
            },
        });
    }
    method
}

/// Google's path template, where the user is a parameter.
fn path(row: &Operation, path: &str) -> String {
    let path = path
        .trim_start_matches('/')
        .replacen("/me/", "/{userId}/", 1);
    row.fields
        .iter()
        .filter(|field| field.location == Location::Path)
        .fold(path, |path, field| {
            path.replace(
                &format!("{{{}}}", field.name),
                &format!("{{{}}}", name(row, field)),
            )
        })
}

/// Google's name of a parameter: the id of the method's own resource is plain `id`.
fn name(row: &Operation, field: &Field) -> &'static str {
    let own = ["messageId", "threadId", "labelId", "draftId"].contains(&field.name);
    let others = row.path.contains("{id}");
    if field.location == Location::Path && own && !others {
        "id"
    } else {
        field.name
    }
}

/// Adds a schema and returns a reference to it.
fn define(
    schemas: &mut Map<String, Value>,
    row: &Operation,
    kind: &str,
    mut schema: Value,
) -> Value {
    let name = format!("{}{kind}", camel_case(row.id));
    schema["id"] = json!(name);
    schemas.insert(name.clone(), schema);
    json!({"$ref": name})
}

/// The schema of a path or query parameter; a list is a repeated parameter.
fn parameter(schema: &Schema) -> Value {
    match schema {
        Schema::Array(items) => {
            let mut items = value(items);
            items["repeated"] = json!(true);
            items
        }
        other => value(other),
    }
}

fn object<'a>(fields: impl Iterator<Item = &'a Field>) -> Value {
    let properties: Map<String, Value> = fields
        .map(|field| {
            let mut property = value(&field.schema);
            property["description"] = json!(field.description);
            (field.name.to_owned(), property)
        })
        .collect();
    json!({"type": "object", "properties": properties})
}

fn value(schema: &Schema) -> Value {
    match schema {
        Schema::String => json!({"type": "string"}),
        Schema::Integer { .. } => json!({"type": "integer", "format": "int32"}),
        Schema::Number => json!({"type": "number", "format": "double"}),
        Schema::Boolean => json!({"type": "boolean"}),
        Schema::Enum(values) => json!({"type": "string", "enum": values}),
        Schema::Array(items) => json!({"type": "array", "items": value(items)}),
        Schema::Object(fields) => object(fields.iter()),
        Schema::Map => json!({"type": "object", "additionalProperties": {"type": "any"}}),
        Schema::Any => json!({"type": "any"}),
    }
}
