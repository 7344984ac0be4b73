//! Mail archives in mbox format, without a changed byte.
//!
//! [`write()`] writes mboxrd; [`Reader`] reads every variant of mbox that mail programs write. In mboxrd, a line that
//! looks like a separator (`From `, after any number of `>`) gets another `>`, which the reader removes.
//!
//! A message without a final line end gets one, and its separator says so with the sender `…@unterminated`. The
//! reader therefore returns exactly the bytes that were written. Other programs can read the archive too.
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

mod input;
mod reader;
mod separator;

use std::time::{Duration, UNIX_EPOCH};

pub use reader::{Archived, Reader};

/// The senders that mark messages with and without a final line end.
const TERMINATED: &str = "gmail";
const UNTERMINATED: &str = "unterminated";

/// The last second of the year 9999: the date has four digits for the year.
const LAST_SECOND: u64 = 253_402_300_799;

/// Appends a message to an archive: separator, lines, empty line. The time is in milliseconds since 1970.
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
    // A space in the id would shift the separator's fields.
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    archive.extend_from_slice(format!("From {id}@{sender} {}\n", date(received_ms)).as_bytes());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if is_quotable(line) {
            archive.push(b'>');
        }
        archive.extend_from_slice(line);
    }
    archive.extend_from_slice(if terminated { b"\n" } else { b"\n\n" });
}

/// The format of C's `asctime`, in UTC, which every mbox reader knows.
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

/// Whether a line is `From ` after any number of `>`. mboxrd quotes such lines.
fn is_quotable(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(quotes..)
        .is_some_and(|rest| rest.starts_with(b"From "))
}

#[cfg(test)]
mod tests;
