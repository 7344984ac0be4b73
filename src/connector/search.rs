//! Searching the Context Store, in hosted mode.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::GmailConnector;
use super::store::{LIMIT, Store, typed};
use crate::api::gmail::operation::TABLE;
use crate::error::Error;
use crate::operation::SearchableEntity;

/// A condition on records.
///
/// ```
/// use airbyte_agent_gmail::SearchFilter;
///
/// let filter = SearchFilter::all([
///     SearchFilter::contains("snippet", "invoice"),
///     SearchFilter::not(SearchFilter::array_contains("labelIds", "SPAM")),
/// ]);
/// assert_eq!(
///     filter.to_value(),
///     serde_json::json!({"and": [
///         {"contains": {"snippet": "invoice"}},
///         {"not": {"array_contains": {"labelIds": "SPAM"}}},
///     ]}),
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SearchFilter(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Field {
        operator: &'static str,
        field: String,
        value: Value,
    },
    Not(Box<SearchFilter>),
    Many {
        operator: &'static str,
        filters: Vec<SearchFilter>,
    },
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {
        impl SearchFilter {
            $(
                $(#[$doc])*
                pub fn $name(field: impl Into<String>, value: impl Into<Value>) -> Self {
                    Self(Node::Field { operator: $wire, field: field.into(), value: value.into() })
                }
            )*
        }
    };
}

operators! {
    /// The field equals the value.
    eq = "eq";
    /// The field doesn't equal the value.
    neq = "neq";
    /// The field is greater than the value.
    gt = "gt";
    /// The field is greater than or equal to the value.
    gte = "gte";
    /// The field is less than the value.
    lt = "lt";
    /// The field is less than or equal to the value.
    lte = "lte";
    /// The field starts with the text, ignoring case.
    starts_with = "startswith";
    /// The field ends with the text, ignoring case.
    ends_with = "endswith";
    /// The field contains the text, ignoring case. For a list, use [`array_contains`](Self::array_contains).
    contains = "contains";
    /// The list in the field contains exactly this value.
    array_contains = "array_contains";
    /// The field contains the words in this order, ignoring case.
    fuzzy = "fuzzy";
    /// The field contains any of the words.
    keyword = "keyword";
    /// The field matches a pattern in which `%` stands for any text.
    ///
    /// Airbyte no longer documents this: use [`starts_with`](Self::starts_with), [`ends_with`](Self::ends_with) or
    /// [`contains`](Self::contains).
    like = "like";
}

impl SearchFilter {
    /// The field is one of the values.
    pub fn is_in<V: Into<Value>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        Self(Node::Field {
            operator: "in",
            field: field.into(),
            value: Value::Array(values),
        })
    }

    /// The filter doesn't match.
    #[allow(
        clippy::should_implement_trait,
        reason = "it reads as the search's own word"
    )]
    pub fn not(filter: Self) -> Self {
        Self(Node::Not(Box::new(filter)))
    }

    /// All of the filters match.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Many {
            operator: "and",
            filters: filters.into_iter().collect(),
        })
    }

    /// At least one of the filters matches.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Many {
            operator: "or",
            filters: filters.into_iter().collect(),
        })
    }

    /// The filter as JSON, as sent to Airbyte.
    pub fn to_value(&self) -> Value {
        match &self.0 {
            Node::Field {
                operator,
                field,
                value,
            } => json!({*operator: {field: value}}),
            Node::Not(filter) => json!({"not": filter.to_value()}),
            Node::Many { operator, filters } => {
                json!({*operator: filters.iter().map(Self::to_value).collect::<Vec<_>>()})
            }
        }
    }

    fn check(&self, entity: &SearchableEntity) -> Result<(), Error> {
        match &self.0 {
            Node::Field { field, .. } => check_field(entity, field),
            Node::Not(filter) => filter.check(entity),
            Node::Many { filters, .. } => {
                filters.iter().try_for_each(|filter| filter.check(entity))
            }
        }
    }
}

/// The direction of a sort; see [`GmailConnector::search`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A search to send; see [`GmailConnector::search`].
#[must_use = "a search does nothing until it is sent"]
pub struct Search<'a> {
    store: Store<'a>,
    entity: &'a str,
    filter: Option<SearchFilter>,
    sort: Vec<(String, SortOrder)>,
    limit: u32,
    cursor: Option<String>,
    fields: Vec<String>,
}

/// The result of a search.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.hosted()?;
/// #[derive(serde::Deserialize)]
/// struct Found {
///     snippet: String,
/// }
///
/// let first = gmail.search("messages").limit(2).send().await?;
/// let cursor = first.meta.cursor.clone().ok_or("more than two messages")?;
/// for found in first.records::<Found>()? {
///     println!("{}", found.snippet);
/// }
/// let second = gmail.search("messages").limit(2).cursor(cursor).send().await?;
/// assert_eq!(second.data.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchResult {
    /// The records.
    pub data: Vec<Value>,
    /// The paging of the search.
    pub meta: SearchMeta,
}

/// The paging of a search; see [`SearchResult`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchMeta {
    /// Whether there are more records.
    pub has_more: bool,
    /// The cursor of the next page, for [`Search::cursor`].
    pub cursor: Option<String>,
    /// How long the search took, in milliseconds.
    pub took_ms: Option<f64>,
    /// Airbyte's note on the result, such as that the Context Store was paused and its records may be out of date.
    pub warning: Option<Value>,
}

impl GmailConnector {
    /// Searches Airbyte's copy of the mailbox; hosted mode only.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.hosted()?;
    /// use airbyte_agent_gmail::{SearchFilter, SortOrder};
    ///
    /// let found = gmail
    ///     .search("messages")
    ///     .filter(SearchFilter::array_contains("labelIds", "UNREAD"))
    ///     .sort("internalDate", SortOrder::Descending)
    ///     .fields(["id", "snippet"])
    ///     .limit(10)
    ///     .send()
    ///     .await?;
    /// assert!(!found.data.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn search<'a>(&'a self, entity: &'a str) -> Search<'a> {
        Search::new(Store::Gmail(self), entity)
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(store: Store<'a>, entity: &'a str) -> Self {
        Self {
            store,
            entity,
            filter: None,
            sort: Vec::new(),
            limit: LIMIT,
            cursor: None,
            fields: Vec::new(),
        }
    }

    /// Sets the condition that records must meet.
    pub fn filter(mut self, filter: SearchFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sorts by a field; further calls sort records that are equal so far.
    pub fn sort(mut self, field: impl Into<String>, order: SortOrder) -> Self {
        self.sort.push((field.into(), order));
        self
    }

    /// Limits the number of records to return. Default: 100.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Continues after the previous page ([`SearchMeta::cursor`]).
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// Sets the fields to return, with dots for nested ones. Default: all.
    pub fn fields<F: Into<String>>(mut self, fields: impl IntoIterator<Item = F>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Sends the search.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) for an entity or field that can't be searched,
    /// [`is_unsupported`](Error::is_unsupported) in open-source mode, and Airbyte's errors.
    pub async fn send(self) -> Result<SearchResult, Error> {
        let action = TABLE.search_action;
        let entity = self.store.check_entity(action, self.entity).await?;
        if let Some(entity) = entity {
            if let Some(filter) = &self.filter {
                filter.check(entity)?;
            }
            self.fields
                .iter()
                .chain(self.sort.iter().map(|(field, _)| field))
                .try_for_each(|field| check_field(entity, field))?;
        }
        let mut query = Map::new();
        query.insert(
            "filter".to_owned(),
            self.filter
                .as_ref()
                .map_or_else(|| json!({}), SearchFilter::to_value),
        );
        if !self.sort.is_empty() {
            let sort: Vec<Value> = self
                .sort
                .iter()
                .map(|(field, order)| {
                    let order = match order {
                        SortOrder::Ascending => "asc",
                        SortOrder::Descending => "desc",
                    };
                    json!({field: order})
                })
                .collect();
            query.insert("sort".to_owned(), Value::Array(sort));
        }
        let mut params = Map::from_iter([
            ("query".to_owned(), Value::Object(query)),
            ("limit".to_owned(), json!(self.limit)),
        ]);
        if let Some(cursor) = self.cursor {
            params.insert("cursor".to_owned(), Value::String(cursor));
        }
        if !self.fields.is_empty() {
            params.insert("fields".to_owned(), json!(self.fields));
        }
        let found = self.store.ask(action, self.entity, params).await?;
        Ok(SearchResult {
            meta: SearchMeta {
                has_more: found
                    .meta
                    .get("has_more")
                    .and_then(Value::as_bool)
                    .unwrap_or(false),
                cursor: found
                    .meta
                    .get("cursor")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                took_ms: found.meta.get("took_ms").and_then(Value::as_f64),
                warning: found.meta.get("warning").cloned(),
            },
            data: match found.data {
                Value::Array(data) => data,
                _ => Vec::new(),
            },
        })
    }
}

impl SearchResult {
    /// Deserializes the records, for instance as `types::Message`.
    ///
    /// # Errors
    ///
    /// [`is_invalid_response`](Error::is_invalid_response): a record doesn't fit the type.
    pub fn records<T: DeserializeOwned>(self) -> Result<Vec<T>, Error> {
        typed(self.data, TABLE.search_action)
    }
}

debug!(Search<'_>, self => entity: self.entity);

/// Fields have their wire names; the Python package's snake case names would silently match nothing.
fn check_field(entity: &SearchableEntity, field: &str) -> Result<(), Error> {
    let top = field.split('.').next().unwrap_or_default();
    if entity.fields.contains(&top) {
        return Ok(());
    }
    Err(Error::invalid_input(format!(
        "a field of the search is not known; {} has: {}",
        entity.entity,
        entity.fields.join(", ")
    ))
    .named(TABLE.search_action.into()))
}
