//! The result of an action: a list's records with the paging fields, or one record.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::execute::ExecuteResult;
use crate::error::Error;
use crate::lenient;
use crate::operation::Operation;
use crate::transport::{Call, Executed, Form, no_result};

/// The result in Airbyte's envelope.
pub(super) fn from_airbyte<T: Form>(
    operation: &'static Operation,
    executed: &Executed,
    call: &Call,
) -> Result<ExecuteResult<T>, Error> {
    let (result, meta) = executed.parts(call)?;
    let begins = |mark| result.get().starts_with(mark);
    let whole = || T::read(result).map_err(|error| call.fail(Error::undecodable(&error)));
    let meta = || {
        let kept = meta
            .iter()
            .filter(|(name, value)| operation.is_beside(name) && value.get() != "null");
        kept.map(|(name, value)| Ok((name.clone(), Value::read(value)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map_err(|error| call.fail(Error::undecodable(&error)))
    };
    match operation.records {
        _ if !operation.has_response => nothing(call),
        Some(_) if begins('[') => Ok(ExecuteResult {
            data: whole()?,
            meta: meta()?,
        }),
        // A list without an extractor on Airbyte's side returns the service's own body.
        Some(key) if begins('{') => {
            let page = page(operation, key, result.get().as_bytes())?;
            let beside = meta()?;
            Ok(ExecuteResult {
                meta: if beside.is_empty() { page.meta } else { beside },
                ..page
            })
        }
        None if begins('{') => Ok(ExecuteResult {
            data: whole()?,
            meta: Map::new(),
        }),
        // Reading this as an empty list or object would hide what went wrong.
        _ => Err(call.fail(no_result())),
    }
}

/// The result in a service's own body.
pub(super) fn from_service<T: Form>(
    operation: &'static Operation,
    body: &[u8],
) -> Result<ExecuteResult<T>, Error> {
    let call = || Call::of(operation);
    match operation.records {
        _ if !operation.has_response => nothing(&call()),
        Some(key) => page(operation, key, body),
        None => Ok(ExecuteResult {
            data: lenient::from_bytes(PhantomData, body)
                .map_err(|error| call().fail(Error::undecodable(&error)))?,
            meta: Map::new(),
        }),
    }
}

/// The result of an action if the service returns nothing.
fn nothing<T: Form>(call: &Call) -> Result<ExecuteResult<T>, Error> {
    Ok(ExecuteResult {
        data: constant("{}", call)?,
        meta: Map::new(),
    })
}

fn constant<T: Form>(json: &'static str, call: &Call) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| call.fail(Error::undecodable(&error)))
}

/// A page of a list, with its records under a key.
fn page<T: Form>(
    operation: &'static Operation,
    key: &'static str,
    body: &[u8],
) -> Result<ExecuteResult<T>, Error> {
    let call = || Call::of(operation);
    let form = PhantomData;
    let page = Page {
        operation,
        key,
        form,
    };
    let (records, meta) =
        lenient::from_bytes(page, body).map_err(|error| call().fail(Error::undecodable(&error)))?;
    let data = match records {
        None => constant("[]", &call())?,
        Some(records) if T::is_list(&records) => records,
        // Reading this as an empty list would hide what went wrong.
        Some(_) => return Err(call().fail(no_list(key))),
    };
    Ok(ExecuteResult { data, meta })
}

/// The error for records that are not a list.
fn no_list(key: &str) -> Error {
    Error::invalid_response(format!(
        "the service's answer has a `{key}` that is not a list; check the base url and any proxy in between"
    ))
}

/// Reads the records, and the other fields named in the spec.
struct Page<T> {
    operation: &'static Operation,
    key: &'static str,
    form: PhantomData<T>,
}

impl<'de, T: Form> DeserializeSeed<'de> for Page<T> {
    type Value = (Option<T>, Map<String, Value>);

    fn deserialize<D: Deserializer<'de>>(self, body: D) -> Result<Self::Value, D::Error> {
        body.deserialize_map(self)
    }
}

impl<'de, T: Form> Visitor<'de> for Page<T> {
    type Value = (Option<T>, Map<String, Value>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (mut records, mut meta) = (None, Map::new());
        while let Some(name) = fields.next_key::<String>()? {
            if name == self.key {
                records = fields.next_value()?;
            } else if self.operation.is_beside(&name) {
                if let Some(value) = fields.next_value::<Option<Value>>()? {
                    meta.insert(name, value);
                }
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok((records, meta))
    }
}
