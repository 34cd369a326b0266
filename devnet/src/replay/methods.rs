//! The methods of JSON-RPC that a replayed chain answers.

use std::sync::Arc;

use serde_json::Value;

use super::{
    block::Block,
    fault::Fault,
    filter::{Filter, Refusal, fixed, number},
    hash::{Account, Word, keccak, of_link, to_account},
    json::{Common, Json},
    view::View,
};

/// One call, with what strikes it.
pub(super) struct Call<'a> {
    pub(super) view: View<'a>,
    pub(super) params: &'a Value,
    pub(super) faults: &'a [Fault],
}

impl Call<'_> {
    /// Writes the result. Gives how many logs it holds.
    pub(super) fn answer(&self, method: &str, out: &mut Json) -> Result<u64, Refusal> {
        for fault in self.faults {
            match fault {
                Fault::RateLimited => return Err(Refusal::new(-32_005, "rate limited")),
                Fault::UnknownMethod => return Err(unknown(method)),
                _ => {}
            }
        }
        match method {
            "eth_getLogs" => return self.logs(out),
            "eth_getBlockByNumber" => self.block_by_number(out)?,
            "eth_getBlockByHash" => self.block_by_hash(out)?,
            "eth_getBlockReceipts" => self.receipts(out)?,
            "eth_call" => self.call(out)?,
            "eth_blockNumber" => _ = out.quantity(self.view.head),
            "eth_chainId" => _ = out.quantity(self.view.chain_id()),
            "net_version" => _ = out.text(&format!("\"{}\"", self.view.chain_id())),
            "web3_clientVersion" => _ = out.text("\"chartkey-devnet/replay\""),
            "eth_syncing" => _ = out.text("false"),
            "eth_getCode" => self.code(out)?,
            _ => return Err(unknown(method)),
        }
        Ok(0)
    }

    fn block_by_number(&self, out: &mut Json) -> Result<(), Refusal> {
        let number = number(&self.params[0], &self.view)?;
        write_block(self.view.block(number), out);
        Ok(())
    }

    fn block_by_hash(&self, out: &mut Json) -> Result<(), Refusal> {
        write_block(self.view.by_hash(&fixed(&self.params[0])?), out);
        Ok(())
    }

    /// The block at which something is asked: number, tag, hash, or an object with one of them (EIP-1898).
    fn block_at(&self, value: &Value) -> Result<Option<&Arc<Block>>, Refusal> {
        match value {
            Value::Object(at) if at.contains_key("blockHash") => Ok(self.view.by_hash(&fixed(&value["blockHash"])?)),
            Value::Object(_) => Ok(self.view.block(number(&value["blockNumber"], &self.view)?)),
            Value::String(text) if text.len() == 66 => Ok(self.view.by_hash(&fixed(value)?)),
            _ => Ok(self.view.block(number(value, &self.view)?)),
        }
    }

    fn receipts(&self, out: &mut Json) -> Result<(), Refusal> {
        match self.block_at(&self.params[0])? {
            Some(block) => out.receipts(block, self.view.contract(), &self.common(block)),
            None => _ = out.text("null"),
        }
        Ok(())
    }

    fn code(&self, out: &mut Json) -> Result<(), Refusal> {
        let account: Account = fixed(&self.params[0])?;
        let there = |block: &Arc<Block>| block.number >= self.view.deployment_block();
        let block = self.block_at(&self.params[1])?.ok_or_else(|| Refusal::new(-32_000, "header not found"))?;
        out.text(if account == *self.view.contract() && there(block) { "\"0x60806040\"" } else { "\"0x\"" });
        Ok(())
    }

    /// `trail(address)` of the contract; everything else reverts, as a call that the contract does not know.
    fn call(&self, out: &mut Json) -> Result<(), Refusal> {
        let request = &self.params[0];
        let block = self.block_at(&self.params[1])?.ok_or_else(|| Refusal::new(-32_000, "header not found"))?;
        let to: Account = fixed(&request["to"])?;
        if to != *self.view.contract() || block.number < self.view.deployment_block() {
            out.text("\"0x\"");
            return Ok(());
        }
        let input = if request["input"].is_null() { &request["data"] } else { &request["input"] };
        let reverted = || Refusal::new(3, "execution reverted");
        let input: [u8; 36] = fixed(input).map_err(|_| reverted())?;
        let (selector, argument) = input.split_at(4);
        if selector != &keccak(&[b"trail(address)"])[..4] {
            return Err(reverted());
        }
        let argument: &Word = argument.try_into().map_err(|_| reverted())?;
        out.hex(&self.trail(&to_account(argument), block.number));
        Ok(())
    }

    fn trail(&self, subject: &Account, at: u64) -> Word {
        let mut trail = self.view.trail(subject, at).map_or([0; 32], |link| of_link(&link));
        let lies =
            |fault: &Fault| matches!(fault, Fault::WrongTrail(subjects) if subjects.iter().any(|it| it.0 == *subject));
        if self.faults.iter().any(lies) {
            trail[0] ^= 1;
        }
        trail
    }

    fn logs(&self, out: &mut Json) -> Result<u64, Refusal> {
        let wanted = &self.params[0];
        let filter = Filter::read(wanted, &self.view)?;
        if self.faults.contains(&Fault::NoLogs) {
            out.text("[]");
            return Ok(0);
        }
        if !wanted["blockHash"].is_null() {
            let block = self.view.by_hash(&fixed(&wanted["blockHash"])?);
            let block = block.ok_or_else(|| Refusal::new(-32_000, "unknown block"))?;
            return self.logs_of(std::iter::once(block), &filter, block.number, out);
        }
        let (first, last) = (number(&wanted["fromBlock"], &self.view)?, number(&wanted["toBlock"], &self.view)?);
        if first > last {
            return Err(Refusal::invalid("invalid block range params"));
        }
        self.check_range(first, last)?;
        self.logs_of(self.view.range(first, last), &filter, first, out)
    }

    fn check_range(&self, first: u64, last: u64) -> Result<(), Refusal> {
        let asked = last - first + 1;
        let refusal = self.faults.iter().find_map(|fault| match fault {
            Fault::RangeLimit(most, node) if asked > *most => Some(node.range_too_wide(*most, asked)),
            _ => None,
        });
        refusal.map_or(Ok(()), |(code, message)| Err(Refusal::new(code, message)))
    }

    /// Whether an answer of so many logs, from block `first` up to this one, may have another.
    fn check_results(&self, count: u64, first: u64, number: u64) -> Result<(), Refusal> {
        let refusal = self.faults.iter().find_map(|fault| match fault {
            Fault::ResultLimit(most, node) if count >= *most as u64 => {
                Some(node.too_many_results(*most, first, first.max(number.saturating_sub(1))))
            }
            _ => None,
        });
        refusal.map_or(Ok(()), |(code, message)| Err(Refusal::new(code, message)))
    }

    fn logs_of<'b>(
        &self,
        blocks: impl Iterator<Item = &'b Arc<Block>>,
        filter: &Filter,
        first: u64,
        out: &mut Json,
    ) -> Result<u64, Refusal> {
        let (mut count, mut latest) = (0, None);
        out.text("[");
        for block in blocks {
            let common = self.common(block);
            for index in (0..block.logs.len()).filter(|index| filter.wants(block, *index)) {
                self.check_results(count, first, block.number)?;
                latest = Some(out.0.len());
                out.log(block, index, &common);
                out.text(",");
                count += 1;
            }
        }
        if let Some(start) = latest.filter(|_| self.faults.contains(&Fault::LostLog)) {
            out.0.truncate(start);
            count -= 1;
        }
        out.end_list();
        Ok(count)
    }

    fn common(&self, block: &Block) -> Common {
        let mut hash = block.hash;
        if self.faults.contains(&Fault::WrongBlockHash) {
            hash[0] ^= 1;
        }
        Common::new(self.view.contract(), block, &hash, !self.faults.contains(&Fault::NoTimestamps))
    }
}

fn write_block(block: Option<&Arc<Block>>, out: &mut Json) {
    match block {
        Some(block) => out.block(block),
        None => _ = out.text("null"),
    }
}

fn unknown(method: &str) -> Refusal {
    Refusal::new(-32_601, format!("the method {method} does not exist/is not available"))
}
