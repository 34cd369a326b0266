//! The blocks of a DAG, one after the other, in memory of its depth times its links, and 100 bytes a node above leaves.

use std::collections::HashSet;

use cid::Cid;

use super::block::{Block, DAG_PB};
use super::dag::{Child, Limits, Node};
use super::{StoreError, normal};

/// A block of a DAG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub cid: Cid,
    /// Bytes of the file in it, if its parent said so: not of the root.
    pub size: Option<u64>,
    /// Nodes above it.
    pub depth: usize,
}

impl Step {
    /// Whether it may have children, which [`Walk::descend`] adds. A raw block has none.
    pub fn is_branch(&self) -> bool {
        self.cid.codec() == DAG_PB
    }
}

/// Walks a DAG, parents before children, in the order of the file, and no branch twice: nodes that link one node a
/// thousand times, level by level, would make a walk of a few kilobytes endless. Fetches nothing: the caller does.
#[derive(Debug)]
pub struct Walk {
    todo: Vec<Step>,
    branches: HashSet<Cid>,
    limits: Limits,
}

impl Walk {
    /// Begins at the root.
    pub fn new(root: Cid, limits: Limits) -> Self {
        Walk { todo: vec![Step { cid: normal(&root), size: None, depth: 0 }], branches: HashSet::new(), limits }
    }

    /// The next block, of which the caller gives a branch back to [`descend`](Self::descend) before asking for more.
    #[allow(clippy::should_implement_trait)] // between two steps something else is called
    pub fn next(&mut self) -> Option<Step> {
        while let Some(step) = self.todo.pop() {
            if !step.is_branch() || self.branches.insert(step.cid) {
                return Some(step);
            }
        }
        None
    }

    /// Reads a block of the DAG and goes on with its children.
    pub fn descend(&mut self, step: &Step, block: &Block) -> Result<(), StoreError> {
        let node = read_node(block, step.size, step.depth, self.limits)?;
        if let Node::Branch(children) = node {
            let below = children.into_iter().rev().map(|Child { cid, range }| Step {
                cid: normal(&cid),
                size: Some(range.end - range.start),
                depth: step.depth + 1,
            });
            self.todo.extend(below);
        }
        Ok(())
    }
}

/// Reads a node at that depth, and compares its size with what its parent said.
pub(super) fn read_node(block: &Block, size: Option<u64>, depth: usize, limits: Limits) -> Result<Node, StoreError> {
    let node = Node::of(block, limits)?;
    if size.is_some_and(|size| size != node.size()) {
        let reason = format!("it has {} bytes of the file, and its parent says {}", node.size(), size.unwrap_or(0));
        return Err(StoreError::bad_dag(block.cid(), reason));
    }
    if matches!(node, Node::Branch(_)) && depth >= limits.depth {
        return Err(StoreError::TooLarge { what: "levels of a DAG", limit: limits.depth as u64 });
    }
    Ok(node)
}
