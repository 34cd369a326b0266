//! The CIDs are those that IPFS gives.

use std::fs;

use chartkey_vault::store::cid_of;
use serde_json::{Value, json};

use super::support::{MIB, Pattern};
use crate::oracles::ask;
use crate::support::{pattern, vectors};

async fn of_vectors(sizes: std::ops::RangeInclusive<u64>) -> usize {
    let published: Value = serde_json::from_slice(&fs::read(vectors().join("cids.json")).unwrap()).unwrap();
    let mut tried = 0;
    for vector in published["vectors"].as_array().unwrap() {
        let size = vector["size"].as_u64().unwrap();
        if sizes.contains(&size) {
            let cid = cid_of(Pattern::of(size)).await.unwrap();
            assert_eq!(cid.to_string(), vector["cid"].as_str().unwrap(), "{size} bytes");
            tried += 1;
        }
    }
    tried
}

#[tokio::test]
async fn cids_are_those_published() {
    assert_eq!(of_vectors(0..=20 * MIB).await, 9);
}

/// `make vault-large`: 3 GiB, too slow without optimization.
#[tokio::test]
#[ignore = "3 GiB: make vault-large"]
async fn large_cids_are_those_published() {
    assert_eq!(of_vectors(20 * MIB..=u64::MAX).await, 3);
}

#[tokio::test]
async fn an_independent_importer_gives_the_same_cids() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 262_144, MIB - 1, MIB, MIB + 1, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 50 * MIB];
    let (mut tasks, mut ours) = (Vec::new(), Vec::new());
    for size in sizes {
        let path = folder.path().join(size.to_string());
        fs::write(&path, pattern(usize::try_from(size).unwrap())).unwrap();
        let file = tokio::fs::File::open(&path).await.unwrap();
        ours.push(cid_of(file).await.unwrap().to_string());
        tasks.push(json!({"path": path.to_str().unwrap()}));
    }
    let theirs = ask("unixfs", &Value::from(tasks));
    for ((size, ours), theirs) in sizes.iter().zip(ours).zip(theirs) {
        assert_eq!(theirs["ok"], json!(ours), "{size} bytes");
    }
}
