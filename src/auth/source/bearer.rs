//! A bearer token from the caller, which can't be renewed.

use super::{TokenFuture, TokenSource};
use crate::auth::Secret;
use crate::error::{Error, Kind};

/// Always fails: the configured token is the only one.
#[derive(Debug)]
pub(crate) struct BearerTokenSource;

impl TokenSource for BearerTokenSource {
    fn fetch<'a>(&'a self, _: Option<&'a Secret>) -> TokenFuture<'a> {
        Box::pin(async {
            Err(Error::new(
                Kind::Unauthenticated,
                "the bearer token was refused and can't be renewed; give a new one, or a client id and secret",
            ))
        })
    }
}
