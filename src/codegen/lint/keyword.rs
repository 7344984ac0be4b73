//! The rules for keywords that the typed parser would drop. Every keyword in a document must have an effect, so nobody
//! relies on one that is ignored.

use serde_norway::{Mapping, Value};

use super::Findings;
use crate::codegen::model;

/// The keywords of each OpenAPI object that the generator reads, or that are only documentation.
const ROOT: &[&str] = &[
    "openapi",
    "info",
    "servers",
    "paths",
    "components",
    "security",
    "tags",
    "externalDocs",
];
const COMPONENTS: &[&str] = &[
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "securitySchemes",
];
const INFO: &[&str] = &[
    "title",
    "description",
    "termsOfService",
    "contact",
    "license",
    "version",
];
const SERVER: &[&str] = &["url", "description", "variables"];
const TAG: &[&str] = &["name", "description", "externalDocs"];
const HTTP: &[&str] = &["type", "description", "scheme", "bearerFormat"];
const OAUTH2: &[&str] = &["type", "description", "flows"];
const FLOWS: &[&str] = &[
    "authorizationCode",
    "implicit",
    "password",
    "clientCredentials",
];
const FLOW: &[&str] = &["authorizationUrl", "tokenUrl", "refreshUrl", "scopes"];
const PATH: &[&str] = &[
    "get",
    "put",
    "post",
    "delete",
    "patch",
    "options",
    "head",
    "trace",
    "summary",
    "description",
    "parameters",
];
const OPERATION: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "deprecated",
    "security",
];
const PARAMETER: &[&str] = &[
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "schema",
    "content",
    "style",
    "explode",
    "example",
    "examples",
];
const BODY: &[&str] = &["description", "content", "required"];
const MEDIA: &[&str] = &["schema", "example", "examples"];
const RESPONSE: &[&str] = &["description", "content"];

/// The keywords of any schema.
const SCHEMA: &[&str] = &[
    "type",
    "title",
    "description",
    "default",
    "example",
    "externalDocs",
];

/// The keywords that say how an object uses a schema as a property.
const PROPERTY: &[&str] = &[
    "nullable",
    "deprecated",
    "readOnly",
    "x-airbyte-absent",
    "x-secret",
    "x-sent-as",
];

/// The place of a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Named,
    Parameter,
    Property,
    Item,
}

/// Checks every keyword in a document.
pub(super) fn check(document: &Value, findings: &mut Findings<'_>) {
    check_keys(document, &mut Vec::new(), findings);
    known(document, ROOT, "", &[], findings);
    let components = &document["components"];
    findings.place("components", &["components"]);
    known(components, COMPONENTS, "components", &[], findings);
    findings.place("info", &["info"]);
    known(&document["info"], INFO, "info", &[], findings);
    for (section, allowed) in [("servers", SERVER), ("tags", TAG)] {
        for (index, value) in items(&document[section]).enumerate() {
            let index = index.to_string();
            findings.place(section, &[section, &index]);
            known(value, allowed, section, &[], findings);
        }
        findings.place(section, &[section]);
    }
    for (name, value) in entries(&components["securitySchemes"]) {
        let place = format!("components.securitySchemes.{name}");
        findings.place(&place, &["components", "securitySchemes", name]);
        match value["type"].as_str() {
            Some("oauth2") => known(value, OAUTH2, &place, &[], findings),
            Some("http") => known(value, HTTP, &place, &[], findings),
            // Another rule rejects the others.
            _ => {}
        }
        known(&value["flows"], FLOWS, &place, &["flows"], findings);
        for (flow, value) in entries(&value["flows"]) {
            known(value, FLOW, &place, &["flows", flow], findings);
        }
    }
    for (name, schema) in entries(&components["schemas"]) {
        let place = format!("components.schemas.{name}");
        check_schema(
            schema,
            Role::Named,
            &place,
            &["components", "schemas", name],
            findings,
        );
    }
    for (name, value) in entries(&components["parameters"]) {
        let place = format!("components.parameters.{name}");
        let keys = ["components", "parameters", name];
        findings.place(&place, &keys);
        check_parameter(value, &place, &[], &keys, findings);
    }
    for (name, value) in entries(&components["responses"]) {
        let place = format!("components.responses.{name}");
        findings.place(&place, &["components", "responses", name]);
        check_content(value, RESPONSE, &place, &[], findings);
    }
    for (name, value) in entries(&components["requestBodies"]) {
        let place = format!("components.requestBodies.{name}");
        findings.place(&place, &["components", "requestBodies", name]);
        check_content(value, BODY, &place, &[], findings);
    }
    for (path, item) in entries(&document["paths"]) {
        findings.place(path, &["paths", path]);
        known(item, PATH, path, &[], findings);
        for (method, operation) in entries(item) {
            if ["get", "put", "post", "patch", "delete"].contains(&method) {
                let id = operation["operationId"].as_str();
                let place = model::place(method, path, id);
                findings.place(&place, &["paths", path, method]);
                check_operation(operation, &place, &["paths", path, method], findings);
            }
        }
    }
}

fn check_operation(operation: &Value, place: &str, keys: &[&str], findings: &mut Findings<'_>) {
    known(operation, OPERATION, place, &[], findings);
    for (index, value) in items(&operation["parameters"]).enumerate() {
        let index = index.to_string();
        let inner = ["parameters", &index];
        check_parameter(value, place, &inner, &[keys, &inner].concat(), findings);
    }
    check_content(
        &operation["requestBody"],
        BODY,
        place,
        &["requestBody"],
        findings,
    );
    for (status, response) in entries(&operation["responses"]) {
        check_content(response, RESPONSE, place, &["responses", status], findings);
    }
}

fn check_parameter(
    parameter: &Value,
    place: &str,
    inner: &[&str],
    keys: &[&str],
    findings: &mut Findings<'_>,
) {
    if is_reference(parameter, place, inner, findings) {
        return;
    }
    known(parameter, PARAMETER, place, inner, findings);
    if !parameter["schema"].is_null() && !parameter["content"].is_null() {
        findings.add_in(
            place,
            &[inner, &["content"]].concat(),
            "a parameter has `schema` and `content`; keep the schema",
        );
    }
    if parameter["x-airbyte-comma-joined"] == true && parameter["schema"]["type"] != "array" {
        findings.add_in(
            place,
            &[inner, &["x-airbyte-comma-joined"]].concat(),
            "`x-airbyte-comma-joined` is only for lists; leave it out, or make the parameter an array",
        );
    }
    let name = parameter["name"].as_str().unwrap_or_default();
    let schema_place = format!("{place}: parameter `{name}`");
    check_schema(
        &parameter["schema"],
        Role::Parameter,
        &schema_place,
        &[keys, &["schema"]].concat(),
        findings,
    );
}

fn check_content(
    value: &Value,
    allowed: &[&str],
    place: &str,
    inner: &[&str],
    findings: &mut Findings<'_>,
) {
    if is_reference(value, place, inner, findings) {
        return;
    }
    known(value, allowed, place, inner, findings);
    for (kind, media) in entries(&value["content"]) {
        let inner = [inner, &["content", kind]].concat();
        known(media, MEDIA, place, &inner, findings);
        is_reference(&media["schema"], place, &inner, findings);
    }
}

/// Whether a value is a reference; everything next to it is ignored.
fn is_reference(value: &Value, place: &str, inner: &[&str], findings: &mut Findings<'_>) -> bool {
    let Some(fields) = value
        .as_mapping()
        .filter(|fields| fields.contains_key("$ref"))
    else {
        return false;
    };
    if fields.len() > 1 {
        findings.add_in(
            place,
            inner,
            "what stands beside a `$ref` is not read; write only the reference, or put it in `allOf: [{$ref: …}]`",
        );
    }
    true
}

fn check_schema(
    schema: &Value,
    role: Role,
    place: &str,
    keys: &[&str],
    findings: &mut Findings<'_>,
) {
    findings.place(place, keys);
    if schema.is_null() || is_reference(schema, place, &[], findings) {
        return;
    }
    let Some(fields) = schema.as_mapping() else {
        findings.add(place, "a schema is an object; write `{}` for any JSON");
        return;
    };
    if let Some(key) = ["oneOf", "anyOf", "not", "discriminator"]
        .iter()
        .find(|key| fields.contains_key(**key))
    {
        // Other rules reject these in `components.schemas`.
        if role == Role::Parameter {
            findings.add_in(
                place,
                &[key],
                format!("`{key}` is not read in a parameter; give it one type"),
            );
        }
        return;
    }
    let own: &[&str] = match fields.get("type") {
        None if fields.contains_key("allOf") => &["allOf"],
        None => &[],
        Some(Value::String(kind)) => match kind.as_str() {
            "string" if role == Role::Parameter => &["format", "enum"],
            "string" => &["format", "enum", "pattern", "minLength", "maxLength"],
            "integer" => &["format", "enum", "minimum", "maximum"],
            "number" => &["format", "enum"],
            "boolean" => &["enum"],
            "array" => &["items"],
            "object" => &["properties", "required", "additionalProperties", "x-key"],
            _ => {
                findings.add(
                    place,
                    format!("`type: {kind}` is not a type; write string, integer, number, boolean, array or object, or `{{}}` for any JSON"),
                );
                return;
            }
        },
        Some(_) => {
            findings.add(
                place,
                "`type` is not one word; write one type, and `nullable: true` where null is meant",
            );
            return;
        }
    };
    for key in fields.keys().filter_map(Value::as_str) {
        let is_placed = match role {
            Role::Property => PROPERTY.contains(&key),
            // Other rules explain what to write instead.
            Role::Parameter | Role::Item => ["nullable", "x-secret"].contains(&key),
            Role::Named => false,
        };
        if !is_placed && PROPERTY.contains(&key) {
            findings.add_in(
                place,
                &[key],
                format!(
                    "`{key}` is not read here, only on a property; write it there, or leave it out"
                ),
            );
        } else if !is_placed && !own.contains(&key) && !SCHEMA.contains(&key) {
            findings.add_in(
                place,
                &[key],
                format!("`{key}` is not read here; say it in the description, or fix the word"),
            );
        }
    }
    if fields.get("x-secret").is_some_and(|is| *is == true)
        && fields.get("type").is_none_or(|kind| *kind != "string")
    {
        findings.add_in(
            place,
            &["x-secret"],
            "`x-secret` is only for strings; leave it out, or write `type: string`",
        );
    }
    check_values(fields, place, findings);
    check_schema(
        &schema["items"],
        Role::Item,
        &format!("{place}.items"),
        &[keys, &["items"]].concat(),
        findings,
    );
    for (name, property) in entries(&schema["properties"]) {
        check_schema(
            property,
            Role::Property,
            &format!("{place}.{name}"),
            &[keys, &["properties", name]].concat(),
            findings,
        );
    }
}

/// Checks bounds, enum values and defaults, which the typed parser misreads if they are unusual.
fn check_values(fields: &Mapping, place: &str, findings: &mut Findings<'_>) {
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let bound = |key: &str| fields.get(key).and_then(Value::as_i64);
    if kind == "integer" {
        for key in ["minimum", "maximum"] {
            if fields.contains_key(key) && bound(key).is_none() {
                findings.add_in(
                    place,
                    &[key],
                    format!("`{key}` is not a whole number of 64 bits; write it like `100`, or leave it out"),
                );
            }
        }
        if let (Some(minimum), Some(maximum)) = (bound("minimum"), bound("maximum"))
            && minimum > maximum
        {
            findings.add_in(
                place,
                &["minimum"],
                "`minimum` is more than `maximum`; no value is between them",
            );
        }
    }
    if let Some(values) = fields.get("enum") {
        let values: Vec<&Value> = items(values).collect();
        if kind != "string" {
            findings.add_in(
                place,
                &["enum"],
                "only an enum of strings is generated; name the values in the description, with `minimum` and `maximum`",
            );
        } else if values.is_empty() {
            findings.add_in(place, &["enum"], "an enum without values; name them");
        } else if (1..values.len()).any(|end| values[..end].contains(&values[end])) {
            findings.add_in(place, &["enum"], "an enum has a value twice; keep one");
        }
    }
    if let Some(default) = fields.get("default") {
        let fits = match kind {
            "string" => {
                default.is_string()
                    && fields
                        .get("enum")
                        .is_none_or(|values| items(values).any(|value| value == default))
            }
            "integer" => default.as_i64().is_some_and(|default| {
                bound("minimum").is_none_or(|bound| default >= bound)
                    && bound("maximum").is_none_or(|bound| default <= bound)
            }),
            "number" => default.is_number(),
            "boolean" => default.is_bool(),
            "array" => default.is_sequence(),
            "object" => default.is_mapping(),
            _ => true,
        };
        if !fits && !default.is_null() {
            findings.add_in(
                place,
                &["default"],
                "`default` is not a value of this type; fix it or leave it out",
            );
        }
    }
}

/// Checks keys. Extensions of operations, parameters and `info` have their own rules; anywhere else they aren't read.
fn known(
    value: &Value,
    allowed: &[&str],
    place: &str,
    inner: &[&str],
    findings: &mut Findings<'_>,
) {
    for (key, _) in entries(value) {
        let has_own_rule = key.starts_with("x-")
            && (allowed == OPERATION || allowed == PARAMETER || allowed == INFO);
        let has_own_rule = has_own_rule || (key == "$ref" && allowed == PATH);
        if !allowed.contains(&key) && !has_own_rule {
            let path = match place {
                "" => vec![],
                _ => [inner, &[key]].concat(),
            };
            findings.add_in(
                if place.is_empty() { key } else { place },
                &path,
                format!("`{key}` is not read here; leave it out, or fix the word"),
            );
        }
    }
}

/// Rejects keys that aren't strings, which would be taken for others, and YAML merges, which aren't applied.
fn check_keys(value: &Value, keys: &mut Vec<String>, findings: &mut Findings<'_>) {
    let place = keys.join(".");
    let line: Vec<&str> = keys.iter().map(String::as_str).collect();
    findings.place(&place, &line);
    let mut inner: Vec<(String, &Value)> = Vec::new();
    match value {
        Value::Mapping(fields) => {
            // Rustdoc would compile and run such a block as code. Operations have the same rule.
            let is_operation = keys.len() == 3 && keys.first().is_some_and(|key| key == "paths");
            if !is_operation
                && let Some(text) = value["description"].as_str()
                && is_code(text)
            {
                findings.add_in(
                    &place,
                    &["description"],
                    "the description has a block of code; write it as a sentence",
                );
            }
            for (key, value) in fields {
                match key {
                    Value::String(key) if key == "<<" => findings.add_in(
                        &place,
                        &["<<"],
                        "a merge (`<<`) is not carried out; write the fields out",
                    ),
                    Value::String(key) => inner.push((key.clone(), value)),
                    Value::Number(number) => inner.push((number.to_string(), value)),
                    _ => findings.add(
                        &place,
                        "YAML does not read this key as text; put it in quotes",
                    ),
                }
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                inner.push((index.to_string(), item));
            }
        }
        _ => {}
    }
    for (key, value) in inner {
        keys.push(key);
        check_keys(value, keys, findings);
        keys.pop();
    }
}

/// Whether a text contains a Markdown code block.
pub(super) fn is_code(text: &str) -> bool {
    text.contains("```") || text.lines().any(|line| line.starts_with("    "))
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_mapping()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_sequence().into_iter().flatten()
}
