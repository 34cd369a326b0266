//! A month in the lives of three patients who do not exist, through the real contract, with real files.
//!
//! The files are plain and the sealed keys in grants are random bytes: encryption is not part of this demo yet, which
//! is why all data in it are invented.

mod acts;
mod cast;
mod files;
mod story;
mod summary;

use std::path::Path;

use anyhow::{Context, Result, bail};
use ethers::types::{Address, H256, U64};
use serde_json::{Value, json};
pub use summary::{Moment, Person, Record, Summary};

use crate::{
    chain::{now, set_clock_to_now},
    contract::{CallError, Contract, Receipt, bindings::LogOpensCall},
    deployment::Deployment,
    rpc::Rpc,
};
use acts::{Act, Deed};

/// How long before the present the story begins, in seconds: a chain for the demo has its block 0 that long ago.
pub const SPAN: u64 = 30 * DAY;
const DAY: u64 = 24 * 60 * 60;
/// The file that remembers the demo, in its folder.
const SUMMARY: &str = "demo.json";

/// Told before each act: how many were done, how many there are, what comes.
pub type Progress<'a> = &'a (dyn Fn(usize, usize, &str) + Sync);

/// The demo that `folder` remembers, if it is on this very chain.
///
/// # Errors
/// When the memory is not readable or the chain does not answer.
pub async fn find(rpc: &Rpc, deployment: &Deployment, folder: &Path) -> Result<Option<Summary>> {
    let Some(summary) = Summary::read(&folder.join(SUMMARY))? else { return Ok(None) };
    let end: Option<Value> = rpc.call("eth_getBlockByNumber", json!([U64::from(summary.end.block), false])).await?;
    let same_chain = end.is_some_and(|block| block["hash"] == json!(summary.end_hash));
    Ok((same_chain && summary.deployment == *deployment).then_some(summary))
}

/// Plays the story, unless it was played on this chain before. The records' files, and what was done, go into
/// `folder` (created if missing). Nothing else may act on the chain meanwhile: the story sets its clock.
///
/// # Errors
/// When the chain's newest block is less than [`SPAN`] old, when part of a story is on the chain already, or when
/// the contract refuses an act.
pub async fn ensure(rpc: &Rpc, deployment: &Deployment, folder: &Path, progress: Progress<'_>) -> Result<Summary> {
    if let Some(summary) = find(rpc, deployment, folder).await? {
        return Ok(summary);
    }
    let head: Value = rpc.call("eth_getBlockByNumber", json!(["latest", false])).await?;
    let begin = serde_json::from_value::<U64>(head["timestamp"].clone())?.as_u64();
    if begin + SPAN > now() + DAY / 24 {
        bail!("the demo needs a chain that begins {} days ago", SPAN / DAY);
    }
    let accounts: Vec<Address> = rpc.call("eth_accounts", json!([])).await?;
    let contract = Contract::new(rpc, deployment.contract);
    let cast = cast::Cast::new(&accounts, &contract).await?;
    let files = files::make(&folder.join("records"))?;
    let acts = story::tell(begin, &cast, &files);
    let moments = play(&contract, deployment.forwarder, begin, &acts, progress).await?;
    set_clock_to_now(rpc).await?;
    let summary = summary::of(*deployment, &cast, &files, moments)?;
    summary.write(&folder.join(SUMMARY))?;
    Ok(summary)
}

/// A moment of the story and what it is called, if something later refers to it.
struct Played {
    label: Option<&'static str>,
    moment: Moment,
    hash: H256,
}

async fn play(
    contract: &Contract,
    forwarder: Address,
    begin: u64,
    acts: &[Act],
    progress: Progress<'_>,
) -> Result<Vec<Played>> {
    let mut played = Vec::with_capacity(acts.len());
    for (done, act) in acts.iter().enumerate() {
        progress(done, acts.len(), &act.says);
        let timestamp = begin + act.after;
        let rpc = contract.rpc();
        rpc.call::<Value>("evm_setNextBlockTimestamp", json!([timestamp])).await?;
        let done = perform(contract, forwarder, act).await;
        let receipt = done.with_context(|| format!("the demo stopped at: {}", act.says))?;
        let moment = Moment { block: receipt.block_number.as_u64(), timestamp };
        played.push(Played { label: act.label, moment, hash: receipt.block_hash });
    }
    progress(acts.len(), acts.len(), "done");
    Ok(played)
}

async fn perform(contract: &Contract, forwarder: Address, act: &Act) -> Result<Receipt, CallError> {
    match &act.deed {
        Deed::Calls(call) => contract.send(act.actor, call.clone()).await,
        Deed::Signs { call, relayer } => contract.relay(forwarder, act.actor, *relayer, call.clone()).await,
        Deed::LogsOpens(requests) => {
            let mut signatures = Vec::with_capacity(requests.len());
            for request in requests {
                signatures.push(contract.sign_open(request).await?);
            }
            contract.send(act.actor, LogOpensCall { requests: requests.clone(), signatures }).await
        }
    }
}
