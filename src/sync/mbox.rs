//! Mail archives in the mbox form, without a changed byte.
//!
//! The form is mboxrd: a line that could be taken for a separator (`From `, after any number of `>`) gets one `>` more,
//! and the reader takes it off again. A message that does not end with a line end gets one, and its separator says so
//! (the sender `…@unterminated`): what is read is what was written, to the byte. Other programs read it too.
//!
//! ```
//! use airbyte_agent_gmail::sync::mbox;
//!
//! let raw = b"Subject: A\r\n\r\nFrom here on\r\n>From there\r\nno end";
//! let mut file = Vec::new();
//! mbox::write(&mut file, "18c2a", 0, raw);
//! let read = mbox::Reader::new(file.as_slice()).next().ok_or("a message")??;
//! assert_eq!(read.raw, raw);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::io::{self, BufRead};
use std::time::{Duration, UNIX_EPOCH};

/// The sender of a message that ends with a line end, and of one that does not.
const TERMINATED: &str = "gmail";
const UNTERMINATED: &str = "unterminated";

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The last second that a date of four digits can say.
const LAST_SECOND: u64 = 253_402_300_799;

/// Appends a message to an archive: its separator, its lines, an empty line. The time is in milliseconds since 1970.
///
/// ```
/// use airbyte_agent_gmail::sync::mbox;
///
/// let mut archive = Vec::new();
/// mbox::write(&mut archive, "18c2a", 1_500_000_000_000, b"Subject: A\n\nText\n");
/// assert_eq!(archive, b"From 18c2a@gmail Fri Jul 14 02:40:00 2017\nSubject: A\n\nText\n\n");
/// ```
pub fn write(archive: &mut Vec<u8>, id: &str, received_ms: i64, raw: &[u8]) {
    let terminated = raw.ends_with(b"\n");
    let sender = if terminated { TERMINATED } else { UNTERMINATED };
    // An id with a space in it would move the words of the separator.
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    archive.extend_from_slice(format!("From {id}@{sender} {}\n", date(received_ms)).as_bytes());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if unquoted(line).starts_with(b"From ") {
            archive.push(b'>');
        }
        archive.extend_from_slice(line);
    }
    archive.extend_from_slice(if terminated { b"\n" } else { b"\n\n" });
}

/// A message of an archive; [`Reader`] gives it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Archived {
    /// Where its separator begins in the file, in bytes.
    pub offset: u64,
    /// The message as it was.
    pub raw: Vec<u8>,
}

/// Reads an archive message by message, holding one at a time; any flavour of mbox will do.
///
/// ```
/// use airbyte_agent_gmail::sync::mbox::Reader;
///
/// let archive = "From a@example.com Fri Jul 14 02:40:00 2017\nSubject: A\n\nText\n";
/// for message in Reader::new(archive.as_bytes()) {
///     let message = message?;
///     assert_eq!((message.offset, message.raw.as_slice()), (0, &b"Subject: A\n\nText\n"[..]));
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A separator is a line that begins with `From `, stands at the beginning or after an empty line, and has a month and
/// a time of day in it.
pub struct Reader<R> {
    input: R,
    /// The separator that ended the message before, with its offset.
    separator: Option<(u64, Vec<u8>)>,
    offset: u64,
    started: bool,
    failed: bool,
}

impl<R: BufRead> Reader<R> {
    /// A reader from the beginning of an archive.
    pub fn new(input: R) -> Self {
        Self {
            input,
            separator: None,
            offset: 0,
            started: false,
            failed: false,
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let length = self.input.read_until(b'\n', &mut line)?;
        self.offset += length as u64;
        Ok(line)
    }

    /// Finds the first separator.
    fn start(&mut self) -> io::Result<()> {
        self.started = true;
        loop {
            let offset = self.offset;
            let line = self.line()?;
            if line.is_empty() {
                return Ok(());
            }
            if line.starts_with(b"From ") {
                self.separator = Some((offset, line));
                return Ok(());
            }
            if !line.trim_ascii().is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "this is no mbox file: its first line does not begin with \"From \"",
                ));
            }
        }
    }

    fn message(&mut self) -> io::Result<Option<Archived>> {
        if !self.started {
            self.start()?;
        }
        let Some((offset, separator)) = self.separator.take() else {
            return Ok(None);
        };
        let mut raw = Vec::new();
        let mut after_empty = true;
        let mut last_line = 0;
        loop {
            let line_offset = self.offset;
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if after_empty && is_separator(&line) {
                self.separator = Some((line_offset, line));
                break;
            }
            after_empty = matches!(line.as_slice(), b"\n" | b"\r\n");
            let rest = unquoted(&line);
            let quoted = rest.len() < line.len() && rest.starts_with(b"From ");
            raw.extend_from_slice(line.get(usize::from(quoted)..).unwrap_or_default());
            last_line = line.len();
        }
        // The empty line before the next separator belongs to the archive.
        if after_empty {
            raw.truncate(raw.len().saturating_sub(last_line));
        }
        if is_unterminated(&separator) && raw.ends_with(b"\n") {
            raw.pop();
        }
        Ok(Some(Archived { offset, raw }))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Archived>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let message = self.message().transpose();
        self.failed = matches!(message, Some(Err(_)));
        message
    }
}

fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(quotes..).unwrap_or_default()
}

/// Not every writer quotes the sentences that begin with "From": a separator has a date.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let words = || {
        rest.split(|byte| byte.is_ascii_whitespace())
            .filter(|word| !word.is_empty())
    };
    words().any(|word| MONTHS.iter().any(|month| month.as_bytes() == word)) && words().any(is_time)
}

fn is_time(word: &[u8]) -> bool {
    let mut pieces = word.split(|byte| *byte == b':');
    let count = word.iter().filter(|byte| **byte == b':').count();
    (1..=2).contains(&count)
        && pieces
            .all(|piece| (1..=2).contains(&piece.len()) && piece.iter().all(u8::is_ascii_digit))
}

fn is_unterminated(separator: &[u8]) -> bool {
    separator
        .split(|byte| *byte == b' ')
        .nth(1)
        .and_then(|sender| sender.strip_suffix(UNTERMINATED.as_bytes()))
        .is_some_and(|sender| sender.ends_with(b"@"))
}

/// The form of C's `asctime`, in UTC, which every reader of the form knows.
fn date(milliseconds: i64) -> String {
    let seconds = u64::try_from(milliseconds / 1000)
        .unwrap_or_default()
        .min(LAST_SECOND);
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    // "Thu, 01 Jan 1970 00:00:00 GMT"
    let mut words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let mut word = || words.next().unwrap_or_default();
    let (weekday, day, month, year, time) = (word(), word(), word(), word(), word());
    format!("{weekday} {month} {day} {time} {year}")
}

// The message is somebody's mail.
impl fmt::Debug for Archived {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Archived")
            .field("offset", &self.offset)
            .field("length", &self.raw.len())
            .finish()
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn archive(messages: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
        let mut archive = Vec::new();
        let mut offsets = Vec::new();
        for (number, raw) in messages.iter().enumerate() {
            offsets.push(archive.len());
            write(&mut archive, &format!("{number:x}"), 1_767_225_600_000, raw);
        }
        (archive, offsets)
    }

    /// Pieces of which the difficult messages are made.
    fn message() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"From ".to_vec()),
            Just(b">".to_vec()),
            Just(b"From a@unterminated Thu Jan  1 00:00:00 1970\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(messages in proptest::collection::vec(message(), 0..6)) {
            let (archive, offsets) = archive(&messages);
            let read: Vec<Archived> = Reader::new(archive.as_slice()).collect::<io::Result<_>>().unwrap();
            prop_assert_eq!(read.iter().map(|message| message.raw.clone()).collect::<Vec<_>>(), messages);
            prop_assert_eq!(read.iter().map(|message| message.offset).collect::<Vec<_>>(),
                offsets.iter().map(|offset| *offset as u64).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in message()) {
            let read = Reader::new(bytes.as_slice()).count();
            prop_assert!(read <= bytes.len());
        }
    }

    #[test]
    fn the_separator_is_that_of_every_mail_reader() {
        let mut archive = Vec::new();
        write(&mut archive, "18c2a", 1_767_225_601_000, b"A: b\r\n\r\n");
        assert_eq!(
            archive,
            b"From 18c2a@gmail Thu Jan 01 00:00:01 2026\nA: b\r\n\r\n\n"
        );
        for (time, text) in [(-1, "1970"), (i64::MAX, "9999")] {
            assert!(date(time).ends_with(text), "{}", date(time));
        }
    }

    #[test]
    fn other_flavours_are_read() {
        let text = b"\nFrom 1@xxx Thu Jan 01 00:00:00 +0000 2026\r\nA: b\r\n\r\nText\r\n\r\nFrom here on,\r\n\r\nFrom 2@xxx Thu Jan 01 10:00 2026\r\nC: d\r\n";
        let read: Vec<Vec<u8>> = Reader::new(text.as_slice())
            .map(|message| message.unwrap().raw)
            .collect();
        assert_eq!(read.len(), 2);
        assert!(read[0].ends_with(b"From here on,\r\n"));
        assert_eq!(read[1], b"C: d\r\n");
        assert!(
            Reader::new(b"Subject: x\n".as_slice())
                .next()
                .unwrap()
                .is_err()
        );
    }
}
