//! The struct of a call, which holds the parameters until they are sent.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{doc, struct_name, value};
use crate::codegen::model::{Field, Location, Operation, RecordType, Schema};
use crate::codegen::name;

/// The struct of a call.
pub(super) fn item(operation: &Operation) -> TokenStream {
    let ident = struct_name(operation);
    let ident_text = ident.to_string();
    let row = name::shouty(&operation.id);
    let docs = doc::operation(operation);
    let transport = free("transport", &operation.fields);
    let arguments = operation
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| {
            let name = name::snake(&field.name);
            let kind = value::argument(&field.schema);
            quote!(#name: #kind)
        });
    // An alias of a field has its own method, but no member.
    let (body_fields, parameters): (Vec<&Field>, Vec<&Field>) = operation
        .fields
        .iter()
        .filter(|field| field.sent_as.is_none())
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
    // An object without properties has no Rust struct.
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
                if field.nullable {
                    quote!(#name: Some(#value))
                } else {
                    quote!(#name: #value)
                }
            } else {
                quote!(#name: ::std::default::Default::default())
            }
        });
        let only_read = operation.read_only_fields.iter().map(|name| {
            let name = name::snake(name);
            quote!(#name: ::std::default::Default::default())
        });
        let values = values.chain(only_read);
        quote!(body: types::#body { #(#values),* },)
    });
    let in_path = parameters
        .iter()
        .filter(|field| field.location == Location::Path)
        .map(|field| {
            let (name, wire) = (name::snake(&field.name), &field.name);
            let text = value::text(&field.schema, &quote!(self.#name));
            quote!((#wire, ::std::convert::Into::into(#text)))
        });
    let written = parameters
        .iter()
        .filter(|field| field.location != Location::Path)
        .map(|field| value::write(field, &name::snake(&field.name)));
    let json = match (&body, &operation.body) {
        (Some(_), _) => quote!(.json(&self.body)),
        (None, Some(_)) => quote!(.json(&::serde_json::Map::new())),
        (None, None) => TokenStream::new(),
    };
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
        pub struct #ident {
            #transport: crate::transport::Transport,
            #(#members,)*
            #body_member
        }

        impl #ident {
            pub(super) fn new(#transport: crate::transport::Transport, #(#arguments),*) -> Self {
                Self {
                    #transport,
                    #(#member_values,)*
                    #body_value
                }
            }

            #(#setters)*

            /// Sends the request, as `.await` on the call does.
            ///
            /// The future borrows nothing, so you can pass it to `tokio::spawn`.
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error), whose predicates say what to do next.
            pub fn send(self) -> crate::transport::Sending<#output> {
                let request = crate::operation::Encoder::new(&operation::#row, &[#(#in_path),*])
                    #(#written)*
                    #json
                    .finish();
                crate::transport::Sending::new(self.#transport, &operation::#row, request)
            }
        }

        impl ::std::future::IntoFuture for #ident {
            type Output = ::std::result::Result<#output, crate::Error>;
            type IntoFuture = crate::transport::Sending<#output>;

            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }

        impl ::std::fmt::Debug for #ident {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.debug_struct(#ident_text).finish_non_exhaustive()
            }
        }

        #stream
    }
}

/// A name for a member of ours that doesn't clash with a field.
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
    let method = name::setter(&field.name);
    let kind = value::argument(&field.schema);
    let value = value::convert(&field.schema, &name);
    let docs = doc::lines(&field.description);
    let place = name::snake(field.sent_as.as_ref().unwrap_or(&field.name));
    let assignment = if field.location == Location::Body {
        let wrapped = match &field.schema {
            Schema::Array(_) | Schema::Map if !field.nullable => quote!(#value),
            _ => quote!(Some(#value)),
        };
        quote!(self.body.#place = #wrapped)
    } else {
        quote!(self.#place = Some(#value))
    };
    quote! {
        #(#[doc = #docs])*
        pub fn #method(mut self, #name: #kind) -> Self {
            #assignment;
            self
        }
    }
}

/// The streams of a list.
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
    let token_parameter = name::setter(&pagination.token_parameter);
    let row = name::shouty(&operation.id);
    // Inlined, so programs compile the boxed futures of a list only if they use it.
    quote! {
        impl #ident {
            /// The records of this page and all that follow, one at a time; each page is fetched when needed.
            #[inline]
            pub fn stream(self) -> crate::page::Stream<#record> {
                crate::page::Stream::new(self)
            }

            /// This page and all that follow, one at a time.
            #[inline]
            pub fn pages(self) -> crate::page::Pages<#output> {
                crate::page::Pages::new(self)
            }
        }

        impl crate::page::List for #ident {
            type Page = #output;
            type Record = #record;

            fn operation() -> &'static crate::operation::Operation {
                &operation::#row
            }

            fn with_token(self, token: ::std::string::String) -> Self {
                self.#token_parameter(token)
            }

            #[inline]
            fn fetch(self) -> crate::transport::Sending<Self::Page> {
                self.send()
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
