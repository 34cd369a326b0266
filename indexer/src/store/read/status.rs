//! How far the index is.

use sqlx::PgConnection;

use crate::model::view::Status;
use crate::model::{Address, Moment};
use crate::store::StoreError;

/// Blocks behind the head up to which the index counts as following it live.
const LIVE_WITHIN: i64 = 10;

/// How far the index is. `None`: no writer has started on this database yet.
#[expect(clippy::cast_precision_loss, reason = "shares and rates to read, not to compute with")]
pub async fn status(db: &mut PgConnection) -> Result<Option<Status>, StoreError> {
    let row = sqlx::query!(
        r#"select d.chain_id, d.contract as "contract: Address", d.deployment_block, p.head, p.finalized,
                  p.updated_at as "updated_at: Moment", p.started_block,
                  extract(epoch from now() - p.started_at)::double precision as "running_seconds!",
                  extract(epoch from now() - p.updated_at)::double precision as "seconds_since_head!",
                  b.number as "indexed?", b.timestamp as "indexed_at?: Moment"
           from deployment d
           cross join progress p
           left join lateral (select number, timestamp from block order by number desc limit 1) b on true"#
    );
    let Some(row) = row.fetch_optional(db).await? else { return Ok(None) };
    let indexed = row.indexed.unwrap_or(row.deployment_block - 1);
    let lag = (row.head - indexed).max(0);
    let live = lag <= LIVE_WITHIN;
    let total = (row.head + 1 - row.deployment_block).max(1);
    let rate = (indexed + 1 - row.started_block) as f64 / row.running_seconds.max(0.001);
    let rate = Some(rate).filter(|rate| !live && *rate > 0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below 2^63")]
    let eta = rate.map(|rate| (lag as f64 / rate).ceil() as u64);
    Ok(Some(Status {
        phase: if row.indexed.is_none() {
            "starting"
        } else if live {
            "live"
        } else {
            "backfill"
        },
        chain_id: row.chain_id.cast_unsigned(),
        contract: row.contract,
        deployment_block: row.deployment_block.cast_unsigned(),
        indexed_block: row.indexed.map(i64::cast_unsigned),
        indexed_at: row.indexed_at,
        head_block: row.head.cast_unsigned(),
        finalized_block: row.finalized.cast_unsigned(),
        head_seen_at: row.updated_at,
        seconds_since_head: row.seconds_since_head,
        lag_blocks: lag.cast_unsigned(),
        fraction: (total - lag).max(0) as f64 / total as f64,
        blocks_per_second: rate,
        eta_seconds: eta,
    }))
}
