//! The table of all operations, [`gmail`], and everything that depends only on a row: finding it, checking params,
//! encoding and decoding requests, describing params as JSON Schema.

pub(crate) mod check;
mod decode;
mod encode;
pub(crate) mod schema;

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::error::{Error, Kind};

pub(crate) use check::params;
pub(crate) use encode::{Encoded, Encoder};

/// The operations of a document, with what it says about the connector.
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
    /// The path for several operations in one request; empty if the service has none.
    pub batch_path: &'static str,
    /// The action that searches the Context Store; Airbyte offers it for every connector, the services themselves
    /// don't.
    pub search_action: &'static str,
    /// The action that answers SQL over the Context Store.
    pub sql_action: &'static str,
    /// What the Context Store can search.
    pub searchable: &'static [SearchableEntity],
    /// The rows, in the document's order.
    pub operations: &'static [&'static Operation],
}

/// An entity that the Context Store can search.
#[derive(Debug)]
pub struct SearchableEntity {
    /// The entity's name.
    pub entity: &'static str,
    /// The fields that filters, sorts and selections may name.
    pub fields: &'static [&'static str],
}

/// One row: everything that the document says about an operation.
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
    /// The dotted group of its call, such as `messages.attachments`; empty at the top level.
    pub group: &'static str,
    /// The method's name in its group.
    pub method_name: &'static str,
    /// The entity that `execute` knows it by.
    pub entity: &'static str,
    /// The action that `execute` knows it by.
    pub action: &'static str,
    /// Whether Airbyte's connector has the action, so that hosted mode offers it.
    pub hosted: bool,
    /// Whether only Airbyte can carry it out, so that open-source mode refuses it.
    pub hosted_only: bool,
    /// The HTTP method.
    pub method: Method,
    /// The path template.
    pub path: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Some sentences.
    pub description: &'static str,
    /// The params: those of the path, the query and the headers, then the fields of the body.
    pub fields: &'static [Field],
    /// Whether a body is sent.
    pub has_body: bool,
    /// Whether a success has a body.
    pub has_response: bool,
    /// The field that every success has; an answer without it comes from something else and proves nothing.
    pub response_key: Option<&'static str>,
    /// The top-level fields that a success can have; an object without any of them is not an answer to this operation.
    pub response_fields: &'static [&'static str],
    /// The list that every success has; an answer without it comes from something else and is not an empty list.
    pub response_list: Option<&'static str>,
    /// The key of the records in the response; `None` when the response is the record.
    pub records: Option<&'static str>,
    /// The fields beside the records.
    pub meta: &'static [&'static str],
    /// How a list goes on.
    pub pagination: Option<Pagination>,
    /// Where the bytes of a field may be uploaded instead.
    pub media_upload: Option<MediaUpload>,
    /// What a call costs.
    pub quota_units: QuotaUnits,
    /// The scopes, any one of which is enough.
    pub scopes: &'static [&'static str],
    /// Those of the scopes that allow only part of it.
    pub partial_scopes: &'static [&'static str],
    /// Whether a token is needed.
    pub authenticated: bool,
    /// Whether sending it twice leaves the same state as sending it once.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it destroys something that can't be restored.
    pub destructive: bool,
    /// Whether `check()` calls it.
    pub check: bool,
    /// Whether it is one of the default tools for agents.
    pub default_tool: bool,
    /// Whether it sends mail out of the mailbox.
    pub outbound: Outbound,
}

/// Whether an operation sends mail out of the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// It does not.
    Nothing,
    /// A message is sent at once.
    Sends,
    /// From then on mail can leave the mailbox, or others can reach it: forwarding, delegates, automatic answers.
    Shares,
}

/// How Gmail is reached.
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

/// Where a param goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
    /// Into the JSON body.
    Body,
}

/// A param, or a field of an object in one.
#[derive(Debug)]
pub struct Field {
    /// The wire name.
    pub name: &'static str,
    /// Where it goes.
    pub location: Location,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub description: &'static str,
    /// Its type.
    pub schema: Schema,
    /// Whether Airbyte documents this list as one string, joined with commas. Such a string is accepted; a list is
    /// sent.
    pub comma_joined: bool,
    /// Whether Google has it but Airbyte's connector does not.
    pub absent: bool,
    /// The field of the same operation that this is an alias of; it is sent under that name.
    pub sent_as: Option<&'static str>,
}

/// The type of a param.
#[derive(Debug)]
pub enum Schema {
    /// Any text.
    String,
    /// A whole number within bounds.
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

/// The names for paging a list.
#[derive(Debug)]
pub struct Pagination {
    /// The param that takes the token.
    pub token_parameter: &'static str,
    /// The response field that gives the next token.
    pub token_field: &'static str,
    /// The param for the size of a page.
    pub size_parameter: Option<&'static str>,
}

/// A way to send the bytes of a field outside the JSON: without base64, and with a higher limit.
#[derive(Debug)]
pub struct MediaUpload {
    /// The path template.
    pub path: &'static str,
    /// The limit in bytes.
    pub max_size: u64,
    /// The field of the body that the bytes replace, with dots.
    pub field: &'static str,
}

/// What a call costs of the quota, in units of a user's budget each minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUnits {
    /// For projects created in May 2026 or later: 6,000 a minute.
    pub current: u32,
    /// For older ones: 15,000 a minute.
    pub legacy: u32,
}

/// The table of `spec/gmail.yaml`: Gmail's API, as Airbyte's connector names it.
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
    /// The row of an entity's action.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](crate::Error::is_invalid_input): an unknown entity or action; the text names the known ones.
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
        Err(Error::new(Kind::InvalidInput, message))
    }

    /// The row of an operation id.
    pub fn by_id(&self, id: &str) -> Option<&'static Operation> {
        self.operations.iter().copied().find(|row| row.id == id)
    }

    /// The action of the Context Store that an entity's action is: a search or a query in SQL. They have no rows.
    pub(crate) fn store_action(&self, entity: &str, action: &str) -> Option<&'static str> {
        let is_searchable = self
            .searchable
            .iter()
            .any(|searchable| searchable.entity == entity);
        [self.search_action, self.sql_action]
            .into_iter()
            .find(|known| is_searchable && *known == action && !known.is_empty())
    }

    /// The entities, each once, in the document's order.
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
    /// What costs nothing.
    pub(crate) const NONE: Self = Self {
        current: 0,
        legacy: 0,
    };
}

impl Operation {
    /// Whether a field of a list's page is one that goes with its records.
    pub(crate) fn is_beside(&self, name: &str) -> bool {
        self.meta.contains(&name)
    }

    /// The param of the path that a success repeats under its [`response_key`](Self::response_key), as `messageId` of a
    /// message, or the `id` of a connector as its `connector_id`.
    pub(crate) fn repeated_param(&self) -> Option<&'static str> {
        let key = self.response_key?;
        let (collection, rest) = self.path.rsplit_once("/{")?;
        let (name, _) = rest.split_once('}')?;
        let (_, collection) = collection.rsplit_once('/')?;
        // What is named in full, where the other name says no more than "id".
        let full = match (name, key) {
            (full, "id") | ("id", full) => full,
            _ => "",
        };
        let one = full.strip_suffix("Id").or_else(|| full.strip_suffix("_id"));
        let is_of_collection = one.is_some_and(|one| collection.strip_suffix('s') == Some(one));
        (name == key || is_of_collection).then_some(name)
    }

    /// Params under the names on the wire, as [`decode`](Self::decode) gives them: another name gives way to the
    /// field's own.
    pub(crate) fn rename(&self, params: &mut Map<String, Value>) {
        for field in self.fields {
            if let Some(name) = field.sent_as
                && let Some(value) = params.remove(field.name)
            {
                params.insert(name.to_owned(), value);
            }
        }
    }

    /// The param of a name.
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
    /// The method on the wire.
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
