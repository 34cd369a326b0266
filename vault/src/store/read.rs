//! Reading a file from several stores, none of which is trusted.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cid::Cid;
use futures_util::{Stream, StreamExt, stream};

use super::block::Block;
use super::dag::Node;
use super::walk::read_node;
use super::{Limits, RecordStore, StoreError, check_cid, normal};
use crate::format::SEGMENT;

/// How long one store has for one block before the next is asked.
const PATIENCE: Duration = Duration::from_secs(30);
/// Nodes above leaves that are kept: some 60 KiB each.
const KEPT_NODES: usize = 64;
/// Bytes of a leaf, on average, below which a file is not read. IPFS's smallest usual chunk has 256 KiB.
const SMALLEST_LEAF: u64 = 4096;

/// What is wrong with what a store said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// It gave bytes with another hash, or more than a block has.
    Damaged,
    /// It has no such block.
    Missing,
    /// It did not answer, or refused; why, in words.
    Silent(String),
}

impl Fault {
    pub(super) fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Damaged(_) | StoreError::TooLarge { .. } => Fault::Damaged,
            StoreError::Missing(_) => Fault::Missing,
            error => Fault::Silent(error.to_string()),
        }
    }
}

/// A store that did not give a block, while another may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The store's name.
    pub store: String,
    /// The block.
    pub cid: Cid,
    /// What happened.
    pub fault: Fault,
}

/// Stores that are asked one after the other until one gives the block. One that was silent is asked last from then on.
pub(super) struct Sources {
    stores: Vec<(Arc<dyn RecordStore>, AtomicBool)>,
    findings: Mutex<Vec<Finding>>,
    patience: Duration,
}

impl Sources {
    pub(super) fn new(stores: Vec<Arc<dyn RecordStore>>, patience: Duration) -> Self {
        let stores = stores.into_iter().map(|store| (store, AtomicBool::new(false))).collect();
        Sources { stores, findings: Mutex::default(), patience }
    }

    pub(super) async fn get(&self, cid: &Cid) -> Result<Block, StoreError> {
        let (silent, answering): (Vec<_>, Vec<_>) =
            self.stores.iter().partition(|(_, silent)| silent.load(Ordering::Relaxed));
        for (store, was_silent) in answering.into_iter().chain(silent) {
            let error = match tokio::time::timeout(self.patience, store.get(cid)).await {
                Ok(Ok(block)) => return Ok(block),
                Ok(Err(error)) => error,
                Err(_) => StoreError::Unreachable(format!("nothing within {:?}", self.patience)),
            };
            if !error.is_the_stores() {
                return Err(error);
            }
            let fault = Fault::of(&error);
            was_silent.fetch_or(matches!(fault, Fault::Silent(_)), Ordering::Relaxed);
            let finding = Finding { store: store.name().to_owned(), cid: *cid, fault };
            self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
        }
        Err(StoreError::Nowhere(*cid))
    }

    fn findings(&self) -> Vec<Finding> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A file, block by block, each checked against its CID before a byte of it is given out, from the first store that has
/// it. Cheap to share; all of it may be used at the same time.
pub struct DagReader {
    sources: Sources,
    limits: Limits,
    root: Arc<Node>,
    length: u64,
    nodes: Mutex<HashMap<Cid, Arc<Node>>>,
}

impl DagReader {
    /// Fetches the root. Stores are asked in their order, and each has 30 s for a block.
    pub async fn open(stores: Vec<Arc<dyn RecordStore>>, root: &Cid, limits: Limits) -> Result<Self, StoreError> {
        DagReader::with_patience(stores, root, limits, PATIENCE).await
    }

    /// The same with another time for a block.
    pub async fn with_patience(
        stores: Vec<Arc<dyn RecordStore>>,
        root: &Cid,
        limits: Limits,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        check_cid(root)?;
        let sources = Sources::new(stores, patience);
        let block = sources.get(&normal(root)).await?;
        let root = Arc::new(read_node(&block, None, 0, limits)?);
        Ok(DagReader { sources, limits, length: root.size(), root, nodes: Mutex::default() })
    }

    /// Bytes of the file, as its root says: each part is held to it when it is read.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Leaves of 1 MiB, at least 1: leaf i is segment i of the encrypted file, the first with the file's header before it.
    pub fn leaves(&self) -> u64 {
        self.length.div_ceil(SEGMENT as u64).max(1)
    }

    /// Leaf `index`: 1 MiB, the last one less. For [`SegmentCipher`](crate::format::SegmentCipher), once the header is cut
    /// off the first. One block, if the file has Chartkey's layout.
    pub async fn read_leaf(&self, index: u64) -> Result<Bytes, StoreError> {
        if index >= self.leaves() {
            return Err(StoreError::OutOfRange { asked: index, there: self.leaves() });
        }
        let begin = index * SEGMENT as u64;
        self.read_range(begin..self.length.min(begin + SEGMENT as u64)).await
    }

    /// Any bytes of the file; they are in memory at once. Empty ranges are read anywhere up to the end.
    pub async fn read_range(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        if range.start > range.end || range.end > self.length {
            return Err(StoreError::OutOfRange { asked: range.start.max(range.end), there: self.length });
        }
        let mut found: Vec<Bytes> = Vec::new();
        let mut todo = vec![(Arc::clone(&self.root), 0u64, 0usize)];
        // A DAG of leaves of one byte would make a MiB a million questions.
        let (mut fetched, most) = (0, 64 + (range.end - range.start) / SMALLEST_LEAF);
        while let Some((node, begin, depth)) = todo.pop() {
            match &*node {
                Node::Leaf(data) => found.push(data.slice(within(&range, begin, data.len() as u64)?)),
                Node::Branch(children) => {
                    let hit = |part: &Range<u64>| begin + part.start < range.end && range.start < begin + part.end;
                    // Fetched last to first, and taken off first to last.
                    for child in children.iter().rev().filter(|child| hit(&child.range)) {
                        fetched += 1;
                        if fetched > most {
                            return Err(StoreError::bad_dag(&child.cid, "its leaves are too small"));
                        }
                        let size = child.range.end - child.range.start;
                        let node = self.node(&child.cid, size, depth + 1).await?;
                        todo.push((node, begin + child.range.start, depth + 1));
                    }
                }
            }
        }
        match found.len() {
            1 => Ok(found.swap_remove(0)),
            _ => Ok(found.concat().into()),
        }
    }

    /// The whole file in its order, fetching `parallel` leaves ahead: that many MiB are in memory.
    pub fn stream(&self, parallel: usize) -> impl Stream<Item = Result<Bytes, StoreError>> + '_ {
        stream::iter(0..self.leaves()).map(|index| self.read_leaf(index)).buffered(parallel.max(1))
    }

    /// What stores have not given so far, though they were asked.
    pub fn findings(&self) -> Vec<Finding> {
        self.sources.findings()
    }

    async fn node(&self, cid: &Cid, size: u64, depth: usize) -> Result<Arc<Node>, StoreError> {
        let cid = normal(cid);
        let kept = self.nodes.lock().unwrap_or_else(PoisonError::into_inner).get(&cid).cloned();
        if let Some(node) = kept.filter(|node| node.size() == size && depth < self.limits.depth) {
            return Ok(node);
        }
        let block = self.sources.get(&cid).await?;
        let node = Arc::new(read_node(&block, Some(size), depth, self.limits)?);
        if matches!(*node, Node::Branch(_)) {
            let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            if nodes.len() >= KEPT_NODES {
                nodes.clear();
            }
            nodes.insert(cid, Arc::clone(&node));
        }
        Ok(node)
    }
}

/// The part of a leaf that is in the range.
fn within(range: &Range<u64>, begin: u64, length: u64) -> Result<Range<usize>, StoreError> {
    let at = |offset: u64| {
        let offset = offset.saturating_sub(begin).min(length);
        usize::try_from(offset).map_err(|_| StoreError::TooLarge { what: "a leaf", limit: usize::MAX as u64 })
    };
    Ok(at(range.start)?..at(range.end)?)
}
