//! All that an API tells: the whole history, and the state that must follow from it.

use serde_json::Value;

use super::outside::{Blocks, Moved, Outside, Report, block_of, follow};
use crate::chain::RpcChain;
use crate::client::Lines;
use crate::model::view::{AsOf, StateHead, StateLine};
use crate::model::{Address, Block, Position, REGISTRY, TrailDomain};
use crate::replay::{About, Replay, State, Wrong};

pub(super) async fn verify_all(outside: &Outside<'_>, progress: &mut impl FnMut(u64, u64)) -> anyhow::Result<Report> {
    let mut events = outside.client.events(None, None).await?;
    let as_of = events.as_of().clone();
    let at = outside.check_head(&as_of).await?;
    let (mut replay, mut blocks) = (Replay::new(outside.domain), Blocks::default());
    while let Some(told) = events.next().await? {
        follow(&mut replay, &mut blocks, &told, &at)?;
        progress(told.link.block_number, at.number);
    }
    replay.finish()?;
    outside.check_links(replay.links.heads(), blocks, &at).await?;
    let lines = check_state(outside, &replay.state, &as_of).await?;
    Ok(Report {
        at,
        subjects: replay.links.heads().len(),
        links: replay.links.count(),
        compared: format!("the state, {lines} lines, follows from them"),
        not_compared: Vec::new(),
    })
}

/// The state that the API tells at the block of the history, line by line with the one that follows from the events.
async fn check_state(outside: &Outside<'_>, state: &State, as_of: &AsOf) -> anyhow::Result<usize> {
    let at = block_of(as_of);
    let mut told = outside.client.state(&format!("block:{}", at.number)).await?;
    check_same_branch(outside.chain, told.as_of(), &at).await?;
    let head = head(outside.domain, &at, told.as_of().clone());
    let expected = std::iter::once(StateLine::Head(head)).chain(state.lines(at.timestamp));
    compare(&mut told, expected).await
}

/// The first line of a state.
fn head(domain: TrailDomain, at: &Block, as_of: AsOf) -> StateHead {
    let TrailDomain { chain_id, contract } = domain;
    StateHead { chain_id, contract, block_number: at.number, timestamp: at.timestamp, as_of }
}

/// The index may have gone on since the history was told; what it tells of that block is the same unless the block was replaced.
async fn check_same_branch(chain: &RpcChain, as_of: &AsOf, at: &Block) -> anyhow::Result<()> {
    if block_of(as_of) == *at {
        return Ok(());
    }
    let now = chain.header(as_of.block_number).await?.block;
    if as_of.block_number <= at.number || block_of(as_of) != now || chain.header(at.number).await?.block != *at {
        return Err(Moved::because(format!("the chain changed branch at or before block {}", at.number)).into());
    }
    Ok(())
}

async fn compare(told: &mut Lines<Value>, expected: impl Iterator<Item = StateLine>) -> anyhow::Result<usize> {
    let mut count = 0;
    for line in expected {
        count += 1;
        let expected = serde_json::to_value(&line)?;
        let got = told.next().await?;
        if got.as_ref() != Some(&expected) {
            return Err(wrong_line(count, Some(expected), got).into());
        }
    }
    match told.next().await? {
        None => Ok(count),
        extra => Err(wrong_line(count + 1, None, extra).into()),
    }
}

fn wrong_line(number: usize, expected: Option<Value>, got: Option<Value>) -> Wrong {
    let about = expected.as_ref().or(got.as_ref());
    let patient = about.and_then(|line| line["patient"].as_str()).and_then(|patient| patient.parse::<Address>().ok());
    let position = about.and_then(|line| position_of(&line["position"]));
    let show = |line: Option<Value>| line.map_or("no more lines".into(), |line| line.to_string());
    let detail = format!("line {number}: expected {}, got {}", show(expected), show(got));
    Wrong { about: About::State(patient.unwrap_or(REGISTRY)), position, detail }
}

/// Where something stands that has a position.
pub(super) fn position_of(position: &Value) -> Option<Position> {
    let log_index = u32::try_from(position["logIndex"].as_u64()?).ok()?;
    Some(Position { block_number: position["blockNumber"].as_u64()?, log_index })
}
