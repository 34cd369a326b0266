//! Rebuilding what follows from the events out of the stored events, without the chain.

use sqlx::PgConnection;

use super::history::{StoredEvent, events_after};
use super::write::deployment_block;
use super::{Batch, StoreError, project, trail};
use crate::model::{LoggedEvent, Position};

/// Events projected at a time: bounds memory.
const EVENTS_PER_STEP: u32 = 10_000;

/// Rebuilds all facts that follow from the events from block `from` on, in the caller's transaction: readers go on with the
/// old ones until it commits. From the deployment block on, everything goes first, whatever it is; from a later one, what
/// the stored events account for. `decode` reads stored events; `progress` is told how many are done, of how many.
/// `Refused`: events from `from` on are archived.
pub async fn reindex<E: From<StoreError>>(
    db: &mut PgConnection,
    from: u64,
    mut decode: impl FnMut(Vec<StoredEvent>) -> Result<Vec<LoggedEvent>, E>,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), E> {
    // Emptying the tables may take long.
    sqlx::query("set local statement_timeout = 0").execute(&mut *db).await.map_err(StoreError::from)?;
    let total = begin(&mut *db, from).await?;
    let mut done = 0;
    let mut after = None;
    loop {
        let stored = events_after(&mut *db, from, after, EVENTS_PER_STEP).await?;
        let Some(last) = stored.last().map(|event| event.log.position) else { return Ok(()) };
        let events = decode(stored)?;
        Batch::encode(&[], &events).write_facts(&mut *db).await?;
        done += u64::try_from(events.len()).unwrap_or(u64::MAX);
        after = Some::<Position>(last);
        progress(done, total);
    }
}

/// Takes back what is to be rebuilt; returns how many events that concerns.
async fn begin(db: &mut PgConnection, from: u64) -> Result<u64, StoreError> {
    let first = from.cast_signed();
    let archived = sqlx::query_scalar!("select archived_before from progress").fetch_optional(&mut *db).await?;
    if let Some(before) = archived.flatten().filter(|before| first < *before) {
        return Err(StoreError::Refused(format!(
            "the events before block {before} are archived, so facts can be rebuilt from {before} on, not from {from}: \
             put the archived events back with `select unarchive_events()`, or name a later block"
        )));
    }
    if deployment_block(&mut *db).await?.is_none_or(|deployment| from <= deployment) {
        project::clear(&mut *db).await?;
        sqlx::query!("delete from trail").execute(&mut *db).await?;
    } else {
        project::withdraw(&mut *db, from).await?;
        trail::rewind(&mut *db, from).await?;
    }
    let total = sqlx::query_scalar!(r#"select count(*) as "count!" from event where block_number >= $1"#, first);
    Ok(total.fetch_one(db).await?.cast_unsigned())
}
