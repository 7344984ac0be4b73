//! The compression of Rich Text in `winmail.dat`.
//!
//! <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxrtfcp>

/// The initial content that references may point to.
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}\
    {\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier\
    {\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// References are offsets into a circular buffer of this size.
const BUFFER_SIZE: usize = 4096;

/// Decompresses the text; `None` if the bytes have another format, or expand to more than `limit`.
///
/// The sizes and the checksum in the header are ignored, since some programs write them wrong. Truncated data gives the
/// text up to the cut.
pub(crate) fn decompress(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (head, content) = bytes.split_at_checked(16)?;
    match head.get(8..12)? {
        b"MELA" => (content.len() <= limit).then(|| content.to_vec()),
        b"LZFu" => expand(content, limit),
        _ => None,
    }
}

fn expand(content: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut input = content.iter().copied();
    let mut text = DICTIONARY.to_vec();
    'runs: while let Some(control) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else {
                break 'runs;
            };
            if control >> bit & 1 == 0 {
                text.push(first);
                continue;
            }
            let Some(second) = input.next() else {
                break 'runs;
            };
            let reference = usize::from(u16::from_be_bytes([first, second]));
            let (place, length) = (reference >> 4, (reference & 15) + 2);
            let distance = text.len().wrapping_sub(place) % BUFFER_SIZE;
            // A reference to the current position marks the end.
            if distance == 0 {
                break 'runs;
            }
            for _ in 0..length {
                let Some(byte) = text.get(text.len().wrapping_sub(distance)).copied() else {
                    break 'runs;
                };
                text.push(byte);
            }
        }
        if text.len() - DICTIONARY.len() > limit {
            return None;
        }
    }
    text.drain(..DICTIONARY.len());
    (text.len() <= limit).then_some(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_head(kind: &[u8; 4], size: usize, content: &[u8]) -> Vec<u8> {
        let number = |size: usize| u32::try_from(size).unwrap().to_le_bytes();
        let mut bytes = [number(content.len() + 12), number(size)].concat();
        bytes.extend(kind);
        bytes.extend([0; 4]);
        bytes.extend(content);
        bytes
    }

    /// Stores text uncompressed.
    pub(crate) fn store(text: &[u8]) -> Vec<u8> {
        with_head(b"MELA", text.len(), text)
    }

    /// Compresses text with references to the longest earlier match.
    pub(crate) fn compress(text: &[u8]) -> Vec<u8> {
        let mut known = DICTIONARY.to_vec();
        let mut rest = text;
        let mut tokens = Vec::new();
        while let Some(first) = rest.first() {
            let end = known.len();
            let matches = |start: usize| {
                // A match may extend into its own output.
                let period = &known[start..];
                let same = rest.iter().zip(period.iter().cycle());
                same.take(17)
                    .take_while(|(left, right)| left == right)
                    .count()
            };
            let starts = end.saturating_sub(BUFFER_SIZE - 1)..end;
            let best = starts.map(|start| (matches(start), start)).max();
            match best {
                Some((length @ 2.., start)) => {
                    let reference = (start % BUFFER_SIZE) << 4 | (length - 2);
                    tokens.push(u16::try_from(reference).unwrap().to_be_bytes().to_vec());
                    known.extend(&rest[..length]);
                    rest = &rest[length..];
                }
                _ => {
                    tokens.push(vec![*first]);
                    known.push(*first);
                    rest = &rest[1..];
                }
            }
        }
        let end = (known.len() % BUFFER_SIZE) << 4;
        tokens.push(u16::try_from(end).unwrap().to_be_bytes().to_vec());
        let mut content = Vec::new();
        for run in tokens.chunks(8) {
            let bits = run.iter().enumerate();
            content.push(bits.fold(0, |control, (bit, token)| {
                control | u8::from(token.len() == 2) << bit
            }));
            content.extend(run.concat());
        }
        with_head(b"LZFu", text.len(), &content)
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let simple = [
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0,
            0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
            0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
            0xa0,
        ];
        let text = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
        assert_eq!(decompress(&simple, 100).as_deref(), Some(&text[..]));
        let crossing = [
            0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0,
            0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
        ];
        let text = b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}";
        assert_eq!(decompress(&crossing, 100).as_deref(), Some(&text[..]));
        assert_eq!(decompress(&crossing, 27), None);
        // Longer than the buffer for references.
        let long: String = (0..3_000).map(|number| format!("{number} ")).collect();
        let compressed = compress(long.as_bytes());
        assert!(compressed.len() < long.len());
        assert_eq!(decompress(&compressed, 20_000).unwrap(), long.as_bytes());
    }

    #[test]
    fn what_is_cut_or_wrong_ends() {
        let whole = compress(b"{\\rtf1 abcabcabcabcabc}");
        assert_eq!(decompress(&whole[..20], 100).unwrap(), b"{\\rtf1 ");
        for bytes in [&whole[..15], b"", &[0; 40]] {
            assert_eq!(decompress(bytes, 100), None);
        }
        // A position that was never written.
        let empty = with_head(b"LZFu", 9, &[1, 0xff, 0xff]);
        assert_eq!(decompress(&empty, 100).unwrap(), b"");
        let run = [&[0xff][..], &[0, 0x0f].repeat(8)].concat();
        let bomb = with_head(b"LZFu", 9, &run.repeat(20));
        assert_eq!(decompress(&bomb, 1_000), None);
        assert_eq!(decompress(&store(&[b'x'; 101]), 100), None);
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(text in proptest::collection::vec(0_u8..6, 0..100), other in proptest::collection::vec(any::<u8>(), 0..50)) {
            for text in [text, other] {
                prop_assert_eq!(decompress(&compress(&text), 400), Some(text.clone()));
                prop_assert_eq!(decompress(&store(&text), 400), Some(text.clone()));
            }
        }

        #[test]
        fn any_bytes_end(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = decompress(&with_head(b"LZFu", 0, &content), 10_000).unwrap();
            prop_assert!(text.len() <= 9 * content.len());
        }
    }
}
