//! A node that is killed (`kill -9`) in the middle of an import has everything that it acknowledged.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chartkey_vault::store::{DiskStore, Importer, KuboStore, RecordStore, StoreError, Token, serve};
use cid::Cid;

use super::support::{MIB, Pattern, TOKEN, listen};

const FOLDER: &str = "CHARTKEY_TEST_NODE";

/// The node's process: this test binary, started again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is the other process of the test below"]
async fn node_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let disk = DiskStore::open("disk", folder).await.unwrap();
    let (url, task) = listen(serve::router(disk, Token::new(TOKEN))).await;
    println!("listening at {url}");
    task.await.unwrap();
}

fn start(folder: &Path) -> (Child, KuboStore) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::crash::node_process", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.contains("listening at ")).unwrap();
    let url = line.split("listening at ").nth(1).unwrap().to_owned();
    (child, KuboStore::new("node", &url, Some(Token::new(TOKEN))).unwrap())
}

/// What a node said it keeps.
#[derive(Default)]
struct Acknowledged {
    blocks: Vec<Cid>,
    pins: Vec<Cid>,
    whole: bool,
}

/// Sends a file of 24 MiB, two leaves at a time, and pins one of each two, until the node no longer answers.
async fn upload(node: &KuboStore) -> Acknowledged {
    let (mut importer, mut acknowledged) = (Importer::new(Pattern::of(24 * MIB)), Acknowledged::default());
    loop {
        let mut batch = importer.next().await.unwrap();
        batch.extend(importer.next().await.unwrap());
        let Some(pin) = batch.first().map(|block| *block.cid()) else {
            return Acknowledged { whole: true, ..acknowledged };
        };
        if node.put(&batch).await.is_err() {
            return acknowledged;
        }
        acknowledged.blocks.extend(batch.iter().map(|block| *block.cid()));
        if node.pin(&pin).await.is_err() {
            return acknowledged;
        }
        acknowledged.pins.push(pin);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives() {
    let folder = tempfile::tempdir().unwrap();
    let (mut interrupted, mut kept) = (0, 0);
    for round in 0..8u64 {
        // Nothing is skipped: each round writes all of it.
        for part in ["blocks", "pins"] {
            let _ = std::fs::remove_dir_all(folder.path().join(part));
        }
        let (mut child, node) = start(folder.path());
        let uploading = tokio::spawn(async move { upload(&node).await });
        tokio::time::sleep(Duration::from_millis(60 + 170 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = uploading.await.unwrap();
        interrupted += u32::from(!acknowledged.whole);
        kept += acknowledged.blocks.len();

        // Every file in the store is a whole block, and all that was acknowledged is there.
        let disk = DiskStore::open("disk", folder.path()).await.unwrap();
        for cid in &acknowledged.blocks {
            disk.get(cid).await.unwrap();
        }
        let pins = disk.list().await.unwrap();
        assert!(acknowledged.pins.iter().all(|pin| pins.contains(pin)));
        for shard in std::fs::read_dir(folder.path().join("blocks")).unwrap() {
            for block in std::fs::read_dir(shard.unwrap().path()).unwrap() {
                let cid: Cid = block.unwrap().file_name().to_str().unwrap().parse().unwrap();
                disk.get(&cid).await.unwrap();
            }
        }
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
    }
    println!("{interrupted} of 8 uploads interrupted, {kept} blocks acknowledged before");
    assert!(interrupted > 0, "no upload was interrupted");
}

#[tokio::test]
async fn a_folder_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let disk = DiskStore::open("one", folder.path()).await.unwrap();
    assert!(matches!(DiskStore::open("two", folder.path()).await, Err(StoreError::InUse(_))));
    drop(disk);
    DiskStore::open("three", folder.path()).await.unwrap();
}
