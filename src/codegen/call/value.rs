//! The forms of a parameter's value: as the caller gives it, as the call keeps it, as the client takes it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::codegen::model::{Field, Schema};
use crate::codegen::name;

/// The type of an argument: as free as it can be for the caller.
pub(super) fn argument(schema: &Schema) -> TokenStream {
    match schema {
        Schema::Integer(..) => quote!(i64),
        Schema::Number => quote!(f64),
        Schema::Boolean => quote!(bool),
        Schema::Map => quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>),
        Schema::Array(items) => {
            let items = argument(items);
            quote!(impl ::std::iter::IntoIterator<Item = #items>)
        }
        Schema::Object(name, _) => {
            let name = name::pascal(name);
            quote!(types::#name)
        }
        _ => {
            let exact = exact(schema);
            quote!(impl ::std::convert::Into<#exact>)
        }
    }
}

/// The type that a call keeps an argument as.
pub(super) fn exact(schema: &Schema) -> TokenStream {
    match schema {
        Schema::String => quote!(::std::string::String),
        Schema::Secret => quote!(crate::auth::Secret),
        Schema::Enum(name, _) => {
            let name = name::pascal(name);
            quote!(types::#name)
        }
        Schema::Array(items) => {
            let items = exact(items);
            quote!(::std::vec::Vec<#items>)
        }
        Schema::Any => quote!(::serde_json::Value),
        _ => argument(schema),
    }
}

/// Turns an argument into what a call keeps.
pub(super) fn convert(schema: &Schema, name: &Ident) -> TokenStream {
    match schema {
        Schema::Integer(..)
        | Schema::Number
        | Schema::Boolean
        | Schema::Map
        | Schema::Object(..) => quote!(#name),
        Schema::Array(items) => {
            let exact = exact(schema);
            match **items {
                Schema::String | Schema::Secret | Schema::Enum(..) | Schema::Any => {
                    quote!(#name.into_iter().map(::std::convert::Into::into).collect::<#exact>())
                }
                _ => quote!(#name.into_iter().collect::<#exact>()),
            }
        }
        _ => {
            let exact = exact(schema);
            quote!(::std::convert::Into::<#exact>::into(#name))
        }
    }
}

/// A parameter as progenitor's method takes it: texts and lists borrowed, numbers and booleans by value.
pub(super) fn pass(field: &Field, name: &Ident) -> TokenStream {
    match (&field.schema, field.required) {
        (Schema::Integer(..) | Schema::Number | Schema::Boolean, _) => quote!(self.#name),
        (_, true) => quote!(&self.#name),
        (Schema::String, false) => quote!(self.#name.as_deref()),
        (_, false) => quote!(self.#name.as_ref()),
    }
}
