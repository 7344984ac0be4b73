//! The operation table: one static row per operation.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use super::model::{Field, Model, Operation, Schema};
use super::{Error, Settings, name};

/// Generates the module `operation` of a document.
///
/// # Errors
///
/// If a row isn't valid Rust, which is a bug in the generator.
pub fn generate(settings: &Settings<'_>, model: &Model) -> Result<Vec<Item>, Error> {
    let rows = model.operations.iter().map(row);
    let names: Vec<_> = model
        .operations
        .iter()
        .map(|operation| name::shouty(&operation.id))
        .collect();
    let base_url = &model.base_url;
    let info = |key: &str| {
        model
            .info
            .get(key)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    };
    let connector_name = info("x-airbyte-connector-name");
    let connector_type = info("x-connector-type");
    let definition_id = info("x-airbyte-connector-definition-id");
    let batch_path = info("x-batch-path");
    let search_action = info("x-search-action");
    let sql_action = info("x-sql-action");
    let searchable = searchable(model);
    let module = quote! {
        /// The operation table of the document: one row per operation, in the document's order.
        pub mod operation {
            use crate::operation::{Field, Location, MediaUpload, Method, Operation, Outbound, Pagination, QuotaUnits, Schema, SearchableEntity, Table};

            /// The service's URL in the document.
            pub const BASE_URL: &str = #base_url;

            /// All operations, with what the document says about the connector.
            pub static TABLE: Table = Table {
                connector_name: #connector_name,
                connector_type: #connector_type,
                definition_id: #definition_id,
                batch_path: #batch_path,
                search_action: #search_action,
                sql_action: #sql_action,
                searchable: &[#(#searchable),*],
                operations: &[#(&#names),*],
            };

            #(#rows)*
        }
    };
    let file: syn::File = syn::parse2(module).map_err(|error| {
        Error::new(
            settings.file,
            "",
            format!("the operation table is not Rust: {error}"),
        )
    })?;
    Ok(file.items)
}

fn row(operation: &Operation) -> TokenStream {
    let ident = name::shouty(&operation.id);
    let Operation {
        id,
        method_name,
        path,
        entity,
        action,
        hosted,
        hosted_only,
        summary,
        description,
        meta,
        response_fields,
        scopes,
        partial_scopes,
        authenticated,
        idempotent,
        read_only,
        destructive,
        check,
        default_tool,
        ..
    } = operation;
    let outbound = match operation.outbound.as_deref() {
        Some("sends") => quote!(Sends),
        Some(_) => quote!(Shares),
        None => quote!(Nothing),
    };
    let group = operation.group.join(".");
    let method = name::pascal(operation.http_method);
    let fields = operation.fields.iter().map(field);
    let records = optional(&operation.records.as_ref().map(|(key, _)| key));
    let has_body = operation.body.is_some();
    let has_response = operation.response.is_some();
    let response_key = optional(&operation.response_key);
    let response_list = optional(&operation.response_list);
    let pagination = match &operation.pagination {
        Some(pagination) => {
            let token_parameter = &pagination.token_parameter;
            let token_field = &pagination.token_field;
            let size_parameter = optional(&pagination.size_parameter);
            quote!(Some(Pagination {
                token_parameter: #token_parameter,
                token_field: #token_field,
                size_parameter: #size_parameter,
            }))
        }
        None => quote!(None),
    };
    let media_upload = match &operation.media_upload {
        Some(upload) => {
            let (path, max_size, field) = (&upload.path, upload.max_size, &upload.field);
            quote!(Some(MediaUpload { path: #path, max_size: #max_size, field: #field }))
        }
        None => quote!(None),
    };
    let (current, legacy) = operation.quota_units;
    let doc = format!(
        " `{} {path}`: {summary}.",
        operation.http_method.to_uppercase()
    );
    quote! {
        #[doc = #doc]
        pub static #ident: Operation = Operation {
            id: #id,
            group: #group,
            method_name: #method_name,
            entity: #entity,
            action: #action,
            hosted: #hosted,
            hosted_only: #hosted_only,
            method: Method::#method,
            path: #path,
            summary: #summary,
            description: #description,
            fields: &[#(#fields),*],
            has_body: #has_body,
            has_response: #has_response,
            response_key: #response_key,
            response_list: #response_list,
            response_fields: &[#(#response_fields),*],
            records: #records,
            meta: &[#(#meta),*],
            pagination: #pagination,
            media_upload: #media_upload,
            quota_units: QuotaUnits { current: #current, legacy: #legacy },
            scopes: &[#(#scopes),*],
            partial_scopes: &[#(#partial_scopes),*],
            authenticated: #authenticated,
            idempotent: #idempotent,
            read_only: #read_only,
            destructive: #destructive,
            check: #check,
            default_tool: #default_tool,
            outbound: Outbound::#outbound,
        };
    }
}

fn field(field: &Field) -> TokenStream {
    let Field {
        name,
        required,
        description,
        comma_joined,
        absent,
        ..
    } = field;
    let sent_as = optional(&field.sent_as);
    let location = name::pascal(&format!("{:?}", field.location));
    let schema = schema(&field.schema);
    quote! {
        Field {
            name: #name,
            location: Location::#location,
            required: #required,
            description: #description,
            schema: #schema,
            comma_joined: #comma_joined,
            absent: #absent,
            sent_as: #sent_as,
        }
    }
}

fn schema(value: &Schema) -> TokenStream {
    match value {
        Schema::String | Schema::Secret => quote!(Schema::String),
        Schema::Integer(minimum, maximum) => {
            let (minimum, maximum) = (optional(minimum), optional(maximum));
            quote!(Schema::Integer { minimum: #minimum, maximum: #maximum })
        }
        Schema::Number => quote!(Schema::Number),
        Schema::Boolean => quote!(Schema::Boolean),
        Schema::Enum(_, values) => quote!(Schema::Enum(&[#(#values),*])),
        Schema::Array(items) => {
            let items = schema(items);
            quote!(Schema::Array(&#items))
        }
        Schema::Object(_, fields) => {
            let fields = fields.iter().map(field);
            quote!(Schema::Object(&[#(#fields),*]))
        }
        Schema::Map => quote!(Schema::Map),
        Schema::Any => quote!(Schema::Any),
    }
}

/// An optional value as a Rust expression.
fn optional(value: &Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

fn searchable(model: &Model) -> Vec<TokenStream> {
    let entities = model
        .info
        .get("x-airbyte-context-store")
        .and_then(|store| store.get("entities"))
        .and_then(|entities| entities.as_array());
    entities
        .into_iter()
        .flatten()
        .filter_map(|entity| {
            let name = entity.get("entity")?.as_str()?;
            let fields = entity
                .get("fields")?
                .as_array()?
                .iter()
                .filter_map(|field| field.get("name")?.as_str());
            Some(quote!(SearchableEntity { entity: #name, fields: &[#(#fields),*] }))
        })
        .collect()
}
