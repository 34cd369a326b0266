use std::path::Path;

use chartkey_devnet::{
    chain::{Anvil, AnvilOptions},
    contract::{Receipt, receipt},
    rpc::{Rpc, RpcError},
    scratch::Scratch,
    toolchain::Toolchain,
    wait,
};
use ethers::types::{Address, H256, U64, U256};
use serde_json::{Value, json};
use std::time::Duration;

const GENESIS: u64 = 1_700_000_000;
/// Creates a contract that, when called, stores the block's number in slot 0 and logs.
const LOGGER: &str = "0x66435f555f5fa0005f5260076019f3";

fn kept_in(state: &Path) -> AnvilOptions {
    AnvilOptions { state: Some(state.to_owned()), genesis_timestamp: Some(GENESIS), ..AnvilOptions::default() }
}

async fn send(rpc: &Rpc, mut transaction: Value) -> Receipt {
    let accounts: Vec<Address> = rpc.call("eth_accounts", json!([])).await.unwrap();
    transaction["from"] = json!(accounts[0]);
    transaction["gas"] = json!("0x100000");
    let hash: H256 = rpc.call("eth_sendTransaction", json!([transaction])).await.unwrap();
    receipt(rpc, hash).await.unwrap()
}

async fn head(rpc: &Rpc) -> u64 {
    rpc.call::<U64>("eth_blockNumber", json!([])).await.unwrap().as_u64()
}

async fn hashes(rpc: &Rpc, to: u64) -> Vec<H256> {
    let calls: Vec<_> = (0..=to).map(|number| ("eth_getBlockByNumber", json!([U64::from(number), false]))).collect();
    let blocks: Vec<Value> = rpc.batch(&calls).await.unwrap();
    blocks.iter().map(|block| serde_json::from_value(block["hash"].clone()).unwrap()).collect()
}

async fn logs(rpc: &Rpc) -> Vec<Value> {
    rpc.call("eth_getLogs", json!([{"fromBlock": "0x0", "toBlock": "latest"}])).await.unwrap()
}

async fn slot_at(rpc: &Rpc, contract: Address, block: u64) -> U256 {
    rpc.call("eth_getStorageAt", json!([contract, "0x0", U64::from(block)])).await.unwrap()
}

#[tokio::test]
async fn a_stopped_chain_and_a_killed_one_continue() {
    let (tools, state) = (Toolchain::find().unwrap(), Scratch::new().unwrap());
    let anvil = Anvil::start(&tools, kept_in(state.path())).await.unwrap();
    let contract = send(anvil.rpc(), json!({"data": LOGGER})).await.contract_address.unwrap();
    for _ in 0..3 {
        send(anvil.rpc(), json!({"to": contract})).await;
    }
    let (first, first_logs) = (hashes(anvil.rpc(), 4).await, logs(anvil.rpc()).await);
    assert_eq!(first_logs.len(), 3);
    anvil.save_with_history().await.unwrap();
    anvil.stop().await.unwrap();

    let anvil = Anvil::start(&tools, kept_in(state.path())).await.unwrap();
    assert_eq!(head(anvil.rpc()).await, 4);
    assert_eq!(hashes(anvil.rpc(), 4).await, first);
    assert_eq!(logs(anvil.rpc()).await, first_logs);
    for block in 2..=4 {
        assert_eq!(slot_at(anvil.rpc(), contract, block).await, block.into(), "state at block {block}");
    }
    // It goes on at the machine's time.
    send(anvil.rpc(), json!({"to": contract})).await;
    let newest: Value = anvil.rpc().call("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
    let timestamp: U64 = serde_json::from_value(newest["timestamp"].clone()).unwrap();
    let clock = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(clock.abs_diff(timestamp.as_u64()) < 60, "{timestamp}");

    let second = hashes(anvil.rpc(), 5).await;
    let file = state.path().join("chain.json.gz");
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    wait::until("the chain to be saved", Duration::from_secs(20), || async {
        Ok((std::fs::metadata(&file)?.modified()? > before).then_some(()))
    })
    .await
    .unwrap();
    anvil.kill();

    let anvil = Anvil::start(&tools, kept_in(state.path())).await.unwrap();
    assert_eq!(head(anvil.rpc()).await, 5);
    assert_eq!(hashes(anvil.rpc(), 5).await, second);
    assert_eq!(logs(anvil.rpc()).await.len(), 4);
    assert_eq!(slot_at(anvil.rpc(), contract, 3).await, 3.into());
    anvil.stop().await.unwrap();
}

#[tokio::test]
async fn heads_keep_coming_when_asked() {
    let mut anvil = Anvil::start(&Toolchain::find().unwrap(), AnvilOptions::default()).await.unwrap();
    assert_eq!(head(anvil.rpc()).await, 0);
    anvil.mine_every(Duration::from_millis(50));
    wait::until("blocks", Duration::from_secs(20), || async { Ok((head(anvil.rpc()).await > 3).then_some(())) })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refused_call_says_why_and_a_dead_chain_is_no_answer() {
    let anvil = Anvil::start(&Toolchain::find().unwrap(), AnvilOptions::default()).await.unwrap();
    let rpc = anvil.rpc().clone();
    let refused = rpc.call::<Value>("no_such_method", json!([])).await.unwrap_err();
    assert!(matches!(&refused, RpcError::Refused { method, .. } if method == "no_such_method"), "{refused}");
    anvil.stop().await.unwrap();
    let silent = rpc.call::<Value>("eth_chainId", json!([])).await.unwrap_err();
    assert!(matches!(silent, RpcError::Transport(_)), "{silent}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = AnvilOptions { port: Some(port), ..AnvilOptions::default() };
    let refused = Anvil::start(&Toolchain::find().unwrap(), options).await.unwrap_err().to_string();
    assert!(refused.contains(&port.to_string()), "{refused}");
}
