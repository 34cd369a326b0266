//! Every client against the embedded node's protocols.

use chartkey_vault::store::{
    Block, GatewayStore, KuboStore, RAW, RecordStore, Stat, StoreError, Token, cid_of, parse_cid,
};
use reqwest::{StatusCode, header};

use super::support::{MIB, Node, Pattern, TOKEN, client, flip};

async fn node() -> (tempfile::TempDir, Node) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path()).await;
    (folder, node)
}

async fn blocks(length: u64) -> Vec<Block> {
    let mut importer = chartkey_vault::store::Importer::new(Pattern::of(length));
    let mut blocks = Vec::new();
    loop {
        let more = importer.next().await.unwrap();
        if more.is_empty() {
            return blocks;
        }
        blocks.extend(more);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rpc_keeps_lists_and_lets_go() {
    let (folder, node) = node().await;
    let kubo = node.client("node");
    let blocks = blocks(2 * MIB + 9).await;
    let root = *blocks.last().unwrap().cid();
    assert!(matches!(kubo.get(&root).await, Err(StoreError::Missing(_))));
    assert!(!kubo.has(&root).await.unwrap());

    kubo.put(&blocks[..2]).await.unwrap();
    kubo.put(&blocks[3..]).await.unwrap();
    assert_eq!(kubo.missing(&[root, *blocks[2].cid()]).await.unwrap(), [*blocks[2].cid()]);
    assert!(kubo.pin(&root).await.is_err(), "a leaf is missing");
    kubo.put(&blocks).await.unwrap();
    kubo.pin(&root).await.unwrap();
    for block in &blocks {
        assert_eq!(&kubo.get(block.cid()).await.unwrap(), block);
    }
    assert_eq!(kubo.list().await.unwrap(), [root]);
    assert!(kubo.is_pinned(&root).await.unwrap() && !kubo.is_pinned(blocks[0].cid()).await.unwrap());
    let bytes = blocks.iter().map(|block| block.data().len() as u64).sum();
    assert_eq!(kubo.stat().await.unwrap(), Stat { blocks: 4, bytes });

    flip(folder.path(), blocks[1].cid());
    assert!(matches!(kubo.get(blocks[1].cid()).await, Err(StoreError::Damaged(_))));
    kubo.replace(&root, &blocks[1]).await.unwrap();
    kubo.get(blocks[1].cid()).await.unwrap();

    kubo.unpin(&root).await.unwrap();
    kubo.unpin(&root).await.unwrap();
    assert!(kubo.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn only_the_token_opens_the_rpc() {
    let (_folder, node) = node().await;
    let any = Block::of(RAW, "x".into()).unwrap();
    for token in [None, Some(Token::new("another")), Some(Token::new(""))] {
        let kubo = KuboStore::new("node", &node.url, token).unwrap();
        assert!(matches!(kubo.put(std::slice::from_ref(&any)).await, Err(StoreError::Refused { status: 403, .. })));
        assert!(matches!(kubo.list().await, Err(StoreError::Refused { status: 403, .. })));
    }
    let get = client().get(format!("{}/api/v0/repo/stat", node.url)).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED, "a page in a browser could make a GET");
    assert_eq!(format!("{:?}", Token::new("secret")), "Token(…)");
}

#[tokio::test]
async fn a_car_that_is_cut_off_or_wrong_is_refused() {
    let (_folder, node) = node().await;
    let blocks = blocks(MIB + 1).await;
    let mut car = chartkey_vault::store::car_header(blocks[0].cid());
    for block in &blocks {
        car.extend(chartkey_vault::store::car_section(block));
        car.extend_from_slice(block.data());
    }
    let import = async |car: &[u8]| {
        let body = [
            &b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.car\"\r\n\r\n"[..],
            car,
            b"\r\n--b--\r\n",
        ];
        let request = client().post(format!("{}/api/v0/dag/import?stats=true", node.url)).bearer_auth(TOKEN);
        let request = request.header("content-type", "multipart/form-data; boundary=b").body(body.concat());
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    for damaged in [&car[..car.len() - 1], &car[..10], b"", &[&car[..], &[0; 5]].concat()] {
        assert_eq!(import(damaged).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let mut flipped = car.clone();
    flipped[1000] ^= 1;
    assert_eq!(import(&flipped).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, lines) = import(&car).await;
    assert_eq!(status, StatusCode::OK);
    let root = blocks[0].cid().to_string();
    assert!(lines.contains(&format!(r#"{{"Root":{{"Cid":{{"/":"{root}"}},"PinErrorMsg":""}}}}"#)), "{lines}");
    assert!(lines.contains(r#""BlockCount":3"#), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_gives_blocks_and_cars_that_verify() {
    let (_folder, node) = node().await;
    let blocks = blocks(3 * MIB + 1).await;
    let root = *blocks.last().unwrap().cid();
    node.disk.put(&blocks).await.unwrap();
    let gateway = GatewayStore::new("gateway", &node.url, None).unwrap();
    assert_eq!(&gateway.get(blocks[0].cid()).await.unwrap(), &blocks[0]);
    assert!(gateway.has(&root).await.unwrap());
    let absent = *Block::of(RAW, "absent".into()).unwrap().cid();
    assert!(!gateway.has(&absent).await.unwrap());
    assert!(matches!(gateway.get(&absent).await, Err(StoreError::Missing(_))));
    assert!(matches!(gateway.put(&blocks).await, Err(StoreError::Unsupported(_))));

    let mut came = Vec::new();
    let take = |block| {
        came.push(block);
        Ok(())
    };
    gateway.car(&root, take).await.unwrap();
    assert_eq!(came.remove(0), blocks[4], "parents first");
    assert_eq!(came, blocks[..4]);
}

/// A node replicates from another by its CAR, whole or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_car_with_a_hole_is_not_taken_for_whole() {
    let (folder, node) = node().await;
    let blocks = blocks(3 * MIB + 1).await;
    node.disk.put(&blocks).await.unwrap();
    flip(folder.path(), blocks[2].cid());
    let gateway = GatewayStore::new("gateway", &node.url, None).unwrap();
    let mut came = 0;
    let take = |_| {
        came += 1;
        Ok(())
    };
    assert!(gateway.car(blocks[4].cid(), take).await.is_err());
    assert!(came < 5);
    assert!(matches!(gateway.get(blocks[2].cid()).await, Err(StoreError::Unreachable(_))));
}

#[tokio::test]
async fn the_gateway_speaks_as_its_specification_says() {
    let (_folder, node) = node().await;
    let block = Block::of(RAW, "a block".into()).unwrap();
    node.disk.put(std::slice::from_ref(&block)).await.unwrap();
    let ask = async |path: String, accept: &str| {
        client().get(format!("{}/ipfs/{path}", node.url)).header("accept", accept).send().await.unwrap()
    };
    let cid = block.cid().to_string();
    let raw = ask(cid.clone(), "text/html, application/vnd.ipld.raw;q=0.5").await;
    let of = |name: header::HeaderName| raw.headers()[name].to_str().unwrap();
    assert_eq!(of(header::CONTENT_TYPE), "application/vnd.ipld.raw");
    assert_eq!(of(header::ETAG), format!("\"{cid}.raw\""));
    assert!(of(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(of(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let again = client().get(raw.url().clone()).header("accept", "application/vnd.ipld.raw");
    let again = again.header("if-none-match", of(header::ETAG)).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let car = ask(format!("{cid}?format=car"), "*/*").await;
    assert!(car.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("application/vnd.ipld.car; version=1"));
    for (path, accept, status) in [
        (cid.clone(), "text/html", StatusCode::NOT_ACCEPTABLE),
        (format!("{cid}?format=tar"), "*/*", StatusCode::NOT_ACCEPTABLE),
        ("nonsense?format=raw".into(), "*/*", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(path, accept).await.status(), status);
    }
    let empty = cid_of(&b""[..]).await.unwrap();
    assert_eq!(ask(format!("{empty}?format=raw"), "*/*").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(parse_cid(&format!("ipfs://{cid}")).unwrap(), *block.cid());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_write_and_read_at_the_same_time() {
    let (_folder, node) = node().await;
    let blocks = blocks(4 * MIB).await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (kubo, blocks) = (node.client("node"), blocks.clone());
            tokio::spawn(async move {
                kubo.put(&blocks).await.unwrap();
                kubo.pin(blocks[4].cid()).await.unwrap();
                kubo.get(blocks[0].cid()).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), blocks[0]);
    }
    assert_eq!(node.disk.stat().await.unwrap().blocks, 5);
}
