//! Additions to progenitor's types: a constructor and a parser.

use openapiv3::{OpenAPI, Schema};
use proc_macro2::{Ident, Literal};
use quote::quote;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Item, LitStr, Path, Token, Type, parse_quote};

use super::{document, model, name};

/// A plain string, as written in a type.
const STRING: &str = "::std::string::String";

/// A parser for a type with a default, in place of serde's derive.
///
/// With the derive, leniency would need one more type per field, and half of the build time.
pub fn reader(item: &mut Item, openapi: &OpenAPI) -> Option<Item> {
    let Item::Struct(item) = item else {
        return None;
    };
    let derive = item
        .attrs
        .iter_mut()
        .find(|attribute| attribute.path().is_ident("derive"))?;
    let mut derived = derive
        .parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        .ok()?;
    if !derived.iter().any(|path| path.is_ident("Default")) {
        return None;
    }
    derived = derived
        .into_iter()
        .filter(|path| {
            path.segments
                .last()
                .is_none_or(|name| name.ident != "Deserialize")
        })
        .collect();
    *derive = parse_quote!(#[derive(#derived)]);
    let ident = &item.ident;
    let key = schema_of(openapi, ident)
        .and_then(|schema| model::text(&schema.schema_data.extensions, "x-key"));
    let mut missing = None;
    let (mut names, mut arms) = (Vec::new(), Vec::new());
    for (number, field) in item.fields.iter().enumerate() {
        let (name, kind) = (field.ident.as_ref()?, &field.ty);
        let number = Literal::usize_unsuffixed(number);
        let wire = wire_name(field).unwrap_or_else(|| name.unraw().to_string());
        names.push(quote!(#wire => #number,));
        if key.as_ref() == Some(&wire) && written(kind) == STRING {
            missing = Some(quote! {
                fn missing(&self) -> ::std::option::Option<&'static str> {
                    self.#name.is_empty().then_some(#wire)
                }
            });
        }
        let value = match written(kind).as_str() {
            "::std::option::Option<::std::string::String>" => {
                quote!(map.next_value_seed(crate::lenient::Text)?)
            }
            "::std::option::Option<i64>" => quote!(map.next_value_seed(crate::lenient::Integer)?),
            STRING => {
                quote!(
                    map.next_value_seed(crate::lenient::Text)?
                        .unwrap_or_default()
                )
            }
            kind if kind.starts_with("::std::option::Option<") => quote!(map.next_value()?),
            _ => quote!(map.next_value::<::std::option::Option<#kind>>()?.unwrap_or_default()),
        };
        arms.push(quote!(#number => self.#name = #value,));
    }
    Some(parse_quote! {
        const _: () = {
            impl crate::lenient::Fields for #ident {
                #[inline]
                fn number(name: &str) -> ::std::option::Option<usize> {
                    Some(match name {
                        #(#names)*
                        _ => return None,
                    })
                }

                fn read<'de, A: ::serde::de::MapAccess<'de>>(
                    &mut self,
                    field: usize,
                    map: &mut A,
                ) -> ::std::result::Result<(), A::Error> {
                    match field {
                        #(#arms)*
                        _ => {}
                    }
                    Ok(())
                }

                #missing
            }

            impl<'de> ::serde::Deserialize<'de> for #ident {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    crate::lenient::object(deserializer)
                }
            }
        };
    })
}

/// Describes fields without a description: progenitor drops everything next to a reference.
pub fn describe(item: &mut Item, openapi: &OpenAPI) {
    let Item::Struct(item) = item else {
        return;
    };
    let Some(object) = schema_of(openapi, &item.ident).and_then(document::object) else {
        return;
    };
    for field in &mut item.fields {
        let is_described = field
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"));
        let Some(name) = field.ident.as_ref().filter(|_| !is_described) else {
            continue;
        };
        let name = wire_name(field).unwrap_or_else(|| name.unraw().to_string());
        let description = object
            .properties
            .get(&name)
            .and_then(|property| document::description(openapi, property));
        if let Some(description) = description {
            field.attrs.insert(0, parse_quote!(#[doc = #description]));
        }
    }
}

/// The schema that a type comes from.
fn schema_of<'a>(openapi: &'a OpenAPI, ident: &Ident) -> Option<&'a Schema> {
    let components = openapi.components.as_ref()?;
    components
        .schemas
        .iter()
        .find_map(|(name, schema)| schema.as_item().filter(|_| name::pascal(name) == *ident))
}

/// Removes `==` from types that contain a secret: its timing reveals where two values differ.
pub fn without_comparison(items: &mut [Item]) {
    let mut secret: Vec<String> = Vec::new();
    loop {
        let found = items.iter_mut().find_map(|item| {
            let Item::Struct(item) = item else {
                return None;
            };
            let name = item.ident.to_string();
            let holds = item.fields.iter().any(|field| {
                let kind = &field.ty;
                let kind = written(kind);
                kind.contains("crate::auth::Secret")
                    || kind
                        .split(|sign: char| !sign.is_alphanumeric() && sign != '_')
                        .any(|word| secret.iter().any(|secret| secret == word))
            });
            if !holds || secret.contains(&name) {
                return None;
            }
            for attribute in &mut item.attrs {
                if attribute.path().is_ident("derive")
                    && let Ok(derived) =
                        attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
                {
                    let kept = derived.iter().filter(|path| {
                        path.segments
                            .last()
                            .is_none_or(|name| name.ident != "PartialEq")
                    });
                    *attribute = parse_quote!(#[derive(#(#kept),*)]);
                }
            }
            Some(name)
        });
        match found {
            Some(name) => secret.push(name),
            None => return,
        }
    }
}

/// The wire name of a field, if it differs from the Rust name.
fn wire_name(field: &Field) -> Option<String> {
    let mut name = None;
    for attribute in &field.attrs {
        if attribute.path().is_ident("serde") {
            // Anything but a rename doesn't affect the name.
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    name = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.input.peek(Token![=]) {
                    meta.value()?.parse::<LitStr>()?;
                }
                Ok(())
            });
        }
    }
    name
}

/// A type as written, without spaces.
fn written(kind: &Type) -> String {
    quote!(#kind).to_string().replace(' ', "")
}

/// `new` for a type without a default, with the required fields; adding a field later breaks no caller.
pub fn constructor(item: &Item) -> Option<Item> {
    let Item::Struct(item) = item else {
        return None;
    };
    // Check for the attribute itself, since a description may contain the same word.
    let says = |attributes: &[Attribute], name: &str, word: &str| {
        attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident(name))
            .any(|attribute| {
                let mut says = false;
                // Attributes that aren't word lists don't matter.
                let _ = attribute.parse_nested_meta(|meta| {
                    says |= meta
                        .path
                        .segments
                        .last()
                        .is_some_and(|last| last.ident == word);
                    if meta.input.peek(Token![=]) {
                        meta.value()?.parse::<syn::Expr>()?;
                    }
                    Ok(())
                });
                says
            })
    };
    if says(&item.attrs, "derive", "Default") {
        return None;
    }
    let ident = &item.ident;
    let (mut arguments, mut values) = (Vec::new(), Vec::new());
    for field in &item.fields {
        let (name, kind) = (field.ident.as_ref()?, &field.ty);
        let written = written(kind);
        if says(&field.attrs, "serde", "default") || written.starts_with("::std::option::Option<") {
            values.push(quote!(#name: ::std::default::Default::default()));
        } else {
            arguments.push(quote!(#name: impl ::std::convert::Into<#kind>));
            values.push(quote!(#name: #name.into()));
        }
    }
    Some(parse_quote! {
        impl #ident {
            /// Creates a value with the required fields; all others are left out.
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* }
            }
        }
    })
}
