//! The generator: an OpenAPI document in, one Rust source file out.
//!
//! It runs at build time only (`build.rs` and the tests include it by path) and knows OpenAPI, the extensions of
//! `spec/README.md` and progenitor; it knows nothing of any one API.

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

/// What the caller decides for one document.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How messages name the document, such as `spec/gmail.yaml`.
    pub file: &'a str,
    /// The path of the module that will include the generated file, such as `crate::api::gmail`.
    pub module: &'a str,
    /// The path of the hand-written type that gets the call sites as methods; it has `fn client(&self) -> &Client`.
    pub owner: &'a str,
    /// The name of the crate, for the examples in its documentation.
    pub crate_name: &'a str,
    /// The methods that the owner has already, so that no group or operation may have their names.
    pub taken: &'a [String],
}

/// Generates the Rust source of one document.
///
/// # Errors
///
/// Every broken rule of the document, one message a line, each with the file, the path, the operation and the fix.
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
