//! Three nodes, one of them killed, one damaged.

use std::sync::Arc;
use std::time::Duration;

use chartkey_vault::store::{
    DagReader, Fault, Policy, RecordStore, Replicas, Report, Silent, State, StoreError, Stored,
};
use futures_util::TryStreamExt;
use tempfile::TempDir;

use super::support::{MIB, Node, Pattern, Told, block_file, flip, shared};
use crate::support::pattern;

const LENGTH: u64 = 5 * MIB + 77;

struct Three {
    folders: Vec<TempDir>,
    nodes: Vec<Node>,
}

impl Three {
    async fn start() -> Self {
        let folders: Vec<TempDir> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
        let mut nodes = Vec::new();
        for folder in &folders {
            nodes.push(Node::start(folder.path()).await);
        }
        Three { folders, nodes }
    }

    fn replicas(&self, policy: Policy) -> Replicas {
        let client = |(index, node): (usize, &Node)| shared(node.client(&format!("node {index}")));
        let stores: Vec<Arc<dyn RecordStore>> = self.nodes.iter().enumerate().map(client).collect();
        Replicas::new(stores, policy).unwrap().with_patience(Duration::from_secs(5))
    }
}

async fn whole(reader: &DagReader) -> Vec<u8> {
    let pieces: Vec<_> = reader.stream(4).try_collect().await.unwrap();
    pieces.concat()
}

fn states(report: &Report) -> Vec<State> {
    report.stores.iter().map(|store| store.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_killed_and_one_damaged_the_file_arrives_and_is_repaired() {
    let mut three = Three::start().await;
    let replicas = three.replicas(Policy { copies: 3, confirm: 2 });
    let Stored { root, length, confirmed, failed } = replicas.store(Pattern::of(LENGTH), &Silent).await.unwrap();
    assert_eq!((length, confirmed.len(), failed.len()), (LENGTH, 3, 0));
    let report = replicas.audit(&root, &Silent).await.unwrap();
    assert!(report.is_kept() && report.blocks == 7, "{report:?}");

    // The third leaf of node 0 is damaged on its disk, the fourth is gone from node 2, and node 1 is killed.
    let blocks = leaves(&replicas, LENGTH).await;
    flip(three.folders[0].path(), &blocks[2]);
    std::fs::remove_file(block_file(three.folders[2].path(), &blocks[3])).unwrap();
    three.nodes.remove(1).kill().await;

    let reader = replicas.reader(&root).await.unwrap();
    assert!(whole(&reader).await == pattern(usize::try_from(LENGTH).unwrap()), "other bytes came");
    assert_eq!(reader.read_range(2 * MIB - 3..3 * MIB + 3).await.unwrap().len(), usize::try_from(MIB + 6).unwrap());
    let findings = reader.findings();
    assert!(findings.iter().any(|f| f.store == "node 0" && f.cid == blocks[2] && f.fault == Fault::Damaged));
    assert!(findings.iter().any(|f| f.store == "node 1" && matches!(f.fault, Fault::Silent(_))), "{findings:?}");

    let report = replicas.audit(&root, &Silent).await.unwrap();
    assert_eq!(states(&report), [State::Damaged, State::Unreachable, State::Partial]);
    assert_eq!(report.stores[0].damaged, [blocks[2]]);
    assert_eq!(report.stores[2].missing, [blocks[3]]);
    assert!(!report.is_kept() && report.copies == 0 && report.lost.is_empty());

    let told = Told::default();
    let report = replicas.repair(&root, &told).await.unwrap();
    assert_eq!(states(&report), [State::Whole, State::Unreachable, State::Whole]);
    assert_eq!((report.copies, report.is_kept()), (2, false));
    assert_eq!((told.count("repaired", "node 0"), told.count("repaired", "node 2")), (1, 1));

    // Back with an empty disk, it gets a copy.
    let folder = tempfile::tempdir().unwrap();
    three.nodes.insert(1, Node::start(folder.path()).await);
    let report = three.replicas(Policy { copies: 3, confirm: 2 }).repair(&root, &Silent).await.unwrap();
    assert!(report.is_kept(), "{report:?}");
    assert_eq!(serde_json::to_value(&report).unwrap()["stores"][1]["state"], "whole");
}

/// The CIDs of the leaves, by reading the root.
async fn leaves(replicas: &Replicas, length: u64) -> Vec<cid::Cid> {
    let mut cids = Vec::new();
    let mut importer = chartkey_vault::store::Importer::new(Pattern::of(length));
    loop {
        let blocks = importer.next().await.unwrap();
        if blocks.is_empty() {
            break;
        }
        cids.extend(blocks.iter().map(|block| *block.cid()));
    }
    assert!(replicas.reader(cids.last().unwrap()).await.is_ok());
    cids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spare_store_takes_over_for_one_that_is_down() {
    let three = Three::start().await;
    let replicas = three.replicas(Policy { copies: 2, confirm: 2 });
    let mut nodes = three.nodes.into_iter();
    nodes.next().unwrap().kill().await;
    let rest: Vec<Node> = nodes.collect();
    let stored = replicas.store(Pattern::of(3 * MIB), &Silent).await.unwrap();
    assert_eq!(stored.confirmed, ["node 1", "node 2"]);
    assert_eq!(stored.failed[0].0, "node 0");
    assert!(rest[1].disk.is_pinned(&stored.root).await.unwrap());
    let status = replicas.status().await;
    assert!(status[0].silent.is_some() && status[2].pins == Some(1) && status[2].holds.unwrap().blocks == 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_confirmations_are_an_error_that_says_why() {
    let mut three = Three::start().await;
    let replicas = three.replicas(Policy { copies: 3, confirm: 3 });
    three.nodes.remove(2).kill().await;
    let error = replicas.store(Pattern::of(10), &Silent).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::TooFewCopies { confirmed: 2, needed: 3, reasons } if reasons.contains("node 2"))
    );
    assert!(Replicas::new(vec![], Policy::default()).is_err());
    for (copies, confirm) in [(4, 1), (3, 0), (2, 3), (0, 0)] {
        let stores = three.nodes.iter().map(|node| shared(node.client("same"))).take(1).collect();
        assert!(Replicas::new(stores, Policy { copies, confirm }).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_goes_and_what_is_kept_stays() {
    let three = Three::start().await;
    let replicas = three.replicas(Policy { copies: 1, confirm: 1 });
    let kept = replicas.store(Pattern::of(2 * MIB), &Silent).await.unwrap().root;
    let gone = replicas.store(Pattern::of(3 * MIB), &Silent).await.unwrap().root;
    assert!(replicas.unpin(&gone).await.is_empty());
    let disk = &three.nodes[0].disk;
    assert_eq!(disk.collect(Duration::from_secs(3600)).await.unwrap().len(), 0, "an upload may need them");
    // The first two leaves are those of both files.
    assert_eq!(disk.collect(Duration::ZERO).await.unwrap().len(), 2);
    assert!(replicas.audit(&kept, &Silent).await.unwrap().is_kept());
    assert!(matches!(replicas.reader(&gone).await, Err(StoreError::Nowhere(_))));

    std::fs::remove_file(block_file(three.folders[0].path(), &kept)).unwrap();
    assert!(disk.collect(Duration::ZERO).await.is_err(), "leaves below a missing node are no garbage");
}
