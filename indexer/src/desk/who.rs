//! `replay who`: who could see a record, at a moment or on a day.

use anyhow::ensure;

use super::Desk;
use super::output::Output;
use super::progress::Progress;
use super::source::Told;
use super::state::rebuild;
use super::table::WHO;
use crate::config::{Asked, Output as Wanted, Span, WhichRecord};
use crate::model::Moment;
use crate::replay::{Replay, Sighting, State, Watch};

pub(super) async fn who(desk: &Desk<'_>, asked: &WhichRecord, wanted: &Wanted) -> anyhow::Result<()> {
    let mut told = desk.source.history(None, None).await?;
    let seen = match (asked.on, asked.at) {
        (Some(day), _) => on_day(desk, &mut told, asked, day).await?,
        (None, at) => {
            let (state, at) = rebuild(desk, &mut told, at.unwrap_or(Asked::Now)).await?;
            warn_of_unknown(&state, asked);
            state.who(asked.record.digest, asked.patient, at.time)
        }
    };
    let mut output = Output::begin(wanted, WHO)?;
    seen.iter().try_for_each(|row| output.tell(row))?;
    output.finish()
}

async fn on_day(desk: &Desk<'_>, told: &mut Told, asked: &WhichRecord, day: Span) -> anyhow::Result<Vec<Sighting>> {
    let known = told.as_of.timestamp;
    ensure!(day.first <= known, "that day lies in the future: the index has come to {known}");
    if known < day.end {
        eprintln!("the index has come to {known}: later that day others may see it");
    }
    let mut watch = Watch::new(asked.record.digest, asked.patient, day.first, day.end);
    let mut replay = Replay::new(desk.compare.domain(told)?);
    let mut progress = Progress::start(&desk.bar, told.as_of.block_number);
    let mut block: Option<(u64, Moment)> = None;
    // What happened later is checked, and does not count.
    while let Some(event) = told.next().await? {
        let (number, time) = (event.link.block_number, event.link.block_timestamp);
        if block.is_none_or(|(last, _)| last != number) {
            if let Some((_, last)) = block {
                watch.block(&replay.state, last);
            }
            watch.pass(&replay.state, time);
            block = Some((number, time));
        }
        replay.follow(&event)?;
        progress.at(number);
    }
    drop(progress);
    if let Some((_, last)) = block {
        watch.block(&replay.state, last);
    }
    replay.finish()?;
    desk.compare.check(replay.links.heads(), &told.as_of).await?;
    warn_of_unknown(&replay.state, asked);
    Ok(watch.finish(&replay.state, known))
}

fn warn_of_unknown(state: &State, asked: &WhichRecord) {
    if !state.knows(asked.record.digest, asked.patient) {
        eprintln!("no chart held {} then", asked.record);
    }
}
