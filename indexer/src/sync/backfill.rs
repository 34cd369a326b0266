//! Final blocks in bulk: fetched far ahead, read on all cores, gathered to large steps. While one step is being written the next
//! one is linked and encoded.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tracing::instrument;

use super::Pump;
use super::report::Report;
use super::step::{Linked, Step, read};
use crate::chain::{Chain, Span};
use crate::model::{Address, Hash};
use crate::store;

/// Spans read at once.
const READERS: usize = 2;
/// The longest that events wait for more of them to fill a step.
const LINGER: Duration = Duration::from_secs(1);
/// Trails remembered between steps, about: bounds memory.
const REMEMBERED: usize = 50_000;

impl Pump<'_> {
    /// Indexes a range of final blocks.
    pub(super) async fn backfill(&mut self, range: RangeInclusive<u64>, head: u64) -> anyhow::Result<()> {
        // One step may wait while one is written and one is linked.
        let (steps, mut ready) = mpsc::channel(1);
        let gather = gather(self.chain, range.clone(), self.options.events_per_step, steps);
        let mut report = Report::start(&self.options.bar, *range.start(), head);
        let write = self.write_steps(&mut ready, &mut report, head);
        tokio::try_join!(gather, write)?;
        report.finish();
        Ok(())
    }

    async fn write_steps(
        &mut self,
        ready: &mut mpsc::Receiver<Step>,
        report: &mut Report,
        head: u64,
    ) -> anyhow::Result<()> {
        let mut trails = Trails::default();
        let mut linked: Option<Linked> = None;
        loop {
            // A step in hand does not wait for the one after it.
            let next = if linked.is_some() { ready.try_recv().ok() } else { ready.recv().await };
            linked = match (linked, next) {
                (None, None) => return Ok(()),
                (None, Some(step)) => {
                    let heads = trails.before(&step, async |subjects| self.heads(&subjects).await).await?;
                    Some(trails.after(step.link(self.options.domain, heads).await?))
                }
                (Some(step), next) => {
                    report.done(step.last.number, step.events);
                    self.write(step, next, &mut trails, head).await?
                }
            };
        }
    }

    /// Writes one step and meanwhile links the next.
    #[instrument(name = "write", skip_all, fields(first = step.first_block, last = step.last.number, events = step.events))]
    async fn write(
        &mut self,
        step: Linked,
        next: Option<Step>,
        trails: &mut Trails,
        head: u64,
    ) -> anyhow::Result<Option<Linked>> {
        let domain = self.options.domain;
        let mut tx = self.writer.begin_bulk().await?;
        let mut linking = None;
        if let Some(next) = next {
            let heads =
                trails.before(&next, async |subjects| Ok(store::trail_heads(&mut tx, &subjects).await?)).await?;
            linking = Some(tokio::spawn(next.link(domain, heads)));
        }
        store::append(&mut tx, &step.batch).await?;
        store::mark_unchecked(&mut tx, step.first_block).await?;
        store::write_progress(&mut tx, head, Some(step.last.number), None).await?;
        // Where every block holds events, no header is left out.
        let headers_to = store::headers_to(&mut tx).await?;
        tx.commit().await?;
        self.committed(step.last, true);
        if let Some(known) = &mut self.known {
            known.headers_to = headers_to;
        }
        match linking {
            Some(linking) => Ok(Some(trails.after(linking.await??))),
            None => Ok(None),
        }
    }
}

/// Fetches, reads and gathers.
async fn gather(
    chain: &dyn Chain,
    range: RangeInclusive<u64>,
    events_per_step: usize,
    steps: mpsc::Sender<Step>,
) -> anyhow::Result<()> {
    let read_span = |span: Span| async move {
        let logs = tokio::spawn(read(span.logs)).await??;
        anyhow::Ok(Step { blocks: span.blocks, logs })
    };
    let mut spans = chain.history(range).map_err(anyhow::Error::from).map_ok(read_span).try_buffered(READERS);
    let mut step = Step::default();
    let mut since = Instant::now();
    while let Some(span) = spans.next().await {
        let span = span?;
        if step.blocks.is_empty() {
            since = Instant::now();
        } else if step.logs.is_empty() {
            // Only the last of the blocks without events is needed: it is the cursor.
            step.blocks.clear();
        }
        step.blocks.extend(span.blocks);
        step.logs.extend(span.logs);
        if step.logs.len() >= events_per_step || since.elapsed() >= LINGER {
            steps.send(std::mem::take(&mut step)).await?;
        }
    }
    if !step.blocks.is_empty() {
        steps.send(step).await?;
    }
    Ok(())
}

/// Where trails stand, for as many as fit: those of steps that are not committed yet always do, because each generation outlives
/// the step after the one that filled it.
#[derive(Default)]
struct Trails {
    young: HashMap<Address, Hash>,
    old: HashMap<Address, Hash>,
}

impl Trails {
    /// The trails of a step's subjects before it; what is not remembered comes from `ask`.
    async fn before(
        &mut self,
        step: &Step,
        ask: impl AsyncFnOnce(Vec<Address>) -> anyhow::Result<HashMap<Address, Hash>>,
    ) -> anyhow::Result<HashMap<Address, Hash>> {
        let mut heads = HashMap::new();
        let mut unknown = HashSet::new();
        for subject in step.subjects() {
            match self.young.get(&subject).or_else(|| self.old.get(&subject)) {
                Some(link) => drop(heads.insert(subject, *link)),
                None => drop(unknown.insert(subject)),
            }
        }
        if !unknown.is_empty() {
            heads.extend(ask(unknown.into_iter().collect()).await?);
        }
        Ok(heads)
    }

    /// Remembers where they stand after it.
    fn after(&mut self, step: Linked) -> Linked {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.extend(step.heads.iter().map(|(subject, link)| (*subject, *link)));
        step
    }
}
