//! Uploads that break go on where they were.

use chartkey_vault::store::{Policy, RecordStore, Replicas, StoreError};

use super::support::{MIB, Node, Pattern, Told, shared};

const LENGTH: u64 = 20 * MIB + 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_upload_sends_only_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path()).await;
    let replicas = Replicas::new(vec![shared(node.client("node"))], Policy { copies: 1, confirm: 1 }).unwrap();

    let told = Told::default();
    let broken = replicas.store(Pattern::broken_at(LENGTH, 17 * MIB), &told).await;
    assert!(matches!(broken, Err(StoreError::Io(_))), "{broken:?}");
    let sent = told.bytes("sent", "node");
    assert_eq!(sent, 16 * MIB, "two batches of eight leaves");
    assert!(node.disk.list().await.unwrap().is_empty(), "nothing counts as kept");

    let told = Told::default();
    let stored = replicas.store(Pattern::of(LENGTH), &told).await.unwrap();
    assert_eq!(told.bytes("skipped", "node"), sent);
    let root = node.disk.size(&stored.root).await.unwrap();
    assert_eq!(told.bytes("sent", "node"), LENGTH - sent + root);
    assert_eq!(told.bytes("read", ""), LENGTH + root);
    assert_eq!(node.disk.list().await.unwrap(), [stored.root]);

    let told = Told::default();
    assert_eq!(replicas.store(Pattern::of(LENGTH), &told).await.unwrap(), stored);
    assert_eq!(told.bytes("sent", "node"), 0);
}
