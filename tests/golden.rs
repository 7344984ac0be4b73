//! What generation means, pinned: the operation table, the params' schemas, the program's help, the public API.
//!
//! `UPDATE_GOLDEN=1 cargo test --all-features --test golden` writes the files anew; the difference in git is then what a
//! change of the spec or of the code means for users.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use airbyte_agent_gmail::operation::{Location, Schema, Table, airbyte, gmail};
use quote::ToTokens;
use serde_json::{Map, Value};
use support::TestResult;
use syn::{ImplItem, Item, Visibility};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a golden file, or writes it.
fn check(name: &str, text: &str) -> TestResult {
    let path = root().join("tests/golden").join(name);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().ok_or("a folder")?)?;
        fs::write(&path, text)?;
        return Ok(());
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let difference = golden
        .lines()
        .zip(text.lines())
        .find(|(golden, text)| golden != text)
        .map_or_else(
            || "the length differs".to_owned(),
            |(golden, text)| format!("- {golden}\n+ {text}"),
        );
    assert!(
        golden == text,
        "tests/golden/{name} differs; see what the change means with UPDATE_GOLDEN=1 cargo test --all-features --test golden\n{difference}"
    );
    Ok(())
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
        writeln!(text, "{} {} {}", row.id, row.method, row.path)?;
        writeln!(text, "  call     {}.{}", row.group, row.method_name)?;
        writeln!(
            text,
            "  execute  {}/{} {}",
            row.entity,
            row.action,
            if row.hosted { "hosted" } else { "open source" }
        )?;
        for field in row.fields {
            let location = match field.location {
                Location::Path => "path",
                Location::Query => "query",
                Location::Header => "header",
                Location::Body => "body",
            };
            let marks: String = [
                (field.required, " required"),
                (field.comma_joined, " comma-joined"),
                (field.absent, " absent-at-airbyte"),
            ]
            .iter()
            .filter_map(|(set, mark)| set.then_some(*mark))
            .collect();
            writeln!(
                text,
                "  {location:<8} {}: {}{marks}",
                field.name,
                type_name(&field.schema)
            )?;
        }
        writeln!(
            text,
            "  records  {} + {}",
            row.records.unwrap_or("-"),
            row.meta.join(", ")
        )?;
        writeln!(
            text,
            "  quota    {} ({})",
            row.quota_units.current, row.quota_units.legacy
        )?;
        let facts: String = [
            (row.authenticated, " authenticated"),
            (row.idempotent, " idempotent"),
            (row.read_only, " read-only"),
            (row.destructive, " destructive"),
            (row.check, " check"),
            (row.pagination.is_some(), " paginated"),
        ]
        .iter()
        .filter_map(|(set, fact)| set.then_some(*fact))
        .collect();
        writeln!(text, "  facts   {facts}")?;
        for scope in row.scopes {
            writeln!(text, "  scope    {scope}")?;
        }
    }
    Ok(text)
}

#[test]
fn the_operation_tables() -> TestResult {
    check("gmail_operations.txt", &table(gmail())?)?;
    check("airbyte_operations.txt", &table(airbyte())?)
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
    )
}

/// The help of the program and of every command, as a terminal of 100 columns shows it.
#[cfg(feature = "cli")]
#[test]
fn the_help() -> TestResult {
    let mut text = String::new();
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(path) = waiting.pop() {
        let output = Command::new(env!("CARGO_BIN_EXE_airbyte-gmail"))
            .args(&path)
            .arg("--help")
            .env("COLUMNS", "100")
            .env_clear()
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
    check("help.txt", &text)
}

/// The public items of hand-written and generated code, by their source.
#[test]
fn the_public_api() -> TestResult {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files)?;
    files.sort();
    let mut text = String::new();
    for file in files {
        let name = file.strip_prefix(root())?.display().to_string();
        // Modules that users can't reach: the generator, the program, and what their parents keep private.
        if ["src/codegen", "src/cli", "src/main.rs", "src/http.rs"]
            .iter()
            .any(|private| name.starts_with(private))
        {
            continue;
        }
        items(&name, &fs::read_to_string(&file)?, &mut text)?;
    }
    check("public_api.txt", &text)?;
    let mut text = String::new();
    for name in ["gmail", "airbyte"] {
        let source = fs::read_to_string(Path::new(env!("OUT_DIR")).join(format!("{name}.rs")))?;
        items(name, &source, &mut text)?;
    }
    check("generated_api.txt", &text)
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
    if !lines.is_empty() {
        writeln!(text, "# {name}")?;
        for line in lines {
            writeln!(text, "{line}")?;
        }
    }
    Ok(())
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn tokens(item: &impl ToTokens) -> String {
    item.to_token_stream().to_string()
}

fn public(items: &[Item], lines: &mut Vec<String>) {
    for item in items {
        match item {
            // Progenitor's own builders are the way out, and follow its versions.
            Item::Mod(module) if is_public(&module.vis) && module.ident != "builder" => {
                if let Some((_, items)) = &module.content {
                    public(items, lines);
                }
            }
            Item::Struct(item) if is_public(&item.vis) => {
                let fields: Vec<String> = item
                    .fields
                    .iter()
                    .filter(|field| is_public(&field.vis))
                    .map(|field| {
                        format!(
                            "{}: {}",
                            field
                                .ident
                                .as_ref()
                                .map(ToString::to_string)
                                .unwrap_or_default(),
                            tokens(&field.ty)
                        )
                    })
                    .collect();
                lines.push(format!(
                    "struct {}{} {{ {} }}",
                    item.ident,
                    tokens(&item.generics),
                    fields.join(", ")
                ));
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let variants: Vec<String> = item
                    .variants
                    .iter()
                    .map(|variant| variant.ident.to_string())
                    .collect();
                lines.push(format!("enum {} {{ {} }}", item.ident, variants.join(", ")));
            }
            Item::Trait(item) if is_public(&item.vis) => {
                lines.push(format!("trait {}", item.ident))
            }
            Item::Fn(item) if is_public(&item.vis) => lines.push(tokens(&item.sig)),
            Item::Const(item) if is_public(&item.vis) => {
                lines.push(format!("const {}: {}", item.ident, tokens(&item.ty)))
            }
            Item::Static(item) if is_public(&item.vis) => {
                lines.push(format!("static {}: {}", item.ident, tokens(&item.ty)))
            }
            Item::Type(item) if is_public(&item.vis) => lines.push(format!("type {}", item.ident)),
            Item::Use(item) if is_public(&item.vis) => {
                lines.push(tokens(&item.tree).replace(' ', ""))
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let owner = tokens(&item.self_ty);
                for method in &item.items {
                    if let ImplItem::Fn(method) = method
                        && is_public(&method.vis)
                    {
                        lines.push(format!("{owner} :: {}", tokens(&method.sig)));
                    }
                }
            }
            _ => {}
        }
    }
}
