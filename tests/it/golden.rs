//! What generation means, pinned: the operation table, the params' schemas, the tools, the program's commands and help,
//! the public API.
//!
//! `bash spec/review.sh` writes the files anew and says what the difference means for users. Where it goes by lines
//! (`*.txt` but for the help), a line is one fact that names what it is about: a line that goes away breaks somebody.

#![cfg(all(feature = "sandbox", feature = "tool"))]

use crate::compare;
use crate::support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use airbyte_agent_gmail::operation::{Location, Schema, Table, airbyte, gmail};
use airbyte_agent_gmail::sandbox::Sandbox;
use quote::ToTokens;
use serde_json::{Map, Value};
use support::TestResult;
use syn::{ImplItem, Item, TraitItem, UseTree, Visibility};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a golden file, or writes it.
fn check(name: &str, text: &str) {
    compare::check(&format!("tests/golden/{name}"), text);
}

fn type_name(schema: &Schema) -> String {
    match schema {
        Schema::String => "string".to_owned(),
        Schema::Integer { .. } => "integer".to_owned(),
        Schema::Number => "number".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Enum(values) => values.join("|"),
        Schema::Array(items) => format!("[{}]", type_name(items)),
        Schema::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{}: {}", field.name, type_name(&field.schema)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Schema::Map => "object".to_owned(),
        Schema::Any => "any".to_owned(),
    }
}

fn table(table: &Table) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for row in table.operations {
        let id = row.id;
        writeln!(text, "{id} is {} {}", row.method, row.path)?;
        writeln!(text, "{id} call {}.{}", row.group, row.method_name)?;
        writeln!(text, "{id} execute {}/{}", row.entity, row.action)?;
        for field in row.fields {
            let location = match field.location {
                Location::Path => "path",
                Location::Query => "query",
                Location::Header => "header",
                Location::Body => "body",
            };
            let marks: String = [
                (field.comma_joined, " comma-joined"),
                (field.absent, " absent-at-airbyte"),
                (field.required, " required"),
            ]
            .iter()
            .filter_map(|(set, mark)| set.then_some(*mark))
            .collect();
            writeln!(
                text,
                "{id} {location} {}: {}{marks}",
                field.name,
                type_name(&field.schema)
            )?;
        }
        if let Some(records) = row.records {
            writeln!(text, "{id} records {records}")?;
        }
        for meta in row.meta {
            writeln!(text, "{id} meta {meta}")?;
        }
        let units = row.quota_units;
        writeln!(text, "{id} quota {} ({})", units.current, units.legacy)?;
        for (set, fact) in [
            (row.hosted, "hosted"),
            (row.authenticated, "authenticated"),
            (row.idempotent, "idempotent"),
            (row.read_only, "read-only"),
            (row.destructive, "destructive"),
            (row.check, "check"),
            (row.pagination.is_some(), "paginated"),
        ] {
            if set {
                writeln!(text, "{id} fact {fact}")?;
            }
        }
        for scope in row.scopes {
            let part = row.partial_scopes.contains(scope);
            writeln!(
                text,
                "{id} scope {scope}{}",
                if part { " in part" } else { "" }
            )?;
        }
    }
    Ok(text)
}

#[test]
fn the_operation_tables() -> TestResult {
    check("gmail_operations.txt", &table(gmail())?);
    check("airbyte_operations.txt", &table(airbyte())?);
    Ok(())
}

/// Each tool and what it takes, in both modes.
#[tokio::test]
async fn the_tools() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let mut text = String::new();
    for gmail in support::modes(&sandbox)? {
        let mode = support::mode_name(&gmail).replace(' ', "-");
        for tool in gmail.tools().list() {
            let name = &tool.name;
            writeln!(text, "{mode} {name}")?;
            let required = tool.input_schema["required"].as_array();
            for (field, schema) in tool.input_schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
            {
                let mark =
                    required.is_some_and(|required| required.iter().any(|name| name == field));
                writeln!(
                    text,
                    "{mode} {name} {field}: {}{}",
                    schema["type"].as_str().unwrap_or("any"),
                    if mark { " required" } else { "" }
                )?;
            }
        }
    }
    check("tools.txt", &text);
    Ok(())
}

#[test]
fn the_params_schemas() -> TestResult {
    let schemas: Map<String, Value> = gmail()
        .operations
        .iter()
        .map(|row| (row.id.to_owned(), row.params_schema()))
        .collect();
    check(
        "params_schemas.json",
        &format!("{}\n", serde_json::to_string_pretty(&schemas)?),
    );
    Ok(())
}

/// The help of the program and of every command, as a terminal of 100 columns shows it.
#[cfg(all(feature = "cli", feature = "mcp"))]
#[test]
fn the_help() -> TestResult {
    let mut text = String::new();
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(path) = waiting.pop() {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_airbyte-gmail"))
            .args(&path)
            .arg("--help")
            .env_clear()
            .env("COLUMNS", "100")
            .output()?;
        let help = String::from_utf8(output.stdout)?;
        writeln!(text, "$ airbyte-gmail {} --help\n{help}", path.join(" "))?;
        let commands = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .filter(|line| line.as_bytes().get(2).is_some_and(|byte| *byte != b' '))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help");
        let mut children: Vec<Vec<String>> = commands
            .map(|name| [path.clone(), vec![name.to_owned()]].concat())
            .collect();
        children.reverse();
        waiting.extend(children);
    }
    check("help.txt", &text);
    check("commands.txt", &commands(&text));
    Ok(())
}

/// The commands, their arguments and options, out of the help: the words around them may change.
#[cfg(all(feature = "cli", feature = "mcp"))]
fn commands(help: &str) -> String {
    let mut commands: Vec<String> = Vec::new();
    let mut command = "";
    for line in help.lines() {
        if let Some(shown) = line.strip_prefix("$ ") {
            command = shown.trim_end_matches("--help").trim_end();
            commands.push(command.to_owned());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            // An argument in angle brackets has to be given.
            let required = usage
                .split_whitespace()
                .filter(|word| word.starts_with('<'));
            commands.extend(required.map(|argument| format!("{command} {argument} required")));
        } else if line.starts_with("  ") && line.trim_start().starts_with('-') {
            let option = line.trim_start().split("  ").next().unwrap_or_default();
            // What the program itself takes, each command takes as well.
            if !commands.contains(&format!("airbyte-gmail {option}")) {
                commands.push(format!("{command} {option}"));
            }
        }
    }
    commands.push(String::new());
    commands.join("\n")
}

/// The public items of hand-written and generated code, by their module.
#[test]
fn the_public_api() -> TestResult {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files)?;
    files.sort();
    let mut text = String::new();
    for file in files {
        let name = file.strip_prefix(root())?.display().to_string();
        // Modules that users can't reach: the generator, the program, what their parents keep private, the fuzz targets'
        // doors.
        let private = [
            "src/codegen",
            "src/cli",
            "src/main.rs",
            "src/http.rs",
            "src/fuzzing.rs",
        ];
        if private.iter().any(|private| name.starts_with(private)) {
            continue;
        }
        items(module(&name), &fs::read_to_string(&file)?, &mut text)?;
    }
    check("public_api.txt", &text);
    let mut text = String::new();
    for name in ["gmail", "airbyte"] {
        let source = fs::read_to_string(Path::new(env!("OUT_DIR")).join(format!("{name}.rs")))?;
        items(name, &source, &mut text)?;
    }
    check("generated_api.txt", &text);
    Ok(())
}

/// The module in which users find what a file has: files below it are private, and hand their items up.
fn module(file: &str) -> &str {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    for whole in ["mail/encoding", "sync/mbox"] {
        if path.starts_with(whole) {
            return whole;
        }
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
    for line in lines {
        writeln!(text, "{name} {line}")?;
    }
    Ok(())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Tokens as one would write them, without the paths that generated code spells out.
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

/// One line for each name that is handed on, wherever it comes from.
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
