//! `context_store_search`: queries Airbyte's copy of the mailbox.

use std::cmp::Ordering;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::filter::{self, Filter};
use super::organization::Connector;
use super::workspace::{read_cursor, write_cursor};
use super::{connector, error, execute};
use crate::operation::SearchableEntity;
use crate::sandbox::exchange::Answer;
use crate::sandbox::mailbox::{Mailbox, Refusal};
use crate::sandbox::state::{State, lock};
use crate::sandbox::table;

/// Records in a page, by default.
const LIMIT: usize = 10;

/// Records in a page, at most.
const LARGEST_LIMIT: u64 = 1_000;

/// Runs a search: `{data, meta}`.
pub(super) fn search(
    state: &State,
    connector: &Connector,
    entity: &str,
    params: &Map<String, Value>,
) -> Result<Value, Answer> {
    let started = Instant::now();
    let entity = searchable(entity)?;
    let query = Query::read(entity, params)?;
    // Airbyte makes the copy with the connector's credentials and cannot refresh it without them.
    connector::standing(state, &connector.credentials, None)
        .map_err(execute::upstream_authentication)?;

    let mut mailbox = lock(&state.mailbox);
    let spam_and_trash = execute::includes_spam_and_trash(connector);
    let mut records = copy(
        &mut mailbox,
        entity.entity,
        spam_and_trash,
        query.needs_payload(),
    )
    .map_err(|refusal| execute::upstream(&refusal))?;
    records.retain(|record| query.filter.matches(record));
    records.sort_by(|one, two| query.compare(one, two));

    let next = query.skipped.saturating_add(query.limit);
    let more = next < records.len();
    let mut data: Vec<Value> = records
        .into_iter()
        .skip(query.skipped)
        .take(query.limit)
        .collect();
    if entity.entity == "messages" && !query.needs_payload() && query.shows_payload() {
        for record in &mut data {
            *record = message(&mut mailbox, record, "full")
                .map_err(|refusal| execute::upstream(&refusal))?;
        }
    }
    let all: Vec<Vec<String>> = entity
        .fields
        .iter()
        .map(|&field| vec![field.to_owned()])
        .collect();
    let shown = query.fields.as_ref().unwrap_or(&all);
    let data: Vec<Value> = data.iter().map(|record| project(record, shown)).collect();
    Ok(json!({
        "data": data,
        "meta": {
            "has_more": more,
            "cursor": more.then(|| write_cursor(next)),
            "took_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        },
    }))
}

/// A searchable entity.
pub(super) fn searchable(entity: &str) -> Result<&'static SearchableEntity, Answer> {
    let found = table::searchable()
        .iter()
        .find(|searchable| searchable.entity == entity);
    found.ok_or_else(|| {
        let names: Vec<&str> = table::searchable()
            .iter()
            .map(|searchable| searchable.entity)
            .collect();
        let names = names.join(", ");
        bad(format!(
            "Entity '{entity}' cannot be searched. Searchable entities: {names}"
        ))
    })
}

/// Keeps the values at these paths; a path goes through each element of a list.
pub(super) fn project(record: &Value, paths: &[Vec<String>]) -> Value {
    match record {
        Value::Array(values) => values.iter().map(|value| project(value, paths)).collect(),
        Value::Object(fields) => {
            let mut shown = Map::new();
            for (name, value) in fields {
                let below: Vec<Vec<String>> = paths
                    .iter()
                    .filter(|path| path.first() == Some(name))
                    .map(|path| path.iter().skip(1).cloned().collect())
                    .collect();
                if below.iter().any(Vec::is_empty) {
                    shown.insert(name.clone(), value.clone());
                } else if !below.is_empty() {
                    shown.insert(name.clone(), project(value, &below));
                }
            }
            Value::Object(shown)
        }
        other => other.clone(),
    }
}

struct Query {
    filter: Filter,
    sort: Vec<(Vec<String>, bool)>,
    limit: usize,
    skipped: usize,
    fields: Option<Vec<Vec<String>>>,
}

impl Query {
    fn read(entity: &SearchableEntity, params: &Map<String, Value>) -> Result<Self, Answer> {
        for name in params.keys() {
            if !["query", "semantic", "limit", "cursor", "fields"].contains(&name.as_str()) {
                return Err(bad(format!(
                    "Unknown parameter '{name}' for {} context_store_search. Available parameters: query, \
                     semantic, limit, cursor, fields",
                    entity.entity
                )));
            }
        }
        let given = |name: &str| params.get(name).filter(|value| !value.is_null());
        match (given("query"), given("semantic")) {
            (Some(_), Some(_)) => {
                return Err(bad("query and semantic exclude each other".to_owned()));
            }
            (_, Some(_)) => {
                return Err(bad(
                    "Semantic search is not available for this connector".to_owned()
                ));
            }
            _ => {}
        }
        let empty = Map::new();
        let query = match given("query") {
            None => &empty,
            Some(Value::Object(query)) => query,
            Some(_) => {
                return Err(bad(
                    "query must be an object with filter and sort".to_owned()
                ));
            }
        };
        if let Some(name) = query
            .keys()
            .find(|name| !["filter", "sort"].contains(&name.as_str()))
        {
            return Err(bad(format!(
                "Unknown key '{name}' in query. Available keys: filter, sort"
            )));
        }
        let filter = match query.get("filter") {
            None | Some(Value::Null) => Filter::default(),
            Some(filter) => Filter::read(filter, entity.fields).map_err(bad)?,
        };
        let limit = match given("limit") {
            None => LIMIT,
            Some(value) => match value.as_u64() {
                Some(limit) if (1..=LARGEST_LIMIT).contains(&limit) => {
                    usize::try_from(limit).unwrap_or(LIMIT)
                }
                _ => {
                    return Err(bad(format!(
                        "limit must be an integer from 1 to {LARGEST_LIMIT}"
                    )));
                }
            },
        };
        let skipped = match given("cursor") {
            None => 0,
            Some(cursor) => cursor
                .as_str()
                .and_then(read_cursor)
                .ok_or_else(|| bad("Invalid cursor".to_owned()))?,
        };
        let fields = given("fields")
            .map(|fields| read_fields(fields, entity.fields))
            .transpose()
            .map_err(bad)?;
        let sort = query.get("sort").filter(|sort| !sort.is_null());
        let sort = sort
            .map_or(Ok(Vec::new()), |sort| read_sort(sort, entity.fields))
            .map_err(bad)?;
        Ok(Self {
            filter,
            sort,
            limit,
            skipped,
            fields,
        })
    }

    fn needs_payload(&self) -> bool {
        let payload = |path: &[String]| path.first().is_some_and(|name| name == "payload");
        self.filter.uses("payload") || self.sort.iter().any(|(path, _)| payload(path))
    }

    fn shows_payload(&self) -> bool {
        self.fields.as_ref().is_none_or(|fields| {
            fields
                .iter()
                .any(|path| path.first().is_some_and(|name| name == "payload"))
        })
    }

    fn compare(&self, one: &Value, two: &Value) -> Ordering {
        for (path, descending) in &self.sort {
            let order = match (filter::at(one, path), filter::at(two, path)) {
                (Some(one), Some(two)) => filter::order(one, two).unwrap_or(Ordering::Equal),
                // Records without a value sort last in either direction.
                (None, Some(_)) => return Ordering::Greater,
                (Some(_), None) => return Ordering::Less,
                (None, None) => Ordering::Equal,
            };
            let order = if *descending { order.reverse() } else { order };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn read_sort(sort: &Value, fields: &[&str]) -> Result<Vec<(Vec<String>, bool)>, String> {
    let wrong = || {
        "sort must be a list of objects with one field each: [{\"field\": \"asc\" or \"desc\"}]"
            .to_owned()
    };
    let mut keys = Vec::new();
    for item in sort.as_array().ok_or_else(wrong)? {
        let item = item
            .as_object()
            .filter(|item| item.len() == 1)
            .ok_or_else(wrong)?;
        for (field, direction) in item {
            let descending = match direction.as_str() {
                Some("asc") => false,
                Some("desc") => true,
                _ => return Err(wrong()),
            };
            keys.push((filter::path(field, fields)?, descending));
        }
    }
    Ok(keys)
}

/// Field paths, as dotted strings or lists of keys: Airbyte documents both.
fn read_fields(value: &Value, fields: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let wrong = || "fields must be a list of field paths: [\"a.b\"] or [[\"a\", \"b\"]]".to_owned();
    value
        .as_array()
        .ok_or_else(wrong)?
        .iter()
        .map(|item| match item {
            Value::String(text) => filter::path(text, fields),
            Value::Array(keys) => {
                let keys: Option<Vec<&str>> = keys.iter().map(Value::as_str).collect();
                filter::path(
                    &keys
                        .filter(|keys| !keys.is_empty())
                        .ok_or_else(wrong)?
                        .join("."),
                    fields,
                )
            }
            _ => Err(wrong()),
        })
        .collect()
}

/// The records of an entity, as in the copy.
pub(super) fn copy(
    mailbox: &mut Mailbox,
    entity: &str,
    spam_and_trash: bool,
    payload: bool,
) -> Result<Vec<Value>, Refusal> {
    let mut records = Vec::new();
    each(mailbox, entity, spam_and_trash, payload, |record| {
        records.push(record?);
        Ok(())
    })?;
    Ok(records)
}

/// Passes the same records to `take` one by one, until it returns an error.
pub(super) fn each<E>(
    mailbox: &mut Mailbox,
    entity: &str,
    spam_and_trash: bool,
    payload: bool,
    mut take: impl FnMut(Result<Value, Refusal>) -> Result<(), E>,
) -> Result<(), E> {
    let (operation, hidden) = match entity {
        "profile" => return take(mailbox.call("get_profile", &Map::new())),
        "labels" => ("labels_list", None),
        "threads" => ("threads_list", Some(spam_and_trash)),
        "drafts" => ("drafts_list", Some(spam_and_trash)),
        _ => ("messages_list", Some(spam_and_trash)),
    };
    let records = match list(mailbox, operation, entity, hidden) {
        Ok(records) => records,
        Err(refusal) => return take(Err(refusal)),
    };
    for record in records {
        take(match entity {
            "labels" | "threads" => Ok(record),
            "drafts" => {
                let id = record.get("id").cloned().unwrap_or_default();
                mailbox.call("drafts_get", &Map::from_iter([("draftId".to_owned(), id)]))
            }
            _ => message(mailbox, &record, if payload { "full" } else { "minimal" }),
        })?;
    }
    Ok(())
}

fn message(mailbox: &mut Mailbox, record: &Value, format: &str) -> Result<Value, Refusal> {
    let id = record.get("id").cloned().unwrap_or_default();
    let params = Map::from_iter([
        ("messageId".to_owned(), id),
        ("format".to_owned(), format.into()),
    ]);
    mailbox.call("messages_get", &params)
}

fn list(
    mailbox: &mut Mailbox,
    operation: &str,
    key: &str,
    spam_and_trash: Option<bool>,
) -> Result<Vec<Value>, Refusal> {
    let mut params = Map::new();
    if let Some(spam_and_trash) = spam_and_trash {
        params.insert("maxResults".to_owned(), 500.into());
        params.insert("includeSpamTrash".to_owned(), spam_and_trash.into());
    }
    let mut records = Vec::new();
    loop {
        let mut page = mailbox.call(operation, &params)?;
        if let Some(Value::Array(values)) = page.get_mut(key).map(Value::take) {
            records.extend(values);
        }
        match page.get_mut("nextPageToken").map(Value::take) {
            Some(token) if token.is_string() => params.insert("pageToken".to_owned(), token),
            _ => return Ok(records),
        };
    }
}

fn bad(message: String) -> Answer {
    error::bad_request(&message)
}
