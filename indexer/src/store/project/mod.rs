//! What follows from events: the rows of migrations/0002_charts.sql and 0006_facts.sql. Bulk kinds by set, in the order
//! rows are needed; what changes rarely, where each row builds on the one before it, one by one.

mod charts;
mod grants;
mod records;
mod registry;
mod requests;

use sqlx::PgConnection;

use super::StoreError;
use crate::model::{Address, LoggedEvent, Position};

/// Applies events that `event` already holds. They are in chain order and not empty.
pub(super) async fn project(db: &mut PgConnection, events: &[LoggedEvent]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let range = (first.log.position.block_number.cast_signed(), last.log.position.block_number.cast_signed());
    charts::insert_patients(db, events).await?;
    charts::insert_keys(db, events).await?;
    records::insert(db, events).await?;
    records::supersede(db, events).await?;
    records::retract(db, events).await?;
    grants::insert(db, events).await?;
    grants::insert_referrals(db, events).await?;
    grants::end(db, range).await?;
    grants::void(db, range).await?;
    requests::insert(db, events).await?;
    requests::end(db, range).await?;
    for event in events {
        registry::change_practitioner(db, event).await?;
        registry::change_team(db, event).await?;
        charts::change_guardian(db, event).await?;
        charts::change_policy(db, event).await?;
    }
    Ok(())
}

fn place(position: Position) -> (i64, i32) {
    (position.block_number.cast_signed(), position.log_index.cast_signed())
}
