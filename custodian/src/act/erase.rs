//! Erasure: a patient has records forgotten, whatever grants there are (GDPR, article 17).

use super::{AT_ONCE, Custodian, check_fresh, now};
use crate::leaf::Leaf;
use crate::refusal::Refusal;
use crate::store;
use crate::typed::Erasure;

impl Custodian {
    /// Deletes every share and owner's copy of some records; gives how many there were and the leaf's place.
    pub async fn erase(&self, erasure: Erasure, signature: Vec<u8>) -> Result<(u64, u64), Refusal> {
        if erasure.custodian != self.address() || erasure.digests.is_empty() || erasure.digests.len() > AT_ONCE {
            let expected = format!("expected 1 to {AT_ONCE} records, for custodian {}", self.address());
            return Err(Refusal::Malformed(expected));
        }
        check_fresh(erasure.issued_at, now())?;
        self.check_signature(erasure.actor, erasure.hash(self.domain()), &signature).await?;
        let view = self.look().await?;
        let (patient, actor) = (erasure.patient, erasure.actor);
        if actor != patient && !self.is_guardian(&view, patient, actor).await? {
            return Err(Refusal::OtherReader);
        }
        let mut transaction = self.pool.begin().await?;
        let mut log = store::lock(&mut transaction).await?;
        let shares = store::erase(&mut transaction, patient, &erasure.digests).await?;
        let leaf = Leaf::Erasure { erasure, signature, shares, erased_at: now() };
        let place = store::append(&mut transaction, &mut log, &leaf).await?;
        transaction.commit().await?;
        Ok((shares, place))
    }
}
