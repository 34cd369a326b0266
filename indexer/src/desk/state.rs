//! `replay state`: what was in force at a moment, rebuilt from the events alone.

use std::cmp::Ordering;

use super::Desk;
use super::output::Output;
use super::progress::Progress;
use super::source::{At, Told};
use super::table::STATE;
use crate::config::{Asked, Output as Wanted};
use crate::model::view::{HistoryEvent, StateHead, StateLine};
use crate::replay::{Replay, State, Wrong};

pub(super) async fn state(desk: &Desk<'_>, asked: Asked, wanted: &Wanted) -> anyhow::Result<()> {
    let mut told = desk.source.history(None, None).await?;
    let (state, at) = rebuild(desk, &mut told, asked).await?;
    let head = StateHead {
        chain_id: told.domain.chain_id,
        contract: told.domain.contract,
        block_number: at.block,
        timestamp: at.time,
        as_of: told.as_of,
    };
    let mut output = Output::begin(wanted, STATE)?;
    output.tell(&StateLine::Head(head))?;
    state.lines(at.time).try_for_each(|line| output.tell(&line))?;
    output.finish()
}

/// The state at a moment. Later events are checked, too.
pub(super) async fn rebuild(desk: &Desk<'_>, told: &mut Told, asked: Asked) -> anyhow::Result<(State, At)> {
    let at = told.moment(asked).await?;
    desk.compare.check_time(asked, at).await?;
    let mut replay = Replay::new(desk.compare.domain(told)?);
    let mut then = None;
    let mut progress = Progress::start(&desk.bar, told.as_of.block_number);
    while let Some(event) = told.next().await? {
        check_time(&event, asked, at)?;
        if then.is_none() && at.block < event.link.block_number {
            then = Some(replay.state.clone());
        }
        replay.follow(&event)?;
        progress.at(event.link.block_number);
    }
    drop(progress);
    replay.finish()?;
    desk.compare.check(replay.links.heads(), &told.as_of).await?;
    Ok((then.unwrap_or(replay.state), at))
}

/// A moment that somebody told must lie between the events before and after it; a block's time is that of its events.
fn check_time(event: &HistoryEvent, asked: Asked, at: At) -> Result<(), Wrong> {
    let (block, time) = (event.link.block_number, event.link.block_timestamp);
    let fits = match (block.cmp(&at.block), asked) {
        (Ordering::Less, _) | (Ordering::Equal, Asked::Time(_)) => time <= at.time,
        (Ordering::Equal, _) => time == at.time,
        (Ordering::Greater, Asked::Time(_)) => time > at.time,
        (Ordering::Greater, _) => time >= at.time,
    };
    if fits {
        return Ok(());
    }
    Err(Wrong::of_blocks(format!("block {} is told to be of {}, but block {block} is of {time}", at.block, at.time)))
}
