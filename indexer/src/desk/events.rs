//! `replay events`: the history, as it is told and checked.

use super::Desk;
use super::output::Output;
use super::progress::Progress;
use super::table::EVENTS;
use crate::config::{Output as Wanted, WhichEvents};
use crate::model::view::HistoryEvent;
use crate::replay::Replay;

pub(super) async fn events(desk: &Desk<'_>, asked: &WhichEvents, wanted: &Wanted) -> anyhow::Result<()> {
    // From the first event on, whatever is asked for: a link rests on all before it.
    let to_block = asked.to_block.filter(|_| !desk.compare.needs_all());
    let mut told = desk.source.history(asked.subject, to_block).await?;
    let domain = desk.compare.domain(&told)?;
    let mut replay = asked.subject.map_or_else(|| Replay::new(domain), |subject| Replay::of(domain, subject));
    let mut output = Output::begin(wanted, EVENTS)?;
    let mut progress = Progress::start(&desk.bar, told.as_of.block_number);
    while let Some(event) = told.next().await? {
        replay.follow(&event)?;
        progress.at(event.link.block_number);
        if wants(asked, &event) {
            output.tell(&event)?;
        }
    }
    drop(progress);
    if to_block.is_none() {
        replay.finish()?;
    }
    let mut heads = replay.links.heads().clone();
    heads.retain(|subject, _| asked.subject.is_none_or(|asked| asked == *subject));
    desk.compare.check(&heads, &told.as_of).await?;
    output.finish()
}

fn wants(asked: &WhichEvents, event: &HistoryEvent) -> bool {
    let block = event.link.block_number;
    asked.from_block.is_none_or(|from| from <= block)
        && asked.to_block.is_none_or(|to| block <= to)
        && asked.subject.is_none_or(|subject| subject == event.subject)
        && asked.kind.is_none_or(|kind| kind == event.kind)
}
