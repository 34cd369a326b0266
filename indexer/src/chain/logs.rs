//! Asking for logs of ranges, and checking that the answer is about what was asked.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::Ordering;
use std::time::Instant;

use ethers::types::H256;
use serde_json::json;

use super::Span;
use super::core::{Core, header_by_number};
use super::error::ChainError;
use super::pool::{ANSWER, First};
use super::refusal::Refusal;
use super::sizer::Measure;
use super::wire::{Call, Found, NodeHeader, NodeLog};
use crate::model::{Block, Hash, Moment, RawLog};

/// Bytes of one answer about several blocks: more is asked for in smaller ranges.
const RANGE_ANSWER: usize = 16 << 20;
/// Tries at a range whose parts do not go together.
const TRIES: usize = 3;

/// An answer about a range, as the node gave it.
struct Piece {
    logs: Vec<RawLog>,
    /// Blocks with events: hash, and time where the logs say.
    blocks: BTreeMap<u64, (Hash, Option<u64>)>,
    last: Block,
}

/// What a log takes in memory.
fn weight(log: &RawLog) -> usize {
    size_of::<RawLog>() + log.data.len()
}

impl Span {
    /// Bytes in memory, about.
    pub(super) fn weight(&self) -> usize {
        self.logs.iter().map(weight).sum::<usize>() + self.blocks.len() * size_of::<Block>()
    }
}

pub fn length(range: &RangeInclusive<u64>) -> u64 {
    (range.end() - range.start()).saturating_add(1)
}

impl Core {
    pub fn logs_of_block(&self, hash: Hash) -> Call {
        let filter = self.filter.clone().at_block_hash(H256(hash.0));
        Call { method: "eth_getLogs", params: json!([filter]) }
    }

    fn logs_of_range(&self, range: &RangeInclusive<u64>) -> Call {
        let filter = self.filter.clone().from_block(*range.start()).to_block(*range.end());
        Call { method: "eth_getLogs", params: json!([filter]) }
    }

    /// A range of final blocks, in one span or, where the node wants smaller questions, in several.
    pub async fn spans(&self, range: RangeInclusive<u64>, first: First) -> Result<Vec<Span>, ChainError> {
        let mut done = Vec::new();
        let mut todo = vec![range];
        while let Some(range) = todo.pop() {
            let number = self.pool.choose(first, &[]);
            let allowed = self.pool.endpoint(number).allows.blocks.load(Ordering::Relaxed);
            // By now other answers may have shown that this range was chosen much too large.
            let sensible = if self.sizer.measured() { self.sizer.blocks().saturating_mul(2) } else { u64::MAX };
            if length(&range) > allowed.min(sensible) {
                split(&mut todo, range, allowed.min(sensible));
                continue;
            }
            match self.span(&range, First::This(number)).await {
                Ok(span) => done.push(span),
                Err(error) => match self.smaller(&range, &error) {
                    Some(blocks) => split(&mut todo, range, blocks),
                    None => return Err(error),
                },
            }
        }
        Ok(done)
    }

    /// How many blocks to ask for instead, if asking for fewer helps.
    fn smaller(&self, range: &RangeInclusive<u64>, error: &ChainError) -> Option<u64> {
        let blocks = length(range);
        let half = blocks / 2;
        if half == 0 {
            return None;
        }
        let fewer = |suggested: Option<u64>| suggested.filter(|fewer| (1..blocks).contains(fewer)).unwrap_or(half);
        match error {
            ChainError::TimedOut { .. }
            | ChainError::Refused { why: Refusal::Timeout | Refusal::RangeTooLarge { suggested: None }, .. } => {
                self.sizer.refused(blocks);
                Some(half)
            }
            ChainError::Refused { endpoint, why: Refusal::RangeTooLarge { suggested: Some(allowed) }, .. } => {
                let allowed = fewer(Some(*allowed));
                self.pool.allow_blocks(endpoint, allowed);
                Some(allowed)
            }
            ChainError::Refused { why: Refusal::TooManyResults { suggested }, .. } => {
                self.sizer.refused(blocks);
                let from_start = suggested.as_ref().filter(|suggested| suggested.start() == range.start());
                Some(fewer(from_start.map(length)))
            }
            _ => None,
        }
    }

    async fn span(&self, range: &RangeInclusive<u64>, first: First) -> Result<Span, ChainError> {
        let asked = Instant::now();
        let mut tries = 0;
        let span = loop {
            let piece = self.piece(range, first).await?;
            match self.with_times(range, piece).await {
                Err(ChainError::Nonsense { .. }) if tries < TRIES => tries += 1,
                done => break done?,
            }
        };
        let (logs, bytes) = (span.logs.len() as u64, span.weight() as u64);
        self.sizer.answered(Measure { blocks: length(range), logs, bytes, took: asked.elapsed() });
        Ok(span)
    }

    /// Logs and the last block's header in one request: the header shows that the node has come that far.
    async fn piece(&self, range: &RangeInclusive<u64>, first: First) -> Result<Piece, ChainError> {
        let calls = [self.logs_of_range(range), header_by_number(*range.end())];
        let limit = if length(range) > 1 { RANGE_ANSWER } else { ANSWER };
        let read = |mut answers: Vec<Option<Found>>, number: usize| {
            let wrong = |detail: String| ChainError::nonsense(self.pool.endpoint(number).name(), "eth_getLogs", detail);
            let header = match answers.pop().flatten() {
                Some(Found::Header(header)) => header,
                Some(Found::Logs(_)) => return Err(wrong("logs in place of a block".into())),
                None => return Err(ChainError::NoBlock(*range.end())),
            };
            match answers.pop().flatten() {
                Some(Found::Logs(logs)) => self.read_piece(logs, &header, range).map_err(wrong),
                _ => Err(wrong("no list of logs".into())),
            }
        };
        self.pool.ask(first, &calls, limit, read).await
    }

    fn read_piece(&self, found: Vec<NodeLog>, last: &NodeHeader, range: &RangeInclusive<u64>) -> Result<Piece, String> {
        let (end, block) = (*range.end(), self.header(last)?.block);
        if block.number != end {
            return Err(format!("block {} in place of {end}", block.number));
        }
        let piece = self.collect(found, block, range)?;
        if piece.blocks.get(&end).is_some_and(|(hash, _)| *hash != block.hash) {
            return Err(format!("logs of another block {end} than its header's"));
        }
        if let (Some(log), Some(bloom)) = (piece.logs.last(), last.bloom())
            && log.block_hash == block.hash
            && !self.blooms.agree(&bloom, log)
        {
            return Err(format!("a log that the header of block {end} does not announce"));
        }
        Ok(piece)
    }

    fn collect(&self, found: Vec<NodeLog>, last: Block, range: &RangeInclusive<u64>) -> Result<Piece, String> {
        let mut piece = Piece { logs: Vec::with_capacity(found.len()), blocks: BTreeMap::new(), last };
        for log in found {
            let (log, time) = self.of_ours(log)?;
            let number = log.position.block_number;
            if !range.contains(&number) {
                return Err(format!("a log of block {number}, outside {}..={}", range.start(), range.end()));
            }
            let (hash, known) = piece.blocks.entry(number).or_insert((log.block_hash, time));
            if *hash != log.block_hash || *known != time {
                return Err(format!("logs of block {number} with different hashes or times"));
            }
            piece.logs.push(log);
        }
        in_order(&mut piece.logs)?;
        Ok(piece)
    }

    /// A node's log, if it is one that was asked for.
    pub fn of_ours(&self, log: NodeLog) -> Result<(RawLog, Option<u64>), String> {
        if !log.is_from(self.contract) {
            return Err("a log of another contract".into());
        }
        let (log, time) = log.into_raw()?;
        if !self.topics.contains(&log.topics[0]) {
            return Err(format!("a log with topic {}, which was not asked for", log.topics[0]));
        }
        Ok((log, time))
    }

    /// Adds the times that the logs do not tell, from headers.
    async fn with_times(&self, range: &RangeInclusive<u64>, piece: Piece) -> Result<Span, ChainError> {
        let mut blocks = Vec::with_capacity(piece.blocks.len() + 1);
        let untimed: Vec<u64> =
            piece.blocks.iter().filter(|(_, (_, time))| time.is_none()).map(|(number, _)| *number).collect();
        let mut headers = self.headers_at(&untimed, First::Any).await?.into_iter();
        for (number, (hash, time)) in &piece.blocks {
            let wrong = |detail: String| ChainError::nonsense("the node", "eth_getLogs", detail);
            let block = match time {
                Some(time) => {
                    let timestamp = Moment::from_unix(*time).map_err(|e| wrong(e.0))?;
                    Block { number: *number, hash: *hash, timestamp }
                }
                None => headers.next().ok_or(ChainError::NoBlock(*number))?.block,
            };
            if block.hash != *hash {
                return Err(wrong(format!("logs of another block {number} than its header's")));
            }
            blocks.push(block);
        }
        if !piece.blocks.contains_key(range.end()) {
            blocks.push(piece.last);
        }
        self.test_blooms(&piece).await?;
        Ok(Span { range: range.clone(), blocks, logs: piece.logs })
    }

    /// Looks at one block with events, once, to learn whether the chain's blooms can be relied on.
    async fn test_blooms(&self, piece: &Piece) -> Result<(), ChainError> {
        let Some(log) = piece.logs.first().filter(|_| self.blooms.untested()) else { return Ok(()) };
        let header = self.node_header(log.block_hash).await?;
        if let Some(bloom) = header.and_then(|header| header.bloom()) {
            self.blooms.agree(&bloom, log);
        }
        Ok(())
    }
}

/// Puts logs into the chain's order; fails if one is there twice.
pub fn in_order(logs: &mut [RawLog]) -> Result<(), String> {
    if !logs.is_sorted_by_key(|log| log.position) {
        logs.sort_by_key(|log| log.position);
    }
    match logs.windows(2).find(|pair| pair[0].position == pair[1].position) {
        Some(pair) => Err(format!("two logs at {:?}", pair[0].position)),
        None => Ok(()),
    }
}

/// Replaces a range to do by its first `blocks` blocks, to be done next, and the rest.
fn split(todo: &mut Vec<RangeInclusive<u64>>, range: RangeInclusive<u64>, blocks: u64) {
    let (start, end) = range.into_inner();
    let middle = start + blocks.max(1) - 1;
    if middle < end {
        todo.push(middle + 1..=end);
    }
    todo.push(start..=middle.min(end));
}
