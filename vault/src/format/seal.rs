use std::io::{self, Read, Write};

use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Encryptor, FormatError, Layout, Manifest, padded};
use crate::{Address, ContentKey, Malformed};

/// What begins every record, before its manifest's length.
pub(super) const MAGIC: &[u8; 4] = b"CKR1";
/// Bytes of the magic and of the manifest's length.
pub(super) const PREAMBLE: usize = 8;

/// What a manifest has to say about a content, found by reading it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    pub size: u64,
    pub sha256: [u8; 32],
}

/// Reads a content to describe it.
pub fn describe(mut content: impl Read) -> io::Result<Described> {
    let mut hashed = Hashing::default();
    pump(&mut content, |bytes| {
        hashed.take(bytes);
        Ok(())
    })?;
    Ok(hashed.end())
}

/// Encrypts a content whose manifest is known ([`describe`]), in constant memory. Gives back `out`, and how long the
/// file is. Fails if the content is not the one described, for instance because the file changed meanwhile: what was
/// written then is of no use.
pub fn seal_record<W: Write>(
    manifest: &Manifest,
    mut content: impl Read,
    out: W,
    key: &ContentKey,
    patient: Address,
    rng: &mut impl CryptoRng,
) -> Result<(W, Layout), FormatError> {
    let json = manifest.to_json()?;
    let length = u32::try_from(json.len()).ok().filter(|length| *length <= super::MAX_MANIFEST);
    let length = length.ok_or_else(|| Malformed(format!("a manifest of {} bytes is too long", json.len())))?;
    let unpadded = PREAMBLE as u64 + u64::from(length) + manifest.size;
    let layout = Layout::of_plaintext(padded(unpadded))?;

    let mut file = Encryptor::new(out, key, patient, rng)?;
    file.write_all(MAGIC)?;
    file.write_all(&length.to_be_bytes())?;
    file.write_all(&json)?;
    let mut hashed = Hashing::default();
    pump(&mut content, |bytes| {
        hashed.take(bytes);
        file.write_all(bytes)
    })?;
    let found = hashed.end();
    if found.size != manifest.size {
        return Err(FormatError::WrongSize { expected: manifest.size, found: found.size });
    }
    if found.sha256 != manifest.sha256 {
        return Err(FormatError::WrongContent);
    }
    io::copy(&mut io::repeat(0).take(padded(unpadded) - unpadded), &mut file)?;
    Ok((file.finish()?, layout))
}

/// Gives all of `source` to `take`, by pieces that stay in the processor's cache, in a buffer that is wiped.
pub(super) fn pump(source: &mut impl Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = Zeroizing::new(vec![0; 64 << 10]);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => take(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Counts and hashes what passes.
#[derive(Default)]
pub(super) struct Hashing {
    size: u64,
    hasher: Sha256,
}

impl Hashing {
    pub fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    pub fn end(self) -> Described {
        Described { size: self.size, sha256: self.hasher.finalize().into() }
    }
}
