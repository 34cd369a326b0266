//! What the auditor's desk is asked, and by what means.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::Url;

use super::Secret;
use crate::model::{Address, EventKind, Malformed, Moment, RecordCid};

/// What to replay.
#[derive(Debug, clap::Subcommand)]
pub enum ReplayCommand {
    /// The history: every event in the chain's order, its bytes and its link.
    ///
    /// Each link is recomputed from the one before, so everything up to the last event asked for is read, whatever is printed.
    Events {
        #[command(flatten)]
        origin: Origin,
        #[command(flatten)]
        asked: WhichEvents,
        #[command(flatten)]
        output: Output,
    },
    /// What was in force at a moment, rebuilt from the events alone: the lines of GET /v1/state, in the same order.
    State {
        #[command(flatten)]
        origin: Origin,
        /// A time like 2026-11-22T09:30:00Z, or block:1234 for the end of that block. Unless given, the latest block.
        #[arg(long)]
        at: Option<Asked>,
        #[command(flatten)]
        output: Output,
    },
    /// Who could see a record on a day or at a moment, in which way, and why no longer. (The patient always can, and is not listed.)
    ///
    /// A day's rows say from when to when, as far as that lies in the day; somebody who could see it for a minute is among them, and so is
    /// somebody who never opened it. Who opened it is in the events: replay events --kind RecordOpened.
    Who {
        #[command(flatten)]
        origin: Origin,
        #[command(flatten)]
        asked: WhichRecord,
        #[command(flatten)]
        output: Output,
    },
}

impl ReplayCommand {
    /// Where the history comes from.
    pub fn origin(&self) -> &Origin {
        match self {
            ReplayCommand::Events { origin, .. }
            | ReplayCommand::State { origin, .. }
            | ReplayCommand::Who { origin, .. } => origin,
        }
    }
}

/// Where the history comes from, and what to compare it with.
#[derive(Debug, clap::Args)]
pub struct Origin {
    #[command(flatten)]
    pub api: Api,
    /// postgres://user:password@host:port/database, where no --api is given.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, required_unless_present = "api")]
    pub database_url: Option<Secret<String>>,
    /// HTTP JSON-RPC endpoints of nodes of the chain, separated by commas: every trail is compared with the contract's own.
    #[arg(
        long,
        visible_alias = "rpc",
        env = "RPC_URL",
        hide_env_values = true,
        value_delimiter = ',',
        requires = "deployment"
    )]
    pub rpc_url: Vec<Secret<Url>>,
    /// JSON file that the deployment wrote: which contract is meant. Unless given, whatever the source is about.
    #[arg(long, env = "DEPLOYMENT")]
    pub deployment: Option<PathBuf>,
}

/// A query API, and who asks it.
#[derive(Debug, clap::Args)]
pub struct Api {
    /// The query API to ask, like https://api.example.org.
    #[arg(long)]
    pub api: Option<Secret<Url>>,
    /// Token of a session at it (docs/RUNBOOK.md); better in the environment, where other users of the machine do not see it. Everything is
    /// an auditor's to read. None where the API is open.
    #[arg(long, env = "TOKEN", hide_env_values = true)]
    pub token: Option<Secret<String>>,
}

/// Which events are printed.
#[derive(Debug, clap::Args)]
pub struct WhichEvents {
    /// The first block.
    #[arg(long)]
    pub from_block: Option<u64>,
    /// The last block.
    #[arg(long)]
    pub to_block: Option<u64>,
    /// Whose trail: a patient's (for a session of theirs or a guardian's, too), or the zero address for the registry's.
    #[arg(long)]
    pub subject: Option<Address>,
    /// What happened, as the contract names it: AccessGranted, RecordOpened, …
    #[arg(long)]
    pub kind: Option<EventKind>,
}

/// Which record, in which chart, when.
#[derive(Debug, clap::Args)]
pub struct WhichRecord {
    /// Its CID, in any form.
    #[arg(long)]
    pub record: RecordCid,
    /// In this patient's chart alone, where several hold it.
    #[arg(long)]
    pub patient: Option<Address>,
    /// At any moment of this day in UTC, like 2026-11-22.
    #[arg(long, conflicts_with = "at", required_unless_present = "at")]
    pub on: Option<Span>,
    /// At this time, or at the end of this block, like block:1234.
    #[arg(long)]
    pub at: Option<Asked>,
}

/// How and where to write.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// A table (RFC 4180) instead of a JSON value a line.
    #[arg(long)]
    pub csv: bool,
    /// A file, which is there only once it is whole. Unless given, standard output.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// A moment that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The latest block.
    Now,
    /// The end of a block.
    Block(u64),
    Time(Moment),
}

impl FromStr for Asked {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let block = text.strip_prefix("block:").map(|number| number.parse().map(Asked::Block).ok());
        let asked = block.unwrap_or_else(|| text.parse().map(Asked::Time).ok());
        asked.ok_or_else(|| {
            Malformed(format!("'{text}' is not a moment: expected a time like 2026-11-22T09:30:00Z, or block:1234"))
        })
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Now => f.write_str("the latest block"),
            Asked::Block(number) => write!(f, "block:{number}"),
            Asked::Time(time) => time.fmt(f),
        }
    }
}

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: Moment,
    /// The first moment of the next day.
    pub end: Moment,
}

impl FromStr for Span {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const DAY: u64 = 86_400;
        let wrong = || Malformed(format!("'{text}' is not a day: expected one like 2026-11-22"));
        let first: Moment = format!("{text}T00:00:00Z").parse().map_err(|_| wrong())?;
        let end = Moment::from_unix(first.unix() + DAY).map_err(|_| wrong())?;
        Ok(Span { first, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read_or_refused_with_what_is_expected() {
        let day: Span = "2024-02-29".parse().unwrap();
        assert_eq!(day.first.to_string(), "2024-02-29T00:00:00Z");
        assert_eq!(day.end.to_string(), "2024-03-01T00:00:00Z");
        for wrong in ["2023-02-29", "today", "2024-02-29T00:00:00Z", "9999-12-31"] {
            assert!(wrong.parse::<Span>().unwrap_err().0.contains("2026-11-22"), "{wrong}");
        }
        assert_eq!("block:7".parse(), Ok(Asked::Block(7)));
        for wrong in ["7", "block:-7", "yesterday"] {
            assert!(wrong.parse::<Asked>().unwrap_err().0.contains("block:1234"), "{wrong}");
        }
    }
}
