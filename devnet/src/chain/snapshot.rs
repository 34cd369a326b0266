//! Keeping a chain across runs.
//!
//! anvil can dump its state by itself, but writes in place: a crash while it does leaves half a file. So we ask for
//! the dump and put it in place whole. Two files: `chain.json.gz`, the whole chain, saved every few seconds; and
//! `history.json.gz`, the states at blocks of the past, saved on demand because they are large. anvil is given both
//! as one file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ethers::types::{Bytes, U64};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::rpc::Rpc;

/// The most that a crash may lose.
const EVERY: Duration = Duration::from_secs(2);
/// Saving may take at most one part in this many of the time: it holds the chain up.
const SHARE: u32 = 20;
/// The field of anvil's dump that holds the states at past blocks.
const HISTORY: &str = "historical_states";

/// A dump: its fields are only ever moved, never looked into.
type Dump = BTreeMap<String, Box<RawValue>>;

#[derive(Clone, Debug)]
pub(super) struct Snapshots {
    folder: PathBuf,
}

/// What a run continues from.
pub(super) struct Kept {
    /// anvil's `--load-state`.
    pub file: PathBuf,
    /// Unix seconds. anvil makes its own block 0 before it loads, which must come out the same.
    pub genesis_timestamp: u64,
}

impl Snapshots {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Puts the saved files together for anvil. `None`: nothing was saved yet.
    pub fn prepare(&self) -> Result<Option<Kept>> {
        let Some(mut dump) = read(&self.chain())? else {
            return Ok(None);
        };
        let genesis_timestamp = genesis_timestamp(&dump)?;
        if let Some(mut history) = read(&self.history())? {
            dump.extend(history.remove_entry(HISTORY));
        }
        let file = self.folder.join("load.json");
        fs::write(&file, serde_json::to_vec(&dump)?).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Some(Kept { file, genesis_timestamp }))
    }

    /// Saves the chain each time it has grown, for ever.
    pub async fn keep(self, rpc: Rpc) {
        let mut saved = None;
        let mut pause = EVERY;
        loop {
            tokio::time::sleep(pause).await;
            let head = rpc.call::<U64>("eth_blockNumber", json!([])).await.ok();
            if head.is_none() || head == saved {
                continue;
            }
            let started = Instant::now();
            match self.save(&rpc).await {
                Ok(()) => saved = head,
                Err(error) => eprintln!("devnet: the chain could not be saved: {error:#}"),
            }
            pause = EVERY.max(started.elapsed() * SHARE);
        }
    }

    /// Saves the chain without its past states.
    pub async fn save(&self, rpc: &Rpc) -> Result<()> {
        let dump: Bytes = rpc.call("anvil_dumpState", json!([false])).await?;
        replace(&self.chain(), &dump)
    }

    /// Saves the states at all blocks so far.
    pub async fn save_history(&self, rpc: &Rpc) -> Result<()> {
        let dump: Bytes = rpc.call("anvil_dumpState", json!([true])).await?;
        let mut dump = parse(GzDecoder::new(&*dump))?;
        dump.retain(|field, _| field == HISTORY);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut packed, &dump)?;
        replace(&self.history(), &packed.finish()?)
    }

    fn chain(&self) -> PathBuf {
        self.folder.join("chain.json.gz")
    }

    fn history(&self) -> PathBuf {
        self.folder.join("history.json.gz")
    }
}

fn read(file: &Path) -> Result<Option<Dump>> {
    match File::open(file) {
        Ok(packed) => {
            let dump = parse(BufReader::new(GzDecoder::new(packed)));
            dump.map(Some).with_context(|| format!("{} is damaged", file.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

fn parse(mut json: impl Read) -> Result<Dump> {
    // Unparsed values can only be read from text in memory.
    let mut text = String::new();
    json.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// The old file or the new one is there, whole, whenever the machine stops.
fn replace(file: &Path, content: &[u8]) -> Result<()> {
    let new = file.with_extension("new");
    let write = || {
        let mut written = File::create(&new)?;
        written.write_all(content)?;
        written.sync_all()?;
        fs::rename(&new, file)
    };
    write().with_context(|| format!("cannot write {}", file.display()))
}

fn genesis_timestamp(dump: &Dump) -> Result<u64> {
    #[derive(Deserialize)]
    struct Block {
        header: Header,
    }
    #[derive(Deserialize)]
    struct Header {
        number: U64,
        timestamp: U64,
    }
    let blocks = dump.get("blocks").context("the saved chain has no blocks")?;
    let blocks: Vec<Block> = serde_json::from_str(blocks.get())?;
    let genesis = blocks.iter().find(|block| block.header.number.is_zero());
    Ok(genesis.context("the saved chain has no block 0")?.header.timestamp.as_u64())
}
