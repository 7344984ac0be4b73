//! The rules of `spec/README.md`. They are checked before progenitor runs, because its panics name no place.

mod alias;
mod extension;
mod keyword;
mod name;
mod operation;
mod parameter;
mod schema;
mod security;

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, ReferenceOr};

use super::source::Source;
use super::{Error, Settings, document, model};

/// Our own extensions of `info`; any other is a typo. Airbyte's documents contain more of their extensions than are
/// read here.
const INFO_EXTENSIONS: [&str; 4] = [
    "x-batch-path",
    "x-connector-type",
    "x-search-action",
    "x-sql-action",
];

/// Collects the broken rules, each with its place.
pub(super) struct Findings<'a> {
    file: &'a str,
    source: &'a Source,
    /// The keys in the document for each place that findings name.
    places: BTreeMap<String, Vec<String>>,
    errors: Vec<Error>,
}

impl<'a> Findings<'a> {
    /// The findings about a document before the typed parser has read it.
    fn new(file: &'a str, source: &'a Source) -> Self {
        let mut findings = Self {
            file,
            source,
            places: BTreeMap::new(),
            errors: Vec::new(),
        };
        keyword::check(&source.value, &mut findings);
        findings
    }

    /// Adds a broken rule; the message says how to fix it.
    pub(super) fn add(&mut self, place: &str, message: impl std::fmt::Display) {
        self.add_in(place, &[], message);
    }

    /// Adds a broken rule for keys within a place.
    pub(super) fn add_in(&mut self, place: &str, keys: &[&str], message: impl std::fmt::Display) {
        let mut path: Vec<&str> = match self.places.get(place) {
            Some(path) => path.iter().map(String::as_str).collect(),
            None => vec![place],
        };
        path.extend(keys);
        let file = match self.source.line(&path) {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.to_owned(),
        };
        self.errors.push(Error::new(&file, place, message));
    }

    /// Records a place's keys in the document.
    fn place(&mut self, place: &str, keys: &[&str]) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self.places.insert(place.to_owned(), keys);
    }
}

/// Checks what the typed parser ignores or rejects.
///
/// # Errors
///
/// All broken rules together.
pub fn check_words(file: &str, source: &Source) -> Result<(), Error> {
    match Error::join(Findings::new(file, source).errors) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Checks a document against every rule.
///
/// # Errors
///
/// All broken rules together.
pub fn check(settings: &Settings<'_>, openapi: &OpenAPI, source: &Source) -> Result<(), Error> {
    let mut findings = Findings::new(settings.file, source);
    check_servers(openapi, &mut findings);
    check_info(openapi, &mut findings);
    schema::check(openapi, &mut findings);
    alias::check_schemas(openapi, &mut findings);
    security::check_schemes(openapi, &mut findings);
    for (path, item) in &openapi.paths.paths {
        check_path(path, &mut findings);
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
                        let place = model::place(method, path, None);
                        findings.place(&place, &["paths", path, method]);
                        findings.add(
                            &place,
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
    name::check(settings, openapi, &mut findings);
    match Error::join(findings.errors) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Checks a path template: literal text, and one parameter per segment.
fn check_path(path: &str, findings: &mut Findings<'_>) {
    let is_literal = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c);
    let is_segment = |segment: &str| match segment.split_once('{') {
        None => segment.chars().all(is_literal),
        Some((before, rest)) => rest.split_once('}').is_some_and(|(name, after)| {
            !name.is_empty()
                && !name.contains('{')
                && before.chars().chain(after.chars()).all(is_literal)
        }),
    };
    let Some(rest) = path.strip_prefix('/') else {
        findings.add(path, "a path begins with `/`; write it so");
        return;
    };
    if path.contains(['?', '#']) {
        findings.add(
            path,
            "a path has no `?` and no `#`, which begin the query and the fragment; declare query parameters",
        );
    } else if !rest.split('/').all(is_segment) {
        findings.add(
            path,
            "a segment of the path has more than one parameter, or signs that no path has; write one `{name}` a segment, and encode the rest",
        );
    }
    let mut names: Vec<&str> = rest
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        findings.add(path, "a parameter stands twice in the path; keep one");
    }
}

fn check_servers(openapi: &OpenAPI, findings: &mut Findings<'_>) {
    match openapi.servers.as_slice() {
        [] => findings.add(
            "servers",
            "no server; name the service's address in `servers`",
        ),
        [server] => {
            if server.variables.is_some() || server.url.contains(['{', '}']) {
                findings.add(
                    "servers",
                    "the server's address has variables, which nothing fills; write it out",
                );
            } else if !server.url.starts_with("https://") || server.url.contains(['?', '#']) {
                findings.add(
                    "servers",
                    "the server's address is not an `https://` address without query and fragment; write it so",
                );
            }
        }
        _ => findings.add(
            "servers",
            "more than one server, of which the others would be ignored; keep one",
        ),
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
