//! What a seal is for: HPKE's `info`. A seal made for one purpose, grant, record or custodian opens for no other.

use crate::bytes::{Address, Digest, GrantId, KeyId};

/// Which of a record's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// The title key: released on a signed request.
    Title = 1,
    /// The content key: released only after an open is on chain.
    Content = 2,
}

impl Kind {
    /// Both, in the order of their numbers.
    pub const ALL: [Kind; 2] = [Kind::Title, Kind::Content];

    /// The byte that stands for it.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// Its name in JSON and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Title => "title",
            Kind::Content => "content",
        }
    }
}

/// Which key of which record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    pub kind: Kind,
    pub digest: Digest,
}

/// What a seal is for. README.md has their bytes as a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// A grant's seed, sealed to the grantee, in the event.
    Grant { grant: GrantId },
    /// The seed of a referrer's grant, passed on by the referrer, in the event.
    Referral { grant: GrantId, referrer: Address, grantee: Address },
    /// One share, sealed to the custodian of that index.
    Custody { grant: GrantId, key: KeyName, index: u8 },
    /// One share, sealed by its custodian to the reader who asked; `request` is the EIP-712 hash of what was asked.
    Release { request: [u8; 32], grant: GrantId, key: KeyName, index: u8 },
    /// One share of an emergency grant's seed, sealed to the custodian of that index.
    Emergency { grant: GrantId, index: u8 },
    /// A record's two keys, content first, sealed to the patient.
    Owner { patient: Address, digest: Digest },
    /// The seed of a team's key, sealed to a member; `key` is the team's.
    Team { team: Address, key: KeyId },
}

impl Label {
    /// `info` for HPKE: the label, a zero byte, the fields in order, each of fixed length.
    pub fn info(&self) -> Vec<u8> {
        let key_name = |key: &KeyName| [&[key.kind.byte()], key.digest.as_ref()].concat();
        let (name, fields) = match self {
            Label::Grant { grant } => ("grant", grant.0.to_vec()),
            Label::Referral { grant, referrer, grantee } => {
                ("referral", [&grant.0[..], &referrer.0, &grantee.0].concat())
            }
            Label::Custody { grant, key, index } => ("custody", [&grant.0[..], &key_name(key), &[*index]].concat()),
            Label::Release { request, grant, key, index } => {
                ("release", [&request[..], &grant.0, &key_name(key), &[*index]].concat())
            }
            Label::Emergency { grant, index } => ("emergency", [&grant.0[..], &[*index]].concat()),
            Label::Owner { patient, digest } => ("owner", [&patient.0[..], &digest.0].concat()),
            Label::Team { team, key } => ("team", [&team.0[..], &key.0].concat()),
        };
        [b"chartkey/v1/", name.as_bytes(), &[0], &fields].concat()
    }

    /// Of a label for a share, the share's index.
    pub fn index(&self) -> Option<u8> {
        match self {
            Label::Custody { index, .. } | Label::Release { index, .. } | Label::Emergency { index, .. } => {
                Some(*index)
            }
            Label::Grant { .. } | Label::Referral { .. } | Label::Owner { .. } | Label::Team { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_the_bytes_of_the_table() {
        let grant = GrantId([1; 32]);
        let key = KeyName { kind: Kind::Content, digest: Digest([2; 32]) };
        let info = Label::Custody { grant, key, index: 3 }.info();
        assert_eq!(info, [&b"chartkey/v1/custody\0"[..], &[1; 32], &[2], &[2; 32], &[3]].concat());
    }
}
