//! Releases: nothing leaves without its leaf.

use std::sync::Arc;

use chartkey_vault::sharing::Share as Secret;
use chartkey_vault::{Digest, KeyName, Kind, Label, PublicKey, system_rng};

use super::{AT_ONCE, Custodian, check_fresh, now};
use crate::key::Keys;
use crate::leaf::Leaf;
use crate::merkle;
use crate::refusal::Refusal;
use crate::store::{self, Share, Standing};
use crate::typed::{Hash, ReleaseRequest, TreeHead, What};

/// What is handed over, and its trace.
#[derive(Debug, Clone)]
pub struct Release {
    pub handed: Vec<Handed>,
    /// Records of which nothing is kept, or what is kept does not open.
    pub missing: Vec<Digest>,
    /// The leaf's place.
    pub leaf: u64,
    pub head: TreeHead,
    pub head_signature: [u8; 65],
    /// That the leaf is in the head's tree.
    pub inclusion: Vec<Hash>,
}

/// One share, sealed to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    pub digest: Digest,
    pub index: u8,
    pub sealed: Vec<u8>,
}

impl Custodian {
    /// Hands over what a reader asks for.
    pub async fn release(&self, request: ReleaseRequest, signature: Vec<u8>) -> Result<Release, Refusal> {
        check_form(&request)?;
        check_fresh(request.issued_at, now())?;
        let hash = request.hash(self.domain());
        self.check_signature(request.reader, hash, &signature).await?;
        let view = self.look().await?;
        let mut db = self.pool.acquire().await?;
        let open_block = self.judge(&mut db, &view, &request).await?;
        let key = match view.key_of(request.reader) {
            Some(key) => Some(key.to_vec()),
            None => store::key_of(&mut db, request.reader).await?,
        };
        let key = key.and_then(|key| PublicKey::from_bytes(&key).ok()).filter(|key| key.id() == request.key_id);
        let key = key.ok_or(Refusal::WrongKey)?;
        let found = kept(&mut db, &request).await?;
        drop(db);
        if found.is_empty() {
            return Err(Refusal::NothingKept);
        }
        let handed = self.reseal(&request, hash, found.clone(), key).await?;
        if handed.is_empty() {
            return Err(Refusal::NothingKept);
        }
        let leaf = Leaf::Release { request: request.clone(), signature, open_block, released_at: now() };
        let place = self.trace(&request, &found, &leaf).await?;
        self.answer(&request, handed, place).await
    }

    /// Writes the leaf, for good, if what is handed over is still kept and the grant still stands.
    async fn trace(&self, request: &ReleaseRequest, found: &[Share], leaf: &Leaf) -> Result<u64, Refusal> {
        let mut transaction = self.pool.begin().await?;
        let mut log = store::lock(&mut transaction).await?;
        if request.kind != What::Owner
            && let Standing::Ended(end) = store::standing(&mut transaction, request.grant_id).await?
        {
            return Err(Refusal::Ended(end.name()));
        }
        if kept(&mut transaction, request).await? != found {
            return Err(Refusal::NothingKept);
        }
        let place = store::append(&mut transaction, &mut log, leaf).await?;
        if !store::answer(&mut transaction, request.reader, request.nonce, place).await? {
            return Err(Refusal::Replayed);
        }
        transaction.commit().await?;
        Ok(place)
    }

    async fn answer(&self, request: &ReleaseRequest, handed: Vec<Handed>, leaf: u64) -> Result<Release, Refusal> {
        let mut db = self.pool.acquire().await?;
        let size = leaf + 1;
        let (head, head_signature) = self.head_of(&mut db, size).await?;
        let runs = merkle::inclusion(leaf, size).ok_or(Refusal::Internal)?;
        let inclusion = store::read_proof(&mut db, runs).await?;
        let is_missing =
            |digest: &&Digest| request.kind != What::Seed && !handed.iter().any(|handed| handed.digest == **digest);
        let missing = request.digests.iter().filter(is_missing).copied().collect();
        Ok(Release { handed, missing, leaf, head, head_signature, inclusion })
    }

    /// Opens shares and seals them to the reader. Those that do not open are left out. Takes a millisecond for each.
    async fn reseal(
        &self,
        request: &ReleaseRequest,
        hash: Hash,
        found: Vec<Share>,
        key: PublicKey,
    ) -> Result<Vec<Handed>, Refusal> {
        let (keys, request) = (Arc::clone(&self.keys), request.clone());
        let work = move || found.iter().filter_map(|share| reseal_one(&keys, &request, hash, share, &key)).collect();
        tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Internal)
    }
}

fn reseal_one(keys: &Keys, request: &ReleaseRequest, hash: Hash, share: &Share, key: &PublicKey) -> Option<Handed> {
    let (grant, digest, index) = (request.grant_id, share.digest, share.index);
    let labels = |kind| {
        let key = KeyName { kind, digest };
        (Label::Custody { grant, key, index }, Label::Release { request: hash, grant, key, index })
    };
    let (kept, handed) = match request.kind {
        // Sealed to the patient already.
        What::Owner => return Some(Handed { digest, index, sealed: share.sealed.clone() }),
        What::Title => labels(Kind::Title),
        What::Content => labels(Kind::Content),
        What::Seed => (Label::Emergency { grant, index }, Label::Emergency { grant, index }),
    };
    let secret = Secret::open(keys.sealing(), &kept, &share.sealed).ok()?;
    let sealed = secret.seal(key, &handed, &mut system_rng()).ok()?;
    Some(Handed { digest, index, sealed })
}

async fn kept(db: &mut store::Connection, request: &ReleaseRequest) -> Result<Vec<Share>, Refusal> {
    Ok(match request.kind {
        What::Owner => store::owner_copies(db, request.patient, &request.digests).await?,
        What::Seed => store::shares(db, request.grant_id, What::Seed, &[Digest([0; 32])]).await?,
        kind @ (What::Title | What::Content) => store::shares(db, request.grant_id, kind, &request.digests).await?,
    })
}

fn check_form(request: &ReleaseRequest) -> Result<(), Refusal> {
    let most = if request.kind == What::Content || request.kind == What::Seed { 1 } else { AT_ONCE };
    if request.digests.is_empty() || request.digests.len() > most {
        return Err(Refusal::Malformed(format!("expected 1 to {most} records")));
    }
    let mut sorted = request.digests.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != request.digests.len() {
        return Err(Refusal::Malformed("a record is named twice".into()));
    }
    Ok(())
}
