//! The struct of one call: it holds the parameters until they are sent.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{doc, struct_name, value};
use crate::codegen::model::{Field, Location, Operation, RecordType, Schema};
use crate::codegen::name;

/// The struct of one call; `order` names the arguments of the client's method.
pub(super) fn item(operation: &Operation, order: &[Ident]) -> TokenStream {
    let ident = struct_name(operation);
    let ident_text = ident.to_string();
    let method = name::snake(&operation.id);
    let row = name::shouty(&operation.id);
    let docs = doc::operation(operation);
    let client = free("client", &operation.fields);
    let arguments = operation
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| {
            let name = name::snake(&field.name);
            let kind = value::argument(&field.schema);
            quote!(#name: #kind)
        });
    let (body_fields, parameters): (Vec<&Field>, Vec<&Field>) = operation
        .fields
        .iter()
        .partition(|field| field.location == Location::Body);
    let members = parameters.iter().map(|field| {
        let name = name::snake(&field.name);
        let kind = value::exact(&field.schema);
        if field.required {
            quote!(#name: #kind)
        } else {
            quote!(#name: ::std::option::Option<#kind>)
        }
    });
    let member_values = parameters.iter().map(|field| {
        let name = name::snake(&field.name);
        if field.required {
            let value = value::convert(&field.schema, &name);
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
                let value = value::convert(&field.schema, &name);
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
            Some(field) => value::pass(field, name),
            None if body.is_some() => quote!(&self.body),
            None => quote!(&::serde_json::Map::new()),
        }
    });
    let setters = operation
        .fields
        .iter()
        .filter(|field| !field.required)
        .map(setter);
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
            #client: &'a Client,
            #(#members,)*
            #body_member
        }

        impl<'a> #ident<'a> {
            pub(super) fn new(#client: &'a Client, #(#arguments),*) -> Self {
                Self {
                    #client,
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
                match self.#client.#method(#(#passed),*).await {
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

/// A name for a member of ours that no field has.
fn free(name: &str, fields: &[Field]) -> Ident {
    let mut ident = name::snake(name);
    while fields.iter().any(|field| name::snake(&field.name) == ident) {
        ident = format_ident!("{ident}_");
    }
    ident
}

/// The method that sets an optional parameter.
fn setter(field: &Field) -> TokenStream {
    let name = name::snake(&field.name);
    let kind = value::argument(&field.schema);
    let value = value::convert(&field.schema, &name);
    let docs = doc::lines(&field.description);
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

/// What a list has beside: its streams.
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
    // Inlined, so that the boxes with all that a list needs are compiled where a program asks for it, and not here.
    quote! {
        impl<'a> #ident<'a> {
            /// The records of this page and all that follow, one at a time; a page is asked for when it is needed.
            #[inline]
            pub fn stream(self) -> crate::page::Stream<'a, #record> {
                crate::page::Stream::new(self)
            }

            /// This page and all that follow, one at a time.
            #[inline]
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

            #[inline]
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
