//! The stubs and models in `python/` must match the operation table and the document; `UPDATE_GOLDEN=1` rewrites them.

#![cfg(feature = "tool")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by it, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use airbyte_agent_gmail::operation::{Field, Operation, Schema, gmail};
use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use crate::compare;
use crate::python_types::{OTHER_NAMES, bodies, in_order};

#[path = "../../python/src/name.rs"]
mod name;

pub(crate) use name::python_name;

pub(crate) const HEAD: &str = "# Made from spec/gmail.yaml; UPDATE_GOLDEN=1 cargo test --all-features --test it -- python writes it anew.\n";

/// The document's schemas, and the schema of each operation's answer.
struct Document {
    schemas: Map<String, Value>,
    answers: BTreeMap<String, String>,
}

fn document() -> Document {
    let value: serde_norway::Value =
        serde_norway::from_str(include_str!("../../spec/gmail.yaml")).unwrap();
    let value = serde_json::to_value(value).unwrap();
    let mut answers = BTreeMap::new();
    for path in value["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            if let (Some(id), Some(name)) = (operation["operationId"].as_str(), referred(answer)) {
                answers.insert(id.to_owned(), name);
            }
        }
    }
    Document {
        schemas: value["components"]["schemas"].as_object().unwrap().clone(),
        answers,
    }
}

fn referred(schema: &Value) -> Option<String> {
    let reference = schema["$ref"].as_str()?;
    Some(reference.rsplit('/').next()?.to_owned())
}

impl Document {
    /// The schemas used in answers, each once, in the document's order.
    fn models(&self) -> Vec<&String> {
        let mut wanted: Vec<String> = self.answers.values().cloned().collect();
        let mut index = 0;
        while let Some(name) = wanted.get(index).cloned() {
            for inner in references(&self.schemas[&name]) {
                if !wanted.contains(&inner) {
                    wanted.push(inner);
                }
            }
            index += 1;
        }
        self.schemas
            .keys()
            .filter(|name| wanted.contains(name) && self.schemas[*name]["properties"].is_object())
            .collect()
    }

    fn python_type(&self, schema: &Value) -> String {
        if let Some(name) = referred(schema) {
            let schema = &self.schemas[&name];
            return if schema["properties"].is_object() {
                name
            } else {
                self.python_type(schema)
            };
        }
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return self.python_type(only);
        }
        match schema["type"].as_str() {
            // Plain strings, because a new value from the service must not be an error.
            Some("string") => "str".to_owned(),
            Some("integer") => "int".to_owned(),
            Some("number") => "float".to_owned(),
            Some("boolean") => "bool".to_owned(),
            Some("array") => format!("list[{}]", self.python_type(&schema["items"])),
            Some("object") => "dict[str, Any]".to_owned(),
            _ => "Any".to_owned(),
        }
    }

    /// The record in a row's answer: its type, and the name of its schema, if it has one.
    fn record(&self, row: &Operation) -> Option<(String, Option<String>)> {
        let name = self.answers.get(row.id)?;
        let Some(key) = row.records else {
            return Some((name.clone(), Some(name.clone())));
        };
        let items = &self.schemas[name]["properties"][key]["items"];
        Some((self.python_type(items), referred(items)))
    }

    fn schema_of(&self, name: &str) -> Value {
        let mut definitions = Map::new();
        let mut wanted = vec![name.to_owned()];
        while let Some(name) = wanted.pop() {
            if !definitions.contains_key(&name) {
                wanted.extend(references(&self.schemas[&name]));
                definitions.insert(name.clone(), without_extensions(&self.schemas[&name]));
            }
        }
        let mut schema = definitions.remove(name).unwrap_or_default();
        // Schemas can be recursive: message parts contain parts.
        if references(&schema).contains(&name.to_owned())
            || definitions
                .values()
                .any(|schema| references(schema).contains(&name.to_owned()))
        {
            definitions.insert(name.to_owned(), schema.clone());
        }
        if !definitions.is_empty() {
            schema["$defs"] = Value::Object(definitions);
        }
        schema
    }
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(reference) if name == "$ref" => {
                    vec![reference.rsplit('/').next().unwrap_or_default().to_owned()]
                }
                _ => references(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn without_extensions(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !name.starts_with("x-"))
            .map(|(name, value)| {
                let value = match value.as_str() {
                    Some(reference) if name == "$ref" => {
                        Value::from(reference.replace("#/components/schemas/", "#/$defs/"))
                    }
                    _ => without_extensions(value),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(values) => values.iter().map(without_extensions).collect(),
        value => value.clone(),
    }
}

/// The name of an action's result: `MessagesList`.
fn stem(row: &Operation) -> String {
    format!("{}_{}", row.entity, row.action).to_upper_camel_case()
}

/// The type of a typed call's result.
fn result(document: &Document, row: &Operation) -> String {
    match document.record(row) {
        Some(_) if row.records.is_some() => format!("{}Result", stem(row)),
        Some((name, _)) => name,
        None => "Record".to_owned(),
    }
}

fn param_type(schema: &Schema) -> String {
    match schema {
        Schema::String => "str".to_owned(),
        Schema::Integer { .. } => "int".to_owned(),
        Schema::Number => "float".to_owned(),
        Schema::Boolean => "bool".to_owned(),
        Schema::Enum(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
            format!("Literal[{}]", values.join(", "))
        }
        Schema::Array(items) => format!("Sequence[{}]", param_type(items)),
        Schema::Object(_) | Schema::Map => "Mapping[str, Any]".to_owned(),
        Schema::Any => "Any".to_owned(),
    }
}

fn params(fields: &[Field]) -> String {
    let mut params = String::new();
    for field in in_order(fields) {
        let mut kind = param_type(&field.schema);
        if field.comma_joined {
            kind.push_str(" | str");
        }
        let name = python_name(field.name);
        let _ = if field.required {
            write!(params, ", {name}: {kind}")
        } else {
            write!(params, ", {name}: {kind} | None = ...")
        };
    }
    params
}

/// A model of the table: its name, what it is, and its fields with their types.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) fields: Vec<(String, String)>,
}

pub(crate) fn first_sentence(text: &str) -> String {
    let first = text.split_once(". ").map_or(text, |(first, _)| first);
    format!("{}.", first.trim_end_matches('.'))
}

impl Document {
    /// The models of records, and of what stands beside them.
    fn records(&self) -> Vec<Model> {
        let mut models: Vec<Model> = Vec::new();
        for name in self.models() {
            let schema = &self.schemas[name];
            let properties = schema["properties"].as_object().unwrap();
            models.push(Model {
                name: name.clone(),
                summary: first_sentence(schema["description"].as_str().unwrap_or(name)),
                fields: properties
                    .iter()
                    .map(|(field, property)| (python_name(field), self.python_type(property)))
                    .collect(),
            });
        }
        for row in gmail().operations.iter().filter(|row| !row.meta.is_empty()) {
            let answer = &self.schemas[&self.answers[row.id]]["properties"];
            models.push(Model {
                name: format!("{}Meta", result(self, row)),
                summary: format!(
                    "What is beside the records of {} {}.",
                    row.entity, row.action
                ),
                fields: row
                    .meta
                    .iter()
                    .map(|field| (python_name(field), self.python_type(&answer[*field])))
                    .collect(),
            });
        }
        models
    }
}

#[test]
fn the_models_are_up_to_date() {
    let document = document();
    let mut table = format!(
        "{HEAD}\"\"\"The models of results, each made at its first use; `_models.pyi` shows them to type checkers.\"\"\"\n\n\
         from typing import Any  # noqa: F401\n\nRECORDS = {{\n"
    );
    let mut stub = format!(
        "{HEAD}from typing import Any, TypeAlias\n\nfrom ._model import GmailExecuteResult as GmailExecuteResult\nfrom ._model import GmailExecuteResultWithMeta as GmailExecuteResultWithMeta\nfrom ._model import Model\n"
    );
    for model in document.records().into_iter().chain(bodies()) {
        let _ = writeln!(
            table,
            "    {:?}: (\n        {:?},",
            model.name, model.summary
        );
        let _ = write!(
            stub,
            "\nclass {}(Model):\n    \"\"\"{}\"\"\"\n\n",
            model.name, model.summary
        );
        table.push_str("        {\n");
        for (field, kind) in model.fields {
            let _ = writeln!(table, "            {field:?}: {kind:?},");
            let _ = writeln!(stub, "    {field}: {kind} | None = None");
        }
        table.push_str("        },\n    ),\n");
    }
    // The model of their records, and that of what is beside them.
    table.push_str("}\n\nLISTS = {\n");
    let mut results = String::from("}\n\nRESULTS = {\n");
    stub.push('\n');
    for row in gmail().operations {
        let Some((record, _)) = document.record(row) else {
            continue;
        };
        let model = result(&document, row);
        if row.records.is_some() {
            let _ = if row.meta.is_empty() {
                writeln!(table, "    {model:?}: ({record:?}, None),")
            } else {
                writeln!(table, "    {model:?}: ({record:?}, \"{model}Meta\"),")
            };
            let _ = if row.meta.is_empty() {
                writeln!(
                    stub,
                    "{model}: TypeAlias = GmailExecuteResult[list[{record}]]"
                )
            } else {
                writeln!(
                    stub,
                    "{model}: TypeAlias = GmailExecuteResultWithMeta[list[{record}], {model}Meta]"
                )
            };
        }
        let _ = writeln!(
            results,
            "    ({:?}, {:?}): {model:?},",
            row.entity, row.action
        );
    }
    table.push_str(&results);
    table.push_str(
        "}\n\n# Airbyte's names for models that have different names here.\nOTHER_NAMES = {\n",
    );
    for (theirs, ours) in OTHER_NAMES {
        let _ = writeln!(table, "    {theirs:?}: {ours:?},");
        let _ = writeln!(stub, "{theirs}: TypeAlias = {ours}");
    }
    table.push_str(
        "}\n\n\ndef __getattr__(name):\n    from ._model import made\n\n    return made(globals(), name)\n",
    );
    compare::check("python/airbyte_agent_gmail/_models.py", &table);
    compare::check("python/airbyte_agent_gmail/_models.pyi", &stub);
}

#[test]
fn the_entities_are_up_to_date() {
    let document = document();
    let mut entities = Map::new();
    for entity in gmail().entities() {
        let rows = gmail().operations.iter().filter(|row| row.entity == entity);
        let mut names = rows.filter_map(|row| document.record(row)?.1);
        if let Some(name) = names.next() {
            entities.insert(entity.to_owned(), document.schema_of(&name));
        }
    }
    let text = serde_json::to_string_pretty(&json!(entities)).unwrap();
    compare::check(
        "python/airbyte_agent_gmail/entities.json",
        &format!("{text}\n"),
    );
}

#[test]
fn the_stubs_are_up_to_date() {
    let document = document();
    for (file, blocks) in [("_connector.pyi", false), ("blocking.pyi", true)] {
        let text = connector_stub(&document, blocks);
        compare::check(&format!("python/airbyte_agent_gmail/{file}"), &text);
    }
}

fn connector_stub(document: &Document, blocks: bool) -> String {
    let def = if blocks { "def" } else { "async def" };
    let iterator = if blocks { "Iterator" } else { "AsyncIterator" };
    let mut entities = String::new();
    let mut attributes = String::new();
    for entity in gmail().entities() {
        let class = format!("{}Entity", entity.to_upper_camel_case());
        let _ = writeln!(attributes, "    {entity}: {class}");
        let mut calls = String::new();
        let mut methods = String::new();
        for row in gmail().operations.iter().filter(|row| row.entity == entity) {
            let name = python_name(row.action);
            let params = params(row.fields);
            let result = result(document, row);
            if row.pagination.is_some() && !blocks {
                let record = document
                    .record(row)
                    .map_or_else(|| "Any".to_owned(), |(record, _)| record);
                let call = format!("{}Call", stem(row));
                let _ = write!(
                    calls,
                    "\nclass {call}:\n    async def __call__(self{params}) -> {result}: ...\n    def pages(self{params}) -> AsyncIterator[{result}]: ...\n    def records(self{params}) -> AsyncIterator[{record}]: ...\n"
                );
                let _ = writeln!(methods, "    {name}: {call}");
            } else {
                let _ = writeln!(methods, "    {def} {name}(self{params}) -> {result}: ...");
                let _ = writeln!(methods, "    \"\"\"{}.\"\"\"", row.summary);
            }
        }
        if gmail()
            .searchable
            .iter()
            .any(|known| known.entity == entity)
        {
            let _ = writeln!(
                methods,
                "    {def} {}(self, query: Mapping[str, Any], limit: int | None = ..., cursor: str | None = ..., fields: Sequence[str] | None = ...) -> ExecuteResult: ...",
                python_name(gmail().search_action)
            );
        }
        let _ = write!(entities, "{calls}\nclass {class}:\n{methods}");
    }
    format!(
        "{HEAD}from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence\n\
         from typing import Any, ClassVar, Literal, TypeVar, overload\n\n\
         from ._config import AirbyteAuthConfig, GmailAuthConfig, GmailReplicationConfig\n\
         from ._models import *\n\
         from ._result import ExecuteResult, GmailCheckResult, Record, ToolAnswer\n\n\
         _F = TypeVar(\"_F\", bound=Callable[..., Any])\n\
         {entities}\n\
         class GmailConnector:\n\
         \x20   connector_name: ClassVar[str]\n\
         \x20   connector_version: ClassVar[str]\n\
         {attributes}\
         \x20   def __init__(self, auth_config: GmailAuthConfig | AirbyteAuthConfig | Any, on_token_refresh: Callable[[dict[str, Any]], Any] | None = None) -> None: ...\n\
         \x20   @property\n\
         \x20   def connector_id(self) -> str | None: ...\n\
         \x20   {def} execute(self, entity: str, action: str, params: Mapping[str, Any] | None = None, *, select_fields: Sequence[str] | None = None, exclude_fields: Sequence[str] | None = None) -> Any: ...\n\
         \x20   {def} check(self) -> GmailCheckResult: ...\n\
         \x20   def pages(self, entity: str, action: str, params: Mapping[str, Any] | None = None) -> {iterator}[ExecuteResult]: ...\n\
         \x20   def records(self, entity: str, action: str, params: Mapping[str, Any] | None = None) -> {iterator}[dict[str, Any]]: ...\n\
         \x20   def tools(self) -> list[dict[str, Any]]: ...\n\
         \x20   {def} call_tool(self, name: str, arguments: Mapping[str, Any] | None = None) -> ToolAnswer: ...\n\
         \x20   def list_entities(self) -> list[dict[str, Any]]: ...\n\
         \x20   def entity_schema(self, entity: str) -> dict[str, Any] | None: ...\n\
         \x20   @overload\n\
         \x20   @classmethod\n\
         \x20   def tool_utils(cls, func: _F) -> _F: ...\n\
         \x20   @overload\n\
         \x20   @classmethod\n\
         \x20   def tool_utils(cls, func: None = None, *, update_docstring: bool = True, enable_hosted_mode_features: bool = True, max_output_chars: int | None = 100_000) -> Callable[[_F], _F]: ...\n\
         \x20   @classmethod\n\
         \x20   {def} get_consent_url(cls, *, airbyte_config: AirbyteAuthConfig, redirect_url: str, name: str | None = None, replication_config: GmailReplicationConfig | None = None, source_template_id: str | None = None) -> str: ...\n\
         \x20   @classmethod\n\
         \x20   {def} create(cls, *, airbyte_config: AirbyteAuthConfig, auth_config: GmailAuthConfig | None = None, server_side_oauth_secret_id: str | None = None, name: str | None = None, replication_config: GmailReplicationConfig | None = None, source_template_id: str | None = None) -> GmailConnector: ...\n"
    )
}
