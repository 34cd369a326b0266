//! What the demo left: who, which records, which moments. Kept as JSON.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use ethers::{
    types::{Address, H256},
    utils::to_checksum,
};
use serde::{Deserialize, Serialize};

use super::{
    Played,
    cast::{Cast, EVERYBODY},
    files::Files,
};
use crate::deployment::Deployment;

/// Everything needed to ask about the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Where it was played.
    pub deployment: Deployment,
    /// Who played.
    pub people: Vec<Person>,
    /// The patients' records.
    pub records: Vec<Record>,
    /// Acts that later questions refer to, by name.
    pub moments: BTreeMap<String, Moment>,
    /// The last act.
    pub end: Moment,
    /// Hash of the last act's block: another chain has another.
    pub end_hash: H256,
}

/// Somebody in the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// A short name: `ada`, `cardiologist`, …
    pub key: String,
    /// A line about them.
    pub about: String,
    /// Their account, EIP-55 checksummed.
    pub address: String,
}

/// One record of the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// A short name: `ada-xray`, …
    pub key: String,
    /// The patient's short name.
    pub patient: String,
    /// What it is.
    pub title: String,
    /// Its file's name in the demo's folder `records`.
    pub file: String,
    /// The folder of the chart it is in.
    pub folder: u32,
    /// Its CID.
    pub cid: String,
}

/// When something happened on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// The block's number.
    pub block: u64,
    /// The block's time, in Unix seconds.
    pub timestamp: u64,
}

impl Summary {
    /// The account of a short name, checksummed; `None` for a name that nobody has.
    #[must_use]
    pub fn address(&self, key: &str) -> Option<&str> {
        self.people.iter().find(|person| person.key == key).map(|person| &*person.address)
    }

    /// The record of a short name.
    #[must_use]
    pub fn record(&self, key: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.key == key)
    }

    /// The moment of a name.
    #[must_use]
    pub fn moment(&self, key: &str) -> Option<Moment> {
        self.moments.get(key).copied()
    }

    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(json) => {
                let summary = serde_json::from_str(&json);
                summary.map(Some).with_context(|| format!("{} is damaged", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }
}

pub(super) fn of(deployment: Deployment, cast: &Cast, files: &Files, played: Vec<Played>) -> Result<Summary> {
    let last = played.last().context("the story has acts")?;
    let (end, end_hash) = (last.moment, last.hash);
    let checksummed = |address: Address| to_checksum(&address, None);
    let people = EVERYBODY.iter().map(|&who| Person {
        key: who.key().to_owned(),
        about: who.about(),
        address: checksummed(cast.address(who)),
    });
    let records = files.0.iter().map(|file| Record {
        key: file.key.to_owned(),
        patient: file.of.key().to_owned(),
        title: file.title.to_owned(),
        file: file.name.clone(),
        folder: file.folder,
        cid: file.cid.to_string(),
    });
    let named = played.iter().filter_map(|played| Some((played.label?.to_owned(), played.moment)));
    Ok(Summary {
        deployment,
        people: people.collect(),
        records: records.collect(),
        moments: named.collect(),
        end,
        end_hash,
    })
}
