//! A bearer token that the caller gave, and that nothing can renew.

use super::{TokenFuture, TokenSource};
use crate::auth::Secret;
use crate::error::{Error, Kind};

/// Gives no token: the one of the configuration is all there is.
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
