//! Keys that are handed over whole: a record's two to its patient, a team's to its members.

use rand::CryptoRng;

use crate::bytes::{Address, Digest};
use crate::keys::{AccountKey, KeyError, PublicKey, Suite};
use crate::label::Label;
use crate::secret::{AccountSeed, ContentKey, TitleKey};

/// Both keys of one record version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordKeys {
    pub content: ContentKey,
    pub title: TitleKey,
}

impl RecordKeys {
    /// Fresh ones, for one record version.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        RecordKeys { content: ContentKey::random(rng), title: TitleKey::random(rng) }
    }

    /// The owner's copy, `CK ‖ TK` sealed to the patient: 1200 or 112 bytes. Custodians and the patient keep it; it is
    /// never public, or the patient's key alone would decrypt.
    pub fn seal_to_owner(
        &self,
        owner: &PublicKey,
        patient: Address,
        digest: Digest,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, KeyError> {
        let both = zeroize::Zeroizing::new([*self.content.expose(), *self.title.expose()]);
        owner.seal(&Label::Owner { patient, digest }, both.as_flattened(), rng)
    }

    /// Opens an owner's copy.
    pub fn open_owners(owner: &AccountKey, patient: Address, digest: Digest, sealed: &[u8]) -> Result<Self, KeyError> {
        let mut both = owner.open(&Label::Owner { patient, digest }, sealed, 64)?;
        let (content, title) = both.split_at_mut(32);
        let [content, title] = [content, title].map(|half| half.try_into().map_err(|_| KeyError::DoesNotOpen));
        Ok(RecordKeys { content: ContentKey::from_bytes(content?), title: TitleKey::from_bytes(title?) })
    }
}

/// Seals a team's key to a member, for the team's keeper.
pub fn seal_team_key(
    team_key: &AccountKey,
    team: Address,
    member: &PublicKey,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, KeyError> {
    member.seal(&Label::Team { team, key: team_key.public().id() }, team_key.seed().expose(), rng)
}

/// Opens a team's key, and compares it with the public key that the team has published.
pub fn open_team_key(
    member: &AccountKey,
    team: Address,
    published: &PublicKey,
    sealed: &[u8],
) -> Result<AccountKey, KeyError> {
    let mut seed = member.open_32(&Label::Team { team, key: published.id() }, sealed)?;
    let suite: Suite = published.suite();
    let key = AccountKey::new(suite, AccountSeed::from_bytes(&mut seed));
    if key.public() == *published { Ok(key) } else { Err(KeyError::DoesNotOpen) }
}
