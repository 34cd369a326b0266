use std::io::{Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::{FormatError, HEADER, Header, Layout, SegmentCipher};
use crate::{Address, ContentKey};

/// Reads any part of a file without the rest. Opening it verifies the last segment, and with it that the file has its
/// whole length.
pub struct RangeReader<R> {
    source: R,
    cipher: SegmentCipher,
    layout: Layout,
    /// The segment read last, and its plaintext.
    current: u32,
    buffer: Zeroizing<Vec<u8>>,
}

impl<R: Read + Seek> RangeReader<R> {
    /// Reads the header and the last segment.
    pub fn new(mut source: R, key: &ContentKey, patient: Address) -> Result<Self, FormatError> {
        let length = source.seek(SeekFrom::End(0))?;
        if length < HEADER as u64 {
            return Err(FormatError::TooShort(length));
        }
        source.rewind()?;
        let mut header = [0; HEADER];
        source.read_exact(&mut header)?;
        let cipher = SegmentCipher::new(&Header::from_bytes(&header)?, key, patient);
        let layout = Layout::of_file(length)?;
        let last = layout.segments() - 1;
        let mut reader = RangeReader { source, cipher, layout, current: last, buffer: Zeroizing::default() };
        if let Err(failure) = reader.load(last, true) {
            return Err(match reader.load(last, false) {
                Ok(()) => FormatError::Truncated { segment: last },
                Err(_) => failure,
            });
        }
        Ok(reader)
    }

    /// Bytes of the plaintext.
    pub fn plaintext_length(&self) -> u64 {
        self.layout.plaintext_length()
    }

    /// Fills `out` with the plaintext from `offset` on, reading the segments that hold it.
    pub fn read_exact_at(&mut self, mut offset: u64, mut out: &mut [u8]) -> Result<(), FormatError> {
        while !out.is_empty() {
            let beyond = FormatError::OutOfRange { offset, length: self.plaintext_length() };
            let segment = self.layout.segment_of(offset).ok_or(beyond)?;
            if segment != self.current || self.buffer.is_empty() {
                self.load(segment, self.layout.is_last(segment))?;
            }
            let within = offset - self.layout.plaintext_range(segment).start;
            // A segment has 1 MiB.
            let there = &self.buffer[usize::try_from(within).map_err(|_| FormatError::TooLong)?..];
            let taken = there.len().min(out.len());
            out[..taken].copy_from_slice(&there[..taken]);
            out = &mut out[taken..];
            offset += taken as u64;
        }
        Ok(())
    }

    fn load(&mut self, segment: u32, last: bool) -> Result<(), FormatError> {
        let range = self.layout.file_range(segment);
        self.buffer.clear();
        self.source.seek(SeekFrom::Start(range.start))?;
        let wanted = range.end - range.start;
        let read = self.source.by_ref().take(wanted).read_to_end(&mut self.buffer)?;
        let opened = if read as u64 == wanted {
            self.cipher.open(segment, last, &mut self.buffer)
        } else {
            Err(FormatError::Damaged { segment })
        };
        if opened.is_err() {
            self.buffer.clear();
        }
        self.current = segment;
        opened
    }
}
