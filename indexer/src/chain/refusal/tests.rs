//! What real nodes say, by source or report, and what it means.

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
        (200, -32005, "Requested range exceeds maximum RPC range limit", Refusal::RangeTooLarge { suggested: None }),
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
        (200, -32601, "nobody knows", Refusal::Unsupported),
        (200, -32099, "nobody knows", Refusal::Other),
        // Failed calls: geth, anvil, reth, Nethermind, Besu
        (200, 3, "execution reverted: batch limit, rate limit, unknown block", Refusal::Reverted),
        (200, -32000, "out of gas", Refusal::Reverted),
        (200, -32000, "invalid opcode: INVALID", Refusal::Reverted),
        (200, -32003, "EVM error OutOfGas", Refusal::Reverted),
        (200, -32003, "out of gas: gas required exceeds: 500000", Refusal::Reverted),
        (200, -32015, "VM execution error.", Refusal::Reverted),
        (200, -32000, "Execution reverted", Refusal::Reverted),
        (200, -32000, "transaction could not be completed: INSUFFICIENT_GAS", Refusal::Reverted),
    ]
}

#[test]
fn nodes_are_understood_by_their_words() {
    for (status, code, message, meaning) in table() {
        assert_eq!(read(status, code, message), meaning, "HTTP {status}, code {code}: {message}");
    }
}
