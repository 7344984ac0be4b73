//! The typed client from progenitor, with open enums and secrets in place of its strings.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use syn::{Item, parse_quote};

use super::model::Model;
use super::{Error, Settings, lower, name, record};

/// Generates the client and its types.
///
/// Its methods take positional parameters. The typed calls are builders already, and a second set of builders would
/// double what is compiled.
///
/// # Errors
///
/// If progenitor rejects a document that passed the lint.
pub fn generate(
    settings: &Settings<'_>,
    openapi: &OpenAPI,
    model: &Model,
) -> Result<syn::File, Error> {
    let lowered = lower::lower(openapi);
    let mut generation = GenerationSettings::default();
    generation
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_inner_type(quote!(crate::transport::Transport))
        .with_hooks(HooksMode::Expected)
        .with_derive("PartialEq")
        .with_replacement(lower::SECRET, "crate::auth::Secret", [].into_iter());
    for enum_name in model.enums.keys() {
        let type_name = name::pascal(enum_name);
        generation.with_replacement(
            &type_name,
            format!("{}::types::{type_name}", settings.module),
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    let tokens = without_panic(settings.file, || {
        Generator::new(&generation).generate_tokens(&lowered)
    })?;
    let mut source: syn::File = syn::parse2(tokens).map_err(|error| {
        Error::new(
            settings.file,
            "",
            format!("the generated client is not Rust: {error}"),
        )
    })?;
    let enums = model
        .enums
        .iter()
        .flat_map(|(name, (description, values))| enum_items(name, description, values));
    for item in &mut source.items {
        if let Item::Mod(module) = item
            && module.ident == "types"
            && let Some((_, items)) = &mut module.content
        {
            for item in items.iter_mut() {
                record::describe(item, openapi);
            }
            record::without_comparison(items);
            let constructors: Vec<Item> = items.iter().filter_map(record::constructor).collect();
            let readers: Vec<Item> = items
                .iter_mut()
                .filter_map(|item| record::reader(item, openapi))
                .collect();
            items.extend(constructors);
            items.extend(readers);
            items.extend(enums);
            break;
        }
    }
    Ok(source)
}

/// Runs progenitor. A panic would end the build with a stack trace that names no place in the document.
fn without_panic(
    file: &str,
    run: impl FnOnce() -> Result<TokenStream, progenitor::Error>,
) -> Result<TokenStream, Error> {
    // The hook applies to the whole process, and each document has a thread: silence only this one.
    thread_local!(static SILENT: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !SILENT.get() {
                hook(panic);
            }
        }));
    });
    SILENT.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    SILENT.set(false);
    let message = match result {
        Ok(Ok(tokens)) => return Ok(tokens),
        Ok(Err(error)) => error.to_string(),
        Err(payload) => payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| {
                payload
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
            })
            .unwrap_or_default(),
    };
    Err(Error::new(
        file,
        "",
        format!(
            "progenitor can't generate from this document: {message}; take back the last change and make it in smaller steps"
        ),
    ))
}

/// An enum that keeps unknown values: a service may add one, and that must not fail a whole response.
fn enum_items(name: &str, description: &str, values: &[String]) -> Vec<Item> {
    let ident = name::pascal(name);
    let variants: Vec<_> = values.iter().map(|value| name::variant(value)).collect();
    let value_docs = values.iter().map(|value| format!(" `{value}`."));
    let text = format!(
        " {description}\n\n An open enum: a value that this version does not know is kept as `Unknown`."
    );
    vec![
        parse_quote! {
            #[doc = #text]
            #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[non_exhaustive]
            pub enum #ident {
                #(#[doc = #value_docs] #variants,)*
                /// A value that the document does not list.
                Unknown(::std::string::String),
            }
        },
        parse_quote! {
            impl #ident {
                /// The value as sent.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #values,)*
                        Self::Unknown(value) => value,
                    }
                }
            }
        },
        parse_quote! {
            impl ::std::convert::From<&str> for #ident {
                fn from(value: &str) -> Self {
                    match value {
                        #(#values => Self::#variants,)*
                        value => Self::Unknown(value.to_owned()),
                    }
                }
            }
        },
        parse_quote! {
            impl ::std::convert::From<::std::string::String> for #ident {
                fn from(value: ::std::string::String) -> Self {
                    Self::from(value.as_str())
                }
            }
        },
        parse_quote! {
            impl ::std::str::FromStr for #ident {
                type Err = ::std::convert::Infallible;
                fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                    Ok(Self::from(value))
                }
            }
        },
        parse_quote! {
            impl ::std::fmt::Display for #ident {
                fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    formatter.write_str(self.as_str())
                }
            }
        },
        parse_quote! {
            impl ::serde::Serialize for #ident {
                fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
        },
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #ident {
                fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                    <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
                }
            }
        },
    ]
}
