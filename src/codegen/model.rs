//! What a document says, resolved: the one view from which tables and call sites are written.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use openapiv3::{
    OpenAPI, ParameterData, ParameterSchemaOrContent, ReferenceOr, Schema as OpenApiSchema,
    SchemaKind, StatusCode, Type,
};
use serde_json::Value;

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
    /// One line.
    pub summary: String,
    /// Some sentences.
    pub description: String,
    /// Path, query and header parameters, then the fields of the body.
    pub fields: Vec<Field>,
    /// The schema of the body.
    pub body: Option<String>,
    /// The schema of the response.
    pub response: Option<String>,
    /// `x-key` of that schema.
    pub response_key: Option<String>,
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
    pub partial_scopes: Vec<String>,
    /// Whether it needs a token.
    pub authenticated: bool,
    /// Whether sending it twice is the same as once.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether something is lost for good.
    pub destructive: bool,
    /// Whether `check()` calls it.
    pub check: bool,
    /// Whether the document is a connector's, so that `execute` knows its operations.
    pub executable: bool,
    /// Whether agents are offered it as a tool without being asked.
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
    /// The most bytes.
    pub max_size: u64,
    /// The body's field that the bytes stand for, dotted.
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

/// How deep request schemas may nest before they count as recursive.
const MAX_DEPTH: usize = 8;

/// Resolves a document that the lint has passed.
///
/// # Errors
///
/// Request schemas that contain themselves.
pub fn build(file: &str, openapi: &OpenAPI) -> Result<Model, Error> {
    let mut operations = Vec::new();
    let mut errors = Vec::new();
    for (path, method, operation) in document::operations(openapi) {
        let place = place(method, path, operation.operation_id.as_deref());
        match build_operation(openapi, path, method, operation) {
            Ok(operation) => operations.push(operation),
            Err(message) => errors.push(Error::new(file, &place, message)),
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

/// The method's name that an operation has in its group.
pub fn method_name(operation: &openapiv3::Operation) -> Option<String> {
    if let Some(name) = text(&operation.extensions, "x-method-name") {
        return Some(name);
    }
    let id = operation.operation_id.as_deref()?;
    match operation.tags.first() {
        None => Some(id.to_owned()),
        Some(tag) => id
            .strip_prefix(&tag.replace('.', "_"))?
            .strip_prefix('_')
            .map(str::to_owned),
    }
}

/// The entity and action that an operation has, with whether they are Airbyte's.
pub fn entity_and_action(operation: &openapiv3::Operation) -> Option<(String, String, bool)> {
    let extensions = &operation.extensions;
    if let (Some(entity), Some(action)) = (
        text(extensions, "x-airbyte-entity"),
        text(extensions, "x-airbyte-action"),
    ) {
        return Some((entity, action, true));
    }
    let method = method_name(operation)?;
    let entity = text(extensions, "x-entity").or_else(|| {
        let tag = operation.tags.first()?;
        Some(tag.replace('.', "_"))
    });
    Some((
        entity.unwrap_or_else(|| method.clone()),
        text(extensions, "x-action").unwrap_or(method),
        false,
    ))
}

/// The key behind `$.` of an extractor; `None` for the whole.
pub fn extractor_key(extractor: &str) -> Option<&str> {
    extractor.strip_prefix("$.")
}

fn build_operation(
    openapi: &OpenAPI,
    path: &str,
    method: &'static str,
    operation: &openapiv3::Operation,
) -> Result<Operation, String> {
    let extensions = &operation.extensions;
    let mut fields = Vec::new();
    for parameter in &operation.parameters {
        if let Some(parameter) = document::parameter(openapi, parameter) {
            fields.push(parameter_field(openapi, parameter)?);
        }
    }
    let body = body_schema(openapi, operation);
    if let Some(name) = &body {
        let schema =
            document::schema(openapi, name).ok_or_else(|| format!("no schema `{name}`"))?;
        fields.extend(object_fields(openapi, schema, 0)?);
    }
    let response = response_schema(openapi, operation);
    let records = text(extensions, "x-airbyte-record-extractor")
        .and_then(|extractor| extractor_key(&extractor).map(str::to_owned))
        .and_then(|key| {
            let record = record_type(openapi, response.as_deref()?, &key)?;
            Some((key, record))
        });
    let (entity, action, hosted) = entity_and_action(operation).ok_or("no entity and action")?;
    let units = |name: &str| {
        extensions
            .get("x-quota-units")
            .and_then(|units| units.get(name))
            .and_then(Value::as_u64)
            .and_then(|units| u32::try_from(units).ok())
            .unwrap_or(0)
    };
    let security = operation.security.as_ref().or(openapi.security.as_ref());
    let scopes = security
        .into_iter()
        .flatten()
        .flat_map(|alternative| alternative.values().flatten().cloned())
        .collect();
    Ok(Operation {
        id: operation.operation_id.clone().unwrap_or_default(),
        group: operation
            .tags
            .first()
            .map(|tag| tag.split('.').map(str::to_owned).collect())
            .unwrap_or_default(),
        method_name: method_name(operation).ok_or("no method name")?,
        http_method: method,
        path: path.to_owned(),
        entity,
        action,
        hosted,
        summary: operation.summary.clone().unwrap_or_default(),
        description: operation
            .description
            .clone()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        fields,
        body,
        response_key: response
            .as_deref()
            .and_then(|name| document::schema(openapi, name))
            .and_then(|schema| text(&schema.schema_data.extensions, "x-key")),
        response,
        records,
        meta: extensions
            .get("x-airbyte-meta-extractor")
            .and_then(Value::as_object)
            .map(|meta| meta.keys().cloned().collect())
            .unwrap_or_default(),
        pagination: extensions.get("x-pagination").and_then(pagination),
        media_upload: extensions.get("x-media-upload").and_then(media_upload),
        quota_units: (units("current"), units("legacy")),
        scopes,
        partial_scopes: extensions
            .get("x-partial-scopes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        authenticated: security.is_some_and(|security| !security.is_empty()),
        idempotent: document::flag(extensions, "x-idempotent"),
        read_only: method == "get" || document::flag(extensions, "x-read-only"),
        destructive: document::flag(extensions, "x-destructive"),
        check: document::flag(extensions, "x-airbyte-preferred-for-check"),
        executable: openapi
            .info
            .extensions
            .contains_key("x-airbyte-connector-name"),
        default_tool: document::flag(extensions, "x-default-tool"),
        outbound: text(extensions, "x-outbound"),
    })
}

fn pagination(value: &Value) -> Option<Pagination> {
    let get = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Pagination {
        token_parameter: get("token-parameter")?,
        token_field: get("token-field")?,
        size_parameter: get("size-parameter"),
    })
}

fn media_upload(value: &Value) -> Option<MediaUpload> {
    Some(MediaUpload {
        path: value.get("path")?.as_str()?.to_owned(),
        max_size: value.get("max-size")?.as_u64()?,
        field: value.get("field")?.as_str()?.to_owned(),
    })
}

fn parameter_field(openapi: &OpenAPI, parameter: &openapiv3::Parameter) -> Result<Field, String> {
    use openapiv3::Parameter;
    let location = match parameter {
        Parameter::Path { .. } => Location::Path,
        Parameter::Query { .. } => Location::Query,
        Parameter::Header { .. } | Parameter::Cookie { .. } => Location::Header,
    };
    let data: &ParameterData = parameter.parameter_data_ref();
    let ParameterSchemaOrContent::Schema(schema) = &data.format else {
        return Err(format!("parameter `{}` has no schema", data.name));
    };
    Ok(Field {
        name: data.name.clone(),
        location,
        required: data.required,
        description: data
            .description
            .clone()
            .unwrap_or_default()
            .trim()
            .to_owned(),
        schema: resolve(openapi, schema, 0)?,
        comma_joined: document::flag(&data.extensions, "x-airbyte-comma-joined"),
        absent: document::flag(&data.extensions, "x-airbyte-absent"),
        nullable: false,
    })
}

/// The name of the schema of a JSON body.
pub fn body_schema(openapi: &OpenAPI, operation: &openapiv3::Operation) -> Option<String> {
    let body = document::request_body(openapi, operation.request_body.as_ref()?)?;
    media_schema(&body.content)
}

/// The name of the schema of the one success response.
pub fn response_schema(openapi: &OpenAPI, operation: &openapiv3::Operation) -> Option<String> {
    let (_, response) = operation
        .responses
        .responses
        .iter()
        .find(|(status, _)| is_success(status))?;
    media_schema(&document::response(openapi, response)?.content)
}

/// Whether a status of a document is a success.
pub fn is_success(status: &StatusCode) -> bool {
    match status {
        StatusCode::Code(code) => (200..300).contains(code),
        StatusCode::Range(range) => *range == 2,
    }
}

fn media_schema(content: &IndexMap<String, openapiv3::MediaType>) -> Option<String> {
    match content.values().next()?.schema.as_ref()? {
        ReferenceOr::Reference { reference } => {
            document::referred(reference, "schemas").map(str::to_owned)
        }
        ReferenceOr::Item(_) => None,
    }
}

fn record_type(openapi: &OpenAPI, response: &str, key: &str) -> Option<RecordType> {
    let SchemaKind::Type(Type::Object(object)) = &document::schema(openapi, response)?.schema_kind
    else {
        return None;
    };
    let ReferenceOr::Item(property) = object.properties.get(key)? else {
        return None;
    };
    let SchemaKind::Type(Type::Array(array)) = &property.schema_kind else {
        return None;
    };
    match array.items.as_ref()? {
        ReferenceOr::Reference { reference } => {
            document::referred(reference, "schemas").map(|name| RecordType::Named(name.to_owned()))
        }
        ReferenceOr::Item(_) => Some(RecordType::Any),
    }
}

fn object_fields(
    openapi: &OpenAPI,
    schema: &OpenApiSchema,
    depth: usize,
) -> Result<Vec<Field>, String> {
    let SchemaKind::Type(Type::Object(object)) = &schema.schema_kind else {
        return Ok(Vec::new());
    };
    let mut fields = Vec::new();
    for (name, property) in &object.properties {
        let (description, extensions) = match property {
            ReferenceOr::Item(item) => (
                item.schema_data.description.clone(),
                Some(&item.schema_data.extensions),
            ),
            ReferenceOr::Reference { reference } => (
                document::referred(reference, "schemas")
                    .and_then(|name| document::schema(openapi, name))
                    .and_then(|schema| schema.schema_data.description.clone()),
                None,
            ),
        };
        fields.push(Field {
            name: name.clone(),
            location: Location::Body,
            required: object.required.contains(name),
            description: description.unwrap_or_default().trim().to_owned(),
            schema: resolve(openapi, &property.clone().unbox(), depth)?,
            comma_joined: false,
            absent: extensions
                .is_some_and(|extensions| document::flag(extensions, "x-airbyte-absent")),
            nullable: property
                .as_item()
                .is_some_and(|item| item.schema_data.nullable),
        });
    }
    Ok(fields)
}

fn resolve(
    openapi: &OpenAPI,
    schema: &ReferenceOr<OpenApiSchema>,
    depth: usize,
) -> Result<Schema, String> {
    if depth > MAX_DEPTH {
        return Err("a request schema contains itself; write one that ends".to_owned());
    }
    let (name, schema) = match schema {
        ReferenceOr::Item(item) => (None, item),
        ReferenceOr::Reference { reference } => {
            let name = document::referred(reference, "schemas")
                .ok_or_else(|| format!("`{reference}` is not a reference to a schema"))?;
            let schema =
                document::schema(openapi, name).ok_or_else(|| format!("no schema `{name}`"))?;
            (Some(name), schema)
        }
    };
    // A lone reference in `allOf` is how OpenAPI 3.0 puts a description or an extension beside a reference.
    if let SchemaKind::AllOf { all_of } = &schema.schema_kind
        && let [only @ ReferenceOr::Reference { .. }] = all_of.as_slice()
    {
        return resolve(openapi, only, depth);
    }
    Ok(match &schema.schema_kind {
        SchemaKind::Type(Type::String(string)) => match (name, document::enum_values(schema)) {
            (Some(name), Some(values)) => Schema::Enum(name.to_owned(), values),
            _ if is_secret(string, &schema.schema_data) => Schema::Secret,
            _ => Schema::String,
        },
        SchemaKind::Type(Type::Integer(integer)) => {
            Schema::Integer(integer.minimum, integer.maximum)
        }
        SchemaKind::Type(Type::Number(_)) => Schema::Number,
        SchemaKind::Type(Type::Boolean(_)) => Schema::Boolean,
        SchemaKind::Type(Type::Array(array)) => match &array.items {
            Some(items) => Schema::Array(Box::new(resolve(
                openapi,
                &items.clone().unbox(),
                depth + 1,
            )?)),
            None => Schema::Array(Box::new(Schema::Any)),
        },
        SchemaKind::Type(Type::Object(object)) => match name {
            Some(name) if !object.properties.is_empty() => {
                Schema::Object(name.to_owned(), object_fields(openapi, schema, depth + 1)?)
            }
            _ => Schema::Map,
        },
        _ => Schema::Any,
    })
}

/// Whether a string schema holds a secret.
pub fn is_secret(string: &openapiv3::StringType, data: &openapiv3::SchemaData) -> bool {
    use openapiv3::{StringFormat, VariantOrUnknownOrEmpty};
    document::flag(&data.extensions, "x-secret")
        || matches!(
            string.format,
            VariantOrUnknownOrEmpty::Item(StringFormat::Password)
        )
}

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
