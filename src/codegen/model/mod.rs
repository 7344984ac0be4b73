//! A document, resolved: the source of the tables and the typed calls.

mod field;
mod operation;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use openapiv3::OpenAPI;
use serde_json::Value;

pub use field::{SENT_AS, is_secret};
pub use operation::{
    body_schema, entity_and_action, extractor_key, is_success, method_name, response_schema,
};

use super::source::Source;
use super::{Error, document};

/// A document.
#[derive(Debug)]
pub struct Model {
    /// The service's URL in the document.
    pub base_url: String,
    /// The operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// The named string enums, with description and values.
    pub enums: BTreeMap<String, (String, Vec<String>)>,
    /// `info.x-airbyte-context-store`, `info.x-airbyte-connector-definition-id` and the like.
    pub info: IndexMap<String, Value>,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// The vendor's operation id, in snake case.
    pub id: String,
    /// The path of its group.
    pub group: Vec<String>,
    /// The method name within the group.
    pub method_name: String,
    /// The HTTP method in lower case.
    pub http_method: &'static str,
    /// The path template.
    pub path: String,
    /// The entity for `execute`.
    pub entity: String,
    /// The action for `execute`.
    pub action: String,
    /// Whether Airbyte's connector has the action.
    pub hosted: bool,
    /// Whether only Airbyte can run it.
    pub hosted_only: bool,
    /// A one-line description.
    pub summary: String,
    /// A longer description.
    pub description: String,
    /// Path, query and header parameters, then the body fields.
    pub fields: Vec<Field>,
    /// The schema of the request body.
    pub body: Option<String>,
    /// The read-only fields of the body.
    pub read_only_fields: Vec<String>,
    /// The schema of the response.
    pub response: Option<String>,
    /// The list that the response schema requires.
    pub response_list: Option<String>,
    /// `x-key` of the response schema.
    pub response_key: Option<String>,
    /// The properties of the response schema.
    pub response_fields: Vec<String>,
    /// The key of the records in the response, and the Rust type of one record.
    pub records: Option<(String, RecordType)>,
    /// The other fields of a page of records.
    pub meta: Vec<String>,
    /// How a list is paged.
    pub pagination: Option<Pagination>,
    /// The upload that can send a field's bytes instead.
    pub media_upload: Option<MediaUpload>,
    /// The cost in units since May 2026, and before.
    pub quota_units: (u32, u32),
    /// The scopes, each of which is sufficient; empty if none is declared.
    pub scopes: Vec<String>,
    /// Those of the scopes that allow only part of the operation.
    pub partial_scopes: Vec<String>,
    /// Whether it needs a token.
    pub authenticated: bool,
    /// Whether repeating it leaves the same state as one call.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it destroys something that can't be restored.
    pub destructive: bool,
    /// Whether `check()` uses it.
    pub check: bool,
    /// Whether the document is a connector's, so `execute` knows its operations.
    pub executable: bool,
    /// Whether it is one of the default tools for agents.
    pub default_tool: bool,
    /// `x-outbound`.
    pub outbound: Option<String>,
}

/// The type of a record: a named schema, or any JSON.
#[derive(Debug)]
pub enum RecordType {
    /// `types::Name`.
    Named(String),
    /// `serde_json::Value`.
    Any,
}

/// The names of `x-pagination`.
#[derive(Debug)]
pub struct Pagination {
    /// The parameter for the page token.
    pub token_parameter: String,
    /// The response field with the next page token.
    pub token_field: String,
    /// The parameter for the page size.
    pub size_parameter: Option<String>,
}

/// `x-media-upload`.
#[derive(Debug)]
pub struct MediaUpload {
    /// The path template.
    pub path: String,
    /// The limit in bytes.
    pub max_size: u64,
    /// The body field, with dots, that the bytes replace.
    pub field: String,
}

/// The place of a param in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// The JSON body.
    Body,
}

/// A parameter, or a body field.
#[derive(Clone, Debug)]
pub struct Field {
    /// The wire name.
    pub name: String,
    /// Its place in the request.
    pub location: Location,
    /// Whether it is required.
    pub required: bool,
    /// Its meaning.
    pub description: String,
    /// Its type.
    pub schema: Schema,
    /// `x-airbyte-comma-joined`.
    pub comma_joined: bool,
    /// `x-airbyte-absent`.
    pub absent: bool,
    /// `x-sent-as`: the field of the same operation that this is an alias of.
    pub sent_as: Option<String>,
    /// Whether null is allowed, which makes a list or map an `Option` in Rust.
    pub nullable: bool,
}

/// The type of a field.
#[derive(Clone, Debug)]
pub enum Schema {
    /// Any string.
    String,
    /// Text that must not be printed.
    Secret,
    /// A whole number, within limits.
    Integer(Option<i64>, Option<i64>),
    /// A number.
    Number,
    /// true or false.
    Boolean,
    /// One of a named enum's values.
    Enum(String, Vec<String>),
    /// A list.
    Array(Box<Schema>),
    /// A named object.
    Object(String, Vec<Field>),
    /// Any object.
    Map,
    /// Any JSON.
    Any,
}

/// Resolves a document that passed the lint.
///
/// # Errors
///
/// If a request schema contains itself.
pub fn build(file: &str, openapi: &OpenAPI, source: &Source) -> Result<Model, Error> {
    let mut operations = Vec::new();
    let mut errors = Vec::new();
    for (path, method, operation) in document::operations(openapi) {
        let place = place(method, path, operation.operation_id.as_deref());
        match operation::build(openapi, path, method, operation) {
            Ok(operation) => operations.push(operation),
            Err(message) => {
                let file = match source.line(&["paths", path, method]) {
                    Some(line) => format!("{file}:{line}"),
                    None => file.to_owned(),
                };
                errors.push(Error::new(&file, &place, message));
            }
        }
    }
    match Error::join(errors) {
        Some(error) => Err(error),
        None => Ok(Model {
            base_url: openapi
                .servers
                .first()
                .map(|server| server.url.clone())
                .unwrap_or_default(),
            operations,
            enums: enums(openapi),
            info: openapi.info.extensions.clone(),
        }),
    }
}

/// The name of an operation in messages: `GET /path (operation_id)`.
pub fn place(method: &str, path: &str, operation_id: Option<&str>) -> String {
    let method = method.to_uppercase();
    match operation_id {
        Some(id) => format!("{method} {path} ({id})"),
        None => format!("{method} {path}"),
    }
}

/// The named enums of a document.
fn enums(openapi: &OpenAPI) -> BTreeMap<String, (String, Vec<String>)> {
    openapi
        .components
        .iter()
        .flat_map(|components| &components.schemas)
        .filter_map(|(name, schema)| {
            let schema = schema.as_item()?;
            let values = document::enum_values(schema)?;
            let description = schema.schema_data.description.clone().unwrap_or_default();
            Some((name.clone(), (description.trim().to_owned(), values)))
        })
        .collect()
}

/// An extension's string.
pub fn text(extensions: &IndexMap<String, Value>, name: &str) -> Option<String> {
    extensions
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}
