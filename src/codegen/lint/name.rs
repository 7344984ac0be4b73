//! The rules for names: distinct names in a document must be distinct in Rust.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, Operation};

use super::{Findings, Place};
use crate::codegen::{Settings, document, lower, model, name};

/// Methods that every generated client has.
const CLIENT: [&str; 11] = [
    "new",
    "new_with_client",
    "api_version",
    "baseurl",
    "client",
    "inner",
    "pre",
    "post",
    "exec",
    "clone",
    "fmt",
];

/// Rust names, with the first document name that each one came from.
struct Names<'a>(BTreeMap<String, &'a str>);

impl<'a> Names<'a> {
    fn new(taken: &[&'a str]) -> Self {
        Self(
            taken
                .iter()
                .map(|name| ((*name).to_owned(), *name))
                .collect(),
        )
    }

    /// Adds a name; returns the one that already has this Rust name.
    fn add(&mut self, rust: String, name: &'a str) -> Option<&'a str> {
        self.0.insert(rust, name)
    }
}

/// Checks that no two names in a document become the same in Rust.
pub(super) fn check(settings: &Settings<'_>, openapi: &OpenAPI, findings: &Findings<'_>) {
    check_schemas(openapi, findings);
    let mut structs: BTreeMap<String, String> =
        BTreeMap::from([("Client".to_owned(), "the client".to_owned())]);
    let mut groups: Vec<&str> = Vec::new();
    let mut methods: BTreeMap<(String, String), String> = settings
        .taken
        .iter()
        .map(|name| (String::new(), name.clone()))
        .map(|key| (key, "a method of the connector".to_owned()))
        .collect();
    let mut uploads = Vec::new();
    for (path, method, operation) in document::operations(openapi) {
        let place = findings.place(model::place(
            method,
            path,
            operation.operation_id.as_deref(),
        ));
        let id = operation.operation_id.as_deref().unwrap_or_default();
        if CLIENT.contains(&id) || ["table", "base_url"].contains(&id) {
            place.add(format!(
                "the operation id `{id}` is a name that every generated client has; choose another"
            ));
        }
        let group = operation.tags.first().map_or("", String::as_str);
        // A tag implies the groups before it.
        for (end, _) in group.match_indices('.').chain([(group.len(), "")]) {
            let (Some(group), false) = (group.get(..end), group.is_empty()) else {
                continue;
            };
            if groups.contains(&group) {
                continue;
            }
            groups.push(group);
            let (parent, last) = group.rsplit_once('.').unwrap_or(("", group));
            let what = format!("the tag `{group}`");
            taken_struct(&mut structs, group, "", &what, &place);
            taken_method(&mut methods, parent, last, &what, &place);
        }
        if let Some(name) = model::method_name(operation) {
            taken_struct(&mut structs, group, &name, &place.name, &place);
            taken_method(&mut methods, group, &name, &place.name, &place);
            if operation.extensions.contains_key("x-media-upload") {
                uploads.push((group, format!("{name}_media"), place.inside("")));
            }
        }
        check_fields(openapi, operation, &place);
    }
    for (group, name, place) in uploads {
        taken_method(&mut methods, group, &name, &place.name, &place);
    }
}

fn taken_struct(
    structs: &mut BTreeMap<String, String>,
    group: &str,
    method: &str,
    what: &str,
    place: &Place<'_>,
) {
    let rust = name::pascal(&format!("{}_{method}", group.replace('.', "_"))).to_string();
    if let Some(first) = structs.insert(rust.clone(), what.to_owned()) {
        place.add(format!(
            "{what} becomes `{rust}` in Rust, as does {first}; rename one"
        ));
    }
}

fn taken_method(
    methods: &mut BTreeMap<(String, String), String>,
    group: &str,
    method: &str,
    what: &str,
    place: &Place<'_>,
) {
    let rust = name::snake(method).to_string();
    if let Some(first) = methods.insert((group.to_owned(), rust.clone()), what.to_owned()) {
        place.add(
            format!("{what} becomes the method `{rust}`, as is {first}; rename one, with `x-method-name` where it is an operation"),
        );
    }
}

fn check_schemas(openapi: &OpenAPI, findings: &Findings<'_>) {
    let mut names = Names::new(&[lower::SECRET]);
    for (name, schema) in openapi.components.iter().flat_map(|found| &found.schemas) {
        let place = findings.place(format!("components.schemas.{name}"));
        let rust = name::pascal(name).to_string();
        if let Some(first) = names.add(rust.clone(), name) {
            place.add(format!(
                "the schema becomes `{rust}` in Rust, as does `{first}`; rename one"
            ));
        }
        let Some(schema) = schema.as_item() else {
            continue;
        };
        if let Some(object) = document::object(schema) {
            let mut names = Names::new(&[]);
            for property in object.properties.keys() {
                let rust = name::snake(property).to_string();
                if let Some(first) = names.add(rust.clone(), property) {
                    place.inside(&format!(".{property}")).add(format!(
                        "the property becomes `{rust}` in Rust, as does `{first}`; keep one of them"
                    ));
                }
            }
        }
        let values = document::enum_values(schema).unwrap_or_default();
        let mut names = Names::new(&["Unknown"]);
        for value in &values {
            let rust = name::variant(value).to_string();
            if let Some(first) = names.add(rust.clone(), value) {
                place.add(
                    format!("the value `{value}` becomes `{rust}` in Rust, as does `{first}`; leave one to `Unknown`, which keeps any text, and say so"),
                );
            }
        }
    }
}

/// Checks parameters and body properties, which become methods and arguments of the same call.
fn check_fields(openapi: &OpenAPI, operation: &Operation, place: &Place<'_>) {
    let body = model::body_schema(openapi, operation);
    let object = body
        .as_deref()
        .and_then(|name| document::named_object(openapi, name));
    let parameters = operation
        .parameters
        .iter()
        .filter_map(|parameter| document::parameter(openapi, parameter))
        .map(|parameter| parameter.parameter_data_ref())
        .map(|data| (data.name.as_str(), true));
    let properties = object
        .into_iter()
        .flat_map(|object| object.properties.keys().map(|name| (name.as_str(), false)));
    let mut names = Names::new(&[]);
    for (name, is_parameter) in parameters.chain(properties) {
        let rust = name::snake(name).to_string();
        let is_media = rust == "media" && operation.extensions.contains_key("x-media-upload");
        if is_parameter && ((rust == "body" && body.is_some()) || is_media) {
            place.add(format!(
                "parameter `{name}` has the name of what the call sends; rename it or leave it out"
            ));
        }
        if let Some(first) = names.add(rust.clone(), name)
            && first != name
        {
            place.add(format!(
                "`{name}` becomes `{rust}` in Rust, as does `{first}`; keep one of them"
            ));
        }
    }
}
