//! Storing: one pass over the file, which every store is sent at the same time.

use std::time::Duration;

use cid::Cid;
use futures_util::future::join_all;
use tokio::io::AsyncRead;

use super::{Event, Progress, Replicas, Stored};
use crate::store::read::Sources;
use crate::store::{Block, Importer, Limits, RecordStore, StoreError, Walk};

/// Blocks of at most 1 MiB that are sent at once, and held meanwhile; the next as many are read at the same time.
const BATCH: usize = 8;
/// Waits before a batch is sent again.
const AGAIN: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// A store that is being sent a file.
struct Lane<'a> {
    store: &'a dyn RecordStore,
    failure: Option<StoreError>,
}

impl Lane<'_> {
    async fn send(&mut self, blocks: &[Block], progress: &dyn Progress) {
        if self.failure.is_none()
            && let Err(error) = send(self.store, blocks, progress).await
        {
            self.give_up(error, progress);
        }
    }

    async fn pin(&mut self, root: &Cid, progress: &dyn Progress) {
        if self.failure.is_none() {
            match self.store.pin(root).await {
                Ok(()) => progress.on(&Event::Kept { store: self.store.name() }),
                Err(error) => self.give_up(error, progress),
            }
        }
    }

    fn give_up(&mut self, error: StoreError, progress: &dyn Progress) {
        progress.on(&Event::GaveUp { store: self.store.name(), reason: &error });
        self.failure = Some(error);
    }
}

/// Sends what the store has not. What it has of a broken upload is not sent again.
pub(super) async fn send(store: &dyn RecordStore, blocks: &[Block], progress: &dyn Progress) -> Result<(), StoreError> {
    let mut waits = AGAIN.into_iter();
    loop {
        match send_once(store, blocks, progress).await {
            Err(StoreError::Unreachable(reason)) => match waits.next() {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(StoreError::Unreachable(reason)),
            },
            done => return done,
        }
    }
}

async fn send_once(store: &dyn RecordStore, blocks: &[Block], progress: &dyn Progress) -> Result<(), StoreError> {
    let cids: Vec<Cid> = blocks.iter().map(|block| *block.cid()).collect();
    let missing = store.missing(&cids).await?;
    let (wanted, there): (Vec<Block>, Vec<Block>) =
        blocks.iter().cloned().partition(|block| missing.contains(block.cid()));
    if !wanted.is_empty() {
        store.put(&wanted).await?;
    }
    let bytes = |blocks: &[Block]| blocks.iter().map(|block| block.data().len() as u64).sum::<u64>();
    let name = store.name();
    for (blocks, event) in [
        (&wanted, Event::Sent { store: name, bytes: bytes(&wanted) }),
        (&there, Event::Skipped { store: name, bytes: bytes(&there) }),
    ] {
        if !blocks.is_empty() {
            progress.on(&event);
        }
    }
    Ok(())
}

impl Replicas {
    /// Stores a file: reads it once, in constant memory (16 MiB of blocks), computes its CID, sends the blocks to the first
    /// `copies` stores, has each confirm the root, and turns to others for those that failed. What stores have is not
    /// sent, so an upload that broke goes on where it was. Fails if fewer than `confirm` stores confirmed.
    pub async fn store(
        &self,
        source: impl AsyncRead + Unpin + Send,
        progress: &dyn Progress,
    ) -> Result<Stored, StoreError> {
        let (first, spare): (Vec<_>, Vec<_>) =
            self.keepers().enumerate().partition(|(index, _)| *index < self.policy.copies);
        let mut lanes: Vec<Lane<'_>> =
            first.into_iter().map(|(_, store)| Lane { store: &**store, failure: None }).collect();
        let (root, length) = stream_to(&mut lanes, source, progress).await?;

        join_all(lanes.iter_mut().filter(|lane| lane.store.takes_blocks()).map(|lane| lane.pin(&root, progress))).await;
        // Pinning services fetch from where it is by now.
        join_all(lanes.iter_mut().filter(|lane| !lane.store.takes_blocks()).map(|lane| lane.pin(&root, progress)))
            .await;
        for (_, store) in spare {
            if lanes.iter().filter(|lane| lane.failure.is_none()).count() == self.policy.copies {
                break;
            }
            let mut lane = Lane { store: &**store, failure: None };
            if let Err(error) = copy(&self.sources(), lane.store, &root, self.limits, progress).await {
                lane.give_up(error, progress);
            }
            lane.pin(&root, progress).await;
            lanes.push(lane);
        }
        self.outcome(root, length, lanes)
    }

    fn outcome(&self, root: Cid, length: u64, lanes: Vec<Lane<'_>>) -> Result<Stored, StoreError> {
        let (mut confirmed, mut failed) = (Vec::new(), Vec::new());
        for Lane { store, failure } in lanes {
            match failure {
                None => confirmed.push(store.name().to_owned()),
                Some(error) => failed.push((store.name().to_owned(), error.to_string())),
            }
        }
        if confirmed.len() >= self.policy.confirm {
            return Ok(Stored { root, length, confirmed, failed });
        }
        let reasons: Vec<_> = failed.iter().map(|(store, reason)| format!("{store}: {reason}")).collect();
        let reasons = reasons.join("; ");
        Err(StoreError::TooFewCopies { confirmed: confirmed.len(), needed: self.policy.confirm, reasons })
    }
}

/// Sends the file to all lanes that take blocks. Reads on for those that still do; and for the CID, if none does.
async fn stream_to(
    lanes: &mut [Lane<'_>],
    source: impl AsyncRead + Unpin + Send,
    progress: &dyn Progress,
) -> Result<(Cid, u64), StoreError> {
    let mut importer = Importer::new(source);
    let mut batch = gather(&mut importer, progress).await?;
    while !batch.is_empty() {
        let taking = lanes.iter_mut().filter(|lane| lane.store.takes_blocks());
        let sending = join_all(taking.map(|lane| lane.send(&batch, progress)));
        let (next, _) = tokio::join!(gather(&mut importer, progress), sending);
        batch = next?;
    }
    importer.finished().ok_or(StoreError::Unsupported("name a file without a root"))
}

async fn gather(
    importer: &mut Importer<impl AsyncRead + Unpin + Send>,
    progress: &dyn Progress,
) -> Result<Vec<Block>, StoreError> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        let blocks = importer.next().await?;
        if blocks.is_empty() {
            break;
        }
        progress.on(&Event::Read { bytes: blocks.iter().map(|block| block.data().len() as u64).sum() });
        batch.extend(blocks);
    }
    Ok(batch)
}

/// Copies a DAG to a store that takes blocks, children before their parents' pin; for others there is nothing to do.
pub(super) async fn copy(
    sources: &Sources,
    target: &dyn RecordStore,
    root: &Cid,
    limits: Limits,
    progress: &dyn Progress,
) -> Result<(), StoreError> {
    if !target.takes_blocks() {
        return Ok(());
    }
    let (mut walk, mut batch) = (Walk::new(*root, limits), Vec::new());
    while let Some(step) = walk.next() {
        // What it has need not be fetched, unless to know what is below.
        if !step.is_branch() && target.has(&step.cid).await? {
            continue;
        }
        let block = sources.get(&step.cid).await?;
        walk.descend(&step, &block)?;
        batch.push(block);
        if batch.len() == BATCH {
            send(target, &std::mem::take(&mut batch), progress).await?;
        }
    }
    send(target, &batch, progress).await
}
