//! Where a history comes from: an API, or a database. Both tell the same events.

use std::collections::VecDeque;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::client::{Client, Lines};
use crate::config::Asked;
use crate::model::view::{AsOf, HistoryEvent};
use crate::model::{Address, Moment, Position, TrailDomain};
use crate::store::read::{self, EventFilter, PageOf};
use crate::store::{Reader, Transaction};

const EVENTS_AT_ONCE: u32 = 1_000;

/// An API, or a database.
pub enum Source {
    Api(Client),
    Database(Reader),
}

/// A moment that a state is rebuilt at: after a block, with ends judged at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub block: u64,
    pub time: Moment,
}

/// A history as it is told, all of one head.
pub(super) struct Told {
    pub domain: TrailDomain,
    pub as_of: AsOf,
    events: Events,
}

enum Events {
    Api(Box<ByApi>),
    Database(Box<ByDatabase>),
}

struct ByApi {
    lines: Lines<HistoryEvent>,
    client: Client,
}

/// Read page by page in one snapshot.
struct ByDatabase {
    tx: Transaction<'static>,
    filter: EventFilter,
    next: VecDeque<(Position, HistoryEvent)>,
    last: Option<Position>,
    deployed: u64,
}

impl ByDatabase {
    async fn next(&mut self) -> anyhow::Result<Option<HistoryEvent>> {
        if self.next.is_empty() {
            let page = PageOf { limit: EVENTS_AT_ONCE, after: self.last };
            self.next.extend(read::history(&mut self.tx, &self.filter, page).await?);
        }
        let Some((at, event)) = self.next.pop_front() else { return Ok(None) };
        self.last = Some(at);
        Ok(Some(event))
    }

    async fn at(&mut self, asked: Asked) -> anyhow::Result<At> {
        let found = match asked {
            Asked::Block(number) => read::at_block(&mut self.tx, number).await?,
            Asked::Time(time) => read::at_time(&mut self.tx, time).await?,
            Asked::Now => None,
        };
        let at = found.with_context(|| {
            format!(
                "the database does not know the time of {asked}, or it lies before block {}, the contract's deployment",
                self.deployed
            )
        })?;
        Ok(At { block: at.block, time: at.time })
    }
}

impl Source {
    /// The history from its beginning up to a block, of all or of one subject.
    pub(super) async fn history(&self, subject: Option<Address>, to_block: Option<u64>) -> anyhow::Result<Told> {
        let told = match self {
            Source::Api(client) => {
                let domain = client.domain().await?;
                let lines = client.events(subject, to_block).await?;
                Told {
                    domain,
                    as_of: lines.as_of().clone(),
                    events: Events::Api(Box::new(ByApi { lines, client: client.clone() })),
                }
            }
            Source::Database(reader) => from_database(reader, subject, to_block).await?,
        };
        let archived = told.as_of.archived_before;
        ensure!(
            archived.is_none(),
            "the events of blocks before {} are archived, so links cannot be recomputed: put them back first (docs/RUNBOOK.md)",
            archived.unwrap_or(0)
        );
        Ok(told)
    }
}

async fn from_database(reader: &Reader, subject: Option<Address>, to_block: Option<u64>) -> anyhow::Result<Told> {
    let (tx, status) = reader.snapshot().await?;
    let status = status.context("the database holds no index: run the indexer first")?;
    let as_of = status.as_of().context("the database holds no blocks: run the indexer first")?;
    let filter = EventFilter { from_block: 0, to_block: to_block.unwrap_or(as_of.block_number), subject, kind: None };
    let (next, deployed) = (VecDeque::new(), status.deployment_block);
    let events = Events::Database(Box::new(ByDatabase { tx, filter, next, last: None, deployed }));
    Ok(Told { domain: TrailDomain { chain_id: status.chain_id, contract: status.contract }, as_of, events })
}

impl Told {
    /// The next event.
    pub async fn next(&mut self) -> anyhow::Result<Option<HistoryEvent>> {
        match &mut self.events {
            Events::Api(api) => Ok(api.lines.next().await?),
            Events::Database(database) => database.next().await,
        }
    }

    /// The moment that somebody asks about. Not every block holds an event that tells its time: who told the history tells it.
    pub async fn moment(&mut self, asked: Asked) -> anyhow::Result<At> {
        let head = At { block: self.as_of.block_number, time: self.as_of.timestamp };
        let future = match asked {
            Asked::Now => return Ok(head),
            Asked::Block(number) if number == head.block => return Ok(head),
            Asked::Block(number) => number > head.block,
            Asked::Time(time) => time > head.time,
        };
        ensure!(!future, "{asked} lies in the future: the index has come to block {} of {}", head.block, head.time);
        match &mut self.events {
            Events::Api(api) => at_by_api(&api.client, asked).await,
            Events::Database(database) => database.at(asked).await,
        }
    }
}

/// From the first line of the state then.
async fn at_by_api(client: &Client, asked: Asked) -> anyhow::Result<At> {
    let head = client.state(&asked.to_string()).await?.next().await?.unwrap_or(Value::Null);
    let (block, time) = (head["blockNumber"].as_u64(), head["timestamp"].as_str().and_then(|time| time.parse().ok()));
    let (Some(block), Some(time)) = (block, time) else {
        anyhow::bail!("{} does not say which block and time {asked} is: {head}", client.name());
    };
    Ok(At { block, time })
}
