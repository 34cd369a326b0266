//! CIDs of records: sha2-256 with the raw or dag-pb codec, and nothing else.

use std::fmt;
use std::str::FromStr;

use cid::Cid;
use cid::multihash::Multihash;

use super::bytes::deserialize_from_str;
use super::{Digest, Malformed};

const SHA2_256: u64 = 0x12;

/// The multicodec of a record's CID, by its name in the multicodec table: raw if the file is one block, dag-pb if it is a UnixFS
/// tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub enum Codec {
    /// 0x55: the file is one block.
    #[serde(rename = "raw")]
    Raw,
    /// 0x70: the file is a UnixFS tree.
    #[serde(rename = "dag-pb")]
    DagPb,
}

impl Codec {
    /// The multicodec's number.
    pub fn code(self) -> u8 {
        match self {
            Codec::Raw => 0x55,
            Codec::DagPb => 0x70,
        }
    }
}

impl TryFrom<u64> for Codec {
    type Error = Malformed;

    fn try_from(code: u64) -> Result<Self, Malformed> {
        match code {
            0x55 => Ok(Codec::Raw),
            0x70 => Ok(Codec::DagPb),
            _ => Err(Malformed(format!("codec 0x{code:x} is not a record's: expected raw (0x55) or dag-pb (0x70)"))),
        }
    }
}

/// A record's CID. Written as CIDv1 in base32; read in any valid form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordCid {
    pub codec: Codec,
    pub digest: Digest,
}

impl fmt::Display for RecordCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = Multihash::<64>::wrap(SHA2_256, &self.digest.0).map_err(|_| fmt::Error)?;
        write!(f, "{}", Cid::new_v1(self.codec.code().into(), hash))
    }
}

impl FromStr for RecordCid {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let cid = Cid::try_from(text).map_err(|e| Malformed(format!("'{text}' is not a CID: {e}")))?;
        let hash = cid.hash();
        if hash.code() != SHA2_256 {
            return Err(Malformed(format!(
                "'{text}' uses hash function 0x{:x}: records' CIDs use sha2-256 (0x12)",
                hash.code()
            )));
        }
        let digest = Digest::try_from(hash.digest())
            .map_err(|_| Malformed(format!("'{text}' holds a cut-off sha2-256 digest: expected 32 bytes")))?;
        Ok(RecordCid { codec: Codec::try_from(cid.codec())?, digest })
    }
}

impl serde::Serialize for RecordCid {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

deserialize_from_str!(RecordCid);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_valid_form_goes_in_and_version_1_comes_out() {
        let v0: RecordCid = "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n".parse().unwrap();
        assert_eq!(v0.codec, Codec::DagPb);
        let v1 = v0.to_string();
        assert_eq!(v1, "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
        assert_eq!(v1.parse(), Ok(v0));
    }

    #[test]
    fn other_hashes_and_codecs_are_refused_by_name() {
        // blake2b-256 and dag-cbor.
        let blake: Result<RecordCid, _> = "bafk2bzaceaphwawppwcjfybp6eyn5gw54wabomtz7kxd6xy6x7jq5dx6hcgmy".parse();
        assert!(blake.unwrap_err().0.contains("0xb220"));
        let cbor: Result<RecordCid, _> = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua".parse();
        assert!(cbor.unwrap_err().0.contains("0x71"));
        assert!("hello".parse::<RecordCid>().unwrap_err().0.contains("not a CID"));
    }
}
