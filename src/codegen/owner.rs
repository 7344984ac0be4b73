//! The existing methods of the hand-written type that gets the typed calls.

use std::fs;
use std::path::Path;

use syn::{ImplItem, Item, Type};

/// Methods from traits that every owner has: a group of the same name would hide them.
const OF_TRAITS: [&str; 10] = [
    "borrow",
    "borrow_mut",
    "clone",
    "clone_into",
    "fmt",
    "from",
    "into",
    "to_owned",
    "try_into",
    "type_id",
];

/// The methods of a type in the files under a folder.
///
/// Files that can't be read or aren't Rust are left for the compiler to report.
pub fn methods(folder: &Path, owner: &str) -> Vec<String> {
    let name = owner.rsplit("::").next().unwrap_or(owner);
    let mut found: Vec<String> = OF_TRAITS.map(str::to_owned).to_vec();
    collect(folder, name, &mut found);
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, name, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_default();
        // Few files contain such a block; parse only those.
        if text.contains(&format!("impl {name} {{"))
            && let Ok(file) = syn::parse_file(&text)
        {
            found.extend(file.items.iter().flat_map(|item| of_item(item, name)));
        }
    }
}

fn of_item(item: &Item, name: &str) -> Vec<String> {
    match item {
        Item::Impl(item) if item.trait_.is_none() => match &*item.self_ty {
            Type::Path(path) if path.path.is_ident(name) => item
                .items
                .iter()
                .filter_map(|item| match item {
                    ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
