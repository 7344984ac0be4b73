//! `execute`: any operation by entity, action and params.

use std::pin::Pin;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::GmailConnector;
use super::answer::{from_airbyte, from_service};
use super::selection::Selection;
use super::store::Store;
use crate::api::gmail::operation::TABLE;
use crate::error::Error;
use crate::operation;
use crate::transport::{Call, Form};

/// The result of an action, in the same shape in both modes.
///
/// Its data is a value, or the service's own text ([`Execute::text`]).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use serde_json::json;
///
/// let page = gmail.execute("messages", "list", json!({"maxResults": 1})).await?;
/// assert_eq!(page.data.as_array().map(Vec::len), Some(1));
/// assert!(page.meta["nextPageToken"].is_string());
/// let profile = gmail.execute("profile", "get", json!({})).await?;
/// assert!(profile.data["emailAddress"].is_string() && profile.meta.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExecuteResult<T = Value> {
    /// A list's records, or the one object of any other action; `{}` if the service returns nothing.
    pub data: T,
    /// The fields next to a list's records, such as `nextPageToken`.
    pub meta: Map<String, Value>,
}

/// A record that this crate makes up.
impl From<Value> for ExecuteResult {
    fn from(data: Value) -> Self {
        Self {
            data,
            meta: Map::new(),
        }
    }
}

impl GmailConnector {
    /// Runs an operation, by its entity and action in Airbyte's connector.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.hosted()?;
    /// use serde_json::json;
    ///
    /// let page = gmail.execute("messages", "list", json!({"labelIds": ["INBOX"], "maxResults": 5})).await?;
    /// let first = page.data[0]["id"].as_str().ok_or("a message")?;
    /// let message = gmail.execute("messages", "get", json!({"messageId": first})).await?;
    /// assert!(message.data["snippet"].is_string());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `params` use the wire names, wherever they go in the request; `null` counts as absent. They are checked against
    /// the operation's schema before anything is sent.
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input) if the check fails, [`is_unsupported`](Error::is_unsupported) if
    /// the mode doesn't offer the operation, and errors of the services.
    pub fn execute<'a>(
        &'a self,
        entity: &'a str,
        action: &'a str,
        params: impl Into<Value>,
    ) -> Execute<'a> {
        Execute::new(Store::Gmail(self), entity, action, params.into())
    }

    /// Like [`execute`](Self::execute), with only some fields of the records.
    ///
    /// Airbyte selects them in hosted mode, this crate in open-source mode.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use airbyte_agent_gmail::Selection;
    /// use serde_json::json;
    ///
    /// let names = Selection::select(["name"]);
    /// let labels = gmail.execute_selected("labels", "list", json!({}), &names).await?;
    /// assert_eq!(labels.data[0].as_object().map(|label| label.len()), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`execute`](Self::execute).
    pub fn execute_selected<'a>(
        &'a self,
        entity: &'a str,
        action: &'a str,
        params: impl Into<Value>,
        selection: &Selection,
    ) -> Execute<'a> {
        self.execute(entity, action, params)
            .selection(selection.clone())
    }

    /// The same connector, stating a reason for its calls in Airbyte's audit log.
    ///
    /// Hosted mode sends it with each action; open-source mode ignores it. `intent` has at most 512 characters.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.hosted()?;
    /// let for_billing = gmail.with_intent("find the invoices of March")?;
    /// for_billing.messages().list().q("subject:invoice").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_invalid_input`](Error::is_invalid_input): the intent is longer.
    pub fn with_intent(&self, intent: impl Into<String>) -> Result<Self, Error> {
        let transport = self.transport.with_intent(&intent.into())?;
        Ok(self.with_transport(transport))
    }

    async fn execute_all_fields<T: Form>(
        &self,
        entity: &str,
        action: &str,
        params: Value,
        selection: &Selection,
    ) -> Result<ExecuteResult<T>, Error> {
        if let Some(action) = TABLE.store_action(entity, action) {
            let params = operation::params(params)?;
            return Store::Gmail(self).ask(action, entity, params).await;
        }
        let operation = TABLE.find(entity, action)?;
        let params = operation.accept(params)?;
        match self.transport.as_hosted() {
            Some(hosted) => {
                let mut call = Call::of(operation).about(operation, &params);
                let executed = hosted
                    .execute(
                        operation,
                        params,
                        &self.transport.beside(selection.to_hosted()),
                    )
                    .await?;
                if !selection.is_empty() {
                    // A choice of fields can leave out the key.
                    call = call.partial();
                }
                from_airbyte(operation, &executed, &call)
            }
            None => {
                let request = operation.write(&params)?;
                let reply = self.transport.send(operation, request).await?;
                from_service(operation, &reply.body)
            }
        }
    }
}

/// An action to run; see [`GmailConnector::execute`].
#[must_use = "an action does nothing until it is sent"]
pub struct Execute<'a> {
    target: Store<'a>,
    entity: &'a str,
    action: &'a str,
    params: Value,
    selection: Selection,
    intent: Option<String>,
}

impl<'a> Execute<'a> {
    pub(super) fn new(target: Store<'a>, entity: &'a str, action: &'a str, params: Value) -> Self {
        Self {
            target,
            entity,
            action,
            params,
            selection: Selection::default(),
            intent: None,
        }
    }

    /// Sets the fields of the records to return; see [`GmailConnector::execute_selected`]. Default: all.
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// States a reason for Airbyte's audit log; see [`GmailConnector::with_intent`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.hosted()?;
    /// use serde_json::json;
    ///
    /// gmail.execute("labels", "list", json!({})).intent("show the folders").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn intent(mut self, intent: impl Into<String>) -> Self {
        self.intent = Some(intent.into());
        self
    }

    /// Runs the action, as `.await` does.
    ///
    /// # Errors
    ///
    /// As for [`GmailConnector::execute`].
    pub fn send(self) -> Executing<'a> {
        Box::pin(async move {
            let selection = self.selection.clone();
            let mut result: ExecuteResult = self.run().await?;
            if !selection.is_empty() {
                result.data = selection.apply(&result.data);
            }
            Ok(result)
        })
    }

    /// Runs the action, and returns the data as the service's own JSON text.
    ///
    /// It is not parsed into values. With a [`selection`](Self::selection), the text is serialized again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use serde_json::json;
    ///
    /// let page = gmail.execute("messages", "list", json!({"maxResults": 1})).text().await?;
    /// assert!(page.data.get().starts_with('['));
    /// assert!(page.meta["nextPageToken"].is_string());
    /// let text = serde_json::to_string(&page)?;
    /// assert!(text.starts_with(r#"{"data":["#));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`GmailConnector::execute`].
    pub fn text(self) -> Executing<'a, Box<RawValue>> {
        Box::pin(async move {
            if self.selection.is_empty() {
                return self.run().await;
            }
            let ExecuteResult { data, meta } = self.send().await?;
            let data = to_raw_value(&data).map_err(|error| Error::undecodable(&error))?;
            Ok(ExecuteResult { data, meta })
        })
    }

    async fn run<T: Form>(self) -> Result<ExecuteResult<T>, Error> {
        let (entity, action, selection) = (self.entity, self.action, &self.selection);
        let intent = self.intent.as_deref();
        match self.target {
            Store::Gmail(gmail) => {
                let named = intent.map(|intent| gmail.with_intent(intent)).transpose()?;
                let gmail = named.as_ref().unwrap_or(gmail);
                gmail
                    .execute_all_fields(entity, action, self.params, selection)
                    .await
            }
            Store::Any(connector) => {
                let named = intent
                    .map(|intent| connector.with_intent(intent))
                    .transpose()?;
                let connector = named.as_ref().unwrap_or(connector);
                connector.run(entity, action, self.params, selection).await
            }
        }
    }
}

/// An action in progress.
pub type Executing<'a, T = Value> =
    Pin<Box<dyn Future<Output = Result<ExecuteResult<T>, Error>> + Send + 'a>>;

impl<'a> IntoFuture for Execute<'a> {
    type Output = Result<ExecuteResult, Error>;
    type IntoFuture = Executing<'a>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}

debug!(Execute<'_>, self => entity: self.entity, action: self.action);
