//! Reads an archive message by message.

use std::io::{self, Read};

use super::input::Input;
use super::is_quotable;
use super::separator::{Following, Likeness, Separator, Verdict, field_name};
use super::{TERMINATED, UNTERMINATED};

/// How far to look ahead for a header.
const MOST_LINES: usize = 100;
const MOST_BYTES: usize = 64 * 1024;

/// The longest body to accept from `Content-Length`. Gmail takes no message of this size.
const LONGEST_BODY: usize = 128 * 1024 * 1024;

/// How much may precede the first message.
const MOST_JUNK: u64 = 1024 * 1024;

/// A message in an archive; see [`Reader`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Archived {
    /// The position of its separator in the file, in bytes.
    pub offset: u64,
    /// The message, byte for byte.
    pub raw: Vec<u8>,
    /// When it was received, from its separator, in milliseconds since 1970; `None` if the date is missing or
    /// unreadable.
    pub received_ms: Option<i64>,
    /// The first word of its separator: usually the sender's address, sometimes empty.
    pub sender: String,
}

/// Reads an archive in any variant of mbox, one message in memory at a time.
///
/// ```
/// use airbyte_agent_gmail::sync::mbox::Reader;
///
/// let archive = "From a@example.com Fri Jul 14 02:40:00 2017\nSubject: A\n\nText\n\nFrom \nSubject: B\n\nText\n";
/// let messages: Vec<_> = Reader::new(archive.as_bytes()).collect::<Result<_, _>>()?;
/// assert_eq!(messages.len(), 2);
/// assert_eq!((messages[0].offset, messages[0].raw.as_slice()), (0, &b"Subject: A\n\nText\n"[..]));
/// assert_eq!(messages[0].received_ms, Some(1_500_000_000_000));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// - A line that begins with `From ` is recognized as a separator by its date (in any language), the header after it
///   and the empty line before it. One of the three may be missing. Sentences that begin with "From" are text.
/// - In mboxo and mboxrd, one `>` is removed from lines such as `>From `. If `Content-Length` leads to a separator or
///   to the end, the file is mboxcl2, and the body is left alone.
/// - Lines may end with LF, CR LF or CR. CR becomes CR LF, as in mail.
/// - Whatever precedes the first separator and is not mail, such as a byte order mark or zeros, is skipped.
///
/// # Errors
///
/// Those of the file; and [`io::ErrorKind::InvalidData`], with the line and the byte, if the file is not an mbox or
/// if a line may be either a separator or text.
pub struct Reader<R> {
    input: Input<R>,
    /// The separator of the next message, with its offset.
    separator: Option<(u64, Separator)>,
    has_started: bool,
    has_failed: bool,
}

impl<R: Read> Reader<R> {
    /// A reader at the beginning of an archive.
    pub fn new(input: R) -> Self {
        Self {
            input: Input::new(input),
            separator: None,
            has_started: false,
            has_failed: false,
        }
    }

    /// Finds the first separator.
    fn start(&mut self) -> io::Result<()> {
        self.has_started = true;
        self.input.hold(3)?;
        if self.input.held().starts_with(b"\xef\xbb\xbf") {
            self.input.take(3);
        }
        self.skip_zeros()?;
        let mut is_blank_so_far = true;
        loop {
            self.find_line_end()?;
            let length = self.input.line(0)?;
            if length == 0 {
                break;
            }
            let line = self.input.held().get(..length).unwrap_or_default();
            if let Some(separator) = Separator::of(line) {
                let following = self.following(length)?;
                let verdict = separator.verdict(true, following);
                // The first line of a file needs less evidence to count as a separator.
                let begins = verdict == Verdict::Begins
                    || is_blank_so_far && separator.likeness != Likeness::Prose
                    || is_blank_so_far && following.known > 0;
                if begins {
                    self.take_separator(length, separator);
                    return Ok(());
                }
            }
            let line = self.input.held().get(..length).unwrap_or_default();
            let is_blank = line
                .iter()
                .all(|byte| byte.is_ascii_whitespace() || *byte == 0);
            if is_blank_so_far && !is_blank && self.following(0)?.known > 0 {
                return Err(self.error("this is not an mbox file: no line `From ` comes before its first message; import a single message as an .eml file in a folder"));
            }
            is_blank_so_far &= is_blank;
            self.input.take(length);
            if self.input.offset > MOST_JUNK {
                break;
            }
        }
        if is_blank_so_far {
            return Ok(());
        }
        Err(self.error("this is not an mbox file: no message begins with a line `From `"))
    }

    /// A file may begin with zeros if a crash came before its data reached the disk.
    fn skip_zeros(&mut self) -> io::Result<()> {
        while self.input.hold(1)? && self.input.held().first() == Some(&0) {
            let zeros = self.input.held().iter().take_while(|byte| **byte == 0);
            let zeros = zeros.count();
            self.input.take(zeros);
        }
        Ok(())
    }

    /// Sets the line ending from the next line. `start` repeats this up to the first separator, which decides.
    fn find_line_end(&mut self) -> io::Result<()> {
        let mut searched = 0;
        loop {
            let held = self.input.held();
            let rest = held.get(searched..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'\r', b'\n', rest) else {
                searched = held.len();
                if searched > MOST_BYTES || !self.input.hold(searched + 1)? {
                    return Ok(());
                }
                continue;
            };
            let found = searched + found;
            // Repeated conversions may have left several CRs.
            let mut end = found;
            while self.input.hold(end + 1)? && self.input.held().get(end) == Some(&b'\r') {
                end += 1;
            }
            self.input.line_end = match self.input.held().get(end) {
                Some(b'\n') => b'\n',
                _ => b'\r',
            };
            return Ok(());
        }
    }

    fn take_separator(&mut self, length: usize, separator: Separator) {
        self.separator = Some((self.input.offset, separator));
        self.input.take(length);
    }

    /// Looks at the lines that start `from` bytes ahead.
    fn following(&mut self, from: usize) -> io::Result<Following> {
        let mut following = Following::default();
        let mut begin = from;
        for _ in 0..MOST_LINES {
            let end = self.input.line(begin)?;
            let line = self.input.held().get(begin..end).unwrap_or_default();
            if end == begin || end - from > MOST_BYTES {
                // The archive ends here, or the header is too long to search.
                following.is_clean = true;
                break;
            }
            if !following.look(line) {
                break;
            }
            begin = end;
        }
        Ok(following)
    }

    fn message(&mut self) -> io::Result<Option<Archived>> {
        if !self.has_started {
            self.start()?;
        }
        let Some((offset, separator)) = self.separator.take() else {
            return Ok(None);
        };
        let mut message = Archived {
            offset,
            raw: Vec::new(),
            received_ms: separator.received_ms,
            sender: separator.sender.clone(),
        };
        let own = own_form(&separator);
        let mut after_empty_line = true;
        let mut last_line = 0;
        // While in the header: its `Content-Length`, once found.
        let mut header = Some(None);
        loop {
            let length = self.input.line(0)?;
            let line = self.input.held().get(..length).unwrap_or_default();
            if line.is_empty() {
                break;
            }
            // Separators that this crate wrote have a space after `From`.
            if let Some(next) = Separator::of(line)
                && (own.is_none() || is_quotable(line))
            {
                let following = self.following(length)?;
                match next.verdict(after_empty_line, following) {
                    Verdict::Begins => {
                        self.take_separator(length, next);
                        break;
                    }
                    Verdict::Unclear => return Err(self.unclear()),
                    Verdict::Text => {}
                }
            }
            let line = self.input.held().get(..length).unwrap_or_default();
            after_empty_line = is_empty(line);
            let is_quoted = line.starts_with(b">") && is_quotable(line);
            let before = message.raw.len();
            message
                .raw
                .extend_from_slice(line.get(usize::from(is_quoted)..).unwrap_or_default());
            if let Some(content_length) = &mut header
                && content_length.is_none()
                && own.is_none()
            {
                *content_length = self::content_length(line);
            }
            if self.input.line_end == b'\r' && line.ends_with(b"\r") {
                message.raw.push(b'\n');
            }
            last_line = message.raw.len() - before;
            self.input.take(length);
            if after_empty_line
                && let Some(Some(content_length)) = header.take()
                && self.is_end_at(content_length)?
            {
                let body = self.input.held().get(..content_length);
                message.raw.extend_from_slice(body.unwrap_or_default());
                self.input.take(content_length);
                self.pass_line_ends()?;
                let length = self.input.line(0)?;
                let line = self.input.held().get(..length).unwrap_or_default();
                if let Some(next) = Separator::of(line) {
                    self.take_separator(length, next);
                }
                return Ok(Some(message));
            }
        }
        // The empty line before the next separator belongs to the archive.
        if after_empty_line {
            let length = message.raw.len().saturating_sub(last_line);
            message.raw.truncate(length);
        }
        if own == Some(Own::Unterminated) && message.raw.ends_with(b"\n") {
            message.raw.pop();
        }
        Ok(Some(message))
    }

    /// Whether a body of this length ends at a separator or at the end of the archive.
    fn is_end_at(&mut self, length: usize) -> io::Result<bool> {
        if length > LONGEST_BODY || self.input.line_end != b'\n' || !self.input.hold(length)? {
            return Ok(false);
        }
        let mut end = length;
        for _ in 0..2 {
            self.input.hold(end + 2)?;
            let rest = self.input.held().get(end..).unwrap_or_default();
            end += line_end(rest);
        }
        if !self.input.hold(end + 1)? {
            return Ok(true);
        }
        let is_line =
            end > length || length == 0 || self.input.held().get(length - 1) == Some(&b'\n');
        let next = self.input.line(end)?;
        let line = self.input.held().get(end..next).unwrap_or_default();
        let Some(separator) = Separator::of(line).filter(|_| is_line) else {
            return Ok(false);
        };
        let following = self.following(next)?;
        Ok(separator.verdict(true, following) == Verdict::Begins)
    }

    /// Takes the empty lines between a body of known length and the next separator.
    fn pass_line_ends(&mut self) -> io::Result<()> {
        for _ in 0..2 {
            self.input.hold(2)?;
            let length = line_end(self.input.held());
            self.input.take(length);
        }
        Ok(())
    }

    fn unclear(&self) -> io::Error {
        self.error(
            "a message may begin here, or the line may be text; put an empty line before it and a date into it in the one \
             case, a `>` before it in the other",
        )
    }

    fn error(&self, what: &str) -> io::Error {
        let (line, byte) = (self.input.line_number, self.input.offset);
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("line {line}, byte {byte}: {what}"),
        )
    }
}

/// The two kinds of separator that [`write()`](super::write()) writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Terminated,
    Unterminated,
}

/// Recognizes this crate's own separators. Their messages are mboxrd, whatever the header says.
fn own_form(separator: &Separator) -> Option<Own> {
    let (id, host) = separator.sender.split_once('@')?;
    if separator.likeness != Likeness::Dated || !id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return None;
    }
    match host {
        TERMINATED => Some(Own::Terminated),
        UNTERMINATED => Some(Own::Unterminated),
        _ => None,
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    let name = field_name(line)?;
    let value = line.get(memchr::memchr(b':', line)? + 1..)?;
    let value = std::str::from_utf8(value).ok()?.trim();
    value
        .parse()
        .ok()
        .filter(|_| name.eq_ignore_ascii_case(b"Content-Length"))
}

fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r")
}

/// The length of the line end at the start, if any.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Archived>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let message = self.message().transpose();
        self.has_failed = matches!(message, Some(Err(_)));
        message
    }
}

// The message is private mail, so its content is left out.
debug!(Archived, self => offset: self.offset, length: self.raw.len());

debug!(Reader<R>, self);
