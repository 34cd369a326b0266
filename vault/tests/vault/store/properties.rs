//! Every parser of bytes that stores send: random ones, and good ones with changes. `make fuzz-vault`, too.

use std::sync::LazyLock;

use axum::Router;
use bytes::Bytes;
use chartkey_vault::store::{
    Block, CarParser, DAG_PB, GatewayStore, KuboStore, Limits, Node, PinningStore, RAW, RecordStore, StoreError, Token,
    car_header, car_section, parse_cid,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Runtime;

use super::support::{listen, node};
use crate::properties::{outside, property};

fn blocks() -> Vec<Block> {
    let leaf = Block::of(RAW, Bytes::from_static(b"leaf")).unwrap();
    let root = node(2, 8, &[(leaf.cid().to_bytes(), 4), (leaf.cid().to_bytes(), 4)]);
    vec![root, leaf]
}

fn car() -> Vec<u8> {
    let blocks = blocks();
    let mut car = car_header(blocks[0].cid());
    for block in &blocks {
        car.extend(car_section(block));
        car.extend_from_slice(block.data());
    }
    car
}

fn parse(car: &[u8], piece: usize) -> Result<Vec<Block>, String> {
    let (mut parser, mut blocks) = (CarParser::new(), Vec::new());
    for piece in car.chunks(piece) {
        parser.push(piece);
        while let Some(block) = parser.next_block().map_err(|error| error.to_string())? {
            blocks.push(block);
        }
    }
    parser.finish().map_err(|error| error.to_string())?;
    Ok(blocks)
}

#[test]
fn cars_give_verified_blocks_however_they_come() {
    let good = car();
    assert_eq!(parse(&good, 1).unwrap(), blocks());
    property((outside(good), 1..50usize), |(car, piece)| {
        let whole = parse(&car, car.len().max(1));
        prop_assert_eq!(&parse(&car, piece), &whole);
        for block in whole.unwrap_or_default() {
            prop_assert!(Block::verified(*block.cid(), block.data().clone()).is_ok());
        }
        Ok(())
    });
}

#[test]
fn nodes_that_read_agree_with_themselves() {
    let good = node(2, 8, &[(blocks()[1].cid().to_bytes(), 4), (blocks()[1].cid().to_bytes(), 4)]);
    let anywhere = prop_oneof![outside(good.data().to_vec()), vec(any::<u8>(), 0..60)];
    property(anywhere, |bytes| {
        let block = Block::of(DAG_PB, bytes.clone().into()).unwrap();
        match Node::of(&block, Limits::default()) {
            Ok(Node::Leaf(data)) => prop_assert!(data.len() <= bytes.len()),
            Ok(Node::Branch(children)) => {
                prop_assert!(!children.is_empty() && children[0].range.start == 0);
                prop_assert!(children.windows(2).all(|pair| pair[0].range.end == pair[1].range.start));
                prop_assert!(children.iter().all(|child| child.range.start < child.range.end));
            }
            Err(error) => {
                prop_assert!(matches!(error, StoreError::BadDag { .. } | StoreError::TooLarge { .. }), "{}", error);
            }
        }
        Ok(())
    });
}

#[test]
fn texts_that_are_cids_read_as_they_are_written() {
    let good = blocks()[0].cid().to_string().into_bytes();
    property(prop_oneof![outside(good), vec(any::<u8>(), 0..150)], |text| {
        let text = String::from_utf8_lossy(&text);
        if let Ok(cid) = parse_cid(&text) {
            prop_assert_eq!(parse_cid(&cid.to_string()).unwrap(), cid);
        }
        Ok(())
    });
}

/// A server that answers every request with the same bytes.
struct Echo {
    runtime: Runtime,
    url: String,
    answer: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
}

static ECHO: LazyLock<Echo> = LazyLock::new(|| {
    let (runtime, answer) = (Runtime::new().unwrap(), std::sync::Arc::<std::sync::Mutex<Vec<u8>>>::default());
    let given = std::sync::Arc::clone(&answer);
    let router = Router::new().fallback(move || {
        let answer = given.lock().unwrap().clone();
        async move { answer }
    });
    let url = runtime.block_on(listen(router)).0;
    Echo { runtime, url, answer }
});

#[test]
fn no_answer_of_a_server_is_trusted() {
    let cid = *blocks()[1].cid();
    let text = cid.to_string();
    let goods = [
        json!({"Keys": {text.clone(): {"Type": "recursive"}}}),
        json!({"Pins": [text.clone()]}),
        json!({"Key": text.clone(), "Size": 4}),
        json!({"RepoSize": 1, "NumObjects": 2}),
        json!({"Stats": {"BlockCount": 1}}),
        json!({"count": 1, "results": [{"requestid": "a", "status": "pinned", "created": "2026", "pin": {"cid": text}}]}),
    ];
    let goods: Vec<_> = goods.into_iter().map(|good| outside(good.to_string().into_bytes()).boxed()).collect();
    let kubo = KuboStore::new("k", &ECHO.url, None).unwrap();
    let gateway = GatewayStore::new("g", &ECHO.url, None).unwrap();
    let pinning = PinningStore::new("p", &ECHO.url, Token::new("t"), vec![], std::time::Duration::ZERO).unwrap();
    property(proptest::strategy::Union::new(goods), |answer| {
        ECHO.answer.lock().unwrap().clone_from(&answer);
        ECHO.runtime.block_on(async {
            for store in [&kubo as &dyn RecordStore, &gateway, &pinning] {
                prop_assert!(store.get(&cid).await.is_err(), "a block that is none");
                let _ = store.has(&cid).await;
                let _ = store.put(&blocks()).await;
                let _ = (store.is_pinned(&cid).await, store.list().await, store.stat().await);
                if store.name() != "p" {
                    let _ = (store.pin(&cid).await, store.unpin(&cid).await);
                }
            }
            let _ = gateway.car(&cid, |_| Ok(())).await;
            Ok(())
        })
    });
}
