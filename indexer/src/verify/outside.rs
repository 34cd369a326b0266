//! `verify --api`: an API against a node of one's own. What it tells of events must give the contract's trails, at a block that is the
//! chain's and not long ago; and what it tells besides must follow from those events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::heads::check_heads;
use super::{charts, state};
use crate::chain::{Chain as _, ChainError, RpcChain};
use crate::client::Client;
use crate::model::view::{AsOf, HistoryEvent, Place};
use crate::model::{Address, Block, Hash, TrailDomain};
use crate::replay::{Replay, Wrong};

/// Times that everything is asked for before giving up on a chain that changes meanwhile, and the wait between.
const TRIES: u32 = 5;
const WAIT: Duration = Duration::from_secs(1);
/// Blocks whose hashes are compared at once.
const BLOCKS_AT_ONCE: usize = 1_000;

/// Who is verified, by whom.
pub struct Outside<'a> {
    pub client: &'a Client,
    pub chain: &'a RpcChain,
    pub domain: TrailDomain,
    /// Blocks that the API may be behind the chain's head.
    pub max_behind: u64,
}

/// What was verified.
#[derive(Debug)]
pub struct Report {
    pub at: Block,
    pub subjects: usize,
    pub links: usize,
    /// What else was compared, and what could not be.
    pub compared: String,
    pub not_compared: Vec<&'static str>,
}

/// The chain, or the index, went on or changed branch between two answers: asking again may help.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct Moved {
    pub why: String,
    /// What it is if it stays so.
    pub else_wrong: Option<Wrong>,
}

impl Moved {
    pub fn because(why: impl Into<String>) -> Self {
        Moved { why: why.into(), else_wrong: None }
    }
}

/// Verifies all that the API tells, or one patient's part of it. An error is [`Wrong`] if something is; else it could not be checked.
/// `progress` is told how many blocks are done, and of how many.
pub async fn verify_outside(
    outside: &Outside<'_>,
    patient: Option<Address>,
    mut progress: impl FnMut(u64, u64),
) -> anyhow::Result<Report> {
    outside.check_domain().await?;
    let (mut tried, mut all_wrong) = (0, true);
    loop {
        let once = match patient {
            None => state::verify_all(outside, &mut progress).await,
            Some(patient) => charts::verify_patient(outside, patient).await,
        };
        let error = match once {
            Ok(report) => return Ok(report),
            Err(error) => error,
        };
        let Some(moved) = moved(&error) else { return Err(error) };
        (tried, all_wrong) = (tried + 1, all_wrong && moved.else_wrong.is_some());
        if tried == TRIES {
            return Err(moved.else_wrong.filter(|_| all_wrong).map_or(error, anyhow::Error::from));
        }
        tokio::time::sleep(WAIT).await;
    }
}

/// A block that is gone is one that was replaced.
fn moved(error: &anyhow::Error) -> Option<Moved> {
    if let Some(moved) = error.downcast_ref::<Moved>() {
        return Some(Moved { why: moved.why.clone(), else_wrong: moved.else_wrong.clone() });
    }
    match error.downcast_ref::<ChainError>() {
        Some(ChainError::NoBlock(_)) => Some(Moved::because(error.to_string())),
        _ => None,
    }
}

impl Outside<'_> {
    async fn check_domain(&self) -> anyhow::Result<()> {
        let told = self.client.domain().await?;
        let TrailDomain { chain_id, contract } = self.domain;
        anyhow::ensure!(
            told == self.domain,
            "{} tells of contract {} on chain {}, the deployment file of {contract} on chain {chain_id}",
            self.client.name(),
            told.contract,
            told.chain_id
        );
        Ok(())
    }

    /// The head that an answer was read at must be a block of the chain, and not long ago.
    pub(super) async fn check_head(&self, as_of: &AsOf) -> anyhow::Result<Block> {
        let told = block_of(as_of);
        anyhow::ensure!(
            as_of.archived_before.is_none(),
            "the logs of blocks before {} are archived: the API cannot tell the whole history",
            as_of.archived_before.unwrap_or(0)
        );
        let head = self.chain.head().await?.block.number;
        let behind = head.saturating_sub(told.number);
        if behind > self.max_behind {
            let max = self.max_behind;
            return Err(Wrong::of_blocks(format!(
                "the API answers as of block {}, {behind} blocks behind the chain's head {head}: it may be hiding what happened since \
                 (--max-behind {max})",
                told.number
            ))
            .into());
        }
        let ours = self.chain.header(told.number).await?.block;
        if ours != told {
            let why = format!(
                "expected block {} to be {} of {}, got {} of {}",
                ours.number, ours.hash, ours.timestamp, told.hash, told.timestamp
            );
            let else_wrong = Some(Wrong::of_blocks(why.clone()));
            return Err(Moved { why, else_wrong }.into());
        }
        Ok(told)
    }

    /// Trails' ends against the contract's, and the blocks that events were told to be of against the chain's.
    pub(super) async fn check_links(
        &self,
        heads: &BTreeMap<Address, Hash>,
        blocks: Blocks,
        at: &Block,
    ) -> anyhow::Result<()> {
        blocks.check(self.chain).await?;
        check_heads(self.chain, heads, at).await??;
        Ok(())
    }
}

pub(super) fn block_of(as_of: &AsOf) -> Block {
    Block { number: as_of.block_number, hash: as_of.block_hash, timestamp: as_of.timestamp }
}

/// Two answers must be of one head.
pub(super) fn same_head(one: &AsOf, other: &AsOf) -> Result<(), Moved> {
    if block_of(one) == block_of(other) {
        return Ok(());
    }
    Err(Moved::because(format!(
        "the index went on from block {} to {} between two answers",
        one.block_number, other.block_number
    )))
}

/// The blocks that events were told to be of, to be compared with the chain's.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    pub fn note(&mut self, place: &Place) {
        let block = Block { number: place.block_number, hash: place.block_hash, timestamp: place.timestamp };
        if self.0.last() != Some(&block) {
            self.0.push(block);
        }
    }

    async fn check(mut self, chain: &RpcChain) -> anyhow::Result<()> {
        self.0.sort_unstable_by_key(|block| block.number);
        for told in self.0.chunks(BLOCKS_AT_ONCE) {
            let numbers: Vec<u64> = told.iter().map(|block| block.number).collect();
            for (told, ours) in told.iter().zip(chain.blocks(&numbers).await?) {
                if *told != ours {
                    let detail = format!("expected block {} to be {}, got {}", ours.number, ours.hash, told.hash);
                    return Err(Moved { why: detail.clone(), else_wrong: Some(Wrong::of_blocks(detail)) }.into());
                }
            }
        }
        Ok(())
    }
}

/// The next event as the API tells it, checked against its bytes and against the head that it was told at.
pub(super) fn follow(replay: &mut Replay, blocks: &mut Blocks, told: &HistoryEvent, at: &Block) -> Result<(), Wrong> {
    let happened = replay.follow(told)?;
    if happened.place.block_number > at.number {
        let detail = format!("expected no event after block {}, as of which it is told", at.number);
        return Err(Wrong { position: Some(happened.position()), ..Wrong::of_trail(happened.subject, detail) });
    }
    blocks.note(&happened.place);
    Ok(())
}
