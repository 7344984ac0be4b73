//! The rules of `spec/README.md`, checked before progenitor, whose panics name no place.

mod extension;
mod operation;
mod parameter;
mod schema;
mod security;

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, ReferenceOr};

use super::{Error, document, model};

/// The extensions of our own that a document may have; any other is a slip of the pen. Airbyte's documents bring more of
/// theirs than are read here.
const INFO_EXTENSIONS: [&str; 3] = ["x-batch-path", "x-connector-type", "x-search-action"];

/// Collects what is wrong, each with its place.
pub(super) struct Findings<'a> {
    file: &'a str,
    errors: Vec<Error>,
}

impl Findings<'_> {
    /// Notes one broken rule; the message says how to fix it.
    pub(super) fn add(&mut self, place: &str, message: impl std::fmt::Display) {
        self.errors.push(Error::new(self.file, place, message));
    }
}

/// Checks a document against every rule.
///
/// # Errors
///
/// All the broken rules together.
pub fn check(file: &str, openapi: &OpenAPI) -> Result<(), Error> {
    let mut findings = Findings {
        file,
        errors: Vec::new(),
    };
    if openapi.servers.is_empty() {
        findings.add(
            "servers",
            "no server; name the service's address in `servers`",
        );
    }
    check_info(openapi, &mut findings);
    schema::check(openapi, &mut findings);
    for (path, item) in &openapi.paths.paths {
        match item {
            ReferenceOr::Reference { .. } => {
                findings.add(path, "a path can't be a `$ref`; write its operations here");
            }
            ReferenceOr::Item(item) => {
                if !item.parameters.is_empty() {
                    findings.add(
                        path,
                        "parameters of a whole path are not read; move them to each operation",
                    );
                }
                for (method, unread) in [
                    ("options", &item.options),
                    ("head", &item.head),
                    ("trace", &item.trace),
                ] {
                    if unread.is_some() {
                        findings.add(
                            &model::place(method, path, None),
                            "only get, post, put, patch and delete are generated; remove it",
                        );
                    }
                }
            }
        }
    }
    for (path, method, operation) in document::operations(openapi) {
        let place = model::place(method, path, operation.operation_id.as_deref());
        operation::check(openapi, path, &place, operation, &mut findings);
    }
    check_unique(openapi, &mut findings);
    match Error::join(findings.errors) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn check_info(openapi: &OpenAPI, findings: &mut Findings<'_>) {
    let extensions = &openapi.info.extensions;
    for key in extensions.keys() {
        if !key.starts_with("x-airbyte-") && !INFO_EXTENSIONS.contains(&key.as_str()) {
            findings.add(
                "info",
                format!("unknown extension `{key}`; the known ones are in spec/README.md"),
            );
        }
    }
    if extensions.contains_key("x-search-action")
        != extensions.contains_key("x-airbyte-context-store")
    {
        findings.add(
            "info",
            "`x-search-action` and `x-airbyte-context-store` come together; give both or neither",
        );
    }
}

fn check_unique(openapi: &OpenAPI, findings: &mut Findings<'_>) {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut pairs: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut calls: BTreeMap<(Option<&String>, String), String> = BTreeMap::new();
    let mut check: Option<String> = None;
    for (path, method, operation) in document::operations(openapi) {
        let place = model::place(method, path, operation.operation_id.as_deref());
        if let Some(id) = operation.operation_id.as_deref()
            && let Some(first) = ids.insert(id, place.clone())
        {
            findings.add(
                &place,
                format!("the operation id is taken by {first}; choose another"),
            );
        }
        if let Some((entity, action, _)) = model::entity_and_action(operation)
            && let Some(first) = pairs.insert((entity.clone(), action.clone()), place.clone())
        {
            findings.add(
                &place,
                format!("entity `{entity}`, action `{action}` is taken by {first}; name another with `x-entity` and `x-action`"),
            );
        }
        if let Some(name) = model::method_name(operation)
            && let Some(first) = calls.insert((operation.tags.first(), name.clone()), place.clone())
        {
            findings.add(
                &place,
                format!("method `{name}` of its group is taken by {first}; name another with `x-method-name`"),
            );
        }
        if document::flag(&operation.extensions, "x-airbyte-preferred-for-check")
            && let Some(first) = check.replace(place.clone())
        {
            findings.add(
                &place,
                format!("{first} is preferred for the check already; keep one"),
            );
        }
    }
}
