//! How nodes word their refusals.

/// A node or a provider whose words a refusal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are names")]
pub enum Node {
    Geth,
    Reth,
    Erigon,
    Nethermind,
    Besu,
    Anvil,
    Alchemy,
    Infura,
    QuickNode,
}

impl Node {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Geth,
        Self::Reth,
        Self::Erigon,
        Self::Nethermind,
        Self::Besu,
        Self::Anvil,
        Self::Alchemy,
        Self::Infura,
        Self::QuickNode,
    ];

    /// Code and message for an answer that would hold more than `most` logs. `first..=last` would fit.
    pub(super) fn too_many_results(self, most: usize, first: u64, last: u64) -> (i64, String) {
        match self {
            Self::Geth => (-32_000, format!("logs matched by query exceeds limit of {most}")),
            Self::Reth => (-32_602, format!("query exceeds max results {most}, retry with the range {first}-{last}")),
            Self::Erigon => (-32_602, format!("query returns too many logs, narrow your filter: {most}")),
            Self::Nethermind => (-32_005, format!("Too many logs requested. Max logs per response is {most}.")),
            Self::Besu => (-32_005, "Requested range exceeds maximum range limit".to_owned()),
            Self::Anvil => (-32_602, format!("query returned more than {most} results")),
            Self::Alchemy => (
                -32_602,
                format!(
                    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no \
                     limit on the response size, or you can request any block range with a cap of {most} logs in the \
                     response. Based on your parameters and the response size limit, this block range should work: \
                     [{first:#x}, {last:#x}]"
                ),
            ),
            Self::Infura => (
                -32_005,
                format!("query returned more than {most} results. Try with this block range [{first:#X}, {last:#X}].")
                    .replace("0X", "0x"),
            ),
            Self::QuickNode => (-32_602, "eth_getLogs response size exceeded, reduce the block range".to_owned()),
        }
    }

    /// Code and message for a range of `asked` blocks where `most` are allowed.
    pub(super) fn range_too_wide(self, most: u64, asked: u64) -> (i64, String) {
        match self {
            Self::Geth => (-32_602, format!("exceed maximum block range: {most}")),
            Self::Reth | Self::Anvil => (-32_602, format!("query exceeds max block range {most}")),
            Self::Erigon => (-32_602, format!("query block range exceeds server limit, narrow your filter: {most}")),
            Self::Nethermind => (-32_005, format!("Block range exceeds the limit of {most} blocks.")),
            Self::Besu => (-32_005, "Requested range exceeds maximum RPC range limit".to_owned()),
            Self::Alchemy => (
                -32_600,
                format!("You can make eth_getLogs requests with up to a {most} block range. Upgrade your plan."),
            ),
            Self::Infura => (-32_602, format!("range {asked} exceeds limit of {most}")),
            Self::QuickNode => (-32_614, format!("eth_getLogs is limited to a {} range", with_commas(most))),
        }
    }
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth != 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
