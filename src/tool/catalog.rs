//! The list of tools: one for each row of the table, one for all rows, and those that are not actions.

use std::sync::OnceLock;

use serde_json::Value;

use crate::operation::schema::schema;
use crate::operation::{Field, Mode, Operation, Outbound, Schema, gmail};

use super::access::Access;
use super::argument::{INTENT, SELECTION, optional, required};
use super::composed::{self, Composed};
use super::definition::{Annotations, Tool};
use super::{schema, shape};

/// A tool, before it is described.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// The tool of one row.
    Action(&'static Operation),
    /// `gmail_execute`.
    Execute,
    /// A tool that is not an action of the table.
    Composed(&'static Composed),
}

impl Entry {
    /// All tools, in the order in which agents see them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let rows = || gmail().operations.iter().copied();
        let composed = |is_hosted| {
            let composed = composed::ALL.iter();
            let wanted = composed.filter(move |composed| composed.is_hosted() == is_hosted);
            wanted.map(Self::Composed)
        };
        composed(false)
            .chain([Self::Execute])
            .chain(rows().filter(|row| row.default_tool).map(Self::Action))
            .chain(composed(true))
            .chain(rows().filter(|row| !row.default_tool).map(Self::Action))
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Action(row) => format!("gmail_{}_{}", row.entity, row.action),
            Self::Execute => "gmail_execute".to_owned(),
            Self::Composed(composed) => composed.name.to_owned(),
        }
    }

    /// The names of the tool's arguments.
    pub(super) fn arguments(&self, mode: Mode) -> Vec<&'static str> {
        let names = |fields: &[Field]| fields.iter().map(|field| field.name).collect();
        let mut known: Vec<&str> = match self {
            Self::Action(row) => names(row.fields),
            Self::Execute => names(&execute_fields(mode)),
            Self::Composed(composed) => names(composed.fields),
        };
        if matches!(self, Self::Action(_) | Self::Execute) {
            known.extend(SELECTION.iter().map(|field| field.name));
        }
        known
    }

    pub(super) fn is_default(&self) -> bool {
        match self {
            Self::Action(row) => row.default_tool,
            Self::Execute => true,
            Self::Composed(composed) => composed.is_default(),
        }
    }

    pub(super) fn needs_directory(&self) -> bool {
        matches!(self, Self::Composed(composed) if composed.needs_directory())
    }

    pub(super) fn refusal(&self, access: &Access, mode: Mode) -> Option<String> {
        match self {
            Self::Action(row) => access.refusal(row, mode),
            Self::Execute => None,
            Self::Composed(composed) => composed.refusal(access, mode),
        }
    }

    pub(super) fn tool(&self, mode: Mode, access: &Access) -> Tool {
        let mut tool = match self {
            Self::Action(row) => action(row, mode),
            Self::Execute => execute(mode, access),
            Self::Composed(composed) => composed.tool(access),
        };
        tool.input_schema = schema::shown(tool.input_schema);
        tool
    }
}

fn action(row: &'static Operation, mode: Mode) -> Tool {
    let mut input_schema = row.params_schema_in(mode);
    if row.read_only {
        with_selection(&mut input_schema);
    }
    Tool {
        name: Entry::Action(row).name(),
        title: row.summary.to_owned(),
        description: format!("{}. {}", row.summary, row.description),
        input_schema,
        output_schema: shape::output_schema(Some(row)),
        annotations: Annotations {
            read_only: row.read_only,
            destructive: row.destructive,
            idempotent: row.idempotent,
            open_world: row.outbound != Outbound::Nothing || row.read_only,
        },
    }
}

fn execute(mode: Mode, access: &Access) -> Tool {
    let rows = || {
        gmail()
            .operations
            .iter()
            .filter(|row| access.refusal(row, mode).is_none())
    };
    let mut input_schema = schema(&execute_fields(mode));
    with_selection(&mut input_schema);
    Tool {
        name: Entry::Execute.name(),
        title: "Run any action".to_owned(),
        description: format!(
            "Runs any action by entity and action, for what no other tool does. The action `{HELP}` lists an entity's \
             actions and their params."
        ),
        input_schema,
        output_schema: shape::output_schema(None),
        annotations: Annotations {
            read_only: rows().all(|row| row.read_only),
            destructive: rows().any(|row| row.destructive),
            idempotent: rows().all(|row| row.idempotent),
            open_world: true,
        },
    }
}

/// The action of `gmail_execute` that returns an entity's guide.
pub(super) const HELP: &str = "help";

/// The arguments of `gmail_execute`, without the field selection.
pub(super) fn execute_fields(mode: Mode) -> Vec<Field> {
    static ENTITIES: [OnceLock<Vec<&'static str>>; 2] = [const { OnceLock::new() }; 2];
    let [open_source, hosted] = &ENTITIES;
    let (entities, is_offered): (_, fn(&Operation) -> bool) = match mode {
        Mode::OpenSource => (open_source, |_| true),
        Mode::Hosted => (hosted, |row| row.hosted),
    };
    let entities = entities.get_or_init(|| {
        let mut entities = gmail().entities();
        entities.retain(|entity| {
            let mut rows = gmail().operations.iter();
            rows.any(|row| row.entity == *entity && is_offered(row))
        });
        entities
    });
    let mut fields = vec![
        required(
            "entity",
            Schema::Enum(entities),
            "The entity, such as messages.",
        ),
        required(
            "action",
            Schema::String,
            "The action, such as list or help.",
        ),
        optional("params", Schema::Map, "The params of the action, by name."),
    ];
    if mode == Mode::Hosted {
        fields.push(INTENT);
    }
    fields
}

fn with_selection(input_schema: &mut Value) {
    if let (Some(properties), Value::Object(selection)) = (
        input_schema["properties"].as_object_mut(),
        schema(&SELECTION)["properties"].take(),
    ) {
        properties.extend(selection);
    }
}
