//! Leaves are the segments of the encrypted file, and ranges are what the file has there.

use chartkey_vault::Address;
use chartkey_vault::format::{HEADER, Header, Layout, SEGMENT, SegmentCipher};
use chartkey_vault::store::{DagReader, DiskStore, Limits, Policy, RecordStore, Replicas, Silent, StoreError};

use super::support::{MIB, Pattern, node, shared};
use crate::support::{Fixed, content_key, encrypt, pattern};

const PATIENT: Address = Address([0x11; 20]);

async fn stored(file: &[u8]) -> (tempfile::TempDir, DagReader) {
    let folder = tempfile::tempdir().unwrap();
    let disk = shared(DiskStore::open("disk", folder.path()).await.unwrap());
    let replicas = Replicas::new(vec![disk], Policy { copies: 1, confirm: 1 }).unwrap();
    let root = replicas.store(file, &Silent).await.unwrap().root;
    (folder, replicas.reader(&root).await.unwrap())
}

#[tokio::test]
async fn a_segment_is_a_leaf() {
    let plaintext = pattern(2 * SEGMENT + 5);
    let file = encrypt(&plaintext, &content_key(1), PATIENT, &mut Fixed::new("leaves"));
    let (_folder, reader) = stored(&file).await;
    let layout = Layout::of_file(reader.length()).unwrap();
    assert_eq!(reader.leaves(), u64::from(layout.segments()));

    let first = reader.read_leaf(0).await.unwrap();
    let header = Header::from_bytes(first[..HEADER].try_into().unwrap()).unwrap();
    let cipher = SegmentCipher::new(&header, &content_key(1), PATIENT);
    // The last first: it tells that the file has its length.
    for segment in (0..layout.segments()).rev() {
        let leaf = reader.read_leaf(segment.into()).await.unwrap();
        let mut sealed = leaf[if segment == 0 { HEADER } else { 0 }..].to_vec();
        cipher.open(segment, layout.is_last(segment), &mut sealed).unwrap();
        let range = layout.plaintext_range(segment);
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        assert!(sealed == plaintext[range]);
    }
    assert!(matches!(reader.read_leaf(3).await, Err(StoreError::OutOfRange { asked: 3, there: 3 })));
}

#[tokio::test]
async fn any_range_is_that_of_the_file() {
    for length in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 1] {
        let file = pattern(length);
        let (_folder, reader) = stored(&file).await;
        let end = length as u64;
        assert_eq!((reader.length(), reader.leaves()), (end, end.div_ceil(MIB).max(1)));
        let ranges =
            [0..0, 0..end, end..end, 0..1.min(end), end / 2..end, MIB.min(end)..end, end.saturating_sub(1)..end];
        for range in ranges {
            let expected = &file[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            assert!(reader.read_range(range.clone()).await.unwrap() == expected, "{range:?} of {length}");
        }
        assert!(reader.read_range(0..end + 1).await.is_err());
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = 1..0;
        assert!(reader.read_range(reversed).await.is_err());
        assert!(reader.findings().is_empty());
    }
}

/// Older records may be CIDv0: dag-pb leaves with the bytes inside, another size of chunks.
#[tokio::test]
async fn other_layouts_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let disk = DiskStore::open("disk", folder.path()).await.unwrap();
    // UnixFS File with data "hello, " and "world", as `ipfs add --cid-version 0` writes leaves.
    let leaf = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        let data = [&[8, 2, 18, length][..], text.as_bytes(), &[24, length]].concat();
        let node = [&[10, u8::try_from(data.len()).unwrap()][..], &data].concat();
        chartkey_vault::store::Block::of(0x70, node.into()).unwrap()
    };
    let leaves = [leaf("hello, "), leaf("world")];
    let v0 = |index: usize| cid::Cid::new_v0(*leaves[index].cid().hash()).unwrap().to_bytes();
    let root = node(2, 12, &[(v0(0), 7), (v0(1), 5)]);
    disk.put(&[leaves[0].clone(), leaves[1].clone(), root.clone()]).await.unwrap();
    let named = cid::Cid::new_v0(*root.cid().hash()).unwrap();
    assert!(named.to_string().starts_with("Qm"));
    let reader = DagReader::open(vec![shared(disk)], &named, Limits::default()).await.unwrap();
    assert_eq!(reader.read_leaf(0).await.unwrap(), "hello, world");
    assert_eq!(reader.read_range(5..9).await.unwrap(), ", wo");
}

/// `make vault-large`: 1 GiB in and out within 64 MiB of memory.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "1 GiB: make vault-large"]
async fn a_gibibyte_needs_little_memory() {
    use futures_util::StreamExt;
    use sha2::{Digest, Sha256};
    use tokio::io::AsyncReadExt;

    let mut expected = Sha256::new();
    let (mut source, mut buffer) = (Pattern::of(1024 * MIB), vec![0; 65536]);
    loop {
        match source.read(&mut buffer).await.unwrap() {
            0 => break,
            read => expected.update(&buffer[..read]),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = shared(DiskStore::open("disk", folder.path()).await.unwrap());
    let replicas = Replicas::new(vec![disk], Policy { copies: 1, confirm: 1 }).unwrap();
    let begun = std::time::Instant::now();
    let stored = replicas.store(Pattern::of(1024 * MIB), &Silent).await.unwrap();
    let (stored_in, begun) = (begun.elapsed(), std::time::Instant::now());
    let reader = replicas.reader(&stored.root).await.unwrap();
    let (mut hash, mut pieces) = (Sha256::new(), Box::pin(reader.stream(4)));
    while let Some(piece) = pieces.next().await {
        hash.update(piece.unwrap());
    }
    assert!(hash.finalize() == expected.finalize());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let peak: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    println!("1 GiB stored in {stored_in:?}, read in {:?}, peak {} MiB", begun.elapsed(), peak / 1024);
    assert!(peak <= 64 * 1024, "{peak} KiB");
}
