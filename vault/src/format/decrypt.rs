use std::io::{self, Read};

use zeroize::Zeroizing;

use super::{FormatError, HEADER, Header, SEGMENT, SegmentCipher, TAG};
use crate::{Address, ContentKey};

/// Decrypts what it reads, keeping two segments in memory. What it gives is authentic; that it is *all* is known only
/// once a read gave 0 bytes, or [`is_complete`](Decryptor::is_complete) says so.
///
/// Its errors are [`FormatError`]s inside `io::Error`.
pub struct Decryptor<R> {
    source: R,
    cipher: SegmentCipher,
    /// Plaintext of the segment under way, and how much of it was given away.
    buffer: Zeroizing<Vec<u8>>,
    given: usize,
    /// Of the next segment what was read already, to know whether there is one.
    ahead: Option<u8>,
    next: u32,
    complete: bool,
    failed: bool,
}

impl<R: Read> Decryptor<R> {
    /// Reads the header.
    pub fn new(mut source: R, key: &ContentKey, patient: Address) -> Result<Self, FormatError> {
        let mut header = Vec::with_capacity(HEADER);
        source.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
        let header = header.try_into().map_err(|short: Vec<u8>| FormatError::TooShort(short.len() as u64))?;
        let cipher = SegmentCipher::new(&Header::from_bytes(&header)?, key, patient);
        let buffer = Zeroizing::new(Vec::with_capacity(SEGMENT + 1));
        Ok(Decryptor { source, cipher, buffer, given: 0, ahead: None, next: 0, complete: false, failed: false })
    }

    /// Whether the last segment was verified: nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Reads and opens the next segment.
    fn advance(&mut self) -> Result<(), FormatError> {
        let whole = if self.next == 0 { SEGMENT - HEADER } else { SEGMENT };
        self.buffer.clear();
        self.given = 0;
        self.buffer.extend(self.ahead.take());
        let wanted = whole + 1 - self.buffer.len();
        self.source.by_ref().take(wanted as u64).read_to_end(&mut self.buffer)?;
        if self.buffer.len() > whole {
            self.ahead = self.buffer.pop();
        }
        let last = self.ahead.is_none();
        self.open(last)?;
        self.complete = last;
        self.next = if last { self.next } else { self.next.checked_add(1).ok_or(FormatError::TooLong)? };
        Ok(())
    }

    fn open(&mut self, last: bool) -> Result<(), FormatError> {
        match (self.next, self.buffer.len()) {
            (0, length) if length < TAG => return Err(FormatError::TooShort((HEADER + length) as u64)),
            (segment @ 1.., ..=TAG) => return Err(FormatError::Damaged { segment }),
            _ => {}
        }
        if !last {
            return self.cipher.open(self.next, false, &mut self.buffer);
        }
        // A failure leaves garbage: only of the end is a copy worth its cost, to tell what is wrong with it.
        let mut copy = Zeroizing::new(self.buffer.to_vec());
        let failure = match self.cipher.open(self.next, true, &mut self.buffer) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        self.buffer.clear();
        match self.cipher.open(self.next, false, &mut copy) {
            Ok(()) => Err(FormatError::Truncated { segment: self.next }),
            Err(_) => Err(failure),
        }
    }
}

impl<R: Read> Read for Decryptor<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.buffer.len() && !self.complete {
            let advanced = if self.failed { Err(FormatError::Damaged { segment: self.next }) } else { self.advance() };
            if let Err(error) = advanced {
                self.failed = true;
                self.buffer.clear();
                self.given = 0;
                return Err(error.into());
            }
        }
        let taken = (self.buffer.len() - self.given).min(out.len());
        out[..taken].copy_from_slice(&self.buffer[self.given..][..taken]);
        self.given += taken;
        Ok(taken)
    }
}
