//! Where the generated clients meet the transport.

use std::sync::LazyLock;

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::ResponseBuilderExt;

use super::Transport;
use crate::api::{airbyte, gmail};
use crate::error::{Error, Kind};
use crate::http::Reply;
use crate::operation::Table;

impl ClientHooks<Transport> for gmail::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self.inner(), &gmail::operation::TABLE, request, info).await)
    }
}

impl ClientHooks<Transport> for airbyte::Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self.inner(), &airbyte::operation::TABLE, request, info).await)
    }
}

async fn exec(
    transport: &Transport,
    table: &Table,
    request: reqwest::Request,
    info: &OperationInfo,
) -> reqwest::Response {
    let result = match table.by_id(info.operation_id) {
        Some(operation) => transport.send(operation, request).await,
        None => Err(unknown()),
    };
    match result {
        // Without the headers, which the generated client would copy for a caller that never sees them.
        Ok(Reply { status, body, .. }) => {
            let mut response = response(body);
            *response.status_mut() = status;
            response.into()
        }
        Err(error) => {
            // The generated client has no place for an error of ours, but it hands a response that it does not expect
            // back whole, extensions included; `Error::from_client` takes it out again.
            let mut response = response("");
            *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
            response.extensions_mut().insert(error);
            response.into()
        }
    }
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

fn unknown() -> Error {
    Error::new(
        Kind::InvalidInput,
        "the operation is not in the table of its document",
    )
}
