//! The typed calls, `gmail.messages().list().q("is:unread")`, and the streams of lists.

mod doc;
mod group;
mod operation;
mod value;

use proc_macro2::Ident;
use quote::quote;
use syn::Item;

use group::Receiver;

use super::model::{Model, Operation};
use super::{Error, Settings, name};

/// Generates the module `call` of a document, and the owner's methods that lead into it.
///
/// # Errors
///
/// If a generated call isn't valid Rust, which is a bug in the generator.
pub fn generate(settings: &Settings<'_>, model: &Model) -> Result<Vec<Item>, Error> {
    let owner: syn::Path = syn::parse_str(settings.owner).map_err(|error| {
        Error::new(
            settings.file,
            "",
            format!("the owner's path is not Rust: {error}"),
        )
    })?;
    let groups = group::groups(model);
    let group_items = groups
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, group)| group::item(settings, path, group));
    let operation_items = model.operations.iter().map(operation::item);
    let owner_methods = groups
        .get(&Vec::new())
        .map(|group| group::methods(settings, group, &Receiver::owner()));
    let tokens = quote! {
        /// The typed calls: a struct for each group of operations and for each operation.
        pub mod call {
            use super::{operation, types};

            #(#group_items)*
            #(#operation_items)*
        }

        impl #owner {
            #owner_methods
        }
    };
    let file: syn::File = syn::parse2(tokens).map_err(|error| {
        Error::new(
            settings.file,
            "",
            format!("the call sites are not Rust: {error}"),
        )
    })?;
    Ok(file.items)
}

/// The name of a call's struct.
fn struct_name(operation: &Operation) -> Ident {
    let mut parts = operation.group.clone();
    parts.push(operation.method_name.clone());
    name::pascal(&parts.join("_"))
}
