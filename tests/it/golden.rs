//! Golden files for what is generated: the operation table with its params, the tools, the program's commands and the
//! public API.
//!
//! Each line is one fact with its full name, so that diffs are readable; a removed line is a breaking change. `bash
//! spec/review.sh` rewrites the files and explains the differences to users. The tools' descriptions are in a separate
//! file, since no program depends on them.

#![cfg(all(feature = "sandbox", feature = "tool"))]

use crate::compare;
use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::operation::{Location, Table, airbyte, gmail as gmail_table};
use airbyte_agent_gmail::sandbox::Sandbox;
use quote::ToTokens;
use serde_json::Value;
use support::TestResult;
use syn::{ImplItem, Item, TraitItem, UseTree, Visibility};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a golden file, or rewrites it.
fn check(name: &str, text: &str) {
    compare::check(&format!("tests/golden/{name}"), text);
}

/// The type and limits of a JSON Schema in a few words; nested fields have their own lines.
fn type_name(schema: &Value) -> String {
    let mut name = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("|"),
        _ => "any".to_owned(),
    };
    if let Some(values) = schema["enum"].as_array() {
        name = values
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("|");
    }
    if let Some(items) = schema.get("items") {
        name = format!("{name} of {}", type_name(items));
    }
    let told = [
        "type",
        "enum",
        "items",
        "description",
        "properties",
        "required",
    ];
    for (rule, value) in schema.as_object().into_iter().flatten() {
        match rule.as_str() {
            "additionalProperties" if value == false => {}
            // The rule for ids in a path.
            "not" => name.push_str(" safe in a path"),
            "pattern" if schema.get("not").is_some() => {}
            rule if told.contains(&rule) => {}
            rule => name.push_str(&format!(" {rule}={value}")),
        }
    }
    name
}

/// A line for each property of an object and for nested ones: `message.raw: string required`.
fn properties(schema: &Value, path: &str, lines: &mut Vec<String>) {
    let required = schema["required"].as_array();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.is_some_and(|required| required.iter().any(|one| one == name));
        let mark = if is_required { " required" } else { "" };
        lines.push(format!("{path}{name}: {}{mark}", type_name(property)));
        properties(property, &format!("{path}{name}."), lines);
        if let Some(items) = property.get("items") {
            properties(items, &format!("{path}{name}[]."), lines);
        }
    }
}

fn table(table: &Table) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for row in table.operations {
        let id = row.id;
        let (call, entity, action) = (row.method_name, row.entity, row.action);
        write!(text, "{id} is {} {}", row.method, row.path)?;
        writeln!(text, " as {}.{call} and {entity}/{action}", row.group)?;
        let mut params = Vec::new();
        properties(&row.params_schema(), "", &mut params);
        for param in params {
            let field = row.fields.iter().find(|field| {
                param
                    .strip_prefix(field.name)
                    .is_some_and(|rest| rest.starts_with(':'))
            });
            let Some(field) = field else {
                writeln!(text, "{id} takes {param}")?;
                continue;
            };
            let location = match field.location {
                Location::Path => "path",
                Location::Query => "query",
                Location::Header => "header",
                Location::Body => "body",
            };
            let joined = if field.comma_joined {
                " joined by commas"
            } else {
                ""
            };
            let absent = if field.absent { " (open-source)" } else { "" };
            writeln!(text, "{id} takes {location}{joined}{absent} {param}")?;
        }
        if let Some(records) = row.records {
            writeln!(text, "{id} records {records}")?;
        }
        for meta in row.meta {
            writeln!(text, "{id} meta {meta}")?;
        }
        let units = row.quota_units;
        writeln!(text, "{id} quota {} ({})", units.current, units.legacy)?;
        let facts: Vec<&str> = [
            (row.hosted, "hosted"),
            (row.authenticated, "authenticated"),
            (row.idempotent, "idempotent"),
            (row.read_only, "read-only"),
            (row.destructive, "destructive"),
            (row.check, "check"),
            (row.pagination.is_some(), "paginated"),
        ]
        .iter()
        .filter_map(|(set, fact)| set.then_some(*fact))
        .collect();
        writeln!(text, "{id} facts {}", facts.join(", "))?;
        if !row.scopes.is_empty() {
            let scopes: Vec<String> = row
                .scopes
                .iter()
                .map(|scope| {
                    let name = scope.rsplit("auth/").next().unwrap_or(scope);
                    let part = row.partial_scopes.contains(scope);
                    format!("{name}{}", if part { " (in part)" } else { "" })
                })
                .collect();
            writeln!(text, "{id} scopes {}", scopes.join(", "))?;
        }
    }
    Ok(text)
}

#[test]
fn the_operation_tables() -> TestResult {
    check("gmail_operations.txt", &table(gmail_table())?);
    check("airbyte_operations.txt", &table(airbyte())?);
    Ok(())
}

/// Each tool's annotations, arguments and results, in both modes. The arguments of tools for single actions are in the
/// operations' file.
#[tokio::test]
async fn the_tools() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut text = String::new();
    let mut words = Vec::new();
    for gmail in support::modes(&sandbox)? {
        let mode = support::mode_name(&gmail).replace(' ', "-");
        let tools = gmail.tools();
        let offered: Vec<String> = tools
            .default_list()
            .into_iter()
            .map(|tool| tool.name)
            .collect();
        for tool in tools.list() {
            let name = &tool.name;
            let world = tool.annotations;
            let facts: Vec<&str> = [
                (offered.contains(name), "offered by default"),
                (world.read_only, "read-only"),
                (world.destructive, "destructive"),
                (world.idempotent, "idempotent"),
                (world.open_world, "open world"),
            ]
            .iter()
            .filter_map(|(set, fact)| set.then_some(*fact))
            .collect();
            writeln!(text, "{mode} {name} is {}", facts.join(", "))?;
            let row = gmail_table()
                .operations
                .iter()
                .find(|row| *name == format!("gmail_{}_{}", row.entity, row.action));
            let mut of_action = Vec::new();
            if let Some(row) = row {
                properties(&row.params_schema_in(gmail.mode()), "", &mut of_action);
                writeln!(text, "{mode} {name} takes what {} takes", row.id)?;
            }
            let mut arguments = Vec::new();
            properties(&tool.input_schema, "", &mut arguments);
            for argument in arguments
                .iter()
                .filter(|argument| !of_action.contains(argument))
            {
                writeln!(text, "{mode} {name} takes {argument}")?;
            }
            if row.is_none() {
                let mut results = Vec::new();
                properties(&tool.output_schema, "", &mut results);
                for result in results {
                    let line = format!("{name} gives {result}\n");
                    // Both modes have the same tools, except for what one of them adds.
                    if !text.contains(&line) {
                        text.push_str(&line);
                    }
                }
                let line = format!("{name}: {}", tool.description);
                if !words.contains(&line) {
                    words.push(line);
                    descriptions(&tool.input_schema, name, &mut words);
                }
            }
        }
    }
    check("tools.txt", &text);
    words.push(String::new());
    check("tool_words.txt", &words.join("\n"));
    Ok(())
}

/// The descriptions of properties that a model sees.
fn descriptions(schema: &Value, path: &str, words: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path} {name}");
        words.push(format!(
            "{path}: {}",
            property["description"].as_str().unwrap_or_default()
        ));
        descriptions(property, &path, words);
        descriptions(&property["items"], &path, words);
    }
}

/// The commands with their arguments and options from the short help, each listed once.
#[cfg(all(feature = "cli", feature = "mcp"))]
#[test]
fn the_commands() -> TestResult {
    let mut lines: Vec<String> = Vec::new();
    let mut waiting = vec!["airbyte-gmail".to_owned()];
    while let Some(command) = waiting.pop() {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_airbyte-gmail"))
            .args(command.split(' ').skip(1))
            .arg("-h")
            .env_clear()
            .env("COLUMNS", "1000")
            .output()?;
        let help = String::from_utf8(output.stdout)?;
        lines.push(command.clone());
        let mut section = "";
        let mut children = if command == "airbyte-gmail" {
            all_commands()?
        } else {
            Vec::new()
        };
        for line in help.lines() {
            if let Some(usage) = line.strip_prefix("Usage: ") {
                // Arguments in angle brackets are required.
                let required = usage
                    .split(' ')
                    .filter(|word| word.starts_with('<') && !word.ends_with(']'));
                lines.extend(required.map(|argument| format!("{command} {argument} required")));
            } else if !line.starts_with(' ') {
                section = line;
            } else if let Some((name, rest)) = line.trim_start().split_once("  ") {
                match section {
                    "Commands:" if name != "help" => children.push(format!("{command} {name}")),
                    "Options:" | "Global options:" => {
                        let values = ["[possible", "[default"]
                            .iter()
                            .filter_map(|mark| rest.find(mark))
                            .min()
                            .map_or(String::new(), |start| format!(" {}", &rest[start..]));
                        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
                        let global = format!("airbyte-gmail {name}{values}");
                        if command == "airbyte-gmail" || !lines.contains(&global) {
                            lines.push(format!("{command} {name}{values}"));
                        }
                    }
                    "Arguments:" if name.starts_with('[') => {
                        lines.push(format!("{command} {name}"));
                    }
                    _ => {}
                }
            }
        }
        waiting.extend(children.into_iter().rev());
    }
    lines.push(String::new());
    check("commands.txt", &lines.join("\n"));
    Ok(())
}

/// The program's own commands. Its help groups them; shell completion lists them one per line.
#[cfg(all(feature = "cli", feature = "mcp"))]
fn all_commands() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let offered = std::process::Command::new(env!("CARGO_BIN_EXE_airbyte-gmail"))
        .args(["--", "airbyte-gmail", ""])
        .env_clear()
        .env("AIRBYTE_GMAIL_COMPLETE", "fish")
        .output()?;
    let offered = String::from_utf8(offered.stdout)?;
    Ok(offered
        .lines()
        .filter_map(|line| line.split('\t').next())
        .filter(|name| !name.starts_with('-') && !["help", "ls"].contains(name))
        .map(|name| format!("airbyte-gmail {name}"))
        .collect())
}

/// The public items of hand-written and generated code, by module.
#[test]
fn the_public_api() -> TestResult {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files)?;
    files.sort();
    let mut text = String::new();
    for file in files {
        let name = file.strip_prefix(root())?.display().to_string();
        // Modules that users can't reach: the generator, the program, private modules, and the access for fuzz targets.
        let private = [
            "src/codegen",
            "src/cli",
            "src/main.rs",
            "src/http/",
            "src/fuzzing.rs",
        ];
        // A replacement for a module whose feature is disabled.
        let stands_in = name.contains("/no_");
        if stands_in || private.iter().any(|private| name.starts_with(private)) {
            continue;
        }
        items(module(&name), &fs::read_to_string(&file)?, &mut text)?;
    }
    // Re-exports from a module's own files are listed where they are defined.
    let is_defined = |line: &&str| {
        let Some((module, name)) = line.split_once(" use ") else {
            return true;
        };
        let parts = [".", "::"].map(|sign| format!("{module} {name}{sign}"));
        let item = [
            " struct ",
            " enum ",
            " trait ",
            " fn ",
            " async fn ",
            " const ",
        ]
        .map(|kind| format!("{module}{kind}{name}"));
        !text.lines().any(|other| {
            let begins = |start: &String| other.starts_with(start.as_str());
            parts.iter().any(begins) || item.iter().any(begins)
        })
    };
    let mut lines: Vec<&str> = text.lines().filter(is_defined).collect();
    // The item may be in any file of the module.
    lines.sort_unstable();
    check("public_api.txt", &format!("{}\n", lines.join("\n")));
    let mut text = String::new();
    for name in ["gmail", "airbyte"] {
        let source = fs::read_to_string(Path::new(env!("OUT_DIR")).join(format!("{name}.rs")))?;
        items(name, &source, &mut text)?;
    }
    // The low-level client below the calls; the table's rows are in the operations' files.
    let is_raw = |line: &&str| line.contains(" Client::") || line.contains(" use ");
    let (raw, calls): (Vec<&str>, Vec<&str>) = text
        .lines()
        .filter(|line| !line.contains(" static "))
        .partition(is_raw);
    check("generated_api.txt", &one_line_a_call(&calls));
    check("generated_client.txt", &format!("{}\n", raw.join("\n")));
    Ok(())
}

/// The lines of generated code, with a call's parameters and result on the line of the function that creates it.
fn one_line_a_call(lines: &[&str]) -> String {
    let of_type = |line: &str| {
        let (name, item) = line.split_once("::fn ")?;
        Some((name.to_owned(), item.to_owned()))
    };
    let sent: BTreeSet<String> = lines
        .iter()
        .filter_map(|line| of_type(line))
        .filter(|(_, item)| item.starts_with("send(self)"))
        .map(|(name, _)| name)
        .collect();
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut text = String::new();
    for (name, item) in lines.iter().filter_map(|line| of_type(line)) {
        if sent.contains(&name) {
            let item = item
                .replace("(mut self, ", "(")
                .replace("(self)", "")
                .replace(") -> Self", ")");
            taken.entry(name).or_default().push(item);
        }
    }
    for line in lines {
        if of_type(line).is_some_and(|(name, _)| sent.contains(&name)) {
            continue;
        }
        text.push_str(line);
        let made = line.split_once(' ').zip(line.rsplit_once(" -> "));
        if let Some(((scope, _), (_, name))) = made
            && let Some(items) = taken.remove(&format!("{scope} {name}"))
        {
            text.push_str(": ");
            text.push_str(&items.join("; "));
        }
        text.push('\n');
    }
    for (name, items) in taken {
        text.push_str(&format!("{name}: {}\n", items.join("; ")));
    }
    text
}

/// The module where users find a file's items: files below it are private and re-exported.
fn module(file: &str) -> &str {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    if path == "mail/encoding/mod" {
        return "mail/encoding";
    }
    if path.starts_with("sync/mbox") {
        return "sync/mbox";
    }
    path.split('/').next().unwrap_or(path)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn items(name: &str, source: &str, text: &mut String) -> TestResult {
    let mut lines = Vec::new();
    public(&syn::parse_file(source)?.items, &mut lines);
    for (index, line) in lines.iter().enumerate() {
        // Types with fields or methods appear on those lines.
        let (kind, owner) = line.split_once(' ').unwrap_or_default();
        let is_named_again = ["struct", "enum", "trait"].contains(&kind)
            && lines.iter().skip(index + 1).any(|line| {
                line.strip_prefix(owner)
                    .is_some_and(|rest| rest.starts_with(['.', ':']))
            });
        if !is_named_again {
            writeln!(text, "{name} {line}")?;
        }
    }
    Ok(())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Tokens as one would write them, without the full paths of generated code.
fn tokens(item: &impl ToTokens) -> String {
    let mut text = item.to_token_stream().to_string();
    for (spelled, written) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (",>", ">"),
        (" :", ":"),
        ("& ", "&"),
        ("& mut", "&mut"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (",)", ")"),
        ("->::std::result::", "-> "),
        ("impl::std::convert::", "impl "),
        ("::std::option::", ""),
        ("::std::string::", ""),
        ("::std::vec::", ""),
    ] {
        text = text.replace(spelled, written);
    }
    text
}

fn public(items: &[Item], lines: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) if is_public(&module.vis) => {
                if let Some((_, items)) = &module.content {
                    public(items, lines);
                }
            }
            Item::Struct(item) if is_public(&item.vis) => {
                lines.push(format!("struct {}{}", item.ident, tokens(&item.generics)));
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    let name = field.ident.as_ref().map(ToString::to_string);
                    lines.push(format!(
                        "{}.{}: {}",
                        item.ident,
                        name.unwrap_or_default(),
                        tokens(&field.ty)
                    ));
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                lines.push(format!("enum {}", item.ident));
                for variant in &item.variants {
                    lines.push(format!("{}::{}", item.ident, variant.ident));
                }
            }
            Item::Trait(item) if is_public(&item.vis) => {
                lines.push(format!("trait {}", item.ident));
                for method in &item.items {
                    if let TraitItem::Fn(method) = method {
                        lines.push(format!("{}::{}", item.ident, tokens(&method.sig)));
                    }
                }
            }
            Item::Fn(item) if is_public(&item.vis) => lines.push(tokens(&item.sig)),
            Item::Const(item) if is_public(&item.vis) => {
                lines.push(format!("const {}: {}", item.ident, tokens(&item.ty)))
            }
            Item::Static(item) if is_public(&item.vis) => {
                lines.push(format!("static {}: {}", item.ident, tokens(&item.ty)))
            }
            Item::Type(item) if is_public(&item.vis) => lines.push(format!("type {}", item.ident)),
            Item::Use(item) if is_public(&item.vis) => uses(&item.tree, lines),
            Item::Impl(item) if item.trait_.is_none() => {
                let owner = tokens(&item.self_ty);
                for method in &item.items {
                    if let ImplItem::Fn(method) = method
                        && is_public(&method.vis)
                    {
                        lines.push(format!("{owner}::{}", tokens(&method.sig)));
                    }
                }
            }
            _ => {}
        }
    }
}

/// One line per re-exported name.
fn uses(tree: &UseTree, lines: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => uses(&path.tree, lines),
        UseTree::Group(group) => {
            for tree in &group.items {
                uses(tree, lines);
            }
        }
        tree => lines.push(format!("use {}", tokens(tree))),
    }
}
