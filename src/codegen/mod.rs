//! The generator: turns an OpenAPI document into a Rust source file.
//!
//! It runs only at build time; `build.rs` and the tests include it by path. It knows OpenAPI, the extensions of
//! `spec/README.md` and progenitor, but nothing about any particular API.

mod call;
mod client;
mod document;
mod error;
mod lint;
mod lower;
mod model;
pub mod name;
mod owner;
mod record;
mod source;
mod table;

pub use error::Error;
pub use owner::methods;

/// The settings for a document.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The document's name in messages, such as `spec/gmail.yaml`.
    pub file: &'a str,
    /// The path of the module that includes the generated file, such as `crate::api::gmail`.
    pub module: &'a str,
    /// The path of the hand-written type that gets the typed calls as methods; it has `fn client(&self) -> &Client`.
    pub owner: &'a str,
    /// The crate's name, for the examples in its documentation.
    pub crate_name: &'a str,
    /// The methods that the owner already has; no group or operation may have their names.
    pub taken: &'a [String],
}

/// Generates the Rust source of a document.
///
/// # Errors
///
/// All broken rules of the document, one message per line, with the file, the path, the operation and the fix.
pub fn generate(settings: &Settings<'_>, yaml: &str) -> Result<String, Error> {
    let (openapi, source) = document::parse(settings.file, yaml)?;
    lint::check(settings, &openapi, &source)?;
    let model = model::build(settings.file, &openapi, &source)?;
    let mut source = client::generate(settings, &openapi, &model)?;
    source.items.extend(table::generate(settings, &model)?);
    source.items.extend(call::generate(settings, &model)?);
    let source = prettyplease::unparse(&source);
    Ok(format!(
        "// Generated from {}; changes belong there.\n\n{source}",
        settings.file
    ))
}
