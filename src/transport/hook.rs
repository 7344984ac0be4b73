//! Where the generated clients meet the transport.

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};

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
            let mut response = http::Response::new(body);
            *response.status_mut() = status;
            response.into()
        }
        Err(error) => {
            // The generated client has no place for an error of ours, but it hands a response that it does not expect
            // back whole, extensions included; `Error::from_client` takes it out again.
            let mut response = http::Response::new("");
            *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
            response.extensions_mut().insert(error);
            response.into()
        }
    }
}

fn unknown() -> Error {
    Error::new(
        Kind::InvalidInput,
        "the operation is not in the table of its document",
    )
}
