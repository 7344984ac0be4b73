//! Converts JSON Schema, as in OpenAPI 3.1, to the part of 3.0 that the generator reads.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_norway::{Mapping, Value};

use crate::codegen::name;
use crate::note::{Kind, Notes};
use crate::value::{entries, flag, items, line, mapping, text};

/// The nesting of a request at which the generator considers it recursive.
const DEEPEST: usize = 7;

/// How many levels of a recursive request are written out.
const WRITTEN_OUT: usize = 3;

/// The named schemas of the new document, and their originals.
pub struct Schemas<'a> {
    given: &'a Value,
    /// The named schemas of the new document.
    pub named: Mapping,
    names: BTreeSet<String>,
    enums: BTreeMap<(String, Vec<String>), String>,
    done: BTreeMap<(String, bool), Option<String>>,
    open: Vec<(String, bool)>,
    depth: usize,
}

impl<'a> Schemas<'a> {
    /// An empty set of schemas for a document's `components.schemas`.
    pub fn new(document: &'a Value) -> Self {
        Self {
            given: &document["components"]["schemas"],
            named: Mapping::new(),
            names: BTreeSet::new(),
            enums: BTreeMap::new(),
            done: BTreeMap::new(),
            open: Vec::new(),
            depth: 0,
        }
    }

    /// Follows references and unwraps single alternatives to null; returns other schemas unchanged.
    pub fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..16 {
            let reference = schema["$ref"]
                .as_str()
                .and_then(|text| text.rsplit('/').next());
            schema = match (reference, alternative(schema)) {
                (Some(name), _) => &self.given[name],
                (None, Some(only)) => only,
                (None, None) => return schema,
            };
        }
        &Value::Null
    }

    /// Converts the schema of a property, item or parameter.
    pub fn inline(
        &mut self,
        schema: &'a Value,
        hint: &str,
        is_request: bool,
        notes: &mut Notes,
    ) -> Value {
        let mut nullable = is_nullable(schema);
        let mut found = schema;
        let description = line(&schema["description"]);
        if let Some(only) = alternative(schema) {
            found = only;
        }
        let mut reference = None;
        for _ in 0..16 {
            let Some(name) = found["$ref"]
                .as_str()
                .and_then(|text| text.rsplit('/').next())
            else {
                break;
            };
            reference = Some(name);
            found = &self.given[name];
            nullable |= is_nullable(found);
            if let Some(only) = alternative(found) {
                found = only;
                reference = None;
            }
        }
        let own = match reference {
            Some(name) if kind(found) == Some("object") || is_enum(found) => {
                self.reference(found, name, is_request, notes)
            }
            _ => self.plain(found, reference.unwrap_or(hint), is_request, notes),
        };
        with(own, &description, nullable && kind(found).is_some())
    }

    /// Converts a schema that is not a reference.
    fn plain(
        &mut self,
        schema: &'a Value,
        hint: &str,
        is_request: bool,
        notes: &mut Notes,
    ) -> Value {
        if is_enum(schema) {
            let values: Vec<&str> = items(&schema["enum"]).filter_map(Value::as_str).collect();
            let variants: BTreeSet<String> = values
                .iter()
                .map(|value| name::variant(value).to_string())
                .collect();
            let unique: BTreeSet<&str> = values.iter().copied().collect();
            if variants.len() == unique.len() && !variants.contains("Unknown") {
                return self.enumeration(schema, &values, hint);
            }
            notes.add(
                Kind::Lost,
                format!("enum `{hint}` is a string, since some of its values are one name in Rust"),
            );
            return mapping([
                ("type", "string".into()),
                (
                    "description",
                    words(schema, &format!("One of: {}.", values.join(", "))),
                ),
            ]);
        }
        match kind(schema) {
            Some("object") => self.object(schema, hint, is_request, notes),
            Some("array") => {
                let item = &schema["items"];
                let item = if item.is_null() || is_nullable(item) || is_nullable(self.resolve(item))
                {
                    mapping([])
                } else {
                    self.inline(item, &format!("{hint}Item"), is_request, notes)
                };
                let item = without_description(item);
                mapping([
                    ("type", "array".into()),
                    ("description", words(schema, "")),
                    ("items", item),
                ])
            }
            Some("string") => {
                let mut own = mapping([
                    ("type", "string".into()),
                    ("description", words(schema, &bounds(schema))),
                ]);
                if let Some(format) = schema["format"].as_str() {
                    set(&mut own, "format", format.into());
                }
                own
            }
            Some("integer") => {
                let mut own = mapping([("type", "integer".into())]);
                let mut said = bounds(schema);
                if !schema["enum"].is_null() {
                    let values: Vec<String> = items(&schema["enum"]).map(text).collect();
                    said = format!("One of: {}.{said}", values.join(", "));
                }
                set(&mut own, "description", words(schema, &said));
                for (key, exclusive, step) in [
                    ("minimum", "exclusiveMinimum", 1),
                    ("maximum", "exclusiveMaximum", -1),
                ] {
                    let whole = |value: &Value| {
                        value.as_i64().or_else(|| {
                            value
                                .as_f64()
                                .filter(|value| value.fract() == 0.0)
                                .and_then(|value| format!("{value:.0}").parse().ok())
                        })
                    };
                    if let Some(bound) = whole(&schema[key])
                        .or_else(|| whole(&schema[exclusive]).map(|bound| bound + step))
                    {
                        set(&mut own, key, bound.into());
                    }
                }
                own
            }
            Some("number") => mapping([
                ("type", "number".into()),
                ("description", words(schema, &bounds(schema))),
            ]),
            Some("boolean") => mapping([
                ("type", "boolean".into()),
                ("description", words(schema, &bounds(schema))),
            ]),
            _ => {
                if !schema["type"].is_null()
                    || !schema["oneOf"].is_null()
                    || !schema["anyOf"].is_null()
                {
                    notes.add(
                        Kind::Lost,
                        format!("`{hint}` is any JSON, since it has several types"),
                    );
                }
                mapping([("description", words(schema, ""))])
            }
        }
    }

    fn object(
        &mut self,
        schema: &'a Value,
        hint: &str,
        is_request: bool,
        notes: &mut Notes,
    ) -> Value {
        if entries(&schema["properties"]).next().is_none() {
            return mapping([
                ("type", "object".into()),
                ("description", words(schema, "")),
                ("additionalProperties", true.into()),
            ]);
        }
        let name = self.free(hint);
        match self.define(&name, schema, is_request, notes) {
            true => reference(&name),
            false => mapping([
                ("type", "object".into()),
                ("additionalProperties", true.into()),
            ]),
        }
    }

    /// The reference to a named schema of the original document.
    fn reference(
        &mut self,
        schema: &'a Value,
        given: &str,
        is_request: bool,
        notes: &mut Notes,
    ) -> Value {
        let anything = || {
            mapping([
                ("type", "object".into()),
                ("additionalProperties", true.into()),
            ])
        };
        let endless = is_request && self.is_endless(schema, 0);
        let key = (given.to_owned(), endless);
        if let Some(name) = self.done.get(&key) {
            return match name {
                Some(name) if !(endless && self.open.contains(&key)) => reference(name),
                _ => anything(),
            };
        }
        if is_enum(schema) {
            let own = self.plain(schema, given, is_request, notes);
            if let Some(name) = own["$ref"]
                .as_str()
                .and_then(|text| text.rsplit('/').next())
            {
                self.done.insert(key, Some(name.to_owned()));
            }
            return own;
        }
        if entries(&schema["properties"]).next().is_none() {
            return with(anything(), &line(&schema["description"]), false);
        }
        let name = self.free(&if endless {
            format!("{given}Input")
        } else {
            given.to_owned()
        });
        self.done.insert(key.clone(), Some(name.clone()));
        self.open.push(key.clone());
        let is_there = self.define(&name, schema, is_request && endless, notes);
        self.open.pop();
        if is_there {
            reference(&name)
        } else {
            self.done.insert(key, None);
            anything()
        }
    }

    /// Whether a request with this schema nests deeper than the generator allows.
    fn is_endless(&self, schema: &'a Value, depth: usize) -> bool {
        depth > DEEPEST
            || match kind(schema) {
                Some("array") => self.is_endless(self.resolve(&schema["items"]), depth + 1),
                Some("object") => entries(&schema["properties"])
                    .any(|(_, property)| self.is_endless(self.resolve(property), depth + 1)),
                _ => false,
            }
    }

    /// Writes a named object; returns whether there was anything to write.
    fn define(
        &mut self,
        name: &str,
        schema: &'a Value,
        is_request: bool,
        notes: &mut Notes,
    ) -> bool {
        if self.depth >= WRITTEN_OUT && is_request {
            return false;
        }
        self.depth += 1;
        // Reserves its place before those of nested schemas.
        self.named.insert(name.into(), Value::Null);
        let mut properties = Mapping::new();
        let mut rust = BTreeSet::new();
        for (property, value) in entries(&schema["properties"]) {
            if !rust.insert(name::snake(property).to_string()) {
                notes.add(
                    Kind::Lost,
                    format!("`{name}.{property}` has the name of another property in Rust"),
                );
                continue;
            }
            let own = self.inline(value, &format!("{name}_{property}"), is_request, notes);
            properties.insert(property.into(), own);
        }
        self.depth -= 1;
        if !schema["additionalProperties"].is_null()
            && schema["additionalProperties"].as_bool() != Some(false)
        {
            notes.add(
                Kind::Lost,
                format!("`{name}` drops properties that it does not name"),
            );
        }
        let required: Vec<Value> = items(&schema["required"])
            .filter(|name| properties.contains_key(*name))
            .cloned()
            .collect();
        let mut own = mapping([
            ("type", "object".into()),
            ("description", words(schema, "")),
        ]);
        if !required.is_empty() {
            set(&mut own, "required", required.into());
        }
        set(&mut own, "properties", properties.into());
        self.named.insert(name.into(), own);
        true
    }

    fn enumeration(&mut self, schema: &Value, values: &[&str], hint: &str) -> Value {
        let last = hint.rsplit('_').next().unwrap_or(hint);
        let key = (
            last.to_pascal_case(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        );
        if let Some(name) = self.enums.get(&key) {
            return reference(name);
        }
        let name = if self.is_free(&key.0) {
            self.free(&key.0)
        } else {
            self.free(hint)
        };
        self.enums.insert(key, name.clone());
        let mut own = mapping([
            ("type", "string".into()),
            ("description", words(schema, "")),
        ]);
        let unique: indexmap::IndexSet<&str> = values.iter().copied().collect();
        set(
            &mut own,
            "enum",
            unique
                .into_iter()
                .map(Value::from)
                .collect::<Vec<_>>()
                .into(),
        );
        self.named.insert(name.as_str().into(), own);
        reference(&name)
    }

    fn is_free(&self, name: &str) -> bool {
        !self.names.contains(&name::pascal(name).to_string())
            && !entries(self.given).any(|(given, _)| name::pascal(given) == name::pascal(name))
    }

    /// An unused schema name.
    pub fn free(&mut self, hint: &str) -> String {
        let is_given = !self.given[hint].is_null();
        let mut name = if is_given && name::pascal(hint) == hint {
            hint.to_owned()
        } else {
            name::pascal(hint).to_string()
        };
        let mut number = 1;
        while !self.names.insert(name::pascal(&name).to_string()) {
            number += 1;
            name = format!("{}{number}", name::pascal(hint));
        }
        name
    }
}

/// A reference to a named schema.
pub fn reference(name: &str) -> Value {
    mapping([("$ref", format!("#/components/schemas/{name}").into())])
}

/// The type of a schema; `None` if it has several or none.
pub fn kind(schema: &Value) -> Option<&str> {
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        kinds => items(kinds).filter_map(Value::as_str).collect(),
    };
    let kinds: Vec<&str> = kinds.into_iter().filter(|kind| *kind != "null").collect();
    match kinds.as_slice() {
        [kind] => Some(kind),
        [] if !schema["properties"].is_null() => Some("object"),
        [] if !schema["items"].is_null() => Some("array"),
        [] if items(&schema["enum"]).any(Value::is_string) => Some("string"),
        _ => None,
    }
}

fn is_enum(schema: &Value) -> bool {
    kind(schema) == Some("string")
        && !schema["enum"].is_null()
        && items(&schema["enum"]).any(Value::is_string)
        && items(&schema["enum"]).all(|value| value.is_string() || value.is_null())
}

fn is_nullable(schema: &Value) -> bool {
    flag(&schema["nullable"])
        || schema["type"].as_str() == Some("null")
        || items(&schema["type"]).any(|kind| kind.as_str() == Some("null"))
        || ["oneOf", "anyOf"]
            .iter()
            .flat_map(|key| items(&schema[*key]))
            .any(|option| option["type"].as_str() == Some("null"))
}

/// The only alternative besides null, or the only member of `allOf`.
fn alternative(schema: &Value) -> Option<&Value> {
    ["oneOf", "anyOf", "allOf"].iter().find_map(|key| {
        let mut options =
            items(&schema[*key]).filter(|option| option["type"].as_str() != Some("null"));
        match (options.next(), options.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    })
}

/// The constraints of a schema that its type cannot express, in words.
fn bounds(schema: &Value) -> String {
    let mut said = String::new();
    for (key, before) in [
        ("minLength", "At least this many characters: "),
        ("maxLength", "At most this many characters: "),
        ("pattern", "Pattern: "),
        ("default", "Default: "),
    ] {
        let value = &schema[key];
        if !value.is_null() && !value.is_mapping() && !value.is_sequence() {
            said.push_str(&format!(" {before}`{}`.", text(value)));
        }
    }
    if kind(schema) == Some("number") {
        for (key, before) in [("minimum", "From"), ("maximum", "Up to")] {
            if !schema[key].is_null() {
                said.push_str(&format!(" {before} {}.", text(&schema[key])));
            }
        }
    }
    said
}

fn words(schema: &Value, more: &str) -> Value {
    let own = line(&schema["description"]);
    format!("{own} {}", line(&more.into())).trim().into()
}

fn set(value: &mut Value, key: &str, new: Value) {
    if let Some(fields) = value.as_mapping_mut() {
        fields.insert(key.into(), new);
    }
}

/// Adds a description and nullability to a schema.
fn with(mut own: Value, description: &str, nullable: bool) -> Value {
    if !own["$ref"].is_null() {
        if !nullable && description.is_empty() {
            return own;
        }
        own = mapping([("allOf", vec![own].into())]);
    }
    if !description.is_empty() && line(&own["description"]).len() <= description.len() {
        set(&mut own, "description", description.into());
    }
    if nullable {
        set(&mut own, "nullable", true.into());
    }
    own
}

/// References to items need no description.
fn without_description(mut own: Value) -> Value {
    if let Some(only) = own["allOf"].get(0) {
        return only.clone();
    }
    if let Some(fields) = own.as_mapping_mut() {
        fields.remove("description");
    }
    own
}
