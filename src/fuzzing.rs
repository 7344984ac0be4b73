//! Access to private parsers for the fuzz targets. Only cargo-fuzz builds compile this module.

use bytes::Bytes;

use crate::mail;
use crate::transport::batch;

/// The body of each response in a batch, at the position of its request; see `fuzz/fuzz_targets/batch.rs`.
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

/// A message's headers and body; see `fuzz/fuzz_targets/head.rs`.
#[must_use]
pub fn split_head(raw: &[u8]) -> (Vec<(String, Vec<u8>)>, &[u8]) {
    mail::split_head(raw)
}

/// The plain text of RTF; see `fuzz/fuzz_targets/rich_text.rs`.
#[must_use]
pub fn read_rich_text(rtf: &[u8]) -> Option<String> {
    mail::rtf::read(rtf).map(|found| found.text)
}

/// Decompresses compressed RTF; see `fuzz/fuzz_targets/rich_text.rs`.
#[must_use]
pub fn expand_rich_text(bytes: &[u8]) -> Option<Vec<u8>> {
    mail::rtf::compression::decompress(bytes, usize::MAX)
}
