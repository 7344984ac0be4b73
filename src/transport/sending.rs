//! The future of a typed call.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::Transport;
use super::call::Call;
use crate::error::Error;
use crate::http::Reply;
use crate::lenient;
use crate::operation::{Encoded, Operation};

/// A typed call in progress: the future that `send` and `.await` create.
///
/// It borrows nothing, so you can pass it to `tokio::spawn`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// let profile = tokio::spawn(gmail.get_profile().send());
/// let list = gmail.messages().list().q("is:unread").await?;
/// println!("{} unread of {}", list.messages.len(), profile.await??.email_address);
/// # Ok(())
/// # }
/// ```
///
/// It resolves to the operation's answer, or to an [`Error`] whose predicates say what to do next.
#[must_use = "a call does nothing until it is awaited"]
pub struct Sending<T> {
    operation: &'static Operation,
    reply: BoxFuture<'static, Result<Reply, Error>>,
    response: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Sending<T> {
    pub(crate) fn new(
        transport: Transport,
        operation: &'static Operation,
        request: Result<Encoded, Error>,
    ) -> Self {
        Self {
            operation,
            reply: Box::pin(async move { transport.send(operation, request?).await }),
            response: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Future for Sending<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let operation = self.operation;
        self.reply
            .as_mut()
            .poll(context)
            .map(|reply| read(operation, &reply?))
    }
}

/// Parses the answer; `()` if the operation has none.
fn read<T: DeserializeOwned>(operation: &'static Operation, reply: &Reply) -> Result<T, Error> {
    let body = if operation.has_response {
        &*reply.body
    } else {
        b"null"
    };
    lenient::from_bytes(PhantomData, body)
        .map_err(|error| Call::of(operation).fail(Error::undecodable(&error)))
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sending")
            .field("operation", &self.operation.id)
            .finish_non_exhaustive()
    }
}
