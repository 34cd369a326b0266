//! A file becomes blocks, in one pass and constant memory.

use bytes::Bytes;
use cid::Cid;
use rust_unixfs::file::adder::{BalancedCollector, Chunker, FileAdder};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::StoreError;
use super::block::Block;
use crate::format::SEGMENT;

/// Links of a node.
const FAN_OUT: usize = 1024;

/// Cuts a file into the blocks of layout `unixfs-v1-2025`: raw leaves of 1 MiB, each one segment of the encrypted
/// file; a balanced tree of dag-pb nodes of at most 1024 links above them. A file of at most one leaf is that leaf. Holds
/// one leaf, and the links of one node for each level.
pub struct Importer<R> {
    source: R,
    adder: Option<FileAdder>,
    /// The block that came last: at the end, the root.
    last: Option<Cid>,
    length: u64,
}

impl<R: AsyncRead + Unpin> Importer<R> {
    /// Before the first byte.
    pub fn new(source: R) -> Self {
        let adder = FileAdder::builder()
            .with_chunker(Chunker::Size(SEGMENT))
            .with_collector(BalancedCollector::with_branching_factor(FAN_OUT))
            .build();
        Importer { source, adder: Some(adder), last: None, length: 0 }
    }

    /// The blocks of the next 1 MiB, children before their parents and the root last; empty after the end.
    pub async fn next(&mut self) -> Result<Vec<Block>, StoreError> {
        let Some(adder) = self.adder.as_mut() else { return Ok(Vec::new()) };
        let mut leaf = vec![0; SEGMENT];
        let filled = fill(&mut self.source, &mut leaf).await?;
        leaf.truncate(filled);
        self.length += filled as u64;
        let mut made: Vec<(Cid, Vec<u8>)> = Vec::new();
        let mut rest = &leaf[..];
        while !rest.is_empty() {
            let (blocks, taken) = adder.push(rest);
            made.extend(blocks);
            rest = &rest[taken..];
        }
        if filled < SEGMENT {
            made.extend(self.adder.take().into_iter().flat_map(FileAdder::finish));
        }
        // The library hashed them: a second time would be most of the work again.
        let blocks: Vec<_> = made.into_iter().map(|(cid, data)| Block::known(cid, Bytes::from(data))).collect();
        self.last = blocks.last().map(|block| *block.cid()).or(self.last);
        Ok(blocks)
    }

    /// The root's CID and the file's bytes; only after [`next`](Self::next) gave nothing.
    pub fn finished(&self) -> Option<(Cid, u64)> {
        self.last.filter(|_| self.adder.is_none()).map(|root| (root, self.length))
    }
}

/// Reads until `buffer` is full or the source ends.
async fn fill(source: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) -> Result<usize, StoreError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]).await? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// The CID of a file: that of its root.
pub async fn cid_of(source: impl AsyncRead + Unpin) -> Result<Cid, StoreError> {
    let mut importer = Importer::new(source);
    while !importer.next().await?.is_empty() {}
    let (root, _) = importer.finished().ok_or(StoreError::Unsupported("name a file without a root"))?;
    Ok(root)
}
