//! The layers of the library: a module only imports from its own layer or below.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up. Modules of one layer may import each other.
const LAYERS: [&[&str]; 11] = [
    &["debug", "error"],
    &["operation", "api", "lenient"],
    &["http", "random"],
    &["auth"],
    &["transport"],
    &["airbyte"],
    &["page", "upload", "mail", "fuzzing"],
    &["connector"],
    &["oauth", "sync", "tool"],
    &["mcp"],
    &["sandbox"],
];

#[test]
fn nothing_imports_upwards() {
    let mut seen = 0;
    for file in files(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let Some(module) = module(&file) else {
            continue;
        };
        let own = layer(&module);
        for name in imports(&file) {
            assert!(
                layer(&name) <= own,
                "{}: `{module}` imports `{name}`, which stands above it",
                file.display()
            );
            seen += usize::from(name != module);
        }
    }
    assert!(
        seen > 100,
        "the imports are written in another way; {seen} were found"
    );
}

/// Modules of one layer may import each other, but not in a cycle.
#[test]
fn no_rooms_stand_in_a_circle() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let Some(module) = module(&file) else {
            continue;
        };
        let names = imports(&file).into_iter().filter(|name| *name != module);
        known.entry(module.clone()).or_default().extend(names);
    }
    assert!(known.len() > 15, "the rooms are elsewhere: {known:?}");
    // Remove the modules that only import removed ones.
    while let Some(ground) = known
        .iter()
        .find(|(_, names)| names.iter().all(|name| !known.contains_key(name)))
        .map(|(module, _)| module.clone())
    {
        known.remove(&ground);
    }
    assert!(
        known.is_empty(),
        "these stand in or above a circle: {known:?}"
    );
}

/// A module with submodules is in their folder, as `mod.rs`.
#[test]
fn no_module_lies_beside_its_folder() {
    for root in ["src", "tests/it"] {
        for file in files(Path::new(env!("CARGO_MANIFEST_DIR")).join(root)) {
            assert!(
                !file.with_extension("").is_dir(),
                "{} lies beside its folder; move it there as `mod.rs`",
                file.display()
            );
        }
    }
}

/// The sandbox has its own mail parser, so that tests compare two independent parsers.
#[test]
fn the_sandbox_shares_no_parsing_with_the_library() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox");
    for file in files(directory) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|line| !line.trim().starts_with("//"));
        for name in code.flat_map(|line| line.split("crate::").skip(1).map(identifier)) {
            assert!(
                name != "mail",
                "{} imports `{name}`, which has to stay a reader of its own",
                file.display()
            );
        }
    }
}

/// The module of a file. The crate roots, the program (a separate crate), the generator (build time) and the guide
/// belong to none.
fn module(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let module = inside.unwrap().iter().next().unwrap().to_str().unwrap();
    let module = module.trim_end_matches(".rs");
    (!["lib", "main", "cli", "codegen", "guide"].contains(&module)).then(|| module.to_owned())
}

/// The imports from the crate in a file, without comments and tests.
fn imports(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    code.lines()
        .filter(|line| !line.trim().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|name| identifier(name).to_owned())
        .collect()
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("`{module}` has no layer; give it one in LAYERS"))
}

fn identifier(text: &str) -> &str {
    let end = text.find(|sign: char| !sign.is_alphanumeric() && sign != '_');
    &text[..end.unwrap_or(text.len())]
}

fn files(directory: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
