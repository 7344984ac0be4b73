//! Random values from the operating system. If it has none, this fails: a weaker source would pass for a good one.

use crate::error::Error;

/// The operating system returned no random values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRandomness;

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(NoRandomness),
    }
}

impl From<NoRandomness> for Error {
    fn from(_: NoRandomness) -> Self {
        Self::configuration(
            "the operating system gives no random numbers, and nothing is safe without them; check /dev/urandom and the sandbox \
             that this process runs in",
        )
    }
}

impl From<NoRandomness> for std::io::Error {
    fn from(error: NoRandomness) -> Self {
        Self::other(Error::from(error))
    }
}
