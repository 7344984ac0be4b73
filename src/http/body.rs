//! The body of an answer as it arrives: counted, and unpacked where it is gzip.

use std::io::{self, Read};

use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, header};

/// A body that is still arriving, in pieces as they came. To reserve the whole beforehand, or to unpack what is not
/// whole, would cost many large answers at once the memory of all of them before any is there.
pub(super) struct Body {
    limit: usize,
    is_gzip: bool,
    pieces: Vec<Bytes>,
    length: usize,
}

/// By how much gzip may be longer than what it holds.
const BAD_PACKING: usize = 64 * 1024;

/// Why a body is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is larger than the limit.
    TooLarge,
    /// It is gzip that ends early or is damaged.
    Damaged(io::Error),
}

impl Body {
    /// One that its headers announce, and that may hold so many bytes.
    pub(super) fn new(headers: &HeaderMap, limit: usize) -> Self {
        Self {
            limit,
            is_gzip: is_gzip(headers),
            pieces: Vec::new(),
            length: 0,
        }
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<(), Refusal> {
        self.length = self.length.saturating_add(piece.len());
        let longer = if self.is_gzip { BAD_PACKING } else { 0 };
        if self.length > self.limit.saturating_add(longer) {
            return Err(Refusal::TooLarge);
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// The whole.
    pub(super) fn finish(mut self) -> Result<Bytes, Refusal> {
        let whole = match self.pieces.as_mut_slice() {
            [] => Bytes::new(),
            [piece] => std::mem::take(piece),
            _ => {
                let mut whole = BytesMut::with_capacity(self.length);
                for piece in self.pieces {
                    whole.extend_from_slice(&piece);
                }
                whole.freeze()
            }
        };
        if self.is_gzip {
            unpacked(&whole, self.limit)
        } else {
            Ok(whole)
        }
    }
}

/// What gzip (RFC 1952) holds, up to a limit.
fn unpacked(gzip: &[u8], limit: usize) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    let mut decoder = MultiGzDecoder::new(gzip);
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let read = decoder.by_ref().take(most).read_to_end(&mut bytes);
    read.map_err(Refusal::Damaged)?;
    // Behind the limit there is nothing, or too much.
    match decoder.read(&mut [0]) {
        Ok(0) => Ok(bytes.into()),
        Ok(_) => Err(Refusal::TooLarge),
        Err(error) => Err(Refusal::Damaged(error)),
    }
}

/// Whether headers say that a body is gzip; `x-gzip` is the same (RFC 9110, section 8.4.1.3).
fn is_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| {
            let encoding = encoding.as_bytes().trim_ascii();
            encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
        })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain)?;
        encoder.finish()
    }

    fn read(
        encoding: &'static str,
        bytes: &[u8],
        piece: usize,
        limit: usize,
    ) -> Result<Bytes, Refusal> {
        let headers =
            HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(encoding))]);
        let mut body = Body::new(&headers, limit);
        for piece in bytes.chunks(piece) {
            body.push(Bytes::copy_from_slice(piece))?;
        }
        body.finish()
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out(plain in proptest::collection::vec(0_u8..4, 0..3000), piece in 1_usize..400) {
            let gzip = packed(&plain)?;
            for encoding in ["gzip", "X-GZip"] {
                let body = read(encoding, &gzip, piece, plain.len());
                prop_assert!(body.is_ok_and(|body| body == plain));
            }
            let twice = [gzip.clone(), gzip.clone()].concat();
            let body = read("gzip", &twice, piece, usize::MAX);
            prop_assert!(body.is_ok_and(|body| body == [plain.clone(), plain.clone()].concat()));
            let body = read("identity", &plain, piece, plain.len());
            prop_assert!(body.is_ok_and(|body| body == plain));
        }

        #[test]
        fn what_is_cut_or_damaged_is_refused(
            plain in proptest::collection::vec(any::<u8>(), 1..500),
            place in any::<prop::sample::Index>(),
            piece in 1_usize..100,
        ) {
            let gzip = packed(&plain)?;
            let end = place.index(gzip.len());
            let cut = read("gzip", gzip.get(..end).unwrap_or_default(), piece, usize::MAX);
            prop_assert!(matches!(cut, Err(Refusal::Damaged(_))), "{cut:?}");
            // The trailer is a checksum and a length.
            let mut damaged = gzip;
            let at = damaged.len() - 1 - place.index(8);
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1;
            }
            let damaged = read("gzip", &damaged, piece, usize::MAX);
            prop_assert!(matches!(damaged, Err(Refusal::Damaged(_))), "{damaged:?}");
        }
    }

    #[test]
    fn the_limit_counts_what_comes_out() -> io::Result<()> {
        let bomb = packed(&vec![0; 1 << 20])?;
        assert!(bomb.len() < 2000);
        for limit in [0, 2000, (1 << 20) - 1] {
            let body = read("gzip", &bomb, 100, limit);
            assert!(matches!(body, Err(Refusal::TooLarge)), "{limit}: {body:?}");
        }
        let body = read("gzip", &bomb, 100, 1 << 20);
        assert!(body.is_ok_and(|body| body.len() == 1 << 20));
        let body = read("identity", b"abc", 2, 2);
        assert!(matches!(body, Err(Refusal::TooLarge)));
        Ok(())
    }
}
