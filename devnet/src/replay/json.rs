//! Answers, written as text straight from the chain's memory.

use super::{
    block::{BASE_FEE, Block, Bloom, GAS_LIMIT, NO_OMMERS, bloom_bits},
    hash::{Account, Word},
};

/// The two digits of each byte.
const DIGITS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 15]];
        byte += 1;
    }
    table
};

/// JSON text.
#[derive(Default)]
pub(super) struct Json(pub(super) Vec<u8>);

impl Json {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// `"0x…"`
    pub(super) fn hex(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(b"\"0x");
        let start = self.0.len();
        self.0.resize(start + 2 * bytes.len(), 0);
        for (digits, byte) in self.0[start..].chunks_exact_mut(2).zip(bytes) {
            digits.copy_from_slice(&DIGITS[usize::from(*byte)]);
        }
        self.0.push(b'"');
        self
    }

    /// `"0x1f"`
    pub(super) fn quantity(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(b"\"0x");
        let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
        for nth in (0..digits).rev() {
            self.0.push(DIGITS[(number >> (4 * nth)) as usize & 15][1]);
        }
        self.0.push(b'"');
        self
    }

    /// Text that may hold anything, quoted.
    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        let quoted = serde_json::Value::from(text).to_string();
        self.text(&quoted)
    }

    /// Ends a list whose items are each followed by a comma.
    pub(super) fn end_list(&mut self) -> &mut Self {
        if self.0.last() == Some(&b',') {
            self.0.pop();
        }
        self.text("]")
    }

    fn field(&mut self, name: &str, bytes: &[u8]) -> &mut Self {
        self.text(name).hex(bytes)
    }

    fn number(&mut self, name: &str, number: u64) -> &mut Self {
        self.text(name).quantity(number)
    }

    /// A header, open: without the closing brace.
    fn header_fields(&mut self, block: &Block) -> &mut Self {
        self.field("{\"hash\":", &block.hash).field(",\"parentHash\":", &block.parent);
        self.field(",\"sha3Uncles\":", &NO_OMMERS).field(",\"miner\":", &[0; 20]);
        self.field(",\"stateRoot\":", &block.state_root).field(",\"transactionsRoot\":", &block.transactions_root);
        self.field(",\"receiptsRoot\":", &block.receipts_root).field(",\"logsBloom\":", &block.bloom.0);
        self.text(",\"difficulty\":\"0x0\"").number(",\"number\":", block.number);
        self.number(",\"gasLimit\":", GAS_LIMIT).number(",\"gasUsed\":", block.gas_used());
        self.number(",\"timestamp\":", block.timestamp).text(",\"extraData\":\"0x\"");
        self.field(",\"mixHash\":", &block.mix).field(",\"nonce\":", &[0; 8]);
        self.number(",\"baseFeePerGas\":", BASE_FEE)
    }

    /// What `newHeads` announces.
    pub(super) fn header(&mut self, block: &Block) {
        self.header_fields(block).text("}");
    }

    /// A block with the hashes of its transactions.
    pub(super) fn block(&mut self, block: &Block) {
        self.header_fields(block).text(",\"size\":\"0x400\",\"uncles\":[],\"transactions\":[");
        for hash in &block.transactions {
            self.hex(hash).text(",");
        }
        self.end_list().text("}");
    }

    /// One log, by the block's [`Common`].
    pub(super) fn log(&mut self, block: &Block, index: usize, common: &Common) {
        let Some(log) = block.logs.get(index) else { return };
        self.0.extend_from_slice(&common.before);
        self.number("\"logIndex\":", u64::from(block.first_log) + index as u64);
        self.number(",\"transactionIndex\":", log.transaction.into());
        self.field(",\"transactionHash\":", &block.transactions[usize::from(log.transaction)]);
        self.field(",\"topics\":[", log.kind.signature());
        for topic in 1..=3 {
            self.text(",").hex(block.logs.topic(index, topic));
        }
        self.field("],\"data\":", block.logs.data(index)).text("}");
    }

    /// All receipts of a block.
    pub(super) fn receipts(&mut self, block: &Block, contract: &Account, common: &Common) {
        self.text("[");
        for nth in 0..block.transactions.len() {
            self.receipt(block, nth, contract, common);
            self.text(",");
        }
        self.end_list();
    }

    fn receipt(&mut self, block: &Block, nth: usize, contract: &Account, common: &Common) {
        let of_it = |log: &usize| block.logs.get(*log).is_some_and(|log| usize::from(log.transaction) == nth);
        let mut bloom = Bloom::empty();
        self.field("{\"transactionHash\":", &block.transactions[nth]).number(",\"transactionIndex\":", nth as u64);
        self.field(",\"blockHash\":", &block.hash).number(",\"blockNumber\":", block.number);
        self.field(",\"from\":", &[0; 20]).field(",\"to\":", contract).text(",\"contractAddress\":null");
        self.text(",\"cumulativeGasUsed\":\"0xc350\",\"gasUsed\":\"0xc350\",\"effectiveGasPrice\":\"0x7\"");
        self.text(",\"type\":\"0x2\",\"status\":\"0x1\",\"logs\":[");
        let bits = bloom_bits(contract);
        for log in (0..block.logs.len()).filter(of_it) {
            bloom.add_log(bits, &block.logs, log);
            self.log(block, log, common);
            self.text(",");
        }
        self.end_list().field(",\"logsBloom\":", &bloom.0).text("}");
    }
}

/// What the logs of one block have in common, as text.
pub(super) struct Common {
    before: Vec<u8>,
}

impl Common {
    /// `hash`: what the logs say their block is.
    pub(super) fn new(contract: &Account, block: &Block, hash: &Word, timestamps: bool) -> Self {
        let mut json = Json::default();
        json.field("{\"address\":", contract).field(",\"blockHash\":", hash).number(",\"blockNumber\":", block.number);
        if timestamps {
            json.number(",\"blockTimestamp\":", block.timestamp);
        }
        json.text(",\"removed\":false,");
        Self { before: json.0 }
    }
}
