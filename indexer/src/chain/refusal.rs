//! What a node means when it refuses: one pure function from code, status and words to what would help. Codes alone do not
//! tell: -32005 is "too many results" with one node and "too many requests" with another, so the words decide.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Why a node refused, by what helps against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Too many blocks in one question. `suggested`: how many it allows, where it says so.
    RangeTooLarge {
        suggested: Option<u64>,
    },
    /// Too many logs, or bytes, in one answer. `suggested`: the range that it says would work.
    TooManyResults {
        suggested: Option<RangeInclusive<u64>>,
    },
    /// Too many questions in one request.
    BatchTooLarge,
    /// Too many requests: ask again later.
    Quota {
        retry_after: Option<Duration>,
    },
    /// The node gave up on the question.
    Timeout,
    /// The node does not know the block (yet, or any more).
    MissingBlock,
    /// The node knows the block but no longer holds its state or history.
    NoState,
    /// The node does not know the method, tag or form of the question.
    Unsupported,
    /// The contract that was called failed: it reverted, or the gas did not suffice.
    Reverted,
    Other,
}

const REVERTED: [&str; 7] =
    ["revert", "out of gas", "outofgas", "insufficient_gas", "vm execution error", "evm error", "opcode"];
const BATCH: [&str; 6] =
    ["batch limit", "batch size", "batch too large", "batch request", "batched requests", "in batch"];
const RESULTS: [&str; 11] = [
    "response size",
    "response too large",
    "response is too big",
    "too many logs",
    "max results",
    "more than",
    "max logs",
    "logs matched",
    "result set too large",
    "query exceeds limit",
    "too many results",
];
const TIMEOUT: [&str; 6] =
    ["timeout", "timed out", "took too long", "deadline exceeded", "execution aborted", "query duration"];
const QUOTA: [&str; 13] = [
    "rate limit",
    "rate-limit",
    "rate exceeded",
    "request limit",
    "request count",
    "compute units",
    "credits limited",
    "too many requests",
    "capacity",
    "throttl",
    "quota",
    "/sec",
    "per second",
];
const STATE: [&str; 10] = [
    "missing trie node",
    "historical state",
    "state is not available",
    "state unavailable",
    "no state available",
    "state not found",
    "pruned",
    "is not available: blocknum",
    "history unavailable",
    "required historical",
];
const BLOCK: [&str; 13] = [
    "header not found",
    "unknown block",
    "unknown header",
    "block not found",
    "could not be found",
    "could not find block",
    "block does not exist",
    "no such block",
    "beyond current head",
    "blockoutofrange",
    "block height is",
    "not currently canonical",
    "after last accepted",
];
const UNSUPPORTED: [&str; 6] = [
    "method not found",
    "does not exist/is not available",
    "not supported",
    "unsupported",
    "not whitelisted",
    "not allowed",
];
const RANGE: [&str; 9] = ["exceed", "limit", "too", "max", "up to", "larger than", "wide", "narrow", "greater than"];

/// Reads a refusal. `status`: the answer's HTTP status. `code` and `message`: of its JSON-RPC error, 0 and anything readable
/// where there is none.
pub fn read(status: u16, code: i64, message: &str) -> Refusal {
    let words = message.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|part| words.contains(part));
    let suggested = suggested_range(&words);
    // First: what else a revert says are a contract's words, not the node's.
    if code == 3 || says(&REVERTED) {
        return Refusal::Reverted;
    }
    if says(&BATCH) {
        return Refusal::BatchTooLarge;
    }
    if code == -39001 || says(&BLOCK) {
        return Refusal::MissingBlock;
    }
    if says(&STATE) || code == 4444 {
        return Refusal::NoState;
    }
    if says(&TIMEOUT) || matches!(status, 408 | 504) {
        return Refusal::Timeout;
    }
    if says(&RESULTS) {
        return Refusal::TooManyResults { suggested };
    }
    if words.contains("range") && says(&RANGE) {
        let blocks = suggested.map(|range| range.end() - range.start() + 1).or_else(|| smallest_number(&words));
        return Refusal::RangeTooLarge { suggested: blocks };
    }
    if status == 429 || code == 429 || says(&QUOTA) {
        return Refusal::Quota { retry_after: None };
    }
    if says(&UNSUPPORTED) || matches!(code, -32601 | -32602 | -32004) {
        return Refusal::Unsupported;
    }
    match code {
        // "limit exceeded" and no more: asking for less helps against either meaning, if more slowly against one.
        -32005 => Refusal::TooManyResults { suggested: None },
        _ => Refusal::Other,
    }
}

/// `[0x1, 0x2f]` (Alchemy, Infura) or `range 1-47` (reth).
fn suggested_range(words: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = if let Some((_, rest)) = words.split_once("[0x") {
        let (first, rest) = rest.split_once(',')?;
        let (last, _) = rest.trim_start().strip_prefix("0x")?.split_once(']')?;
        (u64::from_str_radix(first, 16).ok()?, u64::from_str_radix(last, 16).ok()?)
    } else {
        let (_, rest) = words.split_once("the range ")?;
        let (first, rest) = rest.split_once('-')?;
        let last: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (first.parse().ok()?, last.parse().ok()?)
    };
    (first <= last).then_some(first..=last)
}

/// The smallest decimal number in a text, with commas or a K: of what was asked and what is allowed, the latter.
fn smallest_number(words: &str) -> Option<u64> {
    let numbers = words.split(|c: char| c.is_whitespace() || "()[]:;=".contains(c)).filter_map(|word| {
        let word = word.trim_end_matches(['.', ',']).replace(',', "");
        match word.strip_suffix('k') {
            Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
            None => word.split('-').next()?.parse().ok(),
        }
    });
    numbers.filter(|number| *number > 0).min()
}

#[cfg(test)]
mod tests;
