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
}

impl Scope {
    /// From the word on chain: 0 is the chart, 1 to 2^32 - 1 a folder, anything else a record.
    pub fn from_word(word: [u8; 32]) -> Self {
        match word {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, low @ ..] => {
                match u32::from_be_bytes(low) {
                    0 => Scope::Chart,
                    folder => Scope::Folder(folder),
                }
            }
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
    fn the_three_kinds_never_overlap() {
        for scope in [Scope::Chart, Scope::Folder(1), Scope::Folder(u32::MAX), Scope::Record(Digest([7; 32]))] {
            assert_eq!(Scope::from_word(scope.to_word()), scope);
        }
        let mut first_record = [0; 32];
        first_record[27] = 1;
        assert_eq!(Scope::from_word(first_record), Scope::Record(Digest(first_record)));
    }
}
