//! What a document says, resolved: the one view from which tables and call sites are written.

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

/// A whole document.
#[derive(Debug)]
pub struct Model {
    /// The address that the document gives the service.
    pub base_url: String,
    /// The operations, in the order of the document.
    pub operations: Vec<Operation>,
    /// The named string enums with their description and values.
    pub enums: BTreeMap<String, (String, Vec<String>)>,
    /// `info.x-airbyte-context-store`, `info.x-airbyte-connector-definition-id` and the like.
    pub info: IndexMap<String, Value>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// The vendor's operation id, in snake case.
    pub id: String,
    /// The path of groups under which it is called.
    pub group: Vec<String>,
    /// The method's name in its group.
    pub method_name: String,
    /// The HTTP method in lower case.
    pub http_method: &'static str,
    /// The path template.
    pub path: String,
    /// The entity that `execute` knows it by.
    pub entity: String,
    /// The action that `execute` knows it by.
    pub action: String,
    /// Whether Airbyte's connector has the action.
    pub hosted: bool,
    /// Whether only Airbyte can carry it out.
    pub hosted_only: bool,
    /// One line.
    pub summary: String,
    /// Some sentences.
    pub description: String,
    /// Path, query and header parameters, then the fields of the body.
    pub fields: Vec<Field>,
    /// The schema of the body.
    pub body: Option<String>,
    /// The fields of the body that are only read.
    pub read_only_fields: Vec<String>,
    /// The schema of the response.
    pub response: Option<String>,
    /// The list that this schema requires.
    pub response_list: Option<String>,
    /// `x-key` of that schema.
    pub response_key: Option<String>,
    /// The properties of that schema.
    pub response_fields: Vec<String>,
    /// The key of the records in the response, and the Rust type of one record.
    pub records: Option<(String, RecordType)>,
    /// Names of the fields beside the records.
    pub meta: Vec<String>,
    /// How the list goes on.
    pub pagination: Option<Pagination>,
    /// Where the bytes of a field may be uploaded instead.
    pub media_upload: Option<MediaUpload>,
    /// Units since May 2026, and before.
    pub quota_units: (u32, u32),
    /// Alternatives; empty where no scope is declared.
    pub scopes: Vec<String>,
    /// Those of them that allow only a part of it.
    pub partial_scopes: Vec<String>,
    /// Whether it needs a token.
    pub authenticated: bool,
    /// Whether sending it twice is the same as once.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it destroys something that can't be restored.
    pub destructive: bool,
    /// Whether `check()` calls it.
    pub check: bool,
    /// Whether the document is a connector's, so that `execute` knows its operations.
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
    /// The parameter that takes the token.
    pub token_parameter: String,
    /// The response field that gives the next token.
    pub token_field: String,
    /// The parameter for the size of a page.
    pub size_parameter: Option<String>,
}

/// `x-media-upload`.
#[derive(Debug)]
pub struct MediaUpload {
    /// The path template.
    pub path: String,
    /// The limit in bytes.
    pub max_size: u64,
    /// The field of the body that the bytes replace, with dots.
    pub field: String,
}

/// Where a field of the params goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
    /// In the JSON body.
    Body,
}

/// A parameter, or a field of a body.
#[derive(Clone, Debug)]
pub struct Field {
    /// The wire name.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// Its type.
    pub schema: Schema,
    /// `x-airbyte-comma-joined`.
    pub comma_joined: bool,
    /// `x-airbyte-absent`.
    pub absent: bool,
    /// `x-sent-as`: the field of the same operation that it is another name of.
    pub sent_as: Option<String>,
    /// Whether null is allowed, so that a list or a map is an `Option` in Rust.
    pub nullable: bool,
}

/// The type of a field.
#[derive(Clone, Debug)]
pub enum Schema {
    /// Any text.
    String,
    /// Text that must not be printed.
    Secret,
    /// A whole number, with bounds.
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

/// Resolves a document that the lint has passed.
///
/// # Errors
///
/// Request schemas that contain themselves.
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

/// How messages name an operation: `GET /path (operation_id)`.
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

/// A text of an extension.
pub fn text(extensions: &IndexMap<String, Value>, name: &str) -> Option<String> {
    extensions
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}
