//! The rules of `spec/README.md`. They are checked before progenitor runs, because its panics name no place.

mod alias;
mod extension;
mod keyword;
mod name;
mod operation;
mod parameter;
mod schema;
mod security;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

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
    places: RefCell<BTreeMap<String, Vec<String>>>,
    errors: RefCell<Vec<Error>>,
}

/// A place in the document, under its name in messages.
pub(super) struct Place<'a> {
    findings: &'a Findings<'a>,
    name: String,
}

impl<'a> Findings<'a> {
    /// The findings about a document before the typed parser has read it.
    fn new(file: &'a str, source: &'a Source) -> Self {
        let findings = Self {
            file,
            source,
            places: RefCell::default(),
            errors: RefCell::default(),
        };
        keyword::check(&source.value, &findings);
        findings
    }

    /// The place with this name.
    pub(super) fn place(&self, name: impl Into<String>) -> Place<'_> {
        Place {
            findings: self,
            name: name.into(),
        }
    }

    /// The place with this name, under these keys in the document.
    pub(super) fn placed(&self, name: impl Into<String>, keys: &[&str]) -> Place<'_> {
        let place = self.place(name);
        place.is_at(keys);
        place
    }

    /// All broken rules together.
    fn result(self) -> Result<(), Error> {
        Error::join(self.errors.into_inner()).map_or(Ok(()), Err)
    }
}

impl Place<'_> {
    /// Adds a broken rule; the message says how to fix it.
    pub(super) fn add(&self, message: impl Display) {
        self.add_in(&[], message);
    }

    /// Adds a broken rule for keys within the place.
    pub(super) fn add_in(&self, keys: &[&str], message: impl Display) {
        let places = self.findings.places.borrow();
        let mut path: Vec<&str> = match places.get(&self.name) {
            Some(path) => path.iter().map(String::as_str).collect(),
            None => vec![&self.name],
        };
        path.extend(keys);
        let file = match self.findings.source.line(&path) {
            Some(line) => format!("{}:{line}", self.findings.file),
            None => self.findings.file.to_owned(),
        };
        let error = Error::new(&file, &self.name, message);
        self.findings.errors.borrow_mut().push(error);
    }

    /// A place within this one.
    pub(super) fn inside(&self, name: &str) -> Self {
        Self {
            findings: self.findings,
            name: format!("{}{name}", self.name),
        }
    }

    /// Records the place's keys in the document.
    fn is_at(&self, keys: &[&str]) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let mut places = self.findings.places.borrow_mut();
        places.insert(self.name.clone(), keys);
    }
}

impl Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// Checks what the typed parser ignores or rejects.
///
/// # Errors
///
/// All broken rules together.
pub fn check_words(file: &str, source: &Source) -> Result<(), Error> {
    Findings::new(file, source).result()
}

/// Checks a document against every rule.
///
/// # Errors
///
/// All broken rules together.
pub fn check(settings: &Settings<'_>, openapi: &OpenAPI, source: &Source) -> Result<(), Error> {
    let findings = Findings::new(settings.file, source);
    check_servers(openapi, &findings.place("servers"));
    check_info(openapi, &findings.place("info"));
    schema::check(openapi, &findings);
    alias::check_schemas(openapi, &findings);
    security::check_schemes(openapi, &findings);
    for (path, item) in &openapi.paths.paths {
        let place = findings.place(path);
        check_path(path, &place);
        match item {
            ReferenceOr::Reference { .. } => {
                place.add("a path can't be a `$ref`; write its operations here");
            }
            ReferenceOr::Item(item) => {
                if !item.parameters.is_empty() {
                    place.add(
                        "parameters of a whole path are not read; move them to each operation",
                    );
                }
                for (method, unread) in [
                    ("options", &item.options),
                    ("head", &item.head),
                    ("trace", &item.trace),
                ] {
                    if unread.is_some() {
                        let name = model::place(method, path, None);
                        findings
                            .placed(name, &["paths", path, method])
                            .add("only get, post, put, patch and delete are generated; remove it");
                    }
                }
            }
        }
    }
    for (path, method, operation) in document::operations(openapi) {
        let place = findings.place(model::place(
            method,
            path,
            operation.operation_id.as_deref(),
        ));
        operation::check(openapi, path, &place, operation);
    }
    check_unique(openapi, &findings);
    name::check(settings, openapi, &findings);
    findings.result()
}

/// Checks a path template: literal text, and one parameter per segment.
fn check_path(path: &str, place: &Place<'_>) {
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
        place.add("a path begins with `/`; write it so");
        return;
    };
    if path.contains(['?', '#']) {
        place.add(
            "a path has no `?` and no `#`, which begin the query and the fragment; declare query parameters",
        );
    } else if !rest.split('/').all(is_segment) {
        place.add(
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
        place.add("a parameter stands twice in the path; keep one");
    }
}

fn check_servers(openapi: &OpenAPI, place: &Place<'_>) {
    match openapi.servers.as_slice() {
        [] => place.add("no server; name the service's address in `servers`"),
        [server] => {
            if server.variables.is_some() || server.url.contains(['{', '}']) {
                place.add("the server's address has variables, which nothing fills; write it out");
            } else if !server.url.starts_with("https://") || server.url.contains(['?', '#']) {
                place.add(
                    "the server's address is not an `https://` address without query and fragment; write it so",
                );
            }
        }
        _ => place.add("more than one server, of which the others would be ignored; keep one"),
    }
}

fn check_info(openapi: &OpenAPI, place: &Place<'_>) {
    let extensions = &openapi.info.extensions;
    for key in extensions.keys() {
        if !key.starts_with("x-airbyte-") && !INFO_EXTENSIONS.contains(&key.as_str()) {
            place.add(format!(
                "unknown extension `{key}`; the known ones are in spec/README.md"
            ));
        }
    }
    if extensions.contains_key("x-search-action")
        != extensions.contains_key("x-airbyte-context-store")
    {
        place.add(
            "`x-search-action` and `x-airbyte-context-store` come together; give both or neither",
        );
    }
}

fn check_unique(openapi: &OpenAPI, findings: &Findings<'_>) {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut pairs: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut calls: BTreeMap<(Option<&String>, String), String> = BTreeMap::new();
    let mut check: Option<String> = None;
    for (path, method, operation) in document::operations(openapi) {
        let place = findings.place(model::place(
            method,
            path,
            operation.operation_id.as_deref(),
        ));
        if let Some(id) = operation.operation_id.as_deref()
            && let Some(first) = ids.insert(id, place.name.clone())
        {
            place.add(format!(
                "the operation id is taken by {first}; choose another"
            ));
        }
        if let Some((entity, action, _)) = model::entity_and_action(operation)
            && let Some(first) = pairs.insert((entity.clone(), action.clone()), place.name.clone())
        {
            place.add(
                format!("entity `{entity}`, action `{action}` is taken by {first}; name another with `x-entity` and `x-action`"),
            );
        }
        if let Some(name) = model::method_name(operation)
            && let Some(first) =
                calls.insert((operation.tags.first(), name.clone()), place.name.clone())
        {
            place.add(
                format!("method `{name}` of its group is taken by {first}; name another with `x-method-name`"),
            );
        }
        if document::flag(&operation.extensions, "x-airbyte-preferred-for-check")
            && let Some(first) = check.replace(place.name.clone())
        {
            place.add(format!(
                "{first} is preferred for the check already; keep one"
            ));
        }
    }
}
