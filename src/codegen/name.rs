//! Rust names for the names of a document, as progenitor forms them.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, Span};

/// A field, setter or method name: snake case, with `_` behind a Rust keyword.
pub fn snake(name: &str) -> Ident {
    let text = name.to_snake_case();
    if syn::parse_str::<Ident>(&text).is_ok() {
        Ident::new(&text, Span::call_site())
    } else {
        Ident::new(&format!("{}_", sanitized(&text)), Span::call_site())
    }
}

/// A type name.
pub fn pascal(name: &str) -> Ident {
    Ident::new(&sanitized(&name.to_pascal_case()), Span::call_site())
}

/// The name of a static.
pub fn shouty(name: &str) -> Ident {
    Ident::new(&sanitized(&name.to_shouty_snake_case()), Span::call_site())
}

/// Whether a name is already in snake case and can be an identifier.
pub fn is_snake(name: &str) -> bool {
    !name.is_empty()
        && name.to_snake_case() == name
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn sanitized(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    if kept.is_empty() || kept.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{kept}")
    } else {
        kept
    }
}
