//! Reads a document, and resolves its references.

use indexmap::IndexMap;
use openapiv3::{
    Components, ObjectType, OpenAPI, Operation, Parameter, ReferenceOr, RequestBody, Response,
    Schema, SchemaKind, Type,
};

use super::source::Source;
use super::{Error, lint};

/// The HTTP methods that a document may use, in the order of processing.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads a document.
///
/// # Errors
///
/// If the text isn't YAML, a key occurs twice, or the document isn't OpenAPI 3.0.
pub fn parse(file: &str, yaml: &str) -> Result<(OpenAPI, Source), Error> {
    // First parse to a value, which finds duplicate keys; the typed parser would silently drop them.
    let value: serde_norway::Value = serde_norway::from_str(yaml).map_err(|error| {
        Error::new(
            file,
            "",
            format!("not valid YAML: {error}; fix the syntax there"),
        )
    })?;
    let version = value
        .get("openapi")
        .and_then(|version| version.as_str())
        .unwrap_or_default()
        .to_owned();
    if !version.starts_with("3.0.") {
        return Err(Error::new(
            file,
            "openapi",
            format!(
                "version `{version}` can't be generated from; write the document in OpenAPI 3.0 (`openapi: 3.0.3`)"
            ),
        ));
    }
    let source = Source::new(value, yaml);
    let mut openapi = serde_norway::from_str(yaml).map_err(|error| {
        // The parser's message names no operation, so the lint's is better.
        if let Err(error) = lint::check_words(file, &source) {
            return error;
        }
        let file = match error.location() {
            Some(location) => format!("{file}:{}", location.line()),
            None => file.to_owned(),
        };
        Error::new(
            &file,
            "",
            format!(
                "not a valid OpenAPI 3.0 document: {error}; compare the place with the OpenAPI 3.0.3 specification"
            ),
        )
    })?;
    tell_deprecated(&mut openapi);
    Ok((openapi, source))
}

/// Adds "Deprecated" to the description of everything deprecated, so every reader sees it.
fn tell_deprecated(openapi: &mut OpenAPI) {
    fn tell(description: &mut Option<String>) {
        if let Some(text) = description {
            *text = format!("Deprecated. {}", text.trim());
        }
    }
    fn tell_parameter(parameter: &mut ReferenceOr<Parameter>) {
        let ReferenceOr::Item(
            Parameter::Query { parameter_data, .. }
            | Parameter::Header { parameter_data, .. }
            | Parameter::Path { parameter_data, .. }
            | Parameter::Cookie { parameter_data, .. },
        ) = parameter
        else {
            return;
        };
        if parameter_data.deprecated == Some(true) {
            tell(&mut parameter_data.description);
        }
    }
    for (_, item) in &mut openapi.paths.paths {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        for operation in [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .flatten()
        {
            if operation.deprecated {
                tell(&mut operation.description);
            }
            operation.parameters.iter_mut().for_each(tell_parameter);
        }
    }
    let Some(components) = &mut openapi.components else {
        return;
    };
    components.parameters.values_mut().for_each(tell_parameter);
    for schema in components.schemas.values_mut() {
        if let ReferenceOr::Item(schema) = schema
            && let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind
        {
            for property in object.properties.values_mut() {
                if let ReferenceOr::Item(property) = property
                    && property.schema_data.deprecated
                {
                    tell(&mut property.schema_data.description);
                }
            }
        }
    }
}

/// All operations with path and method, in the order of the document.
pub fn operations(openapi: &OpenAPI) -> Vec<(&str, &'static str, &Operation)> {
    let mut found = Vec::new();
    for (path, item) in &openapi.paths.paths {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        let by_method = [&item.get, &item.post, &item.put, &item.patch, &item.delete];
        for (method, operation) in METHODS.into_iter().zip(by_method) {
            if let Some(operation) = operation {
                found.push((path.as_str(), method, operation));
            }
        }
    }
    found
}

/// The name at the end of a reference into a section of `components`.
pub fn referred<'a>(reference: &'a str, section: &str) -> Option<&'a str> {
    reference
        .strip_prefix("#/components/")?
        .strip_prefix(section)?
        .strip_prefix('/')
}

/// The description of a property: its own, or that of the referenced schema.
pub fn description<'a>(
    openapi: &'a OpenAPI,
    property: &'a ReferenceOr<Box<Schema>>,
) -> Option<&'a str> {
    let schema = match property {
        ReferenceOr::Item(item) => item,
        ReferenceOr::Reference { reference } => schema(openapi, referred(reference, "schemas")?)?,
    };
    schema.schema_data.description.as_deref().map(str::trim)
}

/// A named schema.
pub fn schema<'a>(openapi: &'a OpenAPI, name: &str) -> Option<&'a Schema> {
    openapi.components.as_ref()?.schemas.get(name)?.as_item()
}

/// The object type of a schema, if it is an object.
pub fn object(schema: &Schema) -> Option<&ObjectType> {
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => Some(object),
        _ => None,
    }
}

/// The same, for a named schema.
pub fn named_object<'a>(openapi: &'a OpenAPI, name: &str) -> Option<&'a ObjectType> {
    object(schema(openapi, name)?)
}

/// A parameter, inline or referenced.
pub fn parameter<'a>(
    openapi: &'a OpenAPI,
    parameter: &'a ReferenceOr<Parameter>,
) -> Option<&'a Parameter> {
    found(openapi, parameter, "parameters", |all| &all.parameters)
}

/// A response, inline or referenced.
pub fn response<'a>(
    openapi: &'a OpenAPI,
    response: &'a ReferenceOr<Response>,
) -> Option<&'a Response> {
    found(openapi, response, "responses", |all| &all.responses)
}

/// A request body, inline or referenced.
pub fn request_body<'a>(
    openapi: &'a OpenAPI,
    body: &'a ReferenceOr<RequestBody>,
) -> Option<&'a RequestBody> {
    found(openapi, body, "requestBodies", |all| &all.request_bodies)
}

fn found<'a, T>(
    openapi: &'a OpenAPI,
    item: &'a ReferenceOr<T>,
    name: &str,
    section: impl Fn(&'a Components) -> &'a IndexMap<String, ReferenceOr<T>>,
) -> Option<&'a T> {
    match item {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => {
            let section = openapi.components.as_ref().map(section)?;
            section.get(referred(reference, name)?)?.as_item()
        }
    }
}

/// The values of a string enum; `None` for any other schema.
pub fn enum_values(schema: &Schema) -> Option<Vec<String>> {
    match &schema.schema_kind {
        SchemaKind::Type(Type::String(string)) if !string.enumeration.is_empty() => {
            Some(string.enumeration.iter().flatten().cloned().collect())
        }
        _ => None,
    }
}

/// Whether an extension is present and `true`.
pub fn flag(extensions: &IndexMap<String, serde_json::Value>, name: &str) -> bool {
    extensions.get(name).and_then(serde_json::Value::as_bool) == Some(true)
}
