//! Every block of a file, read from every store and hashed.

use cid::Cid;
use futures_util::future::join_all;

use super::{Event, Progress, Replicas, Report, State, StoreReport};
use crate::store::walk::Step;
use crate::store::{Block, RecordStore, StoreError, Walk, check_cid};

impl Replicas {
    /// Reads and hashes every block at every store: as much traffic as there are copies. Fails only if the root is no
    /// file's, or nobody has it; everything else is in the report.
    pub async fn audit(&self, root: &Cid, progress: &dyn Progress) -> Result<Report, StoreError> {
        check_cid(root)?;
        let mut stores: Vec<StoreReport> = join_all(self.stores.iter().map(|store| begin(&**store, root))).await;
        let (mut walk, mut blocks, mut lost) = (Walk::new(*root, self.limits), 0, Vec::new());
        while let Some(step) = walk.next() {
            blocks += 1;
            let asked = self.stores.iter().zip(&mut stores);
            let answers = join_all(asked.map(|(store, report)| self.check(&**store, report, &step, progress))).await;
            match answers.into_iter().flatten().next() {
                Some(block) => walk.descend(&step, &block)?,
                None => lost.push(step.cid),
            }
        }
        stores.iter_mut().for_each(conclude);
        let copies = self.stores.iter().zip(&stores).filter(|(store, report)| store.keeps() && report.is_copy());
        let copies = copies.count();
        Ok(Report { root: *root, blocks, wanted: self.policy.copies, copies, lost, stores })
    }

    async fn check(
        &self,
        store: &dyn RecordStore,
        report: &mut StoreReport,
        step: &Step,
        progress: &dyn Progress,
    ) -> Option<Block> {
        if report.silent.is_some() || report.state == State::Unread {
            return None;
        }
        let answer = tokio::time::timeout(self.patience, store.get(&step.cid)).await;
        match answer.unwrap_or_else(|_| Err(StoreError::Unreachable(format!("nothing within {:?}", self.patience)))) {
            Ok(block) => {
                let bytes = block.data().len() as u64;
                report.right += 1;
                report.bytes += bytes;
                progress.on(&Event::Checked { store: store.name(), bytes });
                return Some(block);
            }
            Err(StoreError::Missing(cid)) => report.missing.push(cid),
            Err(StoreError::Damaged(cid)) => report.damaged.push(cid),
            Err(StoreError::TooLarge { .. }) => report.damaged.push(step.cid),
            Err(StoreError::Unsupported(_)) => report.state = State::Unread,
            Err(error) => report.silent = Some(error.to_string()),
        }
        None
    }
}

async fn begin(store: &dyn RecordStore, root: &Cid) -> StoreReport {
    let pinned = if store.keeps() { store.is_pinned(root).await.ok() } else { None };
    let (damaged, missing) = (Vec::new(), Vec::new());
    let store = store.name().to_owned();
    StoreReport { store, state: State::Whole, pinned, right: 0, bytes: 0, damaged, missing, silent: None }
}

fn conclude(report: &mut StoreReport) {
    report.state = match report {
        StoreReport { state: State::Unread, .. } => State::Unread,
        StoreReport { silent: Some(_), .. } => State::Unreachable,
        StoreReport { damaged, .. } if !damaged.is_empty() => State::Damaged,
        StoreReport { missing, .. } if missing.is_empty() => State::Whole,
        StoreReport { right: 0, .. } => State::Absent,
        StoreReport { .. } => State::Partial,
    };
}
