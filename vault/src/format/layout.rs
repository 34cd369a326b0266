//! Where the segments of a file lie. Tink counts the header to the first segment, so that every segment but the last
//! takes exactly 1 MiB of the file: one leaf of its UnixFS tree.

use std::ops::Range;

use super::FormatError;

/// Bytes of a whole segment in the file.
pub const SEGMENT: usize = 1 << 20;
/// Bytes of the header: its own length, the salt, the nonces' prefix.
pub const HEADER: usize = 1 + 32 + 7;
/// Bytes by which a segment is longer than its plaintext.
pub const TAG: usize = 16;

/// Where things are in a file of a certain length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    length: u64,
    segments: u32,
}

impl Layout {
    /// Of an encrypted file of `length` bytes. Fails if no file has that length.
    pub fn of_file(length: u64) -> Result<Self, FormatError> {
        if length < (HEADER + TAG) as u64 {
            return Err(FormatError::TooShort(length));
        }
        let segments = u32::try_from(length.div_ceil(SEGMENT as u64)).map_err(|_| FormatError::TooLong)?;
        // A last segment has a byte of plaintext at least, unless it is the only one.
        let last = length - u64::from(segments - 1) * SEGMENT as u64;
        if segments > 1 && last <= TAG as u64 {
            return Err(FormatError::Damaged { segment: segments - 1 });
        }
        Ok(Layout { length, segments })
    }

    /// Of the encrypted file of a plaintext of `length` bytes.
    pub fn of_plaintext(length: u64) -> Result<Self, FormatError> {
        let body = length.checked_add(HEADER as u64).ok_or(FormatError::TooLong)?;
        let segments = body.div_ceil((SEGMENT - TAG) as u64);
        let overhead = segments.checked_mul(TAG as u64).ok_or(FormatError::TooLong)?;
        Layout::of_file(body.checked_add(overhead).ok_or(FormatError::TooLong)?)
    }

    /// Bytes of the file.
    pub fn file_length(&self) -> u64 {
        self.length
    }

    /// Bytes of its plaintext.
    pub fn plaintext_length(&self) -> u64 {
        self.length - HEADER as u64 - u64::from(self.segments) * TAG as u64
    }

    /// How many segments it has, at least 1.
    pub fn segments(&self) -> u32 {
        self.segments
    }

    /// Whether this is the last segment.
    pub fn is_last(&self, segment: u32) -> bool {
        segment + 1 == self.segments
    }

    /// Where in the file the sealed bytes of a segment are: its 1 MiB, less the header in the first.
    pub fn file_range(&self, segment: u32) -> Range<u64> {
        let start = u64::from(segment) * SEGMENT as u64;
        let end = self.length.min(start + SEGMENT as u64);
        (if segment == 0 { HEADER as u64 } else { start })..end
    }

    /// Where in the plaintext a segment's bytes are.
    pub fn plaintext_range(&self, segment: u32) -> Range<u64> {
        let file = self.file_range(segment);
        let before = HEADER as u64 + u64::from(segment) * TAG as u64;
        file.start - before..file.end - before - TAG as u64
    }

    /// The segment that holds this byte of the plaintext; none if there is no such byte.
    pub fn segment_of(&self, offset: u64) -> Option<u32> {
        let segment = offset.checked_add(HEADER as u64)? / (SEGMENT - TAG) as u64;
        u32::try_from(segment).ok().filter(|_| offset < self.plaintext_length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintexts_and_files_have_one_length_each() {
        let first = (SEGMENT - HEADER - TAG) as u64;
        let next = (SEGMENT - TAG) as u64;
        for (plain, segments) in [(0, 1), (1, 1), (first, 1), (first + 1, 2), (first + next, 2), (first + next + 1, 3)]
        {
            let layout = Layout::of_plaintext(plain).unwrap();
            assert_eq!((layout.segments(), layout.plaintext_length()), (segments, plain));
            assert_eq!(Layout::of_file(layout.file_length()).unwrap(), layout);
            let last = layout.segments() - 1;
            assert_eq!(layout.plaintext_range(last).end, plain);
            assert_eq!(layout.file_range(last).end, layout.file_length());
            assert!((0..last).all(|i| layout.plaintext_range(i).end == layout.plaintext_range(i + 1).start));
            assert_eq!(layout.segment_of(plain), None);
            assert_eq!(plain.checked_sub(1).and_then(|offset| layout.segment_of(offset)), (plain > 0).then_some(last));
        }
    }

    #[test]
    fn what_no_file_has_is_refused() {
        assert!(matches!(Layout::of_file(55), Err(FormatError::TooShort(55))));
        assert!(Layout::of_file(SEGMENT as u64 + 16).is_err());
        assert!(Layout::of_file(SEGMENT as u64 + 17).is_ok());
        assert!(Layout::of_file(u64::MAX).is_err() && Layout::of_plaintext(u64::MAX).is_err());
    }
}
