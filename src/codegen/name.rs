//! Rust names for a document's names, converted like progenitor and typify do.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, Span};
use unicode_ident::{is_xid_continue, is_xid_start};

/// A field, setter or method name: snake case, with `_` after a Rust keyword.
pub fn snake(name: &str) -> Ident {
    ident(name, |name| name.to_snake_case())
}

/// A type name.
pub fn pascal(name: &str) -> Ident {
    ident(name, |name| name.to_pascal_case())
}

/// The name of a static.
pub fn shouty(name: &str) -> Ident {
    ident(name, |name| name.to_shouty_snake_case())
}

/// The method that sets an optional parameter: its name, with `_` if every call has a method of that name.
pub fn setter(name: &str) -> Ident {
    let ident = snake(name);
    if [
        "clone",
        "fmt",
        "into_future",
        "new",
        "pages",
        "send",
        "stream",
    ]
    .iter()
    .any(|taken| ident == taken)
    {
        Ident::new(&format!("{ident}_"), Span::call_site())
    } else {
        ident
    }
}

/// The variant for an enum value.
pub fn variant(value: &str) -> Ident {
    let value = if value.is_empty() { "empty" } else { value };
    let pascal = value.to_pascal_case();
    if syn::parse_str::<Ident>(&pascal).is_ok() && pascal != "Unknown" {
        Ident::new(&pascal, Span::call_site())
    } else {
        ident(value, |value| format!("Value{}", value.to_pascal_case()))
    }
}

/// Whether a name is in snake case, and valid as an identifier.
pub fn is_snake(name: &str) -> bool {
    !name.is_empty()
        && name.to_snake_case() == name
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Follows the same steps as typify, so typed calls find the fields that typify writes.
fn ident(name: &str, to_case: impl Fn(&str) -> String) -> Ident {
    let text = match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => to_case(&name.replace('\'', "").replace(|c| !is_xid_continue(c), "-")),
    };
    let text = match text.chars().next() {
        None => to_case("x"),
        Some(first) if is_xid_start(first) => text,
        Some(_) => format!("{}{text}", to_case("x")),
    };
    // `gen` became a keyword in edition 2024, after the list in `syn`.
    if syn::parse_str::<Ident>(&text).is_ok() && text != "gen" {
        Ident::new(&text, Span::call_site())
    } else {
        Ident::new(&format!("{text}_"), Span::call_site())
    }
}
