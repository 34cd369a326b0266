//! What a grant covers.

use super::{Digest, Malformed};

/// What a grant covers; on chain one word (Types.sol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole chart, and what is added later.
    Chart,
    /// One folder, never 0, and what is added to it later.
    Folder(u32),
    /// One record.
    Record(Digest),
    /// The whole chart, in an emergency: what breaking the glass gives.
    Emergency,
}

impl Scope {
    const EMERGENCY: [u8; 32] = [0xff; 32];

    /// From the word on chain: 0 is the chart, 1 to 2^32 - 1 a folder, 2^256 - 1 the emergency, anything else a record.
    pub fn from_word(word: [u8; 32]) -> Self {
        match word {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, low @ ..] => {
                match u32::from_be_bytes(low) {
                    0 => Scope::Chart,
                    folder => Scope::Folder(folder),
                }
            }
            Scope::EMERGENCY => Scope::Emergency,
            _ => Scope::Record(Digest(word)),
        }
    }

    /// The word on chain.
    pub fn to_word(self) -> [u8; 32] {
        let mut word = [0; 32];
        match self {
            Scope::Chart => {}
            Scope::Folder(folder) => word[28..].copy_from_slice(&folder.to_be_bytes()),
            Scope::Record(digest) => word = digest.0,
            Scope::Emergency => word = Scope::EMERGENCY,
        }
        word
    }
}

impl TryFrom<&[u8]> for Scope {
    type Error = Malformed;

    fn try_from(bytes: &[u8]) -> Result<Self, Malformed> {
        let word = bytes.try_into().map_err(|_| Malformed(format!("scope of {} bytes, not 32", bytes.len())))?;
        Ok(Scope::from_word(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_never_overlap() {
        let record = Scope::Record(Digest([7; 32]));
        for scope in [Scope::Chart, Scope::Folder(1), Scope::Folder(u32::MAX), record, Scope::Emergency] {
            assert_eq!(Scope::from_word(scope.to_word()), scope);
        }
        let mut first_record = [0; 32];
        first_record[27] = 1;
        let mut last_record = [0xff; 32];
        last_record[31] = 0xfe;
        for record in [first_record, last_record] {
            assert_eq!(Scope::from_word(record), Scope::Record(Digest(record)));
        }
    }
}
