//! The body of an answer as it arrives, with a size limit, and decompressed if it is gzip.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, header};

/// A body that is still arriving, in pieces. Reserving its full size up front, or decompressing before it is complete,
/// would make many concurrent large answers take all their memory before any of them is complete.
pub(super) struct Body {
    limit: usize,
    is_gzip: bool,
    pieces: Vec<Bytes>,
    /// The buffer for a body with a reservation.
    whole: Option<(BytesMut, Reservation)>,
    length: usize,
}

/// Memory that a body with a known length may take before it arrives. It spares a single large answer the extra memory
/// of its pieces, which otherwise exist alongside the joined body.
struct Reservation(usize);

/// The memory reserved for all arriving bodies.
static RESERVED: AtomicUsize = AtomicUsize::new(0);

/// The maximum memory reserved for all of them.
const MOST_RESERVED: usize = 8 * 1024 * 1024;

/// Most bodies of this size arrive in one piece, which needs no copy.
const SMALL: usize = 64 * 1024;

impl Reservation {
    fn take(length: usize) -> Option<Self> {
        let within = |reserved: usize| {
            let sum = reserved.checked_add(length)?;
            (sum <= MOST_RESERVED).then_some(sum)
        };
        RESERVED
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, within)
            .is_ok()
            .then(|| Self(length))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        RESERVED.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// How much longer gzip may be than its content.
const BAD_PACKING: usize = 64 * 1024;

/// Why a body is rejected.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is larger than the limit.
    TooLarge,
    /// The gzip data is truncated or damaged.
    Damaged(io::Error),
}

impl Body {
    /// A body with these headers, its announced length if known, and a size limit.
    pub(super) fn new(headers: &HeaderMap, announced: Option<u64>, limit: usize) -> Self {
        let is_gzip = is_gzip(headers);
        let length = announced.and_then(|length| usize::try_from(length).ok());
        let whole = length
            .filter(|length| !is_gzip && *length > SMALL)
            .and_then(|length| {
                Reservation::take(length)
                    .map(|reservation| (BytesMut::with_capacity(length), reservation))
            });
        Self {
            limit,
            is_gzip,
            pieces: Vec::new(),
            whole,
            length: 0,
        }
    }

    /// Adds the next piece.
    pub(super) fn push(&mut self, piece: Bytes) -> Result<(), Refusal> {
        self.length = self.length.saturating_add(piece.len());
        let longer = if self.is_gzip { BAD_PACKING } else { 0 };
        if self.length > self.limit.saturating_add(longer) {
            return Err(Refusal::TooLarge);
        }
        match &mut self.whole {
            Some((whole, _)) => whole.extend_from_slice(&piece),
            None => self.pieces.push(piece),
        }
        Ok(())
    }

    /// Returns the complete body.
    pub(super) fn finish(mut self) -> Result<Bytes, Refusal> {
        let whole = match (self.whole, self.pieces.as_mut_slice()) {
            (Some((whole, _)), _) => whole.freeze(),
            (None, []) => Bytes::new(),
            (None, [piece]) => std::mem::take(piece),
            (None, _) => {
                let mut whole = BytesMut::with_capacity(self.length);
                for piece in self.pieces {
                    whole.extend_from_slice(&piece);
                }
                whole.freeze()
            }
        };
        // Servers that pack answers label the empty ones too.
        if self.is_gzip && !whole.is_empty() {
            unpacked(&whole, self.limit)
        } else {
            Ok(whole)
        }
    }
}

/// Decompresses gzip (RFC 1952), up to a limit.
fn unpacked(gzip: &[u8], limit: usize) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    let mut decoder = MultiGzDecoder::new(gzip);
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let read = decoder.by_ref().take(most).read_to_end(&mut bytes);
    read.map_err(Refusal::Damaged)?;
    // At the limit, reading on finds the end, or too much.
    match decoder.read(&mut [0]) {
        Ok(0) => Ok(bytes.into()),
        Ok(_) => Err(Refusal::TooLarge),
        Err(error) => Err(Refusal::Damaged(error)),
    }
}

/// Whether the headers say gzip; `x-gzip` is the same (RFC 9110, section 8.4.1.3).
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
        let mut body = Body::new(&headers, Some(bytes.len() as u64), limit);
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
            prop_assert!(read("gzip", b"", piece, 0).is_ok_and(|body| body.is_empty()));
        }

        #[test]
        fn what_is_cut_or_damaged_is_refused(
            plain in proptest::collection::vec(any::<u8>(), 1..500),
            place in any::<prop::sample::Index>(),
            piece in 1_usize..100,
        ) {
            let gzip = packed(&plain)?;
            let end = 1 + place.index(gzip.len() - 1);
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
    fn large_bodies_reserve_no_more_than_their_share_together() {
        let length = 3 * 1024 * 1024;
        let announced = || Body::new(&HeaderMap::new(), Some(length as u64), usize::MAX);
        let mut bodies: Vec<_> = (0..5).map(|_| announced()).collect();
        let reserved = bodies.iter().filter(|body| body.whole.is_some()).count();
        assert!(
            reserved * length <= MOST_RESERVED,
            "{reserved} were reserved"
        );
        let pieces: Vec<_> = (0..length / 1024)
            .map(|number| vec![number as u8; 1024])
            .collect();
        let expected = pieces.concat();
        for mut body in bodies.drain(..) {
            for piece in &pieces {
                assert!(body.push(piece.clone().into()).is_ok());
            }
            assert!(body.finish().is_ok_and(|whole| whole == expected));
        }
        // Finishing a body returns its reservation.
        assert!(announced().whole.is_some());
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
