//! Blocks and their CIDs.

use bytes::Bytes;
use cid::multihash::Multihash;
use cid::{Cid, Version};
use ring::digest::{SHA256, digest};

use super::StoreError;

/// The multicodec of a leaf: bytes of the file.
pub const RAW: u64 = 0x55;
/// The multicodec of a node that links others.
pub const DAG_PB: u64 = 0x70;
/// The multihash of everything here.
const SHA2_256: u64 = 0x12;

/// Bytes that a block may have: what IPFS nodes exchange.
pub const MAX_BLOCK: usize = 2 << 20;

/// Bytes whose SHA-256 is that of their CID: outside this module there is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    cid: Cid,
    data: Bytes,
}

impl Block {
    /// Takes `data` if it is the block of that CID, and of at most [`MAX_BLOCK`].
    pub fn verified(cid: Cid, data: Bytes) -> Result<Self, StoreError> {
        check_cid(&cid)?;
        if data.len() > MAX_BLOCK {
            return Err(StoreError::TooLarge { what: "a block", limit: MAX_BLOCK as u64 });
        }
        if cid.hash().digest() != digest(&SHA256, &data).as_ref() {
            return Err(StoreError::Damaged(cid));
        }
        Ok(Block { cid, data })
    }

    /// The block of these bytes, with a CIDv1.
    pub fn of(codec: u64, data: Bytes) -> Result<Self, StoreError> {
        let hash = Multihash::wrap(SHA2_256, digest(&SHA256, &data).as_ref()).expect("64 bytes hold a SHA-256");
        Block::verified(Cid::new_v1(codec, hash), data)
    }

    /// The same for a hash that was just computed from these bytes.
    pub(super) fn known(cid: Cid, data: Bytes) -> Self {
        Block { cid, data }
    }

    /// Its name.
    pub fn cid(&self) -> &Cid {
        &self.cid
    }

    /// Its bytes.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// Its bytes, without a copy.
    pub fn into_data(self) -> Bytes {
        self.data
    }
}

/// Reads a CID in any of its texts, also after `ipfs://` or `/ipfs/`, and refuses what cannot be a record's block.
pub fn parse_cid(text: &str) -> Result<Cid, StoreError> {
    let bare = text.strip_prefix("ipfs://").or_else(|| text.strip_prefix("/ipfs/")).unwrap_or(text);
    // The library finds "/ipfs/" anywhere in a text; a CID has no slash, and none is longer than this.
    if bare.len() > 128 || bare.contains('/') {
        return Err(StoreError::BadCid("it is no single CID".into()));
    }
    let cid = Cid::try_from(bare).map_err(|error| StoreError::BadCid(error.to_string()))?;
    // The library ignores what follows a CID.
    let whole = match cid.version() {
        Version::V0 => cid.to_string() == bare,
        Version::V1 => cid::multibase::decode(bare).is_ok_and(|(_, bytes)| bytes.len() == cid.encoded_len()),
    };
    if !whole {
        return Err(StoreError::BadCid("it has more than a CID".into()));
    }
    check_cid(&cid)?;
    Ok(cid)
}

/// Refuses other hashes than whole SHA-256 and other codecs than raw and dag-pb.
pub(super) fn check_cid(cid: &Cid) -> Result<(), StoreError> {
    let hash = cid.hash();
    if hash.code() != SHA2_256 || hash.digest().len() != 32 {
        let (code, length) = (hash.code(), hash.digest().len());
        return Err(StoreError::BadCid(format!(
            "hash function 0x{code:x} with {length} bytes, expected sha2-256 (0x12) with 32"
        )));
    }
    if !matches!(cid.codec(), RAW | DAG_PB) {
        let codec = cid.codec();
        return Err(StoreError::BadCid(format!("codec 0x{codec:x}, expected raw (0x55) or dag-pb (0x70)")));
    }
    Ok(())
}

/// The CID as version 1, under which blocks are kept: both versions name the same bytes.
pub(super) fn normal(cid: &Cid) -> Cid {
    if cid.version() == Version::V1 { *cid } else { Cid::new_v1(cid.codec(), *cid.hash()) }
}
