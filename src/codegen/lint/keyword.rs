//! The rules for keywords that the typed parser would drop. Every keyword in a document must have an effect, so nobody
//! relies on one that is ignored.

use serde_norway::{Mapping, Value};

use super::{Findings, Place};
use crate::codegen::model;

/// The keywords of each OpenAPI object that the generator reads, or that are only documentation.
const ROOT: &str = "openapi info servers paths components security tags externalDocs";
const COMPONENTS: &str = "schemas responses parameters examples requestBodies securitySchemes";
const INFO: &str = "title description termsOfService contact license version";
const SERVER: &str = "url description variables";
const TAG: &str = "name description externalDocs";
const HTTP: &str = "type description scheme bearerFormat";
const OAUTH2: &str = "type description flows";
const FLOWS: &str = "authorizationCode implicit password clientCredentials";
const FLOW: &str = "authorizationUrl tokenUrl refreshUrl scopes";
const PATH: &str =
    "get put post delete patch options head trace summary description parameters $ref";
const OPERATION: &str = "tags summary description externalDocs operationId parameters requestBody responses deprecated \
                         security";
const PARAMETER: &str =
    "name in description required deprecated schema content style explode example examples";
const BODY: &str = "description content required";
const MEDIA: &str = "schema example examples";
const RESPONSE: &str = "description content";

/// The keywords of any schema.
const SCHEMA: &str = "type title description default example externalDocs";

/// The keywords that say how an object uses a schema as a property.
const PROPERTY: &str = "nullable deprecated readOnly x-airbyte-absent x-secret x-sent-as";

/// The place of a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Named,
    Parameter,
    Property,
    Item,
}

/// Checks every keyword in a document.
pub(super) fn check(document: &Value, findings: &Findings<'_>) {
    check_keys(document, &mut Vec::new(), findings);
    known(document, ROOT, &findings.place(""), &[]);
    let components = &document["components"];
    known(
        components,
        COMPONENTS,
        &findings.placed("components", &["components"]),
        &[],
    );
    known(
        &document["info"],
        INFO,
        &findings.placed("info", &["info"]),
        &[],
    );
    for (section, allowed) in [("servers", SERVER), ("tags", TAG)] {
        for (index, value) in items(&document[section]).enumerate() {
            let index = index.to_string();
            known(
                value,
                allowed,
                &findings.placed(section, &[section, &index]),
                &[],
            );
        }
        findings.placed(section, &[section]);
    }
    let sections = [
        "securitySchemes",
        "schemas",
        "parameters",
        "responses",
        "requestBodies",
    ];
    for section in sections {
        for (name, value) in entries(&components[section]) {
            let keys = ["components", section, name];
            let place = findings.placed(keys.join("."), &keys);
            match section {
                "securitySchemes" => check_security(value, &place),
                "schemas" => check_schema(value, Role::Named, &place, &keys),
                "parameters" => check_parameter(value, &place, &[], &keys),
                "responses" => check_content(value, RESPONSE, &place, &[]),
                _ => check_content(value, BODY, &place, &[]),
            }
        }
    }
    for (path, item) in entries(&document["paths"]) {
        known(item, PATH, &findings.placed(path, &["paths", path]), &[]);
        for (method, operation) in entries(item) {
            if ["get", "put", "post", "patch", "delete"].contains(&method) {
                let id = operation["operationId"].as_str();
                let keys = ["paths", path, method];
                let place = findings.placed(model::place(method, path, id), &keys);
                check_operation(operation, &place, &keys);
            }
        }
    }
}

fn check_security(scheme: &Value, place: &Place<'_>) {
    match scheme["type"].as_str() {
        Some("oauth2") => known(scheme, OAUTH2, place, &[]),
        Some("http") => known(scheme, HTTP, place, &[]),
        // Another rule rejects the others.
        _ => {}
    }
    known(&scheme["flows"], FLOWS, place, &["flows"]);
    for (flow, value) in entries(&scheme["flows"]) {
        known(value, FLOW, place, &["flows", flow]);
    }
}

fn check_operation(operation: &Value, place: &Place<'_>, keys: &[&str]) {
    known(operation, OPERATION, place, &[]);
    for (index, value) in items(&operation["parameters"]).enumerate() {
        let index = index.to_string();
        let inner = ["parameters", &index];
        check_parameter(value, place, &inner, &[keys, &inner].concat());
    }
    check_content(&operation["requestBody"], BODY, place, &["requestBody"]);
    for (status, response) in entries(&operation["responses"]) {
        check_content(response, RESPONSE, place, &["responses", status]);
    }
}

fn check_parameter(parameter: &Value, place: &Place<'_>, inner: &[&str], keys: &[&str]) {
    if is_reference(parameter, place, inner) {
        return;
    }
    known(parameter, PARAMETER, place, inner);
    if !parameter["schema"].is_null() && !parameter["content"].is_null() {
        place.add_in(
            &[inner, &["content"]].concat(),
            "a parameter has `schema` and `content`; keep the schema",
        );
    }
    if parameter["x-airbyte-comma-joined"] == true && parameter["schema"]["type"] != "array" {
        place.add_in(&[inner, &["x-airbyte-comma-joined"]].concat(),
            "`x-airbyte-comma-joined` is only for lists; leave it out, or make the parameter an array",
        );
    }
    let name = parameter["name"].as_str().unwrap_or_default();
    check_schema(
        &parameter["schema"],
        Role::Parameter,
        &place.inside(&format!(": parameter `{name}`")),
        &[keys, &["schema"]].concat(),
    );
}

fn check_content(value: &Value, allowed: &str, place: &Place<'_>, inner: &[&str]) {
    if is_reference(value, place, inner) {
        return;
    }
    known(value, allowed, place, inner);
    for (kind, media) in entries(&value["content"]) {
        let inner = [inner, &["content", kind]].concat();
        known(media, MEDIA, place, &inner);
        is_reference(&media["schema"], place, &inner);
    }
}

/// Whether a value is a reference; everything next to it is ignored.
fn is_reference(value: &Value, place: &Place<'_>, inner: &[&str]) -> bool {
    let Some(fields) = value
        .as_mapping()
        .filter(|fields| fields.contains_key("$ref"))
    else {
        return false;
    };
    if fields.len() > 1 {
        place.add_in(inner,
            "what stands beside a `$ref` is not read; write only the reference, or put it in `allOf: [{$ref: …}]`",
        );
    }
    true
}

fn check_schema(schema: &Value, role: Role, place: &Place<'_>, keys: &[&str]) {
    place.is_at(keys);
    if schema.is_null() || is_reference(schema, place, &[]) {
        return;
    }
    let Some(fields) = schema.as_mapping() else {
        place.add("a schema is an object; write `{}` for any JSON");
        return;
    };
    if let Some(key) = ["oneOf", "anyOf", "not", "discriminator"]
        .iter()
        .find(|key| fields.contains_key(**key))
    {
        // Other rules reject these in `components.schemas`.
        if role == Role::Parameter {
            place.add_in(
                &[key],
                format!("`{key}` is not read in a parameter; give it one type"),
            );
        }
        return;
    }
    let own = match fields.get("type") {
        None if fields.contains_key("allOf") => "allOf",
        None => "",
        Some(Value::String(kind)) => match kind.as_str() {
            "string" if role == Role::Parameter => "format enum",
            "string" => "format enum pattern minLength maxLength",
            "integer" => "format enum minimum maximum",
            "number" => "format enum",
            "boolean" => "enum",
            "array" => "items",
            "object" => "properties required additionalProperties x-key",
            _ => {
                place.add(
                    format!("`type: {kind}` is not a type; write string, integer, number, boolean, array or object, or `{{}}` for any JSON"),
                );
                return;
            }
        },
        Some(_) => {
            place.add(
                "`type` is not one word; write one type, and `nullable: true` where null is meant",
            );
            return;
        }
    };
    for key in fields.keys().filter_map(Value::as_str) {
        let is_placed = match role {
            Role::Property => is_word(PROPERTY, key),
            // Other rules explain what to write instead.
            Role::Parameter | Role::Item => ["nullable", "x-secret"].contains(&key),
            Role::Named => false,
        };
        if !is_placed && is_word(PROPERTY, key) {
            place.add_in(
                &[key],
                format!(
                    "`{key}` is not read here, only on a property; write it there, or leave it out"
                ),
            );
        } else if !is_placed && !is_word(own, key) && !is_word(SCHEMA, key) {
            place.add_in(
                &[key],
                format!("`{key}` is not read here; say it in the description, or fix the word"),
            );
        }
    }
    if fields.get("x-secret").is_some_and(|is| *is == true)
        && fields.get("type").is_none_or(|kind| *kind != "string")
    {
        place.add_in(
            &["x-secret"],
            "`x-secret` is only for strings; leave it out, or write `type: string`",
        );
    }
    check_values(fields, place);
    check_schema(
        &schema["items"],
        Role::Item,
        &place.inside(".items"),
        &[keys, &["items"]].concat(),
    );
    for (name, property) in entries(&schema["properties"]) {
        check_schema(
            property,
            Role::Property,
            &place.inside(&format!(".{name}")),
            &[keys, &["properties", name]].concat(),
        );
    }
}

/// Checks bounds, enum values and defaults, which the typed parser misreads if they are unusual.
fn check_values(fields: &Mapping, place: &Place<'_>) {
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let bound = |key: &str| fields.get(key).and_then(Value::as_i64);
    if kind == "integer" {
        for key in ["minimum", "maximum"] {
            if fields.contains_key(key) && bound(key).is_none() {
                place.add_in(&[key],
                    format!("`{key}` is not a whole number of 64 bits; write it like `100`, or leave it out"),
                );
            }
        }
        if let (Some(minimum), Some(maximum)) = (bound("minimum"), bound("maximum"))
            && minimum > maximum
        {
            place.add_in(
                &["minimum"],
                "`minimum` is more than `maximum`; no value is between them",
            );
        }
    }
    if let Some(values) = fields.get("enum") {
        let values: Vec<&Value> = items(values).collect();
        if kind != "string" {
            place.add_in(
                &["enum"],
                "only an enum of strings is generated; name the values in the description, with `minimum` and `maximum`",
            );
        } else if values.is_empty() {
            place.add_in(&["enum"], "an enum without values; name them");
        } else if (1..values.len()).any(|end| values[..end].contains(&values[end])) {
            place.add_in(&["enum"], "an enum has a value twice; keep one");
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
            place.add_in(
                &["default"],
                "`default` is not a value of this type; fix it or leave it out",
            );
        }
    }
}

/// Checks keys. Extensions of operations, parameters and `info` have their own rules; anywhere else they aren't read.
fn known(value: &Value, allowed: &str, place: &Place<'_>, inner: &[&str]) {
    let has_extensions = [OPERATION, PARAMETER, INFO].contains(&allowed);
    for (key, _) in entries(value) {
        if is_word(allowed, key) || (has_extensions && key.starts_with("x-")) {
            continue;
        }
        let message = format!("`{key}` is not read here; leave it out, or fix the word");
        if allowed == ROOT {
            place.findings.place(key).add(message);
        } else {
            place.add_in(&[inner, &[key]].concat(), message);
        }
    }
}

/// Whether a space-separated list contains a word.
fn is_word(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Rejects keys that aren't strings, which would be taken for others, and YAML merges, which aren't applied.
fn check_keys(value: &Value, keys: &mut Vec<String>, findings: &Findings<'_>) {
    let line: Vec<&str> = keys.iter().map(String::as_str).collect();
    let place = findings.placed(keys.join("."), &line);
    let mut inner: Vec<(String, &Value)> = Vec::new();
    match value {
        Value::Mapping(fields) => {
            // Rustdoc would compile and run such a block as code. Operations have the same rule.
            let is_operation = keys.len() == 3 && keys.first().is_some_and(|key| key == "paths");
            if !is_operation && value["description"].as_str().is_some_and(is_code) {
                place.add_in(
                    &["description"],
                    "the description has a block of code; write it as a sentence",
                );
            }
            for (key, value) in fields {
                match key {
                    Value::String(key) if key == "<<" => place.add_in(
                        &["<<"],
                        "a merge (`<<`) is not carried out; write the fields out",
                    ),
                    Value::String(key) => inner.push((key.clone(), value)),
                    Value::Number(number) => inner.push((number.to_string(), value)),
                    _ => place.add("YAML does not read this key as text; put it in quotes"),
                }
            }
        }
        Value::Sequence(items) => {
            let items = items.iter().enumerate();
            inner.extend(items.map(|(index, item)| (index.to_string(), item)));
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
