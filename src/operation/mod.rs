//! The table of all operations, [`gmail`], and everything that depends only on a row of it: finding it, checking
//! params, encoding and decoding requests, describing params as JSON Schema.

pub(crate) mod check;
mod decode;
mod encode;
pub(crate) mod schema;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::error::Error;

pub(crate) use check::params;
pub(crate) use encode::{Encoded, Encoder};

/// The operations of a document, and what it says about the connector.
///
/// ```
/// use airbyte_agent_gmail::operation::gmail;
///
/// let row = gmail().find("messages", "list")?;
/// assert_eq!(row.path, "/gmail/v1/users/me/messages");
/// assert!(gmail().find("messages", "lisst").is_err());
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Debug)]
pub struct Table {
    /// `x-airbyte-connector-name`.
    pub connector_name: &'static str,
    /// `x-connector-type`.
    pub connector_type: &'static str,
    /// `x-airbyte-connector-definition-id`.
    pub definition_id: &'static str,
    /// The path for batches; empty if the service has none.
    pub batch_path: &'static str,
    /// The action that searches the Context Store.
    ///
    /// Airbyte offers it for every connector; the services themselves don't.
    pub search_action: &'static str,
    /// The action that runs SQL queries on the Context Store.
    pub sql_action: &'static str,
    /// The entities that the Context Store can search.
    pub searchable: &'static [SearchableEntity],
    /// The rows, in the order of the document.
    pub operations: &'static [&'static Operation],
}

/// An entity that the Context Store can search.
#[derive(Debug)]
pub struct SearchableEntity {
    /// The entity's name.
    pub entity: &'static str,
    /// The fields that filters, sorts and selections can use.
    pub fields: &'static [&'static str],
}

/// A row of the table: everything that the document says about an operation.
///
/// ```
/// use airbyte_agent_gmail::operation::{Location, Method, Outbound, gmail};
///
/// let row = gmail().by_id("messages_send").ok_or("an operation")?;
/// assert_eq!((row.method, row.method.as_str()), (Method::Post, "POST"));
/// assert_eq!((row.entity, row.action), ("messages", "create"));
/// assert_eq!(row.outbound, Outbound::Sends);
/// assert!(!row.idempotent && !row.read_only && row.hosted);
/// assert_eq!(row.quota_units.current, 100);
/// let raw = row.field("raw").ok_or("a field")?;
/// assert!(raw.required && raw.location == Location::Body);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct Operation {
    /// The vendor's operation id, such as `messages_list`.
    pub id: &'static str,
    /// The dotted group of its typed call, such as `messages.attachments`; empty at the top level.
    pub group: &'static str,
    /// The method name within the group.
    pub method_name: &'static str,
    /// The entity for `execute`.
    pub entity: &'static str,
    /// The action for `execute`.
    pub action: &'static str,
    /// Whether Airbyte's connector has the action, so hosted mode offers it.
    pub hosted: bool,
    /// Whether only Airbyte can run it, so open-source mode rejects it.
    pub hosted_only: bool,
    /// The HTTP method.
    pub method: Method,
    /// The path template.
    pub path: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// A longer description.
    pub description: &'static str,
    /// The params: first those of the path, query and headers, then the body fields.
    pub fields: &'static [Field],
    /// Whether the request has a body.
    pub has_body: bool,
    /// Whether a successful answer has a body.
    pub has_response: bool,
    /// The field that every success has; an answer without it comes from something else.
    pub response_key: Option<&'static str>,
    /// The top-level fields of a success; an object with none of these is not an answer to this operation.
    pub response_fields: &'static [&'static str],
    /// The list that every success has; an answer without it comes from something else, and is not an empty list.
    pub response_list: Option<&'static str>,
    /// The key of the records in the answer; `None` if the answer is the record itself.
    pub records: Option<&'static str>,
    /// The other fields of a page of records.
    pub meta: &'static [&'static str],
    /// How a list is paged.
    pub pagination: Option<Pagination>,
    /// The upload that can send a field's bytes instead.
    pub media_upload: Option<MediaUpload>,
    /// The cost of a call.
    pub quota_units: QuotaUnits,
    /// The scopes, each of which is sufficient.
    pub scopes: &'static [&'static str],
    /// Those of the scopes that allow only part of the operation.
    pub partial_scopes: &'static [&'static str],
    /// Whether it needs a token.
    pub authenticated: bool,
    /// Whether repeating it leaves the same state as one call.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it destroys something that can't be restored.
    pub destructive: bool,
    /// Whether `check()` uses it.
    pub check: bool,
    /// Whether it is one of the default tools for agents.
    pub default_tool: bool,
    /// Whether it sends mail out of the mailbox.
    pub outbound: Outbound,
}

/// Whether an operation sends mail out of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// It doesn't.
    Nothing,
    /// It sends a message at once.
    Sends,
    /// From then on, mail can leave the mailbox, or others can reach it: forwarding, delegates, automatic replies.
    Shares,
}

/// How a connector reaches Gmail.
///
/// ```
/// use airbyte_agent_gmail::{AirbyteAuthConfig, GmailConnector, Mode};
///
/// let auth = AirbyteAuthConfig::new("client-id", "client-secret").with_customer_name("customer-42");
/// assert_eq!(GmailConnector::new(auth)?.mode(), Mode::Hosted);
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// This crate calls Gmail itself.
    OpenSource,
    /// Airbyte calls Gmail.
    Hosted,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// The place of a param in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// The JSON body.
    Body,
}

/// A param, or a field of an object in one.
#[derive(Debug)]
pub struct Field {
    /// The wire name.
    pub name: &'static str,
    /// Its place in the request.
    pub location: Location,
    /// Whether it is required.
    pub required: bool,
    /// Its meaning.
    pub description: &'static str,
    /// Its type.
    pub schema: Schema,
    /// Whether Airbyte documents this list as one comma-joined string. Such a string is accepted, but a list is sent.
    pub comma_joined: bool,
    /// Whether Google has it but Airbyte's connector doesn't.
    pub absent: bool,
    /// The field of the same operation that this is an alias of; it is sent under that name.
    pub sent_as: Option<&'static str>,
}

/// The type of a param.
#[derive(Debug)]
pub enum Schema {
    /// Any string.
    String,
    /// A whole number within limits.
    Integer {
        /// The smallest value.
        minimum: Option<i64>,
        /// The largest value.
        maximum: Option<i64>,
    },
    /// A number.
    Number,
    /// true or false.
    Boolean,
    /// One of these strings.
    Enum(&'static [&'static str]),
    /// A list.
    Array(&'static Schema),
    /// An object of these fields.
    Object(&'static [Field]),
    /// Any object.
    Map,
    /// Any JSON.
    Any,
}

/// The field names for paging a list.
#[derive(Debug)]
pub struct Pagination {
    /// The param for the page token.
    pub token_parameter: &'static str,
    /// The answer's field with the next page token.
    pub token_field: &'static str,
    /// The param for the page size.
    pub size_parameter: Option<&'static str>,
}

/// A way to send a field's bytes outside the JSON: without base64, and with a higher limit.
#[derive(Debug)]
pub struct MediaUpload {
    /// The path template.
    pub path: &'static str,
    /// The limit in bytes.
    pub max_size: u64,
    /// The body field, with dots, that the bytes replace.
    pub field: &'static str,
}

/// The cost of a call, in units of a user's quota per minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUnits {
    /// For projects created in May 2026 or later: 6,000 a minute.
    pub current: u32,
    /// For older projects: 15,000 a minute.
    pub legacy: u32,
}

/// The table of `spec/gmail.yaml`: Gmail's API, under the names of Airbyte's connector.
///
/// ```
/// use airbyte_agent_gmail::operation::gmail;
///
/// let hosted = gmail().operations.iter().filter(|row| row.hosted).count();
/// assert!(hosted < gmail().operations.len());
/// ```
pub fn gmail() -> &'static Table {
    &crate::api::gmail::operation::TABLE
}

/// The table of `spec/airbyte.yaml`: Airbyte's own API.
///
/// ```
/// use airbyte_agent_gmail::operation::airbyte;
///
/// assert!(airbyte().operations.iter().any(|row| row.path == "/api/v1/integrations/connectors"));
/// ```
pub fn airbyte() -> &'static Table {
    &crate::api::airbyte::operation::TABLE
}

impl Table {
    /// Finds the row for an entity and action.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](crate::Error::is_invalid_input): the entity or action is unknown; the text lists the known
    /// ones.
    pub fn find(&self, entity: &str, action: &str) -> Result<&'static Operation, Error> {
        let of_entity = || {
            let rows = self.operations.iter().copied();
            rows.filter(|row| row.entity == entity)
        };
        if let Some(row) = of_entity().find(|row| row.action == action) {
            return Ok(row);
        }
        let actions: Vec<&str> = of_entity().map(|row| row.action).collect();
        let message = if actions.is_empty() {
            format!("unknown entity; use one of: {}", self.entities().join(", "))
        } else {
            format!(
                "the entity has no such action; use one of: {}",
                actions.join(", ")
            )
        };
        Err(Error::invalid_input(message))
    }

    /// Finds the row for an operation id.
    pub fn by_id(&self, id: &str) -> Option<&'static Operation> {
        self.operations.iter().copied().find(|row| row.id == id)
    }

    /// The Context Store action with these names: a search or SQL query, which have no rows.
    pub(crate) fn store_action(&self, entity: &str, action: &str) -> Option<&'static str> {
        let is_searchable = self
            .searchable
            .iter()
            .any(|searchable| searchable.entity == entity);
        [self.search_action, self.sql_action]
            .into_iter()
            .find(|known| is_searchable && *known == action && !known.is_empty())
    }

    /// The entities, without duplicates, in the order of the document.
    ///
    /// ```
    /// use airbyte_agent_gmail::operation::gmail;
    ///
    /// let entities = gmail().entities();
    /// assert!(entities.contains(&"messages") && entities.contains(&"labels"));
    /// ```
    pub fn entities(&self) -> Vec<&'static str> {
        let mut entities = Vec::new();
        for row in self.operations {
            if !entities.contains(&row.entity) {
                entities.push(row.entity);
            }
        }
        entities
    }
}

impl QuotaUnits {
    /// No cost.
    pub(crate) const NONE: Self = Self {
        current: 0,
        legacy: 0,
    };
}

impl Operation {
    /// Whether a field of a list's page belongs with its records.
    pub(crate) fn is_beside(&self, name: &str) -> bool {
        self.meta.contains(&name)
    }

    /// The path parameter that a success repeats under its [`response_key`](Self::response_key): for example
    /// `messageId` for a message, or a connector's `id` for `connector_id`.
    pub(crate) fn repeated_param(&self) -> Option<&'static str> {
        let key = self.response_key?;
        let (collection, rest) = self.path.rsplit_once("/{")?;
        let (name, _) = rest.split_once('}')?;
        let (_, collection) = collection.rsplit_once('/')?;
        // The full name, if the other one is just "id".
        let full = match (name, key) {
            (full, "id") | ("id", full) => full,
            _ => "",
        };
        let one = full.strip_suffix("Id").or_else(|| full.strip_suffix("_id"));
        let is_of_collection = one.is_some_and(|one| collection.strip_suffix('s') == Some(one));
        (name == key || is_of_collection).then_some(name)
    }

    /// Replaces aliases by the wire names that [`decode`](Self::decode) returns.
    pub(crate) fn rename(&self, params: &mut Map<String, Value>) {
        for field in self.fields {
            if let Some(name) = field.sent_as
                && let Some(value) = params.remove(field.name)
            {
                params.insert(name.to_owned(), value);
            }
        }
    }

    /// The param with this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Error {
    /// Names the operation, unless one is named already.
    pub(crate) fn of(self, operation: &Operation) -> Self {
        self.named(Cow::Borrowed(operation.id))
    }
}

impl Method {
    /// The method as sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
