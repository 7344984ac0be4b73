//! Where progenitor's clients meet the transport.

use std::sync::LazyLock;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::ResponseBuilderExt;

use super::Transport;
use crate::api::{airbyte, gmail};
use crate::error::{Error, Kind};
use crate::http::Reply;
use crate::operation::{Encoded, Operation, Table};

/// The header with the document's version that progenitor adds; no service asks for it.
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
        // Without the headers, which the generated client would copy for a caller that never sees them.
        Ok(Reply { status, body, .. }) => {
            let mut response = response(body);
            *response.status_mut() = status;
            response.into()
        }
        Err(error) => {
            // The generated client has no place for an error of ours, but it hands a response that it does not expect
            // back whole, extensions included; `From` below takes it out again.
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
    let operation = table.by_id(info.operation_id).ok_or_else(|| {
        Error::new(
            Kind::InvalidInput,
            "the operation is not in the table of its document",
        )
    })?;
    let request = encoded(operation, client.baseurl(), request)?;
    client.inner().send(operation, request).await
}

/// The request as this crate's own encoder gives it. The path is held against the row: an id of `..` would name another
/// resource.
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

/// A response with an address that nobody looks at: without one reqwest would parse one for each response.
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

/// What an error of a generated client says, with everything that could hold mail or tokens left behind.
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
                    Self::new(
                        Kind::InvalidResponse,
                        format!("the service answered with the unexpected status {status}"),
                    )
                })
            }
            Client::InvalidRequest(_) => Self::new(
                Kind::InvalidInput,
                "a parameter has a value that can't be sent; check the arguments",
            ),
            // Which operation it was is not known here, so that it may be one that has changed something.
            Client::InvalidResponsePayload(_, error) => Self::undecodable(&error).outcome_unknown(),
            // The transport answers every failure with a response, so nothing else comes from the network.
            _ => Self::new(
                Kind::InvalidResponse,
                "the service's answer could not be read",
            )
            .outcome_unknown(),
        }
    }
}
