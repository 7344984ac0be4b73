//! Routes progenitor's clients through the transport.

use std::sync::LazyLock;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::ResponseBuilderExt;

use super::Transport;
use crate::api::{airbyte, gmail};
use crate::error::Error;
use crate::http::Reply;
use crate::operation::{Encoded, Operation, Table};

/// The document's version, in a header that progenitor adds; no service asks for it.
const API_VERSION: &str = "api-version";

impl ClientHooks<Transport> for gmail::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self, &gmail::operation::TABLE, request, info).await)
    }
}

impl ClientHooks<Transport> for airbyte::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self, &airbyte::operation::TABLE, request, info).await)
    }
}

async fn exec(
    client: &impl ClientInfo<Transport>,
    table: &Table,
    request: reqwest::Request,
    info: &OperationInfo,
) -> reqwest::Response {
    match send(client, table, request, info).await {
        // Omit the headers: the generated client would copy them for a caller who never sees them.
        Ok(Reply { status, body, .. }) => {
            let mut response = response(body);
            *response.status_mut() = status;
            response.into()
        }
        Err(error) => {
            // The generated client can't carry our errors, but it returns an unexpected response whole, with its
            // extensions. `From` below takes the error out again.
            let mut response = response("");
            *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
            response.extensions_mut().insert(error);
            response.into()
        }
    }
}

async fn send(
    client: &impl ClientInfo<Transport>,
    table: &Table,
    request: reqwest::Request,
    info: &OperationInfo,
) -> Result<Reply, Error> {
    let operation = table
        .by_id(info.operation_id)
        .ok_or_else(|| Error::invalid_input("the operation is not in the table of its document"))?;
    let request = encoded(operation, client.baseurl(), request)?;
    client.inner().send(operation, request).await
}

/// The request as this crate's own encoder writes it. The path is checked against the operation: an id of `..` would
/// name another resource.
fn encoded(
    operation: &Operation,
    base_url: &str,
    mut request: reqwest::Request,
) -> Result<Encoded, Error> {
    let address = request.url().as_str();
    let address = address.strip_prefix(base_url).unwrap_or(address).to_owned();
    let mut headers = std::mem::take(request.headers_mut());
    headers.remove(API_VERSION);
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let body = body.map(Bytes::copy_from_slice).unwrap_or_default();
    let mut id = None;
    let path = address.split_once('?').map_or(&*address, |(path, _)| path);
    operation.match_path(path, |name, value| {
        if operation.repeated_param() == Some(name) {
            let value = percent_decode_str(value).decode_utf8();
            id = value.ok().map(|value| value.into_owned());
        }
    })?;
    let mut encoded = Encoded::new(address, headers, body);
    encoded.id = id;
    Ok(encoded)
}

/// A response with a fixed URL that nobody reads; without one, reqwest would parse a URL for each response.
fn response<B>(body: B) -> http::Response<B> {
    static ADDRESS: LazyLock<http::Extensions> = LazyLock::new(|| {
        reqwest::Url::parse("http://localhost")
            .ok()
            .and_then(|url| http::Response::builder().url(url).body(()).ok())
            .map(|response| response.into_parts().0.extensions)
            .unwrap_or_default()
    });
    let mut response = http::Response::new(body);
    response.extensions_mut().clone_from(&ADDRESS);
    response
}

/// Converts a generated client's error, leaving out everything that could hold mail or tokens.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use airbyte_agent_gmail::Error;
///
/// let error = gmail.client().labels_get("no-such-label").await.map_err(Error::from).unwrap_err();
/// assert!(error.is_not_found());
/// # Ok(())
/// # }
/// ```
impl From<progenitor_client::Error<()>> for Error {
    fn from(error: progenitor_client::Error<()>) -> Self {
        use progenitor_client::Error as Client;
        match error {
            Client::UnexpectedResponse(mut response) => {
                let status = response.status().as_u16();
                let own = response.extensions_mut().remove::<Self>();
                own.unwrap_or_else(|| {
                    Self::invalid_response(format!(
                        "the service answered with the unexpected status {status}"
                    ))
                })
            }
            Client::InvalidRequest(_) => Self::invalid_input(
                "a parameter has a value that can't be sent; check the arguments",
            ),
            // The operation isn't known here, so it may have changed something.
            Client::InvalidResponsePayload(_, error) => Self::undecodable(&error).outcome_unknown(),
            // The transport answers every failure with a response, so no other variant comes from the network.
            _ => Self::invalid_response("the service's answer could not be read").outcome_unknown(),
        }
    }
}
