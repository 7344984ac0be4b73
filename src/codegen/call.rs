//! The call sites: `gmail.messages().list().q("is:unread").send()`, and the streams of lists.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Item;

use super::model::{Field, Location, Model, Operation, RecordType, Schema};
use super::{Error, Settings, name};

/// Generates the module `call` of one document, and the owner's methods that lead into it.
///
/// # Errors
///
/// A call site that is not Rust, which would be a defect of the generator.
pub fn generate(
    settings: &Settings<'_>,
    model: &Model,
    arguments: &BTreeMap<String, Vec<Ident>>,
) -> Result<Vec<Item>, Error> {
    let owner: syn::Path = syn::parse_str(settings.owner).map_err(|error| {
        Error::new(
            settings.file,
            "",
            format!("the owner's path is not Rust: {error}"),
        )
    })?;
    let groups = groups(model);
    let group_items = groups
        .iter()
        .map(|(path, group)| group_item(settings, path, group));
    let operation_items = model.operations.iter().map(|operation| {
        let method = name::snake(&operation.id).to_string();
        let order = arguments.get(&method).map_or(&[][..], Vec::as_slice);
        operation_item(operation, order)
    });
    let (root_groups, root_operations) = groups
        .get(&Vec::new())
        .map(|group| {
            let accessors: Vec<_> = group
                .children
                .iter()
                .map(|path| accessor(path, &quote!(self.client()), &quote!(call::)))
                .collect();
            let operations: Vec<_> = group
                .operations
                .iter()
                .map(|operation| {
                    entry(
                        settings,
                        operation,
                        &quote!(self.client()),
                        &quote!(call::),
                        &quote!(types::),
                    )
                })
                .collect();
            (accessors, operations)
        })
        .unwrap_or_default();
    let tokens = quote! {
        /// The calls: a struct for each group of operations and for each operation.
        pub mod call {
            use super::{Client, operation, types};

            #(#group_items)*
            #(#operation_items)*
        }

        impl #owner {
            #(#root_groups)*
            #(#root_operations)*
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

#[derive(Default)]
struct Group<'a> {
    children: Vec<Vec<String>>,
    operations: Vec<&'a Operation>,
}

fn groups(model: &Model) -> BTreeMap<Vec<String>, Group<'_>> {
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

fn group_ident(path: &[String]) -> Ident {
    name::pascal(&path.join("_"))
}

fn call_ident(operation: &Operation) -> Ident {
    let mut parts = operation.group.clone();
    parts.push(operation.method_name.clone());
    name::pascal(&parts.join("_"))
}

fn group_item(settings: &Settings<'_>, path: &[String], group: &Group<'_>) -> TokenStream {
    if path.is_empty() {
        return TokenStream::new();
    }
    let ident = group_ident(path);
    let doc = group_doc(path);
    let accessors = group
        .children
        .iter()
        .map(|child| accessor(child, &quote!(self.client), &quote!()));
    let entries = group.operations.iter().map(|operation| {
        entry(
            settings,
            operation,
            &quote!(self.client),
            &quote!(),
            &quote!(types::),
        )
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub struct #ident<'a> {
            pub(super) client: &'a Client,
        }

        impl<'a> #ident<'a> {
            #(#accessors)*
            #(#entries)*
        }
    }
}

/// What a group and the method that leads into it say of themselves: words would run together (`settings.cse.keypairs`).
fn group_doc(path: &[String]) -> String {
    format!(" The operations of `{}`.", path.join("."))
}

/// The method that leads into a group.
fn accessor(path: &[String], client: &TokenStream, prefix: &TokenStream) -> TokenStream {
    let ident = group_ident(path);
    let method = name::snake(path.last().map_or("", String::as_str));
    let doc = group_doc(path);
    let lifetime = if prefix.is_empty() {
        quote!('a)
    } else {
        quote!('_)
    };
    quote! {
        #[doc = #doc]
        pub fn #method(&self) -> #prefix #ident<#lifetime> {
            #prefix #ident { client: #client }
        }
    }
}

/// The method that begins a call, with what is required as its arguments.
fn entry(
    settings: &Settings<'_>,
    operation: &Operation,
    client: &TokenStream,
    prefix: &TokenStream,
    types: &TokenStream,
) -> TokenStream {
    let ident = call_ident(operation);
    let method = name::snake(&operation.method_name);
    let required: Vec<&Field> = operation
        .fields
        .iter()
        .filter(|field| field.required)
        .collect();
    let arguments = required.iter().map(|field| {
        let name = name::snake(&field.name);
        let kind = argument(&field.schema, types);
        quote!(#name: #kind)
    });
    let names = required.iter().map(|field| name::snake(&field.name));
    let docs = operation_docs(operation)
        .into_iter()
        .chain(example(settings, operation));
    let lifetime = if prefix.is_empty() {
        quote!('a)
    } else {
        quote!('_)
    };
    let media = media_entry(operation, client, prefix, types);
    quote! {
        #(#[doc = #docs])*
        pub fn #method(&self, #(#arguments),*) -> #prefix #ident<#lifetime> {
            #prefix #ident::new(#client, #(#names),*)
        }

        #media
    }
}

/// The method that begins an upload, where the operation has one.
fn media_entry(
    operation: &Operation,
    client: &TokenStream,
    prefix: &TokenStream,
    types: &TokenStream,
) -> TokenStream {
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
    let lifetime = if prefix.is_empty() {
        quote!('a)
    } else {
        quote!('_)
    };
    let text = format!(
        "{}, from bytes or a file.\n\nThe message goes as it is, with no base64, up to {} MiB; a large one in pieces that can be taken up again.\n\n`{} {}`\n",
        operation.summary,
        upload.max_size >> 20,
        operation.http_method.to_uppercase(),
        upload.path
    );
    let docs = doc_lines(&text);
    quote! {
        #(#[doc = #docs])*
        pub fn #method(
            &self,
            #(#names: impl ::std::convert::Into<::std::string::String>,)*
            media: impl ::std::convert::Into<crate::upload::Media>,
        ) -> crate::upload::Upload<#lifetime, #types #response> {
            crate::upload::Upload::new(
                ::progenitor_client::ClientInfo::inner(#client),
                &#prefix operation::#row,
                media.into(),
            )
            #(.with(#wire, #names))*
        }
    }
}

/// The lines of a text as doc comments, each with the space that `///` has behind it.
fn doc_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| format!(" {line}"))
}

/// What a caller reads of an operation: the document's own words, then the facts of its row.
fn operation_docs(operation: &Operation) -> Vec<String> {
    let mut text = format!(
        "{}.\n\n{}\n\n`{} {}`\n",
        operation.summary,
        operation.description,
        operation.http_method.to_uppercase(),
        operation.path
    );
    if operation.executable {
        let modes = if operation.hosted {
            "both modes"
        } else {
            "open-source mode only"
        };
        text.push_str(&format!(
            "\n`execute`: entity `{}`, action `{}`; {modes}.\n",
            operation.entity, operation.action
        ));
    }
    let (current, legacy) = operation.quota_units;
    if current > 0 {
        text.push_str(&format!(
            "\nQuota units: {current} (before May 2026: {legacy}).\n"
        ));
    }
    doc_lines(&text).collect()
}

/// A compiled example of a call, where its arguments can be written as literals.
fn example(settings: &Settings<'_>, operation: &Operation) -> Vec<String> {
    let mut arguments = Vec::new();
    for field in operation.fields.iter().filter(|field| field.required) {
        match literal(&field.name, &field.schema) {
            Some(literal) => arguments.push(literal),
            None => return Vec::new(),
        }
    }
    let owner = settings.owner.trim_start_matches("crate::");
    let group: String = operation
        .group
        .iter()
        .map(|group| format!("{}().", name::snake(group)))
        .collect();
    let call = format!(
        "client.{group}{}({}).send().await?;",
        name::snake(&operation.method_name),
        arguments.join(", ")
    );
    let call = if operation.response.is_some() {
        format!("let response = {call}")
    } else {
        call
    };
    let crate_name = settings.crate_name;
    let text = format!(
        "\n```no_run\n# async fn example(client: {crate_name}::{owner}) -> {crate_name}::Result<()> {{\n{call}\n# Ok(())\n# }}\n```\n"
    );
    doc_lines(&text).collect()
}

fn literal(name: &str, schema: &Schema) -> Option<String> {
    Some(match schema {
        Schema::String | Schema::Secret => format!("\"{name}\""),
        Schema::Enum(_, values) => format!("\"{}\"", values.first()?),
        Schema::Integer(..) => "1".to_owned(),
        Schema::Boolean => "true".to_owned(),
        Schema::Array(items) => format!("[{}]", literal(name, items)?),
        _ => return None,
    })
}

/// The struct of one call; `order` names the arguments of the client's method.
fn operation_item(operation: &Operation, order: &[Ident]) -> TokenStream {
    let ident = call_ident(operation);
    let ident_text = ident.to_string();
    let method = name::snake(&operation.id);
    let row = name::shouty(&operation.id);
    let docs = operation_docs(operation);
    let types = quote!(types::);
    let arguments = operation
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| {
            let name = name::snake(&field.name);
            let kind = argument(&field.schema, &types);
            quote!(#name: #kind)
        });
    let (body_fields, parameters): (Vec<&Field>, Vec<&Field>) = operation
        .fields
        .iter()
        .partition(|field| field.location == Location::Body);
    let members = parameters.iter().map(|field| {
        let name = name::snake(&field.name);
        let kind = exact(&field.schema, &types);
        if field.required {
            quote!(#name: #kind)
        } else {
            quote!(#name: ::std::option::Option<#kind>)
        }
    });
    let member_values = parameters.iter().map(|field| {
        let name = name::snake(&field.name);
        if field.required {
            let value = convert(&field.schema, &name, &types);
            quote!(#name: #value)
        } else {
            quote!(#name: None)
        }
    });
    // An object without properties has no Rust struct of its own.
    let body = operation
        .body
        .as_ref()
        .filter(|_| !body_fields.is_empty())
        .map(|name| name::pascal(name));
    let body_member = body.as_ref().map(|body| quote!(body: types::#body,));
    let body_value = body.as_ref().map(|body| {
        let values = body_fields.iter().map(|field| {
            let name = name::snake(&field.name);
            if field.required {
                let value = convert(&field.schema, &name, &types);
                quote!(#name: #value)
            } else {
                quote!(#name: ::std::default::Default::default())
            }
        });
        quote!(body: types::#body { #(#values),* },)
    });
    let passed = order.iter().map(|name| {
        let parameter = parameters
            .iter()
            .find(|field| name::snake(&field.name) == *name);
        match parameter {
            Some(field) => pass(field, name),
            None if body.is_some() => quote!(&self.body),
            None => quote!(&::serde_json::Map::new()),
        }
    });
    let setters = operation
        .fields
        .iter()
        .filter(|field| !field.required)
        .map(|field| setter(field, &types));
    let output = match &operation.response {
        Some(response) => {
            let response = name::pascal(response);
            quote!(types::#response)
        }
        None => quote!(()),
    };
    let stream = stream_items(operation, &ident, &output);
    quote! {
        #(#[doc = #docs])*
        #[derive(Clone)]
        #[must_use = "a call does nothing until it is sent"]
        pub struct #ident<'a> {
            client: &'a Client,
            #(#members,)*
            #body_member
        }

        impl<'a> #ident<'a> {
            pub(super) fn new(client: &'a Client, #(#arguments),*) -> Self {
                Self {
                    client,
                    #(#member_values,)*
                    #body_value
                }
            }

            #(#setters)*

            /// Sends the request.
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error), whose predicates say what to do next.
            pub async fn send(self) -> ::std::result::Result<#output, crate::Error> {
                match self.client.#method(#(#passed),*).await {
                    Ok(response) => Ok(response.into_inner()),
                    Err(error) => Err(crate::Error::from_client(&operation::#row, error)),
                }
            }
        }

        impl ::std::fmt::Debug for #ident<'_> {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.debug_struct(#ident_text).finish_non_exhaustive()
            }
        }

        #stream
    }
}

/// A parameter as progenitor's method takes it: texts and lists borrowed, numbers and booleans by value.
fn pass(field: &Field, name: &Ident) -> TokenStream {
    match (&field.schema, field.required) {
        (Schema::Integer(..) | Schema::Number | Schema::Boolean, _) => quote!(self.#name),
        (_, true) => quote!(&self.#name),
        (Schema::String, false) => quote!(self.#name.as_deref()),
        (_, false) => quote!(self.#name.as_ref()),
    }
}

fn setter(field: &Field, types: &TokenStream) -> TokenStream {
    let name = name::snake(&field.name);
    let kind = argument(&field.schema, types);
    let value = convert(&field.schema, &name, types);
    let docs = doc_lines(&field.description);
    let assignment = if field.location == Location::Body {
        let wrapped = match &field.schema {
            Schema::Array(_) | Schema::Map if !field.nullable => quote!(#value),
            _ => quote!(Some(#value)),
        };
        quote!(self.body.#name = #wrapped)
    } else {
        quote!(self.#name = Some(#value))
    };
    quote! {
        #(#[doc = #docs])*
        pub fn #name(mut self, #name: #kind) -> Self {
            #assignment;
            self
        }
    }
}

fn stream_items(operation: &Operation, ident: &Ident, output: &TokenStream) -> TokenStream {
    let (Some(pagination), Some((key, record))) = (&operation.pagination, &operation.records)
    else {
        return TokenStream::new();
    };
    let record = match record {
        RecordType::Named(name) => {
            let name = name::pascal(name);
            quote!(types::#name)
        }
        RecordType::Any => quote!(::serde_json::Value),
    };
    let records = name::snake(key);
    let token_field = name::snake(&pagination.token_field);
    let token_parameter = name::snake(&pagination.token_parameter);
    let row = name::shouty(&operation.id);
    quote! {
        impl<'a> #ident<'a> {
            /// The records of this page and all that follow, one at a time; a page is asked for when it is needed.
            pub fn stream(self) -> crate::page::Stream<'a, #record> {
                crate::page::Stream::new(self)
            }

            /// This page and all that follow, one at a time.
            pub fn pages(self) -> crate::page::Pages<'a, #output> {
                crate::page::Pages::new(self)
            }
        }

        impl<'a> crate::page::List<'a> for #ident<'a> {
            type Page = #output;
            type Record = #record;

            fn operation() -> &'static crate::operation::Operation {
                &operation::#row
            }

            fn with_token(self, token: ::std::string::String) -> Self {
                self.#token_parameter(token)
            }

            fn fetch(self) -> crate::page::Fetch<'a, Self::Page> {
                ::std::boxed::Box::pin(self.send())
            }

            fn next_token(page: &Self::Page) -> ::std::option::Option<&str> {
                page.#token_field.as_deref()
            }

            fn records(page: Self::Page) -> ::std::vec::Vec<Self::Record> {
                page.#records
            }
        }
    }
}

/// The type of an argument: as free as it can be for the caller.
fn argument(schema: &Schema, types: &TokenStream) -> TokenStream {
    match schema {
        Schema::Integer(..) => quote!(i64),
        Schema::Number => quote!(f64),
        Schema::Boolean => quote!(bool),
        Schema::Map => quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>),
        Schema::Array(items) => {
            let items = argument(items, types);
            quote!(impl ::std::iter::IntoIterator<Item = #items>)
        }
        Schema::Object(name, _) => {
            let name = name::pascal(name);
            quote!(#types #name)
        }
        _ => {
            let exact = exact(schema, types);
            quote!(impl ::std::convert::Into<#exact>)
        }
    }
}

/// The type that a call keeps an argument as.
fn exact(schema: &Schema, types: &TokenStream) -> TokenStream {
    match schema {
        Schema::String => quote!(::std::string::String),
        Schema::Secret => quote!(crate::auth::Secret),
        Schema::Enum(name, _) => {
            let name = format_ident!("{}", name::pascal(name));
            quote!(#types #name)
        }
        Schema::Array(items) => {
            let items = exact(items, types);
            quote!(::std::vec::Vec<#items>)
        }
        Schema::Any => quote!(::serde_json::Value),
        _ => argument(schema, types),
    }
}

/// Turns an argument into what a call keeps.
fn convert(schema: &Schema, name: &Ident, types: &TokenStream) -> TokenStream {
    match schema {
        Schema::Integer(..)
        | Schema::Number
        | Schema::Boolean
        | Schema::Map
        | Schema::Object(..) => quote!(#name),
        Schema::Array(items) => {
            let exact = exact(schema, types);
            match **items {
                Schema::String | Schema::Secret | Schema::Enum(..) | Schema::Any => {
                    quote!(#name.into_iter().map(::std::convert::Into::into).collect::<#exact>())
                }
                _ => quote!(#name.into_iter().collect::<#exact>()),
            }
        }
        _ => {
            let exact = exact(schema, types);
            quote!(::std::convert::Into::<#exact>::into(#name))
        }
    }
}
