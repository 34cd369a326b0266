use std::io::{self, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{FormatError, HEADER, Header, SEGMENT, SegmentCipher, TAG};
use crate::{Address, ContentKey};

/// Encrypts what is written to it, keeping one segment in memory. Without [`finish`](Encryptor::finish) the file has no
/// end, and a reader says that it is cut off.
pub struct Encryptor<W> {
    out: W,
    cipher: SegmentCipher,
    /// Plaintext of the segment under way.
    buffer: Zeroizing<Vec<u8>>,
    segment: u32,
}

impl<W: Write> Encryptor<W> {
    /// Writes the header, with a salt and a prefix from `rng`, which nothing else may ever get.
    pub fn new(mut out: W, key: &ContentKey, patient: Address, rng: &mut impl CryptoRng) -> io::Result<Self> {
        let header = Header::random(rng);
        out.write_all(&header.to_bytes())?;
        let cipher = SegmentCipher::new(&header, key, patient);
        Ok(Encryptor { out, cipher, buffer: Zeroizing::new(Vec::with_capacity(SEGMENT)), segment: 0 })
    }

    /// Writes the last segment, and gives back what was written to, flushed.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_segment(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn room(&self) -> usize {
        let header = if self.segment == 0 { HEADER } else { 0 };
        SEGMENT - TAG - header - self.buffer.len()
    }

    fn end_segment(&mut self, last: bool) -> io::Result<()> {
        self.cipher.seal(self.segment, last, &mut self.buffer)?;
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        if !last {
            self.segment = self.segment.checked_add(1).ok_or(FormatError::TooLong)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Encryptor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only when more comes is it known that a full segment is not the last.
        if self.room() == 0 && !bytes.is_empty() {
            self.end_segment(false)?;
        }
        let taken = self.room().min(bytes.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Does nothing: a segment is written when it is full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
