//! The CID of a file: the one IPFS gives it, without a node.
//!
//! Layout `unixfs-v1-2025`: raw leaves of 1 MiB, CID version 1, a balanced tree of dag-pb nodes of at most 1024
//! links. A file of at most one leaf is that raw block itself: its digest is the file's SHA-256.

use std::{fs::File, io::Read, path::Path};

use ::cid::Cid;
use anyhow::{Context, Result};
use rust_unixfs::file::adder::{BalancedCollector, Chunker, FileAdder};

/// Bytes of a leaf.
pub const LEAF: usize = 1 << 20;
/// The most links of a node.
const FAN_OUT: usize = 1024;

/// The CID of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn of_file(path: &Path) -> Result<Cid> {
    let read = || of_reader(File::open(path)?);
    read().with_context(|| format!("cannot read {}", path.display()))
}

/// The CID of what `reader` gives until its end. Holds one leaf in memory.
///
/// # Errors
/// When the reader fails.
pub fn of_reader(mut reader: impl Read) -> Result<Cid> {
    let mut adder = FileAdder::builder()
        .with_chunker(Chunker::Size(LEAF))
        .with_collector(BalancedCollector::with_branching_factor(FAN_OUT))
        .build();
    let mut buffer = vec![0; LEAF];
    let mut last = None;
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            let (blocks, taken) = adder.push(rest);
            last = blocks.last().or(last);
            rest = &rest[taken..];
        }
    }
    // The root comes last; of a file of exactly one leaf that is the leaf, which came before.
    let (root, _) = adder.finish().last().or(last).context("a file, even an empty one, has a root")?;
    Ok(root)
}
