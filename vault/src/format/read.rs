use std::io::{Read, Seek, Write};

use zeroize::Zeroizing;

use super::seal::{Hashing, MAGIC, PREAMBLE, pump};
use super::{Decryptor, FormatError, MAX_MANIFEST, Manifest, RangeReader, padded};
use crate::{Address, ContentKey, Malformed};

/// Reads a record from its beginning to its end.
pub struct RecordReader<R> {
    file: Decryptor<R>,
    manifest: Manifest,
    /// Bytes of the plaintext before the content.
    before: u64,
}

impl<R: Read> RecordReader<R> {
    /// Reads the manifest. A key that did not come from [`recover_content`](crate::sharing::recover_content) is
    /// compared with the record's commitment first ([`is_committed`](crate::is_committed)).
    pub fn new(source: R, key: &ContentKey, patient: Address) -> Result<Self, FormatError> {
        let mut file = Decryptor::new(source, key, patient)?;
        let mut preamble = [0; PREAMBLE];
        fill(&mut file, &mut preamble)?;
        let length = manifest_length(preamble)?;
        let mut json = Zeroizing::new(vec![0; length as usize]);
        fill(&mut file, &mut json)?;
        let manifest = Manifest::from_json(&json)?;
        Ok(RecordReader { file, manifest, before: PREAMBLE as u64 + u64::from(length) })
    }

    /// What the content is, by its author's word; that it is this, [`copy_to`](RecordReader::copy_to) checks.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes the content to `out`, in constant memory. Only when this succeeds is it whole and what its manifest says:
    /// after an error, what was written is authentic but must not be taken for the record.
    pub fn copy_to(mut self, mut out: impl Write) -> Result<Manifest, FormatError> {
        let mut hashed = Hashing::default();
        pump(&mut self.file.by_ref().take(self.manifest.size), |bytes| {
            hashed.take(bytes);
            out.write_all(bytes)
        })
        .map_err(FormatError::from_io)?;
        let found = hashed.end();
        if found.size != self.manifest.size {
            return Err(FormatError::WrongSize { expected: self.manifest.size, found: found.size });
        }
        if found.sha256 != self.manifest.sha256 {
            return Err(FormatError::WrongContent);
        }
        self.expect_padding()?;
        out.flush()?;
        Ok(self.manifest)
    }

    fn expect_padding(&mut self) -> Result<(), FormatError> {
        let (mut count, mut bits) = (0, 0);
        pump(&mut self.file, |bytes| {
            count += bytes.len() as u64;
            bits |= bytes.iter().fold(0, |bits, byte| bits | byte);
            Ok(())
        })
        .map_err(FormatError::from_io)?;
        let unpadded = self.before + self.manifest.size;
        if bits != 0 || unpadded + count != padded(unpadded) { Err(FormatError::BadPadding) } else { Ok(()) }
    }
}

/// Reads parts of a record's content without the rest: a page of a scan, the middle of a film. What it gives is
/// authentic, and the file has its whole length; the content as a whole is not compared with its manifest's SHA-256.
pub struct RecordRange<R> {
    file: RangeReader<R>,
    manifest: Manifest,
    before: u64,
}

impl<R: Read + Seek> RecordRange<R> {
    /// Reads the last segment and the manifest.
    pub fn new(source: R, key: &ContentKey, patient: Address) -> Result<Self, FormatError> {
        let mut file = RangeReader::new(source, key, patient)?;
        let mut preamble = [0; PREAMBLE];
        file.read_exact_at(0, &mut preamble).map_err(no_manifest)?;
        let length = manifest_length(preamble)?;
        let mut json = Zeroizing::new(vec![0; length as usize]);
        file.read_exact_at(PREAMBLE as u64, &mut json).map_err(no_manifest)?;
        let manifest = Manifest::from_json(&json)?;
        let before = PREAMBLE as u64 + u64::from(length);
        if padded(before + manifest.size) != file.plaintext_length() {
            return Err(FormatError::BadPadding);
        }
        Ok(RecordRange { file, manifest, before })
    }

    /// What the content is, by its author's word.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Fills `out` with the content from `offset` on.
    pub fn read_exact_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), FormatError> {
        let length = self.manifest.size;
        match offset.checked_add(out.len() as u64) {
            Some(end) if end <= length => self.file.read_exact_at(self.before + offset, out),
            _ => Err(FormatError::OutOfRange { offset, length }),
        }
    }
}

fn manifest_length(preamble: [u8; PREAMBLE]) -> Result<u32, FormatError> {
    let [magic @ .., a, b, c, d] = preamble;
    if magic != *MAGIC {
        return Err(Malformed("it does not begin with CKR1".into()).into());
    }
    match u32::from_be_bytes([a, b, c, d]) {
        length @ 0..=MAX_MANIFEST => Ok(length),
        length => Err(Malformed(format!("a manifest of {length} bytes is too long")).into()),
    }
}

fn fill(file: &mut impl Read, out: &mut [u8]) -> Result<(), FormatError> {
    let mut filled = 0;
    while filled < out.len() {
        match file.read(&mut out[filled..]).map_err(FormatError::from_io)? {
            0 => return Err(Malformed("it ends within its manifest".into()).into()),
            read => filled += read,
        }
    }
    Ok(())
}

fn no_manifest(error: FormatError) -> FormatError {
    match error {
        FormatError::OutOfRange { .. } => Malformed("it ends within its manifest".into()).into(),
        error => error,
    }
}
