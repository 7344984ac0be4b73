//! The methods that lead to a call, from group to group and then to an operation.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{doc, struct_name, value};
use crate::codegen::model::{Field, Location, Model, Operation};
use crate::codegen::{Settings, name};

/// The groups and operations directly in a group.
#[derive(Default)]
pub(super) struct Group<'a> {
    children: Vec<Vec<String>>,
    operations: Vec<&'a Operation>,
}

/// The type that gets the methods.
pub(super) struct Receiver {
    /// The expression for its transport.
    transport: TokenStream,
    /// The path to the structs of the module `call`.
    prefix: TokenStream,
}

impl Receiver {
    /// The owner, which is outside the module `call`.
    pub(super) fn owner() -> Self {
        Self {
            transport: quote!(::progenitor_client::ClientInfo::inner(self.client())),
            prefix: quote!(call::),
        }
    }

    fn group() -> Self {
        Self {
            transport: quote!(self.transport),
            prefix: TokenStream::new(),
        }
    }
}

/// The groups by path; the empty path is the owner's.
pub(super) fn groups(model: &Model) -> BTreeMap<Vec<String>, Group<'_>> {
    let mut groups: BTreeMap<Vec<String>, Group<'_>> = BTreeMap::new();
    for operation in &model.operations {
        for length in 1..=operation.group.len() {
            let child = operation
                .group
                .iter()
                .take(length)
                .cloned()
                .collect::<Vec<_>>();
            let parent = child.iter().take(length - 1).cloned().collect::<Vec<_>>();
            groups.entry(child.clone()).or_default();
            let children = &mut groups.entry(parent).or_default().children;
            if !children.contains(&child) {
                children.push(child);
            }
        }
        groups
            .entry(operation.group.clone())
            .or_default()
            .operations
            .push(operation);
    }
    groups
}

/// The struct of a group, with its methods.
pub(super) fn item(settings: &Settings<'_>, path: &[String], group: &Group<'_>) -> TokenStream {
    let ident = struct_name_of(path);
    let doc = title(path);
    let methods = methods(settings, group, &Receiver::group());
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub struct #ident {
            pub(crate) transport: crate::transport::Transport,
        }

        impl #ident {
            #methods
        }
    }
}

/// The methods of a group: first its subgroups, then its operations.
pub(super) fn methods(
    settings: &Settings<'_>,
    group: &Group<'_>,
    receiver: &Receiver,
) -> TokenStream {
    let accessors = group.children.iter().map(|path| accessor(path, receiver));
    let entries = group
        .operations
        .iter()
        .map(|operation| entry(settings, operation, receiver));
    quote! {
        #(#accessors)*
        #(#entries)*
    }
}

/// The method that returns a group.
fn accessor(path: &[String], receiver: &Receiver) -> TokenStream {
    let Receiver { transport, prefix } = receiver;
    let ident = struct_name_of(path);
    let method = name::snake(path.last().map_or("", String::as_str));
    let doc = title(path);
    quote! {
        #[doc = #doc]
        pub fn #method(&self) -> #prefix #ident {
            #prefix #ident { transport: #transport.clone() }
        }
    }
}

/// The method that begins a call, with the required parameters as arguments.
fn entry(settings: &Settings<'_>, operation: &Operation, receiver: &Receiver) -> TokenStream {
    let Receiver { transport, prefix } = receiver;
    let ident = struct_name(operation);
    let method = name::snake(&operation.method_name);
    let required: Vec<&Field> = operation
        .fields
        .iter()
        .filter(|field| field.required)
        .collect();
    let arguments = required.iter().map(|field| {
        let name = name::snake(&field.name);
        let kind = value::argument(&field.schema);
        quote!(#name: #kind)
    });
    let names = required.iter().map(|field| name::snake(&field.name));
    let docs = doc::operation(operation)
        .into_iter()
        .chain(doc::example(settings, operation));
    let media = media_entry(operation, receiver);
    quote! {
        #(#[doc = #docs])*
        pub fn #method(&self, #(#arguments),*) -> #prefix #ident {
            #prefix #ident::new(#transport.clone(), #(#names),*)
        }

        #media
    }
}

/// The method that begins an upload, if the operation has one.
fn media_entry(operation: &Operation, receiver: &Receiver) -> TokenStream {
    let Receiver { transport, prefix } = receiver;
    let (Some(upload), Some(response)) = (&operation.media_upload, &operation.response) else {
        return TokenStream::new();
    };
    let method = name::snake(&format!("{}_media", operation.method_name));
    let row = name::shouty(&operation.id);
    let response = name::pascal(response);
    let in_path: Vec<&Field> = operation
        .fields
        .iter()
        .filter(|field| field.location == Location::Path)
        .collect();
    let names: Vec<_> = in_path
        .iter()
        .map(|field| name::snake(&field.name))
        .collect();
    let wire = in_path.iter().map(|field| &field.name);
    let text = format!(
        "{}, from bytes or a file.\n\nThe message goes as it is, with no base64, up to {} MiB; a large one in pieces that can be taken up again.\n\n`{} {}`\n",
        operation.summary,
        upload.max_size >> 20,
        operation.http_method.to_uppercase(),
        upload.path
    );
    let docs = doc::lines(&text);
    quote! {
        #(#[doc = #docs])*
        pub fn #method(
            &self,
            #(#names: impl ::std::convert::Into<::std::string::String>,)*
            media: impl ::std::convert::Into<crate::upload::Media>,
        ) -> crate::upload::Upload<types::#response> {
            crate::upload::Upload::new(
                #transport.clone(),
                &#prefix operation::#row,
                media.into(),
            )
            #(.with(#wire, #names))*
        }
    }
}

/// The name of a group's struct, which no answer type has.
fn struct_name_of(path: &[String]) -> Ident {
    name::pascal(&format!("{}_calls", path.join("_")))
}

/// The documentation of a group.
fn title(path: &[String]) -> String {
    // Written as a path: joined words would be hard to read.
    format!(" The operations of `{}`.", path.join("."))
}
