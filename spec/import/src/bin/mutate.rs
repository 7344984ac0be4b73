//! Puts every keyword of OpenAPI and JSON Schema in every place of a small document, and reports the effects; see
//! tests/connector/mutate.sh.
//!
//! A keyword must be rejected with its line, change the generated code, or be documentation only.

#[allow(
    dead_code,
    unused_imports,
    reason = "the harness needs the generator alone, not what the import asks of it"
)]
#[path = "../../../../src/codegen/mod.rs"]
mod codegen;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::{env, fs};

use codegen::Settings;
use serde_norway::Value;

/// Each keyword, with possible values.
const KEYWORDS: &[(&str, &[&str])] = &[
    ("$comment", &["text"]),
    ("$id", &["text"]),
    (
        "$ref",
        &[
            "'#/components/schemas/Note'",
            "'#/components/schemas/Nothing'",
        ],
    ),
    ("additionalProperties", &["true", "false", "{type: string}"]),
    (
        "allOf",
        &[
            "[{$ref: '#/components/schemas/Note'}]",
            "[{type: object}, {type: object}]",
        ],
    ),
    ("allowEmptyValue", &["true"]),
    ("allowReserved", &["true"]),
    ("anyOf", &["[{type: string}, {type: integer}]"]),
    ("bearerFormat", &["JWT"]),
    (
        "callbacks",
        &["{done: {'{$request.query.url}': {post: {responses: {'200': {description: Done}}}}}}"],
    ),
    ("const", &["red"]),
    ("contact", &["{name: Ada}"]),
    (
        "content",
        &[
            "{application/json: {schema: {type: string}}}",
            "{text/plain: {schema: {type: string}}}",
        ],
    ),
    ("contentEncoding", &["base64"]),
    ("contentMediaType", &["image/png"]),
    ("default", &["red", "7", "[]", "null", "{}", "true"]),
    ("deprecated", &["true"]),
    (
        "description",
        &["By default text with ``` in it.", "One\n\n    two"],
    ),
    ("discriminator", &["{propertyName: id}"]),
    ("encoding", &["{text: {contentType: text/plain}}"]),
    (
        "enum",
        &[
            "[a, b]",
            "[1, 2]",
            "[true]",
            "[null]",
            "[]",
            "[a, A, a]",
            "['', '1', 'self']",
        ],
    ),
    ("example", &["red", "{a: 1}"]),
    ("examples", &["{a: {value: red}}", "[red]"]),
    ("exclusiveMaximum", &["true", "9"]),
    ("exclusiveMinimum", &["true", "9"]),
    ("explode", &["true", "false"]),
    ("externalDocs", &["{url: 'https://notes.example.com/docs'}"]),
    (
        "format",
        &[
            "byte",
            "binary",
            "password",
            "date-time",
            "uuid",
            "int32",
            "int64",
            "uint64",
            "float",
            "email",
            "ipv4",
        ],
    ),
    ("head", &["{responses: {'200': {description: Ok}}}"]),
    ("headers", &["{X-Rate: {schema: {type: string}}}"]),
    ("if", &["{type: string}"]),
    (
        "items",
        &[
            "{type: string}",
            "{}",
            "{type: string, nullable: true}",
            "{type: object, properties: {a: {type: string}}}",
        ],
    ),
    ("license", &["{name: MIT}"]),
    ("links", &["{next: {operationId: list_notes}}"]),
    ("maxItems", &["3"]),
    ("maxLength", &["3"]),
    ("maxProperties", &["3"]),
    ("maximum", &["3", "3.0", "255", "9223372036854775808"]),
    ("minItems", &["1"]),
    ("minLength", &["1"]),
    ("minProperties", &["1"]),
    ("minimum", &["1", "0", "-1", "1.0", "4"]),
    ("multipleOf", &["2"]),
    ("not", &["{type: string}"]),
    ("nullable", &["true", "false"]),
    (
        "oneOf",
        &[
            "[{type: string}, {type: integer}]",
            "[{$ref: '#/components/schemas/Note'}]",
        ],
    ),
    ("openIdConnectUrl", &["https://notes.example.com/oidc"]),
    ("operationId", &["another_id", "Another", "fn"]),
    ("options", &["{responses: {'200': {description: Ok}}}"]),
    (
        "parameters",
        &[
            "[{name: q, in: query, description: Q., schema: {type: string}}]",
            "[{name: c, in: cookie, description: C., schema: {type: string}}]",
            "[{name: h, in: header, description: H., schema: {type: string}}]",
        ],
    ),
    ("pattern", &["^a$"]),
    ("patternProperties", &["{a: {type: string}}"]),
    ("prefixItems", &["[{type: string}]"]),
    (
        "properties",
        &[
            "{type: {type: string}, self: {type: string}}",
            "{a: {type: string}, A: {type: string}}",
            "{send: {type: string}, stream: {type: string}}",
            "{a: {type: object, properties: {b: {type: string}}}}",
            "{r: {type: string, readOnly: true}, w: {type: string, writeOnly: true}}",
            "{r: {type: string, readOnly: true}}",
        ],
    ),
    ("readOnly", &["true"]),
    (
        "requestBody",
        &[
            "{required: true, content: {application/json: {schema: {$ref: '#/components/schemas/CreateNote'}}}}",
            "{content: {multipart/form-data: {schema: {type: object}}}}",
        ],
    ),
    (
        "required",
        &[
            "true",
            "false",
            "[text]",
            "[color]",
            "[id, text]",
            "[nothing]",
        ],
    ),
    (
        "responses",
        &[
            "{'200': {description: A}, '204': {description: B}}",
            "{default: {description: A}}",
            "{'200': {description: A, content: {text/plain: {schema: {type: string}}}}}",
            "{'302': {description: A}}",
            "{2XX: {description: A}}",
        ],
    ),
    (
        "security",
        &[
            "[]",
            "[{oauth2: []}]",
            "[{oauth2: [notes.write]}]",
            "[{key: []}]",
            "[{oauth2: [], key: []}]",
        ],
    ),
    (
        "servers",
        &[
            "[{url: 'https://other.example.com'}]",
            "[{url: 'https://{a}.example.com', variables: {a: {default: b}}}]",
        ],
    ),
    (
        "style",
        &["form", "simple", "deepObject", "spaceDelimited", "matrix"],
    ),
    ("summary", &["Another summary"]),
    ("tags", &["[notes, more]", "[Notes]"]),
    ("termsOfService", &["https://notes.example.com/terms"]),
    ("title", &["Another title"]),
    ("trace", &["{responses: {'200': {description: Ok}}}"]),
    (
        "type",
        &[
            "string",
            "integer",
            "number",
            "boolean",
            "array",
            "object",
            "'null'",
            "[string, 'null']",
            "file",
        ],
    ),
    ("uniqueItems", &["true"]),
    ("unevaluatedProperties", &["false"]),
    ("variables", &["{a: {default: b}}"]),
    ("webhooks", &["{}"]),
    ("writeOnly", &["true"]),
    ("x-airbyte-absent", &["true"]),
    ("x-airbyte-comma-joined", &["true"]),
    ("x-key", &["id", "text", "nothing"]),
    ("x-note", &["true"]),
    ("x-read-only", &["true"]),
    ("x-secret", &["true"]),
    ("x-sent-as", &["text", "color", "id"]),
    ("xml", &["{name: a}"]),
];

/// Keywords for documentation only, which must change nothing.
const FOR_PEOPLE: &[&str] = &[
    "bearerFormat",
    "contact",
    "default",
    "description",
    "example",
    "examples",
    "externalDocs",
    "format",
    "license",
    "summary",
    "termsOfService",
    "title",
];

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(count) => {
            println!("{count} faults");
            ExitCode::FAILURE
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<usize, String> {
    let mut arguments = env::args().skip(1);
    let Some(file) = arguments.next() else {
        return Err("usage: mutate DOCUMENT".to_owned());
    };
    let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let document: Value = serde_norway::from_str(&text).map_err(|error| error.to_string())?;
    let original = generate(&write(&document)?)?;
    let mut places = Vec::new();
    find(&document, &mut Vec::new(), &mut places);
    // One place of each kind is enough: the same code reads the others.
    let mut kinds = BTreeSet::new();
    places.retain(|place| kinds.insert(kind(&document, place)));
    let (mut tried, mut refused, mut silent, mut faults) = (0, 0, 0, 0);
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    for place in &places {
        for (keyword, values) in KEYWORDS {
            for value in *values {
                let mut mutated = document.clone();
                let value: Value =
                    serde_norway::from_str(value).map_err(|error| error.to_string())?;
                let Some(Value::Mapping(fields)) = at(&mut mutated, place) else {
                    continue;
                };
                if fields.get(*keyword) == Some(&value) {
                    continue;
                }
                fields.insert((*keyword).into(), value.clone());
                tried += 1;
                let name = format!(
                    "{}: {keyword}: {}",
                    place.join("."),
                    serde_norway::to_string(&value)
                        .unwrap_or_default()
                        .trim()
                        .replace('\n', " ")
                );
                let yaml = write(&mutated)?;
                match generate(&yaml) {
                    Ok(source) if source == original => {
                        silent += 1;
                        let is_off = [Value::Bool(false), Value::Null, Value::Sequence(Vec::new())]
                            .contains(&value);
                        if !FOR_PEOPLE.contains(keyword)
                            && !is_off
                            && !is_usual(&place.join("."), keyword, &value)
                        {
                            faults += 1;
                            println!("believed, not followed: {name}");
                        }
                    }
                    Ok(source) => {
                        kept.entry(source).or_insert(name);
                    }
                    Err(message) => {
                        refused += 1;
                        if let Some(line) = message.lines().find(|line| !has_line(line)) {
                            faults += 1;
                            println!("refused without a line or by another: {name}: {line}");
                        }
                    }
                }
            }
        }
    }
    for name in kept.values() {
        println!("another client: {name}");
    }
    println!(
        "{tried} documents: {refused} refused, {silent} as before, {} other clients",
        kept.len()
    );
    Ok(faults)
}

/// Whether a value is the default, so it should change nothing.
fn is_usual(place: &str, keyword: &str, value: &Value) -> bool {
    match (keyword, value.as_str(), value.as_bool()) {
        // Airbyte's documents have more keys there than the generator reads.
        (keyword, ..) if place == "info" && keyword.starts_with("x-airbyte-") => true,
        ("explode", _, Some(true)) | ("style", Some("form" | "simple"), _) => true,
        ("additionalProperties", _, Some(true)) => true,
        // Optional fields may be null, and responses are accepted as they come: read, but never sent.
        ("nullable" | "readOnly" | "x-airbyte-absent" | "minimum" | "maximum", ..) => {
            place.starts_with("components.schemas.")
                && !place.starts_with("components.schemas.CreateNote.properties.grid")
        }
        // A GET is read-only anyway, any 2xx is a success, unused components are not read, and read-only fields need
        // not be given.
        ("x-read-only", ..) => place.ends_with(".get"),
        ("responses", ..) => place == "components" || place.ends_with(".post"),
        ("required", ..) => place == "components.schemas.CreateNote",
        _ => false,
    }
}

fn generate(yaml: &str) -> Result<String, String> {
    let settings = Settings {
        file: "spec/notes.yaml",
        module: "crate::api::notes",
        owner: "crate::connector::GmailConnector",
        crate_name: "notes",
        taken: &["execute", "check"].map(str::to_owned),
    };
    codegen::generate(&settings, yaml).map_err(|error| error.to_string())
}

/// Whether an error has a line of the document and comes from the lint.
fn has_line(message: &str) -> bool {
    let rest = message.strip_prefix("spec/notes.yaml:");
    let number = rest
        .and_then(|rest| rest.split_once(": "))
        .map(|(number, _)| number);
    number.is_some_and(|number| number.parse::<usize>().is_ok())
        && !message.contains("progenitor can't")
}

fn write(document: &Value) -> Result<String, String> {
    serde_norway::to_string(document).map_err(|error| error.to_string())
}

/// The places of all objects that may contain keywords.
fn find(value: &Value, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    match value {
        Value::Mapping(fields) => {
            // Maps of names contain no keywords.
            let is_map = matches!(
                path.last().map(String::as_str),
                Some(
                    "paths"
                        | "properties"
                        | "schemas"
                        | "responses"
                        | "content"
                        | "securitySchemes"
                        | "scopes"
                        | "x-airbyte-meta-extractor"
                        | "x-pagination"
                )
            );
            if !is_map {
                places.push(path.clone());
            }
            for (key, inner) in fields {
                if let Some(key) = key
                    .as_str()
                    .filter(|key| !key.starts_with("x-airbyte-context"))
                {
                    path.push(key.to_owned());
                    find(inner, path, places);
                    path.pop();
                }
            }
        }
        Value::Sequence(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.push(index.to_string());
                find(inner, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The kind of a place for the generator: its path without names, and its type.
fn kind(document: &Value, place: &[String]) -> String {
    let mut document = document.clone();
    let fields = at(&mut document, place).cloned().unwrap_or_default();
    let names: Vec<&str> = place
        .iter()
        .zip(std::iter::once("").chain(place.iter().map(String::as_str)))
        .map(|(key, before)| match before {
            "properties" | "paths" | "parameters" => "*",
            _ => key.as_str(),
        })
        .collect();
    format!(
        "{} {:?} {:?} {}",
        names.join("."),
        fields.get("type"),
        fields.get("in"),
        fields.get("$ref").is_some()
    )
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Sequence(items) => items.get_mut(key.parse::<usize>().ok()?),
        value => value.get_mut(key.as_str()),
    })
}
