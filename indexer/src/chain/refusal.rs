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
    Other,
}

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
mod tests {
    use super::*;

    fn range(suggested: u64) -> Refusal {
        Refusal::RangeTooLarge { suggested: Some(suggested) }
    }

    fn results(suggested: Option<RangeInclusive<u64>>) -> Refusal {
        Refusal::TooManyResults { suggested }
    }

    fn table() -> Vec<(u16, i64, &'static str, Refusal)> {
        let quota = || Refusal::Quota { retry_after: None };
        vec![
            // geth: eth/filters/api.go, eth/backend.go, rpc/errors.go, core/state, internal/ethapi
            (200, -32602, "exceed maximum block range: 5000", range(5000)),
            (200, -32602, "block range extends beyond current head block", Refusal::MissingBlock),
            (200, -32000, "unknown block", Refusal::MissingBlock),
            (200, -32000, "header not found", Refusal::MissingBlock),
            (200, -39001, "finalized block not found", Refusal::MissingBlock),
            (200, -32000, "hash 0x4a5f is not currently canonical", Refusal::MissingBlock),
            // go-ethereum#20874
            (200, -32000, "missing trie node ef7df5d88cb1614d (path )", Refusal::NoState),
            (200, -32000, "historical state ef7df5d8 is not available", Refusal::NoState),
            // go-ethereum#31939
            (200, 4444, "pruned history unavailable", Refusal::NoState),
            (200, -32002, "request timed out", Refusal::Timeout),
            (200, -32003, "response too large", results(None)),
            (200, -32600, "batch too large", Refusal::BatchTooLarge),
            (200, -32601, "the method eth_getBlockReceipts does not exist/is not available", Refusal::Unsupported),
            (200, -32602, "invalid argument 0: hex string without 0x prefix", Refusal::Unsupported),
            // reth: crates/rpc/rpc/src/eth/filter.rs; reth#23810, MASQ-Node-issues#813, rpc-tester#20
            (200, -32602, "query exceeds max block range 100000", range(100_000)),
            (
                200,
                -32602,
                "query exceeds max results 20000, retry with the range 24383075-24383096",
                results(Some(24_383_075..=24_383_096)),
            ),
            (200, -32000, "block not found: hash 0x4a5f", Refusal::MissingBlock),
            (200, 4444, "state at block #1000 is pruned", Refusal::NoState),
            // jsonrpsee, which reth answers with; zksync-era#3412
            (200, -32010, "The batch request was too large", Refusal::BatchTooLarge),
            (200, -32005, "Batched requests are not supported by this server", Refusal::BatchTooLarge),
            (200, -32008, "Response is too big", results(None)),
            // Erigon: erigon#19721, #20784, cdk-erigon#1706, erigon#13198
            (200, -32000, "query block range exceeds server limit, narrow your filter: 1000", range(1000)),
            (200, -32000, "query returns too many logs, narrow your filter: 20000", results(None)),
            (200, -32005, "block range too large, max range: 2000", range(2000)),
            (200, -32000, "batch limit 100 exceeded (can increase by --rpc.batch.limit)", Refusal::BatchTooLarge),
            (200, -32000, "history is pruned, data not available", Refusal::NoState),
            // Nethermind: Modules/Eth/EthRpcModule.cs; pathfinder#943
            (200, -32005, "Too many logs requested. Max logs per response is 20000.", results(None)),
            (200, -32001, "8633830 could not be found", Refusal::MissingBlock),
            (200, -32002, "No state available for block 0x4a5f", Refusal::NoState),
            (200, -32016, "eth_getLogs request was canceled due to enabled timeout.", Refusal::Timeout),
            (200, -32005, "Batch size limit exceeded", Refusal::BatchTooLarge),
            // Besu: RpcErrorType.java
            (
                200,
                -32005,
                "Requested range exceeds maximum RPC range limit",
                Refusal::RangeTooLarge { suggested: None },
            ),
            (200, -32005, "Number of requests exceeds max batch size", Refusal::BatchTooLarge),
            (200, -32000, "World state unavailable", Refusal::NoState),
            (200, -39001, "Unknown block", Refusal::MissingBlock),
            (200, -32603, "Timeout expired", Refusal::Timeout),
            // anvil: crates/anvil/src/eth/error.rs
            (200, -32602, "BlockOutOfRangeError: block height is 5 but requested was 10", Refusal::MissingBlock),
            (200, -32601, "Method not found", Refusal::Unsupported),
            // Alchemy: ethers.js#4703, dank_mids#772, mud#1522; docs, "Error reference"
            (
                400,
                -32602,
                "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on \
                 the response size, or you can request any block range with a cap of 10K logs in the response. Based on your \
                 parameters and the response size limit, this block range should work: [0x0, 0xd043b8]",
                results(Some(0..=0xd0_43b8)),
            ),
            (
                400,
                -32600,
                "You can make eth_getLogs requests with up to a 500 block range. Based on your parameters, this block range \
                 should work: [0x123c9b2, 0x123cba5]",
                range(500),
            ),
            (429, 429, "Your app has exceeded its compute units per second capacity.", quota()),
            (503, -32000, "Query timeout exceeded. Consider reducing your block range.", Refusal::Timeout),
            // Infura: ethers.js#4703, infura#237, circles-myxogastria#54
            (
                200,
                -32005,
                "query returned more than 10000 results. Try with this block range [0xBDE5F8, 0x102DBCC].",
                results(Some(0xbd_e5f8..=0x102_dbcc)),
            ),
            (200, -32602, "range 1000000 exceeds limit of 10000", range(10_000)),
            (429, -32005, "project ID request rate exceeded", quota()),
            (200, -32005, "daily request count exceeded, request rate limited", quota()),
            (200, -32005, "query timeout exceeded", Refusal::Timeout),
            // QuickNode: arbitrum-sdk#609, mud#1522; docs, "Error references"
            (413, -32614, "eth_getLogs is limited to a 10,000 range", range(10_000)),
            (429, -32007, "15/second request limit reached - reduce calls per second or upgrade", quota()),
            (200, -32012, "credits limited to 6000/sec", quota()),
            // Others behind public endpoints: hyperindex#605, #716, MASQ-Node-issues#585, moonbeam#3250, dimension-adapters#864
            (
                200,
                -32000,
                "block range is larger than max block range, block range = 5120, max block range = 5000",
                range(5000),
            ),
            (200, -32000, "block range too large (2500), maximum allowed is 2000 blocks", range(2000)),
            (200, -32005, "eth_getLogs block range too large, range: 855077, max: 3500", range(3500)),
            (200, -32603, "block range is too wide (maximum 1024)", range(1024)),
            (200, -32005, "limit exceeded", results(None)),
            (429, 0, "HTTP 429 Too Many Requests", quota()),
            (504, 0, "HTTP 504 Gateway Timeout", Refusal::Timeout),
            (200, 3, "execution reverted", Refusal::Other),
        ]
    }

    #[test]
    fn nodes_are_understood_by_their_words() {
        for (status, code, message, meaning) in table() {
            assert_eq!(read(status, code, message), meaning, "HTTP {status}, code {code}: {message}");
        }
    }
}
