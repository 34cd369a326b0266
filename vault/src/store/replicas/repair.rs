//! Damaged and missing blocks are put in their place, and copies are made until there are enough.

use cid::Cid;

use super::upload::{copy, send};
use super::{Event, Progress, Replicas, Report, State, StoreReport};
use crate::store::read::Sources;
use crate::store::{RecordStore, StoreError};

impl Replicas {
    /// Audits, repairs from stores that are right, and audits again: the second report is what there is now. A store that
    /// cannot be repaired is in it as it is.
    pub async fn repair(&self, root: &Cid, progress: &dyn Progress) -> Result<Report, StoreError> {
        let before = self.audit(root, progress).await?;
        if before.is_kept() {
            return Ok(before);
        }
        let sources = self.sources();
        let mut copies = before.copies;
        for (store, report) in self.stores.iter().zip(&before.stores).filter(|(store, _)| store.keeps()) {
            let short = copies < self.policy.copies && !report.is_copy();
            let broken = matches!(report.state, State::Damaged | State::Partial) && report.pinned == Some(true);
            if report.state == State::Unreachable || !(short || broken) {
                continue;
            }
            match self.mend(&sources, &**store, report, root, progress).await {
                Ok(()) => copies += 1,
                Err(reason) => progress.on(&Event::GaveUp { store: store.name(), reason: &reason }),
            }
        }
        self.audit(root, progress).await
    }

    async fn mend(
        &self,
        sources: &Sources,
        store: &dyn RecordStore,
        report: &StoreReport,
        root: &Cid,
        progress: &dyn Progress,
    ) -> Result<(), StoreError> {
        for cid in &report.damaged {
            let block = sources.get(cid).await?;
            store.replace(root, &block).await?;
            progress.on(&Event::Repaired { store: store.name(), cid });
        }
        if report.state == State::Absent {
            copy(sources, store, root, self.limits, progress).await?;
        } else if store.takes_blocks() {
            for cid in &report.missing {
                send(store, &[sources.get(cid).await?], progress).await?;
                progress.on(&Event::Repaired { store: store.name(), cid });
            }
        }
        store.pin(root).await?;
        progress.on(&Event::Kept { store: store.name() });
        Ok(())
    }
}
