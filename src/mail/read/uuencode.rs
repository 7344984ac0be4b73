//! Files in uuencode, which mail used before MIME (POSIX, `uuencode`).

use super::head::split_line;
use crate::mail::encoding::transfer::{decode_mime_base64, split_line_end};

/// An extracted file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Uuencoded {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Extracts at most `limit` files from a text; `None` if it has none.
///
/// A file without an end stays in the text.
pub(crate) fn take_files(text: &[u8], limit: usize) -> Option<(Vec<u8>, Vec<Uuencoded>)> {
    memchr::memmem::find(text, b"begin")?;
    let mut kept = Vec::new();
    let mut files = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        if files.len() < limit
            && let Some((file, behind)) = take_file(line, tail)
        {
            files.push(file);
            rest = behind;
        } else {
            kept.extend_from_slice(line);
            rest = tail;
        }
    }
    (!files.is_empty()).then_some((kept, files))
}

/// Decodes the file of a part whose transfer encoding is uuencode. Since the header says so, it may be truncated.
pub(crate) fn decode(body: &[u8]) -> Option<Uuencoded> {
    match take_files(body, 1) {
        Some((_, mut files)) => files.pop(),
        None => take_beginning(body),
    }
}

/// The readable start of a truncated file.
fn take_beginning(body: &[u8]) -> Option<Uuencoded> {
    let begin = match body.starts_with(b"begin ") {
        true => 0,
        false => memchr::memmem::find(body, b"\nbegin ")? + 1,
    };
    let (line, mut rest) = split_line(body.get(begin..)?);
    let name = name_of(split_line_end(line).0.strip_prefix(b"begin ")?)?;
    let mut bytes = Vec::new();
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        // The last line may be incomplete.
        let Some((length, symbols)) = line.strip_suffix(b"\n").and_then(<[u8]>::split_first) else {
            break;
        };
        match decode_line(*length, symbols, &mut bytes) {
            None | Some(0) => break,
            Some(_) => rest = tail,
        }
    }
    (!bytes.is_empty()).then_some(Uuencoded { name, bytes })
}

/// The file that begins with a line, and the text after it.
fn take_file<'a>(line: &[u8], tail: &'a [u8]) -> Option<(Uuencoded, &'a [u8])> {
    let line = split_line_end(line).0;
    let (is_base64, line) = match line.strip_prefix(b"begin-base64 ") {
        Some(line) => (true, line),
        None => (false, line.strip_prefix(b"begin ")?),
    };
    let name = name_of(line)?;
    let (bytes, behind) = if is_base64 {
        take_base64(tail)?
    } else {
        take_lines(tail)?
    };
    Some((Uuencoded { name, bytes }, behind))
}

/// The name after the mode.
fn name_of(line: &[u8]) -> Option<String> {
    let mode = line
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let (_, name) = line.split_at_checked(mode)?;
    let name = name.strip_prefix(b" ")?.trim_ascii();
    if !(3..=5).contains(&mode) || name.is_empty() {
        return None;
    }
    Some(String::from_utf8_lossy(name).into_owned())
}

fn take_lines(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut bytes = Vec::new();
    let mut is_over = false;
    while !rest.is_empty() {
        let (line, tail) = split_line(rest);
        let line = split_line_end(line).0;
        if line.trim_ascii_end() == b"end" {
            return Some((bytes, tail));
        }
        if is_over && !line.trim_ascii().is_empty() {
            return None;
        }
        // The line without bytes may have lost its blank.
        is_over = match line.split_first() {
            Some((length, symbols)) => decode_line(*length, symbols, &mut bytes)? == 0,
            None => true,
        };
        rest = tail;
    }
    None
}

/// Decodes a line, and returns its number of bytes.
fn decode_line(length: u8, symbols: &[u8], bytes: &mut Vec<u8>) -> Option<usize> {
    let length = usize::from(value(length)?);
    let symbols = symbols.trim_ascii_end();
    let needed = length.div_ceil(3) * 4;
    // Some programs append a checksum character; trailing blanks, which are zeros, get lost.
    if symbols.len() > needed + 1 {
        return None;
    }
    let mut decoded = Vec::with_capacity(needed);
    for group in 0..needed / 4 {
        let mut bits = 0_u32;
        for place in 0..4 {
            let symbol = symbols.get(group * 4 + place).copied().unwrap_or(b' ');
            bits = bits << 6 | u32::from(value(symbol)?);
        }
        decoded.extend(bits.to_be_bytes().into_iter().skip(1));
    }
    decoded.truncate(length);
    bytes.extend_from_slice(&decoded);
    Some(length)
}

/// The six bits of a symbol; blank and grave accent are both zero.
fn value(symbol: u8) -> Option<u8> {
    matches!(symbol, b' '..=b'`').then(|| (symbol - b' ') & 0x3f)
}

fn take_base64(rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut position = 0;
    let mut behind = rest;
    while !behind.is_empty() {
        let (line, tail) = split_line(behind);
        let content = split_line_end(line).0.trim_ascii_end();
        if content == b"====" {
            return Some((decode_mime_base64(rest.get(..position)?), tail));
        }
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        if !content.iter().all(is_base64) {
            return None;
        }
        position += line.len();
        behind = tail;
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Encodes a file like `uuencode`.
    pub(crate) fn encode(name: &str, bytes: &[u8], zero: char) -> String {
        let symbol = |bits: u8| match bits & 0x3f {
            0 => zero,
            bits => char::from(b' ' + bits),
        };
        let mut text = format!("begin 644 {name}\n");
        for line in bytes.chunks(45) {
            text.push(symbol(u8::try_from(line.len()).unwrap()));
            for group in line.chunks(3) {
                let at = |place: usize| group.get(place).copied().unwrap_or_default();
                text.extend([
                    symbol(at(0) >> 2),
                    symbol(at(0) << 4 | at(1) >> 4),
                    symbol(at(1) << 2 | at(2) >> 6),
                    symbol(at(2)),
                ]);
            }
            text.push('\n');
        }
        format!("{text}{zero}\nend\n")
    }

    #[test]
    fn files_are_taken_out_of_the_text() {
        let text = b"Hello,\r\n\r\nbegin 644 a name.txt\r\n#0V%T\r\n`\r\nend\r\n\r\nBye\r\n";
        let (kept, files) = take_files(text, 9).unwrap();
        assert_eq!(kept, b"Hello,\r\n\r\n\r\nBye\r\n");
        let cat = |name: &str| Uuencoded {
            name: name.to_owned(),
            bytes: b"Cat".to_vec(),
        };
        assert_eq!(files, [cat("a name.txt")]);
        let table: [&[u8]; 7] = [
            b"begin 0755 x\n#0V%T\n \nend",
            b"begin 644 x\n#0V%T\n\nend\n",
            b"begin 644 x\n#0V%T\nend\n",
            b"begin 644 x\n#0V%TX\n`\n\nend \n",
            b"begin 600 x  \n!0P  \n\"870\n`\nend\n",
            b"begin-base64 644 x\nQ2F0\n====\n".as_slice(),
            b"begin-base64 644 x\nQ2\nF0\n====\n",
        ];
        for (position, text) in table.into_iter().enumerate() {
            if position < 5 {
                assert_eq!(decode(text), Some(cat("x")), "{position}");
            } else {
                assert_eq!(decode(text).unwrap().name, "x");
            }
        }
        let two = encode("one", b"Cat", '`') + &encode("two", b"Cat", ' ');
        assert_eq!(
            take_files(two.as_bytes(), 9).unwrap().1,
            [cat("one"), cat("two")]
        );
        assert_eq!(take_files(two.as_bytes(), 1).unwrap().1, [cat("one")]);
    }

    #[test]
    fn what_is_no_file_stays_text() {
        let table: [&str; 9] = [
            "begin 644 x\n#0V%T\n`\n",
            "begin 644 x\nThis is how it starts, as said.\nend\n",
            "begin 644\n#0V%T\n`\nend\n",
            "begin 98 x\n#0V%T\n`\nend\n",
            "> begin 644 x\n> #0V%T\n> `\n> end\n",
            "begin 644 x\n#0V%T\n`\nmore\nend\n",
            "begin again\nend\n",
            "begin-base64 644 x\nno base64 here\n====\n",
            "",
        ];
        for text in table {
            assert_eq!(take_files(text.as_bytes(), 9), None, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_cut_is_read_as_far_as_it_goes() {
        let bytes: Vec<u8> = (0..=255).collect();
        let whole = encode("x", &bytes, '`');
        for (end, length) in [(whole.len() - 6, 256), (200, 135), (12, 0)] {
            let read = decode(&whole.as_bytes()[..end]);
            let read = read.map_or_else(Vec::new, |file| file.bytes);
            assert_eq!(read, bytes[..length], "{end}");
        }
        let crossed = decode(b"Hello\r\nbegin 644 x\r\n#0V%T\r\nno symbols\r\n").unwrap();
        assert_eq!(crossed.bytes, b"Cat");
        assert_eq!(decode(b"begin 644 x\nno symbols\n"), None);
    }

    proptest! {
        #[test]
        fn every_file_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..200), is_blank in any::<bool>(), is_trimmed in any::<bool>()) {
            let mut text = encode("x", &bytes, if is_blank { ' ' } else { '`' });
            if is_trimmed {
                text = text.lines().map(|line| format!("{}\r\n", line.trim_end())).collect();
            }
            prop_assert_eq!(decode(text.as_bytes()).map(|file| file.bytes), Some(bytes));
        }

        #[test]
        fn any_text_is_taken(text in "(begin 644 x\n|begin-base64 644 x\n|[#-&`]?[ -`]{0,5}\n|end\n|====\n|\n){0,12}") {
            let kept = take_files(text.as_bytes(), 5).map_or(0, |(kept, _)| kept.len());
            prop_assert!(kept <= text.len());
        }
    }
}
