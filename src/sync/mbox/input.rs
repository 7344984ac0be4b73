//! The bytes of an archive, looked at before they are taken.

use std::io::{self, Read};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How the lines of an archive end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// LF, or CR and LF.
    LineFeed,
    /// CR alone, as the first Macs wrote.
    CarriageReturn,
}

/// A reader that holds what has been looked at and not yet taken.
pub(super) struct Input<R> {
    reader: R,
    bytes: Vec<u8>,
    start: usize,
    has_ended: bool,
    pub(super) line_end: LineEnd,
    /// How many bytes have been taken.
    pub(super) offset: u64,
    /// The number of the next line, from 1.
    pub(super) line_number: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            bytes: Vec::new(),
            start: 0,
            has_ended: false,
            line_end: LineEnd::LineFeed,
            offset: 0,
            line_number: 1,
        }
    }

    /// What is held.
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Reads until so many bytes are held, or the archive ends; tells whether they are.
    pub(super) fn hold(&mut self, wanted: usize) -> io::Result<bool> {
        while self.held().len() < wanted && !self.has_ended {
            self.read()?;
        }
        Ok(self.held().len() >= wanted)
    }

    /// Where the line ends that begins `from` bytes behind the place; `from` itself where the archive ends there.
    pub(super) fn line(&mut self, from: usize) -> io::Result<usize> {
        let end = match self.line_end {
            LineEnd::LineFeed => b'\n',
            LineEnd::CarriageReturn => b'\r',
        };
        let mut searched = from;
        loop {
            let held = self.held();
            if let Some(found) = memchr::memchr(end, held.get(searched..).unwrap_or_default()) {
                return Ok(searched + found + 1);
            }
            searched = held.len().max(from);
            if self.has_ended {
                return Ok(searched);
            }
            self.read()?;
        }
    }

    /// Takes bytes that are held.
    pub(super) fn take(&mut self, length: usize) {
        let end = match self.line_end {
            LineEnd::LineFeed => b'\n',
            LineEnd::CarriageReturn => b'\r',
        };
        let taken = self.held().get(..length).unwrap_or_default();
        let (lines, taken) = (memchr::memchr_iter(end, taken).count(), taken.len());
        self.line_number += lines as u64;
        self.offset += taken as u64;
        self.start += taken;
    }

    fn read(&mut self) -> io::Result<()> {
        if self.start >= CHUNK && self.start * 2 >= self.bytes.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        let length = self.bytes.len();
        self.bytes.resize(length + CHUNK, 0);
        let room = self.bytes.get_mut(length..).unwrap_or_default();
        let read = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.bytes.truncate(length + *read.as_ref().unwrap_or(&0));
        self.has_ended = read? == 0;
        Ok(())
    }
}
