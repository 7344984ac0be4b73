//! The content of opaque S/MIME messages (RFC 8551, section 3; RFC 5652), in DER and BER.

use std::io::Read;

use bcder::{
    Mode, Oid, Tag,
    decode::{Constructed, Content, DecodeError, Source},
};
use flate2::read::ZlibDecoder;

use crate::mail::encoding::transfer::decode_mime_base64;

/// The content of a CMS object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Holding {
    /// Content with a signature, which is not checked.
    Signed(Vec<u8>),
    /// Compressed content (RFC 3274).
    Compressed(Vec<u8>),
    /// Content that only the recipient's key can decrypt.
    Encrypted,
}

/// id-signedData, 1.2.840.113549.1.7.2.
const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];

/// id-envelopedData, 1.2.840.113549.1.7.3.
const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];

/// id-encryptedData, 1.2.840.113549.1.7.6.
const ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];

/// id-ct-compressedData, 1.2.840.113549.1.9.16.1.9.
const COMPRESSED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 9];

/// id-ct-authEnvelopedData, 1.2.840.113549.1.9.16.1.23.
const AUTH_ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23];

/// The deepest nesting of pieces, and of values to skip; programs write three or four levels.
const MAXIMUM_DEPTH: usize = 32;

/// Opens a CMS object. `None` for other bytes, for detached content, and for content that expands to more than `room`
/// bytes; expanded bytes are subtracted from `room`.
///
/// Some programs write PEM, or base64 without saying so in the header.
pub(crate) fn open(bytes: &[u8], room: &mut usize) -> Option<Holding> {
    match in_letters(bytes) {
        Some(object) => open_object(&object, room),
        None => open_object(bytes, room),
    }
}

/// Decodes an object in PEM or base64.
fn in_letters(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.trim_ascii();
    let letters = match text.strip_prefix(b"-----BEGIN ") {
        Some(rest) => {
            let begin = memchr::memchr(b'\n', rest)?;
            let end = memchr::memmem::find(rest, b"-----END ")?;
            rest.get(begin..end)?
        }
        // Every object is a sequence, which starts with this letter in base64.
        None if text.starts_with(b"M") => text,
        None => return None,
    };
    let is_base64 = |byte: &u8| {
        byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=".contains(byte)
    };
    letters
        .iter()
        .all(is_base64)
        .then(|| decode_mime_base64(letters))
}

fn open_object(bytes: &[u8], room: &mut usize) -> Option<Holding> {
    let mut kind = Vec::new();
    let mut content = None;
    // The content precedes the certificates and signatures, which aren't parsed. If those are invalid, the error comes
    // after the content and changes nothing.
    let _ = Mode::Ber.decode(bytes, |source| {
        source.take_sequence(|object| {
            kind = Oid::take_from(object)?.0.to_vec();
            if matches!(kind.as_slice(), SIGNED | COMPRESSED) {
                object.take_constructed_if(Tag::CTX_0, |object| {
                    object.take_sequence(|data| take_content(data, &mut content))
                })?;
            }
            Ok(())
        })
    });
    match (kind.as_slice(), content) {
        (SIGNED, Some(content)) => Some(Holding::Signed(content)),
        (COMPRESSED, Some(content)) => inflate(&content, room).map(Holding::Compressed),
        (ENVELOPED | ENCRYPTED | AUTH_ENVELOPED, _) => Some(Holding::Encrypted),
        _ => None,
    }
}

/// `SignedData` and `CompressedData` start alike: a version, the algorithms, and the encapsulated content.
fn take_content<S: Source>(
    data: &mut Constructed<'_, S>,
    content: &mut Option<Vec<u8>>,
) -> Result<(), DecodeError<S::Error>> {
    for _ in 0..2 {
        data.skip(|_, _, depth| {
            if depth > MAXIMUM_DEPTH {
                return Err("too deep".into());
            }
            Ok(())
        })?;
    }
    data.take_sequence(|encapsulated| {
        Oid::skip_in(encapsulated)?;
        encapsulated.take_opt_constructed_if(Tag::CTX_0, |encapsulated| {
            let mut bytes = Vec::new();
            encapsulated.take_value_if(Tag::OCTET_STRING, |value| join(value, 0, &mut bytes))?;
            *content = Some(bytes);
            Ok(())
        })
    })?;
    Ok(())
}

/// Joins the pieces of an octet string.
fn join<S: Source>(
    value: &mut Content<'_, S>,
    depth: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), DecodeError<S::Error>> {
    match value {
        Content::Primitive(piece) => bytes.extend_from_slice(&piece.take_all()?),
        Content::Constructed(pieces) => {
            if depth > MAXIMUM_DEPTH {
                return Err(pieces.content_err("too deep"));
            }
            while pieces
                .take_opt_value_if(Tag::OCTET_STRING, |piece| join(piece, depth + 1, bytes))?
                .is_some()
            {}
        }
    }
    Ok(())
}

fn inflate(bytes: &[u8], room: &mut usize) -> Option<Vec<u8>> {
    let limit = *room;
    let most = u64::try_from(limit).ok()?.checked_add(1)?;
    let mut inflated = Vec::new();
    let outcome = ZlibDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut inflated);
    *room = limit.saturating_sub(inflated.len());
    (outcome.is_ok() && inflated.len() <= limit).then_some(inflated)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    /// How lengths are encoded.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(crate) enum Lengths {
        Definite,
        Indefinite,
    }

    fn value(tag: u8, content: &[u8], lengths: Lengths) -> Vec<u8> {
        if lengths == Lengths::Indefinite && tag & 0x20 != 0 {
            return [&[tag, 0x80][..], content, &[0, 0]].concat();
        }
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }

    /// A CMS object around content. With indefinite lengths, every value that may have one does, and the content is in
    /// pieces.
    pub(crate) fn object(kind: &[u8], content: Option<&[u8]>, lengths: Lengths) -> Vec<u8> {
        let constructed = |tag: u8, parts: &[Vec<u8>]| value(tag, &parts.concat(), lengths);
        let oid = |oid: &[u8]| value(0x06, oid, lengths);
        let octets = |content: &[u8]| match lengths {
            Lengths::Definite => value(0x04, content, lengths),
            Lengths::Indefinite => {
                let pieces = content.chunks(3).map(|piece| value(0x04, piece, lengths));
                constructed(0x24, &pieces.collect::<Vec<_>>())
            }
        };
        let encapsulated = match content {
            Some(content) => constructed(0xa0, &[octets(content)]),
            None => Vec::new(),
        };
        let algorithm = constructed(0x30, &[oid(SIGNED)]);
        let algorithms = match kind {
            SIGNED => constructed(0x31, &[algorithm]),
            _ => algorithm,
        };
        let data = constructed(
            0x30,
            &[
                value(0x02, &[1], lengths),
                algorithms,
                constructed(0x30, &[oid(SIGNED), encapsulated]),
                constructed(0x31, &[]),
            ],
        );
        constructed(0x30, &[oid(kind), constructed(0xa0, &[data])])
    }

    /// A signed object without a real signature.
    pub(crate) fn signed(content: &[u8], lengths: Lengths) -> Vec<u8> {
        object(SIGNED, Some(content), lengths)
    }

    /// A compressed object.
    pub(crate) fn compressed(content: &[u8], lengths: Lengths) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        object(COMPRESSED, Some(&encoder.finish().unwrap()), lengths)
    }

    #[test]
    fn both_encodings_are_opened() {
        for lengths in [Lengths::Definite, Lengths::Indefinite] {
            let opened = open(&signed(b"some content", lengths), &mut 0);
            assert_eq!(
                opened,
                Some(Holding::Signed(b"some content".to_vec())),
                "{lengths:?}"
            );
            let opened = open(&compressed(b"some content", lengths), &mut 100);
            assert_eq!(opened, Some(Holding::Compressed(b"some content".to_vec())));
            for kind in [ENVELOPED, ENCRYPTED, AUTH_ENVELOPED] {
                assert_eq!(
                    open(&object(kind, None, lengths), &mut 0),
                    Some(Holding::Encrypted)
                );
            }
            assert_eq!(
                open(&object(SIGNED, None, lengths), &mut 0),
                None,
                "certificates alone"
            );
            assert_eq!(open(&object(b"\x2a", Some(b"x"), lengths), &mut 0), None);
        }
    }

    #[test]
    fn what_inflates_too_far_or_nests_too_deep_stays_closed() {
        let bomb = compressed(&vec![b'x'; 100_000], Lengths::Definite);
        assert_eq!(open(&bomb, &mut 99_999), None);
        assert!(open(&bomb, &mut 100_000).is_some());
        for piece in [&b"\x24\x80"[..], b"\x30\x80", b"\xa0\x80"] {
            assert_eq!(open(&piece.repeat(500_000), &mut 0), None);
            let mut inner = piece.repeat(500_000);
            inner.extend(b"\x00\x00".repeat(500_000));
            let start = signed(b"", Lengths::Indefinite);
            let position = start
                .windows(2)
                .position(|pair| pair == b"\x24\x80")
                .unwrap();
            let deep = [&start[..position], &inner].concat();
            assert_eq!(open(&deep, &mut 0), None);
        }
    }

    proptest! {
        #[test]
        fn every_content_comes_out(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            for lengths in [Lengths::Definite, Lengths::Indefinite] {
                prop_assert_eq!(open(&signed(&content, lengths), &mut 0), Some(Holding::Signed(content.clone())));
                prop_assert_eq!(open(&compressed(&content, lengths), &mut 200), Some(Holding::Compressed(content.clone())));
            }
        }

        #[test]
        fn damage_is_no_panic(
            content in proptest::collection::vec(any::<u8>(), 0..40), place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            for lengths in [Lengths::Definite, Lengths::Indefinite] {
                let mut object = signed(&content, lengths);
                let place = place.index(object.len());
                object[place] = byte;
                let _ = open(&object, &mut 100);
                let _ = open(&object[..place], &mut 100);
            }
        }

        #[test]
        fn any_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = open(&bytes, &mut 100);
        }
    }
}
