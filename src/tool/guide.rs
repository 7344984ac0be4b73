//! The list of actions: a guide for models, and a reference for people and agents.

use std::fmt::Write as _;

use serde_json::Value;

use crate::operation::{Field, Location, Mode, Operation, Outbound, Schema, gmail};

use super::access::Access;

/// The guide to all entities and actions that `gmail_execute` reaches, one line per entity.
///
/// ```
/// use airbyte_agent_gmail::{Mode, tool::{Access, guide}};
///
/// let whole = guide(Mode::OpenSource, &Access::default());
/// let reading = guide(Mode::Hosted, &Access::default().read_only());
/// assert!(whole.contains("\n- messages: ") && reading.len() < whole.len());
/// ```
pub fn guide(mode: Mode, access: &Access) -> String {
    let mut guide = String::from("Entities with their actions and params (* must be given):\n");
    for entity in gmail().entities() {
        let actions: Vec<String> = rows(entity, mode, access)
            .map(|row| signature(row, mode))
            .collect();
        if !actions.is_empty() {
            let _ = writeln!(guide, "- {entity}: {}", actions.join("; "));
        }
    }
    if mode == Mode::Hosted {
        let _ = writeln!(
            guide,
            "- {}: {}(query*, limit, cursor, fields), which searches the copy of the mailbox that airbyte keeps; {}(sql*, limit), which \
             queries it in SQL",
            searchable(),
            gmail().search_action,
            gmail().sql_action
        );
    }
    guide.push_str(
        "Lists: pass a result's next page token back to go on. Choose fields with select_fields or exclude_fields.",
    );
    guide
}

/// The guide to one entity, one line per action.
pub(super) fn of_entity(entity: &str, mode: Mode, access: &Access) -> String {
    let mut guide = format!("Actions of {entity} and their params (* must be given):");
    for row in rows(entity, mode, access) {
        let _ = write!(guide, "\n- {}: {}", signature(row, mode), row.summary);
    }
    if mode == Mode::Hosted
        && gmail()
            .store_action(entity, gmail().search_action)
            .is_some()
    {
        let _ = write!(
            guide,
            "\n- {}(query*, limit, cursor, fields)\n- {}(sql*, limit)",
            gmail().search_action,
            gmail().sql_action
        );
    }
    guide
}

/// The allowed actions of an entity.
fn rows<'a>(
    entity: &'a str,
    mode: Mode,
    access: &'a Access,
) -> impl Iterator<Item = &'static Operation> + 'a {
    let operations = gmail().operations.iter().copied();
    operations.filter(move |row| row.entity == entity && access.refusal(row, mode).is_none())
}

/// The entities in the Context Store.
fn searchable() -> String {
    let entities = gmail().searchable.iter().map(|known| known.entity);
    entities.collect::<Vec<_>>().join(", ")
}

fn signature(row: &Operation, mode: Mode) -> String {
    let params: Vec<String> = row
        .fields
        .iter()
        .filter(|field| mode == Mode::OpenSource || !field.absent)
        .map(|field| format!("{}{}", field.name, if field.required { "*" } else { "" }))
        .collect();
    format!("{}({})", row.action, params.join(", "))
}

/// The reference of all entities and actions, in Markdown: one page per entity, with its file name, and a `README.md`
/// that links to them.
///
/// ```
/// use airbyte_agent_gmail::tool::reference;
///
/// let pages = reference();
/// assert!(pages.iter().any(|(name, page)| name == "messages.md" && page.starts_with("# messages\n")));
/// ```
pub fn reference() -> Vec<(String, String)> {
    let mut index = String::from(
        "# Reference\n\n\
         Made from `spec/gmail.yaml`. Every action is available in four ways:\n\n\
         - the library: `gmail.execute(\"messages\", \"list\", json!({\"q\": \"is:unread\"})).await?`, or the typed call that each action names;\n\
         - the command line: `airbyte-gmail messages list --q is:unread`;\n\
         - a tool for agents: `gmail_messages_list`, or `gmail_execute` for all of them;\n\
         - MCP: `airbyte-gmail mcp`.\n\n\
         | entity | actions |\n| --- | --- |\n",
    );
    let mut pages = Vec::new();
    for entity in gmail().entities() {
        let rows: Vec<&Operation> = gmail()
            .operations
            .iter()
            .copied()
            .filter(|row| row.entity == entity)
            .collect();
        let names: Vec<&str> = rows.iter().map(|row| row.action).collect();
        let _ = writeln!(index, "| [{entity}]({entity}.md) | {} |", names.join(", "));
        let mut page = format!("# {entity}\n");
        for row in rows {
            action(&mut page, row);
        }
        pages.push((format!("{entity}.md"), page));
    }
    let _ = writeln!(
        index,
        "\nHosted mode offers the actions that Airbyte's Gmail connector has, and `{}` and `{}` on: {}.",
        gmail().search_action,
        gmail().sql_action,
        searchable()
    );
    pages.insert(0, ("README.md".to_owned(), index));
    pages
}

fn action(page: &mut String, row: &Operation) {
    let _ = write!(
        page,
        "\n## {}\n\n{}. {}\n\n",
        row.action, row.summary, row.description
    );
    let group = if row.group.is_empty() {
        String::new()
    } else {
        format!("{}().", row.group.replace('.', "()."))
    };
    let mut facts = vec![
        format!("`{} {}`", row.method, row.path),
        format!("typed: `gmail.{group}{}(…)`", row.method_name),
        format!("tool: `gmail_{}_{}`", row.entity, row.action),
        if row.hosted {
            "both modes"
        } else {
            "open-source mode only"
        }
        .to_owned(),
        format!("{} quota units", row.quota_units.current),
        if row.read_only { "reads" } else { "changes" }.to_owned(),
    ];
    if row.destructive {
        facts.push("what it deletes can't be restored".to_owned());
    }
    if row.idempotent && !row.read_only {
        facts.push("may be repeated".to_owned());
    }
    match row.outbound {
        Outbound::Nothing => {}
        Outbound::Sends => facts.push("sends mail".to_owned()),
        Outbound::Shares => facts.push("it can send mail out of the mailbox".to_owned()),
    }
    for fact in facts {
        let _ = writeln!(page, "- {fact}");
    }
    if !row.scopes.is_empty() {
        let scopes: Vec<&str> = row
            .scopes
            .iter()
            .map(|scope| scope.rsplit("/auth/").next().unwrap_or(scope))
            .collect();
        let _ = writeln!(page, "- scopes, one of: {}", scopes.join(", "));
    }
    if !row.fields.is_empty() {
        page.push_str("\n| param | type | |\n| --- | --- | --- |\n");
        for field in row.fields {
            param(page, field, "");
        }
    }
    let _ = write!(page, "\n```sh\nairbyte-gmail {}\n```\n", example(row));
}

fn param(page: &mut String, field: &Field, prefix: &str) {
    let mut notes = String::new();
    if field.required {
        notes.push_str("**required** ");
    }
    notes.push_str(&field.description.replace('\n', " ").replace('|', "\\|"));
    if field.absent {
        notes.push_str(" (open-source mode only)");
    }
    let _ = writeln!(
        page,
        "| `{prefix}{}` | {} | {notes} |",
        field.name,
        kind(&field.schema)
    );
    if let Schema::Object(fields) = &field.schema {
        for inner in *fields {
            param(page, inner, &format!("{prefix}{}.", field.name));
        }
    }
}

fn kind(schema: &Schema) -> String {
    match schema {
        Schema::String => "text".to_owned(),
        Schema::Integer { minimum, maximum } => match (minimum, maximum) {
            (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
            _ => "number".to_owned(),
        },
        Schema::Number => "number".to_owned(),
        Schema::Boolean => "true, false".to_owned(),
        Schema::Enum(values) => values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Schema::Array(items) => format!("list of {}", kind(items)),
        Schema::Object(_) | Schema::Map => "object".to_owned(),
        Schema::Any => "any".to_owned(),
    }
}

/// A command with its required params.
fn example(row: &Operation) -> String {
    let mut words = vec![kebab(row.entity), kebab(row.action)];
    for field in row.fields.iter().filter(|field| field.required) {
        let sample = match &field.schema {
            Schema::Integer { minimum, .. } => minimum.unwrap_or(1).to_string(),
            Schema::Boolean => "true".to_owned(),
            Schema::Enum(values) => values.first().copied().unwrap_or_default().to_owned(),
            Schema::Object(fields) => format!("'{}'", sample_object(fields)),
            Schema::Map | Schema::Any => "'{}'".to_owned(),
            _ => kebab(field.name).replace('-', "_").to_uppercase(),
        };
        if field.location == Location::Path {
            words.push(sample);
        } else {
            words.push(format!("--{} {sample}", kebab(field.name)));
        }
    }
    words.join(" ")
}

fn sample_object(fields: &[Field]) -> Value {
    fields
        .iter()
        .filter(|field| field.required)
        .map(|field| (field.name.to_owned(), Value::from("…")))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Converts a name from the spec to a word of the command line.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        match letter {
            '_' => word.push('-'),
            'A'..='Z' => {
                word.push('-');
                word.push(letter.to_ascii_lowercase());
            }
            letter => word.push(letter),
        }
    }
    word
}
