//! DAGs and servers that nobody honest makes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use chartkey_vault::store::{
    Block, DagReader, DiskStore, Fault, GatewayStore, Limits, MAX_BLOCK, RAW, RecordStore, StoreError, parse_cid,
};
use cid::Cid;
use futures_util::{StreamExt, stream};

use super::support::{MIB, listen, node, shared};

async fn disk(blocks: &[Block]) -> (tempfile::TempDir, DiskStore) {
    let folder = tempfile::tempdir().unwrap();
    let disk = DiskStore::open("disk", folder.path()).await.unwrap();
    disk.put(blocks).await.unwrap();
    (folder, disk)
}

/// Reads the first leaf of a DAG whose root is the last block.
async fn read(blocks: &[Block]) -> Result<Bytes, StoreError> {
    let (_folder, disk) = disk(blocks).await;
    let root = *blocks.last().unwrap().cid();
    DagReader::open(vec![shared(disk)], &root, Limits::default()).await?.read_leaf(0).await
}

fn raw(bytes: &'static [u8]) -> Block {
    Block::of(RAW, Bytes::from_static(bytes)).unwrap()
}

fn to(block: &Block) -> Vec<u8> {
    block.cid().to_bytes()
}

#[tokio::test]
async fn a_chain_of_nodes_ends_at_the_limit() {
    let mut blocks = vec![raw(b"x")];
    for _ in 0..5 {
        blocks.push(node(2, 1, &[(to(blocks.last().unwrap()), 1)]));
    }
    assert_eq!(read(&blocks[..5]).await.unwrap(), "x", "four levels are within the limits");
    assert!(matches!(read(&blocks).await, Err(StoreError::TooLarge { what: "levels of a DAG", limit: 4 })));
}

#[tokio::test]
async fn more_links_than_the_layout_has_are_refused() {
    let leaf = raw(b"x");
    let wide = |count: usize| [leaf.clone(), node(2, count as u64, &vec![(to(&leaf), 1); count])];
    assert!(matches!(read(&wide(1025)).await, Err(StoreError::TooLarge { what: "links of a node", limit: 1024 })));
}

#[tokio::test]
async fn leaves_of_one_byte_are_not_fetched_one_by_one() {
    let leaf = raw(b"x");
    let row = node(2, 1000, &vec![(to(&leaf), 1); 1000]);
    let blocks = [leaf, row.clone(), node(2, 1_000_000, &vec![(to(&row), 1000); 1000])];
    let begun = Instant::now();
    assert!(matches!(read(&blocks).await, Err(StoreError::BadDag { .. })));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_at_its_root() {
    let leaf = raw(b"x");
    let blocks = [leaf.clone(), node(2, 1 << 60, &[(to(&leaf), 1 << 60)])];
    assert!(matches!(read(&blocks).await, Err(StoreError::TooLarge { what: "a file", .. })));
    let blocks = [leaf.clone(), node(2, 5, &[(to(&leaf), u64::MAX >> 1), (to(&leaf), u64::MAX >> 1), (to(&leaf), 7)])];
    assert!(matches!(read(&blocks).await, Err(StoreError::BadDag { .. } | StoreError::TooLarge { .. })));
}

#[tokio::test]
async fn nodes_that_lie_about_sizes_are_refused() {
    let leaf = raw(b"0123456789");
    for (whole, part) in [(20, 20), (5, 5), (11, 10), (0, 0)] {
        let blocks = [leaf.clone(), node(2, whole, &[(to(&leaf), part)])];
        assert!(matches!(read(&blocks).await, Err(StoreError::BadDag { .. })), "{whole} bytes, of which {part}");
    }
    assert_eq!(read(&[leaf.clone(), node(2, 10, &[(to(&leaf), 10)])]).await.unwrap(), "0123456789");
}

#[tokio::test]
async fn folders_and_other_codecs_and_hashes_are_refused() {
    let leaf = raw(b"x");
    for kind in [1, 3, 4, 5, 99] {
        assert!(matches!(
            read(&[leaf.clone(), node(kind, 1, &[(to(&leaf), 1)])]).await,
            Err(StoreError::BadDag { .. })
        ));
    }
    let cbor: Cid = Cid::new_v1(0x71, *leaf.cid().hash());
    assert!(matches!(read(&[node(2, 1, &[(cbor.to_bytes(), 1)])]).await, Err(StoreError::BadDag { .. })));
    for text in [
        cbor.to_string().as_str(),
        "bafk2bzaceaphwawppwcjfybp6eyn5gw54wabomtz7kxd6xy6x7jq5dx6hcgmy",
        "bafkqabtimvwgy3yk",
        "hello",
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvykuaaaa",
        "",
        "a/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    ] {
        assert!(matches!(parse_cid(text), Err(StoreError::BadCid(_))), "{text}");
    }
}

#[test]
fn blocks_beyond_the_limit_are_none() {
    let large = Bytes::from(vec![0; MAX_BLOCK + 1]);
    assert!(matches!(Block::of(RAW, large), Err(StoreError::TooLarge { .. })));
    let other = *raw(b"other").cid();
    assert!(matches!(Block::verified(other, Bytes::from_static(b"x")), Err(StoreError::Damaged(_))));
}

/// A few kilobytes of nodes that name a TiB of the same leaf.
#[tokio::test]
async fn a_dag_that_repeats_itself_is_walked_once() {
    let leaf = Block::of(RAW, vec![7; 1000].into()).unwrap();
    let mut blocks = vec![leaf];
    let mut size = 1000;
    for _ in 0..3 {
        let part = (to(blocks.last().unwrap()), size);
        size *= 1000;
        blocks.push(node(2, size, &vec![part; 1000]));
    }
    let (_folder, disk) = disk(&blocks).await;
    let begun = Instant::now();
    disk.pin(blocks[3].cid()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

async fn gateway(router: Router) -> GatewayStore {
    GatewayStore::new("hostile", &listen(router).await.0, None).unwrap()
}

#[tokio::test]
async fn servers_that_lie_or_do_not_end_or_are_silent_are_found_out() {
    let right = raw(b"right");
    let lies = gateway(Router::new().route("/ipfs/{cid}", get(async || "wrong"))).await;
    assert!(matches!(lies.get(right.cid()).await, Err(StoreError::Damaged(_))));

    let endless = Router::new().route(
        "/ipfs/{cid}",
        get(async || Body::from_stream(stream::repeat(Bytes::from(vec![0; 65536])).map(Ok::<_, std::io::Error>))),
    );
    let endless = gateway(endless).await;
    assert!(matches!(endless.get(right.cid()).await, Err(StoreError::TooLarge { what: "a block", .. })));

    let silent = Router::new().route("/ipfs/{cid}", get(async || std::future::pending::<&str>().await));
    let (_folder, honest) = disk(std::slice::from_ref(&right)).await;
    let stores: Vec<Arc<dyn RecordStore>> =
        vec![shared(gateway(silent).await), shared(lies), shared(endless), shared(honest)];
    let patience = Duration::from_millis(300);
    let reader = DagReader::with_patience(stores, right.cid(), Limits::default(), patience).await.unwrap();
    assert_eq!(reader.read_leaf(0).await.unwrap(), "right");
    let faults: Vec<_> = reader.findings().into_iter().map(|finding| finding.fault).collect();
    assert!(matches!(&faults[..], [Fault::Silent(_), Fault::Damaged, Fault::Damaged]), "{faults:?}");
    assert!(reader.length() < MIB);
}
