//! The bytes of an archive, with lookahead.

use std::io::{self, Read};

/// The size of one read.
const CHUNK: usize = 64 * 1024;

/// A reader that buffers bytes until they are taken.
pub(super) struct Input<R> {
    reader: R,
    bytes: Vec<u8>,
    start: usize,
    has_ended: bool,
    /// The byte that ends a line: LF (also after CR), or CR in files of the first Macs.
    pub(super) line_end: u8,
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
            line_end: b'\n',
            offset: 0,
            line_number: 1,
        }
    }

    /// The buffered bytes.
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Reads until `wanted` bytes are buffered or the archive ends. Returns whether they are.
    pub(super) fn hold(&mut self, wanted: usize) -> io::Result<bool> {
        while self.held().len() < wanted && !self.has_ended {
            self.read()?;
        }
        Ok(self.held().len() >= wanted)
    }

    /// The end of the line that starts `from` bytes ahead, or `from` itself at the end of the archive.
    pub(super) fn line(&mut self, from: usize) -> io::Result<usize> {
        let mut searched = from;
        loop {
            let held = self.held();
            if let Some(found) =
                memchr::memchr(self.line_end, held.get(searched..).unwrap_or_default())
            {
                return Ok(searched + found + 1);
            }
            searched = held.len().max(from);
            if self.has_ended {
                return Ok(searched);
            }
            self.read()?;
        }
    }

    /// Takes `length` buffered bytes.
    pub(super) fn take(&mut self, length: usize) {
        let taken = self.held().get(..length).unwrap_or_default();
        let (lines, taken) = (
            memchr::memchr_iter(self.line_end, taken).count(),
            taken.len(),
        );
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
