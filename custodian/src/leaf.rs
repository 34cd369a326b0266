//! Leaves of the log: every release with what its reader signed, every deletion with its receipt. README.md has the bytes.

use chartkey_vault::{Address, Digest, GrantId, KeyId};

use crate::typed::{DeletionReceipt, Erasure, ReleaseRequest, What};

/// What a leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// Something was handed over.
    Release {
        request: ReleaseRequest,
        signature: Vec<u8>,
        /// The block that holds the open; 0 where none is needed.
        open_block: u64,
        released_at: u64,
    },
    /// A grant ended, and its shares are gone.
    Deletion { receipt: DeletionReceipt, signature: [u8; 65] },
    /// A patient had records forgotten.
    Erasure { erasure: Erasure, signature: Vec<u8>, shares: u64, erased_at: u64 },
}

const RELEASE: u8 = 1;
const DELETION: u8 = 2;
const ERASURE: u8 = 3;

impl Leaf {
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Leaf::Release { request, signature, open_block, released_at } => [
                &[RELEASE][..],
                &request.patient.0,
                &request.grant_id.0,
                &[request.kind.byte()],
                &request.reader.0,
                &request.via.0,
                &[request.purpose],
                &request.key_id.0,
                &request.open,
                &request.nonce,
                &request.issued_at.to_be_bytes(),
                &digests(&request.digests),
                &open_block.to_be_bytes(),
                &released_at.to_be_bytes(),
                signature,
            ]
            .concat(),
            Leaf::Deletion { receipt, signature } => [
                &[DELETION][..],
                &receipt.custodian.0,
                &receipt.grant.0,
                &[receipt.reason],
                &receipt.block.to_be_bytes(),
                &receipt.shares.to_be_bytes(),
                &receipt.deleted_at.to_be_bytes(),
                signature,
            ]
            .concat(),
            Leaf::Erasure { erasure, signature, shares, erased_at } => [
                &[ERASURE][..],
                &erasure.custodian.0,
                &erasure.patient.0,
                &erasure.actor.0,
                &erasure.issued_at.to_be_bytes(),
                &digests(&erasure.digests),
                &shares.to_be_bytes(),
                &erased_at.to_be_bytes(),
                signature,
            ]
            .concat(),
        }
    }

    /// None: not a leaf.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes);
        match rest.byte()? {
            RELEASE => {
                let (patient, grant_id) = (Address(rest.take()?), GrantId(rest.take()?));
                let (kind, reader, via) = (What::of_byte(rest.byte()?)?, Address(rest.take()?), Address(rest.take()?));
                let (purpose, key_id) = (rest.byte()?, KeyId(rest.take()?));
                let (open, nonce, issued_at) = (rest.take()?, rest.take()?, rest.number()?);
                let digests = rest.digests()?;
                let request = ReleaseRequest {
                    patient,
                    grant_id,
                    kind,
                    digests,
                    reader,
                    via,
                    purpose,
                    key_id,
                    open,
                    nonce,
                    issued_at,
                };
                let (open_block, released_at) = (rest.number()?, rest.number()?);
                Some(Leaf::Release { request, signature: rest.0.to_vec(), open_block, released_at })
            }
            DELETION => {
                let receipt = DeletionReceipt {
                    custodian: Address(rest.take()?),
                    grant: GrantId(rest.take()?),
                    reason: rest.byte()?,
                    block: rest.number()?,
                    shares: rest.number()?,
                    deleted_at: rest.number()?,
                };
                Some(Leaf::Deletion { receipt, signature: rest.0.try_into().ok()? })
            }
            ERASURE => {
                let (custodian, patient, actor) = (Address(rest.take()?), Address(rest.take()?), Address(rest.take()?));
                let (issued_at, digests) = (rest.number()?, rest.digests()?);
                let erasure = Erasure { custodian, patient, digests, actor, issued_at };
                let (shares, erased_at) = (rest.number()?, rest.number()?);
                Some(Leaf::Erasure { erasure, signature: rest.0.to_vec(), shares, erased_at })
            }
            _ => None,
        }
    }
}

/// `u16` count, and so many.
fn digests(digests: &[Digest]) -> Vec<u8> {
    let count = u16::try_from(digests.len()).expect("requests with more than 65535 records are refused before");
    let mut bytes = count.to_be_bytes().to_vec();
    bytes.extend(digests.iter().flat_map(|digest| digest.0));
    bytes
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn digests(&mut self) -> Option<Vec<Digest>> {
        let count = u16::from_be_bytes(self.take()?);
        (0..count).map(|_| self.take().map(Digest)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn release() -> Leaf {
        let request = ReleaseRequest {
            patient: Address([1; 20]),
            grant_id: GrantId([2; 32]),
            kind: What::Title,
            digests: vec![Digest([3; 32]), Digest([4; 32])],
            reader: Address([5; 20]),
            via: Address([6; 20]),
            purpose: 7,
            key_id: KeyId([8; 32]),
            open: [9; 32],
            nonce: [10; 32],
            issued_at: 11,
        };
        Leaf::Release { request, signature: vec![12; 65], open_block: 13, released_at: 14 }
    }

    #[test]
    fn come_back_as_they_were() {
        let receipt = DeletionReceipt {
            custodian: Address([1; 20]),
            grant: GrantId([2; 32]),
            reason: 3,
            block: 4,
            shares: 5,
            deleted_at: 6,
        };
        let erasure = Erasure {
            custodian: Address([1; 20]),
            patient: Address([2; 20]),
            digests: vec![Digest([3; 32])],
            actor: Address([4; 20]),
            issued_at: 5,
        };
        let leaves = [
            release(),
            Leaf::Deletion { receipt, signature: [7; 65] },
            Leaf::Erasure { erasure, signature: vec![6; 65], shares: 7, erased_at: 8 },
        ];
        for leaf in leaves {
            assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Some(leaf));
        }
    }

    proptest! {
        #[test]
        fn other_bytes_are_none_or_themselves(cut in 0_usize..400, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let whole = release().to_bytes();
            for bytes in [&whole[..cut.min(whole.len())], &bytes] {
                if let Some(leaf) = Leaf::from_bytes(bytes) {
                    prop_assert_eq!(leaf.to_bytes(), bytes);
                }
            }
        }
    }
}
