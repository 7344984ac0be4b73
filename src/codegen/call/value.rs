//! The forms of a parameter's value: as an argument, as kept in the call, and as passed to the encoder.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::codegen::model::{Field, Location, Schema};
use crate::codegen::name;

/// The type of an argument, as general as possible.
pub(super) fn argument(schema: &Schema) -> TokenStream {
    match schema {
        Schema::Integer(..) => quote!(i64),
        Schema::Number => quote!(f64),
        Schema::Boolean => quote!(bool),
        Schema::Map => quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>),
        Schema::Array(items) => {
            let items = match **items {
                Schema::Array(_) => exact(items),
                _ => argument(items),
            };
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

/// The type in which a call keeps an argument.
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

/// Converts an argument to the type that a call keeps.
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

/// The encoder step that writes a query parameter or a header.
pub(super) fn write(field: &Field, name: &Ident) -> TokenStream {
    let wire = &field.name;
    if let Schema::Array(items) = &field.schema {
        let text = text(items, &quote!(value));
        let values = if field.required {
            quote!(&self.#name)
        } else {
            quote!(self.#name.iter().flatten())
        };
        return quote!(.repeated(#wire, ::std::iter::IntoIterator::into_iter(#values).map(|value| #text)));
    }
    let step = if field.location == Location::Header {
        quote!(header)
    } else {
        quote!(query)
    };
    if field.required {
        let text = text(&field.schema, &quote!(self.#name));
        return quote!(.#step(#wire, Some(::std::convert::AsRef::<str>::as_ref(&#text))));
    }
    let text = text(&field.schema, &quote!(value));
    quote!(.#step(#wire, self.#name.as_ref().map(|value| #text).as_ref().map(::std::convert::AsRef::<str>::as_ref)))
}

/// A value as text, for a URL or a header.
pub(super) fn text(schema: &Schema, value: &TokenStream) -> TokenStream {
    match schema {
        Schema::String | Schema::Enum(..) => quote!(#value.as_str()),
        Schema::Secret => quote!(#value.expose()),
        _ => quote!(#value.to_string()),
    }
}
