//! `chartkey-indexer replay`, the auditor's desk: the history, the state that follows from it, and who could see a record, from an API or a
//! database. Every link is recomputed on the way, and nothing is told that was not.

mod compare;
mod events;
mod output;
mod progress;
mod source;
mod state;
mod table;
mod who;

use std::io;

pub use compare::Compare;
pub use source::Source;

use crate::config::{Asked, ReplayCommand};
use crate::sync::Bar;

/// Where a replay comes from, and what it is compared with.
pub struct Desk<'a> {
    pub source: Source,
    pub compare: Compare<'a>,
    pub bar: Bar,
}

/// Runs a replay. Who reads its output may stop at any time.
pub async fn run(desk: &Desk<'_>, command: &ReplayCommand) -> anyhow::Result<()> {
    let ran = match command {
        ReplayCommand::Events { asked, output, .. } => events::events(desk, asked, output).await,
        ReplayCommand::State { at, output, .. } => state::state(desk, at.unwrap_or(Asked::Now), output).await,
        ReplayCommand::Who { asked, output, .. } => who::who(desk, asked, output).await,
    };
    match ran {
        Err(error) if is_unread(&error) => Ok(()),
        ran => ran,
    }
}

/// Whether nobody reads what is written any more (`| head`).
fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
