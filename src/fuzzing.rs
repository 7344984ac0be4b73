//! Doors to parsers that have no public one; they are there when cargo-fuzz builds the crate, and at no other time.

use bytes::Bytes;

use crate::transport::batch;

/// The body of each answer of a batch, at the place of its request; see `fuzz/fuzz_targets/batch.rs`.
#[must_use]
pub fn read_batch(content_type: &str, body: &[u8], count: usize) -> Option<Vec<Option<Bytes>>> {
    let replies = batch::read(content_type, &Bytes::copy_from_slice(body), count)?;
    Some(
        replies
            .into_iter()
            .map(|reply| reply.map(|reply| reply.body))
            .collect(),
    )
}
