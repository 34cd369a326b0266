//! Which moment an answer is for.

use sqlx::PgConnection;

use super::At;
use crate::model::Moment;
use crate::store::StoreError;

/// The end of a block. `None`: it has no row, because it lies before the first one, after the indexed head, or among those
/// whose header is not fetched yet (`progress.headers_to`): then its time is not known.
pub async fn at_block(db: &mut PgConnection, block: u64) -> Result<Option<At>, StoreError> {
    let Ok(number) = i64::try_from(block) else { return Ok(None) };
    let time = sqlx::query_scalar!(r#"select timestamp as "time: Moment" from block where number = $1"#, number);
    Ok(time.fetch_optional(db).await?.map(|time| At { block, time }))
}

/// The latest block by a time, with ends judged at that time. `None`: before the first block.
///
/// Exact also where blocks have no row yet. Facts begin and end only in blocks that hold events, and those have one: between the
/// row found here and the true latest block by that time nothing began or ended, so the ends of both blocks show the same facts.
pub async fn at_time(db: &mut PgConnection, time: Moment) -> Result<Option<At>, StoreError> {
    let number = sqlx::query_scalar!(
        "select number from block where timestamp <= $1 order by timestamp desc, number desc limit 1",
        time as _
    );
    Ok(number.fetch_optional(db).await?.map(|number| At { block: number.cast_unsigned(), time }))
}
