//! Each fault shows what it says, and ends when it should.

use reqwest::StatusCode;

use super::*;

const HEAD: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}"#;

async fn post(endpoint: &Endpoint, body: &str) -> reqwest::Result<reqwest::Response> {
    chartkey_devnet::rpc::http_client().post(endpoint.url()).body(body.to_owned()).send().await
}

#[tokio::test]
async fn whole_messages_fail_as_over_a_bad_line() {
    let chain = chain(500);
    chain.set_faults(vec![Fault::TooManyRequests(Some(7)).times(1), Fault::TooManyRequests(None).times(2)], 1);
    for after in [Some("7"), None] {
        let answer = post(&chain, HEAD).await.unwrap();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers().get("retry-after").map(|it| it.to_str().unwrap()), after);
    }
    for code in [500, 503] {
        chain.set_faults(vec![Fault::Status(code).times(1)], 1);
        assert_eq!(post(&chain, HEAD).await.unwrap().status(), code);
    }
    let whole = post(&chain, HEAD).await.unwrap().text().await.unwrap();
    chain.set_faults(vec![Fault::Truncated.times(1), Fault::Dropped.always().on("eth_chainId")], 1);
    assert_eq!(post(&chain, HEAD).await.unwrap().text().await.unwrap(), whole[..whole.len() / 2]);
    assert_eq!(post(&chain, HEAD).await.unwrap().text().await.unwrap(), whole);
    let broken = async |body: &str| post(&chain, body).await?.text().await;
    assert!(broken(&HEAD.replace("eth_blockNumber", "eth_chainId")).await.is_err());
    chain.set_faults(vec![Fault::Garbage.times(1)], 1);
    assert!(serde_json::from_str::<Value>(&post(&chain, HEAD).await.unwrap().text().await.unwrap()).is_err());
    chain.set_faults(vec![Fault::Delay(Duration::from_millis(120), Duration::from_millis(150)).times(1)], 1);
    let started = Instant::now();
    post(&chain, HEAD).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn limits_are_refused_in_the_nodes_words() {
    let chain = chain(500);
    let head = chain.head().number;
    let all = json!([{"fromBlock": "0x0", "toBlock": "latest"}]);
    let mut said = HashSet::new();
    for node in Node::ALL {
        chain.set_faults(vec![Fault::ResultLimit(100, node).always()], 1);
        said.insert(refused(&chain, "eth_getLogs", all.clone()).await);
        assert!(!logs(&chain, 10, 10).await.is_empty());
        chain.set_faults(vec![Fault::RangeLimit(head, node).always()], 1);
        said.insert(refused(&chain, "eth_getLogs", all.clone()).await);
        assert!(!logs(&chain, 1, head).await.is_empty());
    }
    assert!(said.len() > Node::ALL.len());
    let reth =
        said.iter().find(|(_, words)| words.starts_with("query exceeds max results 100, retry with the range 0-"));
    // What it says would fit does.
    let last: u64 = reth.unwrap().1.rsplit_once('-').unwrap().1.parse().unwrap();
    chain.set_faults(vec![Fault::ResultLimit(100, Node::Reth).always()], 1);
    assert!(logs(&chain, 0, last).await.len() <= 100);
    chain.set_faults(vec![Fault::RateLimited.times(1)], 1);
    assert_eq!(refused(&chain, "eth_chainId", json!([])).await, (-32_005, "rate limited".to_owned()));
    rpc(&chain).call::<U64>("eth_chainId", json!([])).await.unwrap();
}

#[tokio::test]
async fn answers_are_wrong_where_told() {
    let chain = chain(500);
    let head = chain.head().number;
    let right = logs(&chain, 0, head).await;
    chain.set_faults(vec![Fault::NoLogs.times(1), Fault::LostLog.times(2)], 1);
    assert!(logs(&chain, 0, head).await.is_empty());
    assert_eq!(logs(&chain, 0, head).await, right[..right.len() - 1]);
    chain.set_faults(vec![Fault::WrongBlockHash.times(1)], 1);
    let wrong = logs(&chain, 0, head).await;
    assert!(wrong.iter().zip(&right).all(|(wrong, right)| wrong.block_hash != right.block_hash));
    for (faults, there) in [(vec![], true), (vec![Fault::NoTimestamps.always()], false)] {
        chain.set_faults(faults, 1);
        let raw: Vec<Value> = rpc(&chain).call("eth_getLogs", json!([{"fromBlock": "0xa"}])).await.unwrap();
        assert!(!raw.is_empty() && raw.iter().all(|log| log["blockTimestamp"].is_string() == there));
    }
    let subject = chain.subjects()[1];
    let (one, other) =
        (trail(&chain, subject, json!("latest")).await, trail(&chain, Address::zero(), json!("latest")).await);
    chain.set_faults(vec![Fault::WrongTrail(vec![subject]).always()], 1);
    assert_ne!(trail(&chain, subject, json!("latest")).await, one);
    assert_eq!(trail(&chain, Address::zero(), json!("latest")).await, other);
    chain.set_faults(vec![Fault::StaleFinalized(5).always()], 1);
    let finalized: Block<H256> = rpc(&chain).call("eth_getBlockByNumber", json!(["finalized", false])).await.unwrap();
    assert_eq!(finalized.number.unwrap().as_u64(), head.saturating_sub(64).saturating_sub(5));
    chain.set_faults(vec![], 1);
    assert_eq!(logs(&chain, 0, head).await, right);
}

#[tokio::test]
async fn endpoints_disagree() {
    let chain = chain(500);
    let (lagging, elsewhere) = (chain.endpoint().unwrap(), chain.endpoint().unwrap());
    let old = chain.head();
    let mut old_trails = Vec::new();
    for subject in chain.subjects() {
        old_trails.push((subject, trail(&chain, subject, json!("latest")).await));
    }
    let old_logs = logs(&chain, 0, old.number).await;
    lagging.set_faults(vec![Fault::Lagging(3).always()], 1);
    elsewhere.set_faults(vec![Fault::WrongFork.always()], 1);
    let new = chain.reorg(4, 6, 1);
    let head_of = async |endpoint: &Endpoint| {
        let block: Block<H256> = rpc(endpoint).call("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
        (block.number.unwrap().as_u64(), block.hash.unwrap())
    };
    assert_eq!(head_of(&chain).await, (new.number, new.hash));
    assert_eq!(head_of(&lagging).await, (new.number - 3, chain.block(new.number - 3).unwrap().hash));
    let beyond: Value = rpc(&lagging).call("eth_getBlockByHash", json!([new.hash, false])).await.unwrap();
    assert!(beyond.is_null());
    assert_eq!(head_of(&elsewhere).await, (old.number, old.hash));
    assert_eq!(logs(&elsewhere, 0, old.number).await, old_logs);
    for (subject, old) in old_trails {
        assert_eq!(trail(&elsewhere, subject, json!("latest")).await, old, "{subject:?}");
    }
    elsewhere.set_faults(vec![], 1);
    assert_eq!(head_of(&elsewhere).await, (new.number, new.hash));
    let stats = elsewhere.stats();
    assert_eq!((stats.calls["eth_getLogs"], stats.logs), (1, old_logs.len() as u64));
}

#[tokio::test]
async fn chances_are_the_seeds() {
    let chain = chain(200);
    let mut seen = HashSet::new();
    for seed in [1, 1, 2] {
        chain.set_faults(vec![Fault::RateLimited.chance(0.5).on("eth_chainId")], seed);
        let mut struck = Vec::new();
        for _ in 0..40 {
            struck.push(rpc(&chain).call::<U64>("eth_chainId", json!([])).await.is_err());
        }
        assert!((5..35).contains(&struck.iter().filter(|it| **it).count()));
        seen.insert(struck);
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_chain_that_was_gone_is_there_again() {
    let chain = chain(200);
    let client = rpc(&chain);
    client.call::<U64>("eth_chainId", json!([])).await.unwrap();
    for _ in 0..3 {
        chain.stop_listening();
        assert!(matches!(client.call::<U64>("eth_chainId", json!([])).await, Err(RpcError::Transport(_))));
        chain.listen_again().unwrap();
        client.call::<U64>("eth_chainId", json!([])).await.unwrap();
    }
}
